# What the three scripts beside this file share: finding the program and the data, playing a feed,
# reading the engine's own views, and comparing. Sourced by them; POSIX sh, zcat, awk (mawk will
# do), sort and sed are all they need.

feeds=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$feeds/../.." && pwd)
wrong=0

# The program: $DRUMBEAT, a release build of this tree, or whatever is installed.
if [ -z "${DRUMBEAT:-}" ]; then
    if [ -x "$repo/build/release/drumbeat" ]; then
        DRUMBEAT=$repo/build/release/drumbeat
    else
        DRUMBEAT=$(command -v drumbeat) || {
            echo "no drumbeat: build it (cmake --preset release) or set DRUMBEAT=/path/to/it" >&2
            exit 6
        }
    fi
fi

data=${1:-$repo/../shared/data}

# need FILE: its path below the data folder. Recorded data isn't part of the product, so where it is
# absent there is nothing to show: exit 77 tells a test runner that this was skipped.
need() {
    if [ ! -r "$data/$1" ]; then
        echo "SKIPPED $(basename "$0"): no recorded data at $data/$1" >&2
        exit 77
    fi
    echo "$data/$1"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# play CAMPAIGN FEED: into a fresh database; sent commands go to $work/sent.jsonl. What the engine
# says about the run stands in $work/said.
play() {
    db=$work/$1.db
    "$DRUMBEAT" run "$feeds/$1" --feed "$2" --db "$db" --out "$work/sent.jsonl" --seed 1 --json \
        >"$work/report.json" 2>"$work/said" || {
        code=$?
        cat "$work/said" >&2
        echo "drumbeat run ended with $code" >&2
        exit 1
    }
    cat "$work/said"
}

# view NAME: its rows of the campaign that was played, one JSON object a line.
view() {
    "$DRUMBEAT" report --db "$db" --view "$1" --json |
        tr -d '\n' | sed 's/}, *{/}\n{/g; s/^[^[]*\[//; s/\][^]]*$//'
    echo
}

# field NAME: that field of each row on stdin, without quotes.
field() {
    sed -n 's/.*"'"$1"'": *\("\([^"]*\)"\|\([^",}]*\)\).*/\2\3/p'
}

# A JSON file, one path a line: "taobao.events.pv 98361", those of lists with their place from 0.
# (Times of day hold colons of their own, so those are put aside first.)
flatten() {
    tr -d ' \t\r\n' <"$1" | sed 's/\([0-9]\):\([0-9]\)/\1;\2/g; s/[][{},:]/\n&\n/g' | awk '
        function path(    i, text) {
            for (i = 1; i <= depth; i++) {
                text = text (i > 1 ? "." : "") (list[i] ? place[i] : name[i])
            }
            return text
        }
        $0 == "" { next }
        $0 == "{" || $0 == "[" { depth++; list[depth] = $0 == "["; place[depth] = 0; key = 1; next }
        $0 == "}" || $0 == "]" { depth--; next }
        $0 == "," { if (list[depth]) { place[depth]++ } key = 1; next }
        $0 == ":" { key = 0; next }
        { gsub(/"/, ""); gsub(/;/, ":") }
        !list[depth] && key { name[depth] = $0; next }
        { print path(), $0 }'
}

# want PATH: what expected-aggregates.json says, or nothing where there is no such file.
want() {
    if [ ! -e "$work/expected" ]; then
        if [ -r "$data/commerce/expected-aggregates.json" ]; then
            flatten "$data/commerce/expected-aggregates.json" >"$work/expected"
        else
            : >"$work/expected"
        fi
    fi
    awk -v path="$1" '$1 == path { print $2 }' "$work/expected"
}

# check WHAT GOT WANT: a row of the table. WANT may be empty: then there is nothing to hold it
# against.
check() {
    if [ -z "$3" ]; then
        printf '  %-44s %16s\n' "$1" "$2"
    elif [ "$2" = "$3" ]; then
        printf '  %-44s %16s  as expected\n' "$1" "$2"
    else
        printf '  %-44s %16s  WRONG, expected %s\n' "$1" "$2" "$3"
        wrong=$((wrong + 1))
    fi
}

# The last line, and the exit code.
finish() {
    if [ "$wrong" -gt 0 ]; then
        echo "$wrong figures differ"
        exit 1
    fi
    echo "every figure agrees"
}
