// What good turns touched, packed for the storage thread; and the way back: rows as stored.

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "core/state_internal.h"

#define STATE_JOURNAL_KEEP ((size_t)256 * 1024)  // A larger buffer is given back with its batch.

size_t state_batch_turns(const struct state *state)
{
    return state->batch_turns;
}

size_t state_batch_bytes(const struct state *state)
{
    return state->journal.size;
}

uint64_t state_batch_number(const struct state *state)
{
    return state->batch_number;
}

static void batch_pack_text(const struct state *state, text_id id, struct batch *batch)
{
    batch_put_bytes(batch, VALUE_TEXT, text_get(state->texts, id), text_size(state->texts, id));
}

static void batch_pack_bytes(const struct bytes *bytes, enum column_role role, struct batch *batch)
{
    if (bytes == NULL) {
        batch_put_null(batch);
        return;
    }
    batch_put_bytes(batch, role == ROLE_JSON ? VALUE_TEXT : VALUE_BLOB, bytes->data, bytes->size);
}

static void batch_pack_row(const struct state *state, const struct table_desc *desc,
                           const void *row, struct batch *batch)
{
    const struct column *end = desc->columns + desc->column_count;
    for (const struct column *column = desc->columns; column < end; column++) {
        const char *at = (const char *)row + column->offset;
        if (column->type == COLUMN_TEXT) {
            batch_pack_text(state, *(const text_id *)at, batch);
        } else if (column->type == COLUMN_BYTES) {
            batch_pack_bytes(*(struct bytes *const *)at, column->role, batch);
        } else {
            batch_put_int(batch, state_column_int(row, column->offset, (uint8_t)column->type));
        }
    }
}

static void batch_pack_id(struct state *state, struct state_table *t, uint32_t id,
                          struct batch *batch)
{
    const uint16_t table = (uint16_t)(t - state->tables);
    struct state_chunk *chunk = state_chunk_of(t, id);
    uint64_t *leaving = state_word(chunk->leaving, id);
    const uint64_t bit = state_bit(id);
    void *row = state_place(t, chunk, id);
    if (*(uint32_t *)row != 0) {
        batch_begin_row(batch, table, id, false);
        batch_pack_row(state, t->desc, row, batch);
    } else if (*leaving & bit) {
        batch_begin_row(batch, table, id, false);
        batch_pack_row(state, t->desc, row, batch);
        state_free_bytes(t, row);
        memset(row, 0, t->row_size);
        *leaving &= ~bit;
    } else if (id <= t->stored_last || id == t->last) {
        // Deleted, or inserted in a turn that was undone. The store must hear of a deletion if it
        // may have the row, and also if the id is the highest: it would be given again after a
        // restart.
        batch_begin_row(batch, table, id, true);
    }
}

