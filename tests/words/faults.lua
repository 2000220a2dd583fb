-- Faults of campaigns and playbooks: lua5.4 faults.lua DRUMBEAT FAULTS.TXT. A case is
--
--     # what it shows
--     campaign: a line added to campaign.lua
--     playbook: a line added to playbook.lua
--     instead: text in either file => what stands in its place
--     want: text that `drumbeat rehearse` must say, and refuse (exit 3)
--     warns: text that it must say, and play all the same (a promise may break)
--     never: text that it may not say

local program, path = arg[1], arg[2]

local CAMPAIGN = [[
campaign { name = "words", brand = "Maison", from = "2025-11-07", timezone = "Asia/Shanghai" }
group { "old-1", title = "Maison friends", segment = "old", members = 60, limit = 200 }
group { "new-2", title = "Maison newcomers", segment = "new", limit = 200, fed_by = "old-1" }
budget { "games", yuan(2000) }
budget { "vouchers", yuan(20000) }
goods { { "SK-1", "Coat", list = yuan(1299), deal = yuan(714), floor = yuan(520) } }
day(1) { playbook = "sample", crowd = 8 }
]]

local PLAYBOOK = [[
playbook { name = "sample", version = 1, goal = "emotion", about = "Shows a fault" }
local input = inputs {
  start = clock { "20:30", help = "Start" },
  crowd = count { 5, min = 1, max = 50, help = "Replies" },
}
local voucher = coupon { name = "thirty", off = yuan(30), budget = "vouchers", per_member = 1 }
at(input.start, "open", function(group) group:say("Hello {group}, {brand} opens at {start}") end)
]]

local function write(name, text)
  local file = assert(io.open(name, "w"))
  file:write(text)
  file:close()
end

local function replace(text, from, to)
  local first, last = text:find(from, 1, true)
  return first and text:sub(1, first - 1) .. to .. text:sub(last + 1) or text
end

local cases, case = {}, nil
for text in io.lines(path) do
  local key, value = text:match("^(%a+): (.*)$")
  if text:match("^# ") then
    case = { name = text:sub(3), campaign = CAMPAIGN, playbook = PLAYBOOK, want = {},
      never = {} }
    cases[#cases + 1] = case
  elseif key == "campaign" or key == "playbook" then
    case[key] = case[key] .. value .. "\n"
  elseif key == "instead" then
    local from, to = value:match("^(.-) => (.*)$")
    case.campaign = replace(case.campaign, from, to)
    case.playbook = replace(case.playbook, from, to)
  elseif key == "want" or key == "warns" then
    case.want[#case.want + 1] = value
    case.refused = key == "want"
  elseif key == "never" then
    case.never[#case.never + 1] = value
  elseif text:match("%S") then
    error(path .. ": what is this? " .. text)
  end
end

local pipe = io.popen("mktemp -d")
local folder = pipe:read("l")
pipe:close()
os.execute(("mkdir -p '%s/playbooks/sample'"):format(folder))
local failed = 0
for _, one in ipairs(cases) do
  write(folder .. "/campaign.lua", one.campaign)
  write(folder .. "/playbooks/sample/playbook.lua", one.playbook)
  local _, _, code = os.execute(("'%s' rehearse '%s' --seed 1 --progress none >'%s/out' 2>&1")
    :format(program, folder, folder))
  local file = assert(io.open(folder .. "/out"))
  local said = file:read("a")
  file:close()
  local ok = (code == 3) == one.refused
  for _, want in ipairs(one.want) do
    ok = ok and said:find(want, 1, true) ~= nil
  end
  for _, never in ipairs(one.never) do
    ok = ok and not said:find(never, 1, true)
  end
  if not ok then
    failed = failed + 1
    print(("FAILED %s: exit %d, said:\n    %s"):format(one.name, code,
      (said:gsub("REHEARSAL.*", ""):sub(1, 500):gsub("\n", "\n    "))))
  end
end
os.execute(("rm -r '%s'"):format(folder))
print(("%d passed, %d failed"):format(#cases - failed, failed))
os.exit(failed == 0)
