-- A checked campaign.lua becomes rows; and the budgets are held against what its days may cost.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local campaign = require "drumbeat.campaign"

local M = {}

local function write_head()
  local head = campaign.head
  local id = engine.insert("campaigns", {
    name = head.name, brand = head.brand or "", currency = head.currency, zone = head.timezone,
    language = head.language, status = "bound",
    second_person_above = head.second_person_above and head.second_person_above.value or 0,
  })
  engine.use_campaign(id)
  local last = campaign.first
  for _, day in ipairs(campaign.days) do
    last = math.max(last, day.last)
  end
  engine.set("campaigns", id, {
    from_at = engine.instant(campaign.first, 0),
    until_at = engine.instant(last + 1, 0),
  })
  engine.memory_set("library", 0, "campaign", { link = head.link or "", contact = head.contact
    or "",
    title = head.title or "", unsure = next(campaign.unsure) and campaign.unsure or nil })
  return id
end

---The connector that carries a group.
---@param id string
---@return string
function M.connector_of(id)
  local name = campaign.by_id[id].connector
  for _, connector in ipairs(campaign.connectors) do
    for _, carried in ipairs(connector.groups or { campaign.by_id[id].base or id }) do
      if carried == (campaign.by_id[id].base or id) then
        name = name or connector[1]
      end
    end
  end
  return name or ""
end

-- A group known from an earlier campaign stays what it is, with its members.
local function write_groups(id)
  local rows = {}
  for i = #campaign.groups, 1, -1 do
    if type(campaign.groups[i][1]) ~= "string" or campaign.groups[i][1] == "" then
      table.remove(campaign.groups, i) -- Told already.
    end
  end
  for _, group in ipairs(campaign.groups) do
    local ext = group[1]
    local row = engine.find("groups", "by_ext", ext)
    local fields = { title = group.title or ext, segment = group.segment or "",
      connector = M.connector_of(ext), member_max = group.limit, size_at_start = group.members,
      awake = group.awake and group.awake.value or 0 }
    if row then
      engine.adopt_group(row)
      engine.set("groups", row, fields)
    else
      fields.ext, fields.campaign = ext, id
      row = engine.insert("groups", fields)
    end
    rows[ext] = row
  end
  for _, group in ipairs(campaign.groups) do
    engine.set("groups", rows[group[1]], { fed_by = group.fed_by and rows[group.fed_by] or 0 })
  end
  return rows
end

