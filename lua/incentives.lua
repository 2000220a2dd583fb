-- Coupons and their vouchers, the membership card, goods against a claim code.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local things = require "drumbeat.things"
local talk = require "drumbeat.talk"
local member = require "drumbeat.member"

local M = {
  certificate = nil, -- What certificate{} said.
}

-- Coupons -----------------------------------------------------------------------------------------

local Coupon = things.kind { offers = { "offer", "until" } }

local function coupon_text(thing)
  local what
  if thing.off then
    what = util.say("a voucher of %s", "%s代金券"):format(engine.money(thing.off))
  elseif thing.is_card then
    what = util.say("the membership card: %s off everything", "会员卡：全场再减%s"):format(
      units.show(units.make("percent", thing.percent)))
  else
    what = util.say("a voucher: %s off", "%s折扣券"):format(
      units.show(units.make("percent", thing.percent)))
  end
  if thing.over and thing.over > 0 then
    what = what .. util.say(" on carts of %s or more", "（满%s可用）"):format(engine.money(thing.over))
  end
  return what
end

function Coupon:offer(name)
  if name == "offer" or name == self.name then
    return coupon_text(self)
  end
  return nil
end

-- Brand-local midnight at the start (or end) of a day of the campaign.
local function day_edge(number, after)
  local campaign = util.campaign()
  local first = engine.civil(campaign.from_at).days
  return (engine.instant(first + number - 1 + (after and 1 or 0), 0))
end

---Row of the coupon in this campaign, made when the playbook starts.
---@return integer
function Coupon:row()
  local _, campaign = engine.context()
  return engine.find("coupons", "by_name", campaign, self.name)
end

---Columns of its row.
---@return table
function Coupon:fields()
  local _, campaign = engine.context()
  return {
    name = self.name, campaign = campaign, budget = self.budget,
    kind = self.off and "amount" or "percent", value = self.off or self.percent,
    threshold = self.over or 0, cost = self.cost, stacks = self.stacks and true or false,
    is_card = self.is_card and true or false, limit_total = self.total or 0,
    limit_member = self.per_member or 0,
    from_at = self.from_day and day_edge(self.from_day, false) or 0,
    until_at = self.last_day and day_edge(self.last_day, true) or util.campaign().until_at,
  }
end

---Inserts the coupon's row unless another day's playbook did.
function Coupon:launch()
  if not self:row() then
    engine.insert("coupons", self:fields())
  end
end

---Worst cost: what limits allow.
---@return integer? amount nil: only the budget limits it
---@return string what
function Coupon:worst()
  local count = self.total
  if self.per_member then
    local most = self.per_member * things.members_max()
    count = count and math.min(count, most) or most
  end
  return count and count * self.cost or nil,
    ("%s '%s': %s × %s"):format(self.word, self.name, count or "?", engine.money(self.cost))
end

function Coupon:describe()
  return coupon_text(self)
end

local COUPON_FIELDS = { "name", "off", "percent", "over", "stacks", "budget", "per_member", "total",
  "per_group", "at_most", "from_day", "last_day" }

local function share(spec, word)
  if not units.is(spec.percent, "percent") then
    util.fault("%s: percent is written percent = percent(12)", word)
  elseif spec.percent.value > 10000 then
    util.fault("%s: percent(100) at most", word)
  end
  return spec.percent.value
end

