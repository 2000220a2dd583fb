// Indexes of a table, unique and list. Most map a hash of the key columns to a row id, and compare
// the real columns when they look something up, so a hash that two keys share costs a comparison
// and nothing else. A list index maps to the newest row; each row links to the one before it.
//
// An index that hangs (index_desc.hangs) has no hash: one of its keys is the id of a row elsewhere,
// and an array over those ids holds the newest row of each. Its other keys, if any, are compared
// along the list, which is short; unique or not, its rows are linked.

#include <stdlib.h>
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
        index->hangs = desc->indexes[i].hangs > 0;
        index->hangs_at = index->hangs ? (uint8_t)(desc->indexes[i].hangs - 1) : 0;
        CHECK(index->hangs_at < index->count);
        index->linked = !index->unique || index->hangs;
        if (index->linked) {
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
            CHECK(!index->hangs || index->hangs_at != k || column->role == ROLE_REF);
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
        struct state_heads *heads = &t->indexes[i].heads;
        id_map_deinit(&t->indexes[i].map);
        for (uint32_t page = 0; page < heads->page_count; page++) {
            free(heads->pages[page]);
        }
        free(heads->pages);
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

// Where the newest row that hangs from this id stands, or NULL if none ever did.
static uint32_t *heads_find(const struct state_heads *heads, int64_t id)
{
    const uint64_t page = (uint64_t)id / STATE_PAGE_HEADS;
    return page < heads->page_count && heads->pages[page] != NULL
               ? &heads->pages[page][(uint64_t)id % STATE_PAGE_HEADS]
               : NULL;
}

static uint32_t *heads_need(struct state_heads *heads, int64_t id)
{
    CHECK(id >= 0);
    CHECK(id <= INT32_MAX);
    const uint32_t page = (uint32_t)id / STATE_PAGE_HEADS;
    if (page >= heads->page_count) {
        // An eighth more: a pointer for each 256 ids is little.
        const uint32_t count = page + page / 8 + 4;
        heads->pages = xrealloc(heads->pages, count * sizeof(*heads->pages));
        memset(heads->pages + heads->page_count, 0,
               (count - heads->page_count) * sizeof(*heads->pages));
        heads->page_count = count;
    }
    if (heads->pages[page] == NULL) {
        heads->pages[page] = xcalloc(STATE_PAGE_HEADS, sizeof(**heads->pages));
    }
    return &heads->pages[page][(uint32_t)id % STATE_PAGE_HEADS];
}

static uint32_t *index_link_of(const struct state_table *t, const struct state_index *index,
                               uint32_t id)
{
    return state_link_of(t, state_chunk_of(t, id), index->list, id);
}

// The first row from here on along a hanging list that has these keys.
static uint32_t index_walk(const struct state_table *t, const struct state_index *index,
                           const int64_t *keys, uint32_t id)
{
    while (id != 0 && index->count > 1 && !index_matches(index, state_row(t, id), keys)) {
        id = *index_link_of(t, index, id);
    }
    return id;
}

// The row an index has under these keys: the only one of a unique index, the newest of a list.
static uint32_t index_lookup(const struct state_table *t, const struct state_index *index,
                             const int64_t *keys, uint64_t hash)
{
    if (index->hangs) {
        const uint32_t *head = heads_find(&index->heads, keys[index->hangs_at]);
        return head == NULL ? 0 : index_walk(t, index, keys, *head);
    }
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

static uint64_t index_hash_of(const struct state_index *index, const int64_t *keys)
{
    return index->hangs ? 0 : index_hash(index, keys);
}

// The newest row of the list in which these keys stand, whatever its other keys.
static uint32_t index_head(const struct state_table *t, const struct state_index *index,
                           const int64_t *keys, uint64_t hash)
{
    if (index->hangs) {
        const uint32_t *head = heads_find(&index->heads, keys[index->hangs_at]);
        return head == NULL ? 0 : *head;
    }
    return index_lookup(t, index, keys, hash);
}

static void index_set_head(struct state_index *index, const int64_t *keys, uint64_t hash,
                           uint32_t old, uint32_t head)
{
    if (index->hangs) {
        *heads_need(&index->heads, keys[index->hangs_at]) = head;
    } else if (old == 0) {
        id_map_put(&index->map, hash, head);
    } else if (head == 0) {
        id_map_remove(&index->map, hash, old);
    } else {
        id_map_replace(&index->map, hash, old, head);
    }
}

// Lists are kept in order of id, newest first, whatever order rows come in: a row whose key changes
// takes the place it would have after a restart.
static void index_link(struct state_table *t, struct state_index *index, uint32_t id,
                       const int64_t *keys)
{
    const uint64_t hash = index_hash_of(index, keys);
    const uint32_t head = index_head(t, index, keys, hash);
    uint32_t *link = index_link_of(t, index, id);
    if (head < id) {
        *link = head;
        index_set_head(index, keys, hash, head, id);
        return;
    }
    CHECK(head != id);
    uint32_t *newer_link = index_link_of(t, index, head);
    while (*newer_link > id) {
        newer_link = index_link_of(t, index, *newer_link);
    }
    *link = *newer_link;
    *newer_link = id;
}

// Whether the walk to this row may begin at index->near: a row of the same list, and newer.
static bool index_is_near(const struct state_table *t, const struct state_index *index, uint32_t id,
                          const int64_t *keys)
{
    const void *row = index->near > id ? state_row(t, index->near) : NULL;
    if (row == NULL || !index->hangs) {
        return row != NULL && index_matches(index, row, keys);
    }
    const struct state_key_column *column = &index->columns[index->hangs_at];
    return state_column_int(row, column->offset, column->type) == keys[index->hangs_at];
}

static void index_unlink(struct state_table *t, struct state_index *index, uint32_t id,
                         const int64_t *keys)
{
    const uint64_t hash = index_hash_of(index, keys);
    const uint32_t before = *index_link_of(t, index, id);
    const uint32_t head = index_head(t, index, keys, hash);
    if (head == id) {
        index_set_head(index, keys, hash, id, before);
        return;
    }
    uint32_t newer = index_is_near(t, index, id, keys) ? index->near : head;
    uint32_t *link = index_link_of(t, index, newer);
    while (*link != id) {
        CHECK(*link > id);  // The list goes down; the row must be in it.
        newer = *link;
        link = index_link_of(t, index, newer);
    }
    *link = before;
    index->near = newer;
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
        if (index->linked) {
            index_link(t, index, id, keys);
        } else {
            id_map_put(&index->map, index_hash(index, keys), id);
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
        if (index->linked) {
            index_unlink(t, index, id, keys);
        } else {
            id_map_remove(&index->map, index_hash(index, keys), id);
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
            const uint32_t found = index_lookup(t, index, keys, index_hash_of(index, keys));
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

bool state_index_has_column(const struct state_table *t, const struct column *column)
{
    for (uint32_t i = 0; i < t->index_count; i++) {
        for (size_t k = 0; k < t->indexes[i].count; k++) {
            if (t->indexes[i].columns[k].offset == column->offset &&
                t->indexes[i].columns[k].type == column->type) {
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
        const struct state_heads *heads = &t->indexes[i].heads;
        bytes += id_map_memory(&t->indexes[i].map) + heads->page_count * sizeof(*heads->pages);
        for (uint32_t page = 0; page < heads->page_count; page++) {
            bytes += heads->pages[page] == NULL ? 0 : STATE_PAGE_HEADS * sizeof(**heads->pages);
        }
    }
    return bytes;
}

uint32_t table_find(const struct state *state, enum table_id table, size_t index,
                    const int64_t *keys)
{
    const struct state_table *t = state_table_of(state, table);
    CHECK(index < t->index_count);
    CHECK(t->indexes[index].unique);
    return index_lookup(t, &t->indexes[index], keys, index_hash_of(&t->indexes[index], keys));
}

uint32_t table_list(const struct state *state, enum table_id table, size_t index,
                    const int64_t *keys)
{
    const struct state_table *t = state_table_of(state, table);
    CHECK(index < t->index_count);
    CHECK(!t->indexes[index].unique);
    return index_lookup(t, &t->indexes[index], keys, index_hash_of(&t->indexes[index], keys));
}

uint32_t table_list_next(const struct state *state, enum table_id table, size_t index, uint32_t id)
{
    const struct state_table *t = state_table_of(state, table);
    CHECK(index < t->index_count);
    const struct state_index *at = &t->indexes[index];
    CHECK(!at->unique);
    const void *row = state_row(t, id);
    CHECK(row != NULL);
    uint32_t next = *index_link_of(t, at, id);
    if (at->hangs && at->count > 1) {
        int64_t keys[INDEX_COLUMNS_MAX];
        index_keys(at, row, keys);
        next = index_walk(t, at, keys, next);
    }
    return next;
}
