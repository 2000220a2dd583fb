-- An edited playbook takes over from the one that runs: what both describe is compared, and the run
-- sheet, budgets and coupons follow the edit. What runs already can't be changed is refused, with
-- what to do instead; what is past is only told. Scenes are script/reload.c's business.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local inputs = require "drumbeat.inputs"
local texts = require "drumbeat.texts"
local things = require "drumbeat.things"
local times = require "drumbeat.times"
local events = require "drumbeat.events"

local M = {}

-- Values as text, to compare and to show ----------------------------------------------------------

local DEPTH = 6

---@param value any
---@param depth integer?
---@return string
function M.plain(value, depth)
  depth = depth or DEPTH
  if type(value) == "string" then
    return ("\"%s\""):format(value)
  elseif type(value) == "function" then
    return "function " .. engine.code_of(value)
  elseif type(value) ~= "table" or depth == 0 then
    return tostring(type(value) == "table" and "..." or value)
  elseif things.is(value) then
    return ("%s '%s'"):format(value.word, value.name)
  elseif rawget(value, "unit") and math.type(rawget(value, "value")) == "integer" then
    return units.show(value)
  end
  local parts = {}
  for key, item in pairs(value) do
    local shown = M.plain(item, depth - 1)
    parts[#parts + 1] = math.type(key) == "integer" and shown or ("%s = %s"):format(key, shown)
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

-- What a playbook describes -----------------------------------------------------------------------

local function flatten(list, path, out)
  for key, value in pairs(list) do
    local name = path .. tostring(key)
    if type(value) == "table" and not value.unit then
      flatten(value, name .. ".", out)
    else
      out[name] = type(value) == "string" and value or M.plain(value)
    end
  end
  return out
end

local function thing_image(thing)
  local fields = {}
  for name, value in pairs(thing) do
    if name ~= "methods" and name ~= "where" and name ~= "word" and name ~= "name" then
      fields[name] = M.plain(value)
    end
  end
  return { word = thing.word, where = thing.where, fields = fields }
end

---Everything that a reload compares.
---@return table
function M.image()
  local image = { inputs = {}, entries = {}, everies = {}, handlers = {}, things = {},
    budgets = {}, groups = util.groups(), texts = flatten(texts.said or {}, "", {}) }
  for name in pairs(inputs.declared or {}) do
    image.inputs[name] = M.plain(inputs.values[name])
  end
  for name, entry in pairs(times.entries) do
    image.entries[name] = { at = units.show(entry.clock), day = entry.day, due = times.due(entry),
      campaign = entry.campaign, where = entry.where, code = engine.code_of(entry.fn),
      late = ("%s %d %d"):format(entry.late, entry.late_ms, entry.ahead or 0) }
  end
  for name, entry in pairs(times.everies) do
    image.everies[name] = { campaign = entry.campaign, where = entry.where,
      code = engine.code_of(entry.fn), at = ("every %s, %s to %s"):format(
        units.show(units.make("duration", entry.step)), units.show(entry.from),
        units.show(entry.to)) }
  end
  for _, handler in ipairs(events.list) do
    image.handlers[#image.handlers + 1] = { name = handler.name, where = handler.where,
      code = engine.code_of(handler.fn) }
  end
  for _, thing in ipairs(things.list) do
    image.things[thing.name] = thing_image(thing)
  end
  for name, own in pairs(things.budgets) do
    image.budgets[name] = own.cap
  end
  return image
end

---The inputs of this day, for an operator: { { name =, value =, from =, help = } }.
---@return string json
function M.inputs()
  local row, list = util.day_inputs(), {}
  for name, decl in pairs(inputs.declared or {}) do
    local value = inputs.values[name]
    local given = row.values and row.values[name] ~= nil
    list[#list + 1] = { name = name, help = decl.help,
      value = value ~= nil and (type(value) == "string" and value or M.plain(value)) or nil,
      from = given and (row.lines and row.lines[name] or "campaign.lua") or "the playbook" }
  end
  return #list == 0 and "[]" or engine.json(list)
end

-- Comparing ---------------------------------------------------------------------------------------

local changes = {}

---Notes a change: {what=, name=, how="added"|"moved"|"changed"|"gone", from=, to=, where=, note=}.
---@param change table
function M.note(change)
  changes[#changes + 1] = change
end

---The changes noted so far, as JSON; forgets them.
---@return string
function M.take()
  local list = changes
  changes = {}
  return #list == 0 and "[]" or engine.json(list)
end

---Compares two maps name -> text.
---@param what string
function M.compare(what, old, new, where)
  for name, value in pairs(new) do
    if old[name] == nil then
      M.note { what = what, name = name, how = "added", to = value, where = where }
    elseif old[name] ~= value then
      M.note { what = what, name = name, how = "changed", from = old[name], to = value,
        where = where }
    end
  end
  for name, value in pairs(old) do
    if new[name] == nil then
      M.note { what = what, name = name, how = "gone", from = value }
    end
  end
end

-- The run sheet -----------------------------------------------------------------------------------

local ALL = { 0 }

local function planned(name, id)
  local day = engine.context()
  return engine.find("schedule", "by_name", day, id, name)
end

local function has_run(name, id)
  local day = engine.context()
  return engine.find("scenes", "by_name", day, id, name) ~= nil
end

local function in_groups(count, of)
  return count < of and (" in %d of %d groups"):format(count, of) or ""
end

-- What follows for one group: "new", "moved", "stays"; "ran", "past" (nothing is planned); "back"
-- (moved to a time that is past).
local function replan_one(entry, was, image, id)
  local due = image.due
  local row = planned(entry.name, id)
  if row and not was then
    engine.cancel(row) -- Of a group that had left the day.
    row = nil
  end
  if has_run(entry.name, id) then
    return "ran"
  elseif not row then
    if was or due <= engine.now() then
      return "past"
    end
    times.plan_entry(entry, id, due)
    return "new"
  end
  local moved = due ~= was.due
  if moved and due <= engine.now() then
    return "back"
  elseif was.late ~= image.late then
    local at = moved and due or engine.get("schedule", row, "due_at")
    engine.cancel(row)
    times.plan_entry(entry, id, at)
  elseif moved then
    engine.move(row, due)
  end
  return moved and "moved" or "stays"
end

local function count_entry(entry, old, was, image)
  local had, counts = {}, { new = 0, moved = 0, stays = 0, ran = 0, past = 0, back = 0, all = 0 }
  for _, id in ipairs(was and (was.campaign and ALL or old.groups) or {}) do
    had[id] = true
  end
  for _, id in ipairs(entry.campaign and ALL or util.groups()) do
    local what = replan_one(entry, had[id] and was or nil, image, id)
    counts[what] = counts[what] + 1
    counts.all = counts.all + 1
    had[id] = nil
  end
  for id in pairs(had) do -- Groups that aren't in the day any more.
    local row = planned(entry.name, id)
    if row then
      engine.cancel(row)
    end
  end
  return counts
end

local function note_past(change, counts)
  if counts.ran > 0 then
    change.note = ("it has begun already%s: it doesn't begin again"):format(in_groups(counts.ran,
      counts.all))
  elseif counts.past > 0 then
    change.note = ("its time is past: it doesn't run%s"):format(in_groups(counts.past, counts.all))
  end
  change.warns = change.note ~= nil
  M.note(change)
end

local function shown_time(image)
  return image.at .. ((image.day or 1) > 1 and (" of day %d"):format(image.day) or "")
end

local function reload_entry(entry, old, image)
  local was = old.entries[entry.name]
  local counts = count_entry(entry, old, was, image)
  if counts.back > 0 then
    util.problem(entry.where, "'%s' is moved to %s, which is past: write a time to come, or take "
      .. "it out", entry.name, shown_time(image))
    return
  end
  local change = { what = "entry", name = entry.name, where = entry.where, to = shown_time(image) }
  if not was then
    change.how = "added"
  elseif was.due ~= image.due then
    change.how, change.from = "moved", shown_time(was)
  elseif was.code ~= image.code or was.late ~= image.late then
    change.how = "changed"
  elseif counts.new == 0 then
    return
  else
    change.how = "added" .. in_groups(counts.new, counts.all)
  end
  note_past(change, counts)
end

local function gone_entry(name, was, groups)
  local counts = { ran = 0, past = 0, all = 0 }
  for _, id in ipairs(was.campaign and ALL or groups) do
    local row = planned(name, id)
    counts.all = counts.all + 1
    if has_run(name, id) then
      counts.ran = counts.ran + 1
    elseif row then
      engine.cancel(row)
    else
      counts.past = counts.past + 1
    end
  end
  note_past({ what = "entry", name = name, how = "gone", from = shown_time(was) }, counts)
end

local function plan_every(entry, id)
  local day = engine.context()
  times.plan_every(entry, id, math.max(engine.now(), engine.get("days", day, "from_at") - 1))
end

local function cancel_every(name, id)
  local row = planned("every " .. name, id)
  if row then
    engine.cancel(row)
  end
end

local function reload_every(entry, old, image)
  local was = old.everies[entry.name]
  local had = {}
  for _, id in ipairs(was and (was.campaign and ALL or old.groups) or {}) do
    had[id] = true
  end
  for _, id in ipairs(entry.campaign and ALL or util.groups()) do
    if not had[id] or was.at ~= image.at then
      cancel_every(entry.name, id)
      plan_every(entry, id)
    end
    had[id] = nil
  end
  for id in pairs(had) do
    cancel_every(entry.name, id)
  end
  local how = not was and "added" or was.at ~= image.at and "moved" or was.code ~= image.code
    and "changed"
  if how then
    M.note { what = "every", name = entry.name, how = how, from = was and was.at, to = image.at,
      where = entry.where }
  end
end

local function reload_times(old, new)
  for _, name in ipairs(times.order) do
    reload_entry(times.entries[name], old, new.entries[name])
  end
  for name, was in pairs(old.entries) do
    if not new.entries[name] then
      gone_entry(name, was, old.groups)
    end
  end
  for _, name in ipairs(times.every_order) do
    reload_every(times.everies[name], old, new.everies[name])
  end
  for name, was in pairs(old.everies) do
    if not new.everies[name] then
      for _, id in ipairs(was.campaign and ALL or old.groups) do
        cancel_every(name, id)
      end
      M.note { what = "every", name = name, how = "gone", from = was.at }
    end
  end
end

-- Handlers ----------------------------------------------------------------------------------------

local function by_event(list)
  local map = {}
  for _, handler in ipairs(list) do
    map[handler.name] = map[handler.name] or {}
    table.insert(map[handler.name], handler)
  end
  return map
end

local function reload_handlers(old, new)
  local before, now = by_event(old.handlers), by_event(new.handlers)
  for name, list in pairs(now) do
    for i, handler in ipairs(list) do
      local was = before[name] and before[name][i]
      if not was or was.code ~= handler.code then
        M.note { what = "handler", name = name, how = was and "changed" or "added",
          where = handler.where }
      end
    end
  end
  for name, list in pairs(before) do
    for _ = #(now[name] or {}) + 1, #list do
      M.note { what = "handler", name = name, how = "gone" }
    end
  end
end

-- Things ------------------------------------------------------------------------------------------

-- The games of a thing that are announced or open: nothing about them can change any more.
local function games_of(name)
  local day = engine.context()
  local count = 0
  for _, id in ipairs(engine.list("games", "of_day", day)) do
    local status = engine.get("games", id, "status")
    if engine.get("games", id, "name") == name and (status == "announced" or status == "open") then
      count = count + 1
    end
  end
  return count
end

-- What vouchers that are out promise can't change; how many there may be can.
local COUNTS = { limit_total = true, limit_member = true }

local function reload_coupon(thing, row)
  local set, frozen = {}, {}
  for name, value in pairs(thing:fields()) do
    if name ~= "name" and name ~= "campaign" and engine.get("coupons", row, name) ~= value then
      set[name] = value
      frozen[#frozen + 1] = not COUNTS[name] and name or nil
    end
  end
  local issued = engine.get("coupons", row, "issued")
  if #frozen > 0 and issued > 0 then
    util.problem(thing.where, "%s '%s': %d of it are in members' hands, so %s can't change: give "
      .. "the new one another name", thing.word, thing.name, issued, table.concat(frozen, ", "))
  elseif set.limit_total and set.limit_total ~= 0 and set.limit_total < issued then
    util.problem(thing.where, "%s '%s': total is %d, but %d are in members' hands already",
      thing.word, thing.name, set.limit_total, issued)
  elseif next(set) then
    engine.set("coupons", row, set)
  end
end

local function changed_fields(old, new)
  local names = {}
  for name, value in pairs(new) do
    names[#names + 1] = old[name] ~= value and name or nil
  end
  for name in pairs(old) do
    names[#names + 1] = new[name] == nil and name or nil
  end
  return names
end

-- One field that is short says what it was and is.
local function note_thing(thing, was, image, names)
  local change = { what = "thing", name = ("%s '%s'"):format(thing.word, thing.name),
    how = "changed", where = thing.where, note = table.concat(names, ", ") }
  local from, to = was.fields[names[1]], image.fields[names[1]]
  if #names == 1 and #(from or "") + #(to or "") < 120 then
    change.note, change.from, change.to = names[1], from, to
  end
  local games = games_of(thing.name)
  if games > 0 then
    change.note = change.note .. "; a game that is announced keeps its rules"
    change.warns = true
  end
  M.note(change)
end

local function reload_thing(thing, was, image)
  if not was or was.word ~= image.word then
    if thing.launch then
      thing:launch()
    end
    M.note { what = "thing", name = ("%s '%s'"):format(thing.word, thing.name), how = "added",
      where = thing.where }
    return
  end
  local names = changed_fields(was.fields, image.fields)
  if #names == 0 then
    return
  end
  local row = thing.launch and thing:row()
  if row and thing.word == "promotion" then
    util.problem(thing.where, "promotion '%s' runs: it can't change. Give the new one another name",
      thing.name)
  elseif row then
    reload_coupon(thing, row)
  end
  note_thing(thing, was, image, names)
end

local function gone_thing(name, was)
  local games = games_of(name)
  if games > 0 then
    util.problem(was.where, "%s '%s' is announced or open in %d group%s and not in the playbook "
      .. "any more: leave it there until it is closed", was.word, name, games,
      games == 1 and "" or "s")
  end
  M.note { what = "thing", name = ("%s '%s'"):format(was.word, name), how = "gone",
    note = was.fields.cost and "what members hold of it stays good" or nil }
end

---A budget's cap becomes what an edit says; where the edit leaves it, what was put in while it runs
---stays in.
---@param name string
---@param old integer?
---@param cap integer
---@param where string
function M.budget(name, old, cap, where)
  local _, campaign = engine.context()
  local row = engine.find("accounts", "by_name", campaign, "budget:" .. name)
  local now = row and engine.get("accounts", row, "opening")
  if old == cap or now == cap then
    return
  end
  local ok, why = engine.budget_open(name, cap)
  if not ok then
    util.problem(where, "budget '%s' can't change from %s to %s: %s", name, engine.money(now or 0),
      engine.money(cap), why)
  end
  M.note { what = "budget", name = name, how = row and "changed" or "added",
    from = now and engine.money(now), to = engine.money(cap), where = where }
end

local function reload_things(old, new)
  for name, own in pairs(things.budgets) do
    M.budget(name, old.budgets[name], own.cap, own.where)
  end
  for _, thing in ipairs(things.list) do
    reload_thing(thing, old.things[thing.name], new.things[thing.name])
  end
  for name, was in pairs(old.things) do
    if not new.things[name] then
      gone_thing(name, was)
    end
  end
end

---Takes over from the version whose image this is.
---@param json string
---@return string json the changes
function M.apply(json)
  local old, new = engine.parse_json(json), M.image()
  M.compare("input", old.inputs, new.inputs)
  reload_times(old, new)
  M.compare("text", old.texts, new.texts)
  reload_handlers(old, new)
  reload_things(old, new)
  return M.take()
end

return M
