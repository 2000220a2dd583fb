-- A shop small enough to price by hand.
campaign {
  name = "shop", brand = "Shop", title = "Shop", from = "2025-11-07", timezone = "Asia/Shanghai",
  currency = "CNY", language = "en", link = "https://shop.example", contact = "the desk",
}
group { "g1", title = "Group", segment = "old", members = 10, limit = 500 }
host { "u-1", name = "Host" }
budget { "vouchers", yuan(1000) }
goods {
  { "coat", "Coat", list = yuan(1200), deal = yuan(660), floor = yuan(600), cost = yuan(300),
    stock = 10, category = "coats", image = "coat.jpg" },
  { "scarf", "Scarf", list = yuan(100), deal = yuan(80), floor = yuan(10), cost = yuan(5),
    stock = 10, category = "scarves", image = "scarf.jpg" },
}
prices {
  placeholder = yuan(9999),
  opens = { day = 1, at = "20:30" },
  closes = { day = 1, at = "22:00" },
}
day(1) { playbook = "offer" }
