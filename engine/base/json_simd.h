#pragma once
// What json.c needs from C++. Only base/json.c and base/json_simd.cc include this.

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JSON_DIGITS_MAX 32

// The shortest decimal digits that read back as `value` (finite, > 0), without a point or leading
// and trailing zeros, into `digits` (JSON_DIGITS_MAX bytes with NUL); returns how many. `*exponent`
// is such that value = 0.digits * 10^exponent.
int json_simd_digits(double value, char *digits, int *exponent);

#ifdef __cplusplus
}
#endif
