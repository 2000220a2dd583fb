-- An evening that uses most of the words, in scenes with many steps: tests/words stops the engine
-- in the middle of them and starts it again.
playbook { name = "sample", version = 1, goal = "emotion", about = "Tries the words" }

local input = inputs {
  start = clock { "20:30", help = "The hour people are used to" },
  greeting = words { "Hello, {group}!", help = "How the evening begins" },
  crowd = count { 5, min = 1, help = "Replies that prove people are watching" },
  prizes = prize_list { {
    { "Wool coat", value = yuan(310), odds = percent(1), stock = 2 },
    { "Scarf", value = yuan(70), odds = percent(5), stock = 5 },
  }, help = "What is on the wheel, best first" },
  tale = posts { { { "A photo." }, { "Who is it?", after = minutes(2) } }, help = "A story" },
  games = budget { "games", help = "Pays prizes" },
}

local voucher = coupon { name = "thirty", off = yuan(30), stacks = true, budget = "vouchers",
  per_member = 5 }
local vip = card { name = "vip", percent = percent(12), price = yuan(599), budget = "vouchers",
  total = 4 }
local wheel = roulette { prizes = input.prizes, otherwise = voucher, budget = input.games }
local purse = envelope { total = yuan(40), parts = 20, budget = input.games, king = vip }
local shower = rain { envelopes = 2, total_each = yuan(10), parts = 8, every = minutes(3),
  budget = input.games, pays = "voucher" }
local hearts = nth_like { n = 3, prize = { "T-shirt", value = yuan(60) }, budget = input.games }
local nightly = lottery { prize = { "Shawl", value = yuan(80) }, winners = 2, who = "present",
  budget = input.games }

at("14:00", "spoiler", function(group)
  group:announce("spoiler", "Clothes tonight! {link}")
  group:ask_to_copy("Raffle in the group tonight at {start}!")
  group:story(input.tale)
end)

at(input.start, "open the wheel", function(group)
  group:say(input.greeting)
  local open = group:gate { asks = "I am here", replies = input.crowd, within = minutes(10),
    warm_up = "The first prize is {first_prize}." }
  group.memory.open = { gate = open, before = group.memory.open }
  group:announce("rules", "One spin each: {prizes}. No prize? {otherwise}.")
  local chain = group:ask_to_copy("I love {brand}, I want to win!")
  wheel:open(group)
  group:wait(minutes(20))
  local silent = #chain:silent()
  note("silent", silent, group.memory.open.gate and "open" or "closed")
  local result = wheel:close(group)
  group:announce("winners", "{winners}. Coupons add up!")
  if #result.winners > 0 then
    result.winners[1]:tag("won the wheel")
  end
  purse:open(group, "The last one: {parts} parts.")
  group:wait_for { claims = 10, within = minutes(5) }
  purse:close(group)
  shower:start(group)
  group:everyone(function(member)
    member.memory.seen = (member.memory.seen or 0) + 1
  end)
  group:wait_until("21:45")
  group:say("Good night, {group}!")
end)

at("21:00", "likes", function(group)
  hearts:open(group, "Like this post: number {n} wins.")
  group:wait_for { likes = 3, within = minutes(10) }
  hearts:close(group)
  nightly:draw(group)
  group:announce("winners", "{winners}")
end)

every(minutes(30), "look", function(groups)
  day.memory.looks = (day.memory.looks or 0) + 1
end, { from = "20:00", to = "22:00", per = "campaign" })

on("join", function(join)
  join.member:dm("Welcome to " .. join.group.name)
end)

on("reply", function(reply)
  if reply.place == 1 then
    reply.member:give(voucher, "first reply")
  end
end)

-- What a handler remembers comes back as it was, whatever it is.
local KEPT = { n = -12, large = 9007199254740993, yes = true, no = false, digits = "12",
  share = 0.5, money = yuan(3), list = { 1, "two" }, empty = "" }

on("reply", function(reply)
  local kept = reply.member.memory
  assert(reply.member.memory == kept and reply.group == reply.group, "objects of one event")
  for name, value in pairs(KEPT) do
    kept[name] = value
  end
  for name, value in pairs(KEPT) do
    if name == "money" then
      assert(kept.money + yuan(1) == yuan(4), name)
    elseif name == "list" then
      assert(kept.list[1] == 1 and kept.list[2] == "two", name)
    else
      assert(kept[name] == value and math.type(kept[name]) == math.type(value), name)
    end
  end
  kept.n = nil
  assert(kept.n == nil and reply.group.memory.n == nil and kept.never == nil, "nothing")
  reply.member:tag("replied")
  assert(reply.member:has("replied"), "a tag")
  reply.member:tag("replied", false)
  assert(not reply.member:has("replied"), "no tag")
  assert(#reply.group.ids == 1 and reply.group.name ~= "", "a group")
end)
