#pragma once
// RFC 3797, "Publicly Verifiable Nominations Committee (NomCom) Random Selection": a draw whose
// chance comes from public numbers (lotteries) named in advance. Pure; MD5 as the RFC demands it.
//
// Each source's numbers are sorted ascending, written in decimal with a '.' after each, the source
// closed by '/': sources {9319}, {2,5,12,8,10} give "9319./2.5.8.10.12./". For i = 0, 1, ... :
// MD5(i as 2 bytes big-endian, key, i again), read as a 128-bit big-endian integer, modulo the
// number of people left, is the place (from 0) of the next one selected among those left, who close
// ranks in their published order.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

#define RFC3797_POOL_MAX 65535
#define RFC3797_NUMBERS_MAX 64  // Numbers of one source.
#define RFC3797_KEY_MAX 4096

// Appends one source's part of the key. Refuses none or too many numbers.
MUST_USE bool rfc3797_key_add(struct buf *key, const uint64_t *numbers, size_t count,
                              struct err *e);
// Appends the parts of a seeds file: a line per source, numbers separated by blanks, '#' begins a
// comment line. Numbers may carry a trailing '.'. Refuses anything else, naming the line.
MUST_USE bool rfc3797_key_parse(struct buf *key, const char *text, size_t size, struct err *e);
// Refuses a key that is not of the form above with ascending numbers.
MUST_USE bool rfc3797_key_check(const char *key, size_t size, struct err *e);

struct rfc3797_step {
    uint8_t md5[16];
    uint32_t divisor;   // People left.
    uint32_t selected;  // Place in the published list, from 1 (as the RFC prints it).
};
// Selects `count` of `pool` people; steps: room for count. scratch: pool * 4 bytes, aligned for
// uint32_t. count <= pool <= RFC3797_POOL_MAX.
void rfc3797_select(const char *key, size_t key_size, uint32_t pool, uint32_t count,
                    struct rfc3797_step *steps, uint32_t *scratch);
// Bits of chance needed to select `count` of `pool`: log2 of the number of sets (RFC 3797 3).
double rfc3797_entropy_bits(uint32_t pool, uint32_t count);
