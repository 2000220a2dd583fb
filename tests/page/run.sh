#!/usr/bin/env bash
# The page for members against the program, in a headless Chromium, opened as a file:
#   run.sh DRUMBEAT PAGE_CASES [FOLDER]      (FOLDER keeps what was made)
# The page as it is, under its own policy, must show the right verdict of receipts of every kind in
# both languages; and its code must judge some eight hundred receipts, right and altered, line for
# line as the program does. Exits 77 (skipped) where there is no Chromium.
set -euo pipefail
drumbeat=$1
page_cases=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [[ -z $browser ]]; then
  echo "SKIPPED page: no Chromium here (Debian: apt-get install chromium)" >&2
  exit 77
fi

if [[ -n ${3:-} ]]; then
  work=$(realpath "$3")
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
"$page_cases" "$work"
"$drumbeat" verify --page >"$work/page.html"

failed=0
if grep -nE '(src|href)=|https?://|@import|url\(|XMLHttpRequest|WebSocket|innerHTML' \
  "$work/page.html"; then
  echo "FAIL the page names something outside itself, or takes text for HTML"
  failed=1
fi

# in_browser LANGUAGE
in_browser() {
  local code=0
  rm -rf "$work"/{in,out,profile}
  mkfifo "$work/in" "$work/out"
  timeout -k 5 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync \
    --disable-dev-shm-usage --user-data-dir="$work/profile" --lang="$1" --accept-lang="$1" \
    --remote-debugging-pipe 3<"$work/in" 4>"$work/out" >"$work/browser.log" 2>&1 &
  timeout -k 5 100 lua5.4 "$here/browser.lua" "$work" "$1" || code=$?
  wait $! || true
  return $code
}
in_browser en-US || failed=1
in_browser zh-CN || failed=1
((failed == 0)) || exit 1
