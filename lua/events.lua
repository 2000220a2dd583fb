-- on(event, fn): playbooks hear what happens. The event is one object of the engine that reads its
-- fields when asked for; what needs the library (member and group as objects, money) are looks, so
-- a handler pays for what it looks at. A handler is called by the engine without anything between.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local group = require "drumbeat.group"
local member = require "drumbeat.member"

local M = {
  list = {}, -- Handlers of the playbook: {name=, fn=, where=}.
}

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

local function money(value)
  return units.make("money", value or 0)
end

local LOOKS = {
  member = member.meta,
  inviter = member.meta,
  group = group.meta,
  total = function(handle)
    return money(handle.order and engine.get("orders", handle.order, "total"))
  end,
  items = function(handle)
    return handle.order and engine.get("orders", handle.order, "items") or 0
  end,
  amount = function(handle)
    return money(handle.amount)
  end,
  first = function(handle)
    return handle.first_join or handle.first_order
  end,
  place = function(handle)
    return handle.reply_place
  end,
}

local event = engine.event_view(LOOKS)

local function on(name, fn)
  util.declares("on")
  local kind = KINDS[name]
  if not kind then
    util.fault("on: there is no event %s%s", units.describe(name), util.meant(name,
      util.keys(KINDS)))
  elseif type(fn) ~= "function" then
    util.fault("on(event, function(event) ... end): the function is missing")
  end
  M.list[#M.list + 1] = { name = name, fn = fn, where = engine.where() }
  local filter = FILTERS[name]
  if filter then
    engine.on(kind, function(given)
      if filter(given) then
        fn(event)
      end
    end)
  else
    engine.on(kind, fn, event)
  end
end

---@param globals table
function M.add(globals)
  globals.on = on
end

return M
