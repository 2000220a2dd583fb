playbook { name = "evening", version = 1, goal = "emotion", about = "Has a fault" }
local input = inputs {
  start = clock { "20:30", help = "Start" },
  crowd = count { 5, help = "Replies" },
}
local voucher = coupon { off = yuan(30), budget = "gfits", total = input.crowd }
at(input.start, "open", function(group) group:say("Hello {group}") group:give_everyone(voucher) end)
