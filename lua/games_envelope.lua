-- Red envelopes (B13) and their rain (A4): a total split before the first claim; who presses first
-- gets the next part.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local talk = require "drumbeat.talk"
local things = require "drumbeat.things"
local member = require "drumbeat.member"
local incentives = require "drumbeat.incentives"
local games = require "drumbeat.games"

local M = {}

local Envelope = things.kind {
  offers = { "total", "parts", "king", "rules", "odds", "stock", "commitment" } }

function Envelope:offer(name, id)
  if name == "total" then
    return engine.money(self.total)
  elseif name == "parts" then
    return tostring(self.parts)
  elseif name == "king" then
    return self.king and (self.king.coupon and self.king.coupon:describe() or self.king.name) or nil
  elseif name == "odds" then
    return util.say("every place in the queue has the same chance of the largest part",
      "每个位次拿到最大红包的机会相同")
  elseif name == "stock" then
    return util.say("%s in %d parts", "%s，共%d份"):format(engine.money(self.total), self.parts)
  elseif name == "commitment" then
    return games.commitment(self, id)
  elseif name == "rules" then
    local text = util.say("%s in %d parts, one for each of the first %d who press",
      "%s分成%d份，先到的%d位各得一份"):format(engine.money(self.total), self.parts, self.parts)
    return self.king and text .. util.say("; the luckiest also gets %s", "；手气最佳另得%s"):format(
      self:offer("king", id)) or text
  end
  return nil
end

