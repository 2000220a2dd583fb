#pragma once
// Games and draws as rows, tied to the primitives in rules/: seeds derived from the campaign's
// secret, frozen rules, receipts. No word of a playbook reaches a winner except through here.

#include "core/core.h"
#include "rules/receipt.h"

struct chance;  // What is kept of open games so that a spin costs little: key, rules, cut
                // envelopes.

struct chance *chance_new(struct core *core);
void chance_free(struct chance *chance);
void chance_forget(struct chance *chance);  // After a rollback: rebuild from rows when next needed.

// Freezes a game: its rules (games.rules, kind, total), prizes rows; stores seed and commitment.
// Status announced. A wheel takes odds and stock from its prizes (the one with stock -1 is the
// consolation); an envelope "count" and "drama" from its rules. ERR_INVALID names what is wrong.
MUST_USE bool chance_commit(struct chance *chance, uint32_t game, struct err *e);
// One spin of a wheel for a member, at the time of the turn: prize row id (the consolation's when
// the pointer gave it; 0 when there is none), and why. Doesn't write rows except prizes.given and
// games.plays.
MUST_USE bool chance_spin(struct chance *chance, uint32_t game, uint32_t member, uint32_t *prize,
                          const char **why, struct err *e);
// Amount at a place (from 1) of an envelope game.
MUST_USE bool chance_envelope(struct chance *chance, uint32_t game, uint32_t place, int64_t *amount,
                              bool *king, struct err *e);
struct chance_entrant {
    uint32_t row;   // Member or order.
    int64_t value;  // Weight, or time of a like.
    text_id ext;
};
// Draws `k` of the entrants (for nth_like: the k-th in time; for stratified, values being group
// rows: k of each group, or all when it has fewer) and stores the receipt with the game.
MUST_USE bool chance_draw(struct chance *chance, uint32_t game, uint32_t k,
                          struct chance_entrant *entrants, uint32_t count, bool weighted,
                          const struct receipt_exclusion *excluded, uint32_t excluded_count,
                          uint32_t *winners, uint32_t *winner_count, struct err *e);
// Replaces the winner with id `ext` because of `reason` ("not reachable"): the next one by the same
// seed, former winners excluded. The receipt grows by the re-draw. `instead` lives as long as the
// turn. Refused when she hasn't won, or everybody has.
MUST_USE bool chance_redraw(struct chance *chance, uint32_t game, const char *ext,
                            const char *reason, const char **instead, struct err *e);

// --- Draws by public numbers (RFC 3797): nobody here has a seed. ---
// Freezes who takes part and gives the hash of the list; games.seed keeps the list's bytes and
// games.commitment their hash, which the receipt must have again. Once only.
MUST_USE bool chance_freeze(struct chance *chance, uint32_t game, uint32_t k,
                            const struct chance_entrant *entrants, uint32_t count,
                            const struct receipt_exclusion *excluded, uint32_t excluded_count,
                            struct err *e);
// The numbers of all sources as a key ("9319./2.5.8.10.12./"): stores the receipt, gives the
// winners' ids, which live as long as the turn. Once only.
MUST_USE bool chance_numbers(struct chance *chance, uint32_t game, const char *key,
                             const char *const **winners, uint32_t *winner_count, struct err *e);

// Internal to chance*.c.
MUST_USE bool chance_announce_public(struct chance *chance, uint32_t game, struct err *e);
// Entrants in canonical order and their rows, in the turn's arena; NULL: one stands twice.
struct receipt_entrant *chance_entrants(const struct chance *chance,
                                        const struct chance_entrant *entrants, uint32_t count,
                                        uint32_t **rows, struct err *e);
// Refuses to draw another number of winners, or another like, than the frozen rules say.
MUST_USE bool chance_as_announced(const struct chance *chance, const struct game *row, uint32_t k,
                                  uint32_t count, struct err *e);
const char *chance_draw_id(const struct chance *chance, const struct game *row);
// Internal to chance*.c: the tables; keeps a receipt with its game.
struct state *chance_state(const struct chance *chance);
MUST_USE bool chance_store(struct chance *chance, uint32_t game, const struct receipt_draw *draw,
                           const struct receipt_result *result, struct err *e);
// Completes the receipt of a wheel or envelope and closes the game; a draw that was made is only
// closed.
MUST_USE bool chance_close(struct chance *chance, uint32_t game, struct err *e);
