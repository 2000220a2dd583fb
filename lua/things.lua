-- Things (coupons, games, ...): tables made while the file's body runs, opened while it plays. Each
-- has a name, a place in the file, {names} for texts, and a worst cost.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local talk = require "drumbeat.talk"
local texts = require "drumbeat.texts"

local M = {
  list = talk.things, -- In order.
  by_name = {},
  budgets = {}, -- Budgets opened by this playbook for an amount of its own: name -> cap.
  used = {}, -- Budgets named: name -> where.
  COUNT_MAX = 2147483647, -- Counts are 32 bits wide in the rows they are written to.
}

local Thing = {}
Thing.__index = function(self, key)
  local value = self.methods[key]
  if value ~= nil then
    return value
  end
  if key == "offer" then
    return function()
      return nil
    end
  end
  if type(key) ~= "string" or M.SILENT[key] then
    return nil
  end
  local names = {}
  for name, method in pairs(self.methods) do
    if type(method) == "function" and name ~= "offer" then
      names[#names + 1] = name
    end
  end
  return util.fault("%s '%s' has no '%s'%s", self.word, self.name, key, util.meant(key, names))
end

-- Fields that library code looks for and that may be absent.
M.SILENT = {}
for _, name in ipairs { "otherwise", "king", "cover", "per_member", "total", "over", "stacks",
  "off",
  "percent", "at_most", "price", "budget", "worst", "prepare", "launch", "cost", "spins", "wins",
  "image", "text", "ask", "dm", "poster", "invite", "welcome", "second", "bait", "audit", "press",
  "from_day", "last_day", "prize", "drama", "unit", "id", "is_card", "weighted", "load", "row",
  "describe", "value", "least", "fall", "window", "pays", "prizes", "n", "who", "until_at",
  "base", "whole", "across", "most", "tickets", "public", "spins_a_day",
  "wins_a_day", "pace", "unsure", "ends" } do
  M.SILENT[name] = true
end

---What things of a word can do: {offers = {names for texts}, ...}.
---@param methods table
---@return table methods
function M.kind(methods)
  for _, offered in ipairs(methods.offers or {}) do
    texts.possible[offered] = true
  end
  return methods
end

---Makes a thing of a word.
---@param word string
---@param spec table
---@param known string[] fields it may have
---@param methods table
---@return table thing
function M.new(word, spec, known, methods)
  util.declares(word)
  util.check_fields(word, spec, known)
  local count = 0
  for _, other in ipairs(M.list) do
    count = count + (other.word == word and 1 or 0)
  end
  local name = spec.name or (count == 0 and word or ("%s %d"):format(word, count + 1))
  if type(name) ~= "string" or name == "" or #name > 60 then
    util.fault("%s: name is a text", word)
  elseif M.by_name[name] then
    util.fault("there are two things named '%s': give one another name", name)
  end
  local thing = setmetatable({ methods = methods, word = word, name = name,
    where = engine.where() },
    Thing)
  M.list[#M.list + 1] = thing
  M.by_name[name] = thing
  for _, offered in ipairs(methods.offers or {}) do
    texts.offered[offered] = true
  end
  return thing
end

---Forgets what was declared after the first `count` things.
---@param count integer
function M.forget(count)
  for i = #M.list, count + 1, -1 do
    M.by_name[M.list[i].name] = nil
    M.list[i] = nil
  end
end

---@param value any
---@param word string?
---@return boolean
function M.is(value, word)
  return type(value) == "table" and getmetatable(value) == Thing and (not word
    or value.word == word)
end

---@return boolean whether the playbook has games that are announced before they open
function M.any_prepared()
  for _, thing in ipairs(M.list) do
    if thing.prepare then
      return true
    end
  end
  return false
end

-- Money amounts of a spec -------------------------------------------------------------------------

---A money field: minor units, or nil.
---@return integer?
function M.money(spec, field, word, required)
  local value = spec[field]
  if value == nil and not required then
    return nil
  elseif value == nil then
    util.note("%s: %s = yuan(..) is missing", word, field)
  elseif not units.is(value, "money") then
    util.note("%s: %s is money: write %s", word, field,
      type(value) == "number" and ("yuan(%s)"):format(value) or "yuan(30)")
  elseif value.value < 0 then
    util.note("%s: %s is below zero", word, field)
  else
    return value.value
  end
  return 1 -- Stands in.
end

---A field that is a whole number from 1 on.
---@return integer
function M.whole(spec, field, word, default)
  local value = spec[field]
  if value == nil then
    value = default
  end
  local n = type(value) == "number" and math.tointeger(value)
  if value == nil then
    util.note("%s: %s = n is missing", word, field)
  elseif not n or n < 1 then
    util.note("%s: %s is a whole number from 1 on, not %s", word, field, units.describe(value))
  elseif n > M.COUNT_MAX then
    util.note("%s: %s is at most %d, not %d", word, field, M.COUNT_MAX, n)
  else
    return n
  end
  return 1 -- Stands in.
end

-- Budgets -----------------------------------------------------------------------------------------

---budget = "games" (of campaign.lua) or an amount of the playbook's own. Returns its name.
---@return string
function M.budget(spec, word, name)
  local value = spec.budget
  if type(value) == "string" then
    M.used[value] = M.used[value] or engine.where()
    return value
  elseif units.is(value, "money") then
    local own = ("%s/%s"):format(engine.playbook_name(), name)
    M.budgets[own] = { cap = value.value, where = engine.where() }
    return own
  elseif value == nil then
    util.note("%s: budget = \"name\" is missing: which budget carries it?", word)
  else
    util.note("%s: budget is the name of a budget of campaign.lua, or an amount", word)
  end
  return util.UNSURE
end

local function budget_names(campaign)
  local names = {}
  for _, id in ipairs(engine.all("accounts")) do
    local name = engine.get("accounts", id, "name")
    if engine.get("accounts", id, "campaign") == campaign and name:sub(1, 7) == "budget:" then
      names[#names + 1] = name:sub(8)
    end
  end
  return names
end

---Budgets named that campaign.lua doesn't have.
function M.finish()
  local _, campaign = engine.context()
  if campaign == 0 or util.passed_over("budget") then
    return
  end
  local names = budget_names(campaign)
  for name, where in pairs(M.used) do
    if name ~= util.UNSURE and not engine.balance("budget:" .. name) then
      util.problem(where, "there is no budget '%s' in campaign.lua%s", name, util.meant(name,
        names))
    end
  end
end

---Sum of what groups may hold, for worst costs: members at most in all groups of the day.
---@return integer
function M.members_max()
  local total = 0
  for _, id in ipairs(util.groups()) do
    local limit = engine.get("groups", id, "member_max")
    total = total + (limit > 0 and limit or 500)
  end
  return total
end

return M
