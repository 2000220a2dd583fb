// The views of the public reading interface, one statement each. Plain SQL over the tables; it
// may not write, and nothing outside engine/store knows the tables' SQL. views.md documents every
// column; tests/unit/app/test_report.c holds the two together.
//
// Tables have no index but their primary key and the two below, so each view aggregates a table in
// one pass and joins what comes out; nothing here may look into a large table for each row of
// another.
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
#define IS_CHANCE(g) "(" g ".kind IN " CHANCE_KINDS " OR " g ".commitment <> '')"
// p is its row of receipts, or of none.
#define RECEIPT_HASH(p)                                                                            \
    "coalesce(substr(" p ".body, nullif(instr(" p ".body, '\"hash\":\"'), 0) + 8, 64), '')"
#define ANNOUNCEMENT_KINDS "('countdown','teaser','spoiler','rules','winners')"
// Minutes and hours belong to the day of the calendar that they begin in.
#define IN_DAY(at) " AND " at " >= k.from_at AND " at " < k.until_at "

// Participants with what they paid less what came back: they are few of whose orders something did.
#define NET_PARTICIPANTS                                                                           \
    "(SELECT a.*, a.spent - coalesce(b.back, 0) AS net FROM participants a LEFT JOIN (SELECT"      \
    " campaign, member, sum(refunded) AS back FROM orders WHERE refunded > 0 GROUP BY 1, 2) b"     \
    " ON b.campaign = a.campaign AND b.member = a.member)"

// Numbers of orders that were refused, as a line or as an event (whose first byte says that it is
// an order): nothing of them is counted. Lines that are no JSON are no orders, so text functions
// do.
#define REFUSED_ORDERS                                                                             \
    "SELECT substr(b, p, instr(substr(b, p), '\"') - 1) AS ext FROM (SELECT b,"                    \
    " instr(b, '\"order\":\"') + 9 AS p FROM (SELECT replace(CAST(body AS TEXT), '\": \"',"        \
    " '\":\"') AS b FROM parked WHERE kind = 0 AND instr(body, 'order.paid') > 0)) WHERE p > 9"    \
    " UNION SELECT \"order\" FROM parked WHERE kind = 1 AND \"order\" <> ''"                       \
    " AND hex(substr(body, 1, 1)) = '0A'"
// A refund of such an order takes nothing back that was counted. Others without an order are of
// orders from before the engine's time.
#define OF_COUNTED_ORDER " (\"order\" <> 0 OR ext NOT IN (" REFUSED_ORDERS ")) "

// A disclosed host or guide never counts.
#define NO_STAFF(member) " " member " NOT IN (SELECT id FROM members WHERE staff = 1) "

// clang-format off
// Of tables that views only want a few rows of. Partial, so that writing any other row costs next to
// nothing. Their names begin with i_v_.
const struct store_index store_indexes[] = {
// Hosts and guides.
{"members", "CREATE INDEX i_v_members_staff ON members(staff) WHERE staff = 1"},
// What was said to groups, among all that was sent to members.
{"outbox", "CREATE INDEX i_v_outbox_said ON outbox(day) WHERE op = 0"},

{NULL, NULL},
};

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
"  AND m.joined_at BETWEEN 1 AND cg.until_at - 1 AND (m.left_at = 0 OR m.left_at >= cg.until_at)"
" WHERE" NO_STAFF("m.member") "GROUP BY cg.campaign",

// What came half a day late has a row of its own.
"CREATE VIEW v_hour AS SELECT cg.campaign, k.day, h.\"group\", h.at, sum(h.messages) AS messages,"
" sum(h.replies) AS replies, sum(h.joins) AS joins, sum(h.leaves) AS leaves,"
" sum(h.visits) AS visits, sum(h.orders) AS orders FROM hours h"
" JOIN v_campaign_group cg ON cg.\"group\" = h.\"group\" AND h.at >= cg.from_at"
"  AND h.at < cg.until_at"
" LEFT JOIN v_calendar k ON k.campaign = cg.campaign" IN_DAY("h.at")
" GROUP BY cg.campaign, h.\"group\", h.at",

// Net revenue by calendar day of UTC; a refund counts on the day it was made.
"CREATE VIEW v_revenue_day AS SELECT campaign, strftime('%Y-%m-%d', number * 86400, 'unixepoch')"
" AS date, sum(orders) AS orders, sum(gross) AS gross, sum(refunds) AS refunds,"
" sum(refunded) AS refunded, sum(gross) - sum(refunded) AS revenue FROM ("
"  SELECT campaign, at / 86400000 AS number, count(*) AS orders, sum(total) AS gross,"
"   0 AS refunds, 0 AS refunded FROM orders GROUP BY 1, 2"
"  UNION ALL SELECT campaign, at / 86400000, 0, 0, count(*), sum(amount) FROM refunds"
"  WHERE" OF_COUNTED_ORDER
"  GROUP BY 1, 2) GROUP BY campaign, number",

// What was sold and given back that fits neither the catalogue nor the orders.
"CREATE VIEW v_unmatched AS SELECT c.id AS campaign,"
" (SELECT count(DISTINCT l.\"order\") FROM order_lines l JOIN orders o ON o.id = l.\"order\""
"   WHERE l.good = 0 AND l.sku <> '' AND o.campaign = c.id"
"   AND EXISTS (SELECT 1 FROM goods WHERE campaign = c.id)) AS unknown_goods,"
" (SELECT group_concat(text, ', ') FROM (SELECT text FROM milestones WHERE kind = 'unknown_goods'"
"   AND campaign = c.id ORDER BY id)) AS skus,"
" (SELECT count(*) FROM refunds WHERE campaign = c.id AND NOT" OF_COUNTED_ORDER ") AS refused_refunds,"
" (SELECT coalesce(sum(amount), 0) FROM refunds WHERE campaign = c.id AND NOT" OF_COUNTED_ORDER ")"
" AS refused_refunded FROM campaigns c",

