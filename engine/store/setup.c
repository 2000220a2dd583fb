// What a file must be before an engine works on it: see setup.h. Every failure says what to do.
#include "store/setup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/check.h"
#include "base/crash.h"
#include "base/mem.h"
#include "store/ddl.h"
#include "store/migrate.h"
#include "store/views.h"

#define QUICK_CHECK_BYTES_MAX (INT64_C(64) << 20)
#define SQL_BYTES_MAX ((size_t)1 << 20)

bool setup_check_file(const char *path, bool fresh, bool read_only, struct err *e)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        if (errno != ENOENT || read_only) {
            return err_set(e, ERR_FAULT, "%s: could not be opened: %s", path, strerror(errno));
        }
        return true;
    }
    if (!S_ISREG(info.st_mode)) {
        return err_set(e, ERR_INVALID, "%s is no file: give the name of a file", path);
    }
    if (fresh && info.st_size > 0) {
        return err_set(e, ERR_INVALID, "%s exists already: give the name of a new file", path);
    }
    if (info.st_size > 0) {
        return true;
    }
    if (read_only) {
        return err_set(e, ERR_INVALID, "%s is empty: nothing was ever run with it", path);
    }
    // SQLite would take an emptied file for a new one, and delete the WAL that belongs to it.
    struct buf wal;
    buf_init(&wal, SQL_BYTES_MAX);
    buf_printf(&wal, "%s-wal", path);
    const bool emptied = stat(wal.data, &info) == 0 && info.st_size > 0;
    buf_deinit(&wal);
    if (emptied) {
        return err_set(e, ERR_CORRUPT,
                       "%s: the file was emptied: its -wal file is still there. Keep that, and "
                       "start from a backup",
                       path);
    }
    return true;
}

// A file that is ours: whether this program can work with its version.
static bool setup_check_version(struct sqlite *sqlite, const struct store_options *options,
                                int64_t version, struct err *e)
{
    const int current = migrate_version(options);
    if (version > current) {
        return err_set(e, ERR_INVALID,
                       "%s was made by a newer drumbeat (schema %" PRId64
                       ", this one knows %d). It was not changed: use the newer one",
                       sqlite->path, version, current);
    }
    if (version < STORE_SCHEMA_OLDEST) {
        return err_set(e, ERR_INVALID,
                       "%s was made before drumbeat's first release (schema %" PRId64
                       ", the oldest known is %d). It was not changed: report on it with the "
                       "drumbeat that made it, and begin a new file",
                       sqlite->path, version, STORE_SCHEMA_OLDEST);
    }
    return version == current || !options->read_only ||
           err_set(e, ERR_INVALID,
                   "%s was made by an earlier drumbeat (schema %" PRId64
                   ", this one has %d): `drumbeat backup` it with that one; the next `drumbeat "
                   "run` on it brings it up to date",
                   sqlite->path, version, current);
}

bool setup_check_identity(struct sqlite *sqlite, const struct store_options *options, bool *empty,
                          int *version_out, struct err *e)
{
    int64_t application = 0;
    int64_t version = 0;
    int64_t things = 0;
    if (!sqlite_read_int(sqlite, "PRAGMA application_id", "reading", &application, e) ||
        !sqlite_read_int(sqlite, "PRAGMA user_version", "reading", &version, e) ||
        !sqlite_read_int(sqlite, "SELECT count(*) FROM sqlite_schema", "reading", &things, e)) {
        return false;
    }
    *empty = application == 0 && things == 0;
    if (*empty) {
        return sqlite->mode != SQLITE_MODE_READ ||
               err_set(e, ERR_INVALID, "%s is empty: nothing was ever run with it", sqlite->path);
    }
    if (application != SQLITE_APPLICATION_ID) {
        return err_set(e, ERR_INVALID,
                       "%s is the database of another program. It was not changed: give another "
                       "file",
                       sqlite->path);
    }
    if (version < 1 || things == 0) {
        return err_set(e, ERR_CORRUPT,
                       "%s: the file is damaged (no schema). Keep it with its -wal file as it is, "
                       "and start from a backup",
                       sqlite->path);
    }
    *version_out = (int)(version <= INT32_MAX ? version : INT32_MAX);
    return setup_check_version(sqlite, options, version, e);
}

