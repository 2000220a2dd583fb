-- Every way of drawing among several groups, once.
playbook { name = "draws", version = 1, goal = "emotion", about = "Draws across groups" }

local all = lottery {
  name = "all", prize = { "Teapot", value = money(80) }, winners = 3, who = "present",
  across = "all", budget = "gifts",
}
local each = lottery {
  name = "each", prize = { "Cup", value = money(40) }, winners = 4, who = "present",
  across = "each", budget = "gifts",
}
local weighted = lottery {
  name = "weighted", prize = { "Tin", value = money(10) }, winners = 2, who = "present",
  across = "all", weighted = "spend", budget = "gifts",
}
local never = lottery {
  name = "never", prize = { "Tin", value = money(10) }, winners = 2, who = "present",
  budget = "gifts",
}

local raffle = lottery {
  name = "raffle", prize = { "Mug", value = money(10) }, winners = 2, across = "all",
  weighted = "tickets", tickets = "three for coming, nine for early birds", most = 5,
  budget = "gifts",
}

at("19:00", "tickets", function(groups)
  local place = 0
  groups:everyone(function(one)
    place = place + 1
    if place <= 50 then
      raffle:give_tickets(one, 3, "came")
    end
    if place <= 10 then
      raffle:give_tickets(one, 9, "early bird")
    end
  end)
end, { per = "campaign" })

at("19:30", "raffle", function(groups)
  groups:announce("rules", "Tickets in: {prizes}, {odds}.", { about = raffle })
  raffle:draw(groups)
end, { per = "campaign" })

at("20:30", "draws", function(groups)
  groups:announce("rules", "Tonight: {prizes}.", { about = all })
  groups:wait(minutes(1))
  local result = all:draw(groups)
  groups:announce("winners", "{winners}")
  local instead, why = all:redraw(result.winners[1], "not reachable")
  if not instead or instead == result.winners[1] then
    error(why or "the same again")
  end
  each:draw(groups)
  weighted:draw(groups) -- Nobody has spent anything: nobody takes part.
  groups:announce("rules", "Later: {prizes}.", { about = never })
end, { per = "campaign" })

at("20:45", "sharp", function(group)
  group:announce("teaser", "Sharp!")
  group:wait(minutes(1))
  group:say("A minute later.")
end, { ahead = minutes(1) })

-- Money prizes drawn again: what was sent stays hers until it has come back.
local cash = lottery {
  name = "cash", prize = { "Ten", cash = money(10) }, winners = 3, who = "present", across = "all",
  budget = "cash",
}
local lucky = fairy { name = "lucky", at_most = money(40), budget = "cash" }

local function refused_first(thing, winner)
  local nobody, why = thing:redraw(winner, "not reachable")
  if nobody or not why:find("came_back", 1, true) then
    error(why or "money that was sent went to somebody else")
  end
end

at("20:55", "fairy opens", function(groups)
  lucky:open(groups)
end, { per = "campaign" })

at("21:45", "money", function(groups)
  local first = cash:draw(groups).winners[2]
  groups:wait(minutes(1))
  refused_first(cash, first)
  local second = cash:redraw(first, "not reachable", { came_back = true })
  groups:wait(minutes(1))
  local third = cash:redraw(second, "not reachable either", { came_back = true })
  if third == first or third == second or cash:redraw(first, "again") then
    error("a former winner came again")
  end
  local buyer = lucky:draw(groups).winners[1]
  groups:wait(minutes(1))
  refused_first(lucky, buyer)
  if lucky:redraw(buyer, "not reachable", { came_back = true }) == buyer then
    error("the same buyer again")
  end
end, { per = "campaign" })

-- By public numbers (RFC 3797): all sources come; one is missing and counts as 0; none comes.
local function by_numbers(name, missing)
  return lottery {
    name = name, prize = { "Whisk", value = money(10) }, winners = 2, who = "present",
    across = "all", budget = "gifts",
    public = {
      sources = { "state lottery, six numbers", "horse race, winner" }, known = "21:15",
      last = "21:40", missing = missing,
    },
  }
end
local balls = { by_numbers("both", "off"), by_numbers("one", "zero"), by_numbers("none", "off") }

at("18:30", "numbers announced", function(groups)
  if balls[1]:freeze(groups) then
    error("frozen before the rules were announced")
  end
  for _, ball in ipairs(balls) do
    groups:announce("rules", "Tonight by numbers: {prizes}. {rules}", { about = ball })
  end
  if balls[1]:numbers(groups, 1, { 3 }) then
    error("numbers before the list was frozen")
  end
  groups:wait(minutes(10))
  for _, ball in ipairs(balls) do
    if not ball:freeze(groups) or ball:freeze(groups) or ball:numbers(groups, 1, { 3 }) then
      error("frozen twice, or numbers known too early")
    end
  end
  groups:wait_until("21:20")
  balls[1]:numbers(groups, 2, { 9319 })
  balls[2]:numbers(groups, 1, { 12, 2, 8, 10, 5 })
  if balls[1]:numbers(groups, 2, { 9320 }) or balls[1]:numbers(groups, 3, { 1 }) then
    error("numbers changed")
  end
  balls[1]:numbers(groups, 1, { 12, 2, 8, 10, 5 })
  if balls[1]:numbers(groups, 1, { 1 }) then
    error("drawn twice")
  end
end, { per = "campaign" })

-- A wheel with every limit: prizes come in steps, one of each a member, and only so many a day.
local wheel = roulette {
  name = "paced", spins = 3, spins_a_day = 2, wins_a_day = 1, budget = "wheel",
  pace = { slots = 4, every = minutes(5) },
  prizes = {
    { "Pot", value = money(5), odds = percent(30), stock = 12 },
    { "Cup", value = money(2), odds = percent(40), stock = 40, per_day = 9 },
  },
}

at("19:10", "paced wheel", function(group)
  group:announce("rules", "The wheel: {rules}", { about = wheel })
  wheel:open(group)
  group:wait(minutes(20))
  wheel:close(group)
end)
