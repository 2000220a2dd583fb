-- What warm-up says. Topics reveal a little at a time: write your own into the campaign.
return {
  en = {
    alarm = "{date}, {hour}: be here. There is something for everybody in {group}.",
    topics = {
      { "We are putting something together for you in the next days. First question: what of ours "
        .. "do you use up soonest?" },
      { "I have counted your answers. I may say this much: what most of you named is in it." },
      { "The boss has just asked whether I have gone mad with the offer. I take that as a yes." },
    },
    chant = "{start} tomorrow, I want to win",
    cover = "{start} tomorrow, I want to win",
    envelope = "A small one for those who are here tonight. And so that nobody forgets tomorrow, "
      .. "copy the line below.",
    after = "{count} of you have set the alarm. See you tomorrow at {start}.",
    hello = "{start}, here we go! A few drops first, then we talk.",
    offer = "Now that everybody is here: {offer_text}",
    offer_text = "for you alone, today only: {discount} off everything in the shop. {link}",
  },
  zh = {
    alarm = "{date}{hour}，准时到群里。{group}的每一位都有份。",
    topics = {
      { "这几天在给大家准备点东西。先问一句：我们家的东西，你哪样用得快？" },
      { "大家的回答我都数过了。先透露一点：说得多的那样，这次有。" },
      { "老板刚问我，这个优惠力度是不是疯了。我就当他同意了。" },
    },
    chant = "明晚{start}，我要中奖",
    cover = "明晚{start}，我要中奖",
    envelope = "小红包一个，给今晚在场的朋友。怕明天忘了，把下面这句接龙起来。",
    after = "{count}位已经定好闹钟，明晚{start}见！",
    hello = "{start}到啦，开始！先下一阵红包雨，再说正事。",
    offer = "人到齐了，说正事：{offer_text}",
    offer_text = "群内专享，仅限今天，店里全场立减{discount}。{link}",
  },
}
