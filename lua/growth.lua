-- Growth (B1-B4): members bring members. Codes for posters, welcomes for newcomers and inviters,
-- the audit of newcomers, tiers paid by effective invites, the stall meter and the switch of
-- method.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local talk = require "drumbeat.talk"
local things = require "drumbeat.things"
local group = require "drumbeat.group"
local member = require "drumbeat.member"
local incentives = require "drumbeat.incentives"
local times = require "drumbeat.times"

local M = {}

local Growth = things.kind {
  offers = { "bait", "tiers", "leaders", "next", "next_prize", "count", "how" } }

local METHODS = { poster = true, invite = true }
-- {how}: what a newcomer does to bring friends, by the method in use.
local HOW = {
  poster = function()
    return util.say("pass on the poster that comes with this message", "转发随本条消息附上的海报")
  end,
  invite = function()
    return util.say("press \"invite\" and send the card to a friend", "点“邀请”，把卡片转给朋友")
  end,
}
local STALL_MS = 1800000

-- What is known about growing in a group ----------------------------------------------------------

local function state_of(self, id)
  return engine.memory_get("group", id, "growth " .. self.name)
end

local function keep_state(self, id, state)
  engine.memory_set("group", id, "growth " .. self.name, state)
end

local function prize_text(prize)
  return prize.coupon and prize.coupon:describe() or prize.name
end

function Growth:offer(name, id)
  if name == "bait" then
    return self.bait and talk.render(self.bait, id) or nil
  elseif name == "tiers" then
    local list = {}
    for i, tier in ipairs(self.tiers) do
      list[i] = util.say("%d: %s", "满%d人：%s"):format(tier.count, prize_text(tier.prize))
    end
    return table.concat(list, "\n")
  elseif name == "how" then
    local state = id ~= 0 and state_of(self, id)
    return HOW[state and state.method or "invite"]()
  elseif name == "leaders" then
    return self:leaderboard(id == 0 and util.groups() or { id }, 10)
  end
  return nil
end

---Worst cost: what tiers with a stock may cost (vouchers stand with their coupon).
---@return integer
---@return string what
function Growth:worst()
  return self.cost, ("invitations '%s': goods of its tiers"):format(self.name)
end

local function method_text(self, method)
  if method == "poster" then
    return self.poster or util.say("Share your poster with friends.\n{tiers}",
      "转发你的专属海报邀请好友。\n{tiers}")
  end
  return self.invite
    or util.say("Invite friends into the group: a bot counts those who stay.\n{tiers}",
    "邀请好友进群，机器人自动统计留下的人数。\n{tiers}")
end

-- Starting and switching --------------------------------------------------------------------------

-- Posters are personal: each carries its owner's code.
local function send_posters(self, id)
  for _, who in ipairs(engine.present(id)) do
    local code = engine.code("invite", who)
    talk.dm(who, "poster", talk.render(util.say("Your poster. Your code: {code}",
      "您的专属海报，邀请码：{code}"),
      id, self, { code = code }), { growth = { method = "poster", code = code,
        bait = self:offer("bait", id) } })
  end
end

local function begin(self, where, method)
  for _, id in ipairs(where.ids) do
    keep_state(self, id, { method = method, base = engine.get("groups", id, "members"),
      joins = engine.get("groups", id, "joins"), at = engine.now() })
    talk.send(id, "growth", talk.render(method_text(self, method), id, self), { mention = "all",
      tone = "notice", growth = { method = method, bait = self:offer("bait", id) } })
  end
  if method == "poster" and self.codes == "dm" then
    times.each("posters " .. self.name, where.ids)
  end
end

local function check_method(self, where, method, word)
  util.runs(word)
  group.check(where, word)
  if not METHODS[method] then
    util.fault("%s(group, method): the method is \"poster\" or \"invite\", not %s%s", word,
      units.describe(method), util.meant(method, { "poster", "invite" }))
  end
end

---Starts growing.
function Growth:start(where, method)
  check_method(self, where, method, "invitations:start")
  util.act("growth", "start " .. method, function()
    begin(self, where, method)
    engine.milestone("growth", 0, method, where.id)
  end)
end