-- What can be written; the rest was told.
local function sound(list)
  local kept = {}
  for _, item in ipairs(list) do
    if not item.skip then
      kept[#kept + 1] = item
    end
  end
  return kept
end

---Rows of hosts and guides; those that are there get their names.
function M.write_staff(id)
  for _, staff in ipairs(sound(campaign.staff)) do
    local spec = staff.spec
    local row = engine.find("staff", "by_ext", spec[1])
    local fields = { name = spec.name, code = spec.code or "", campaign = id, role = staff.role }
    if row then
      engine.set("staff", row, fields)
    else
      fields.ext = spec[1]
      row = engine.insert("staff", fields)
    end
    if spec.code and not engine.find("codes", "by_code", spec.code) then
      engine.insert("codes", { code = spec.code, campaign = id, guide = row, kind = "channel" })
    end
  end
end

local function write_goods(id)
  for _, item in ipairs(campaign.goods) do
    if item.sku and not engine.find("goods", "by_sku", id, item.sku) then
      local spec = item.spec
      engine.insert("goods", { sku = item.sku, title = item.title, campaign = id, list = item.list,
        deal = item.deal, floor = item.floor, cost = item.cost, stock = spec.stock or -1,
        category = spec.category or "", image = spec.image or "" })
    end
  end
  for number, book in ipairs(campaign.books) do
    local function at(moment)
      return moment and engine.instant(campaign.first + moment.day - 1, moment.seconds) or 0
    end
    if book.opens_on then
      engine.insert("books", { name = book.name or ("prices " .. number), campaign = id,
        opens_at = at(book.opens_on), closes_at = at(book.closes_on),
        placeholder = book.placeholder_value, status = "planned" })
    end
  end
end

-- The most that a promotion may give; nil: only its budget limits it.
local function promotion_worst(promotion)
  local goods, members = {}, 0
  for _, item in ipairs(campaign.goods) do
    if item.sku then
      goods[#goods + 1] = { sku = item.sku, category = item.spec.category or "",
        stock = item.spec.stock or -1, room = item.deal - item.floor }
    end
  end
  for _, group in ipairs(campaign.groups) do
    members = members + group.limit
  end
  local budget = campaign.budget_names[promotion.budget]
  return require("drumbeat.promotion_read").worst(promotion, members, goods, budget and budget.cap)
end

---Rows of promotions that have none yet.
function M.write_promotions(id)
  if #campaign.promotions > 32 then
    util.problem(campaign.promotions[33].where, "a campaign has at most 32 promotions, not %d",
      #campaign.promotions)
    return
  end
  local function at(moment)
    return moment and engine.instant(campaign.first + moment.day - 1, moment.seconds) or 0
  end
  for _, promotion in ipairs(campaign.promotions) do
    if not engine.find("promotions", "by_name", id, promotion.name) then
      engine.insert("promotions", { name = promotion.name, campaign = id, scope = promotion.scope,
        budget = promotion.budget, body = promotion.body, limit_total = promotion.total,
        limit_member = promotion.per_member, from_at = at(promotion.opens),
        until_at = at(promotion.closes), worst = (promotion_worst(promotion)) or -1 })
    end
  end
end

local function write_rest(id)
  for name, budget in pairs(campaign.budget_names) do
    local ok, why = engine.budget_open(name, budget.cap)
    if not ok then
      util.fault("%s", why)
    end
  end
  for _, promise in ipairs(sound(campaign.promises)) do
    engine.insert("promises", { metric = promise[1], least = promise.value, text = promise.text
      or "",
      campaign = id, sense = promise.at_least and "at_least" or "at_most" })
  end
  -- A connector outlives a campaign: the next one may start it in another way.
  for _, connector in ipairs(sound(campaign.connectors)) do
    local known = engine.find("connectors", "by_name", connector[1])
    local fields = { command = connector.command or false, socket = connector.socket or "",
      limits = connector.rules or false }
    if known then
      engine.set("connectors", known, fields)
    else
      fields.name = connector[1]
      engine.insert("connectors", fields)
    end
  end
end

local function write_days(id, rows)
  local order = {}
  for i, day in ipairs(sound(campaign.days)) do
    order[i] = { day = day, place = i }
  end
  table.sort(order, function(a, b)
    if a.day.number ~= b.day.number then
      return a.day.number < b.day.number
    end
    return a.place < b.place
  end)
  for _, item in ipairs(order) do
    local day = item.day
    local groups = {}
    for i, ext in ipairs(day.groups) do
      groups[i] = rows[ext]
    end
    engine.insert("days", {
      campaign = id, number = day.number, name = day.name, playbook = day.spec.playbook,
      from_at = engine.instant(day.first, 0), until_at = engine.instant(day.last + 1, 0),
      status = "planned",
      inputs = { groups = #groups > 0 and groups or nil, values = units.pack(day.values),
        where = day.where, lines = day.lines, shared = day.shared,
        told = next(day.told) and day.told or nil },
    })
  end
end

local function write_all()
  local id = write_head()
  local rows = write_groups(id)
  M.write_staff(id)
  write_goods(id)
  M.write_promotions(id)
  write_rest(id)
  write_days(id, rows)
  return id
end

---Rows of the campaign; 0 when there can't be any. What is faulty, and told, is written with what
---stands in for it: so the playbooks of its days are looked at too.
---@return integer campaign
function M.write()
  if campaign.fatal then
    return 0
  end
  return write_all()
end

---As write, of an edit with mistakes while the campaign itself runs: nothing of it is kept.
---@return integer campaign
function M.write_aside()
  campaign.head.name = util.UNSURE
  return M.write()
end

-- What all_days says and no playbook asks for; those that couldn't be built may do so.
local function check_shared(heads)
  local known = {}
  if #heads < #campaign.days then
    return
  end
  for _, head in ipairs(heads) do
    for _, name in ipairs(head.inputs or {}) do
      known[name] = true
    end
  end
  for name in pairs(campaign.shared) do
    if not known[name] then
      util.problem(campaign.shared_where[name], "all_days: no day has an input '%s'%s", name,
        util.meant(name, util.keys(known)))
    end
  end
end

-- Carrying ----------------------------------------------------------------------------------------

local GOALS = { traffic = 1, know = 2, trust = 3, emotion = 4, buy = 5 }

local function check_goals(goals)
  local high
  for _, goal in ipairs(goals) do
    local rank = GOALS[goal.goal]
    if rank and high and rank < GOALS[high.goal] then
      util.warn(goal.where,
        "%s comes after %s (%s): goals work in the order traffic, know, trust, emotion, buy",
        goal.goal, high.goal, high.where)
    elseif rank and (not high or rank > GOALS[high.goal]) then
      high = goal
    end
  end
end

-- What the budget itself ends: at run time it is refused when there is no more, and nobody was
-- promised a sum. It breaks nothing, but the operator should know.
local function check_end(sums, cost)
  local budget = campaign.budget_names[cost.budget]
  local others = sums[cost.budget] and sums[cost.budget].amount or 0
  if budget and not budget.unsure and cost.amount > budget.cap - others then
    util.warn(cost.where, "%s = %s, and the budget '%s' (%s) has %s for it: it ends there, and "
      .. "later orders earn none", cost.what, engine.money(cost.amount), cost.budget, budget.where,
      engine.money(math.max(0, budget.cap - others)))
  end
end

local function add_cost(sums, seen, cost)
  if not cost.limited then
    util.warn(cost.where, "%s: only the budget '%s' limits it", cost.what, cost.budget)
  end
  if cost.shared then -- A coupon used on several days counts once.
    if (seen[cost.name] or 0) >= cost.amount then
      return
    end
    local before = seen[cost.name] or 0
    seen[cost.name] = cost.amount
    cost.amount = cost.amount - before
  end
  local sum = sums[cost.budget] or { amount = 0, list = {}, cap = cost.cap, where = cost.where }
  sums[cost.budget] = sum
  sum.amount = sum.amount + cost.amount
  if cost.amount > 0 then
    sum.list[#sum.list + 1] = ("%s = %s"):format(cost.what, engine.money(cost.amount))
  end
end

-- Connectors --------------------------------------------------------------------------------------

-- connector -> op -> { where =, what = }: what the days' playbooks send in the groups it carries.
local function needs_of(heads)
  local all = {}
  for _, connector in ipairs(campaign.connectors) do
    all[connector[1]] = {}
  end
  for _, head in ipairs(heads) do
    for _, id in ipairs(head.groups or {}) do
      local own = all[engine.get("groups", id, "connector")]
      for op, need in pairs(own and head.needs or {}) do
        own[op] = own[op] or need
      end
    end
  end
  return all
end

local function can(connector, op)
  for _, cap in ipairs(connector.caps) do
    if cap == op then
      return true
    end
  end
  return false
end

-- Each connector's row keeps what is needed of it: what it says it can is held against it too.
local function check_connectors(heads)
  local all = needs_of(heads)
  for _, connector in ipairs(campaign.connectors) do
    local needs = {}
    for op, need in pairs(all[connector[1]]) do
      needs[op] = ("%s: %s"):format(need.where, need.what)
      if connector.caps and not can(connector, op) then
        util.problem(need.where, "%s needs '%s', which connector '%s' (%s) can't: let another "
          .. "connector carry these groups, or leave it out", need.what, op, connector[1],
          connector.where)
      end
    end
    local row = engine.find("connectors", "by_name", connector[1])
    if row then
      engine.set("connectors", row, { needs = needs })
    end
  end
  for _, book in ipairs(campaign.books) do
    local able = #campaign.connectors == 0
    for _, connector in ipairs(campaign.connectors) do
      able = able or not connector.caps or can(connector, "price")
    end
    if not able then
      util.warn(book.where, "no connector can 'price': the shop's own prices are not changed")
    end
  end
end

-- What a budget holds: more than campaign.lua says when somebody raised it while it runs.
local function cap_of(name, written)
  local _, id = engine.context()
  local runs = id ~= 0 and engine.get("campaigns", id, "status") ~= "bound"
  local row = runs and engine.find("accounts", "by_name", id, "budget:" .. name)
  return row and engine.get("accounts", row, "opening") or written
end

---The sums that carry added up, as JSON: { budget = { worst =, cap = } }.
---@return string
function M.sums()
  local list = {}
  for name, sum in pairs(M.worst or {}) do
    local _, id = engine.context()
    list[#list + 1] = { budget = name, worst = sum.amount, cap = cap_of(name, sum.cap),
      left = id ~= 0 and engine.balance("budget:" .. name) or nil }
  end
  return #list == 0 and "[]" or engine.json(list)
end

---Holds the sum of worst costs against each budget.
---@param json string array of what each day's playbook_costs gave
---@return string[] problems
function M.carry(json)
  local sums, seen, goals, ending = {}, {}, {}, {}
  for _, day in ipairs(engine.parse_json(json)) do
    for _, cost in ipairs(day) do
      if cost.goal then
        goals[#goals + 1] = cost
      elseif cost.ends and cost.limited then
        ending[#ending + 1] = cost
      else
        add_cost(sums, seen, cost)
      end
    end
  end
  for _, promotion in ipairs(campaign.promotions) do
    if promotion.budget ~= "" then
      local worst, what = promotion_worst(promotion)
      add_cost(sums, seen, { budget = promotion.budget, amount = worst or 0,
        limited = worst ~= nil, where = promotion.where, what = what, shared = true,
        name = "promotion:" .. promotion.name })
    end
  end
  for _, cost in ipairs(ending) do
    check_end(sums, cost)
  end
  check_goals(goals)
  check_shared(goals)
  check_connectors(goals)
  M.worst = sums
  for name, sum in pairs(sums) do
    local budget = campaign.budget_names[name]
    local written = budget and (not budget.unsure and budget.cap or nil) or sum.cap
    local cap = cap_of(name, written)
    if cap and sum.amount > cap then
      util.problem(budget and budget.where or sum.where,
        "budget '%s' holds %s, its playbooks may give %s: %s", name, engine.money(cap),
        engine.money(sum.amount), table.concat(sum.list, "; "))
    end
  end
  return util.take_problems()
end

return M
