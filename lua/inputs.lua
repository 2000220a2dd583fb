-- Typed inputs: what a brand may choose. While the file's body runs the values of campaign.lua are
-- there already, so a playbook can use them at once; what is wrong with them is told at the end.
local util = require "drumbeat.util"
local units = require "drumbeat.units"

local M = {
  values = {}, -- Bound values by name.
  declared = nil, -- What inputs{} said, by name.
  unsure = false, -- It may have meant more.
}

local FIELDS = { "help", "optional", "min", "max", "of" }

-- Each type: example (how it is written), sample (stands in where a value is missing), check.
local TYPES = {}

TYPES.clock = {
  example = "\"20:30\"",
  sample = function() return units.make("clock", 73800) end,
  check = function(value) return units.parse_clock(value) end,
}

TYPES.count = {
  example = "25",
  sample = function(decl) return decl.min or 1 end,
  check = function(value, decl)
    local n = type(value) == "number" and math.tointeger(value)
    if not n then
      return nil, "a whole number like 25"
    elseif decl.min and n < decl.min then
      return nil, ("at least %d"):format(decl.min)
    elseif decl.max and n > decl.max then
      return nil, ("at most %d"):format(decl.max)
    end
    return n
  end,
}

local function quantity(unit, example, sample, extra)
  return {
    example = example,
    sample = sample,
    check = function(value)
      if not units.is(value, unit) then
        if type(value) == "number" then
          return nil, ("%s: write %s, not %s"):format(unit == "money" and "money" or "a " .. unit,
            example:gsub("%d+", tostring(value)), value)
        end
        return nil, units.name(unit)
      elseif value.value < 0 then
        return nil, "not below zero"
      end
      if extra then
        return extra(value)
      end
      return value
    end,
  }
end

TYPES.money = quantity("money", "yuan(30)", function() return units.make("money", 100000) end)
TYPES.percent = quantity("percent", "percent(12)", function() return units.make("percent",
  1000) end,
  function(value)
    if value.value > 10000 then
      return nil, "at most percent(100)"
    end
    return value
  end)
TYPES.duration = quantity("duration", "minutes(10)",
  function() return units.make("duration", 600000) end)

TYPES.date = {
  example = "\"2025-11-11\"",
  sample = function() return units.make("date", 20000) end,
  check = function(value) return units.parse_date(value) end,
}

TYPES.words = {
  example = "\"a text\"",
  sample = function() return "..." end,
  check = function(value)
    if type(value) ~= "string" then
      return nil, "a text in quotes"
    end
    return value
  end,
}

TYPES.flag = {
  example = "true",
  sample = function() return false end,
  check = function(value)
    if type(value) ~= "boolean" then
      return nil, "true or false"
    end
    return value
  end,
}

TYPES.choice = {
  example = "one of its names",
  sample = function(decl) return decl.of[1] end,
  check = function(value, decl)
    for _, name in ipairs(decl.of) do
      if value == name then
        return value
      end
    end
    return nil, ("one of %s%s"):format(table.concat(decl.of, ", "), util.meant(value, decl.of))
  end,
}

TYPES.budget = {
  example = "\"games\"",
  sample = function() return util.UNSURE end,
  check = function(value)
    if type(value) ~= "string" then
      return nil, "the name of a budget of campaign.lua, in quotes"
    end
    return value
  end,
}

TYPES.prize_list = {
  example = "{ { \"Coat\", value = yuan(900), odds = percent(1), stock = 2 } }",
  sample = function()
    return { { "?", value = units.make("money", 100), odds = units.make("percent", 100),
      stock = 1 } }
  end,
  check = function(value)
    if type(value) ~= "table" or #value == 0 then
      return nil, "a list of prizes, best first"
    end
    for i, prize in ipairs(value) do
      if type(prize) ~= "table" or type(prize[1]) ~= "string" then
        return nil, ("a list of prizes: number %d has no name"):format(i)
      end
    end
    return value
  end,
}

TYPES.goods_list = {
  example = "{ \"SK-1\", \"SK-2\" }",
  sample = function() return {} end,
  check = function(value)
    if type(value) ~= "table" then
      return nil, "a list of skus"
    end
    local _, campaign = engine.context()
    for i, sku in ipairs(value) do
      if type(sku) ~= "string" then
        return nil, ("a list of skus: number %d is no text"):format(i)
      elseif campaign ~= 0 and not engine.find("goods", "by_sku", campaign, sku)
        and not util.passed_over("goods") then
        return nil, ("goods of the catalogue, '%s' is none%s"):format(sku, M.meant_sku(sku))
      end
    end
    return value
  end,
}

TYPES.posts = {
  example = "{ { \"First post\" }, { \"Second\", after = minutes(2) } }",
  sample = function() return { { "..." } } end,
  check = function(value)
    if type(value) ~= "table" or #value == 0 then
      return nil, "a list of posts"
    end
    local list = {}
    for i, post in ipairs(value) do
      post = type(post) == "string" and { post } or post
      if type(post) ~= "table" or type(post[1]) ~= "string" then
        return nil, ("a list of posts: number %d has no text"):format(i)
      elseif post.after and not units.is(post.after, "duration") then
        return nil, ("a list of posts: after of number %d is a duration like minutes(2)"):format(i)
      end
      list[i] = post
    end
    return list
  end,
}

