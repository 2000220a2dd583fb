-- The wheel (B12): prizes in tiers with odds and stock, a consolation for the rest.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local talk = require "drumbeat.talk"
local things = require "drumbeat.things"
local incentives = require "drumbeat.incentives"
local games = require "drumbeat.games"

local M = {}

local Wheel = things.kind {
  offers = { "prizes", "first_prize", "odds", "stock", "otherwise", "commitment",
  "rules" } }

-- Limits a member and a day, and the pace at which prizes are released: all of it is published.
local function limits_text(self)
  local text = ""
  local function add(n, en, zh)
    text = n and text .. util.say(en, zh):format(n) or text
  end
  add(self.spins_a_day, "; at most %d spins a day", "；每天最多%d次")
  add(self.wins, "; at most %d prizes each", "；每人最多中奖%d次")
  add(self.wins_a_day, "; at most %d prizes each a day", "；每人每天最多中奖%d次")
  for _, prize in ipairs(self.prizes) do
    add(prize.per_day, "; " .. prize.name .. ": at most %d a day", "；" .. prize.name .. "每天最多%d份")
  end
  if self.pace then
    text = text .. util.say("; prizes are released evenly in %d steps of %s from the opening",
      "；奖品自开始起分%d段均匀放出，每段%s"):format(self.pace.slots, units.show(self.pace.every))
  end
  return text
end

-- Seconds east of UTC today: whose midnight a day's limits go by.
local function day_offset_s()
  local days = engine.civil(engine.now()).days
  return (days * 86400000 - (engine.instant(days, 0))) // 1000
end

-- What the engine reads, beside the text. Only what is limited stands in it.
local function rules_of(self, id)
  local rules = { spins = self.spins, wins = self.wins, spins_per_day = self.spins_a_day,
    wins_per_day = self.wins_a_day, text = self:offer("rules", id) }
  local per_day, any = {}, false
  for tier, prize in ipairs(self.prizes) do
    per_day[tier], any = prize.per_day or 0, any or prize.per_day ~= nil
  end
  rules.day_max = any and per_day or nil
  if any or self.spins_a_day or self.wins_a_day then
    rules.day_offset_s = day_offset_s()
  end
  if self.pace then
    rules.slots, rules.slot_ms = self.pace.slots, self.pace.every.value
  end
  return rules
end

function Wheel:offer(name, id)
  if name == "prizes" or name == "stock" then
    return games.list_prizes(self.prizes, "prizes")
  elseif name == "odds" then
    return games.list_prizes(self.prizes, "odds")
  elseif name == "first_prize" then
    return self.prizes[1].name
  elseif name == "otherwise" then
    return self.otherwise and self.otherwise:describe() or util.say("nothing", "谢谢参与")
  elseif name == "commitment" then
    return games.commitment(self, id)
  elseif name == "rules" then
    local often = self.spins == 1 and util.say("one spin each", "每人1次")
      or util.say("%d spins each", "每人%d次"):format(self.spins)
    return often .. limits_text(self)
      .. util.say("; who wins none gets %s", "；未中奖者可得%s"):format(self:offer("otherwise", id))
  end
  return nil
end

