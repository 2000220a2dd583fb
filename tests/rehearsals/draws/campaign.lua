-- Lotteries over several groups, a winner who isn't reachable, rules of a draw that never comes,
-- and an announcement for a sharp hour.
campaign { name = "draws", brand = "Green Kettle", from = "2027-03-01", timezone = "Europe/Berlin",
  currency = "EUR", link = "https://tea.example", contact = "hello@tea.example" }
group { "tea-1", title = "Kettle club", segment = "old", members = 100, limit = 200 }
group { "tea-2", title = "Kettle club south", segment = "old", members = 80, limit = 200 }
host { "u-host", name = "Ida (Green Kettle)" }
budget { "gifts", money(900) }
budget { "cash", money(200) }
budget { "wheel", money(300) }
goods { { "TEA-1", "First flush", list = money(30), deal = money(18), floor = money(12),
  cost = money(5), stock = 900 } }
prices { placeholder = money(999), opens = { day = 1, at = "21:00" },
  closes = { day = 1, at = "24:00" } }
day(1) { playbook = "draws" }
