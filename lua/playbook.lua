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
local games = require "drumbeat.games"
local member = require "drumbeat.member"
local guard = require "drumbeat.guard"
local vouchers = require "drumbeat.vouchers"
local reader = require "drumbeat.reader"
local needs = require "drumbeat.needs"
local reload = require "drumbeat.reload"
require "drumbeat.group_talk"
require "drumbeat.operator"

local M = { head = nil }

-- Files that only add words.
local PARTS = {
  require "drumbeat.incentives", require "drumbeat.games_wheel", require "drumbeat.games_envelope",
  require "drumbeat.games_draw", require "drumbeat.growth", require "drumbeat.survey",
  require "drumbeat.sales", require "drumbeat.prices", require "drumbeat.promotions",
}

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
  games.cancel_unopened()
end

-- Words that describe: all faults of a file are told at once.
local GUARDED = { "playbook", "from", "texts", "at", "every", "countdown", "on",
  "coupon", "promotion", "card", "certificate", "roulette", "envelope", "rain",
  "nth_like", "lottery", "fairy", "invitations", "survey", "meter",
  "second_wave", "yuan", "money", "percent", "clock", "date", "duration",
  "seconds", "minutes", "hours", "days", "count", "words", "flag", "choice",
  "budget", "prize_list", "goods_list", "posts" }

-- The body broke off: what was given and how it is written can be told all the same.
local function broke_off()
  if inputs.declared then
    inputs.finish()
  end
  things.finish()
  if texts.sources[1] then
    reader.check(engine.source(texts.sources[1].path), texts.sources[1].shown)
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
  for _, part in ipairs(PARTS) do
    part.add(globals)
  end
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
    if not guard.any or inputs.declared then
      texts.finish(guard.any)
    end
    if texts.sources[1] then
      reader.check(engine.source(texts.sources[1].path), texts.sources[1].shown)
    end
  end
  things.finish()
  times.finish()
  for _, thing in ipairs(things.list) do
    if thing.load then
      thing:load() -- Handlers of its own.
    end
  end
  games.listen()
  require("drumbeat.games_public").listen()
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
  elseif games.any_prepared() then
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
  require("drumbeat.sales").start()
  plan_end()
end

---What a reload compares, as JSON.
---@return string
function M.image()
  return engine.json(reload.image())
end

---Takes over from an earlier version of the playbook, whose image this is, while the day runs or
---before. Problems are taken by load_problems.
---@param image string
---@return string json the changes
function M.reload(image)
  engine.set("days", (engine.context()), { goal = M.head.goal })
  plan_end()
  return reload.apply(image)
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
