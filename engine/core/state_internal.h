#pragma once
// Inside of the state, shared by state*.c and seen by nobody else.
//
//   state ── tables[T_COUNT] ── chunks[] ── chunk: head | rows | links of list indexes
//     │            └── indexes[]: map from hash of the key columns to row id (list: newest row),
//     │                or array from the id of the row they hang from to the newest row
//     ├── undo: what the running turn overwrote, oldest first
//     └── journal: entries of the turns kept since the last batch
//
// A row's place follows from its id, chunk[id / STATE_CHUNK_ROWS], and moves in one case: a chunk
// whose rows have nearly all left memory is packed to those that stay (`kept` says which, in order
// of id). That happens when a batch is taken, so no turn sees it. A row is there when the id in its
// place is not 0. A row that leaves memory is gone for everybody when its turn is kept (when
// batches end must not matter to any turn); its columns wait in their place, with id 0 and its
// `leaving` bit, for the next batch.

#include <string.h>

#include "base/id_map.h"
#include "core/state.h"

#define STATE_CHUNK_ROWS UINT32_C(256)
#define STATE_INDEXES_MAX 4
#define STATE_ID_MAX ((uint32_t)INT32_MAX)  // References are I32 columns.
#define STATE_SAVEPOINTS_MAX (UINT32_C(1) << 20)

struct state_chunk {
    uint32_t live;                            // Rows that are there.
    uint16_t slots;                           // Rows it has room for: 256, or the bits in `kept`.
    bool in_dirty;                            // The table's dirty list has this chunk.
    uint64_t kept[STATE_CHUNK_ROWS / 64];     // Rows that have a place, in a packed chunk.
    uint64_t dirty[STATE_CHUNK_ROWS / 64];    // Rows touched since the last batch.
    uint64_t leaving[STATE_CHUNK_ROWS / 64];  // Rows gone, but not packed yet.
    uint64_t open[STATE_CHUNK_ROWS / 64];     // Rows in the undo log since the last savepoint.
};

struct state_key_column {
    uint16_t offset;
    uint8_t type;  // enum column_type
};

// Heads of lists by the id of the row they hang from; pages of 0 are not there.
#define STATE_PAGE_HEADS UINT32_C(256)
struct state_heads {
    uint32_t **pages;
    uint32_t page_count;
};

struct state_index {
    struct id_map map;
    struct state_heads heads;
    bool unique;
    bool sparse;
    bool linked;  // Its rows stand in lists: not unique, or hanging.
    bool hangs;
    uint8_t hangs_at;  // Which key is the id they hang from.
    uint8_t count;
    uint8_t list;  // Which link array, where linked.
    // The newer neighbour of the row unlinked last: where the next one of the same list is looked
    // for, so that many rows of a long list leave it in one walk. Only a hint.
    uint32_t near;
    struct state_key_column columns[INDEX_COLUMNS_MAX];
};

struct state_table {
    const struct table_desc *desc;
    struct state_chunk **chunks;  // NULL: all its rows have left memory, or none came yet.
    uint32_t chunk_count;
    uint32_t count;        // Rows in memory.
    uint32_t last;         // Highest id given.
    uint32_t id_max;       // Highest that may be given: references to it must be able to hold it.
    uint32_t stored_last;  // Highest id a batch may have written.
    uint32_t row_size;
    uint32_t list_count;
    uint32_t index_count;
    bool has_bytes;
    uint64_t changes;  // Rows opened, inserted, deleted, undone.
    struct state_index indexes[STATE_INDEXES_MAX];
    uint32_t *dirty;  // Numbers of chunks with dirty rows.
    uint32_t dirty_count;
    uint32_t dirty_capacity;
};

// The undo log: the old row (padded to 8 bytes; none for an insert), then this behind it, so that
// the log is read from its end.
enum state_undo_kind { UNDO_EDIT, UNDO_INSERT, UNDO_DELETE };
struct state_undo {
    uint32_t id;
    uint16_t table;
    uint8_t kind;
    uint8_t unused;
};

struct state_pointers {
    struct bytes **items;
    size_t count;
    size_t capacity;
};

struct state_savepoint {
    size_t undo_size;
    size_t fresh;
    size_t replaced;
    size_t wake_tail;
    size_t retired;
};

// A list that a turn wants out of memory once it is kept.
#define RETIRED_ROW UINT32_MAX
struct state_retired {
    enum table_id table;
    uint32_t index;  // RETIRED_ROW: one row, keys[0] is its id.
    int64_t keys[INDEX_COLUMNS_MAX];
};

struct state {
    struct text_pool *texts;
    struct arena arena;
    bool in_turn;
    bool rekeyed;  // An indexed column changed in this turn.
    uint64_t turn;
    int64_t at_ms;
    int64_t kept_at_ms;  // Time of the last turn kept.
    char *undo;
    size_t undo_size;
    size_t undo_capacity;
    size_t section_at;  // Where the undo log of the stretch since the last savepoint begins.
    struct state_pointers fresh;     // BYTES values made in this turn: freed if it is undone.
    struct state_pointers replaced;  // BYTES values no row needs any more: freed when it is kept.
    struct state_savepoint *savepoints;  // [0] is the beginning of the turn.
    uint32_t savepoint_count;
    uint32_t savepoint_capacity;
    uint32_t *wakes;
    size_t wake_head;
    size_t wake_tail;
    size_t wake_capacity;
    struct state_retired *retired;
    size_t retired_count;
    size_t retired_capacity;
    struct buf journal;
    uint64_t batch_number;
    uint64_t batch_first_turn;
    size_t batch_turns;
    size_t batch_entries;
    int64_t batch_first_at_ms;
    struct state_table tables[T_COUNT];
};

