-- group.memory.x, member.memory.x, day.memory.x: plain data, rows of the turn. In a scene each look
-- and each change is a recorded step. What handlers do with plain values is done by the engine
-- without these functions.
local util = require "drumbeat.util"
local units = require "drumbeat.units"

local M = {}

local function add(scope)
  local runs = scope .. ".memory"
  engine.memory_tables(scope, function(ref, name)
    if util.records() then
      return units.revive(util.act("memory", "read " .. name, engine.memory_get, scope, ref, name))
    end
    return units.revive(engine.memory_get(scope, ref, name))
  end, function(ref, name, value)
    if type(name) ~= "string" then
      util.fault("memory has names: memory.%s can't be", tostring(name))
    end
    util.runs(runs)
    if util.records() then
      util.act("memory", "write " .. name, function()
        engine.memory_set(scope, ref, name, units.pack(value))
      end)
    else
      engine.memory_set(scope, ref, name, units.pack(value))
    end
  end)
end

add("day")
add("group")
add("member")

---A table whose fields are remembered durably.
---@type fun(scope: "day"|"group"|"member", ref: integer): table
M.open = engine.memory_open

return M
