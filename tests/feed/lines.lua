-- Bad lines of feeds: lua5.4 lines.lua DRUMBEAT FEED_QUERY CASES.TXT. A case is
--
--     # what it shows
--     > a line of the feed
--     error: text that the error must hold
--
-- or, instead of `error:`, `fine` (played), `seen` (dropped as a duplicate), `after` (after the
-- campaign's end). In a line @ev stands for `"t":"ev","ts":1762500000000`, @m for group and member
-- of a message, @x(ff) for a byte, @r(1000,ab) for `ab` a thousand times. Before and behind each
-- line stands a good message, which must be counted whatever the line was.
package.path = arg[0]:gsub("[^/]*$", "?.lua;") .. package.path
local test = require "common"

local CHUNK = 16 -- The program shows 20 bad lines.

local cases = {}
for text in io.lines(arg[3]) do
  local key, value = text:match("^(%a+):? ?(.*)$")
  if text:match("^# ") then
    if not text:match("^# %-%-%-") then -- A heading.
      cases[#cases + 1] = { name = text:sub(3) }
    end
  elseif text:match("^> ") then
    cases[#cases].line = text:sub(3)
  elseif key then
    cases[#cases].kind, cases[#cases].want = key, value
  end
end

local function expand(line)
  return (line:gsub("@ev", '"t":"ev","ts":1762500000000')
    :gsub("@m", '"group":"room","member":"u1"')
    :gsub("@r%((%d+),([^)]*)%)", function(n, text) return text:rep(math.tointeger(n)) end)
    :gsub("@x%((%x%x)%)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local GOOD = '{"t":"ev","seq":%d,"ts":1762500000000,"id":"good-%d","k":"message","group":"room",'
  .. '"member":"u-good","text":"hello"}'

local function play(first, last)
  local lines, refused, messages = {}, 0, 0
  for i = first, last do
    lines[#lines + 1] = GOOD:format(#lines + 1, #lines + 1)
    lines[#lines + 1] = expand(cases[i].line)
    cases[i].number = #lines
    refused = refused + (cases[i].kind == "error" and 1 or 0)
    messages = messages + (cases[i].kind == "fine" and cases[i].line:find('"k":"message"', 1, true)
      and 1 or 0)
  end
  lines[#lines + 1] = GOOD:format(#lines + 1, #lines + 1)
  messages = messages + last - first + 2
  local feed, db = test.path("feed.jsonl"), test.path(("%d.db"):format(first))
  test.write(feed, table.concat(lines, "\n") .. "\n")
  local code, said = test.play(feed, ("--db '%s'"):format(db))
  test.check("exit code", code, 0)
  for i = first, last do
    local case = cases[i]
    local told = said:match(("feed%%.jsonl:%d: ([^\n]*)"):format(case.number))
    if case.kind ~= "error" then
      test.check(case.name, told, nil)
    elseif not told or not told:find(case.want, 1, true) then
      test.check(case.name, told or "nothing was said", case.want)
    else
      test.check(case.name, true, true)
    end
  end
  test.check("refused lines are counted", said:match("(%d+) refused"), tostring(refused))
  test.check("refused lines are parked",
    test.rows(db, "SELECT count(*) FROM parked WHERE error <> '' AND kind IN (0, 1)"),
    tostring(refused))
  test.check("and counted", test.rows(db, "SELECT refused FROM v_connector"), tostring(refused))
  test.check("good lines are counted", test.rows(db, "SELECT messages FROM v_summary"),
    tostring(messages))
end

for first = 1, #cases, CHUNK do
  play(first, math.min(first + CHUNK - 1, #cases))
end
test.finish()
