// How many turns a second the store makes durable: three changed rows, one outbox row and one
// journal entry of 150 bytes a turn, in batches; beside it raw SQLite with the same rows and the
// same settings in one thread, the limit of what any code on top of it can reach.
//
//   bench_store DIR [turns] [members]
//
// "changed" = rows of members, wallets and messages-counted picked at random among `members`;
// "grown"   = one random member row and two rows of tables that only grow (events, ledger).
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/mem.h"
#include "store/ddl.h"
#include "store/store.h"

#define ENTRY_SIZE 150

static const struct column member_columns[] = {
    {.name = "group_id", .type = COLUMN_I32, .role = ROLE_REF},
    {.name = "external", .type = COLUMN_TEXT},
    {.name = "name", .type = COLUMN_TEXT},
    {.name = "joined_at", .type = COLUMN_I64, .role = ROLE_TIME},
    {.name = "left_at", .type = COLUMN_I64, .role = ROLE_TIME},
    {.name = "inviter", .type = COLUMN_I32, .role = ROLE_REF},
    {.name = "status", .type = COLUMN_U8, .role = ROLE_ENUM, .of = "new|active|silent|left"},
    {.name = "staff", .type = COLUMN_U8, .role = ROLE_BOOL},
    {.name = "messages", .type = COLUMN_I32},
    {.name = "last_at", .type = COLUMN_I64, .role = ROLE_TIME},
};
static const struct column ledger_columns[] = {
    {.name = "account", .type = COLUMN_I32, .role = ROLE_REF},
    {.name = "other", .type = COLUMN_I32, .role = ROLE_REF},
    {.name = "amount", .type = COLUMN_I64, .role = ROLE_MONEY},
    {.name = "balance", .type = COLUMN_I64, .role = ROLE_MONEY},
    {.name = "at", .type = COLUMN_I64, .role = ROLE_TIME},
};
static const struct column event_columns[] = {
    {.name = "member", .type = COLUMN_I32, .role = ROLE_REF},
    {.name = "kind", .type = COLUMN_U8, .role = ROLE_ENUM, .of = "message|join|leave|order"},
    {.name = "at", .type = COLUMN_I64, .role = ROLE_TIME},
    {.name = "external", .type = COLUMN_TEXT},
};
static const struct column outbox_columns[] = {
    {.name = "key", .type = COLUMN_TEXT},
    {.name = "group_id", .type = COLUMN_I32, .role = ROLE_REF},
    {.name = "op", .type = COLUMN_U8, .role = ROLE_ENUM, .of = "send|dm|kick|title"},
    {.name = "state", .type = COLUMN_U8, .role = ROLE_ENUM, .of = "ready|flying|sent|failed"},
    {.name = "not_before", .type = COLUMN_I64, .role = ROLE_TIME},
    {.name = "expires", .type = COLUMN_I64, .role = ROLE_TIME},
    {.name = "body", .type = COLUMN_BYTES, .role = ROLE_JSON},
};
#define COUNT(a) (sizeof(a) / sizeof *(a))
enum { MEMBERS, WALLETS, LEDGER, EVENTS, OUTBOX, TABLES };
static const struct table_desc descs[TABLES] = {
    {.name = "members",
     .checks = "left_at = 0 OR left_at >= joined_at",
     .columns = member_columns,
     .column_count = COUNT(member_columns)},
    {.name = "wallets",
     .checks = "balance >= 0",
     .columns = ledger_columns,
     .column_count = COUNT(ledger_columns)},
    {.name = "ledger", .columns = ledger_columns, .column_count = COUNT(ledger_columns)},
    {.name = "events", .columns = event_columns, .column_count = COUNT(event_columns)},
    {.name = "effects", .columns = outbox_columns, .column_count = COUNT(outbox_columns)},
};
static const struct table_desc *const tables[TABLES] = {&descs[0], &descs[1], &descs[2], &descs[3],
                                                        &descs[4]};

