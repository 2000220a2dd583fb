-- One draw by the numbers of two sources.
playbook { name = "saturday", version = 1, goal = "emotion", about = "A draw by public numbers" }

local saturday = lottery {
  name = "saturday", budget = "b", prize = { "Tin", value = money(1) }, who = "present",
  public = { sources = { "state lottery", "horse race" }, known = "12:00", last = "20:00" },
}

at("10:00", "rules", function(group)
  group:announce("rules", "{rules}", { about = saturday })
  saturday:freeze(group)
end)
