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
  placeholder = money { money(9999), help = "What the shop shows before the sale; as in prices{}" },
  draw = prize_list { { { "a scarf", value = money(89) } }, help = "What is drawn tonight" },
  winners = count { 3, min = 1, help = "How many win it, in each group" },
  suspense_at = clock { "21:30", help = "The last line of the evening" },
  suspense = words { say.suspense, help = "Names a benefit for tomorrow and no detail" },
  gifts = budget { "gifts", help = "Budget of the nightly draw" },
  vouchers = budget { "vouchers", help = "Budget of vouchers" },
}

local thanks = coupon {
  name = "awake", off = input.for_awake, stacks = true, per_member = 1,
  total = input.awake_total, budget = input.vouchers,
}
local nightly = lottery {
  name = "night 2", prizes = input.draw, winners = input.winners, who = "repliers",
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
  nightly:draw(group)
  group:announce("winners", say.draw_winners)
end)

at(input.suspense_at, "suspense", function(group)
  group:announce("teaser", input.suspense)
end)