struct run {
    bool grown;
    uint32_t members;
    uint64_t turns;
    uint32_t batch_turns;
    uint64_t random;
    char entry[ENTRY_SIZE];
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint32_t run_random(struct run *run)
{
    run->random = run->random * 6364136223846793005U + 1442695040888963407U;
    return 1 + (uint32_t)((run->random >> 33) % run->members);
}

// What a row holds, for both sides: put by put_int and put_text.
struct sink {
    struct batch *batch;
    sqlite3_stmt **stmts;
    sqlite3_stmt *stmt;
    int at;
};

static void sink_begin(struct sink *sink, uint16_t table, uint32_t id)
{
    if (sink->batch) {
        batch_begin_row(sink->batch, table, id, false);
        return;
    }
    sink->stmt = sink->stmts[table];
    sqlite3_bind_int64(sink->stmt, 1, id);
    sink->at = 2;
}

static void sink_int(struct sink *sink, int64_t value)
{
    if (sink->batch) {
        batch_put_int(sink->batch, value);
    } else {
        sqlite3_bind_int64(sink->stmt, sink->at++, value);
    }
}

static void sink_text(struct sink *sink, const char *text, size_t size)
{
    if (sink->batch) {
        batch_put_bytes(sink->batch, VALUE_TEXT, text, size);
    } else {
        sqlite3_bind_text(sink->stmt, sink->at++, text, (int)size, SQLITE_STATIC);
    }
}

static void sink_end(struct sink *sink)
{
    if (!sink->batch) {
        sqlite3_step(sink->stmt);
        CHECK(sqlite3_reset(sink->stmt) == SQLITE_OK);
    }
}

static void put_member(struct sink *sink, uint32_t id, uint64_t turn)
{
    char external[16];
    const int size = snprintf(external, sizeof external, "u%" PRIu32, id);
    sink_begin(sink, MEMBERS, id);
    sink_int(sink, 1 + id % 4);
    sink_text(sink, external, (size_t)size);
    sink_text(sink, "a name as people have them", 20);
    sink_int(sink, INT64_C(1795284019864) + id);
    sink_int(sink, 0);
    sink_int(sink, id / 3);
    sink_int(sink, 1);
    sink_int(sink, 0);
    sink_int(sink, (int64_t)(turn % 10000));
    sink_int(sink, INT64_C(1795284019864) + (int64_t)turn);
    sink_end(sink);
}

static void put_ledger(struct sink *sink, uint16_t table, uint32_t id, uint32_t account,
                       uint64_t turn)
{
    sink_begin(sink, table, id);
    sink_int(sink, account);
    sink_int(sink, 7);
    sink_int(sink, 1990);
    sink_int(sink, (int64_t)(turn * 10));
    sink_int(sink, INT64_C(1795284019864) + (int64_t)turn);
    sink_end(sink);
}

static void put_event(struct sink *sink, uint32_t id, uint32_t member, uint64_t turn)
{
    char external[24];
    const int size = snprintf(external, sizeof external, "m-%" PRIu64, turn);
    sink_begin(sink, EVENTS, id);
    sink_int(sink, member);
    sink_int(sink, 0);
    sink_int(sink, INT64_C(1795284019864) + (int64_t)turn);
    sink_text(sink, external, (size_t)size);
    sink_end(sink);
}

static void put_turn(struct run *run, struct sink *sink, uint64_t turn)
{
    const uint32_t member = run_random(run);
    put_member(sink, member, turn);
    if (run->grown) {
        put_event(sink, (uint32_t)turn, member, turn);
        put_ledger(sink, LEDGER, (uint32_t)turn, member, turn);
    } else {
        put_ledger(sink, WALLETS, run_random(run), member, turn);
        put_ledger(sink, LEDGER, run_random(run), member, turn);
    }
    sink_begin(sink, OUTBOX, (uint32_t)turn);
    sink_text(sink, "9f3c9f3c9f3c9f3c9f3c9f3c9f3c9f3c", 32);
    sink_int(sink, 1);
    sink_int(sink, 0);
    sink_int(sink, 0);
    sink_int(sink, 0);
    sink_int(sink, 0);
    sink_text(sink, "{\"text\":\"Welcome! The wheel opens at 20:30.\"}", 45);
    sink_end(sink);
}

static double bench_store_run(struct run *run, const char *path)
{
    struct store *store;
    struct err e;
    const struct store_options options = {.path = path, .tables = tables, .table_count = TABLES};
    if (!store_open(&store, &options, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    const double start = seconds();
    uint64_t turn = 0;
    uint64_t number = 0;
    while (turn < run->turns) {
        struct batch *batch = store_recycle(store);
        struct sink sink = {.batch = batch};
        batch->number = ++number;
        batch->first_turn = turn + 1;
        batch->first_at_ms = 1;
        batch->last_at_ms = 2;
        for (uint32_t i = 0; i < run->batch_turns; i++) {
            put_turn(run, &sink, ++turn);
            buf_u32(&batch->journal, ENTRY_SIZE);
            buf_append(&batch->journal, run->entry, ENTRY_SIZE);
        }
        batch->last_turn = turn;
        store_commit(store, batch);
    }
    if (!store_wait(store, number, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    const double took = seconds() - start;
    store_close(store);
    return (double)turn / took;
}

static void raw_exec(sqlite3 *db, const char *sql)
{
    CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

// The same rows, bound and stepped as they come, the journal packed; one thread, no order, no hash.
static double bench_raw_run(struct run *run, const char *path)
{
    sqlite3 *db;
    CHECK(sqlite3_open_v2(path, &db,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                          NULL) == SQLITE_OK);
    raw_exec(db, "PRAGMA auto_vacuum=NONE; PRAGMA secure_delete=OFF; PRAGMA journal_mode=WAL;"
                 "PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;"
                 "PRAGMA wal_autocheckpoint=16384;"
                 "CREATE TABLE journal (first_turn INTEGER PRIMARY KEY, body BLOB) STRICT;");
    sqlite3_stmt *stmts[TABLES + 1];
    struct buf sql;
    buf_init(&sql, 1 << 20);
    for (size_t i = 0; i < TABLES; i++) {
        buf_clear(&sql);
        ddl_create_table(&sql, tables[i]);
        raw_exec(db, sql.data);
        buf_clear(&sql);
        ddl_upsert(&sql, tables[i]);
        sqlite3_prepare_v3(db, sql.data, -1, SQLITE_PREPARE_PERSISTENT, &stmts[i], NULL);
    }
    sqlite3_prepare_v2(db, "INSERT INTO journal VALUES (?, ?)", -1, &stmts[TABLES], NULL);
    struct sink sink = {.stmts = stmts};
    const double start = seconds();
    uint64_t turn = 0;
    while (turn < run->turns) {
        raw_exec(db, "BEGIN IMMEDIATE");
        buf_clear(&sql);
        for (uint32_t i = 0; i < run->batch_turns; i++) {
            put_turn(run, &sink, ++turn);
            buf_append(&sql, run->entry, ENTRY_SIZE);
        }
        sqlite3_bind_int64(stmts[TABLES], 1, (int64_t)turn);
        sqlite3_bind_blob64(stmts[TABLES], 2, sql.data, sql.size, SQLITE_STATIC);
        sqlite3_step(stmts[TABLES]);
        sqlite3_reset(stmts[TABLES]);
        raw_exec(db, "COMMIT");
    }
    const double took = seconds() - start;
    for (size_t i = 0; i <= TABLES; i++) {
        sqlite3_finalize(stmts[i]);
    }
    buf_deinit(&sql);
    sqlite3_close(db);
    return (double)turn / took;
}

static void remove_database(const char *path)
{
    char name[4200];
    const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_store DIR [turns] [members]\n");
        return 2;
    }
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/bench_store.db", argv[1]);
    const uint64_t turns = argc > 2 ? strtoull(argv[2], NULL, 10) : 262144;
    const uint32_t members = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 2000;
    printf("%" PRIu64 " turns, %" PRIu32 " members; turns a second\n", turns, members);
    printf("%-8s %6s %12s %12s %12s\n", "rows", "batch", "file", "memory", "raw SQLite");
    for (int grown = 0; grown < 2; grown++) {
        for (uint32_t batch = 256; batch <= 4096; batch *= 4) {
            struct run run = {.grown = grown,
                              .members = members,
                              .turns = turns,
                              .batch_turns = batch,
                              .random = 1};
            memset(run.entry, 'j', sizeof run.entry);
            remove_database(path);
            const double file = bench_store_run(&run, path);
            remove_database(path);
            const double memory = bench_store_run(&run, NULL);
            const double raw = bench_raw_run(&run, path);
            remove_database(path);
            printf("%-8s %6" PRIu32 " %12.0f %12.0f %12.0f\n", grown ? "grown" : "changed", batch,
                   file, memory, raw);
            (void)fflush(stdout);
        }
    }
    return 0;
}
