#!/usr/bin/env bash
# The terminal connector speaks dcp/1: it greets, answers each command once, says what it doesn't
# understand and ends with its input. (No terminal here: it only shows.)
set -euo pipefail
terminal=$1
got=$(printf '%s\n' \
  '{"t":"cmd","id":"a1","op":"send","group":"old-1","text":"\u4f60\u597d \"q\" \\","buttons":[{"id":"b","text":"B"}]}' \
  '{"t":"cmd","id":"a2","op":"dm","member":"anna","text":"hi","o":{},"l":[ ],"n":-1.5e3,"z":null,"f":false}' \
  '{"t":"cmd","id":"a3","op":"pay","member":"anna","amount":1200}' \
  'no object' \
  '{"t":"cmd"' \
  '{"t":"ack","seq":7}' | setsid -w "$terminal" 2>shown.$$) || { rm -f shown.$$; exit 1; }
shown=$(cat shown.$$)
rm -f shown.$$

expect() {
  [[ $2 == *"$3"* ]] || { printf '%s lacks %s; it is:\n%s\n' "$1" "$3" "$2"; exit 1; }
}
expect stdout "$got" '{"t":"hello","proto":"dcp/1","name":"terminal"'
expect stdout "$got" '{"t":"res","id":"a1","ok":true,"ext":"a1"}'
expect stdout "$got" '{"t":"res","id":"a2","ok":true,"ext":"a2"}'
expect stdout "$got" '{"t":"res","id":"a3","ok":true}'
[[ $(grep -c '"t":"res"' <<<"$got") == 3 ]] || { echo "not one answer each"; exit 1; }
[[ $(grep -c '"t":"log"' <<<"$got") == 2 ]] || { echo "two lines were no objects"; exit 1; }
expect stderr "$shown" '你好 "q" \'
expect stderr "$shown" '[1] B'
expect stderr "$shown" 'to anna alone'
echo ok
