#!/bin/sh
# real.sh NAME FEEDS_DIR DATA_DIR: runs one script of examples/feeds from another folder and looks at
# what it prints: that every figure agrees, the figures that must be among them, and that a wrong
# expectation is found (it is given a copy of the expectations with one digit changed).
set -eu
name=$1
feeds=$2
data=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

code=0
"$feeds/$name.sh" "$data" >out 2>err || code=$?
cat err >&2
cat out
if [ "$code" -ne 0 ]; then
    exit "$code"
fi

must() {
    grep -q -- "$1" out || {
        echo "MISSING: $1" >&2
        exit 1
    }
}
must "every figure agrees"
case $name in
taobao)
    must "110300 events, 0 seen before, 0 refused"
    must "different visitors  *60993  as expected"
    must "peak minute, UV  *863  as expected"
    must "peak minute, time  *02:49Z  as expected"
    must "told at 03:00Z: highest at 10:49 with 863 visitors, none higher in the 10 min since, on average 813.8 (5.7 % less; the minutes before it: 782.8); fall not seen"
    must "said 5 times, 4 of them too early"
    must "falls from it within the recording  *0  as expected"
    ;;
ubuntu-irc)
    must "25206 events, 0 seen before, 0 refused"
    must "joins  *5829  as expected"
    must "leaves  *881  as expected"
    must "messages  *18496  as expected"
    must "welcomes  *4885  as expected"
    exit 0
    ;;
shop-week)
    must "689 events, 0 seen before, 0 refused"
    must "net revenue of 2011-11-25, pence  *5044272  as expected"
    ;;
esac

# One penny, one visitor too many.
mkdir -p wrong/commerce
ln -s "$data"/commerce/*.gz wrong/commerce/
sed 's/5044272/5044273/; s/60993/60994/' "$data/commerce/expected-aggregates.json" \
    >wrong/commerce/expected-aggregates.json
code=0
"$feeds/$name.sh" "$work/wrong" >out 2>err || code=$?
must "WRONG, expected \(5044273\|60994\)"
must "1 figures differ"
if [ "$code" -ne 1 ]; then
    echo "a wrong figure ended with $code, not 1" >&2
    exit 1
fi

# Without the data it says so and is skipped.
code=0
"$feeds/$name.sh" "$work/nowhere" >out 2>&1 || code=$?
must "^SKIPPED $name.sh: no recorded data at $work/nowhere"
[ "$code" -eq 77 ]
