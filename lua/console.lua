-- The operators' console: its words beside those that playbooks have while they run, lines
-- evaluated, names completed, help. What each word is, is in console_words.lua.
local util = require "drumbeat.util"
local show = require "drumbeat.console_show"
local look = require "drumbeat.console_look"
local change = require "drumbeat.console_change"
local find = require "drumbeat.console_find"
local inputs = require "drumbeat.console_inputs"
local group = require "drumbeat.group"
local member = require "drumbeat.member"
local words = require "drumbeat.console_words"

local M = {
  names = {}, -- Of words that are functions.
}

local BY_NAME = {}
for _, word in ipairs(words) do
  BY_NAME[word.name] = word
end

-- A look without brackets gives the word itself: showing it calls it.
local Look = {}
Look.__call = function(self, ...)
  return rawget(self, "look")(...)
end

local function group_word(ext)
  return group.of(find.group(ext, "group"))
end

local function member_word(ext)
  return member.of(find.member(ext, "member"))
end

-- Lines of at most so many bytes: help is English.
local function wrapped(text)
  local lines, line = {}, ""
  for part in text:gmatch("%S+") do
    if line ~= "" and #line + 1 + #part > 76 then
      lines[#lines + 1], line = line, part
    else
      line = line == "" and part or line .. " " .. part
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n  ")
end

local function help(name)
  if name == nil then
    local rows = {}
    for _, word in ipairs(words) do
      rows[#rows + 1] = { word.class, word.shape, word.help:match("^[^.]*%.?") }
    end
    return show.table("class|word|what it does", rows,
      "?name tells more of one. Lua and the words of playbooks work too.")
  end
  local word = BY_NAME[name]
  if not word then
    local names = {}
    for _, known in ipairs(words) do
      names[#names + 1] = known.name
    end
    util.fault("help: no word '%s'%s", tostring(name), util.meant(name, names))
  end
  return ("%s\n  class: %s   undo: %s\n  %s\n  > %s"):format(word.shape, word.class, word.undo,
    wrapped(word.help), word.example)
end

-- What watch looks at: several looks under one another.
local function show_all(...)
  local parts = {}
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    if type(value) == "table" and getmetatable(value) == Look then
      value = value()
    end
    for _, part in ipairs(show.parts(value)) do
      parts[#parts + 1] = part
    end
  end
  return { parts = parts }
end

---@param globals table
function M.add(globals)
  for _, name in ipairs(look.names) do
    globals[name] = setmetatable({ look = look[name] }, Look)
  end
  for _, name in ipairs(change.names) do
    globals[name] = change[name]
  end
  globals.inputs = setmetatable({ look = inputs.inputs }, Look)
  globals.change_input = function(...)
    change.confirm = inputs.change_input(...)
  end
  globals.group = group_word
  globals.member = member_word
  globals.help = setmetatable({ look = help }, Look)
  for _, word in ipairs(words) do
    if type(globals[word.name]) == "function" then
      M.names[globals[word.name]] = word.name
    end
  end
  globals.all = "all"
  globals.show = show.plain
  globals.show_all = show_all
end

-- "timers 3", "pause all", "about u-17", "?delay" as Lua.
local function as_lua(line)
  local asked = line:match("^%s*%?%s*([%w_%.:]*)%s*$")
  if asked then
    return asked == "" and "help()" or ("help(%s)"):format(show.quote(asked))
  end
  local name, rest = line:match("^%s*([%a_][%w_]*)%s+([^%s=%(%[{\"'%.,:<>~+%-*/%%].*)$")
  if not name or not BY_NAME[name] or rest:match("^and%f[%W]") or rest:match("^or%f[%W]") then
    return line
  end
  local args = {}
  for part in rest:gmatch("%S+") do
    args[#args + 1] = (part:match("^%d+$") or part:match("^\".*\"$")) and part
      or show.quote(part)
  end
  return ("%s(%s)"):format(name, table.concat(args, ", "))
end

---The line as Lua: bare words get their brackets.
---@param line string
---@return string
function M.line(line)
  return as_lua(line)
end

---Runs a compiled line.
---@param fn function
---@return string json
function M.eval(fn)
  util.enter()
  change.confirm = nil
  inputs.changes = {}
  local value = fn()
  if type(value) == "table" and getmetatable(value) == Look then
    value = value()
  elseif type(value) == "function" and M.names[value] then
    value = help(M.names[value]) -- A word alone: how it is written.
  end
  local answer = { show = show.parts(value), confirm = change.confirm,
    inputs = #inputs.changes > 0 and inputs.changes or nil }
  if #answer.show == 0 then
    answer.show = nil
  end
  return engine.json(answer)
end

---Takes back the inputs that a tweak changed.
---@param tweak integer
---@param changes string what it kept
---@return string json
function M.inputs_back(tweak, changes)
  util.enter()
  inputs.take_back(tweak, changes)
  return engine.json { inputs = inputs.changes }
end

-- Completing --------------------------------------------------------------------------------------

-- Names of things, for what stands inside quotes.
local function things()
  local names = {}
  for _, id in ipairs(find.groups()) do
    names[#names + 1] = engine.get("groups", id, "ext")
  end
  for _, row in ipairs(find.entries()) do
    names[#names + 1] = row.name
  end
  for _, name in ipairs(find.budgets()) do
    names[#names + 1] = name
  end
  for _, id in ipairs(engine.all("goods")) do
    names[#names + 1] = engine.get("goods", id, "sku")
  end
  for _, name in ipairs(inputs.known()) do
    names[#names + 1] = name
  end
  return names
end

local function starting(names, part)
  local found, seen = {}, {}
  for _, name in ipairs(names) do
    if name:sub(1, #part) == part and not seen[name] then
      seen[name] = true
      found[#found + 1] = name
    end
  end
  table.sort(found)
  return found
end

---What may stand where the line ends.
---@param line string
---@return string json {from=, items=}
function M.complete(line)
  local quotes = select(2, line:gsub("\"", ""))
  if quotes % 2 == 1 then
    local part = line:match("\"([^\"]*)$")
    return engine.json { from = #line - #part, items = starting(things(), part) }
  end
  local object, part = line:match("([%a_]+)%b()[:%.]([%a_]*)$")
  local methods = object == "group" and group.methods or object == "member" and member.methods
  if methods then
    return engine.json { from = #line - #part, items = starting(util.keys(methods), part) }
  end
  part = line:match("([%a_][%w_]*)$") or ""
  local names = {}
  for _, word in ipairs(words) do
    names[#names + 1] = word.name
  end
  return engine.json { from = #line - #part, items = starting(names, part) }
end

return M
