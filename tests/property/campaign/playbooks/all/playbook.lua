-- Every mechanic that moves money, opened and closed all day; members do at random what they like.
playbook { name = "all", version = 1, goal = "buy", about = "Everything that moves money" }

local COUPONS = {
  coupon { name = "thirty", off = yuan(30), over = yuan(100), stacks = true,
    budget = "vouchers" },
  coupon { name = "ten", off = yuan(10), stacks = true, budget = "vouchers" },
  coupon { name = "share", percent = percent(15), at_most = yuan(80), stacks = true,
    budget = "vouchers", total = 20, per_member = 2 },
  coupon { name = "alone", off = yuan(60), over = yuan(300), budget = "vouchers", total = 20 },
  coupon { name = "short", off = yuan(5), stacks = true, budget = "vouchers",
    last_day = 1 },
  card { name = "vip", percent = percent(12), price = yuan(99), budget = "vouchers", total = 5 },
}
local TIER = coupon { name = "tier", off = yuan(20), stacks = true, budget = "tiers" }
local TOP = coupon { name = "top", off = yuan(50), stacks = true, budget = "tiers", total = 20 }

local wheel = roulette { name = "wheel", budget = "games", otherwise = COUPONS[2], prizes = {
  { "Coat", value = yuan(310), odds = percent(2), stock = 3 },
  { "Twenty", off = yuan(20), odds = percent(20), stock = 12, budget = "games" } } }
local purse = envelope { name = "purse", total = yuan(30), parts = 12, budget = "games",
  king = COUPONS[6] }
local hearts = nth_like { name = "hearts", n = 5, prize = { "T-shirt", value = yuan(60) },
  budget = "games" }
local nightly = lottery { name = "nightly", prize = { "Shawl", value = yuan(80) }, winners = 2,
  who = "present", budget = "games" }
local lucky = fairy { name = "lucky", budget = "games", at_most = yuan(900) }
local growth = invitations { name = "growth", audit = true, budget = "games",
  tiers = { { 1, TIER }, { 3, TOP }, { 6, { "Shawl", value = yuan(90), stock = 4 } } } }
local wave = second_wave { commission = percent(5), text = "Share!", ask = "Mine is coming" }

at("08:00", "growth", function(group)
  growth:start(group, "poster")
end)

at("09:00", "wheel", function(group)
  group:announce("rules", "One spin each: {prizes}", { about = wheel })
  wheel:open(group)
  group:wait(hours(5))
  wheel:close(group)
end)

at("12:10", "purse", function(group)
  purse:open(group)
  group:wait_for { claims = 12, within = hours(2) }
  purse:close(group)
end)

at("13:00", "hearts", function(group)
  hearts:open(group, "Like this post")
  group:wait(hours(3))
  hearts:close(group)
end)

at("14:00", "fairy", function(group)
  group:announce("rules", "{rules}", { about = lucky })
  lucky:open(group)
  group:wait(hours(6))
  lucky:draw(group)
  nightly:draw(group)
end)

at("15:00", "wave", function(group)
  wave:start(group)
end, { per = "campaign" })

every(hours(1), "pay", function(group)
  growth:pay(group)
end, { from = "10:00", to = "22:00" })

local quotes = {}

local function ask(event)
  local lines = { { "SK-1", qty = 1 }, { "SK-2", qty = 2 }, { "SK-3", qty = 7 } }
  local basket = cart(lines)
  local offer = basket:quote(event.member)
  local final = offer:final()
  if not final then
    return
  end
  local best = offer:best()
  if final ~= best or offer:card() - offer:vouchers() ~= final or offer:deal() > offer:list() then
    error("a quote contradicts itself")
  end
  local anybody = basket:quote()
  if anybody:promotions() == offer:promotions() and anybody:final() < final then
    error("she pays more than anybody")
  end
  if event.text == "reserve" and offer:reserve(minutes(20)) then
    if offer:final() ~= final then
      error("a quote loses what it holds")
    end
    quotes[#quotes % 20 + 1] = offer
  end
end

local SAY = {
  quote = ask,
  reserve = ask,
  release = function()
    local offer = table.remove(quotes)
    if offer then
      offer:release()
    end
  end,
}
for i, thing in ipairs(COUPONS) do
  SAY["give " .. i] = function(event)
    event.member:give(thing, "asked for it")
  end
end

on("message", function(event)
  local say = SAY[event.text]
  if say then
    say(event)
  end
end)
