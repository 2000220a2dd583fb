// Local time of a zone, from parsed TZif data (tz_file.c). TZ and localtime() are never touched:
// one process may serve brands of several zones.
//
// Every question is answered from one picture: time is cut into pieces of constant offset by the
// table of transitions, and behind its end by the two yearly rules of the footer.

#include "base/tz.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/tz_file.h"

#define DAY_S INT64_C(86400)
#define TZ_YEAR_MAX 200000000  // Years beyond this don't fit into milliseconds.

static int64_t tz_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t tz_days(int year, int month, int day)
{
    // Months beyond 1..12 carry into the year, then the year begins in March, so that the leap day
    // is its last. 400 years are 146097 days.
    const int64_t months = (int64_t)month - 1;
    int64_t y = (int64_t)year + tz_floor_div(months, 12);
    const int64_t m = months - tz_floor_div(months, 12) * 12 + 1;
    y -= m <= 2;
    const int64_t era = tz_floor_div(y, 400);
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468 + (int64_t)day - 1;
}

void tz_from_days(int64_t days, int *year, int *month, int *day)
{
    CHECK(days >= -INT64_C(700000000000));
    CHECK(days <= INT64_C(700000000000));
    days += 719468;
    const int64_t era = tz_floor_div(days, 146097);
    const int64_t day_of_era = days - era * 146097;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t m = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(year_of_era + era * 400 + (m >= 10));
}

static int64_t tz_year_of(int64_t seconds)
{
    int year;
    int month;
    int day;
    tz_from_days(tz_floor_div(seconds, DAY_S), &year, &month, &day);
    return year;
}

// When the rule strikes in `year`, as local seconds of the wall clock before it.
static int64_t tz_rule_at(const struct tz_rule *rule, int year)
{
    const int64_t first = tz_days(year, 1, 1);
    int64_t day = first;
    if (rule->kind == TZ_RULE_JULIAN) {
        const bool leap = tz_days(year + 1, 1, 1) - first == 366;
        day += rule->day - 1 + (leap && rule->day >= 60);  // 29 February is never counted.
    } else if (rule->kind == TZ_RULE_DAY) {
        day += rule->day;
    } else {
        day = tz_days(year, rule->month, 1);
        const int64_t weekday = (day % 7 + 7 + 4) % 7;  // 1970-01-01 was a Thursday; 0 = Sunday.
        day += (rule->day - weekday + 7) % 7 + 7 * (rule->week - 1);
        while (day >= tz_days(year, rule->month + 1, 1)) {
            day -= 7;  // Week 5 means the last.
        }
    }
    return day * DAY_S + rule->time_s;
}

// Daylight time of the footer that begins in `year`: from *start to *end, UTC seconds. In the south
// it ends in the next year.
static void tz_dst_of(const struct tz_footer *footer, int year, int64_t *start, int64_t *end)
{
    *start = tz_rule_at(&footer->start, year) - footer->std_s;
    *end = tz_rule_at(&footer->end, year) - footer->dst_s;
    if (*end <= *start) {
        *end = tz_rule_at(&footer->end, year + 1) - footer->dst_s;
    }
}

static int32_t tz_footer_offset(const struct tz_footer *footer, int64_t at_s)
{
    if (!footer->has_dst) {
        return footer->std_s;
    }
    const int year = (int)tz_year_of(at_s);
    for (int y = year - 1; y <= year + 1; y++) {
        int64_t start;
        int64_t end;
        tz_dst_of(footer, y, &start, &end);
        if (at_s >= start && at_s < end) {
            return footer->dst_s;
        }
    }
    return footer->std_s;
}

