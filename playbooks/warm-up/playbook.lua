-- Before an event: makes a group awake. Spans the days before it and the event's own day, so bind
-- it with last = the day of the event.
playbook {
  name = "warm-up",
  version = 1,
  goal = "know",
  about = "A countdown as an alarm clock, topics, an envelope with a reply chain, envelope rain",
}

local say = texts(from "texts.lua")

local input = inputs {
  before = count { 2, min = 1, max = 5, help = "How many days before the event it begins" },
  daily = clock { "10:00", help = "The daily announcement" },
  start = clock { "20:00", help = "When the event starts" },
  topic_at = clock { "12:30", help = "The day's topic" },
  topics = posts { say.topics, help = "One topic a day; each reveals a little more" },
  purse_at = clock { "20:00", help = "The envelope on the evening before the event" },
  purse_total = money { money(50), help = "What is in it, for each group" },
  purse_parts = count { 50, min = 2, help = "Into how many parts it is split" },
  chant = words { say.chant, help = "What members copy; it stands on the envelope as well" },
  rain_count = count { 4, min = 3, max = 5, help = "Envelopes of the rain in the first hour" },
  rain_total = money { money(20), help = "What is in each of them: the ceremony matters" },
  rain_parts = count { 40, min = 2, help = "Into how many parts each is split" },
  rain_every = duration { minutes(4), help = "Between two of them" },
  discount = percent { percent(20), help = "The offer" },
  offer_text = words { say.offer_text, help = "The offer in one line" },
  envelopes = budget { "red-envelopes", help = "Budget of the envelopes" },
}

local purse = envelope {
  name = "evening before", total = input.purse_total, parts = input.purse_parts, pays = "cash",
  cover = say.cover, budget = input.envelopes,
}
local shower = rain {
  name = "rain", envelopes = input.rain_count, total_each = input.rain_total,
  parts = input.rain_parts, every = input.rain_every, budget = input.envelopes,
}

countdown {
  to = input.start, text = say.alarm, daily = input.daily, days = input.before,
  last_hour = { minutes(50), minutes(15) },
}

for number, topic in ipairs(input.topics) do
  if number <= input.before then
    at(input.topic_at, "topic " .. number, function(group)
      group:say(topic[1])
    end, { day = number })
  end
end

at(input.purse_at, "envelope and chain", function(group)
  purse:open(group, say.envelope)
  local chain = group:ask_to_copy(input.chant)
  group:wait(minutes(15))
  purse:close(group)
  if chain.replies > 0 then
    group:say(say.after, { with = { count = chain.replies } })
  end
end, { day = input.before })

at(input.start, "rain and offer", function(group)
  group:announce("teaser", say.hello)
  shower:start(group)
  group:announce("spoiler", say.offer, { tone = "notice" })
end, { day = input.before + 1 })
