#pragma once
// What a TZif file says. Only base/tz*.c include this.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TZ_OFFSET_MAX_S 93600  // RFC 8536: offsets lie above -25 and below 26 hours.

enum tz_rule_kind {
    TZ_RULE_MONTH,   // Mm.w.d: weekday `day` (0 = Sunday) of week `week` (5 = last) in `month`
    TZ_RULE_JULIAN,  // Jn: day 1..365, 29 February not counted
    TZ_RULE_DAY,     // n: day 0..365, 29 February counted
};

struct tz_rule {
    enum tz_rule_kind kind;
    int month, week, day;
    int32_t time_s;  // Seconds of the local day, may be negative or above a day.
};

// The POSIX TZ text at the end of the file, for times behind the last transition.
struct tz_footer {
    bool present;
    bool has_dst;
    int32_t std_s;  // Seconds east of UTC.
    int32_t dst_s;
    struct tz_rule start;
    struct tz_rule end;
};

struct tz {
    uint32_t count;     // Transitions.
    int64_t *at_s;      // When, rising.
    int32_t *offset_s;  // Seconds east of UTC from then on.
    int32_t first_s;    // Before the first transition.
    struct tz_footer footer;
};

// Parses "CET-1CEST,M3.5.0,M10.5.0/3". An empty text gives a footer that isn't present.
MUST_USE bool tz_footer_parse(const char *text, size_t size, struct tz_footer *out);
