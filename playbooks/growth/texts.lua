-- What growth says. Both languages hold the same names.
return {
  en = {
    bait = "{discount} off every item, vouchers without threshold on top",
    poster = "Dear all, {brand} is opening a new group, and there is something in it for you and "
      .. "your friends: {bait}.\n"
      .. "How to join in: 1) save this poster, 2) send it to friends who like to dress well, "
      .. "3) they scan it and come in. Who brings people gets:\n{tiers}\n"
      .. "Counted are people who stay. Questions: {hosts}.",
    invite = "We made it simpler. No poster any more: press \"invite\" and send the card to a "
      .. "friend. That is all. The counter is on: who joins counts, who leaves again does not."
      .. "\n{tiers}\nPaid out tomorrow at 20:00, once we have looked through the list. Questions: "
      .. "{hosts}.",
    simpler = "You said: \"{answer}\". Thank you, we changed it at once.",
    welcome = "Welcome to {group}! This is {brand}'s own group, run by {hosts}. "
      .. "Here: {bait}. Every evening at {draw_at} clothes are drawn among those who are here.\n"
      .. "Bring friends and win: {how}. What you get for those who stay:\n{tiers}",
    second = "A friend has joined by your invitation. You have brought {count} who stayed; at "
      .. "{next} it is: {next_prize}. (Who leaves is taken off, who comes back is put on.)",
    question = "A quick question, one tap is enough: what keeps you from bringing friends?",
    answers = { "Posters are too complicated", "I don't know what's in it for them",
      "I have no time today", "Nothing, I am on it" },
    leaders = "Who has brought people who stayed, as of {hour}:\n{leaders}\n"
      .. "The tiers are open to everybody:\n{tiers}",
    draw_rules = "{draw_at}, the nightly draw. Who has said something in this group "
      .. "today takes part. Prizes: {prizes}.",
    draw_winners = "Tonight's draw went to {winners}. Congratulations! More tomorrow, same time.",
    draw_none = "Nobody took part in tonight's draw, so nothing was drawn.",
    suspense = "Tomorrow at 20:00 we announce who won by inviting. And nobody will leave "
      .. "empty-handed. Good night!",
  },
  zh = {
    bait = "全场立减{discount}，再叠加无门槛代金券",
    poster = "朋友们，{brand}开新群啦，自己和朋友都有份：{bait}。\n"
      .. "参加方法：①保存这张海报；②发给爱穿搭的朋友；③朋友扫码进群。带人进群的奖励：\n{tiers}\n"
      .. "只计算留在群里的人。有问题随时找{hosts}。",
    invite = "玩法变简单了！不用发海报，点一下“邀请”，把卡片转给朋友就行。系统自动计数：进群加一，"
      .. "退群减一。\n{tiers}\n名单核对之后，明晚20:00统一兑现。有问题随时找{hosts}。",
    simpler = "刚才问了几位群友，大家说：“{answer}”。收到，马上改！",
    welcome = "欢迎来到{group}！这里是{brand}官方福利群，群主：{hosts}。"
      .. "群里有什么：{bait}。每晚{draw_at}在群里抽衣服，人在就有机会。\n"
      .. "带朋友来一起拿奖：{how}。留下的朋友满多少人，奖励是什么：\n{tiers}",
    second = "有朋友通过你的邀请进群啦！你现在的有效邀请是{count}人，到{next}人可得：{next_prize}。"
      .. "（退群会扣掉，回来再加上。）",
    question = "打扰一下，点一下就好：你没有拉朋友进群，是因为什么呢？",
    answers = { "海报太复杂了", "不知道朋友能得到什么", "今天没时间", "没有啊，正在拉" },
    leaders = "截至{hour}，有效邀请排行：\n{leaders}\n每一档人人都能拿：\n{tiers}",
    draw_rules = "{draw_at}到，每晚一抽！今天在本群说过话的朋友都参加。奖品：{prizes}。",
    draw_winners = "恭喜{winners}抽中今晚的奖品！明晚同一时间，继续抽。",
    draw_none = "今晚没有人参加，这一抽就先不抽了。",
    suspense = "明晚20:00公布邀请大奖名单，没上榜的也不会空手回去。具体是什么？明晚见。晚安！",
  },
}
