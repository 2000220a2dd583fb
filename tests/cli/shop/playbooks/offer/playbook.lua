-- Coupons of every sort, and the card.
playbook { name = "offer", version = 1, goal = "buy", about = "Coupons to price a cart with" }

coupon { name = "thirty", off = yuan(30), over = yuan(500), stacks = true, budget = "vouchers",
  total = 3 }
coupon { name = "tenth", percent = percent(10), at_most = yuan(40), stacks = true,
  budget = "vouchers", total = 3 }
coupon { name = "hundred", off = yuan(100), over = yuan(2000), stacks = true, budget = "vouchers",
  total = 1 }
coupon { name = "alone", off = yuan(50), stacks = false, budget = "vouchers", total = 1 }
card { name = "gold", percent = percent(12), price = yuan(99), at_most = yuan(100), total = 1,
  budget = "vouchers" }

at("20:00", "hello", function(group)
  group:say("Hello")
end)
