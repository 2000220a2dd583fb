// A rule is a query that gives the rows that break it: table, id, column, what stands there, what
// should. Nothing has an index but ids, so sums are grouped once and joined, never asked for row by
// row.

#include "app/verify_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "core/tables.h"

#define SQL_MAX ((size_t)1 << 16)

struct rule {
    const char *name;
    const char *sql;
};

// Of each key with parked events that hold or wait there is one block, which counts them and knows
// the first.
#define BLOCKS_SQL(column, kind)                                                                   \
    "SELECT 'blocks', coalesce(b.id, p.first), 'events', coalesce(b.events, 0) || ' from ' ||"     \
    " coalesce(b.first, 0), p.n || ' from ' || p.first FROM (SELECT \"" column                     \
    "\" AS key, count(*) AS n, min(id) AS first FROM parked WHERE status IN (1, 2) AND \"" column  \
    "\" <> '' GROUP BY 1) p LEFT JOIN blocks b ON b.kind = " kind " AND b.key = p.key WHERE"       \
    " coalesce(b.events, 0) <> p.n OR coalesce(b.first, 0) <> p.first UNION ALL"                   \
    " SELECT 'blocks', b.id, 'events', b.events, 0 FROM blocks b WHERE b.kind = " kind             \
    " AND NOT EXISTS (SELECT 1 FROM parked p WHERE p.id = b.first AND p.status IN (1, 2) AND"      \
    " p.\"" column "\" = b.key) ORDER BY 2"

#define GROUP_SQL(column)                                                                          \
    "SELECT 'groups', g.id, '" column "', g." column ", coalesce(h.n, 0) FROM groups g LEFT JOIN"  \
    " (SELECT \"group\", sum(" column ") AS n FROM hours GROUP BY 1) h ON h.\"group\" = g.id"      \
    " WHERE g." column " <> coalesce(h.n, 0) ORDER BY 2"

