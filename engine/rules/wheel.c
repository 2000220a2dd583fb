// The wheel: checks of its rules and the spin. Pure.

#include "rules/wheel.h"

#include <string.h>

static const char *const REASON_NAMES[] = {"won",      "odds",         "stock",     "pacing",
                                           "tier day", "member limit", "member day"};
#define WHEEL_REASONS (sizeof(REASON_NAMES) / sizeof(REASON_NAMES[0]))
#define WHEEL_DAY_S 86400
#define WHEEL_COUNT_MAX INT64_C(1000000000000)  // Stock and limits: far below any overflow.
#define WHEEL_SLOTS_MAX 100000

static bool wheel_range_check(const char *field, int64_t value, int64_t max, struct err *e)
{
    if (value < 0 || value > max) {
        return err_set(e, ERR_INVALID, "%s: %lld is not in 0 .. %lld", field, (long long)value,
                       (long long)max);
    }
    return true;
}

static bool wheel_tiers_check(const struct wheel_rules *rules, struct err *e)
{
    uint64_t odds = 0;
    for (uint32_t t = 0; t < rules->tier_count; t++) {
        const struct wheel_tier *tier = &rules->tiers[t];
        if (!wheel_range_check("odds", tier->odds_ppm, WHEEL_ODDS_WHOLE, e) ||
            !wheel_range_check("stock", tier->stock, WHEEL_COUNT_MAX, e) ||
            !wheel_range_check("day_max", tier->day_max, WHEEL_COUNT_MAX, e)) {
            return err_add(e, "tiers[%u]", t);
        }
        if (tier->paced && rules->slot_ms == 0) {
            return err_set(e, ERR_INVALID, "tiers[%u].paced: the wheel has no time slots", t);
        }
        odds += tier->odds_ppm;
    }
    if (odds > WHEEL_ODDS_WHOLE) {
        return err_set(e, ERR_INVALID, "tiers: their odds add up to %llu of 1,000,000",
                       (unsigned long long)odds);
    }
    return true;
}

bool wheel_rules_check(const struct wheel_rules *rules, struct err *e)
{
    if (rules->tier_count < 1 || rules->tier_count > WHEEL_TIERS_MAX) {
        return err_set(e, ERR_INVALID, "tiers: %u is not in 1 .. %d", rules->tier_count,
                       WHEEL_TIERS_MAX);
    }
    if (rules->day_offset_s < -WHEEL_DAY_S || rules->day_offset_s > WHEEL_DAY_S) {
        return err_set(e, ERR_INVALID, "day_offset_s: %d is more than a day", rules->day_offset_s);
    }
    if (!wheel_range_check("spins_per_member", rules->spins_per_member, WHEEL_COUNT_MAX, e) ||
        !wheel_range_check("spins_per_day", rules->spins_per_day, WHEEL_COUNT_MAX, e) ||
        !wheel_range_check("wins_per_member", rules->wins_per_member, WHEEL_COUNT_MAX, e) ||
        !wheel_range_check("wins_per_day", rules->wins_per_day, WHEEL_COUNT_MAX, e) ||
        !wheel_range_check("slot_ms", rules->slot_ms, WHEEL_COUNT_MAX, e) ||
        !wheel_range_check("slot_count", rules->slot_count, WHEEL_SLOTS_MAX, e)) {
        return false;
    }
    if ((rules->slot_ms == 0) != (rules->slot_count == 0)) {
        return err_set(e, ERR_INVALID, "slot_count: slots need both a length and a number");
    }
    return wheel_tiers_check(rules, e);
}

bool wheel_spin_allowed(const struct wheel_rules *rules, const struct wheel_ctx *ctx, struct err *e)
{
    if (rules->spins_per_member > 0 && ctx->member_spins >= rules->spins_per_member) {
        return err_set(e, ERR_REFUSED, "all %lld spins of this member are used",
                       (long long)rules->spins_per_member);
    }
    if (rules->spins_per_day > 0 && ctx->member_spins_today >= rules->spins_per_day) {
        return err_set(e, ERR_REFUSED, "all %lld spins of today are used",
                       (long long)rules->spins_per_day);
    }
    return true;
}

