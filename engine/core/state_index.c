// Indexes of a table, unique and list. Both map a hash of the key columns to a row id, and compare
// the real columns when they look something up, so a hash that two keys share costs a comparison
// and nothing else. A list index maps to the newest row; each row links to the one before it.

#include <string.h>

#include "base/hash.h"
#include "core/state_internal.h"

void state_index_init(struct state_table *t)
{
    const struct table_desc *desc = t->desc;
    CHECK(desc->index_count <= STATE_INDEXES_MAX);
    t->index_count = (uint32_t)desc->index_count;
    for (size_t i = 0; i < desc->index_count; i++) {
        struct state_index *index = &t->indexes[i];
        id_map_init(&index->map);
        index->unique = desc->indexes[i].unique;
        index->sparse = desc->indexes[i].sparse;
        index->count = desc->indexes[i].count;
        CHECK(index->count >= 1);
        CHECK(index->count <= INDEX_COLUMNS_MAX);
        if (!index->unique) {
            index->list = (uint8_t)t->list_count++;
        }
        for (size_t k = 0; k < index->count; k++) {
            const struct column *column = NULL;
            for (size_t c = 0; c < desc->column_count && column == NULL; c++) {
                if (strcmp(desc->columns[c].name, desc->indexes[i].columns[k]) == 0) {
                    column = &desc->columns[c];
                }
            }
            CHECK(column != NULL);  // tables.c names a column that isn't there.
            CHECK(column->type != COLUMN_BYTES);
            index->columns[k] = (struct state_key_column){
                .offset = column->offset,
                .type = (uint8_t)column->type,
            };
        }
    }
}

void state_index_deinit(struct state_table *t)
{
    for (uint32_t i = 0; i < t->index_count; i++) {
        id_map_deinit(&t->indexes[i].map);
    }
}

static void index_keys(const struct state_index *index, const void *row, int64_t *keys)
{
    for (size_t k = 0; k < index->count; k++) {
        keys[k] = state_column_int(row, index->columns[k].offset, index->columns[k].type);
    }
}

static uint64_t index_hash(const struct state_index *index, const int64_t *keys)
{
    uint64_t hash = hash64_int((uint64_t)keys[0]);
    for (size_t k = 1; k < index->count; k++) {
        hash = hash64_int(hash ^ (uint64_t)keys[k]);
    }
    return hash;
}

static bool index_matches(const struct state_index *index, const void *row, const int64_t *keys)
{
    for (size_t k = 0; k < index->count; k++) {
        if (state_column_int(row, index->columns[k].offset, index->columns[k].type) != keys[k]) {
            return false;
        }
    }
    return true;
}

// The row a map has under these keys: the only one of a unique index, the newest of a list.
static uint32_t index_lookup(const struct state_table *t, const struct state_index *index,
                             const int64_t *keys, uint64_t hash)
{
    uint32_t cursor = 0;
    uint32_t id;
    while ((id = id_map_next(&index->map, hash, &cursor)) != 0) {
        const void *row = state_row(t, id);
        CHECK(row != NULL);  // An index never outlives its rows.
        if (!index_matches(index, row, keys)) {
            continue;
        }
        // A row that leaves with this turn has given its key up: the name of a finished entry is
        // free.
        if (!index->unique || t->desc->leaves == NULL || !t->desc->leaves(row)) {
            return id;
        }
    }
    return 0;
}

// Lists are kept in order of id, newest first, whatever order rows come in: a row whose key changes
// takes the place it would have after a restart.
static void index_link(struct state_table *t, struct state_index *index, uint32_t id,
                       const int64_t *keys)
{
    const uint64_t hash = index_hash(index, keys);
    uint32_t *link = state_link_of(t, state_chunk_of(t, id), index->list, id);
    const uint32_t head = index_lookup(t, index, keys, hash);
    if (head == 0) {
        *link = 0;
        id_map_put(&index->map, hash, id);
        return;
    }
    if (head < id) {
        *link = head;
        id_map_replace(&index->map, hash, head, id);
        return;
    }
    CHECK(head != id);
    uint32_t newer = head;
    uint32_t *newer_link = state_link_of(t, state_chunk_of(t, newer), index->list, newer);
    while (*newer_link > id) {
        newer = *newer_link;
        newer_link = state_link_of(t, state_chunk_of(t, newer), index->list, newer);
    }
    *link = *newer_link;
    *newer_link = id;
}

