-- Promotions of every scope: one that its uses limit, one whose budget runs out, two of a lane, one
-- for newcomers, one of a playbook. People pay what quotes say, and some send things back.
campaign { name = "promotions", brand = "Green Kettle", from = "2027-03-01",
  timezone = "Europe/Berlin", currency = "EUR", link = "https://tea.example",
  contact = "hello@tea.example" }
group { "tea-1", title = "Kettle club", segment = "old", members = 180, limit = 300 }
group { "tea-2", title = "Kettle newcomers", segment = "new", members = 120, limit = 300 }
host { "u-host", name = "Ida (Green Kettle)" }
budget { "offers", money(1500) }
budget { "small", money(12) }
goods {
  { "TEA-1", "First flush", list = money(60), deal = money(36), cost = money(12),
    margin = percent(40), stock = 900, category = "tea" },
  { "POT-1", "Teapot", list = money(90), deal = money(64), floor = money(50), cost = money(30),
    stock = 400, category = "pots" },
}
prices { placeholder = money(999), opens = { day = 1, at = "20:30" },
  closes = { day = 1, at = "24:00" } }
promotion { "pots", scope = "catalogue", categories = { "pots" }, percent = percent(5),
  priority = 2 }
promotion { "every 50", off = money(3), every = money(50), at_most = money(9), total = 6,
  budget = "offers", lane = "sum" }
promotion { "two teas", buy = 1, get = 1, percent = percent(20), goods = { "TEA-1" },
  per_member = 1, lane = "sum" }
promotion { "welcome", when = { segment = "new", first_order = true }, off = money(4),
  budget = "small" }
promotion { "night", opens = { day = 1, at = "23:30" }, off = money(1) }
day(1) { playbook = "offers" }
