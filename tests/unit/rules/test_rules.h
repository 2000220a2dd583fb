#pragma once
// What the tests of rules/ share: cmocka's includes, a keyed stream, chi-square, shared data files.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "rules/draw.h"

#if defined(__SANITIZE_ADDRESS__)
#define TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_SANITIZED 1
#endif
#endif
#ifndef TEST_SANITIZED
#define TEST_SANITIZED 0
#endif

static inline struct draw_key test_key(unsigned number)
{
    struct draw_key key = {{0}};
    memcpy(key.bytes, &number, sizeof(number));
    return key;
}

// Sum of (seen - expected)^2 / expected. For d degrees of freedom the mean is d, the deviation
// sqrt(2 d); tests with fixed keys allow d + 5 * sqrt(2 d).
static inline double test_chi_square(const uint64_t *seen, size_t count, double expected)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double off = (double)seen[i] - expected;
        sum += off * off / expected;
    }
    return sum;
}

// The text of a file, or NULL. free() it.
static inline char *test_read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    struct buf text;
    buf_init(&text, (size_t)1 << 28);
    char piece[4096];
    size_t got;
    while ((got = fread(piece, 1, sizeof(piece), file)) > 0) {
        buf_append(&text, piece, got);
    }
    fclose(file);
    buf_append(&text, "", 0);
    *size = text.size;
    return buf_take(&text);
}

static inline void test_skip_loudly(const char *what)
{
    fprintf(stderr, "SKIPPED %s: recorded data is not there (%s)\n", what, SHARED_DATA_DIR);
}