static int batch_compare_chunks(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a;
    const uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void batch_pack_table(struct state *state, struct state_table *t, struct batch *batch)
{
    qsort(t->dirty, t->dirty_count, sizeof(*t->dirty), batch_compare_chunks);
    for (uint32_t i = 0; i < t->dirty_count; i++) {
        const uint32_t number = t->dirty[i];
        struct state_chunk *chunk = t->chunks[number];
        for (uint32_t word = 0; word < STATE_CHUNK_ROWS / 64; word++) {
            uint64_t bits = chunk->dirty[word];
            chunk->dirty[word] = 0;
            for (; bits != 0; bits &= bits - 1) {
                const uint32_t bit = word * 64 + (uint32_t)__builtin_ctzll(bits);
                batch_pack_id(state, t, number * STATE_CHUNK_ROWS + bit, batch);
            }
        }
        chunk->in_dirty = false;
        // The chunk of the next id stays: it would be made again at once.
        if (chunk->live == 0 && number != (t->last + 1) / STATE_CHUNK_ROWS) {
            free(chunk);
            t->chunks[number] = NULL;
        } else {
            state_pack_chunk(t, number);
        }
    }
    t->dirty_count = 0;
    t->stored_last = t->last;
}

void state_take_batch(struct state *state, struct batch *batch)
{
    CHECK(!state->in_turn);
    CHECK(batch->row_count == 0);
    CHECK(batch->journal.size == 0);
    // The journal numbers its entries by counting them.
    CHECK(state->batch_entries == 0 || state->batch_entries == state->batch_turns);
    batch->number = state->batch_number++;
    batch->first_turn = state->batch_entries == 0 ? 0 : state->batch_first_turn;
    batch->last_turn = state->batch_entries == 0 ? 0 : state->turn;
    batch->first_at_ms = state->batch_turns == 0 ? state->kept_at_ms : state->batch_first_at_ms;
    batch->last_at_ms = state->kept_at_ms;
    for (size_t i = 0; i < T_COUNT; i++) {
        if (state->tables[i].dirty_count > 0) {
            batch_pack_table(state, &state->tables[i], batch);
        }
    }
    CHECK(!batch->rows.overflow);
    // The two buffers change places, so neither is copied nor allocated again.
    const struct buf entries = state->journal;
    state->journal = batch->journal;
    batch->journal = entries;
    if (state->journal.capacity > STATE_JOURNAL_KEEP) {
        buf_deinit(&state->journal);
        buf_init(&state->journal, BATCH_BYTES_MAX);
    }
    state->batch_turns = 0;
    state->batch_entries = 0;
}

static bool load_value(struct state *state, void *row, const struct column *column,
                       const struct value *value, struct err *e)
{
    char *at = (char *)row + column->offset;
    if (column->type == COLUMN_BYTES) {
        if (value->type == VALUE_NULL) {
            return true;
        }
        if (value->type == VALUE_INT || value->size > UINT32_MAX) {
            return err_set(e, ERR_CORRUPT, "%s: bytes expected", column->name);
        }
        if (value->size > 0) {
            struct bytes *bytes = xmalloc(sizeof(*bytes) + value->size);
            bytes->size = (uint32_t)value->size;
            memcpy(bytes->data, value->data, value->size);
            *(struct bytes **)at = bytes;
        }
        return true;
    }
    if (column->type == COLUMN_TEXT) {
        if (value->type != VALUE_TEXT || !utf8_valid(value->data, value->size)) {
            return err_set(e, ERR_CORRUPT, "%s: text in UTF-8 expected", column->name);
        }
        *(text_id *)at = text_intern(state->texts, value->data, value->size);
        return true;
    }
    if (value->type != VALUE_INT || !state_column_fits(column, value->integer)) {
        return err_set(e, ERR_CORRUPT, "%s: a number of its range expected", column->name);
    }
    table_put(row, column, value->integer);
    return true;
}

static void load_undo(struct state_table *t, void *row)
{
    state_free_bytes(t, row);
    memset(row, 0, t->row_size);
}

bool state_load_row(struct state *state, enum table_id table, uint32_t id,
                    const struct value *values, size_t count, struct err *e)
{
    CHECK(!state->in_turn);
    struct state_table *t = state_table_of(state, table);
    if (id == 0 || id > t->id_max || state_row(t, id) != NULL) {
        return err_set(e, ERR_CORRUPT, "%s: row %u can't be", t->desc->name, id);
    }
    if (count != t->desc->column_count) {
        return err_set(e, ERR_CORRUPT, "%s: row %u has %zu columns, not %zu", t->desc->name, id,
                       count, t->desc->column_count);
    }
    struct state_chunk *chunk = state_need_chunk(t, id);
    void *row = state_place(t, chunk, id);
    for (size_t i = 0; i < count; i++) {
        if (!load_value(state, row, &t->desc->columns[i], &values[i], e)) {
            load_undo(t, row);
            return err_add(e, "%s %u", t->desc->name, id);
        }
    }
    if (t->desc->leaves != NULL && t->desc->leaves(row)) {
        load_undo(t, row);
        state_load_last(state, table, id);
        return true;
    }
    *(uint32_t *)row = id;
    const int clash = state_index_clash(t, row);
    if (clash >= 0) {
        load_undo(t, row);
        return err_set(e, ERR_CORRUPT, "%s: row %u is there twice (%s)", t->desc->name, id,
                       t->desc->indexes[clash].name);
    }
    state_index_add(t, row);
    state_load_last(state, table, id);
    chunk->live++;
    t->count++;
    return true;
}

void state_load_last(struct state *state, enum table_id table, uint32_t last_id)
{
    struct state_table *t = state_table_of(state, table);
    t->last = last_id > t->last ? last_id : t->last;
    t->stored_last = t->last;
}

void state_load_head(struct state *state, uint64_t last_turn, uint64_t last_batch,
                     int64_t last_at_ms)
{
    CHECK(!state->in_turn);
    CHECK(state->batch_turns == 0);
    for (size_t i = 0; i < T_COUNT; i++) {
        struct state_table *t = &state->tables[i];
        for (uint32_t number = 0; number < t->chunk_count; number++) {
            if (t->chunks[number] != NULL) {
                state_pack_chunk(t, number);
            }
        }
    }
    state->turn = last_turn;
    state->batch_number = last_batch + 1;
    state->at_ms = last_at_ms;
    state->kept_at_ms = last_at_ms;
}
