-- An evening that uses most of the words.
playbook { name = "sample", version = 1, goal = "emotion", about = "Tries the words" }

local input = inputs {
  start = clock { "20:30", help = "The hour people are used to" },
  greeting = words { "Hello, {group}!", help = "How the evening begins" },
  crowd = count { 5, min = 1, help = "Replies that prove people are watching" },
  prizes = prize_list { {
    { "Wool coat", value = yuan(310), odds = percent(1), stock = 2 },
    { "Scarf", value = yuan(70), odds = percent(5), stock = 5 },
  }, help = "What is on the wheel, best first" },
  games = budget { "games", help = "Pays prizes" },
}

local voucher = coupon { name = "thirty", off = yuan(30), stacks = true, budget = "vouchers",
  per_member = 3 }
local wheel = roulette { prizes = input.prizes, otherwise = voucher, budget = input.games }

at("14:00", "spoiler", function(group)
  group:announce("spoiler", "Clothes tonight! {link}")
  group:ask_to_copy("Raffle in the group tonight at {start}!")
end)

at(input.start, "open the wheel", function(group)
  group:say(input.greeting)
  group:gate { asks = "I am here", replies = input.crowd, within = minutes(10),
    warm_up = "The first prize is {first_prize}." }
  group:announce("rules", "One spin each: {prizes}. No prize? {otherwise}.")
  group:ask_to_copy("I love {brand}, I want to win!")
  wheel:open(group)
  group:wait(minutes(20))
  wheel:close(group)
  group:announce("winners", "{winners}. Coupons add up!")
end)

on("join", function(join)
  join.member:dm("Welcome to " .. join.group.name)
end)
