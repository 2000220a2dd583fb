// Reading: loading the tables at the start, the journal, and SQL for reports.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "store/ddl.h"
#include "store/journal.h"
#include "store/store_impl.h"

#define QUERY_COLUMNS_MAX 32
#define REAL_SCALE 1e6
#define STORE_FEW_TURNS 4096  // Read where the caller is.

static bool store_load_rows(struct sqlite *sqlite, sqlite3_stmt *stmt, size_t count,
                            store_row_fn on_row, void *ctx, struct err *e)
{
    struct value *values = xcalloc(count + 1, sizeof *values);
    bool done = true;
    int code;
    while (done && (code = sqlite3_step(stmt)) != SQLITE_DONE) {
        if (code != SQLITE_ROW) {
            done = sqlite_fail(sqlite, e, "loading");
            break;
        }
        const int64_t id = sqlite3_column_int64(stmt, 0);
        if (id < 1 || id > UINT32_MAX) {
            done = err_set(e, ERR_CORRUPT, "%s: a row has the impossible id %lld", sqlite->path,
                           (long long)id);
            break;
        }
        for (size_t i = 0; i < count; i++) {
            sqlite_column(stmt, (int)i + 1, &values[i]);
        }
        done = on_row(ctx, (uint32_t)id, values, count, e);
    }
    free(values);
    return done;
}

bool store_load_begin(struct store *store, struct err *e)
{
    pthread_mutex_lock(&store->using);
    const bool done = sqlite_run(&store->sqlite, "BEGIN", "loading", e);
    pthread_mutex_unlock(&store->using);
    return done;
}

void store_load_end(struct store *store)
{
    pthread_mutex_lock(&store->using);
    sqlite3_exec(store->sqlite.db, "COMMIT", NULL, NULL, NULL);  // Nothing was written.
    pthread_mutex_unlock(&store->using);
}

bool store_load(struct store *store, size_t table, const char *where, store_row_fn on_row,
                void *ctx, struct err *e)
{
    CHECK(table < store->options.table_count);
    const struct table_desc *desc = store->options.tables[table];
    struct buf sql;
    buf_init(&sql, (size_t)1 << 20);
    ddl_select(&sql, desc, where);
    pthread_mutex_lock(&store->using);
    sqlite3_stmt *stmt = sqlite_prepare(&store->sqlite, sql.data, "loading", e);
    const bool done =
        stmt && store_load_rows(&store->sqlite, stmt, desc->column_count, on_row, ctx, e);
    sqlite3_finalize(stmt);
    pthread_mutex_unlock(&store->using);
    buf_deinit(&sql);
    return done || err_add(e, "table '%s'", desc->name);
}

// One statement for all tables: preparing is what takes the time. Rows are (table, id).
static void store_last_ids_sql(const struct store *store, struct buf *sql)
{
    char part[512];
    buf_puts(sql, "SELECT table_name, id FROM last_ids");
    for (size_t i = 0; i < store->options.table_count; i++) {
        const char *name = store->options.tables[i]->name;
        sqlite3_snprintf(sizeof part, part, " UNION ALL SELECT %Q, max(id) FROM \"%w\"", name,
                         name);
        buf_puts(sql, part);
    }
}

static void store_note_id(const struct store *store, const char *name, int64_t id, uint32_t *ids)
{
    CHECK(id >= 0);
    CHECK(id <= UINT32_MAX);
    for (size_t i = 0; i < store->options.table_count; i++) {
        if (strcmp(store->options.tables[i]->name, name) == 0 && ids[i] < id) {
            ids[i] = (uint32_t)id;
        }
    }
}

