-- group.memory.x, member.memory.x, day.memory.x: plain data, rows of the turn. In a scene each look
-- and each change is a recorded step.
local util = require "drumbeat.util"
local units = require "drumbeat.units"

local M = {}

---A table whose fields are remembered durably.
---@param scope "day"|"group"|"member"
---@param ref integer
---@return table
function M.open(scope, ref)
  return setmetatable({}, {
    __index = function(_, name)
      return units.revive(util.act("memory", "read " .. name, engine.memory_get, scope, ref, name))
    end,
    __newindex = function(_, name, value)
      if type(name) ~= "string" then
        util.fault("memory has names: memory.%s can't be", tostring(name))
      end
      util.runs(scope .. ".memory")
      util.act("memory", "write " .. name, function()
        engine.memory_set(scope, ref, name, units.pack(value))
      end)
    end,
  })
end

return M
