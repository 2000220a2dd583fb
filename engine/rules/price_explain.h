#pragma once
// The ladder told step by step: what any chat shows and a report draws. No arithmetic of its own:
// every amount comes from rules/price, every reason from rules/coupon.

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "rules/coupon.h"
#include "rules/price.h"

enum price_step_kind {
    PRICE_STEP_LIST,       // Anchor total.
    PRICE_STEP_DEAL,       // list -> prices in force
    PRICE_STEP_SHIPPING,   // the fee is added, if there is one
    PRICE_STEP_PROMOTION,  // one promotion that ran (promo = its index)
    PRICE_STEP_CARD,       // member card
    PRICE_STEP_VOUCHER,    // one used voucher (voucher = its index)
    PRICE_STEP_FLOOR,      // given back because the floor was reached (change_fen >= 0)
    PRICE_STEP_FINAL,
    PRICE_STEP_UNUSED,            // one unused voucher: why in verdict; changes nothing
    PRICE_STEP_UNUSED_PROMOTION,  // one promotion that didn't run: why stands in the terms
};

struct price_step {
    enum price_step_kind kind;
    int64_t change_fen;  // <= 0, except FLOOR and SHIPPING
    int64_t after_fen;   // Running total after this step.
    uint32_t voucher;    // Index, for VOUCHER and UNUSED.
    uint32_t promo;      // Index in the terms, for PROMOTION and UNUSED_PROMOTION.
    struct coupon_verdict verdict;
};

#define PRICE_STEPS_MAX (PRICE_VOUCHERS_MAX + PRICE_PROMOS_MAX + 6)

// Steps in order for the set `used`; returns how many were written (at most PRICE_STEPS_MAX).
// CHECKs that the cart is for sale.
size_t price_explain(const struct price_cart *cart, int64_t at_ms,
                     const struct price_voucher *vouchers, size_t count, uint64_t used,
                     struct price_step steps[PRICE_STEPS_MAX]);

// {"currency":"CNY","list":..,"deal":..,"promotions":..,"card":..,"vouchers":..,"shipping":..,
//  "final":..,"steps":[..],"unused":[{"voucher":..,"reason":"needs 300.00 more"},
//  {"promotion":..,"reason":..}],"lines":[..]}; amounts are minor units. promotions and vouchers
// are what they take off, shipping is what is left of the fee.
void price_explain_json(const struct price_cart *cart, int64_t at_ms,
                        const struct price_voucher *vouchers, size_t count, uint64_t used,
                        struct buf *out);
// One step a line, amounts right-aligned, for a chat or a terminal.
void price_explain_text(const struct price_cart *cart, int64_t at_ms,
                        const struct price_voucher *vouchers, size_t count, uint64_t used,
                        struct buf *out);
// The reason of one verdict in words: "needs 300.00 more", "excluded by 'spring 50'", ...
void price_explain_reason(const struct price_cart *cart, const struct price_voucher *vouchers,
                          const struct coupon_verdict *verdict, struct buf *out);
// The same of a promotion that the cart's terms tell of: "limit reached", "budget spent", ...
void price_explain_promo_reason(const struct price_cart *cart, uint32_t promo, struct buf *out);
