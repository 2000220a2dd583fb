-- What wake-up says.
return {
  en = {
    chant = "Awake!",
    morning = "Good morning {group}! A long time since we all met here. Tonight at {start}: a "
      .. "small game, something to win, and a voucher for everybody who takes part. Set the alarm.",
    noon = "A question from the workshop: what would you wear tomorrow if nobody was looking? "
      .. "The answers go to our designer, really.",
    invited = "Winners of the invitation tiers: {winners}. Each has a message about what she "
      .. "won. All names were looked through by a person; who thinks hers is missing, write to "
      .. "{hosts}.",
    no_invited = "The list of invitations is still being looked through; who reached a tier gets a "
      .. "message as soon as that is done.",
    ask = "{start}! Who is here? Show us that {group} is awake:",
    warm_up = "Still a little quiet. I will wait: the first draw tonight is {prizes}, and it only "
      .. "starts when the room is awake.",
    quiet = "Then we do it cosily, among those who are here.",
    given = "{count} of you were awake at once: each has a voucher of {for_awake}, no minimum. It "
      .. "adds up with what you win this week.",
    draw_rules = "The nightly draw: who replied to the call tonight takes part. Prizes: {prizes}.",
    draw_winners = "Tonight's draw: {winners}. Congratulations! More tomorrow, same time.",
    draw_none = "Nobody took part in tonight's draw, so nothing was drawn.",
    proof = "CERTIFICATE\n{member} has won {prize} at {brand}.\nShow this code to customer service "
      .. "to claim it: {code}\nOne of us will answer within a day. Feel free to show it around.",
    shop = "The shop is open to look around: {link}\nEvery price shows {placeholder} for now. That "
      .. "is not a price, it means \"not for sale yet\".",
    suspense = "Tomorrow there will be a reason to be here at {start} sharp. It turns, it is "
      .. "round, and I say no more. Good night!",
  },
  zh = {
    chant = "我醒啦！",
    morning = "{group}的各位早上好，好久没热闹了！今晚{start}，一个小游戏，有奖，参加的人人有券。闹钟先定上。",
    noon = "替工作室问一句：要是没人看，明天你想穿什么出门？答案真的会拿给设计师看。",
    invited = "邀请奖名单：{winners}。奖励已私信给各位。名单由人工逐一核对，觉得漏了自己的，"
      .. "直接找{hosts}。",
    no_invited = "邀请名单还在核对，达标的朋友核对完会收到私信，请放心。",
    ask = "{start}到啦，谁在？让我看看{group}醒了没有：",
    warm_up = "还有点安静，不急，我等等。今晚第一抽是{prizes}，大家醒了就开始。",
    quiet = "那我们就小范围开心一下，在的都有份。",
    given = "秒醒的有{count}位，每人一张{for_awake}无门槛券已到账，和这几天赢到的可以叠加。",
    draw_rules = "每晚一抽：今晚接龙的朋友都参加。奖品：{prizes}。",
    draw_winners = "今晚抽中的是{winners}，恭喜！明晚同一时间继续。",
    draw_none = "今晚没有人参加，这一抽就先不抽了。",
    proof = "获奖证书\n{member}在{brand}赢得{prize}。\n凭此码联系客服领取：{code}\n"
      .. "客服一天之内回复。欢迎晒给朋友看。",
    shop = "小店先开门给大家逛：{link}\n现在所有商品都显示{placeholder}，这不是售价，意思是“还没开卖”。",
    suspense = "明晚{start}，请准时。它是圆的，会转，别的我不说了。晚安！",
  },
}
