-- A file to recover: a thousand groups, a hundred scenes in each that wait. Ten tracks, for what a
-- playbook may hold in memory is enough for some ten thousand scenes.
campaign { name = "recovery", brand = "Bench", from = "2025-11-07", timezone = "Asia/Shanghai",
  currency = "CNY", language = "en" }
for i = 1, 1000 do
  group { "g-" .. i, segment = "s" .. i % 10, members = 0, limit = 1000000 }
end
for i = 0, 9 do
  day(1) { playbook = "evening", segment = "s" .. i, track = "t" .. i }
end