"CREATE VIEW v_summary AS WITH"
" pe AS (SELECT campaign, sum(visited) AS visited, sum(paid) AS paid, sum(paid * items) AS items,"
"  sum(gift) AS gift, sum(gift AND paid) AS gift_paid FROM participants"
"  WHERE" NO_STAFF("member") "GROUP BY campaign),"
" o AS (SELECT campaign, count(*) AS orders, sum(items) AS items, sum(total) AS gross,"
"  sum(promo_off + voucher_off + card_off) AS discount, sum(total > 0 AND refunded >= total) AS cancelled"
"  FROM orders GROUP BY campaign),"
" r AS (SELECT campaign, sum(amount) AS refunded FROM refunds WHERE" OF_COUNTED_ORDER
"  GROUP BY campaign),"
" h AS (SELECT cg.campaign, sum(h.joins) AS joins, sum(h.leaves) AS leaves,"
"  sum(h.messages) AS messages FROM hours h JOIN v_campaign_group cg ON cg.\"group\" = h.\"group\""
"  AND h.at >= cg.from_at AND h.at < cg.until_at GROUP BY cg.campaign),"
" i AS (SELECT campaign, sum(effective) AS effective FROM inviters GROUP BY campaign),"
" ro AS (SELECT cg.campaign, count(*) AS roster FROM memberships m JOIN v_campaign_group cg"
"  ON cg.\"group\" = m.\"group\" AND m.joined_at >= cg.from_at AND m.joined_at BETWEEN 1 AND cg.until_at - 1"
"  WHERE m.how = 'roster' AND" NO_STAFF("m.member") "GROUP BY cg.campaign),"
" g AS (SELECT campaign, count(*) AS n FROM v_campaign_group GROUP BY campaign),"
" s AS (SELECT c.id AS campaign, coalesce(g.n, 0) AS \"groups\","
"  coalesce(pr.members, 0) AS members, coalesce(h.joins, 0) - coalesce(ro.roster, 0) AS joins,"
"  coalesce(h.leaves, 0) AS leaves, coalesce(i.effective, 0) AS effective,"
"  coalesce(h.messages, 0) AS messages,"
"  coalesce(pe.visited, 0) AS visitors, coalesce(pe.paid, 0) AS payers,"
"  coalesce(o.orders, 0) AS orders, coalesce(o.cancelled, 0) AS cancelled,"
"  coalesce(o.items, 0) AS items, coalesce(pe.items, 0) AS payer_items,"
"  coalesce(o.gross, 0) AS gross, coalesce(r.refunded, 0) AS refunded,"
"  coalesce(o.gross, 0) - coalesce(r.refunded, 0) AS revenue,"
"  coalesce(o.discount, 0) AS discount, coalesce(pe.gift, 0) AS gift,"
"  coalesce(pe.gift_paid, 0) AS gift_paid"
"  FROM campaigns c LEFT JOIN v_present pr ON pr.campaign = c.id"
"  LEFT JOIN pe ON pe.campaign = c.id LEFT JOIN o ON o.campaign = c.id"
"  LEFT JOIN r ON r.campaign = c.id LEFT JOIN h ON h.campaign = c.id"
"  LEFT JOIN i ON i.campaign = c.id"
"  LEFT JOIN ro ON ro.campaign = c.id LEFT JOIN g ON g.campaign = c.id)"
" SELECT campaign, \"groups\", members, joins, leaves, effective AS effective_invites,"
" messages, visitors, payers, orders, cancelled, items, gross, refunded, revenue, discount,"
" CAST(payer_items AS REAL) / nullif(payers, 0) AS items_per_payer,"
" CAST(round(CAST(revenue AS REAL) / nullif(items, 0)) AS INTEGER) AS revenue_per_item,"
" CAST(round(CAST(revenue AS REAL) / nullif(orders, 0)) AS INTEGER) AS revenue_per_order,"
" CAST(round(CAST(revenue AS REAL) / nullif(payers, 0)) AS INTEGER) AS revenue_per_payer,"
" CAST(payers AS REAL) / nullif(members, 0) AS paid_share,"
" CAST(payers AS REAL) / nullif(visitors, 0) AS uv_paid_share,"
" gift AS gift_receivers, gift_paid AS gift_payers,"
" CAST(gift_paid AS REAL) / nullif(gift, 0) AS gift_paid_share FROM s",

// The figures of v_summary a row each, in the whole numbers that promises are made in: shares in
// basis points, means in hundredths, money in minor units.
"CREATE VIEW v_metric AS WITH s AS MATERIALIZED (SELECT * FROM v_summary),"
" b AS (SELECT campaign, max(CASE WHEN cap > 0 THEN (reserved + spent) * 10000 / cap"
"  WHEN reserved + spent > 0 THEN 10001 ELSE 0 END) AS spent FROM v_budget GROUP BY campaign),"
" names(metric, unit) AS (VALUES ('members','count'),('joins','count'),('leaves','count'),"
"  ('effective_invites','count'),('messages','count'),('visitors','count'),('payers','count'),"
"  ('orders','count'),('cancelled','count'),('items','count'),('gross','money'),"
"  ('refunded','money'),('revenue','money'),('discount','money'),('items_per_payer','hundredths'),"
"  ('revenue_per_item','money'),('revenue_per_order','money'),('revenue_per_payer','money'),"
"  ('paid_share','share'),('uv_paid_share','share'),('gift_receivers','count'),"
"  ('gift_payers','count'),('gift_paid_share','share'),('budget_spent','share'))"
" SELECT s.campaign, n.metric, n.unit, CASE n.metric WHEN 'members' THEN members"
"  WHEN 'joins' THEN joins WHEN 'leaves' THEN leaves"
"  WHEN 'effective_invites' THEN effective_invites WHEN 'messages' THEN messages"
"  WHEN 'visitors' THEN visitors WHEN 'payers' THEN payers WHEN 'orders' THEN orders"
"  WHEN 'cancelled' THEN cancelled WHEN 'items' THEN items WHEN 'gross' THEN gross"
"  WHEN 'refunded' THEN refunded WHEN 'revenue' THEN revenue WHEN 'discount' THEN discount"
"  WHEN 'items_per_payer' THEN CAST(round(items_per_payer * 100) AS INTEGER)"
"  WHEN 'revenue_per_item' THEN revenue_per_item WHEN 'revenue_per_order' THEN revenue_per_order"
"  WHEN 'revenue_per_payer' THEN revenue_per_payer"
"  WHEN 'paid_share' THEN CAST(round(paid_share * 10000) AS INTEGER)"
"  WHEN 'uv_paid_share' THEN CAST(round(uv_paid_share * 10000) AS INTEGER)"
"  WHEN 'gift_receivers' THEN gift_receivers WHEN 'gift_payers' THEN gift_payers"
"  WHEN 'gift_paid_share' THEN CAST(round(gift_paid_share * 10000) AS INTEGER)"
"  WHEN 'budget_spent' THEN b.spent END AS value"
" FROM s CROSS JOIN names n LEFT JOIN b ON b.campaign = s.campaign",

