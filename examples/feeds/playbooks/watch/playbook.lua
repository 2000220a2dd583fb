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

-- Where it stands each half hour, and when the recording has ended.
local function tell()
  note("peak", visitors:now(), visitors:verdict())
end

every(minutes(30), "half hour", tell, { from = "09:30", to = "11:10", per = "campaign" })
at("11:10", "the end", tell, { per = "campaign" })
