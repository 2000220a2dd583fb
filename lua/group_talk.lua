-- What a playbook says to a group and what it waits for.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local talk = require "drumbeat.talk"
local group = require "drumbeat.group"
local member = require "drumbeat.member"

local M = {}

local Group = group.methods

local KINDS = { "countdown", "teaser", "spoiler", "rules", "winners" }
local TONES = { notice = true, emotional = true }
local POLL_MS = 30000 -- How often a wait for all groups together looks.

-- Announcing --------------------------------------------------------------------------------------

local function check_kind(kind)
  for _, known in ipairs(KINDS) do
    if kind == known then
      return
    end
  end
  util.fault("announce: a kind is %s, not %s%s", table.concat(KINDS, ", "), units.describe(kind),
    util.meant(kind, KINDS))
end

-- Rules of a game of chance: it must be committed before, and its odds told.
local function about_rules(kind, id, options, text, all)
  if kind ~= "rules" then
    return options.about, text
  end
  local games = require "drumbeat.games"
  return games.for_rules(id, options.about, text, all)
end

local function announce_in(id, kind, text, options, all)
  local about, whole, refusal = about_rules(kind, id, options, text, all)
  if about == false then
    return nil, refusal
  end
  talk.send(id, kind, talk.render(whole, id, about, options.with), {
    tone = options.tone or (kind == "rules" and "notice" or "emotional"),
    mention = "all",
    image = options.image,
    link = text:find("{link}", 1, true) and "shop" or nil,
    bait = options.bait,
    not_before = options.not_before,
  })
  return true
end

---A message to everybody.
---@param kind "countdown"|"teaser"|"spoiler"|"rules"|"winners"
---@param text string
---@param options table?
---@return boolean? sent
---@return string? why not
function Group:announce(kind, text, options)
  util.runs("group:announce")
  check_kind(kind)
  options = options or {}
  util.check_fields("announce", options, { "tone", "about", "with", "image", "not_before", "bait" })
  if options.tone and not TONES[options.tone] then
    util.fault("announce: tone is notice or emotional, not %s", units.describe(options.tone))
  end
  if options.not_before and not units.is(options.not_before, "clock") then
    util.fault("announce: not_before is a time of day like clock(\"20:30\"), not %s",
      units.describe(options.not_before))
  end
  return util.try("announce", kind, function()
    local ok, why
    options.not_before = options.not_before and require("drumbeat.times").today(options.not_before)
      or group.sharp(self)
    for _, id in ipairs(self.ids) do
      ok, why = announce_in(id, kind, text, options, self.id == 0)
    end
    return ok, why
  end)
end

---A message to the group.
---@param text string
---@param options table?
function Group:say(text, options)
  util.runs("group:say")
  options = options or {}
  util.act("say", "say", function()
    for _, id in ipairs(self.ids) do
      talk.send(id, "say", talk.render(text, id, options.about, options.with),
        { image = options.image, link = text:find("{link}", 1, true) and "shop" or nil,
          not_before = group.sharp(self) })
    end
  end)
end

---Posts a prepared story, with its pauses.
---@param posts table
function Group:story(posts)
  util.runs("group:story")
  if type(posts) ~= "table" or #posts == 0 then
    util.fault("group:story { { \"first post\" }, ... }: the posts are missing")
  end
  for number, post in ipairs(posts) do
    post = type(post) == "string" and { post } or post
    if number > 1 then
      self:wait(post.after or units.make("duration", 60000))
    end
    util.act("story", "post " .. number, function()
      for _, id in ipairs(self.ids) do
        talk.send(id, "story", talk.render(post[1], id, nil, post.with), { image = post.image,
          place = number })
      end
    end)
  end
end

-- Reply chains ------------------------------------------------------------------------------------

local Chain = {} -- Methods
local LOOKS = {}

local function chain_sum(self, column)
  local total = 0
  for _, id in ipairs(self.ids) do
    total = total + engine.get("chains", id, column)
  end
  return total
end

function LOOKS.replies(self)
  return chain_sum(self, "replies")