"CREATE VIEW v_funnel AS WITH pe AS (SELECT campaign, sum(visited) AS visited,"
"  sum(favorited OR carted) AS interested, sum(paid) AS paid, sum(favorited) AS favorited,"
"  sum(carted) AS carted, sum(visited AND paid) AS visited_paid,"
"  sum(favorited AND paid) AS favorited_paid, sum(carted AND paid) AS carted_paid"
"  FROM participants WHERE" NO_STAFF("member") "GROUP BY campaign),"
" f AS MATERIALIZED (SELECT c.id AS id, pr.members, pe.* FROM campaigns c"
"  LEFT JOIN v_present pr ON pr.campaign = c.id LEFT JOIN pe ON pe.campaign = c.id),"
" names(step, name) AS (VALUES (1,'members'),(2,'visited'),(3,'interested'),(4,'paid'),"
"  (5,'favorited'),(6,'carted'),(7,'visited_paid'),(8,'favorited_paid'),(9,'carted_paid')),"
" x AS (SELECT f.id AS campaign, n.step, n.name, coalesce(CASE n.step WHEN 1 THEN members"
"  WHEN 2 THEN visited WHEN 3 THEN interested WHEN 4 THEN paid WHEN 5 THEN favorited"
"  WHEN 6 THEN carted WHEN 7 THEN visited_paid WHEN 8 THEN favorited_paid"
"  ELSE carted_paid END, 0) AS people,"
"  members, visited FROM f CROSS JOIN names n)"
" SELECT campaign, step, name, people, CAST(people AS REAL) / nullif(members, 0) AS of_members,"
" CASE WHEN step > 1 THEN CAST(people AS REAL) / nullif(visited, 0) END AS of_uv FROM x",

"CREATE VIEW v_budget AS WITH b AS (SELECT campaign, substr(name, instr(name, ':') + 1) AS budget,"
"  max(CASE WHEN name GLOB 'budget:*' THEN opening END) AS cap,"
"  max(CASE WHEN name GLOB 'reserved:*' THEN balance END) AS reserved,"
"  max(CASE WHEN name GLOB 'spent:*' THEN balance END) AS spent,"
"  max(CASE WHEN name GLOB 'budget:*' THEN balance END) AS rest FROM accounts"
"  WHERE name GLOB 'budget:*' OR name GLOB 'reserved:*' OR name GLOB 'spent:*'"
"  GROUP BY campaign, 2),"
" r AS (SELECT b.campaign, b.budget, count(*) AS refused FROM milestones m JOIN b"
"  ON b.campaign = m.campaign AND instr(m.text, 'budget ''' || b.budget || ''' has') > 0"
"  WHERE m.kind = 'refused' GROUP BY 1, 2)"
" SELECT b.campaign, b.budget, b.cap, coalesce(b.reserved, 0) AS reserved,"
" coalesce(b.spent, 0) AS spent, b.rest AS \"left\", coalesce(r.refused, 0) AS refused"
" FROM b LEFT JOIN r ON r.campaign = b.campaign AND r.budget = b.budget"
" WHERE b.cap IS NOT NULL",

// Uses in total and left, who used it, what it took off, and what its budget still holds.
"CREATE VIEW v_promotions AS WITH u AS (SELECT promotion,"
"  sum(status = 1) AS used, sum(status = 3) AS returned, sum(status = 2) AS released,"
"  count(DISTINCT CASE WHEN status = 1 AND member <> 0 THEN member END) AS members,"
"  sum(CASE WHEN status = 1 THEN amount ELSE 0 END) AS money FROM promotion_uses GROUP BY 1),"
" b AS (SELECT campaign, substr(name, 8) AS budget, balance FROM accounts"
"  WHERE name GLOB 'budget:*')"
" SELECT p.campaign, p.id AS promotion, p.name,"
" CASE p.scope WHEN 0 THEN 'cart' ELSE 'catalogue' END AS scope, p.from_at, p.until_at,"
" coalesce(u.used, 0) AS used, p.reserved, coalesce(u.returned, 0) AS returned,"
" coalesce(u.released, 0) AS released,"
" nullif(p.limit_total, 0) AS limit_total, nullif(p.limit_member, 0) AS limit_member,"
" CASE WHEN p.limit_total > 0 THEN p.limit_total - p.used - p.reserved END AS uses_left,"
" coalesce(u.members, 0) AS members, coalesce(u.money, 0) AS money,"
" nullif(p.worst, -1) AS worst, nullif(p.budget, '') AS budget, b.balance AS budget_left"
" FROM promotions p LEFT JOIN u ON u.promotion = p.id"
" LEFT JOIN b ON b.campaign = p.campaign AND b.budget = p.budget",

