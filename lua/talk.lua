-- What goes out: texts filled for their readers, effects with their bodies.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local texts = require "drumbeat.texts"
local inputs = require "drumbeat.inputs"

local M = {
  things = {}, -- Things of the playbook in order, for {names}; filled by things.lua.
}

local function hosts(campaign)
  local names = {}
  for _, id in ipairs(engine.all("staff")) do
    if engine.get("staff", id, "campaign") == campaign and engine.get("staff", id,
      "role") == "host" then
      names[#names + 1] = engine.get("staff", id, "name")
    end
  end
  return table.concat(names, util.say(", ", "、"))
end

---@return boolean whether the campaign has hosts that members must be told of
function M.has_hosts()
  return hosts(util.campaign().id) ~= ""
end

local COMMON = {}

function COMMON.brand()
  return util.campaign().brand
end

function COMMON.group(group)
  return group ~= 0 and engine.get("groups", group, "title") or util.campaign().brand
end

function COMMON.day()
  local day = engine.context()
  return engine.get("days", day, "number")
end

function COMMON.date()
  return units.show_date(engine.civil(engine.now()).days)
end

function COMMON.tomorrow()
  return units.show_date(engine.civil(engine.now()).days + 1)
end

function COMMON.hour()
  if units.is(inputs.values.start, "clock") then
    return units.show(inputs.values.start)
  end
  local now = engine.civil(engine.now())
  return ("%02d:%02d"):format(now.hour, now.minute)
end

function COMMON.members(group)
  return group ~= 0 and engine.get("groups", group, "members") or nil
end

function COMMON.hosts()
  return hosts(util.campaign().id)
end

function COMMON.link()
  return util.extra("link")
end

function COMMON.contact()
  return util.extra("contact")
end

-- Who won last in this group (or in all): kept by whoever closes a game.
local function winners(group)
  local names = engine.memory_get("group", group, "winners")
    or engine.memory_get("day", 0, "winners")
  if not names or #names == 0 then
    return util.say("nobody this time", "这次没有人")
  end
  return table.concat(names, util.say(", ", "、"))
end

---Notes who won, for {winners}.
---@param group integer
---@param names string[]
function M.set_winners(group, names)
  if group == 0 then
    engine.memory_set("day", 0, "winners", names)
  else
    engine.memory_set("group", group, "winners", names)
  end
end

local function offered(name, group, about)
  if about then
    local value = about:offer(name, group)
    if value ~= nil then
      return value
    end
  end
  for _, thing in ipairs(M.things) do
    local value = thing:offer(name, group)
    if value ~= nil then
      return value
    end
  end
  return nil
end

---Fills a text for a group.
---@param text string
---@param group integer 0: all groups
---@param about table? a thing whose {names} come first
---@param with table? names given for this text alone
---@return string
function M.render(text, group, about, with)
  if type(text) ~= "string" then
    util.fault("a text is expected, not %s", units.describe(text))
  elseif not text:find("{", 1, true) then
    return text
  end
  local depth = 0
  local function look(name)
    if with and with[name] ~= nil then
      return with[name]
    elseif name == "winners" then
      return winners(group)
    end
    local value = inputs.values[name]
    if type(value) == "string" and depth == 0 and value:find("{", 1, true) then
      depth = 1
      value = texts.fill(value, look) -- An input may hold {brand}.
      depth = 0
    end
    if value ~= nil and not (type(value) == "table" and not value.unit) then
      return value
    end
    value = offered(name, group, about)
    if value == nil and COMMON[name] then
      return COMMON[name](group)
    end
    return value
  end
  return texts.fill(text, look)
end

---A message to a group. Returns the effect's key.
---@param group integer
---@param kind string
---@param text string already filled
---@param extra table? more fields of the body; not_before is taken out of it
---@return string key
function M.send(group, kind, text, extra)
  local body = { kind = kind, text = text }
  local not_before
  if extra then
    for name, value in pairs(extra) do
      if name == "not_before" then
        not_before = value
      else
        body[name] = value
      end
    end
  end
  local _, key = engine.effect { op = "send", group = group, kind = kind, not_before = not_before,
    body = body }
  return key
end

---A private message. In the quiet hours it waits until they end.
---@param member integer
---@param kind string
---@param text string already filled
---@param extra table?
function M.dm(member, kind, text, extra)
  if not extra then
    engine.tell(member, kind, text)
    return
  end
  local body = { kind = kind, text = text }
  for name, value in pairs(extra) do
    body[name] = value
  end
  engine.effect { op = "dm", member = member, group = engine.get("members", member, "group"),
    kind = kind, not_before = engine.held_until(kind), body = body }
end

---Asks for a transfer of money; a payment system or a person confirms it.
---@param member integer
---@param amount integer
---@param why string
---@return integer effect
function M.pay(member, amount, why)
  return (engine.effect { op = "pay", member = member,
    group = engine.get("members", member, "group"), kind = "pay", policy = "once", expires = 0,
    body = { amount = amount, currency = util.currency(), why = why } })
end

return M
