playbook { name = "show", version = 1, goal = "buy", about = "A day that is killed" }
local thanks = coupon { name = "thanks", off = yuan(30), over = yuan(100), budget = "vouchers",
  total = 60 }
local wheel = roulette { name = "wheel", otherwise = thanks, budget = "games", spins = 2, prizes = {
  { "Scarf", value = yuan(80), odds = percent(20), stock = 5 },
  { "Cap", value = yuan(20), odds = percent(30), stock = 12 } } }
at("10:00", "wheel", function(group)
  group:announce("rules", "Two spins each: {prizes} {odds} {stock} {commitment}", { about = wheel })
  wheel:open(group)
  for i = 1, 20 do
    group:wait(minutes(5))
    group:say("step " .. i)
  end
  wheel:close(group)
  group:announce("winners", "{winners}", { about = wheel })
end)
at("10:30", "chain", function(group)
  local chain = group:ask_to_copy("I am here")
  local many = group:wait_for { replies = 8, within = minutes(40) }
  group:say("replies " .. chain.replies .. " " .. tostring(many))
  local more = group:wait_for { messages = 100000, within = minutes(20) }
  group:say("more " .. tostring(more))
end)
every(minutes(20), "look", function(group)
  group.memory.looks = (group.memory.looks or 0) + 1
  group:say("look " .. group.memory.looks)
end, { from = "09:00", to = "13:00" })
on("message", function(event)
  event.member.memory.said = (event.member.memory.said or 0) + 1
  if event.text:find("answer", 1, true) then
    event.group:say("answer to " .. event.text)
  end
end)
on("order", function(order)
  order.member:give(thanks, "bought")
end)