void store_last_ids(struct store *store, uint32_t *ids)
{
    struct buf sql;
    struct err e = {0};
    buf_init(&sql, (size_t)1 << 20);
    store_last_ids_sql(store, &sql);
    memset(ids, 0, store->options.table_count * sizeof *ids);
    pthread_mutex_lock(&store->using);
    sqlite3_stmt *stmt = sqlite_prepare(&store->sqlite, sql.data, "reading the last ids", &e);
    // The pages were checked at open; an id given twice would be worse than stopping here.
    CHECK(stmt);
    int code;
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        store_note_id(store, (const char *)sqlite3_column_text(stmt, 0),
                      sqlite3_column_int64(stmt, 1), ids);
    }
    CHECK(code == SQLITE_DONE);
    sqlite3_finalize(stmt);
    pthread_mutex_unlock(&store->using);
    buf_deinit(&sql);
}

bool store_journal(struct store *store, uint64_t from_turn, store_entry_fn on_entry, void *ctx,
                   struct err *e)
{
    struct store_head end;
    pthread_mutex_lock(&store->using);
    const bool done = journal_walk(&store->sqlite, from_turn, on_entry, ctx, &end, e);
    pthread_mutex_unlock(&store->using);
    return done;
}

// ---- the journal beside the tables

// The readers' connection, opened when it is first needed. Under `querying`.
static bool store_open_reader(struct store *store, struct err *e)
{
    return store->reader.db || sqlite_open(&store->reader, store->options.path, SQLITE_MODE_READ,
                                           store->options.busy_timeout_ms, e);
}

static void *store_reading_thread(void *ctx)
{
    struct store *store = ctx;
    struct store_reading *reading = &store->reading;
    struct store_head end;
    pthread_setname_np(pthread_self(), "journal");
    pthread_mutex_lock(&store->querying);
    // A journal is read once: kept in memory its pages would only be in the way.
    reading->done = store_open_reader(store, &reading->failure) &&
                    sqlite_run(&store->reader, "PRAGMA cache_size = -512", "reading the journal",
                               &reading->failure) &&
                    journal_walk(&store->reader, reading->from_turn, reading->on_entry,
                                 reading->ctx, &end, &reading->failure);
    sqlite_close(&store->reader);  // With its small cache; a query opens it anew.
    pthread_mutex_unlock(&store->querying);
    return NULL;
}

void store_journal_begin(struct store *store, uint64_t from_turn, store_entry_fn on_entry,
                         void *ctx)
{
    struct store_reading *reading = &store->reading;
    CHECK(!reading->has_thread);
    *reading = (struct store_reading){.from_turn = from_turn, .on_entry = on_entry, .ctx = ctx};
    // What is in memory has one connection; another one, which reads the schema again, takes longer
    // than a few entries.
    const bool few = store->head.last_turn - from_turn < STORE_FEW_TURNS;
    reading->has_thread = store->options.path && !few &&
                          store_spawn(&reading->thread, store_reading_thread, store) == 0;
    if (!reading->has_thread) {
        reading->done = store_journal(store, from_turn, on_entry, ctx, &reading->failure);
    }
}

bool store_journal_end(struct store *store, struct err *e)
{
    struct store_reading *reading = &store->reading;
    if (reading->has_thread) {
        pthread_join(reading->thread, NULL);
        reading->has_thread = false;
    }
    if (!reading->done && e) {
        *e = reading->failure;
    }
    return reading->done;
}

static int64_t store_query_scale(double real)
{
    const double scaled = round(real * REAL_SCALE);
    if (scaled >= 9.2e18) {
        return INT64_MAX;
    }
    return scaled <= -9.2e18 ? INT64_MIN : (int64_t)scaled;
}

static void store_query_value(sqlite3_stmt *stmt, int at, struct value *value, bool *is_real)
{
    *is_real = sqlite3_column_type(stmt, at) == SQLITE_FLOAT;
    if (*is_real) {
        *value = (struct value){.type = VALUE_INT,
                                .integer = store_query_scale(sqlite3_column_double(stmt, at))};
    } else {
        sqlite_column(stmt, at, value);
    }
}

