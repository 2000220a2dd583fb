// Packing of journal entries; core/journal.h says how they look. Reading takes them for hostile.

#include "core/journal.h"

#include "core/unpack.h"

#define JOURNAL_VERSION 2
#define JOURNAL_DID_MAX UINT32_C(100000000)  // Effects, and legs, of one turn.

void journal_pack(const struct journal_entry *entry, struct buf *out)
{
    CHECK(entry->did.effects <= JOURNAL_DID_MAX);
    CHECK(entry->did.legs <= JOURNAL_DID_MAX);
    buf_varint(out, JOURNAL_VERSION);
    buf_varint(out, entry->turn);
    buf_putc(out, (char)entry->outcome);
    buf_varint(out, entry->event.size);
    buf_append(out, entry->event.data, entry->event.size);
    buf_varint(out, entry->did.effects);
    buf_varint(out, entry->did.legs);
    if (entry->did.effects + entry->did.legs > 0) {
        uint8_t hash[8];
        for (unsigned i = 0; i < sizeof(hash); i++) {
            hash[i] = (uint8_t)(entry->did.hash >> (8 * i));
        }
        buf_append(out, hash, sizeof(hash));
    }
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
    out->did.effects = (uint32_t)unpack_max(&in, JOURNAL_DID_MAX);
    out->did.legs = (uint32_t)unpack_max(&in, JOURNAL_DID_MAX);
    if (out->did.effects + out->did.legs > 0) {
        const struct slice hash = unpack_bytes(&in, 8);
        for (unsigned i = 0; i < hash.size; i++) {
            out->did.hash |= (uint64_t)(uint8_t)hash.data[i] << (8 * i);
        }
    }
    out->error = unpack_text(&in);
    if (in.failed || in.at != in.end) {
        *out = (struct journal_entry){0};
        return err_set(e, ERR_CORRUPT, "the journal entry is damaged");
    }
    return true;
}
