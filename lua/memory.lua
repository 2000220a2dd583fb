-- group.memory.x, member.memory.x, day.memory.x: plain data, rows of the turn. In a scene each look
-- and each change is a recorded step.
local util = require "drumbeat.util"
local units = require "drumbeat.units"

local M = {}

local REF = {} -- Key under which a proxy keeps whom it is about; no playbook can name it.

local function proxies(scope)
  local runs = scope .. ".memory"
  return {
    __index = function(self, name)
      if util.records() then
        return units.revive(util.act("memory", "read " .. name, engine.memory_get, scope,
          rawget(self, REF), name))
      end
      return units.revive(engine.memory_get(scope, rawget(self, REF), name))
    end,
    __newindex = function(self, name, value)
      if type(name) ~= "string" then
        util.fault("memory has names: memory.%s can't be", tostring(name))
      end
      util.runs(runs)
      if util.records() then
        util.act("memory", "write " .. name, function()
          engine.memory_set(scope, rawget(self, REF), name, units.pack(value))
        end)
      else
        engine.memory_set(scope, rawget(self, REF), name, units.pack(value))
      end
    end,
  }
end

local METAS = { day = proxies("day"), group = proxies("group"), member = proxies("member") }
local last = {} -- The proxy opened last in each scope: it knows nothing but whom it is about.

---A table whose fields are remembered durably.
---@param scope "day"|"group"|"member"
---@param ref integer
---@return table
function M.open(scope, ref)
  local known = last[scope]
  if not known or rawget(known, REF) ~= ref then
    known = setmetatable({ [REF] = ref }, METAS[scope])
    last[scope] = known
  end
  return known
end

return M
