// Turns: begin, savepoints, keep or drop, and what else belongs to the state as a whole. Rows are
// in state_rows.c, indexes in state_index.c, packing and loading in state_batch.c, printing and the
// state hash in state_print.c.
//
// The first touch of a row since the last savepoint copies it to the undo log; undoing copies the
// log back from its end. No clock, no chance, no I/O.

#include "core/state.h"

#include <stdlib.h>
#include <string.h>

#include "core/state_internal.h"

#define STATE_ARENA_BLOCK ((size_t)64 * 1024)
// What a turn needed more of is given back after it.
#define STATE_UNDO_KEEP ((size_t)256 << 10)
#define STATE_RETIRED_KEEP 256

// An id must fit every column that refers to its table.
static uint32_t state_id_max(const struct table_desc *desc)
{
    for (size_t table = 0; table < T_COUNT; table++) {
        const struct table_desc *other = tables_all[table];
        for (size_t i = 0; i < other->column_count; i++) {
            const struct column *column = &other->columns[i];
            if (column->type == COLUMN_U16 && strcmp(column->of, desc->name) == 0) {
                return UINT16_MAX;
            }
        }
    }
    return STATE_ID_MAX;
}

static void state_init_table(struct state_table *t, const struct table_desc *desc)
{
    t->desc = desc;
    t->row_size = (uint32_t)desc->row_size;
    for (size_t i = 0; i < desc->column_count; i++) {
        const struct column *column = &desc->columns[i];
        t->has_bytes |= column->type == COLUMN_BYTES;
        // Bits stand in the byte behind the id, and hold all that the column may be.
        if (column->type == COLUMN_U2 || column->type == COLUMN_U1) {
            CHECK(column->offset / 8 == sizeof(uint32_t));
            CHECK(state_column_fits(column, column->type == COLUMN_U2 ? 2 : 1));
            CHECK(!state_column_fits(column, column->type == COLUMN_U2 ? 4 : 2));
        }
    }
    t->id_max = state_id_max(desc);
    state_index_init(t);
    // Rows leave memory one by one, and a list can't lose one from its middle.
    CHECK(desc->leaves == NULL || t->list_count == 0);
}

struct state *state_new(void)
{
    struct state *state = xcalloc(1, sizeof(*state));
    state->texts = text_pool_new();
    arena_init(&state->arena, STATE_ARENA_BLOCK);
    buf_init(&state->journal, BATCH_BYTES_MAX);
    state->batch_number = 1;
    for (size_t i = 0; i < T_COUNT; i++) {
        state_init_table(&state->tables[i], tables_all[i]);
    }
    return state;
}

static void state_free_table(struct state_table *t)
{
    for (uint32_t i = 0; i < t->chunk_count; i++) {
        // The BYTES of rows that aren't there are NULL, those of leaving rows aren't.
        struct state_chunk *chunk = t->chunks[i];
        for (uint32_t slot = 0; chunk != NULL && t->has_bytes && slot < chunk->slots; slot++) {
            state_free_bytes(t, (char *)(chunk + 1) + (size_t)slot * t->row_size);
        }
        free(chunk);
    }
    free(t->chunks);
    free(t->dirty);
    state_index_deinit(t);
}

void state_free(struct state *state)
{
    if (state == NULL) {
        return;
    }
    if (state->in_turn) {
        state_drop(state);
    }
    for (size_t i = 0; i < T_COUNT; i++) {
        state_free_table(&state->tables[i]);
    }
    buf_deinit(&state->journal);
    free(state->wakes);
    free(state->savepoints);
    free(state->retired);
    free(state->replaced.items);
    free(state->fresh.items);
    free(state->undo);
    arena_deinit(&state->arena);
    text_pool_free(state->texts);
    free(state);
}

struct text_pool *state_texts(struct state *state)
{
    return state->texts;
}

text_id state_text(struct state *state, const char *text, size_t size)
{
    return text_intern(state->texts, text, size);
}

const char *state_get_text(const struct state *state, text_id id)
{
    return text_get(state->texts, id);
}

// Starts a stretch in which every first touch of a row is copied: what the log holds of the stretch
// before are the rows that were open in it.
static void state_next_section(struct state *state)
{
    for (size_t at = state->undo_size; at > state->section_at;) {
        struct state_undo undo;
        at -= sizeof(undo);
        memcpy(&undo, state->undo + at, sizeof(undo));
        const struct state_table *t = &state->tables[undo.table];
        at -= undo.kind == UNDO_INSERT ? 0 : state_padded(t->row_size);
        *state_word(state_chunk_of(t, undo.id)->open, undo.id) &= ~state_bit(undo.id);
    }
    state->section_at = state->undo_size;
}

