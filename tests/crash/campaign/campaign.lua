campaign { name = "crash", brand = "Test", from = "2025-11-07", timezone = "Asia/Shanghai",
  currency = "CNY", language = "en", title = "Test" }
group { "g1", segment = "old", limit = 500 }
group { "g2", segment = "new", limit = 500 }
goods {
  { "S1", "Skirt", list = yuan(300), deal = yuan(180), floor = yuan(100), cost = yuan(60),
    stock = 1000 },
}
budget { "games", yuan(2000) }
budget { "vouchers", yuan(2000) }
day(1) { playbook = "show" }
