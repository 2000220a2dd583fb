-- A playbook that stands all year: year.c looks whether memory stays what it was.
campaign { name = "year", brand = "Maison", from = "2025-01-01", timezone = "Asia/Shanghai",
  currency = "CNY", language = "en", title = "Year" }
group { "g-1", title = "One", segment = "old", members = 60, limit = 400 }
group { "g-2", title = "Two", segment = "new", members = 40, limit = 400, fed_by = "g-1" }
host { "u-host", name = "Lin (Maison)" }
budget { "games", yuan(6000000) }
budget { "vouchers", yuan(4000000) }
goods {
  { "SK-1", "Coat", list = yuan(1299), deal = yuan(714), floor = yuan(520) },
  { "SK-2", "Scarf", list = yuan(199), deal = yuan(109), floor = yuan(60) },
}
for d = 1, 365 do
  day(d) { playbook = "evening" }
end
