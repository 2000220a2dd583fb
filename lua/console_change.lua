-- Words of operators that change something. Each does it at once, inside the operator's turn: the
-- engine shows what changed before it is kept, and weighs it (look, move, money, final). A word
-- only says what has to be typed to confirm it.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local find = require "drumbeat.console_find"
local talk = require "drumbeat.talk"
local operator = require "drumbeat.operator"

local M = {
  confirm = nil, -- {amount=, what=} of the line that runs.
}

---@param amount integer minor units, or a count
---@param what string
local function asks(amount, what)
  M.confirm = { amount = amount, what = what }
end

local function duration(value, word)
  if type(value) == "number" and math.type(value) == "integer" then
    return value * 60000 -- Minutes, as people say them.
  elseif units.is(value, "duration") then
    return value.value
  end
  return util.fault("%s: for how long? minutes(10), or 10 for minutes, not %s", word,
    units.describe(value))
end

local function positive(value, word)
  local ms = duration(value, word)
  if ms <= 0 then
    util.fault("%s: more than no time at all; `%s` goes the other way", word,
      word == "delay" and "advance" or "delay")
  end
  return ms
end

local function money(value, word)
  if not units.is(value, "money") then
    util.fault("%s: how much? yuan(100), not %s", word, units.describe(value))
  end
  return value.value
end

-- Times -------------------------------------------------------------------------------------------

