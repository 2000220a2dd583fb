// Rows: inserting, editing, deleting, undoing, and access by column.

#include <stdlib.h>
#include <string.h>

#include "core/state_internal.h"

// The chunk in which this id lies, made if it isn't there.
struct state_chunk *state_need_chunk(struct state_table *t, uint32_t id)
{
    const uint32_t number = id / STATE_CHUNK_ROWS;
    if (number >= t->chunk_count) {
        uint32_t count = t->chunk_count == 0 ? 4 : t->chunk_count * 2;
        count = count > number ? count : number + 1;
        t->chunks = xrealloc(t->chunks, count * sizeof(*t->chunks));
        memset(t->chunks + t->chunk_count, 0, (count - t->chunk_count) * sizeof(*t->chunks));
        t->chunk_count = count;
    }
    if (t->chunks[number] == NULL) {
        t->chunks[number] = xcalloc(1, state_chunk_size(t, STATE_CHUNK_ROWS));
        t->chunks[number]->slots = STATE_CHUNK_ROWS;
    }
    return t->chunks[number];
}

void state_pack_chunk(struct state_table *t, uint32_t number)
{
    struct state_chunk *old = t->chunks[number];
    // New rows and nothing to gain: the chunk of the next id, and one that is half full.
    if (number >= (t->last + 1) / STATE_CHUNK_ROWS || old->live > old->slots / 2) {
        return;
    }
    struct state_chunk *chunk = xcalloc(1, state_chunk_size(t, old->live));
    chunk->live = old->live;
    chunk->slots = (uint16_t)old->live;
    const uint32_t first = number * STATE_CHUNK_ROWS;
    for (uint32_t id = first; id < first + STATE_CHUNK_ROWS; id++) {
        CHECK((*state_word(old->dirty, id) & state_bit(id)) == 0);
        CHECK((*state_word(old->leaving, id) & state_bit(id)) == 0);
        const void *row = state_row(t, id);
        if (row == NULL) {
            continue;
        }
        *state_word(chunk->kept, id) |= state_bit(id);
        memcpy(state_place(t, chunk, id), row, t->row_size);
        for (uint32_t list = 0; list < t->list_count; list++) {
            *state_link_of(t, chunk, list, id) = *state_link_of(t, old, list, id);
        }
    }
    free(old);
    t->chunks[number] = chunk;
}

void state_mark_dirty(struct state_table *t, struct state_chunk *chunk, uint32_t id)
{
    *state_word(chunk->dirty, id) |= state_bit(id);
    if (chunk->in_dirty) {
        return;
    }
    if (t->dirty_count == t->dirty_capacity) {
        t->dirty_capacity = t->dirty_capacity == 0 ? 16 : t->dirty_capacity * 2;
        t->dirty = xrealloc(t->dirty, t->dirty_capacity * sizeof(*t->dirty));
    }
    t->dirty[t->dirty_count++] = id / STATE_CHUNK_ROWS;
    chunk->in_dirty = true;
}

void state_log(struct state *state, struct state_table *t, uint32_t id, const void *row,
               enum state_undo_kind kind)
{
    const struct state_undo undo = {
        .id = id,
        .table = (uint16_t)(t - state->tables),
        .kind = (uint8_t)kind,
    };
    const size_t row_size = row == NULL ? 0 : state_padded(t->row_size);
    if (state->undo_capacity - state->undo_size < row_size + sizeof(undo)) {
        state->undo_capacity = state->undo_capacity == 0 ? 16384 : state->undo_capacity * 2;
        CHECK(state->undo_capacity - state->undo_size >= row_size + sizeof(undo));
        state->undo = xrealloc(state->undo, state->undo_capacity);
    }
    char *to = state->undo + state->undo_size;
    if (row != NULL) {
        memcpy(to, row, t->row_size);
    }
    memcpy(to + row_size, &undo, sizeof(undo));
    state->undo_size += row_size + sizeof(undo);
}

void state_push_pointer(struct state_pointers *pointers, struct bytes *bytes)
{
    if (pointers->count == pointers->capacity) {
        pointers->capacity = pointers->capacity == 0 ? 64 : pointers->capacity * 2;
        pointers->items = xrealloc(pointers->items, pointers->capacity * sizeof(*pointers->items));
    }
    pointers->items[pointers->count++] = bytes;
}

void state_free_bytes(const struct state_table *t, void *row)
{
    for (size_t i = 0; t->has_bytes && i < t->desc->column_count; i++) {
        if (t->desc->columns[i].type == COLUMN_BYTES) {
            free(*(struct bytes **)((char *)row + t->desc->columns[i].offset));
        }
    }
}

