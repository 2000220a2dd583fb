#pragma once
// IANA time zones from the system's tzdata, by our own TZif reader (RFC 8536, versions 1-3, with
// the POSIX footer for the far future). All times are milliseconds since 1970 UTC.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct tz;

struct tz_civil {
    int year, month, day;  // month 1..12, day 1..31
    int hour, minute, second;
    int weekday;  // 1 = Monday .. 7 = Sunday
};

// Opens "Asia/Shanghai" below /usr/share/zoneinfo ($TZDIR first). Refuses "..", absolute names,
// files that are no TZif. "UTC" always works.
MUST_USE bool tz_open(const char *name, struct tz **out, struct err *e);
MUST_USE bool tz_parse(const uint8_t *data, size_t size, struct tz **out, struct err *e);
void tz_close(struct tz *tz);

int32_t tz_offset_s(const struct tz *tz, int64_t at_ms);  // Seconds east of UTC at this instant.
void tz_to_local(const struct tz *tz, int64_t at_ms, struct tz_civil *out);
enum tz_fit { TZ_UNIQUE, TZ_GAP, TZ_TWICE };
// A local time that doesn't exist (gap) gives the first instant after the gap; one that exists
// twice gives the first. Fields beyond their range are normalised (day 32 is the next month); years
// beyond what milliseconds can hold are cut to some 190 million.
enum tz_fit tz_from_local(const struct tz *tz, const struct tz_civil *local, int64_t *at_ms);

// Days since 1970-01-01 of a proleptic Gregorian date, and back.
int64_t tz_days(int year, int month, int day);
void tz_from_days(int64_t days, int *year, int *month, int *day);
// "2025-11-07" -> days; refuses dates that don't exist.
MUST_USE bool tz_parse_date(const char *text, size_t size, int64_t *days, struct err *e);
// "20:30" or "20:30:15" -> seconds of the day; "24:00" is allowed as the end of a day.
MUST_USE bool tz_parse_clock(const char *text, size_t size, int32_t *seconds, struct err *e);
