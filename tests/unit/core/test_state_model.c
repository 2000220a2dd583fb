// The state against a naive model: random turns with savepoints, rollbacks and drops over tables of
// every kind; the model copies everything at each savepoint. What the batches wrote is loaded into
// a second state, which must have the same hash.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "core/state.h"

#define IDS_MAX 700
#define COLUMNS_MAX 24
#define TEXTS 24
#define SAVEPOINTS 6

// Unique and list indexes, BYTES, deletions, rows that leave memory.
static const enum table_id model_tables[] = {T_MEMBERS,  T_MEMBERSHIPS, T_GAMES,  T_MEMORY,
                                             T_SCHEDULE, T_LEDGER,      T_GROUPS, T_PARKED};
#define MODEL_TABLES (sizeof(model_tables) / sizeof(model_tables[0]))

struct model_row {
    bool there;
    int64_t values[COLUMNS_MAX];  // TEXT: number of the text; BYTES: number it spells, 0 = NULL.
};
struct model_table {
    uint32_t last;
    struct model_row rows[IDS_MAX + 1];
};
struct model {
    struct model_table tables[MODEL_TABLES];
};

struct world {
    struct state *state;
    struct model *now;
    struct model *begin;
    struct model *saved[SAVEPOINTS];
    size_t marks[SAVEPOINTS];
    size_t saved_count;
    struct model *stored;                // What the batches wrote.
    uint32_t stored_last[MODEL_TABLES];  // Highest id a batch named, deletions included.
    uint64_t batches;
    text_id texts[TEXTS];
    struct rng rng;
    size_t turns, drops, rollbacks;
};

static int64_t model_text(const char *text, size_t size)
{
    return size == 0 ? 0 : strtoll(text + 1, NULL, 10);
}

static struct bytes *model_bytes(int64_t number)
{
    char text[64];
    const int size = snprintf(text, sizeof(text), "%lld", (long long)number);
    struct bytes *bytes = malloc(sizeof(*bytes) + 64);
    bytes->size = number == 0 ? 0 : (uint32_t)size;
    memcpy(bytes->data, text, (size_t)size);
    return bytes;
}

static int64_t model_number(const char *data, size_t size)
{
    char text[64] = {0};
    memcpy(text, data, size);
    return strtoll(text, NULL, 10);
}

static bool model_is_key(const struct table_desc *desc, const struct column *column)
{
    for (size_t i = 0; i < desc->index_count; i++) {
        for (size_t k = 0; k < desc->indexes[i].count; k++) {
            if (strcmp(desc->indexes[i].columns[k], column->name) == 0) {
                return true;
            }
        }
    }
    return false;
}

static int64_t model_random(struct world *w, const struct table_desc *desc,
                            const struct column *column)
{
    const int64_t small = (int64_t)rng_below(&w->rng, 6);
    switch (column->type) {
    case COLUMN_U8:
    case COLUMN_U2:
    case COLUMN_U1:
        return strcmp(column->name, "status") == 0 ? (rng_below(&w->rng, 4) == 0) : small % 2;
    case COLUMN_TEXT:
        return (int64_t)rng_below(&w->rng, TEXTS);
    case COLUMN_I32:
        return model_is_key(desc, column) ? small : (int64_t)rng_below(&w->rng, 1000);
    case COLUMN_U16:
        return model_is_key(desc, column) ? small : (int64_t)rng_below(&w->rng, 65536);
    case COLUMN_BYTES:
        return small == 0 ? 0 : (int64_t)rng_below(&w->rng, 1000000);
    case COLUMN_I64:
        return (int64_t)rng_next(&w->rng) >> rng_below(&w->rng, 60);
    case COLUMN_I48:
        return (int64_t)rng_next(&w->rng) >> (16 + rng_below(&w->rng, 44));
    case COLUMN_I24:
        return (int64_t)rng_next(&w->rng) >> (40 + rng_below(&w->rng, 20));
    }
    return 0;
}

static size_t model_column(const struct table_desc *desc, const char *name)
{
    for (size_t i = 0; i < desc->column_count; i++) {
        if (strcmp(desc->columns[i].name, name) == 0) {
            return i;
        }
    }
    fail();
    return 0;
}

static bool model_key_equal(const struct table_desc *desc, const struct index_desc *index,
                            const struct model_row *a, const struct model_row *b)
{
    for (size_t k = 0; k < index->count; k++) {
        const size_t column = model_column(desc, index->columns[k]);
        if (a->values[column] != b->values[column]) {
            return false;
        }
    }
    return true;
}

