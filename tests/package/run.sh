#!/usr/bin/env bash
# Packs a build as .deb and uses what is in it where it was unpacked: run.sh BUILD
set -euo pipefail
for tool in dpkg-shlibdeps file; do
  if ! command -v $tool >/dev/null; then
    echo "SKIPPED: without $tool (packages dpkg-dev and file) no .deb can be made" >&2
    exit 77
  fi
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "FAIL $*" >&2
  exit 1
}

cd "$1"
cpack -G DEB -B "$folder/made" >"$folder/log" 2>&1 || {
  cat "$folder/log" >&2
  fail "cpack"
}
deb=$(echo "$folder"/made/*.deb)
depends=$(dpkg-deb -f "$deb" Depends)
for library in libc6 liblua5.4-0 libsimdjson libsqlite3-0 libssl3 libutf8proc libuv1 tzdata; do
  [[ $depends == *"$library"* ]] || fail "the package doesn't depend on $library: $depends"
done
dpkg-deb -x "$deb" "$folder/root"
cd "$folder"
unset DRUMBEAT_PLAYBOOKS
drumbeat=$folder/root/usr/bin/drumbeat
share=$folder/root/usr/share
[[ -s $share/man/man1/drumbeat.1 ]] || fail "no manual page"
[[ -s $share/bash-completion/completions/drumbeat ]] || fail "no completion"
[[ -s $share/drumbeat/drumbeat.rules.yml ]] || fail "no alert rules"
[[ -s $share/doc/drumbeat/copyright ]] || fail "no copyright"
"$drumbeat" check "$share"/drumbeat/playbooks/*/ || fail "check"
"$drumbeat" rehearse "$share/drumbeat/examples/womens-wear" --seed 7 --quiet >report ||
  fail "rehearse"
grep -q "^REHEARSAL\|^PROMISES" report || fail "no report: $(head -n 3 report)"
echo "$(basename "$deb"): packed, unpacked, rehearsed"
