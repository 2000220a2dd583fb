-- Day 1: old groups fill new ones. First by poster; when that stalls, a quick survey and a switch
-- to invitations with codes. Tiers are paid on the next evening, once a person has seen the audit's
-- queue: by trust and wake-up, which share these tiers.
playbook {
  name = "growth",
  version = 1,
  goal = "traffic",
  about = "Members bring members: by poster, and by invitation as soon as posters stall",
}

local say = texts(from "texts.lua")

local input = inputs {
  discount = percent { percent(45), help = "The campaign's price cut, as announced in the bait" },
  bait = words { say.bait, help = "What is in it for who joins, in one line" },
  posters_at = clock { "10:00", help = "When the posters go out" },
  rest = clock { "21:30", help = "When growth is left alone for the night" },
  asked = count { 15, min = 1, max = 50, help = "How many members a group's quick survey asks" },
  small_at = count { 3, min = 1, help = "Effective invites for the first tier" },
  small = money { money(30), help = "First tier: a voucher without threshold" },
  small_total = count { 300, min = 1, help = "First tier: vouchers at most, in all groups" },
  middle_at = count { 10, min = 2, help = "Effective invites for the second tier" },
  middle = money { money(100), help = "Second tier: a voucher without threshold" },
  middle_total = count { 100, min = 1, help = "Second tier: vouchers at most, in all groups" },
  top_at = count { 30, min = 3, help = "Effective invites for the top tier" },
  top = prize_list { { { "a garment of your choice", value = money(320), stock = 12 } },
    help = "Top tier: the garment, what one costs, and how many there are" },
  sells_to = choice { "female", of = { "female", "male", "anybody" },
    help = "Whom the shop sells to: one sign among others in the audit" },
  draw_at = clock { "20:30", help = "The nightly draw: the hour people get used to" },
  draw = prize_list { { { "a scarf", value = money(89), stock = 2 } },
    help = "What is drawn tonight, in each group" },
  suspense = words { say.suspense, help = "The last line of the evening" },
  gifts = budget { "gifts", help = "Budget of garments and scarves" },
  vouchers = budget { "vouchers", help = "Budget of vouchers" },
}

local small = coupon {
  name = "invited-" .. input.small_at, off = input.small, stacks = true, per_member = 1,
  total = input.small_total, budget = input.vouchers,
}
local middle = coupon {
  name = "invited-" .. input.middle_at, off = input.middle, stacks = true, per_member = 1,
  total = input.middle_total, budget = input.vouchers,
}
local growth = invitations {
  name = "growth",
  tiers = {
    { input.small_at, small },
    { input.middle_at, middle },
    { input.top_at, input.top[1] },
  },
  bait = input.bait, poster = say.poster, invite = say.invite,
  welcome = say.welcome, second = say.second,
  audit = input.sells_to == "anybody" or input.sells_to, budget = input.gifts,
}
local poll = survey { name = "why", question = say.question, answers = say.answers }
local nightly = lottery {
  name = "night 1", prizes = input.draw, who = "talkers",
  budget = input.gifts,
}

at(input.posters_at, "posters", function(group)
  growth:start(group, "poster")
end)

-- Half-hourly, for all groups together: has growth stalled? Ask a few members of old and new groups
-- why. An hour later the answers are in.
every(minutes(30), "growth meter", function(groups)
  if groups.memory.answer then
    return
  end
  local stalled, members = growth:stalled(groups)
  local ticks = groups.memory.ticks
  if ticks == 1 then
    local answer, votes = poll:top(groups)
    note("survey", votes, answer or "no answer")
    groups.memory.answer = answer or ""
  elseif ticks then
    groups.memory.ticks = ticks + 1
  elseif stalled then
    groups.memory.ticks = 0
    note("asking why", members, "growth has stalled")
    poll:ask(groups, input.asked)
  end
end, { from = input.posters_at, to = input.rest, per = "campaign" })

-- What people answered is told to them, and every group changes its method.
every(minutes(10), "change of method", function(group)
  local answer = day.memory.answer
  if not answer or growth:method(group) ~= "poster" then
    return
  end
  if answer ~= "" then
    group:say(say.simpler, { with = { answer = answer } })
  end
  growth:switch(group, "invite")
end, { from = input.posters_at, to = input.rest })

local function leaderboard(group)
  group:say(say.leaders)
end

at("13:00", "leaderboard at noon", leaderboard)
at("17:30", "leaderboard after work", leaderboard)

at(input.draw_at, "nightly draw", function(group)
  group:announce("rules", say.draw_rules, { about = nightly })
  group:wait(minutes(10))
  local drawn = nightly:draw(group)
  group:announce("winners", #drawn.winners > 0 and say.draw_winners or say.draw_none)
  leaderboard(group)
end)

at(input.rest, "suspense", function(group)
  group:announce("teaser", input.suspense)
end)
