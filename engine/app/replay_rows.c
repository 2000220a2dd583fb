#include "app/replay_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/utf8.h"

#define COLUMNS_MAX 40
#define SHOWN_MAX 200  // Bytes of a text.

struct rows_table {
    uint64_t *hashes;  // By id; 0: no such row.
    uint32_t capacity;
};

struct rows_cell {
    enum value_type type;
    int64_t integer;
    char *data;
    size_t size;
};

struct replay_rows {
    uint64_t seed;  // Of this process: nobody can aim at a row with the same hash.
    struct rows_table tables[T_COUNT];
    bool watches;
    enum table_id table;
    uint32_t id;
    size_t cell_count;  // 0: the row isn't there.
    struct rows_cell cells[COLUMNS_MAX];
};

struct replay_rows *replay_rows_new(void)
{
    struct replay_rows *rows = xcalloc(1, sizeof(*rows));
    CHECK(getrandom(&rows->seed, sizeof(rows->seed), 0) == sizeof(rows->seed));
    return rows;
}

static void forget_cells(struct replay_rows *rows)
{
    for (size_t i = 0; i < rows->cell_count; i++) {
        free(rows->cells[i].data);
    }
    rows->cell_count = 0;
}

void replay_rows_free(struct replay_rows *rows)
{
    forget_cells(rows);
    for (size_t i = 0; i < T_COUNT; i++) {
        free(rows->tables[i].hashes);
    }
    free(rows);
}

static uint64_t hash_value(uint64_t hash, const struct value *value)
{
    switch (value->type) {
    case VALUE_INT:
        return hash64_int(hash ^ ((uint64_t)value->integer * UINT64_C(0x9e3779b97f4a7c15) + 1));
    case VALUE_TEXT:
    case VALUE_BLOB:
        return hash64(value->data, value->size, hash + value->type);
    case VALUE_NULL:
        break;
    }
    return hash64_int(hash + 1);
}

static uint64_t *place_of(struct rows_table *table, uint32_t id)
{
    if (id >= table->capacity) {
        uint32_t capacity = table->capacity == 0 ? 1024 : table->capacity;
        while (capacity <= id) {
            CHECK(capacity < UINT32_C(1) << 31);
            capacity *= 2;
        }
        table->hashes = xrealloc(table->hashes, capacity * sizeof(*table->hashes));
        memset(table->hashes + table->capacity, 0,
               (capacity - table->capacity) * sizeof(*table->hashes));
        table->capacity = capacity;
    }
    return &table->hashes[id];
}

static void keep_cell(struct replay_rows *rows, const struct value *value)
{
    CHECK(rows->cell_count < COLUMNS_MAX);
    struct rows_cell *cell = &rows->cells[rows->cell_count++];
    *cell = (struct rows_cell){.type = value->type, .integer = value->integer};
    if (value->type == VALUE_TEXT || value->type == VALUE_BLOB) {
        cell->data = xstrndup(value->data, value->size);
        cell->size = value->size;
    }
}

void replay_rows_take(struct replay_rows *rows, const struct batch *batch)
{
    struct batch_cursor cursor = {0};
    struct batch_row row;
    while (batch_next_row(batch, &cursor, &row)) {
        CHECK(row.table < T_COUNT);
        uint64_t hash = rows->seed;
        const bool watched = rows->watches && row.table == rows->table && row.id == rows->id;
        const size_t columns = row.deleted ? 0 : tables_all[row.table]->column_count;
        if (watched) {
            forget_cells(rows);
        }
        for (size_t i = 0; i < columns; i++) {
            struct value value;
            batch_next_value(batch, &cursor, &value);
            hash = hash_value(hash, &value);
            if (watched) {
                keep_cell(rows, &value);
            }
        }
        *place_of(&rows->tables[row.table], row.id) = row.deleted ? 0 : hash + (hash == 0);
    }
}

struct comparing {
    struct replay_rows *rows;
    enum table_id table;
    struct replay_rows_found *found;
};

static void note(const struct comparing *comparing, uint32_t id, bool in_file, bool in_replay)
{
    struct replay_rows_found *found = comparing->found;
    // Within a table the file's rows come first: of one that it lacks the id may be lower.
    if (found->different++ == 0 || (found->table == comparing->table && id < found->id)) {
        found->table = comparing->table;
        found->id = id;
        found->in_file = in_file;
        found->in_replay = in_replay;
    }
}