static size_t state_push_savepoint(struct state *state)
{
    if (state->savepoint_count == state->savepoint_capacity) {
        CHECK(state->savepoint_count < STATE_SAVEPOINTS_MAX);
        state->savepoint_capacity =
            state->savepoint_capacity == 0 ? 16 : state->savepoint_capacity * 2;
        state->savepoints =
            xrealloc(state->savepoints, state->savepoint_capacity * sizeof(*state->savepoints));
    }
    state->savepoints[state->savepoint_count] = (struct state_savepoint){
        .undo_size = state->undo_size,
        .fresh = state->fresh.count,
        .replaced = state->replaced.count,
        .wake_tail = state->wake_tail,
        .retired = state->retired_count,
    };
    state_next_section(state);
    return state->savepoint_count++;
}

void state_begin(struct state *state, int64_t at_ms)
{
    CHECK(!state->in_turn);
    CHECK(state->undo_size == 0);
    CHECK(state->savepoint_count == 0);
    state->in_turn = true;
    state->turn++;
    state->at_ms = at_ms > state->kept_at_ms ? at_ms : state->kept_at_ms;
    state_push_savepoint(state);
}

int64_t state_now(const struct state *state)
{
    return state->at_ms;
}

uint64_t state_turn(const struct state *state)
{
    return state->turn;
}

struct arena *state_arena(struct state *state)
{
    return &state->arena;
}

bool state_in_turn(const struct state *state)
{
    return state->in_turn;
}

size_t state_savepoint(struct state *state)
{
    CHECK(state->in_turn);
    return state_push_savepoint(state);
}

static void state_undo_wakes(struct state *state, size_t tail)
{
    state->wake_tail = tail > state->wake_head ? tail : state->wake_head;
}

void state_rollback(struct state *state, size_t savepoint)
{
    CHECK(state->in_turn);
    CHECK(savepoint > 0);
    CHECK(savepoint < state->savepoint_count);
    const struct state_savepoint *mark = &state->savepoints[savepoint];
    state_undo_to(state, mark);
    state_undo_wakes(state, mark->wake_tail);
    state->retired_count = mark->retired;
    // The savepoint stays: what follows can be rolled back to it again.
    state->savepoint_count = (uint32_t)savepoint + 1;
    state_next_section(state);
}

static void state_end_turn(struct state *state)
{
    CHECK(state->undo_size == 0);
    state->section_at = 0;
    state->in_turn = false;
    state->rekeyed = false;
    state->savepoint_count = 0;
    if (state->undo_capacity > STATE_UNDO_KEEP) {
        free(state->undo);
        state->undo = NULL;
        state->undo_capacity = 0;
    }
    if (state->retired_capacity > STATE_RETIRED_KEEP) {
        free(state->retired);
        state->retired = NULL;
        state->retired_capacity = 0;
    }
    arena_reset(&state->arena);
}

// The row is gone for every later turn; only its columns wait for the batch.
static void state_let_go(struct state_table *t, void *row)
{
    const uint32_t id = *(uint32_t *)row;
    struct state_chunk *chunk = state_chunk_of(t, id);
    state_index_remove(t, row);
    *(uint32_t *)row = 0;
    *state_word(chunk->leaving, id) |= state_bit(id);
    chunk->live--;
    t->count--;
}

// Walks the rows the turn touched, each at least once.
static void state_close_rows(struct state *state)
{
    size_t at = state->undo_size;
    while (at > 0) {
        struct state_undo undo;
        at -= sizeof(undo);
        memcpy(&undo, state->undo + at, sizeof(undo));
        struct state_table *t = &state->tables[undo.table];
        at -= undo.kind == UNDO_INSERT ? 0 : state_padded(t->row_size);
        *state_word(state_chunk_of(t, undo.id)->open, undo.id) &= ~state_bit(undo.id);
        void *row = state_row(t, undo.id);
        if (row == NULL) {
            continue;
        }
        // Nobody but table_rekey may change an indexed column: a lookup would miss the row for
        // ever.
        CHECK(undo.kind == UNDO_INSERT || state->rekeyed ||
              state_index_same(t, row, state->undo + at));
        if (t->desc->leaves != NULL && t->desc->leaves(row)) {
            state_let_go(t, row);
        }
    }
}

// Lists the turn retired: their rows leave like others, after one last writing.
static void state_close_retired(struct state *state)
{
    for (size_t i = 0; i < state->retired_count; i++) {
        const struct state_retired *retired = &state->retired[i];
        struct state_table *t = state_table_of(state, retired->table);
        uint32_t id;
        if (retired->index == RETIRED_ROW) {
            id = (uint32_t)retired->keys[0];
            if (state_row(t, id) != NULL) {
                state_mark_dirty(t, state_chunk_of(t, id), id);
                state_let_go(t, state_row(t, id));
            }
            continue;
        }
        while ((id = table_list(state, retired->table, retired->index, retired->keys)) != 0) {
            state_mark_dirty(t, state_chunk_of(t, id), id);
            state_let_go(t, state_row(t, id));
        }
    }
    state->retired_count = 0;
}

