#pragma once
// Hashes: a fast 64-bit one for tables (not for anything that must resist an enemy beyond
// flooding: it is keyed), SHA-256 and HMAC-SHA-256 (OpenSSL) for proofs. Hex both ways.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t hash64(const void *data, size_t size, uint64_t seed);
uint64_t hash64_int(uint64_t value);  // A mixer: every input bit reaches every output bit.

#define SHA256_SIZE 32
struct sha256 {
    uint8_t bytes[SHA256_SIZE];
};

struct sha256 sha256_of(const void *data, size_t size);
struct sha256 sha256_of2(const void *a, size_t a_size, const void *b, size_t b_size);  // a then b
struct sha256 hmac_sha256(const void *key, size_t key_size, const void *data, size_t size);
bool sha256_equal(const struct sha256 *a, const struct sha256 *b);  // Constant time.

// Incremental, for more than memory holds at once. No allocation.
struct sha256_state {
    uint64_t opaque[16];  // A SHA256_CTX of OpenSSL; hash.c checks that it fits.
};
void sha256_begin(struct sha256_state *state);
void sha256_add(struct sha256_state *state, const void *data, size_t size);
struct sha256 sha256_end(struct sha256_state *state);

void hex_encode(const uint8_t *data, size_t size,
                char *out);  // Writes 2 * size characters and NUL.
bool hex_decode(const char *text, size_t text_size, uint8_t *out,
                size_t size);  // text_size == 2 * size
