#pragma once
// The best combination of vouchers for a cart: exact, never a greedy guess. Pure.
//
// Which sets are allowed: an exclusive voucher stands alone; of one lane at most one. What a set
// gives is price_quote_chosen's voucher_fen: values worked out on the subtotal after the card add
// up and stop at the floors. Of all allowed sets the best one has, in this order,
//   1. the greatest discount,
//   2. the fewest vouchers (what doesn't help the member stays in her hands),
//   3. the smallest sum of values (she spends no more than needed),
//   4. the first in order of its indices ({0,2} before {1,2}).
// That makes the answer unique and independent of the order in which vouchers are tried.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/price.h"

#define COUPON_MAX 20

enum coupon_reason {
    COUPON_USED,
    COUPON_NEEDS_MORE,     // missing_fen below its threshold
    COUPON_NO_GOODS,       // nothing in the cart is in its scope
    COUPON_EXCLUDED,       // by voucher `by`: exclusive, or of the same lane
    COUPON_FLOOR_REACHED,  // the others already reach the floor
    COUPON_BUDGET_SPENT,   // its budget doesn't hold its value
    COUPON_WORTHLESS,      // rounds to nothing here
    COUPON_NOT_CHOSEN,     // would have helped; the given set leaves it out
};

struct coupon_verdict {
    enum coupon_reason reason;
    int64_t value_fen;    // What it would take off alone, before floors.
    int64_t missing_fen;  // COUPON_NEEDS_MORE
    uint32_t by;          // COUPON_EXCLUDED: index of the voucher that excludes it.
};

struct coupon_choice {
    uint64_t used;
    struct price_quote quote;
};

// The best set of at most COUPON_MAX vouchers that passed coupon_check. No allocation.
// false: the cart isn't for sale (out->quote.not_for_sale). Ten vouchers take about half a
// microsecond; twenty chosen to be hard up to some milliseconds, with scopes up to a tenth of a
// second.
bool coupon_best(const struct price_cart *cart, int64_t at_ms, const struct price_voucher *vouchers,
                 size_t count, struct coupon_choice *out);

// price_vouchers_check, and at most COUPON_MAX of them.
MUST_USE bool coupon_check(const struct price_cart *cart, const struct price_voucher *vouchers,
                           size_t count, struct err *e);

// Why each voucher was used or not, given a set `used` of them. verdicts has `count` entries.
void coupon_verdicts(const struct price_cart *cart, int64_t at_ms,
                     const struct price_voucher *vouchers, size_t count, uint64_t used,
                     struct coupon_verdict *verdicts);
