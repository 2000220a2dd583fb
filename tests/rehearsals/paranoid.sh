#!/bin/bash
# rehearse --paranoid: what is rebuilt from its steps at every wait does the same, turn for turn; a
# playbook whose code would go another way is named. paranoid.sh DRUMBEAT ROOT
drumbeat=$(realpath "$1")
root=$(realpath "$2")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
failed=0

chain() { "$drumbeat" verify --db "$1" --json -q | grep -o '"journal":{[^}]*}'; }

for campaign in examples/womens-wear tests/rehearsals/draws tests/rehearsals/warm-up; do
  rm -f ./*.db*
  "$drumbeat" rehearse "$root/$campaign" --seed 5 --members 150 --db calm.db -q >/dev/null 2>&1
  "$drumbeat" rehearse "$root/$campaign" --seed 5 --members 150 --db paranoid.db -q --paranoid >/dev/null 2>err
  if [ -z "$(chain calm.db)" ] || [ "$(chain calm.db)" != "$(chain paranoid.db)" ]; then
    echo "FAILED: $campaign: $(chain calm.db) and $(chain paranoid.db)"
    cat err
    failed=1
  fi
  "$drumbeat" replay --db paranoid.db -q >out || { echo "FAILED: $campaign: replay"; cat out; failed=1; }
done

mkdir -p own/playbooks/show
cat >own/campaign.lua <<'LUA'
campaign { name = "own", brand = "Test", from = "2025-11-07", timezone = "Asia/Shanghai",
  currency = "CNY", language = "en", title = "Test" }
group { "g1", segment = "old", limit = 500 }
group { "g2", segment = "new", limit = 500 }
day(1) { playbook = "show" }
LUA
cat >own/playbooks/show/playbook.lua <<'LUA'
playbook { name = "show", version = 1, goal = "traffic", about = "Counts beside its memory" }
local seen = { times = 0 }
at("10:00", "count", function(group)
  seen.times = seen.times + 1
  if seen.times < 3 then
    group:say("among the first")
  end
  group:wait(minutes(30))
  group:say("end")
end)
LUA
"$drumbeat" rehearse own --seed 1 --members 20 -q >/dev/null 2>err || { echo "FAILED: calm"; cat err; failed=1; }
"$drumbeat" rehearse own --seed 1 --members 20 -q --paranoid >/dev/null 2>err
[ $? -eq 1 ] || { echo "FAILED: exit code"; failed=1; }
grep -q "playbook.lua:8: recorded 'say say' as step 2, the code asks 'wait wait'" err ||
  { echo "FAILED: the place isn't named"; cat err; failed=1; }
[ $failed -eq 0 ] && echo "the same with and without; the playbook that differs is named"
exit $failed
