#pragma once
// Virtual time: a clock that jumps to whatever is due next. For rehearsal (a crowd gives events),
// recorded feeds and plans (nobody does).

#include "app/engine.h"

struct virtual_world {
    int64_t (*next)(void *ctx);  // Time of the next event; INT64_MAX: none. May be NULL.
    bool (*take)(void *ctx, struct event *out);  // That event; false: it was none after all.
    void (*hear)(void *ctx, uint32_t effect, int64_t now_ms);  // An effect leaves. May be NULL.
    // An effect leaves, and what becomes of it is an event of this world. NULL: it is heard, and
    // was sent.
    void (*send)(void *ctx, uint32_t effect, int64_t now_ms);
    // When the engine gets to what is due now_ms: then or later. May be NULL: then.
    int64_t (*wake)(void *ctx, int64_t now_ms);
    void (*tick)(void *ctx, int64_t now_ms);  // Now and then, for progress. May be NULL.
    bool (*stop)(void *ctx);                  // Asked now and then: true ends it. May be NULL.
    void *ctx;
    bool durable_first;  // Effects leave only after a commit that was waited for (feeds that are
                         // written out).
};

// Runs until nothing is due at or before until_ms. false: the store failed.
MUST_USE bool virtual_run(struct engine *engine, const struct virtual_world *world, int64_t from_ms,
                          int64_t until_ms, struct err *e);
