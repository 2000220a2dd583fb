#!/usr/bin/env bash
# A rehearsal's JSON must hold each text: says.sh DRUMBEAT CAMPAIGN CROWD|- TEXT...
set -euo pipefail
drumbeat=$1 campaign=$2 crowd=$3
shift 3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
flags=(--seed 3 --json --quiet --db "$folder/c.db")
if [ "$crowd" != - ]; then
  flags+=(--crowd "$crowd")
fi
"$drumbeat" rehearse "$campaign" "${flags[@]}" >"$folder/report.json"
missing=0
for text in "$@"; do
  if ! grep -qF -e "$text" "$folder/report.json"; then
    echo "not in the report: $text"
    missing=1
  fi
done
"$drumbeat" verify --db "$folder/c.db" >"$folder/verdict" || { cat "$folder/verdict"; missing=1; }
exit $missing
