#pragma once
// A journal entry: everything audit and replay need of one turn. Packed:
//   varint version, varint turn, u8 outcome, varint event size, event (event_pack), varint effects,
//   varint legs, 8 bytes digest if there are any, text error (varint size, bytes): why it was
//   parked; of a turn that was done, what the wall clock stopped in it (script_stops)

#include "core/digest.h"
#include "core/event.h"

enum journal_outcome { JOURNAL_OK, JOURNAL_PARKED };

struct journal_entry {
    uint64_t turn;
    enum journal_outcome outcome;
    struct slice event;
    struct digest did;
    struct slice error;
};

void journal_pack(const struct journal_entry *entry, struct buf *out);
MUST_USE bool journal_unpack(const char *data, size_t size, struct journal_entry *out,
                             struct err *e);
