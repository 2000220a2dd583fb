-- luacheck: max_line_length 130
-- The simulated crowd of a rehearsal: every parameter, with its source. Another file can be given with
-- `drumbeat rehearse --crowd FILE`. "case B" is the practitioner's account of five days with four groups of a women's
-- clothing brand; "judgement" means that nobody published a figure: the value is ours, and a brand that knows better should
-- put its own. What a rehearsal reports (who paid, how much) is nowhere written here: it follows from these habits.
return {
  hours = {
    values = { 0.15, 0.06, 0.03, 0.02, 0.02, 0.04, 0.12, 0.28, 0.40, 0.45, 0.48, 0.50,
               0.58, 0.52, 0.46, 0.46, 0.48, 0.54, 0.62, 0.78, 1.00, 0.98, 0.72, 0.35 },
    source = "shape of a day in chat and shopping logs (quiet 1-6, lunch bump, peak 20-22); case B meets at 20:30 for it",
  },

  -- Attention
  activity_sigma = { value = 0.7, source = "few members talk much, most little: log-normal, as in public chat logs" },
  read_share = { value = 0.62, source = "case C: activity of 60 % in well-kept groups" },
  read_delay_min = { value = 4, source = "judgement: an announcement mentions everybody and rings" },
  say_read_share = { value = 0.40, source = "judgement: a message without mention is seen by who is there" },
  dm_read_share = { value = 0.50, source = "judgement: personal messages are mostly read" },
  habit_gain = { value = 0.10, source = "case B: everyone comes at 20:30 every night (habit)" },
  habit_max = { value = 0.6, source = "judgement" },
  messages_day = { value = 0.8, source = "judgement, half of the recorded public channels' rate" },

  -- Replies, likes, games
  reply_first = { value = 0.12, source = "case A: once a few have replied, others follow" },
  reply_spread = { value = 0.65, source = "case A: once a few have replied, others follow" },
  reply_delay_s = { value = 40, source = "judgement" },
  press_share = { value = 0.72, source = "judgement: a free spin or envelope is taken by most who see it" },
  survey_share = { value = 0.30, source = "judgement" },
  like_share = { value = 0.55, source = "case B8: everyone likes it" },

  -- Growth
  poster_share = { value = 0.087, source = "case B1-B2: posters were too complicated for these users" },
  poster_friends = { value = 14, source = "judgement: a post among friends is seen by about that many who might care" },
  poster_join = { value = 0.13, source = "judgement" },
  invite_share = { value = 0.19, source = "case B3: invitations worked where posters had stalled" },
  invite_friends = { value = 8, source = "judgement: friends asked in one go" },
  invite_join = { value = 0.25, source = "judgement: a personal invitation, against a poster's" },
  invite_again = { value = 0.45, source = "case B3: tiers keep people going; the top tier is 30 effective invites" },
  relay_factor = { value = 0.60, source = "judgement: newcomers know the brand less" },
  share_delay_min = { value = 45, source = "judgement" },
  join_delay_min = { value = 50, source = "judgement" },
  fake_share = { value = 0.07, source = "case B4: it is easy to cheat; share by judgement" },
  male_share = { value = 0.06, source = "judgement: the shop sells women's clothing" },

  -- Leaving
  leave_day = { value = 0.002, source = "judgement: kept groups lose few" },
  leave_new_day = { value = 0.05, source = "case B3 counts joined - left; rate by judgement" },
  leave_fake_day = { value = 0.25, source = "judgement: accounts made to be counted are gone soon" },
  notice_leave = { value = 0.0002, source = "judgement: each announcement costs a little patience" },

  -- Visits
  visit_notice = { value = 0.35, source = "case C: 1,500 of 4,500 members visited" },
  visit_goods = { value = 0.25, source = "judgement" },
  visit_flip = { value = 0.55, source = "case B15: members fill their carts before and come when prices flip" },
  visit_again = { value = 0.25, source = "judgement" },
  favorite_share = { value = 0.06, source = "recorded shop stream: 3.4 favourites for 100 views; doubled for a sale" },
  cart_share = { value = 0.14, source = "recorded shop stream: 6.2 carts for 100 views; doubled for a sale" },

  -- Buying
  buy_base = { value = -5.2, source = "judgement: at list price next to nobody buys on a visit" },
  buy_depth = { value = 6.5, source = "case B17: price anchors; strength by judgement" },
  buy_voucher = { value = 3.0, source = "case B12: vouchers add up; strength by judgement" },
  buy_gift = { value = 1.6, source = "case B19: endowment; strength by judgement" },
  buy_habit = { value = 0.15, source = "case B: habit; strength by judgement" },
  buy_crowd = { value = 1.5, source = "case B: the more buy, the more buy; strength by judgement" },
  buy_sigma = { value = 1.2, source = "judgement: people differ more than offers do" },
  buy_delay_min = { value = 9, source = "judgement" },
  items_mean = { value = 1.25, source = "judgement" },
  items_voucher = { value = 1.0, source = "case B: vouchers raise the number of items; strength by judgement" },
  items_gift = { value = 0.5, source = "case B19: reciprocity; strength by judgement" },
  taste_slope = { value = 0.6, source = "popular goods outsell the rest: Zipf, exponent by judgement" },
  second_order = { value = 0.05, source = "judgement" },
  share_code = { value = 0.30, source = "case B16: buyers share their own code for a few points" },
  share_reach = { value = 6, source = "judgement" },
  share_visit = { value = 0.25, source = "judgement" },
  share_warmth = { value = 0.6, source = "judgement: a friend who has bought recommends" },
  claim_share = { value = 0.9, source = "judgement" },
  refund_share = { value = 0.0, source = "case B reports revenue before returns; returns come after the five days" },

  -- The simulated operator
  audit_delay_min = { value = 25, source = "judgement: two people look at the queue between other things" },
  audit_error = { value = 0.05, source = "judgement" },

  -- What-ifs: a campaign's own members are not this crowd, and each run takes them a little differently
  doubt_buy = { value = 0.25, source = "so wide that 9 of 10 rehearsals end within the range told before and during the sale" },
  doubt_visit = { value = 0.15, source = "the same" },
  doubt_items = { value = 0.20, source = "the same" },
}
