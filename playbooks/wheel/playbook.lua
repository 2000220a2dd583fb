-- Day 3, all groups: the wheel. The night before only a benefit was named; the rules stay secret
-- until the group has shown that it is watching.
playbook {
  name = "wheel",
  version = 1,
  goal = "emotion",
  about = "Spoiler, readiness test, rules, prizes one by one, and a wheel with a consolation",
}

local say = texts(from "texts.lua")

local input = inputs {
  spoiler_at = clock { "15:00", help = "The spoiler: what, but not how" },
  ready_at = clock { "20:30", help = "\"Back in ten minutes\": are people watching?" },
  start = clock { "20:40", help = "When the wheel starts if they are" },
  crowd = percent { percent(5), help = "Share of the group whose replies prove they are watching" },
  tries = count { 2, min = 1, max = 4, help = "Calls before we start all the same, as promised" },
  chant = words { say.chant, help = "What members copy before the wheel opens" },
  prizes = prize_list { {
    { "a coat", value = money(420), odds = percent(0.5), stock = 1 },
    { "a knitted dress", value = money(210), odds = percent(2), stock = 5 },
    { "a T-shirt", value = money(59), odds = percent(6), stock = 20 },
  }, help = "Garments on the wheel, for each group" },
  consolation = money { money(50), help = "Voucher for who wins no garment" },
  show_every = duration { minutes(1), help = "Between the pictures of two prizes" },
  open_for = duration { minutes(30), help = "How long the wheel turns" },
  suspense_at = clock { "21:45", help = "The last line of the evening" },
  suspense = words { say.suspense, help = "Names a benefit for tomorrow and no detail" },
  gifts = budget { "gifts", help = "Budget of the garments" },
  vouchers = budget { "vouchers", help = "Budget of the consolation vouchers" },
}

local consolation = coupon {
  name = "wheel consolation", off = input.consolation, stacks = true, per_member = 1,
  budget = input.vouchers,
}
local wheel = roulette {
  name = "wheel", prizes = input.prizes, otherwise = consolation, spins = 1, budget = input.gifts,
}
certificate { text = say.proof }

at(input.spoiler_at, "spoiler", function(group)
  group:announce("spoiler", say.spoiler)
  group:ask_to_copy(say.call)
end)

at(input.ready_at, "wheel", function(group)
  group:say(say.pause)
  local watching = group:gate {
    asks = say.here, share = input.crowd, within = minutes(10), tries = input.tries,
    warm_up = say.warm_up,
  }
  if not watching then
    group:say(say.late)
  end
  group:wait_until(input.start)

  group:announce("rules", say.rules, { about = wheel })
  group:ask_to_copy(input.chant)
  group:wait_for { replies = 20, within = minutes(4) }
  for place, prize in ipairs(input.prizes) do
    group:say(say.show, { image = prize.image,
      with = { place = place, prize = prize[1], count = prize.stock } })
    group:wait(input.show_every)
  end

  wheel:open(group, say.open)
  group:wait(input.open_for - minutes(5))
  group:say(say.bell)
  group:wait(minutes(5))
  local result = wheel:close(group)
  group:announce("winners", #result.winners > 0 and say.winners or say.no_winners)
end)

at(input.suspense_at, "suspense", function(group)
  group:announce("teaser", input.suspense)
end)
