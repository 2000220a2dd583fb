#pragma once
// Who the database says has won, held against what a game's receipt says. Reads only.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/event.h"  // struct slice
#include "store/store.h"

struct verify_play {
    int64_t id, game, number, at_ms, amount, tier;
    const char *member;  // Her id on the platform.
    bool won;
};

struct verify_plays {
    struct store *store;
    struct verify_play *rows;  // By game, then by number.
    size_t count, capacity;
    struct arena texts;
    struct buf buyer;  // Of the order looked at.
};

// Reads the plays of all games that have a receipt. To be deinitialised whatever came of it.
MUST_USE bool verify_plays_read(struct verify_plays *plays, struct store *store, struct err *e);
void verify_plays_deinit(struct verify_plays *plays);
// Appends a line for each play of the game that isn't what the receipt's body says, a few of them.
MUST_USE bool verify_plays_check(struct verify_plays *plays, int64_t game, const char *kind,
                                 const struct json_node *body, struct buf *findings, struct err *e);
