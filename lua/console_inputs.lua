-- Inputs of days that run: looked at, changed by an operator, taken back. A word here writes the
-- day's row alone; the engine then binds the day's playbook anew with it, as a reload of the same
-- sources would, and refuses what can't change any more (app/tweak_inputs.c).
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local show = require "drumbeat.console_show"
local find = require "drumbeat.console_find"

local M = {
  changes = {}, -- Of the line that runs: { day =, name =, was =, now =, source =, money = }.
  names = { "inputs", "change_input" },
}

local SHOWN_MAX = 60 -- Bytes of a value in a table.

-- Days --------------------------------------------------------------------------------------------

-- By its name, or by its playbook where one day alone that isn't over plays it.
local function find_day(given, word)
  local name = math.type(given) == "integer" and tostring(given) or given
  local names, plays = {}, {}
  for _, id in ipairs(find.days()) do
    local row = engine.row("days", id)
    if row.name == name then
      return id
    elseif row.playbook == name and row.status ~= "over" then
      plays[#plays + 1] = id
    end
    names[#names + 1], names[#names + 2] = row.name, row.playbook
  end
  if #plays > 1 then
    local list = {}
    for i, id in ipairs(plays) do
      list[i] = engine.get("days", id, "name")
    end
    util.fault("%s: %s is played on the days %s: name the day", word, name,
      table.concat(list, ", "))
  elseif #plays == 0 then
    util.fault("%s: no day %s%s (days shows them)", word, units.describe(given),
      util.meant(name, names))
  end
  return plays[1]
end

---Names of the inputs of all days, for completion.
---@return string[]
function M.known()
  local names = {}
  for _, id in ipairs(find.days()) do
    for _, input in ipairs(engine.day_inputs_of(id)) do
      names[#names + 1] = input.name
    end
  end
  return names
end

local function shortened(text)
  if #text <= SHOWN_MAX then
    return text
  end
  local size = SHOWN_MAX
  while size > 0 and text:byte(size + 1) & 0xC0 == 0x80 do
    size = size - 1 -- Never in the middle of a character.
  end
  return text:sub(1, size) .. "..."
end

---The word of that name: see console_words.lua.
function M.inputs(given)
  if given == nil then
    util.fault("inputs(\"5\"): of which day? days shows them")
  end
  local id = find_day(given, "inputs")
  local rows = {}
  for i, input in ipairs(engine.day_inputs_of(id)) do
    rows[i] = { input.name, shortened(input.value or "nothing"), input.from, input.help }
  end
  return show.table("input|value|from|what it is", rows,
    ("change_input(\"%s\", \"name\", value) changes one"):format(engine.get("days", id, "name")))
end

-- Changing ----------------------------------------------------------------------------------------

-- What a row says of one input: its value, where that stands, whether an operator gave it.
local function take(row, name)
  local changed = row.changed or {}
  return { value = (row.values or {})[name], line = (row.lines or {})[name],
    shared = (row.shared or {})[name], changed = changed[name] }
end

local function put(row, name, said)
  row.values, row.lines, row.shared = row.values or {}, row.lines or {}, row.shared or {}
  row.changed = row.changed or {}
  row.values[name], row.lines[name] = said.value, said.line
  row.shared[name], row.changed[name] = said.shared, said.changed
  if next(row.changed) == nil then
    row.changed = nil
  end
end

-- A share is one too: discounts, odds and commissions are shares.
local function has_money(value)
  if type(value) ~= "table" then
    return false
  elseif value.unit == "money" or value.unit == "percent" then
    return true
  end
  for _, item in pairs(value) do
    if has_money(item) then
      return true
    end
  end
  return false
end

local function same(a, b)
  return engine.json { a } == engine.json { b }
end

local function note(day, name, was, now, money)
  M.changes[#M.changes + 1] = { day = day, name = name, was = was, now = now,
    source = now.value ~= nil and units.source(units.revive(units.pack(now.value))) or nil,
    money = money }
end

---The word of that name: see console_words.lua.
---@return table? confirm what is to be typed: the amount, where the input is one
function M.change_input(given, name, value)
  if type(name) ~= "string" or value == nil then
    util.fault("change_input(\"5\", \"name\", value): which input becomes what? inputs(\"5\") "
      .. "shows them")
  end
  local id = find_day(given, "change_input")
  local wrong = units.unkept(value)
  if wrong then
    util.fault("change_input: %s can't be kept", wrong)
  elseif engine.get("days", id, "status") == "over" then
    util.fault("change_input: day %s is over: nothing of it runs again",
      engine.get("days", id, "name"))
  end
  local row = engine.get("days", id, "inputs")
  local was = take(row, name)
  local now = { value = units.pack(value), line = "change_input",
    changed = was.changed or not was.shared and was.line or "" } -- Where the file says it.
  put(row, name, now)
  engine.set("days", id, { inputs = row })
  note(id, name, was, now, has_money(was.value) or has_money(now.value))
  return units.is(value, "money") and { amount = value.value, what = "the new " .. name } or nil
end

-- Taking back -------------------------------------------------------------------------------------

-- The last tweak after this one that stands and changed the same input; nil: none.
local function later_tweak(tweak, day, name)
  local found
  for _, id in ipairs(engine.all("tweaks")) do
    local row = id > tweak and engine.row("tweaks", id)
    if row and row.status == "applied" and row.changes then
      local text = type(row.changes) == "string" and row.changes or engine.json(row.changes)
      for _, change in ipairs(engine.parse_json(text)) do
        if change.source and change.day == day and change.name == name then
          found = row
        end
      end
    end
  end
  return found
end

local function refuse_later(tweak, change)
  local row = later_tweak(tweak, change.day, change.name)
  local what = ("input '%s' of day %s"):format(change.name,
    engine.get("days", change.day, "name"))
  if row then
    util.fault("%s was changed since (by tweak %d of %s: undo that one first)", what, row.id,
      row.by)
  end
  util.fault("%s was changed since, by an edit of campaign.lua", what)
end

---Gives the inputs that a tweak changed their values of before; of what happened since to other
---inputs nothing is touched.
---@param tweak integer
---@param json string the changes it kept
function M.take_back(tweak, json)
  local list = engine.parse_json(json)
  M.changes = {}
  for i = #list, 1, -1 do
    local change = list[i]
    local row = engine.get("days", change.day, "inputs")
    if engine.get("days", change.day, "status") == "over" then
      util.fault("day %s is over: nothing of it runs again",
        engine.get("days", change.day, "name"))
    elseif not same(take(row, change.name), change.now) then
      refuse_later(tweak, change)
    end
    put(row, change.name, change.was)
    engine.set("days", change.day, { inputs = row })
    note(change.day, change.name, change.now, change.was, false) -- Asks if it costs more.
  end
end

return M
