-- The run sheet: at, every, countdown. Entries are keyed by name; the engine runs each once in a
-- group (or once for the campaign).
local util = require "drumbeat.util"
local units = require "drumbeat.units"
local group = require "drumbeat.group"

local M = {
  entries = {}, -- By name.
  order = {}, -- Names in order.
  everies = {}, -- By name.
  every_order = {},
}

local LATE = { skip = true, run = true, run_within = true }
local DAY_S = 86400
local QUIET_FROM, QUIET_UNTIL = 23 * 3600, 8 * 3600

-- Times -------------------------------------------------------------------------------------------

-- Dates of this day's playbook: first (days since 1970) and how many.
local function span()
  local day = engine.context()
  local first = engine.civil(engine.get("days", day, "from_at")).days
  return first, math.max(1, engine.civil(engine.get("days", day, "until_at") - 1).days - first + 1)
end

---Instant of a time of day on the date it is now (a scene's date; after midnight still the day's
---own when the clock says 24:00 or later).
---@return integer ms
function M.today(clock)
  local days = engine.civil(engine.now()).days
  if clock.value >= 86400 then
    local first, count = span()
    days = math.min(days, first + count - 1)
  end
  return (engine.instant(days, clock.value))
end

local function unique(name, word)
  if type(name) ~= "string" or name == "" or #name > 100 then
    util.fault("%s(time, name, function): the name is a text", word)
  elseif M.entries[name] or M.everies[name] then
    util.fault("there are two times named '%s' (the other: %s): a name is a key", name,
      (M.entries[name] or M.everies[name]).where)
  end
end

local function check_per(per, word)
  if per ~= nil and per ~= "group" and per ~= "campaign" then
    util.fault("%s: per is \"group\" or \"campaign\", not %s", word, units.describe(per))
  end
  return per == "campaign"
end

