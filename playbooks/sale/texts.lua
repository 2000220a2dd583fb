-- What sale says.
return {
  en = {
    fairy = "THE LUCKY FAIRY\nTonight one buyer gets her whole order back in cash, up to "
      .. "{fairy_most}. Drawn among all orders paid by {fairy_at}; each order has the same chance.",
    remind = "{member}, do not forget: {vouchers}, worth {worth}, good until {ends}. In the cart "
      .. "they come off by themselves.",
    soon = "{start} tonight: prices appear, {discount} off the list price, your vouchers on top. "
      .. "Fill your cart now, then it is one tap. {link}",
    saving = "And on top, by itself: every {spend} in your cart takes {save} off.",
    nearly = "Ten minutes. The last red envelope lies ready. Who is here?",
    chant = "{brand}, prices please!",
    cover = "{brand}: thank you for this week",
    purse = "The last red envelope of the week: {parts} parts, cash. Scan the code or press here.",
    open = "NOW. All prices have just changed, in all groups in the same second.\nFirst what it "
      .. "costs outside, then tonight's price, then yours: vouchers come off in the cart by "
      .. "themselves, so your price is your own. Until {closes}. {link}",
    drop = "{goods}",
    halfway = "{orders} orders from this group so far. Thank you! The fairy is still to come: "
      .. "everything paid by {fairy_at} takes part.",
    wave = "ROUND TWO\nWho has bought gets a code of her own, it is in your messages. Give it to a "
      .. "friend: what she buys by it pays you {commission} of it. Only your own code counts, only "
      .. "for orders, nothing else.",
    wave_chant = "Mine is on its way",
    wave_dm = "Thank you for your order. Your code for friends: {code}. You get "
      .. "{commission} of what they buy by it, until the sale closes.",
    last_call = "Twenty minutes until the fairy draws, at {fairy_at}. The sale itself is open "
      .. "until {closes}.",
    fairy_won = "The lucky fairy has been to {winner}: her order of {amount} comes back in cash. "
      .. "Anybody can check the draw.",
    fairy_none = "No order was paid by {fairy_at}, so the fairy stays at home.",
    bye = "That was our week. The shop stays open until {closes}; what you ordered goes out from "
      .. "tomorrow. Something wrong? Write to {hosts}. Seven days to send things back, as always. "
      .. "Good night, and thank you!",
  },
  zh = {
    fairy = "【幸运仙女】\n今晚有一位买家，整单现金返还，上限{fairy_most}。"
      .. "{fairy_at}前付款的订单都参加，每单机会均等。",
    remind = "{member}，你的券包里还有{vouchers}，共{worth}，{ends}到期，购物车自动抵扣。",
    soon = "今晚{start}价格揭晓，吊牌价立减{discount}，券再叠加。现在把购物车装好，到点一键付款。{link}",
    saving = "另外，购物车每满{spend}自动减{save}。",
    nearly = "还有十分钟，压轴红包已备好。谁到了？",
    chant = "{brand}，亮价！",
    cover = "{brand}：感谢这一周的陪伴",
    purse = "本周压轴红包：{parts}份现金，扫码或点这里拆。",
    open = "开卖！所有款、所有群，刚刚同一秒变价。\n先看外面卖多少，再看今晚多少，最后看你自己的："
      .. "券在购物车自动抵扣，每个人到手价不一样。{closes}结束。{link}",
    drop = "{goods}",
    halfway = "本群已下{orders}单，谢谢大家！仙女还没来：{fairy_at}前付款的都参加。",
    wave = "【第二波】\n下过单的朋友，专属分享码已私信。转给朋友，朋友凭码下单，"
      .. "实付的{commission}归你。只看你自己的码，只看成交，没有别的门道。",
    wave_chant = "我的已经下单啦",
    wave_dm = "谢谢下单！你的专属分享码：{code}。朋友凭码购买，实付的{commission}归你，活动结束前有效。",
    last_call = "还有二十分钟：{fairy_at}抽幸运仙女，{closes}活动结束。",
    fairy_won = "幸运仙女降临：{winner}！订单{amount}现金返还。抽取过程人人可验证。",
    fairy_none = "{fairy_at}前没有付款订单，仙女今晚没有出门。",
    bye = "这一周就到这里。小店开到{closes}，订单明天起陆续发出。有问题找{hosts}，七天无理由退货照旧。"
      .. "晚安，谢谢大家！",
  },
}
