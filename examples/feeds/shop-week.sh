#!/bin/sh
# A shop's invoices of one week (UCI Online Retail, 21 to 27 November 2011), cancellations included:
# does the engine's net revenue come out to the penny, day by day?
#
#     shop-week.sh [DATA_DIR]
#
# How invoices become events:
#   an invoice -> order.paid with a line for each of its rows; a line's `paid` is quantity times
#   price (prices have at most two decimals, so no line is rounded), the total is their sum;
#   an invoice "C..." -> order.refunded. The file doesn't say which order it cancels, so it stands
#   under its own number, as a refund of an order the engine never saw;
#   an invoice that costs nothing is no order (the shop books samples and losses so, most without
#   a customer, some with a quantity below zero): left out and counted;
#   times are the shop's own, Europe/London, which in November is UTC.
set -eu
. "$(dirname "$0")/common.sh"
source=$(need commerce/uci_online_retail_2011-11-21_27.csv.gz)

# Rows of an invoice stand together, some with a quoted description that holds commas: the number
# and the stock code stand before it, so those are cut off at both ends.
zcat "$source" | awk -F, -v counts="$work/counts" '
    function days(y, m, d) {   # Days since 1970 of a date, by the Gregorian calendar.
        if (m <= 2) { y--; m += 12 }
        return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + d - 719469
    }
    function pence(text,    parts, n) {
        n = split(text, parts, ".")
        if (n > 2 || length(parts[2]) > 2) { print "price " text " has too many decimals" >"/dev/stderr"; exit 1 }
        return parts[1] * 100 + substr(parts[2] "00", 1, 2)
    }
    function pounds(n) { return sprintf("%d.%02d", int(n / 100), n % 100) }
    function put(    who) {
        if (invoice == "") { return }
        invoices++
        who = customer == "" ? "" : ",\"member\":\"" customer "\""
        if (total == 0) { nothing++ }
        else if (invoice ~ /^C/) {
            refunds++
            printf "{\"t\":\"ev\",\"seq\":%d,\"ts\":%.0f,\"id\":\"%s\",\"k\":\"order.refunded\",\"order\":\"%s\",\"amount\":\"%s\",\"currency\":\"GBP\"%s}\n", \
                ++seq, at, invoice, invoice, pounds(-total), who
        } else {
            orders++
            printf "{\"t\":\"ev\",\"seq\":%d,\"ts\":%.0f,\"id\":\"%s\",\"k\":\"order.paid\",\"order\":\"%s\",\"total\":\"%s\",\"currency\":\"GBP\"%s,\"items\":[%s]}\n", \
                ++seq, at, invoice, invoice, pounds(total), who, items
        }
    }
    BEGIN { print "{\"t\":\"hello\",\"proto\":\"dcp/1\",\"name\":\"shop\"}" }
    NR == 1 { next }
    {
        quantity = $(NF - 4) + 0
        price = pence($(NF - 2))
        if ($1 != invoice) {
            put()
            invoice = $1; customer = $(NF - 1); total = 0; items = ""
            split($(NF - 3), when, /[- :]/)
            at = (days(when[1] + 0, when[2] + 0, when[3] + 0) * 86400 + when[4] * 3600 + when[5] * 60 + when[6]) * 1000
        }
        rows++
        cancelled += quantity < 0 && invoice ~ /^C/
        total += quantity * price
        items = items (items == "" ? "" : ",") "{\"sku\":\"" $2 "\",\"qty\":" quantity ",\"paid\":\"" pounds(quantity * price) "\"}"
    }
    END {
        put()
        print "rows " rows "\ninvoices " invoices "\norders " orders "\nrefunds " refunds "\nnothing " nothing "\ncancel_rows " cancelled >counts
    }' >"$work/feed.jsonl"

counted() {
    sed -n "s/^$1 //p" "$work/counts"
}
echo "a week of a shop: $(counted invoices) invoices, of them $(counted refunds) cancellations and" \
    "$(counted nothing) that cost nothing"
play shop-week "$work/feed.jsonl"

check "rows" "$(counted rows)" "$(want uci_week.rows)"
check "invoices" "$(counted invoices)" "$(want uci_week.invoices)"
check "cancelled rows" "$(counted cancel_rows)" "$(want uci_week.cancel_rows)"
view v_summary >"$work/summary"
check "orders in the engine" "$(field orders <"$work/summary")" "$(counted orders)"
view v_revenue_day >"$work/days"
check "refunds in the engine" "$(field refunds <"$work/days" | awk '{ n += $1 } END { print n + 0 }')" \
    "$(counted refunds)"
for date in $(field date <"$work/days"); do
    check "net revenue of $date, pence" "$(grep "\"$date\"" "$work/days" | field revenue)" \
        "$(want "uci_week.net_revenue_pence_by_day.$date")"
done
check "days with revenue" "$(wc -l <"$work/days" | tr -d ' ')" \
    "$(awk '/^uci_week.net_revenue/ { n++ } END { print n }' "$work/expected")"
finish
