-- One evening with everything that must happen exactly once: points.pl kills it at each instant.
campaign { name = "night", brand = "Test", from = "2025-11-07", timezone = "Asia/Shanghai",
  currency = "CNY", language = "en", title = "Test" }
group { "g1", segment = "old", limit = 500 }
goods {
  { "S1", "Skirt", list = yuan(300), deal = yuan(180), floor = yuan(100), cost = yuan(60),
    stock = 50 },
  { "S2", "Cap", list = yuan(80), deal = yuan(50), floor = yuan(20), cost = yuan(9) },
}
prices { placeholder = yuan(9999), opens = { day = 1, at = "09:40" },
  closes = { day = 1, at = "10:10" } }
budget { "games", yuan(2000) }
budget { "tiers", yuan(500) }
day(1) { playbook = "night" }
