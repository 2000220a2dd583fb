#pragma once
// One batch: the rows and journal entries of some turns, packed flat so that the storage thread
// needs nothing of the core's memory. The core writes it, a driver reads it. Little endian, no
// alignment.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

// A value on its way to or from a driver.
enum value_type { VALUE_NULL, VALUE_INT, VALUE_TEXT, VALUE_BLOB };
struct value {
    enum value_type type;
    int64_t integer;
    const char *data;  // TEXT and BLOB; not NUL-terminated.
    size_t size;
};

struct batch {
    uint64_t number;      // 1, 2, 3 ... in commit order.
    uint64_t first_turn;  // 0 when the batch has no journal entry.
    uint64_t last_turn;
    int64_t first_at_ms;
    int64_t last_at_ms;
    size_t row_count;
    size_t row_at;    // Where the row being written begins; its size is noted when the next begins.
    struct buf rows;  // batch_begin_row, then batch_put_*
    // One entry a turn: u32 size, then that many bytes (core/journal.h says what).
    struct buf journal;
};

#define BATCH_BYTES_MAX ((size_t)1 << 30)

struct batch *batch_new(void);
void batch_free(struct batch *batch);
void batch_clear(struct batch *batch);  // Empty again, memory kept.

// Writing a row: begin, then one value for each column of the table in order. A deletion has none.
void batch_begin_row(struct batch *batch, uint16_t table, uint32_t id, bool deleted);
void batch_put_int(struct batch *batch, int64_t value);
void batch_put_bytes(struct batch *batch, enum value_type type, const char *data, size_t size);
void batch_put_null(struct batch *batch);

// Reading, in the order written.
struct batch_cursor {
    size_t position;  // Of the next value.
    size_t next;      // Of the next row: values that nobody reads are stepped over.
};
struct batch_row {
    uint16_t table;
    bool deleted;
    uint32_t id;
};
// Start with a zeroed cursor. false at the end. After it, read the table's columns with
// batch_next_value (none if deleted).
bool batch_next_row(const struct batch *batch, struct batch_cursor *cursor, struct batch_row *row);
void batch_next_value(const struct batch *batch, struct batch_cursor *cursor, struct value *out);
bool batch_next_entry(const struct batch *batch, size_t *position, const char **data, size_t *size);