static bool model_clashes(const struct model_table *table, const struct table_desc *desc,
                          const struct model_row *row, uint32_t self)
{
    for (size_t i = 0; i < desc->index_count; i++) {
        for (uint32_t id = 1; desc->indexes[i].unique && id <= table->last; id++) {
            if (id != self && table->rows[id].there &&
                model_key_equal(desc, &desc->indexes[i], row, &table->rows[id])) {
                return true;
            }
        }
    }
    return false;
}

static void world_write(struct world *w, enum table_id table, void *row,
                        const struct column *column, int64_t number)
{
    struct err e = {0};
    struct column_value value = {.type = column->type, .integer = number};
    struct bytes *bytes = NULL;
    if (column->type == COLUMN_TEXT) {
        value.integer = w->texts[number];
    } else if (column->type == COLUMN_BYTES) {
        bytes = model_bytes(number);
        value.bytes = bytes;
    }
    if (!table_write(w->state, row, table, column, &value, &e)) {
        fail_msg("%s", e.text);
    }
    free(bytes);
}

static void world_insert(struct world *w, size_t t)
{
    struct model_table *table = &w->now->tables[t];
    const struct table_desc *desc = tables_all[model_tables[t]];
    struct model_row row = {.there = true};
    _Alignas(8) char raw[512] = {0};
    for (size_t i = 0; i < desc->column_count; i++) {
        row.values[i] = model_random(w, desc, &desc->columns[i]);
    }
    if (table->last == IDS_MAX || model_clashes(table, desc, &row, 0)) {
        return;
    }
    for (size_t i = 0; i < desc->column_count; i++) {
        const struct column *column = &desc->columns[i];
        const int64_t value = column->type == COLUMN_TEXT ? w->texts[row.values[i]] : row.values[i];
        if (column->type != COLUMN_BYTES) {
            table_put(raw, column, value);
        }
    }
    void *inserted = table_insert(w->state, model_tables[t], raw);
    for (size_t i = 0; i < desc->column_count; i++) {
        if (desc->columns[i].type == COLUMN_BYTES) {
            world_write(w, model_tables[t], inserted, &desc->columns[i], row.values[i]);
        }
    }
    table->rows[++table->last] = row;
    assert_int_equal(*(uint32_t *)inserted, table->last);
}

static uint32_t world_pick(struct world *w, size_t t)
{
    const struct model_table *table = &w->now->tables[t];
    for (int tries = 0; tries < 8 && table->last > 0; tries++) {
        const uint32_t id = 1 + (uint32_t)rng_below(&w->rng, table->last);
        if (table->rows[id].there) {
            return id;
        }
    }
    return 0;
}

static void world_edit(struct world *w, size_t t, uint32_t id)
{
    struct model_table *table = &w->now->tables[t];
    const struct table_desc *desc = tables_all[model_tables[t]];
    void *row = table_edit(w->state, model_tables[t], id);
    for (int n = 0; n < 3; n++) {
        const size_t i = rng_below(&w->rng, desc->column_count);
        struct model_row changed = table->rows[id];
        changed.values[i] = model_random(w, desc, &desc->columns[i]);
        if (model_is_key(desc, &desc->columns[i]) && rng_below(&w->rng, 4) != 0) {
            continue;
        }
        if (!model_clashes(table, desc, &changed, id)) {
            world_write(w, model_tables[t], row, &desc->columns[i], changed.values[i]);
            table->rows[id] = changed;
        }
    }
}

static void world_check_row(struct world *w, size_t t, uint32_t id)
{
    const struct table_desc *desc = tables_all[model_tables[t]];
    const struct model_row *model = &w->now->tables[t].rows[id];
    const void *row = table_get(w->state, model_tables[t], id);
    assert_int_equal(row != NULL, model->there);
    for (size_t i = 0; row != NULL && i < desc->column_count; i++) {
        struct column_value value;
        table_read(row, &desc->columns[i], &value);
        int64_t number = value.integer;
        if (value.type == COLUMN_TEXT) {
            const char *text = state_get_text(w->state, (text_id)value.integer);
            number = model_text(text, strlen(text));
        } else if (value.type == COLUMN_BYTES) {
            number = value.bytes == NULL ? 0 : model_number(value.bytes->data, value.bytes->size);
        }
        assert_int_equal(number, model->values[i]);
    }
}

