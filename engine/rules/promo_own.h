#pragma once
// Inside of policy `drumbeat`, nobody else's: a cart while promotions run on it one after the
// other.

#include "rules/promo_doc.h"

#define PROMO_OWN_COUPONS_MAX 8  // 256 combinations

struct promo_own {
    const struct promo_doc *doc;
    struct promo_result *result;  // NULL while combinations are compared.
    uint32_t line_count;
    int64_t *left, *saved, *floor;  // Of each line.
    int64_t *wanted, *weights, *parts, *before;
    int64_t shipping_left;
    enum money_round round;  // Of the promotion that runs, as is its remainder rule.
    enum promo_remainder remainder;
    bool cut;  // A floor has taken something from it.
    const struct promo *coupons[PROMO_OWN_COUPONS_MAX];
    uint32_t coupon_count;
    const struct promo **groups;  // Those that ran and belong to an exclusive group.
    uint32_t group_count;
    const struct promo **lanes;  // Those that ran for their lane.
    uint32_t lane_count;
};

// Takes what an action wants off the lines (or the shipping), never below a floor nor above its
// cap; s->round and s->remainder are the promotion's. Returns how much.
int64_t promo_own_take(struct promo_own *s, const struct promo *promo,
                       const struct promo_action *action);

// How much more the cart must cost until a promotion that gives nothing now reaches its first tier,
// or its first "every"; 0: that isn't why.
int64_t promo_own_missing(const struct promo_own *s, const struct promo *promo);
