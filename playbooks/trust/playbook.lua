-- Day 2 in new groups: people who came for a bait get to know who is behind it, and nobody leaves
-- with nothing.
playbook {
  name = "trust",
  version = 1,
  goal = "trust",
  about = "A story instead of an advertisement, winners announced, a voucher for everyone",
}

local say = texts(from "texts.lua")

local input = inputs {
  story_at = clock { "14:00", help = "When the story begins" },
  story = posts { say.story, help = "A topic everyone shares, the show, the designer, suspense" },
  pause = duration { minutes(12), help = "Between two posts, so that people can talk" },
  reveal_at = clock { "19:30", help = "When the story's suspense is resolved" },
  reveal = posts { say.reveal, help = "The photos" },
  winners_at = clock { "20:00", help = "Winners of the invitations, voucher for everyone" },
  small_at = count { 3, min = 1, help = "First tier, as in growth" },
  small = money { money(30), help = "Its voucher" },
  small_total = count { 300, min = 1, help = "How many of them at most" },
  middle_at = count { 10, min = 2, help = "Second tier, as in growth" },
  middle = money { money(100), help = "Its voucher" },
  middle_total = count { 100, min = 1, help = "How many of them at most" },
  top_at = count { 30, min = 3, help = "Top tier, as in growth" },
  top = prize_list { { { "a garment of your choice", value = money(320), stock = 12 } },
    help = "Its garment" },
  for_everyone = money { money(100), help = "The voucher without threshold that everyone gets" },
  sells_to = choice { "female", of = { "female", "male", "anybody" },
    help = "Whom the shop sells to, for the audit of late joiners" },
  placeholder = money { money(9999), help = "What the shop shows before the sale; as in prices{}" },
  like_at = clock { "20:30", help = "The post to like: the hour people get used to" },
  like_close = clock { "20:50", help = "When the likes are counted" },
  n = count { 66, min = 2, help = "Which like wins; about a third of those who usually like" },
  like_prize = prize_list { { { "a T-shirt", value = money(59) } },
    help = "What the n-th liker wins" },
  draw = prize_list { { { "a scarf", value = money(89), stock = 2 } },
    help = "What is drawn tonight, in each group" },
  suspense_at = clock { "21:30", help = "The last line of the evening" },
  suspense = words { say.suspense, help = "Names a benefit for tomorrow and no detail" },
  gifts = budget { "gifts", help = "Budget of T-shirts and scarves" },
  vouchers = budget { "vouchers", help = "Budget of vouchers" },
}

local small = coupon {
  name = "invited-" .. input.small_at, off = input.small, stacks = true, per_member = 1,
  total = input.small_total, budget = input.vouchers,
}
local middle = coupon {
  name = "invited-" .. input.middle_at, off = input.middle, stacks = true, per_member = 1,
  total = input.middle_total, budget = input.vouchers,
}
local growth = invitations { -- The same tiers as in growth: here they are paid.
  name = "growth",
  tiers = {
    { input.small_at, small }, { input.middle_at, middle }, { input.top_at, input.top[1] },
  },
  audit = input.sells_to == "anybody" or input.sells_to, budget = input.gifts,
}
for _, post in ipairs(input.story) do
  post.after = post.after or input.pause
end

local thanks = coupon {
  name = "everyone", off = input.for_everyone, stacks = true, per_member = 1,
  budget = input.vouchers,
}
local hearts = nth_like {
  name = "photo", n = input.n, prize = input.like_prize[1], budget = input.gifts,
}
local nightly = lottery {
  name = "night 2", prizes = input.draw, who = "talkers",
  budget = input.gifts,
}
certificate { text = say.proof }

at("11:00", "tonight", function(group)
  group:announce("teaser", say.tonight)
end)

at(input.story_at, "story", function(group)
  group:story(input.story)
end)

at(input.reveal_at, "photos", function(group)
  group:story(input.reveal)
end)

at(input.winners_at, "tiers", function(group)
  local result = growth:pay(group)
  group:announce("winners", #result.winners > 0 and say.invited or say.no_invited)
end)

-- Two minutes after the list, so that nobody who isn't on it feels left out.
at(input.winners_at + minutes(2), "voucher for everyone", function(group)
  group:give_everyone(thanks, "everyone")
  group:announce("winners", say.everyone, { about = thanks })
  group:wait(minutes(8))
  group:announce("spoiler", say.shop, { tone = "notice" })
end)

-- Two peaks: after the announcement, and while all wait for the result.
at(input.like_at, "n-th like", function(group)
  hearts:open(group, say.like_post)
  group:wait_until(input.like_close - minutes(5))
  group:say(say.like_wait, { about = hearts })
  group:wait_until(input.like_close)
  local result = hearts:close(group)
  if #result.winners > 0 then
    group:announce("winners", say.like_winner)
  else
    group:say(say.like_none, { about = hearts })
  end
end)

at(input.like_close + minutes(10), "nightly draw", function(group)
  group:announce("rules", say.draw_rules, { about = nightly })
  group:wait(minutes(10))
  local drawn = nightly:draw(group)
  group:announce("winners", #drawn.winners > 0 and say.draw_winners or say.draw_none)
end)

at(input.suspense_at, "suspense", function(group)
  group:announce("teaser", input.suspense)
end)