static const struct rule RULES[] = {
    {"the legs of a transaction sum to zero, in each currency",
     "SELECT 'ledger', min(l.id), 'amount', sum(l.amount), 0 FROM ledger l LEFT JOIN accounts a"
     " ON a.id = l.account GROUP BY l.txn, a.currency HAVING sum(l.amount) <> 0 ORDER BY 2"},
    {"a transaction has two legs at least",
     "SELECT 'ledger', min(id), 'txn', 'one leg of ' || txn, 'two legs' FROM ledger GROUP BY txn"
     " HAVING count(*) < 2 ORDER BY 2"},
    {"a transaction is numbered after its first leg",
     "SELECT 'ledger', min(id), 'txn', txn, min(id) FROM ledger GROUP BY txn HAVING min(id) <> txn"
     " ORDER BY 2"},
    {"a balance is the sum of its account's legs",
     "SELECT 'accounts', a.id, 'balance', a.balance, coalesce(s.n, 0) FROM accounts a LEFT JOIN"
     " (SELECT account, sum(amount) AS n FROM ledger GROUP BY account) s ON s.account = a.id"
     " WHERE a.balance <> coalesce(s.n, 0) ORDER BY 2"},
    {"no account is below its floor",
     "SELECT 'accounts', id, 'balance', balance, 'at least ' || floor FROM accounts"
     " WHERE balance < floor ORDER BY 2"},
    {"budgets are whole: free, reserved and spent are what was put in",
     "SELECT 'accounts', b.id, 'opening', b.opening, sum(x.balance) FROM accounts b JOIN accounts x"
     " ON x.campaign = b.campaign AND x.name IN (b.name, 'reserved:' || substr(b.name, 8),"
     " 'spent:' || substr(b.name, 8)) WHERE b.name LIKE 'budget:%' GROUP BY b.id"
     " HAVING b.opening <> sum(x.balance) ORDER BY 2"},
    {"vouchers issued are counted",
     "SELECT 'coupons', c.id, 'issued', c.issued, coalesce(v.n, 0) FROM coupons c LEFT JOIN"
     " (SELECT coupon, count(*) AS n FROM vouchers GROUP BY coupon) v ON v.coupon = c.id"
     " WHERE c.issued <> coalesce(v.n, 0) ORDER BY 2"},
    {"vouchers used are counted",
     "SELECT 'coupons', c.id, 'used', c.used, coalesce(v.n, 0) FROM coupons c LEFT JOIN"
     " (SELECT coupon, count(*) AS n FROM vouchers WHERE used_at <> 0 GROUP BY coupon) v"
     " ON v.coupon = c.id WHERE c.used <> coalesce(v.n, 0) ORDER BY 2"},
    {"a used voucher has its order and its time",
     "SELECT 'vouchers', id, CASE WHEN \"order\" = 0 THEN 'order' ELSE 'used_at' END, 0,"
     " 'not 0, it is used' FROM vouchers WHERE status = 2 AND (\"order\" = 0 OR used_at = 0)"
     " ORDER BY 2"},
    {"a voucher that isn't used has no order (a card may)",
     "SELECT 'vouchers', v.id, 'used_at', v.used_at, 0 FROM vouchers v JOIN coupons c"
     " ON c.id = v.coupon WHERE v.status <> 2 AND NOT c.is_card AND v.used_at <> 0 ORDER BY 2"},
    {"uses of a promotion are counted",
     "SELECT 'promotions', p.id, 'used', p.used, coalesce(u.n, 0) FROM promotions p LEFT JOIN"
     " (SELECT promotion, count(*) AS n FROM promotion_uses WHERE status = 1 GROUP BY promotion) u"
     " ON u.promotion = p.id WHERE p.used <> coalesce(u.n, 0) ORDER BY 2"},
    {"uses of a promotion that checkouts hold are counted",
     "SELECT 'promotions', p.id, 'reserved', p.reserved, coalesce(u.n, 0) FROM promotions p"
     " LEFT JOIN (SELECT promotion, count(*) AS n FROM promotion_uses WHERE status = 0"
     " GROUP BY promotion) u ON u.promotion = p.id WHERE p.reserved <> coalesce(u.n, 0) ORDER BY "
     "2"},
    {"what a promotion gave is what its uses took off",
     "SELECT 'promotions', p.id, 'given', p.given, coalesce(u.n, 0) FROM promotions p LEFT JOIN"
     " (SELECT promotion, sum(amount) AS n FROM promotion_uses WHERE status = 1"
     " GROUP BY promotion) u ON u.promotion = p.id WHERE p.given <> coalesce(u.n, 0) ORDER BY 2"},
    {"nobody uses a promotion more often than she may",
     "SELECT 'promotion_uses', max(u.id), 'member', u.member, 'at most ' || p.limit_member"
     " FROM promotion_uses u JOIN promotions p ON p.id = u.promotion"
     " WHERE u.status < 2 AND u.member <> 0 AND p.limit_member > 0"
     " GROUP BY u.promotion, u.member HAVING count(*) > max(p.limit_member) ORDER BY 2"},
    {"no more prizes are given than there are",
     "SELECT 'prizes', id, 'given', given, 'at most ' || stock FROM prizes"
     " WHERE stock >= 0 AND given > stock ORDER BY 2"},
    {"a prize given stands in a play",
     "SELECT 'prizes', p.id, 'given', p.given, coalesce(w.n, 0) FROM prizes p"
     " JOIN games g ON g.id = p.game LEFT JOIN (SELECT prize, count(*) AS n FROM plays"
     " GROUP BY prize) w ON w.prize = p.id"
     " WHERE g.kind <> 'envelope' AND p.given <> coalesce(w.n, 0) ORDER BY 2"},
    {"an envelope's extra prize is given to its winners only",
     "SELECT 'prizes', p.id, 'given', p.given, 'at most ' || g.wins FROM prizes p JOIN games g"
     " ON g.id = p.game WHERE g.kind = 'envelope' AND p.given > g.wins ORDER BY 2"},
    {"a play is numbered once in its game",
     "SELECT 'plays', max(id), 'number', number, 'once' FROM plays WHERE why NOT LIKE 'drawn "
     "again%'"
     " GROUP BY game, number HAVING count(*) > 1 ORDER BY 2"},
    {"plays of a game are counted",
     "SELECT 'games', g.id, 'plays', g.plays, coalesce(p.n, 0) FROM games g LEFT JOIN"
     " (SELECT game, count(*) AS n FROM plays WHERE why NOT LIKE 'drawn again%' GROUP BY game) p"
     " ON p.game = g.id WHERE g.plays <> coalesce(p.n, 0) ORDER BY 2"},
    {"goods sold stand in lines of orders",
     "SELECT 'goods', g.id, 'sold', g.sold, coalesce(l.n, 0) FROM goods g LEFT JOIN"
     " (SELECT good, sum(qty) AS n FROM order_lines GROUP BY good) l ON l.good = g.id"
     " WHERE g.sold <> coalesce(l.n, 0) ORDER BY 2"},
    {"items of an order are those of its lines",
     "SELECT 'orders', o.id, 'items', o.items, coalesce(l.n, 0) FROM orders o LEFT JOIN"
     " (SELECT \"order\", sum(qty) AS n FROM order_lines GROUP BY \"order\") l ON l.\"order\" = "
     "o.id"
     " WHERE o.items <> coalesce(l.n, 0) ORDER BY 2"},
    {"steps of a scene are numbered 1, 2, ... up to what it did",
     "SELECT 'scenes', s.id, 'steps', s.steps, coalesce(t.n, 0) || ' steps up to ' ||"
     " coalesce(t.last, 0) FROM scenes s LEFT JOIN (SELECT scene, count(DISTINCT number) AS n,"
     " max(number) AS last, min(number) AS first FROM steps GROUP BY scene) t ON t.scene = s.id"
     " WHERE s.status < 4 AND (s.steps <> coalesce(t.n, 0) OR s.steps <> coalesce(t.last, 0) OR"
     " coalesce(t.first, 1) <> 1) ORDER BY 2"},
    {"a step stands once",
     "SELECT 'steps', max(id), 'number', number, 'once' FROM steps GROUP BY scene, number"
     " HAVING count(*) > 1 ORDER BY 2"},
    {"no scene is left in the middle",
     "SELECT 'scenes', id, 'status', 'running', 'waiting or ended' FROM scenes WHERE status = 0"
     " ORDER BY 2"},
    {"a scene that waits for a time has its timer",
     "SELECT 'scenes', s.id, 'timer', s.timer, 'an entry that is planned' FROM scenes s"
     " WHERE s.status = 1 AND s.wait_kind = 1 AND NOT EXISTS"
     " (SELECT 1 FROM schedule e WHERE e.id = s.timer AND e.status = 0) ORDER BY 2"},
    {"a scene runs on a version of its day",
     "SELECT 'scenes', s.id, 'version', s.version, 'one of day ' || s.day FROM scenes s"
     " WHERE NOT EXISTS (SELECT 1 FROM versions v WHERE v.id = s.version AND v.day = s.day)"
     " ORDER BY 2"},
    {"versions of a campaign are numbered 1, 2, ...",
     "SELECT 'versions', max(id), 'number', max(number), count(*) FROM versions WHERE day = 0"
     " GROUP BY campaign HAVING max(number) <> count(*) OR count(DISTINCT number) <> count(*)"
     " ORDER BY 2"},
    {"a day runs its newest version",
     "SELECT 'days', d.id, 'version', d.version, v.version FROM days d JOIN versions v ON"
     " v.day = d.id AND v.id = (SELECT max(id) FROM versions n WHERE n.day = d.id AND n.version <> "
     "'')"
     " WHERE d.version <> v.version ORDER BY 2"},
    {"sources of a version are kept",
     "SELECT 'versions', v.id, 'version', v.version, 'rows of sources' FROM versions v"
     " WHERE v.version <> '' AND NOT EXISTS"
     " (SELECT 1 FROM sources s WHERE s.version = v.version) ORDER BY 2"},
    {"nothing runs on a version that was taken back",
     "SELECT 'scenes', s.id, 'version', s.version, 'one that stands' FROM scenes s JOIN versions v"
     " ON v.id = s.version WHERE v.version = '' AND s.status <> 2 ORDER BY 2"},
    {"a key of the outbox is used once",
     "SELECT 'outbox', max(id), 'key_high', printf('%016x%016x', key_high, key_low), 'once'"
     " FROM outbox GROUP BY key_high, key_low HAVING count(*) > 1 ORDER BY 2"},
    {"what was sent has a time, nothing else has",
     "SELECT 'outbox', id, 'sent_at', sent_at, CASE WHEN status = 2 THEN 'not 0, it was sent'"
     " ELSE '0, it was not sent' END FROM outbox WHERE (status = 2) <> (sent_at > 0) ORDER BY 2"},
    {"an effect that failed or is unknown was tried",
     "SELECT 'outbox', id, 'attempts', attempts, 'at least 1' FROM outbox"
     " WHERE status IN (3, 4) AND attempts < 1 ORDER BY 2"},
    {"replies of a chain are counted",
     "SELECT 'chains', c.id, 'replies', c.replies, coalesce(r.n, 0) FROM chains c LEFT JOIN"
     " (SELECT chain, count(*) AS n FROM replies GROUP BY chain) r ON r.chain = c.id"
     " WHERE c.replies <> coalesce(r.n, 0) ORDER BY 2"},
    {"likes of a post are counted",
     "SELECT 'posts', p.id, 'likes', p.likes, coalesce(l.n, 0) FROM posts p LEFT JOIN"
     " (SELECT post, sum(liked) AS n FROM likes GROUP BY post) l ON l.post = p.id"
     " WHERE p.likes <> coalesce(l.n, 0) ORDER BY 2"},
    {"likers of a post are counted",
     "SELECT 'posts', p.id, 'likers', p.likers, coalesce(l.n, 0) FROM posts p LEFT JOIN"
     " (SELECT post, count(*) AS n FROM likes GROUP BY post) l ON l.post = p.id"
     " WHERE p.likers <> coalesce(l.n, 0) ORDER BY 2"},
    {"who is in a group is counted, staff left out",
     "SELECT 'groups', g.id, 'members', g.members, coalesce(m.n, 0) FROM groups g LEFT JOIN"
     " (SELECT \"group\", count(*) AS n FROM memberships WHERE left_at = 0 AND member NOT IN"
     "  (SELECT id FROM members WHERE staff = 1) GROUP BY 1) m ON m.\"group\" = g.id"
     " WHERE g.members <> coalesce(m.n, 0) ORDER BY 2"},
    {"messages of a group are counted by the hour", GROUP_SQL("messages")},
    {"joins of a group are counted by the hour", GROUP_SQL("joins")},
    {"leaves of a group are counted by the hour", GROUP_SQL("leaves")},
    {"orders of a group are counted by the hour", GROUP_SQL("orders")},
    {"orders are counted for whoever bought",
     "SELECT 'members', m.id, 'orders', m.orders, coalesce(o.n, 0) FROM members m LEFT JOIN"
     " (SELECT member, count(*) AS n FROM orders GROUP BY member) o ON o.member = m.id"
     " WHERE m.orders <> coalesce(o.n, 0) ORDER BY 2"},
    {"what a member spent is what she paid, less what came back",
     "SELECT 'members', m.id, 'spent', m.spent, coalesce(o.n, 0) FROM members m LEFT JOIN"
     " (SELECT member, sum(total - refunded) AS n FROM orders GROUP BY member) o"
     " ON o.member = m.id WHERE m.spent <> coalesce(o.n, 0) ORDER BY 2"},
    {"an order gives back no more than was paid",
     "SELECT 'orders', id, 'refunded', refunded, 'at most ' || total FROM orders"
     " WHERE refunded > total ORDER BY 2"},
    {"events that hold or wait are counted under their member", BLOCKS_SQL("member", "0")},
    {"events that hold or wait are counted under their order", BLOCKS_SQL("order", "1")},
    {"events kept for a handler are counted",
     "SELECT 'handlers', h.id, 'kept', h.kept || ', ' || h.waiting || ' waiting',"
     " coalesce(k.n, 0) || ', ' || coalesce(k.w, 0) || ' waiting' FROM handlers h LEFT JOIN"
     " (SELECT handler, count(*) AS n, sum(tried = 0) AS w FROM kept_events GROUP BY handler) k"
     " ON k.handler = h.id WHERE h.kept <> coalesce(k.n, 0) OR h.waiting <> coalesce(k.w, 0)"
     " ORDER BY 2"},
    {"a handler is suspended by its fifth error in a row, and keeps no event without one",
     "SELECT 'handlers', id, 'status', status, fails || ' in a row, ' || kept || ' kept' FROM"
     " handlers WHERE (status = 1) <> (fails = 5) OR (status = 1) <> (since_at > 0) OR"
     " (status = 0 AND (waiting > 0 OR (fails = 0 AND kept > 0))) ORDER BY 2"},
    {"a scene that was halted knows where it goes on",
     "SELECT 'scenes', id, 'resumes', resumes, 'where its status says' FROM scenes"
     " WHERE (status = 3 AND resumes = 0) OR (status IN (0, 2, 4) AND resumes <> 0) ORDER BY 2"},
    {"what holds others back is the first of its member and of its order",
     "SELECT 'parked', p.id, 'status', 'holds', 'waits behind ' || b.first FROM parked p"
     " JOIN blocks b ON (b.kind = 0 AND b.key = p.member) OR (b.kind = 1 AND b.key = p.\"order\")"
     " WHERE p.status = 1 AND b.first <> p.id ORDER BY 2"},
    {"a parked event that was settled holds nobody back",
     "SELECT 'parked', p.id, 'status', p.status, 'settled (3), there is a decision' FROM parked p"
     " WHERE p.status IN (1, 2) AND p.id IN (SELECT value FROM milestones WHERE kind = 'parked')"
     " ORDER BY 2"},
    {"an order's refund is the sum of its refunds",
     "SELECT 'orders', o.id, 'refunded', o.refunded, coalesce(r.n, 0) FROM orders o LEFT JOIN"
     " (SELECT \"order\", sum(amount) AS n FROM refunds GROUP BY \"order\") r ON r.\"order\" = o.id"
     " WHERE o.refunded <> coalesce(r.n, 0) ORDER BY 2"},
};

