-- Selling: goods posted one by one, and the flip of prices (B15). Every playbook has it: any may
-- drop a good, and the day in whose time prices open tells the shops.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local talk = require "drumbeat.talk"
local group = require "drumbeat.group"
local times = require "drumbeat.times"
local inputs = require "drumbeat.inputs"

local M = {}

-- Drops -------------------------------------------------------------------------------------------

local function good_of(sku)
  local _, campaign = engine.context()
  local id = type(sku) == "string" and engine.find("goods", "by_sku", campaign, sku)
  if not id then
    util.fault("drop: the catalogue has no %s%s", units.describe(sku), inputs.meant_sku(sku))
  end
  return id
end

-- Struck through is the list price, never the placeholder; before the sale no price is told.
local function price_text(good)
  local price = engine.price(good)
  if not price.for_sale then
    return util.say("price to be revealed", "价格即将揭晓")
  elseif price.shown < price.list then
    return util.say("list price %s, now %s", "吊牌价%s，活动价%s"):format(engine.money(price.list),
      engine.money(price.shown))
  end
  return engine.money(price.shown)
end

local function drop(self, skus, text)
  local titles, prices, images, ids = {}, {}, {}, {}
  for i, sku in ipairs(skus) do
    local good = good_of(sku)
    ids[i] = good
    titles[i] = engine.get("goods", good, "title")
    prices[i] = #skus > 1 and titles[i] .. ": " .. price_text(good) or price_text(good)
    images[#images + 1] = engine.get("goods", good, "image")
  end
  text = text or "{goods}: {price}"
  if not text:find("{price}", 1, true) then
    text = text .. " {price}"
  end
  for _, id in ipairs(self.ids) do
    talk.send(id, "drop", talk.render(text, id, nil, { goods = table.concat(titles, ", "),
      price = table.concat(prices, "; ") }), { goods = skus, link = "shop",
      image = images[1] ~= "" and images[1] or nil })
  end
  for i, good in ipairs(ids) do
    if engine.get("goods", good, "dropped_at") == 0 then
      engine.set("goods", good, { dropped_at = engine.now() })
      engine.milestone("drop", good, skus[i], self.id)
    end
  end
end

---Posts a good, or several.
---@param sku string|string[]
---@param text string?
function group.methods:drop(sku, text)
  util.runs("group:drop")
  local skus = type(sku) == "table" and sku or { sku }
  if #skus == 0 then
    util.fault("group:drop(\"SK-1\"): which good?")
  end
  util.act("drop", tostring(skus[1]), drop, self, skus, text)
end

-- The flip of prices ------------------------------------------------------------------------------

-- Groups that stand for their connectors: one command each.
local function one_of_each_connector()
  local _, campaign = engine.context()
  local seen, list = {}, {}
  for _, id in ipairs(engine.list("groups", "by_campaign", campaign)) do
    local connector = engine.get("groups", id, "connector")
    if not seen[connector] then
      seen[connector] = true
      list[#list + 1] = id
    end
  end
  return list
end

-- The shop changes its own prices; ours are a comparison of time already.
local function flip(book, action)
  local row = engine.row("books", book)
  if not row or row.status ~= "planned" then
    return
  end
  for _, id in ipairs(one_of_each_connector()) do
    engine.effect { op = "price", group = id, kind = "price", planned_at = engine.now(),
      body = { book = row.name, action = action } }
  end
  engine.milestone(action == "activate" and "flip" or "flip_back", book, row.name, 0)
end

times.timers["prices open"] = function(_, book)
  flip(book, "activate")
end

times.timers["prices close"] = function(_, book)
  flip(book, "withdraw")
end

-- The first day whose time holds the instant tells the shops.
local function is_mine(at)
  local mine, campaign = engine.context()
  for _, day in ipairs(engine.list("days", "by_campaign", campaign)) do
    if engine.get("days", day, "from_at") <= at and at <= engine.get("days", day, "until_at") then
      return day == mine
    end
  end
  return false
end

---Plans the flips of price books that fall into this day.
function M.start()
  local _, campaign = engine.context()
  for _, book in ipairs(engine.list("books", "of_campaign", campaign)) do
    local opens, closes = engine.get("books", book, "opens_at"), engine.get("books", book,
      "closes_at")
    if is_mine(opens) then
      engine.schedule { name = "prices open", due_at = opens, kind = "library", late = "run",
        ref = book }
    end
    if closes > 0 and is_mine(closes) then
      engine.schedule { name = "prices close", due_at = closes, kind = "library", late = "run",
        ref = book }
    end
  end
end

-- One flip of a book, moved, taken out, or planned if it is still to come.
local function replan_flip(name, book, at)
  local day = engine.context()
  local row = engine.find("schedule", "by_name", day, 0, name)
  local mine = at > 0 and is_mine(at)
  if row and engine.get("schedule", row, "ref") ~= book then
    return
  elseif row and mine then
    engine.move(row, at)
  elseif row then
    engine.cancel(row)
  elseif mine and at > engine.now() then
    engine.schedule { name = name, due_at = at, kind = "library", late = "run", ref = book }
  end
end

---Follows price books that were moved or added by a reload.
function M.replan()
  local _, campaign = engine.context()
  for _, book in ipairs(engine.list("books", "of_campaign", campaign)) do
    replan_flip("prices open", book, engine.get("books", book, "opens_at"))
    replan_flip("prices close", book, engine.get("books", book, "closes_at"))
  end
end

return M
