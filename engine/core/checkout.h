#pragma once
// What a member pays for a cart right now: rows (goods, books, her vouchers and card) put into the
// ladder of rules/price, with the best allowed combination of her vouchers. Changes nothing.

#include "core/core.h"
#include "rules/coupon.h"
#include "rules/price.h"

#define CHECKOUT_LINES_MAX 64

struct checkout_line {
    uint32_t good;
    int32_t qty;
};

struct checkout {
    struct price_quote quote;
    struct price_share shares[CHECKOUT_LINES_MAX];  // A line each.
    uint32_t vouchers[COUPON_MAX];                  // Rows of the vouchers used.
    size_t voucher_count;
};

// false: ERR_REFUSED (a good isn't for sale yet) or ERR_INVALID (unknown good, bad quantity),
// naming the line.
MUST_USE bool checkout_quote(const struct core *core, uint32_t campaign, uint32_t member,
                             const struct checkout_line *lines, size_t count, int64_t at_ms,
                             struct checkout *out, struct err *e);
