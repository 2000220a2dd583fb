-- Says what the promotions are, prices a cart for members and holds it for a while.
playbook { name = "offers", version = 1, goal = "buy", about = "Promotions, told and used" }

local tiers = promotion { "tiers", priority = 1, tiers = { { over = money(90), off = money(2) },
  { over = money(150), off = money(6) } }, per_member = 2, total = 60, budget = "offers" }

at("20:31", "offer", function(group)
  group:announce("teaser", "Tonight: {offer}. Come and see.", { about = tiers })
  local held = 0
  group:everyone(function(one)
    if held < 5 then
      local offer = cart { { "TEA-1", qty = 2 }, { "POT-1" } }:quote(one)
      local steps = offer:steps()
      if offer:deal() - offer:promotions() ~= offer:card() or steps[#steps].kind ~= "unused" then
        note("wrong", offer:promotions(), one.name)
      end
      held = held + (offer:reserve(minutes(10)) and 1 or 0)
    end
  end)
  note("held", held, "carts held")
end)

at("20:45", "drop", function(group)
  group:drop({ "TEA-1", "POT-1" }, "Only tonight: {goods}")
end)
