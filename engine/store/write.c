// Applies a batch to the database in one transaction: see write.h.
//
// What makes it fast: statements prepared once, with a table's first row; values bound straight
// from the packed batch without a copy; rows in order of (table, id), so that the cursor of a table
// steps to a neighbour instead of searching from the root, and a page is written once a batch.
#include "store/write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/ddl.h"
#include "store/journal.h"
#include "store/lock.h"

// Times that the busy timeout is waited for an operator's shell before a batch is given up.
#define BUSY_TRIES 12
#define RADIX 256

struct row_ref {
    uint64_t key;  // Table and id.
    size_t at;     // In the batch.
};

struct writer_table {
    sqlite3_stmt *upsert;  // Prepared with the first row.
    sqlite3_stmt *delete;
    uint32_t deleted_max;  // Highest id that this writer deleted; what was before stands in the
    uint32_t noted_max;    // table last_ids, where the larger one stays.
};

struct writer {
    struct sqlite *sqlite;
    const struct store_options *options;
    struct writer_table *tables;
    sqlite3_stmt *begin;
    sqlite3_stmt *commit;
    sqlite3_stmt *segment;
    sqlite3_stmt *meta;
    sqlite3_stmt *last_id;
    struct row_ref *refs;  // Twice `capacity`: sorting needs a second half.
    size_t capacity;
};

static sqlite3_stmt *writer_prepare(struct writer *writer, struct buf *sql, bool *done,
                                    struct err *e)
{
    if (!*done) {
        return NULL;
    }
    sqlite3_stmt *stmt = sqlite_prepare(writer->sqlite, sql->data, "preparing to write", e);
    *done = stmt != NULL;
    buf_clear(sql);
    return stmt;
}

bool writer_open(struct writer **out, struct sqlite *sqlite, const struct store_options *options,
                 struct err *e)
{
    struct writer *writer = xcalloc(1, sizeof *writer);
    writer->sqlite = sqlite;
    writer->options = options;
    writer->tables = xcalloc(options->table_count + 1, sizeof *writer->tables);
    bool done = true;
    struct buf sql;
    buf_init(&sql, (size_t)1 << 20);
    buf_puts(&sql, "BEGIN IMMEDIATE");
    writer->begin = writer_prepare(writer, &sql, &done, e);
    buf_puts(&sql, "COMMIT");
    writer->commit = writer_prepare(writer, &sql, &done, e);
    buf_puts(&sql, "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)");
    writer->segment = writer_prepare(writer, &sql, &done, e);
    buf_puts(&sql, "UPDATE meta SET last_batch = ?, last_turn = ?, last_at = ?, chain = ?"
                   " WHERE id = 1");
    writer->meta = writer_prepare(writer, &sql, &done, e);
    buf_puts(&sql, "INSERT INTO last_ids VALUES (?, ?)"
                   " ON CONFLICT DO UPDATE SET id = max(id, excluded.id)");
    writer->last_id = writer_prepare(writer, &sql, &done, e);
    buf_deinit(&sql);
    if (!done) {
        writer_close(writer);
        return false;
    }
    *out = writer;
    return true;
}

void writer_close(struct writer *writer)
{
    if (!writer) {
        return;
    }
    for (size_t i = 0; i < writer->options->table_count; i++) {
        sqlite3_finalize(writer->tables[i].upsert);
        sqlite3_finalize(writer->tables[i].delete);
    }
    sqlite3_finalize(writer->begin);
    sqlite3_finalize(writer->commit);
    sqlite3_finalize(writer->segment);
    sqlite3_finalize(writer->meta);
    sqlite3_finalize(writer->last_id);
    free(writer->tables);
    free(writer->refs);
    free(writer);
}

// Sorts by key, stable, bytes from the lowest up; bytes that are the same in all keys cost nothing.
// Returns the half that holds the result.
static struct row_ref *writer_sort(struct row_ref *refs, struct row_ref *spare, size_t count,
                                   uint64_t differing)
{
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if (((differing >> shift) & 0xff) == 0) {
            continue;
        }
        size_t starts[RADIX] = {0};
        for (size_t i = 0; i < count; i++) {
            starts[(refs[i].key >> shift) & 0xff]++;
        }
        size_t sum = 0;
        for (size_t i = 0; i < RADIX; i++) {
            const size_t here = starts[i];
            starts[i] = sum;
            sum += here;
        }
        for (size_t i = 0; i < count; i++) {
            spare[starts[(refs[i].key >> shift) & 0xff]++] = refs[i];
        }
        struct row_ref *swap = refs;
        refs = spare;
        spare = swap;
    }
    return refs;
}

