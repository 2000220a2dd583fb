playbook { name = "ask", version = 1, goal = "buy", about = "Asks for prices in a loop" }

-- One voucher for the quote; for the search ten: amounts and percentages, with and without
-- threshold, one that stands alone.
local one = coupon { name = "one", off = yuan(100), over = yuan(500), stacks = true,
  budget = "vouchers", total = 10 }
local vip = card { name = "vip", percent = percent(12), price = yuan(599), budget = "vouchers",
  total = 10 }
local ten = {}
for i = 1, 10 do
  local threshold = i % 2 == 0 and yuan(300 * i) or nil
  if i % 3 == 0 then
    ten[i] = coupon { name = "share " .. i, percent = percent(i), over = threshold, stacks = true,
      at_most = yuan(400), budget = "vouchers", total = 10 }
  else
    ten[i] = coupon { name = "off " .. i, off = yuan(7 * i + 4), over = threshold,
      stacks = i ~= 8, budget = "vouchers", total = 10 }
  end
end

local ROUNDS = 100000
local handles = {}

local WORK = {
  give = function(member)
    member:give(vip, "bench")
    member:give(one, "bench")
  end,
  give_ten = function(member)
    member:give(vip, "bench")
    for i = 1, 10 do
      member:give(ten[i], "bench")
    end
  end,
  hold = function(member)
    handles.quote = cart { { "coat" }, { "dress", qty = 2 }, "shirt", { "scarf", qty = 3 },
      { "socks", qty = 4 } }:quote(member)
  end,
  empty = function()
    local sum = 0
    for i = 1, ROUNDS do
      sum = sum + i
    end
    return sum
  end,
  quote = function()
    local quote, sum = handles.quote, 0
    for _ = 1, ROUNDS do
      sum = sum + quote:final()
    end
    return sum
  end,
  best = function()
    local quote, sum = handles.quote, 0
    for _ = 1, ROUNDS do
      sum = sum + quote:best()
    end
    return sum
  end,
}

on("message", function(event)
  local sum = WORK[event.text](event.member)
  if sum then
    note("sum", sum // ROUNDS)
  end
end)
