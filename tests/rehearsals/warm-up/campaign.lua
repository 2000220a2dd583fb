-- Case A: two days of countdown, then a rain of envelopes and an offer. Two groups of a tea shop,
-- in another zone and currency than the example.
campaign {
  name = "spring-tea", brand = "Green Kettle", from = "2026-03-18", timezone = "Europe/Berlin",
  currency = "EUR", language = "en", link = "https://tea.example", contact = "hello@tea.example",
}
group { "tea-1", title = "Kettle club", segment = "old", members = 200, limit = 300 }
group { "tea-2", title = "Kettle club south", segment = "old", members = 120, limit = 300 }
host { "u-host", name = "Ida (Green Kettle)" }
budget { "envelopes", money(400) }

day(1) {
  playbook = "warm-up", last = 3, before = 2, envelopes = "envelopes",
  purse_total = money(40), rain_total = money(20), discount = percent(15),
}
