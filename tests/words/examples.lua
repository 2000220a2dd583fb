-- luacheck: max_line_length 160
-- Every word's example (lua/words.lua) is played: lua5.4 examples.lua DRUMBEAT WORDS.LUA
-- [WORD], or 2/4 for every fourth word beginning with the second.
-- Each stands in a small campaign of its own, is rehearsed for two days, and must neither be refused
-- when it is bound nor fail when it runs.

local program, words_path, only = arg[1], arg[2], arg[3]

local CAMPAIGN = [[
campaign { name = "words", brand = "Maison", from = "2025-11-07", timezone = "Asia/Shanghai" }
]]

local REST = [[
group { "old-1", title = "Maison friends", segment = "old", members = 60, limit = 200 }
host { "u-host", name = "Lin (Maison)" }
budget { "games", yuan(20000) }
budget { "vouchers", yuan(200000) }
budget { "commission", yuan(5000) }
day(1) { playbook = "sample" }
]]

local GOODS = [[
goods { { "SK-1", "Wool coat", list = yuan(1299), deal = yuan(714), floor = yuan(520), cost = yuan(310), stock = 80 } }
]]
local PRICES = [[
prices { placeholder = yuan(9999), opens = { day = 1, at = "08:00" }, closes = { day = 1, at = "24:00" } }
]]

local HEAD = [[
playbook { name = "sample", version = 1, goal = "buy", about = "Plays an example" }
]]
local INPUTS = [[
local input = inputs { start = clock { "20:30", help = "Start" }, greeting = words { "Hi", help = "Greeting" } }
]]

local THINGS = [[
local voucher = coupon { name = "thirty", off = yuan(30), stacks = true, budget = "vouchers", per_member = 5 }
local vip = card { name = "vip", percent = percent(12), price = yuan(599), budget = "vouchers", total = 9 }
local proof = certificate { text = "{member}: {prize}, {code}" }
local wheel = roulette { prizes = {
  { "Coat", value = yuan(310), odds = percent(2), stock = 2 },
  { "Twenty", off = yuan(20), odds = percent(10), stock = 20, budget = "vouchers" } },
  otherwise = voucher, budget = "games" }
local purse = envelope { total = yuan(30), parts = 10, budget = "games", king = vip, cover = "Open me" }
local shower = rain { envelopes = 3, total_each = yuan(10), parts = 5, every = minutes(3), budget = "games", pays = "voucher" }
local hearts = nth_like { n = 3, prize = { "T-shirt", value = yuan(60) }, budget = "games" }
local nightly = lottery { prize = { "Scarf", value = yuan(80) }, winners = 2, who = "present", budget = "games" }
local raffle = lottery { name = "raffle", prize = { "Mug", value = yuan(20) }, weighted = "tickets", tickets = "two for coming", most = 5, budget = "games" }
local balls = lottery { name = "balls", prize = { "Cap", value = yuan(20) }, who = "present", budget = "games",
  public = { sources = { "tonight's lottery, three numbers" }, known = "22:15", last = "22:45" } }
local lucky = fairy { budget = "games", at_most = yuan(1000) }
local growth = invitations { tiers = { { 1, voucher }, { 3, { "Shawl", value = yuan(90), stock = 2 } } }, budget = "games" }
local poll = survey { question = "Why, {group}?", answers = { "Too complicated", "No time" } }
local uv = meter { least = 5 }
local wave = second_wave { commission = percent(5) }
]]

local failed, passed = 0, 0

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local function slurp(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

-- The campaign and the playbook that an example of each stage stands in.
local function frame(row)
  if row.stage == "campaign" then
    local head = row.name == "campaign" and "" or CAMPAIGN
    local goods = row.name == "goods" and "" or GOODS
    local prices = row.name == "prices" and "" or PRICES
    local rest = row.name == "campaign" and row.example .. "\n" .. REST .. goods .. prices
      or REST .. goods .. prices .. row.example .. "\n"
    return head .. rest, HEAD .. INPUTS .. THINGS
  end
  local campaign = CAMPAIGN .. REST .. GOODS .. PRICES
  if row.stage == "run" then
    local body = ("at(\"20:30\", \"example\", function(group)\n"
      .. "  local member = group:ask_to_copy(\"Hello\"):silent()[1]\n  %s\nend)\n"):format(row.example)
    return campaign, HEAD .. INPUTS .. THINGS .. body
  end
  -- A playbook has one playbook{} and one inputs{}: the example's stand for the frame's.
  local inputs = row.example:find("inputs {", 1, true) and "" or INPUTS
  local head = row.name == "playbook" and "" or HEAD
  return campaign, head .. inputs .. THINGS .. row.example .. "\n"
end

local function play(folder, row)
  local campaign, playbook = frame(row)
  os.execute(("mkdir -p '%s/playbooks/sample'"):format(folder))
  write(folder .. "/campaign.lua", campaign)
  write(folder .. "/data.lua", "return { 1, 2 }\n")
  write(folder .. "/playbooks/sample/data.lua", "return { 1, 2 }\n")
  write(folder .. "/playbooks/sample/playbook.lua", playbook)
  local ok = os.execute(("'%s' rehearse '%s' --seed 1 --progress none >'%s/out' 2>&1"):format(program, folder,
    folder))
  if ok then
    passed = passed + 1
    return
  end
  failed = failed + 1
  print(("FAILED %s: %s"):format(row.name, row.example))
  print((slurp(folder .. "/out"):gsub("REHEARSAL.*", ""):gsub("\n+$", ""):gsub("\n", "\n    ")))
end

local pipe = io.popen("mktemp -d")
local folder = pipe:read("l")
pipe:close()
local part, parts = (only or ""):match("^(%d+)/(%d+)$")
for i, row in ipairs(dofile(words_path)) do
  if not only or row.name == only or parts and (i - part) % parts == 0 then
    play(folder, row)
  end
end
os.execute(("rm -r '%s'"):format(folder))
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0)
