-- Small budgets, many ways to spend them: what tests/property/turns.c plays at random.
campaign { name = "property", brand = "Maison", from = "2025-11-07", timezone = "Asia/Shanghai" }
group { "g-1", title = "One", segment = "old", members = 60, limit = 400 }
group { "g-2", title = "Two", segment = "new", members = 40, limit = 400, fed_by = "g-1" }
host { "u-host", name = "Lin (Maison)" }
guide { "u-guide", name = "Rui (Maison)", code = "RUI" }
budget { "games", yuan(60000) }
budget { "vouchers", yuan(4000) }
budget { "tiers", yuan(3000) }
budget { "commission", yuan(300) }
budget { "promos", yuan(9000) }
goods {
  { "SK-1", "Coat", list = yuan(1299), deal = yuan(714), floor = yuan(520), stock = 80 },
  { "SK-2", "Scarf", list = yuan(199), deal = yuan(109), floor = yuan(60), stock = 300 },
  { "SK-3", "Socks", list = yuan(49), deal = yuan(27), floor = yuan(9) },
}
prices { placeholder = yuan(9999), opens = { day = 1, at = "12:00" },
  closes = { day = 2, at = "22:00" } }
promotion { "coats", scope = "catalogue", goods = { "SK-1" }, off = yuan(15), total = 400,
  budget = "promos" }
promotion { "spend 500", when = { over = yuan(500) }, off = yuan(30), per_member = 2, total = 40,
  budget = "promos", lane = "a" }
promotion { "socks", buy = 2, get = 1, goods = { "SK-3" }, per_member = 3, lane = "a" }
promotion { "first", when = { first_order = true }, percent = percent(5), at_most = yuan(40),
  budget = "promos", group = "b" }
promotion { "new", when = { segment = "new" }, tiers = { { over = yuan(200), off = yuan(5) },
  { over = yuan(900), off = yuan(25) } }, total = 20, per_member = 1, budget = "promos",
  group = "b", closes = { day = 2, at = "12:00" } }
day(1) { playbook = "all", last = 2 }
