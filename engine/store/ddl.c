// SQL text from table descriptors. Writes text only: knows no connection. Names come from our own
// descriptors, never from outside; they are quoted so that "order" or "group" may be a name.
#include "store/ddl.h"

#include <string.h>

#include "base/check.h"

const char ddl_own_tables[] =
    // One row: what the file is and how far it got. Written by every batch.
    "CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), schema_version INTEGER NOT NULL,"
    " store_uuid TEXT NOT NULL, journal_kept INTEGER NOT NULL, last_batch INTEGER NOT NULL,"
    " last_turn INTEGER NOT NULL, last_at INTEGER NOT NULL,"
    " chain BLOB NOT NULL CHECK (length(chain) = 32), views BLOB NOT NULL) STRICT;"
    // One packed segment a batch; chain is the link of its last turn.
    "CREATE TABLE journal (first_turn INTEGER PRIMARY KEY, last_turn INTEGER NOT NULL,"
    " first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,"
    " chain BLOB NOT NULL CHECK (length(chain) = 32), body BLOB NOT NULL) STRICT;"
    // Highest id ever deleted from a table: an id is never used twice.
    "CREATE TABLE last_ids (table_name TEXT PRIMARY KEY, id INTEGER NOT NULL) STRICT,"
    " WITHOUT ROWID;";

static const char *ddl_type(const struct column *column)
{
    switch (column->type) {
    case COLUMN_I64:
    case COLUMN_I48:
    case COLUMN_I32:
    case COLUMN_I24:
    case COLUMN_U16:
    case COLUMN_U8:
    case COLUMN_U2:
    case COLUMN_U1:
        return "INTEGER NOT NULL";
    case COLUMN_TEXT:
        return "TEXT NOT NULL";
    case COLUMN_BYTES:
        return column->role == ROLE_JSON ? "TEXT" : "BLOB";
    }
    CHECK(false && "a column type that nobody knows");
    return "";
}

static unsigned ddl_word_count(const char *words)
{
    unsigned count = 1;
    for (; *words; words++) {
        count += *words == '|';
    }
    return count;
}

// `checks` are expressions separated by ';'.
static void ddl_add_checks(struct buf *out, const char *checks)
{
    while (checks && *checks) {
        const size_t size = strcspn(checks, ";");
        if (size > strspn(checks, " ")) {
            buf_puts(out, ", CHECK (");
            buf_append(out, checks, size);
            buf_puts(out, ")");
        }
        checks += size + (checks[size] == ';');
    }
}

void ddl_create_table(struct buf *out, const struct table_desc *table)
{
    buf_printf(out, "CREATE TABLE \"%s\" (id INTEGER PRIMARY KEY", table->name);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        buf_printf(out, ", \"%s\" %s", column->name, ddl_type(column));
        if (column->role == ROLE_ENUM) {
            CHECK(column->of);
            buf_printf(out, " CHECK (\"%s\" BETWEEN 0 AND %u)", column->name,
                       ddl_word_count(column->of) - 1);
        } else if (column->role == ROLE_BOOL) {
            buf_printf(out, " CHECK (\"%s\" BETWEEN 0 AND 1)", column->name);
        }
    }
    ddl_add_checks(out, table->checks);
    buf_puts(out, ") STRICT");
}

// OR REPLACE rather than ON CONFLICT DO UPDATE, which measured no faster and takes a longer text:
// without other indexes SQLite overwrites the cell in place, and a violated NOT NULL or CHECK still
// aborts the statement.
void ddl_upsert(struct buf *out, const struct table_desc *table)
{
    buf_printf(out, "INSERT OR REPLACE INTO \"%s\" VALUES (?", table->name);
    for (size_t i = 0; i < table->column_count; i++) {
        buf_puts(out, ",?");
    }
    buf_puts(out, ")");
}

void ddl_delete(struct buf *out, const struct table_desc *table)
{
    buf_printf(out, "DELETE FROM \"%s\" WHERE id = ?", table->name);
}

void ddl_select(struct buf *out, const struct table_desc *table, const char *where)
{
    buf_puts(out, "SELECT id");
    for (size_t i = 0; i < table->column_count; i++) {
        buf_printf(out, ", \"%s\"", table->columns[i].name);
    }
    buf_printf(out, " FROM \"%s\"", table->name);
    if (where) {
        buf_printf(out, " WHERE %s", where);
    }
    buf_puts(out, " ORDER BY id");
}