---Adds an entry.
---@param o table {clock=, name=, fn=, day=, late=, late_ms=, campaign=, where=}
function M.plan(o)
  M.entries[o.name] = o
  M.order[#M.order + 1] = o.name
end

local function at(time, name, fn, options)
  util.declares("at")
  local clock, message = units.parse_clock(time)
  if not clock then
    util.fault("at: %s", message)
  end
  unique(name, "at")
  if type(fn) ~= "function" then
    util.fault("at(time, name, function(group) ... end): the function is missing")
  end
  options = options or {}
  util.check_fields("at", options, { "late", "within", "per", "day", "ahead", "tied" })
  local late = options.late or "run_within"
  if not LATE[late] then
    util.fault("at: late is skip, run or run_within, not %s", units.describe(late))
  elseif options.within and not units.is(options.within, "duration") then
    util.fault("at: within is a duration like minutes(10)")
  elseif options.ahead and (not units.is(options.ahead, "duration")
    or options.ahead.value > 600000) then
    util.fault("at: ahead is a duration like minutes(1), at most minutes(10)")
  end
  if options.tied ~= nil and (type(options.tied) ~= "string" or options.tied == name) then
    util.fault("at: tied is the name of another entry, not %s", units.describe(options.tied))
  end
  M.plan { clock = clock, name = name, fn = fn, late = late, day = options.day or 1,
    tied = options.tied,
    late_ms = options.within and options.within.value or 600000,
    ahead = options.ahead and options.ahead.value or 0,
    campaign = check_per(options.per, "at"), where = engine.where() }
end

local function clock_or(value, default, what)
  if value == nil then
    return units.make("clock", default)
  end
  local clock, message = units.parse_clock(value)
  if not clock then
    util.fault("every: %s: %s", what, message)
  end
  return clock
end

local function every(duration, name, fn, options)
  util.declares("every")
  if not units.is(duration, "duration") or duration.value < 1000 then
    util.fault("every: a duration of a second or more, like minutes(30), not %s",
      units.describe(duration))
  end
  unique(name, "every")
  if type(fn) ~= "function" then
    util.fault("every(duration, name, function(group) ... end): the function is missing")
  end
  options = options or {}
  util.check_fields("every", options, { "from", "to", "per" })
  local entry = { step = duration.value, name = name, fn = fn, where = engine.where(),
    from = clock_or(options.from, 0, "from"), to = clock_or(options.to, 86400, "to"),
    campaign = check_per(options.per, "every") }
  if entry.to <= entry.from then
    util.fault("every: it ends at %s, before it begins at %s", units.show(entry.to),
      units.show(entry.from))
  end
  M.everies[name] = entry
  M.every_order[#M.every_order + 1] = name
end

-- countdown (A1) ----------------------------------------------------------------------------------

-- An alarm clock carries date and hour, whatever the text says.
local function alarm_text(text)
  if not text:find("{date}", 1, true) then
    text = text .. " {date}"
  end
  if not text:find("{hour}", 1, true) then
    text = text .. " {hour}"
  end
  return text
end

local function countdown_beat(spec, target_day, name, clock, day)
  M.plan { clock = clock, name = name, late = "run_within", late_ms = 600000, day = day,
    where = engine.where(), fn = function(where)
      local first = span()
      where:announce("countdown", alarm_text(spec.text), { tone = "emotional",
        with = { date = units.show_date(first + target_day - 1), hour = units.show(spec.to) } })
    end }
end

local function countdown(spec)
  util.declares("countdown")
  util.check_fields("countdown", spec, { "to", "text", "daily", "days", "last_hour", "name" })
  local to, message = units.parse_clock(spec.to)
  if not to then
    util.fault("countdown: to: %s", message)
  elseif type(spec.text) ~= "string" then
    util.fault("countdown: text = \"...\" is missing")
  end
  local name = spec.name or "countdown"
  unique(name, "countdown")
  spec = { to = to, text = spec.text, days = spec.days or 0, last_hour = spec.last_hour or {},
    daily = spec.daily and clock_or(spec.daily, 0, "daily") }
  if math.type(spec.days) ~= "integer" or spec.days < 0 or spec.days > 30 then
    util.fault("countdown: days is how many days before, 0 to 30")
  end
  local target = spec.days + 1 -- The last day of a playbook of several days.
  for day = 1, spec.daily and spec.days or 0 do
    countdown_beat(spec, target, ("%s: %d days before"):format(name, target - day), spec.daily, day)
  end
  for _, before in ipairs(spec.last_hour) do
    if not units.is(before, "duration") then
      util.fault("countdown: last_hour = { minutes(50), minutes(15) }")
    end
    countdown_beat(spec, target, ("%s: %s before"):format(name, units.show(before)), to - before,
      target)
  end
end

-- Planning ----------------------------------------------------------------------------------------

local function late_of(late)
  return late == "run_within" and "run_within" or late
end

---When an entry is due.
---@return integer ms
function M.due(entry)
  local first = span()
  return engine.instant(first + entry.day - 1, entry.clock.value) - (entry.ahead or 0)
end

---Plans an entry in one group.
---@param entry table
---@param id integer 0: for the campaign
---@param due integer
function M.plan_entry(entry, id, due)
  engine.schedule { name = entry.name, due_at = due, group = id, kind = "entry",
    late = late_of(entry.late), late_ms = entry.late_ms, tied = entry.tied, ref = entry.ahead }
end

-- The first run of an `every` after `after`; nil: none.
local function next_run(entry, after, first, count)
  for i = 0, count - 1 do
    local opens = engine.instant(first + i, entry.from.value)
    local closes = engine.instant(first + i, entry.to.value)
    if after < opens then
      return opens
    elseif after < closes then
      local due = opens + ((after - opens) // entry.step + 1) * entry.step
      if due < closes then
        return due
      end
    end
  end
  return nil
end

---Plans the first run of an `every` after a time.
function M.plan_every(entry, id, after)
  local first, count = span()
  local due = next_run(entry, after, first, count)
  if due then
    -- What is late is judged when it runs: a run that is left out must not be the last one.
    engine.schedule { name = "every " .. entry.name, due_at = due, group = id, kind = "library",
      late = "run" }
  end
end

local ALL = { 0 }

---Plans the day: once, when the campaign starts.
function M.start()
  for _, name in ipairs(M.order) do
    local entry = M.entries[name]
    for _, id in ipairs(entry.campaign and ALL or util.groups()) do
      M.plan_entry(entry, id, M.due(entry))
    end
  end
  local day = engine.context()
  local before = math.max(engine.get("days", day, "from_at"), engine.now()) - 1
  for _, name in ipairs(M.every_order) do
    local entry = M.everies[name]
    for _, id in ipairs(entry.campaign and ALL or util.groups()) do
      M.plan_every(entry, id, before)
    end
  end
end

-- Faults in times that only the calendar shows.
local function check_time(entry, first, count)
  if entry.day > count then
    util.problem(entry.where,
      "'%s' is on day %d of a playbook that has %d day%s here: say last = in "
      .. "campaign.lua", entry.name, entry.day, count, count == 1 and "" or "s")
    return
  elseif entry.clock.value < 0 then
    util.problem(entry.where, "'%s' is before the day begins", entry.name)
    return
  end
  local second = entry.clock.value % DAY_S
  if second >= QUIET_FROM or second < QUIET_UNTIL then
    util.warn(entry.where, "'%s' is at %s, in the quiet hours (23:00 to 08:00)", entry.name,
      units.show(entry.clock))
  end
  local due, fit = engine.instant(first + entry.day - 1, entry.clock.value)
  if fit then
    local used = engine.civil(due)
    util.warn(entry.where, fit == "gap"
      and "'%s': %s doesn't exist on %s, the clock goes forward; it runs at %02d:%02d"
      or "'%s': %s comes twice on %s, the clock goes back; it runs the first time, at %02d:%02d",
      entry.name, units.show(entry.clock), units.show_date(first + entry.day - 1), used.hour,
      used.minute)
  end
end

---Checks the times of a bound playbook.
function M.finish()
  local day = engine.context()
  if day == 0 then
    return
  end
  local first, count = span()
  for _, name in ipairs(M.order) do
    local entry = M.entries[name]
    check_time(entry, first, count)
    if entry.tied and not M.entries[entry.tied] then
      util.problem(entry.where, "'%s' is tied to '%s', and there is no such entry%s", name,
        entry.tied, util.meant(entry.tied, M.order))
    end
  end
end

-- Running -----------------------------------------------------------------------------------------

-- sharp: the hour that it starts ahead of, moved by operators; 0: none, or the step knows.
local function on_entry(name, id, sharp)
  util.enter(true)
  local entry = M.entries[name]
  if not entry then
    util.fault("the playbook has no time '%s' any more%s", name, util.meant(name, M.order))
  end
  -- The first recorded step: from here on a rebuilt scene knows when it began.
  local hour = util.act("scene", "begin", function()
    return sharp ~= 0 and sharp or nil
  end)
  local where = group.of(id)
  if hour then -- What is said now goes out at the hour itself.
    rawset(where, "sharp_at", hour)
  end
  entry.fn(where)
  util.leave()
end

M.timers = {} -- Other library timers by name: fn(group, ref).

---Does what is planned under a name in each group: at once for one group, each in a turn of its own
---for several, so that no turn grows with the number of groups.
---@param name string
---@param ids integer[]
function M.each(name, ids)
  if #ids == 1 then
    M.timers[name](ids[1])
    return
  end
  for _, id in ipairs(ids) do
    engine.schedule { name = name, group = id, kind = "library", late = "run" }
  end
end

-- The function of an `every` isn't called here: the engine does so with what is returned, and if it
-- fails, its next run is planned all the same.
local function on_timer(name, id, ref, due)
  util.enter()
  if M.timers[name] then
    M.timers[name](id, ref)
    return
  elseif M.operator and M.operator(name, id) then
    return
  end
  local entry = M.everies[name:match("^every (.*)$") or ""]
  if entry then
    M.plan_every(entry, id, engine.now())
    if engine.now() - due > entry.step then
      engine.milestone("skipped", engine.now() - due, "every " .. entry.name, id)
    else
      return entry.fn, group.of(id)
    end
  end
end

---For plan: entries with their times.
---@return table[]
function M.describe()
  local list = {}
  for _, name in ipairs(M.order) do
    local entry = M.entries[name]
    list[#list + 1] = { name = name, at = units.show(entry.clock), day = entry.day,
      per = entry.campaign and "campaign" or "group", where = entry.where }
  end
  for _, name in ipairs(M.every_order) do
    local entry = M.everies[name]
    list[#list + 1] = { name = name, at = units.show(entry.from), day = 1,
      to = units.show(entry.to),
      every = units.show(units.make("duration", entry.step)),
      per = entry.campaign and "campaign" or "group", where = entry.where }
  end
  return list
end

---@param globals table
function M.add(globals)
  globals.at = at
  globals.every = every
  globals.countdown = countdown
  engine.on_entry(on_entry)
  engine.on_timer(on_timer)
end

return M
