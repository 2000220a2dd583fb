#pragma once
// Chance that anybody can check: a keyed stream of bytes, unbiased bounded integers from it, and
// the selections a draw needs. Pure: no clock, no I/O; memory comes from the caller. Anything here
// can be recomputed in a browser with WebCrypto, so the rules below are a contract, not a detail.
//
// Key      HMAC-SHA-256(key = seed bytes, message = the 32 bytes of the receipt's draw hash).
// Stream   AES-256-CTR keystream under that key. The 16-byte counter block is
//          8 bytes big-endian play number, then 8 bytes big-endian block number from 0
//          (WebCrypto: {name: "AES-CTR", counter, length: 64} over zero bytes). Play 0 is the draw
//          itself; the i-th play of a wheel or the i-th envelope is play i; re-draw r (from 1) of a
//          draw is play r. So each play can be checked alone.
// Word     the next 8 bytes of the play's stream, as a little-endian unsigned integer.
// Below    an integer 0 <= x < bound: take a word w; m = w * bound as a 128-bit product; if
//          (m mod 2^64) < (2^64 mod bound) throw the word away and take the next one; x = m >> 64.
//          (Lemire, "Fast Random Integer Generation in an Interval", 2019; exact, no bias.)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "base/hash.h"

#define DRAW_WEIGHT_MAX (INT64_C(1) << 53)  // Weights and their sum: what every JSON reader keeps.
#define DRAW_BUFFER_SIZE 4096

struct draw_key {
    uint8_t bytes[32];
};

struct draw_key draw_key_derive(const uint8_t *seed, size_t seed_size,
                                const struct sha256 *draw_hash);

struct draw_stream {
    void *cipher;          // EVP_CIPHER_CTX, made once by init.
    uint32_t used;         // Bytes of buffer given out.
    uint32_t filled;       // Bytes of buffer that hold keystream.
    uint32_t refill_size;  // Grows from 64 to the whole buffer: a spin pays for 64 bytes only.
    _Alignas(64) uint8_t buffer[DRAW_BUFFER_SIZE];
};

void draw_stream_init(struct draw_stream *stream, const struct draw_key *key, uint64_t play);
void draw_stream_deinit(struct draw_stream *stream);
void draw_stream_seek(struct draw_stream *stream, uint64_t play);  // To the first byte of a play.
void draw_stream_rekey(struct draw_stream *stream, const struct draw_key *key, uint64_t play);
// So many bytes of the play will probably be needed: saves refills, changes no number.
void draw_stream_expect(struct draw_stream *stream, size_t size);
void draw_stream_refill(struct draw_stream *stream);  // Used by draw_word alone.
void draw_stream_bytes(struct draw_stream *stream, void *out, size_t word_count);  // Whole words.

static inline uint64_t draw_word(struct draw_stream *stream)
{
    if (stream->used == stream->filled) {
        draw_stream_refill(stream);
    }
    uint64_t word;
    memcpy(&word, stream->buffer + stream->used, sizeof(word));
    stream->used += (uint32_t)sizeof(word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

// bound > 0.
static inline uint64_t draw_below(struct draw_stream *stream, uint64_t bound)
{
    unsigned __int128 product = (unsigned __int128)draw_word(stream) * bound;
    if ((uint64_t)product < bound) {
        const uint64_t reject_below = (0 - bound) % bound;  // 2^64 mod bound
        while ((uint64_t)product < reject_below) {
            product = (unsigned __int128)draw_word(stream) * bound;
        }
    }
    return (uint64_t)(product >> 64);
}

// k of n without replacement, in the order drawn: a partial Fisher-Yates shuffle of 0 .. n-1, for
// i = 0 .. k-1: swap place i with place i + below(n - i). Positions beyond k are kept in a small
// hash in `scratch` (draw_select_scratch bytes, any content), so n may be billions. k <= n.
size_t draw_select_scratch(uint32_t n, uint32_t k);
void draw_select(struct draw_stream *stream, uint32_t n, uint32_t k, uint32_t *winners,
                 void *scratch);

// Refuses a weight below 1 or above 2^53 ("weights[3]: ...") and a sum above 2^53 ("weights: ...").
MUST_USE bool draw_weights_check(const int64_t *weights, size_t count, int64_t *sum, struct err *e);

// k of n, weighted, without replacement: r = below(sum of the weights left); the winner is the
// first entrant, in order, at which the running sum of weights left exceeds r; her weight becomes
// 0. Weights of zero are passed over (former winners in a re-draw); at least k must be positive.
// scratch: draw_weighted_scratch bytes.
size_t draw_weighted_scratch(uint32_t n);
void draw_weighted(struct draw_stream *stream, const int64_t *weights, uint32_t n, uint32_t k,
                   uint32_t *winners, void *scratch);

// Weighted with replacement: Walker's alias table in exact integers. Total W, n slots; slot i holds
// a threshold t_i (0 < t_i <= W) and an alias. Pick: c = below(n), r = below(W); r < t_c ? c :
// alias_c. Building: l = first entrant with w*n >= W, rest = w_l*n. For each entrant s in order
// with w*n < W: t_s = w_s*n, alias_s = l, rest -= W - t_s; while rest < W and there is another
// heavy entrant l': t_l = rest, alias_l = l', rest = w_l'*n - (W - t_l), l = l'. The last heavy one
// and every heavy one not reached keep t = W.
struct draw_alias_slot {
    uint64_t threshold;
    uint32_t alias;
    uint32_t unused;  // 16 bytes: one slot never lies across two cache lines.
};
struct draw_alias {
    struct draw_alias_slot *slots;  // The caller's, `count` of them.
    uint64_t total;
    uint32_t count;
};
// Weights as draw_weights_check accepts them, count > 0.
void draw_alias_build(struct draw_alias *alias, struct draw_alias_slot *slots,
                      const int64_t *weights, uint32_t count);
uint32_t draw_alias_pick(const struct draw_alias *alias, struct draw_stream *stream);
// The same picks as `count` calls of draw_alias_pick; hides the memory's latency.
void draw_alias_pick_many(const struct draw_alias *alias, struct draw_stream *stream, uint32_t *out,
                          size_t count);

// Stratified: group g = 0, 1, ... in turn gives quotas[g] winners by draw_select among its own
// entrants in order (all from one stream). strata[i] < group_count names the group of entrant i.
// winners: room for the sum of quotas. Refuses a quota above the group's size ("quotas[2]: ...").
size_t draw_stratified_scratch(uint32_t n, uint32_t group_count, const uint32_t *quotas);
MUST_USE bool draw_stratified(struct draw_stream *stream, const uint32_t *strata, uint32_t n,
                              const uint32_t *quotas, uint32_t group_count, uint32_t *winners,
                              void *scratch, struct err *e);