---Worst cost: the whole total, and what the king gets, in each group.
---@return integer
---@return string what
function Envelope:worst()
  local count = self.count * math.max(1, #util.groups())
  return self.cost * count, ("%s '%s': %d × %s"):format(self.word, self.name, count,
    engine.money(self.cost))
end

---Its row, budget and commitment.
---@return integer? game
---@return string? why
function Envelope:prepare(id)
  return games.prepare(self, id, { kind = "envelope", total = self.total, cost = self.cost,
    budget = self.budget, prizes = { self.king and { name = self.king.name, value = self.king.value,
      stock = 1, coupon = self.king.coupon, sku = self.king.sku } },
    rules = { count = self.parts, drama = self.drama, text = self:offer("rules", id) } })
end

---Opens it in a group.
function Envelope:open(group, text, options)
  return games.open(self, group, text, options, function(game, id)
    local cover = self.cover and talk.render(self.cover, id, self)
      or util.say("A red envelope!", "红包来了！")
    return cover, { cover = self.cover and cover or nil,
      buttons = { { id = "open:" .. game, text = util.say("Open", "开") } } }
  end)
end

-- The coupon of which an envelope's parts are vouchers, each with its own amount.
local function parts_coupon(self, campaign)
  local name = util.say("%s: a part", "%s：红包"):format(self.name)
  return engine.find("coupons", "by_name", campaign, name)
    or engine.insert("coupons", { name = name, campaign = campaign, budget = self.budget,
      kind = "amount", stacks = true, until_at = util.campaign().until_at })
end

-- A voucher over just this amount; the envelope's reserve becomes the voucher's.
local function pay_voucher(self, game, amount, who)
  local _, campaign = engine.context()
  local coupon = parts_coupon(self, campaign)
  games.release(self, game, amount)
  return engine.coupon_issue(coupon, who, "envelope", amount)
end

---A member pressed "open".
function Envelope:press(game, who)
  local function tell(en, zh)
    talk.dm(who, "result", util.say(en, zh))
  end
  if engine.get("games", game, "status") ~= "open" then
    tell("This envelope is closed.", "这个红包已经结束了。")
    return
  elseif #engine.list("plays", "of_member", game, who) > 0 then
    tell("You have opened it already.", "您已经领过了。")
    return
  end
  local place = engine.get("games", game, "plays") + 1
  local amount = engine.envelope_amount(game, place)
  if not amount then
    tell("All parts are gone.", "手慢了，红包派完了。")
    return
  end
  engine.add("games", game, "plays", 1)
  local voucher, ok, why = 0
  if self.pays == "voucher" then
    ok, why = pay_voucher(self, game, amount, who)
    voucher = ok or 0
  else
    ok, why = incentives.give_cash(self.budget, amount, who, "envelope", true, game)
  end
  games.play { game = game, member = who, number = place, amount = amount, voucher = voucher,
    why = "won" }
  if not ok then
    util.refused(self.name, why, engine.get("games", game, "group"))
    return
  end
  tell(("You got %s."):format(engine.money(amount)), ("您领到%s。"):format(engine.money(amount)))
end

local function crown(self, game, id, king)
  engine.add("games", game, "wins", 1)
  if not self.king then
    return
  end
  local ok, why
  if self.king.kind == "coupon" then
    ok, why = incentives.give_coupon(self.king.coupon, king, "lucky king")
  else
    ok, why = incentives.gift({ name = self.king.name, value = self.king.value,
      budget = self.budget }, king, "lucky king", true)
  end
  local row = engine.list("prizes", "of_game", game)[1]
  if ok and row then
    engine.add("prizes", row, "given", 1)
  elseif not ok then
    util.refused(self.name, why, id)
  end
end

---Closes it: the rest goes back, the king gets her extra.
function Envelope:close(group)
  return games.close_all(self, group, function(game, id)
    local taken, plays = 0, engine.list("plays", "of_game", game)
    for _, play in ipairs(plays) do
      taken = taken + engine.get("plays", play, "amount")
    end
    games.release(self, game, self.total - taken)
    local hash, proof = games.close(game)
    local king
    if #plays > 0 then
      local receipt = engine.get("receipts", proof, "body")
      king = engine.find("members", "by_ext", receipt.body.winners[1])
      crown(self, game, id, king)
      talk.send(id, "result", talk.render(util.say("Lucky king: {member}!", "手气最佳：{member}！"), id,
        self, { member = member.names({ king })[1] }))
    elseif self.king and self.king.value > 0 then
      games.release(self, game, self.king.value)
    end
    return { winners = { king }, king = king, receipt = hash }
  end)
end

local function read_king(spec, word, budget)
  if spec.king == nil then
    return nil
  end
  local king = incentives.read_prize(spec.king, word .. ": king", budget)
  if king.kind == "cash" then
    util.fault("%s: king is a coupon, the card or goods", word)
  end
  return king
end

local function make(word, spec, known, methods, total_field)
  local thing = things.new(word, spec, known, methods)
  thing.total = things.money(spec, total_field, word, true)
  thing.parts = things.whole(spec, "parts", word)
  if thing.total < thing.parts then
    util.fault("%s: %s can't be split into %d parts", word, engine.money(thing.total), thing.parts)
  elseif thing.parts > 65535 then
    util.fault("%s: at most 65535 parts", word)
  end
  thing.drama = games.drama(spec, word)
  thing.budget = things.budget(spec, word, thing.name)
  thing.count = 1
  thing.pays = spec.pays or "cash"
  if thing.pays ~= "cash" and thing.pays ~= "voucher" then
    util.fault("%s: pays is \"cash\" or \"voucher\", not %s", word, units.describe(spec.pays))
  end
  thing.king = read_king(spec, word, thing.budget)
  thing.cost = thing.total + (thing.king and thing.king.value or 0)
  thing.cover = spec.cover
  return thing
end

local function envelope(spec)
  return make("envelope", spec, { "name", "total", "parts", "drama", "budget", "king", "cover",
    "pays" }, Envelope, "total")
end

-- Rain --------------------------------------------------------------------------------------------

local Rain = things.kind { offers = Envelope.offers }
for name, method in pairs(Envelope) do
  Rain[name] = method
end

---Opens the envelopes one after the other; returns when the last is closed.
---@return integer opened
function Rain:start(group)
  util.runs("rain:start")
  local opened = 0
  for number = 1, self.count do
    local next_at = engine.now() + self.every
    if self:open(group) then
      opened = opened + 1
      group:wait_for { claims = self.parts * #group.ids,
        within = units.make("duration", self.every) }
      self:close(group)
    end
    if number < self.count and next_at > engine.now() then
      group:wait(units.make("duration", next_at - engine.now()))
    end
  end
  return opened
end

local function rain(spec)
  local thing = make("rain", spec, { "name", "envelopes", "total_each", "parts", "every", "drama",
    "budget", "cover", "pays" }, Rain, "total_each")
  thing.count = things.whole(spec, "envelopes", "rain", 4)
  local every = spec.every or units.make("duration", 180000)
  if not units.is(every, "duration") or every.value < 1000 then
    util.fault("rain: every is a duration like minutes(3)")
  end
  thing.every = every.value
  return thing
end

M.words = { envelope = envelope, rain = rain }

return M
