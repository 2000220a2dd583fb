// What must hold in a brand's database, whatever happened to the engine before; see the header.
#include "promises.h"

#include <stdlib.h>
#include <string.h>

#include "core/journal.h"
#include "core/tables.h"

struct check {
    struct store *store;
    FILE *out;
    size_t wrong;
    char **ids;  // "connector id" of every event in the journal that has one.
    size_t id_count, id_capacity;
    uint64_t last_turn;
};

struct rule {
    const char *name;
    const char *sql;  // Rows are violations.
};

#define LEGS "FROM ledger l JOIN accounts a ON a.id = l.account"

static const struct rule RULES[] = {
    {"the ledger of each campaign sums to zero",
     "SELECT a.campaign, sum(l.amount) " LEGS " GROUP BY 1 HAVING sum(l.amount) <> 0"},
    {"the legs of each transaction sum to zero",
     "SELECT txn, sum(amount) FROM ledger GROUP BY 1 HAVING sum(amount) <> 0"},
    {"no transaction has a single leg",
     "SELECT txn, count(*) FROM ledger GROUP BY 1 HAVING count(*) < 2"},
    {"each balance is the sum of its legs",
     "SELECT a.name, a.balance, (SELECT coalesce(sum(amount), 0) FROM ledger WHERE account = a.id) "
     "FROM accounts a WHERE a.balance <> (SELECT coalesce(sum(amount), 0) FROM ledger WHERE "
     "account = a.id)"},
    {"no balance is below its floor", "SELECT name, balance FROM accounts WHERE balance < floor"},
    {"budgets are whole: free + reserved + spent = what was put in",
     "SELECT b.name, b.opening FROM accounts b WHERE b.name LIKE 'budget:%' AND b.opening <> "
     "(SELECT sum(x.balance) FROM accounts x WHERE x.campaign = b.campaign AND x.name IN (b.name, "
     "'reserved:' || substr(b.name, 8), 'spent:' || substr(b.name, 8)))"},
    {"a used voucher has its order, another has none",
     "SELECT id, status FROM vouchers WHERE (status = 2) <> (used_at > 0 AND \"order\" > 0)"},
    {"no voucher is counted twice",
     "SELECT c.name, c.issued, c.used FROM coupons c WHERE NOT c.is_card AND c.used <> "
     "(SELECT count(*) FROM vouchers WHERE coupon = c.id AND status = 2)"},
    {"no more prizes are given than there are",
     "SELECT id, given, stock FROM prizes WHERE stock >= 0 AND given > stock"},
    {"each prize given stands in a play", "SELECT p.id, p.given FROM prizes p WHERE p.given <> "
                                          "(SELECT count(*) FROM plays WHERE prize = p.id)"},
    {"nobody plays twice where plays are numbered",
     "SELECT game, number, count(*) FROM plays WHERE why NOT LIKE 'drawn again%' GROUP BY 1, 2 "
     "HAVING count(*) > 1"},
    {"an order is there once", "SELECT ext, count(*) FROM orders GROUP BY 1 HAVING count(*) > 1"},
    {"a scene that waits has all its steps",
     "SELECT s.id, s.steps, count(t.id), max(t.number) FROM scenes s LEFT JOIN steps t ON t.scene "
     "= s.id WHERE s.status = 1 GROUP BY s.id HAVING s.steps <> count(t.id) OR s.steps <> "
     "coalesce(max(t.number), 0)"},
    {"a scene that waits for a time has its timer",
     "SELECT s.id FROM scenes s WHERE s.status = 1 AND s.wait_kind = 1 AND NOT EXISTS (SELECT 1 "
     "FROM schedule e WHERE e.id = s.timer AND e.status = 0)"},
    {"no scene is left in the middle", "SELECT id FROM scenes WHERE status = 0"},
    {"no scene runs twice",
     "SELECT day, \"group\", name, count(*) FROM scenes GROUP BY 1, 2, 3 HAVING count(*) > 1"},
    {"a key is used once",
     "SELECT hex(key_high), count(*) FROM outbox GROUP BY key_high, key_low HAVING count(*) > 1"},
    {"what was sent has a time", "SELECT id FROM outbox WHERE (status = 2) <> (sent_at > 0)"},
};

static bool on_violation(void *ctx, const struct store_row *row, struct err *e)
{
    struct check *check = ctx;
    (void)e;
    check->wrong++;
    for (size_t i = 0; i < row->count; i++) {
        const struct value *value = &row->values[i];
        if (value->type == VALUE_INT) {
            fprintf(check->out, "  %s %lld", row->names[i], (long long)value->integer);
        } else {
            fprintf(check->out, "  %s '%.*s'", row->names[i], (int)value->size,
                    value->data == NULL ? "" : (const char *)value->data);
        }
    }
    fprintf(check->out, "\n");
    return true;
}

static void check_rules(struct check *check)
{
    for (size_t i = 0; i < sizeof(RULES) / sizeof(RULES[0]); i++) {
        struct err e = {0};
        const size_t before = check->wrong;
        if (!store_query(check->store, RULES[i].sql, NULL, 0, on_violation, check, &e)) {
            fprintf(check->out, "NOT CHECKED: %s: %s\n", RULES[i].name, e.text);
            check->wrong++;
        } else if (check->wrong > before) {
            fprintf(check->out, "VIOLATED: %s\n", RULES[i].name);
        }
    }
}

