-- Words of operators that only look. Each gives a table to be shown.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local show = require "drumbeat.console_show"
local find = require "drumbeat.console_find"

local M = {}

local function money(amount)
  return engine.money(amount)
end

local function count_or(n, default, word)
  if n == nil then
    return default
  elseif math.type(n) ~= "integer" or n < 1 then
    util.fault("%s: how many is a whole number from 1, not %s", word, units.describe(n))
  end
  return n
end

-- Messages of the running and the last hour.
local function lively(group)
  local hour = engine.now() // 3600000 * 3600000
  local sum = 0
  for _, at in ipairs { hour, hour - 3600000 } do
    local id = engine.find("hours", "by_at", group, at)
    sum = sum + (id and engine.get("hours", id, "messages") or 0)
  end
  return sum
end

local function group_state(row)
  if row.paused_at ~= 0 then
    return "paused"
  end
  return row.muted and "muted" or "runs"
end

---The word of that name: see console_words.lua.
function M.groups()
  local rows = {}
  for _, id in ipairs(find.groups()) do
    local row = engine.row("groups", id)
    rows[#rows + 1] = { row.ext, row.segment, row.members, row.joins, row.leaves, lively(id),
      row.orders, group_state(row) }
  end
  return show.table("group|segment|>members|>joins|>leaves|>messages 1-2 h|>orders|state", rows)
end

