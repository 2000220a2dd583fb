// Codes that bring people and orders. A member's invitation code and her share code stand in no row
// until somebody comes by them: they are her number, enciphered with a key of the campaign and
// spelled in eight characters, so the code alone says whose it is. Everybody may have them and
// hardly any is ever used.
//
// The cipher is a Feistel network over 40 bits, walked until the number has eight characters
// (31^8 of 2^40 numbers have). Of all codes one in two million is somebody's while a campaign has
// 200,000 members: as with codes drawn by lot, a guess credits nobody.

#include <string.h>

#include "base/hash.h"
#include "core/core.h"

#define CODES_HALF_BITS 20
#define CODES_HALF_MASK ((UINT32_C(1) << CODES_HALF_BITS) - 1)
#define CODES_ROUNDS 6
#define CODES_BASE (sizeof(CODES_ALPHABET) - 1)

struct codes_key {
    uint64_t rounds[CODES_ROUNDS];
};

static bool codes_key_of(const struct campaign *campaign, struct codes_key *out)
{
    static const char PURPOSE[] = "codes of members";
    if (campaign == NULL || campaign->seed == NULL) {
        return false;
    }
    const struct sha256 digest =
        hmac_sha256(campaign->seed->data, campaign->seed->size, PURPOSE, sizeof(PURPOSE) - 1);
    for (unsigned i = 0; i < CODES_ROUNDS; i++) {
        out->rounds[i] = hash64(digest.bytes, sizeof(digest.bytes), i);
    }
    return true;
}

static uint32_t codes_round(uint32_t half, uint64_t key)
{
    return (uint32_t)(hash64_int(key ^ half) >> 24) & CODES_HALF_MASK;
}

static uint64_t codes_encipher(uint64_t number, const struct codes_key *key)
{
    uint32_t left = (uint32_t)(number >> CODES_HALF_BITS);
    uint32_t right = (uint32_t)number & CODES_HALF_MASK;
    for (unsigned i = 0; i < CODES_ROUNDS; i++) {
        const uint32_t next = left ^ codes_round(right, key->rounds[i]);
        left = right;
        right = next;
    }
    return (uint64_t)left << CODES_HALF_BITS | right;
}

static uint64_t codes_decipher(uint64_t number, const struct codes_key *key)
{
    uint32_t left = (uint32_t)(number >> CODES_HALF_BITS);
    uint32_t right = (uint32_t)number & CODES_HALF_MASK;
    for (unsigned i = CODES_ROUNDS; i > 0; i--) {
        const uint32_t before = right ^ codes_round(left, key->rounds[i - 1]);
        right = left;
        left = before;
    }
    return (uint64_t)left << CODES_HALF_BITS | right;
}

static uint64_t codes_end(void)
{
    uint64_t end = 1;
    for (unsigned i = 0; i < CODES_SIZE; i++) {
        end *= CODES_BASE;
    }
    return end;
}

bool codes_spell(const struct state *state, uint32_t campaign, enum codes_kind kind,
                 uint32_t member, char out[CODES_SIZE + 1])
{
    struct codes_key key;
    const uint64_t end = codes_end();
    uint64_t number = (uint64_t)member << 1 | (kind == CODES_SHARE);
    if (!codes_key_of(table_get(state, T_CAMPAIGNS, campaign), &key)) {
        return false;
    }
    do {
        number = codes_encipher(number, &key);
    } while (number >= end);
    for (unsigned i = CODES_SIZE; i > 0; i--) {
        out[i - 1] = CODES_ALPHABET[number % CODES_BASE];
        number /= CODES_BASE;
    }
    out[CODES_SIZE] = '\0';
    return true;
}

uint32_t codes_owner(const struct state *state, struct slice code, uint32_t *campaign,
                     enum codes_kind *kind)
{
    uint64_t spelled = 0;
    const uint64_t end = codes_end();
    for (uint32_t i = 0; i < code.size; i++) {
        const char *at = memchr(CODES_ALPHABET, code.data[i], CODES_BASE);
        if (at == NULL || code.size != CODES_SIZE) {
            return 0;
        }
        spelled = spelled * CODES_BASE + (uint64_t)(at - CODES_ALPHABET);
    }
    for (uint32_t id = 0; code.size > 0 && (id = table_next(state, T_CAMPAIGNS, id)) != 0;) {
        struct codes_key key;
        if (!codes_key_of(table_get(state, T_CAMPAIGNS, id), &key)) {
            continue;
        }
        uint64_t number = spelled;
        do {
            number = codes_decipher(number, &key);
        } while (number >= end);
        if (number >> 1 <= table_last(state, T_MEMBERS) &&
            table_get(state, T_MEMBERS, (uint32_t)(number >> 1)) != NULL) {
            *campaign = id;
            *kind = (number & 1) != 0 ? CODES_SHARE : CODES_INVITE;
            return (uint32_t)(number >> 1);
        }
    }
    return 0;
}

uint32_t codes_find(struct state *state, struct slice code)
{
    const text_id known = text_find(state_texts(state), code.data, code.size);
    const uint32_t row = known ? TABLE_FIND(state, T_CODES, CODES_BY_CODE, known) : 0;
    uint32_t campaign;
    enum codes_kind kind;
    const uint32_t member = row == 0 ? codes_owner(state, code, &campaign, &kind) : 0;
    if (member == 0) {
        return row;
    }
    const struct code fresh = {
        .code = state_text(state, code.data, code.size),
        .campaign = (int32_t)campaign,
        .member = (int32_t)member,
        .kind = (uint8_t)kind,
    };
    return ((const struct code *)table_insert(state, T_CODES, &fresh))->id;
}
