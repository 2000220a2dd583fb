#!/usr/bin/env bash
# Runs a verb on a copy of an example campaign whose `language` is another one:
#     in_language.sh zh /path/drumbeat check /path/examples/womens-wear [OPTIONS...]
set -euo pipefail
language=$1 drumbeat=$2 verb=$3 campaign=$4
shift 4
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r "$campaign/." "$copy"
sed -i "s/^local language = \"[a-z]*\"/local language = \"$language\"/" "$copy/campaign.lua"
grep -q "^local language = \"$language\"" "$copy/campaign.lua"
"$drumbeat" "$verb" "$copy" "$@"