static bool on_entry(void *ctx, uint64_t turn, const char *entry, size_t size, struct err *e)
{
    struct check *check = ctx;
    struct journal_entry parsed;
    struct event event;
    struct arena arena;
    if (check->last_turn != 0 && turn != check->last_turn + 1) {
        return err_set(e, ERR_CORRUPT, "turn %llu is followed by turn %llu",
                       (unsigned long long)check->last_turn, (unsigned long long)turn);
    }
    check->last_turn = turn;
    if (!journal_unpack(entry, size, &parsed, e)) {
        return false;
    }
    arena_init(&arena, 4096);
    const bool ok = event_unpack(parsed.event.data, parsed.event.size, &arena, &event, e);
    if (ok && event.id.size > 0) {
        if (check->id_count == check->id_capacity) {
            check->id_capacity = check->id_capacity == 0 ? 1024 : check->id_capacity * 2;
            check->ids = xrealloc(check->ids, check->id_capacity * sizeof(*check->ids));
        }
        const size_t room = (size_t)event.connector.size + event.id.size + 2;
        char *text = xcalloc(1, room);
        snprintf(text, room, "%.*s %.*s", (int)event.connector.size, event.connector.data,
                 (int)event.id.size, event.id.data);
        check->ids[check->id_count++] = text;
    }
    arena_deinit(&arena);
    return ok;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void check_journal(struct check *check)
{
    struct err e = {0};
    if (!store_journal(check->store, 1, on_entry, check, &e)) {
        fprintf(check->out, "VIOLATED: the journal's chain: %s\n", e.text);
        check->wrong++;
    }
    if (check->last_turn != store_head(check->store).last_turn) {
        fprintf(check->out, "VIOLATED: the journal ends at turn %llu, the head is %llu\n",
                (unsigned long long)check->last_turn,
                (unsigned long long)store_head(check->store).last_turn);
        check->wrong++;
    }
    if (check->id_count > 0) {
        qsort(check->ids, check->id_count, sizeof(*check->ids), compare_texts);
    }
    for (size_t i = 1; i < check->id_count; i++) {
        if (strcmp(check->ids[i - 1], check->ids[i]) == 0) {
            fprintf(check->out, "VIOLATED: event '%s' was handled twice\n", check->ids[i]);
            check->wrong++;
        }
    }
    for (size_t i = 0; i < check->id_count; i++) {
        free(check->ids[i]);
    }
    free(check->ids);
}

bool promises_kept(struct store *store, FILE *out, struct promises *counts)
{
    struct check check = {.store = store, .out = out};
    check_rules(&check);
    check_journal(&check);
    *counts =
        (struct promises){.turns = check.last_turn, .events = check.id_count, .wrong = check.wrong};
    return check.wrong == 0;
}

// --- What must be the same in the end, whatever happened on the way. ---

static const char *const SIGHTS[] = {
    "SELECT id, at, game, member, prize, voucher, number, why FROM plays ORDER BY id",
    "SELECT id, coupon, member, \"order\", status, source FROM vouchers ORDER BY id",
    "SELECT name, campaign, balance FROM accounts ORDER BY campaign, name",
    "SELECT id, ext, total, voucher_off, refunded, member FROM orders ORDER BY id",
    "SELECT ext, messages, joins, orders FROM groups ORDER BY id",
    "SELECT name, \"group\", status, steps FROM scenes ORDER BY name, \"group\"",
    "SELECT scene, number, at, kind, label, result FROM steps ORDER BY scene, number",
    "SELECT name, day, ref, value FROM memory ORDER BY id",
    "SELECT kind, \"group\", member, status, body FROM outbox ORDER BY 1, 2, 3, 4, 5",
    "SELECT name, due_at, \"group\", status FROM schedule ORDER BY id",
    "SELECT kind, at, \"group\", value, text FROM milestones ORDER BY id",
    "SELECT at, source, error FROM parked ORDER BY id",
};

static bool on_sight(void *ctx, const struct store_row *row, struct err *e)
{
    FILE *out = ctx;
    (void)e;
    for (size_t i = 0; i < row->count; i++) {
        const struct value *value = &row->values[i];
        if (value->type == VALUE_INT) {
            fprintf(out, "%s%lld", i > 0 ? "\t" : "  ", (long long)value->integer);
        } else {
            fprintf(out, "%s%.*s", i > 0 ? "\t" : "  ", (int)value->size,
                    value->data == NULL ? "" : (const char *)value->data);
        }
    }
    fprintf(out, "\n");
    return true;
}

bool promises_sights(struct store *store, FILE *out)
{
    for (size_t i = 0; i < sizeof(SIGHTS) / sizeof(SIGHTS[0]); i++) {
        struct err e = {0};
        fprintf(out, "%s\n", SIGHTS[i]);
        if (!store_query(store, SIGHTS[i], NULL, 0, on_sight, out, &e)) {
            fprintf(out, "NOT READ: %s\n", e.text);
            return false;
        }
    }
    return true;
}