-- How many there are: total = n, or per_group = n for each group of the day.
local function read_total(spec, word)
  if spec.per_group == nil then
    return spec.total and things.whole(spec, "total", word)
  elseif spec.total ~= nil then
    util.fault("%s: total or per_group, not both", word)
  end
  return things.whole(spec, "per_group", word) * math.max(1, #util.groups())
end

local function coupon(spec)
  local thing = things.new("coupon", spec, COUPON_FIELDS, Coupon)
  if (spec.off == nil) == (spec.percent == nil) then
    util.fault("coupon: off = yuan(30) or percent = percent(10), one of both")
  end
  thing.off = things.money(spec, "off", "coupon")
  thing.over = things.money(spec, "over", "coupon")
  if spec.percent then
    thing.percent = share(spec, "coupon")
    thing.cost = things.money(spec, "at_most",
      "coupon: a percentage needs at_most: what one may cost",
      true)
  else
    thing.cost = thing.off
  end
  thing.stacks = spec.stacks
  thing.per_member = spec.per_member and things.whole(spec, "per_member", "coupon")
  thing.total = read_total(spec, "coupon")
  thing.from_day = spec.from_day and things.whole(spec, "from_day", "coupon")
  thing.last_day = spec.last_day and things.whole(spec, "last_day", "coupon")
  thing.budget = things.budget(spec, "coupon", thing.name)
  return thing
end

local function card(spec)
  local thing = things.new("card", spec, { "name", "percent", "price", "budget", "at_most",
    "total", "per_group" },
    Coupon)
  thing.percent = share(spec, "card")
  thing.price = things.money(spec, "price", "card")
  thing.cost = things.money(spec, "at_most", "card") or thing.price
  if not thing.cost then
    util.fault("card: at_most = yuan(..) is missing: what one card may cost the budget")
  end
  thing.is_card = true
  thing.per_member = 1
  thing.total = read_total(spec, "card")
  thing.budget = things.budget(spec, "card", thing.name)
  return thing
end

-- Prizes ------------------------------------------------------------------------------------------

local PRIZE_FIELDS = { "value", "odds", "stock", "sku", "image", "off", "cash", "budget", "over",
  "per_day" }

local function read_odds(prize, raw, what)
  if raw.odds then
    if not units.is(raw.odds, "percent") then
      util.fault("%s: odds are written percent(0.5), not %s", what, units.describe(raw.odds))
    end
    prize.odds = raw.odds.value * 100
  end
end

-- How many of a prize there are; a prize may say nothing of it.
local function read_stock(raw, what)
  local n = raw.stock
  if n == nil or (math.type(n) == "integer" and n >= 0 and n <= things.COUNT_MAX) then
    return n
  end
  util.note("%s: stock is a whole number from 0 on, not %s", what, units.describe(n))
  return 1 -- Stands in.
end

---Reads one prize: a coupon or card thing, { thing, odds=, stock= }, or { name, value= | off= |
---cash=, ... }.
---@param raw table
---@param word string
---@param budget string? carries vouchers and cash made here
---@return table prize {name, kind, value, coupon?, odds, stock, sku, image}
function M.read_prize(raw, word, budget)
  if things.is(raw) then
    if not raw.cost then
      util.fault("%s: a prize is a coupon, the card or { name, value = .. }", word)
    end
    return { name = raw.name, kind = "coupon", coupon = raw, value = 0, odds = 0 }
  end
  util.check_fields(word .. ": a prize", raw, PRIZE_FIELDS)
  if things.is(raw[1]) then
    local prize = M.read_prize(raw[1], word, budget)
    prize.stock = read_stock(raw, word)
    prize.per_day = raw.per_day and things.whole(raw, "per_day", word)
    read_odds(prize, raw, word)
    return prize
  end
  if type(raw[1]) ~= "string" then
    util.fault("%s: a prize is { \"name\", value = yuan(..) }", word)
  end
  local what = ("%s: prize '%s'"):format(word, raw[1])
  local prize = { name = raw[1], sku = raw.sku or "", image = raw.image,
    stock = read_stock(raw, what), odds = 0, budget = raw.budget or budget }
  read_odds(prize, raw, what)
  prize.per_day = raw.per_day and things.whole(raw, "per_day", what)
  if raw.off then
    prize.kind, prize.value = "coupon", 0
    local same = things.by_name[prize.name]
    prize.coupon = same and same.off == things.money(raw, "off", what) and same
      or coupon { name = prize.name, off = raw.off, over = raw.over, stacks = true,
      budget = raw.budget or budget }
  elseif raw.cash then
    prize.kind, prize.value = "cash", things.money(raw, "cash", what, true)
  else
    prize.kind, prize.value = "goods", things.money(raw, "value", what, true)
  end
  if util.currency() == "CNY" and prize.value > 5000000 then
    util.problem(engine.where(), "%s is worth %s: the law allows 50,000 yuan for a prize by chance",
      what, engine.money(prize.value))
  end
  return prize
end

-- Giving ------------------------------------------------------------------------------------------

local function participant(who)
  local _, campaign = engine.context()
  local id = engine.find("participants", "by_member", campaign, who)
  if id then
    return id
  end
  return engine.insert("participants", { campaign = campaign, member = who,
    group = engine.get("members", who, "group") })
end

-- Goods for nothing, before her first order: the review compares those who got them.
local function note_gift(who)
  local id = participant(who)
  if engine.get("participants", id, "orders") == 0 then
    engine.set("participants", id, { gift = true })
  end
end

---A voucher of a coupon (or the card). Quiet: says nothing to her.
---@return integer? voucher
---@return string? why
function M.give_coupon(thing, who, why, quiet)
  local row = thing:row()
  if not row then
    return nil, ("coupon '%s' was never opened"):format(thing.name)
  end
  local voucher, refusal = engine.coupon_issue(row, who, why)
  if voucher and not quiet then
    talk.dm(who, "voucher", util.say("You have %s.", "您获得了%s。"):format(coupon_text(thing)),
      { voucher = "v" .. voucher })
  end
  return voucher, refusal
end

---Goods against a claim code; the budget has reserved them already if `reserved`.
---@return string? code
---@return string? why
function M.give_goods(prize, who, why, reserved, ref)
  local ok, refusal = engine.budget(reserved and "commit" or "spend", prize.budget, prize.value,
    why,
    who, ref)
  if not ok then
    return nil, refusal
  end
  return M.deliver(prize, who)
end

---The certificate of goods that the budget has paid. Her claim code.
---@return string code
function M.deliver(prize, who)
  local code = engine.code("claim", who)
  note_gift(who)
  local text = M.certificate and M.certificate.text
    or util.say(
      "Congratulations, {member}! You won: {prize}. Show customer service this code: {code}",
      "恭喜{member}！您获得：{prize}。请向客服出示领取码：{code}")
  talk.dm(who, "certificate", talk.render(text, engine.get("members", who, "group"), nil,
    { member = engine.get("members", who, "name"), prize = prize.name, code = code }),
  { image = M.certificate and M.certificate.image or prize.image, code = code })
  return code
end

---Cash from a budget that has reserved it.
---@return boolean?
---@return string? why
---@return integer? effect the transfer
function M.give_cash(budget, amount, who, why, reserved, ref)
  local ok, refusal = engine.budget(reserved and "commit" or "spend", budget, amount, why, who, ref)
  local effect = ok and talk.pay(who, amount, why) or nil
  return ok, refusal, effect
end

---Gives anything: coupon, card, or a prize table.
---@return any given
---@return string? why
function M.give(what, who, why, quiet)
  if things.is(what) and what.cost then
    return M.give_coupon(what, who, why, quiet)
  end
  local prize = M.read_prize(what, "give")
  if prize.kind == "coupon" then
    return M.give_coupon(prize.coupon, who, why, quiet)
  elseif not prize.budget then
    util.fault("give: say in budget = \"name\" which budget carries '%s'", prize.name)
  elseif prize.kind == "cash" then
    return M.give_cash(prize.budget, prize.value, who, why)
  end
  return M.gift(prize, who, why)
end

-- Goods outside of a game stand in a game of their own, so that claim codes and reports find them.
local function gifts_game()
  local day = engine.context()
  return engine.find("games", "by_name", day, 0, "gifts")
    or engine.insert("games", { day = day, group = 0, name = "gifts", kind = "gift",
      status = "closed", opened_at = engine.now(), closed_at = engine.now() })
end

local function gift_prize(game, prize)
  for _, id in ipairs(engine.list("prizes", "of_game", game)) do
    if engine.get("prizes", id, "name") == prize.name then
      return id
    end
  end
  return engine.insert("prizes", { game = game, name = prize.name, value = prize.value, stock = -1,
    tier = 1, sku = prize.sku })
end

---Goods given outside of a game. Her claim code, or nil and why not.
---@return string? code
---@return string? why
function M.gift(prize, who, why, reserved)
  local game = gifts_game()
  local row = gift_prize(game, prize)
  local code, refusal = M.give_goods(prize, who, why, reserved, row)
  if not code then
    return nil, refusal
  end
  engine.add("prizes", row, "given", 1)
  local number = engine.add("games", game, "plays", 1)
  engine.insert("plays", { game = game, member = who, prize = row, at = engine.now(),
    number = number, claim = code, why = why })
  return code
end

-- Certificates ------------------------------------------------------------------------------------

local Certificate = {}

---Gives goods against a claim code.
---@return string? code
---@return string? why
function Certificate:give(who, what, why)
  util.runs("certificate:give")
  if not member.is(who) then
    util.fault("certificate:give(member, prize, why): the member is missing")
  end
  return util.try("give", what[1] or "prize", function()
    local prize = M.read_prize(what, "certificate:give")
    if prize.kind ~= "goods" or not prize.budget then
      util.fault("certificate:give: { name, value = yuan(..), budget = \"name\" }")
    end
    return M.gift(prize, who.id, why or "certificate")
  end)
end

local function certificate(spec)
  local thing = things.new("certificate", spec, { "text", "image", "name" }, Certificate)
  if type(spec.text) ~= "string" or not spec.text:find("{code}", 1, true) then
    util.fault("certificate: the text needs {code}: what she shows to claim it")
  end
  thing.text, thing.image = spec.text, spec.image
  M.certificate = thing
  return thing
end

M.words = { coupon = coupon, card = card, certificate = certificate }

return M
