-- What lucky-king says.
return {
  en = {
    tease = "Tonight at {start}: {rounds} red envelopes, opened in the shop. The luckiest of you "
      .. "in this group gets the card, {card_percent} off on top of everything. It sells for "
      .. "{card_price}.",
    proof_card = "The card in short: {card_percent} off each order, also on sale prices, also on "
      .. "top of vouchers. One in this group tonight.",
    chant = "{start}, I am the lucky one",
    cover = "{brand}: good luck",
    round = "Envelope {place} of {rounds}. Everybody in the shop? {link}",
    open = "{parts} parts, opened in the shop. What is in yours is a voucher, no minimum; it adds "
      .. "up with what you have.",
    next_one = "All taken, or time is up. The next one in two minutes; keep what you have.",
    last = "This is the one with the card in it: whoever draws the largest part gets it.",
    king = "The lucky one is {king}! The card is hers: {card_percent} off tomorrow, on top of the "
      .. "sale price. To everyone else: look into the shop how much your vouchers make together.",
    no_king = "Nobody opened the last envelope, so the card stays in the drawer.",
    draw_rules = "And the nightly draw: who has said something here today takes part. Prizes: "
      .. "{prizes}.",
    draw_winners = "Tonight's draw: {winners}. Congratulations!",
    draw_none = "Nobody took part in tonight's draw, so nothing was drawn.",
    tomorrow = "Tomorrow {start} the prices appear: {discount} off the list price, for every "
      .. "piece, all at the same second. Your vouchers come on top.",
    carts = "So tonight: walk through the shop and fill your cart. Sizes are not many, I won't say "
      .. "there are more than the shop shows. {link}",
    suspense = "And the last red envelope of the week opens tomorrow, at {start} sharp. Whose will "
      .. "it be? Good night!",
  },
  zh = {
    tease = "今晚{start}，{rounds}个红包，进店才能拆。本群手气王得会员卡一张，所有优惠之上再减"
      .. "{card_percent}。这张卡平时卖{card_price}。",
    proof_card = "会员卡怎么用：每单再减{card_percent}，活动价也能用，和券一起用。今晚本群送出一张。",
    chant = "{start}，手气王就是我",
    cover = "{brand}：好运来",
    round = "第{place}个红包，共{rounds}个，都进店了吗？{link}",
    open = "{parts}份，进店拆。拆到多少就是多少的无门槛券，和手里的券叠加。",
    next_one = "抢完啦，或者时间到啦。两分钟后下一个，手里的券收好。",
    last = "会员卡就在这一个里：谁拆到的金额大，卡就归谁。",
    king = "今晚的手气王：{king}！会员卡归你，明天在活动价上再减{card_percent}。"
      .. "其他朋友去店里看看，手里的券加起来有多少啦。",
    no_king = "这一个没人拆，会员卡先收回抽屉。",
    draw_rules = "每晚一抽：今天在本群说过话的朋友都参加。奖品：{prizes}。",
    draw_winners = "今晚抽中的是{winners}，恭喜！",
    draw_none = "今晚没有人参加，这一抽就先不抽了。",
    tomorrow = "明晚{start}价格揭晓：全场在吊牌价上立减{discount}，所有款同一秒变价，手里的券再叠加。",
    carts = "今晚先做一件事：逛一圈，把喜欢的加进购物车。尺码库存以店里显示的为准。{link}",
    suspense = "还有，这一周的压轴红包，明晚{start}整点开。会是谁的呢？晚安！",
  },
}
