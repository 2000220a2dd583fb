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

-- The lines of a text: { text, indent }, indent of those alone that can begin a statement.
local function lines_of(text)
  local list = {}
  for line in text:gmatch("[^\n]*\n?") do
    if line ~= "" then
      local indent, word = line:match("^([ \t]*)([%a_][%w_]*)")
      list[#list + 1] = { text = line, indent = word and not GOES_ON[word] and #indent or nil }
    end
  end
  return list
end

-- Lines from..to-1 as a piece { text, line, why }.
local function piece_of(list, from, to, shown)
  local texts = {}
  for i = from, to - 1 do
    texts[#texts + 1] = list[i].text
  end
  local text = table.concat(texts)
  return { text = text, line = from, why = engine.compiles(("\n"):rep(from - 1) .. text, shown) }
end

local function is_unfinished(why)
  return why ~= nil and why:find("near <eof>", 1, true) ~= nil
end

-- The next line that is indented no further than the one a statement begins with.
local function next_edge(list, from, at)
  local left = list[from].indent or math.maxinteger
  repeat
    at = at + 1
  until not list[at] or (list[at].indent and list[at].indent <= left)
  return at
end

-- A whole statement that ends before the edge: the lines behind it are indented for no reason.
local function shorter(list, from, edge, shown)
  for at = from + 1, edge - 1 do
    if list[at].indent then
      local piece = piece_of(list, from, at, shown)
      if not piece.why then
        return piece, at
      elseif not is_unfinished(piece.why) then
        return nil
      end
    end
  end
  return nil
end

-- From line `from` on as many as make a whole statement. One that is never whole is broken by
-- itself.
---@return table piece { text, line, why }
---@return integer next line behind it
local function statement(list, from, shown)
  local edge = next_edge(list, from, from)
  local first = piece_of(list, from, edge, shown)
  local whole, at = first, edge
  while is_unfinished(whole.why) and list[at] do
    at = next_edge(list, from, at)
    whole = piece_of(list, from, at, shown)
  end
  if not whole.why then
    return whole, at
  end
  local piece, behind = shorter(list, from, edge, shown)
  if piece then
    return piece, behind
  elseif whole ~= first then
    first.why, first.opened = whole.why, true
  end
  return first, edge
end

local function statements(text, shown)
  local list, found, at = lines_of(text), {}, 1
  while list[at] do
    found[#found + 1], at = statement(list, at, shown)
  end
  return found
end

-- What stands in ----------------------------------------------------------------------------------

local function names_of(text)
  text = text:match("^%s*(.*)$")
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
  text = text:match("^%s*(.*)$")
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

-- The statement without what broke it, as many lines long as it was. A line that is no Lua is noted
-- in it for the runs to come: --?12.
local function mended(piece, above, why)
  local given = not piece.why and nothing(why, above)
  if given and piece.text:sub(1, #given) ~= given and not piece.text:find("^%s*local%f[^%w_]") then
    return given .. piece.text
  end
  local _, lines = piece.text:gsub("\n", "")
  local rest = rest_of(piece.text, above)
  if piece.why then
    rest = ("%s --?%s"):format(rest, piece.why:match("^[^%s]-:(%d+): ") or piece.line)
  end
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
    changed = changed or broke or piece.why ~= nil
    out[i] = (broke or piece.why) and mended(piece, above, why) or piece.text
    for number in out[i]:gmatch("%-%-%?(%d+)") do
      util.broken_lines[tonumber(number)] = true
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
