#pragma once
// Applies a batch to the database in one transaction. Runs on the storage thread. Internal to
// engine/store.

#include "base/err.h"
#include "store/batch.h"
#include "store/sqlite.h"
#include "store/store.h"

struct writer;

MUST_USE bool writer_open(struct writer **out, struct sqlite *sqlite,
                          const struct store_options *options, struct err *e);
void writer_close(struct writer *writer);

// Rows in order of table and id, the journal segment, the head. On success *head becomes the new
// one. On failure the batch is rolled back whole; *unknown then says that COMMIT itself failed:
// only reopening tells whether it went through.
MUST_USE bool writer_apply(struct writer *writer, const struct batch *batch,
                           struct store_head *head, bool *unknown, struct err *e);
size_t writer_memory(const struct writer *writer);