"CREATE VIEW v_game AS WITH z AS (SELECT game, sum(CASE WHEN stock >= 0 THEN stock END) AS stock,"
"  sum(CASE WHEN stock >= 0 THEN given END) AS given,"
"  sum(CASE WHEN stock < 0 THEN given END) AS consolations, sum(given * value) AS cost"
"  FROM prizes GROUP BY game),"
" y AS (SELECT game, sum(amount) AS money FROM plays GROUP BY game)"
" SELECT d.campaign, d.number AS day, g.\"group\", g.kind, g.name, CASE g.status"
"  WHEN 0 THEN 'announced' WHEN 1 THEN 'open' WHEN 2 THEN 'closed' ELSE 'cancelled' END AS status,"
" g.opened_at, g.closed_at, g.plays, g.wins, z.stock, coalesce(z.given, 0) AS given,"
" z.stock - z.given AS \"left\", coalesce(z.consolations, 0) AS consolations, g.total,"
" coalesce(z.cost, 0) + coalesce(y.money, 0) AS cost, g.commitment,"
" " RECEIPT_HASH("p") " AS receipt_hash, " IS_CHANCE("g") " AS chance, g.id AS game"
" FROM games g JOIN days d ON d.id = g.day LEFT JOIN z ON z.game = g.id"
" LEFT JOIN y ON y.game = g.id LEFT JOIN receipts p ON p.game = g.id",

"CREATE VIEW v_draw AS SELECT v.campaign, v.day, v.\"group\", v.kind, v.name, v.status, v.plays,"
" v.wins, v.commitment, v.receipt_hash, g.rules, p.body AS receipt FROM v_game v"
" JOIN games g ON g.id = v.game LEFT JOIN receipts p ON p.game = g.id WHERE v.chance",

// Interval of Wilson at 95 %: it holds for small cohorts and for shares near 0 and 1 too.
"CREATE VIEW v_cohort AS WITH pe AS (SELECT campaign, sum(paid) AS paid,"
"  sum(net) AS spent, sum(gift) AS gift, sum(gift AND paid) AS gift_paid,"
"  sum(gift * net) AS gift_spent, sum(vouchers > 0) AS voucher,"
"  sum(vouchers > 0 AND paid) AS voucher_paid,"
"  sum((vouchers > 0) * net) AS voucher_spent, sum(card) AS card,"
"  sum(card AND paid) AS card_paid, sum(card * net) AS card_spent"
"  FROM " NET_PARTICIPANTS " WHERE" NO_STAFF("member") "GROUP BY campaign),"
" b AS MATERIALIZED (SELECT c.id AS id, pr.members, pe.* FROM campaigns c"
"  LEFT JOIN v_present pr ON pr.campaign = c.id LEFT JOIN pe ON pe.campaign = c.id),"
" names(number, cohort) AS (VALUES (1,'gift'),(2,'voucher'),(3,'card'),(4,'everyone')),"
" x AS (SELECT b.id AS campaign, n.number, n.cohort, coalesce(CASE n.number WHEN 1 THEN gift"
"  WHEN 2 THEN voucher WHEN 3 THEN card ELSE members END, 0) AS count,"
"  coalesce(CASE n.number WHEN 1 THEN gift_paid WHEN 2 THEN voucher_paid WHEN 3 THEN card_paid"
"   ELSE paid END, 0) AS payers,"
"  coalesce(CASE n.number WHEN 1 THEN gift_spent WHEN 2 THEN voucher_spent WHEN 3 THEN card_spent"
"   ELSE spent END, 0) AS spent FROM b CROSS JOIN names n),"
" w AS (SELECT *, CAST(payers AS REAL) / nullif(count, 0) AS share, 3.841459 / nullif(count, 0)"
"  AS zn FROM x)"
" SELECT campaign, number, cohort, count, payers, share,"
" max(0.0, (share + zn / 2 - sqrt(zn * (share * (1 - share) + zn / 4))) / (1 + zn)) AS low,"
" min(1.0, (share + zn / 2 + sqrt(zn * (share * (1 - share) + zn / 4))) / (1 + zn)) AS high,"
" CAST(round(CAST(spent AS REAL) / nullif(count, 0)) AS INTEGER) AS mean_spend,"
" CAST(round(CAST(spent AS REAL) / nullif(payers, 0)) AS INTEGER) AS spend_per_payer FROM w",

"CREATE VIEW v_top_buyer AS SELECT campaign, place, member, CASE WHEN name = '' THEN ''"
"  ELSE substr(name, 1, 1) || '**' END AS masked, \"group\", orders, items, spent, gift, vouchers,"
" card FROM (SELECT b.campaign, b.place, a.member, p.name, a.\"group\", a.orders, a.items,"
"  b.net AS spent, a.gift, a.vouchers, a.card FROM (SELECT id, campaign, net,"
"   row_number() OVER (PARTITION BY campaign ORDER BY net DESC, member) AS place"
"   FROM " NET_PARTICIPANTS " WHERE paid AND" NO_STAFF("member") ") b"
"  JOIN participants a ON a.id = b.id JOIN members p ON p.id = a.member WHERE b.place <= 20)",

"CREATE VIEW v_uv_minute AS SELECT m.campaign, k.day, m.at, m.visitors AS uv, m.visits, m.orders,"
" m.paid FROM minutes m LEFT JOIN v_calendar k ON k.campaign = m.campaign" IN_DAY("m.at"),

"CREATE VIEW v_intervention AS WITH t AS (SELECT campaign, at, kind, text, value, value2, \"group\""
"  FROM milestones WHERE kind IN ('flip','peak','second_wave','gate','stall','switch','drop',"
"   'opened')"
"  UNION ALL SELECT b.campaign, b.opens_at, 'flip', b.name, 0, 0, 0 FROM books b"
"  WHERE b.status = 0 AND NOT EXISTS (SELECT 1 FROM milestones m WHERE m.kind = 'flip'"
"   AND m.campaign = b.campaign AND m.at = b.opens_at))"
" SELECT t.campaign, k.day, t.at, t.kind, t.text, t.value, t.value2, t.\"group\" FROM t"
" LEFT JOIN v_calendar k ON k.campaign = t.campaign" IN_DAY("t.at"),

"CREATE VIEW v_gate AS SELECT m.campaign, d.number AS day, m.\"group\", m.at, m.value, m.value2,"
" m.text FROM milestones m LEFT JOIN days d ON d.id = m.day WHERE m.kind = 'gate'",