static inline struct state_table *state_table_of(const struct state *state, enum table_id table)
{
    CHECK((unsigned)table < T_COUNT);
    return (struct state_table *)&state->tables[table];
}

static inline struct state_chunk *state_chunk_of(const struct state_table *t, uint32_t id)
{
    const uint32_t chunk = id / STATE_CHUNK_ROWS;
    return chunk < t->chunk_count ? t->chunks[chunk] : NULL;
}

static inline uint64_t state_bit(uint32_t id)
{
    return UINT64_C(1) << (id % 64);
}

static inline uint64_t *state_word(uint64_t *words, uint32_t id)
{
    return &words[id % STATE_CHUNK_ROWS / 64];
}

static inline size_t state_padded(size_t row_size)
{
    return (row_size + 7) & ~(size_t)7;
}

// Where the links begin, and where the chunk ends.
static inline size_t state_chunk_links_at(const struct state_table *t, uint32_t slots)
{
    return sizeof(struct state_chunk) + state_padded((size_t)t->row_size * slots);
}

static inline size_t state_chunk_size(const struct state_table *t, uint32_t slots)
{
    return state_chunk_links_at(t, slots) + (size_t)t->list_count * slots * sizeof(uint32_t);
}

#define STATE_SLOT_NONE UINT32_MAX
static inline uint32_t state_slot_of(const struct state_chunk *chunk, uint32_t id)
{
    if (chunk->slots == STATE_CHUNK_ROWS) {
        return id % STATE_CHUNK_ROWS;
    }
    const uint32_t word = id % STATE_CHUNK_ROWS / 64;
    if ((chunk->kept[word] & state_bit(id)) == 0) {
        return STATE_SLOT_NONE;
    }
    uint32_t slot = (uint32_t)__builtin_popcountll(chunk->kept[word] & (state_bit(id) - 1));
    for (uint32_t before = 0; before < word; before++) {
        slot += (uint32_t)__builtin_popcountll(chunk->kept[before]);
    }
    return slot;
}

// NULL if the row has left a packed chunk.
static inline void *state_place(const struct state_table *t, struct state_chunk *chunk, uint32_t id)
{
    const uint32_t slot = state_slot_of(chunk, id);
    return slot == STATE_SLOT_NONE ? NULL
                                   : (char *)chunk + sizeof(*chunk) + (size_t)slot * t->row_size;
}

// The row, or NULL if it isn't there.
static inline void *state_row(const struct state_table *t, uint32_t id)
{
    struct state_chunk *chunk = state_chunk_of(t, id);
    if (chunk == NULL) {
        return NULL;
    }
    void *row = state_place(t, chunk, id);
    return row != NULL && *(uint32_t *)row != 0 ? row : NULL;
}

// The row before this one in a list, by link array.
static inline uint32_t *state_link_of(const struct state_table *t, struct state_chunk *chunk,
                                      uint32_t list, uint32_t id)
{
    return (uint32_t *)((char *)chunk + state_chunk_links_at(t, chunk->slots)) +
           (size_t)list * chunk->slots + state_slot_of(chunk, id);
}

static inline int64_t state_column_int(const void *row, uint16_t offset, uint8_t type)
{
    const char *at = (const char *)row + offset;
    switch ((enum column_type)type) {
    case COLUMN_I64:
        return *(const int64_t *)at;
    case COLUMN_I48: {
        uint64_t bits = 0;
        memcpy(&bits, at, 6);
        return (int64_t)(bits << 16) >> 16;
    }
    case COLUMN_I32:
        return *(const int32_t *)at;
    case COLUMN_I24: {
        uint32_t bits = 0;
        memcpy(&bits, at, 3);
        return (int32_t)(bits << 8) >> 8;
    }
    case COLUMN_U16:
        return *(const uint16_t *)at;
    case COLUMN_U8:
        return *(const uint8_t *)at;
    case COLUMN_U2:
        return ((const uint8_t *)row)[offset / 8] >> offset % 8 & 3;
    case COLUMN_U1:
        return ((const uint8_t *)row)[offset / 8] >> offset % 8 & 1;
    case COLUMN_TEXT:
        return *(const text_id *)at;
    case COLUMN_BYTES:
        break;
    }
    CHECK(false);  // Bytes are no integer.
    return 0;
}

// --- state_rows.c ---
struct state_chunk *state_need_chunk(struct state_table *t, uint32_t id);
// Packs the chunk if few of its rows are left. No row of it may be dirty or leaving.
void state_pack_chunk(struct state_table *t, uint32_t number);
void state_mark_dirty(struct state_table *t, struct state_chunk *chunk, uint32_t id);
void state_log(struct state *state, struct state_table *t, uint32_t id, const void *row,
               enum state_undo_kind kind);
void state_push_pointer(struct state_pointers *pointers, struct bytes *bytes);
bool state_column_fits(const struct column *column, int64_t value);
void state_free_bytes(const struct state_table *t, void *row);
void state_undo_to(struct state *state, const struct state_savepoint *savepoint);

// --- state_index.c ---
void state_index_init(struct state_table *t);
void state_index_deinit(struct state_table *t);
void state_index_add(struct state_table *t, void *row);     // All indexes; doesn't look for twins.
void state_index_remove(struct state_table *t, void *row);  // All indexes.
// The unique index in which another row has the key of this one, or -1.
int state_index_clash(const struct state_table *t, const void *row);
bool state_index_same(const struct state_table *t, const void *a, const void *b);
bool state_index_has_column(const struct state_table *t, const struct column *column);
size_t state_index_memory(const struct state_table *t);
