#!/usr/bin/env bash
# Builds release and prints one table: work, measured, goal, what ran beside it, ratio. Peers run in
# the same run where they are installed and are skipped loudly where not. See README.md.
#   tests/bench/run.sh [--quick] [--peers] [--runs N] [--only NAME]... [DIR]
#     --peers   first installs the peers: apt as root, npm into ~/.cache/drumbeat-bench
#     --only    pricing, handlers, draws, core, store, turns, pipe, socket, live, recovery,
#               rehearsal or start
#     DIR       a folder on the disk to be measured
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$root/build/release
cache=${XDG_CACHE_HOME:-$HOME/.cache}/drumbeat-bench
all_sections="pricing handlers draws core store turns pipe socket live recovery rehearsal start"
quick='' install='' runs='' only='' dir=$build

usage() {
  sed -n 's/^#\( .*\)/\1/p' "${BASH_SOURCE[0]}" | sed -n 1,7p
  exit "$1"
}
while (($#)); do
  case $1 in
    --quick) quick=1 ;;
    --peers) install=1 ;;
    --runs) runs=${2:-} && shift ;;
    --only) only+=" ${2:-}" && shift ;;
    -h | --help) usage 0 ;;
    -*) echo "run.sh: unknown option $1" >&2 && usage 2 >&2 ;;
    *) dir=$1 ;;
  esac
  shift || usage 2 >&2
done
runs=${runs:-${quick:+1}}
runs=${runs:-3}
[[ $runs =~ ^[1-9][0-9]?$ ]] || { echo "run.sh: --runs wants 1..99" >&2 && exit 2; }
for name in $only; do
  [[ " $all_sections " == *" $name "* ]] ||
    { echo "run.sh: --only wants one of: $all_sections" >&2 && exit 2; }