// Growth by group and day. Exposed: who could invite into the group that day, the members that it
// and the old group feeding it had at some time of the day.
"CREATE VIEW v_growth AS WITH c AS MATERIALIZED (SELECT * FROM v_calendar),"
" cg AS MATERIALIZED (SELECT * FROM v_campaign_group),"
" ms AS MATERIALIZED (SELECT cg.campaign, m.\"group\", m.joined_at, m.left_at, m.audit,"
"  m.inviter <> 0 AS invited, m.how = 'roster' AS roster FROM memberships m"
"  JOIN cg ON cg.\"group\" = m.\"group\" AND m.joined_at BETWEEN 1 AND cg.until_at - 1"
"  WHERE" NO_STAFF("m.member") "),"
" ins AS MATERIALIZED (SELECT ms.campaign, ms.\"group\", coalesce(k.day, 0) AS day,"
"  count(*) AS n, sum(roster) AS roster, sum(invited) AS invited,"
"  sum(invited AND left_at = 0 AND audit <> 3) AS effective, sum(audit = 3) AS rejected,"
"  sum(audit = 2) AS queued FROM ms LEFT JOIN c k ON k.campaign = ms.campaign"
IN_DAY("ms.joined_at") " GROUP BY 1, 2, 3),"
" outs AS MATERIALIZED (SELECT ms.campaign, ms.\"group\", k.day, count(*) AS n FROM ms"
"  JOIN c k ON k.campaign = ms.campaign" IN_DAY("ms.left_at") " WHERE ms.left_at <> 0"
"  GROUP BY 1, 2, 3),"
" hs AS MATERIALIZED (SELECT campaign, \"group\", day, sum(joins) AS joins, sum(leaves) AS leaves"
"  FROM v_hour GROUP BY 1, 2, 3),"
" st AS MATERIALIZED (SELECT campaign, \"group\", day, max(CASE WHEN kind = 'stall' THEN at END)"
"   AS stalled_at, max(CASE WHEN kind = 'stall' THEN value END) AS stalled_members,"
"  max(CASE WHEN kind = 'switch' THEN at END) AS switched_at FROM v_intervention"
"  WHERE kind IN ('stall', 'switch') GROUP BY 1, 2, 3),"
" x AS MATERIALIZED (SELECT cg.campaign, c.day, cg.\"group\", coalesce(hs.joins, 0)"
"   - coalesce(ins.roster, 0) AS joins, coalesce(hs.leaves, 0) AS leaves,"
"  coalesce(ins.invited, 0) AS invited, coalesce(ins.effective, 0) AS effective,"
"  coalesce(ins.rejected, 0) AS rejected, coalesce(ins.queued, 0) AS queued,"
"  coalesce(b.n, 0) + sum(coalesce(ins.n, 0)) OVER so_far - sum(coalesce(outs.n, 0)) OVER so_far"
"   + coalesce(outs.n, 0) AS exposed, st.stalled_at, st.stalled_members, st.switched_at"
"  FROM cg JOIN c ON c.campaign = cg.campaign"
"  LEFT JOIN ins ON ins.campaign = c.campaign AND ins.\"group\" = cg.\"group\" AND ins.day = c.day"
"  LEFT JOIN ins b ON b.campaign = c.campaign AND b.\"group\" = cg.\"group\" AND b.day = 0"
"  LEFT JOIN outs ON outs.campaign = c.campaign AND outs.\"group\" = cg.\"group\""
"   AND outs.day = c.day"
"  LEFT JOIN hs ON hs.campaign = c.campaign AND hs.\"group\" = cg.\"group\" AND hs.day = c.day"
"  LEFT JOIN st ON st.campaign = c.campaign AND st.\"group\" = cg.\"group\" AND st.day = c.day"
"  WINDOW so_far AS (PARTITION BY cg.campaign, cg.\"group\" ORDER BY c.from_at))"
" SELECT x.campaign, x.day, x.\"group\", g.ext, g.segment, x.joins, x.leaves, x.invited,"
" x.effective, x.rejected, x.queued, x.exposed + coalesce(f.exposed, 0) AS exposed,"
" CAST(x.effective AS REAL) / nullif(x.exposed + coalesce(f.exposed, 0), 0) AS k_factor,"
" x.stalled_at, x.stalled_members, x.switched_at FROM x JOIN \"groups\" g ON g.id = x.\"group\""
" LEFT JOIN x f ON f.campaign = x.campaign AND f.day = x.day AND f.\"group\" = g.fed_by"
"  AND g.fed_by <> 0",

"CREATE VIEW v_group AS WITH cg AS MATERIALIZED (SELECT * FROM v_campaign_group),"
" pm AS MATERIALIZED (SELECT cg.campaign, m.\"group\","
"  sum(m.left_at = 0 OR m.left_at >= cg.until_at) AS members, sum(m.how = 'roster'"
"   AND m.joined_at >= cg.from_at) AS roster FROM memberships m"
"  JOIN cg ON cg.\"group\" = m.\"group\" AND m.joined_at BETWEEN 1 AND cg.until_at - 1"
"  WHERE" NO_STAFF("m.member") "GROUP BY 1, 2),"
" pa AS MATERIALIZED (SELECT a.campaign, a.\"group\", sum(a.visited) AS visitors,"
"  sum(a.paid) AS payers FROM participants a WHERE" NO_STAFF("a.member") "GROUP BY 1, 2),"
" o AS MATERIALIZED (SELECT campaign, \"group\", count(*) AS orders, sum(items) AS items,"
"  sum(total - refunded) AS revenue FROM orders GROUP BY 1, 2),"
" h AS MATERIALIZED (SELECT campaign, \"group\", sum(joins) AS joins, sum(leaves) AS leaves,"
"  sum(messages) AS messages FROM v_hour GROUP BY 1, 2)"
" SELECT cg.campaign, cg.\"group\", g.ext, g.title, g.segment, coalesce(pm.members, 0) AS members,"
" coalesce(h.joins, 0) - coalesce(pm.roster, 0) AS joins, coalesce(h.leaves, 0) AS leaves,"
" coalesce(h.messages, 0) AS messages, coalesce(pa.visitors, 0) AS visitors,"
" coalesce(pa.payers, 0) AS payers, coalesce(o.orders, 0) AS orders,"
" coalesce(o.items, 0) AS items, coalesce(o.revenue, 0) AS revenue,"
" CAST(coalesce(pa.payers, 0) AS REAL) / nullif(pm.members, 0) AS paid_share,"
" CAST(pa.payers AS REAL) / nullif(pa.visitors, 0) AS uv_paid_share"
" FROM cg JOIN \"groups\" g ON g.id = cg.\"group\""
" LEFT JOIN pm ON pm.campaign = cg.campaign AND pm.\"group\" = cg.\"group\""
" LEFT JOIN pa ON pa.campaign = cg.campaign AND pa.\"group\" = cg.\"group\""
" LEFT JOIN o ON o.campaign = cg.campaign AND o.\"group\" = cg.\"group\""
" LEFT JOIN h ON h.campaign = cg.campaign AND h.\"group\" = cg.\"group\"",