// The rows of a batch by (table, id), each at most once.
static struct row_ref *writer_order(struct writer *writer, const struct batch *batch, size_t *count)
{
    if (batch->row_count > writer->capacity) {
        free(writer->refs);
        writer->capacity = batch->row_count + batch->row_count / 2;
        writer->refs = xcalloc(2 * writer->capacity, sizeof *writer->refs);
    }
    struct batch_cursor cursor = {0};
    struct batch_row row;
    size_t n = 0;
    uint64_t differing = 0;
    bool sorted = true;
    for (size_t at = 0; batch_next_row(batch, &cursor, &row); at = cursor.next) {
        CHECK(n < batch->row_count);
        CHECK(row.table < writer->options->table_count);
        const uint64_t key = (uint64_t)row.table << 32 | row.id;
        writer->refs[n] = (struct row_ref){.key = key, .at = at};
        differing |= key ^ writer->refs[0].key;
        sorted = sorted && (n == 0 || key > writer->refs[n - 1].key);
        n++;
    }
    CHECK(n == batch->row_count);
    *count = n;
    if (sorted) {
        return writer->refs;
    }
    struct row_ref *refs = writer_sort(writer->refs, writer->refs + writer->capacity, n, differing);
    // A row that was written twice: only its last image counts.
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 == n || refs[i].key != refs[i + 1].key) {
            refs[kept++] = refs[i];
        }
    }
    *count = kept;
    return refs;
}

static bool writer_fail_row(struct writer *writer, const struct batch_row *row, struct err *e)
{
    char doing[160];
    sqlite3_snprintf(sizeof doing, doing, "writing row %u of table '%s'", (unsigned)row->id,
                     writer->options->tables[row->table]->name);
    return sqlite_fail(writer->sqlite, e, doing);
}

// The statement for a row of a table; NULL, with `e`, if it can't be prepared.
static sqlite3_stmt *writer_statement(struct writer *writer, const struct batch_row *row,
                                      struct err *e)
{
    struct writer_table *into = &writer->tables[row->table];
    sqlite3_stmt **stmt = row->deleted ? &into->delete : &into->upsert;
    if (*stmt == NULL) {
        bool done = true;
        struct buf sql;
        buf_init(&sql, (size_t)1 << 20);
        (row->deleted ? ddl_delete : ddl_upsert)(&sql, writer->options->tables[row->table]);
        *stmt = writer_prepare(writer, &sql, &done, e);
        buf_deinit(&sql);
    }
    return *stmt;
}

static bool writer_put_row(struct writer *writer, const struct batch *batch, size_t at,
                           struct err *e)
{
    struct batch_cursor cursor = {.next = at};
    struct batch_row row;
    CHECK(batch_next_row(batch, &cursor, &row));
    struct writer_table *into = &writer->tables[row.table];
    sqlite3_stmt *stmt = writer_statement(writer, &row, e);
    if (stmt == NULL) {
        return false;
    }
    sqlite3_bind_int64(stmt, 1, row.id);
    if (row.deleted) {
        into->deleted_max = row.id > into->deleted_max ? row.id : into->deleted_max;
    } else {
        const struct table_desc *table = writer->options->tables[row.table];
        for (size_t i = 0; i < table->column_count; i++) {
            struct value value;
            batch_next_value(batch, &cursor, &value);
            if (value.type >= VALUE_TEXT) {
                const struct column *column = &table->columns[i];
                const bool blob = column->type == COLUMN_BYTES && column->role != ROLE_JSON;
                value.type = blob ? VALUE_BLOB : VALUE_TEXT;
            }
            if (sqlite_bind(stmt, (int)i + 2, &value) != SQLITE_OK) {
                return writer_fail_row(writer, &row, e);
            }
        }
        CHECK(cursor.position == cursor.next);
    }
    sqlite3_step(stmt);
    if (sqlite3_reset(stmt) != SQLITE_OK) {
        return writer_fail_row(writer, &row, e);
    }
    return true;
}

// Tables that lost a row above the highest noted: ids are never used twice.
static bool writer_put_last_ids(struct writer *writer, struct err *e)
{
    for (size_t i = 0; i < writer->options->table_count; i++) {
        struct writer_table *table = &writer->tables[i];
        if (table->deleted_max == table->noted_max) {
            continue;
        }
        sqlite3_bind_text(writer->last_id, 1, writer->options->tables[i]->name, -1, SQLITE_STATIC);
        sqlite3_bind_int64(writer->last_id, 2, table->deleted_max);
        sqlite3_step(writer->last_id);
        if (sqlite3_reset(writer->last_id) != SQLITE_OK) {
            return sqlite_fail(writer->sqlite, e, "writing the last ids");
        }
        table->noted_max = table->deleted_max;  // A failed commit ends all writing.
    }
    return true;
}

static bool writer_put_rows(struct writer *writer, const struct batch *batch, struct err *e)
{
    size_t count;
    const struct row_ref *refs = writer_order(writer, batch, &count);
    for (size_t i = 0; i < count; i++) {
        if (!writer_put_row(writer, batch, refs[i].at, e)) {
            return false;
        }
    }
    return true;
}