---Changes the method.
function Growth:switch(where, method)
  check_method(self, where, method, "invitations:switch")
  util.act("growth", "switch " .. method, function()
    local before = state_of(self, where.ids[1])
    begin(self, where, method)
    engine.milestone("switch", engine.get("groups", where.ids[1], "members"),
      ("%s -> %s"):format(before and before.method or "none", method), where.id)
  end)
end

---@return string? method
function Growth:method(where)
  group.check(where, "invitations:method")
  return util.look("growth method", function()
    local state = state_of(self, where.ids[1])
    return state and state.method
  end)
end

-- Stall (B2) --------------------------------------------------------------------------------------

-- Feeds the meter of one group with the joins of every whole interval since it was fed last.
local function feed(self, id)
  local state = state_of(self, id)
  if not state then
    return false
  end
  local now, joins = engine.now(), engine.get("groups", id, "joins")
  local intervals = (now - state.at) // STALL_MS
  local stalled, at_count = false, 0
  local today = engine.civil(now).days
  local offset = today * 86400 - (engine.instant(today, 0)) // 1000
  for i = 1, math.min(intervals, 48) do
    local count = i == math.min(intervals, 48) and joins - state.joins or 0
    local meter, is, members = engine.stall(state.meter, state.at + (i - 1) * STALL_MS, count,
      { members = state.base, interval_ms = STALL_MS, peak_min = self.peak_min, hold_ms = self.hold,
        day_offset_s = offset })
    state.meter = meter
    if is then
      stalled, at_count = true, members
    end
  end
  if intervals > 0 then
    state.at, state.joins = state.at + intervals * STALL_MS, joins
    keep_state(self, id, state)
  end
  if stalled then
    engine.milestone("stall", at_count, state.method, id)
  end
  return stalled, at_count
end

---Feeds the growth meter; true once when growth has stalled.
---@return boolean stalled
---@return integer at_count
function Growth:stalled(where)
  util.runs("invitations:stalled")
  group.check(where, "invitations:stalled")
  local answer = util.act("growth", "stalled", function()
    local any, at = false, 0
    for _, id in ipairs(where.ids) do
      local stalled, members = feed(self, id)
      if stalled then
        any, at = true, at + members
      end
    end
    return { stalled = any, at = at }
  end)
  return answer.stalled, answer.at
end

-- Newcomers (B3, B4) ------------------------------------------------------------------------------

local function audit(self, id, membership, who, inviter)
  if not self.audit then
    return
  end
  local score, evidence, queue = engine.audit_score(who, self.target)
  engine.set("memberships", membership, { audit = queue and "queued" or "passed" })
  if queue then
    local _, campaign = engine.context()
    engine.insert("audits", { at = engine.now(), campaign = campaign, member = who, group = id,
      inviter = inviter, score = score, evidence = evidence, status = "queued" })
  end
end

local function next_tier(self, count)
  for _, tier in ipairs(self.tiers) do
    if tier.count > count then
      return tier
    end
  end
  return nil
end

local function name_of(who)
  return member.names({ who })[1]
end

local function greet(self, id, membership, who, method)
  local code = method == "poster" and engine.code("invite", who) or nil
  local text = self.welcome or util.say(
    "Welcome to {group}! {bait} You speak with our staff: {hosts}.",
    "欢迎来到{group}！{bait}本群由官方工作人员{hosts}为您服务。")
  if not self.bait then
    text = text:gsub("{bait} ?", "")
  end
  if not text:find("{hosts}", 1, true) and talk.has_hosts() then
    text = text .. util.say(" (Our staff here: {hosts}.)", "（本群官方工作人员：{hosts}）")
  end
  talk.dm(who, "welcome", talk.render(text, id, self, { member = name_of(who),
    code = code or text:find("{code}", 1, true) and engine.code("invite", who) or "" }), {
    growth = method and { method = method, code = code, bait = self:offer("bait", id) } or nil })
  engine.set("memberships", membership, { welcomed = true })
end