"CREATE VIEW v_segment AS SELECT campaign, segment, count(*) AS \"groups\","
" sum(members) AS members, sum(joins) AS joins, sum(leaves) AS leaves, sum(messages) AS messages,"
" sum(visitors) AS visitors, sum(payers) AS payers, sum(orders) AS orders, sum(items) AS items,"
" sum(revenue) AS revenue, CAST(sum(payers) AS REAL) / nullif(sum(members), 0) AS paid_share,"
" CAST(sum(payers) AS REAL) / nullif(sum(visitors), 0) AS uv_paid_share"
" FROM v_group GROUP BY campaign, segment",

"CREATE VIEW v_day AS WITH d AS (SELECT campaign, number, group_concat(DISTINCT playbook)"
"  AS playbooks, group_concat(DISTINCT goal) AS goals FROM days GROUP BY 1, 2),"
" h AS (SELECT campaign, day, sum(joins) AS joins, sum(leaves) AS leaves,"
"  sum(messages) AS messages, sum(replies) AS replies FROM v_hour GROUP BY 1, 2),"
" u AS (SELECT campaign, day, max(uv) AS peak_uv, at AS peak_at, sum(visits) AS visits,"
"  sum(orders) AS orders, sum(paid) AS paid FROM v_uv_minute GROUP BY 1, 2)"
" SELECT k.campaign, k.day, k.from_at, k.until_at, d.playbooks, d.goals,"
" coalesce(h.joins, 0) AS joins, coalesce(h.leaves, 0) AS leaves,"
" coalesce(h.messages, 0) AS messages, coalesce(h.replies, 0) AS replies,"
" coalesce(u.visits, 0) AS visits, coalesce(u.peak_uv, 0) AS peak_uv, u.peak_at,"
" coalesce(u.orders, 0) AS orders, coalesce(u.paid, 0) AS paid FROM v_calendar k"
" JOIN d ON d.campaign = k.campaign AND d.number = k.day"
" LEFT JOIN h ON h.campaign = k.campaign AND h.day = k.day"
" LEFT JOIN u ON u.campaign = k.campaign AND u.day = k.day",

// Connectors outlive campaigns: what came is the brand's, what went out the campaign's.
"CREATE VIEW v_connector AS SELECT c.id AS campaign, k.name, k.events, k.refused, k.seq, k.last_at,"
" (SELECT count(*) FROM outbox o JOIN days d ON d.id = o.day JOIN groups g"
"  ON g.id = o.\"group\" WHERE d.campaign = c.id AND g.connector = k.name AND o.status IN (2))"
" AS sent, (SELECT count(*) FROM outbox o JOIN days d ON d.id = o.day JOIN groups g"
"  ON g.id = o.\"group\" WHERE d.campaign = c.id AND g.connector = k.name AND o.status IN (3, 4, 5))"
" AS failed, (SELECT count(*) FROM outbox o JOIN days d ON d.id = o.day JOIN groups g"
"  ON g.id = o.\"group\" WHERE d.campaign = c.id AND g.connector = k.name AND o.status IN (0, 1, 6))"
" AS waiting"
" FROM connectors k CROSS JOIN campaigns c",

// What an operator may have to settle; names stay out of it.
"CREATE VIEW v_outbox AS SELECT coalesce(d.campaign, g.campaign, 0) AS campaign, o.id AS effect,"
" CASE o.status WHEN 0 THEN 'ready' WHEN 1 THEN 'in_flight' WHEN 2 THEN 'sent'"
"  WHEN 3 THEN 'failed' WHEN 4 THEN 'unknown' WHEN 5 THEN 'expired' ELSE 'awaiting_staff' END"
" AS status, CASE o.op WHEN 0 THEN 'send' WHEN 1 THEN 'dm' WHEN 2 THEN 'kick' WHEN 3 THEN 'title'"
"  WHEN 4 THEN 'pin' WHEN 5 THEN 'invite_code' WHEN 6 THEN 'members' WHEN 7 THEN 'price'"
"  WHEN 8 THEN 'voucher' ELSE 'pay' END AS op, o.kind, o.\"group\", coalesce(g.ext, '') AS ext,"
" o.member, CAST(o.body AS TEXT) AS body,"
" max(o.created_at, o.not_before) AS since, o.expires, o.sent_at, o.attempts, o.error,"
" CASE o.policy WHEN 0 THEN 'resend' WHEN 1 THEN 'once' ELSE 'ask' END AS policy,"
" CASE o.status WHEN 0 THEN iif(o.error = 'rate', 'the platform asked to wait: is tried again',"
"   iif(o.retry_at = 0, 'goes out in its turn, as fast as its connector may', 'is tried again'))"
"  WHEN 1 THEN iif(o.policy = 0, 'is sent again at the next start', 'settle it, or see the next start')"
"  WHEN 2 THEN '' WHEN 5 THEN 'its time is over'"
"  WHEN 3 THEN 'settle it: again, or sent by hand' ELSE 'look there, then settle it' END AS todo"
" FROM outbox o LEFT JOIN days d ON d.id = o.day LEFT JOIN \"groups\" g ON g.id = o.\"group\"",

