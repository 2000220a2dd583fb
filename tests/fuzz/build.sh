#!/usr/bin/env bash
# Builds everything with clang, warnings as errors, with libFuzzer: build.sh SOURCE BUILD.
set -euo pipefail
if ! command -v clang >/dev/null; then
  echo "SKIPPED: there is no clang, so nothing is fuzzed and only gcc has compiled this" >&2
  exit 77
fi
cd "$1"
mkdir -p "$2"
if ! cmake --preset fuzz -B "$2" >"$2/configure.log" 2>&1; then
  cat "$2/configure.log"
  exit 1
fi
cmake --build "$2" -j "$(nproc)" >"$2/build.log" 2>&1 || {
  grep -v '^\[' "$2/build.log"
  exit 1
}
echo "clang compiles everything"
