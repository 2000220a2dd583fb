-- Texts with {names} in curly brackets, in two languages. Every name is checked when the file is
-- loaded: in texts{}, and in every string of the playbook's files.
local util = require "drumbeat.util"
local units = require "drumbeat.units"

local M = {
  sources = {}, -- Files whose strings are checked: {path, shown}.
  all = nil, -- What texts{} holds, by name.
  said = nil, -- ... in the campaign's language.
}

-- Names that stand for something in every playbook; what things offer comes from things.lua.
local COMMON = { "brand", "group", "day", "date", "hour", "members", "hosts", "link", "contact",
  "tomorrow", "leaders", "winners" }
-- Names that only some texts have: given by the word that sends them.
local SPECIAL = { "member", "code", "prize", "count", "next", "next_prize", "inviter", "goods",
  "price", "amount", "place", "commission", "question" }

---Words that things offer, e.g. {prizes}; filled by things.lua.
M.offered = {}
M.possible = {} -- Those that things of any word offer.

---Fills {names} in a text. look(name) gives a value or nil.
---@param text string
---@param look fun(name: string): any
---@return string
function M.fill(text, look)
  if not text:find("{", 1, true) then
    return text
  end
  return (text:gsub("{([%a_][%w_]*)}", function(name)
    local value = look(name)
    if value == nil then
      util.fault("there is no {%s} for this text%s", name, util.meant(name, M.names()))
    elseif type(value) == "table" then
      return rawget(value, "unit") and units.show(value) or table.concat(value, ", ")
    end
    return tostring(value)
  end))
end

---All names that may stand in curly brackets in this playbook.
---@return string[]
function M.names()
  local inputs = require "drumbeat.inputs"
  local names = {}
  for _, list in ipairs { COMMON, SPECIAL, util.keys(inputs.declared or {}), util.keys(M.offered),
    util.keys(M.given) } do
    for _, name in ipairs(list) do
      names[#names + 1] = name
    end
  end
  return names
end

M.given = {} -- Names that the playbook itself gives: with = { name = ... }.

-- texts{} -----------------------------------------------------------------------------------------

local function same_shape(a, b, path, language)
  for key, value in pairs(a) do
    local name = path .. tostring(key)
    if b[key] == nil then
      util.problem(engine.where(), "texts: '%s' is missing in %s", name, language)
    elseif type(value) == "table" and type(b[key]) == "table" and not value.unit then
      same_shape(value, b[key], name .. ".", language)
    end
  end
end

local function texts(spec)
  util.declares("texts")
  if type(spec) ~= "table" or type(spec.en) ~= "table" then
    util.fault("texts is written texts { en = { name = \"...\" }, zh = { ... } }")
  end
  for language, list in pairs(spec) do
    if language ~= "en" and language ~= "zh" then
      util.fault("texts: languages are en and zh, not '%s'", tostring(language))
    elseif language ~= "en" then
      same_shape(spec.en, list, "", language)
      same_shape(list, spec.en, "", "en")
    end
  end
  M.all = M.all == nil and spec.en or false -- Two texts{}: whose a name is nobody can tell.
  M.said = spec[util.language()] or spec.en
  return M.said
end

-- Checking ----------------------------------------------------------------------------------------

-- Strings of a line of Lua in double or single quotes; good enough for data and playbooks.
local function strings_of(line)
  local list = {}
  for _, quote in ipairs { "\"", "'" } do
    for text in line:gmatch(quote .. "([^" .. quote .. "]*)" .. quote) do
      list[#list + 1] = text
    end
  end
  return list
end

-- Whether every {name}, in a text or not, is one.
local function all_known(text, known)
  for name in text:gmatch("{([%a_][%w_]*)}") do
    if not known[name] then
      return false
    end
  end
  return true
end

local function check_line(line, where, known, names)
  for _, text in ipairs(strings_of(line)) do
    for name in text:gmatch("{([%a_][%w_]*)}") do
      if not known[name] then
        util.problem(where, "there is no {%s}%s", name, util.meant(name, names))
        known[name] = true -- Told once.
      end
    end
  end
end

local function check_file(file, known, names)
  local number, at = 0, 1
  repeat
    local last = file.text:find("\n", at, true)
    local line = file.text:sub(at, last and last - 1)
    number = number + 1
    if line:find("{", 1, true) then
      check_line(line, ("%s:%d"):format(file.shown, number), known, names)
    end
    at = last and last + 1
  until not at
end

---Checks every {name} in the playbook's files.
---@param passed_over boolean some things were not made: what they offer may be meant
function M.finish(passed_over)
  local files = {}
  for _, file in ipairs(M.sources) do
    local text = engine.source(file.path)
    if text then
      files[#files + 1] = { text = text, shown = file.shown }
      for list in text:gmatch("%f[%w]with%s*=%s*(%b{})") do
        for name in list:gmatch("([%a_][%w_]*)%s*=") do
          M.given[name] = true
        end
      end
    end
  end
  local names, known = M.names(), {}
  for _, name in ipairs(names) do
    known[name] = true
  end
  for name in pairs(passed_over and M.possible or {}) do
    known[name] = true
  end
  for _, file in ipairs(files) do
    if not all_known(file.text, known) then -- Hardly ever.
      check_file(file, known, names)
    end
  end
end

---@param globals table
function M.add(globals)
  globals.texts = texts
end

return M
