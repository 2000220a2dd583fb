-- What the benchmarks run: one day, one group, handlers that count.
campaign { name = "bench", brand = "Bench", from = "2025-11-07", timezone = "Asia/Shanghai",
  currency = "CNY", language = "en" }
group { "g-1", segment = "old", members = 0, limit = 1000000 }
group { "g-2", segment = "new", members = 0, limit = 1000000 }
budget { "vouchers", yuan(100000000) }
day(1) { playbook = "count", segment = "old" }
day(1) { playbook = "spin", segment = "new", track = "new" }
