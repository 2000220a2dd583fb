// Looks whether a brand's database keeps its promises, whatever happened to the engine before:
//
//   check DB                 every invariant; a line for each that doesn't hold, exit 1
//   check DB sql QUERY       rows, columns separated by tabs
//   check DB lock            BEGIN EXCLUSIVE, "locked", until its stdin ends
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/journal.h"
#include "core/tables.h"
#include "store/store.h"

struct check {
    struct store *store;
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
            printf("  %s %lld", row->names[i], (long long)value->integer);
        } else {
            printf("  %s '%.*s'", row->names[i], (int)value->size,
                   value->data == NULL ? "" : (const char *)value->data);
        }
    }
    printf("\n");
    return true;
}

static void check_rules(struct check *check)
{
    for (size_t i = 0; i < sizeof(RULES) / sizeof(RULES[0]); i++) {
        struct err e = {0};
        const size_t before = check->wrong;
        if (!store_query(check->store, RULES[i].sql, NULL, 0, on_violation, check, &e)) {
            printf("NOT CHECKED: %s: %s\n", RULES[i].name, e.text);
            check->wrong++;
        } else if (check->wrong > before) {
            printf("VIOLATED: %s\n", RULES[i].name);
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
        printf("VIOLATED: the journal's chain: %s\n", e.text);
        check->wrong++;
    }
    if (check->last_turn != store_head(check->store).last_turn) {
        printf("VIOLATED: the journal ends at turn %llu, the head is %llu\n",
               (unsigned long long)check->last_turn,
               (unsigned long long)store_head(check->store).last_turn);
        check->wrong++;
    }
    if (check->id_count > 0) {
        qsort(check->ids, check->id_count, sizeof(*check->ids), compare_texts);
    }
    for (size_t i = 1; i < check->id_count; i++) {
        if (strcmp(check->ids[i - 1], check->ids[i]) == 0) {
            printf("VIOLATED: event '%s' was handled twice\n", check->ids[i]);
            check->wrong++;
        }
    }
    for (size_t i = 0; i < check->id_count; i++) {
        free(check->ids[i]);
    }
    free(check->ids);
}

static int check_all(const char *path)
{
    struct check check = {0};
    struct err e = {0};
    const struct store_options options = {
        .path = path, .tables = tables_all, .table_count = T_COUNT, .read_only = true};
    if (!store_open(&check.store, &options, &e)) {
        // Killed in its first milliseconds it has no file yet, or nothing in it.
        const bool nothing = access(path, F_OK) != 0 || strstr(e.text, "is empty: ") != NULL;
        printf("%s: %s\n", nothing ? "empty" : "NOT OPENED", e.text);
        return nothing ? 0 : 1;
    }
    check_rules(&check);
    check_journal(&check);
    printf("%s: %llu turns, %zu events, %zu wrong\n", check.wrong == 0 ? "ok" : "WRONG",
           (unsigned long long)check.last_turn, check.id_count, check.wrong);
    store_close(check.store);
    return check.wrong == 0 ? 0 : 1;
}

static int print_row(void *ctx, int count, char **values, char **names)
{
    (void)ctx;
    (void)names;
    for (int i = 0; i < count; i++) {
        printf("%s%s", i == 0 ? "" : "\t", values[i] == NULL ? "" : values[i]);
    }
    printf("\n");
    return 0;
}

static int run_sql(const char *path, const char *sql, int flags, bool waits)
{
    sqlite3 *db = NULL;
    char *error = NULL;
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(db, 5000) != SQLITE_OK ||
        sqlite3_exec(db, sql, print_row, NULL, &error) != SQLITE_OK) {
        printf("sql: %s\n", error != NULL ? error : sqlite3_errmsg(db));
        sqlite3_free(error);
        sqlite3_close(db);
        return 1;
    }
    if (waits) {
        printf("locked\n");
        fflush(stdout);
        while (getchar() != EOF) {
        }
    }
    sqlite3_close(db);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        return check_all(argv[1]);
    }
    if (argc == 3 && strcmp(argv[2], "lock") == 0) {
        return run_sql(argv[1], "BEGIN EXCLUSIVE", SQLITE_OPEN_READWRITE, true);
    }
    if (argc == 4 && strcmp(argv[2], "sql") == 0) {
        return run_sql(argv[1], argv[3], SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, false);
    }
    fprintf(stderr, "check DB | check DB sql QUERY | check DB lock\n");
    return 2;
}
