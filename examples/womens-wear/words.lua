-- What Wren & Loom calls things, and the lines that only this campaign has, in two languages.
return {
  en = {
    brand = "Wren & Loom",
    title = "Five evenings: Double 11",
    contact = "customer service 400-000-0000",
    old_1 = "Wren & Loom, house of friends 1", old_2 = "Wren & Loom, house of friends 2",
    new_1 = "Wren & Loom, new friends 1", new_2 = "Wren & Loom, new friends 2",
    host_1 = "Lin (Wren & Loom)", host_2 = "Mo (Wren & Loom)",
    guide_1 = "Rui (Wren & Loom, Riverside shop)", guide_2 = "An (Wren & Loom, Station shop)",
    coat = "a short wool coat", dress = "a knitted dress", top = "a ribbed knit top",
    scarf = "a wool scarf", shirt = "a T-shirt with our wren", choice = "a garment of your choice",
    wheel_tomorrow = "Tomorrow at 20:30: something that nobody in this group has to "
      .. "pay for. It is round, it turns, and I say no more. Good night!",
    story = {
      { "While the kettle boils: is there a piece in your wardrobe that is ten years old and that "
        .. "you would not give away? What is it?" },
      { "I ask because of last week. Behind the stage of our own show: thirty looks, eleven "
        .. "minutes, and not one zip got stuck. I counted." },
      { "Our designer learnt on her grandmother's loom, in one room by the river. She still cuts "
        .. "the first sample of each piece herself, with the same scissors." },
      { "Yesterday a photo of the two of them turned up in a drawer of the workshop. Something in "
        .. "it made me stop. Guess what; I will show it tonight." },
    },
    reveal = {
      { "Here is the photo. Look at the coat on the left.", image = "photo-1984.jpg" },
      { "The same coat, this autumn. Same cut, same lining, forty years apart.",
        image = "CO-102.jpg" },
    },
  },
  zh = {
    brand = "雀织",
    title = "双十一五夜",
    contact = "客服电话 400-000-0000",
    old_1 = "雀织·老友一群", old_2 = "雀织·老友二群",
    new_1 = "雀织·新友一群", new_2 = "雀织·新友二群",
    host_1 = "小林（雀织官方）", host_2 = "阿莫（雀织官方）",
    guide_1 = "小瑞（雀织河滨店）", guide_2 = "安安（雀织车站店）",
    coat = "短款羊毛大衣", dress = "针织连衣裙", top = "坑条针织衫",
    scarf = "羊毛围巾", shirt = "小鹪鹩T恤", choice = "任选衣服一件",
    wheel_tomorrow = "明晚20:30，群里有一样东西，谁都不用花钱。它是圆的，会转，别的我不说了。晚安！",
    story = {
      { "趁烧水问一句：你衣柜里有没有一件穿了十年还舍不得扔的衣服？是什么？" },
      { "为什么问呢，上周在我们自家秀场后台，三十套造型，十一分钟，一条拉链都没卡住，我数着的。" },
      { "我们的设计师小时候在外婆的织机旁学的手艺，河边一间小屋。到现在每一款的第一件样衣，"
        .. "还是她自己用那把老剪刀裁的。" },
      { "昨天在工作室抽屉里翻到一张她们俩的老照片，有个地方让我愣住了。猜猜是什么？晚上给大家看。" },
    },
    reveal = {
      { "照片来了。看左边那件大衣。", image = "photo-1984.jpg" },
      { "今年秋天的同一件。同样的剪裁，同样的里衬，中间隔了四十年。", image = "CO-102.jpg" },
    },
  },
}