static void undo_insert(struct state_table *t, uint32_t id)
{
    struct state_chunk *chunk = state_chunk_of(t, id);
    void *row = state_row(t, id);
    CHECK(row != NULL);
    CHECK(id == t->last);  // Undone from the end, so ids are given again in the same order.
    state_index_remove(t, row);
    memset(row, 0, t->row_size);
    chunk->live--;
    t->count--;
    t->last--;
}

static void undo_delete(struct state_table *t, uint32_t id, const void *old)
{
    struct state_chunk *chunk = state_chunk_of(t, id);
    CHECK(state_row(t, id) == NULL);
    void *row = state_place(t, chunk, id);
    memcpy(row, old, t->row_size);
    state_index_add(t, row);
    chunk->live++;
    t->count++;
}

static void undo_edit(struct state *state, struct state_table *t, uint32_t id, const void *old)
{
    void *row = state_row(t, id);
    CHECK(row != NULL);
    const bool moved = state->rekeyed && !state_index_same(t, row, old);
    if (moved) {
        state_index_remove(t, row);
    }
    memcpy(row, old, t->row_size);
    if (moved) {
        state_index_add(t, row);
    }
}

void state_undo_to(struct state *state, const struct state_savepoint *savepoint)
{
    while (state->undo_size > savepoint->undo_size) {
        struct state_undo undo;
        state->undo_size -= sizeof(undo);
        memcpy(&undo, state->undo + state->undo_size, sizeof(undo));
        struct state_table *t = &state->tables[undo.table];
        *state_word(state_chunk_of(t, undo.id)->open, undo.id) &= ~state_bit(undo.id);
        t->changes++;
        if (undo.kind == UNDO_INSERT) {
            undo_insert(t, undo.id);
            continue;
        }
        state->undo_size -= state_padded(t->row_size);
        const void *old = state->undo + state->undo_size;
        if (undo.kind == UNDO_DELETE) {
            undo_delete(t, undo.id, old);
        } else {
            undo_edit(state, t, undo.id, old);
        }
    }
    CHECK(state->undo_size == savepoint->undo_size);
    while (state->fresh.count > savepoint->fresh) {
        free(state->fresh.items[--state->fresh.count]);
    }
    state->replaced.count = savepoint->replaced;
}

static void put_bits(void *row, uint16_t offset, uint32_t mask, int64_t value)
{
    uint8_t *at = (uint8_t *)row + offset / 8;
    *at = (uint8_t)((*at & ~(mask << offset % 8)) | ((uint32_t)value & mask) << offset % 8);
}

void table_put(void *row, const struct column *column, int64_t value)
{
    char *at = (char *)row + column->offset;
    switch (column->type) {
    case COLUMN_I64:
        *(int64_t *)at = value;
        return;
    case COLUMN_I48:
        memcpy(at, &value, 6);  // The low bytes: this machine's order, as in the bit-field.
        return;
    case COLUMN_I32:
        *(int32_t *)at = (int32_t)value;
        return;
    case COLUMN_I24:
        memcpy(at, &value, 3);
        return;
    case COLUMN_U16:
        *(uint16_t *)at = (uint16_t)value;
        return;
    case COLUMN_U8:
        *(uint8_t *)at = (uint8_t)value;
        return;
    case COLUMN_U2:
        put_bits(row, column->offset, 3, value);
        return;
    case COLUMN_U1:
        put_bits(row, column->offset, 1, value);
        return;
    case COLUMN_TEXT:
        *(text_id *)at = (text_id)value;
        return;
    case COLUMN_BYTES:
        break;
    }
    CHECK(false);  // Bytes are no integer.
}

void *table_insert(struct state *state, enum table_id table, const void *row)
{
    CHECK(state->in_turn);
    struct state_table *t = state_table_of(state, table);
    CHECK(t->last < t->id_max);
    const uint32_t id = t->last + 1;
    struct state_chunk *chunk = state_need_chunk(t, id);
    void *place = state_place(t, chunk, id);
    memcpy(place, row, t->row_size);
    *(uint32_t *)place = id;
    for (size_t i = 0; t->has_bytes && i < t->desc->column_count; i++) {
        const struct column *column = &t->desc->columns[i];
        // A copied pointer would have two owners: use table_set_bytes on the new row.
        CHECK(column->type != COLUMN_BYTES ||
              *(struct bytes **)((char *)place + column->offset) == NULL);
    }
    CHECK(state_index_clash(t, place) < 0);
    state_index_add(t, place);
    *state_word(chunk->open, id) |= state_bit(id);
    state_log(state, t, id, NULL, UNDO_INSERT);
    state_mark_dirty(t, chunk, id);
    chunk->live++;
    t->count++;
    t->changes++;
    t->last = id;
    return place;
}

