-- What operators call things: groups, members, entries, budgets by their names, with "did you
-- mean".
local util = require "drumbeat.util"
local units = require "drumbeat.units"

local M = {}

---@return integer
function M.campaign()
  local _, id = engine.context()
  return id
end

---Group ids of the campaign.
---@return integer[]
function M.groups()
  local ids = {}
  for _, id in ipairs(engine.all("groups")) do
    if engine.get("groups", id, "campaign") == M.campaign() then
      ids[#ids + 1] = id
    end
  end
  return ids
end

---@param ext string
---@param word string
---@return integer
function M.group(ext, word)
  local names = {}
  for _, id in ipairs(M.groups()) do
    local name = engine.get("groups", id, "ext")
    if name == ext then
      return id
    end
    names[#names + 1] = name
  end
  if type(ext) ~= "string" then
    util.fault("%s: a group is named like \"%s\", not %s", word, names[1] or "old-1",
      units.describe(ext))
  end
  return util.fault("%s: no group '%s'%s", word, ext, util.meant(ext, names))
end

---A list of groups by name; nil: all.
---@param given nil|string|string[]
---@param word string
---@return table<integer, boolean>? set
function M.group_set(given, word)
  if given == nil then
    return nil
  end
  local set = {}
  for _, ext in ipairs(type(given) == "table" and given or { given }) do
    set[M.group(ext, word)] = true
  end
  return set
end

---@return integer
function M.member(ext, word)
  local id = type(ext) == "string" and engine.find("members", "by_ext", ext)
  if not id then
    util.fault("%s: nobody has the id %s on the platform", word, units.describe(ext))
  end
  return id
end

---Days of the campaign.
---@return integer[]
function M.days()
  return engine.list("days", "by_campaign", M.campaign())
end

---Entries planned or held, first due first. Waits and the engine's own are left out.
---@return table[] rows of schedule
function M.entries()
  local days, found = {}, {}
  for _, id in ipairs(M.days()) do
    days[id] = true
  end
  for _, id in ipairs(engine.all("schedule")) do
    local kind = engine.get("schedule", id, "kind")
    local stands = engine.get("schedule", id, "status") ~= "withdrawn"
      and (kind == "entry" or kind == "library")
    if stands and days[engine.get("schedule", id, "day")] then
      found[#found + 1] = engine.row("schedule", id)
    end
  end
  table.sort(found, function(a, b)
    if a.due_at ~= b.due_at then
      return a.due_at < b.due_at
    end
    return a.id < b.id
  end)
  return found
end

---Entries of a name, in these groups (nil: all), on the first date on which it is planned: days to
---come have entries of the same names. Faults when there is none.
---@return table[]
function M.entries_named(name, groups, word)
  local found, names, others, date = {}, {}, false, nil
  for _, row in ipairs(M.entries()) do
    names[#names + 1] = row.name
    if row.name == name then
      others = true
      local days = engine.civil(row.due_at).days
      local meant = groups == nil or row.group == 0 or groups[row.group]
      if meant and (not date or days == date) then
        date = days
        found[#found + 1] = row
      end
    end
  end
  if #found > 0 then
    return found
  elseif others then
    util.fault("%s: '%s' isn't planned in those groups (timers shows where it is)", word, name)
  elseif type(name) ~= "string" then
    util.fault("%s: an entry is named by its text, as timers shows it, not %s", word,
      units.describe(name))
  end
  return util.fault("%s: no entry '%s' is planned any more%s", word, name, util.meant(name, names))
end

---Names of the campaign's budgets.
---@return string[]
function M.budgets()
  local names = {}
  for _, id in ipairs(engine.all("accounts")) do
    local name = engine.get("accounts", id, "name"):match("^budget:(.*)$")
    if name and engine.get("accounts", id, "campaign") == M.campaign() then
      names[#names + 1] = name
    end
  end
  return names
end

---Games of the campaign's days, in these words: "wheel", kind or name.
---@return table[] rows
function M.games()
  local found = {}
  for _, day in ipairs(M.days()) do
    for _, id in ipairs(engine.list("games", "of_day", day)) do
      found[#found + 1] = engine.row("games", id)
    end
  end
  return found
end

---@return table row
function M.game(name, group, word)
  local found, names = {}, {}
  for _, row in ipairs(M.games()) do
    names[#names + 1] = row.name
    if row.name == name and (group == nil or row.group == group) then
      found[#found + 1] = row
    end
  end
  if #found > 1 then
    util.fault("%s: there are %d games '%s': name the group", word, #found, name)
  elseif #found == 0 then
    util.fault("%s: no game %s%s", word, units.describe(name), util.meant(name, names))
  end
  return found[1]
end

-- How things are shown ----------------------------------------------------------------------------

---"20:30:00", and "3 d 20:30:00" on another day than today.
---@return string
function M.clock(ms)
  if ms == 0 then
    return "never"
  end
  local at, now = engine.civil(ms), engine.civil(engine.now())
  local text = ("%02d:%02d:%02d"):format(at.hour, at.minute, at.second)
  if at.days ~= now.days then
    text = ("%02d-%02d %s"):format(at.month, at.day, text)
  end
  return text
end

---"in 2 m 41 s".
---@return string
function M.until_text(ms)
  local left = (ms - engine.now()) // 1000
  if left < 0 then
    return "due"
  elseif left < 60 then
    return ("in %d s"):format(left)
  elseif left < 3600 then
    return ("in %d m %d s"):format(left // 60, left % 60)
  elseif left < 86400 then
    return ("in %d h %d m"):format(left // 3600, left % 3600 // 60)
  end
  return ("in %d d %d h"):format(left // 86400, left % 86400 // 3600)
end

---@return string
function M.group_name(id)
  return id == 0 and "all" or engine.get("groups", id, "ext") or "?"
end

return M
