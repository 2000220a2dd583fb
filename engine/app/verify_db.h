#pragma once
// What a brand's database proves: the journal's chain from its first turn on, and every game that
// was decided by chance, its receipt held against what the database says was announced and who it
// says has won. Reads only.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/store.h"

enum verify_state {
    VERIFY_OK,         // The receipt is right and is this game's.
    VERIFY_OPEN,       // Announced or running: the seed is still secret.
    VERIFY_UNPLAYED,   // Closed or cancelled before anything was drawn.
    VERIFY_ALTERED,    // The receipt, or what the database says about the game, was altered.
    VERIFY_NO_RECEIPT  // Somebody won, but there is nothing to show for it.
};

// Texts live until the callback returns.
struct verify_game {
    const char *campaign, *day, *group, *kind, *name;  // group: "all" for the whole campaign
    enum verify_state state;
    const char *findings;  // One a line; "" if there are none.
    const char *receipt;   // NULL if there is none.
    size_t receipt_size;
};

struct verify_journal {
    bool kept;  // A rehearsal's file may have none.
    uint64_t turns;
    struct sha256 chain;  // Of the last turn.
};

const char *verify_state_name(enum verify_state state);

// Walks the whole chain. ERR_CORRUPT names the first turn that fails.
MUST_USE bool verify_db_journal(struct store *store, struct verify_journal *out, struct err *e);

// Calls for each game decided by chance, in order of opening. campaign: its name, NULL for all.
typedef bool (*verify_game_fn)(void *ctx, const struct verify_game *game, struct err *e);
MUST_USE bool verify_db_games(struct store *store, const char *campaign, verify_game_fn on_game,
                              void *ctx, struct err *e);
