-- One seed, one course of events: a rehearsal again, in another time zone, in a file instead of
-- memory and by the program as another compiler made it gives the same report and, on file, the
-- same messages and ledger, after as many turns.
--     lua5.4 same.lua QUERY CAMPAIGN SEED DRUMBEAT [OTHER DRUMBEAT...]
local query, campaign, seed = arg[1], arg[2], arg[3]

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("a")
  assert(pipe:close(), "failed: " .. command)
  return text
end

local folder = capture("mktemp -d"):gsub("%s+$", "")
local failed = 0

local function same(what, a, b)
  if a == b and #a > 0 then
    return
  end
  failed = failed + 1
  local at = 1
  while a:byte(at) and a:byte(at) == b:byte(at) do
    at = at + 1
  end
  print(("%s: they differ from byte %d on (of %d and %d)\n  %s\n  %s"):format(what, at, #a, #b,
    a:sub(math.max(1, at - 60), at + 60), b:sub(math.max(1, at - 60), at + 60)))
end

local function rehearse(program, environment, options)
  return capture(("cd '%s' && %s '%s' rehearse '%s' --seed %s --json --quiet %s"):format(folder,
    environment, program, campaign, seed, options))
end

-- What a brand's database holds that people or auditors see.
local KEPT = {
  outbox = "SELECT * FROM outbox ORDER BY id",
  ledger = "SELECT * FROM ledger ORDER BY id",
  -- Where segments of the journal end is the disk's business, so their hashes differ.
  journal = "SELECT max(last_turn) FROM journal",
}
local function kept(db)
  local texts = {}
  for name, sql in pairs(KEPT) do
    texts[name] = capture(("'%s' '%s' \"%s\""):format(query, db, sql))
  end
  return texts
end

local report, rows
for i = 4, #arg do
  local db = ("%s/%d.db"):format(folder, i)
  local memory = rehearse(arg[i], "TZ=UTC", "")
  local file = rehearse(arg[i], "TZ=Asia/Kathmandu LC_ALL=C", ("--db '%s'"):format(db))
  report = report or memory
  same(arg[i] .. ": report", report, memory)
  same(arg[i] .. ": report from a file", report, file)
  local now = kept(db)
  rows = rows or now
  for name in pairs(KEPT) do
    same(arg[i] .. ": " .. name, rows[name], now[name])
  end
end
os.execute(("rm -r '%s'"):format(folder))
print(failed == 0 and ("the same %d times"):format(2 * (#arg - 3)) or failed .. " differences")
os.exit(failed == 0)