struct walk {
    struct store *store;
    verify_broken_fn on_broken;
    void *ctx;
    struct verify_rows *out;
    struct buf sql;
};

static void copy_value(const struct value *value, char *out, size_t size)
{
    if (value->type == VALUE_INT) {
        snprintf(out, size, "%" PRId64, value->integer);
    } else if (value->type == VALUE_NULL) {
        snprintf(out, size, "nothing");
    } else {
        struct buf text;
        buf_init(&text, 8 * size);
        utf8_escape(value->data, utf8_cut(value->data, value->size, size / 4), &text);
        snprintf(out, size, "%.*s", (int)text.size, text.data == NULL ? "" : text.data);
        buf_deinit(&text);
    }
}

struct rule_rows {
    struct verify_broken first;
    uint64_t count;
};

static bool on_row(void *ctx, const struct store_row *row, struct err *e)
{
    struct rule_rows *rows = ctx;
    (void)e;
    if (rows->count++ == 0) {
        copy_value(&row->values[0], rows->first.table, sizeof(rows->first.table));
        rows->first.id = row->values[1].integer;
        copy_value(&row->values[2], rows->first.column, sizeof(rows->first.column));
        copy_value(&row->values[3], rows->first.found, sizeof(rows->first.found));
        copy_value(&row->values[4], rows->first.expected, sizeof(rows->first.expected));
    }
    return true;
}

