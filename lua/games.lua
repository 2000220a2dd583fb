-- What all games of chance share: their rows, budgets, the rules that are published, closing. The
-- engine alone draws (engine.wheel_spin, envelope_amount, draw); nothing here reaches a winner.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local talk = require "drumbeat.talk"
local things = require "drumbeat.things"
local group = require "drumbeat.group"
local member = require "drumbeat.member"
local incentives = require "drumbeat.incentives"

local M = {
  presses = {}, -- Button verb -> fn(thing, game, member, event).
  of_game = {}, -- Game row -> thing, as far as seen.
}

-- Rows --------------------------------------------------------------------------------------------

-- "wheel", then "wheel 2" when the first one was closed.
local function numbered(name, n)
  return n == 1 and name or ("%s %d"):format(name, n)
end

---The newest game of a thing in a group: row id and its status, or nil.
---@return integer?
---@return string?
function M.current(thing, id)
  local day = engine.context()
  local found
  for n = 1, 1000 do
    local row = engine.find("games", "by_name", day, id, numbered(thing.name, n))
    if not row then
      break
    end
    found = row
  end
  if found then
    M.of_game[found] = thing
  end
  return found, found and engine.get("games", found, "status")
end

---The thing a game row belongs to.
---@return table?
function M.thing_of(game)
  local thing = M.of_game[game]
  if not thing then
    local name = engine.get("games", game, "name")
    thing = things.by_name[name] or things.by_name[(name:gsub(" %d+$", ""))]
    M.of_game[game] = thing
  end
  return thing
end

local function insert_game(thing, id, kind, total)
  local day = engine.context()
  for n = 1, 1000 do
    local name = numbered(thing.name, n)
    if not engine.find("games", "by_name", day, id, name) then
      local row = engine.insert("games", { day = day, group = id, name = name, kind = kind,
        status = "announced", total = total or 0 })
      M.of_game[row] = thing
      return row
    end
  end
  return util.fault("'%s' was opened a thousand times", thing.name)
end

---Prepares a game: its row, its budget reserved, its rules frozen and committed. Before anybody
---hears of it. Refused: nil, why.
---@param thing table
---@param id integer group
---@param o table {kind=, total=, cost=, budget=, rules=, prizes=}
---@return integer? game
---@return string? why
function M.prepare(thing, id, o)
  local game, status = M.current(thing, id)
  if game and (status == "announced" or status == "open") then
    return game
  end
  if o.cost > 0 then
    local ok, why = engine.budget("reserve", o.budget, o.cost, "game " .. thing.name, 0,
      engine.next_id("games"))
    if not ok then
      return util.refused(thing.name, why, id)
    end
  end
  game = insert_game(thing, id, o.kind, o.total)
  for tier, prize in ipairs(o.prizes or {}) do
    engine.insert("prizes", { game = game, name = prize.name, value = prize.value, tier = tier,
      odds = prize.odds or 0, stock = prize.stock or 1, sku = prize.sku or "",
      coupon = prize.coupon and prize.coupon:row() or 0 })
  end
  engine.game_commit(game, o.rules)
  return game
end

---Gives back to the budget what a closed game didn't need.
function M.release(thing, game, amount)
  if amount > 0 then
    engine.budget("release", thing.budget, amount, "game " .. thing.name, 0, game)
  end
end

---Games that were announced and never opened give back what they had reserved: their day is over.
function M.cancel_unopened()
  local today = engine.context()
  for _, game in ipairs(engine.all("games")) do
    if engine.get("games", game, "day") == today
      and engine.get("games", game, "status") == "announced" then
      local thing = M.thing_of(game)
      if thing and thing.cost and thing.budget then
        M.release(thing, game, thing.cost)
      end
      engine.set("games", game, { status = "cancelled", closed_at = engine.now() })
      engine.milestone("never_opened", thing and thing.cost or 0, engine.get("games", game, "name"),
        engine.get("games", game, "group"))
    end
  end
end

---Closes a game; its receipt's hash, and its row in this turn.
---@return string
---@return integer? row
function M.close(game)
  local hash, row = engine.game_close(game)
  if not hash then
    util.fault("%s", row)
  end
  return hash, row
end

---One play: the row of who won what.
---@return integer
function M.play(fields)
  fields.at = engine.now()
  return engine.insert("plays", fields)
end

-- Prizes handed out -------------------------------------------------------------------------------

