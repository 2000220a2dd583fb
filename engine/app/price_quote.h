#pragma once
// A cart that names goods and vouchers of a campaign, put into the ladder of prices at an instant.
// The cart's format stands in price.md. Works on a campaign that was bound in memory; changes
// nothing in it.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/engine.h"
#include "base/json.h"
#include "core/checkout.h"

struct price_ask {
    const char *at;  // "day5 20:31"; NULL: what the cart says, else now, else when deals open.
    bool card;       // The member holds the card, whatever the cart says.
    int64_t now_ms;
};

// A coupon that is known but can't be used at that instant.
struct price_invalid {
    const char *name;
    char why[128];
};

struct price_asked {
    struct price_cart *cart;  // Owned: price_asked_deinit.
    struct price_voucher vouchers[COUPON_MAX];
    size_t voucher_count;
    struct price_invalid invalid[COUPON_MAX];
    size_t invalid_count;
    int64_t at_ms;
    struct promotion_judgement promotions;  // The cart tells of them: asked may not move.
};

// ERR_INVALID names the field that is wrong ("lines[3].qty: 0 is not in 1..1000000"), ERR_REFUSED a
// good that isn't for sale yet.
MUST_USE bool price_ask_campaign(struct engine *engine, uint32_t campaign,
                                 const struct json_node *root, const struct price_ask *ask,
                                 struct price_asked *out, struct err *e);
void price_asked_deinit(struct price_asked *asked);

// "day 5, 2025-11-11 20:31" in the campaign's own time zone.
void price_put_time(struct engine *engine, uint32_t campaign, int64_t at_ms, struct buf *out);
