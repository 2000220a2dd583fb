-- Draws with a receipt: the Nth like (B8), the nightly lottery, the lucky fairy (B18).
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local talk = require "drumbeat.talk"
local things = require "drumbeat.things"
local group = require "drumbeat.group"
local member = require "drumbeat.member"
local incentives = require "drumbeat.incentives"
local games = require "drumbeat.games"
local redraw = require "drumbeat.games_redraw"
local public = require "drumbeat.games_public"

local M = {}

-- Hands prizes to winners, best first; what is left goes back to the budget.
local function award_all(self, game, winners)
  local rows = engine.list("prizes", "of_game", game)
  local tier, used, given = 1, 0, 0
  for number, who in ipairs(winners) do
    local prize = self.prizes[tier]
    engine.add("games", game, "plays", 1)
    engine.add("games", game, "wins", 1)
    engine.add("prizes", rows[tier], "given", 1)
    games.award(prize, { game = game, member = who, row = rows[tier], number = number, why = "won",
      budget = self.budget, again = true })
    given = given + prize.value
    used = used + 1
    if used == prize.stock then
      tier, used = tier + 1, 0
    end
  end
  games.release(self, game, self.cost - given)
end

local function read_prizes(thing, spec, word, stock)
  if spec.prizes ~= nil and type(spec.prizes) ~= "table" then
    util.fault("%s: prizes is a list: { { \"Coat\", value = yuan(900) }, ... }, not %s", word,
      units.describe(spec.prizes))
  end
  thing.prizes, thing.cost, thing.winners = {}, 0, 0
  for i, raw in ipairs(spec.prizes or { spec.prize }) do
    local prize = incentives.read_prize(raw, word, thing.budget)
    prize.stock = spec.prizes and (prize.stock or 1) or stock
    thing.prizes[i] = prize
    thing.cost = thing.cost + prize.value * prize.stock
    thing.winners = thing.winners + prize.stock
  end
  if #thing.prizes == 0 then
    util.fault("%s: prize = { \"name\", value = .. } is missing", word)
  end
end