"CREATE VIEW v_tweak AS SELECT campaign, id AS tweak, at, \"by\","
" CASE class WHEN 0 THEN 'look' WHEN 1 THEN 'move' WHEN 2 THEN 'money' ELSE 'final' END AS class,"
" CASE status WHEN 0 THEN 'waiting' WHEN 1 THEN 'applied' WHEN 2 THEN 'undone' ELSE 'refused' END"
" AS status, CAST(code AS TEXT) AS line, CAST(told AS TEXT) AS told, amount, approved_by, undone_by,"
" undone_at, changes IS NOT NULL AS can_undo FROM tweaks",

"CREATE VIEW v_version AS SELECT v.campaign, v.number AS version, v.at, v.\"by\", CASE v.day WHEN 0"
" THEN '' ELSE d.name END AS day, v.playbook, v.version AS sources, (SELECT count(*) FROM scenes s"
"  WHERE s.version = v.id AND s.status IN (0, 1, 3)) AS scenes, coalesce(CAST(v.changes AS TEXT), '')"
" AS changes FROM versions v"
" LEFT JOIN days d ON d.id = v.day WHERE v.version <> ''",

// A decision is a milestone: the rows themselves are never written again.
"CREATE VIEW v_parked AS SELECT coalesce(d.campaign, 0) AS campaign, p.id AS parked, p.at,"
" CASE p.kind WHEN 0 THEN 'line' WHEN 1 THEN 'event' WHEN 2 THEN 'handler' ELSE 'scene' END"
" AS kind, p.source, p.error, coalesce(s.text, CASE p.status WHEN 2 THEN 'behind' ELSE"
"  'waiting' END) AS status, coalesce(s.at, 0) AS settled_at,"
" CASE p.status WHEN 2 THEN coalesce(nullif(bm.first, p.id), nullif(bo.first, p.id), 0) ELSE 0 END"
"  AS behind,"
" CASE p.status WHEN 1 THEN coalesce(bm.events, 0) + coalesce(bo.events, 0) - coalesce(x.n, 0) - 1"
"  ELSE 0 END AS holds,"
" coalesce(m.id, 0) AS member, p.\"order\" FROM parked p LEFT JOIN days d ON d.id = p.day"
" LEFT JOIN (SELECT value, max(text) AS text, max(at) AS at FROM milestones WHERE kind = 'parked'"
"  GROUP BY value) s ON s.value = p.id"
" LEFT JOIN blocks bm ON bm.kind = 0 AND bm.key = p.member AND p.member <> ''"
" LEFT JOIN blocks bo ON bo.kind = 1 AND bo.key = p.\"order\" AND p.\"order\" <> ''"
" LEFT JOIN (SELECT member, \"order\", count(*) AS n FROM parked WHERE status IN (1, 2) AND"
"  member <> '' AND \"order\" <> '' GROUP BY 1, 2) x ON x.member = p.member AND"
"  x.\"order\" = p.\"order\""
" LEFT JOIN (SELECT ext, min(id) AS id FROM members WHERE ext IN (SELECT member FROM parked)"
"  GROUP BY ext) m ON m.ext = p.member AND p.member <> ''",

"CREATE VIEW v_halted AS SELECT d.campaign, d.number AS day, d.playbook,"
" CASE h.event WHEN 15 THEN 'every' ELSE 'handler' END AS kind, h.name,"
" 0 AS \"group\", h.since_at AS since, h.error, h.kept, h.lost FROM handlers h"
" JOIN days d ON d.id = h.day WHERE h.status = 1 AND NOT d.filed UNION ALL"
" SELECT d.campaign, d.number, d.playbook, 'scene', s.name, s.\"group\","
" coalesce((SELECT max(p.at) FROM parked p WHERE p.day = s.day AND p.kind = 2 AND"
"  p.error = s.error), 0), s.error, 0, 0 FROM scenes s JOIN days d ON d.id = s.day"
" WHERE s.status = 3 AND NOT d.filed",

"CREATE VIEW v_announcement AS SELECT d.campaign, d.number AS day, o.\"group\", o.kind,"
" o.planned_at, o.sent_at, CASE WHEN o.sent_at <> 0 THEN max(0, o.sent_at - o.planned_at) END"
" AS late_ms, CASE o.status WHEN 0 THEN 'ready' WHEN 1 THEN 'in_flight' WHEN 2 THEN 'sent'"
"  WHEN 3 THEN 'failed' WHEN 4 THEN 'unknown' WHEN 5 THEN 'expired' ELSE 'awaiting_staff' END"
" AS status, o.error FROM outbox o JOIN days d ON d.id = o.day"
" WHERE o.op = 0 AND o.kind IN " ANNOUNCEMENT_KINDS,

"CREATE VIEW v_chain AS WITH r AS (SELECT chain, min(after_ms) AS fastest, avg(CASE WHEN"
"  place IN ((total + 1) / 2, (total + 2) / 2) THEN after_ms END) AS median FROM (SELECT chain,"
"   after_ms, row_number() OVER (PARTITION BY chain ORDER BY after_ms) AS place,"
"   count(*) OVER (PARTITION BY chain) AS total FROM replies) GROUP BY chain)"
" SELECT d.campaign, d.number AS day, c.\"group\", c.phrase, c.opened_at, c.closed_at, c.present,"
" c.replies, c.messages, CAST(c.replies AS REAL) / nullif(c.present, 0) AS share,"
" r.fastest AS fastest_ms, CAST(round(r.median) AS INTEGER) AS median_ms,"
" CASE c.status WHEN 0 THEN 'open' ELSE 'closed' END AS status FROM chains c"
" JOIN days d ON d.id = c.day LEFT JOIN r ON r.chain = c.id",

"CREATE VIEW v_ledger AS SELECT a.campaign, l.id, l.at, l.txn, a.name AS account, l.amount,"
" l.reason, l.member, l.ref FROM ledger l JOIN accounts a ON a.id = l.account",

"CREATE VIEW v_order AS SELECT o.campaign, o.id AS \"order\", o.ext, o.at, o.member, o.\"group\","
" CASE o.channel WHEN 0 THEN 'online' ELSE 'store' END AS channel, o.items, o.list_total,"
" o.deal_total, o.shipping, o.promo_off, o.card_off, o.voucher_off, o.total, o.refunded, o.total - o.refunded AS net,"
" o.commission, o.sharer, o.guide FROM orders o",

