playbook { name = "spin", version = 1, goal = "emotion",
  about = "A wheel for benchmarks: open all day, a spin each" }

local wheel = roulette {
  name = "wheel", budget = "vouchers", spins = 1,
  prizes = {
    { "Scarf", value = yuan(10), odds = percent(5), stock = 1000000 },
    { "Pin", value = yuan(1), odds = percent(10), stock = 1000000 },
  },
}

at("00:00", "open", function(group)
  wheel:open(group, "Spin")
end)
