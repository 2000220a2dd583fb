-- What operators ask of a day's playbook: games opened and closed. It comes as a timer of the day,
-- so it runs in the playbook that has the game, in a turn of its own.
local util = require "drumbeat.util"
local things = require "drumbeat.things"
local group = require "drumbeat.group"
local times = require "drumbeat.times"

local M = {
  -- Where the text for an opening waits, shared by the campaign's days.
  TEXT = "operator text",
}

---Name of the timer that does it.
---@param verb "open"|"close"
---@param name string of the game
---@return string
function M.timer(verb, name)
  return ("operator %s: %s"):format(verb, name)
end

local function done(verb, thing, id)
  local where = group.of(id)
  if verb == "close" then
    thing:close(where)
    return true
  end
  local text = engine.memory_get("library", 0, M.TEXT)
  return thing:open(where, type(text) == "string" and text ~= "" and text or nil)
end

function times.operator(name, id)
  local verb, what = name:match("^operator (%l+): (.+)$")
  local thing = verb and things.by_name[what]
  if not thing or not thing[verb] then
    return false
  end
  local ok, why = done(verb, thing, id)
  if not ok then
    util.refused(what, why or verb, id)
  end
  return true
end

return M
