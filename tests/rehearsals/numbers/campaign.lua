-- Public numbers that a host writes into the group; a member cannot, and nobody twice.
campaign { name = "numbers", brand = "Green Kettle", from = "2027-03-01",
  timezone = "Europe/Berlin", currency = "EUR" }
group { "g1", limit = 9 }
host { "h1", name = "Ida (Green Kettle)" }
budget { "b", money(100) }
day(1) { playbook = "saturday" }