// Every row is found by each of its unique keys, and its list goes down over exactly its equals.
static void world_check_indexes(struct world *w, size_t t, uint32_t id)
{
    const struct table_desc *desc = tables_all[model_tables[t]];
    const struct model_table *table = &w->now->tables[t];
    for (size_t i = 0; i < desc->index_count; i++) {
        int64_t keys[INDEX_COLUMNS_MAX];
        for (size_t k = 0; k < desc->indexes[i].count; k++) {
            const size_t column = model_column(desc, desc->indexes[i].columns[k]);
            keys[k] = table->rows[id].values[column];
            keys[k] = desc->columns[column].type == COLUMN_TEXT ? w->texts[keys[k]] : keys[k];
        }
        if (desc->indexes[i].unique) {
            assert_int_equal(table_find(w->state, model_tables[t], i, keys), id);
            continue;
        }
        uint32_t at = table_list(w->state, model_tables[t], i, keys);
        if (desc->indexes[i].sparse && keys[0] == 0) {
            assert_int_equal(at, 0);
            continue;
        }
        for (uint32_t want = table->last; want > 0; want--) {
            if (table->rows[want].there &&
                model_key_equal(desc, &desc->indexes[i], &table->rows[id], &table->rows[want])) {
                assert_int_equal(at, want);
                at = table_list_next(w->state, model_tables[t], i, at);
            }
        }
        assert_int_equal(at, 0);
    }
}

static void world_check(struct world *w)
{
    for (size_t t = 0; t < MODEL_TABLES; t++) {
        const struct model_table *table = &w->now->tables[t];
        uint32_t count = 0;
        uint32_t seen = 0;
        assert_int_equal(table_last(w->state, model_tables[t]), table->last);
        for (uint32_t id = 1; id <= table->last; id++) {
            world_check_row(w, t, id);
            count += table->rows[id].there;
            if (table->rows[id].there && rng_below(&w->rng, 40) == 0) {
                world_check_indexes(w, t, id);
            }
        }
        assert_int_equal(table_count(w->state, model_tables[t]), count);
        for (uint32_t id = 0; (id = table_next(w->state, model_tables[t], id)) != 0;) {
            seen++;
        }
        assert_int_equal(seen, count);
    }
}

static void world_savepoint(struct world *w)
{
    if (w->saved_count < SAVEPOINTS) {
        w->marks[w->saved_count] = state_savepoint(w->state);
        *w->saved[w->saved_count++] = *w->now;
    }
}

static void world_rollback(struct world *w)
{
    if (w->saved_count > 0) {
        const size_t to = rng_below(&w->rng, w->saved_count);
        state_rollback(w->state, w->marks[to]);
        *w->now = *w->saved[to];
        w->saved_count = to + 1;
        w->rollbacks++;
    }
}

static void world_step(struct world *w)
{
    const size_t t = rng_below(&w->rng, MODEL_TABLES);
    const uint32_t id = world_pick(w, t);
    const uint64_t what = rng_below(&w->rng, 20);
    if (what < 6) {
        world_insert(w, t);
    } else if (what < 15 && id != 0) {
        world_edit(w, t, id);
    } else if (what < 16 && id != 0 &&
               (model_tables[t] == T_MEMORY || model_tables[t] == T_SCHEDULE)) {
        table_delete(w->state, model_tables[t], id);
        w->now->tables[t].rows[id].there = false;
    } else if (what == 17) {
        world_savepoint(w);
    } else if (what == 18) {
        world_rollback(w);
    }
}

static void world_let_go(struct world *w)
{
    for (size_t t = 0; t < MODEL_TABLES; t++) {
        struct model_table *table = &w->now->tables[t];
        const struct table_desc *desc = tables_all[model_tables[t]];
        for (uint32_t id = 1; id <= table->last; id++) {
            if (desc->leaves != NULL && table->rows[id].there &&
                desc->leaves(table_get(w->state, model_tables[t], id))) {
                table->rows[id].there = false;
            }
        }
    }
}

static void world_turn(struct world *w)
{
    *w->begin = *w->now;
    w->saved_count = 0;
    state_begin(w->state, (int64_t)w->turns);
    for (uint64_t n = 1 + rng_below(&w->rng, 30); n > 0; n--) {
        world_step(w);
    }
    w->turns++;
    if (rng_below(&w->rng, 4) == 0) {
        state_drop(w->state);
        *w->now = *w->begin;
        w->drops++;
        return;
    }
    world_let_go(w);
    state_keep(w->state, NULL);
}

