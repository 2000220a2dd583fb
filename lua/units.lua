-- Money, shares, durations, times of day, dates: numbers that know what they are. As data (inputs,
-- memory) they are plain tables {unit=, value=}.
local util = require "drumbeat.util"

local M = {}

local Quantity = {}

local NAMES = {
  money = "money, like yuan(30)",
  percent = "a share, like percent(12)",
  duration = "a duration, like minutes(10)",
  clock = "a time of day, like \"20:30\"",
  date = "a date, like \"2025-11-07\"",
}

---@param unit string
---@param value integer
---@return table
function M.make(unit, value)
  return setmetatable({ unit = unit, value = value }, Quantity)
end

---@return boolean
function M.is(value, unit)
  return type(value) == "table" and rawget(value, "unit") == unit
    and math.type(rawget(value, "value")) == "integer"
end

---What a value is, for messages.
---@return string
function M.describe(value)
  if type(value) == "table" and rawget(value, "unit") then
    return M.show(value)
  elseif type(value) == "string" then
    return ("'%s'"):format(value)
  elseif type(value) == "table" or type(value) == "function" then
    return "a " .. type(value)
  end
  return tostring(value)
end

---How a unit is written.
---@param unit string
---@return string
function M.name(unit)
  return NAMES[unit]
end

local function two(a, b, what)
  if not (type(a) == "table" and type(b) == "table" and a.unit and b.unit) then
    util.fault("%s needs units on both sides: %s and %s", what, M.describe(a), M.describe(b))
  end
  return a.unit, b.unit
end

local function mixed(a, b, what)
  util.fault("%s of %s and %s makes no sense", what, M.describe(a), M.describe(b))
end

