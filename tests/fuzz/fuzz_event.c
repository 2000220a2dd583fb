// libFuzzer entry: what a damaged journal may hold: journal entries with packed events in them.
// What is accepted is the same after being packed and read once more.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "core/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM ((size_t)1 << 22)

// Varints may come in longer than need be, so it is the second form that must be stable.
static void check_event(const char *data, size_t size)
{
    struct buf first;
    struct buf second;
    struct arena arena;
    struct event event;
    struct event again;
    struct err e = {0};
    buf_init(&first, ROOM);
    buf_init(&second, ROOM);
    arena_init(&arena, 4096);
    if (event_unpack(data, size, &arena, &event, &e)) {
        event_pack(&event, &first);
        CHECK(!first.overflow);
        CHECK(event_unpack(first.data, first.size, &arena, &again, NULL));
        event_pack(&again, &second);
        CHECK(second.size == first.size);
        CHECK(memcmp(second.data, first.data, first.size) == 0);
    } else {
        CHECK(e.kind == ERR_CORRUPT);
    }
    arena_deinit(&arena);
    buf_deinit(&second);
    buf_deinit(&first);
}

static void check_journal(const char *data, size_t size)
{
    struct journal_entry entry;
    struct journal_entry again;
    struct buf packed;
    struct err e = {0};
    if (!journal_unpack(data, size, &entry, &e)) {
        CHECK(e.kind != ERR_NONE);
        return;
    }
    check_event(entry.event.data, entry.event.size);
    buf_init(&packed, ROOM);
    journal_pack(&entry, &packed);
    CHECK(!packed.overflow);
    CHECK(journal_unpack(packed.data, packed.size, &again, NULL));
    CHECK(again.turn == entry.turn);
    CHECK(again.outcome == entry.outcome);
    CHECK(digest_same(&again.did, &entry.did));
    CHECK(again.event.size == entry.event.size);
    CHECK(again.error.size == entry.error.size);
    buf_deinit(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_event((const char *)data, size);
    check_journal((const char *)data, size);
    return 0;
}
