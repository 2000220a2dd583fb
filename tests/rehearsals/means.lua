-- The means over many seeds come out near case B of the design: lua5.4 means.lua DRUMBEAT CAMPAIGN.
-- A dozen seeds and 10 % to notice quickly that something is off; REHEARSAL_SEEDS=100 is the full
-- measure, with 5 %. The seeds are always the same, so it is never chance that decides.
local drumbeat, campaign = arg[1], arg[2]
local seeds = tonumber(os.getenv("REHEARSAL_SEEDS") or "12")
local near = seeds >= 100 and 0.05 or 0.10

local WANT = {
  { "members", 1871 },
  { "paid_share", 0.367 },
  { "items_per_payer", 2.5 },
  { "revenue_fen", 103000000 },
  { "gift_paid_share", 0.67 },
}

local pipe = assert(io.popen(("'%s' rehearse '%s' --runs %d --seed 1 --json --quiet"):format(
  drumbeat, campaign, seeds)))
local text = pipe:read("a")
assert(pipe:close(), "the rehearsals failed")
local means = assert(text:match('"means":(%b{})'), "no means in " .. text)
local failed = 0
for _, row in ipairs(WANT) do
  local mean = tonumber(means:match('"' .. row[1] .. '":([%d.e+]+)')) or 0
  local off = mean / row[2] - 1
  local right = math.abs(off) <= near
  failed = failed + (right and 0 or 1)
  print(("%-16s %14.4f, wanted %14.4f, off by %+.1f %%%s"):format(row[1], mean, row[2], 100 * off,
    right and "" or "  TOO FAR"))
end
os.exit(failed == 0)