// How many of a paced tier may have been won by now.
static int64_t wheel_released(const struct wheel_rules *rules, int64_t stock, int64_t at_ms)
{
    if (at_ms < rules->open_ms) {
        return 0;
    }
    const uint64_t passed_ms = (uint64_t)at_ms - (uint64_t)rules->open_ms;
    const uint64_t slot = passed_ms / (uint64_t)rules->slot_ms;
    if (slot >= (uint64_t)rules->slot_count - 1) {
        return stock;
    }
    return stock * (int64_t)(slot + 1) / rules->slot_count;
}

// Whether tier t can be given, and if not why not. The checks stand in the order of their reasons.
static enum wheel_reason wheel_tier_reason(const struct wheel_rules *rules, uint32_t t,
                                           int64_t left, const struct wheel_ctx *ctx)
{
    const struct wheel_tier *tier = &rules->tiers[t];
    if (left == 0) {
        return WHEEL_STOCK;
    }
    if (tier->paced && tier->stock - left >= wheel_released(rules, tier->stock, ctx->at_ms)) {
        return WHEEL_PACING;
    }
    if (tier->day_max > 0 && ctx->won_today[t] >= tier->day_max) {
        return WHEEL_TIER_DAY;
    }
    if (rules->wins_per_member > 0 && ctx->member_wins >= rules->wins_per_member) {
        return WHEEL_MEMBER_LIMIT;
    }
    if (rules->wins_per_day > 0 && ctx->member_wins_today >= rules->wins_per_day) {
        return WHEEL_MEMBER_DAY;
    }
    return WHEEL_WON;
}

struct wheel_result wheel_spin(const struct wheel_rules *rules, int64_t *left,
                               const struct wheel_ctx *ctx, uint32_t roll)
{
    CHECK(roll < WHEEL_ODDS_WHOLE);
    CHECK(rules->tier_count <= WHEEL_TIERS_MAX);
    struct wheel_result result = {.tier = -1, .hit = -1, .reason = WHEEL_ODDS};
    uint32_t until = 0;
    for (uint32_t t = 0; t < rules->tier_count; t++) {
        until += rules->tiers[t].odds_ppm;
        if (roll >= until) {
            continue;
        }
        CHECK(left[t] >= 0);
        CHECK(left[t] <= rules->tiers[t].stock);
        result.hit = (int32_t)t;
        result.reason = wheel_tier_reason(rules, t, left[t], ctx);
        if (result.reason == WHEEL_WON) {
            result.tier = (int32_t)t;
            left[t]--;
        }
        break;
    }
    return result;
}

int64_t wheel_day(const struct wheel_rules *rules, int64_t at_ms)
{
    // Split first: at_ms may be any number that a receipt states.
    int64_t second = at_ms / 1000 - (at_ms % 1000 < 0);
    second += rules->day_offset_s;
    return second / WHEEL_DAY_S - (second % WHEEL_DAY_S < 0);
}

int64_t wheel_worst_case(const struct wheel_rules *rules, uint32_t tier)
{
    CHECK(tier < rules->tier_count);
    return rules->tiers[tier].odds_ppm == 0 ? 0 : rules->tiers[tier].stock;
}

const char *wheel_reason_name(enum wheel_reason reason)
{
    CHECK((size_t)reason < WHEEL_REASONS);
    return REASON_NAMES[reason];
}

bool wheel_reason_parse(const char *name, size_t size, enum wheel_reason *out)
{
    for (size_t i = 0; i < WHEEL_REASONS; i++) {
        if (strlen(REASON_NAMES[i]) == size && memcmp(REASON_NAMES[i], name, size) == 0) {
            *out = (enum wheel_reason)i;
            return true;
        }
    }
    return false;
}
