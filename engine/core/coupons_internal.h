#pragma once
// Shared by coupons.c and coupons_life.c; nobody else includes it.

#include "core/core.h"

enum {
    VOUCHER_ISSUED,
    VOUCHER_RESERVED,
    VOUCHER_USED,
    VOUCHER_RETURNED,
    VOUCHER_EXPIRED,
    VOUCHER_CLAWED_BACK
};

extern const char *const coupon_voucher_words[];  // By status, for refusals.

// The cost of a voucher, its own or its coupon's.
int64_t coupon_cost(const struct coupon *coupon, const struct voucher *voucher);
// The cost of a voucher (its row, and its id as it is or will be) through its budget; true without.
MUST_USE bool coupon_money(struct core *core, const struct coupon *coupon,
                           const struct voucher *row, uint32_t voucher, enum ledger_step step,
                           const char *reason, struct err *e);
// Refuses a voucher that isn't there: those that are gone have expired.
bool coupon_unknown(const struct state *state, uint32_t voucher, struct err *e);
// The voucher, open for editing, has expired for good. Unused it leaves memory with this turn; a
// card that was used stays, for its cost is spent.
void coupon_expire(struct state *state, struct voucher *voucher);
bool coupon_over(const struct coupon *coupon, int64_t now_ms);
const struct coupon *coupon_of(const struct core *core, uint32_t voucher);
// Held by its member and free now. A reservation that has run out is as good as none.
bool coupon_voucher_usable(const struct voucher *voucher, const struct coupon *coupon,
                           int64_t now_ms);
// coupons_life.c: plans the sweep of a coupon that ends, with its first voucher.
void coupon_plan_sweep(struct core *core, uint32_t coupon);
