// RFC 3797: the key and the selection. Pure; knows OpenSSL's MD5 and nothing else of the outside.

#include "rules/rfc3797.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

bool rfc3797_key_add(struct buf *key, const uint64_t *numbers, size_t count, struct err *e)
{
    if (count < 1 || count > RFC3797_NUMBERS_MAX) {
        return err_set(e, ERR_INVALID, "numbers: a source has 1 .. %d, not %zu",
                       RFC3797_NUMBERS_MAX, count);
    }
    uint64_t sorted[RFC3797_NUMBERS_MAX];
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && sorted[at - 1] > numbers[i]; at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = numbers[i];
    }
    for (size_t i = 0; i < count; i++) {
        buf_printf(key, "%llu.", (unsigned long long)sorted[i]);
    }
    buf_putc(key, '/');
    if (key->overflow || key->size > RFC3797_KEY_MAX) {
        return err_set(e, ERR_INVALID, "numbers: the key exceeds %d bytes", RFC3797_KEY_MAX);
    }
    return true;
}

// Reads digits at *at. false: there are none, or they don't fit 64 bits.
static bool rfc3797_number(const char *text, size_t size, size_t *at, uint64_t *out)
{
    const size_t start = *at;
    uint64_t number = 0;
    while (*at < size && text[*at] >= '0' && text[*at] <= '9') {
        const uint64_t digit = (uint64_t)(text[*at] - '0');
        if (number > (UINT64_MAX - digit) / 10) {
            return false;
        }
        number = number * 10 + digit;
        (*at)++;
    }
    *out = number;
    return *at > start;
}

static bool rfc3797_line(struct buf *key, const char *line, size_t size, struct err *e)
{
    uint64_t numbers[RFC3797_NUMBERS_MAX];
    size_t count = 0;
    for (size_t at = 0; at < size;) {
        if (line[at] == ' ' || line[at] == '\t' || line[at] == '\r') {
            at++;
            continue;
        }
        if (count == 0 && line[at] == '#') {
            return true;
        }
        if (count == RFC3797_NUMBERS_MAX) {
            return err_set(e, ERR_INVALID, "more than %d numbers", RFC3797_NUMBERS_MAX);
        }
        if (!rfc3797_number(line, size, &at, &numbers[count])) {
            return err_set(e, ERR_INVALID, "expected a whole number");
        }
        count++;
        at += at < size && line[at] == '.';
        if (at < size && line[at] != ' ' && line[at] != '\t' && line[at] != '\r') {
            return err_set(e, ERR_INVALID, "expected a blank after a number");
        }
    }
    return count == 0 || rfc3797_key_add(key, numbers, count, e);
}

bool rfc3797_key_parse(struct buf *key, const char *text, size_t size, struct err *e)
{
    unsigned line = 1;
    for (size_t start = 0; start < size; line++) {
        const char *end = memchr(text + start, '\n', size - start);
        const size_t line_size = end != NULL ? (size_t)(end - text) - start : size - start;
        if (!rfc3797_line(key, text + start, line_size, e)) {
            return err_add(e, "seeds line %u", line);
        }
        start += line_size + 1;
    }
    if (key->size == 0) {
        return err_set(e, ERR_INVALID, "seeds: no numbers");
    }
    return true;
}

bool rfc3797_key_check(const char *key, size_t size, struct err *e)
{
    if (size == 0 || size > RFC3797_KEY_MAX || key[size - 1] != '/') {
        return err_set(e, ERR_INVALID, "key: a key ends in '/' and has at most %d bytes",
                       RFC3797_KEY_MAX);
    }
    uint64_t last = 0;
    size_t count = 0;
    for (size_t at = 0; at < size;) {
        if (key[at] == '/') {
            if (count == 0) {
                return err_set(e, ERR_INVALID, "key: a source without numbers at byte %zu", at);
            }
            count = 0;
            last = 0;
            at++;
            continue;
        }
        const bool zero = key[at] == '0';
        const size_t start = at;
        uint64_t number = 0;
        if (!rfc3797_number(key, size, &at, &number) || at == size || key[at] != '.' ||
            (zero && at - start > 1)) {
            return err_set(e, ERR_INVALID, "key: no 'number.' at byte %zu", start);
        }
        if (number < last) {
            return err_set(e, ERR_INVALID, "key: numbers not ascending at byte %zu", start);
        }
        last = number;
        count++;
        at++;
    }
    return true;
}

// A 128-bit big-endian number modulo a small one, byte by byte.
static uint32_t rfc3797_modulo(const uint8_t md5[16], uint32_t divisor)
{
    uint64_t rest = 0;
    for (int i = 0; i < 16; i++) {
        rest = (rest << 8 | md5[i]) % divisor;
    }
    return (uint32_t)rest;
}

void rfc3797_select(const char *key, size_t key_size, uint32_t pool, uint32_t count,
                    struct rfc3797_step *steps, uint32_t *scratch)
{
    CHECK(pool <= RFC3797_POOL_MAX);
    CHECK(count <= pool);
    EVP_MD_CTX *md5 = EVP_MD_CTX_new();
    CHECK(md5 != NULL);
    for (uint32_t i = 0; i < pool; i++) {
        scratch[i] = i + 1;
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t number[2] = {(uint8_t)(i >> 8), (uint8_t)i};
        struct rfc3797_step *step = &steps[i];
        CHECK(EVP_DigestInit_ex(md5, EVP_md5(), NULL) == 1);
        CHECK(EVP_DigestUpdate(md5, number, sizeof(number)) == 1);
        CHECK(EVP_DigestUpdate(md5, key, key_size) == 1);
        CHECK(EVP_DigestUpdate(md5, number, sizeof(number)) == 1);
        CHECK(EVP_DigestFinal_ex(md5, step->md5, NULL) == 1);
        step->divisor = pool - i;
        const uint32_t place = rfc3797_modulo(step->md5, step->divisor);
        step->selected = scratch[place];
        memmove(&scratch[place], &scratch[place + 1],
                (step->divisor - place - 1) * sizeof(*scratch));
    }
    EVP_MD_CTX_free(md5);
}

double rfc3797_entropy_bits(uint32_t pool, uint32_t count)
{
    CHECK(count <= pool);
    return (lgamma((double)pool + 1) - lgamma((double)count + 1) -
            lgamma((double)(pool - count) + 1)) /
           log(2);
}