static void index_unlink(struct state_table *t, struct state_index *index, uint32_t id,
                         const int64_t *keys)
{
    const uint64_t hash = index_hash(index, keys);
    const uint32_t before = *state_link_of(t, state_chunk_of(t, id), index->list, id);
    const uint32_t head = index_lookup(t, index, keys, hash);
    if (head == id) {
        if (before != 0) {
            id_map_replace(&index->map, hash, id, before);
        } else {
            id_map_remove(&index->map, hash, id);
        }
        return;
    }
    uint32_t *link = state_link_of(t, state_chunk_of(t, head), index->list, head);
    while (*link != id) {
        CHECK(*link > id);  // The list goes down; the row must be in it.
        link = state_link_of(t, state_chunk_of(t, *link), index->list, *link);
    }
    *link = before;
}

void state_index_add(struct state_table *t, void *row)
{
    const uint32_t id = *(const uint32_t *)row;
    int64_t keys[INDEX_COLUMNS_MAX];
    for (uint32_t i = 0; i < t->index_count; i++) {
        struct state_index *index = &t->indexes[i];
        index_keys(index, row, keys);
        if (index->sparse && keys[0] == 0) {
            continue;
        }
        if (index->unique) {
            id_map_put(&index->map, index_hash(index, keys), id);
        } else {
            index_link(t, index, id, keys);
        }
    }
}

void state_index_remove(struct state_table *t, void *row)
{
    const uint32_t id = *(const uint32_t *)row;
    int64_t keys[INDEX_COLUMNS_MAX];
    for (uint32_t i = 0; i < t->index_count; i++) {
        struct state_index *index = &t->indexes[i];
        index_keys(index, row, keys);
        if (index->sparse && keys[0] == 0) {
            continue;
        }
        if (index->unique) {
            id_map_remove(&index->map, index_hash(index, keys), id);
        } else {
            index_unlink(t, index, id, keys);
        }
    }
}

int state_index_clash(const struct state_table *t, const void *row)
{
    int64_t keys[INDEX_COLUMNS_MAX];
    for (uint32_t i = 0; i < t->index_count; i++) {
        const struct state_index *index = &t->indexes[i];
        if (index->unique) {
            index_keys(index, row, keys);
            const uint32_t found = index_lookup(t, index, keys, index_hash(index, keys));
            if (found != 0 && found != *(const uint32_t *)row) {
                return (int)i;
            }
        }
    }
    return -1;
}

bool state_index_same(const struct state_table *t, const void *a, const void *b)
{
    for (uint32_t i = 0; i < t->index_count; i++) {
        const struct state_index *index = &t->indexes[i];
        for (size_t k = 0; k < index->count; k++) {
            const struct state_key_column *column = &index->columns[k];
            if (state_column_int(a, column->offset, column->type) !=
                state_column_int(b, column->offset, column->type)) {
                return false;
            }
        }
    }
    return true;
}

bool state_index_has_column(const struct state_table *t, uint16_t offset)
{
    for (uint32_t i = 0; i < t->index_count; i++) {
        for (size_t k = 0; k < t->indexes[i].count; k++) {
            if (t->indexes[i].columns[k].offset == offset) {
                return true;
            }
        }
    }
    return false;
}

size_t state_index_memory(const struct state_table *t)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < t->index_count; i++) {
        bytes += id_map_memory(&t->indexes[i].map);
    }
    return bytes;
}

uint32_t table_find(const struct state *state, enum table_id table, size_t index,
                    const int64_t *keys)
{
    const struct state_table *t = state_table_of(state, table);
    CHECK(index < t->index_count);
    CHECK(t->indexes[index].unique);
    return index_lookup(t, &t->indexes[index], keys, index_hash(&t->indexes[index], keys));
}

uint32_t table_list(const struct state *state, enum table_id table, size_t index,
                    const int64_t *keys)
{
    const struct state_table *t = state_table_of(state, table);
    CHECK(index < t->index_count);
    CHECK(!t->indexes[index].unique);
    return index_lookup(t, &t->indexes[index], keys, index_hash(&t->indexes[index], keys));
}

uint32_t table_list_next(const struct state *state, enum table_id table, size_t index, uint32_t id)
{
    const struct state_table *t = state_table_of(state, table);
    CHECK(index < t->index_count);
    CHECK(!t->indexes[index].unique);
    CHECK(state_row(t, id) != NULL);
    return *state_link_of(t, state_chunk_of(t, id), t->indexes[index].list, id);
}
