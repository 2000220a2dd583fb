#!/bin/sh
# Sixteen recorded windows of a busy chat channel (Ubuntu IRC), played as sixteen groups: do the
# engine's joins, leaves, messages and welcomes come out exactly?
#
#     ubuntu-irc.sh [DATA_DIR]
#
# How a recorded line becomes an event:
#   join -> member.join, leave -> member.leave, msg -> message; "nick" (a change of name) and
#   "other" (notices) are nothing that a group chat tells, and are left out;
#   the group is the window's date, the member is the nick;
#   times are HH:MM without a zone and count as UTC. Some windows were written with a twelve-hour
#   clock: where it jumps back (11:58, then 00:03) it is afternoon. Lines of a minute keep their
#   order, and `seq` numbers all.
# The playbook `welcome` writes to everybody who joins a window for the first time.
set -eu
. "$(dirname "$0")/common.sh"
source=$(need chat/ubuntu-irc-16-windows.jsonl.gz)

# Raw JSON texts (with their escapes) are taken over as they are, so nothing is lost in between.
zcat "$source" | awk '
    function between(line, from, to,    at) {
        at = index(line, from)
        if (at == 0) { return "" }
        line = substr(line, at + length(from))
        at = index(line, to)
        return at == 0 ? "" : substr(line, 1, at - 1)
    }
    function days(y, m, d) {   # Days since 1970 of a date, by the Gregorian calendar.
        if (m <= 2) { y--; m += 12 }
        return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + d - 719469
    }
    {
        kind = between($0, "\"e\": \"", "\"")
        day = between($0, "\"day\": \"", "\"")
        time = between($0, "\"t\": \"", "\"")
        minutes = substr(time, 1, 2) * 60 + substr(time, 4, 2)
        if (minutes + 0 < last[day] - 360) { afternoon[day] = 720 }
        last[day] = minutes
        if (kind == "join") { k = "member.join" }
        else if (kind == "leave") { k = "member.leave" }
        else if (kind == "msg") { k = "message" }
        else { next }
        nick = between($0, "\"nick\": \"", k == "message" ? "\", \"text\": \"" : "\", \"host\": \"")
        text = ""
        if (k == "message") {
            text = substr($0, index($0, "\", \"text\": \"") + 3)
            text = ",\"text\":" substr(text, 9, length(text) - 9)
        }
        at = days(substr(day, 1, 4) + 0, substr(day, 6, 2) + 0, substr(day, 9, 2) + 0) * 1440 \
            + minutes + afternoon[day]
        printf "%d %s\t%s\t%s\t%s\n", at, day, k, nick, text
    }' | sort -s -n -k1,1 | awk -F '\t' '
    BEGIN { print "{\"t\":\"hello\",\"proto\":\"dcp/1\",\"name\":\"irc\"}" }
    {
        split($1, head, " ")
        printf "{\"t\":\"ev\",\"seq\":%d,\"ts\":%.0f,\"id\":\"irc-%d\",\"k\":\"%s\",\"group\":\"%s\",\"member\":{\"id\":\"%s\",\"name\":\"%s\"}%s}\n", \
            NR, head[1] * 60000, NR, $2, head[2], $3, $3, $4
    }' >"$work/feed.jsonl"

echo "16 windows of chat, $(wc -l <"$work/feed.jsonl") lines of dcp/1"
play ubuntu-irc "$work/feed.jsonl"

# The same counts taken from the recording by other means.
count() {
    zcat "$source" | grep -c "\"e\": \"$1\", \"nick\""
}
zcat "$source" |
    sed -n 's/.*"day": "\([^"]*\)".*"e": "join", "nick": "\(.*\)", "host".*/\1 \2/p' |
    LC_ALL=C sort -u | cut -d ' ' -f 2- | LC_ALL=C sort >"$work/newcomers"
first_joins=$(wc -l <"$work/newcomers")

view v_summary >"$work/summary"
check "groups" "$(field groups <"$work/summary")" 16
check "joins" "$(field joins <"$work/summary")" "$(count join)"
check "leaves" "$(field leaves <"$work/summary")" "$(count leave)"
check "messages" "$(field messages <"$work/summary")" "$(count msg)"

# Welcomes: one for each first join of a window, to the right people, each with a key of its own.
sed -n 's/.*"op":"dm".*"member":"\(.*\)","kind".*/\1/p' "$work/sent.jsonl" |
    LC_ALL=C sort >"$work/welcomed"
check "welcomes" "$(wc -l <"$work/welcomed")" "$first_joins"
check "of them to the right member" \
    "$(LC_ALL=C comm -12 "$work/welcomed" "$work/newcomers" | wc -l)" "$first_joins"
check "of them with a key of their own" \
    "$(sed -n 's/.*"id":"\([0-9a-f]\{32\}\)","op":"dm".*/\1/p' "$work/sent.jsonl" | sort -u | wc -l)" \
    "$first_joins"

# Each window by itself, counted from the recording by other means.
view v_group >"$work/groups"
zcat "$source" | awk -F '"' '{ print $8, $16 }' | LC_ALL=C sort | uniq -c >"$work/counts"
window() {
    awk -v date="$1" -v kind="$2" '$2 == date && $3 == kind { n = $1 } END { print n + 0 }' \
        "$work/counts"
}
for date in $(field ext <"$work/groups"); do
    grep "\"ext\": *\"$date\"" "$work/groups" >"$work/group"
    check "$date: joins, leaves, messages" \
        "$(field joins <"$work/group") $(field leaves <"$work/group") $(field messages <"$work/group")" \
        "$(window "$date" join) $(window "$date" leave) $(window "$date" msg)"
done
finish
