// Packing and reading of batches. Knows nothing of tables: who reads knows the columns.
//
// A row: struct row_head, then its values one behind the other, each a tag and its bytes:
// NULL nothing, integers in the smallest of 1, 4 or 8 bytes, TEXT and BLOB a u32 size and the data.
// The rows live in one process only; the journal, which stays, is written by buf_u32.
#include "store/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the packed form is little endian");

enum tag { TAG_NULL, TAG_I8, TAG_I32, TAG_I64, TAG_TEXT, TAG_BLOB };

struct row_head {
    uint32_t id;
    uint32_t size;  // Of head and values; 0 in the last row: it goes to the end.
    uint16_t table;
    uint8_t deleted;
    uint8_t unused;
};
_Static_assert(sizeof(struct row_head) == 12, "packed without holes");

struct batch *batch_new(void)
{
    struct batch *batch = xcalloc(1, sizeof *batch);
    buf_init(&batch->rows, BATCH_BYTES_MAX);
    buf_init(&batch->journal, BATCH_BYTES_MAX);
    return batch;
}

void batch_free(struct batch *batch)
{
    if (!batch) {
        return;
    }
    buf_deinit(&batch->journal);
    buf_deinit(&batch->rows);
    free(batch);
}

void batch_clear(struct batch *batch)
{
    buf_clear(&batch->rows);
    buf_clear(&batch->journal);
    batch->number = 0;
    batch->first_turn = 0;
    batch->last_turn = 0;
    batch->first_at_ms = 0;
    batch->last_at_ms = 0;
    batch->row_count = 0;
    batch->row_at = 0;
}

void batch_begin_row(struct batch *batch, uint16_t table, uint32_t id, bool deleted)
{
    struct buf *rows = &batch->rows;
    if (batch->row_count > 0) {
        const uint32_t size = (uint32_t)(rows->size - batch->row_at);
        memcpy(rows->data + batch->row_at + offsetof(struct row_head, size), &size, sizeof size);
    }
    const struct row_head head = {.id = id, .table = table, .deleted = deleted};
    batch->row_at = rows->size;
    batch->row_count++;
    buf_append(rows, &head, sizeof head);
}

// buf_reserve without the call where there is room: a batch has millions of small values.
static inline char *batch_room(struct buf *rows, size_t size)
{
    if (rows->overflow || rows->capacity - rows->size <= size) {
        char *at = buf_reserve(rows, size);
        CHECK(at);  // BATCH_BYTES_MAX: the core closes a batch long before.
        return at;
    }
    char *at = rows->data + rows->size;
    rows->size += size;
    at[size] = '\0';
    return at;
}

void batch_put_int(struct batch *batch, int64_t value)
{
    if (value >= INT8_MIN && value <= INT8_MAX) {
        char *packed = batch_room(&batch->rows, 2);
        packed[0] = TAG_I8;
        packed[1] = (char)value;
    } else if (value >= INT32_MIN && value <= INT32_MAX) {
        const int32_t narrow = (int32_t)value;
        char *packed = batch_room(&batch->rows, 5);
        packed[0] = TAG_I32;
        memcpy(packed + 1, &narrow, sizeof narrow);
    } else {
        char *packed = batch_room(&batch->rows, 9);
        packed[0] = TAG_I64;
        memcpy(packed + 1, &value, sizeof value);
    }
}

void batch_put_bytes(struct batch *batch, enum value_type type, const char *data, size_t size)
{
    CHECK(type == VALUE_TEXT || type == VALUE_BLOB);
    CHECK(size <= UINT32_MAX);
    const uint32_t narrow = (uint32_t)size;
    char *packed = batch_room(&batch->rows, 5 + size);
    packed[0] = type == VALUE_TEXT ? TAG_TEXT : TAG_BLOB;
    memcpy(packed + 1, &narrow, sizeof narrow);
    if (size > 0) {
        memcpy(packed + 5, data, size);
    }
}

void batch_put_null(struct batch *batch)
{
    *batch_room(&batch->rows, 1) = TAG_NULL;
}

bool batch_next_row(const struct batch *batch, struct batch_cursor *cursor, struct batch_row *row)
{
    const size_t at = cursor->next;
    if (at >= batch->rows.size) {
        return false;
    }
    struct row_head head;
    CHECK(at + sizeof head <= batch->rows.size);
    memcpy(&head, batch->rows.data + at, sizeof head);
    cursor->position = at + sizeof head;
    cursor->next = head.size > 0 ? at + head.size : batch->rows.size;
    CHECK(cursor->next <= batch->rows.size);
    row->table = head.table;
    row->deleted = head.deleted != 0;
    row->id = head.id;
    return true;
}

void batch_next_value(const struct batch *batch, struct batch_cursor *cursor, struct value *out)
{
    // A row with fewer values than its table has columns would read into the next one.
    CHECK(cursor->position < cursor->next);
    const char *at = batch->rows.data + cursor->position;
    int32_t i32;
    uint32_t size;
    switch ((enum tag)at[0]) {
    case TAG_NULL:
        out->type = VALUE_NULL;
        cursor->position += 1;
        return;
    case TAG_I8:
        out->type = VALUE_INT;
        out->integer = (int8_t)at[1];
        cursor->position += 2;
        return;
    case TAG_I32:
        memcpy(&i32, at + 1, sizeof i32);
        out->type = VALUE_INT;
        out->integer = i32;
        cursor->position += 5;
        return;
    case TAG_I64:
        out->type = VALUE_INT;
        memcpy(&out->integer, at + 1, sizeof out->integer);
        cursor->position += 9;
        return;
    case TAG_TEXT:
    case TAG_BLOB:
        memcpy(&size, at + 1, sizeof size);
        out->type = at[0] == TAG_TEXT ? VALUE_TEXT : VALUE_BLOB;
        out->data = at + 5;
        out->size = size;
        cursor->position += 5 + (size_t)size;
        CHECK(cursor->position <= cursor->next);
        return;
    }
    CHECK(false && "a tag that nobody writes");
}

bool batch_next_entry(const struct batch *batch, size_t *position, const char **data, size_t *size)
{
    const struct buf *journal = &batch->journal;
    if (*position >= journal->size) {
        return false;
    }
    uint32_t narrow;
    CHECK(*position + sizeof narrow <= journal->size);
    memcpy(&narrow, journal->data + *position, sizeof narrow);
    CHECK(narrow <= journal->size - *position - sizeof narrow);
    *data = journal->data + *position + sizeof narrow;
    *size = narrow;
    *position += sizeof narrow + narrow;
    return true;
}
