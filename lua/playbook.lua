-- A playbook's life: the word playbook{}, its words, checks, costs and start.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local inputs = require "drumbeat.inputs"
local texts = require "drumbeat.texts"
local things = require "drumbeat.things"
local talk = require "drumbeat.talk"
local memory = require "drumbeat.memory"
local times = require "drumbeat.times"
local events = require "drumbeat.events"
local member = require "drumbeat.member"
local guard = require "drumbeat.guard"
local vouchers = require "drumbeat.vouchers"
local needs = require "drumbeat.needs"
local drops = require "drumbeat.drops"
require "drumbeat.group_talk"
require "drumbeat.operator"

local M = { head = nil }

-- Files that are loaded when they are needed: most playbooks use few of them.
local FILES = {
  incentives = function() return require "drumbeat.incentives" end,
  games = function() return require "drumbeat.games" end,
  games_draw = function() return require "drumbeat.games_draw" end,
  games_envelope = function() return require "drumbeat.games_envelope" end,
  games_public = function() return require "drumbeat.games_public" end,
  games_wheel = function() return require "drumbeat.games_wheel" end,
  growth = function() return require "drumbeat.growth" end,
  prices = function() return require "drumbeat.prices" end,
  promotions = function() return require "drumbeat.promotions" end,
  sales = function() return require "drumbeat.sales" end,
  survey = function() return require "drumbeat.survey" end,
}
-- Words that describe: with their first use in the body of a playbook.
local LATE = {
  coupon = "incentives", card = "incentives", certificate = "incentives", roulette = "games_wheel",
  envelope = "games_envelope", rain = "games_envelope", nth_like = "games_draw",
  lottery = "games_draw", fairy = "games_draw", invitations = "growth", survey = "survey",
  meter = "sales", second_wave = "sales", promotion = "promotions",
}
-- What scenes and handlers need, by what is written where they do: before the first of them runs,
-- so that none takes more steps than when it is played again.
local NEEDED = { cart = "prices", give = "incentives", rules = "games" }

local GOALS = { "traffic", "know", "trust", "emotion", "buy" }

local function playbook(spec)
  util.declares("playbook")
  util.check_fields("playbook", spec, { "name", "version", "goal", "about", "taken_back" })
  local where = engine.where()
  M.head = spec
  if spec.taken_back ~= nil and spec.taken_back ~= false and type(spec.taken_back) ~= "string" then
    util.fault("playbook: taken_back is the text for who loses a voucher, or false for none")
  end
  vouchers.taken_text = spec.taken_back
  texts.sources[1] = { path = "playbook.lua", shown = where:match("^(.*):%d+$") or "playbook.lua" }
  if type(spec.name) ~= "string" then
    util.note("playbook: name is a text in quotes, like the folder's: \"%s\"",
      engine.playbook_name())
    spec.name = engine.playbook_name()
  end
  local known = false
  for _, goal in ipairs(GOALS) do
    known = known or spec.goal == goal
  end
  if not known then
    util.note("playbook: goal is %s, not %s%s", table.concat(GOALS, ", "),
      units.describe(spec.goal), util.meant(spec.goal, GOALS))
    spec.goal = ""
  elseif spec.name ~= engine.playbook_name() then
    util.warn(where, "the folder is named '%s', the playbook '%s'", engine.playbook_name(),
      tostring(spec.name))
  end
end

