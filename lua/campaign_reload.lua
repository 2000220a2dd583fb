-- An edited campaign.lua takes over from the one that runs: rows follow what the edit changed, and
-- only that, so what operators changed meanwhile stays. What can't change while a campaign runs is
-- refused, with what to do instead. Days: their rows; what they play is lua/reload.lua's business.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local campaign = require "drumbeat.campaign"
local write = require "drumbeat.campaign_write"
local note_list = {}

local M = {}

-- What campaign.lua says --------------------------------------------------------------------------

local function plain(value, depth)
  if type(value) ~= "table" or depth == 0 then
    return tostring(value)
  elseif value.unit and value.value then
    return units.show(value)
  end
  local parts = {}
  for key, item in pairs(value) do
    parts[#parts + 1] = ("%s=%s"):format(tostring(key), plain(item, depth - 1))
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function at(moment)
  return moment and engine.instant(campaign.first + moment.day - 1, moment.seconds) or 0
end

-- A list as a map: name(item) -> fields(item).
local function map(list, name, fields)
  local out = {}
  for _, item in ipairs(list) do
    local key = name(item)
    if key ~= nil then
      out[key] = fields(item)
    end
  end
  return out
end

local function first(item)
  return item[1]
end

local function day_image(day)
  return { number = day.number, playbook = day.spec.playbook, first = day.first, last = day.last,
    groups = day.groups, where = day.where, shared = plain(day.shared, 2),
    values = map(util.keys(day.values), function(name) return name end, function(name)
      return plain(units.pack(day.values[name]), 8)
    end) }
end

---Everything that a reload compares.
---@return table
local function image()
  local head = campaign.head
  return {
    head = { name = head.name, brand = head.brand or "", currency = head.currency,
      timezone = head.timezone, language = head.language, from = head.from },
    extra = { link = head.link or "", contact = head.contact or "", title = head.title or "" },
    care = { second_person_above = head.second_person_above and head.second_person_above.value
      or 0 },
    groups = map(campaign.groups, first, function(group)
      return { title = group.title or group[1], segment = group.segment or "",
        member_max = group.limit, awake = group.awake and group.awake.value or 0,
        connector = write.connector_of(group[1]), fed_by = group.fed_by or "",
        members = group.members, where = group.where }
    end),
    staff = map(campaign.staff, function(staff) return staff.spec[1] end, function(staff)
      return { name = staff.spec.name or "", code = staff.spec.code or "", role = staff.role }
    end),
    budgets = map(campaign.budgets, first, function(budget)
      return { cap = budget.cap or 0, where = budget.where }
    end),
    goods = map(campaign.goods, function(item) return item.sku end, function(item)
      return { title = item.title, list = item.list, deal = item.deal, floor = item.floor,
        cost = item.cost, stock = item.spec.stock or -1, category = item.spec.category or "",
        image = item.spec.image or "", where = item.where }
    end),
    books = map(campaign.books, function(book) return book.row_name end, function(book)
      return { opens_at = at(book.opens_on), closes_at = at(book.closes_on),
        placeholder = book.placeholder_value, where = book.where }
    end),
    promotions = map(campaign.promotions, function(one) return one.name end, function(one)
      return { body = plain(one.body, 8), total = one.total, per_member = one.per_member,
        budget = one.budget, opens = at(one.opens), closes = at(one.closes), where = one.where }
    end),
    promises = map(campaign.promises, first, function(promise)
      return { least = promise.value, sense = promise.at_least and "at_least" or "at_most",
        text = promise.text or "" }
    end),
    connectors = map(campaign.connectors, first, function(connector)
      return { command = plain(connector.command, 2), where = connector.where }
    end),
    days = map(campaign.days, function(day) return day.name end, day_image),
  }
end

---@return string json
function M.image()
  for number, book in ipairs(campaign.books) do
    book.row_name = book.name or ("prices " .. number)
  end
  return engine.json(image())
end

-- Comparing ---------------------------------------------------------------------------------------

local function note(what, name, how, change)
  change = change or {}
  change.what, change.name, change.how = what, name, how
  note_list[#note_list + 1] = change
end

-- Fields of which some differ, the place left out: names, sorted; nil: none.
local function differing(old, new)
  local names = {}
  for name, value in pairs(new) do
    if name ~= "where" and plain(old[name], 4) ~= plain(value, 4) then
      names[#names + 1] = name
    end
  end
  return #names > 0 and names or nil
end

local function show(name, value)
  local is_money = name == "list" or name == "deal" or name == "floor" or name == "cost"
    or name == "cap" or name == "second_person_above"
  return is_money and engine.money(value) or tostring(value)
end

local function note_fields(what, name, old, new, names)
  for _, field in ipairs(names) do
    note(what, name, "changed", { note = field, from = show(field, old[field]),
      to = show(field, new[field]), where = new.where })
  end
end

local FIXED = {
  name = "another name is another campaign: start it beside this one",
  brand = "the brand of a campaign that runs stays: start another campaign",
  currency = "money that is booked can't change its currency: start another campaign",
  timezone = "times that were announced can't change their zone: start another campaign",
  language = "members have read texts in one language: start another campaign",
  from = "its first day is the date of everything: move days with date = \"...\" instead",
}

local function reload_head(old, new)
  for name, instead in pairs(FIXED) do
    if old.head[name] ~= new.head[name] then
      util.problem(campaign.head.where, "campaign: %s was '%s', now it is '%s': %s", name,
        tostring(old.head[name]), tostring(new.head[name]), instead)
    end
  end
  local names = differing(old.extra, new.extra)
  if names then
    engine.memory_set("library", 0, "campaign", new.extra)
    note_fields("campaign", new.head.name, old.extra, new.extra, names)
  end
  names = differing(old.care, new.care)
  if names then
    local _, id = engine.context()
    engine.set("campaigns", id, new.care)
    note_fields("campaign", new.head.name, old.care, new.care, names)
  end
end

-- Groups, staff -----------------------------------------------------------------------------------

local function group_fields(group)
  return { title = group.title, segment = group.segment, connector = group.connector,
    member_max = group.member_max, awake = group.awake }
end

local function add_group(id, ext, group)
  local row = engine.find("groups", "by_ext", ext)
  local fields = group_fields(group)
  fields.size_at_start = group.members
  if row then
    engine.adopt_group(row)
    engine.set("groups", row, fields)
  else
    fields.ext, fields.campaign = ext, id
    engine.insert("groups", fields)
  end
  note("group", ext, "added", { where = group.where })
end

local function reload_groups(id, old, new)
  for ext, group in pairs(new.groups) do
    local was = old.groups[ext]
    local names = was and differing(was, group)
    if not was then
      add_group(id, ext, group)
    elseif names then
      engine.set("groups", engine.find("groups", "by_ext", ext), group_fields(group))
      note_fields("group", ext, was, group, names)
    end
  end
  for ext, group in pairs(new.groups) do
    engine.set("groups", engine.find("groups", "by_ext", ext), {
      fed_by = group.fed_by ~= "" and engine.find("groups", "by_ext", group.fed_by) or 0 })
  end
  for ext, was in pairs(old.groups) do
    if not new.groups[ext] then
      util.problem(was.where, "group '%s' is gone from campaign.lua: a group can't leave a "
        .. "campaign that runs. Leave it there, and out of days to come (groups = { ... })", ext)
    end
  end
end

local function reload_staff(id, old, new)
  for ext, staff in pairs(new.staff) do
    local was = old.staff[ext]
    if not was then
      write.write_staff(id)
      note(staff.role, ext, "added")
    elseif was.name ~= staff.name then
      engine.set("staff", engine.find("staff", "by_ext", ext), { name = staff.name })
      note(staff.role, ext, "changed", { note = "name", from = was.name, to = staff.name })
    elseif was.code ~= staff.code or was.role ~= staff.role then
      util.problem("campaign.lua", "%s '%s': code and role can't change while people come by them",
        staff.role, ext)
    end
  end
  for ext, was in pairs(old.staff) do
    if not new.staff[ext] then
      note(was.role, ext, "gone", { warns = true, note = "stays until the campaign ends" })
    end
  end
end

-- Money and goods ---------------------------------------------------------------------------------

local function reload_budgets(id, old, new)
  for name, budget in pairs(new.budgets) do
    local was = old.budgets[name]
    local row = engine.find("accounts", "by_name", id, "budget:" .. name)
    local now = row and engine.get("accounts", row, "opening")
    if not (was and was.cap == budget.cap) and now ~= budget.cap then
      local ok, why = engine.budget_open(name, budget.cap)
      if not ok then
        util.problem(budget.where, "budget '%s' can't change from %s to %s: %s", name,
          engine.money(now or 0), engine.money(budget.cap), why)
      end
      note("budget", name, row and "changed" or "added", { from = now and engine.money(now),
        to = engine.money(budget.cap), where = budget.where })
    end
  end
  for name in pairs(old.budgets) do
    if not new.budgets[name] then
      note("budget", name, "gone", { warns = true, note = "what is in it stays" })
    end
  end
end

local function add_good(id, sku, good)
  engine.insert("goods", { sku = sku, title = good.title, campaign = id, list = good.list,
    deal = good.deal, floor = good.floor, cost = good.cost, stock = good.stock,
    category = good.category, image = good.image })
  note("goods", sku, "added", { where = good.where })
end

-- What was sold meanwhile stays sold: stock changes by as much as the edit changed it. But what is
-- left now, written back into the file, is what it says.
local function change_good(row, sku, was, good, names)
  local set = {}
  for _, name in ipairs(names) do
    set[name] = good[name]
  end
  if set.stock == engine.get("goods", row, "stock") then
    set.stock = nil
  elseif set.stock and was.stock >= 0 and good.stock >= 0 then
    set.stock = math.max(0, engine.get("goods", row, "stock") + good.stock - was.stock)
  elseif set.stock and good.stock >= 0 then
    set.stock = math.max(0, good.stock - engine.get("goods", row, "sold"))
  end
  if next(set) then
    engine.set("goods", row, set)
    note_fields("goods", sku, was, good, util.keys(set))
  end
end

local function reload_goods(id, old, new)
  for sku, good in pairs(new.goods) do
    local was = old.goods[sku]
    local names = was and differing(was, good)
    local row = engine.find("goods", "by_sku", id, sku)
    if not row then
      add_good(id, sku, good)
    elseif names then
      change_good(row, sku, was, good, names)
    end
  end
  for sku, was in pairs(old.goods) do
    if not new.goods[sku] then
      util.problem(was.where, "goods '%s' are gone from campaign.lua: carts and orders name them. "
        .. "Write stock = 0 instead", sku)
    end
  end
end

local function find_book(id, name)
  for _, row in ipairs(engine.list("books", "of_campaign", id)) do
    if engine.get("books", row, "name") == name then
      return row
    end
  end
  return nil
end

local function reload_book(id, name, was, book)
  local now = engine.now()
  local fields = { opens_at = book.opens_at, closes_at = book.closes_at,
    placeholder = book.placeholder }
  if not was then
    fields.name, fields.campaign, fields.status = name, id, "planned"
    engine.insert("books", fields)
    note("prices", name, "added", { where = book.where })
    return
  end
  if was.opens_at ~= book.opens_at and (was.opens_at <= now or book.opens_at <= now) then
    util.problem(book.where, "prices '%s' can't open at another time: %s", name,
      was.opens_at <= now and "they are open" or "the new one is past")
  elseif was.closes_at ~= book.closes_at and ((was.closes_at > 0 and was.closes_at <= now)
    or (book.closes_at > 0 and book.closes_at <= now)) then
    util.problem(book.where, "prices '%s' can't close at another time: %s", name,
      was.closes_at > 0 and was.closes_at <= now and "they are closed" or "the new one is past")
  end
  engine.set("books", find_book(id, name), fields)
  for _, field in ipairs(differing(was, book)) do
    local clock = field ~= "placeholder" and M.when or engine.money
    note("prices", name, "moved", { note = (field:gsub("_at$", "")), from = clock(was[field]),
      to = clock(book[field]), where = book.where })
  end
end

---"2025-11-11 20:30", brand-local; "never".
---@param ms integer
---@return string
function M.when(ms)
  if ms == 0 then
    return "never"
  end
  local civil = engine.civil(ms)
  return ("%s %02d:%02d"):format(units.show_date(civil.days), civil.hour, civil.minute)
end

local function reload_books(id, old, new)
  local changed = false
  for name, book in pairs(new.books) do
    local was = old.books[name]
    if not was or differing(was, book) then
      reload_book(id, name, was, book)
      changed = true
    end
  end
  for name, was in pairs(old.books) do
    if not new.books[name] then
      util.problem(was.where, "prices '%s' are gone from campaign.lua: leave them there, and let "
        .. "them close", name)
    end
  end
  return changed
end

local function reload_promotions(id, old, new)
  local added = false
  for name, one in pairs(new.promotions) do
    local was = old.promotions[name]
    if not was then
      added = true
      note("promotion", name, "added", { where = one.where })
    elseif differing(was, one) then
      util.problem(one.where, "promotion '%s' can't change while it runs: give the new one another "
        .. "name", name)
    end
  end
  for name, was in pairs(old.promotions) do
    if not new.promotions[name] then
      util.problem(was.where, "promotion '%s' is gone from campaign.lua: leave it there; it ends "
        .. "when it closes", name)
    end
  end
  if added then
    write.write_promotions(id)
  end
end

-- Promises, connectors ----------------------------------------------------------------------------

local function find_promise(id, metric)
  for _, row in ipairs(engine.all("promises")) do
    if engine.get("promises", row, "campaign") == id
      and engine.get("promises", row, "metric") == metric then
      return row
    end
  end
  return nil
end

local function reload_promises(id, old, new)
  for metric, promise in pairs(new.promises) do
    local was = old.promises[metric]
    local fields = { least = promise.least, sense = promise.sense, text = promise.text }
    if not was then
      fields.metric, fields.campaign = metric, id
      engine.insert("promises", fields)
      note("promise", metric, "added")
    elseif differing(was, promise) then
      engine.set("promises", find_promise(id, metric), fields)
      note("promise", metric, "changed", { from = tostring(was.least),
        to = tostring(promise.least) })
    end
  end
  for metric in pairs(old.promises) do
    if not new.promises[metric] then
      note("promise", metric, "gone", { warns = true, note = "a promise stays: it is reported" })
    end
  end
end

local function reload_connectors(old, new)
  for _, connector in ipairs(campaign.connectors) do
    local name = connector[1]
    local was = old.connectors[name]
    if not was or was.command ~= new.connectors[name].command then
      local row = engine.find("connectors", "by_name", name)
      if row then
        engine.set("connectors", row, { command = connector.command })
      else
        engine.insert("connectors", { name = name, command = connector.command })
      end
      note("connector", name, was and "changed" or "added", { warns = true, where = connector.where,
        note = "it is started with the engine's next start" })
    end
  end
  for name in pairs(old.connectors) do
    if not new.connectors[name] then
      note("connector", name, "gone", { warns = true, note = "it goes on until the engine stops" })
    end
  end
end

-- Days --------------------------------------------------------------------------------------------

local function day_inputs(day)
  local groups = {}
  for i, ext in ipairs(day.groups) do
    groups[i] = engine.find("groups", "by_ext", ext)
  end
  return { groups = #groups > 0 and groups or nil, values = units.pack(day.values),
    where = day.where, lines = day.lines, shared = day.shared }
end

-- What an operator changed while it runs stays, unless the edit changes the same.
local function keep_changed(inputs, old, new, row)
  local ran = engine.get("days", row, "inputs") or {}
  for name, line in pairs(ran.changed or {}) do
    if old.playbook == new.playbook and old.values[name] == new.values[name] then
      inputs.changed = inputs.changed or {}
      inputs.changed[name], inputs.lines[name] = line, ran.lines[name]
      inputs.values[name], inputs.shared[name] = ran.values[name], nil
    end
  end
  return inputs
end

local function edges(day)
  return engine.instant(day.first, 0), engine.instant(day.last + 1, 0)
end

local function add_day(id, day)
  local from_at, until_at = edges(day)
  if from_at <= engine.now() then
    util.problem(day.where, "day(%s) is new, and begins on a date that has begun already: give it "
      .. "a later one", day.name)
  end
  local row = engine.insert("days", { campaign = id, number = day.number, name = day.name,
    playbook = day.spec.playbook, from_at = from_at, until_at = until_at, status = "planned",
    inputs = day_inputs(day) })
  note("day", day.name, "added", { where = day.where, to = day.spec.playbook })
  return { id = row, is_new = true }
end

-- What can't change once a day has begun.
local function check_begun(day, was, row)
  local from_at, until_at = edges(day)
  if was.playbook ~= day.spec.playbook then
    util.problem(day.where, "day(%s) runs the playbook '%s': another one can't take over. Edit "
      .. "that one, or give '%s' a day of its own", day.name, was.playbook, day.spec.playbook)
  elseif from_at ~= engine.get("days", row, "from_at") then
    util.problem(day.where, "day(%s) has begun: its date can't change", day.name)
  elseif until_at <= engine.now() then
    util.problem(day.where, "day(%s) can't end in the past", day.name)
  end
  local has = {}
  for _, ext in ipairs(day.groups) do
    has[ext] = true
  end
  for _, ext in ipairs(was.groups) do
    if not has[ext] then
      util.problem(day.where, "day(%s) runs in group '%s': a group can't leave a day that has "
        .. "begun", day.name, ext)
    end
  end
end

local function change_day(day, was, row, new)
  local names = differing(was, new)
  local from_at, until_at = edges(day)
  if not names then
    return { id = row }
  elseif engine.get("days", row, "status") == "over" then
    note("day", day.name, "changed", { warns = true, where = day.where,
      note = "it is over: nothing changes" })
    return { id = row }
  elseif engine.get("days", row, "status") ~= "planned" then
    check_begun(day, was, row)
  end
  engine.set("days", row, { playbook = day.spec.playbook, from_at = from_at, until_at = until_at,
    inputs = keep_changed(day_inputs(day), was, new, row) })
  for _, name in ipairs(names) do
    if name == "first" or name == "last" then
      note("day", day.name, "moved", { from = units.show_date(was[name]), note = name,
        to = units.show_date(new[name]), where = day.where })
    elseif name == "playbook" or name == "groups" then
      note("day", day.name, "changed", { note = name, from = plain(was[name], 2),
        to = plain(new[name], 2), where = day.where })
    end
  end
  return { id = row, changed = true }
end

local function gone_day(name, was, row)
  if engine.get("days", row, "status") ~= "planned" then
    util.problem(was.where, "day(%s) is gone from campaign.lua, but it has begun: leave it there",
      name)
  end
  note("day", name, "gone", { from = was.playbook })
  return { id = row, gone = true }
end

-- The campaign ends with its last day.
local function set_end(id)
  local last = campaign.first
  for _, day in ipairs(campaign.days) do
    last = math.max(last, day.last or last)
  end
  engine.set("campaigns", id, { until_at = engine.instant(last + 1, 0) })
end

local function reload_days(id, old, new)
  local list = {}
  for _, day in ipairs(campaign.days) do
    local was = old.days[day.name]
    local row = engine.find("days", "by_name", id, day.name)
    if row and not was then
      util.problem(day.where, "day(%s) was taken out before: give it a track = \"...\"", day.name)
    else
      list[#list + 1] = row and change_day(day, was, row, new.days[day.name]) or add_day(id, day)
    end
  end
  for name, was in pairs(old.days) do
    if not new.days[name] then
      list[#list + 1] = gone_day(name, was, engine.find("days", "by_name", id, name))
    end
  end
  set_end(id)
  return list
end

---Takes over from the version of campaign.lua whose image this is.
---@param json string
---@return string json { changes =, days = { { id =, changed =, is_new =, gone = } }, books = }
function M.apply(json)
  local _, id = engine.context()
  local old = engine.parse_json(json)
  local new = engine.parse_json(M.image())
  note_list = {}
  reload_head(old, new)
  if util.has_faults() then
    return engine.json { fatal = true }
  end
  reload_groups(id, old, new)
  reload_staff(id, old, new)
  reload_budgets(id, old, new)
  reload_goods(id, old, new)
  local books = reload_books(id, old, new)
  reload_promotions(id, old, new)
  reload_promises(id, old, new)
  reload_connectors(old, new)
  local days = reload_days(id, old, new)
  return engine.json { changes = #note_list > 0 and note_list or nil, days = days, books = books }
end

return M
