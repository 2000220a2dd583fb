// Packing of journal entries; core/journal.h says how they look. Reading takes them for hostile.

#include "core/journal.h"

#include "core/unpack.h"

#define JOURNAL_VERSION 1
#define JOURNAL_KEY_SIZE 16
#define JOURNAL_KEYS_MAX UINT32_C(1000000)

void journal_pack(const struct journal_entry *entry, struct buf *out)
{
    CHECK(entry->key_count <= JOURNAL_KEYS_MAX);
    buf_varint(out, JOURNAL_VERSION);
    buf_varint(out, entry->turn);
    buf_putc(out, (char)entry->outcome);
    buf_varint(out, entry->event.size);
    buf_append(out, entry->event.data, entry->event.size);
    buf_varint(out, entry->key_count);
    buf_append(out, entry->keys, entry->key_count * JOURNAL_KEY_SIZE);
    buf_varint(out, entry->error.size);
    buf_append(out, entry->error.data, entry->error.size);
}

bool journal_unpack(const char *data, size_t size, struct journal_entry *out, struct err *e)
{
    struct unpack in = {.at = data, .end = data + size};
    const uint64_t version = unpack_varint(&in);
    if (!in.failed && version != JOURNAL_VERSION) {
        return err_set(e, ERR_CORRUPT, "journal entry of unknown version %llu",
                       (unsigned long long)version);
    }
    *out = (struct journal_entry){.turn = unpack_varint(&in)};
    const struct slice outcome = unpack_bytes(&in, 1);
    if (outcome.size == 1) {
        in.failed |= outcome.data[0] != JOURNAL_OK && outcome.data[0] != JOURNAL_PARKED;
        out->outcome = outcome.data[0] == JOURNAL_OK ? JOURNAL_OK : JOURNAL_PARKED;
    }
    out->event = unpack_bytes(&in, unpack_varint(&in));
    out->key_count = unpack_max(&in, JOURNAL_KEYS_MAX);
    out->keys = (const uint8_t *)unpack_bytes(&in, out->key_count * JOURNAL_KEY_SIZE).data;
    out->error = unpack_text(&in);
    if (in.failed || in.at != in.end) {
        *out = (struct journal_entry){0};
        return err_set(e, ERR_CORRUPT, "the journal entry is damaged");
    }
    return true;
}
