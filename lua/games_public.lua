-- A lottery by public numbers (RFC 3797): sources, hours and what happens when one never comes are
-- announced with the rules; then who takes part is frozen and its fingerprint told; then a host or
-- the playbook enters what everybody can read in the newspaper. Nobody has a seed, so nobody could
-- know or choose who wins; the engine (engine.draw_freeze, draw_numbers) checks the order of it.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local talk = require "drumbeat.talk"
local things = require "drumbeat.things"
local times = require "drumbeat.times"
local group = require "drumbeat.group"
local member = require "drumbeat.member"
local games = require "drumbeat.games"

local M = {
  reward = nil, -- fn(thing, game, winners): hands out prizes; set by games_draw.
}

local SOURCES_MAX = 20
local QUIET_FROM_S = 23 * 3600 -- What happens then is told to groups.

local function clock(public, field)
  local at = units.parse_clock(public[field])
  return at or util.fault("lottery: public: %s is a time of day, like \"22:15\"", field)
end

---Reads public = { sources=, known=, last=, missing= } of a lottery.
function M.read(thing, spec)
  local public = spec.public
  if public == nil then
    return
  end
  util.check_fields("lottery: public", public, { "sources", "known", "last", "missing" })
  if spec.weighted or spec.across == "each" then
    util.fault("lottery: public numbers draw with the same chance for all: no weighted, no each")
  elseif type(public.sources) ~= "table" or #public.sources < 1
    or #public.sources > SOURCES_MAX then
    util.fault("lottery: public: sources = { \"Saturday's lottery, the six numbers\" } is missing")
  end
  for _, source in ipairs(public.sources) do
    if type(source) ~= "string" or source == "" then
      util.fault("lottery: public: a source is a text: which numbers of what")
    end
  end
  thing.public = { sources = public.sources, known = clock(public, "known"),
    last = clock(public, "last"), missing = public.missing or "off" }
  if thing.public.last.value <= thing.public.known.value then
    util.fault("lottery: public: last, when numbers must have come, is after known")
  elseif thing.public.last.value > QUIET_FROM_S then
    util.fault("lottery: public: last is at most \"23:00\": nobody is woken by a draw")
  elseif thing.public.missing ~= "off" and thing.public.missing ~= "zero" then
    util.fault("lottery: public: missing is \"off\" (nobody wins) or \"zero\" (it counts as 0)")
  end
end

---The part of the rules that members read.
---@return string
function M.text(thing)
  local public, list = thing.public, {}
  for place, source in ipairs(public.sources) do
    list[place] = ("(%d) %s"):format(place, source)
  end
  local missing = public.missing == "zero"
    and util.say("a source without numbers by %s counts as 0", "%s仍无号码的来源按0计")
    or util.say("if a source has no numbers by %s, nobody wins", "%s前号码不齐则本次作废")
  return util.say("; by public numbers (RFC 3797), known from %s: ",
    "；按公开号码抽取（RFC 3797），%s起公布："):format(units.show(public.known))
    .. table.concat(list, util.say(", ", "，")) .. util.say("; the list is frozen before; ",
      "；名单在此之前冻结；") .. missing:format(units.show(public.last))
end

---What is frozen with the rules.
---@return table
function M.rules(thing)
  return { sources = thing.public.sources, missing = thing.public.missing,
    known_at = times.today(thing.public.known), last_at = times.today(thing.public.last) }
end

local function tell(self, id, kind, en, zh, ...)
  for _, reader in ipairs(id == 0 and util.groups() or { id }) do
    talk.send(reader, kind, util.say(en, zh):format(...))
  end
end