Quantity.__add = function(a, b)
  local ua, ub = two(a, b, "a sum")
  if ua == ub and ua ~= "clock" and ua ~= "date" then
    return M.make(ua, a.value + b.value)
  elseif ua == "clock" and ub == "duration" then
    return M.make("clock", a.value + b.value // 1000)
  elseif ua == "duration" and ub == "clock" then
    return M.make("clock", b.value + a.value // 1000)
  elseif ua == "date" and ub == "duration" then
    return M.make("date", a.value + b.value // 86400000)
  end
  return mixed(a, b, "the sum")
end

Quantity.__sub = function(a, b)
  local ua, ub = two(a, b, "a difference")
  if ua == ub then
    if ua == "clock" then
      return M.make("duration", (a.value - b.value) * 1000)
    elseif ua == "date" then
      return M.make("duration", (a.value - b.value) * 86400000)
    end
    return M.make(ua, a.value - b.value)
  elseif ub == "duration" then
    return a + M.make("duration", -b.value)
  end
  return mixed(a, b, "the difference")
end

Quantity.__mul = function(a, b)
  if type(a) == "number" then
    a, b = b, a
  end
  if type(b) == "number" and a.unit ~= "clock" and a.unit ~= "date" then
    return M.make(a.unit, math.floor(a.value * b + 0.5))
  elseif M.is(b, "percent") and (M.is(a, "money") or M.is(a, "duration")) then
    return M.make(a.unit, a.value * b.value // 10000)
  end
  return mixed(a, b, "the product")
end

Quantity.__div = function(a, b)
  if type(b) == "number" and b ~= 0 and type(a) == "table" then
    return M.make(a.unit, math.floor(a.value / b))
  elseif type(a) == "table" and type(b) == "table" and a.unit == b.unit and b.value ~= 0 then
    return a.value / b.value
  end
  return mixed(a, b, "the quotient")
end

Quantity.__unm = function(a)
  return M.make(a.unit, -a.value)
end

local function comparable(a, b)
  local ua, ub = two(a, b, "a comparison")
  if ua ~= ub then
    mixed(a, b, "a comparison")
  end
end

Quantity.__lt = function(a, b)
  comparable(a, b)
  return a.value < b.value
end

Quantity.__le = function(a, b)
  comparable(a, b)
  return a.value <= b.value
end

Quantity.__eq = function(a, b)
  return rawget(a, "unit") == rawget(b, "unit") and rawget(a, "value") == rawget(b, "value")
end

Quantity.__index = function(a, key)
  if key == "text" then
    return M.show(a)
  end
  return nil
end

---Arithmetic with quantities goes through `guard`, as words do: fn -> fn.
---@param guard fun(fn: function): function
function M.guard(guard)
  for _, event in ipairs { "__add", "__sub", "__mul", "__div", "__unm", "__lt", "__le" } do
    Quantity[event] = guard(Quantity[event])
  end
end

-- Showing -----------------------------------------------------------------------------------------

---"7 November", "11月7日".
---@param days integer since 1970-01-01
---@return string
function M.show_date(days)
  local _, campaign = engine.context()
  if campaign == 0 then
    return "?"
  end
  local at = engine.civil((engine.instant(days, 43200)))
  if util.language() == "zh" then
    return ("%d月%d日"):format(at.month, at.day)
  end
  local months = { "January", "February", "March", "April", "May", "June", "July", "August",
    "September", "October", "November", "December" }
  return ("%d %s"):format(at.day, months[at.month])
end

local function show_percent(bp)
  local space = util.say(" ", "")
  if bp % 100 == 0 then
    return ("%d%s%%"):format(bp // 100, space)
  end
  return ("%.2f"):format(bp / 100):gsub("0$", "") .. space .. "%"
end

local function show_duration(ms)
  local zh = util.language() == "zh"
  local units = { { 86400000, "day", "天" }, { 3600000, "hour", "小时" }, { 60000, "minute", "分钟" },
    { 1000, "second", "秒" } }
  for _, unit in ipairs(units) do
    if ms >= unit[1] and ms % unit[1] == 0 then
      local n = ms // unit[1]
      return zh and ("%d%s"):format(n, unit[3]) or ("%d %s%s"):format(n, unit[2], n == 1 and ""
        or "s")
    end
  end
  return ("%.1f %s"):format(ms / 1000, zh and "秒" or "seconds")
end

---A quantity as members read it.
---@return string
function M.show(q)
  if q.unit == "money" then
    return engine.money(q.value)
  elseif q.unit == "percent" then
    return show_percent(q.value)
  elseif q.unit == "duration" then
    return show_duration(q.value)
  elseif q.unit == "clock" then
    local s = q.value % 86400
    if q.value == 86400 then
      return "24:00"
    end
    return ("%02d:%02d"):format(s // 3600, s // 60 % 60)
  end
  return M.show_date(q.value)
end

-- Reading -----------------------------------------------------------------------------------------

---@return table? clock
---@return string? message
function M.parse_clock(text)
  if M.is(text, "clock") then
    return text
  end
  local h, m = (type(text) == "string" and text or ""):match("^(%d%d):(%d%d)$")
  if not h or tonumber(m) > 59 or tonumber(h) > 47 then
    return nil, ("%s is not a time of day: write it like 09:30 or 20:30"):format(M.describe(text))
  end
  return M.make("clock", tonumber(h) * 3600 + tonumber(m) * 60)
end

---@return table? date
---@return string? message
function M.parse_date(text)
  if M.is(text, "date") then
    return text
  end
  local days, message
  if type(text) == "string" then
    days, message = engine.date(text)
  else
    message = ("%s is not a date: write it like \"2025-11-07\""):format(M.describe(text))
  end
  return days and M.make("date", days), message
end

---Whole units of the campaign's currency -> money.
---@param amount number
---@param word string
---@return table
function M.money(amount, word)
  if type(amount) ~= "number" or amount ~= amount then
    util.fault("%s(30): a number, not %s", word, M.describe(amount))
  end
  local decimals = engine.currency_decimals(util.currency())
  local scaled = amount * 10 ^ (decimals < 0 and 2 or decimals)
  local value = math.floor(scaled + 0.5)
  if scaled - value > 0.000001 or value - scaled > 0.000001 then
    util.fault("%s(%s): at most %d digits after the point", word, amount, decimals)
  elseif scaled > 9e15 or scaled < -9e15 then
    util.fault("%s(%s): too much", word, amount)
  end
  return M.make("money", math.tointeger(value))
end

---What no row can keep: its name, or nil.
---@param value any
---@return string?
function M.unkept(value)
  if type(value) == "number" then
    return (value ~= value or value == math.huge or value == -math.huge) and "this number" or nil
  elseif type(value) ~= "table" then
    return type(value) == "function" and "a function" or nil
  end
  for _, item in pairs(value) do
    local what = M.unkept(item)
    if what then
      return what
    end
  end
  return nil
end

-- A number of minor units or hundredths as it is written: 19900 -> 199, 1950 -> 19.5.
local function decimal(value, decimals)
  local one = math.tointeger(10 ^ decimals)
  local rest = value % one
  if rest == 0 then
    return tostring(value // one)
  end
  return ("%d.%0" .. decimals .. "d"):format(value // one, rest):gsub("0+$", "")
end

local SPANS = { { 86400000, "days" }, { 3600000, "hours" }, { 60000, "minutes" },
  { 1000, "seconds" } }

local function quantity_source(q)
  if q.unit == "money" then
    local currency = util.currency()
    local decimals = engine.currency_decimals(currency)
    return ("%s(%s)"):format(currency == "CNY" and "yuan" or "money",
      (decimal(q.value, decimals < 0 and 2 or decimals)))
  elseif q.unit == "percent" then
    return ("percent(%s)"):format((decimal(q.value, 2)))
  elseif q.unit == "duration" then
    for _, span in ipairs(SPANS) do
      if q.value % span[1] == 0 then
        return ("%s(%d)"):format(span[2], q.value // span[1])
      end
    end
    return ("seconds(%s)"):format((decimal(q.value, 3)))
  elseif q.unit == "clock" then
    return ("\"%02d:%02d\""):format(q.value // 3600, q.value // 60 % 60)
  end
  local at = engine.civil((engine.instant(q.value, 43200)))
  return ("\"%04d-%02d-%02d\""):format(at.year, at.month, at.day)
end

---A value as campaign.lua writes it.
---@param value any
---@return string
function M.source(value)
  if type(value) == "string" then
    return "\"" .. value:gsub("[\\\"]", "\\%0"):gsub("\n", "\\n") .. "\""
  elseif type(value) ~= "table" then
    return tostring(value)
  elseif rawget(value, "unit") and math.type(rawget(value, "value")) == "integer" then
    return quantity_source(value)
  end
  local parts = {}
  for _, item in ipairs(value) do
    parts[#parts + 1] = M.source(item)
  end
  for key, item in pairs(value) do
    if type(key) == "string" then
      parts[#parts + 1] = ("%s = %s"):format(key:match("^[%a_][%w_]*$") and key
        or "[" .. M.source(key) .. "]", M.source(item))
    end
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

---Data as it can be kept: a table with both text keys and 1, 2, 3, ... keeps the latter under "#".
---@return any
function M.pack(value)
  if type(value) ~= "table" then
    return value
  end
  local map, list, named = {}, {}, false
  for key, item in pairs(value) do
    if math.type(key) == "integer" and key >= 1 and key <= #value then
      list[key] = M.pack(item)
    else
      map[key] = M.pack(item)
      named = true
    end
  end
  if named and #list > 0 then
    map["#"] = list
  end
  return named and map or list
end

---What M.pack kept, and quantities, as they were.
---@return any
function M.revive(value)
  if type(value) ~= "table" then
    return value
  end
  if NAMES[value.unit] and math.type(value.value) == "integer" then
    return M.make(value.unit, value.value)
  end
  local list = value["#"]
  if type(list) == "table" then
    value["#"] = nil
    for i, item in ipairs(list) do
      value[i] = item
    end
  end
  for key, item in pairs(value) do
    if type(item) == "table" then
      value[key] = M.revive(item)
    end
  end
  return value
end

-- Words -------------------------------------------------------------------------------------------

local function duration_word(name, ms)
  return function(n)
    if type(n) ~= "number" or n ~= n or n < 0 or n > 1e6 then
      util.fault("%s(n): a number from 0 on, not %s", name, M.describe(n))
    end
    return M.make("duration", math.floor(n * ms + 0.5))
  end
end

---Adds yuan, seconds, minutes, hours, days. money, percent, clock, date have two faces: inputs.lua.
---@param globals table
function M.add(globals)
  globals.yuan = function(amount)
    if util.currency() ~= "CNY" then
      util.fault("this campaign counts in %s: write money(%s)", util.currency(), M.describe(amount))
    end
    return M.money(amount, "yuan")
  end
  globals.seconds = duration_word("seconds", 1000)
  globals.minutes = duration_word("minutes", 60000)
  globals.hours = duration_word("hours", 3600000)
  globals.days = duration_word("days", 86400000)
end

---percent(12.5) -> basis points.
---@return table
function M.percent(n)
  local value = type(n) == "number" and math.floor(n * 100 + 0.5) or -1
  if value < 0 or value > 1000000 or n * 100 - value > 0.000001 or value - n * 100 > 0.000001 then
    util.fault("percent(12.5): a number from 0 on with at most two digits after the point, not %s",
      M.describe(n))
  end
  return M.make("percent", math.tointeger(value))
end

return M