static bool check_rule(struct walk *walk, const char *name, const char *sql, struct err *e)
{
    struct rule_rows rows = {.first = {.rule = name}};
    if (!store_query(walk->store, sql, NULL, 0, on_row, &rows, e)) {
        return err_add(e, "could not look whether %s", name);
    }
    walk->out->rules++;
    if (rows.count > 0) {
        rows.first.more = rows.count - 1;
        walk->out->broken++;
        walk->on_broken(walk->ctx, &rows.first);
    }
    return true;
}

// --- Rules that follow from a table's description. ---

static unsigned words_of(const char *words)
{
    unsigned count = 1;
    for (; *words != '\0'; words++) {
        count += *words == '|';
    }
    return count;
}

static bool may_be_negative(const struct table_desc *desc, const struct column *column)
{
    return strcmp(column->name, "stock") == 0 || strcmp(column->name, "effective") == 0 ||
           strcmp(desc->name, "milestones") == 0 || strcmp(desc->name, "ledger") == 0;
}

static bool check_column(struct walk *walk, const struct table_desc *desc,
                         const struct column *column, struct err *e)
{
    struct buf *sql = &walk->sql;
    const char *rule = NULL;
    buf_clear(sql);
    buf_printf(sql, "SELECT '%s', id, '%s', \"%s\", ", desc->name, column->name, column->name);
    if (column->role == ROLE_REF) {
        rule = "a reference points at a row";
        buf_printf(sql,
                   "'a row of %s' FROM \"%s\" t WHERE \"%s\" <> 0 AND NOT EXISTS"
                   " (SELECT 1 FROM \"%s\" o WHERE o.id = t.\"%s\")",
                   column->of, desc->name, column->name, column->of, column->name);
    } else if (column->role == ROLE_ENUM || column->role == ROLE_BOOL) {
        const unsigned last = column->role == ROLE_BOOL ? 1 : words_of(column->of) - 1;
        rule = "a choice is one of those there are";
        buf_printf(sql, "'0 to %u' FROM \"%s\" WHERE \"%s\" NOT BETWEEN 0 AND %u", last, desc->name,
                   column->name, last);
    } else if (column->role == ROLE_TIME ||
               (column->type == COLUMN_I32 && !may_be_negative(desc, column))) {
        rule = "no count and no time is negative";
        buf_printf(sql, "'at least 0' FROM \"%s\" WHERE \"%s\" < 0", desc->name, column->name);
    } else {
        return true;
    }
    buf_puts(sql, " ORDER BY id");
    CHECK(!sql->overflow);
    return check_rule(walk, rule, sql->data, e);
}

