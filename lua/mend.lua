-- A file that breaks off (it is no Lua, or an error outside of the words) would hide what comes
-- after the place. So it is run anew without the statement that broke, as often as it takes. What
-- that statement would have set is a stand-in, and a name it would have made known stays known: so
-- nothing is told that only follows from it. Stand-ins come as the chunk's argument, written (...).
-- Only runs of files that were refused already come here: nothing of them is kept.
local guard = require "drumbeat.guard"
local util = require "drumbeat.util"

local M = {}

-- Lines that begin with these, or with no letter, go on with the statement before.
local GOES_ON = { ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true,
  ["then"] = true, ["and"] = true, ["or"] = true, ["in"] = true }

-- What campaign.lua calls by a name that other lines may use.
local NAMING = { group = true, budget = true, connector = true }
local WORDS = { "campaign", "all_days", "goods", "group", "host", "guide", "budget", "prices",
  "connector", "promise", "promotion" }

-- Pieces ------------------------------------------------------------------------------------------

-- The text by lines at the left edge: { text, line } each.
local function edges(text)
  local list, number = {}, 0
  for line in text:gmatch("[^\n]*\n?") do
    if line ~= "" then
      number = number + 1
      local word = line:match("^[%a_][%w_]*")
      if #list == 0 or (word and not GOES_ON[word]) then
        list[#list + 1] = { text = line, line = number }
      else
        list[#list].text = list[#list].text .. line
      end
    end
  end
  return list
end

local function compile(piece, shown)
  return engine.compiles(("\n"):rep(piece.line - 1) .. piece.text, shown)
end

local function is_unfinished(why)
  return why ~= nil and why:find("near <eof>", 1, true) ~= nil
end

-- From edge `at` on as many as make a whole statement. One that is never whole is broken by itself.
---@return table piece { text, line, why }
---@return integer next edge behind it
local function statement(list, at, shown)
  local piece = { text = list[at].text, line = list[at].line }
  piece.why = compile(piece, shown)
  local whole, next_at = piece, at + 1
  while is_unfinished(whole.why) and list[next_at] do
    whole = { text = whole.text .. list[next_at].text, line = piece.line }
    whole.why = compile(whole, shown)
    next_at = next_at + 1
  end
  if not whole.why then
    return whole, next_at
  elseif piece.why and whole ~= piece then
    piece.why, piece.opened = whole.why, true
  end
  return piece, at + 1
end

local function statements(text, shown)
  local list, found, at = edges(text), {}, 1
  while list[at] do
    found[#found + 1], at = statement(list, at, shown)
  end
  return found
end

-- What stands in ----------------------------------------------------------------------------------

local function names_of(text)
  local list = text:match("^local%s+([%w_,%s<>]+)=") or text:match("^local%s+([%w_,%s<>]+)$")
    or text:match("^local%s+([%a_][%w_]*)") -- The rest is no Lua.
  local names = {}
  for name in (list or ""):gsub("<[^>]*>", ""):gmatch("[%a_][%w_]*") do
    names[#names + 1] = name
  end
  return names
end

-- name = (...) for the names above it that a statement would have filled.
local function filled(text, above)
  local list = {}
  for _, name in ipairs(above) do
    if text:find("%f[^%s;]" .. name .. "[%w_%.%[%]#+%- ]-%s*=[^=]")
      or text:find("insert%s*%(%s*" .. name .. "%f[^%w_]") then
      list[#list + 1] = name .. " = (...)"
    end
  end
  return list
end

-- day(n) { ... } by number and playbook alone. Of days made in a loop only the playbook is known.
local function of_day(text)
  local number = text:match("^day%s*%(%s*(%d+)%s*%)")
  local playbook = text:match("%f[%w_]playbook%s*=%s*\"([^\"\n]*)\"")
  if not number and not text:find("%f[%w_]day%s*%(") then
    return nil
  end
  return ("day(%s) { playbook = %s, (...) }"):format(number or "(...)",
    playbook and ("\"%s\""):format(playbook) or "(...)")
end

-- Words that a statement calls: some of what they say is missing from now on.
local function passed_over(text, list)
  local first = text:match("^([%a_][%w_]*)")
  for _, word in ipairs(WORDS) do
    if first == word then
      return { word .. "((...))" }
    elseif text:find("%f[%w_]" .. word .. "%s*[%({\"]") then
      list[#list + 1] = word .. "((...))"
    end
  end
  local day = of_day(text)
  list[#list + 1] = day
  return list
end

-- What is left of a statement, on one line.
local function rest_of(text, above)
  local fn = text:match("^local%s+function%s+([%a_][%w_]*)")
  local names = fn and { fn } or names_of(text)
  if #names > 0 then
    local given = {}
    for i in ipairs(names) do
      given[i] = "(...)"
    end
    return ("local %s = %s"):format(table.concat(names, ", "), table.concat(given, ", "))
  elseif util.stage ~= "campaign" then
    return table.concat(filled(text, above), " ")
  end
  local word, name = text:match("^([%a_][%w_]*)%s*%(?%s*{%s*\"([^\"\n]*)\"")
  if NAMING[word] then
    return ("%s { \"%s\", (...) }"):format(word, name)
  elseif text:find("^day%s*%(") then
    return of_day(text)
  end
  return table.concat(passed_over(text, filled(text, above)), "; ")
end

-- The name above that was nothing here: what it should have been was told, or is told now.
local function nothing(why, above)
  local name = why:match("a nil value %(%a+ '([%a_][%w_]*)'%)$")
  for _, known in ipairs(above) do
    if known == name then
      return name .. " = (...); "
    end
  end
  return nil
end

-- The statement without what broke it, as many lines long as it was.
local function mended(piece, above, why)
  local given = not piece.why and nothing(why, above)
  if given and piece.text:sub(1, #given) ~= given and not piece.text:find("^local%f[^%w_]") then
    return given .. piece.text
  end
  local _, lines = piece.text:gsub("\n", "")
  local rest = rest_of(piece.text, above)
  if rest .. ("\n"):rep(lines) == piece.text then
    rest = "" -- It broke again.
  end
  return rest .. ("\n"):rep(lines)
end

-- All of it ---------------------------------------------------------------------------------------

-- A statement that was never closed leaves an end behind; and a file that isn't UTF-8 says so once.
local function is_echo(why, told)
  if why:find("'<eof>' expected near", 1, true) then
    return told.opened
  end
  local foreign = why:find("save the file as UTF-8", 1, true) ~= nil
    or (told.utf8 and why:find("NUL byte", 1, true) ~= nil)
  local again = told.utf8
  told.utf8 = told.utf8 or foreign
  return again and foreign
end

---The file without what broke it; "" if that can't be found.
---@param text string
---@param shown string its name in messages
---@param line integer where it broke off; 0: it is no Lua
---@param why string
---@return string text
---@return string[] problems of statements that are no Lua
function M.without(text, shown, line, why)
  local above, out, problems, changed = {}, {}, {}, false
  local told = { opened = false, utf8 = false }
  local list = statements(text, shown)
  for i, piece in ipairs(list) do
    local below = list[i + 1] and list[i + 1].line or math.maxinteger
    local broke = line >= piece.line and line < below
    if piece.why and not is_echo(piece.why, told) then
      problems[#problems + 1] = piece.why
      told.opened = told.opened or piece.opened
    end
    if piece.why or broke then
      changed = true
      out[i] = mended(piece, above, why)
    else
      out[i] = piece.text
    end
    for _, name in ipairs(names_of(piece.text)) do
      above[#above + 1] = name
    end
  end
  return changed and table.concat(out) or "", problems
end

---What stands in for what broken statements would have set.
---@return table
function M.stand_in()
  guard.any, guard.mended = true, true
  return util.STAND_IN
end

return M
