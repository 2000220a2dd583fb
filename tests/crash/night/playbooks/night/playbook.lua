playbook { name = "night", version = 1, goal = "buy", about = "An evening killed at each instant" }
local off = coupon { name = "ten", off = yuan(10), budget = "tiers", total = 20 }
local growth = invitations { name = "growth", budget = "games",
  tiers = { { 1, off }, { 2, { "Shawl", value = yuan(90), stock = 1 } } } }
local purse = envelope { name = "purse", total = yuan(30), parts = 6, drama = 60,
  budget = "games" }
local nightly = lottery { name = "nightly", prize = { "Scarf", value = yuan(80) }, winners = 2,
  who = "talkers", budget = "games" }
at("09:02", "growth", function(group)
  growth:start(group, "poster")
end)
at("09:10", "purse", function(group)
  purse:open(group, "Six parts")
  group:wait_for { claims = 6, within = minutes(15) }
  local king = purse:close(group).king
  group:say("the luckiest: " .. (king and king.name or "nobody"))
end)
at("09:30", "draw", function(group)
  group:announce("rules", "Two scarves: {odds}", { about = nightly })
  group:wait(minutes(4))
  local drawn = nightly:draw(group)
  group:announce("winners", "{winners}", { about = nightly })
  group:wait(minutes(1))
  for _, winner in ipairs(drawn.winners) do
    group:say("a scarf for " .. winner.name)
  end
end)
at("10:00", "tiers", function(group)
  local paid = growth:pay(group)
  group:say("tiers paid: " .. #paid.winners)
end)
on("order", function(order)
  order.member:dm("Thank you!")
end)
