#!/usr/bin/env bash
# The full sizes of the tests whose sizes are small in CI, one after another, at the lowest priority:
#
#   tests/full.sh [BUILD [PATTERN]]      BUILD: build/release (configured and built); PATTERN: which, as
#                                        a regular expression of their names (tests/README.md)
#
# What each says goes to BUILD/full.log too. Ends with 1 if one of them failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$(realpath "${1:-build/release}") || exit 2
pattern=${2:-.}
log=$build/full.log
export DRUMBEAT_LONG=1
failed=()

run() {
  local name=$1
  shift
  [[ $name =~ $pattern ]] || return 0
  printf '=== %s  %s\n' "$(date -u +%T)" "$name" | tee -a "$log"
  local began=$SECONDS
  nice -n 19 "$@" 2>&1 | tee -a "$log"
  [[ ${PIPESTATUS[0]} == 0 ]] || failed+=("$name")
  printf '    %s: %d s\n' "$name" $((SECONDS - began)) | tee -a "$log"
}

t=$build/tests
cmake --build "$build" -j"$(nproc)" --target \
  drumbeat crash_check faults_disk faults_days world world_year property_turns live_reload_edits || exit 2
: >"$log"
run faults/sync "$t/faults/faults_disk" sync
run faults/write "$t/faults/faults_disk" write
run faults/full "$t/faults/faults_disk" full
run faults/power "$t/faults/faults_disk" power
run faults/memory "$t/faults/faults_disk" memory
for kind in sync write full power; do
  run faults/days/$kind "$t/faults/faults_days" $kind
done
run crash/points perl tests/crash/points.pl "$build/drumbeat" "$t/crash/crash_check"
run crash/kill perl tests/crash/crash.pl "$build/drumbeat" "$t/crash/crash_check"
run world/nights "$t/world/world"
run world/year "$t/world/world_year"
run property/turns "$t/property/property_turns"
run live/reload-edits "$t/live/live_reload_edits"
run live/faults perl tests/live/faults.pl "$build/drumbeat" "$t/crash/crash_check"
DRUMBEAT_PLAYBOOKS=$PWD/playbooks REHEARSAL_SEEDS=100 \
  run rehearsals/means lua5.4 tests/rehearsals/means.lua "$build/drumbeat" examples/womens-wear
if [[ ${#failed[@]} -gt 0 ]]; then
  printf 'FAILED: %s\n' "${failed[*]}" | tee -a "$log"
  exit 1
fi
echo "all of them passed" | tee -a "$log"
