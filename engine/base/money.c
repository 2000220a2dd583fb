// Whole minor units, exact in 128 bits between. No double comes near an amount.

#include "base/money.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"

__extension__ typedef __int128 money_wide;
__extension__ typedef unsigned __int128 money_uwide;

bool money_add(int64_t a, int64_t b, int64_t *out)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        return false;
    }
    *out = sum;
    return true;
}

bool money_mul(int64_t a, int64_t b, int64_t *out)
{
    int64_t product;
    if (__builtin_mul_overflow(a, b, &product)) {
        return false;
    }
    *out = product;
    return true;
}

// Whether a quotient that dropped `rest` of `den` is rounded away from zero.
static bool money_rounds_away(enum money_round round, bool odd, money_uwide rest, money_uwide den)
{
    const money_uwide to_next = den - rest;
    switch (round) {
    case MONEY_ROUND_HALF_UP:
        return rest >= to_next;
    case MONEY_ROUND_HALF_DOWN:
        return rest > to_next;
    case MONEY_ROUND_HALF_EVEN:
        return rest > to_next || (rest == to_next && odd);
    case MONEY_ROUND_DOWN:
        return false;
    case MONEY_ROUND_UP:
        return rest > 0;
    }
    CHECK(false);
}

bool money_scale(int64_t amount, int64_t num, int64_t den, enum money_round round, int64_t *out)
{
    CHECK(den > 0);
    const money_wide product = (money_wide)amount * num;  // At most 2^126: always fits.
    const bool negative = product < 0;
    const money_uwide size = (money_uwide)(negative ? -product : product);
    const money_uwide divisor = (money_uwide)den;
    money_uwide quotient = size / divisor;
    if (money_rounds_away(round, quotient % 2 == 1, size % divisor, divisor)) {
        quotient++;
    }
    if (quotient > (money_uwide)MONEY_MAX) {
        return false;
    }
    *out = negative ? -(int64_t)quotient : (int64_t)quotient;
    return true;
}

struct money_rest {
    money_uwide rest;
    size_t index;
};

static int money_rest_compare(const void *left, const void *right)
{
    const struct money_rest *a = left;
    const struct money_rest *b = right;
    if (a->rest != b->rest) {
        return a->rest > b->rest ? -1 : 1;
    }
    return a->index < b->index ? -1 : 1;
}

void money_split(int64_t total, const int64_t *weights, size_t count, int64_t *parts)
{
    enum { SMALL = 64 };
    CHECK(count > 0);
    CHECK(count < SIZE_MAX / sizeof(struct money_rest));
    money_uwide sum = 0;
    for (size_t i = 0; i < count; i++) {
        CHECK(weights[i] >= 0);
        sum += (money_uwide)weights[i];
    }
    CHECK(sum > 0);

    // A debt is split like a credit of the same size: the sign comes back at the end.
    const bool negative = total < 0;
    const uint64_t size = negative ? -(uint64_t)total : (uint64_t)total;
    struct money_rest small[SMALL];
    struct money_rest *rests = count <= SMALL ? small : xmalloc(count * sizeof(*rests));
    uint64_t left = size;
    for (size_t i = 0; i < count; i++) {
        const money_uwide product = (money_uwide)size * (money_uwide)weights[i];
        const uint64_t part = (uint64_t)(product / sum);  // <= size, because weight <= sum.
        rests[i] = (struct money_rest){.rest = product % sum, .index = i};
        parts[i] = (int64_t)(negative ? -part : part);
        left -= part;
    }
    CHECK(left < count);
    if (left > 0) {
        qsort(rests, count, sizeof(*rests), money_rest_compare);
    }
    for (size_t i = 0; i < left; i++) {
        CHECK(rests[i].rest > 0);
        parts[rests[i].index] += negative ? -1 : 1;
    }
    if (rests != small) {
        free(rests);
    }
}

