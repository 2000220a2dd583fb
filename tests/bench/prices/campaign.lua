-- A shop whose prices are asked as often as the machine can: tests/bench/bench_price_lua.c.
campaign { name = "prices", brand = "Maison", from = "2025-11-07", timezone = "Asia/Shanghai" }
group { "g-1", title = "Prices", members = 10 }
budget { "vouchers", yuan(1000000) }
goods {
  { "coat", "Coat", list = yuan(1299), deal = yuan(714.45), floor = yuan(520) },
  { "dress", "Dress", list = yuan(699), deal = yuan(384.45), floor = yuan(280) },
  { "shirt", "Shirt", list = yuan(399), deal = yuan(219.45), floor = yuan(160) },
  { "scarf", "Scarf", list = yuan(199), deal = yuan(109.45), floor = yuan(80) },
  { "socks", "Socks", list = yuan(49), deal = yuan(26.95), floor = yuan(15) },
}
prices { placeholder = yuan(9999), opens = { day = 1, at = "00:00" } }
day(1) { playbook = "ask" }
