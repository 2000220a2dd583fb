-- Day 5, all groups: the sale. Prices flip by themselves at the time that prices{} of the campaign
-- says; give the same time as `start`.
playbook {
  name = "sale",
  version = 1,
  goal = "buy",
  about = "The last envelope, prices, garments one by one, a second wave, and the lucky fairy",
}

local say = texts(from "texts.lua")

local input = inputs {
  remind = flag { true, help = "Whoever holds vouchers is told in private that they end tonight" },
  remind_at = clock { "12:00", help = "... at this time" },
  fairy_rules_at = clock { "14:00", help = "When the lucky fairy is announced" },
  fairy_at = clock { "22:30", help = "Orders paid by then take part; then it is drawn" },
  fairy_most = money { money(3000), help = "What comes back at most" },
  start = clock { "20:30", help = "When prices flip: as in prices{} of the campaign" },
  closes = clock { "24:00", help = "When they end: as in prices{} of the campaign" },
  discount = percent { percent(45), help = "Price cut on the list price" },
  chant = words { say.chant, help = "What members copy just before" },
  purse_total = money { money(200), help = "The last red envelope: the cash in it, each group" },
  parts = count { 100, min = 2, help = "Into how many parts it is split" },
  drops = goods_list { help = "Garments posted one by one, by sku" },
  drop_every = duration { minutes(3), help = "Between two garments" },
  peak_least = count { 15, min = 1, help = "Visitors a minute below which nothing is a peak" },
  peak_fall = percent { percent(20), help = "How far visitors must fall from the peak" },
  peak_over = duration { minutes(5), help = "... and for how long" },
  wave_by = clock { "21:45", help = "The second wave starts then if no peak has passed" },
  commission = percent { percent(5), help = "What a buyer gets of what friends buy by her code" },
  spend = money { optional = true, help = "Every so much spent ..." },
  save = money { optional = true, help = "... takes so much off; without both, no promotion" },
  offers = budget { "offers", help = "Budget of that promotion" },
  gifts = budget { "fairy", help = "Budget of the lucky fairy" },
  envelopes = budget { "red-envelopes", help = "Budget of the last envelope" },
}

local lucky = fairy { name = "fairy", budget = input.gifts, at_most = input.fairy_most }
local purse = envelope {
  name = "last envelope", total = input.purse_total, parts = input.parts, drama = 50, pays = "cash",
  cover = say.cover, budget = input.envelopes,
}
local saving = input.spend and input.save and promotion {
  "spend and save", off = input.save, every = input.spend, budget = input.offers,
}
local uv = meter { least = input.peak_least, fall = input.peak_fall, over = input.peak_over }
local wave = second_wave {
  commission = input.commission, text = say.wave, ask = say.wave_chant, dm = say.wave_dm,
}

-- One fairy for all groups together.
at(input.fairy_rules_at, "lucky fairy", function(groups)
  groups:announce("rules", say.fairy, { about = lucky })
  lucky:open(groups)
end, { per = "campaign" })

at(input.remind_at, "vouchers end tonight", function(group)
  if input.remind then
    group:remind(hours(24), say.remind)
  end
end)

at("18:00", "fill the cart", function(group)
  group:announce("spoiler", say.soon)
  if saving then
    group:announce("spoiler", say.saving)
  end
end)

at(input.start - minutes(10), "chant", function(group)
  group:say(say.nearly)
  group:wait(minutes(7))
  group:ask_to_copy(input.chant)
end)

at(input.start, "sale", function(group)
  group:announce("spoiler", say.open, { tone = "notice" })
  purse:open(group, say.purse)
  group:wait(minutes(2))
  for _, sku in ipairs(input.drops) do
    group:drop(sku, say.drop)
    group:wait(input.drop_every)
  end
  purse:close(group)
  group:say(say.halfway, { with = { orders = group.orders } })
end)

-- Watch visitors climb and do nothing. When they have peaked and fall: the second wave, once.
local function second(groups, why)
  if groups.memory.wave then
    return
  end
  groups.memory.wave = why
  note("second wave", 0, why)
  wave:start(groups)
end

every(minutes(1), "visitors", function(groups)
  if uv:passed() then
    second(groups, "visitors have peaked")
  end
end, { from = input.start, to = input.fairy_at, per = "campaign" })

at(input.wave_by, "second wave at the latest", function(groups)
  second(groups, uv:verdict())
end, { per = "campaign" })

at(input.fairy_at - minutes(20), "last call", function(group)
  group:say(say.last_call)
end)

at(input.fairy_at, "fairy draws", function(groups)
  local result = lucky:draw(groups)
  if result.order then
    groups:announce("winners", say.fairy_won, {
      with = { winner = result.winners[1].name, amount = result.amount } })
  else
    groups:say(say.fairy_none)
  end
  groups:wait(minutes(5))
  groups:say(say.bye)
end, { per = "campaign" })