const void *table_get(const struct state *state, enum table_id table, uint32_t id)
{
    return state_row(state_table_of(state, table), id);
}

void table_prefetch(const struct state *state, enum table_id table, uint32_t id)
{
    const struct state_table *t = state_table_of(state, table);
    struct state_chunk *chunk = state_chunk_of(t, id);
    if (chunk != NULL) {
        __builtin_prefetch(state_place(t, chunk, id));
    }
}

void *table_edit(struct state *state, enum table_id table, uint32_t id)
{
    CHECK(state->in_turn);
    struct state_table *t = state_table_of(state, table);
    void *row = state_row(t, id);
    CHECK(row != NULL);
    struct state_chunk *chunk = state_chunk_of(t, id);
    uint64_t *open = state_word(chunk->open, id);
    t->changes++;
    if ((*open & state_bit(id)) == 0) {
        *open |= state_bit(id);
        state_log(state, t, id, row, UNDO_EDIT);
        state_mark_dirty(t, chunk, id);
    }
    return row;
}

void table_delete(struct state *state, enum table_id table, uint32_t id)
{
    CHECK(state->in_turn);
    struct state_table *t = state_table_of(state, table);
    CHECK(t->list_count == 0);
    void *row = state_row(t, id);
    CHECK(row != NULL);
    struct state_chunk *chunk = state_chunk_of(t, id);
    state_log(state, t, id, row, UNDO_DELETE);
    state_mark_dirty(t, chunk, id);
    for (size_t i = 0; t->has_bytes && i < t->desc->column_count; i++) {
        if (t->desc->columns[i].type == COLUMN_BYTES) {
            struct bytes *old = *(struct bytes **)((char *)row + t->desc->columns[i].offset);
            if (old != NULL) {
                state_push_pointer(&state->replaced, old);
            }
        }
    }
    state_index_remove(t, row);
    memset(row, 0, t->row_size);
    chunk->live--;
    t->count--;
    t->changes++;
}

void table_set_bytes(struct state *state, struct bytes **column, const void *data, size_t size)
{
    CHECK(state->in_turn);
    CHECK(size <= UINT32_MAX);
    if (*column != NULL) {
        state_push_pointer(&state->replaced, *column);
        *column = NULL;
    }
    if (size > 0) {
        struct bytes *bytes = xmalloc(sizeof(*bytes) + size);
        bytes->size = (uint32_t)size;
        memcpy(bytes->data, data, size);
        state_push_pointer(&state->fresh, bytes);
        *column = bytes;
    }
}

// Changes an indexed column of a row that is open for editing. false: another row has the key.
static bool row_rekey(struct state *state, struct state_table *t, void *row,
                      const struct column *column, int64_t value)
{
    const int64_t old = state_column_int(row, column->offset, (uint8_t)column->type);
    if (old == value) {
        return true;
    }
    state_index_remove(t, row);
    table_put(row, column, value);
    const bool clash = state_index_clash(t, row) >= 0;
    if (clash) {
        table_put(row, column, old);
    }
    state_index_add(t, row);
    state->rekeyed = true;
    return !clash;
}

void table_rekey(struct state *state, enum table_id table, uint32_t id, const char *name,
                 int64_t value)
{
    struct state_table *t = state_table_of(state, table);
    void *row = table_edit(state, table, id);
    const struct column *column = NULL;
    for (size_t i = 0; i < t->desc->column_count; i++) {
        if (strcmp(t->desc->columns[i].name, name) == 0) {
            column = &t->desc->columns[i];
        }
    }
    CHECK(column != NULL);
    CHECK(row_rekey(state, t, row, column, value));
}

uint32_t table_count(const struct state *state, enum table_id table)
{
    return state_table_of(state, table)->count;
}

uint32_t table_room(const struct state *state, enum table_id table)
{
    const struct state_table *t = state_table_of(state, table);
    return t->id_max - t->last;
}

uint64_t table_changes(const struct state *state, enum table_id table)
{
    return state_table_of(state, table)->changes;
}

uint32_t table_last(const struct state *state, enum table_id table)
{
    return state_table_of(state, table)->last;
}