// Kept or not, and how much was to spare. First what every campaign must keep, then what this one
// declares.
"CREATE VIEW v_promise AS WITH"
" sent AS (SELECT d.campaign, ((o.sent_at - d.from_at) % 86400000 + 86400000) % 86400000 AS clock"
"  FROM outbox o JOIN days d ON d.id = o.day"
"  WHERE o.op = 0 AND o.sent_at <> 0 AND o.kind <> 'welcome'),"
// Prizes and money are told apart: the lucky king has a share and the prize. Grouped by one number,
// which sorts faster than three.
" wins AS (SELECT won >> 32 AS game, count(*) AS n FROM (SELECT game << 32 | member << 1"
"   | (prize <> 0) AS won FROM plays WHERE (prize <> 0 AND prize IN (SELECT id FROM prizes"
"    WHERE stock >= 0)) OR (prize = 0 AND amount > 0)) GROUP BY won HAVING count(*) > 1),"
// The JSON functions may not stand in a view, so the limit is read from the text of the rules.
" repeats AS (SELECT w.game, sum(w.n > max(1, CASE"
"   WHEN instr(g.rules, '\"wins\":') > 0"
"    THEN CAST(substr(g.rules, instr(g.rules, '\"wins\":') + 7, 9) AS INTEGER)"
"   WHEN instr(g.rules, '\"spins\":') > 0"
"    THEN CAST(substr(g.rules, instr(g.rules, '\"spins\":') + 8, 9) AS INTEGER)"
"   ELSE 1 END)) AS n FROM wins w JOIN games g ON g.id = w.game GROUP BY w.game),"
" draws AS MATERIALIZED (SELECT d.campaign, g.name, g.commitment <> ''"
"  AND (g.plays = 0 OR " RECEIPT_HASH("p") " <> '') AS provable FROM games g"
"  JOIN days d ON d.id = g.day LEFT JOIN receipts p ON p.game = g.id WHERE " IS_CHANCE("g") " AND g.status = 2),"
" p AS (SELECT campaign, 1 AS number, 'budget:' || budget AS promise, 'money' AS unit,"
"  'at_most' AS sense, reserved + spent AS value, cap AS bound, \"left\" AS spare,"
"  'money' AS spare_unit, reserved + spent <= cap AND \"left\" >= 0 AS kept, '' AS text,"
"  '' AS detail FROM v_budget"
" UNION ALL SELECT campaign, 2, 'ledger', 'money', 'at_most', abs(sum(balance)), 0, NULL, '',"
"  sum(balance) = 0, '', '' FROM accounts WHERE campaign <> 0 GROUP BY campaign"
" UNION ALL SELECT campaign, 3, 'quiet_hours', 'count', 'at_most',"
"  sum(clock >= " QUIET_FROM_MS " OR clock < " QUIET_UNTIL_MS "), 0, NULL, '',"
"  sum(clock >= " QUIET_FROM_MS " OR clock < " QUIET_UNTIL_MS ") = 0, '',"
"  count(*) || ' messages' FROM sent GROUP BY campaign"
" UNION ALL SELECT campaign, 4, 'announcements_on_time', 'count', 'at_least',"
"  sum(status = 'sent' AND late_ms <= " ON_TIME_MS "), count(*),"
"  " ON_TIME_MS " - max(late_ms), 'ms',"
"  count(*) = sum(status = 'sent' AND late_ms <= " ON_TIME_MS "), '',"
"  coalesce(substr(group_concat(CASE WHEN status <> 'sent' THEN kind || ' ' || status"
"   || ' (group ' || \"group\" || ')' END, ', '), 1, 400), '')"
"  FROM v_announcement WHERE status NOT IN ('ready', 'in_flight') GROUP BY campaign"
" UNION ALL SELECT d.campaign, 5, 'one_prize', 'count', 'at_most', coalesce(sum(r.n), 0), 0, NULL,"
"  '', coalesce(sum(r.n), 0) = 0, '', count(*) || ' games' FROM games g"
"  JOIN days d ON d.id = g.day LEFT JOIN repeats r ON r.game = g.id"
"  WHERE g.plays > 0 AND g.status <> 3 GROUP BY d.campaign"
" UNION ALL SELECT campaign, 6, 'draws_provable', 'count', 'at_least', sum(provable), count(*),"
"  NULL, '', sum(provable) = count(*), '',"
"  coalesce(substr(group_concat(CASE WHEN NOT provable THEN name END, ', '), 1, 400), '')"
"  FROM draws GROUP BY campaign"
" UNION ALL SELECT g.campaign, 7, 'margin_floor', 'count', 'at_most',"
"  sum(l.paid < g.floor * l.qty), 0, min((l.paid - g.floor * l.qty) / l.qty), 'money',"
"  sum(l.paid < g.floor * l.qty) = 0, '', g.sku FROM order_lines l"
"  JOIN goods g ON g.id = l.good WHERE g.floor > 0 AND l.qty > 0 GROUP BY g.campaign"
" UNION ALL SELECT r.campaign, 7 + r.id, r.metric, coalesce(m.unit, ''),"
"  CASE r.sense WHEN 0 THEN 'at_least' ELSE 'at_most' END, m.value, r.least,"
"  CASE r.sense WHEN 0 THEN m.value - r.least ELSE r.least - m.value END, coalesce(m.unit, ''),"
"  coalesce(CASE r.sense WHEN 0 THEN m.value >= r.least ELSE m.value <= r.least END, 0),"
"  r.text, CASE WHEN m.metric IS NULL THEN 'no such metric' ELSE '' END FROM promises r"
"  LEFT JOIN v_metric m ON m.campaign = r.campaign"
"   AND (m.metric = r.metric OR m.metric || '_bp' = r.metric))"
" SELECT campaign, number, promise, unit, sense, value, bound, kept, spare, spare_unit, text,"
" detail FROM p",

NULL,
};
// clang-format on
