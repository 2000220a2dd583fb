#pragma once
// Receipts: what makes a draw checkable. Builds the canonical JSON (RFC 8785) of a draw and
// recomputes it. Pure; writes into a buf or, piece by piece, to a sink; knows no files and no Lua.
//
//   {"body":{"draw":{...frozen at closing (entrants) or opening (games)...},
//            "draw_hash":"<SHA-256 of the canonical bytes of draw>",
//            "plays":[...],"redraws":[...],"seed":"<hex>","winners":[...]},
//    "hash":"<SHA-256 of the canonical bytes of body>","marks":{...},"receipt":1}
//
// draw: commitment (SHA-256 of the seed), entrants (ids, ascending by bytes, all different; for
// rfc3797 in their published order), excluded ([[id, reason], ...]), id, kind, odds, prizes, rules,
// stock, strata (group number of each entrant), times (ms, nth), weights. Only fields that the kind
// has. Key and numbers: rules/draw.h.
// Winners: ids as first drawn. redraws: [place, id replaced, reason, new id]; re-draw r (from 1)
// uses play r of the key and passes over everybody who has won before: uniform kinds and groups
// take the below(number of those left)-th of those left in order, weighted ones the running sum of
// the weights left; nth takes the next like in order, rfc3797 the next one selected. Games: plays
// in the order they happened. Wheel: [number, member, at_ms, prize or -1, reason], each from play
// `number` of the key; winners are the members of plays that won a prize. Envelopes: [envelope,
// place, member, at_ms, amount]; winners are the lucky kings of those claimed from.
//
// marks only help to name what was altered (they prove nothing, the hashes do): for each field a
// string with 4 hex digits a value (arrays and rules: 4 digits for each element; public numbers:
// for each source's, "9319./"), each the FNV-1a-32 hash of the value's canonical JSON bytes, high
// half xor low half.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "rules/draw.h"
#include "rules/envelope.h"
#include "rules/wheel.h"

#define RECEIPT_SEED_SIZE 32
#define RECEIPT_SIZE_MAX ((UINT64_C(2) << 30) - 4096)  // What base/json.h reads.
#define RECEIPT_ID_MAX 256                             // Bytes of an entrant's or member's id.
#define RECEIPT_ENTRANTS_MAX 100000000                 // Also the most winners.
#define RECEIPT_PARTS_MAX 1000000                      // Parts of all envelopes of a rain.
#define RECEIPT_GROUPS_MAX 100000                      // Groups, sources.
#define RECEIPT_PLAYS_MAX 100000000
#define RECEIPT_REDRAWS_MAX 10000

enum receipt_kind {
    RECEIPT_K_OF_N,
    RECEIPT_WEIGHTED,
    RECEIPT_STRATIFIED,
    RECEIPT_NTH,
    RECEIPT_FAIRY,    // Lucky fairy: entrants are paid orders; uniform or weighted by amount.
    RECEIPT_RFC3797,  // Public numbers instead of a seed.
    RECEIPT_WHEEL,
    RECEIPT_ENVELOPE,
};

struct receipt_entrant {
    const char *id;  // Valid UTF-8, 1 .. RECEIPT_ID_MAX bytes.
    uint32_t id_size;
    uint32_t stratum;  // stratified
    int64_t value;     // Weight (weighted, fairy), or the time of the like in ms (nth).
};
// Gives entrant `index`; asked for each several times, in order, then for winners. The text must
// live until the next call.
typedef void (*receipt_entrant_fn)(void *ctx, uint32_t index, struct receipt_entrant *out);
void receipt_entrant_of_array(void *array, uint32_t index, struct receipt_entrant *out);
// Puts entrants in canonical order. Refuses two with the same id, naming it.
MUST_USE bool receipt_entrants_sort(struct receipt_entrant *entrants, uint32_t count,
                                    struct err *e);

struct receipt_exclusion {
    const char *id, *reason;
};