static bool money_refuse(struct err *e, const char *text, size_t size, const char *why)
{
    struct buf shown;
    buf_init(&shown, 400);
    utf8_escape(text, utf8_cut(text, size, 60), &shown);
    err_set(e, ERR_INVALID, "'%s' is not an amount of money: %s",
            shown.data == NULL ? "" : shown.data, why);
    buf_deinit(&shown);
    return false;
}

bool money_parse(const char *text, size_t size, int decimals, int64_t *out, struct err *e)
{
    CHECK(decimals >= 0);
    CHECK(decimals <= 4);
    size_t i = 0;
    const bool negative = size > 0 && text[0] == '-';
    if (negative) {
        i++;
    }
    int64_t amount = 0;
    int digits_before = 0;
    int digits_after = 0;
    bool point = false;
    for (; i < size; i++) {
        const char c = text[i];
        if (c == '.' && !point && digits_before > 0) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9') {
            return money_refuse(e, text, size, "write digits and a point, like 199.50");
        }
        if (point && digits_after == decimals) {
            return money_refuse(e, text, size, "too many digits behind the point");
        }
        amount = amount * 10 + (c - '0');
        if (amount > MONEY_MAX) {
            return money_refuse(e, text, size, "it is too large");
        }
        digits_before += !point;
        digits_after += point;
        if (digits_before > 40) {
            return money_refuse(e, text, size, "too many digits");
        }
    }
    if (digits_before == 0 || (point && digits_after == 0)) {
        return money_refuse(e, text, size, "write digits and a point, like 199.50");
    }
    for (; digits_after < decimals; digits_after++) {
        amount *= 10;
        if (amount > MONEY_MAX) {
            return money_refuse(e, text, size, "it is too large");
        }
    }
    *out = negative ? -amount : amount;
    return true;
}

void money_format(int64_t amount, int decimals, char *out, size_t out_size)
{
    CHECK(decimals >= 0);
    CHECK(decimals <= 4);
    char text[40];
    size_t at = sizeof(text);
    uint64_t left = amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
    text[--at] = '\0';
    for (int i = 0; i < decimals; i++, left /= 10) {
        text[--at] = (char)('0' + left % 10);
    }
    if (decimals > 0) {
        text[--at] = '.';
    }
    int digits = 0;
    do {
        if (digits > 0 && digits % 3 == 0) {
            text[--at] = ',';
        }
        text[--at] = (char)('0' + left % 10);
        left /= 10;
        digits++;
    } while (left > 0);
    if (amount < 0) {
        text[--at] = '-';
    }
    CHECK(sizeof(text) - at <= out_size);
    memcpy(out, text + at, sizeof(text) - at);
}

// ISO 4217 minor units. Only currencies of places where such campaigns run; others are refused by
// name rather than guessed.
int money_decimals(const char *currency)
{
    static const char two[][4] = {"AED", "AUD", "BDT", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK",
                                  "EGP", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "KES",
                                  "KHR", "LKR", "MMK", "MOP", "MXN", "MYR", "NGN", "NOK", "NPR",
                                  "NZD", "PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RUB", "SAR",
                                  "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "ZAR"};
    static const char none[][4] = {"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND"};
    static const char three[][4] = {"BHD", "JOD", "KWD", "OMR", "TND"};
    for (size_t i = 0; i < sizeof(two) / sizeof(*two); i++) {
        if (strcmp(currency, two[i]) == 0) {
            return 2;
        }
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
        if (strcmp(currency, none[i]) == 0) {
            return 0;
        }
    }
    for (size_t i = 0; i < sizeof(three) / sizeof(*three); i++) {
        if (strcmp(currency, three[i]) == 0) {
            return 3;
        }
    }
    return -1;
}

const char *money_symbol(const char *currency)
{
    if (strcmp(currency, "CNY") == 0 || strcmp(currency, "JPY") == 0) {
        return "¥";
    }
    if (strcmp(currency, "USD") == 0) {
        return "$";
    }
    if (strcmp(currency, "EUR") == 0) {
        return "€";
    }
    if (strcmp(currency, "GBP") == 0) {
        return "£";
    }
    return currency;
}