---", did you mean 'SK-1'?" among the catalogue.
---@param sku string
---@return string
function M.meant_sku(sku)
  local _, campaign = engine.context()
  local names = {}
  for _, id in ipairs(engine.all("goods")) do
    if engine.get("goods", id, "campaign") == campaign then
      names[#names + 1] = engine.get("goods", id, "sku")
    end
  end
  return util.meant(sku, names)
end

-- A declaration ("clock { ... }"), still without a name.
local function declare(type_name, spec)
  util.check_fields(type_name, spec, FIELDS)
  if type(spec.help) ~= "string" then
    util.fault("%s: say in help = \"...\" what the brand should choose", type_name)
  end
  for _, edge in ipairs { "min", "max" } do
    if spec[edge] ~= nil and math.type(spec[edge]) ~= "integer" then
      util.note("%s: %s is a whole number, not %s", type_name, edge, units.describe(spec[edge]))
      spec[edge] = nil
    end
  end
  if type_name == "choice" and (type(spec.of) ~= "table" or #spec.of == 0) then
    util.fault("choice: say in of = { ... } what can be chosen")
  end
  return { input = type_name, default = spec[1], help = spec.help, optional = spec.optional,
    min = spec.min, max = spec.max, of = spec.of, where = engine.where() }
end

-- Stands in for a value that is wrong: what is made of it has no certain cost.
local function guess(decl)
  local value = TYPES[decl.input].sample(decl)
  if type(value) == "table" then
    rawset(value, "unsure", true)
  end
  return value
end

local function bind_given(name, decl, given, from)
  local value, message = TYPES[decl.input].check(given, decl)
  if value == nil then
    util.problem(from.lines and from.lines[name] or from.where or "",
      "input '%s' of playbook %s is %s",
      name, M.playbook_name(), message)
    return guess(decl)
  end
  return value
end

local function bind_missing(name, decl, from, bound)
  local kind = TYPES[decl.input]
  if decl.default ~= nil then
    local value, message = kind.check(decl.default, decl)
    if value == nil then
      util.problem(decl.where, "the default of input '%s' must be %s", name, message)
      return guess(decl)
    end
    return value
  elseif decl.optional then
    return nil
  end
  if bound and not (from.told and from.told["?"]) and not util.passed_over("all_days") then
    util.problem(from.where or "", "playbook %s needs the input '%s' (%s): write %s = %s",
      M.playbook_name(), name, decl.help, name, kind.example)
  end
  return guess(decl)
end

-- A name that inputs{} hasn't got: reader.lua tells it with its line, and nothing follows from it.
setmetatable(M.values, { __index = function(_, name)
  local told = util.stage == "declare" and M.declared and M.declared[name] == nil
  return told and util.STAND_IN or nil
end })

---Name of the playbook being loaded.
---@return string
function M.playbook_name()
  return engine.playbook_name()
end

local function bind_one(name, decl, from)
  if util.is_told(decl) then
    return decl
  elseif type(name) ~= "string" or type(decl) ~= "table" or not decl.input then
    M.unsure = M.unsure or type(name) ~= "string"
    util.note("inputs: %s = ... must be a type like count { 25, help = \"...\" }", tostring(name))
    return nil
  elseif from.told and from.told[name] then
    return guess(decl) -- campaign.lua's fault.
  end
  local value = units.revive((from.values or {})[name])
  if value == nil then
    return bind_missing(name, decl, from, (engine.context()) ~= 0)
  end
  return bind_given(name, decl, value, from)
end

local function bind(spec)
  util.declares("inputs")
  if M.declared then
    M.unsure = true
    util.fault("inputs{} stands once in a playbook")
  end
  if type(spec) ~= "table" then
    util.fault("inputs is written inputs { name = type { default, help = \"...\" }, ... }")
  end
  M.declared = spec
  local from = util.day_inputs()
  for name, decl in pairs(spec) do
    M.values[name] = bind_one(name, decl, from)
  end
  return M.values
end

---@return boolean whether inputs{} surely has no such input
function M.is_missing(name)
  return M.declared ~= nil and M.declared[name] == nil and not M.unsure
end

---Inputs given that the playbook doesn't have. Called once the file's body has run.
function M.finish()
  local from = util.day_inputs()
  local known = util.keys(M.declared or {})
  for name in pairs(from.values or {}) do
    local shared = from.shared and from.shared[name] -- all_days: other playbooks have it.
    if not shared and not (M.declared and M.declared[name]) then
      util.problem(from.lines and from.lines[name] or from.where or "",
        "playbook %s has no input '%s'%s", M.playbook_name(), name, util.meant(name, known))
    end
  end
end

---Adds inputs and its types. Some are units as well: money(30), percent(12), clock("20:30").
---@param globals table
function M.add(globals)
  for name in pairs(TYPES) do
    globals[name] = function(spec)
      return declare(name, spec)
    end
  end
  M.add_units(globals, true)
  globals.inputs = bind
end

---money, percent, clock, date as values; in campaign.lua they are nothing else.
---@param globals table
---@param typed boolean
function M.add_units(globals, typed)
  local function face(name, value_of)
    globals[name] = function(spec)
      if typed and type(spec) == "table" and not spec.unit then
        return declare(name, spec)
      end
      local value, message = value_of(spec)
      if not value then
        util.fault("%s", message)
      end
      return value
    end
  end
  face("money", function(n) return units.money(n, "money") end)
  face("percent", units.percent)
  face("clock", units.parse_clock)
  face("date", units.parse_date)
  if typed then
    face("duration", function(value)
      return units.is(value, "duration") and value or nil,
        "duration { minutes(10), help = \"...\" }"
    end)
  end
end

return M
