#!/usr/bin/env bash
# Runs every test: installs what is missing, builds with AddressSanitizer and UBSan, runs all that
# CTest knows (unit tests, words, rehearsals, command line, lint). Ends with "N passed, N failed".
# Where nothing has changed since all of them passed it only says so, except in CI; --again runs them
# anyway. Other arguments go to ctest, e.g. tests/run.sh -R cli
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tests/packages.sh

# The sanitizers read their options and the memory map from /proc; a bare chroot has none.
if [[ ! -r /proc/self/environ ]]; then
  if [[ $(id -u) != 0 ]] || ! mount -t proc proc /proc; then
    echo "The tests need /proc. As root: mount -t proc proc /proc" >&2
    exit 1
  fi
  trap 'umount -l /proc' EXIT
fi

packages_install "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
packages_optional

build=build/debug
jobs=$(nproc)
mkdir -p $build

# Everything the outcome depends on: all files, the data beside the repository, optional programs.
everything() {
  {
    find . -path ./build -prune -o -path ./.git -prune -o -type f -print0 | LC_ALL=C sort -z |
      xargs -0 sha256sum
    find ../shared/data -type f -printf '%P %s\n' 2>/dev/null | LC_ALL=C sort || true
    command -v clang chromium sqlite3 script perl || true
    echo "${FUZZ_SECONDS:-} ${REHEARSAL_SEEDS:-} ${DRUMBEAT_LONG:-} ${CRASH_CYCLES:-}"
  } | sha256sum
}
before=$(everything)
if [[ ${1:-} == --again ]]; then
  shift
elif [[ $# == 0 && -z ${CI:-} && "$(head -n 1 $build/passed 2>/dev/null)" == "$before" ]]; then
  echo "Nothing has changed since every test passed. (tests/run.sh --again runs them again.)"
  tail -n 1 $build/passed
  exit 0
fi
rm -f $build/passed
if ! cmake --preset debug >$build/configure.log 2>&1; then
  cat $build/configure.log >&2
  echo "The configuration failed: no test ran." >&2
  exit 1
fi
if ! cmake --build --preset debug -j "$jobs"; then
  echo "The build failed: no test ran." >&2
  exit 1
fi

export UBSAN_OPTIONS=print_stacktrace=1
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1
# Looking for leaks needs ptrace, which some containers forbid; only then do without.
probe=$($build/drumbeat --version 2>&1 || true)
if [[ $probe == *"LeakSanitizer has encountered a fatal error"* ]]; then
  echo "ptrace is forbidden here: leaks are not looked for." >&2
  ASAN_OPTIONS=detect_leaks=0:strict_string_checks=1
fi

results=$PWD/$build/tests.xml
rm -f "$results"
code=0
ctest --preset debug -j "$jobs" --output-junit "$results" "$@" </dev/null || code=$?

count() { grep -c "<testcase .*status=\"$1\"" "$results" || true; }
passed=$(count run)
failed=$(count fail)
skipped=$(grep -c 'skipped message="SKIP_' "$results" || true)
# A test that couldn't even start is no skipped one.
failed=$((failed + $(count notrun) - skipped))
((code == 0 || failed > 0)) || failed=1
tail=""
((skipped == 0)) || tail=", $skipped skipped"
if (($# == 0 && failed == 0)); then
  printf '%s\n%s\n' "$before" "$passed passed, $failed failed$tail" >$build/passed
fi
echo "$passed passed, $failed failed$tail"
((failed == 0))
