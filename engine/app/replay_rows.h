#pragma once
// Rows of a replay against rows of a file, all columns of all tables: of each row of the replay
// only a hash is kept. What is the store's own (meta, last_ids, journal) says how a file was
// written, not what happened, and is left out.

#include "core/tables.h"
#include "store/store.h"

struct replay_rows;

struct replay_rows *replay_rows_new(void);
void replay_rows_free(struct replay_rows *rows);
// Rows of turns that were kept.
void replay_rows_take(struct replay_rows *rows, const struct batch *batch);

struct replay_rows_found {
    uint64_t rows, different;
    enum table_id table;  // The first row that differs: lowest table, lowest id.
    uint32_t id;
    bool in_file, in_replay;
};
// Forgets the hashes: once only.
MUST_USE bool replay_rows_compare(struct replay_rows *rows, struct store *file,
                                  struct replay_rows_found *out, struct err *e);
// From now on this row is kept as it is, for replay_rows_tell.
void replay_rows_watch(struct replay_rows *rows, enum table_id table, uint32_t id);
// The columns of the watched row in which file and replay differ, a line each.
MUST_USE bool replay_rows_tell(const struct replay_rows *rows, struct store *file, struct buf *out,
                               struct err *e);