static struct sha256 setup_views_hash(void)
{
    struct sha256 hash = {{0}};
    for (size_t i = 0; store_views_sql[i]; i++) {
        hash = sha256_of2(&hash, sizeof hash, store_views_sql[i], strlen(store_views_sql[i]));
    }
    for (const struct store_index *index = store_indexes; index->table; index++) {
        hash = sha256_of2(&hash, sizeof hash, index->sql, strlen(index->sql));
    }
    return hash;
}

static bool setup_create_meta(struct sqlite *sqlite, const struct store_options *options,
                              struct err *e)
{
    uint8_t random[STORE_UUID_SIZE / 2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        return err_set(e, ERR_FAULT, "no random bytes: %s", strerror(errno));
    }
    char uuid[STORE_UUID_SIZE + 1];
    hex_encode(random, sizeof random, uuid);
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    const int version = migrate_version(options);
    buf_printf(&sql,
               "INSERT INTO meta VALUES (1, %d, '%s', %d, 0, 0, 0, zeroblob(32), zeroblob(0));"
               "PRAGMA application_id=%d; PRAGMA user_version=%d;",
               version, uuid, !options->drop_journal, SQLITE_APPLICATION_ID, version);
    const bool done = sqlite_run(sqlite, sql.data, "creating the tables", e);
    buf_deinit(&sql);
    return done;
}

static bool setup_create_tables(struct sqlite *sqlite, const struct store_options *options,
                                struct err *e)
{
    bool done = sqlite_run(sqlite, ddl_own_tables, "creating the tables", e) &&
                setup_create_meta(sqlite, options, e);
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    for (size_t i = 0; done && i < options->table_count; i++) {
        buf_clear(&sql);
        ddl_create_table(&sql, options->tables[i]);
        CHECK(!sql.overflow);
        done = sqlite_run(sqlite, sql.data, "creating the tables", e);
    }
    buf_deinit(&sql);
    return done;
}

// Those of an older version may have names that the lists no longer have. An index of an operator's
// own stays.
bool setup_drop_views(struct sqlite *sqlite, struct err *e)
{
    char drop[256];
    for (;;) {
        sqlite3_stmt *stmt = sqlite_prepare(sqlite,
                                            "SELECT type, name FROM sqlite_schema WHERE"
                                            " type = 'view' OR (type = 'index' AND"
                                            " name GLOB 'i_v_*') LIMIT 1",
                                            "creating the views", e);
        if (!stmt) {
            return false;
        }
        const bool found = sqlite3_step(stmt) == SQLITE_ROW;
        if (found) {
            sqlite3_snprintf(sizeof drop, drop, "DROP %s \"%w\"", sqlite3_column_text(stmt, 0),
                             sqlite3_column_text(stmt, 1));
        }
        sqlite3_finalize(stmt);
        if (!found || !sqlite_run(sqlite, drop, "creating the views", e)) {
            return !found;
        }
    }
}

