-- on(event, fn): playbooks hear what happens. The event is one object that reads from the engine's
-- handle; member, group and order become objects only when asked for, so a handler pays for what it
-- looks at.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local group = require "drumbeat.group"
local member = require "drumbeat.member"

local M = {}

-- Names in playbooks -> kinds of the engine, and when they are meant.
local KINDS = {
  message = "message", join = "member.join", leave = "member.leave", like = "reaction",
  visit = "visit", favorite = "favorite", cart = "cart", order = "order.paid",
  refund = "order.refunded", reply = "message", audit = "operator",
}

local FILTERS = {
  reply = function(handle)
    return handle.reply_place ~= nil
  end,
  like = function(handle)
    return handle.on
  end,
  audit = function(handle)
    return handle.text == "audit"
  end,
}

local handle -- The engine's event, the same userdata each time.

local function money(value)
  return units.make("money", value or 0)
end

local LOOKS = {
  member = function()
    return member.of(handle.member)
  end,
  inviter = function()
    return member.of(handle.inviter)
  end,
  group = function()
    return handle.group and group.of(handle.group) or nil
  end,
  total = function()
    return money(handle.order and engine.get("orders", handle.order, "total"))
  end,
  items = function()
    return handle.order and engine.get("orders", handle.order, "items") or 0
  end,
  amount = function()
    return money(handle.amount)
  end,
  first = function()
    return handle.first_join or handle.first_order
  end,
  place = function()
    return handle.reply_place
  end,
}

local event = setmetatable({}, {
  __index = function(_, key)
    local look = LOOKS[key]
    if look then
      return look()
    end
    return handle[key]
  end,
  __newindex = function()
    util.fault("an event can't be changed")
  end,
})

local function on(name, fn)
  util.declares("on")
  local kind = KINDS[name]
  if not kind then
    util.fault("on: there is no event %s%s", units.describe(name), util.meant(name,
      util.keys(KINDS)))
  elseif type(fn) ~= "function" then
    util.fault("on(event, function(event) ... end): the function is missing")
  end
  local filter = FILTERS[name]
  local enter = util.enter
  if filter then
    engine.on(kind, function(given)
      if filter(given) then
        handle = given
        enter()
        fn(event)
      end
    end)
  else
    engine.on(kind, function(given)
      handle = given
      enter()
      fn(event)
    end)
  end
end

---@param globals table
function M.add(globals)
  globals.on = on
end

return M
