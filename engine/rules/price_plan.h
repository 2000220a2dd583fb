#pragma once
// Inside of rules/price and rules/coupon, nobody else's: how the scopes of vouchers nest over the
// lines of a cart, and how much of their values fits above the floors.
//
// Scopes are nested or disjoint, so they form a tree; the whole cart is its root. What a set of
// vouchers takes off is found leaf first: a scope takes its own vouchers' values and what its
// children took, but never more than the room (card subtotal - floors) of its lines.

#include <stdint.h>

#include "rules/price.h"

#define PRICE_PLAN_MAX (PRICE_VOUCHERS_MAX + 1)

struct price_plan {
    uint32_t count;                    // Scopes, the root last.
    int64_t room_fen[PRICE_PLAN_MAX];  // Of the scope's lines.
    uint8_t parent[PRICE_PLAN_MAX];    // Always a later index; the root's is itself.
    uint8_t of[PRICE_VOUCHERS_MAX];    // Scope of each voucher.
    uint32_t mask[PRICE_PLAN_MAX];     // The voucher scope it stands for; 0: root.
};

// Totals of one stretch of time between two flips.
struct price_epoch {
    int64_t list_fen, deal_fen, promo_fen, card_fen, floor_fen, shipping_fen;
    uint32_t not_for_sale, deals;
};

const struct price_epoch *price_plan_epoch(const struct price_cart *cart, int64_t at_ms);
// false: two scopes cross; their vouchers are *a and *b.
bool price_plan_make(const struct price_cart *cart, int64_t at_ms,
                     const struct price_voucher *vouchers, size_t count, struct price_plan *plan,
                     size_t *a, size_t *b);
// What fits of the values summed for each scope: sums[0..count) is used up as scratch.
int64_t price_plan_fit(const struct price_plan *plan, int64_t *sums);
bool price_plan_scoped(const struct price_voucher *vouchers, size_t count);
enum price_voucher_state price_plan_value(const struct price_cart *cart,
                                          const struct price_epoch *epoch, int64_t at_ms,
                                          const struct price_voucher *voucher, int64_t *value_fen,
                                          int64_t *subtotal_fen);
void price_plan_totals(const struct price_epoch *epoch, struct price_quote *out);
// One line's rungs before vouchers.
void price_plan_line(const struct price_cart *cart, size_t index, int64_t at_ms,
                     struct price_share *out);