local function freeze(self, id, entrants_of)
  local game, status = games.current(self, id)
  if status ~= "announced" then
    return nil, game and "it is frozen already" or "its rules were never announced"
  end
  local rules = engine.get("games", game, "rules")
  if engine.now() >= rules.known_at then
    return nil, "the numbers are known already"
  end
  local entrants, _, excluded = entrants_of(self, id)
  if #entrants == 0 then
    return nil, "nobody takes part"
  end
  local hash, why = engine.draw_freeze(game, math.min(self.winners, #entrants), entrants, nil,
    excluded)
  if not hash then
    return nil, why
  end
  engine.schedule { name = "numbers " .. self.name, due_at = rules.last_at, group = id,
    kind = "library", late = "run", ref = game }
  engine.milestone("frozen", #entrants, self.name, id)
  tell(self, id, "rules", "The list of '%s' is frozen: %d take part. Its fingerprint: %s",
    "“%s”名单已冻结，共%d位。名单指纹：%s", self.name, #entrants, hash)
  return true
end

---lottery:freeze(group): who takes part stands from now on.
---@return boolean? frozen
---@return string? why
function M.freeze(self, where, entrants_of)
  util.runs("lottery:freeze")
  group.check(where, "lottery:freeze")
  if not self.public then
    util.fault("lottery '%s' isn't drawn by public numbers: it has no list to freeze", self.name)
  end
  return util.try("freeze", self.name, function()
    local done, why
    for _, id in ipairs(games.ids_of(self, where)) do
      local ok, refusal = freeze(self, id, entrants_of)
      done, why = done or ok, why or refusal
    end
    if why then
      util.refused(self.name, why)
    end
    return done, why
  end)
end

local function settle(self, id, game, numbers)
  local winners, key = engine.draw_numbers(game, numbers)
  if not winners then
    util.fault("%s", key)
  end
  M.reward(self, game, winners)
  games.close(game)
  local names = member.names(winners)
  talk.set_winners(id, names)
  tell(self, id, "winners", "The numbers of '%s' are in: %s Winners: %s. Anybody can check it.",
    "“%s”号码已公布：%s 获奖：%s。人人可验证。", self.name, key, table.concat(names, ", "))
end

local function kept(game)
  return engine.memory_get("library", 0, "numbers " .. game) or {}
end

-- In the order of the sources; nil: not all are there.
local function all_numbers(self, have, otherwise)
  local numbers = {}
  for place in ipairs(self.public.sources) do
    local list = have["s" .. place] or otherwise
    if not list then
      return nil
    end
    numbers[place] = list
  end
  return numbers
end

local function check_entry(self, game, status, source)
  if status ~= "open" then
    return game and "no list is frozen, or it was drawn from already" or "it was never announced"
  end
  local rules = engine.get("games", game, "rules")
  if engine.now() < rules.known_at then
    return "the numbers can't be known before " .. units.show(self.public.known)
  elseif engine.now() > rules.last_at then
    return "it is too late for numbers"
  elseif not self.public.sources[source] then
    return ("there is no source %s of %d"):format(source, #self.public.sources)
  elseif kept(game)["s" .. source] then
    return ("the numbers of source %d were entered and can't be changed"):format(source)
  end
  return nil
end

-- Numbers of one source; the last one draws.
local function enter(self, id, source, list)
  local game, status = games.current(self, id)
  local why = check_entry(self, game, status, source)
  if why then
    return nil, why
  end
  local have = kept(game)
  have["s" .. source] = list
  engine.memory_set("library", 0, "numbers " .. game, have)
  engine.milestone("numbers", source, ("%s: %s"):format(self.name, table.concat(list, " ")), id)
  local numbers = all_numbers(self, have)
  if numbers then
    settle(self, id, game, numbers)
  end
  return true
end

local function check_list(list)
  if type(list) ~= "table" or #list < 1 or #list > 64 then
    return nil
  end
  for _, number in ipairs(list) do
    if math.type(number) ~= "integer" or number < 0 then
      return nil
    end
  end
  return list
end

---lottery:numbers(group, source, { 2, 5, 12 }): what a source has brought.
---@return boolean? taken
---@return string? why
function M.numbers(self, where, source, list)
  util.runs("lottery:numbers")
  group.check(where, "lottery:numbers")
  if not self.public then
    util.fault("lottery '%s' isn't drawn by public numbers", self.name)
  elseif math.type(source) ~= "integer" or not check_list(list) then
    util.fault("lottery:numbers(group, 1, { 2, 5, 12 }): which source, and its whole numbers")
  end
  return util.try("numbers", self.name, function()
    local done, why
    for _, id in ipairs(games.ids_of(self, where)) do
      local ok, refusal = enter(self, id, source, list)
      done, why = done or ok, why or refusal
    end
    return done, why
  end)
end

-- The hour by which all sources must have come, as announced.
local function last_hour(self, id, game)
  if engine.get("games", game, "status") ~= "open" or engine.find("receipts", "by_game", game) then
    return
  end
  local have = kept(game)
  if self.public.missing == "zero" and next(have) then
    settle(self, id, game, all_numbers(self, have, { 0 }))
    return
  end
  engine.set("games", game, { status = "cancelled", closed_at = engine.now() })
  games.release(self, game, self.cost)
  engine.milestone("no_numbers", 0, self.name, id)
  tell(self, id, "winners", "The numbers of '%s' have not come by %s: as announced, nobody wins.",
    "“%s”到%s号码仍未公布齐，按规则本次作废。", self.name, units.show(self.public.last))
end

---Plans the last hour of a lottery by public numbers.
function M.declare(thing)
  if thing.public then
    times.timers["numbers " .. thing.name] = function(id, game)
      last_hour(thing, id, game)
    end
  end
end

-- "numbers raffle 1: 2 5 12" from a host, for all to see.
local function hear(event)
  util.enter()
  local who, text = event.member, event.text
  if not who or not text or not engine.get("members", who, "staff") then
    return
  end
  local name, source, list = text:match("^numbers (.-) (%d+): ([%d ]+)$")
  local thing = name and things.by_name[name]
  if not thing or not thing.public or not event.group then
    return
  end
  local numbers = {}
  for number in list:gmatch("%d+") do
    numbers[#numbers + 1] = math.tointeger(tonumber(number)) or -1
  end
  local id = thing.whole and 0 or event.group
  local ok, why = nil, "these are no whole numbers"
  if check_list(numbers) then
    ok, why = enter(thing, id, tonumber(source), numbers)
  end
  if not ok then
    talk.send(event.group, "say", ("%s: %s"):format(name, why))
  end
end

---Hears of numbers, for a playbook with a lottery that waits for some.
function M.listen()
  engine.on("message", hear)
end

return M
