#pragma once
// The frozen part of a receipt: its checks and its bytes; who wins by it. Internal to
// rules/receipt*.c.

#include <stdbool.h>
#include <stdint.h>

#include "rules/receipt.h"
#include "rules/receipt_out.h"

#define RECEIPT_TIE_RULE "time, then HMAC-SHA-256(key, id)"
#define RECEIPT_INT_MAX (INT64_C(1) << 53)  // What every JSON reader keeps.

bool receipt_draw_is_game(enum receipt_kind kind);
bool receipt_draw_has_weights(const struct receipt_draw *draw);
// A text from outside: NUL-terminated, valid, at most max bytes.
MUST_USE bool receipt_draw_check_text(const char *field, const char *text, size_t max,
                                      struct err *e);
// Writes the draw object, checking everything in it. *hash: of its bytes.
MUST_USE bool receipt_draw_write(struct receipt_out *o, const struct receipt_draw *draw,
                                 struct sha256 *hash, struct err *e);

// Who wins, as first drawn, and by each re-draw who is replaced by whom. The draw has been written
// before, so its fields are known to be right.
struct receipt_picks {
    uint32_t *winners;
    uint32_t count;
    uint32_t *replaced, *replacements;  // One of each a re-draw.
};
MUST_USE bool receipt_pick(const struct receipt_draw *draw, const struct receipt_result *result,
                           const struct sha256 *draw_hash, struct receipt_picks *picks,
                           struct err *e);
void receipt_picks_deinit(struct receipt_picks *picks);

// Plays of a game, recomputed; writes plays, empty redraws, seed and winners.
MUST_USE bool receipt_game_write(struct receipt_out *o, const struct receipt_draw *draw,
                                 const struct receipt_result *result,
                                 const struct sha256 *draw_hash, struct err *e);
// Checks the plays alone. On a play that the key doesn't give: ERR_CORRUPT and *wrong = its index.
MUST_USE bool receipt_game_check(const struct receipt_draw *draw,
                                 const struct receipt_result *result,
                                 const struct sha256 *draw_hash, uint32_t *wrong, struct err *e);
