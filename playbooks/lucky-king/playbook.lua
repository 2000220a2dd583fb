-- Day 4, all groups: red envelopes opened in the shop. What is in them are vouchers, which add up;
-- the luckiest gets the membership card. The evening ends with what tomorrow brings.
playbook {
  name = "lucky-king",
  version = 1,
  goal = "emotion",
  about = "Red envelopes of vouchers, the card for the luckiest, and tomorrow's prices announced",
}

local say = texts(from "texts.lua")

local input = inputs {
  tease_at = clock { "15:00", help = "When the envelopes and the card are announced" },
  start = clock { "20:30", help = "The first envelope: the hour people get used to" },
  chant = words { say.chant, help = "What members copy before the first envelope" },
  rain_total = money { money(20), help = "A small cash envelope to call people in: what is in it" },
  rain_count = count { 3, min = 1, max = 6, help = "How many of them fall, one after the other" },
  rain_parts = count { 40, min = 2, help = "Into how many parts each is split" },
  rounds = count { 3, min = 1, max = 6, help = "How many envelopes of vouchers" },
  total = money { money(3000), help = "What is in one of them, for each group" },
  parts = count { 200, min = 2, help = "Into how many vouchers it is split" },
  drama = count { 60, min = 0, max = 100, help = "How uneven the parts are: 0 even, 100 wild" },
  between = duration { minutes(8), help = "Between two envelopes" },
  card_percent = percent { percent(12), help = "What the card takes off, on top of all" },
  card_price = money { money(599), help = "What the card is sold for" },
  card_cost = money { money(600), help = "What one card may cost the budget at most" },
  card_each = count { 1, min = 1, help = "How many cards for each group at most" },
  discount = percent { percent(45), help = "Tomorrow's price cut on the list price" },
  draw = prize_list { { { "a scarf", value = money(89), stock = 2 } },
    help = "What is drawn tonight, in each group" },
  tomorrow_at = clock { "21:30", help = "When tomorrow's prices are announced" },
  suspense = words { say.suspense, help = "The last line of the evening" },
  gifts = budget { "gifts", help = "Budget of the nightly draw" },
  envelopes = budget { "red-envelopes", help = "Budget of the red envelopes, cash and vouchers" },
  cards = budget { "card", help = "Budget of the card's discount" },
}

local vip = card {
  name = "card", percent = input.card_percent, price = input.card_price, at_most = input.card_cost,
  per_group = input.card_each, budget = input.cards,
}
local shower = rain {
  name = "rain", envelopes = input.rain_count, total_each = input.rain_total,
  parts = input.rain_parts, every = minutes(2), budget = input.envelopes,
}
local purses = {}
for place = 1, input.rounds do
  purses[place] = envelope {
    name = "envelope " .. place, total = input.total, parts = input.parts, drama = input.drama,
    pays = "voucher", cover = say.cover, budget = input.envelopes,
    king = place == input.rounds and vip or nil, -- The card is in the last one.
  }
end
local nightly = lottery {
  name = "night 4", prizes = input.draw, who = "talkers",
  budget = input.gifts,
}

at(input.tease_at, "the card", function(group)
  group:announce("spoiler", say.tease)
  group:wait(minutes(20))
  group:say(say.proof_card)
end)

at(input.start - minutes(5), "call", function(group)
  group:ask_to_copy(input.chant)
end)

at(input.start, "envelopes", function(group)
  shower:start(group)
  local king
  for place, purse in ipairs(purses) do
    if place == #purses then
      group:announce("spoiler", say.last)
    end
    group:say(say.round, { with = { place = place } })
    purse:open(group, say.open)
    group:wait_for { claims = input.parts, within = input.between }
    king = purse:close(group).king
    if place < #purses then -- A breath, to look into the shop.
      group:say(say.next_one)
      group:wait(minutes(2))
    end
  end
  if king then
    group:announce("winners", say.king, { with = { king = king.name } })
  else
    group:say(say.no_king)
  end
end)

at(input.tomorrow_at - minutes(20), "nightly draw", function(group)
  group:announce("rules", say.draw_rules, { about = nightly })
  group:wait(minutes(8))
  local drawn = nightly:draw(group)
  group:announce("winners", #drawn.winners > 0 and say.draw_winners or say.draw_none)
end)

at(input.tomorrow_at, "tomorrow", function(group)
  group:announce("spoiler", say.tomorrow, { tone = "notice" })
  group:say(say.carts)
  group:wait(minutes(5))
  group:announce("teaser", input.suspense)
end)
