playbook {
  name = "watch",
  version = 1,
  goal = "buy",
  about = "Watches who is in the shop, minute by minute, and says when the rush has passed",
}

local visitors = meter { least = 500, fall = percent(5), over = minutes(5) }

every(minutes(1), "look", function()
  visitors:passed()
end, { from = "09:00", to = "12:00", per = "campaign" })
