-- The days of a campaign: their dates and groups, and scaling a campaign to other sizes.
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local guard = require "drumbeat.guard"

local M = {}

local OWN = { playbook = true, groups = true, segment = true, date = true, last = true,
  track = true }

-- Groups of a day ---------------------------------------------------------------------------------

local function by_segment(campaign, day)
  local list, segments = {}, {}
  for _, group in ipairs(campaign.groups) do
    segments[#segments + 1] = group.segment
    if group.segment == day.spec.segment then
      list[#list + 1] = group[1]
    end
  end
  if #list == 0 then
    util.problem(day.where, "day(%d): no group has the segment '%s'%s", day.number,
      tostring(day.spec.segment), util.meant(day.spec.segment, segments))
  end
  return list
end

local function day_groups(campaign, day)
  local spec = day.spec
  if spec.segment ~= nil then
    return by_segment(campaign, day)
  elseif spec.groups == nil then
    local all = {}
    for _, group in ipairs(campaign.groups) do
      all[#all + 1] = group[1]
    end
    return all
  end
  local list = {}
  for _, id in ipairs(type(spec.groups) == "table" and spec.groups or { spec.groups }) do
    if campaign.by_id[id] then
      list[#list + 1] = id
    else
      util.problem(day.where, "day(%d): there is no group %s%s", day.number, units.describe(id),
        util.meant(id, util.keys(campaign.by_id)))
    end
  end
  return list
end

-- Dates -------------------------------------------------------------------------------------------

local function day_dates(campaign, day)
  local spec = day.spec
  local first = campaign.first and campaign.first + day.number - 1
  if spec.date ~= nil then
    local date, message = units.parse_date(spec.date)
    if not date then
      util.problem(day.where, "day(%d): date: %s", day.number, message)
    else
      first = date.value
    end
  end
  local last = first
  if spec.last ~= nil then
    if math.type(spec.last) ~= "integer" or spec.last < day.number then
      util.problem(day.where, "day(%d): last is the number of its last day, from %d on", day.number,
        day.number)
    else
      last = first and first + spec.last - day.number
    end
  end
  if first and campaign.first and first < campaign.first then
    util.problem(day.where, "day(%d) is before the campaign's first day", day.number)
  end
  return first, last
end

local function check_overlap(campaign, at)
  local day = campaign.days[at]
  for i = 1, at - 1 do
    local other = campaign.days[i]
    if day.first and other.first and day.first <= other.last and other.first <= day.last then
      for _, id in ipairs(day.groups) do
        if other.has[id] then
          util.problem(day.where,
            "day(%d) and day(%d) (%s) overlap: both play in group '%s' on the same date",
            day.number, other.number, other.where, id)
          return
        end
      end
    end
  end
end

-- Lines of the inputs in campaign.lua, so that a fault points at its own line.
local function input_lines(day)
  local lines = {}
  local source = engine.source("campaign.lua")
  local from = tonumber(day.where:match(":(%d+)$"))
  if not source or not from then
    return lines
  end
  local number, depth = 0, 0
  for line in (source .. "\n"):gmatch("([^\n]*)\n") do
    number = number + 1
    if number >= from then
      for name in line:gmatch("([%a_][%w_]*)%s*=") do
        if day.values[name] ~= nil and not lines[name] then
          lines[name] = ("campaign.lua:%d"):format(number)
        end
      end
      local _, opened = line:gsub("{", "")
      local _, closed = line:gsub("}", "")
      depth = depth + opened - closed
      if depth <= 0 then
        break
      end
    end
  end
  return lines
end

local function read_day(campaign, day)
  local spec = day.spec
  if type(spec.playbook) ~= "string" then
    util.problem(day.where, "day(%d): playbook = \"name\" is missing", day.number)
    campaign.fatal = true
  end
  day.track = spec.track
  day.name = spec.track and ("%d/%s"):format(day.number, spec.track) or tostring(day.number)
  day.groups = day_groups(campaign, day)
  day.has = {}
  for _, id in ipairs(day.groups) do
    day.has[id] = true
  end
  day.first, day.last = day_dates(campaign, day)
  day.values = {}
  for name, value in pairs(spec) do
    if type(name) == "string" and not OWN[name] then
      day.values[name] = value
    end
  end
  day.lines = input_lines(day)
  day.shared = {}
  for name, value in pairs(campaign.shared) do
    if day.values[name] == nil then
      day.values[name], day.shared[name] = value, true
      day.lines[name] = campaign.shared_where[name]
    end
  end
end

local function check_names(campaign)
  local seen = {}
  for _, day in ipairs(campaign.days) do
    local other = seen[day.name]
    if other then
      util.problem(day.where, "day(%d) stands twice (%s): give one a name with track = \"...\"",
        day.number, other.where)
      campaign.fatal = true
    end
    seen[day.name] = day
  end
end

-- Prices flip while the campaign runs, or not at all.
local function check_books(campaign)
  local last = 0
  if campaign.fatal then
    return
  end
  for _, day in ipairs(campaign.days) do
    last = math.max(last, (day.last or 0) - campaign.first + 1)
  end
  for _, book in ipairs(campaign.books) do
    for _, name in ipairs { "opens", "closes" } do
      local moment = book[name .. "_on"]
      if moment and (moment.day < 1 or moment.day > last) then
        util.problem(book.where, "prices: %s = { day = %d, ... }, but the campaign has the days 1 "
          .. "to %d", name, moment.day, last)
      end
    end
  end
end

-- Other sizes (--groups, --members) ---------------------------------------------------------------

local function copy_of(group, number)
  local copy = {}
  for key, value in pairs(group) do
    copy[key] = value
  end
  copy.base, copy.copy = group[1], number
  if number > 0 then
    copy[1] = ("%s.%d"):format(group[1], number + 1)
    copy.title = group.title and ("%s (%d)"):format(group.title, number + 1)
  end
  return copy
end

local function feed_copy(group, by_id)
  local id = group.fed_by
  local same = id and group.copy > 0 and ("%s.%d"):format(id, group.copy + 1) or id
  group.fed_by = by_id[same] and same or by_id[id] and id or nil
end

-- n groups like those of the campaign: copies when there are more, a spread choice when fewer.
local function scale_groups(campaign, n)
  local have = campaign.groups
  local list, by_id = {}, {}
  for i = 1, n do
    local group
    if n <= #have then
      group = copy_of(have[(i - 1) * #have // n + 1], 0)
    else
      group = copy_of(have[(i - 1) % #have + 1], (i - 1) // #have)
    end
    list[#list + 1] = group
    by_id[group[1]] = group
  end
  for _, group in ipairs(list) do
    feed_copy(group, by_id)
  end
  campaign.groups, campaign.by_id = list, by_id
  for _, day in ipairs(campaign.days) do
    local ids = {}
    for _, group in ipairs(list) do
      if day.has[group.base] then
        ids[#ids + 1] = group[1]
      end
    end
    day.groups = ids
  end
end

local function limits_of(campaign)
  local limits = 0
  for _, group in ipairs(campaign.groups) do
    limits = limits + group.limit
  end
  return limits
end

-- A larger campaign has larger budgets and more stock: what prizes and vouchers cost grows with
-- groups and members. A smaller one keeps what it has.
local function scale_money(campaign, groups, limits)
  local over, under = limits_of(campaign), limits
  if #campaign.groups * under > groups * over then
    over, under = #campaign.groups, groups
  end
  if over <= under then
    return
  end
  for _, budget in ipairs(campaign.budgets) do
    budget.cap = (budget.cap or 0) * over // under
  end
  for _, item in ipairs(campaign.goods) do
    if item.spec.stock then
      item.spec.stock = item.spec.stock * over // under
    end
  end
end

local function scale_members(campaign, members)
  local limits = limits_of(campaign)
  for _, group in ipairs(campaign.groups) do
    local limit = math.max(1, group.limit * members // limits)
    group.members = group.members * limit // group.limit
    group.limit = limit
  end
end

---Checks the days; applies overrides.
---@param campaign table the module campaign.lua
---@param overrides table
function M.finish(campaign, overrides)
  if #campaign.days == 0 then
    if not guard.any then
      util.problem("campaign.lua:1", "there is no day(n) { playbook = ... }")
    end
    campaign.fatal = true
  end
  for i, day in ipairs(campaign.days) do
    read_day(campaign, day)
    check_overlap(campaign, i)
  end
  check_names(campaign)
  check_books(campaign)
  if util.has_faults() then
    return -- Sizes may be no numbers.
  end
  local groups, limits = #campaign.groups, limits_of(campaign)
  if overrides.groups then
    scale_groups(campaign, overrides.groups)
  end
  if overrides.members then
    scale_members(campaign, overrides.members)
  end
  scale_money(campaign, groups, limits)
end

return M
