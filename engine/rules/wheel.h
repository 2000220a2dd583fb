#pragma once
// The wheel (domain B12): prizes in tiers with stock and announced odds. Pure: one spin is a
// function of the frozen rules, what was won so far, who spins when, and one random number.
//
// The odds stay as announced: when a tier's stock is gone, its share of the wheel gives the
// consolation prize; nobody else's chance grows. The same holds for tiers held back by pacing or by
// a limit. A spin beyond the member's spins is refused and uses no random number.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define WHEEL_TIERS_MAX 64
#define WHEEL_ODDS_WHOLE 1000000  // Odds are parts per million.

struct wheel_tier {
    uint32_t odds_ppm;  // 0 .. 1,000,000; the sum over tiers is at most 1,000,000.
    bool paced;         // Released evenly over the slots instead of all at once.
    int64_t stock;      // Announced stock, >= 0.
    int64_t day_max;    // At most so many of this tier on one day; 0: no limit.
};

// Limits of 0 mean none. `wins` counts tiers, never the consolation.
struct wheel_rules {
    struct wheel_tier tiers[WHEEL_TIERS_MAX];
    uint32_t tier_count;
    int32_t day_offset_s;  // Local midnight: seconds east of UTC, fixed when the wheel opens.
    int64_t spins_per_member;
    int64_t spins_per_day;  // A member, a day.
    int64_t wins_per_member;
    int64_t wins_per_day;  // A member, a day.
    int64_t open_ms;       // Pacing starts here.
    int64_t slot_ms;       // Length of a slot; 0: no pacing.
    int64_t slot_count;  // In slot s (from 0) floor(stock * (s+1) / slot_count) have been released.
};

// What happened before this spin, counted by the caller from its rows.
struct wheel_ctx {
    int64_t at_ms;
    int64_t member_spins;  // Before this one.
    int64_t member_spins_today;
    int64_t member_wins;
    int64_t member_wins_today;
    const int64_t *won_today;  // Per tier, all members; may be NULL if no tier has day_max.
};

enum wheel_reason {
    WHEEL_WON,
    WHEEL_ODDS,          // The consolation's own share of the wheel.
    WHEEL_STOCK,         // The tier is gone.
    WHEEL_PACING,        // Not released yet.
    WHEEL_TIER_DAY,      // The tier's limit of the day.
    WHEEL_MEMBER_LIMIT,  // She has won as often as one may.
    WHEEL_MEMBER_DAY,    // ... today.
};

struct wheel_result {
    int32_t tier;  // -1: consolation.
    int32_t hit;   // The tier the pointer stood on, also when it gave the consolation; -1: none.
    enum wheel_reason reason;
};

// Refuses odds or stock out of range, naming the field ("tiers[2].odds: ...").
MUST_USE bool wheel_rules_check(const struct wheel_rules *rules, struct err *e);
// Refuses (ERR_REFUSED) a member who has no spin left.
MUST_USE bool wheel_spin_allowed(const struct wheel_rules *rules, const struct wheel_ctx *ctx,
                                 struct err *e);
// One spin. left[t] is what remains of tier t and is lowered on a win. `roll` is
// draw_below(stream of play i, 1,000,000), i counting the spins of this wheel from 0. Tier t is hit
// when roll lies in [sum of odds before t, that sum + its odds).
struct wheel_result wheel_spin(const struct wheel_rules *rules, int64_t *left,
                               const struct wheel_ctx *ctx, uint32_t roll);
int64_t wheel_day(const struct wheel_rules *rules, int64_t at_ms);  // Local day number since 1970.
// The most the wheel can hand out: stock of tier t capped by its odds being 0.
int64_t wheel_worst_case(const struct wheel_rules *rules, uint32_t tier);
const char *wheel_reason_name(enum wheel_reason reason);  // "won", "odds", "stock", ...
bool wheel_reason_parse(const char *name, size_t size, enum wheel_reason *out);
