-- Day 2 in old groups: people who know the brand but muted the group hear it again.
playbook {
  name = "wake-up",
  version = 1,
  goal = "know",
  about = "A call that fills the screen, a voucher for who answers, and the nightly draw",
}

local say = texts(from "texts.lua")

local input = inputs {
  start = clock { "20:30", help = "The hour people get used to" },
  chant = words { say.chant, help = "What members copy" },
  awake = percent { percent(4), help = "Share of the group whose replies prove it is awake" },
  patience = duration { minutes(8), help = "How long a call waits for replies" },
  tries = count { 2, min = 1, max = 4, help = "Calls before we go on all the same" },
  for_awake = money { money(50), help = "Voucher without threshold for who answers the call" },
  awake_total = count { 300, min = 1, help = "How many of these vouchers at most, in all groups" },
  winners_at = clock { "20:00", help = "Winners of the invitations" },
  small_at = count { 3, min = 1, help = "First tier, as in growth" },
  small = money { money(30), help = "Its voucher" },
  small_total = count { 300, min = 1, help = "How many of them at most" },
  middle_at = count { 10, min = 2, help = "Second tier, as in growth" },
  middle = money { money(100), help = "Its voucher" },
  middle_total = count { 100, min = 1, help = "How many of them at most" },
  top_at = count { 30, min = 3, help = "Top tier, as in growth" },
  top = prize_list { { { "a garment of your choice", value = money(320), stock = 12 } },
    help = "Its garment" },
  sells_to = choice { "female", of = { "female", "male", "anybody" },
    help = "Whom the shop sells to, for the audit of late joiners" },
  placeholder = money { money(9999), help = "What the shop shows before the sale; as in prices{}" },
  draw = prize_list { { { "a scarf", value = money(89), stock = 3 } },
    help = "What is drawn tonight, in each group" },
  suspense_at = clock { "21:30", help = "The last line of the evening" },
  suspense = words { say.suspense, help = "Names a benefit for tomorrow and no detail" },
  gifts = budget { "gifts", help = "Budget of the nightly draw" },
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
local growth = invitations { -- The same tiers as in growth: here they are paid.
  name = "growth",
  tiers = {
    { input.small_at, small }, { input.middle_at, middle }, { input.top_at, input.top[1] },
  },
  audit = input.sells_to == "anybody" or input.sells_to, budget = input.gifts,
}
local thanks = coupon {
  name = "awake", off = input.for_awake, stacks = true, per_member = 1,
  total = input.awake_total, budget = input.vouchers,
}
local nightly = lottery {
  name = "night 2", prizes = input.draw, who = "repliers",
  budget = input.gifts,
}
certificate { text = say.proof }

at("09:30", "good morning", function(group)
  group:announce("teaser", say.morning)
end)

at("12:30", "talk", function(group)
  group:say(say.noon)
end)

at("18:00", "shop", function(group)
  group:say(say.shop)
end)

at(input.winners_at, "tiers", function(group)
  local result = growth:pay(group)
  group:announce("winners", #result.winners > 0 and say.invited or say.no_invited)
end)

-- Each reply to the call is worth a voucher; the count is told when the call is over.
on("reply", function(event)
  if event.member:give(thanks, "awake") then
    event.group.memory.awake = (event.group.memory.awake or 0) + 1
  end
end)

at(input.start, "call", function(group)
  group:say(say.ask)
  local open = group:gate {
    asks = input.chant, share = input.awake, within = input.patience, tries = input.tries,
    warm_up = say.warm_up,
  }
  if not open then
    group:say(say.quiet)
  end
  group:announce("rules", say.draw_rules, { about = nightly })
  group:wait(minutes(10))
  if (group.memory.awake or 0) > 0 then
    group:say(say.given, { with = { count = group.memory.awake } })
  end
  local drawn = nightly:draw(group)
  group:announce("winners", #drawn.winners > 0 and say.draw_winners or say.draw_none)
end)

at(input.suspense_at, "suspense", function(group)
  group:announce("teaser", input.suspense)
end)