size_t table_memory(const struct state *state, enum table_id table)
{
    const struct state_table *t = state_table_of(state, table);
    size_t bytes = t->chunk_count * sizeof(*t->chunks) + t->dirty_capacity * sizeof(*t->dirty) +
                   state_index_memory(t);
    for (uint32_t i = 0; i < t->chunk_count; i++) {
        bytes += t->chunks[i] == NULL ? 0 : state_chunk_size(t, t->chunks[i]->slots);
    }
    for (uint32_t id = 0; t->has_bytes && (id = table_next(state, table, id)) != 0;) {
        for (size_t i = 0; i < t->desc->column_count; i++) {
            if (t->desc->columns[i].type == COLUMN_BYTES) {
                const struct bytes *value =
                    *(struct bytes **)((char *)state_row(t, id) + t->desc->columns[i].offset);
                bytes += value == NULL ? 0 : sizeof(*value) + value->size;
            }
        }
    }
    return bytes;
}

uint32_t table_next(const struct state *state, enum table_id table, uint32_t id)
{
    const struct state_table *t = state_table_of(state, table);
    for (uint64_t next = (uint64_t)id + 1; next <= t->last;) {
        struct state_chunk *chunk = state_chunk_of(t, (uint32_t)next);
        if (chunk == NULL || chunk->live == 0) {
            next = (next / STATE_CHUNK_ROWS + 1) * STATE_CHUNK_ROWS;
            continue;
        }
        if (state_row(t, (uint32_t)next) != NULL) {
            return (uint32_t)next;
        }
        next++;
    }
    return 0;
}

void table_read(const void *row, const struct column *column, struct column_value *out)
{
    out->type = column->type;
    if (column->type == COLUMN_BYTES) {
        out->integer = 0;
        out->bytes = *(struct bytes *const *)((const char *)row + column->offset);
    } else {
        out->integer = state_column_int(row, column->offset, (uint8_t)column->type);
        out->bytes = NULL;
    }
}

static int64_t column_max(const struct column *column)
{
    int64_t words = 1;
    switch (column->type) {
    case COLUMN_I64:
        return INT64_MAX;
    case COLUMN_I48:
        return TABLES_I48_MAX;
    case COLUMN_I32:
        return INT32_MAX;
    case COLUMN_I24:
        return TABLES_I24_MAX;
    case COLUMN_U16:
        return UINT16_MAX;
    case COLUMN_TEXT:
        return UINT32_MAX;
    case COLUMN_U8:
    case COLUMN_U2:
    case COLUMN_U1:
        if (column->role == ROLE_ENUM) {
            for (const char *at = column->of; *at != '\0'; at++) {
                words += *at == '|';
            }
            return words - 1;
        }
        return column->role == ROLE_BOOL ? 1 : UINT8_MAX;
    case COLUMN_BYTES:
        break;
    }
    return 0;
}

static int64_t column_min(const struct column *column)
{
    switch (column->type) {
    case COLUMN_I64:
        return INT64_MIN;
    case COLUMN_I48:
        return -TABLES_I48_MAX - 1;
    case COLUMN_I32:
        return column->role == ROLE_REF ? 0 : INT32_MIN;
    case COLUMN_I24:
        return -TABLES_I24_MAX - 1;
    case COLUMN_U16:
    case COLUMN_U8:
    case COLUMN_U2:
    case COLUMN_U1:
    case COLUMN_TEXT:
    case COLUMN_BYTES:
        break;
    }
    return 0;
}

bool state_column_fits(const struct column *column, int64_t value)
{
    return value >= column_min(column) && value <= column_max(column);
}

bool table_write(struct state *state, void *row, enum table_id table, const struct column *column,
                 const struct column_value *value, struct err *e)
{
    CHECK(state->in_turn);
    struct state_table *t = state_table_of(state, table);
    if (value->type != column->type) {
        return err_set(e, ERR_INVALID, "%s.%s can't take a value of this type", t->desc->name,
                       column->name);
    }
    if (column->type == COLUMN_BYTES) {
        const struct bytes *bytes = value->bytes;
        table_set_bytes(state, (struct bytes **)((char *)row + column->offset),
                        bytes == NULL ? NULL : bytes->data, bytes == NULL ? 0 : bytes->size);
        return true;
    }
    if (!state_column_fits(column, value->integer)) {
        return err_set(e, ERR_INVALID, "%s.%s must be %lld to %lld, not %lld", t->desc->name,
                       column->name, (long long)column_min(column), (long long)column_max(column),
                       (long long)value->integer);
    }
    // A row being put together (id 0) is in no index yet.
    if (*(const uint32_t *)row != 0 && state_index_has_column(t, column)) {
        return row_rekey(state, t, row, column, value->integer) ||
               err_set(e, ERR_INVALID, "%s.%s: another row has this value", t->desc->name,
                       column->name);
    }
    table_put(row, column, value->integer);
    return true;
}
