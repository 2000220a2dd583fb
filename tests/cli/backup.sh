#!/bin/bash
# backup while an engine writes, restore to a time: what comes out is whole and replays, and the
# journal's chain is the same. backup.sh DRUMBEAT
drumbeat=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
failed=0
fail() { echo "FAILED: $*"; cat out err 2>/dev/null; failed=1; }
chain() { "$drumbeat" verify --db "$1" --json -q | grep -o '"chain":"[^"]*"'; }

mkdir -p own/playbooks/show
cat >own/campaign.lua <<'LUA'
campaign { name = "own", brand = "Test", from = "2025-11-07", timezone = "Asia/Shanghai",
  currency = "CNY", language = "en", title = "Test" }
group { "g1", segment = "old", limit = 5000 }
day(1) { playbook = "show" }
LUA
cat >own/playbooks/show/playbook.lua <<'LUA'
playbook { name = "show", version = 1, goal = "traffic", about = "Answers" }
on("message", function(event)
  event.member.memory.said = (event.member.memory.said or 0) + 1
end)
at("10:00", "hello", function(group)
  group:say("hello")
  group:wait(minutes(30))
  group:say("bye")
end)
LUA
awk 'BEGIN { print "{\"t\":\"hello\",\"proto\":\"dcp/1\",\"name\":\"feed\"}"
  for (i = 1; i <= 40000; i++)
    printf "{\"t\":\"ev\",\"seq\":%d,\"ts\":%.0f,\"id\":\"f%d\",\"k\":\"message\",\"group\":\"g1\",\"member\":\"u%d\",\"text\":\"hello %d\"}\n",
      i, 1762477200000 + i * 100, i, i % 500, i }' >feed.jsonl

"$drumbeat" run own --db brand.db --feed feed.jsonl -y -q >/dev/null 2>err &
engine=$!
copies=0
for _ in $(seq 300); do
  kill -0 $engine 2>/dev/null || break
  if [ -s brand.db ] && "$drumbeat" backup --db brand.db copy$copies.db >out 2>err2; then
    copies=$((copies + 1))
  fi
  sleep 0.02
done
wait $engine || fail "the engine was disturbed"
[ $copies -gt 0 ] || fail "no copy while it ran: $(cat err2)"
for copy in copy*.db; do
  "$drumbeat" replay --db "$copy" -q >out 2>err || fail "$copy doesn't replay"
done

"$drumbeat" backup --db brand.db whole.db >out 2>err || fail "backup"
[ "$(chain brand.db)" = "$(chain whole.db)" ] || fail "the copy has another journal"
"$drumbeat" backup --db brand.db whole.db >out 2>err
[ $? -eq 3 ] && grep -q 'is there already' err || fail "a file was overwritten"
"$drumbeat" backup --db own/campaign.lua no.db >out 2>err && fail "a file that is no database was copied"
[ ! -e no.db ] && [ ! -e no.db.part ] || fail "something was left"

"$drumbeat" restore --db brand.db again.db >out 2>err || fail "restore"
[ "$(chain brand.db)" = "$(chain again.db)" ] || fail "the restored file has another journal"
"$drumbeat" restore --db brand.db --at "day1 09:30" then.db >out 2>err || fail "restore --at"
"$drumbeat" restore --db brand.db --at "2025-11-07 09:30:00" then2.db >out 2>err || fail "restore --at, a date"
[ "$(chain then.db)" = "$(chain then2.db)" ] || fail "day1 is no date"
"$drumbeat" replay --db then.db -q >out 2>err || fail "then.db doesn't replay"
turns=$(grep -o '^[0-9,]*' out | head -1 | tr -d ,)
[ "$turns" -gt 17000 ] && [ "$turns" -lt 19000 ] || fail "then.db has $turns turns"
"$drumbeat" restore --db brand.db --at "day1 09:30" says.db 2>err | grep -q 'turns up to 2025-11-07 09:[23][0-9]:[0-9]*, verified' || fail "how far it goes"
"$drumbeat" restore --db brand.db --at "2025-11-01" no.db >out 2>err
[ $? -eq 3 ] && grep -q 'nothing had happened by then' err && [ ! -e no.db ] || fail "before the beginning"
"$drumbeat" restore --db brand.db --at noon no.db >out 2>err
[ $? -eq 3 ] && grep -q 'is no time' err || fail "noon is no time"
# The engine goes on with it as if nothing had been after.
"$drumbeat" run own --db then.db --feed feed.jsonl -y -q >/dev/null 2>err || fail "going on"
"$drumbeat" replay --db then.db -q >out 2>err || fail "what went on doesn't replay"
[ $failed -eq 0 ] && echo "$copies copies of a running engine, all whole; restored to the same chain"
exit $failed
