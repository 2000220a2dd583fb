-- What the wheel says.
return {
  en = {
    spoiler = "I may say one word: clothes. Real ones, in this group, tonight. How it works stays "
      .. "secret until then.",
    call = "Raffle in the group tonight {ready_at}",
    pause = "{ready_at}, good evening everybody! Two of us are still carrying boxes: back in "
      .. "ten minutes. Who is here already?",
    here = "I am here",
    warm_up = "The boxes are here, the room is still half empty. Look what is in the first one: "
      .. "{prizes}. Call your friends in; we start as soon as enough of you are here.",
    late = "We promised, so we start, with everyone who is here.",
    rules = "THE WHEEL\nOne spin for each of you, from the moment it opens, for {open_for}. Press "
      .. "the button, the wheel decides. Who wins no garment wins a voucher of {consolation}, no "
      .. "minimum; vouchers add up.\nGarments come with a code to claim them.",
    chant = "I love {brand}, I want to win",
    show = "Prize number {place}: {prize}. How many of them in this group: {count}.",
    open = "The wheel is open! One spin each, until the bell.",
    bell = "Five minutes until the bell. Who has not spun yet?",
    winners = "The bell! These garments have found somebody: {winners}.\nEveryone else has a "
      .. "voucher in her pocket. They all add up: look into the shop what yours are worth "
      .. "together. {link}",
    no_winners = "The bell! The garments stay with us this time; who has spun has a voucher in her "
      .. "pocket. They all add up: look into the shop what yours are worth together. {link}",
    proof = "CERTIFICATE\n{member} has won {prize} at {brand}.\nShow this code to customer service "
      .. "to claim it: {code}\nOne of us will answer within a day. Feel free to show it around.",
    suspense = "Tomorrow evening one card is given away here that otherwise costs good money. One "
      .. "of you will hold it. {ready_at} again. Good night!",
  },
  zh = {
    spoiler = "只能透露两个字：衣服。真的，就在群里，就在今晚。怎么玩？先保密。",
    call = "今晚{ready_at}群里抽奖",
    pause = "{ready_at}到啦，大家晚上好！我们还在搬箱子，十分钟就回来。谁已经到了？",
    here = "我到了",
    warm_up = "箱子搬来了，人还没到齐。先给大家看看第一箱是什么：{prizes}。叫上小伙伴，人齐就开始。",
    late = "说好的今晚，那就和在场的各位一起开始。",
    rules = "【大转盘规则】\n每人一次机会，开盘后{open_for}内有效。点按钮，转盘说了算。没转到衣服的，"
      .. "得{consolation}无门槛券，券可以叠加。\n衣服凭领奖码领取。",
    chant = "我爱{brand}，我要中奖",
    show = "第{place}样奖品：{prize}，本群共{count}份。",
    open = "转盘开了！每人一次，铃响为止。",
    bell = "还有五分钟响铃，谁还没转？",
    winners = "叮！今晚衣服归了：{winners}。\n其他朋友每人口袋里都有一张券，全部可以叠加，"
      .. "去店里看看加起来值多少：{link}",
    no_winners = "叮！今晚衣服没人转走，转过的朋友口袋里都有一张券，全部可以叠加，"
      .. "去店里看看加起来值多少：{link}",
    proof = "获奖证书\n{member}在{brand}赢得{prize}。\n凭此码联系客服领取：{code}\n"
      .. "客服一天之内回复。欢迎晒给朋友看。",
    suspense = "明晚有一张平时要花钱买的卡，只送给群里一位。还是{ready_at}见，晚安！",
  },
}