-- Entries that move along: tied to one of these in the same day and group.
local function with_tied(rows)
  local moving, keys = {}, {}
  for _, row in ipairs(rows) do
    moving[#moving + 1] = row
    keys[row.id] = true
  end
  local more = true
  while more do
    more = false
    for _, other in ipairs(find.entries()) do
      for _, row in ipairs(moving) do
        if not keys[other.id] and other.tied ~= "" and other.tied == row.name
          and other.day == row.day and other.group == row.group then
          keys[other.id] = true
          moving[#moving + 1] = other
          more = true
          break
        end
      end
    end
  end
  return moving
end

-- The instant of a flip stands in the price book: it moves with its entry.
local function move_book(row, due)
  if row.kind == "library" and row.ref ~= 0 then
    if row.name == "prices open" then
      engine.set("books", row.ref, { opens_at = due })
    elseif row.name == "prices close" then
      engine.set("books", row.ref, { closes_at = due })
    end
  end
end

local function move(row, due)
  engine.move(row.id, due)
  move_book(row, due)
end

local function shift(name, groups, by, word)
  local rows = with_tied(find.entries_named(name, find.group_set(groups, word), word))
  for _, row in ipairs(rows) do
    if row.due_at + by < engine.now() then
      util.fault("%s: '%s' would have run at %s, which has passed; run_now(\"%s\") runs it now",
        word, row.name, find.clock(row.due_at + by), row.name)
    end
  end
  for _, row in ipairs(rows) do
    move(row, row.due_at + by)
  end
end

---The word of that name: see console_words.lua.
function M.delay(name, by, groups)
  shift(name, groups, positive(by, "delay"), "delay")
end

---The word of that name: see console_words.lua.
function M.advance(name, by, groups)
  shift(name, groups, -positive(by, "advance"), "advance")
end

---The word of that name: see console_words.lua.
function M.move_to(name, clock, groups)
  local at, message = units.parse_clock(clock)
  if not at then
    util.fault("move_to: %s", message)
  end
  local rows = find.entries_named(name, find.group_set(groups, "move_to"), "move_to")
  local ahead = rows[1].kind == "entry" and rows[1].ref or 0 -- The hour itself is meant.
  local due = engine.instant(engine.civil(rows[1].due_at + ahead).days, at.value) - ahead
  shift(name, groups, due - rows[1].due_at, "move_to")
end

---The word of that name: see console_words.lua.
function M.cancel(name, groups)
  for _, row in ipairs(find.entries_named(name, find.group_set(groups, "cancel"), "cancel")) do
    engine.hold(row.id, "withdrawn", row.due_at)
  end
end

---The word of that name: see console_words.lua.
function M.run_now(name, groups)
  local rows = find.entries_named(name, find.group_set(groups, "run_now"), "run_now")
  for _, row in ipairs(rows) do
    engine.move(row.id, engine.now(), true)
    move_book(row, engine.now())
  end
  asks(#rows, "how many groups it runs in")
end

-- Standing still ----------------------------------------------------------------------------------

local function where(given, word)
  if given == nil or given == "all" then
    return nil
  elseif type(given) == "function" then -- The word `all` of a line like: pause all
    return nil
  end
  return find.group(given, word)
end

local function hold(group, held, due_of)
  for _, row in ipairs(find.entries()) do
    if group == nil or row.group == group then
      local stands = row.status == "held"
      if stands ~= held then
        engine.hold(row.id, held and "held" or "planned", due_of and due_of(row) or row.due_at)
      end
    end
  end
  for _, id in ipairs(engine.all("scenes")) do
    local timer = engine.get("scenes", id, "timer")
    local in_group = group == nil or engine.get("scenes", id, "group") == group
    local status = timer ~= 0 and engine.get("schedule", timer, "status")
    if in_group and status and (status == "held") ~= held then
      local row = engine.row("schedule", timer)
      engine.hold(timer, held and "held" or "planned", due_of and due_of(row) or row.due_at)
    end
  end
end

---The word of that name: see console_words.lua.
function M.pause(given)
  local group = where(given, "pause")
  if group then
    if engine.get("groups", group, "paused_at") ~= 0 then
      util.fault("pause: %s stands still already", given)
    end
    engine.set("groups", group, { paused_at = engine.now() })
  else
    if engine.get("campaigns", find.campaign(), "paused_at") ~= 0 then
      util.fault("pause: everything stands still already")
    end
    engine.set("campaigns", find.campaign(), { paused_at = engine.now() })
  end
  hold(group, true)
end

local HOW = { skip = true, now = true, shift = true }

local function missed(group)
  local names = {}
  for _, row in ipairs(find.entries()) do
    if row.status == "held" and row.due_at <= engine.now()
      and (group == nil or row.group == group) then
      names[#names + 1] = ("%s %s"):format(find.clock(row.due_at), row.name)
    end
  end
  return names
end

local function let_go(group, how, stood)
  for _, row in ipairs(find.entries()) do
    local own = row.group ~= 0 and engine.get("groups", row.group, "paused_at") ~= 0
    local is_meant = group == nil and not own or group ~= nil and row.group == group
    if row.status == "held" and is_meant then
      if row.due_at > engine.now() and how ~= "shift" then
        engine.hold(row.id, "planned", row.due_at)
      elseif how == "skip" then
        engine.hold(row.id, "withdrawn", row.due_at)
      else
        local due = how == "now" and engine.now() or row.due_at + stood
        engine.hold(row.id, "planned", due)
        if how == "shift" then
          move_book(row, due)
        else
          engine.move(row.id, due, true)
        end
      end
    end
  end
end

-- Waits of scenes end late rather than never.
local function let_scenes_go(group, how, stood)
  for _, id in ipairs(engine.all("scenes")) do
    local timer = engine.get("scenes", id, "timer")
    if timer ~= 0 and engine.get("schedule", timer, "status") == "held"
      and (group == nil or engine.get("scenes", id, "group") == group) then
      local due = engine.get("schedule", timer, "due_at")
      engine.hold(timer, "planned", how == "shift" and due + stood or math.max(due, engine.now()))
    end
  end
end

---The word of that name: see console_words.lua.
function M.resume(given, how)
  local group = where(given, "resume")
  local tbl, id = "campaigns", find.campaign()
  if group then
    tbl, id = "groups", group
    if engine.get("campaigns", find.campaign(), "paused_at") ~= 0 then
      util.fault("resume: everything stands still: resume(\"all\")")
    end
  end
  local since = engine.get(tbl, id, "paused_at")
  if since == 0 then
    util.fault("resume: %s isn't paused", group and given or "the campaign")
  end
  local names = missed(group)
  if how ~= nil and not HOW[how] then
    util.fault("resume: skip, now or shift, not %s", units.describe(how))
  elseif how == nil and #names > 0 then
    util.fault("resume: %d %s missed (%s): say what becomes of %s: "
      .. "resume(\"%s\", \"skip\"), \"now\", or "
      .. "\"shift\" (everything planned moves by %d minutes)", #names,
      #names == 1 and "entry was" or "entries were", table.concat(names, "; ", 1,
        math.min(3, #names)), #names == 1 and "it" or "them", group and given or "all",
      (engine.now() - since) // 60000)
  end
  engine.set(tbl, id, { paused_at = 0 })
  let_go(group, how or "now", engine.now() - since)
  let_scenes_go(group, how, engine.now() - since)
end

---The word of that name: see console_words.lua.
function M.mute(ext)
  local id = find.group(ext, "mute")
  if engine.get("groups", id, "muted") then
    util.fault("mute: nothing is sent to %s already", ext)
  end
  engine.set("groups", id, { muted = true })
end

---The word of that name: see console_words.lua.
function M.unmute(ext)
  local id = find.group(ext, "unmute")
  if not engine.get("groups", id, "muted") then
    util.fault("unmute: %s isn't muted", ext)
  end
  engine.set("groups", id, { muted = false })
end

-- Messages ----------------------------------------------------------------------------------------

---The word of that name: see console_words.lua.
function M.post(text, at, groups)
  if type(text) ~= "string" or text == "" then
    util.fault("post(text, \"20:15\", groups): the text is missing")
  end
  local due
  if at ~= nil then
    local clock, message = units.parse_clock(at)
    if not clock then
      util.fault("post: %s", message)
    end
    due = engine.instant(engine.civil(engine.now()).days, clock.value)
    if due < engine.now() then
      util.fault("post: %s has passed", at)
    end
  end
  local set = find.group_set(groups, "post")
  for _, id in ipairs(find.groups()) do
    if set == nil or set[id] then
      talk.send(id, "say", talk.render(text, id), { not_before = due })
    end
  end
end

local function message(id, word)
  local row = math.type(id) == "integer" and engine.row("outbox", id)
  if not row then
    util.fault("%s: no message %s waits: outbox shows them with their numbers", word,
      units.describe(id))
  elseif row.status ~= "ready" then
    util.fault("%s: message %d is %s", word, id, row.status)
  end
  return row
end

---The word of that name: see console_words.lua.
function M.edit(id, text)
  local row = message(id, "edit")
  if type(text) ~= "string" or text == "" then
    util.fault("edit(message, text): the text is missing")
  end
  local body = row.body or {}
  body.text = text
  engine.edit_effect(id, body)
end

---The word of that name: see console_words.lua.
function M.withdraw(id)
  message(id, "withdraw")
  engine.withdraw(id)
end

-- Games -------------------------------------------------------------------------------------------

-- In the day's own playbook, in the turn after this one.
local function ask_playbook(verb, name, ext, text)
  local word = verb .. "_game"
  local id = find.group(ext, word)
  local day, names = nil, {}
  for _, row in ipairs(find.days()) do
    local status = engine.get("days", row, "status")
    for _, thing in ipairs(engine.day_things(row)) do
      names[#names + 1] = thing
      day = thing == name and status == "running" and row or day
    end
  end
  if not day then
    util.fault("%s: no game %s in a day that runs%s", word, units.describe(name),
      util.meant(name, names))
  end
  engine.memory_set("library", 0, operator.TEXT, text or "")
  engine.schedule { name = operator.timer(verb, name), due_at = engine.now(), group = id,
    kind = "library", late = "run", day = day }
  asks(1, "how many groups it is in")
end

---The word of that name: see console_words.lua.
function M.open_game(name, ext, text)
  if text ~= nil and type(text) ~= "string" then
    util.fault("open_game(game, group, text): what is said with it is a text")
  end
  ask_playbook("open", name, ext, text)
end

---The word of that name: see console_words.lua.
function M.close_game(name, ext)
  ask_playbook("close", name, ext)
end

-- Money -------------------------------------------------------------------------------------------

---The word of that name: see console_words.lua.
function M.budget_add(name, more)
  local amount = money(more, "budget_add")
  if amount <= 0 then
    util.fault("budget_add: more than nothing; what is spent can't be taken away again")
  end
  local id = type(name) == "string"
    and engine.find("accounts", "by_name", find.campaign(), "budget:" .. name)
  if not id then
    util.fault("budget_add: no budget %s%s", units.describe(name),
      util.meant(name, find.budgets()))
  end
  local cap = engine.get("accounts", id, "opening") + amount
  local ok, why = engine.budget_cap(name, cap)
  if not ok then
    util.fault("budget_add: %s", why)
  end
  asks(cap, "the new cap")
end

local function good(sku, word)
  local id = type(sku) == "string" and engine.find("goods", "by_sku", find.campaign(), sku)
  if not id then
    local names = {}
    for _, row in ipairs(engine.all("goods")) do
      names[#names + 1] = engine.get("goods", row, "sku")
    end
    util.fault("%s: no good %s%s", word, units.describe(sku), util.meant(sku, names))
  end
  return id
end

---The word of that name: see console_words.lua.
function M.stock_add(sku, count)
  local id = good(sku, "stock_add")
  local stock = engine.get("goods", id, "stock")
  if math.type(count) ~= "integer" or count < 1 or count > 1000000 then
    util.fault("stock_add: how many more: a whole number from 1, not %s", units.describe(count))
  elseif stock < 0 then
    util.fault("stock_add: %s is sold without limit", sku)
  end
  engine.set("goods", id, { stock = stock + count })
  asks(count, "how many more")
end

---The word of that name: see console_words.lua.
function M.price(sku, deal)
  local id = good(sku, "price")
  local amount = money(deal, "price")
  local row = engine.row("goods", id)
  if amount < row.floor then
    util.fault("price: %s never goes below its floor of %s", sku, engine.money(row.floor))
  elseif amount > row.list then
    util.fault("price: %s can't cost more than its list price of %s", sku, engine.money(row.list))
  end
  engine.set("goods", id, { deal = amount })
  asks(amount, "the new price")
end

---The word of that name: see console_words.lua.
function M.pay(ext, amount, budget, why)
  local who = find.member(ext, "pay")
  local sum = money(amount, "pay")
  if sum <= 0 or type(why) ~= "string" or why == "" then
    util.fault("pay(member, yuan(20), \"budget\", \"why\"): what for is missing")
  end
  local ok, refusal = engine.budget("spend", budget, sum, "operator: " .. why, who)
  if not ok then
    util.fault("pay: %s", refusal)
  end
  talk.pay(who, sum, why)
  asks(sum, "the amount")
end

-- Members -----------------------------------------------------------------------------------------

---The word of that name: see console_words.lua.
function M.review(ext, why)
  local who = find.member(ext, "review")
  if type(why) ~= "string" or why == "" then
    util.fault("review(member, \"why\"): why is missing: a person reads it")
  end
  for _, id in ipairs(engine.all("audits")) do
    if engine.get("audits", id, "member") == who
      and engine.get("audits", id, "status") == "queued" then
      util.fault("review: %s waits for a person's decision already", ext)
    end
  end
  engine.insert("audits", { at = engine.now(), campaign = find.campaign(), member = who,
    group = engine.get("members", who, "group"), evidence = "operator: " .. why })
end

---The word of that name: see console_words.lua.
function M.kick(ext, group, why)
  local who, where_id = find.member(ext, "kick"), find.group(group, "kick")
  if type(why) ~= "string" or why == "" then
    util.fault("kick(member, group, \"why\"): why is missing")
  elseif not engine.is_present(who, where_id) then
    util.fault("kick: %s isn't in %s", ext, group)
  end
  engine.effect { op = "kick", group = where_id, member = who, kind = "kick", policy = "once",
    body = { kind = "kick", why = why } }
  asks(1, "how many members")
end

---The word of that name: see console_words.lua.
function M.tag(ext, name, on)
  local who = find.member(ext, "tag")
  if type(name) ~= "string" or name == "" then
    util.fault("tag(member, \"name\"): a tag is a text")
  end
  engine.tag(who, name, on ~= false)
end

M.names = {
  "delay", "advance", "move_to", "cancel", "run_now", "pause", "resume", "mute", "unmute",
  "post", "edit", "withdraw", "open_game", "close_game", "budget_add", "stock_add", "price",
  "pay", "review", "kick", "tag",
}

return M
