-- The object of a member, as playbooks hold it: her row behind a few names.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local talk = require "drumbeat.talk"

local M = {}

local Member = {} -- Methods.
local FIELDS = {} -- Looks.
M.methods = Member

local function column(name)
  return function(id)
    return engine.get("members", id, name)
  end
end

FIELDS.name = column("name")
FIELDS.level = column("level")
FIELDS.gender = column("gender")
FIELDS.orders = column("orders")

function FIELDS.spent(id)
  return units.make("money", engine.get("members", id, "spent"))
end

local function campaign_row(tbl, id)
  local _, campaign = engine.context()
  return engine.find(tbl, "by_member", campaign, id)
end

function FIELDS.invites(id)
  local row = campaign_row("inviters", id)
  return row and engine.get("inviters", row, "effective") or 0
end

function FIELDS.vouchers(id)
  local row = campaign_row("participants", id)
  return row and engine.get("participants", row, "vouchers") or 0
end

function FIELDS.has_card(id)
  local row = campaign_row("participants", id)
  return row ~= nil and engine.get("participants", row, "card")
end

require "drumbeat.memory"

local meta = {}

-- Methods and memory are looked up by the engine.
meta.__index = engine.object_index("member", Member, function(self, key)
  if FIELDS[key] then
    if util.records() then
      return units.revive(util.look("member." .. key, FIELDS[key], self.id))
    end
    return FIELDS[key](self.id)
  end
  local names = util.keys(Member)
  for _, name in ipairs(util.keys(FIELDS)) do
    names[#names + 1] = name
  end
  return util.fault("a member has no '%s'%s", tostring(key), util.meant(key, names))
end)

meta.__newindex = function(_, key)
  util.fault("a member can't be changed: remember it in member.memory.%s", tostring(key))
end

meta.__eq = function(a, b)
  return rawget(a, "id") == rawget(b, "id")
end

---Metatable of members: all that one knows is its id.
M.meta = meta

---The object of a member's row; nil for nobody.
---@param id integer?
---@return table?
function M.of(id)
  return id and setmetatable({ id = id }, meta) or nil
end

---@param value any
---@return boolean
function M.is(value)
  return type(value) == "table" and getmetatable(value) == meta
end

---@param ids integer[]
---@return table[]
function M.list(ids)
  local list = {}
  for i, id in ipairs(ids) do
    list[i] = M.of(id)
  end
  return list
end

---Names of members, for texts; whoever has none is shown by her id's end.
---@param ids integer[]
---@return string[]
function M.names(ids)
  local names = {}
  for i, id in ipairs(ids) do
    local name = engine.get("members", id, "name")
    if name == "" then
      name = "…" .. engine.get("members", id, "ext"):sub(-4)
    end
    names[i] = name
  end
  return names
end

---A private message.
---@param text string
---@param options table?
function Member:dm(text, options)
  util.runs("member:dm")
  util.act("dm", "dm", function()
    options = options or {}
    local with = { member = engine.get("members", self.id, "name") }
    for name, value in pairs(options.with or {}) do
      with[name] = value
    end
    talk.dm(self.id, "dm", talk.render(text, engine.get("members", self.id, "group"), options.about,
      with), options.image and { image = options.image })
  end)
end

Member.dm = engine.at_once("dm", Member.dm)

---Gives a coupon's voucher, the card or goods; refused when a budget can't carry it.
---@param what table
---@param why string
---@return boolean? given
---@return string? reason
function Member:give(what, why)
  util.runs("member:give")
  local incentives = require "drumbeat.incentives"
  return util.try("give", type(what) == "table" and what.name or "prize", function()
    local result, refusal = incentives.give(what, self.id, why or "gift")
    return result and true or nil, refusal
  end)
end

---Sets or takes a tag.
---@param name string
---@param on boolean?
function Member:tag(name, on)
  util.runs("member:tag")
  if type(name) ~= "string" or name == "" then
    util.fault("member:tag(\"name\"): a tag is a text")
  end
  util.act("tag", name, engine.tag, self.id, name, on ~= false)
end

Member.tag = engine.at_once("tag", Member.tag)

---@param tag string
---@return boolean
function Member:has(tag)
  if util.records() then
    return util.look("has " .. tag, engine.has_tag, self.id, tag)
  end
  return engine.has_tag(self.id, tag)
end

return M
