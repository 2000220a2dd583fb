-- Two hours of a large shop: visits, favourites, carts and purchases. Visitors are no members of
-- any group; the one group is there because a campaign plays somewhere.
campaign {
  name = "taobao",
  brand = "A large shop",
  from = "2017-11-26",
  timezone = "Asia/Shanghai",
  currency = "CNY",
}

group { "visitors", title = "Visitors" }

day(1) { playbook = "watch" }
