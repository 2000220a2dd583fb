-- A small campaign that uses most words; played by tests/words and by whoever works on lua/.
campaign { name = "words", brand = "Maison", from = "2025-11-07", timezone = "Asia/Shanghai",
  link = "https://shop.example/maison", contact = "+86 21 0000 0000" }

group { "old-1", title = "Maison friends", segment = "old", members = 120, limit = 200,
  awake = percent(60) }
group { "new-2", title = "Maison newcomers", segment = "new", limit = 200, fed_by = "old-1" }
host { "u-host", name = "Lin (Maison)" }

budget { "games", yuan(9000) }
budget { "vouchers", yuan(90000) }
budget { "commission", yuan(5000) }

goods {
  { "SK-1", "Wool coat", list = yuan(1299), deal = yuan(714), floor = yuan(520), cost = yuan(310),
    stock = 80, category = "coats" },
  { "SK-2", "Silk scarf", list = yuan(399), deal = yuan(219), floor = yuan(150), cost = yuan(70),
    stock = 200, category = "scarves" },
}
prices { placeholder = yuan(9999), opens = { day = 1, at = "20:30" },
  closes = { day = 1, at = "24:00" } }
promise { "budget_spent_bp", at_most = 10000, text = "Budgets hold" }

day(1) { playbook = "sample", greeting = "Good evening, {group}!" }