---Worst cost: the whole stock of goods and cash.
---@return integer
---@return string what
function Wheel:worst()
  local total = self.cost * math.max(1, #util.groups())
  return total, ("roulette '%s': all prizes in %d groups"):format(self.name, #util.groups())
end

---Its row with prizes, budget and commitment.
---@return integer? game
---@return string? why
function Wheel:prepare(id)
  local rows = {}
  for i, prize in ipairs(self.prizes) do
    rows[i] = prize
  end
  if self.otherwise then
    rows[#rows + 1] = { name = self.otherwise.name, value = 0, odds = 0, stock = -1,
      coupon = self.otherwise }
  end
  return games.prepare(self, id, { kind = "wheel", cost = self.cost, budget = self.budget,
    prizes = rows, rules = rules_of(self, id) })
end

---Opens it in a group.
function Wheel:open(group, text, options)
  return games.open(self, group, text, options, function(game)
    return util.say("Spin the wheel!", "开始转盘抽奖！"), {
      buttons = { { id = "spin:" .. game, text = util.say("Spin", "抽奖") } } }
  end)
end

local function spin_prize(self, game, row)
  local tier = row ~= 0 and engine.get("prizes", row, "tier") or 0
  local prize = self.prizes[tier]
  if prize then
    return prize, tier
  elseif self.otherwise and row ~= 0 then
    return { name = self.otherwise.name, kind = "coupon", coupon = self.otherwise }, 0
  end
  return nil, 0
end

---A member pressed "spin".
function Wheel:press(game, who)
  local row, why = engine.wheel_spin(game, who)
  if not row then
    talk.dm(who, "result", util.say("No spin left for you here: ", "您没有抽奖机会了：") .. why)
    return
  end
  local number = engine.get("games", game, "plays")
  local prize, tier = spin_prize(self, game, row)
  local given = false
  if prize then
    given = games.award(prize, { game = game, member = who, row = row, number = number, why = why,
      budget = self.budget })
  else
    games.play { game = game, member = who, prize = 0, number = number, why = why }
  end
  if tier > 0 and prize.kind == "goods" then
    local id = engine.get("games", game, "group")
    talk.send(id, "result", talk.render(util.say("{member} won {prize}!", "恭喜{member}抽中{prize}！"),
      id, self, { member = engine.get("members", who, "name"), prize = prize.name }))
  elseif given then
    talk.dm(who, "result", util.say("You won: ", "您抽中了：")
      .. (prize.coupon and prize.coupon:describe() or prize.name))
  else
    talk.dm(who, "result", util.say("Nothing this time.", "这次没有抽中。"))
  end
end

---Closes it; winners are who won more than the consolation.
function Wheel:close(group)
  return games.close_all(self, group, function(game)
    local winners, left = {}, 0
    for _, row in ipairs(engine.list("prizes", "of_game", game)) do
      local prize = self.prizes[engine.get("prizes", row, "tier")]
      if prize and prize.value > 0 then
        left = left + prize.value * (prize.stock - engine.get("prizes", row, "given"))
      end
    end
    for _, play in ipairs(engine.list("plays", "of_game", game)) do
      local row = engine.get("plays", play, "prize")
      if row ~= 0 and engine.get("prizes", row, "stock") >= 0 then
        winners[#winners + 1] = engine.get("plays", play, "member")
      end
    end
    games.release(self, game, left)
    return { winners = winners, receipt = games.close(game) }
  end)
end

local function check_odds(thing)
  local sum = 0
  for _, prize in ipairs(thing.prizes) do
    if not prize.odds or prize.odds <= 0 then
      util.fault("roulette: prize '%s' needs odds = percent(..)", prize.name)
    elseif math.type(prize.stock) ~= "integer" or prize.stock < 1 then
      util.fault("roulette: prize '%s' needs stock = n", prize.name)
    end
    sum = sum + prize.odds
  end
  if sum > 1000000 then
    util.fault("roulette: the odds sum up to %.2f %%, at most 100 %%", sum / 10000)
  end
end

-- pace = { slots = 6, every = minutes(5) }: so prizes don't all go in the first minutes.
local function read_pace(pace)
  if pace == nil then
    return nil
  end
  util.check_fields("roulette: pace", pace, { "slots", "every" })
  local slots = things.whole(pace, "slots", "roulette: pace")
  if not units.is(pace.every, "duration") or pace.every.value < 1000 or slots > 1000 then
    util.fault("roulette: pace = { slots = 6, every = minutes(5) }")
  end
  return { slots = slots, every = pace.every }
end

local function roulette(spec)
  local thing = things.new("roulette", spec, { "name", "prizes", "otherwise", "budget", "spins",
    "wins", "spins_a_day", "wins_a_day", "pace" }, Wheel)
  if type(spec.prizes) ~= "table" or #spec.prizes == 0 then
    util.fault("roulette: prizes = { { \"Coat\", value = .., odds = .., stock = .. } } is missing")
  end
  thing.budget = things.budget(spec, "roulette", thing.name)
  thing.spins = things.whole(spec, "spins", "roulette", 1)
  for _, limit in ipairs { "wins", "spins_a_day", "wins_a_day" } do
    thing[limit] = spec[limit] and things.whole(spec, limit, "roulette") or nil
  end
  thing.pace = read_pace(spec.pace)
  thing.prizes, thing.cost = {}, 0
  for i, raw in ipairs(spec.prizes) do
    local prize = incentives.read_prize(raw, "roulette", thing.budget)
    thing.prizes[i] = prize
    thing.cost = thing.cost + prize.value * (prize.stock or 0)
  end
  check_odds(thing)
  if spec.otherwise and not (things.is(spec.otherwise) and spec.otherwise.cost) then
    util.fault("roulette: otherwise is a coupon")
  end
  thing.otherwise = spec.otherwise
  return thing
end

M.words = { roulette = roulette }

return M
