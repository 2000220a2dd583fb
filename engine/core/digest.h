#pragma once
// What a turn did, in few bytes: a digest of its effects (rows of the outbox it made) and its money
// (legs of the ledger), in their order. It stands in the turn's journal entry, so that a replay
// knows at which turn it goes another way. Texts count by their bytes and rows by their ids:
// neither text ids nor ends of batches show.

#include "core/state.h"

struct digest {
    uint64_t hash;     // 0 when there are neither effects nor legs.
    uint32_t effects;  // Rows made in the turn; later changes of a row are turns of their own.
    uint32_t legs;
};

// Highest ids before a turn: what it makes comes after them, as ids are dense.
struct digest_mark {
    uint32_t outbox, ledger;
};

struct digest_mark digest_mark(const struct state *state);
// Inside the turn, when it is done: what it made since the mark.
struct digest digest_since(const struct state *state, struct digest_mark mark);
bool digest_same(const struct digest *a, const struct digest *b);
