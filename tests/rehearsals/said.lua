-- What members read in a rehearsed case B, and when: the mechanics that are made of messages (B5,
-- B6, B9, B11, B14). Reads the database of a rehearsal; judges by what went out, not by playbooks.
local M = {}

local Evening = {}
Evening.__index = Evening

---@param query string the program feed_query
---@param file string a rehearsal's database
function M.open(query, file)
  return setmetatable({ query = query, file = file }, Evening)
end

-- Rows of a statement, each a list of texts.
function Evening:rows(sql)
  local pipe = assert(io.popen(("'%s' '%s' \"%s\""):format(self.query, self.file,
    (sql:gsub('[\\"$`]', "\\%0")))))
  local rows = {}
  for line in pipe:lines() do
    local row = {}
    for field in (line .. "\t"):gmatch("(.-)\t") do
      row[#row + 1] = field
    end
    rows[#rows + 1] = row
  end
  assert(pipe:close(), "feed_query failed")
  return rows
end

function Evening:one(sql)
  return tonumber(self:rows(sql)[1][1])
end

function Evening:carts()
  return self:one("SELECT count(*) FROM participants WHERE carted AND NOT paid")
end

-- Messages to groups in the order they went out. `minute` counts from midnight of `day`.
local MESSAGES = [[
SELECT g.ext, g.segment, (o.sent_at - c.from_at) / 60000, o.kind,
  coalesce(json_extract(o.body, '$.image'), ''), coalesce(json_extract(o.body, '$.link'), ''),
  json_extract(o.body, '$.buttons') IS NOT NULL OR json_extract(o.body, '$.goods') IS NOT NULL,
  coalesce(json_extract(o.body, '$.chain'), 0),
  replace(json_extract(o.body, '$.text'), char(10), ' ')
FROM outbox o JOIN days d ON d.id = o.day JOIN campaigns c ON c.id = d.campaign
JOIN "groups" g ON g.id = o."group" WHERE o.op = 0 AND o.sent_at > 0 ORDER BY o.sent_at, o.id]]

function Evening:messages()
  if not self.all then
    self.all = {}
    for _, row in ipairs(self:rows((MESSAGES:gsub("\n", " ")))) do
      local minute = tonumber(row[3])
      self.all[#self.all + 1] = {
        group = row[1], segment = row[2], day = minute // 1440 + 1, minute = minute % 1440,
        kind = row[4], image = row[5], link = row[6], sells = row[7] == "1",
        chain = tonumber(row[8]), text = row[9],
      }
    end
  end
  return self.all
end

local function clock(text)
  local hour, minute = text:match("^(%d+):(%d+)$")
  return hour * 60 + minute
end

-- Messages of a group on a day between two times, of a kind if one is given.
function Evening:between(group, day, from, to, kind)
  local found = {}
  for _, message in ipairs(self:messages()) do
    if message.group == group and message.day == day and message.minute >= clock(from)
      and message.minute < clock(to) and (not kind or message.kind == kind) then
      found[#found + 1] = message
    end
  end
  return found
end

function Evening:groups(segment)
  local names = {}
  for _, row in ipairs(self:rows(([[SELECT ext FROM "groups" WHERE '%s' IN ('', segment)
    ORDER BY id]]):format(segment or ""))) do
    names[#names + 1] = row[1]
  end
  return names
end

-- The first group for which fn gives a text (what is wrong there); nil: all is well.
local function wrong(groups, fn)
  if #groups == 0 then
    return "there are no such groups"
  end
  for _, group in ipairs(groups) do
    local why = fn(group)
    if why then
      return group .. ": " .. why
    end
  end
  return nil
end

local function has(text, ...)
  for _, piece in ipairs { ... } do
    if not text:lower():find(piece:lower(), 1, true) then
      return false
    end
  end
  return true
end

local function any(text, words)
  for _, word in ipairs(words) do
    if word ~= "" and has(text, word) then
      return word
    end
  end
  return nil
end

-- B5: a prepared scene on day 2, in the new groups alone: posts one after the other with time to
-- talk between them, the photos hours after the suspense, and nothing that sells.
local function scene(evening, group)
  local posts = evening:between(group, 2, "00:00", "24:00", "story")
  local before, photos = 0, 0
  for i, post in ipairs(posts) do
    if post.sells or post.link ~= "" or any(post.text, { "http", "¥", "yuan", " % off" }) then
      return "a post sells: " .. post.text
    end
    if post.image ~= "" then
      photos = photos + 1
    elseif photos > 0 then
      return "a post without a photo behind the photos"
    else
      before = before + 1
    end
    local gap = i > 1 and post.minute - posts[i - 1].minute
    if gap and post.image == "" and gap < 5 then
      return "two posts without time to talk between them"
    elseif gap and post.image ~= "" and photos == 1 and gap < 120 then
      return "the suspense is over at once"
    end
  end
  return (before < 4 or photos < 1)
    and ("%d posts before %d photos"):format(before, photos) or nil
end

-- B6: 20:00 the winners, then a voucher of 100 without threshold for everyone who is there, then
-- the shop's link, every price at its placeholder until the sale.
local function nobody_left_out(evening, group)
  local won = evening:between(group, 2, "20:00", "20:02", "winners")
  if #won ~= 1 or not has(won[1].text, "invitation") then
    return "the winners of the tiers were not told at 20:00"
  end
  local there = ([[FROM memberships s JOIN members m ON m.id = s.member JOIN "groups" g
    ON g.id = s."group" JOIN campaigns c ON c.id = g.campaign WHERE g.ext = '%s' AND NOT m.staff
    AND s.joined_at <= c.from_at + 86400000 + 72120000
    AND (s.left_at = 0 OR s.left_at > c.from_at + 86400000 + 72120000) ]]):format(group)
  local members = evening:one("SELECT count(*) " .. there)
  local given = evening:one("SELECT count(*) " .. there .. [[AND EXISTS (SELECT 1 FROM vouchers v
    JOIN coupons k ON k.id = v.coupon WHERE v.member = m.id AND k.kind = 0 AND k.value = 10000
    AND k.threshold = 0 AND v.source = 'everyone'
    AND v.issued_at = c.from_at + 86400000 + 72120000)]])
  if members < 100 or given ~= members then
    return ("%d of %d members have the voucher for everyone"):format(given, members)
  end
  local shop = evening:between(group, 2, "20:02", "21:00", "spoiler")
  return (#shop ~= 1 or shop[1].link ~= "shop" or not has(shop[1].text, "9,999", "not for sale"))
    and "the shop's link with its placeholder was not posted" or nil
end

local function placeholder_until_sale(evening)
  local books = evening:rows([[SELECT b.placeholder, b.opens_at - c.from_at,
    (SELECT count(*) FROM orders o WHERE o.at < b.opens_at) FROM books b JOIN campaigns c
    ON c.id = b.campaign WHERE b.status = 0]])
  local sale = 4 * 86400000 + clock("20:30") * 60000
  return #books == 1 and tonumber(books[1][1]) == 999900 and tonumber(books[1][2]) == sale
    and tonumber(books[1][3]) == 0
end

-- Words that would give the game of day 3 away: its prizes and what it is called.
local function details(evening)
  local words = { "wheel", "raffle", "spin", "draw", "one in", "odds", "stock" }
  for _, row in ipairs(evening:rows([[SELECT DISTINCT p.name FROM prizes p JOIN games g
    ON g.id = p.game WHERE g.kind = 'wheel' AND p.stock > 0]])) do
    for word in row[1]:gmatch("%a%a%a%a+") do
      words[#words + 1] = word
    end
  end
  return words
end

-- B9: the night before, the last word names a benefit and no detail; in the afternoon a spoiler,
-- rules still secret; and a phrase with the hour that members really repeat.
local function secret(evening, group)
  local words = details(evening)
  local night = evening:between(group, 2, "21:00", "24:00")
  local last = night[#night]
  if not last or last.kind ~= "teaser" or not any(last.text, { "pay for", "free" }) then
    return "no teaser that names a benefit ends day 2"
  elseif any(last.text, words) then
    return ("the teaser gives '%s' away"):format(any(last.text, words))
  end
  local spoilers = evening:between(group, 3, "12:00", "18:00", "spoiler")
  if #spoilers ~= 1 or not has(spoilers[1].text, "clothes", "tonight") then
    return "no spoiler in the afternoon"
  elseif any(spoilers[1].text, words) then
    return ("the spoiler gives '%s' away"):format(any(spoilers[1].text, words))
  elseif #evening:between(group, 3, "00:00", "20:30", "rules") > 0 then
    return "rules were told before the evening"
  end
  local asks = evening:between(group, 3, "12:00", "18:00", "ask")
  if #asks ~= 1 or not has(asks[1].text, "raffle in the group tonight", "20:30") then
    return "nobody was asked to repeat the hour"
  end
  local replies = evening:one("SELECT replies FROM chains WHERE id = " .. asks[1].chain)
  return replies < 5 and ("only %d repeated the hour"):format(replies) or nil
end

-- B11: each prize is shown with its picture, after the rules and before the wheel opens.
local function pictures(evening, group)
  local prizes = evening:one(([[SELECT count(*) FROM prizes p JOIN games a ON a.id = p.game
    JOIN "groups" g ON g.id = a."group" WHERE g.ext = '%s' AND a.kind = 'wheel'
    AND p.stock > 0]]):format(group))
  local shown, opened = 0, false
  for _, message in ipairs(evening:between(group, 3, "20:30", "22:00")) do
    opened = opened or message.kind == "game"
    shown = shown + (message.image ~= "" and not opened and 1 or 0)
  end
  return (not opened or prizes < 1 or shown ~= prizes)
    and ("%d pictures of %d prizes"):format(shown, prizes) or nil
end

-- B14: the night before the sale its price, the last envelope, and carts; in the afternoon the
-- whole order back, before anybody can buy.
local function tomorrow(evening, group)
  local price = evening:between(group, 4, "21:00", "24:00", "spoiler")
  if #price ~= 1 or not has(price[1].text, "45 % off", "vouchers", "tomorrow") then
    return "the sale's price was not told the night before"
  end
  local carts, last = false, false
  for _, message in ipairs(evening:between(group, 4, "21:00", "24:00")) do
    carts = carts or message.link == "shop" and has(message.text, "cart")
    last = last or has(message.text, "last red envelope", "tomorrow")
  end
  if not carts then
    return "nobody was asked to fill her cart"
  elseif not last then
    return "the last envelope was not promised"
  end
  local rules = evening:between(group, 5, "12:00", "18:00", "rules")
  if #rules ~= 1 or not has(rules[1].text, "whole order back in cash", "odds", "sha-256") then
    return "the afternoon didn't say that one order comes back"
  end
  local promised = evening:between(group, 5, "20:25", "20:35", "rules")
  return (#promised < 1 or not has(promised[1].text, "last red envelope"))
    and "the promised envelope didn't come" or nil
end

---Checks of one rehearsal: {name, holds, why not}.
---@return table[]
function M.checks(evening)
  local everywhere, new, old = evening:groups(), evening:groups("new"), evening:groups("old")
  local function check(name, why)
    return { name, why == nil, why }
  end
  return {
    check("B5 a prepared scene in the new groups", wrong(new, function(group)
      return scene(evening, group)
    end)),
    check("B5 ... and in no old one", wrong(old, function(group)
      return #evening:between(group, 2, "00:00", "24:00", "story") > 0 and "has the story" or nil
    end)),
    check("B6 winners, and a voucher for everyone", wrong(new, function(group)
      return nobody_left_out(evening, group)
    end)),
    { "B6 prices are placeholders until the sale", placeholder_until_sale(evening) },
    check("B9 a benefit without detail, then a spoiler", wrong(everywhere, function(group)
      return secret(evening, group)
    end)),
    check("B11 each prize with its picture before the wheel opens", wrong(everywhere,
      function(group)
        return pictures(evening, group)
      end)),
    check("B14 tomorrow's price, and one order back", wrong(everywhere, function(group)
      return tomorrow(evening, group)
    end)),
  }
end

return M