local function from(path)
  util.declares("from")
  if type(path) ~= "string" then
    util.fault("from \"file.lua\": the name of a file in the same folder")
  end
  local shown = (engine.where():match("^(.*/)") or "") .. path
  if not engine.source(path) then
    util.fault("there is no file '%s' in the playbook's folder (names are small letters, digits, "
      .. "- and _)", path)
  end
  texts.sources[#texts.sources + 1] = { path = path, shown = shown }
  return engine.load_data(path, shown)
end

local function note(kind, value, text)
  util.runs("note")
  if type(kind) ~= "string" then
    util.fault("note(kind, value, text): the kind is a text")
  end
  util.act("note", kind, function()
    local n = type(value) == "table" and value.value or value
    engine.milestone(kind, type(n) == "number" and math.floor(n) or 0,
      type(text) == "string" and talk.render(text, select(3, engine.context())) or "")
  end)
end

times.timers["day ends"] = function()
  require("drumbeat.games").cancel_unopened()
end

-- Words that describe: all faults of a file are told at once.
local GUARDED = { "playbook", "from", "texts", "at", "every", "countdown", "on",
  "coupon", "promotion", "card", "certificate", "roulette", "envelope", "rain",
  "nth_like", "lottery", "fairy", "invitations", "survey", "meter",
  "second_wave", "yuan", "money", "percent", "clock", "date", "duration",
  "seconds", "minutes", "hours", "days", "count", "words", "flag", "choice",
  "budget", "prize_list", "goods_list", "posts" }

-- The body broke off: what was given can be told all the same. The source is read once the file
-- has run without what broke it.
local function broke_off()
  if inputs.declared then
    inputs.finish()
  end
  things.finish()
end

---Reads the playbook's own file.
function M.read()
  local file = texts.sources[1]
  if file then
    require("drumbeat.reader").check(engine.source(file.path), file.shown)
  end
end

---All files of words, used or not.
function M.load_all()
  for _, load in pairs(FILES) do
    load()
  end
end

local function late(word, file)
  return function(...)
    util.declares(word)
    return FILES[file]().words[word](...)
  end
end

-- What runs later; without a file of its own (the console) all of it.
local function add_running(globals)
  local source = engine.source("playbook.lua")
  for name, file in pairs(NEEDED) do
    if not source or source:find(name, 1, true) then
      local words = FILES[file]().words
      globals[name] = words and words[name]
    end
  end
  globals.cart = globals.cart or function(lines)
    return require("drumbeat.prices").words.cart(lines)
  end
end

---Adds the words of playbooks.
---@param globals table
function M.add(globals)
  units.add(globals)
  inputs.add(globals)
  texts.add(globals)
  times.add(globals)
  events.add(globals)
  for word, file in pairs(LATE) do
    globals[word] = late(word, file)
  end
  add_running(globals)
  globals.playbook = playbook
  globals.from = from
  globals.note = note
  guard.words(globals, GUARDED, { "inputs" })
  util.broke_off = broke_off
  globals.day = setmetatable({}, { __index = function(_, key)
    if key == "memory" then
      return memory.open("day", 0)
    end
    return util.fault("day has a memory: day.memory.x, no '%s'", tostring(key))
  end, __newindex = function(_, key)
    util.fault("day can't be changed: remember it in day.memory.%s", tostring(key))
  end })
end

-- Handlers of a file that things with this field share.
local function listen_of(field, file)
  for _, thing in ipairs(things.list) do
    if thing[field] then
      FILES[file]().listen()
      return
    end
  end
end

---What is wrong with the playbook and its inputs. The file's body has run.
---@return string[]
function M.finish()
  local source = engine.source("playbook.lua") or ""
  if not M.head and not ("\n" .. source):find("\n%s*playbook%f[^%w_]") then
    util.problem(("playbooks/%s/playbook.lua:1"):format(engine.playbook_name()),
      "playbook { name = \"%s\", version = 1, goal = \"...\" } is missing", engine.playbook_name())
  end
  if inputs.declared or not guard.any then
    inputs.finish()
  end
  if engine.is_new() then
    if guard.any then
      M.load_all() -- What things that weren't made would offer.
    end
    if not guard.any or inputs.declared then
      texts.finish(guard.any)
    end
    M.read()
  end
  things.finish()
  times.finish()
  for _, thing in ipairs(things.list) do
    if thing.load then
      thing:load() -- Handlers of its own.
    end
  end
  listen_of("press", "games")
  listen_of("public", "games_public")
  vouchers.listen()
  util.stage = "run"
  return util.take_problems()
end

-- One in the whole campaign, whichever day names it.
local function is_shared(thing)
  return thing.word == "promotion" or (thing.cost ~= nil and not thing.prepare)
end

---Worst costs as JSON: [{budget=, amount=, what=, where=}, ...]; own budgets with their cap.
---@return string
function M.costs()
  local day = engine.context()
  local list = { { goal = M.head and M.head.goal or "", inputs = util.keys(inputs.declared or {}),
    where = util.day_inputs().where or "", needs = needs.all(), groups = util.groups(),
    day = day ~= 0 and engine.get("days", day, "number") or 0 } }
  for _, thing in ipairs(things.list) do
    local budget = thing.budget or ""
    if thing.worst and budget ~= "" and budget ~= util.UNSURE and not thing.unsure then
      local amount, what = thing:worst()
      local own = things.budgets[thing.budget]
      list[#list + 1] = { budget = thing.budget, amount = amount or 0, what = what,
        where = thing.where, name = thing.word .. ":" .. thing.name, limited = amount ~= nil,
        cap = own and own.cap or nil, shared = is_shared(thing) or nil, ends = thing.ends }
    end
  end
  return engine.json(list)
end

-- A second before midnight, while the day is still its own.
local function plan_end()
  local day = engine.context()
  local row = engine.find("schedule", "by_name", day, 0, "day ends")
  local due = engine.get("days", day, "until_at") - 1000
  if row then
    engine.move(row, due)
  elseif things.any_prepared() then
    engine.schedule { name = "day ends", due_at = due, kind = "library", late = "run" }
  end
end

---Opens budgets and coupons, plans the day's entries: once.
function M.start()
  engine.set("days", (engine.context()), { goal = M.head.goal })
  for name, own in pairs(things.budgets) do
    local ok, why = engine.budget_open(name, own.cap)
    if not ok then
      util.fault("%s", why)
    end
  end
  for _, thing in ipairs(things.list) do
    if thing.launch then
      thing:launch()
    end
  end
  times.start()
  drops.start()
  plan_end()
end

---What a reload compares, as JSON.
---@return string
function M.image()
  return engine.json(require("drumbeat.reload").image())
end

---Takes over from an earlier version of the playbook, whose image this is, while the day runs or
---before. Problems are taken by load_problems.
---@param image string
---@return string json the changes
function M.reload(image)
  engine.set("days", (engine.context()), { goal = M.head.goal })
  plan_end()
  return require("drumbeat.reload").apply(image)
end

---@return string json
function M.describe()
  local list = {}
  for _, thing in ipairs(things.list) do
    local amount = thing.worst and thing:worst() or nil
    list[#list + 1] = { word = thing.word, name = thing.name, budget = thing.budget, worst = amount,
      where = thing.where }
  end
  local head = M.head or {}
  return engine.json { name = head.name, goal = head.goal, about = head.about, entries =
    times.describe(), things = list }
end

M.member = member

return M
