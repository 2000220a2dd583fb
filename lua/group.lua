-- The object of a group inside a scene or handler; id 0 stands for all groups of the day. Looks are
-- recorded steps, as they may change. Talking and waiting stand in group_talk.lua.
local util = require "drumbeat.util"
local memory = require "drumbeat.memory"
local member = require "drumbeat.member"

local M = {
  methods = {}, -- Filled by group_talk.lua, drops.lua, vouchers.lua.
}

local FIELDS = {}
M.fields = FIELDS

function FIELDS.name(self)
  if self.id == 0 then
    return util.campaign().brand
  end
  return engine.get("groups", self.id, "title")
end

function FIELDS.segment(self)
  return self.id ~= 0 and engine.get("groups", self.id, "segment") or ""
end

function FIELDS.ext(self)
  return self.id ~= 0 and engine.get("groups", self.id, "ext") or "all"
end

local function sum(self, column)
  local total = 0
  for _, id in ipairs(self.ids) do
    total = total + engine.get("groups", id, column)
  end
  return total
end

function FIELDS.members(self)
  return sum(self, "members")
end

function FIELDS.orders(self)
  return sum(self, "orders")
end

function FIELDS.joins(self)
  return sum(self, "joins")
end

local FIXED = { name = true, segment = true, ext = true }

local meta = {}

-- Methods, and the memory of a single group, are looked up by the engine.
meta.__index = engine.object_index("group", M.methods, function(self, key)
  if key == "ids" or key == "last" then -- Of an event's group.
    local value = key == "ids" and { self.id } or {}
    engine.object_keep(self, key, value)
    return value
  elseif FIXED[key] then
    return FIELDS[key](self)
  elseif FIELDS[key] then
    if util.records() then
      return util.look("group." .. key, FIELDS[key], self)
    end
    return FIELDS[key](self)
  elseif key == "memory" then
    return memory.open("day", 0)
  end
  local names = util.keys(M.methods)
  for _, name in ipairs(util.keys(FIELDS)) do
    names[#names + 1] = name
  end
  return util.fault("a group has no '%s'%s", tostring(key), util.meant(key, names))
end)

---Metatable of groups.
M.meta = meta

meta.__newindex = function(_, key)
  util.fault("a group can't be changed: remember it in group.memory.%s", tostring(key))
end

---Before the time of an entry that started ahead of it: that time; else nil. Messages wait for it.
---@param where table a group
---@return integer? ms
function M.sharp(where)
  local at = rawget(where, "sharp_at")
  return at and at > engine.now() and at or nil
end

---A fresh object: what a scene asked last (chain, post, game) belongs to it alone.
---@param id integer 0: all groups of the day
---@return table
function M.of(id)
  return setmetatable({ id = id, ids = id == 0 and util.groups() or { id }, last = {} }, meta)
end

---@param value any
---@return boolean
function M.is(value)
  return type(value) == "table" and getmetatable(value) == meta
end

---Raises unless a word was given a group.
---@param value any
---@param word string
---@return table
function M.check(value, word)
  if not M.is(value) then
    util.fault("%s(group): the group is missing", word)
  end
  return value
end

---Runs a function for each member present; one step.
---@param fn fun(member: table)
function M.methods:everyone(fn)
  util.runs("group:everyone")
  util.act("everyone", "everyone", function()
    for _, group in ipairs(self.ids) do
      for _, id in ipairs(engine.present(group)) do
        fn(member.of(id))
      end
    end
  end)
end

---A voucher for each member present.
---@param coupon table
---@param why string
---@return integer given
function M.methods:give_everyone(coupon, why)
  util.runs("group:give_everyone")
  local incentives = require "drumbeat.incentives"
  return util.act("give", "everyone", function()
    local given = 0
    for _, group in ipairs(self.ids) do
      for _, id in ipairs(engine.present(group)) do
        local ok, refusal = incentives.give(coupon, id, why or "everyone", true)
        if ok then
          given = given + 1
        elseif refusal and refusal:find("budget", 1, true) then
          util.refused(coupon.name or "gift", refusal, group)
          return given
        end
      end
    end
    engine.milestone("given", given, coupon.name, self.id)
    return given
  end)
end

return M
