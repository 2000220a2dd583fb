#pragma once
// What a member pays for a cart right now: rows (goods, books, promotions, her vouchers and card)
// put into the ladder of rules/price, with the best allowed combination of her vouchers. Changes
// nothing.

#include "core/core.h"
#include "core/promotions.h"
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
// A coupon as a voucher of the ladder; its name lives as long as the state. Not for cards. `value`:
// the voucher's own, 0: as the coupon says.
struct price_voucher checkout_voucher(const struct core *core, const struct coupon *coupon,
                                      int64_t value);

// What promotions take off lines that stand in the ladder: sets their promo_fen and what the terms
// tell of promotions, which point into `out`. `cart` says who asks when; its lines are filled here.
MUST_USE bool checkout_promotions(const struct core *core, const struct promotion_cart *cart,
                                  const struct checkout_line *lines, size_t count,
                                  struct price_line *cart_lines, struct price_terms *terms,
                                  struct promotion_judgement *out, struct err *e);

struct checkout_ask {
    uint32_t campaign, member;  // Member 0: nobody, no vouchers.
    const struct checkout_line *lines;
    size_t count;
    int64_t at_ms;
    int64_t shipping_fen;
    const uint32_t *held;  // Uses of promotions that this checkout holds.
    size_t held_count;
};

// A cart and a member's vouchers, ready to be asked often at that instant: as long as rows of
// goods, books, coupons and vouchers stay as they are (table_changes), and, where the campaign has
// promotions, those of promotions, accounts and members.
struct checkout_basis {
    struct price_cart *cart;
    struct price_voucher vouchers[COUPON_MAX];
    uint32_t rows[COUPON_MAX];
    size_t voucher_count;
    struct promotion_judgement promotions;
};
// `space`: checkout_space(count) bytes aligned to 8, of the caller's; the cart stands in it, and
// what it tells of promotions in `out`, which may not move. false as checkout_quote.
size_t checkout_space(size_t count);
MUST_USE bool checkout_prepare(const struct core *core, const struct checkout_ask *ask, void *space,
                               struct checkout_basis *out, struct err *e);

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
