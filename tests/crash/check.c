// Looks whether a brand's database keeps its promises, whatever happened to the engine before:
//
//   check DB                 every invariant; a line for each that doesn't hold, exit 1
//   check DB sights          what must be the same however often an engine was interrupted
//   check DB sql QUERY       rows, columns separated by tabs
//   check DB migrate         opens it as a release to come would: once, a thousand messages more
//   check DB lock            BEGIN EXCLUSIVE, "locked", until its stdin ends
//   check DB hold            reads, and goes on reading, "locked", until its stdin ends
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crash.h"
#include "core/tables.h"
#include "promises.h"

static int check_all(const char *path, bool sights)
{
    struct store *store;
    struct promises counts = {0};
    struct err e = {0};
    const struct store_options options = {
        .path = path, .tables = tables_all, .table_count = T_COUNT, .read_only = true};
    if (!store_open(&store, &options, &e)) {
        // Killed in its first milliseconds it has no file yet, or nothing in it.
        const bool nothing = access(path, F_OK) != 0 || strstr(e.text, "is empty: ") != NULL;
        printf("%s: %s\n", nothing ? "empty" : "NOT OPENED", e.text);
        return nothing ? 0 : 1;
    }
    bool kept;
    if (sights) {
        kept = promises_sights(store, stdout);
    } else {
        kept = promises_kept(store, stdout, &counts);
        printf("%s: %llu turns, %zu events, %zu wrong\n", kept ? "ok" : "WRONG",
               (unsigned long long)counts.turns, counts.events, counts.wrong);
    }
    store_close(store);
    return kept ? 0 : 1;
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

static int migrate(const char *path)
{
    static const struct store_migration STEPS[] = {
        {STORE_SCHEMA_VERSION + 1, "UPDATE groups SET messages = messages + 1000"}, {0, NULL}};
    struct store *store;
    struct err e = {0};
    const struct store_options options = {
        .path = path, .tables = tables_all, .table_count = T_COUNT, .migrations = STEPS};
    if (!store_open(&store, &options, &e)) {
        printf("%s\n", e.text);
        return 1;
    }
    store_close(store);
    return 0;
}

int main(int argc, char **argv)
{
    crash_arm(getenv("DRUMBEAT_CRASH_AT"));
    if (argc == 3 && strcmp(argv[2], "migrate") == 0) {
        return migrate(argv[1]);
    }
    if (argc == 2) {
        return check_all(argv[1], false);
    }
    if (argc == 3 && strcmp(argv[2], "sights") == 0) {
        return check_all(argv[1], true);
    }
    if (argc == 3 && strcmp(argv[2], "lock") == 0) {
        return run_sql(argv[1], "BEGIN EXCLUSIVE", SQLITE_OPEN_READWRITE, true);
    }
    if (argc == 3 && strcmp(argv[2], "hold") == 0) {
        return run_sql(argv[1], "BEGIN; SELECT count(*) FROM journal", SQLITE_OPEN_READONLY, true);
    }
    if (argc == 4 && strcmp(argv[2], "sql") == 0) {
        return run_sql(argv[1], argv[3], SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, false);
    }
    fprintf(stderr,
            "check DB | check DB sights | check DB sql QUERY | check DB migrate | check DB lock |"
            " check DB hold\n");
    return 2;
}
