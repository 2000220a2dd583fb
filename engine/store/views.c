// The views of the public reading interface, one statement each. Plain SQL over the tables; it
// may not write, and nothing outside engine/store knows the tables' SQL. views.md documents every
// column; tests/unit/app/test_report.c holds the two together.
//
// Tables have no index but their primary key, so each view aggregates a table in one pass and joins
// what comes out; nothing here may look into a large table for each row of another.
#include "store/views.h"

#include <stddef.h>

// Longest lateness of an announcement that still counts as on time, and the quiet hours as
// milliseconds of the brand-local day: 23:00 to 08:00.
#define ON_TIME_MS "60000"
#define QUIET_FROM_MS "82800000"
#define QUIET_UNTIL_MS "28800000"
#define FOREVER "9223372036854775807"
// Kinds of games whose result comes from chance: each needs a commitment and a receipt.
#define CHANCE_KINDS "('wheel','envelope','rain','draw','weighted','stratified','fairy','rfc3797')"
#define ANNOUNCEMENT_KINDS "('countdown','teaser','spoiler','rules','winners')"
// Minutes and hours belong to the day of the calendar that they begin in.
#define IN_DAY(at) " AND " at " >= k.from_at AND " at " < k.until_at "

// clang-format off
const char *const store_views_sql[] = {
"CREATE VIEW v_campaign AS SELECT id AS campaign, name, brand, currency, zone, language, version,"
" rehearsal, CASE status WHEN 0 THEN 'bound' WHEN 1 THEN 'running' WHEN 2 THEN 'paused'"
" ELSE 'ended' END AS status, from_at, until_at, started_at FROM campaigns",

// Day numbers as a calendar without overlaps: a day that runs into the next one ends there.
"CREATE VIEW v_calendar AS SELECT campaign, day, from_at,"
" min(until_at, coalesce(lead(from_at) OVER (PARTITION BY campaign ORDER BY from_at), until_at))"
" AS until_at FROM (SELECT campaign, number AS day, min(from_at) AS from_at,"
"  max(until_at) AS until_at FROM days GROUP BY campaign, number)",

// Which groups played in a campaign, and from when until when their events count for it. A group
// belongs to one campaign at a time; of earlier ones the scenes still tell.
"CREATE VIEW v_campaign_group AS WITH pairs AS ("
"  SELECT campaign, id AS \"group\", 1 AS is_last FROM \"groups\" WHERE campaign <> 0"
"  UNION ALL SELECT DISTINCT d.campaign, s.\"group\", 0 FROM scenes s JOIN days d ON d.id = s.day"
"  JOIN \"groups\" g ON g.id = s.\"group\" WHERE g.campaign <> d.campaign)"
" SELECT p.campaign, p.\"group\","
" CASE WHEN p.campaign = min(p.campaign) OVER (PARTITION BY p.\"group\") THEN 0"
"  ELSE c.from_at END AS from_at,"
" CASE WHEN p.is_last THEN " FOREVER " ELSE c.until_at END AS until_at"
" FROM pairs p JOIN campaigns c ON c.id = p.campaign",

// Different people present at the end, hosts left out.
"CREATE VIEW v_present AS SELECT cg.campaign, count(DISTINCT m.member) AS members"
" FROM memberships m JOIN v_campaign_group cg ON cg.\"group\" = m.\"group\""
"  AND m.joined_at < cg.until_at AND (m.left_at = 0 OR m.left_at >= cg.until_at)"
" JOIN members p ON p.id = m.member AND p.staff = 0 GROUP BY cg.campaign",

// What the people of a campaign did, hosts left out: one pass over all participants.
"CREATE VIEW v_people AS SELECT a.campaign, count(*) AS people, sum(a.visited) AS visited,"
" sum(a.favorited) AS favorited, sum(a.carted) AS carted,"
" sum(a.favorited OR a.carted) AS interested, sum(a.paid) AS paid,"
" sum(a.visited AND a.paid) AS visited_paid, sum(a.favorited AND a.paid) AS favorited_paid,"
" sum(a.carted AND a.paid) AS carted_paid, sum(a.paid * a.items) AS items,"
" sum(a.gift) AS gift, sum(a.gift AND a.paid) AS gift_paid,"
" sum(a.gift * (a.spent - a.refunded)) AS gift_spent,"
" sum(a.vouchers > 0) AS voucher, sum(a.vouchers > 0 AND a.paid) AS voucher_paid,"
" sum((a.vouchers > 0) * (a.spent - a.refunded)) AS voucher_spent,"
" sum(a.card) AS card, sum(a.card AND a.paid) AS card_paid,"
" sum(a.card * (a.spent - a.refunded)) AS card_spent,"
" sum(a.spent - a.refunded) AS spent"
" FROM participants a JOIN members p ON p.id = a.member AND p.staff = 0 GROUP BY a.campaign",

"CREATE VIEW v_hour AS SELECT cg.campaign, k.day, h.\"group\", h.at, h.messages, h.replies,"
" h.joins, h.leaves, h.visits, h.orders FROM hours h"
" JOIN v_campaign_group cg ON cg.\"group\" = h.\"group\" AND h.at >= cg.from_at"
"  AND h.at < cg.until_at"
" LEFT JOIN v_calendar k ON k.campaign = cg.campaign" IN_DAY("h.at"),

// Net revenue by calendar day of UTC; a refund counts on the day it was made.
"CREATE VIEW v_revenue_day AS SELECT campaign, strftime('%Y-%m-%d', number * 86400, 'unixepoch')"
" AS date, sum(orders) AS orders, sum(gross) AS gross, sum(refunds) AS refunds,"
" sum(refunded) AS refunded, sum(gross) - sum(refunded) AS revenue FROM ("
"  SELECT campaign, at / 86400000 AS number, count(*) AS orders, sum(total) AS gross,"
"   0 AS refunds, 0 AS refunded FROM orders GROUP BY 1, 2"
"  UNION ALL SELECT campaign, at / 86400000, 0, 0, count(*), sum(amount) FROM refunds"
"  GROUP BY 1, 2) GROUP BY campaign, number",

"CREATE VIEW v_summary AS WITH"
" o AS (SELECT campaign, count(*) AS orders, sum(items) AS items, sum(total) AS gross,"
"  sum(voucher_off + card_off) AS discount, sum(total > 0 AND refunded >= total) AS cancelled"
"  FROM orders GROUP BY campaign),"
" r AS (SELECT campaign, sum(amount) AS refunded FROM refunds GROUP BY campaign),"
" h AS (SELECT cg.campaign, sum(h.joins) AS joins, sum(h.leaves) AS leaves,"
"  sum(h.messages) AS messages FROM hours h JOIN v_campaign_group cg ON cg.\"group\" = h.\"group\""
"  AND h.at >= cg.from_at AND h.at < cg.until_at GROUP BY cg.campaign),"
" ro AS (SELECT cg.campaign, count(*) AS roster FROM memberships m JOIN v_campaign_group cg"
"  ON cg.\"group\" = m.\"group\" AND m.joined_at >= cg.from_at AND m.joined_at < cg.until_at"
"  JOIN members p ON p.id = m.member AND p.staff = 0 WHERE m.how = 'roster' GROUP BY cg.campaign),"
" g AS (SELECT campaign, count(*) AS n FROM v_campaign_group GROUP BY campaign),"
" s AS (SELECT c.id AS campaign, coalesce(g.n, 0) AS \"groups\","
"  coalesce(pr.members, 0) AS members, coalesce(h.joins, 0) - coalesce(ro.roster, 0) AS joins,"
"  coalesce(h.leaves, 0) AS leaves, coalesce(h.messages, 0) AS messages,"
"  coalesce(pe.visited, 0) AS visitors, coalesce(pe.paid, 0) AS payers,"
"  coalesce(o.orders, 0) AS orders, coalesce(o.cancelled, 0) AS cancelled,"
"  coalesce(o.items, 0) AS items, coalesce(pe.items, 0) AS payer_items,"
"  coalesce(o.gross, 0) AS gross, coalesce(r.refunded, 0) AS refunded,"
"  coalesce(o.gross, 0) - coalesce(r.refunded, 0) AS revenue,"
"  coalesce(o.discount, 0) AS discount, coalesce(pe.gift, 0) AS gift,"
"  coalesce(pe.gift_paid, 0) AS gift_paid"
"  FROM campaigns c LEFT JOIN v_present pr ON pr.campaign = c.id"
"  LEFT JOIN v_people pe ON pe.campaign = c.id LEFT JOIN o ON o.campaign = c.id"
"  LEFT JOIN r ON r.campaign = c.id LEFT JOIN h ON h.campaign = c.id"
"  LEFT JOIN ro ON ro.campaign = c.id LEFT JOIN g ON g.campaign = c.id)"
" SELECT campaign, \"groups\", members, joins, leaves, messages, visitors, payers, orders,"
" cancelled, items, gross, refunded, revenue, discount,"
" CAST(payer_items AS REAL) / nullif(payers, 0) AS items_per_payer,"
" CAST(round(CAST(revenue AS REAL) / nullif(items, 0)) AS INTEGER) AS revenue_per_item,"
" CAST(round(CAST(revenue AS REAL) / nullif(orders, 0)) AS INTEGER) AS revenue_per_order,"
" CAST(round(CAST(revenue AS REAL) / nullif(payers, 0)) AS INTEGER) AS revenue_per_payer,"
" CAST(payers AS REAL) / nullif(members, 0) AS paid_share,"
" CAST(payers AS REAL) / nullif(visitors, 0) AS uv_paid_share,"
" gift AS gift_receivers, gift_paid AS gift_payers,"
" CAST(gift_paid AS REAL) / nullif(gift, 0) AS gift_paid_share FROM s",

NULL,
};
// clang-format on
