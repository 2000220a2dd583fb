-- A campaign with a fault of each kind: see tests/cli/faulty.txt.
campaign { name = "faulty", brnd = "Maison", from = "2025-11-07", timezone = "Asia/Shanghai" }
group { "old-1", members = 60, limit = 200 }
budget { "gifts", 300 }
goods { { "SK-1", "Coat", list = yuan(1299) } }
day(1) { playbook = "evening", crwod = 8 }