end

function LOOKS.messages(self)
  return chain_sum(self, "messages")
end

function LOOKS.share(self)
  local present = chain_sum(self, "present")
  return present == 0 and 0 or chain_sum(self, "replies") * 100 // present
end

local chain_meta = {}

chain_meta.__index = function(self, key)
  if Chain[key] then
    return Chain[key]
  elseif LOOKS[key] then
    return util.look("chain." .. key, LOOKS[key], self)
  elseif key == "fastest" then
    return member.of(util.look("chain.fastest", function()
      local replies = engine.list("replies", "of_chain", self.ids[1])
      return replies[1] and engine.get("replies", replies[1], "member")
    end))
  end
  return util.fault("a reply chain has no '%s'", tostring(key))
end

---Members present who have not replied.
---@return table[]
function Chain:silent()
  return member.list(util.look("chain.silent", function()
    local ids = {}
    for _, id in ipairs(self.ids) do
      for _, who in ipairs(engine.present(engine.get("chains", id, "group"))) do
        if not engine.find("replies", "by_member", id, who) then
          ids[#ids + 1] = who
        end
      end
    end
    return ids
  end))
end

---Replies are not counted any more.
function Chain:close()
  util.act("chain", "close", function()
    for _, id in ipairs(self.ids) do
      engine.set("chains", id, { status = "closed", closed_at = engine.now() })
    end
  end)
end

---Opens a reply chain in a group and asks for it. Its row.
---@param id integer
---@param phrase string already filled
---@param not_before integer?
---@return integer chain
function M.open_chain(id, phrase, not_before)
  local day = engine.context()
  local list = engine.list("chains", "of_group", id)
  for i = #list, math.max(1, #list - 3), -1 do
    if engine.get("chains", list[i], "status") == "open" then
      engine.set("chains", list[i], { status = "closed", closed_at = engine.now() })
    end
  end
  local chain = engine.insert("chains", { phrase = phrase, folded = engine.fold(phrase), day = day,
    group = id, opened_at = engine.now(), present = engine.get("groups", id, "members"),
    status = "open" })
  local ask = util.say("Copy and post: ", "请复制接龙：") .. phrase
  talk.send(id, "ask", ask, { ask = phrase, chain = chain, not_before = not_before })
  return chain
end

---Asks members to copy a phrase.
---@param phrase string
---@return table chain
function Group:ask_to_copy(phrase)
  util.runs("group:ask_to_copy")
  local ids = util.act("ask", "copy", function()
    local chains = {}
    for _, id in ipairs(self.ids) do
      chains[#chains + 1] = M.open_chain(id, talk.render(phrase, id), group.sharp(self))
    end
    return chains
  end)
  local chain = setmetatable({ ids = ids }, chain_meta)
  self.last.chain = chain
  return chain
end

-- Waiting -----------------------------------------------------------------------------------------

local function check_duration(value, word)
  if not units.is(value, "duration") then
    util.fault("%s: a duration like minutes(10), not %s", word, units.describe(value))
  end
  return value.value
end

---Waits.
---@param duration table
function Group:wait(duration)
  util.runs("group:wait")
  util.wait("time", "wait", 0, 0, (group.sharp(self) or engine.now())
    + check_duration(duration, "group:wait"))
end

---Waits until this time of the day.
---@param clock string|table
function Group:wait_until(clock)
  util.runs("group:wait_until")
  local at, message = units.parse_clock(clock)
  if not at then
    util.fault("group:wait_until: %s", message)
  end
  local times = require "drumbeat.times"
  local due = times.today(at)
  if due > engine.now() then
    util.wait("time", "until " .. units.show(at), 0, 0, due)
  end
end

local COUNTS = { "replies", "likes", "claims", "orders", "messages", "joins" }

-- What a wait looks at: kind, rows, and whether counts go on from what is there now.
local function wait_target(self, kind)
  local last = self.last
  if kind == "replies" and last.chain then
    return "replies", last.chain.ids, false
  elseif kind == "likes" or kind == "claims" then
    local refs = kind == "likes" and last.posts or last.games
    if not refs then
      util.fault("wait_for { %s = n }: no game was opened in this scene", kind)
    end
    return kind, refs, false
  end
  return kind == "replies" and "messages" or kind, self.ids, true
end

local function counted(kind, refs)
  local total = 0
  for _, ref in ipairs(refs) do
    total = total + engine.count(kind, ref)
  end
  return total
end

-- All groups together have no single row to wait for: look every half minute.
local function wait_sum(kind, refs, target, deadline)
  while util.look("count " .. kind, counted, kind, refs) < target do
    if deadline and engine.now() >= deadline then
      return false
    end
    local till = engine.now() + POLL_MS
    util.wait("time", "poll " .. kind, 0, 0, deadline and math.min(till, deadline) or till)
  end
  return true
end

---Waits until so many came.
---@param what table
---@return boolean in_time
function Group:wait_for(what)
  util.runs("group:wait_for")
  util.check_fields("wait_for", what, { "replies", "likes", "claims", "orders", "messages", "joins",
    "within" })
  for _, name in ipairs(COUNTS) do
    local n = what[name]
    if n then
      if math.type(n) ~= "integer" then
        util.fault("wait_for { %s = n }: a whole number, not %s", name, units.describe(n))
      end
      local deadline = what.within and (group.sharp(self) or engine.now())
        + check_duration(what.within, "within") or nil
      local kind, refs, relative = wait_target(self, name)
      local base = relative and util.look("count " .. kind, counted, kind, refs) or 0
      if #refs == 1 then
        return util.wait(kind, kind, refs[1], base + n, deadline)
      end
      return wait_sum(kind, refs, base + n, deadline)
    end
  end
  return util.fault("wait_for { replies = 25, within = minutes(10) }: say what to wait for%s", "")
end

-- The gate (B10) ----------------------------------------------------------------------------------

local function gate_check(o)
  util.check_fields("gate", o, { "asks", "replies", "share", "messages", "within", "warm_up",
    "tries" })
  if not (o.replies or o.share or o.messages) then
    util.fault("gate { replies = n } or share = percent(5): say what opens it")
  end
  check_duration(o.within, "gate: within")
end

local function gate_need(self, o)
  if o.share then
    if not units.is(o.share, "percent") then
      util.fault("gate: share is written percent(5), not %s", units.describe(o.share))
    end
    return util.look("gate need", function()
      local members = 0
      for _, id in ipairs(self.ids) do
        members = members + engine.get("groups", id, "members")
      end
      return math.max(1, members * o.share.value // 10000)
    end)
  end
  return o.replies or o.messages
end

local function gate_note(self, open, got, need, try, tries)
  local text
  if open then
    text = ("opened: %d of %d"):format(got, need)
  elseif try < tries then
    text = ("warming up again: %d of %d"):format(got, need)
  else
    text = ("not enough after %d tries: %d of %d"):format(tries, got, need)
  end
  util.act("gate", open and "open" or "wait", function()
    engine.milestone("gate", got, text, self.id, need)
  end)
end

---Is the group watching? Asks, measures, warms up and asks again.
---@param o table
---@return boolean open
function Group:gate(o)
  util.runs("group:gate")
  gate_check(o)
  local tries = o.tries or 2
  for try = 1, tries do
    if o.asks then
      self:ask_to_copy(o.asks)
    end
    local need = gate_need(self, o)
    local kind = o.messages and "messages" or "replies"
    local wait_kind, refs, relative = wait_target(self, kind)
    local base = relative and util.look("gate base", counted, wait_kind, refs) or 0
    local open = self:wait_for { [kind] = need, within = o.within }
    local got = util.look("gate count", counted, wait_kind, refs) - base
    gate_note(self, open, got, need, try, tries)
    if open then
      return true
    end
    if try < tries and type(o.warm_up) == "function" then
      o.warm_up(self)
    elseif try < tries and o.warm_up then
      self:announce("teaser", o.warm_up)
    end
  end
  return false
end

return M