---Gives the prize of a play and inserts the play's row. budget: what has reserved it.
---@param prize table as of incentives.read_prize
---@param o table {game=, member=, row=, number=, why=, budget=, again=: it may be drawn again}
---@return boolean given
function M.award(prize, o)
  local fields = { game = o.game, member = o.member, prize = o.row, number = o.number,
    why = o.why or "won" }
  local ok, refusal
  if prize.kind == "coupon" then
    ok, refusal = incentives.give_coupon(prize.coupon, o.member, "game", true)
    fields.voucher = ok or 0
  elseif prize.kind == "cash" then
    local effect
    ok, refusal, effect = incentives.give_cash(o.budget, prize.value, o.member, "prize", true,
      o.game)
    if ok and o.again then -- A redraw must know what became of the money.
      engine.memory_set("library", o.member, "paid " .. o.game, effect)
    end
    fields.amount = prize.value
  else
    local goods = { name = prize.name, value = prize.value, budget = o.budget, image = prize.image }
    ok, refusal = incentives.give_goods(goods, o.member, "prize", true, o.game)
    fields.claim = ok or ""
  end
  M.play(fields)
  if not ok then
    util.refused(prize.name, refusal, engine.get("games", o.game, "group"))
  end
  return ok and true or false
end

-- Rules told before it starts ---------------------------------------------------------------------

local function odds_text(ppm)
  local percent = ("%.4f"):format(ppm / 10000):gsub("0+$", ""):gsub("%.$", "")
  return percent .. util.say(" %", "%")
end

