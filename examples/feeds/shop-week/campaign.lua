-- A shop's week with cancellations, on the shop's own calendar. Nobody chats: the one group stands
-- for the shop's customers.
campaign {
  name = "shop-week",
  brand = "Gift shop",
  from = "2011-11-21",
  timezone = "Europe/London",
  currency = "GBP",
}

group { "customers", title = "Customers" }

day(1) { playbook = "till", last = 7 }