// Number of transitions at or before this second.
static uint32_t tz_passed(const struct tz *tz, int64_t at_s)
{
    uint32_t low = 0;
    uint32_t high = tz->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (tz->at_s[middle] <= at_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int32_t tz_offset_at(const struct tz *tz, int64_t at_s)
{
    const uint32_t passed = tz_passed(tz, at_s);
    if (passed == tz->count && tz->footer.present) {
        return tz_footer_offset(&tz->footer, at_s);
    }
    return passed == 0 ? tz->first_s : tz->offset_s[passed - 1];
}

// The first moment after at_s at which the offset may change, or INT64_MAX.
static int64_t tz_next_change(const struct tz *tz, int64_t at_s)
{
    const uint32_t passed = tz_passed(tz, at_s);
    if (passed < tz->count) {
        return tz->at_s[passed];
    }
    int64_t next = INT64_MAX;
    if (tz->footer.present && tz->footer.has_dst) {
        const int year = (int)tz_year_of(at_s);
        for (int y = year - 1; y <= year + 2; y++) {
            int64_t start;
            int64_t end;
            tz_dst_of(&tz->footer, y, &start, &end);
            if (start > at_s && start < next) {
                next = start;
            }
            if (end > at_s && end < next) {
                next = end;
            }
        }
    }
    return next;
}

int32_t tz_offset_s(const struct tz *tz, int64_t at_ms)
{
    return tz_offset_at(tz, tz_floor_div(at_ms, 1000));
}

void tz_to_local(const struct tz *tz, int64_t at_ms, struct tz_civil *out)
{
    const int64_t at_s = tz_floor_div(at_ms, 1000);
    const int64_t local = at_s + tz_offset_at(tz, at_s);
    const int64_t days = tz_floor_div(local, DAY_S);
    const int second = (int)(local - days * DAY_S);
    tz_from_days(days, &out->year, &out->month, &out->day);
    out->hour = second / 3600;
    out->minute = second / 60 % 60;
    out->second = second % 60;
    out->weekday = (int)((days % 7 + 7 + 3) % 7) + 1;
}

// Seconds since 1970 on the local clock.
static int64_t tz_civil_seconds(const struct tz_civil *local)
{
    int year = local->year;
    if (year > TZ_YEAR_MAX) {
        year = TZ_YEAR_MAX;
    } else if (year < -TZ_YEAR_MAX) {
        year = -TZ_YEAR_MAX;
    }
    // Up to INT_MAX of each smaller unit keeps this within 7 * 10^15 + 2 * 10^14 seconds, which
    // may pass what milliseconds hold: the result is cut there.
    const int64_t limit = INT64_C(6000000000000000);
    const int64_t seconds = tz_days(year, local->month, local->day) * DAY_S +
                            (int64_t)local->hour * 3600 + (int64_t)local->minute * 60 +
                            local->second;
    return seconds > limit ? limit : seconds < -limit ? -limit : seconds;
}

enum tz_fit tz_from_local(const struct tz *tz, const struct tz_civil *local, int64_t *at_ms)
{
    const int64_t wall = tz_civil_seconds(local);
    // Offsets lie within 26 hours, so every instant that shows this wall time lies in this window.
    // Look at each piece of constant offset in it.
    const int64_t window_end = wall + TZ_OFFSET_MAX_S;
    int64_t start = wall - TZ_OFFSET_MAX_S;
    int32_t offset = tz_offset_at(tz, start);
    int found = 0;
    bool in_gap = false;
    int64_t gap_end = 0;
    for (;;) {
        const int64_t end = tz_next_change(tz, start);
        const int64_t at = wall - offset;
        if (at >= start && at < end) {
            if (found == 0) {
                *at_ms = at * 1000;
            }
            found++;
        }
        if (end > window_end) {
            break;
        }
        const int32_t next_offset = tz_offset_at(tz, end);
        if (!in_gap && end + offset <= wall && wall < end + next_offset) {
            in_gap = true;  // The clock jumps over this wall time at `end`.
            gap_end = end;
        }
        offset = next_offset;
        start = end;
    }
    if (found > 0) {
        return found > 1 ? TZ_TWICE : TZ_UNIQUE;
    }
    CHECK(in_gap);
    *at_ms = gap_end * 1000;
    return TZ_GAP;
}

// Reads exactly `count` digits.
static bool tz_read_digits(const char *text, size_t count, int *out)
{
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        *out = *out * 10 + (text[i] - '0');
    }
    return true;
}

bool tz_parse_date(const char *text, size_t size, int64_t *days, struct err *e)
{
    int year;
    int month;
    int day;
    if (size != 10 || text[4] != '-' || text[7] != '-' || !tz_read_digits(text, 4, &year) ||
        !tz_read_digits(text + 5, 2, &month) || !tz_read_digits(text + 8, 2, &day)) {
        return err_set(e, ERR_INVALID, "'%.*s' is not a date: write it like 2025-11-07",
                       (int)(size < 40 ? size : 40), text);
    }
    if (month < 1 || month > 12 || day < 1 ||
        day > tz_days(year, month + 1, 1) - tz_days(year, month, 1)) {
        return err_set(e, ERR_INVALID, "the date %.10s does not exist", text);
    }
    *days = tz_days(year, month, day);
    return true;
}

bool tz_parse_clock(const char *text, size_t size, int32_t *seconds, struct err *e)
{
    int hour = 0;
    int minute = 0;
    int second = 0;
    const bool shaped = (size == 5 || (size == 8 && text[5] == ':')) && text[2] == ':' &&
                        tz_read_digits(text, 2, &hour) && tz_read_digits(text + 3, 2, &minute) &&
                        (size == 5 || tz_read_digits(text + 6, 2, &second));
    if (!shaped) {
        return err_set(e, ERR_INVALID,
                       "'%.*s' is not a time of day: write it like 09:30 or 20:30:15",
                       (int)(size < 40 ? size : 40), text);
    }
    const int32_t sum = hour * 3600 + minute * 60 + second;
    if (minute > 59 || second > 59 || sum > DAY_S) {
        return err_set(e, ERR_INVALID, "the time of day %.*s does not exist", (int)size, text);
    }
    *seconds = sum;
    return true;
}
