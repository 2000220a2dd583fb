#!/usr/bin/env bash
# Numbers written by a host draw, once, and not before their hour: numbers.sh DRUMBEAT QUERY
set -euo pipefail
drumbeat=$1 query=$2 here=$(dirname "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$drumbeat" run "$here" --feed "$here/feed.jsonl" --out "$folder/out" --db "$folder/c.db" \
  >"$folder/said" 2>&1 || { cat "$folder/said"; exit 1; }
missing=0
for text in "can't be known before 12:00" "source 1 were entered and can't be changed" \
  "are in: 2.5.12./9319./ Winners" "no list is frozen, or it was drawn from already"; do
  grep -qF -e "$text" "$folder/out" || { echo "nobody was told: $text"; missing=1; }
done
said=$("$query" "$folder/c.db" "SELECT count(*) FROM milestones WHERE kind = 'numbers'")
[ "$said" = 2 ] || { echo "$said sources were taken"; missing=1; }
"$drumbeat" verify --db "$folder/c.db" >"$folder/verdict" || { cat "$folder/verdict"; missing=1; }
exit $missing
