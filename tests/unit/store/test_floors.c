// What the file itself refuses, whoever writes to it: statements by hand through a connection of
// their own can't take an account below its floor, give more prizes or vouchers than there are, use
// a voucher or a claim code twice, refund more than was paid, or sell below a good's floor. The
// tables are the engine's own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "core/tables.h"
#include "store/store.h"

static sqlite3 *open_by_hand(const char *path)
{
    struct store *store;
    struct err e = {0};
    sqlite3 *db;
    const struct store_options options = {
        .path = path, .tables = tables_all, .table_count = T_COUNT};
    if (!store_open(&store, &options, &e)) {
        fail_msg("%s", e.text);
    }
    store_close(store);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void run(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
        fail_msg("%s: %s", sql, why);
    }
}

static void refused(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, &why), SQLITE_CONSTRAINT);
    if (why == NULL || strstr(why, "CHECK") == NULL) {
        fail_msg("%s: %s", sql, why == NULL ? "no reason" : why);
    }
    sqlite3_free(why);
}

// A row of a table: every column has a value, those named the ones given.
static void insert(sqlite3 *db, enum table_id table, const char *columns, const char *values)
{
    char sql[2048];
    const struct table_desc *desc = tables_all[table];
    size_t at =
        (size_t)snprintf(sql, sizeof(sql), "INSERT INTO \"%s\" (id, %s", desc->name, columns);
    char rest[1024] = "";
    size_t rest_at = 0;
    for (size_t i = 0; i < desc->column_count; i++) {
        char quoted[80];
        snprintf(quoted, sizeof(quoted), "\"%s\"", desc->columns[i].name);
        if (strstr(columns, quoted) == NULL) {
            at += (size_t)snprintf(sql + at, sizeof(sql) - at, ", %s", quoted);
            const enum column_type type = desc->columns[i].type;
            const char *none = type == COLUMN_TEXT ? "''" : type == COLUMN_BYTES ? "NULL" : "0";
            rest_at += (size_t)snprintf(rest + rest_at, sizeof(rest) - rest_at, ", %s", none);
        }
    }
    snprintf(sql + at, sizeof(sql) - at, ") VALUES (1, %s%s)", values, rest);
    run(db, sql);
}

// Every other floor of money or stock, with what would cross it.
static const struct {
    enum table_id table;
    const char *columns, *values;
    const char *refused[8];
} FLOORS[] = {
    {T_PRIZES,
     "\"name\", \"stock\", \"given\", \"value\"",
     "'Coat', 3, 3, 455",
     {"given = given + 1", "stock = 2", "stock = -2", "given = -1", "value = -1"}},
    {T_COUPONS,
     "\"name\", \"limit_total\", \"issued\", \"used\", \"cost\"",
     "'thirty', 5, 5, 2, 3000",
     {"issued = 6", "limit_total = 4", "used = 6", "used = -1", "issued = -1, used = -1",
      "cost = -1", "value = -1"}},
    // A used voucher names the one order it was used on, and no voucher is used without one.
    {T_VOUCHERS,
     "\"status\", \"used_at\", \"order\"",
     "2, 1000, 7",
     {"used_at = 0", "\"order\" = 0", "used_at = 0, \"order\" = 0", "status = 6"}},
    // What a claim code stands for is handed out once.
    {T_CODES, "\"code\", \"kind\", \"uses\"", "'ABCD', 3, 1", {"uses = 2", "uses = -1"}},
    {T_ORDERS,
     "\"ext\", \"total\", \"refunded\", \"paid_back\"",
     "'o1', 900, 300, 600",
     {"refunded = 901", "refunded = -1", "paid_back = 601", "paid_back = -1", "total = 800",
      "commission = -1"}},
    {T_GOODS,
     "\"sku\", \"list\", \"deal\", \"floor\", \"stock\"",
     "'SK-1', 1299, 714, 520, 80",
     {"deal = 519", "\"floor\" = 715", "list = 713", "\"floor\" = -1", "sold = -1", "stock = -2"}},
};

static void test_by_hand(void **unused)
{
    (void)unused;
    char dir[] = "/tmp/test_floors_XXXXXX";
    char path[80];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/t.db", dir);
    sqlite3 *db = open_by_hand(path);
    insert(db, T_ACCOUNTS, "\"name\", \"balance\", \"floor\", \"opening\"",
           "'budget:games', 5000, 0, 5000");
    run(db, "UPDATE accounts SET balance = 0");
    refused(db, "UPDATE accounts SET balance = -1");
    refused(db, "UPDATE accounts SET balance = balance - 5001");
    // Nor by moving the floor of a budget.
    refused(db, "UPDATE accounts SET \"floor\" = -10, balance = -10");
    refused(db,
            "INSERT INTO accounts SELECT 2, -1, \"floor\", opening, 'reserved:games', currency, "
            "campaign FROM accounts");
    for (size_t i = 0; i < sizeof(FLOORS) / sizeof(FLOORS[0]); i++) {
        insert(db, FLOORS[i].table, FLOORS[i].columns, FLOORS[i].values);
        for (size_t n = 0; FLOORS[i].refused[n] != NULL; n++) {
            char sql[512];
            snprintf(sql, sizeof(sql), "UPDATE \"%s\" SET %s", tables_all[FLOORS[i].table]->name,
                     FLOORS[i].refused[n]);
            refused(db, sql);
        }
    }
    // What is allowed stays allowed: these are no walls of another kind.
    run(db, "UPDATE prizes SET given = 2");
    run(db, "UPDATE prizes SET stock = -1, given = 900");
    run(db, "UPDATE coupons SET used = 5");
    run(db, "UPDATE coupons SET limit_total = 0, issued = 6");
    run(db, "UPDATE vouchers SET status = 0, used_at = 0, \"order\" = 0");
    run(db, "UPDATE orders SET paid_back = 0, refunded = 900");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    char command[120];
    snprintf(command, sizeof(command), "rm -r -- '%s'", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_by_hand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