// Conditions that the table was made with: a shell can switch them off.
static bool check_conditions(struct walk *walk, const struct table_desc *desc, struct err *e)
{
    for (const char *at = desc->checks; at != NULL && *at != '\0';) {
        const size_t size = strcspn(at, ";");
        if (size > strspn(at, " ")) {
            buf_clear(&walk->sql);
            buf_printf(&walk->sql, "SELECT '%s', id, 'its condition', 'broken', '", desc->name);
            for (size_t i = 0; i < size; i++) {
                buf_puts(&walk->sql, at[i] == '\'' ? "'" : "");
                buf_putc(&walk->sql, at[i]);
            }
            buf_printf(&walk->sql, "' FROM \"%s\" WHERE NOT (%.*s) ORDER BY id", desc->name,
                       (int)size, at);
            if (!check_rule(walk, "a row keeps its table's conditions", walk->sql.data, e)) {
                return false;
            }
        }
        at += size + (at[size] == ';');
    }
    return true;
}

static bool check_unique(struct walk *walk, const struct table_desc *desc,
                         const struct index_desc *index, struct err *e)
{
    struct buf *sql = &walk->sql;
    struct buf columns;
    buf_clear(sql);
    buf_init(&columns, SQL_MAX);
    for (size_t i = 0; i < index->count; i++) {
        buf_printf(&columns, "%s\"%s\"", i == 0 ? "" : ", ", index->columns[i]);
    }
    buf_printf(sql, "SELECT '%s', max(id), '%s', max(\"%s\"), 'once' FROM \"%s\"", desc->name,
               index->columns[index->count - 1], index->columns[index->count - 1], desc->name);
    if (index->sparse) {
        buf_printf(sql, " WHERE \"%s\" NOT IN (0, '')", index->columns[0]);
    }
    buf_printf(sql, " GROUP BY %s HAVING count(*) > 1 ORDER BY 2", columns.data);
    buf_deinit(&columns);
    CHECK(!sql->overflow);
    return check_rule(walk, "what is unique stands once", sql->data, e);
}

