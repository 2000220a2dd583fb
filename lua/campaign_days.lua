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
  local sure = not campaign.segments_told and not campaign.unsure.group
  if #list == 0 and sure and not util.is_told(day.spec.segment) then
    util.problem(day.where, "day(%d): no group has the segment %s%s", day.number,
      units.describe(day.spec.segment), util.meant(day.spec.segment, segments))
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
    elseif not util.is_told(id) and not campaign.unsure.group then
      util.problem(day.where, "day(%d): there is no group %s%s", day.number, units.describe(id),
        util.meant(id, util.keys(campaign.by_id)))
    end
  end
  return list
end

-- Dates -------------------------------------------------------------------------------------------

local function day_dates(campaign, day)
  local spec = day.spec
  local first = campaign.first + day.number - 1
  if spec.date ~= nil then
    local date, message = units.parse_date(spec.date)
    day.date_told = date == nil
    if date then
      first = date.value
    elseif not util.is_told(spec.date) then
      util.problem(day.where, "day(%d): date: %s", day.number, message)
    end
  end
  -- A guessed first date says nothing of how days with a date of their own lie to it.
  day.date_told = day.date_told or day.wrong or day.hollow
    or (campaign.first_told and spec.date ~= nil)
  local last = first
  if spec.last ~= nil then
    if math.type(spec.last) == "integer" and spec.last >= day.number then
      last = first + spec.last - day.number
    elseif not util.is_told(spec.last) then
      util.problem(day.where, "day(%d): last is the number of its last day, from %d on", day.number,
        day.number)
    end
  end
  if first < campaign.first and not day.date_told then
    util.problem(day.where, "day(%d) is before the campaign's first day", day.number)
  end
  return first, last
end

local function check_overlap(campaign, at)
  local day = campaign.days[at]
  for i = 1, at - 1 do
    local other = campaign.days[i]
    local sure = not day.date_told and not other.date_told
    if sure and day.first <= other.last and other.first <= day.last then
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
        if (day.values[name] ~= nil or day.told[name]) and not lines[name] then
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
  day.hollow = util.is_told(spec[1]) -- What else it gives isn't known.
  day.skip = type(spec.playbook) ~= "string"
  if day.skip and not util.is_told(spec.playbook) then
    util.problem(day.where, "day(%d): playbook = \"name\" is missing", day.number)
  end
  if spec.track ~= nil and type(spec.track) ~= "string" and math.type(spec.track) ~= "integer" then
    if not util.is_told(spec.track) then
      util.problem(day.where, "day(%d): track is a text in quotes, not %s", day.number,
        units.describe(spec.track))
    end
    spec.track = ("#%d"):format(#util.problems) -- One of its own.
  end
  day.name = spec.track and ("%d/%s"):format(day.number, spec.track) or tostring(day.number)
  day.groups = day_groups(campaign, day)
  day.has = {}
  for _, id in ipairs(day.groups) do
    day.has[id] = true
  end
  day.first, day.last = day_dates(campaign, day)
  day.values, day.shared = {}, {}
  day.told = { ["?"] = day.hollow or nil }
  local function give(name, value)
    if guard.holds(value) then
      day.told[name] = true -- A fault of campaign.lua: the playbook says nothing of it.
    elseif units.unkept(value) then
      day.told[name] = true
      util.problem(day.where, "day(%d): %s: %s can't be kept", day.number, name,
        units.unkept(value))
    else
      day.values[name] = value
    end
  end
  for name, value in pairs(spec) do
    if type(name) == "string" and not OWN[name] then
      give(name, value)
    end
  end
  day.lines = input_lines(day)
  for name, value in pairs(campaign.shared) do
    if day.values[name] == nil and not day.told[name] then
      give(name, value)
      day.shared[name] = true
      day.lines[name] = campaign.shared_where[name]
    end
  end
end

local function check_names(campaign)
  local seen = {}
  for i, day in ipairs(campaign.days) do
    local other = seen[day.name]
    local sure = other and not (day.wrong or day.hollow or other.wrong or other.hollow)
    if sure then
      util.problem(day.where, "day(%d) stands twice (%s): give one a name with track = \"...\"",
        day.number, other.where)
    end
    if other then
      day.name = ("%s#%d"):format(day.name, i) -- So that both are looked at.
    end
    seen[day.name] = day
  end
end

-- Prices flip while the campaign runs, or not at all.
local function check_books(campaign)
  local last = 0
  for _, day in ipairs(campaign.days) do
    if day.date_told then
      return -- Who knows when it ends.
    end
    last = math.max(last, day.last - campaign.first + 1)
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
    campaign.faulty = true
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