static bool store_query_rows(struct sqlite *sqlite, sqlite3_stmt *stmt, store_query_fn on_row,
                             void *ctx, struct err *e)
{
    const char *names[QUERY_COLUMNS_MAX];
    struct value values[QUERY_COLUMNS_MAX];
    const int count = sqlite3_column_count(stmt);
    if (count > QUERY_COLUMNS_MAX) {
        return err_set(e, ERR_INVALID, "a query gives at most %d columns", QUERY_COLUMNS_MAX);
    }
    struct store_row row = {.names = names, .values = values, .count = (size_t)count};
    bool first = true;
    int code;
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        for (int i = 0; i < count; i++) {
            if (first) {
                names[i] = sqlite3_column_name(stmt, i);
            }
            store_query_value(stmt, i, &values[i], &row.is_real[i]);
        }
        first = false;
        if (!on_row(ctx, &row, e)) {
            return false;
        }
    }
    return code == SQLITE_DONE || sqlite_fail(sqlite, e, "query");
}

static bool store_query_on(struct sqlite *sqlite, const char *sql, const struct value *params,
                           size_t param_count, store_query_fn on_row, void *ctx, struct err *e)
{
    const bool nested = sqlite->only_select;
    sqlite->only_select = true;  // The authorizer refuses everything that could write.
    sqlite3_stmt *stmt = NULL;
    const char *rest = NULL;
    const int code = sqlite3_prepare_v3(sqlite->db, sql, -1, 0, &stmt, &rest);
    bool done = false;
    if (code == SQLITE_AUTH) {
        err_set(e, ERR_REFUSED, "a query may only read");
    } else if (code != SQLITE_OK) {
        sqlite_fail(sqlite, e, "query");
        if (e && e->kind == ERR_FAULT) {
            e->kind = ERR_INVALID;  // SQLITE_ERROR: the text is wrong, not the disk.
        }
    } else if (!stmt || strspn(rest, " \t\r\n;") != strlen(rest)) {
        err_set(e, ERR_INVALID, "a query is one SELECT");
    } else if (!sqlite3_stmt_readonly(stmt)) {
        err_set(e, ERR_REFUSED, "a query may only read");
    } else {
        done = true;
        for (size_t i = 0; done && i < param_count; i++) {
            done = sqlite_bind(stmt, (int)i + 1, &params[i]) == SQLITE_OK ||
                   sqlite_fail(sqlite, e, "query: parameters");
        }
        done = done && store_query_rows(sqlite, stmt, on_row, ctx, e);
    }
    sqlite3_finalize(stmt);
    sqlite->only_select = nested;
    return done;
}

// The connection that writes, if nothing is to be written before the caller comes back: the schema
// needn't be read again for a second one.
static bool store_lends(struct store *store)
{
    if (store->reader.db || !store_idle(store) || pthread_mutex_trylock(&store->using) != 0) {
        return false;
    }
    if (store->sqlite.db) {
        return true;
    }
    pthread_mutex_unlock(&store->using);  // Lost with a failed commit.
    return false;
}

bool store_query(struct store *store, const char *sql, const struct value *params,
                 size_t param_count, store_query_fn on_row, void *ctx, struct err *e)
{
    // What is in memory, and a file that is only read, have one connection: it is used between two
    // batches. A file that is written has one for readers: they see what is durable and never wait.
    const bool own = !store->options.path || store->options.read_only;
    const bool lent = !own && store_lends(store);
    pthread_mutex_t *mutex = own || lent ? &store->using : &store->querying;
    struct sqlite *sqlite = own || lent ? &store->sqlite : &store->reader;
    if (!lent) {
        pthread_mutex_lock(mutex);
    }
    bool done = sqlite->db || store_open_reader(store, e);
    done = done && store_query_on(sqlite, sql, params, param_count, on_row, ctx, e);
    pthread_mutex_unlock(mutex);
    return done;
}