local function worst(self)
  local count = math.max(1, #util.groups())
  return self.cost * count, ("%s '%s': prizes in %d groups"):format(self.word, self.name, count)
end

local function offer_common(self, name, id)
  if name == "prizes" or name == "stock" then
    return games.list_prizes(self.prizes, "prizes")
  elseif name == "prize" or name == "first_prize" then
    return self.prizes[1].name
  elseif name == "commitment" then
    return games.commitment(self, id)
  end
  return nil
end

-- The Nth like ------------------------------------------------------------------------------------

local Like = things.kind {
  offers = { "n", "prize", "prizes", "odds", "stock", "rules", "commitment" },
  worst = worst }

function Like:offer(name, id)
  if name == "n" then
    return tostring(self.n)
  elseif name == "odds" then
    return util.say("not by chance: like number %d in order of time", "按点赞时间顺序第%d位"):format(self.n)
  elseif name == "rules" then
    return util.say("who likes this post as number %d wins; the secret seed puts likes of the same "
      .. "instant in order", "第%d位点赞者获奖；同一时刻的点赞由种子决定先后"):format(self.n)
  end
  return offer_common(self, name, id)
end

---Its row, budget and commitment.
function Like:prepare(id)
  return games.prepare(self, id, { kind = "nth_like", cost = self.cost, budget = self.budget,
    prizes = self.prizes, rules = { n = self.n, text = self:offer("rules", id) } })
end

---Posts what is to be liked.
function Like:open(where, text, options)
  return games.open(self, where, text, options, function()
    return util.say("Like this post!", "给这条点赞！"), { like = true, post = engine.next_id("posts") }
  end, function(game, id, key)
    return engine.insert("posts", { ext = key, group = id, game = game, at = engine.now() })
  end)
end

-- Who liked, when, and who doesn't count and why.
local function likes_of(game, id)
  local entrants, times, excluded = {}, {}, {}
  for _, post in ipairs(engine.all("posts")) do
    if engine.get("posts", post, "game") == game then
      for _, like in ipairs(engine.list("likes", "of_post", post)) do
        local who = engine.get("likes", like, "member")
        if not engine.get("likes", like, "liked") then
          excluded[#excluded + 1] = { who, "took it back" }
        elseif not engine.is_present(who, id) then
          excluded[#excluded + 1] = { who, "left the group" }
        else
          entrants[#entrants + 1] = who
          times[#times + 1] = engine.get("likes", like, "at")
        end
      end
    end
  end
  return entrants, times, excluded
end

---Counts and rewards the Nth liker.
function Like:close(where)
  local result = games.close_all(self, where, function(game, id)
    local entrants, times, excluded = likes_of(game, id)
    local winners, why = nil, ("%d likes"):format(#entrants)
    if #entrants >= self.n then
      winners, why = engine.draw(game, self.n, entrants, times, excluded)
    end
    award_all(self, game, winners or {})
    if not winners then
      engine.milestone("no_winner", #entrants, ("%s: %s"):format(self.name, why), id, self.n)
    end
    return { winners = winners or {}, receipt = games.close(game), why = why, amount = #entrants }
  end)
  result.likes, result.amount = result.amount and result.amount.value or 0, nil
  return result
end

---Draws again for the liker who isn't reachable: the next like in order.
function Like:redraw(who, why, options)
  return redraw.prizes(self, who, why, options)
end

local function nth_like(spec)
  local thing = things.new("nth_like", spec, { "name", "n", "prize", "budget" }, Like)
  thing.n = things.whole(spec, "n", "nth_like")
  thing.budget = things.budget(spec, "nth_like", thing.name)
  read_prizes(thing, spec, "nth_like", 1)
  return thing
end

-- The nightly lottery -----------------------------------------------------------------------------

local Lottery = things.kind {
  offers = { "prize", "prizes", "first_prize", "n", "odds", "stock", "rules",
  "commitment" } }

-- Drawn once for all groups, or once in each.
function Lottery:worst()
  local count = #util.groups()
  if self.across == "all" then
    return self.cost, ("lottery '%s': prizes once"):format(self.name)
  elseif self.across == "each" then
    return self.cost, ("lottery '%s': prizes once, shared by %d groups"):format(self.name, count)
  end
  return worst(self)
end

local WHO = {
  talkers = { "members who spoke today", "今天发过言的成员" },
  present = { "members of the group", "群内成员" },
  repliers = { "members who replied today", "今天参与接龙的成员" },
}

-- weighted = ...: what makes one chance larger than another.
local WEIGHTS = {
  spend = { "what each has spent in the campaign", "活动期间消费金额" },
  invites = { "the friends each has brought who stayed", "有效邀请人数" },
  tickets = { "the tickets each holds", "持有的抽奖券数" },
}
local ACROSS = {
  all = { ", all groups together", "，所有群一起抽" },
  each = { ", as many from each group", "，每群名额相同" },
}

-- "in proportion to the tickets each holds (...); at most 20 count"
local function weights_text(self)
  local weight = WEIGHTS[self.weighted]
  if not weight then
    return nil
  end
  local text = util.say("in proportion to " .. weight[1], "按" .. weight[2] .. "加权")
  if self.tickets then
    text = text .. util.say(" (%s)", "（%s）"):format(self.tickets)
  end
  if self.most then
    local most = self.weighted == "spend" and engine.money(self.most) or tostring(self.most)
    text = text .. util.say("; at most %s of each counts", "；每人最多计%s"):format(most)
  end
  return text
end

function Lottery:offer(name, id)
  if name == "n" then
    return tostring(self.winners)
  elseif name == "odds" then
    return weights_text(self)
      or util.say("the same for everybody who takes part", "每位参与者机会均等")
  elseif name == "rules" then
    local text = util.language() == "zh"
      and ("从%s中抽%d位"):format(WHO[self.who][2], self.winners)
      or ("%d drawn from %s"):format(self.winners, WHO[self.who][1])
    return text .. (ACROSS[self.across] and util.say(table.unpack(ACROSS[self.across])) or "")
      .. util.say("; who won before is left out", "；已中奖者除外")
      .. (self.public and public.text(self) or "")
  end
  return offer_common(self, name, id)
end

---Its row, budget and commitment.
function Lottery:prepare(id)
  local kind = self.public and "rfc3797" or self.across == "each" and "stratified"
    or self.weighted and "weighted" or "draw"
  local rules = self.public and public.rules(self) or {}
  rules.winners, rules.who, rules.across = self.winners, self.who, self.across
  rules.weighted, rules.most, rules.tickets = self.weighted, self.most, self.tickets
  rules.text, rules.odds = self:offer("rules", id), self:offer("odds", id)
  return games.prepare(self, id, { kind = kind, cost = self.cost, budget = self.budget,
    prizes = self.prizes, rules = rules })
end

local function spoke_today(who, campaign, since)
  local row = engine.find("participants", "by_member", campaign, who)
  return row and engine.get("participants", row, "messages") > 0
    and engine.get("members", who, "seen_at") >= since
end

local function replied_today(id)
  local day, set = engine.context(), {}
  for _, chain in ipairs(engine.list("chains", "of_group", id)) do
    if engine.get("chains", chain, "day") == day then
      for _, reply in ipairs(engine.list("replies", "of_chain", chain)) do
        set[engine.get("replies", reply, "member")] = true
      end
    end
  end
  return set
end

-- Tickets -----------------------------------------------------------------------------------------

local TICKETS_MAX = 1000000 -- Of one member.

-- The row in which a member's tickets stand: {n=, by = {why = n}}.
local function tickets_row(self, who)
  return engine.memory_get("library", who, "tickets " .. self.name) or { n = 0, by = {} }
end

local function check_tickets(self, word, who)
  if self.weighted ~= "tickets" then
    util.fault("lottery '%s' isn't weighted by tickets: write weighted = \"tickets\"", self.name)
  elseif not member.is(who) then
    util.fault("%s: the member is missing", word)
  end
end

---Gives tickets for this draw; all that were given in the campaign count, whichever day's playbook
---names the lottery.
---@param who table
---@param n integer
---@param why string stands in the row that keeps them
---@return integer? tickets she holds now
---@return string? refusal
function Lottery:give_tickets(who, n, why)
  util.runs("lottery:give_tickets")
  check_tickets(self, "lottery:give_tickets(member, n, why)", who)
  local count = things.whole({ n = n }, "n", "lottery:give_tickets")
  if type(why) ~= "string" or why == "" or #why > 60 then
    util.fault("lottery:give_tickets(member, n, \"replied on day 1\"): say why")
  end
  return util.try("tickets", self.name, function()
    local row = tickets_row(self, who.id)
    if row.n + count > TICKETS_MAX then
      return nil, ("more than %d tickets"):format(TICKETS_MAX)
    end
    row.n = row.n + count
    row.by[why] = (row.by[why] or 0) + count
    engine.memory_set("library", who.id, "tickets " .. self.name, row)
    return row.n
  end)
end

---How many tickets she holds.
---@return integer
function Lottery:tickets_of(who)
  check_tickets(self, "lottery:tickets_of(member)", who)
  return util.look("tickets", function()
    return tickets_row(self, who.id).n
  end)
end

-- How large her chance is; nil: all the same.
local function weight_of(self, who, campaign)
  local weight
  if self.weighted == "spend" then
    local row = engine.find("participants", "by_member", campaign, who)
    weight = row and engine.get("participants", row, "spent") or 0
  elseif self.weighted == "invites" then
    local row = engine.find("inviters", "by_member", campaign, who)
    weight = row and engine.get("inviters", row, "effective") or 0
  elseif self.weighted == "tickets" then
    weight = tickets_row(self, who).n
  end
  return weight and self.most and math.min(weight, self.most) or weight
end

local function takes_part(self, who, replied, since)
  local _, campaign = engine.context()
  return self.who == "present" or replied and replied[who]
    or self.who == "talkers" and spoke_today(who, campaign, since)
end

-- Adds those of one group to {entrants, values, excluded}; who is in several takes part in one.
local function add_entrants(self, id, to)
  local day, campaign = engine.context()
  local since = engine.get("days", day, "from_at")
  local replied = self.who == "repliers" and replied_today(id)
  for _, who in ipairs(engine.present(id)) do
    if not to.seen[who] and takes_part(self, who, replied, since) then
      to.seen[who] = true
      local weight = weight_of(self, who, campaign)
      if engine.memory_get("library", who, "won") then
        to.excluded[#to.excluded + 1] = { who, "won before" }
      elseif weight and weight < 1 then
        to.excluded[#to.excluded + 1] = { who, "no " .. self.weighted }
      else
        to.entrants[#to.entrants + 1] = who
        to.values[#to.values + 1] = self.across == "each" and id or weight
      end
    end
  end
end

local function entrants_of(self, id)
  local to = { entrants = {}, values = {}, excluded = {}, seen = {} }
  for _, group_id in ipairs(id == 0 and util.groups() or { id }) do
    add_entrants(self, group_id, to)
  end
  return to.entrants, #to.values > 0 and to.values or nil, to.excluded
end

-- Draws are opened and closed in one go.
local function draw_now(self, where, fn)
  util.runs(self.word .. ":draw")
  group.check(where, self.word .. ":draw")
  if self.across and where.id ~= 0 then
    util.fault("%s '%s' is drawn once for all groups: use at(..., { per = \"campaign\" })",
      self.word, self.name)
  end
  local opened, why = games.open(self, where)
  if not opened and why and not why:find("open already", 1, true) then
    return { winners = {}, plays = 0, wins = 0, why = why }
  end
  return games.close_all(self, where, fn)
end

-- Prizes for who was drawn; she takes part in no later one.
local function reward(self, game, winners)
  award_all(self, game, winners)
  for _, who in ipairs(winners) do
    engine.memory_set("library", who, "won", true)
  end
end

public.reward = reward

---Freezes who takes part, before the public numbers are known.
function Lottery:freeze(where)
  return public.freeze(self, where, entrants_of)
end

---Enters what a source has brought; the last one draws.
function Lottery:numbers(where, source, list)
  return public.numbers(self, where, source, list)
end

---Draws now and rewards.
function Lottery:draw(where)
  if self.public then
    util.fault("lottery '%s' is drawn by public numbers: freeze it, then enter the numbers",
      self.name)
  end
  return draw_now(self, where, function(game, id)
    local entrants, values, excluded = entrants_of(self, id)
    local count = self.across == "each" and self.winners // #util.groups()
      or math.min(self.winners, #entrants)
    local winners, why = {}, nil
    if #entrants > 0 then
      winners, why = engine.draw(game, count, entrants, values, excluded)
    end
    reward(self, game, winners or {})
    if not winners or #winners == 0 then
      engine.milestone("no_winner", #entrants, ("%s: %s"):format(self.name,
        why or "nobody took part"), id)
    end
    return { winners = winners or {}, receipt = games.close(game), why = why }
  end)
end

---Draws again for the place of a winner who isn't reachable.
function Lottery:redraw(who, why, options)
  local instead, refusal = redraw.prizes(self, who, why, options)
  if instead then
    util.act("won", self.name, function()
      engine.memory_set("library", who.id, "won", nil)
      engine.memory_set("library", instead.id, "won", true)
    end)
  end
  return instead, refusal
end

local function check_lottery(spec)
  if spec.weighted ~= nil and not WEIGHTS[spec.weighted] then
    util.fault("lottery: weighted is \"spend\", \"invites\" or \"tickets\", not %s%s",
      units.describe(spec.weighted), util.meant(spec.weighted, util.keys(WEIGHTS)))
  elseif spec.across ~= nil and not ACROSS[spec.across] then
    util.fault("lottery: across is \"all\" (groups together) or \"each\" (as many from each), not "
      .. "%s", units.describe(spec.across))
  elseif spec.weighted and spec.across == "each" then
    util.fault("lottery: weighted doesn't go with across = \"each\"")
  elseif spec.weighted == "tickets" and type(spec.tickets) ~= "string" then
    util.fault("lottery: tickets = \"one for each evening you reply\": say how they are earned, "
      .. "it is published with the rules")
  elseif spec.tickets ~= nil and spec.weighted ~= "tickets" then
    util.fault("lottery: tickets goes with weighted = \"tickets\"")
  elseif spec.most ~= nil and not spec.weighted then
    util.fault("lottery: most says how much of each counts: it goes with weighted")
  end
end

local function lottery(spec)
  local thing = things.new("lottery", spec, { "name", "prize", "prizes", "winners", "who",
    "budget", "weighted", "across", "most", "tickets", "public" }, Lottery)
  check_lottery(spec)
  public.read(thing, spec)
  public.declare(thing)
  thing.tickets = spec.tickets
  if spec.most ~= nil then
    thing.most = spec.weighted == "spend" and things.money(spec, "most", "lottery")
      or things.whole(spec, "most", "lottery")
  end
  thing.weighted, thing.across, thing.whole = spec.weighted, spec.across, spec.across ~= nil
  thing.who = spec.who or (thing.tickets and "present" or "talkers")
  if not WHO[thing.who] then
    util.fault("lottery: who is %s, not %s%s", table.concat(util.keys(WHO), ", "),
      units.describe(thing.who), util.meant(thing.who, util.keys(WHO)))
  end
  thing.budget = things.budget(spec, "lottery", thing.name)
  read_prizes(thing, spec, "lottery", spec.prizes and 1 or things.whole(spec, "winners", "lottery",
    1))
  local groups = math.max(1, #util.groups())
  if thing.across == "each" and thing.winners % groups ~= 0 then
    util.fault("lottery: across = \"each\": %d prizes can't be shared by %d groups alike",
      thing.winners, groups)
  end
  return thing
end

-- The lucky fairy ---------------------------------------------------------------------------------

local Fairy = things.kind {
  offers = { "at_most", "odds", "stock", "rules", "commitment" }, worst = worst }

function Fairy:offer(name, id)
  if name == "at_most" then
    return engine.money(self.at_most)
  elseif name == "odds" then
    return self.weighted and util.say("in proportion to the amount of the order", "按订单金额加权")
      or util.say("the same for every paid order", "每笔已付订单机会均等")
  elseif name == "stock" then
    return util.say("one order", "1笔订单")
  elseif name == "rules" then
    return util.say("one paid order is drawn and its amount goes back to the buyer, at most %s",
      "从已付订单中抽取1笔，全额返还，最高%s"):format(engine.money(self.at_most))
  elseif name == "commitment" then
    return games.commitment(self, id)
  end
  return nil
end

---Its row, budget and commitment.
function Fairy:prepare(id)
  return games.prepare(self, id, { kind = "fairy", total = self.at_most, cost = self.at_most,
    budget = self.budget, rules = { at_most = self.at_most, weighted = self.weighted,
      text = self:offer("rules", id) } })
end

---Announces the rules; orders take part from now on.
function Fairy:open(where, text, options)
  return games.open(self, where, text, options)
end

-- Pays a drawn order back from what is reserved. The buyer, and how much it is.
local function pay_back(self, game, order)
  local who = engine.get("orders", order, "member")
  local left = engine.get("orders", order, "total") - engine.get("orders", order, "refunded")
  local amount = math.min(left, self.at_most)
  if redraw.pay(self.budget, amount, who, "lucky fairy", game, order) then
    engine.set_paid_back(order, amount, self.budget) -- A refund of the order takes it back.
  end
  games.release(self, game, self.at_most - amount)
  games.play { game = game, member = who, number = 1, amount = amount, why = "won" }
  talk.dm(who, "result", util.say("The lucky fairy pays your order back: %s!",
    "幸运锦鲤：您的订单全额返还%s！"):format(engine.money(amount)))
  return who, amount
end

---Draws one paid order and pays it back.
function Fairy:draw(where)
  local result = draw_now(self, where, function(game, id)
    local order, why = engine.draw_orders(game, engine.get("games", game, "opened_at"), id,
      self.weighted or false)
    if not order then
      games.release(self, game, self.at_most)
      engine.milestone("no_winner", 0, ("%s: %s"):format(self.name, why or "no orders"), id)
      return { winners = {}, receipt = games.close(game), why = why or "no orders" }
    end
    local who, amount = pay_back(self, game, order)
    engine.add("games", game, "plays", 1)
    engine.add("games", game, "wins", 1)
    return { winners = { who }, receipt = games.close(game), order = order, amount = amount }
  end)
  return result
end

---Draws again when the buyer isn't reachable: another order is paid back instead of hers.
function Fairy:redraw(who, why, options)
  return redraw.order(self, who, why, options, function(game, order)
    return (pay_back(self, game, order))
  end)
end

local function fairy(spec)
  local thing = things.new("fairy", spec, { "name", "budget", "at_most", "weighted" }, Fairy)
  thing.at_most = things.money(spec, "at_most", "fairy", true)
  thing.cost = thing.at_most
  thing.weighted = spec.weighted and true or false
  thing.whole = true
  thing.budget = things.budget(spec, "fairy", thing.name)
  return thing
end

M.words = { nth_like = nth_like, lottery = lottery, fairy = fairy }

return M
