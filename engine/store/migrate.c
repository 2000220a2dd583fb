// From the schema of an earlier release to this one's: see migrate.h.
//
// A release that changes tables raises STORE_SCHEMA_VERSION and adds a row to MIGRATIONS. Columns
// that are new or gone need no SQL: tables are made anew from their descriptors and keep what both
// have. SQL is for what has to be worked out; it runs on the tables as they were. Released rows are
// never changed again, for files of that release exist.
#include "store/migrate.h"

#include <string.h>

#include "base/check.h"
#include "base/crash.h"
#include "base/log.h"
#include "store/ddl.h"

#define SQL_BYTES_MAX ((size_t)1 << 20)
#define DOING "migrating"

// None yet: STORE_SCHEMA_OLDEST is the first release's.
static const struct store_migration MIGRATIONS[] = {{.to = 0}};

static const struct store_migration *migrations_of(const struct store_options *options)
{
    return options->migrations ? options->migrations : MIGRATIONS;
}

int migrate_version(const struct store_options *options)
{
    int version = STORE_SCHEMA_OLDEST;
    for (const struct store_migration *step = migrations_of(options); step->to != 0; step++) {
        CHECK(step->to == version + 1);
        version = step->to;
    }
    CHECK(options->migrations || version == STORE_SCHEMA_VERSION);
    return version;
}

// The text with which a table was made; "" if there is none.
static bool read_table(struct sqlite *sqlite, const char *name, struct buf *out, struct err *e)
{
    sqlite3_stmt *stmt = sqlite_prepare(
        sqlite, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", DOING, e);
    if (!stmt) {
        return false;
    }
    buf_clear(out);
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    const int code = sqlite3_step(stmt);
    buf_puts(out, code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : "");
    const bool done = code == SQLITE_ROW || code == SQLITE_DONE || sqlite_fail(sqlite, e, DOING);
    sqlite3_finalize(stmt);
    return done;
}

static bool has_column(struct sqlite *sqlite, const char *table, const char *column, bool *out,
                       struct err *e)
{
    char sql[256];
    int64_t count = 0;
    sqlite3_snprintf(sizeof sql, sql, "SELECT count(*) FROM pragma_table_info(%Q) WHERE name = %Q",
                     table, column);
    const bool done = sqlite_read_int(sqlite, sql, DOING, &count, e);
    *out = count > 0;
    return done;
}

static const char *value_of_new(const struct column *column)
{
    return column->type == COLUMN_BYTES ? "NULL" : column->type == COLUMN_TEXT ? "''" : "0";
}

// Makes the table anew beside the old one, copies what both have, and drops that.
static bool rebuild_table(struct sqlite *sqlite, const struct table_desc *table, struct buf *sql,
                          struct err *e)
{
    buf_clear(sql);
    buf_printf(sql, "ALTER TABLE \"%s\" RENAME TO \"old %s\";", table->name, table->name);
    ddl_create_table(sql, table);
    buf_printf(sql, ";INSERT INTO \"%s\" SELECT id", table->name);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        bool known = false;
        if (!has_column(sqlite, table->name, column->name, &known, e)) {
            return false;
        }
        if (known) {
            buf_printf(sql, ", \"%s\"", column->name);
        } else {
            buf_printf(sql, ", %s", value_of_new(column));
        }
    }
    buf_printf(sql, " FROM \"old %s\"; DROP TABLE \"old %s\"", table->name, table->name);
    CHECK(!sql->overflow);
    return sqlite_run(sqlite, sql->data, DOING, e) || err_add(e, "table %s", table->name);
}

static bool follow_table(struct sqlite *sqlite, const struct table_desc *table, struct buf *have,
                         struct buf *sql, struct err *e)
{
    if (!read_table(sqlite, table->name, have, e)) {
        return false;
    }
    buf_clear(sql);
    ddl_create_table(sql, table);
    if (have->size == 0) {
        return sqlite_run(sqlite, sql->data, DOING, e);
    }
    return strcmp(have->data, sql->data) == 0 || rebuild_table(sqlite, table, sql, e);
}

static bool follow_tables(struct sqlite *sqlite, const struct store_options *options, struct err *e)
{
    struct buf have;
    struct buf sql;
    buf_init(&have, SQL_BYTES_MAX);
    buf_init(&sql, SQL_BYTES_MAX);
    bool done = true;
    for (size_t i = 0; done && i < options->table_count; i++) {
        done = follow_table(sqlite, options->tables[i], &have, &sql, e);
    }
    buf_deinit(&have);
    buf_deinit(&sql);
    return done;
}

static bool take_steps(struct sqlite *sqlite, const struct store_options *options, int from,
                       struct err *e)
{
    char note[128];
    const int to = migrate_version(options);
    for (const struct store_migration *step = migrations_of(options); step->to != 0; step++) {
        if (step->to > from && step->sql && !sqlite_run(sqlite, step->sql, DOING, e)) {
            return err_add(e, "schema %d", step->to);
        }
    }
    sqlite3_snprintf(sizeof note, note,
                     "UPDATE meta SET schema_version = %d, views = zeroblob(0);"
                     "PRAGMA user_version=%d",
                     to, to);
    return follow_tables(sqlite, options, e) && sqlite_run(sqlite, note, DOING, e);
}

bool migrate_run(struct sqlite *sqlite, const struct store_options *options, int from,
                 struct err *e)
{
    const int to = migrate_version(options);
    if (!sqlite_run(sqlite, "BEGIN IMMEDIATE", DOING, e)) {
        return false;
    }
    crash_point("migrate.before");
    bool done = setup_drop_views(sqlite, e) && take_steps(sqlite, options, from, e);
    crash_point("migrate.commit");
    done = done && sqlite_run(sqlite, "COMMIT", DOING, e);
    if (!done) {
        sqlite3_exec(sqlite->db, "ROLLBACK", NULL, NULL, NULL);
        return err_add(e, "it stays as it was, of schema %d", from);
    }
    crash_point("migrate.after");
    log_write(LOG_INFO, "store.migrated", "%s: from schema %d to %d", sqlite->path, from, to);
    return true;
}
