#!/usr/bin/env bash
# From a fresh checkout to a rehearsed campaign: installs what is missing, builds, rehearses the
# five evenings of examples/womens-wear and prints the report. Arguments go to `drumbeat rehearse`,
# e.g. examples/quickstart.sh --seed 7
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tests/packages.sh

packages_install "${BUILD_PACKAGES[@]}"

build=build/release
log=$build/quickstart.log
mkdir -p $build
: >"$log"

failed() {
  [[ -t 2 ]] && printf '\r\033[K' >&2
  tail -n 30 "$log" >&2
  printf '\n%s; the whole log is in %s\n' "$1" "$log" >&2
  exit 1
}

# Ninja's "[12/80] ..." lines as one line redrawn in place on a terminal, nothing elsewhere.
show() {
  local line
  while IFS= read -r line; do
    if [[ -t 2 && $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
      printf '\r\033[KBuilding %s of %s' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" >&2
    fi
  done
  [[ -t 2 ]] && printf '\r\033[K' >&2
  return 0
}

options=()
# The first build needs no tests; a checkout somebody develops in keeps its own choice.
[[ -e $build/CMakeCache.txt ]] || options+=(-DDRUMBEAT_TESTS=OFF)
if [[ ! -e $build/build.ninja ]]; then
  [[ -t 2 ]] || echo "Building (a minute or two, only this time)" >&2
  cmake --preset release "${options[@]}" >>"$log" 2>&1 || failed "The configuration failed"
fi
cmake --build --preset release --target drumbeat 2>&1 | tee -a "$log" | show ||
  failed "The build failed"

code=0
$build/drumbeat rehearse examples/womens-wear "$@" || code=$?
# The report names commands; from a checkout they need the program's folder on the path.
if [[ $code -eq 0 ]] && ! command -v drumbeat >/dev/null; then
  printf '\nTo run the commands above from here: export PATH="$PWD/%s:$PATH"\n' "$build" >&2
fi
exit "$code"
