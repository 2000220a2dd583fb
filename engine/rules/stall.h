#pragma once
// Growth stall (domain B2): says "stalled at N at time T" from counts of joins per interval. Pure;
// a meter is plain data and can be a row of a table.
//
// The recent rate is the mean of the last `window` waking intervals, the peak its highest value so
// far. When the recent rate stays at or below peak * fraction for hold_ms of waking time, growth
// has stalled. Hours outside waking time neither count towards the hold nor into the window, so a
// quiet night is no stall. It stalls again only after reset (a new method starts with a new peak).

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define STALL_WINDOW_MAX 8

struct stall_rules {
    int64_t interval_ms;     // Length of an interval, e.g. 30 minutes.
    int64_t hold_ms;         // How long the rate must stay low, waking time only.
    int32_t fraction_bp;     // Basis points of the peak rate, e.g. 2000 = a fifth.
    int32_t day_offset_s;    // Local time: seconds east of UTC.
    int32_t wake_from_min;   // Minutes of the local day, e.g. 480 and 1380: 08:00 to 23:00.
    int32_t wake_until_min;  // Below wake_from_min: the waking time crosses midnight.
    uint32_t window;         // 1 .. STALL_WINDOW_MAX intervals.
    uint32_t peak_min;       // The peak window must hold at least this many joins, else silence.
};

struct stall_meter {
    int64_t total;         // Members now: base + joins.
    int64_t low_since_ms;  // Start of the interval in which the rate first was low; -1: it isn't.
    int64_t low_total;     // Members at that moment.
    int64_t low_ms;        // Waking time spent low.
    int64_t stalled_ms;    // When the stall was declared; -1: not (yet).
    uint32_t recent[STALL_WINDOW_MAX];  // Ring of the last waking intervals.
    uint32_t recent_count;              // Intervals seen, for the ring.
    uint32_t recent_sum;
    uint32_t peak_sum;  // Highest sum of a full window.
};

struct stall_rules stall_rules_default(void);  // 30 min, a fifth for 2 h, 08:00-23:00 at UTC+8
MUST_USE bool stall_rules_check(const struct stall_rules *rules, struct err *e);
void stall_reset(struct stall_meter *meter, int64_t members);
// One interval that began at start_ms with `joins` joins. Returns true once, when a stall is
// declared: meter->low_total is N ("stalled at N"), low_since_ms the T, stalled_ms when noticed.
bool stall_feed(struct stall_meter *meter, const struct stall_rules *rules, int64_t start_ms,
                uint32_t joins);
// A whole series; the interval in which the first stall was declared, or `count`.
size_t stall_detect(const struct stall_rules *rules, int64_t start_ms, const uint32_t *joins,
                    size_t count, struct stall_meter *meter);