// The frozen part. Unused fields are zero.
struct receipt_draw {
    enum receipt_kind kind;
    const char *id;    // Name of the draw, unique within the brand.
    const char *text;  // Rules in words, as announced. May be "".
    struct sha256 commitment;
    uint32_t winner_count;  // k; nth: the place; stratified: not used
    bool weighted;          // fairy: by value, else uniform
    bool replacement;       // weighted: one entrant may win several times

    uint32_t entrant_count;
    receipt_entrant_fn entrant;
    void *entrant_ctx;
    const struct receipt_exclusion *excluded;
    uint32_t excluded_count;

    const char *const *groups;  // stratified: names and quotas, group_count of each
    const uint32_t *quotas;
    uint32_t group_count;

    const struct wheel_rules *wheel;
    const char *const *prizes;  // wheel: names of the tiers
    const char *consolation;

    const struct envelope_rules *envelope;
    uint32_t envelope_count;  // Envelopes of this sum (a rain); 1 .. 10,000

    const char *const *sources;  // rfc3797: what was announced as sources of numbers
    uint32_t source_count;
};

struct receipt_play {
    const char *member;
    int64_t at_ms;
    int32_t prize;             // wheel: tier or -1
    enum wheel_reason reason;  // wheel
    uint32_t envelope, place;  // envelope
    int64_t amount;            // envelope
};

struct receipt_redraw {
    uint32_t place;      // Which winner (from 0) is replaced.
    const char *reason;  // "not reachable"
};

// What happened after the freeze.
struct receipt_result {
    uint8_t seed[RECEIPT_SEED_SIZE];  // All kinds but rfc3797.
    const char *key;                  // rfc3797: the key, e.g. "9319./2.5.8.10.12./"
    const struct receipt_play *plays;
    uint32_t play_count;
    const struct receipt_redraw *redraws;  // In order; each replaces the current winner at a place.
    uint32_t redraw_count;
};

// Where the bytes go: collected in `out`; with a flush function, handed on whenever some 256 KiB
// have gathered (and at the end), so a receipt of any size needs little memory.
struct receipt_sink {
    struct buf *out;
    bool (*flush)(void *ctx, const void *data, size_t size);  // May be NULL. false: stop.
    void *flush_ctx;
};

struct sha256 receipt_commitment(const uint8_t seed[RECEIPT_SEED_SIZE]);

// Checks the draw and gives the hash that fixes it; the game key is
// draw_key_derive(seed, RECEIPT_SEED_SIZE, hash). `out` may be NULL; else it gets the draw's bytes.
// Refuses bad rules and entrants, naming the field ("weights[3]: 0 is not in 1 .. 2^53").
MUST_USE bool receipt_freeze(const struct receipt_draw *draw, struct buf *out, struct sha256 *hash,
                             struct err *e);
// How many winners the draw will have (entrant kinds).
uint32_t receipt_winner_count(const struct receipt_draw *draw);
// Indexes of the winners, after the re-draws; room for receipt_winner_count. Each re-draw excludes
// everybody who has won before; refused when nobody is left. Not for wheel and envelope.
// Repeats the freeze, so the same refusals are possible.
MUST_USE bool receipt_winners(const struct receipt_draw *draw, const struct receipt_result *result,
                              uint32_t *winners, struct err *e);
// Writes the whole receipt. Plays are recomputed on the way: a play that the key doesn't give is
// refused (ERR_CORRUPT), so a wrong receipt can't be written.
MUST_USE bool receipt_write(const struct receipt_draw *draw, const struct receipt_result *result,
                            const struct receipt_sink *sink, struct err *e);

// Recomputes everything from the receipt alone. The verdict gets one line for each finding, the
// last line being the whole in words; true: verified. False: something was altered (ERR_CORRUPT,
// e names the first finding: entrant, weight, odds, stock, seed byte, winner, hash ...) or it is no
// receipt (ERR_INVALID). Commitment and draw hash still have to be compared with the announcement.
MUST_USE bool receipt_verify(const char *json, size_t size, struct buf *verdict, struct err *e);
const char *receipt_kind_name(enum receipt_kind kind);  // "k_of_n", "weighted", ...
