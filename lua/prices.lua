-- Carts and quotes: what goods cost a member right now, with the campaign's promotions and the best
-- combination of her vouchers.
-- The arithmetic is the engine's; a cart and a quote are handles, and asking gives plain numbers
-- (minor units), so a handler may ask millions of times.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local inputs = require "drumbeat.inputs"
local member = require "drumbeat.member"

local M = {}

local Cart = engine.cart_class()
local Quote = engine.quote_class()

local LINES_MAX = 64

-- A handle's unknown method says so, instead of calling nil.
local function closed(class, what, names)
  setmetatable(class, { __index = function(_, key)
    util.fault("a %s has no '%s'%s", what, tostring(key), util.meant(key, names))
  end })
end

local function good_of(sku)
  local _, campaign = engine.context()
  return campaign ~= 0 and engine.find("goods", "by_sku", campaign, sku) or nil
end

-- Reads one line: "SK-1", { "SK-1" } or { "SK-1", qty = 2 }.
local function read_line(i, line)
  if type(line) == "string" then
    line = { line }
  end
  if type(line) ~= "table" or type(line[1]) ~= "string" then
    util.fault("cart: line %d is written { \"SK-1\", qty = 2 }", i)
  end
  util.check_fields("cart: a line", line, { "qty" })
  local qty = line.qty == nil and 1 or line.qty
  if math.type(qty) ~= "integer" or qty < 1 or qty > 1000000 then
    util.fault("cart: line %d: qty is a whole number, 1 to 1,000,000", i)
  end
  local good = good_of(line[1])
  if not good then
    util.fault("cart: line %d: there is no good '%s'%s", i, line[1], inputs.meant_sku(line[1]))
  end
  return good, qty
end

local function cart(lines)
  util.runs("cart")
  if type(lines) ~= "table" or #lines == 0 or #lines > LINES_MAX then
    util.fault("cart { { \"SK-1\", qty = 2 }, ... }: 1 to %d lines", LINES_MAX)
  end
  local shipping = lines.shipping
  if shipping ~= nil and not (units.is(shipping, "money") and shipping.value >= 0) then
    util.fault("cart: shipping is money: write shipping = yuan(12), not %s",
      units.describe(shipping))
  end
  local flat = {}
  for i, line in ipairs(lines) do
    flat[2 * i - 1], flat[2 * i] = read_line(i, line)
  end
  return engine.cart(flat, shipping and shipping.value or 0)
end

---What the cart costs a member now; nobody: without card and vouchers.
---@param who table?
function Cart:quote(who)
  if who ~= nil and not member.is(who) then
    util.fault("cart:quote(member): %s is no member", units.describe(who))
  end
  return engine.quote(self, who and who.id or 0)
end

-- Scenes record what they see.
local function look(name, fn, quote, ...)
  local answer = util.act("look", "quote:" .. name, function(...)
    local a, b = fn(...)
    return { a = a, b = b }
  end, quote, ...)
  return answer.a, answer.b
end

engine.quote_methods(function(quote, name)
  return look(name, engine.quote_amount, quote, name)
end)

---The final price as money, for texts and comparisons; nil and why if a good isn't for sale yet.
---@return table?
---@return string? why
function Quote:price()
  local amount, why = self:final()
  return amount and units.make("money", amount), why
end

---The ladder, a step a line, with the reason for each promotion or voucher that wasn't used.
---@return string?
---@return string? why
function Quote:explain()
  return look("explain", engine.quote_text, self)
end

---The same as data: { {kind=, change=, after=, promotion=, name=, why=}, ... }.
---@return table[]?
---@return string? why
function Quote:steps()
  return look("steps", engine.quote_steps, self)
end

---Holds the vouchers of the best combination, and a use of each promotion, for a while: no other
---quote gets them.
---@param duration table
---@return boolean?
---@return string? why
function Quote:reserve(duration)
  util.runs("quote:reserve")
  if not units.is(duration, "duration") or duration.value < 1000 then
    util.fault("quote:reserve(minutes(15)): how long?")
  end
  local answer = util.act("reserve", "quote", function()
    local until_at = engine.now() + duration.value
    local rows, uses = engine.quote_reserve(self, until_at)
    return { rows = rows, uses = rows and uses, why = not rows and uses or nil,
      until_at = until_at }
  end)
  if not answer.rows then
    return nil, answer.why
  end
  engine.quote_hold(self, answer.rows, answer.until_at, answer.uses)
  return true
end

---Frees what it holds before its time.
function Quote:release()
  util.runs("quote:release")
  util.act("release", "quote", function()
    engine.quote_release(self)
  end)
  engine.quote_hold(self, {}, 0, {})
end

closed(Cart, "cart", { "quote" })
closed(Quote, "quote", { "list", "deal", "promotions", "card", "vouchers", "final", "best",
  "price", "explain", "steps", "reserve", "release" })

M.words = { cart = cart }

return M