static struct state_retired *retire(struct state *state, enum table_id table, uint32_t index)
{
    CHECK(state->in_turn);
    if (state->retired_count == state->retired_capacity) {
        state->retired_capacity = state->retired_capacity == 0 ? 16 : state->retired_capacity * 2;
        state->retired =
            xrealloc(state->retired, state->retired_capacity * sizeof(*state->retired));
    }
    struct state_retired *retired = &state->retired[state->retired_count++];
    *retired = (struct state_retired){.table = table, .index = index};
    return retired;
}

void table_retire(struct state *state, enum table_id table, uint32_t id)
{
    retire(state, table, RETIRED_ROW)->keys[0] = id;
}

void table_retire_list(struct state *state, enum table_id table, size_t index, const int64_t *keys)
{
    CHECK(index < tables_all[table]->index_count && !tables_all[table]->indexes[index].unique);
    struct state_retired *retired = retire(state, table, (uint32_t)index);
    memcpy(retired->keys, keys, tables_all[table]->indexes[index].count * sizeof(*keys));
}

static void state_put_entry(struct state *state, const struct buf *entry)
{
    CHECK(!entry->overflow);
    CHECK(entry->size <= UINT32_MAX);
    const uint32_t size = (uint32_t)entry->size;
    const uint8_t head[4] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16),
                             (uint8_t)(size >> 24)};
    char *to = buf_reserve(&state->journal, sizeof(head) + size);
    CHECK(to != NULL);  // Batches are taken long before BATCH_BYTES_MAX.
    memcpy(to, head, sizeof(head));
    memcpy(to + sizeof(head), entry->data, size);
    state->batch_entries++;
}

void state_keep(struct state *state, const struct buf *entry)
{
    CHECK(state->in_turn);
    state_close_rows(state);
    state_close_retired(state);
    for (size_t i = 0; i < state->replaced.count; i++) {
        free(state->replaced.items[i]);
    }
    state->replaced.count = 0;
    state->fresh.count = 0;
    state->undo_size = 0;
    if (state->batch_turns == 0) {
        state->batch_first_turn = state->turn;
        state->batch_first_at_ms = state->at_ms;
    }
    state->batch_turns++;
    if (entry != NULL && entry->size > 0) {
        state_put_entry(state, entry);
    }
    state->kept_at_ms = state->at_ms;
    state_end_turn(state);
}

void state_drop(struct state *state)
{
    CHECK(state->in_turn);
    const struct state_savepoint *mark = &state->savepoints[0];
    state_undo_to(state, mark);
    state_undo_wakes(state, mark->wake_tail);
    state->retired_count = mark->retired;
    state->turn--;
    state->at_ms = state->kept_at_ms;
    state_end_turn(state);
}

void state_wake(struct state *state, uint32_t scene)
{
    CHECK(scene != 0);
    for (size_t i = state->wake_head; i < state->wake_tail; i++) {
        if (state->wakes[i] == scene) {
            return;
        }
    }
    if (state->wake_tail == state->wake_capacity) {
        state->wake_capacity = state->wake_capacity == 0 ? 64 : state->wake_capacity * 2;
        state->wakes = xrealloc(state->wakes, state->wake_capacity * sizeof(*state->wakes));
    }
    state->wakes[state->wake_tail++] = scene;
}

bool state_next_wake(struct state *state, uint32_t *scene)
{
    if (state->wake_head == state->wake_tail) {
        return false;
    }
    *scene = state->wakes[state->wake_head++];
    // Inside a turn savepoints hold positions of the queue, so it may not move.
    if (!state->in_turn && state->wake_head == state->wake_tail) {
        state->wake_head = 0;
        state->wake_tail = 0;
    }
    return true;
}

size_t state_memory(const struct state *state)
{
    size_t bytes = sizeof(*state) + text_pool_memory(state->texts) + state->undo_capacity +
                   state->journal.capacity + state->wake_capacity * sizeof(*state->wakes) +
                   state->retired_capacity * sizeof(*state->retired) +
                   state->savepoint_capacity * sizeof(*state->savepoints) +
                   (state->fresh.capacity + state->replaced.capacity) * sizeof(struct bytes *);
    for (size_t i = 0; i < T_COUNT; i++) {
        bytes += table_memory(state, (enum table_id)i);
    }
    return bytes;
}
