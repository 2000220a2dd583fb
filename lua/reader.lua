-- Reads a playbook's own source for mistakes that would only show in the evening: inside at, every
-- and on nothing runs while a playbook is checked. Looks at names and literal arguments, knows no
-- more Lua than that, and keeps silent about what it doesn't understand.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local inputs = require "drumbeat.inputs"
local texts = require "drumbeat.texts"
local group = require "drumbeat.group"
local needs = require "drumbeat.needs"

local M = {}

-- What can be called on what a word gave.
local OF_THING = {
  coupon = {}, promotion = {}, card = {}, certificate = { "give" }, roulette = { "open", "close" },
  envelope = { "open", "close" }, rain = { "start", "open", "close" },
  nth_like = { "open", "close", "redraw" },
  lottery = { "open", "draw", "redraw", "give_tickets", "tickets_of", "freeze",
    "numbers" },
  fairy = { "open", "draw", "redraw" },
  invitations = { "start", "switch", "stalled", "method", "leaders", "pay" },
  survey = { "ask", "top", "answered" }, meter = { "passed", "verdict", "now" },
  second_wave = { "start" },
}
local OF_MEMBER = { "dm", "give", "tag", "has" }
local OF_CART = { "quote" }
local OF_QUOTE = { "list", "deal", "promotions", "card", "vouchers", "final", "best", "price",
  "explain", "steps", "reserve", "release" }
local OF_CHAIN = { "silent", "close" }
local OF_TEXT = { "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match",
  "rep", "reverse", "sub", "upper" }
local KINDS = { "countdown", "teaser", "spoiler", "rules", "winners" }

-- Names at the top of the file that hold one thing all through it: local name = word ...
local function holders(code)
  local holds = {}
  for name, word in ("\n" .. code):gmatch("\nlocal ([%a_][%w_]*)%s*=%s*([%a_][%w_]*)%s*[%({]") do
    holds[name] = holds[name] == nil and word or false
  end
  local function forget(list)
    for name in list:gmatch("[%a_][%w_]*") do
      holds[name] = holds[name] and false or nil
    end
  end
  for list in code:gmatch("function[^%(\n]*%(([^%)]*)%)") do
    forget(list)
  end
  for from, list in code:gmatch("()for%s+([%w_,%s]-)%s+in%f[%W]") do
    if not code:sub(from - 1, from - 1):find("[%w_]") then
      forget(list)
    end
  end
  for from, list in code:gmatch("()local%s+([%w_,%s]-)%s*[=\n]") do
    if code:sub(from - 1, from - 1):find("%s") and code:sub(from - 1, from - 1) ~= "\n" then
      forget(list) -- Not at the top.
    end
  end
  return holds
end

local function add(set, list)
  for _, name in ipairs(list) do
    set[name] = true
  end
end

-- Everything that can be called with a colon in this file.
local function methods_known(code)
  local set = {}
  add(set, OF_MEMBER)
  add(set, OF_CHAIN)
  add(set, OF_CART)
  add(set, OF_QUOTE)
  add(set, OF_TEXT)
  for name in pairs(group.methods) do
    set[name] = true
  end
  for _, list in pairs(OF_THING) do
    add(set, list)
  end
  for name in code:gmatch("function%s+[%w_.]*[:.]([%a_][%w_]*)") do
    set[name] = true
  end
  for from in code:gmatch("()=%s*function") do
    local name = code:sub(math.max(1, from - 100), from - 1):match("([%a_][%w_]*)%s*$")
    set[name or ""] = true
  end
  return set
end

-- "file:line" of a place, for messages only.
local function places(code, shown)
  return function(from)
    local _, newlines = code:sub(1, from):gsub("\n", "")
    return ("%s:%d"):format(shown, newlines + 1)
  end
end

-- What stands before a colon: a name, or the end of a call.
local function owner_of(code, from)
  return code:sub(math.max(1, from - 60), from - 1):match("[%w_%)%]]+$")
end

local function check_methods(code, at, holds, known)
  for from, name in code:gmatch("():([%a_][%w_]*)%s*[%({\"']") do
    local word = holds[owner_of(code, from)]
    local own = word and OF_THING[word]
    if own then
      local found = false
      for _, method in ipairs(own) do
        found = found or method == name
      end
      if not found then
        util.problem(at(from), "%s has no '%s'%s", word, name, util.meant(name, own))
      end
    elseif not known[name] then
      util.problem(at(from), "nothing has a '%s'%s", name, util.meant(name, util.keys(known)))
    end
  end
end

