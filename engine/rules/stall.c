// Growth stall. Pure; the meter is plain data.

#include "rules/stall.h"

#define STALL_DAY_MIN 1440

struct stall_rules stall_rules_default(void)
{
    return (struct stall_rules){
        .interval_ms = INT64_C(30) * 60 * 1000,
        .hold_ms = INT64_C(2) * 60 * 60 * 1000,
        .fraction_bp = 2000,
        .day_offset_s = 8 * 3600,
        .wake_from_min = 8 * 60,
        .wake_until_min = 23 * 60,
        .window = 2,
        .peak_min = 10,
    };
}

bool stall_rules_check(const struct stall_rules *rules, struct err *e)
{
    if (rules->interval_ms < 1000 || rules->interval_ms > INT64_C(86400) * 1000) {
        return err_set(e, ERR_INVALID, "interval: %lld ms is not in one second .. one day",
                       (long long)rules->interval_ms);
    }
    if (rules->hold_ms < 0 || rules->hold_ms > INT64_C(366) * 86400 * 1000) {
        return err_set(e, ERR_INVALID, "hold: %lld ms is not in 0 .. a year",
                       (long long)rules->hold_ms);
    }
    if (rules->fraction_bp < 0 || rules->fraction_bp >= 10000) {
        return err_set(e, ERR_INVALID, "fraction: %d is not in 0 .. 9,999 basis points",
                       rules->fraction_bp);
    }
    if (rules->window < 1 || rules->window > STALL_WINDOW_MAX) {
        return err_set(e, ERR_INVALID, "window: %u is not in 1 .. %d", rules->window,
                       STALL_WINDOW_MAX);
    }
    if (rules->wake_from_min < 0 || rules->wake_from_min > STALL_DAY_MIN ||
        rules->wake_until_min < 0 || rules->wake_until_min > STALL_DAY_MIN ||
        rules->wake_from_min == rules->wake_until_min) {
        return err_set(e, ERR_INVALID, "wake: %d .. %d are no two different minutes of a day",
                       rules->wake_from_min, rules->wake_until_min);
    }
    if (rules->day_offset_s < -86400 || rules->day_offset_s > 86400) {
        return err_set(e, ERR_INVALID, "day_offset: %d s is more than a day", rules->day_offset_s);
    }
    return true;
}

void stall_reset(struct stall_meter *meter, int64_t members)
{
    *meter = (struct stall_meter){.total = members, .low_since_ms = -1, .stalled_ms = -1};
}

static bool stall_waking(const struct stall_rules *rules, int64_t at_ms)
{
    const int64_t minutes = (at_ms / 1000 + rules->day_offset_s) / 60;
    const int64_t rest = minutes % STALL_DAY_MIN;
    const int64_t minute = rest < 0 ? rest + STALL_DAY_MIN : rest;
    if (rules->wake_from_min < rules->wake_until_min) {
        return minute >= rules->wake_from_min && minute < rules->wake_until_min;
    }
    return minute >= rules->wake_from_min || minute < rules->wake_until_min;
}

static uint32_t stall_sum(const struct stall_meter *meter, uint32_t window)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < window; i++) {
        sum += meter->recent[i];
    }
    return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

bool stall_feed(struct stall_meter *meter, const struct stall_rules *rules, int64_t start_ms,
                uint32_t joins)
{
    CHECK(rules->window >= 1 && rules->window <= STALL_WINDOW_MAX);
    meter->total += joins;
    if (!stall_waking(rules, start_ms)) {
        return false;
    }
    meter->recent[meter->recent_count % rules->window] = joins;
    // Never wraps to a half-full window: beyond it only the place in the ring matters.
    meter->recent_count++;
    if (meter->recent_count >= 2 * rules->window) {
        meter->recent_count -= rules->window;
    }
    if (meter->recent_count < rules->window) {
        return false;
    }
    meter->recent_sum = stall_sum(meter, rules->window);
    if (meter->recent_sum > meter->peak_sum) {
        meter->peak_sum = meter->recent_sum;
    }
    if (meter->stalled_ms >= 0) {
        return false;
    }
    const bool low = meter->peak_sum >= rules->peak_min && meter->peak_sum > 0 &&
                     (uint64_t)meter->recent_sum * 10000 <=
                         (uint64_t)meter->peak_sum * (uint64_t)rules->fraction_bp;
    if (!low) {
        meter->low_since_ms = -1;
        meter->low_ms = 0;
        return false;
    }
    if (meter->low_ms == 0) {
        meter->low_since_ms = start_ms;
        meter->low_total = meter->total;
    }
    meter->low_ms += rules->interval_ms;
    if (meter->low_ms < rules->hold_ms) {
        return false;
    }
    meter->stalled_ms = start_ms + rules->interval_ms;
    return true;
}

size_t stall_detect(const struct stall_rules *rules, int64_t start_ms, const uint32_t *joins,
                    size_t count, struct stall_meter *meter)
{
    size_t i = 0;
    while (i < count &&
           !stall_feed(meter, rules, start_ms + (int64_t)i * rules->interval_ms, joins[i])) {
        i++;
    }
    return i;
}
