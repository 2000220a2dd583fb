-- Selling: the UV meter and the second wave (B16).
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local talk = require "drumbeat.talk"
local things = require "drumbeat.things"
local group = require "drumbeat.group"
local group_talk = require "drumbeat.group_talk"
local times = require "drumbeat.times"

local M = {}

-- The UV meter ------------------------------------------------------------------------------------

local Meter = {}

local function load_meter(self)
  return engine.memory_get("day", 0, "meter " .. self.name) or {}
end

local function save_meter(self, state)
  engine.memory_set("day", 0, "meter " .. self.name, state)
end

local function clock_of(at)
  local civil = engine.civil(at)
  return ("%02d:%02d"):format(civil.hour, civil.minute)
end

-- How it went on after the highest minute, and how it was before: a single minute is high by chance
-- too, so the operator sees both averages.
local AROUND = 20 -- Minutes.

local function note_around(state, minute, count)
  local last = state.last or {}
  if state.at == minute then
    local sum = 0
    for _, n in ipairs(last) do
      sum = sum + n
    end
    state.before = #last > 0 and sum * 10 // #last or nil
    state.since, state.sum = 0, 0
  else
    state.since, state.sum = (state.since or 0) + 1, (state.sum or 0) + count
  end
  last[#last + 1] = count
  if #last > AROUND then
    table.remove(last, 1)
  end
  state.last = last
end

-- The minutes that are over since the last look. A peak that has passed stays due until it is told.
local function feed(self)
  local state = load_meter(self)
  local minute = engine.now() // 60000 * 60000
  local from = math.max(state.next or minute - 60000, minute - 30 * 60000)
  while from < minute do
    local count = engine.uv(from)
    local text, passed, at, uv, fall, line, rising = engine.peak(state.peak, from, count,
      { uv_min = self.least, fall_bp = self.fall, fall_minutes = self.window })
    state.peak, state.at, state.uv, state.fall, state.line = text, at, uv, fall, line
    state.rising = rising
    note_around(state, from, count)
    if passed then
      state.due = true
      engine.milestone("peak", uv, ("peak at %s, now %d %% lower"):format(clock_of(at),
        fall // 100), 0, fall)
    end
    from = from + 60000
  end
  state.next = minute
  return state
end

local function passed(self)
  local state = feed(self)
  local due = state.due or false
  state.due = nil
  save_meter(self, state)
  return due
end

local function percents(bp)
  return ("%d.%d"):format(bp // 100, bp // 10 % 10)
end

local function told_around(state)
  local n = state.since or 0
  if n == 0 or not state.before then
    return ""
  end
  local mean = state.sum * 10 // n
  local less = percents((state.uv * 10 - mean) * 1000 // state.uv)
  return util.say(", none higher in the %d min since, on average %d.%d (%s %% less; the minutes "
    .. "before it: %d.%d)", "，此后%d分钟未再创新高，平均%d.%d（低%s%%；此前平均%d.%d）"):format(n,
    mean // 10, mean % 10, less, state.before // 10, state.before % 10)
end

local function verdict(self)
  local state = feed(self)
  save_meter(self, state)
  if (state.uv or 0) == 0 then
    return util.say("no peak yet", "尚无高峰")
  elseif not state.rising then
    return util.say("peak at %s with %d visitors: it has passed", "%s达到高峰，%d位访客，现已回落")
      :format(clock_of(state.at), state.uv)
  end
  return util.say("highest at %s with %d visitors%s; "
    .. "fall not seen: smoothed %s %% below its top, %s %% would be one",
    "最高在%s，%d位访客%s；未见回落：平滑后低%s%%，低%s%%才算回落")
    :format(clock_of(state.at), state.uv, told_around(state), percents(state.fall),
      percents(state.line))
end

---Feeds the meter; true once when a peak has passed.
---@return boolean
function Meter:passed()
  util.runs("meter:passed")
  return util.act("meter", self.name, passed, self)
end

---Feeds the meter; where it stands, in a sentence for the operator.
---@return string
function Meter:verdict()
  util.runs("meter:verdict")
  return util.act("meter", self.name, verdict, self)
end

---Visitors of the last whole minute.
---@return integer
function Meter:now()
  return util.look("uv", function()
    return engine.uv(engine.now() // 60000 * 60000 - 60000)
  end)
end

local function meter(spec)
  local thing = things.new("meter", spec, { "name", "least", "fall", "over" }, Meter)
  thing.least = things.whole(spec, "least", "meter", 20)
  if spec.fall ~= nil and not units.is(spec.fall, "percent") then
    util.fault("meter: fall is a share, like percent(30)")
  elseif spec.over ~= nil and not units.is(spec.over, "duration") then
    util.fault("meter: over is a duration, like minutes(5)")
  end
  thing.fall = spec.fall and spec.fall.value or nil
  thing.window = spec.over and math.max(1, spec.over.value // 60000) or nil
  return thing
end

-- The second wave ---------------------------------------------------------------------------------

local Wave = things.kind { offers = { "commission" } }

function Wave:offer(name)
  if name == "commission" then
    return units.show(units.make("percent", self.commission))
  end
  return nil
end

local VALUE_MAX = 100000000000000 -- Of a stock; more is no stock of a shop's.

---What it may cost at worst: all the stock, sold by share codes at its deal price. The budget ends
---it earlier if it must: what comes then earns nothing.
---@return integer? amount nil: some goods have no stock, so only the budget limits it
---@return string what
function Wave:worst()
  local _, campaign = engine.context()
  local pieces, value = 0, 0
  for _, id in ipairs(engine.all("goods")) do
    local good = engine.row("goods", id)
    local mine = good.campaign == campaign
    if mine and (good.stock < 0 or good.stock * (good.deal + 0.0) > VALUE_MAX - value) then
      return nil, ("%s '%s': %s of all that is sold by share codes ('%s' has no %sstock)"):format(
        self.word, self.name, self:offer("commission"), good.sku,
        good.stock < 0 and "" or "likely ")
    elseif mine then
      pieces, value = pieces + good.stock, value + good.stock * good.deal
    end
  end
  return (value * self.commission + 9999) // 10000,
    ("%s '%s': %s of all the stock, %d pieces for %s"):format(self.word, self.name,
      self:offer("commission"), pieces, engine.money(value))
end

-- Buyers of a group, each in the group she counts for.
local function buyers_of(id)
  local _, campaign = engine.context()
  local list = {}
  for _, membership in ipairs(engine.list("memberships", "of_group", id)) do
    local who = engine.get("memberships", membership, "member")
    local row = engine.find("participants", "by_member", campaign, who)
    if row and engine.get("participants", row, "paid")
      and engine.get("participants", row, "group") == id then
      list[#list + 1] = who
    end
  end
  return list
end

local function start_in(self, id)
  local buyers = buyers_of(id)
  for _, who in ipairs(buyers) do
    local code = engine.code("share", who)
    talk.dm(who, "share", talk.render(self.dm, id, self, { code = code }), { link = "shop",
      share = { code = code, commission_bp = self.commission } })
  end
  talk.send(id, "second_wave", talk.render(self.text, id, self), { mention = "all", link = "shop",
    tone = "emotional" })
  group_talk.open_chain(id, talk.render(self.ask, id))
  engine.milestone("share_codes", #buyers, self.name, id)
end

---Opens the second wave.
function Wave:start(where)
  util.runs("second_wave:start")
  group.check(where, "second_wave:start")
  util.act("wave", self.name, function()
    engine.memory_set("day", 0, "wave " .. self.name, true)
    engine.milestone("second_wave", #where.ids, self.name, where.id)
    times.each("wave " .. self.name, where.ids)
  end)
end

-- An order that a share code brought: its owner is owed a commission.
local function on_order(self, event)
  local order = event.order
  local sharer = order and engine.get("orders", order, "sharer") or 0
  if sharer == 0 or engine.get("orders", order, "commission") ~= 0
    or not engine.memory_get("day", 0, "wave " .. self.name) then
    return
  end
  local amount = engine.get("orders", order, "total") * self.commission // 10000
  if amount == 0 then
    return
  end
  local ok, why = engine.budget("spend", self.budget, amount, "commission", sharer, order)
  if not ok then
    util.refused(self.name, why)
    return
  end
  engine.set_commission(order, amount)
  engine.pay({ { ("member:%d:owed"):format(sharer), amount }, { "owed", -amount } }, "commission",
    sharer, order)
end

---Commissions accrue with orders.
function Wave:load()
  times.timers["wave " .. self.name] = function(id)
    start_in(self, id)
  end
  engine.on("order.paid", function(event)
    util.enter()
    on_order(self, event)
  end)
end

local function text_or(spec, field, en, zh)
  local text = spec[field] or util.say(en, zh)
  if type(text) ~= "string" then
    util.fault("second_wave: %s is a text", field)
  end
  return text
end

local function second_wave(spec)
  local thing = things.new("second_wave", spec, { "name", "commission", "text", "ask", "dm",
    "budget" },
    Wave)
  if not units.is(spec.commission, "percent") or spec.commission.value > 3000 then
    util.fault("second_wave: commission is a share like percent(5), percent(30) at most")
  end
  thing.commission = spec.commission.value
  thing.text = text_or(spec, "text",
    "Bought something? Share it: your code earns you {commission}.",
    "买到的朋友分享你的专属码，好友下单你得{commission}佣金。")
  thing.ask = text_or(spec, "ask", "I got mine at {brand}!", "我在{brand}买到了！")
  thing.dm = text_or(spec, "dm",
    "Your share code: {code}. Who buys with it earns you {commission}.",
    "您的分享码：{code}。好友用它下单，您得{commission}佣金。")
  if spec.budget ~= nil and spec.budget ~= "commission" then
    util.fault("second_wave: commissions are in the budget \"commission\": refunds go back to it")
  end
  thing.budget = things.budget({ budget = "commission" }, "second_wave", thing.name)
  thing.ends = true
  return thing
end

M.words = { meter = meter, second_wave = second_wave }

return M