---"Coat × 2 (0.5 %), ..." for {prizes}, {odds}, {stock}.
---@param prizes table[]
---@param part "prizes"|"odds"|"stock"
---@return string
function M.list_prizes(prizes, part)
  local list = {}
  for _, prize in ipairs(prizes) do
    local text = prize.name
    if part ~= "odds" then
      text = ("%s × %d"):format(text, prize.stock or 1)
    end
    if part == "odds" then
      text = ("%s %s"):format(text, odds_text(prize.odds))
    end
    list[#list + 1] = text
  end
  return table.concat(list, util.say(", ", "、"))
end

-- The block that the law wants told, unless the text itself names it.
local function rules_block(thing, text)
  local block = ""
  local function add(name, en, zh)
    if not text:find("{" .. name .. "}", 1, true) and thing:offer(name, 0) then
      block = block .. "\n" .. util.say(en, zh)
    end
  end
  if text:find("{odds}", 1, true) == nil then
    add("rules", "Rules: {rules}", "规则：{rules}")
    if not text:find("{stock}", 1, true) then
      add("prizes", "Prizes: {prizes}", "奖品：{prizes}")
    end
    add("odds", "Odds: {odds}", "中奖概率：{odds}")
  end
  if not text:find("{commitment}", 1, true) then
    block = block .. "\n" .. (thing.public
      and util.say("Proof (SHA-256 of these rules): {commitment}", "公证码（规则的SHA-256）：{commitment}")
      or util.say("Proof (SHA-256 of the secret seed): {commitment}",
        "公证码（种子的SHA-256）：{commitment}"))
  end
  if util.extra("contact") ~= "" and not text:find("{contact}", 1, true) then
    block = block .. "\n" .. util.say("Organiser: {brand}, {contact}", "主办：{brand}，{contact}")
  end
  return block
end

-- The game that rules without `about` are for: the first of chance that was never opened here.
local function default_game(id)
  for _, thing in ipairs(things.list) do
    if thing.prepare then
      local _, status = M.current(thing, id)
      if status == nil or status == "announced" then
        return thing
      end
    end
  end
  return nil
end

---For announce("rules"): prepares the game they are about. false: refused, say nothing.
---@param id integer group that will read them
---@param all boolean they go to all groups: a game of the whole campaign is one game then
---@return table|boolean|nil about
---@return string text
---@return string? why
function M.for_rules(id, about, text, all)
  local thing = about or default_game(id)
  if not thing or not thing.prepare then
    return thing, text
  end
  local game, why = thing:prepare((thing.across or thing.whole and all) and 0 or id)
  if not game then
    return false, text, why
  end
  return thing, text .. rules_block(thing, text)
end

---The commitment of the game that stands in a group.
---@return string?
function M.commitment(thing, id)
  local game = M.current(thing, id)
  if not game and id ~= 0 then
    game = M.current(thing, 0)
  end
  return game and engine.get("games", game, "commitment") or nil
end

-- A text with {link} leads to the shop.
local function shop_link(text)
  return text and text:find("{link}", 1, true) and "shop" or nil
end

-- Opening, for all kinds --------------------------------------------------------------------------

-- One group of a thing:open(group). Announces the rules if that wasn't done. Gives the game, and
-- what after() made (a post).
local function open_in(thing, id, o)
  local text = o.text
  local before, status = M.current(thing, id)
  local announced = before and status == "announced"
  if before and status == "open" then
    return nil, nil, ("'%s' is open already"):format(thing.name)
  end
  local game, why = thing:prepare(id)
  if not game then
    return nil, nil, why
  end
  if not announced then
    local said = text and talk.render(text, id, thing, o.with) .. "\n" or ""
    local rules = talk.render(rules_block(thing, text or ""):sub(2), id, thing)
    for _, reader in ipairs(id == 0 and util.groups() or { id }) do
      talk.send(reader, "rules", said .. rules, { mention = "all", tone = "notice",
        link = shop_link(text), not_before = o.not_before })
    end
  end
  engine.set("games", game, { status = "open", opened_at = engine.now() })
  engine.milestone("opened", engine.get("games", game, "total"), thing.name, id)
  local ref
  if o.body then
    local shown, extra = o.body(game, id)
    local said = announced and text
    extra.link, extra.not_before = said and shop_link(text) or nil, o.not_before
    local key = talk.send(id, "game", said and talk.render(text, id, thing, o.with) or shown, extra)
    ref = o.after and o.after(game, id, key)
  end
  return game, ref
end

---thing:open(group, text): a step that opens a game in a group (or in each).
---@param text string?
---@param options table? {with=} names given for this text
---@param body fun(game: integer, id: integer): string, table
---@param after fun(game: integer, id: integer, key: string): integer?
---@return boolean? opened
---@return string? why
function M.open(thing, where, text, options, body, after)
  util.runs(thing.word .. ":open")
  group.check(where, thing.word .. ":open")
  util.check_fields(thing.word .. ":open", options or {}, { "with" })
  local o = { text = text, with = options and options.with, body = body, after = after,
    not_before = group.sharp(where) }
  local answer = util.act("open", thing.name, function()
    local games, refs, why = {}, {}, nil
    for _, id in ipairs(M.ids_of(thing, where)) do
      local game, ref, refusal = open_in(thing, id, o)
      if game then
        games[#games + 1] = game
        refs[#refs + 1] = ref
      else
        why = refusal
      end
    end
    return { games = games, refs = refs, why = why }
  end)
  if #answer.games == 0 then
    return nil, answer.why
  end
  where.last.games = answer.games
  where.last.posts = #answer.refs > 0 and answer.refs or where.last.posts
  return true
end

---Groups in which a thing plays: a game of the whole campaign plays once, in group 0.
---@return integer[]
function M.ids_of(thing, where)
  return thing.whole and where.id == 0 and { 0 } or where.ids
end

---thing:close(group): a step that closes what is open there; fn(game, group) gives
---{winners = {member ids}, ...} of one group. Results of several groups are joined.
---@return table result
function M.close_all(thing, where, fn)
  util.runs(thing.word .. ":close")
  group.check(where, thing.word .. ":close")
  local result = util.act("close", thing.name, function()
    local whole = { winners = {}, plays = 0, wins = 0 }
    for _, id in ipairs(M.ids_of(thing, where)) do
      local game, status = M.current(thing, id)
      if game and status == "open" then
        local part = fn(game, id)
        for _, who in ipairs(part.winners) do
          whole.winners[#whole.winners + 1] = who
        end
        whole.plays = whole.plays + engine.get("games", game, "plays")
        whole.wins = whole.wins + #part.winners
        whole.receipt, whole.king = part.receipt, part.king
        whole.why, whole.amount, whole.order = part.why, part.amount, part.order
        talk.set_winners(id, member.names(part.winners))
      end
    end
    if where.id == 0 then
      talk.set_winners(0, member.names(whole.winners))
    end
    return whole
  end)
  return { winners = member.list(result.winners), plays = result.plays, wins = result.wins,
    receipt = result.receipt, king = member.of(result.king), why = result.why,
    order = result.order, amount = result.amount and units.make("money", result.amount) }
end

-- Presses -----------------------------------------------------------------------------------------

---Hears of buttons, for a playbook with things that have some.
function M.listen()
  engine.on("press", function(event)
    util.enter()
    local game, who = event.game, event.member
    local thing = game and who and M.thing_of(game)
    if thing and thing.press then
      local home, pressed = engine.get("games", game, "group"), event.group
      if home ~= 0 and pressed and pressed ~= home then -- Its button was carried to another group.
        talk.dm(who, "result", util.say("This game is another group's.", "这是其他群的活动。"))
        return
      end
      thing:press(game, who, event.button)
    end
  end)
end

---Percent of something in a spec as a whole number 0..100.
---@return integer
function M.drama(spec, word)
  local drama = spec.drama == nil and 50 or spec.drama
  if math.type(drama) ~= "integer" or drama < 0 or drama > 100 then
    util.fault("%s: drama is 0 (even) to 100 (wild), not %s", word, units.describe(drama))
  end
  return drama
end

return M