local function tell_inviter(self, id, inviter)
  local _, campaign = engine.context()
  local row = engine.find("inviters", "by_member", campaign, inviter)
  if not row then
    return
  end
  local count = engine.get("inviters", row, "effective")
  local tier = next_tier(self, count)
  local text = tier and (self.second or util.say(
    "A friend has joined by your invitation. You have brought {count} who stayed. At {next} you "
      .. "get {next_prize}.",
    "您已成功邀请{count}人。满{next}人可得{next_prize}。"))
    or util.say("A friend has joined by your invitation. You have brought {count} who stayed: that "
      .. "is the top tier!", "有朋友通过您的邀请进群了！您的有效邀请是{count}人，已达到最高档！")
  talk.dm(inviter, "invite_count", talk.render(text, id, self, { count = count,
    member = name_of(inviter), next = tier and tier.count or "",
    code = text:find("{code}", 1, true) and engine.code("invite", inviter) or "",
    next_prize = tier and prize_text(tier.prize) or "" }))
end

local function on_join(self, event)
  local id, who = event.group, event.member
  if not event.first_join or not id or not who or event.how == "roster" then
    return
  end
  local membership, inviter = event.membership, event.inviter
  if engine.get("members", who, "staff") then
    return
  end
  audit(self, id, membership, who, inviter or 0)
  local state = state_of(self, id)
  greet(self, id, membership, who, state and state.method)
  if inviter then
    tell_inviter(self, id, inviter)
  end
end

-- A person's verdict: who is rejected leaves the group and doesn't count.
local function on_verdict(event)
  if event.text ~= "audit" or event.ok or not event.member or not event.group then
    return
  end
  engine.effect { op = "kick", group = event.group, member = event.member, kind = "kick",
    policy = "ask", body = { why = "audit" } }
end

---Handlers of a playbook that grows.
function Growth:load()
  times.timers["posters " .. self.name] = function(id)
    send_posters(self, id)
  end
  engine.on("member.join", function(event)
    util.enter()
    on_join(self, event)
  end)
  if self.audit then
    engine.on("operator", function(event)
      util.enter()
      on_verdict(event)
    end)
  end
end

-- Leaderboard and paying out ----------------------------------------------------------------------

-- Invites of hers that a person still has to look at.
local function queued(who)
  local count = 0
  for _, id in ipairs(engine.list("memberships", "of_inviter", who)) do
    if engine.get("memberships", id, "audit") == "queued" and engine.get("memberships", id,
      "left_at") == 0
    then
      count = count + 1
    end
  end
  return count
end

-- Inviters at home in these groups, most effective first.
local function ranking(ids)
  local _, campaign = engine.context()
  local list = {}
  for _, id in ipairs(ids) do
    for _, membership in ipairs(engine.list("memberships", "of_group", id)) do
      local who = engine.get("memberships", membership, "member")
      local row = engine.find("inviters", "by_member", campaign, who)
      if row and engine.get("inviters", row, "group") == id then
        list[#list + 1] = { row = row, who = who,
          effective = engine.get("inviters", row, "effective") }
      end
    end
  end
  table.sort(list, function(a, b)
    if a.effective ~= b.effective then
      return a.effective > b.effective
    end
    return a.row < b.row
  end)
  return list
end

---The leaderboard of some groups.
---@return string
function Growth:leaderboard(ids, n)
  local lines = {}
  for i, entry in ipairs(ranking(ids)) do
    if i > n or entry.effective == 0 then
      break
    end
    lines[i] = ("%d. %s: %d"):format(i, member.names({ entry.who })[1], entry.effective)
  end
  return #lines > 0 and table.concat(lines, "\n") or util.say("Nobody yet.", "暂无。")
end

---@return string
function Growth:leaders(where, n)
  group.check(where, "invitations:leaders")
  return util.look("growth leaders", function()
    return self:leaderboard(where.ids, n or 10)
  end)
end

local function grant(self, entry, number, left)
  local tier = self.tiers[number]
  if left[number] and left[number] <= 0 then
    return false
  end
  local ok, why
  if tier.prize.kind == "coupon" then
    ok, why = incentives.give_coupon(tier.prize.coupon, entry.who, "tier " .. tier.count)
  elseif tier.prize.kind == "cash" then
    ok, why = incentives.give_cash(tier.prize.budget, tier.prize.value, entry.who, "tier")
  else
    ok, why = incentives.gift(tier.prize, entry.who, "tier " .. tier.count)
  end
  if not ok then
    util.refused(self.name, why)
    return false
  end
  if left[number] then
    left[number] = left[number] - 1
  end
  return true
end

