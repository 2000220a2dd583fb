-- Wren & Loom, a women's clothing brand that doesn't exist, over five evenings of Double 11: two
-- old groups fill two new ones, then all four come every night at 20:30 until the sale on day 5.
local language = "en" -- or "zh": what members read.

local say = from("words.lua")[language]

campaign {
  name = "double-11", brand = say.brand, title = say.title, from = "2025-11-07",
  timezone = "Asia/Shanghai", currency = "CNY", language = language,
  link = "https://shop.example/wren", contact = say.contact,
}

group { "old-1", title = say.old_1, segment = "old", members = 500, limit = 500,
  awake = percent(66) }
group { "old-2", title = say.old_2, segment = "old", members = 500, limit = 500,
  awake = percent(24) }
group { "new-1", title = say.new_1, segment = "new", limit = 500, fed_by = "old-1" }
group { "new-2", title = say.new_2, segment = "new", limit = 500, fed_by = "old-2" }

host { "u-lin", name = say.host_1 }
host { "u-mo", name = say.host_2 }
guide { "u-rui", name = say.guide_1, code = "RIVER" }
guide { "u-an", name = say.guide_2, code = "STATION" }

-- All that may be given away. `drumbeat plan` shows what each evening could take at worst.
budget { "gifts", yuan(40000) }
budget { "vouchers", yuan(260000) }
budget { "red-envelopes", yuan(38000) }
budget { "card", yuan(3000) }
budget { "commission", yuan(145000) } -- 5 % of all the stock, should friends buy all of it.
budget { "fairy", yuan(12000) }

local catalogue = {}
for place, item in ipairs(from "catalogue.lua") do
  catalogue[place] = {
    item[1], item[language], list = item.list, deal = item.deal, floor = item.floor,
    cost = item.cost, stock = item.stock, category = item.category, image = item[1] .. ".jpg",
  }
end
goods(catalogue)

prices {
  placeholder = yuan(9999),
  opens = { day = 5, at = "20:30" },
  closes = { day = 5, at = "24:00" },
}

-- What the brand declares it will keep; the report says by how much it did.
promise { "budget_spent_bp", at_most = 10000, text = "No budget is overdrawn" }

-- Said once, for every evening that asks for it: what the top tier of invitations wins (it is
-- announced on day 1 and paid on day 2), and what is drawn each night.
all_days {
  top = { { say.choice, value = yuan(320), stock = 12 } },
  draw = { { say.scarf, value = yuan(89), stock = 2 } },
}

-- Day 1: old groups bring friends into the new ones, first by poster, then by invitation.
day(1) { playbook = "growth" }

-- Day 2: old groups wake up, new ones get to know who is behind it.
day(2) {
  playbook = "wake-up", segment = "old", track = "old",
  suspense = say.wheel_tomorrow,
}
day(2) {
  playbook = "trust", segment = "new", track = "new",
  story = say.story, reveal = say.reveal,
  like_prize = { { say.shirt, value = yuan(59) } },
  suspense = say.wheel_tomorrow,
}

-- Day 3: the wheel, from here on in all groups.
day(3) {
  playbook = "wheel",
  prizes = {
    { say.coat, value = yuan(455), odds = percent(0.5), stock = 1, sku = "CO-102",
      image = "CO-102.jpg" },
    { say.dress, value = yuan(290), odds = percent(2), stock = 5, sku = "DR-301",
      image = "DR-301.jpg" },
    { say.top, value = yuan(180), odds = percent(6), stock = 15, sku = "KN-404",
      image = "KN-404.jpg" },
  },
}

-- Day 4: red envelopes in the shop, and the card for the luckiest.
day(4) { playbook = "lucky-king" }

-- Day 5: the sale.
day(5) {
  playbook = "sale",
  drops = { "KN-404", "DR-301", "SH-501", "TR-601", "CO-102", "SK-702", "KN-401", "JA-201" },
}
