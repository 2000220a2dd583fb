// Hashes for tables, digests for proofs. The low-level SHA256_* calls are deprecated in OpenSSL 3
// in favour of EVP, whose set-up costs more than hashing a short text: a hash chain over every
// event pays that each time. Only this file uses them.

#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/hash.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/check.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct sha256_state), "sha256_state is too small");
_Static_assert(_Alignof(SHA256_CTX) <= _Alignof(struct sha256_state), "sha256_state alignment");

__extension__ typedef unsigned __int128 hash_wide;

// The fractions of the square roots of 2, 3, 5 and 7, made odd. Any constants that look random do.
#define HASH_K0 UINT64_C(0x6a09e667f3bcc909)
#define HASH_K1 UINT64_C(0xbb67ae8584caa73b)
#define HASH_K2 UINT64_C(0x3c6ef372fe94f82b)
#define HASH_K3 UINT64_C(0xa54ff53a5f1d36f1)

static uint64_t hash_load64(const uint8_t *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof(value));
    return value;
}

static uint64_t hash_load32(const uint8_t *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof(value));
    return value;
}

// The high and low half of the product folded together: two instructions, good mixing (the idea of
// wyhash and of MUM).
static uint64_t hash_fold(uint64_t a, uint64_t b)
{
    const hash_wide product = (hash_wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash64(const void *data, size_t size, uint64_t seed)
{
    const uint8_t *p = data;
    // Without the seed nobody can aim at a factor of zero, which would wipe out the state.
    const uint64_t secret = hash_fold(seed ^ HASH_K2, HASH_K1);
    uint64_t state = seed ^ HASH_K0;
    uint64_t a = 0;
    uint64_t b = 0;
    if (size > 16) {
        size_t left = size;
        for (; left > 16; left -= 16, p += 16) {
            state = hash_fold(hash_load64(p) ^ secret, hash_load64(p + 8) ^ state);
        }
        a = hash_load64(p + left - 16);  // The last 16 bytes, overlapping what was read.
        b = hash_load64(p + left - 8);
    } else if (size >= 8) {
        a = hash_load64(p);
        b = hash_load64(p + size - 8);
    } else if (size >= 4) {
        a = hash_load32(p);
        b = hash_load32(p + size - 4);
    } else if (size > 0) {
        a = (uint64_t)p[0] << 16 | (uint64_t)p[size / 2] << 8 | p[size - 1];
    }
    state = hash_fold(a ^ secret, b ^ state);
    return hash_fold(state ^ HASH_K3, (uint64_t)size ^ HASH_K1);
}

uint64_t hash64_int(uint64_t value)
{
    // The finaliser of splitmix64 (Steele, Lea and Flood 2014): a bijection.
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

void sha256_begin(struct sha256_state *state)
{
    CHECK(SHA256_Init((SHA256_CTX *)state) == 1);
}

void sha256_add(struct sha256_state *state, const void *data, size_t size)
{
    if (size > 0) {
        CHECK(SHA256_Update((SHA256_CTX *)state, data, size) == 1);
    }
}

struct sha256 sha256_end(struct sha256_state *state)
{
    struct sha256 digest;
    CHECK(SHA256_Final(digest.bytes, (SHA256_CTX *)state) == 1);
    return digest;
}

struct sha256 sha256_of(const void *data, size_t size)
{
    return sha256_of2(data, size, NULL, 0);
}

struct sha256 sha256_of2(const void *a, size_t a_size, const void *b, size_t b_size)
{
    struct sha256_state state;
    sha256_begin(&state);
    sha256_add(&state, a, a_size);
    sha256_add(&state, b, b_size);
    return sha256_end(&state);
}

// RFC 2104 over the calls above: HMAC() of libcrypto looks its digest up by name each time and
// takes ten times as long for a short text.
struct sha256 hmac_sha256(const void *key, size_t key_size, const void *data, size_t size)
{
    uint8_t pad[SHA256_CBLOCK] = {0};
    if (key_size > sizeof(pad)) {
        const struct sha256 digest = sha256_of(key, key_size);
        memcpy(pad, digest.bytes, sizeof(digest.bytes));
    } else if (key_size > 0) {
        memcpy(pad, key, key_size);
    }
    for (size_t i = 0; i < sizeof(pad); i++) {
        pad[i] ^= 0x36;
    }
    const struct sha256 inner = sha256_of2(pad, sizeof(pad), data, size);
    for (size_t i = 0; i < sizeof(pad); i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }
    const struct sha256 digest = sha256_of2(pad, sizeof(pad), inner.bytes, sizeof(inner.bytes));
    OPENSSL_cleanse(pad, sizeof(pad));
    return digest;
}

bool sha256_equal(const struct sha256 *a, const struct sha256 *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, SHA256_SIZE) == 0;
}

void hex_encode(const uint8_t *data, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * size] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

bool hex_decode(const char *text, size_t text_size, uint8_t *out, size_t size)
{
    if (text_size % 2 != 0 || text_size / 2 != size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}
