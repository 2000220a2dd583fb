#pragma once
// The engine's state: all tables, the text pool, and the write set of the running turn. One turn is
// all or nothing: the first touch of a row copies the old one to the undo log; a turn that fails
// copies it back. What good turns touched is packed into the batch that the storage thread commits.
//
//   state_begin -> (edits, savepoints) -> state_keep | state_drop        state_take_batch -> store
//
// No clock, no chance, no Lua, no I/O: time is the time of the event being handled.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "core/tables.h"
#include "store/batch.h"

struct state;

struct state *state_new(void);
void state_free(struct state *state);
struct text_pool *state_texts(struct state *state);
text_id state_text(struct state *state, const char *text, size_t size);  // text_intern in short
const char *state_get_text(const struct state *state, text_id id);

// --- Turns. ---
// Engine time: never goes back; at_ms older than the last turn's is taken as the last turn's.
void state_begin(struct state *state, int64_t at_ms);
int64_t state_now(const struct state *state);    // Time of the running turn.
uint64_t state_turn(const struct state *state);  // Number of the running or last turn, from 1.
struct arena *state_arena(struct state *state);  // Memory until the end of the turn.
size_t state_savepoint(struct state *state);     // A mark to roll back to.
void state_rollback(struct state *state, size_t savepoint);
// Ends the turn. Rows that leave memory (table_desc.leaves) are gone with it: later turns neither
// find nor get them. `entry` is its journal entry (core/journal.h); NULL writes none. Either all
// turns of a batch have one or none has.
void state_keep(struct state *state, const struct buf *entry);
void state_drop(
    struct state *state);  // Everything since state_begin is undone: rows, ids, time, turn number.
bool state_in_turn(const struct state *state);

// --- Rows. Only inside a turn, except reading. Row pointers stay valid until the row leaves
// memory, but a row is open for editing only until the next savepoint or rollback: call table_edit
// again after it. ---
// Inserts a copy of `row` (its id is ignored, BYTES columns must be NULL); returns the new row,
// which is open for editing. CHECKs that unique indexes stay unique and that there is room.
void *table_insert(struct state *state, enum table_id table, const void *row);
// How many more ids there are: 2^31 - 1, or 65,535 where U16 columns refer to the table, less those
// given. Whoever inserts on behalf of a playbook or a campaign asks first.
uint32_t table_room(const struct state *state, enum table_id table);
const void *table_get(const struct state *state, enum table_id table,
                      uint32_t id);  // NULL if absent.
// Only a hint to the processor: this row will be read soon.
void table_prefetch(const struct state *state, enum table_id table, uint32_t id);
void *table_edit(struct state *state, enum table_id table,
                 uint32_t id);  // CHECKs that it is there.
void table_delete(struct state *state, enum table_id table,
                  uint32_t id);  // Only tables without list indexes.
// Rows of a list index that are finished: once written they leave memory, all of one list together.
// They can't be read any more in later turns.
void table_retire_list(struct state *state, enum table_id table, size_t index, const int64_t *keys);
// Sets a BYTES column (data is copied; size 0 sets NULL). The row must be open for editing in this
// turn.
void table_set_bytes(struct state *state, struct bytes **column, const void *data, size_t size);
// The same for one row. (Costs a walk of its lists down to it.)
void table_retire(struct state *state, enum table_id table, uint32_t id);
// Indexed columns may not be written through the row pointer (state_keep CHECKs it): this is how
// one changes. CHECKs that unique indexes stay unique. Costs a walk of the list for list indexes.
void table_rekey(struct state *state, enum table_id table, uint32_t id, const char *column,
                 int64_t value);
uint32_t table_count(const struct state *state, enum table_id table);  // Rows in memory.
uint32_t table_last(const struct state *state, enum table_id table);   // Highest id given so far.
// Grows whenever a row of the table may have changed, undoing included: what was worked out from
// rows stands as long as it is the same.
uint64_t table_changes(const struct state *state, enum table_id table);
size_t table_memory(const struct state *state, enum table_id table);  // Bytes, indexes included.

