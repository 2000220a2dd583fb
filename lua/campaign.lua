-- The words of campaign.lua: data only. They collect what the file says; finish() checks all of it
-- and tells every fault. campaign_write.lua makes rows of it. What is wrong is told and something
-- harmless stands in (no money, no groups, the least of a size), so that the playbooks of the days
-- are bound all the same and their faults are told in the same run, without any that only follow.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local inputs = require "drumbeat.inputs"
local guard = require "drumbeat.guard"
local ways = require "drumbeat.connectors"
local promises = require "drumbeat.promises"

local M = {
  head = nil, -- campaign{}
  groups = {}, by_id = {},
  staff = {}, budgets = {}, budget_names = {},
  goods = {}, by_sku = {},
  shared = {}, shared_where = {}, -- all_days{}: inputs of every day that has them.
  books = {}, connectors = {}, promises = {}, days = {}, promotions = {},
  fatal = false, -- No rows can be written.
  first_told = false, -- The first date is a guess.
  faulty = false, -- Something was told that is more than a warning.
  unsure = {}, -- Words of which some were passed over: what looks missing may be there.
}

local function problem(where, ...)
  util.problem(where, ...)
end

-- What a faulty word would have given: nothing more is said of it.
local told = util.is_told

local function pass_over(word)
  M.unsure[word], guard.any = true, true
end

