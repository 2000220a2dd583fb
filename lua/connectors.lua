-- How a connector of campaign.lua is reached and how fast it may be given commands: checks what the
-- file says and gives what the connectors row holds of it.
local guard = require "drumbeat.guard"
local units = require "drumbeat.units"
local util = require "drumbeat.util"

local M = {}

local LIMITS_MAX = 8
local COUNT_MAX = 100000
local DAY_MS = 86400000
local FIELDS = { "per", "burst", "each" }
local SHAPE = "{ 30, per = seconds(1), burst = 5, each = \"group\" }"

---A program that is started, or a socket that one connects to: what is wrong with it, or nil.
---@param connector table
---@return string?
function M.fault(connector)
  local name, socket, command = connector[1], connector.socket, connector.command
  if guard.holds(command) or guard.holds(socket) then
    return nil -- Told already.
  end
  if socket == nil and (type(command) ~= "table" or type(command[1]) ~= "string") then
    return ("command = { \"./program\", ... } is missing (or socket = \"run/%s\")"):format(name)
  end
  if socket ~= nil and (type(socket) ~= "string" or socket == "") then
    return ("socket is a path like \"run/%s\""):format(name)
  end
  if socket ~= nil and command ~= nil then
    return "command or socket: it is started, or it connects by itself"
  end
  return nil
end

-- Ops of dcp/1 (outbox.op), and what else a connector's hello may name.
local CAPS = { "send", "dm", "kick", "title", "pin", "invite_code", "members", "price", "voucher",
  "pay", "react" }

---Checks what it is said to be able to do; a list that isn't sure is dropped.
---@param connector table
---@param name string
function M.check_caps(connector, name)
  if connector.caps ~= nil and type(connector.caps) ~= "table" then
    util.problem(connector.where,
      "connector '%s': caps is a list of what it can do: { \"send\", ... }", name)
    connector.caps = nil
  end
  for _, cap in ipairs(connector.caps or {}) do
    local known = false
    for _, one in ipairs(CAPS) do
      known = known or one == cap
    end
    if not known then
      util.problem(connector.where, "connector '%s': caps: dcp/1 has no %s%s", name,
        units.describe(cap), util.meant(cap, CAPS))
      connector.caps_told = true
    end
  end
  if connector.caps_told or guard.holds(connector.caps) then
    connector.caps = nil -- Nothing is held against a list that isn't sure.
  end
end

local function is_count(value, most)
  return math.type(value) == "integer" and value >= 1 and value <= most
end

local function check_names(limit)
  for key in pairs(limit) do
    local known = key == 1
    for _, name in ipairs(FIELDS) do
      known = known or key == name
    end
    if not known then
      return ("limits: there is no %s%s"):format(units.describe(key),
        util.meant(tostring(key), FIELDS))
    end
  end
  return nil
end

-- One of limits = { ... } as connectors.limits holds it, or nil and what is wrong.
local function read(limit)
  if type(limit) ~= "table" or not is_count(limit[1], COUNT_MAX) then
    return nil, ("limits is a list like { %s }: the count is missing"):format(SHAPE)
  end
  local why = check_names(limit)
  if why then
    return nil, why
  end
  if not units.is(limit.per, "duration") or not is_count(limit.per.value, DAY_MS) then
    return nil, ("limits: { %d, per = seconds(1) }: per is a duration of a day at most")
      :format(limit[1])
  end
  if limit.burst ~= nil and not is_count(limit.burst, COUNT_MAX) then
    return nil, "limits: burst is how many may go at once: 1 or more"
  end
  local each = limit.each or "connector"
  if each ~= "connector" and each ~= "channel" and each ~= "group" then
    return nil, ("limits: each is \"channel\" (a group, or a member alone) or \"group\", not %s")
      :format(units.describe(each))
  end
  return { count = limit[1], per_ms = limit.per.value, burst = limit.burst or 1, each = each }
end

---What connectors.limits holds; nil: it has none. The first fault is told.
---@param limits any
---@param tell fun(why: string)
---@return table[]?
function M.limits(limits, tell)
  if limits == nil or guard.holds(limits) then
    return nil
  end
  local rules = {}
  for i, limit in ipairs(type(limits) == "table" and limits or { false }) do
    local rule, why = read(limit)
    if not rule or i > LIMITS_MAX then
      tell(why or ("limits: there are more than %d"):format(LIMITS_MAX))
      return nil
    end
    rules[i] = rule
  end
  return #rules > 0 and rules or nil
end

return M
