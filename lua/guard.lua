-- Words that describe are guarded while a file's body runs: a fault in one is noted with its line
-- and the file goes on, so that all faults of a file are told at once. What a faulty word would
-- have given is a stand-in; words that get it are passed over, so one fault isn't told twice. What
-- was made of a value that is only a guess (an input given wrongly) is unsure: its cost isn't held
-- against a budget.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local things = require "drumbeat.things"

local M = {
  any = false, -- Something was passed over: what looks missing now may be there.
  mended = false, -- What names stand for may be missing: each unknown one is told once.
}

-- Takes everything and gives itself.
local STAND_IN = {}
local EVENTS = { "__add", "__sub", "__mul", "__div", "__unm", "__concat" }

local function nothing()
  return STAND_IN
end

-- A loop that asks it for the next one (two arguments, the first time nothing) is at its end.
local function call_nothing(_, ...)
  return (select("#", ...) ~= 2 or (...) ~= nil) and STAND_IN or nil
end

-- A stand-in; called, it does what `call` does.
local function make(stand_in, call)
  local meta = { __call = call }
  for _, event in ipairs(EVENTS) do
    meta[event] = nothing
  end
  meta.__index = function(_, key)
    return math.type(key) ~= "integer" and STAND_IN or nil -- As a list it is empty.
  end
  meta.__newindex = function() end
  meta.__lt = function() return false end
  meta.__le = meta.__lt
  util.mark_told(stand_in)
  return setmetatable(stand_in, meta)
end

make(STAND_IN, call_nothing)
util.STAND_IN = STAND_IN

local DEPTH = 4

-- Whether a value or what it holds is a stand-in; and whether it is only a guess.
local function look(value, depth)
  if util.is_told(value) then
    return true, false
  elseif type(value) ~= "table" or depth == 0 then
    return false, false
  elseif getmetatable(value) then
    return false, rawget(value, "unsure") == true
  end
  local guess = value.unsure == true
  for _, item in next, value do -- In whatever order.
    if type(item) == "table" then
      local told, unsure = look(item, depth - 1)
      if told then
        return true, false
      end
      guess = guess or unsure
    end
  end
  return false, guess
end

---Whether a value is a stand-in or holds one.
---@param value any
---@return boolean
function M.holds(value)
  return (look(value, DEPTH))
end

-- What a word gave or made of a guess, or although something about it was wrong.
local function mark(value, made)
  if type(value) == "table" and rawget(value, "unit") then
    rawset(value, "unsure", true)
  end
  for i = made + 1, #things.list do
    rawset(things.list[i], "unsure", true)
  end
end

local function note(where, message)
  -- A file that was loaded (from "texts.lua") tells its own line.
  message = message:gsub("^lua/[%w_]+%.lua:%d+: ([^%s:]+%.lua:%d+: )", "%1")
  message = message:gsub("^[^%s:]+%.lua:%d+: (.*) %(([^%s:()]+%.lua:%d+)%)$", function(text, place)
    return not place:find("^lua/") and place .. ": " .. text or nil -- Of one that is no Lua.
  end)
  -- What no check foresaw.
  message = message:gsub("^(lua/[%w_]+%.lua:%d+): (.*)$",
    "a value here is of the wrong kind: %2 (%1)")
  util.problem(message:find("^[^%s:]+%.lua:%d+: ") and "" or where, "%s", message)
end

---The word, but a fault is noted and doesn't stop the file.
---@param fn function
---@param takes boolean? it knows stand-ins (util.is_told) and isn't passed over
---@return function
function M.word(fn, takes)
  return function(...)
    if util.stage == "run" then
      return fn(...)
    end
    local unsure = false
    for i = 1, takes and 0 or select("#", ...) do
      local told, guess = look((select(i, ...)), DEPTH)
      if told then
        M.any = true
        return STAND_IN
      end
      unsure = unsure or guess
    end
    local made, before = #things.list, #util.problems
    local ok, value = engine.try(fn, ...)
    if ok then
      if unsure or util.has_faults(before) then
        mark(value, made)
      end
      return value
    end
    M.any = true
    things.forget(made) -- Half made: it has no worst cost that could be asked for.
    note(engine.where(), value)
    return STAND_IN
  end
end

local unknown_told = {}

-- An unknown word is a fault like others: the file goes on, as if it were the word that was meant.
local function unknown(message)
  if util.stage == "run" then
    return nil
  end
  if not (M.mended and unknown_told[message]) then
    util.problem(engine.where(), "%s", message)
  end
  unknown_told[message] = true
  local meant = message:match("did you mean '([%a_][%w_]*)'%?$")
  local word = meant and rawget(M.globals, meant)
  if type(word) ~= "function" then
    M.any = true
    return STAND_IN
  end
  return make({}, function(_, ...)
    return word(...)
  end)
end

---Guards words of a table of globals.
---@param globals table
---@param names string[]
---@param taking string[]? those that know stand-ins
function M.words(globals, names, taking)
  M.globals = globals
  for _, name in ipairs(names) do
    globals[name] = M.word(globals[name])
  end
  for _, name in ipairs(taking or {}) do
    globals[name] = M.word(globals[name], true)
  end
  globals["?"] = unknown -- The engine takes it out again: see sandbox_words_seal.
  units.guard(M.word)
end

return M
