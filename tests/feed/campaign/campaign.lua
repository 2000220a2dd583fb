campaign {
  name = "feed-test", brand = "Maison", from = "2025-11-07", timezone = "Asia/Shanghai",
  currency = "CNY",
}
group { "room", title = "Room", limit = 20000 }
host { "u-host", name = "Lin (Maison)" }
goods { { "SK-1", "Coat", list = yuan(1299), deal = yuan(714), floor = yuan(520), stock = 5 } }
day(1) { playbook = "hello" }