done
mkdir -p "$dir"
work=$(mktemp -d "$dir/bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
: >"$work/skipped"

# --- Peers ----------------------------------------------------------------------------------------

install_peers() {
  . "$root/tests/packages.sh"
  export RUNLEVEL=1 # No service is started.
  local needs
  for needs in redis-server:redis-server tarantool:tarantool node:nodejs npm:npm; do
    command -v "${needs%:*}" >/dev/null || packages_install "${needs#*:}" ||
      echo "SKIPPED the installation of ${needs#*:}"
  done
  packages_install python3-simpy3 || echo "SKIPPED the installation of python3-simpy3"
  mkdir -p "$cache"
  cp "$here/peers/package.json" "$cache/"
  (cd "$cache" && npm install --no-audit --no-fund --loglevel=error) ||
    echo "SKIPPED the installation of the npm packages"
}

skip() {
  printf 'SKIPPED %s: %s\n' "$1" "$2" | tee -a "$work/skipped"
}

# What a program that failed said, as short as can be.
why() {
  local said
  said=$(grep -m1 -E 'Cannot find|No such|not found|No module|Error: |SKIPPED' || true)
  if [[ $said =~ Cannot\ find|No\ such|not\ found|No\ module ]]; then
    echo "not installed (run.sh --peers does it)"
  else
    echo "${said:-it failed without a word}"
  fi
}

# peer NAME COMMAND...: sets $rate to the median of what it prints; false and a loud line if it
# can't. Each run gets an empty folder $work/peer.
peer() {
  local name=$1 i
  shift
  rate=
  : >"$work/rates"
  for ((i = 0; i < runs; i++)); do
    rm -rf "$work/peer"
    mkdir "$work/peer"
    if ! timeout 300 "$@" >"$work/peer.out" 2>"$work/peer.log" || ! [[ -s $work/peer.out ]]; then
      skip "$name" "$(why <"$work/peer.log")"
      return 1
    fi
    tail -n 1 "$work/peer.out" >>"$work/rates"
  done
  rm -rf "$work/peer"
  rate=$(median <"$work/rates")
}

# --- Figures --------------------------------------------------------------------------------------

median() {
  sort -g | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# bench NAME ARGUMENTS...: runs a program of this folder $runs times; its output is kept.
bench() {
  local name=$1 i
  shift
  rm -f "$work/$name".out.*
  for ((i = 0; i < runs; i++)); do
    timeout 900 "$build/tests/bench/$name" "$@" >"$work/$name.out.$i" 2>"$work/bench.log" ||
      { skip "$name" "$(tail -n 1 "$work/bench.log")" && return 1; }
  done
}

# figure NAME ROW NTH [SCALE]: the median of the NTH number after a row's name; -1 is the last one.
figure() {
  awk -v row="$2" -v nth="$3" -v scale="${4:-1}" '
    index($0, row) == 1 {
      rest = substr($0, length(row) + 1)
      for (n = 0; match(rest, /[0-9]+(\.[0-9]+)?/); rest = substr(rest, RSTART + RLENGTH)) {
        number[++n] = substr(rest, RSTART, RLENGTH)
      }
      at = nth < 0 ? n + 1 + nth : nth
      if (at >= 1 && at <= n) { print number[at] * scale }
      nextfile
    }' "$work/$1".out.* | median
}

# row LABEL VALUE UNIT GOAL [BESIDE VALUE]: a line of the table. UNIT /s: more is better; ms: less.
# GOAL is in the same unit, or "3x": so many times what stands beside it; - for none.
row() {
  local value=$2
  [[ -n $value ]] || { skip "$1" "nothing was measured" && return; }
  awk -v label="$1" -v value="$value" -v unit="$3" -v goal="$4" -v beside="${5:-}" -v other="${6:-}" '
    function shown(v) {
      if (unit == "ms") return v >= 1000 ? sprintf("%.2f s", v / 1000) : sprintf("%.2f ms", v)
      if (unit == "B") return sprintf("%.0f B", v)
      return v >= 1e6 ? sprintf("%.2f M/s", v / 1e6) : v >= 1000 ? sprintf("%.1f k/s", v / 1000) : sprintf("%.0f /s", v)
    }
    BEGIN {
      more = unit == "/s"
      ratio = other == "" || !(other > 0) || !(value > 0) ? "" : more ? value / other : other / value
      times = goal ~ /x$/
      bound = goal; sub(/x$/, "", bound)
      met = goal == "-" ? "" : times ? ratio + 0 >= bound + 0 : more ? value + 0 >= bound + 0 : value + 0 <= bound + 0
      wanted = goal == "-" ? "-" : times ? "x " bound : shown(bound)
      printf "%-48s %11s %11s %-5s %-30s %11s %9s\n", label, shown(value), wanted,
        met == "" ? "" : met ? "met" : "BELOW", beside, other == "" ? "" : shown(other),
        ratio == "" ? "" : sprintf("%.*f", ratio < 100 ? 2 : 0, ratio)
    }'
}

# took_ms RUNS COMMAND...: the median of its wall time.
took_ms() {
  local times=$1 i from
  shift
  for ((i = 0; i < times; i++)); do
    rm -f "$work"/run.db*
    from=${EPOCHREALTIME/./}
    timeout 600 "$@" >/dev/null 2>"$work/took.log" || return 1
    echo "$((${EPOCHREALTIME/./} - from))" | awk '{ print $1 / 1000 }'
  done | median
}

# --- Sections -------------------------------------------------------------------------------------

section_pricing() {
  local quote name
  bench bench_price ${quick:+10} || return 0
  quote=$(figure bench_price "price_quote, 5 lines by handle, 1 voucher" 1 1e6)
  row "ladder quote, 5 lines, 1 voucher" "$quote" /s 15000000 "plain C loop" \
    "$(figure bench_price "plain C loop, 5 lines, 1 voucher (the limit)" 1 1e6)"
  local -A least=([hand]=- [json-rules-engine]=200x [zen]=500x [medusa]=1500x)
  local -A title=([hand]="JavaScript by hand" [zen]="zen-engine" [medusa]="Medusa promotion module"
    [json-rules-engine]="json-rules-engine")
  for name in hand json-rules-engine zen medusa; do
    peer "${title[$name]}" env -C "$modules" node "$here/peers/pricing.mjs" $name ${quick:+0.}5 ||
      continue
    row "  the same" "$quote" /s "${least[$name]}" "${title[$name]}" "$rate"
  done
  row "best combination of 10 vouchers, floor binds" \
    "$(figure bench_price "coupon_best of 10, floor binds" 1 1e6)" /s 1200000 "exhaustive search" \
    "$(figure bench_price "exhaustive search of 10 vouchers" 2 1 | awk '$1 { print 1e9 / $1 }')"
  row "best combination of 10 vouchers, all fit" \
    "$(figure bench_price "coupon_best of 10, all fit" 1 1e6)" /s 1200000
}

section_handlers() {
  bench bench_price_lua || return 0
  row "quote from a handler, cart by handle" \
    "$(figure bench_price_lua "quote from a handler, cart by handle, 1 voucher" 1 1e6)" /s 6000000 \
    "plain C loop" \
    "$(figure bench_price_lua "plain C loop, 5 lines, 1 voucher (the limit)" 1 1e6)"
  row "best of 10 vouchers from a handler" \
    "$(figure bench_price_lua "best of 10 vouchers from a handler" 1 1e6)" /s 1000000 \
    "the same in C" "$(figure bench_price_lua "best of 10 vouchers in C" 1 1e6)"
}

section_draws() {
  local entrants=10000000 goal=1500
  [[ -z $quick ]] || { entrants=1000000 && goal=-; }
  bench bench_draw $entrants || return 0
  row "1,000 winners of $entrants, selection alone" \
    "$(figure bench_draw "1000 of $entrants, selection alone" 1)" ms 1 "plain C" \
    "$(figure bench_draw "1000 of $entrants, selection alone" 2)"
  row "100,000 winners of $entrants, selection alone" \
    "$(figure bench_draw "100000 of $entrants, selection alone" 1)" ms 3 "plain C" \
    "$(figure bench_draw "100000 of $entrants, selection alone" 2)"
  row "1,000 winners of $entrants, receipt hashed" \
    "$(figure bench_draw "1,000 winners, receipt written and hashed" 1)" ms $goal "SHA-256 alone" \
    "$(figure bench_draw "1,000 winners, receipt written and hashed" 3)"
  row "alias table of 1 million built" \
    "$(figure bench_draw "alias table of 1 million, building" 1)" ms 30
  row "weighted draws from 1 million" \
    "$(figure bench_draw "weighted draws from 1 million" 1 1e6)" /s 30000000 "plain C" \
    "$(figure bench_draw "weighted draws from 1 million" 2 1e6)"
  row "red envelopes of 50, split, shuffled" \
    "$(figure bench_draw "red envelopes of 50, keyed, split, shuffled" 1 1e6)" /s 1000000 "plain C" \
    "$(figure bench_draw "red envelopes of 50, keyed, split, shuffled" 2 1e6)"
}

section_core() {
  bench bench_core || return 0
  row "turns: 3 edits, 1 insert, entry, kept" \
    "$(figure bench_core "turns: 3 edits, 1 insert, entry of 120 bytes, kept" 2 1e6)" /s - \
    "plain C" "$(figure bench_core "  plain C: the copies, the changes, the entry" 2 1e6)"
  row "schedule entries of five days, taken" \
    "$(figure bench_core "  and taken" 2 1e6)" /s -
  row "schedule memory an entry" "$(figure bench_core "  heap:" 1)" B 64
  row "outbox of 20,000 channels: next and result" \
    "$(figure bench_core "outbox of 20000 channels: next and result, 100,000 waiting" 2 1e6)" /s -
}

section_store() {
  local turns=${quick:+32768} batch
  bench bench_store "$work" "${turns:-65536}" || return 0
  for batch in 256 1024 4096; do
    row "rows changed, batches of $batch, file" \
      "$(figure bench_store "$(printf 'changed   %5d' $batch)" 1)" /s - "raw SQLite, file" \
      "$(figure bench_store "$(printf 'changed   %5d' $batch)" 3)"
  done
}

section_turns() {
  local n=1000000 durable at name goal
  [[ -z $quick ]] || n=100000
  bench bench_turns "$work" $n || return 0
  while read -r goal name; do
    row "$name" "$(figure bench_turns "$name" 1)" /s "$goal" \
      "$([[ $name == *durable ]] && echo "4 rows, raw SQLite" || echo "row kept, plain C")" \
      "$(figure bench_turns "$name" -2)"
  done <<'ROWS'
800000 message turns through a Lua handler, in memory
200000 message turns through a Lua handler, durable
120000 handler changes 3 rows and sends 1, in memory
120000 handler changes 3 rows and sends 1, durable
60000 spins of a wheel, in memory
60000 spins of a wheel, durable
ROWS
  while read -r goal name; do
    row "$name" "$(figure bench_turns "$name" 1)" /s "$goal" "row kept, plain C" \
      "$(figure bench_turns "$name" 5)"
  done <<'ROWS'
400000 replayed: message turns through a Lua handler
1000000 verified: message turns through a Lua handler
ROWS
  row "100,000 entries due at once, durable" \
    "$(figure bench_turns "100,000 entries due at once, durable" 1 1000)" ms 1000
  [[ -n $quick ]] || row "1,000,000 entries due at once, durable" \
    "$(figure bench_turns "1,000,000 entries due at once, durable" 1 1000)" ms 9000
  name="handler changes 3 rows and sends 1, durable"
  durable=$(figure bench_turns "$name" 1)
  at=$((quick ? 50000 : 200000))
  peer "Redis" "$here/peers/redis.sh" "$work/peer" $at &&
    row "$name" "$durable" /s 1x "Redis EVALSHA, fsync always" "$rate"
  peer "Tarantool" tarantool "$here/peers/tarantool.lua" "$work/peer" $at &&
    row "$name" "$durable" /s 1x "Tarantool handler, fsync" "$rate"
  return 0
}

per_second() {
  awk -v n="$1" '{ print n / $1 * 1000 }'
}

# Lines that come through a pipe, each parsed, checked and turned through a handler.
section_pipe() {
  local n=1000000
  local -a run=("$build/drumbeat" run "$here/campaign" --feed /dev/stdin -y -q)
  [[ -z $quick ]] || n=200000
  awk -v n=$n 'BEGIN {
    print "{\"t\":\"hello\",\"proto\":\"dcp/1\",\"name\":\"feed\"}"
    for (i = 1; i <= n; i++) {
      printf "{\"t\":\"ev\",\"seq\":%d,\"ts\":%.0f,\"id\":\"m-%d\",\"k\":\"message\",", i, 1762477200000 + i * 20, i
      printf "\"group\":\"g-1\",\"member\":\"u%d\",\"text\":\"hello\"}\n", i % 2000
    }
  }' >"$work/pipe.jsonl"
  # Its announcements come in quiet hours: it says so and ends with 4.
  # shellcheck disable=SC2016
  local -a piped=(sh -c 'cat "$0" | "$@" || [ $? = 4 ]' "$work/pipe.jsonl" "${run[@]}")
  row "dcp/1 lines from a pipe, in memory" "$(took_ms "$runs" "${piped[@]}" | per_second $n)" \
    /s 200000
  row "dcp/1 lines from a pipe, durable" \
    "$(took_ms "$runs" "${piped[@]}" --db "$work/run.db" | per_second $n)" /s 200000
  rm -f "$work/pipe.jsonl"
}

section_socket() {
  local seconds=${quick:+2} events=${quick:+300000} row="20000 events a second, 1 streams" flood
  local p50 p99 redis
  redis=$(command -v redis-server || true)
  bench bench_socket "$build/drumbeat" "$work" latency 20000 "${seconds:-5}" || return 0
  p50=$(figure bench_socket "$row" 2) p99=$(figure bench_socket "$row" 4)
  row "event to acknowledged, 20,000 a second, p50" "$p50" ms 0.3
  row "event to acknowledged, 20,000 a second, p99" "$p99" ms 1
  if [[ -z $redis ]]; then
    skip "Redis" "not installed (run.sh --peers does it)"
  elif bench bench_socket "$redis" "$work" latency 20000 "${seconds:-5}"; then
    row "  the same, p50" "$p50" ms 1x "Redis RPUSH, fsync always" "$(figure bench_socket "$row" 2)"
    row "  the same, p99" "$p99" ms 1x "Redis RPUSH, fsync always" "$(figure bench_socket "$row" 4)"
  fi
  export DRUMBEAT_PRELOAD=$build/tests/bench/libslow_sync.so SLOW_SYNC_US=1000
  bench bench_socket "$build/drumbeat" "$work" latency 20000 "${seconds:-5}" &&
    row "  a sync takes 1 ms longer, p99" "$(figure bench_socket "$row" 4)" ms 10
  unset DRUMBEAT_PRELOAD SLOW_SYNC_US
  bench bench_socket "$build/drumbeat" "$work" flood 50 4096 "${events:-1000000}" || return 0
  flood=$(figure bench_socket "50 streams, 4096 in flight each" 1)
  row "50 streams, 4,096 in flight each, durable" "$flood" /s 300000
  peer "Redis" "$here/peers/redis_socket.sh" "$work/peer" "${events:-1000000}" &&
    row "  the same" "$flood" /s 1x "Redis RPUSH, fsync always" "$rate"
  return 0
}

# beside NAME RATE COMMAND: as it is while COMMAND runs, the campaign being five evenings.
beside() {
  local seconds=${quick:+3}
  bench bench_socket "$build/drumbeat" "$work" latency "$2" "${seconds:-5}" 1 "$3" ||
    { skip "$1" "it failed" && return 1; }
}

# Each edits every playbook and asks six times, twice a second.
reloads() {
  cat <<EOF
mkdir -p "\$FOLDER.edit/playbooks"
cp "\$FOLDER"/*.lua "\$FOLDER.edit/" && cp -r "$root"/playbooks/* "\$FOLDER.edit/playbooks/"
for i in 1 2 3 4 5 6; do
  for file in "\$FOLDER.edit"/playbooks/*/playbook.lua; do echo '$1' >>"\$file"; done
  "\$DRUMBEAT" reload "\$FOLDER.edit" --yes >/dev/null 2>&1
  sleep 0.5
done
EOF
}

section_live() {
  local row="events a second, 1 streams" alone
  export BENCH_CAMPAIGN=$root/examples/womens-wear BENCH_GROUP=old-1
  beside "events alone" 10000 "" || return 0
  alone=$(figure bench_socket "10000 $row" 4)
  row "event to acknowledged, 10,000 a second, p99" "$alone" ms -
  beside "a what-if" 10000 'while :; do "$DRUMBEAT" eval "whatif mute(\"new-1\")" >/dev/null; done' &&
    row "  while a what-if is worked out, p99" "$(figure bench_socket "10000 $row" 4)" ms - \
      "nothing beside it" "$alone"
  beside "reloads" 2000 "$(reloads '-- edited')" &&
    row "event to acknowledged beside reloads, most" "$(figure bench_socket "2000 $row" -1)" ms 150
  beside "endless reloads" 2000 "$(reloads 'while true do end')" &&
    row "  of playbooks that never end, most" "$(figure bench_socket "2000 $row" -1)" ms 150
  beside "hungry reloads" 2000 \
    "$(reloads 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end')" &&
    row "  of playbooks that eat memory, most" "$(figure bench_socket "2000 $row" -1)" ms 150
  unset BENCH_CAMPAIGN BENCH_GROUP
}

section_recovery() {
  local turns=1000000
  [[ -z $quick ]] || turns=300000
  bench bench_recovery "$work" $turns || return 0
  row "$turns turns, 100,000 scenes: first event" \
    "$(figure bench_recovery "first event handled and durable" 1)" ms 600
  row "scenes rebuilt, on to their end, durable" \
    "$(figure bench_recovery "scenes rebuilt, on to their end, durable" 3)" /s 60000
}

section_rehearsal() {
  local n=1000000 name="message turns through a Lua handler, in memory" turns
  [[ -z $quick ]] || n=200000
  bench bench_turns "$work" $n "$name" || return 0
  turns=$(figure bench_turns "$name" 1)
  row "rehearsal turns through a Lua handler" "$turns" /s 800000 "row kept, plain C" \
    "$(figure bench_turns "$name" -2)"
  peer "simjs" env -C "$modules" node "$here/peers/simjs.mjs" $n &&
    row "  the same" "$turns" /s 1x "simjs, a call an event" "$rate"
  peer "SimPy" /usr/bin/python3 "$here/peers/simpy_members.py" $((n / 2)) &&
    row "  the same" "$turns" /s 1x "SimPy, a process a member" "$rate"
  local -a rehearse=("$build/drumbeat" rehearse "$root/examples/womens-wear" --seed 1)
  row "five days, 4 x 500, file database, report" \
    "$(took_ms $((runs + 2)) "${rehearse[@]}" --db "$work/run.db")" ms 1000
  if [[ -n $quick ]]; then
    skip "five days, 200,000 members in 400 groups" "not in --quick"
  else
    row "five days, 200,000 members in 400 groups" \
      "$(took_ms 1 "${rehearse[@]}" --members 200000 --groups 400)" ms 60000
  fi
  "${rehearse[@]}" --members 20000 --groups 40 --stats 2>&1 >/dev/null | grep '^stats: state' || true
}

# A restart of the five days up to the first answer on the operators' socket, DAY being today.
restart_ms() {
  rm -rf "$work/restart"
  mkdir "$work/restart"
  cp "$root/examples/womens-wear/"*.lua "$work/restart/"
  bench bench_start restart 11 "$build/drumbeat" "$work/restart" \
    "$root/examples/womens-wear/campaign.lua" "$1" && figure bench_start "" 1
}

section_start() {
  local help check open other
  export DRUMBEAT_PLAYBOOKS=$root/playbooks
  "$build/drumbeat" rehearse "$root/examples/womens-wear" --seed 1 --db "$work/start.db" \
    >/dev/null 2>&1
  help=$(took_ms 21 "$build/drumbeat" help)
  check=$(took_ms 11 "$build/drumbeat" check "$root/playbooks/wheel")
  open=$(took_ms 11 "$build/drumbeat" report --db "$work/start.db")
  row "start to an answer: help" "$help" ms 10
  row "start, a playbook checked" "$check" ms 10
  row "start, five days checked" \
    "$(took_ms 11 "$build/drumbeat" check "$root/examples/womens-wear")" ms 10
  row "start, five days opened, report" "$open" ms -
  row "restart of five days, first answer, day to come" "$(restart_ms 0)" ms 10
  row "restart of five days, first answer, day 2" "$(restart_ms 2)" ms 10
  mkdir "$work/tarantool"
  if other=$(took_ms 11 tarantool "$here/peers/tarantool_start.lua" "$work/tarantool") &&
    [[ -n $other ]]; then
    row "start to an answer: help" "$help" ms 1x "Tarantool, empty space" "$other"
  else
    skip "Tarantool" "$(why <"$work/took.log")"
  fi
  if other=$(cd "$modules" &&
    took_ms 11 node "$here/peers/node_sqlite.mjs" "$work/start.db") && [[ -n $other ]]; then
    row "start to an answer: help" "$help" ms 1x "Node with SQLite" "$other"
  else
    skip "Node with SQLite" "$(why <"$work/took.log")"
  fi
}

# --- The run --------------------------------------------------------------------------------------

# Mean of writes of 4 KiB that wait for the disk, the median of three series.
sync_ms() {
  local i from
  for i in 1 2 3; do
    from=${EPOCHREALTIME/./}
    dd if=/dev/zero of="$work/sync" bs=4k count=100 oflag=dsync status=none
    echo "$((${EPOCHREALTIME/./} - from))" | awk '{ print $1 / 100 / 1000 }'
  done | median
}

started=$SECONDS
[[ -z $install ]] || install_peers
modules=$work # Where node looks for packages.
[[ ! -d $cache/node_modules ]] || modules=$cache
cmake -S "$root" --preset release >"$work/build.log" 2>&1 &&
  cmake --build "$build" --target drumbeat bench >>"$work/build.log" 2>&1 ||
  { tail -n 30 "$work/build.log" && exit 1; }
echo "drumbeat $("$build/drumbeat" --version 2>/dev/null | sed -n '1s/^drumbeat //p')," \
  "$(git -C "$root" log -1 --format=%h 2>/dev/null || echo 'no git')," \
  "medians of $runs${quick:+, quick: smaller counts, rough figures}"
echo "machine: $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)," \
  "$(awk '/^MemTotal/ { printf "%.1f GB", $2 / 1e6 }' /proc/meminfo), $(uname -sr)," \
  "load $(cut -d' ' -f1 /proc/loadavg)"
echo "disk: a write of 4 KiB with sync takes $(sync_ms) ms in $dir ($(stat -f -c %T "$dir"))"
echo
printf '%-48s %11s %11s %-5s %-30s %11s %9s\n' work measured goal '' 'beside it' '' ratio
for name in ${only:-$all_sections}; do
  echo "-- $name"
  "section_$name"
done
echo
echo "ratio: how many times as fast as what stands beside it. $((SECONDS - started)) s," \
  "load $(cut -d' ' -f1 /proc/loadavg)."
if [[ -s $work/skipped ]]; then
  echo
  echo "$(wc -l <"$work/skipped") SKIPPED, this table is not whole:"
  cat "$work/skipped"
fi
