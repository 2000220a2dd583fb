#!/usr/bin/env bash
# Runs one fuzzer: run.sh NAME BUILD. It begins with the kept corpus and with what earlier runs of
# this build found. FUZZ_SECONDS: how long; otherwise a minute for the parsers of money and chance
# and ten seconds for the others where CI is set, and a few seconds for people.
set -euo pipefail
name=$1
build=$2
program=$build/tests/fuzz/fuzz_$name
if [[ ! -x $program ]]; then
  echo "SKIPPED: fuzz_$name isn't built" >&2
  exit 77
fi
seconds=${FUZZ_SECONDS:-}
if [[ -z $seconds ]]; then
  seconds=3
  if [[ -n ${CI:-} ]]; then
    case $name in
      cart | promotion | receipt) seconds=60 ;;
      *) seconds=10 ;;
    esac
  fi
fi
kept=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/corpus/$name
found=$build/corpus/$name
mkdir -p "$found" "$build/faults"
log=$build/fuzz_$name.log
if ! "$program" -max_total_time="$seconds" -max_len=8192 -timeout=20 -rss_limit_mb=2048 \
  -print_final_stats=1 -artifact_prefix="$build/faults/$name-" "$found" "$kept" >"$log" 2>&1; then
  tail -n 60 "$log"
  echo "Again: $program $build/faults/$name-..."
  exit 1
fi
grep -E '^(Done|stat::number_of_executed_units)' "$log"
