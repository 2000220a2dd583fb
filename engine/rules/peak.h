#pragma once
// Peak of UV (domain B16): told the unique visitors of each minute, says when a peak has passed,
// i.e. when it is time for the second wave. Pure, integers only; the meter is a row of a table.
//
// The counts are smoothed (s += (uv - s) * alpha). The peak is the highest smoothed value since the
// last rise began; it has passed when s stays at least fall_bp below it for fall_minutes in a row,
// and that is more than chance does: counts around a mean of n scatter by sqrt(n), so s scatters by
// sqrt(n * alpha / (2 - alpha)) (the limits of an EWMA chart: Roberts, Technometrics 1, 1959), and
// the fall must be noise_tenths / 10 times that. Five times is what three hours on a plateau reach
// in a few of a hundred evenings: the peak is the highest of many values and so lies above the
// plateau. Afterwards the meter waits for the next rise: s must climb rise_bp above its lowest
// value since.
// A minute without a single visitor where PEAK_GAP_UV or more are usual (chance makes one in half a
// thousand million) is a gap in the counting, a shop whose connector is gone or a recording that is
// over: it is passed over.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PEAK_GAP_UV 20

struct peak_rules {
    int32_t alpha_bp;         // 1 .. 10,000; 10,000: no smoothing.
    int32_t fall_bp;          // e.g. 1,500: 15 % below the peak ...
    int32_t fall_minutes;     // ... for so many minutes.
    int32_t noise_tenths;     // 50: and five times the scatter of the smoothed count; 0: any fall.
    int32_t rise_bp;          // A next peak needs such a rise from the lowest point.
    int32_t uv_min;           // Peaks below are noise.
    int32_t warm_up_minutes;  // These don't count; the smoothing needs a start.
};

struct peak {
    int64_t peak_ms;       // Start of the minute of the highest smoothed value.
    int64_t smooth_milli;  // Smoothed UV, thousandths.
    int64_t peak_milli;    // Highest smoothed value of this rise.
    int64_t low_milli;     // Lowest since the last peak passed.
    uint32_t peak_uv;      // Highest raw count of this rise ...
    int32_t peak_uv_ago;   // ... and how many minutes before peak_ms it was (may be negative).
    uint32_t minutes;      // Fed so far.
    uint16_t low_minutes;  // In a row below the line.
    uint8_t armed;         // 1: looking for a peak, 0: waiting for the next rise.
    uint8_t passed;        // Peaks passed so far, stops at 255.
};

struct peak_rules peak_rules_default(void);
MUST_USE bool peak_rules_check(const struct peak_rules *rules, struct err *e);
void peak_init(struct peak *peak);
// The minute that began at minute_ms (multiples of 60,000; minutes without visitors are fed as 0)
// had `uv` visitors. True once for each peak, in the minute in which its fall is certain: then
// peak_ms, peak_milli and peak_uv describe it, smooth_milli the fall.
bool peak_feed(struct peak *peak, const struct peak_rules *rules, int64_t minute_ms, uint32_t uv);
int64_t peak_fall_bp(const struct peak *peak);  // How far below the peak it stands now.
// How far it must be to be believed: fall_bp, or more where chance alone does as much.
int64_t peak_line_bp(const struct peak *peak, const struct peak_rules *rules);
