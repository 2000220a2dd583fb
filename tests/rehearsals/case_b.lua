-- Case B of the design, on the example: every mechanic happens in a rehearsal, in any seed.
--     lua5.4 case_b.lua DRUMBEAT FEED_QUERY CAMPAIGN [SEED...]
-- Figures come from the report; what was said, and when, from the database (tests beside this one:
-- said.lua reads the messages).
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/?.lua;" .. package.path
local said = require "said"
local drumbeat, query, campaign = arg[1], arg[2], arg[3]

-- The report of a rehearsal; its database stays in `file` until the caller removes it.
local function run(seed, file, flags)
  os.remove(file)
  local pipe = assert(io.popen(("'%s' rehearse '%s' --seed %s --json --quiet --db '%s' %s"):format(
    drumbeat, campaign, seed, file, flags or "")))
  local text = pipe:read("a")
  assert(pipe:close(), "the rehearsal failed, or broke a promise")
  return text
end

-- Objects of one of the report's lists, as text: they are flat.
local function objects(report, list)
  local body = report:match('"' .. list .. '":(%b[])') or ""
  local found = {}
  for object in body:gmatch("%b{}") do
    found[#found + 1] = object
  end
  return found
end

local function number(object, field)
  return tonumber(object:match('"' .. field .. '":(-?[%d.]+)'))
end

-- How many objects of a list hold all these pieces of text.
local function count(report, list, ...)
  local n = 0
  for _, object in ipairs(objects(report, list)) do
    local all = true
    for _, piece in ipairs { ... } do
      all = all and object:find(piece, 1, true) ~= nil
    end
    n = n + (all and 1 or 0)
  end
  return n
end

-- Sum of a field over the objects of a list that hold a piece of text.
local function sum(report, list, piece, field)
  local total = 0
  for _, object in ipairs(objects(report, list)) do
    if object:find(piece, 1, true) then
      total = total + (number(object, field) or 0)
    end
  end
  return total
end

local function happened(report)
  local function event(kind)
    return count(report, "interventions", '"kind":"' .. kind .. '"')
  end
  local function played(name, least)
    return sum(report, "games", '"name":"' .. name .. '"', "plays") >= least
  end
  return {
    { "B1 growth stalls by poster in both new groups", event("stall") >= 2 },
    { "B2 a few members are asked, and the method changes", played("why", 1) and
      event("switch") >= 2 },
    { "B3 new groups fill by invitations", sum(report, "growth", '"segment":"new"', "effective")
      > 600 },
    { "B4 the audit rejects some", sum(report, "growth", '"segment":"new"', "rejected") > 0 },
    { "B8 the n-th like is drawn in the new groups", played("photo", 1) },
    { "every night clothes are drawn", played("night 1", 4) and played("night 2", 4) and
      played("night 4", 4) },
    { "B10 the gate is measured in every group", event("gate") >= 6 },
    { "B12 the wheel turns in four groups", count(report, "games", '"name":"wheel"') == 4 and
      played("wheel", 200) },
    { "A4 envelopes rain", played("rain", 20) and played("rain 2", 20) and played("rain 3", 20) },
    { "B13 envelopes of vouchers, and the card for the luckiest", played("envelope 1", 100) and
      played("envelope 3", 100) and sum(report, "cohorts", '"cohort":"card"', "count") == 4 },
    { "B15 the last envelope, garments one by one", played("last envelope", 100) and
      event("drop") >= 8 and event("flip") == 1 },
    { "B16 visitors peak, then a second wave", event("peak") >= 1 and event("second_wave") >= 1 and
      sum(report, "budgets", '"budget":"commission"', "spent") > 0 },
    { "B18 the lucky fairy pays one order back",
      sum(report, "games", '"name":"fairy"', "wins") == 1 and
      sum(report, "budgets", '"budget":"fairy"', "spent") > 0 },
    { "B19 cohorts are compared", sum(report, "cohorts", '"cohort":"gift"', "count") > 20 },
    { "no budget refused anything", sum(report, "budgets", '"budget"', "refused") == 0 },
    { "people buy, and only on day 5", sum(report, "days", '"day":5', "orders") > 100 and
      sum(report, "days", '"day"', "orders") == sum(report, "days", '"day":5', "orders") },
  }
end

local failed = 0
local function judge(seed, checks)
  for _, check in ipairs(checks) do
    if not check[2] then
      failed = failed + 1
      print(("seed %s: not so: %s%s"):format(seed, check[1], check[3] and ": " .. check[3] or ""))
    end
  end
end

local file = os.tmpname()
for i = 4, math.max(4, #arg) do
  local seed = arg[i] or "7"
  judge(seed, happened(run(seed, file)))
  local evening = said.open(query, file)
  judge(seed, said.checks(evening))
  -- What stood in carts before and after the evening on which the price was told.
  run(seed, file, '--until "day4 21:25"')
  local before = said.open(query, file):carts()
  run(seed, file, '--until "day4 23:30"')
  local after = said.open(query, file):carts()
  judge(seed, { { "B14 members fill their carts the night before", after > before and after > 20,
    ("%d before, %d after"):format(before, after) } })
end
for _, rest in ipairs { "", "-wal", "-shm", ".lock" } do
  os.remove(file .. rest)
end
print(failed == 0 and "ok" or failed .. " did not happen")
os.exit(failed == 0)