static bool check_table(struct walk *walk, const struct table_desc *desc, struct err *e)
{
    for (size_t i = 0; i < desc->column_count; i++) {
        if (!check_column(walk, desc, &desc->columns[i], e)) {
            return false;
        }
    }
    // Rows that leave memory give up their keys.
    for (size_t i = 0; desc->leaves == NULL && i < desc->index_count; i++) {
        if (desc->indexes[i].unique && !check_unique(walk, desc, &desc->indexes[i], e)) {
            return false;
        }
    }
    return check_conditions(walk, desc, e);
}

bool verify_db_rows(struct store *store, verify_broken_fn on_broken, void *ctx,
                    struct verify_rows *out, struct err *e)
{
    *out = (struct verify_rows){0};
    struct walk walk = {.store = store, .on_broken = on_broken, .ctx = ctx, .out = out};
    buf_init(&walk.sql, SQL_MAX);
    bool done = true;
    for (size_t i = 0; done && i < sizeof(RULES) / sizeof(RULES[0]); i++) {
        done = check_rule(&walk, RULES[i].name, RULES[i].sql, e);
    }
    for (size_t i = 0; done && i < T_COUNT; i++) {
        done = check_table(&walk, tables_all[i], e);
    }
    buf_deinit(&walk.sql);
    return done;
}
