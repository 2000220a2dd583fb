#pragma once
// Money is int64 minor units (fen, cents). Nothing here rounds silently: every function that can
// round says how, every one that can overflow returns false.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define MONEY_MAX                                                                                  \
    INT64_C(1000000000000000)  // 10^15 minor units: no sum of a campaign comes near int64.

MUST_USE bool money_add(int64_t a, int64_t b, int64_t *out);  // false: overflow
MUST_USE bool money_mul(int64_t a, int64_t b, int64_t *out);

enum money_round {
    MONEY_ROUND_HALF_UP,    // .5 away from zero
    MONEY_ROUND_HALF_DOWN,  // .5 towards zero
    MONEY_ROUND_HALF_EVEN,
    MONEY_ROUND_DOWN,  // towards zero
    MONEY_ROUND_UP,    // away from zero
};
// amount * num / den, exact in 128 bits. den > 0. |result| must fit MONEY_MAX, else false.
MUST_USE bool money_scale(int64_t amount, int64_t num, int64_t den, enum money_round round,
                          int64_t *out);
// Splits total over weights (>= 0, sum > 0) by largest remainder; ties go to the first. parts sum
// to total.
void money_split(int64_t total, const int64_t *weights, size_t count, int64_t *parts);

// "199", "199.5", "199.00" -> minor units with `decimals` digits (0..4). Refuses signs other than a
// leading '-', more digits than decimals, blanks, exponents, and anything above MONEY_MAX.
MUST_USE bool money_parse(const char *text, size_t size, int decimals, int64_t *out, struct err *e);
// 123456 -> "1,234.56"; writes at most 40 bytes including NUL. decimals as above.
void money_format(int64_t amount, int decimals, char *out, size_t out_size);
int money_decimals(const char *currency);        // CNY 2, JPY 0, ...; -1: unknown currency
const char *money_symbol(const char *currency);  // "¥", "$", "€", "£", or the code itself