-- What is wrong with owner.name, if anything is: text for a problem.
local function wrong_field(word, name)
  if word == "group" and name ~= "memory" and not group.fields[name]
    and not group.methods[name] then
    local names = util.keys(group.fields)
    names[#names + 1] = "memory"
    return ("a group has no '%s'%s"):format(name, util.meant(name, names))
  elseif word == "inputs" and inputs.is_missing(name) then
    return ("there is no input '%s'%s"):format(name, util.meant(name, util.keys(inputs.declared)))
  elseif word == "texts" and texts.all and texts.all[name] == nil then
    return ("there is no text '%s'%s"):format(name, util.meant(name, util.keys(texts.all)))
  end
  return nil
end

-- input.x, texts and fields of groups that aren't there. owners: name -> what it holds.
local function check_fields(code, at, owners)
  for owner, word in pairs(owners) do
    for from, name in code:gmatch("()%f[%w_.]" .. owner .. "%.([%a_][%w_]*)") do
      local wrong = wrong_field(word, name)
      if wrong then
        util.problem(at(from), "%s", wrong)
      end
    end
  end
end

-- Names in a file whose fields are known: those that hold inputs or texts, and the group that at
-- and every give where it is nothing else.
local function owners_of(holds, single, other)
  local owners = {}
  for name, word in pairs(holds) do
    if word == "inputs" or word == "texts" then
      owners[name] = word
    end
  end
  for _, name in ipairs { "group", "groups" } do
    if holds[name] == nil and single[name] and not other[name] then
      owners[name] = "group"
    end
  end
  return owners
end

local function check_sku(where, sku)
  local _, campaign = engine.context()
  if campaign ~= 0 and not engine.find("goods", "by_sku", campaign, sku)
    and not util.passed_over("goods") then
    util.problem(where, "drop: the catalogue has no '%s'%s", sku, inputs.meant_sku(sku))
  end
end

local function check_kind(where, kind)
  for _, known in ipairs(KINDS) do
    if kind == known then
      return
    end
  end
  util.problem(where, "announce: a kind is %s, not '%s'%s", table.concat(KINDS, ", "), kind,
    util.meant(kind, KINDS))
end

local function check_clock(where, text)
  local clock, message = units.parse_clock(text)
  if not clock then
    util.problem(where, "group:wait_until: %s", message)
  end
end

-- Words whose first argument may be written out as a text.
local TEXT_ARGUMENTS = { announce = check_kind, drop = check_sku, wait_until = check_clock }
local NO_DURATION = { yuan = true, money = true, percent = true, clock = true, date = true }
local NEEDS = { say = true, dm = true, announce = true, ask_to_copy = true, wait = true,
  drop = true, wait_until = true }

-- Arguments written out. code has blanks for texts, words has the texts themselves.
local function check_arguments(code, words, at)
  for method, from, to in code:gmatch(":([%a_]+)%s*%(%s*[\"']()[^\"'\n]*()[\"']") do
    if TEXT_ARGUMENTS[method] then
      TEXT_ARGUMENTS[method](at(from), words:sub(from, to - 1))
    end
  end
  for from, n in code:gmatch("():wait%s*%(%s*([%d.]+)%s*%)") do
    util.problem(at(from), "group:wait: a duration: write minutes(%s), not %s", n, n)
  end
  for from, word in code:gmatch("():wait%s*%(%s*(%a+)%s*%(") do
    if NO_DURATION[word] then
      util.problem(at(from), "group:wait: a duration like minutes(10), not %s(..)", word)
    end
  end
  for from, method in code:gmatch("():([%a_]+)%s*%(%s*%)") do
    if NEEDS[method] then
      util.problem(at(from), "%s(): what is missing", method)
    end
  end
end

local KEYWORDS = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function",
  "goto", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until",
  "while", "_ENV", "self", "const", "close" }

-- Every name that this file declares, wherever: a word of the language, or one of these. Names that
-- are ever the only parameter of a function stand in `single`, those declared otherwise in `other`.
local function names_declared(code)
  local set, single, other = {}, {}, {}
  local function take(list, also)
    for name in list:gmatch("[%a_][%w_]*") do
      set[name], also[name] = true, true
    end
  end
  for list in code:gmatch("%f[%w_]function[^%(]*(%b())") do
    take(list, list:find(",", 1, true) and set or single)
  end
  for name in code:gmatch("%f[%w_]local%s+function%s+([%a_][%w_]*)") do
    take(name, other)
  end
  for list in code:gmatch("%f[%w_]local%s+([%w_,%s<>]+)") do
    take(list, other)
  end
  for list in code:gmatch("%f[%w_]for%s+([%w_,%s]-)%s*=") do
    take(list, set)
  end
  for list in code:gmatch("%f[%w_]for%s+([%w_,%s]-)%s+in%f[^%w_]") do
    take(list, other)
  end
  return set, single, other
end

-- Names that mean nothing, also where nothing has run yet.
local function check_names(code, at, means)
  local found = engine.unknown_names(code, means)
  for i = 1, #found, 2 do
    util.problem(at(found[i]), "unknown word '%s'%s", found[i + 1],
      util.meant(found[i + 1], util.keys(engine.globals)))
  end
end

-- Lines that are no Lua: what stands there may be the inside of a text.
local function without_broken(text)
  local number = 0
  return (text:gsub("[^\n]*\n?", function(line)
    number = number + 1
    return util.broken_lines[number] and line:gsub("[^\n]", " ") or nil
  end))
end

---Reads the playbook's file.
---@param source string
---@param shown string its name in messages
function M.check(source, shown)
  local code, words = engine.blank(source)
  local at = places(code, shown)
  local holds, known = holders(code), methods_known(code)
  local means, single, other = names_declared(code)
  add(means, KEYWORDS)
  add(means, util.keys(engine.globals))
  code, words = without_broken(code), without_broken(words)
  check_names(code, at, means)
  check_methods(code, at, holds, known)
  check_fields(code, at, owners_of(holds, single, other))
  check_arguments(code, words, at)
  needs.read(code, at)
end

return M
