-- A promotion as a file says it becomes what the rules read: conditions, actions, limits, policies.
-- Every field is checked here; campaign.lua and playbooks share it. Knows no rows.
local util = require "drumbeat.util"
local units = require "drumbeat.units"

local M = {}

M.FIELDS = { "name", "scope", "when", "opens", "closes", "actions", "priority", "group", "lane",
  "alone", "on_deals", "total", "per_member", "budget", "round", "remainder" }
local ACTION = { "off", "percent", "tiers", "every", "each", "buy", "get", "on", "goods",
  "categories", "units", "at_most" }
local WHEN = { "over", "quantity", "goods", "categories", "groups", "segment", "tag", "level",
  "order", "first_order", "channel" }
for _, field in ipairs(ACTION) do
  M.FIELDS[#M.FIELDS + 1] = field
end

local ROUNDS = { "half_up", "half_down", "half_even", "down", "up" }
local REMAINDERS = { "largest_remainder", "first", "last" }

-- Single fields -----------------------------------------------------------------------------------

local function money(spec, field, what)
  local value = spec[field]
  if value == nil then
    return nil
  elseif not units.is(value, "money") then
    util.fault("%s: %s is money: write %s = %s", what, field, field,
      type(value) == "number" and ("yuan(%s)"):format(value) or "yuan(30)")
  elseif value.value <= 0 then
    util.fault("%s: %s is above zero, not %s", what, field, units.describe(value))
  end
  return value.value
end

local function whole(spec, field, what)
  local value = spec[field]
  if value ~= nil and (math.type(value) ~= "integer" or value < 1 or value > 1000000) then
    util.fault("%s: %s is a whole number from 1 on, not %s", what, field, units.describe(value))
  end
  return value
end

-- As the rules read it: 12.5 of a hundred.
local function share(spec, field, what)
  local value = spec[field]
  if value == nil then
    return nil
  elseif not units.is(value, "percent") then
    util.fault("%s: %s is a share: write %s = percent(%s)", what, field, field,
      type(value) == "number" and tostring(value) or "12")
  elseif value.value <= 0 or value.value > 10000 then
    util.fault("%s: %s is above 0 and at most percent(100), not %s", what, field,
      units.describe(value))
  end
  return value.value % 100 == 0 and value.value // 100 or value.value / 100
end

local function one_of(spec, field, what, words)
  local value = spec[field]
  if value == nil then
    return nil
  end
  for _, word in ipairs(words) do
    if word == value then
      return value
    end
  end
  return util.fault("%s: %s is one of %s, not %s%s", what, field, table.concat(words, ", "),
    units.describe(value), util.meant(value, words))
end

local function name_of(spec, field, what)
  local value = spec[field]
  if value ~= nil and (type(value) ~= "string" or value == "" or #value > 60) then
    util.fault("%s: %s is a name in quotes, not %s", what, field, units.describe(value))
  end
  return value
end

-- A name or a list of names; `seen` collects them for the checks against the catalogue.
local function names(spec, field, what, seen)
  local value = spec[field]
  if value == nil then
    return nil
  end
  local list = type(value) == "table" and value or { value }
  if #list == 0 or units.is(value, "money") then
    util.fault("%s: %s is a list of names: write %s = { \"...\" }", what, field, field)
  end
  local copy = {}
  for i, name in ipairs(list) do
    if type(name) ~= "string" or name == "" then
      util.fault("%s: %s: number %d is no name in quotes", what, field, i)
    end
    copy[i] = name
    seen[#seen + 1] = name
  end
  return copy
end

local function flag(spec, field, what)
  local value = spec[field]
  if value ~= nil and type(value) ~= "boolean" then
    util.fault("%s: %s is true or false, not %s", what, field, units.describe(value))
  end
  return value
end

-- When --------------------------------------------------------------------------------------------

local function add_goods(list, when, what, seen)
  local skus = names(when, "goods", what, seen.goods)
  local categories = names(when, "categories", what, seen.categories)
  local over, quantity = money(when, "over", what), whole(when, "quantity", what)
  if skus and categories then
    util.fault("%s: goods or categories, not both: write when = { { goods = .. }, { categories = "
      .. ".. } }", what)
  end
  local function add(kind, value)
    list[#list + 1] = { type = kind, value = value, skus = skus, categories = categories }
  end
  if over then
    add(skus and "product_total_at_least" or categories and "category_total_at_least"
      or "items_total_at_least", over)
  end
  if quantity or ((skus or categories) and not over) then
    add(skus and "contains_product" or categories and "contains_category"
      or "items_quantity_at_least", quantity or 1)
  end
end

local function add_member(list, when, what, seen)
  local function add(kind, field, value)
    if value ~= nil then
      list[#list + 1] = { type = kind, [field] = value }
    end
  end
  add("customer_group", "groups", names(when, "groups", what, seen.groups))
  add("segment", "segments", names(when, "segment", what, seen.segments))
  add("tag", "tags", names(when, "tag", what, {}))
  add("level_at_least", "value", whole(when, "level", what))
  add("channel", "channels", one_of(when, "channel", what, { "online", "store" }))
  if flag(when, "first_order", what) then
    add("nth_order", "value", 1)
  end
  add("nth_order", "value", whole(when, "order", what))
end

local function read_when(spec, seen)
  local when, list = spec.when, {}
  if when == nil then
    return nil
  elseif type(when) ~= "table" then
    util.fault("promotion: when is written when = { over = yuan(300) }, not %s",
      units.describe(when))
  end
  for i, one in ipairs(#when > 0 and when or { when }) do
    local what = #when > 0 and ("promotion: when[%d]"):format(i) or "promotion: when"
    util.check_fields(what, one, WHEN)
    local before = #list
    add_goods(list, one, what, seen)
    add_member(list, one, what, seen)
    if #list == before then
      util.fault("%s says nothing: write over = yuan(300), quantity = 2, segment = \"new\", ...",
        what)
    end
  end
  return list
end

-- Actions -----------------------------------------------------------------------------------------

local function read_tiers(action, what)
  local tiers, fixed, most = {}, nil, 0
  if type(action.tiers) ~= "table" or #action.tiers == 0 then
    util.fault("%s: tiers = { { over = yuan(300), off = yuan(30) }, ... }", what)
  end
  for i, tier in ipairs(action.tiers) do
    local at = ("%s: tiers[%d]"):format(what, i)
    util.check_fields(at, tier, { "over", "quantity", "off", "percent" })
    local over, quantity = money(tier, "over", at), whole(tier, "quantity", at)
    local off, part = money(tier, "off", at), share(tier, "percent", at)
    if (over == nil) == (quantity == nil) then
      util.fault("%s: over = yuan(300) or quantity = 3, one of both", at)
    elseif (off == nil) == (part == nil) then
      util.fault("%s: off = yuan(30) or percent = percent(10), one of both", at)
    elseif fixed ~= nil and fixed ~= (off ~= nil) then
      util.fault("%s: all tiers take an amount (off) or all take a share (percent)", at)
    end
    for k = 1, i - 1 do
      if tiers[k].items_total_at_least == over and tiers[k].quantity_at_least == quantity then
        util.fault("%s begins where tiers[%d] does", at, k)
      end
    end
    fixed = off ~= nil
    most = math.max(most, off or 0)
    tiers[i] = { items_total_at_least = over, quantity_at_least = quantity, amount = off,
      percent = part }
  end
  return tiers, fixed, most
end

local function check_ways(action, what)
  local ways = 0
  for _, field in ipairs { "off", "percent", "tiers" } do
    ways = ways + (action[field] ~= nil and 1 or 0)
  end
  if ways > 1 then
    util.fault("%s: one of off, percent and tiers; more than one are actions = { {..}, {..} }",
      what)
  elseif ways == 0 and action.buy == nil then
    util.fault("%s: what does it take off? off = yuan(50), percent = percent(10), "
      .. "tiers = { .. } or buy = 2, get = 1", what)
  elseif (action.buy == nil) ~= (action.get == nil) then
    util.fault("%s: buy = 2, get = 1: both are needed", what)
  elseif action.buy and (action.off or action.tiers or action.on or action.each) then
    util.fault("%s: buy and get go with percent, goods, categories and at_most only", what)
  elseif action.every and (not action.off or (action.on or "order") ~= "order") then
    util.fault("%s: every = yuan(300) goes with off = yuan(50) on the order", what)
  elseif action.each and (action.tiers or (action.on and action.on ~= "unit")) then
    util.fault("%s: each = n takes off or percent from units: leave out on and tiers", what)
  end
end

local function check_catalogue(action, what)
  for _, field in ipairs { "tiers", "every", "each", "buy", "units", "at_most" } do
    if action[field] ~= nil then
      util.fault("%s: a catalogue promotion takes off or percent from prices; %s needs "
        .. "scope = \"cart\"", what, field)
    end
  end
  if action.on ~= nil and action.on ~= "price" then
    util.fault("%s: a catalogue promotion is on = \"price\", not %s", what,
      units.describe(action.on))
  end
end

-- What one use may take off; nil: nothing limits it.
local function most_of(action, off, tiers_most, cap)
  local most
  if action.tiers then
    most = tiers_most > 0 and (action.on or "order") == "order" and tiers_most or nil
  elseif off and not action.every and not action.each and (action.on or "order") == "order" then
    most = off
  end
  return cap and (most and math.min(most, cap) or cap) or most
end

local TARGETS = { "order", "line", "unit", "shipping", "price" }

local function read_action(action, what, catalogue, seen)
  util.check_fields(what, action, ACTION)
  check_ways(action, what)
  if catalogue then
    check_catalogue(action, what)
  elseif action.on == "price" then
    util.fault("%s: on = \"price\" needs scope = \"catalogue\"", what)
  end
  local on = one_of(action, "on", what, TARGETS)
  local off, part = money(action, "off", what), share(action, "percent", what)
  local cap = money(action, "at_most", what)
  local tiers, fixed, tiers_most
  if action.tiers then
    tiers, fixed, tiers_most = read_tiers(action, what)
  end
  local kind = action.buy and "buy_get" or tiers and (fixed and "tiered_fixed" or "tiered_percent")
    or off and "fixed" or "percentage"
  local skus = names(action, "goods", what, seen.goods)
  local categories = names(action, "categories", what, seen.categories)
  local each = whole(action, "each", what)
  return {
    target = catalogue and "price" or on or (action.buy and "line") or (each and "unit") or "order",
    kind = kind, amount = off, percent = part, tiers = tiers, cap = cap,
    per_total = money(action, "every", what), group_size = each,
    max_units = whole(action, "units", what), buy = whole(action, "buy", what),
    get = whole(action, "get", what),
    filter = (skus or categories) and { skus = skus, categories = categories } or nil,
  }, most_of(action, off, tiers_most, cap), { skus = skus, categories = categories }
end

local function inline_action(spec)
  local action, any = {}, false
  for _, field in ipairs(ACTION) do
    action[field] = spec[field]
    any = any or spec[field] ~= nil
  end
  return action, any
end

local function read_actions(spec, catalogue, seen)
  local list, per_use, covers = {}, 0, {}
  local inline, any = inline_action(spec)
  if spec.actions ~= nil and (type(spec.actions) ~= "table" or #spec.actions == 0 or any) then
    util.fault("promotion: actions = { { off = yuan(50) }, ... } stands alone, or one action's "
      .. "fields stand in the promotion itself")
  end
  for i, action in ipairs(spec.actions or { inline }) do
    local what = spec.actions and ("promotion: actions[%d]"):format(i) or "promotion"
    local read, most, cover = read_action(action, what, catalogue, seen)
    list[i], covers[i] = read, cover
    per_use = per_use and most and not catalogue and per_use + most or nil
  end
  return list, per_use, covers
end

-- The whole ---------------------------------------------------------------------------------------

local function moment(spec, field, edge)
  local value = spec[field]
  if value == nil then
    return nil
  elseif type(value) ~= "table" or math.type(value.day) ~= "integer" or value.day < 1 then
    util.fault("promotion: %s = { day = 5, at = \"20:30\" }", field)
  end
  local clock, why = units.parse_clock(value.at or edge)
  if not clock then
    util.fault("promotion: %s: %s", field, why)
  end
  return { day = value.day, seconds = clock.value }
end

local function check_scope(spec, catalogue)
  for _, field in ipairs { "group", "lane" } do
    if catalogue and spec[field] ~= nil then
      util.fault("promotion: %s is for promotions of scope \"cart\"; in the catalogue alone = true "
        .. "keeps others off", field)
    end
  end
end

-- The rules say goods of a catalogue promotion in a place of their own.
local function applies_to(covers)
  local list = {}
  for _, cover in ipairs(covers) do
    if not cover.skus and not cover.categories then
      return nil
    end
    list[#list + 1] = { variants = cover.skus, categories = cover.categories }
  end
  return list
end

---Reads a promotion; faults name the field and what to write instead.
---@param spec table
---@return table promotion
function M.read(spec)
  util.check_fields("promotion", spec, M.FIELDS)
  local name = spec.name or spec[1]
  if type(name) ~= "string" or name == "" or #name > 60 then
    util.fault("promotion { name = \"300-50\", ... }: the name is missing")
  end
  local catalogue = one_of(spec, "scope", "promotion", { "cart", "catalogue" }) == "catalogue"
  check_scope(spec, catalogue)
  local seen = { goods = {}, categories = {}, groups = {}, segments = {} }
  local priority = spec.priority
  if priority ~= nil and (math.type(priority) ~= "integer" or math.abs(priority) > 1000000) then
    util.fault("promotion: priority is a whole number, not %s", units.describe(priority))
  end
  local actions, per_use, covers = read_actions(spec, catalogue, seen)
  local opens, closes = moment(spec, "opens", "00:00"), moment(spec, "closes", "24:00")
  if opens and closes
    and closes.day * 86400 + closes.seconds <= opens.day * 86400 + opens.seconds then
    util.fault("promotion: it closes before it opens")
  end
  local deals = flag(spec, "on_deals", "promotion")
  return {
    name = name, scope = catalogue and "catalogue" or "cart", where = engine.where(),
    total = whole(spec, "total", "promotion") or 0,
    per_member = whole(spec, "per_member", "promotion") or 0,
    opens = opens, closes = closes, per_use = per_use, covers = covers, seen = seen,
    body = {
      scope = catalogue and "catalog" or "cart", conditions = read_when(spec, seen),
      actions = actions, applies_to = catalogue and applies_to(covers) or nil,
      priority = priority, exclusive = flag(spec, "alone", "promotion"),
      exclusive_group = name_of(spec, "group", "promotion"),
      lane = name_of(spec, "lane", "promotion"), applies_to_discounted = deals,
      round = one_of(spec, "round", "promotion", ROUNDS),
      remainder = one_of(spec, "remainder", "promotion", REMAINDERS),
    },
  }
end

-- What the stock of the goods it covers can give above the floors; nil: no stock limits it.
local function stock_room(promotion, goods)
  for _, action in ipairs(promotion.body.actions) do
    if action.target == "shipping" then
      return nil
    end
  end
  local room = 0
  for _, good in ipairs(goods) do
    if M.covers(promotion, good) then
      if good.stock < 0 then
        return nil
      end
      room = room + good.stock * good.room
    end
  end
  return room
end

---What all of it may cost at worst: uses × what one takes off, and never more than the stock of the
---goods it covers sold at their floors. nil: only the budget limits it, as its limits don't and the
---stock holds more than the cap.
---@param promotion table
---@param members integer most members that may use it
---@param goods table[] {sku=, category=, stock=, room= deal - floor}
---@param cap integer? of its budget
---@return integer?
---@return string what
function M.worst(promotion, members, goods, cap)
  local uses = promotion.total > 0 and promotion.total or nil
  if promotion.per_member > 0 then
    local most = promotion.per_member * members
    uses = uses and math.min(uses, most) or most
  end
  local worst = uses and promotion.per_use and uses * promotion.per_use
  local what = ("promotion '%s': %s × %s"):format(promotion.name, uses or "?",
    promotion.per_use and engine.money(promotion.per_use) or "?")
  local room = stock_room(promotion, goods)
  if room and ((worst and room < worst) or (not worst and room <= (cap or 0))) then
    return room, ("promotion '%s': the stock sold at its floors"):format(promotion.name)
  end
  return worst or nil, what
end

local function among(list, name)
  for _, one in ipairs(list or {}) do
    if one == name then
      return true
    end
  end
  return false
end

---Whether any of its actions may take something off a good.
---@return boolean
function M.covers(promotion, good)
  for _, cover in ipairs(promotion.covers) do
    if (not cover.skus or among(cover.skus, good.sku))
      and (not cover.categories or among(cover.categories, good.category)) then
      return true
    end
  end
  return false
end

local function check_list(list, known, what)
  for _, name in ipairs(list) do
    if not known[name] then
      util.fault("promotion: there is no %s '%s'%s", what, name, util.meant(name, util.keys(known)))
    end
  end
end

---Names of goods, categories, groups and segments that aren't there: sets of those that are.
function M.check_names(promotion, skus, categories, groups, segments)
  check_list(promotion.seen.goods, skus, "good")
  check_list(promotion.seen.categories, categories, "category")
  check_list(promotion.seen.groups, groups, "group")
  check_list(promotion.seen.segments, segments, "segment")
end

-- Telling -----------------------------------------------------------------------------------------

local function tell_action(action)
  local off = action.amount and engine.money(action.amount)
  local part = action.percent and ("%s%%"):format(tostring(action.percent))
  if action.kind == "buy_get" then
    return util.say("buy %d, get %d", "买%d送%d"):format(action.buy, action.get)
      .. (part and util.say(" at %s off", "（减%s）"):format(part) or "")
  elseif action.tiers then
    local list = {}
    for i, tier in ipairs(action.tiers) do
      local less = tier.amount and engine.money(tier.amount) or ("%s%%"):format(tier.percent)
      local from = tier.items_total_at_least and engine.money(tier.items_total_at_least)
        or util.say("%d pieces", "%d件"):format(tier.quantity_at_least)
      list[i] = util.language() == "zh" and ("满%s减%s"):format(from, less)
        or ("%s off from %s"):format(less, from)
    end
    return table.concat(list, util.say(", ", "，"))
  elseif action.per_total then
    return util.say("%s off every %s", "减%s，每满%s"):format(off, engine.money(action.per_total))
  elseif action.target == "shipping" and part == "100%" then
    return util.say("free shipping", "包邮")
  end
  return util.say("%s off", "立减%s"):format(off or part)
end

---A promotion in a few words, for texts.
---@param promotion table
---@return string
function M.tell(promotion)
  local list = {}
  for i, action in ipairs(promotion.body.actions) do
    list[i] = tell_action(action)
  end
  for _, condition in ipairs(promotion.body.conditions or {}) do
    if condition.type == "items_total_at_least" then
      list[#list + 1] = util.say("on carts of %s or more", "满%s可用"):format(
        engine.money(condition.value))
    elseif condition.type == "items_quantity_at_least" then
      list[#list + 1] = util.say("from %d pieces on", "满%d件可用"):format(condition.value)
    end
  end
  return table.concat(list, util.say(" ", "，"))
end

return M