static bool writer_put_journal(struct writer *writer, const struct batch *batch,
                               struct store_head *head, struct err *e)
{
    if (batch->first_turn == 0) {
        CHECK(batch->journal.size == 0);
        return true;
    }
    CHECK(batch->first_turn > head->last_turn);
    CHECK(batch->last_turn >= batch->first_turn);
    size_t position = 0;
    const char *entry;
    size_t size;
    uint64_t turns = 0;
    while (batch_next_entry(batch, &position, &entry, &size)) {
        head->chain = journal_link(&head->chain, entry, size);
        turns++;
    }
    CHECK(turns == batch->last_turn - batch->first_turn + 1);
    head->last_turn = batch->last_turn;
    head->last_at_ms = batch->last_at_ms;
    if (writer->options->drop_journal) {
        return true;
    }
    sqlite3_stmt *stmt = writer->segment;
    sqlite3_bind_int64(stmt, 1, (int64_t)batch->first_turn);
    sqlite3_bind_int64(stmt, 2, (int64_t)batch->last_turn);
    sqlite3_bind_int64(stmt, 3, batch->first_at_ms);
    sqlite3_bind_int64(stmt, 4, batch->last_at_ms);
    sqlite3_bind_blob(stmt, 5, &head->chain, sizeof head->chain, SQLITE_STATIC);
    sqlite3_bind_blob64(stmt, 6, batch->journal.data, batch->journal.size, SQLITE_STATIC);
    sqlite3_step(stmt);
    if (sqlite3_reset(stmt) != SQLITE_OK) {
        return sqlite_fail(writer->sqlite, e, "writing the journal");
    }
    return true;
}

static bool writer_put_meta(struct writer *writer, const struct store_head *head, struct err *e)
{
    sqlite3_stmt *stmt = writer->meta;
    sqlite3_bind_int64(stmt, 1, (int64_t)head->last_batch);
    sqlite3_bind_int64(stmt, 2, (int64_t)head->last_turn);
    sqlite3_bind_int64(stmt, 3, head->last_at_ms);
    sqlite3_bind_blob(stmt, 4, &head->chain, sizeof head->chain, SQLITE_STATIC);
    sqlite3_step(stmt);
    if (sqlite3_reset(stmt) != SQLITE_OK) {
        return sqlite_fail(writer->sqlite, e, "writing the meta table");
    }
    return true;
}

// Waits for an operator's shell that holds the file, and says so.
static bool writer_begin(struct writer *writer, struct err *e)
{
    for (int attempt = 1;; attempt++) {
        sqlite3_step(writer->begin);
        const int code = sqlite3_reset(writer->begin);
        if (code == SQLITE_OK) {
            return true;
        }
        sqlite_fail(writer->sqlite, e, "beginning a batch");
        if ((code & 0xff) != SQLITE_BUSY) {
            return false;
        }
        char shm[4096];
        sqlite3_snprintf(sizeof shm, shm, "%s-shm", writer->sqlite->path);
        const long pid = lock_holder(shm);
        if (attempt == BUSY_TRIES) {
            return pid > 0 ? err_add(e, "process %ld doesn't let go", pid) : false;
        }
        char who[48] = "another program";
        if (pid > 0) {
            sqlite3_snprintf(sizeof who, who, "process %ld", pid);
        }
        log_write(LOG_WARN, "store.locked", "%s: %s holds it locked: waiting (%d of %d)",
                  writer->sqlite->path, who, attempt, BUSY_TRIES - 1);
    }
}

bool writer_apply(struct writer *writer, const struct batch *batch, struct store_head *head,
                  bool *unknown, struct err *e)
{
    struct store_head after = *head;
    after.last_batch = batch->number;
    *unknown = false;
    if (!writer_begin(writer, e)) {
        return false;
    }
    crash_point("write.before");
    if (!writer_put_rows(writer, batch, e) || !writer_put_last_ids(writer, e) ||
        !writer_put_journal(writer, batch, &after, e) || !writer_put_meta(writer, &after, e)) {
        // SQLite rolls back by itself after some errors: then this one says so, and that's fine.
        sqlite3_exec(writer->sqlite->db, "ROLLBACK", NULL, NULL, NULL);
        return false;
    }
    crash_point("commit.before");
    sqlite3_step(writer->commit);
    if (sqlite3_reset(writer->commit) != SQLITE_OK) {
        *unknown = true;
        return sqlite_fail(writer->sqlite, e, "committing");
    }
    crash_point("commit.after");
    *head = after;
    return true;
}

size_t writer_memory(const struct writer *writer)
{
    int cache = 0;
    int statements = 0;
    int highest = 0;
    sqlite3_db_status(writer->sqlite->db, SQLITE_DBSTATUS_CACHE_USED, &cache, &highest, 0);
    sqlite3_db_status(writer->sqlite->db, SQLITE_DBSTATUS_STMT_USED, &statements, &highest, 0);
    return (size_t)cache + (size_t)statements + 2 * writer->capacity * sizeof *writer->refs;
}
