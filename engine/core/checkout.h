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

// A good of a campaign as a line of the ladder at an instant, which settles its price: the line's
// own window is open. `index` names the line in refusals: as below.
MUST_USE bool checkout_fill_line(const struct core *core, const struct checkout_line *in,
                                 size_t index, int64_t at_ms, struct price_line *out,
                                 struct err *e);
// A coupon as a voucher of the ladder; its name lives as long as the state. Not for cards.
struct price_voucher checkout_voucher(const struct core *core, const struct coupon *coupon);

// A cart and a member's vouchers, ready to be asked often at that instant: as long as rows of
// goods, books, coupons and vouchers stay as they are (table_changes).
struct checkout_basis {
    struct price_cart *cart;
    struct price_voucher vouchers[COUPON_MAX];
    uint32_t rows[COUPON_MAX];
    size_t voucher_count;
};
// `space`: checkout_space(count) bytes aligned to 8, of the caller's; the cart stands in it.
// member 0: nobody, no vouchers. false as checkout_quote.
size_t checkout_space(size_t count);
MUST_USE bool checkout_prepare(const struct core *core, uint32_t campaign, uint32_t member,
                               const struct checkout_line *lines, size_t count, int64_t at_ms,
                               void *space, struct checkout_basis *out, struct err *e);

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
