// The keyed stream and the selections of rules/draw.h. Knows OpenSSL's AES and nothing else of the
// outside; allocates only the cipher of a stream.

#include "rules/draw.h"

#include <openssl/evp.h>

// A slot of the sparse shuffle: the value that stands at place `key` instead of key itself.
struct draw_slot {
    uint32_t key;  // DRAW_SLOT_EMPTY: nothing here. No place has this number, as n < 2^32.
    uint32_t value;
};
#define DRAW_SLOT_EMPTY UINT32_MAX
#define DRAW_BATCH 32  // Numbers drawn ahead of their use, so that memory can be fetched meanwhile.
#define DRAW_REFILL_MIN 64

struct draw_key draw_key_derive(const uint8_t *seed, size_t seed_size,
                                const struct sha256 *draw_hash)
{
    const struct sha256 mac =
        hmac_sha256(seed, seed_size, draw_hash->bytes, sizeof(draw_hash->bytes));
    struct draw_key key;
    memcpy(key.bytes, mac.bytes, sizeof(key.bytes));
    return key;
}

void draw_stream_init(struct draw_stream *stream, const struct draw_key *key, uint64_t play)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    CHECK(cipher != NULL);
    CHECK(EVP_EncryptInit_ex(cipher, EVP_aes_256_ctr(), NULL, NULL, NULL) == 1);
    stream->cipher = cipher;
    draw_stream_rekey(stream, key, play);
}

void draw_stream_deinit(struct draw_stream *stream)
{
    EVP_CIPHER_CTX_free(stream->cipher);  // Clears the key.
    stream->cipher = NULL;
}

static void draw_stream_restart(struct draw_stream *stream, const uint8_t *key, uint64_t play)
{
    uint8_t counter[16] = {0};
    for (int i = 0; i < 8; i++) {
        counter[7 - i] = (uint8_t)(play >> (8 * i));
    }
    CHECK(EVP_EncryptInit_ex(stream->cipher, NULL, NULL, key, counter) == 1);
    stream->used = 0;
    stream->filled = 0;
    stream->refill_size = DRAW_REFILL_MIN;
}

void draw_stream_seek(struct draw_stream *stream, uint64_t play)
{
    draw_stream_restart(stream, NULL, play);
}

void draw_stream_rekey(struct draw_stream *stream, const struct draw_key *key, uint64_t play)
{
    draw_stream_restart(stream, key->bytes, play);
}

void draw_stream_expect(struct draw_stream *stream, size_t size)
{
    const size_t ready = stream->filled - stream->used;
    if (size <= ready) {
        return;
    }
    const size_t blocks = (size - ready + DRAW_REFILL_MIN - 1) / DRAW_REFILL_MIN;
    const size_t wanted = blocks * DRAW_REFILL_MIN;
    stream->refill_size = wanted < DRAW_BUFFER_SIZE ? (uint32_t)wanted : DRAW_BUFFER_SIZE;
}

void draw_stream_refill(struct draw_stream *stream)
{
    const uint32_t size = stream->refill_size;
    int written = 0;
    memset(stream->buffer, 0, size);
    CHECK(EVP_EncryptUpdate(stream->cipher, stream->buffer, &written, stream->buffer, (int)size) ==
          1);
    CHECK((uint32_t)written == size);
    stream->used = 0;
    stream->filled = size;
    stream->refill_size = size * 4 < DRAW_BUFFER_SIZE ? size * 4 : DRAW_BUFFER_SIZE;
}

void draw_stream_bytes(struct draw_stream *stream, void *out, size_t word_count)
{
    uint8_t *at = out;
    size_t left = word_count * 8;
    while (left > 0) {
        if (stream->used == stream->filled) {
            draw_stream_refill(stream);
        }
        const size_t ready = stream->filled - stream->used;
        const size_t size = left < ready ? left : ready;
        memcpy(at, stream->buffer + stream->used, size);
        stream->used += (uint32_t)size;
        at += size;
        left -= size;
    }
}

// ---- k of n
// --------------------------------------------------------------------------------------

// The table holds at most one entry for each place at or behind k, and one for each draw.
static uint32_t draw_select_capacity(uint32_t n, uint32_t k)
{
    const uint32_t most = k < n - k ? k : n - k;
    uint32_t capacity = 16;
    while (capacity / 2 < most) {
        CHECK(capacity < UINT32_C(1) << 31);
        capacity *= 2;
    }
    return capacity;
}

size_t draw_select_scratch(uint32_t n, uint32_t k)
{
    CHECK(k <= n);
    return (size_t)draw_select_capacity(n, k) * sizeof(struct draw_slot);
}