---The word of that name: see console_words.lua.
function M.days()
  local rows = {}
  for _, id in ipairs(find.days()) do
    local row = engine.row("days", id)
    rows[#rows + 1] = { row.name, row.playbook, find.clock(row.from_at), row.goal, row.status }
  end
  return show.table("day|playbook|from|goal|status", rows)
end

---The word of that name: see console_words.lua.
function M.members(n)
  n = count_or(n, 20, "members")
  local ids = engine.all("participants")
  local rows = {}
  for _, id in ipairs(ids) do
    if engine.get("participants", id, "campaign") == find.campaign() then
      rows[#rows + 1] = { id = id, spent = engine.get("participants", id, "spent") }
    end
  end
  local all = #rows
  table.sort(rows, function(a, b)
    if a.spent ~= b.spent then
      return a.spent > b.spent
    end
    return a.id < b.id
  end)
  local shown = {}
  for i = 1, math.min(n, all) do
    local row = engine.row("participants", rows[i].id)
    shown[i] = { engine.get("members", row.member, "ext"),
      engine.get("members", row.member, "name"),
      find.group_name(row.group), row.messages, row.vouchers, row.orders, money(row.spent) }
  end
  return show.table("member|name|group|>messages|>vouchers|>orders|>paid", shown,
    ("%d members took part; who paid most comes first"):format(all))
end

---The word of that name: see console_words.lua.
function M.budgets()
  local rows = {}
  for _, name in ipairs(find.budgets()) do
    local id = engine.find("accounts", "by_name", find.campaign(), "budget:" .. name)
    rows[#rows + 1] = { name, money(engine.get("accounts", id, "opening")),
      money(engine.balance("budget:" .. name) or 0),
      money(engine.balance("reserved:" .. name) or 0),
      money(engine.balance("spent:" .. name) or 0) }
  end
  return show.table("budget|>cap|>free|>reserved|>spent", rows)
end

---The word of that name: see console_words.lua.
function M.timers(n)
  n = count_or(n, 20, "timers")
  local rows, by_key = {}, {}
  local more = 0
  for _, row in ipairs(find.entries()) do
    local key = row.name .. "\0" .. row.due_at .. row.status
    local known = by_key[key]
    if known then
      known.groups[#known.groups + 1] = find.group_name(row.group)
    elseif #rows < n then
      known = { row = row, groups = { find.group_name(row.group) } }
      by_key[key] = known
      rows[#rows + 1] = known
    else
      more = more + 1
    end
  end
  for i, item in ipairs(rows) do
    local row = item.row
    rows[i] = { row.name, find.clock(row.due_at),
      row.status == "held" and "held" or find.until_text(row.due_at),
      #item.groups > 4 and ("%d groups"):format(#item.groups) or table.concat(item.groups, ", ") }
  end
  return show.table("entry|at|in|groups", rows, more > 0 and "... and more: timers(100)" or nil)
end

---The word of that name: see console_words.lua.
function M.scenes()
  local rows = {}
  local days = {}
  for _, id in ipairs(find.days()) do
    days[id] = engine.get("days", id, "name")
  end
  for _, id in ipairs(engine.all("scenes")) do
    local status = engine.get("scenes", id, "status")
    local day = engine.get("scenes", id, "day")
    if days[day] and status ~= "done" and status ~= "cancelled" then
      local row = engine.row("scenes", id)
      rows[#rows + 1] = { row.name, days[day], find.group_name(row.group), row.status, row.steps,
        row.wait_kind == "none" and "" or row.wait_kind,
        row.deadline == 0 and "" or find.clock(row.deadline), row.error }
    end
  end
  return show.table("scene|day|group|status|>steps|waits for|until|error", rows)
end

---The word of that name: see console_words.lua.
function M.games()
  local rows = {}
  for _, row in ipairs(find.games()) do
    local left = {}
    for _, id in ipairs(engine.list("prizes", "of_game", row.id)) do
      local stock = engine.get("prizes", id, "stock")
      if stock >= 0 then
        left[#left + 1] = ("%s %d"):format(engine.get("prizes", id, "name"),
          stock - engine.get("prizes", id, "given"))
      end
    end
    rows[#rows + 1] = { row.name, row.kind, engine.get("days", row.day, "name"),
      find.group_name(row.group), row.status, row.plays, row.wins, table.concat(left, ", ") }
  end
  return show.table("game|kind|day|group|status|>plays|>wins|prizes left", rows)
end

---The word of that name: see console_words.lua.
function M.goods()
  local rows = {}
  for _, id in ipairs(engine.all("goods")) do
    local row = engine.row("goods", id)
    if row.campaign == find.campaign() then
      local price = engine.price(id)
      rows[#rows + 1] = { row.sku, row.title, money(row.list), money(row.deal), money(row.floor),
        price.for_sale and money(price.shown) or "not yet", row.stock < 0 and "" or row.stock,
        row.sold }
    end
  end
  return show.table("good|title|>list|>deal|>floor|>now|>stock|>sold", rows)
end

---The word of that name: see console_words.lua.
function M.coupons()
  local rows = {}
  for _, id in ipairs(engine.all("coupons")) do
    local row = engine.row("coupons", id)
    if row.campaign == find.campaign() then
      rows[#rows + 1] = { row.name, row.budget, row.issued, row.used,
        row.limit_total == 0 and "" or row.limit_total, find.clock(row.until_at) }
    end
  end
  return show.table("coupon|budget|>issued|>used|>limit|until", rows)
end

---The word of that name: see console_words.lua.
function M.orders(n)
  n = count_or(n, 10, "orders")
  local ids = engine.all("orders")
  local rows = {}
  for i = #ids, 1, -1 do
    local row = engine.row("orders", ids[i])
    if row.campaign == find.campaign() then
      rows[#rows + 1] = { row.ext, find.clock(row.at),
        row.member == 0 and "" or engine.get("members", row.member, "ext"),
        find.group_name(row.group), row.items, money(row.total), money(row.refunded) }
      if #rows == n then
        break
      end
    end
  end
  return show.table("order|at|member|group|>items|>paid|>refunded", rows,
    ("%d orders in all, the newest first"):format(#ids))
end

---The word of that name: see console_words.lua.
function M.outbox(n)
  n = count_or(n, 20, "outbox")
  local rows, open = {}, 0
  for _, id in ipairs(engine.all("outbox")) do
    local row = engine.row("outbox", id)
    open = open + 1
    if #rows < n then
      local at = math.max(row.not_before, row.retry_at)
      rows[#rows + 1] = { id, row.op, row.kind, find.group_name(row.group),
        row.member == 0 and "" or engine.get("members", row.member, "ext"), row.status,
        at > engine.now() and find.clock(at) or "", row.attempts, row.body and row.body.text or "" }
    end
  end
  return show.table(">message|op|kind|group|member|status|not before|>tried|text", rows,
    ("%d have not been sent"):format(open))
end

---The word of that name: see console_words.lua.
function M.connectors()
  local rows = {}
  for _, id in ipairs(engine.all("connectors")) do
    local row = engine.row("connectors", id)
    rows[#rows + 1] = { row.name, row.events, row.refused, find.clock(row.last_at) }
  end
  return show.table("connector|>events|>refused|last event", rows)
end

local BARS = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }

local function spark(values)
  local most = 1
  for _, v in ipairs(values) do
    most = math.max(most, v)
  end
  local out = {}
  for i, v in ipairs(values) do
    out[i] = v <= 0 and BARS[1] or BARS[math.max(1, (v * 8 + most - 1) // most)]
  end
  return table.concat(out)
end

---The word of that name: see console_words.lua.
function M.uv(n)
  n = count_or(n, 30, "uv")
  local minute = engine.now() // 60000 * 60000
  local values, most, at = {}, 0, minute
  for i = 1, n do
    local from = minute - (n - i) * 60000
    local id = engine.find("minutes", "by_at", find.campaign(), from)
    values[i] = id and engine.get("minutes", id, "visitors") or 0
    if values[i] > most then
      most, at = values[i], from
    end
  end
  return ("uv %s  %d this minute, %d the one before, most %d at %s"):format(spark(values),
    values[n], values[math.max(1, n - 1)], most, find.clock(at))
end

---The word of that name: see console_words.lua.
function M.funnel()
  local names = { "visited", "favorited", "carted", "paid" }
  local counts, members = { 0, 0, 0, 0 }, 0
  for _, id in ipairs(find.groups()) do
    members = members + engine.get("groups", id, "members")
  end
  for _, id in ipairs(engine.all("participants")) do
    if engine.get("participants", id, "campaign") == find.campaign() then
      for i, name in ipairs(names) do
        counts[i] = counts[i] + (engine.get("participants", id, name) and 1 or 0)
      end
    end
  end
  local rows = { { "members now", members, "" } }
  for i, name in ipairs(names) do
    rows[#rows + 1] = { name, counts[i], members == 0 and ""
      or ("%.1f %%"):format(counts[i] * 100 / members) }
  end
  return show.table("step|>people|>of members", rows)
end

local STATUS = { waiting = "waits for a second person", applied = "applied", undone = "undone",
  refused = "refused" }

---The word of that name: see console_words.lua.
function M.tweaks()
  local rows = {}
  for _, id in ipairs(engine.all("tweaks")) do
    local row = engine.row("tweaks", id)
    rows[#rows + 1] = { id, find.clock(row.at), row.by, row.class, STATUS[row.status],
      row.approved_by ~= "" and "approved by " .. row.approved_by
        or row.undone_by ~= "" and "by " .. row.undone_by or "", row.code or "" }
  end
  return show.table(">tweak|at|by|class|status||line", rows)
end

---All that is known of one member.
---@param ext string
function M.about(ext)
  local id = find.member(ext, "about")
  local row = engine.row("members", id)
  local rows = { { "name", row.name }, { "status", row.status }, { "tags", row.tags },
    { "last seen", find.clock(row.seen_at) }, { "orders", row.orders },
    { "paid in all", money(row.spent) } }
  for _, group in ipairs(find.groups()) do
    local m = engine.find("memberships", "by_member_group", id, group)
    local ship = m and engine.row("memberships", m)
    rows[#rows + 1] = ship and { "group " .. find.group_name(ship.group),
      ("joined %s%s%s"):format(find.clock(ship.joined_at),
        ship.left_at ~= 0 and ", left " .. find.clock(ship.left_at) or "",
        ship.inviter ~= 0 and ", by " .. engine.get("members", ship.inviter, "ext") or "") }
      or nil
  end
  local inviter = engine.find("inviters", "by_member", find.campaign(), id)
  if inviter then
    rows[#rows + 1] = { "invites", ("%d effective, %d left again"):format(
      engine.get("inviters", inviter, "effective"), engine.get("inviters", inviter, "left")) }
  end
  for _, v in ipairs(engine.list("vouchers", "of_member", id)) do
    local voucher = engine.row("vouchers", v)
    rows[#rows + 1] = { "voucher " .. engine.get("coupons", voucher.coupon, "name"),
      ("%s, for %s"):format(voucher.status, voucher.source) }
  end
  return show.table("what|value", rows)
end

---What an entry would say, up to its first wait; nobody else sees it.
---@param name string
---@param where string?
function M.try(name, where)
  local set = find.group_set(where, "try")
  local entry
  for _, row in ipairs(find.entries_named(name, set, "try")) do
    entry = entry or row.kind == "entry" and row or nil
  end
  if not entry then
    util.fault("try: '%s' is the engine's own and says nothing", name)
  end
  local done = engine.try_entry(entry.id)
  local lines = {}
  for _, said in ipairs(done.said) do
    lines[#lines + 1] = ("%s [%s] %s"):format(said.op, find.group_name(said.group),
      said.not_before > engine.now() and find.clock(said.not_before) or "at once")
    lines[#lines + 1] = "  " .. (said.body.text or said.body.kind or ""):gsub("\n", "\n  ")
  end
  lines[#lines + 1] = done.error and "it fails: " .. done.error
    or done.waits and "then it waits; what follows depends on what members do"
    or "then it is over"
  return table.concat(lines, "\n")
end

---The word of that name: see console_words.lua.
function M.parked()
  local rows = {}
  for _, id in ipairs(engine.all("parked")) do
    local row = engine.row("parked", id)
    rows[#rows + 1] = { id, find.clock(row.at), row.kind, row.source, row.status,
      row.member ~= "" and "member " .. row.member or row.order ~= "" and "order " .. row.order
        or "", row.error }
  end
  return show.table(">parked|at|kind|source|status|of|error", rows,
    "`replay N` handles one again, `discard N` gives it up; the rest: drumbeat parked --db FILE")
end

---The word of that name: see console_words.lua.
function M.handlers()
  local rows = {}
  for _, id in ipairs(engine.all("handlers")) do
    local row = engine.row("handlers", id)
    rows[#rows + 1] = { row.name, row.since_at ~= 0 and "suspended " .. find.clock(row.since_at)
      or "runs", row.errors, row.fails, row.waiting, row.error }
  end
  return show.table("handler|status|>errors|>in a row|>events kept|last error", rows,
    #rows == 0 and "no handler has failed" or "mended, they go on: drumbeat reload")
end

---Names, for what is typed without brackets: groups, timers 3.
M.names = { "groups", "days", "members", "budgets", "timers", "scenes", "games", "goods", "coupons",
  "orders", "outbox", "connectors", "uv", "funnel", "tweaks", "about", "try", "parked", "handlers" }

return M
