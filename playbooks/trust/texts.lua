-- What trust says. The story's posts come one after the other; write your own into the campaign.
return {
  en = {
    story = {
      { "A question while the kettle boils: do you still have a piece from ten years ago in your "
        .. "wardrobe that you would not give away? What is it?" },
      { "I am asking because of last week. We were behind the stage of our own show. Thirty looks, "
        .. "eleven minutes, and not one zip got stuck. I counted." },
      { "Our designer learnt from her grandmother, at one sewing machine, in one room. She still "
        .. "cuts the first sample of each piece herself, with the same scissors." },
      { "Yesterday I found a photo of the two of them in a drawer of the workshop. Something in it "
        .. "made me stop. Guess what it is; I will show it to you tonight." },
    },
    reveal = {
      { "Here is the photo. Look at the coat on the left." },
      { "The same coat, this autumn. Same cut, same lining, forty years apart." },
    },
    tonight = "Tonight at {winners_at}: who won by inviting friends. And something for everyone "
      .. "who is here, without exception.",
    invited = "Winners of the invitation tiers: {winners}. Each has a message about what she "
      .. "won. All names were looked through by a person; who thinks hers is missing, write to "
      .. "{hosts}.",
    no_invited = "The list of invitations is still being looked through; who reached a tier gets a "
      .. "message as soon as that is done.",
    everyone = "Not on the list? Nobody goes home with nothing: everyone in this group has just "
      .. "got {offer}, no minimum. It adds up with what you win this week.",
    shop = "The shop is open to look around: {link}\nEvery price shows {placeholder} for now. That "
      .. "is not a price, it means \"not for sale yet\". Put into your cart what you like.",
    like_post = "Our photo of the two of them hangs in the shop now. Like this post: the like "
      .. "number {n} wins {prize}. We count at {like_close}; taking a like back does not help.",
    like_wait = "Counting in five minutes. Number {n} wins; likes come in all the time.",
    like_winner = "Number {n} was {winners}. The T-shirt is on its way to you: the code is in your "
      .. "messages. Show it around, it is a nice one.",
    like_none = "We did not reach {n} likes, so nobody wins this one. The T-shirt stays "
      .. "in our drawer.",
    proof = "CERTIFICATE\n{member} has won {prize} at {brand}.\nShow this code to customer service "
      .. "to claim it: {code}\nOne of us will answer within a day. Feel free to show it around.",
    draw_rules = "And the nightly draw, as every evening: who has said something here today takes "
      .. "part. Prizes: {prizes}.",
    draw_winners = "Tonight's draw: {winners}. Congratulations!",
    draw_none = "Nobody took part in tonight's draw, so nothing was drawn.",
    suspense = "Tomorrow there will be a reason to be here at 20:30 sharp. It turns, it is round, "
      .. "and I say no more. Good night!",
  },
  zh = {
    story = {
      { "趁烧水问一句：你衣柜里有没有一件穿了十年还舍不得扔的衣服？是什么？" },
      { "为什么问这个呢，上周我们在自家秀场后台，三十套造型，十一分钟，一条拉链都没卡住，我数着的。" },
      { "我们的设计师是跟外婆学的手艺，一台缝纫机，一间小屋。到现在每一款的第一件样衣，"
        .. "还是她自己用那把老剪刀裁的。" },
      { "昨天在工作室抽屉里翻到一张她们俩的老照片，有个地方让我愣住了。你们猜是什么？"
        .. "晚上给大家看。" },
    },
    reveal = {
      { "照片来了。看左边那件大衣。" },
      { "今年秋天的同一件。同样的剪裁，同样的里衬，中间隔了四十年。" },
    },
    tonight = "今晚{winners_at}公布邀请大奖名单。另外，在群里的每一位都有一份，一个都不少。",
    invited = "邀请奖名单：{winners}。奖励已私信给各位。名单由人工逐一核对，觉得漏了自己的，"
      .. "直接找{hosts}。",
    no_invited = "邀请名单还在核对，达标的朋友核对完会收到私信，请放心。",
    everyone = "没上榜也别急，谁都不空手：群里每一位刚刚都收到了{offer}，无门槛，"
      .. "和这几天赢到的可以叠加使用。",
    shop = "小店先开门给大家逛：{link}\n现在所有商品都显示{placeholder}，这不是售价，意思是“还没开卖”。"
      .. "喜欢的先加购物车。",
    like_post = "她们俩的照片现在挂在店里了。给这条点赞：第{n}个赞的朋友得{prize}。"
      .. "{like_close}统计，取消再点不算数哦。",
    like_wait = "五分钟后统计，第{n}个赞是谁呢？",
    like_winner = "第{n}个赞是{winners}！T恤归你，领奖码在私信里，记得晒出来。",
    like_none = "今天没到{n}个赞，这一件没送出去，先收回抽屉。",
    proof = "获奖证书\n{member}在{brand}赢得{prize}。\n凭此码联系客服领取：{code}\n"
      .. "客服一天之内回复。欢迎晒给朋友看。",
    draw_rules = "每晚一抽，照旧：今天在本群说过话的朋友都参加。奖品：{prizes}。",
    draw_winners = "今晚抽中的是{winners}，恭喜！",
    draw_none = "今晚没有人参加，这一抽就先不抽了。",
    suspense = "明晚20:30，请准时。它是圆的，会转，别的我不说了。晚安！",
  },
}