// Unique index: id or 0. A row that will leave memory with this turn has given up its keys. `keys`:
// one int64 for each indexed column (ids and text ids as they are).
uint32_t table_find(const struct state *state, enum table_id table, size_t index,
                    const int64_t *keys);
#define TABLE_FIND(state, table, index, ...)                                                       \
    table_find(state, table, index, (const int64_t[]){__VA_ARGS__})
// List index, newest first: first = table_list(...), then table_list_next until 0.
uint32_t table_list(const struct state *state, enum table_id table, size_t index,
                    const int64_t *keys);
uint32_t table_list_next(const struct state *state, enum table_id table, size_t index, uint32_t id);
#define TABLE_LIST(state, table, index, ...)                                                       \
    table_list(state, table, index, (const int64_t[]){__VA_ARGS__})
// All rows in memory in order of id: for (id = 0; (id = table_next(s, t, id)) != 0;)
uint32_t table_next(const struct state *state, enum table_id table, uint32_t id);

// --- Generic access by column, for Lua and printing. ---
struct column_value {
    enum column_type type;
    int64_t integer;  // I64, I32, U8, TEXT (the text_id)
    const struct bytes *bytes;
};
void table_read(const void *row, const struct column *column, struct column_value *out);
// Writes a number or text into a row that is being put together and in no table yet.
void table_put(void *row, const struct column *column, int64_t value);
// The row must be open for editing. Refuses values out of the column's range and, in an indexed
// column, the key of another row (ERR_INVALID names table and column).
MUST_USE bool table_write(struct state *state, void *row, enum table_id table,
                          const struct column *column, const struct column_value *value,
                          struct err *e);

// --- Storage. ---
size_t state_batch_turns(const struct state *state);  // Turns kept since the last state_take_batch.
size_t
state_batch_bytes(const struct state *state);  // Journal bytes since then (rows are packed late).
// Packs the rows touched since the last call into `batch` (empty; from store_recycle) and gives it
// the next number. Outside a turn only. A deleted row is packed
// as a deletion if it may have been stored, or if its id is the highest given (so that the store
// notes it and a restart doesn't give it again).
void state_take_batch(struct state *state, struct batch *batch);
uint64_t state_batch_number(const struct state *state);  // Number of the batch being filled.
// Loading: puts back a row as stored (values in column order), at its id. ERR_CORRUPT names table,
// id and column. A row of those that leave memory is not kept; its id counts as given.
MUST_USE bool state_load_row(struct state *state, enum table_id table, uint32_t id,
                             const struct value *values, size_t count, struct err *e);
void state_load_last(struct state *state, enum table_id table, uint32_t last_id);
void state_load_head(struct state *state, uint64_t last_turn, uint64_t last_batch,
                     int64_t last_at_ms);

// What the running turn changed so far, one line a column: "~ coupons 3 issued 11 -> 12". For
// previews and tests.
void state_print_changes(const struct state *state, struct buf *out);
// The same row by row, in order of table and id, as it was and as it is: NULL where it was or is
// not there. A row that came and went in the turn is left out.
struct state_change {
    uint32_t id;
    uint16_t table;  // enum table_id
    const void *old, *now;
};
void state_each_change(const struct state *state,
                       void (*on_change)(void *ctx, const struct state_change *change), void *ctx);
void state_print_change(const struct state *state, const struct state_change *change,
                        struct buf *out);
bool state_column_same(const void *a, const void *b, const struct column *column);
// SHA-256 over all rows in memory in canonical order, hex: two runs with the same events agree,
// wherever their batches ended.
void state_hash(const struct state *state, char hex[65]);
// The same without some tables, a bit each (1ULL << T_TWEAKS).
void state_hash_without(const struct state *state, uint64_t without, char hex[65]);
size_t state_memory(const struct state *state);  // All tables, indexes, texts.

// --- Things that several files of core share. ---
// Scenes whose wait has ended in this turn; the app resumes each in a turn of its own.
void state_wake(struct state *state, uint32_t scene);
bool state_next_wake(struct state *state, uint32_t *scene);  // false: none left
