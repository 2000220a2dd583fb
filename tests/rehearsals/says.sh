#!/usr/bin/env bash
# A rehearsal's JSON must hold each text, and its database answer each "select ..." with 1; all draws
# must verify: says.sh DRUMBEAT QUERY CAMPAIGN CROWD|- TEXT...
set -euo pipefail
drumbeat=$1 query=$2 campaign=$3 crowd=$4
shift 4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
flags=(--seed 3 --json --quiet --db "$folder/c.db")
if [ "$crowd" != - ]; then
  flags+=(--crowd "$crowd")
fi
"$drumbeat" rehearse "$campaign" "${flags[@]}" >"$folder/report.json"
missing=0
for text in "$@"; do
  if [[ $text == select\ * ]]; then
    if [ "$("$query" "$folder/c.db" "$text")" != 1 ]; then
      echo "not so: $text"
      missing=1
    fi
  elif ! grep -qF -e "$text" "$folder/report.json"; then
    echo "not in the report: $text"
    missing=1
  fi
done
"$drumbeat" verify --db "$folder/c.db" >"$folder/verdict" || { cat "$folder/verdict"; missing=1; }
exit $missing