static bool on_file_row(void *ctx, uint32_t id, const struct value *values, size_t count,
                        struct err *e)
{
    const struct comparing *comparing = ctx;
    struct rows_table *table = &comparing->rows->tables[comparing->table];
    uint64_t hash = comparing->rows->seed;
    (void)e;
    for (size_t i = 0; i < count; i++) {
        hash = hash_value(hash, &values[i]);
    }
    hash += hash == 0;
    const uint64_t ours = id < table->capacity ? table->hashes[id] : 0;
    if (ours != hash) {
        note(comparing, id, true, ours != 0);
    }
    if (id < table->capacity) {
        table->hashes[id] = 0;
    }
    comparing->found->rows++;
    return true;
}

bool replay_rows_compare(struct replay_rows *rows, struct store *file,
                         struct replay_rows_found *out, struct err *e)
{
    *out = (struct replay_rows_found){0};
    for (int table = 0; table < T_COUNT; table++) {
        struct comparing comparing = {rows, (enum table_id)table, out};
        if (!store_load(file, (size_t)table, NULL, on_file_row, &comparing, e)) {
            return false;
        }
        const struct rows_table *left = &rows->tables[table];
        for (uint32_t id = 0; id < left->capacity; id++) {
            if (left->hashes[id] != 0) {
                note(&comparing, id, false, true);
            }
        }
    }
    return true;
}

// --- The row that differs. ---

void replay_rows_watch(struct replay_rows *rows, enum table_id table, uint32_t id)
{
    rows->watches = true;
    rows->table = table;
    rows->id = id;
}

static void put_cell(struct buf *out, enum value_type type, int64_t integer, const char *data,
                     size_t size)
{
    if (type == VALUE_INT) {
        buf_printf(out, "%lld", (long long)integer);
    } else if (type == VALUE_NULL) {
        buf_puts(out, "nothing");
    } else if (type == VALUE_BLOB) {
        buf_printf(out, "%zu bytes", size);  // Seeds are secret.
    } else {
        buf_putc(out, '"');
        utf8_escape(data, utf8_cut(data, size, SHOWN_MAX), out);
        buf_putc(out, '"');
    }
}

static bool cell_is(const struct rows_cell *cell, const struct value *value)
{
    if (cell->type != value->type || value->type == VALUE_NULL) {
        return cell->type == value->type;
    }
    return value->type == VALUE_INT
               ? cell->integer == value->integer
               : cell->size == value->size &&
                     (cell->size == 0 || memcmp(cell->data, value->data, cell->size) == 0);
}

struct telling {
    const struct replay_rows *rows;
    struct buf *out;
    bool found;
};

static bool on_watched(void *ctx, uint32_t id, const struct value *values, size_t count,
                       struct err *e)
{
    struct telling *telling = ctx;
    const struct replay_rows *rows = telling->rows;
    const struct table_desc *desc = tables_all[rows->table];
    (void)id;
    (void)e;
    telling->found = true;
    for (size_t i = 0; i < count && rows->cell_count == count; i++) {
        const struct rows_cell *cell = &rows->cells[i];
        if (!cell_is(cell, &values[i])) {
            buf_printf(telling->out, "%s: file ", desc->columns[i].name);
            put_cell(telling->out, values[i].type, values[i].integer, values[i].data,
                     values[i].size);
            buf_puts(telling->out, ", replay ");
            put_cell(telling->out, cell->type, cell->integer, cell->data, cell->size);
            buf_putc(telling->out, '\n');
        }
    }
    return true;
}

bool replay_rows_tell(const struct replay_rows *rows, struct store *file, struct buf *out,
                      struct err *e)
{
    char where[40];
    struct telling telling = {rows, out, false};
    snprintf(where, sizeof(where), "id = %u", rows->id);
    if (!store_load(file, (size_t)rows->table, where, on_watched, &telling, e)) {
        return false;
    }
    if (!telling.found || rows->cell_count == 0) {
        buf_printf(out, "it is in the %s only\n", telling.found ? "file" : "replay");
    }
    return true;
}