local function collect(word, known, list)
  return function(spec)
    if told(spec) then
      return pass_over(word)
    elseif type(spec) == "string" then -- Its name, so that it is known all the same.
      util.note("%s is written %s { \"%s\", ... }", word, word, spec)
      spec = { spec, hollow = true }
    else
      util.check_fields(word, spec, known)
      spec.hollow = told(spec[2]) or nil
    end
    spec.where = engine.where()
    list[#list + 1] = spec
  end
end

local function staff(role, known)
  return function(spec)
    if told(spec) then
      return pass_over(role)
    end
    util.check_fields(role, spec, known)
    M.staff[#M.staff + 1] = { role = role, spec = spec, where = engine.where() }
  end
end

local function campaign(spec)
  if told(spec) then
    return pass_over("campaign")
  end
  util.check_fields("campaign", spec, { "name", "brand", "from", "timezone", "currency", "language",
    "title", "link", "contact", "second_person_above" })
  if M.head then
    util.fault("campaign{} stands once in the file")
  end
  spec.where = engine.where()
  M.head = spec
  if type(spec.currency) == "string" and engine.currency_decimals(spec.currency) >= 0 then
    util.currency_set = spec.currency
  end
end

local function day(number)
  local where = engine.where()
  local wrong = math.type(number) ~= "integer" or number < 1 or number > 366
  if wrong and not told(number) then
    util.note("day(n) { ... }: n is the number of a day from 1 on, not %s", units.describe(number))
  end
  number = math.type(number) == "integer" and number or #M.days + 1
  return guard.word(function(spec)
    if type(spec) ~= "table" then
      util.fault("day(%d) { playbook = \"name\", ... }", number)
    elseif told(spec) then
      pass_over("day")
    else
      M.days[#M.days + 1] = { number = number, spec = spec, where = where, wrong = wrong }
    end
  end, true)
end

local function all_days(spec)
  if told(spec) then
    return pass_over("all_days")
  elseif type(spec) ~= "table" or #spec > 0 then
    util.fault("all_days { input = value, ... }")
  end
  for name, value in pairs(spec) do
    if M.shared[name] ~= nil then
      util.note("all_days: '%s' stands twice (%s)", name, M.shared_where[name])
    else
      M.shared[name], M.shared_where[name] = value, engine.where()
    end
  end
end

local function goods(list)
  if told(list) then
    return pass_over("goods")
  elseif type(list) ~= "table" then
    util.fault("goods { { \"SK-1\", \"Coat\", list = yuan(1299), ... }, ... }")
  end
  for _, item in ipairs(list) do
    util.check_fields("goods", item, { "sku", "title", "list", "deal", "floor", "cost", "margin",
      "stock", "category", "image" })
    M.goods[#M.goods + 1] = { spec = item, where = engine.where() }
  end
end

local function promotion(spec)
  local found = require("drumbeat.promotion_read").read(spec)
  for _, other in ipairs(M.promotions) do
    if other.name == found.name then
      util.fault("there are two promotions '%s' (the other: %s)", found.name, other.where)
    end
  end
  if spec.budget ~= nil and type(spec.budget) ~= "string" then
    util.fault("promotion: budget is the name of a budget { ... } of this file, not %s",
      units.describe(spec.budget))
  end
  local ok, why = engine.promotion_check(found.body)
  if not ok then
    util.fault("promotion '%s': %s", found.name, why)
  end
  found.budget = spec.budget or ""
  M.promotions[#M.promotions + 1] = found
end

local function from(path)
  if type(path) ~= "string" then
    util.fault("from \"file.lua\": the name of a file in the same folder")
  end
  local ok, value = engine.try(engine.load_data, path)
  if ok then
    return value
  end
  for _, word in ipairs { "group", "goods", "budget", "all_days" } do pass_over(word) end
  return util.fault("%s", engine.source(path) and value
    or ("there is no file '%s' beside campaign.lua (names are small letters, digits, - and _)")
      :format(path))
end

---@param globals table
function M.add(globals)
  util.stage = "campaign"
  units.add(globals)
  inputs.add_units(globals, false)
  globals.campaign = campaign
  globals.day = day
  globals.goods = goods
  globals.all_days = all_days
  globals.group = collect("group", { "title", "segment", "members", "limit", "connector", "fed_by",
    "awake" }, M.groups)
  globals.host = staff("host", { "name" })
  globals.guide = staff("guide", { "name", "code" })
  globals.budget = collect("budget", {}, M.budgets)
  globals.prices = collect("prices", { "name", "placeholder", "opens", "closes" }, M.books)
  globals.promotion = promotion
  globals.connector = collect("connector", { "command", "socket", "groups", "caps", "limits" },
    M.connectors)
  globals.promise = collect("promise", { "at_least", "at_most", "text" }, M.promises)
  globals.from = from
  guard.words(globals, { "promotion", "from", "yuan", "money", "percent", "clock", "date",
    "seconds", "minutes", "hours", "days" }, { "campaign", "day", "all_days", "goods", "group",
    "host", "guide", "budget", "prices", "connector", "promise" })
end

-- Checks ------------------------------------------------------------------------------------------

local function text(value, where, what, optional)
  if value == nil and optional then
    return true
  elseif type(value) == "string" and value ~= "" then
    return true
  elseif not told(value) then
    problem(where, "%s is a text in quotes, not %s", what, units.describe(value))
  end
  return false
end

-- A field that is wrong becomes what stands in for it.
local function text_field(spec, field, where, what, optional)
  if not text(spec[field], where, what, optional) then
    spec[field] = not optional and util.UNSURE or nil
  end
end

-- Whether a campaign that is in the database is this one, reloaded; true also of none.
local function is_own(id)
  local _, own = engine.context()
  return id == nil or id == own
end

local function check_first(head, where)
  local date, message = units.parse_date(head.from)
  if not date and not told(head.from) then
    problem(where, "campaign: from: %s", message)
  elseif date and date.value < 1 then -- East of Greenwich its first midnight is before 1970.
    problem(where, "campaign: from: \"%s\" is too early: clocks begin on 1970-01-02",
      tostring(head.from))
    date = nil
  end
  M.first, M.first_told = date and date.value or 20000, not date
end

local function check_zone(head, where)
  local ok, why = false, nil
  if type(head.timezone) == "string" then
    ok, why = engine.zone(head.timezone)
  end
  if not ok and not told(head.timezone) then
    problem(where, why and "campaign: timezone: %s"
      or "campaign: timezone = \"Asia/Shanghai\" is missing", why)
  end
  head.timezone = ok and head.timezone or "UTC"
end

local function check_head()
  if not M.head then
    if not guard.any then
      problem("campaign.lua:1", "campaign { name = ..., from = \"2025-11-07\", ... } is missing")
    end
    M.head = { name = util.UNSURE, from = util.STAND_IN, timezone = "UTC", brand = util.UNSURE,
      where = "campaign.lua:1" }
    M.faulty = true
  end
  local head, where = M.head, M.head.where
  text_field(head, "name", where, "campaign: name")
  text_field(head, "brand", where, "campaign: brand")
  for _, field in ipairs { "title", "link", "contact" } do
    text_field(head, field, where, "campaign: " .. field, true)
  end
  local above = head.second_person_above
  if above ~= nil and not (units.is(above, "money") and above.value > 0) then
    if not told(above) then
      problem(where, "campaign: second_person_above is money, like yuan(10000), not %s",
        units.describe(above))
    end
    head.second_person_above = nil
  end
  head.currency = head.currency or "CNY"
  if type(head.currency) ~= "string" or engine.currency_decimals(head.currency) < 0 then
    if not told(head.currency) then
      problem(where, "campaign: currency is an ISO code like CNY or EUR, not %s",
        units.describe(head.currency))
    end
    head.currency = "CNY"
  end
  head.language = head.language or "en"
  if head.language ~= "en" and head.language ~= "zh" then
    if not told(head.language) then
      problem(where, "campaign: language is en or zh, not %s", units.describe(head.language))
    end
    head.language = "en"
  end
  check_first(head, where)
  check_zone(head, where)
  if not is_own(engine.find("campaigns", "by_name", head.name)) then
    problem(where, "a campaign named '%s' is in this database already", head.name)
    M.fatal = true
  end
end

local function whole(value, where, what, least)
  if value ~= nil and (math.type(value) ~= "integer" or value < least) then
    if not told(value) then
      problem(where, "%s is a whole number from %d on, not %s", what, least, units.describe(value))
    end
    return false
  end
  return true
end

local function check_size(group, where)
  local limited = whole(group.limit, where, "group: limit", 1)
  local sized = whole(group.members, where, "group: members", 0)
  if limited and sized and group.members > group.limit then
    problem(where, "group '%s' has %d members, its limit is %d", group[1], group.members,
      group.limit)
  end
  group.limit = limited and group.limit or 1 -- The least that worst costs can come from.
  group.members = sized and math.min(group.members, group.limit) or 0
end

local function check_group(group)
  local id, where = group[1], group.where
  group.limit = group.limit or (group.hollow and 1 or 500)
  group.members = group.members or 0
  if type(id) ~= "string" or id == "" then
    if told(id) then
      M.unsure.group = true
    else
      problem(where, "group { \"id\", ... }: the id on the platform is missing")
    end
    group[1] = nil
    return
  elseif M.by_id[id] then
    problem(where, "there are two groups '%s' (the other: %s)", id, M.by_id[id].where)
    group[1] = nil
    return
  end
  M.by_id[id] = group
  for _, field in ipairs { "title", "segment", "connector" } do
    M.segments_told = M.segments_told or group.hollow or (field == "segment" and told(group[field]))
    text_field(group, field, where, "group: " .. field, true)
  end
  check_size(group, where)
  if group.awake ~= nil and not units.is(group.awake, "percent") then
    if not told(group.awake) then
      problem(where, "group: awake is a share, like percent(60), not %s",
        units.describe(group.awake))
    end
    group.awake = nil
  end
  local known = engine.find("groups", "by_ext", id)
  local other = known and engine.row("campaigns", engine.get("groups", known, "campaign"))
  if other and other.status == "running" and not is_own(other.id) then
    problem(where, "group '%s' is busy with the campaign '%s'", id, other.name)
  end
end

local function known_ids()
  return util.keys(M.by_id)
end

local function check_fed_by(group)
  local id = group.fed_by
  if told(id) then
    group.fed_by = nil
  elseif id ~= nil and not M.by_id[id] then
    if not M.unsure.group then
      problem(group.where, "group '%s' is fed by %s, which is no group%s", tostring(group[1]),
        units.describe(id), util.meant(id, known_ids()))
    end
    group.fed_by = nil
  end
end

local function money(spec, field, where, what, required)
  local value = spec[field]
  if value == nil or told(value) then
    if required and not told(value) and not spec.hollow then
      problem(where, "%s: %s = yuan(..) is missing", what, field)
    end
    return nil
  elseif not units.is(value, "money") then
    problem(where, "%s: %s is money: write %s, not %s", what, field,
      type(value) == "number" and ("yuan(%s)"):format(value) or "yuan(30)", units.describe(value))
    return nil
  elseif value.value < 0 then
    problem(where, "%s: %s is below zero", what, field)
    return nil
  end
  return value.value
end

local function check_margin(item, what)
  local spec, where = item.spec, item.where
  if spec.margin == nil or told(spec.margin) then
    return
  elseif not units.is(spec.margin, "percent") then
    problem(where, "%s: margin is a share of the price: write margin = percent(30), not %s", what,
      units.describe(spec.margin))
    return
  elseif item.cost == 0 then
    if spec.cost == nil or units.is(spec.cost, "money") then
      problem(where, "%s: margin needs the cost: write cost = yuan(..)", what)
    end
    return
  end
  local floor, why = engine.price_floor(item.floor, item.cost, spec.margin.value)
  if floor then
    item.floor = floor
  else
    problem(where, "%s: %s", what, why)
  end
end

-- Prices in order, where all of them could be read.
local function check_anchors(item, what, list, deal)
  local cash = function(fen) return engine.money(fen, util.currency()) end
  if list and deal and deal > list then
    problem(item.where, "%s: the deal price %s is above the list price %s", what, cash(deal),
      cash(list))
  elseif deal and item.floor > deal then
    problem(item.where, "%s: the floor %s is above the deal price %s", what, cash(item.floor),
      cash(deal))
  end
  item.list = math.max(list or 0, deal or 0, item.floor)
  item.deal = math.max(deal or 0, item.floor) -- What nothing can be taken off from, if in doubt.
end

local function check_good(item)
  local spec, where = item.spec, item.where
  local sku = spec[1] or spec.sku
  local what = ("goods '%s'"):format(tostring(sku))
  if type(sku) ~= "string" then
    if not told(sku) then
      problem(where, "goods: each begins with its sku in quotes")
    end
    return
  elseif M.by_sku[sku] then
    problem(where, "%s stands twice in the catalogue", what)
    return
  end
  M.by_sku[sku] = item
  item.sku, item.title = sku, spec[2] or spec.title or sku
  item.title = type(item.title) == "string" and item.title or sku
  local list = money(spec, "list", where, what, true)
  local deal = money(spec, "deal", where, what)
  item.floor = money(spec, "floor", where, what) or 0
  item.cost = money(spec, "cost", where, what) or 0
  check_margin(item, what)
  check_anchors(item, what, list, spec.deal == nil and list or deal)
  if not whole(spec.stock, where, what .. ": stock", 0) then
    spec.stock = 0
  end
  for _, field in ipairs { "category", "image" } do
    text_field(spec, field, where, what .. ": " .. field, true)
  end
end

local CAP_UNSURE = 1000000000000000 -- Carries everything: nothing is held against it.

local function check_budget(budget)
  local name, amount = budget[1], budget[2]
  if type(name) ~= "string" or name == "" or name:find("[^%w_/%-]") then
    if not told(name) then
      problem(budget.where, "budget { \"name\", yuan(..) }: the name is letters, digits, - and _")
    end
    return
  elseif M.budget_names[name] then
    problem(budget.where, "there are two budgets '%s'", name)
    return
  end
  M.budget_names[name] = budget
  budget.cap = money({ amount = amount, hollow = budget.hollow }, "amount", budget.where,
    "budget '" .. name .. "'", true)
  budget.unsure = budget.cap == nil
  budget.cap = budget.cap or CAP_UNSURE
end

local function moment(value, where, what)
  if guard.holds(value) then
    return nil
  elseif type(value) ~= "table" or math.type(value.day) ~= "integer" then
    problem(where, "prices: %s = { day = 5, at = \"20:30\" }", what)
    return nil
  end
  local clock, message = units.parse_clock(value.at)
  if not clock then
    problem(where, "prices: %s: %s", what, message)
    return nil
  end
  return { day = value.day, seconds = clock.value }
end

local function check_book(book)
  local where = book.where
  text_field(book, "name", where, "prices: name", true)
  book.opens_on = moment(book.opens, where, "opens")
  book.closes_on = book.closes and moment(book.closes, where, "closes")
  book.placeholder_value = money(book, "placeholder", where, "prices") or 0
  if #M.goods == 0 and not guard.any then
    problem(where, "prices: the catalogue is empty: goods { ... } is missing")
  end
  local opens, closes = book.opens_on, book.closes_on
  if opens and closes
    and closes.day * 86400 + closes.seconds <= opens.day * 86400 + opens.seconds then
    problem(where, "prices: it closes before it opens")
  end
end

local function check_promotion(one)
  local skus, categories, segments = {}, {}, {}
  for _, group in ipairs(M.groups) do
    segments[group.segment or ""] = true
  end
  local known = { __index = function() return true end }
  if M.segments_told or M.unsure.group then
    setmetatable(segments, known)
  end
  for sku, item in pairs(M.by_sku) do
    skus[sku] = true
    categories[item.spec.category or ""] = true
  end
  if M.unsure.goods then
    setmetatable(skus, known)
    setmetatable(categories, known)
  end
  local groups = M.unsure.group and setmetatable({}, known) or M.by_id
  local check = require("drumbeat.promotion_read").check_names
  local ok, why = engine.try(check, one, skus, categories, groups, segments)
  if not ok then
    problem(one.where, "%s", (why:gsub("^[^%s:]+%.lua:%d+: ", "")))
  end
  if one.budget ~= "" and not M.budget_names[one.budget] and not M.unsure.budget then
    problem(one.where, "promotion '%s': there is no budget '%s' in campaign.lua%s", one.name,
      one.budget, util.meant(one.budget, util.keys(M.budget_names)))
    one.budget = ""
  end
end

local function check_connector(connector)
  local name = connector[1]
  local wrong = type(name) ~= "string"
  if wrong and not told(name) then
    problem(connector.where,
      "connector { \"name\", command = { \"./program\" } }: the name is missing")
  elseif not connector.hollow then
    local why = ways.fault(connector)
    if why then
      problem(connector.where, "connector '%s': %s", name, why)
      wrong = true
    end
  end
  connector.rules = ways.limits(connector.limits, function(why)
    problem(connector.where, "connector '%s': %s", tostring(name), why)
  end)
  ways.check_caps(connector, tostring(name))
  if guard.holds(connector.groups) then
    connector.groups = nil
  elseif connector.groups ~= nil and type(connector.groups) ~= "table" then
    problem(connector.where, "connector '%s': groups = { \"id\", ... } is a list", tostring(name))
    connector.groups = nil
  end
  for _, id in ipairs(connector.groups or {}) do
    if not M.by_id[id] and not M.unsure.group then
      problem(connector.where, "connector: there is no group '%s'%s", tostring(id),
        util.meant(id, known_ids()))
    end
  end
  connector.skip = wrong or connector.hollow or guard.holds(connector.command)
    or guard.holds(connector.socket)
end

local function check_staff(one)
  local what, account = one.role, one.spec[1]
  if type(account) ~= "string" then
    if not told(account) then
      problem(one.where, "%s { \"account\", name = ... }: the account on the platform is missing",
        what)
    end
    one.skip = true
  end
  text_field(one.spec, "name", one.where, what .. ": name: members are told who speaks")
  if one.role == "guide" then
    text_field(one.spec, "code", one.where, "guide: code")
  end
end

-- What a check doesn't foresee is a fault of its line, and hides no other.
local function check_each(list, check)
  for _, item in ipairs(list) do
    local ok, why = engine.try(check, item)
    if not ok then
      problem(item.where, "a value here is of the wrong kind: %s",
        (why:gsub("^lua/[%w_]+%.lua:%d+: ", "")))
      item.skip = true
    end
  end
end

---Checks everything.
---@param overrides table {groups=, members=}
---@return string[] problems
function M.finish(overrides)
  check_head()
  check_each(M.groups, check_group)
  check_each(M.groups, check_fed_by)
  if #M.groups == 0 and not guard.any then
    problem(M.head.where, "there is no group { ... }")
  end
  for _, list in ipairs { { M.staff, check_staff }, { M.goods, check_good }, { M.budgets,
    check_budget },
    { M.books, check_book }, { M.promotions, check_promotion }, { M.connectors, check_connector },
    { M.promises, promises.check } } do
    check_each(list[1], list[2])
  end
  require("drumbeat.campaign_days").finish(M, overrides)
  M.faulty = M.faulty or util.has_faults()
  return util.take_problems()
end

return M