// Multiplicative hashing: places are uniform already, but a run of neighbours must not collide.
static inline uint32_t draw_slot_home(uint32_t key, uint32_t mask)
{
    return (uint32_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & mask;
}

// Puts `value` at place `key` and returns what stood there.
static inline uint32_t draw_slot_swap(struct draw_slot *slots, uint32_t mask, uint32_t key,
                                      uint32_t value)
{
    uint32_t i = draw_slot_home(key, mask);
    while (slots[i].key != DRAW_SLOT_EMPTY) {
        if (slots[i].key == key) {
            const uint32_t old = slots[i].value;
            slots[i].value = value;
            return old;
        }
        i = (i + 1) & mask;
    }
    slots[i] = (struct draw_slot){.key = key, .value = value};
    return key;
}

void draw_select(struct draw_stream *stream, uint32_t n, uint32_t k, uint32_t *winners,
                 void *scratch)
{
    CHECK(k <= n);
    CHECK(n < UINT32_MAX);
    struct draw_slot *slots = scratch;
    const uint32_t capacity = draw_select_capacity(n, k);
    const uint32_t mask = capacity - 1;
    memset(slots, 0xff, (size_t)capacity * sizeof(*slots));
    for (uint32_t i = 0; i < k; i++) {
        winners[i] = i;
    }
    for (uint32_t start = 0; start < k; start += DRAW_BATCH) {
        uint32_t places[DRAW_BATCH];
        const uint32_t count = k - start < DRAW_BATCH ? k - start : DRAW_BATCH;
        for (uint32_t b = 0; b < count; b++) {
            const uint32_t i = start + b;
            places[b] = i + (uint32_t)draw_below(stream, n - i);
            __builtin_prefetch(&slots[draw_slot_home(places[b], mask)], 1);
        }
        for (uint32_t b = 0; b < count; b++) {
            const uint32_t i = start + b;
            const uint32_t place = places[b];
            const uint32_t mine = winners[i];
            if (place < k) {
                winners[i] = winners[place];
                winners[place] = mine;
            } else {
                winners[i] = draw_slot_swap(slots, mask, place, mine);
            }
        }
    }
}

// ---- weighted
// ------------------------------------------------------------------------------------

bool draw_weights_check(const int64_t *weights, size_t count, int64_t *sum, struct err *e)
{
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        if (weights[i] < 1 || weights[i] > DRAW_WEIGHT_MAX) {
            return err_set(e, ERR_INVALID, "weights[%zu]: %lld is not in 1 .. 2^53", i,
                           (long long)weights[i]);
        }
        total += weights[i];
        if (total > DRAW_WEIGHT_MAX) {
            return err_set(e, ERR_INVALID, "weights: their sum exceeds 2^53 at weights[%zu]", i);
        }
    }
    *sum = total;
    return true;
}

size_t draw_weighted_scratch(uint32_t n)
{
    return ((size_t)n + 1) * 2 * sizeof(uint64_t);
}

// A Fenwick tree of the weights left: node i holds the sum of the (i & -i) weights up to i. The
// weights left stand behind it, as a winner's must be taken out again.
void draw_weighted(struct draw_stream *stream, const int64_t *weights, uint32_t n, uint32_t k,
                   uint32_t *winners, void *scratch)
{
    uint64_t *tree = scratch;
    uint64_t *left = tree + n + 1;
    uint64_t total = 0;
    memset(tree, 0, ((size_t)n + 1) * sizeof(*tree));
    for (size_t i = 1; i <= n; i++) {
        CHECK(weights[i - 1] >= 0);
        left[i] = (uint64_t)weights[i - 1];
        total += left[i];
        CHECK(total <= (uint64_t)DRAW_WEIGHT_MAX);
        tree[i] += left[i];
        const size_t parent = i + (i & (0 - i));
        if (parent <= n) {
            tree[parent] += tree[i];
        }
    }
    size_t top = 1;
    while (top * 2 <= n) {
        top *= 2;
    }
    for (uint32_t draw = 0; draw < k; draw++) {
        CHECK(total > 0);
        uint64_t rest = draw_below(stream, total);
        size_t at = 0;
        for (size_t step = top; step > 0; step /= 2) {
            if (at + step <= n && tree[at + step] <= rest) {
                at += step;
                rest -= tree[at];
            }
        }
        CHECK(at < n);
        winners[draw] = (uint32_t)at;
        const uint64_t weight = left[at + 1];
        CHECK(rest < weight);
        for (size_t i = at + 1; i <= n; i += i & (0 - i)) {
            tree[i] -= weight;
        }
        left[at + 1] = 0;
        total -= weight;
    }
}

