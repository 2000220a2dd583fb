// The POSIX TZ text of a TZif footer (RFC 8536 3.3, POSIX.1 8.3): std offset [dst [offset] , start
// [/time] , end [/time]]. Anything that doesn't fit the grammar is refused whole.

#include "base/tz_file.h"

#include <string.h>

struct tz_cursor {
    const char *at;
    const char *end;
};

static bool tz_take(struct tz_cursor *c, char wanted)
{
    if (c->at < c->end && *c->at == wanted) {
        c->at++;
        return true;
    }
    return false;
}

// A zone abbreviation: three or more letters, or anything of letters, digits and signs in <>.
static bool tz_take_name(struct tz_cursor *c)
{
    const bool quoted = tz_take(c, '<');
    size_t count = 0;
    for (; c->at < c->end; c->at++, count++) {
        const char letter = *c->at;
        const bool alpha = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
        const bool other = (letter >= '0' && letter <= '9') || letter == '+' || letter == '-';
        if (!alpha && !(quoted && other)) {
            break;
        }
    }
    return count >= 3 && (!quoted || tz_take(c, '>'));
}

static bool tz_take_number(struct tz_cursor *c, int max, int *out)
{
    int value = 0;
    int digits = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9' && digits < 4; c->at++, digits++) {
        value = value * 10 + (*c->at - '0');
    }
    *out = value;
    return digits > 0 && value <= max;
}

// [+-]hh[:mm[:ss]] in seconds.
static bool tz_take_time(struct tz_cursor *c, int hour_max, int32_t *out)
{
    const bool negative = tz_take(c, '-');
    if (!negative) {
        tz_take(c, '+');
    }
    int hour;
    int minute = 0;
    int second = 0;
    if (!tz_take_number(c, hour_max, &hour)) {
        return false;
    }
    if (tz_take(c, ':')) {
        if (!tz_take_number(c, 59, &minute)) {
            return false;
        }
        if (tz_take(c, ':') && !tz_take_number(c, 59, &second)) {
            return false;
        }
    }
    const int32_t size = hour * 3600 + minute * 60 + second;
    *out = negative ? -size : size;
    return true;
}

static bool tz_take_rule(struct tz_cursor *c, struct tz_rule *rule)
{
    *rule = (struct tz_rule){.time_s = 2 * 3600};
    if (tz_take(c, 'M')) {
        rule->kind = TZ_RULE_MONTH;
        if (!tz_take_number(c, 12, &rule->month) || rule->month < 1 || !tz_take(c, '.') ||
            !tz_take_number(c, 5, &rule->week) || rule->week < 1 || !tz_take(c, '.') ||
            !tz_take_number(c, 6, &rule->day)) {
            return false;
        }
    } else if (tz_take(c, 'J')) {
        rule->kind = TZ_RULE_JULIAN;
        if (!tz_take_number(c, 365, &rule->day) || rule->day < 1) {
            return false;
        }
    } else {
        rule->kind = TZ_RULE_DAY;
        if (!tz_take_number(c, 365, &rule->day)) {
            return false;
        }
    }
    // Version 3 files allow -167..167 hours ("M3.4.4/50" is what Gaza once had).
    return !tz_take(c, '/') || tz_take_time(c, 167, &rule->time_s);
}

bool tz_footer_parse(const char *text, size_t size, struct tz_footer *out)
{
    *out = (struct tz_footer){0};
    if (size == 0) {
        return true;
    }
    struct tz_cursor c = {.at = text, .end = text + size};
    int32_t west_s;
    if (!tz_take_name(&c) || !tz_take_time(&c, 24, &west_s)) {
        return false;
    }
    out->std_s = -west_s;  // POSIX counts west of Greenwich.
    out->present = true;
    if (c.at == c.end) {
        return true;
    }
    out->has_dst = true;
    out->dst_s = out->std_s + 3600;
    if (!tz_take_name(&c)) {
        return false;
    }
    if (c.at < c.end && *c.at != ',') {
        if (!tz_take_time(&c, 24, &west_s)) {
            return false;
        }
        out->dst_s = -west_s;
    }
    return tz_take(&c, ',') && tz_take_rule(&c, &out->start) && tz_take(&c, ',') &&
           tz_take_rule(&c, &out->end) && c.at == c.end;
}
