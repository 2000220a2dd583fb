playbook {
  name = "till",
  version = 1,
  goal = "buy",
  about = "A shop's week: notes large orders, gives nothing away",
}

local input = inputs {
  large = money { money(1000), help = "An order from this amount on is noted for the team" },
}

on("order", function(event)
  if event.total >= input.large then
    note("large order", event.total)
  end
end)