void draw_alias_build(struct draw_alias *alias, struct draw_alias_slot *slots,
                      const int64_t *weights, uint32_t count)
{
    CHECK(count > 0);
    uint64_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        CHECK(weights[i] > 0);
        total += (uint64_t)weights[i];
    }
    CHECK(total <= (uint64_t)DRAW_WEIGHT_MAX);
    *alias = (struct draw_alias){.slots = slots, .total = total, .count = count};
    // w * n < W exactly if w <= light_max. Then the product fits 64 bits; only what is left of a
    // heavy one can exceed them. `heavy` gives away what it has above the mean until it is light.
    const int64_t light_max = (int64_t)((total - 1) / count);
    uint32_t heavy = 0;
    while (weights[heavy] <= light_max) {
        heavy++;
    }
    unsigned __int128 rest = (unsigned __int128)weights[heavy] * count;
    uint32_t next = heavy + 1;  // Heavy ones before it are done, or are `heavy` itself.
    for (uint32_t light = 0; light < count; light++) {
        if (weights[light] > light_max) {
            if (light >= next || light == heavy) {  // Full, until its turn to give comes.
                slots[light] = (struct draw_alias_slot){.threshold = total, .alias = light};
            }
            continue;
        }
        const uint64_t share = (uint64_t)weights[light] * count;
        slots[light] = (struct draw_alias_slot){.threshold = share, .alias = heavy};
        rest -= total - share;
        while (rest < total) {
            while (next < count && weights[next] <= light_max) {
                next++;
            }
            CHECK(next < count);  // The mean is exact, so somebody still has too much.
            const uint64_t given = total - (uint64_t)rest;
            slots[heavy] = (struct draw_alias_slot){.threshold = (uint64_t)rest, .alias = next};
            heavy = next++;
            rest = (unsigned __int128)weights[heavy] * count - given;
        }
    }
}

uint32_t draw_alias_pick(const struct draw_alias *alias, struct draw_stream *stream)
{
    const uint32_t column = (uint32_t)draw_below(stream, alias->count);
    const uint64_t height = draw_below(stream, alias->total);
    const struct draw_alias_slot *slot = &alias->slots[column];
    return height < slot->threshold ? column : slot->alias;
}

void draw_alias_pick_many(const struct draw_alias *alias, struct draw_stream *stream, uint32_t *out,
                          size_t count)
{
    const uint32_t columns = alias->count;
    const uint64_t total = alias->total;
    const struct draw_alias_slot *slots = alias->slots;
    for (size_t start = 0; start < count; start += DRAW_BATCH) {
        const size_t size = count - start < DRAW_BATCH ? count - start : DRAW_BATCH;
        uint64_t heights[DRAW_BATCH];
        uint32_t *batch = out + start;
        for (size_t i = 0; i < size; i++) {
            batch[i] = (uint32_t)draw_below(stream, columns);
            __builtin_prefetch(&slots[batch[i]]);
            heights[i] = draw_below(stream, total);
        }
        for (size_t i = 0; i < size; i++) {
            const struct draw_alias_slot *slot = &slots[batch[i]];
            batch[i] = heights[i] < slot->threshold ? batch[i] : slot->alias;
        }
    }
}

// ---- stratified
// ----------------------------------------------------------------------------------

size_t draw_stratified_scratch(uint32_t n, uint32_t group_count, const uint32_t *quotas)
{
    size_t most = 0;
    for (uint32_t g = 0; g < group_count; g++) {
        // A group has any size up to n, and min(quota, size - quota) places go into the table.
        const uint32_t places = quotas[g] < n / 2 ? quotas[g] : n / 2;
        const size_t size = draw_select_scratch(places * 2, places);
        most = size > most ? size : most;
    }
    return most + ((size_t)n + group_count + 2) * sizeof(uint32_t);
}

bool draw_stratified(struct draw_stream *stream, const uint32_t *strata, uint32_t n,
                     const uint32_t *quotas, uint32_t group_count, uint32_t *winners, void *scratch,
                     struct err *e)
{
    uint32_t *starts = scratch;  // Of each group in `order`; then where the next group begins.
    uint32_t *order = starts + group_count + 1;
    memset(starts, 0, ((size_t)group_count + 1) * sizeof(*starts));
    for (uint32_t i = 0; i < n; i++) {
        CHECK(strata[i] < group_count);
        starts[strata[i] + 1]++;
    }
    for (uint32_t g = 0; g < group_count; g++) {
        if (quotas[g] > starts[g + 1]) {
            return err_set(e, ERR_REFUSED, "quotas[%u]: %u winners of only %u entrants", g,
                           quotas[g], starts[g + 1]);
        }
        starts[g + 1] += starts[g];
    }
    for (uint32_t i = 0; i < n; i++) {  // Moves each start to the group's end ...
        order[starts[strata[i]]++] = i;
    }
    // The slots of the sparse shuffle need 8-byte alignment.
    const size_t used = ((size_t)group_count + 1 + n + 1) / 2 * 2 * sizeof(uint32_t);
    uint32_t begin = 0;  // ... so a group begins where the one before ended.
    for (uint32_t g = 0; g < group_count; g++) {
        const uint32_t size = starts[g] - begin;
        draw_select(stream, size, quotas[g], winners, (char *)scratch + used);
        for (uint32_t i = 0; i < quotas[g]; i++) {
            winners[i] = order[begin + winners[i]];
        }
        winners += quotas[g];
        begin = starts[g];
    }
    return true;
}