static void world_store(struct world *w, struct batch *batch)
{
    struct batch_cursor cursor = {0};
    struct batch_row head;
    uint64_t before = 0;
    state_take_batch(w->state, batch);
    assert_int_equal(batch->number, ++w->batches);
    while (batch_next_row(batch, &cursor, &head)) {
        size_t t = 0;
        while (model_tables[t] != head.table) {
            t++;
        }
        const uint64_t place = (uint64_t)head.table << 32 | head.id;
        assert_true(place > before);  // In order, none twice.
        before = place;
        const struct table_desc *desc = tables_all[head.table];
        struct model_row *row = &w->stored->tables[t].rows[head.id];
        w->stored_last[t] = head.id > w->stored_last[t] ? head.id : w->stored_last[t];
        row->there = !head.deleted;
        for (size_t i = 0; !head.deleted && i < desc->column_count; i++) {
            struct value value = {0};
            batch_next_value(batch, &cursor, &value);
            row->values[i] = value.type == VALUE_INT    ? value.integer
                             : value.type == VALUE_NULL ? 0
                             : desc->columns[i].type == COLUMN_TEXT
                                 ? model_text(value.data, value.size)
                                 : model_number(value.data, value.size);
        }
    }
    batch_clear(batch);
}

static void world_reload(struct world *w)
{
    struct state *other = state_new();
    struct err e = {0};
    char text[COLUMNS_MAX][32];
    for (size_t t = 0; t < MODEL_TABLES; t++) {
        const struct table_desc *desc = tables_all[model_tables[t]];
        for (uint32_t id = 1; id <= IDS_MAX; id++) {
            const struct model_row *row = &w->stored->tables[t].rows[id];
            struct value values[COLUMNS_MAX] = {0};
            for (size_t i = 0; i < desc->column_count; i++) {
                const enum column_type type = desc->columns[i].type;
                const int64_t number = row->values[i];
                const int size = snprintf(text[i], sizeof(text[i]), "%s%lld",
                                          type == COLUMN_TEXT ? "t" : "", (long long)number);
                values[i] = (struct value){
                    .type = type == COLUMN_TEXT    ? VALUE_TEXT
                            : type != COLUMN_BYTES ? VALUE_INT
                            : number == 0          ? VALUE_NULL
                                                   : VALUE_BLOB,
                    .integer = number,
                    .data = text[i],
                    .size = type == COLUMN_TEXT && number == 0 ? 0 : (size_t)size,
                };
            }
            if (row->there &&
                !state_load_row(other, model_tables[t], id, values, desc->column_count, &e)) {
                fail_msg("%s", e.text);
            }
        }
        state_load_last(other, model_tables[t], w->stored_last[t]);
        assert_int_equal(table_last(other, model_tables[t]), w->now->tables[t].last);
        assert_int_equal(table_count(other, model_tables[t]),
                         table_count(w->state, model_tables[t]));
    }
    char here[65];
    char there[65];
    state_hash(w->state, here);
    state_hash(other, there);
    assert_string_equal(here, there);
    // The loaded state goes on like the first one: its indexes are complete.
    struct state *first = w->state;
    w->state = other;
    for (int i = 0; i < TEXTS; i++) {
        snprintf(text[0], sizeof(text[0]), "t%d", i);
        w->texts[i] = i == 0 ? 0 : state_text(other, text[0], strlen(text[0]));
    }
    world_check(w);
    w->state = first;
    state_free(other);
}

static void run_world(uint64_t seed)
{
    struct world *w = calloc(1, sizeof(*w));
    struct batch *batch = batch_new();
    char text[32];
    w->state = state_new();
    w->now = calloc(1, sizeof(*w->now));
    w->begin = calloc(1, sizeof(*w->begin));
    w->stored = calloc(1, sizeof(*w->stored));
    for (size_t i = 0; i < SAVEPOINTS; i++) {
        w->saved[i] = calloc(1, sizeof(*w->saved[i]));
    }
    for (int i = 1; i < TEXTS; i++) {
        snprintf(text, sizeof(text), "t%d", i);
        w->texts[i] = state_text(w->state, text, strlen(text));
    }
    rng_init(&w->rng, seed, 1, 0);
    for (int turn = 0; turn < 1200; turn++) {
        world_turn(w);
        if (rng_below(&w->rng, 12) == 0) {
            world_check(w);
        }
        if (rng_below(&w->rng, 9) == 0) {
            world_store(w, batch);
        }
    }
    world_store(w, batch);
    world_check(w);
    world_reload(w);
    assert_true(w->drops > 50);
    assert_true(w->rollbacks > 50);
    for (size_t i = 0; i < SAVEPOINTS; i++) {
        free(w->saved[i]);
    }
    free(w->stored);
    free(w->begin);
    free(w->now);
    state_free(w->state);
    batch_free(batch);
    free(w);
}

static void test_random_turns(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        run_world(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_turns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
