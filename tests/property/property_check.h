#pragma once
// What must hold after any turn of a campaign with id 1, and a memory of its own of which voucher
// paid which order. A property that doesn't hold is told with the seed, and ends the program.

#include "core/core.h"
#include "core/promotions.h"

extern uint64_t property_seed;  // Of the campaign being played.

// What happened at all: a run in which nobody used a voucher would prove nothing.
struct property_seen {
    uint64_t issued, used, expired, clawed_back, reserved, given_back, refused_vouchers;
    uint64_t uses[4];  // Of promotions: held, used, released, returned.
    uint64_t promotions_full, promos_out;
    uint64_t orders, refunds, plays, prizes, commissions, paid_back, spent_out;
};

struct property {
    const struct core *core;
    uint32_t *paid_by;  // [voucher id] the order it pays, 0: none. Of our own.
    uint32_t capacity;
    uint32_t orders;  // Before the event.
    struct property_seen seen;
};

void property_init(struct property *property, const struct core *core);
void property_deinit(struct property *property);
void property_before(struct property *property, const struct event *event);
void property_after(struct property *property, const struct event *event, bool kept);
void property_check(struct property *property);  // All rows.
void property_see(const struct property *property, struct property_seen *sum);
void property_print(const struct property_seen *seen);