static bool setup_has_table(const struct store_options *options, const char *name)
{
    for (size_t i = 0; i < options->table_count; i++) {
        if (strcmp(options->tables[i]->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool setup_create_views(struct sqlite *sqlite, const struct store_options *options,
                               const struct sha256 *hash, struct err *e)
{
    const char *doing = "creating the views";
    if (!setup_drop_views(sqlite, e)) {
        return false;
    }
    for (const struct store_index *index = store_indexes; index->table; index++) {
        if (setup_has_table(options, index->table) && !sqlite_run(sqlite, index->sql, doing, e)) {
            return err_add(e, "the index on %s", index->table);
        }
    }
    for (size_t i = 0; store_views_sql[i]; i++) {
        if (!sqlite_run(sqlite, store_views_sql[i], doing, e)) {
            return err_add(e, "view %zu of store/views.c", i + 1);
        }
    }
    sqlite3_stmt *stmt =
        sqlite_prepare(sqlite, "UPDATE meta SET views = ?", "creating the views", e);
    if (!stmt) {
        return false;
    }
    sqlite3_bind_blob(stmt, 1, hash, sizeof *hash, SQLITE_STATIC);
    const bool done = sqlite3_step(stmt) == SQLITE_DONE;
    if (!done) {
        sqlite_fail(sqlite, e, "creating the views");
    }
    sqlite3_finalize(stmt);
    return done;
}

bool setup_create(struct sqlite *sqlite, const struct store_options *options, bool empty,
                  struct err *e)
{
    const struct sha256 views = setup_views_hash();
    if (!empty) {
        struct setup_meta meta;
        if (!setup_read_meta(sqlite, &meta, e)) {
            return false;
        }
        if (sha256_equal(&meta.views, &views)) {
            return true;
        }
    }
    const char *doing = "creating the tables";
    if (!sqlite_run(sqlite, "BEGIN IMMEDIATE", doing, e)) {
        return false;
    }
    crash_point("schema.before");
    bool done = (!empty || setup_create_tables(sqlite, options, e)) &&
                setup_create_views(sqlite, options, &views, e);
    crash_point("schema.commit");
    done = done && sqlite_run(sqlite, "COMMIT", doing, e);
    if (!done) {
        sqlite3_exec(sqlite->db, "ROLLBACK", NULL, NULL, NULL);
        return false;
    }
    crash_point("schema.after");
    return true;
}

static bool setup_check_table(struct sqlite *sqlite, sqlite3_stmt *stmt, const char *name,
                              const char *expected, struct err *e)
{
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    const int code = sqlite3_step(stmt);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        sqlite_fail(sqlite, e, "reading the schema");
        sqlite3_reset(stmt);
        return false;
    }
    const char *sql = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    const bool same = sql && strcmp(sql, expected) == 0;
    sqlite3_reset(stmt);
    if (same) {
        return true;
    }
    return err_set(e, ERR_INVALID,
                   "%s: the table '%s' %s: the file was made by another build of drumbeat, or "
                   "changed by hand. It was not changed: give another file",
                   sqlite->path, name, sql ? "has other columns" : "is missing");
}

bool setup_check_tables(struct sqlite *sqlite, const struct store_options *options, struct err *e)
{
    sqlite3_stmt *stmt =
        sqlite_prepare(sqlite, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?",
                       "reading the schema", e);
    if (!stmt) {
        return false;
    }
    struct buf expected;
    buf_init(&expected, SQL_BYTES_MAX);
    bool same = true;
    for (size_t i = 0; same && i < options->table_count; i++) {
        buf_clear(&expected);
        ddl_create_table(&expected, options->tables[i]);
        same = setup_check_table(sqlite, stmt, options->tables[i]->name, expected.data, e);
    }
    buf_deinit(&expected);
    sqlite3_finalize(stmt);
    return same;
}

static bool setup_check_all_pages(struct sqlite *sqlite, struct err *e)
{
    sqlite3_stmt *stmt = sqlite_prepare(sqlite, "PRAGMA quick_check(1)", "checking the file", e);
    if (!stmt) {
        return false;
    }
    const int code = sqlite3_step(stmt);
    const char *verdict = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    const bool whole = verdict && strcmp(verdict, "ok") == 0;
    if (!verdict) {
        sqlite_fail(sqlite, e, "checking the file");
    } else if (!whole) {
        char line[200];
        const size_t size = strcspn(verdict, "\n");
        sqlite3_snprintf(sizeof line, line, "%s",
                         verdict[size] && strncmp(verdict, "***", 3) == 0 ? verdict + size + 1
                                                                          : verdict);
        err_set(e, ERR_CORRUPT,
                "%s: the file is damaged (%s). Keep it with its -wal file as it is, and start from "
                "a backup",
                sqlite->path, line);
    }
    sqlite3_finalize(stmt);
    return whole;
}

// The first and the last leaf of each table: cheap, however large the file.
static bool setup_check_edges(struct sqlite *sqlite, struct err *e)
{
    sqlite3_stmt *names = sqlite_prepare(
        sqlite, "SELECT name FROM sqlite_schema WHERE type = 'table'", "checking the file", e);
    if (!names) {
        return false;
    }
    bool whole = true;
    char sql[512];
    while (whole && sqlite3_step(names) == SQLITE_ROW) {
        int64_t ignored = 0;
        const char *name = (const char *)sqlite3_column_text(names, 0);
        sqlite3_snprintf(sizeof sql, sql,
                         "SELECT count(*) FROM (SELECT * FROM (SELECT * FROM \"%w\" LIMIT 1) "
                         "UNION ALL SELECT * FROM (SELECT * FROM \"%w\" ORDER BY 1 DESC LIMIT 1))",
                         name, name);
        whole = sqlite_read_int(sqlite, sql, "checking the file", &ignored, e);
    }
    sqlite3_finalize(names);
    return whole;
}

bool setup_check_pages(struct sqlite *sqlite, struct err *e)
{
    int64_t pages = 0;
    int64_t page_size = 0;
    if (!sqlite_read_int(sqlite, "PRAGMA page_count", "reading", &pages, e) ||
        !sqlite_read_int(sqlite, "PRAGMA page_size", "reading", &page_size, e)) {
        return false;
    }
    // SQLite itself refuses a file with fewer pages than its header says, at the first read.
    return pages * page_size <= QUICK_CHECK_BYTES_MAX ? setup_check_all_pages(sqlite, e)
                                                      : setup_check_edges(sqlite, e);
}

bool setup_read_meta(struct sqlite *sqlite, struct setup_meta *out, struct err *e)
{
    *out = (struct setup_meta){0};
    sqlite3_stmt *stmt = sqlite_prepare(
        sqlite,
        "SELECT schema_version, store_uuid, journal_kept, last_batch, last_turn, last_at, chain,"
        " views FROM meta WHERE id = 1",
        "reading the meta table", e);
    if (!stmt) {
        return false;
    }
    const int code = sqlite3_step(stmt);
    const bool found = code == SQLITE_ROW && sqlite3_column_bytes(stmt, 6) == SHA256_SIZE;
    if (found) {
        out->schema_version = sqlite3_column_int64(stmt, 0);
        sqlite3_snprintf(sizeof out->uuid, out->uuid, "%s", sqlite3_column_text(stmt, 1));
        out->journal_kept = sqlite3_column_int(stmt, 2) != 0;
        out->head.last_batch = (uint64_t)sqlite3_column_int64(stmt, 3);
        out->head.last_turn = (uint64_t)sqlite3_column_int64(stmt, 4);
        out->head.last_at_ms = sqlite3_column_int64(stmt, 5);
        memcpy(&out->head.chain, sqlite3_column_blob(stmt, 6), SHA256_SIZE);
        if (sqlite3_column_bytes(stmt, 7) == SHA256_SIZE) {
            memcpy(&out->views, sqlite3_column_blob(stmt, 7), SHA256_SIZE);
        }
    } else if (code == SQLITE_ROW || code == SQLITE_DONE) {
        err_set(e, ERR_CORRUPT,
                "%s: the file is damaged (its meta row is missing). Keep it with its -wal file as "
                "it is, and start from a backup",
                sqlite->path);
    } else {
        sqlite_fail(sqlite, e, "reading the meta table");
    }
    sqlite3_finalize(stmt);
    return found;
}
