-- Words that describe are guarded while a file's body runs: a fault in one is noted with its line
-- and the file goes on, so that all faults of a file are told at once. What a faulty word would
-- have given is a stand-in; words that get it are passed over, so one fault isn't told twice.
local util = require "drumbeat.util"
local things = require "drumbeat.things"

local M = {
  any = false, -- Something was passed over: what looks missing now may be there.
}

-- Takes everything and gives itself.
local STAND_IN = {}
local meta = {}
for _, event in ipairs { "__call", "__add", "__sub", "__mul", "__div", "__unm",
  "__concat" } do
  meta[event] = function()
    return STAND_IN
  end
end
meta.__index = function(_, key)
  return math.type(key) ~= "integer" and STAND_IN or nil -- As a list it is empty.
end
meta.__newindex = function() end
meta.__lt = function() return false end
meta.__le = meta.__lt
setmetatable(STAND_IN, meta)

local DEPTH = 4

local function holds_stand_in(value, depth)
  if rawequal(value, STAND_IN) then
    return true
  elseif type(value) ~= "table" or depth == 0 or getmetatable(value) then
    return false
  end
  for _, item in pairs(value) do
    if holds_stand_in(item, depth - 1) then
      return true
    end
  end
  return false
end

---The word, but a fault is noted and doesn't stop the file.
---@param fn function
---@return function
function M.word(fn)
  return function(...)
    if util.stage == "run" then
      return fn(...)
    end
    for i = 1, select("#", ...) do
      if holds_stand_in((select(i, ...)), DEPTH) then
        return STAND_IN
      end
    end
    local where, made = engine.where(), #things.list
    local ok, value = engine.try(fn, ...)
    if ok then
      return value
    end
    M.any = true
    things.forget(made) -- Half made: it has no worst cost that could be asked for.
    -- A file that was loaded (from "texts.lua") tells its own line.
    value = value:gsub("^lua/[%w_]+%.lua:%d+: ([^%s:]+%.lua:%d+: )", "%1")
    util.problem(value:find("^[^%s:]+%.lua:%d+: ") and "" or where, "%s", value)
    return STAND_IN
  end
end

-- An unknown word is a fault like others: the file goes on.
local function unknown(message)
  if util.stage == "run" then
    return nil
  end
  M.any = true
  util.problem(engine.where(), "%s", message)
  return STAND_IN
end

---Guards words of a table of globals.
---@param globals table
---@param names string[]
function M.words(globals, names)
  for _, name in ipairs(names) do
    globals[name] = M.word(globals[name])
  end
  globals["?"] = unknown -- The engine takes it out again: see sandbox_words_seal.
end

return M
