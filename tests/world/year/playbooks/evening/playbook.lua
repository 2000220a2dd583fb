playbook { name = "evening", version = 1, goal = "buy", about = "An evening like all others" }
local thanks = coupon { name = "thanks", off = yuan(10), over = yuan(50), budget = "vouchers" }
local wheel = roulette { name = "wheel", budget = "games", otherwise = thanks, prizes = {
  { "Pin", value = yuan(5), odds = percent(10), stock = 10 } } }
local nightly = lottery { name = "nightly", prize = { "Shawl", value = yuan(80) }, winners = 1,
  who = "talkers", budget = "games" }
local hearts = nth_like { name = "hearts", n = 3, prize = { "T-shirt", value = yuan(60) },
  budget = "games" }
at("18:00", "call", function(group)
  group:ask_to_copy("I am here tonight")
  group:wait_for { replies = 5, within = minutes(40) }
  group:say("welcome")
end)
at("19:00", "wheel", function(group)
  group:announce("rules", "One spin each: {prizes}", { about = wheel })
  wheel:open(group)
  group:wait(hours(2))
  wheel:close(group)
end)
at("19:30", "hearts", function(group)
  hearts:open(group, "Like this post")
  group:wait(hours(1))
  hearts:close(group)
end)
at("21:00", "draw", function(group)
  group:announce("rules", "A shawl: {odds}", { about = nightly })
  group:wait(minutes(10))
  nightly:draw(group)
  group:announce("winners", "{winners}", { about = nightly })
end)
on("message", function(event)
  event.member.memory.said = (event.member.memory.said or 0) + 1
end)
on("order", function(order)
  order.member:give(thanks, "bought")
end)
