-- An engine that is killed (SIGKILL) in the middle of a feed, several times, and run again each
-- time. In the end everybody was greeted: the commands are those of a run that nobody disturbed.
-- Delivery is at least once: what was written just before the kill may be written again, with the
-- same key, so a connector that keeps keys sends nothing twice.
package.path = arg[0]:gsub("[^/]*$", "?.lua;") .. package.path
local test = require "common"

local JOINS, KILLS = 800, { 80, 300, 550 } -- Killed when so many commands are written.
local feed, db, out = test.path("feed.jsonl"), test.path("killed.db"), test.path("killed.jsonl")
test.write(feed, test.joins(JOINS))

-- Starts the engine, kills it once `out` has `lines`.
local KILLER = [[
'%s' run '%s' --feed '%s' --seed 1 --db '%s' --out '%s' >/dev/null 2>&1 &
pid=$!
while [ $(wc -l <'%s' 2>/dev/null || echo 0) -lt %d ] && kill -0 $pid 2>/dev/null; do
  sleep 0.01
done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
[ $? -eq 137 ]
]]

test.write(out, "")
local kills = 0
for _, lines in ipairs(KILLS) do
  local script = KILLER:format(test.program, test.campaign, feed, db, out, out, lines)
  test.write(test.path("killer"), script)
  if os.execute(("sh '%s' 2>/dev/null"):format(test.path("killer"))) then
    kills = kills + 1
  end
end
test.check("kills in the middle", kills, #KILLS)
local code, said = test.play(feed, ("--db '%s' --out '%s'"):format(db, out))
test.check("the last run", code, 0)
test.check("the last run dropped what was known",
  tonumber(said:match("(%d+) seen before")) > 0, true)
test.check("joins", test.rows(db, "SELECT joins FROM v_summary"), tostring(JOINS))

code = test.play(feed, ("--db '%s' --out '%s'"):format(test.path("calm.db"),
  test.path("calm.jsonl")))
test.check("the undisturbed run", code, 0)
local calm = {}
for _, command in ipairs(test.commands(test.path("calm.jsonl"))) do
  calm[command.rest] = command.key
end

local times, twice, same_key = {}, 0, 0
local who = {}
for _, command in ipairs(test.commands(out)) do
  times[command.key] = (times[command.key] or 0) + 1
  twice = twice + (times[command.key] == 2 and 1 or 0)
  test.check("at most once for each start", times[command.key] <= 1 + kills, true)
  test.check("a command of the undisturbed run", calm[command.rest] ~= nil, true)
  test.check("one key for one command", who[command.rest] or command.key, command.key)
  same_key = same_key + (not who[command.rest] and calm[command.rest] == command.key and 1 or 0)
  who[command.rest] = command.key
end
local count = 0
for _ in pairs(who) do
  count = count + 1
end
test.check("everybody was greeted", count, JOINS)
test.check("written twice only around a kill", twice <= kills, true)
print(("%d commands, %d written twice over %d kills, %d with the key of the undisturbed run")
  :format(count, twice, kills, same_key))
test.finish()