-- Prizes of a tier already handed out stay in memory, so a second pay-out goes on from there.
local function stock_left(self)
  local left = engine.memory_get("library", 0, "tiers " .. self.name) or {}
  for number, tier in ipairs(self.tiers) do
    if tier.prize.stock and left[number] == nil then
      left[number] = tier.prize.stock
    elseif not tier.prize.stock then
      left[number] = false
    end
  end
  return left
end

local function pay_entry(self, entry, left)
  local sure = entry.effective - queued(entry.who)
  local done = engine.get("inviters", entry.row, "tier")
  local top, best = done, nil
  for number, tier in ipairs(self.tiers) do
    if number > done and sure >= tier.count then
      if grant(self, entry, number, left) then
        best = number
      end
      top = number
    end
  end
  if top > done then
    engine.set("inviters", entry.row, { tier = top })
  end
  return best
end

---Pays out tiers by effective invites.
---@return table {winners=}
function Growth:pay(where)
  util.runs("invitations:pay")
  group.check(where, "invitations:pay")
  local winners = util.act("growth", "pay", function()
    local left, ids, tops = stock_left(self), {}, {}
    for _, entry in ipairs(ranking(where.ids)) do
      local best = pay_entry(self, entry, left)
      if best then
        ids[#ids + 1] = entry.who
        tops[#tops + 1] = best == #self.tiers and entry.who or nil
      end
    end
    engine.memory_set("library", 0, "tiers " .. self.name, left)
    engine.milestone("tiers_paid", #ids, self.name, where.id, #tops)
    local told = member.names(#tops > 0 and tops or ids)
    for i = #told, 11, -1 do
      told[i] = nil
    end
    for _, id in ipairs(where.ids) do
      talk.set_winners(id, told)
    end
    return ids
  end)
  return { winners = member.list(winners) }
end

-- The word ----------------------------------------------------------------------------------------

local FIELDS = { "name", "tiers", "bait", "poster", "invite", "welcome", "second", "audit",
  "budget",
  "codes", "hold", "peak_min" }

local function read_tiers(thing, spec)
  if type(spec.tiers) ~= "table" or #spec.tiers == 0 then
    util.fault("invitations: tiers = { { 3, voucher }, ... } is missing")
  end
  thing.tiers, thing.cost = {}, 0
  for i, tier in ipairs(spec.tiers) do
    local count, raw = tier[1], tier[2]
    if math.type(count) ~= "integer" or count < 1 or i > 1
      and count <= thing.tiers[i - 1].count then
      util.fault("invitations: tier %d begins with a number of invites above the tier before", i)
    elseif raw == nil then
      util.fault("invitations: tier %d has no prize", i)
    end
    local prize = incentives.read_prize(raw, "invitations", thing.budget)
    thing.tiers[i] = { count = count, prize = prize }
    if prize.value > 0 and not prize.stock then
      util.fault("invitations: prize '%s' needs stock = n: how many there are at most", prize.name)
    end
    thing.cost = thing.cost + prize.value * (prize.stock or 0)
  end
end

local function invitations(spec)
  local thing = things.new("invitations", spec, FIELDS, Growth)
  thing.budget = spec.budget and things.budget(spec, "invitations", thing.name) or nil
  read_tiers(thing, spec)
  for _, name in ipairs { "bait", "poster", "invite", "welcome", "second" } do
    if spec[name] ~= nil and type(spec[name]) ~= "string" then
      util.fault("invitations: %s is a text", name)
    end
    thing[name] = spec[name]
  end
  local target = spec.audit
  if target ~= nil and target ~= true and target ~= false and target ~= "female"
    and target ~= "male" then
    util.fault("invitations: audit is true, false, \"female\" or \"male\" (whom the shop sells to)")
  end
  thing.audit = target ~= false
  thing.target = type(target) == "string" and target or ""
  if spec.hold ~= nil and not units.is(spec.hold, "duration") then
    util.fault("invitations: hold is a duration: how long joins must stay low, like hours(2)")
  end
  thing.hold = spec.hold and spec.hold.value or 7200000
  thing.peak_min = spec.peak_min and things.whole(spec, "peak_min", "invitations") or 5
  thing.codes = spec.codes or "dm"
  return thing
end

M.words = { invitations = invitations }

return M
