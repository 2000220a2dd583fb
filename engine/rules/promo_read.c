// Single fields of a promotions document: absent fields leave *out as it is, wrong ones are refused
// with their place. Null counts as absent.

#include "rules/promo_read.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/tz.h"

struct promo_place promo_place(const char *format, ...)
{
    struct promo_place place;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(place.text, sizeof place.text, format, args);
    va_end(args);
    return place;
}

static const struct json_node *field(const struct json_node *object, const char *name)
{
    const struct json_node *node = json_field(object, name);
    return node == NULL || node->type == JSON_NULL ? NULL : node;
}

bool promo_read_int(const struct json_node *object, const char *where, const char *name,
                    int64_t min, int64_t max, int64_t *out, struct err *e)
{
    const struct json_node *node = field(object, name);
    if (node == NULL) {
        return true;
    }
    int64_t value;
    if (node->type == JSON_INT) {
        value = node->integer;
    } else if (node->type == JSON_REAL && fabs(node->real) < 1e15 &&
               node->real == (double)(int64_t)node->real) {
        value = (int64_t)node->real;  // 400.0 is a whole number.
    } else {
        return err_set(e, ERR_INVALID, "%s%s: not a whole number", where, name);
    }
    if (value < min || value > max) {
        return err_set(e, ERR_INVALID, "%s%s: %lld is not in %lld..%lld", where, name,
                       (long long)value, (long long)min, (long long)max);
    }
    *out = value;
    return true;
}

bool promo_read_amount(const struct json_node *object, const char *where, const char *name,
                       int64_t *out, struct err *e)
{
    return promo_read_int(object, where, name, 0, PROMO_TOTAL_MAX, out, e);
}

bool promo_read_percent(const struct json_node *object, const char *where, const char *name,
                        int64_t *out, struct err *e)
{
    const struct json_node *node = field(object, name);
    if (node == NULL) {
        return true;
    }
    double value = node->type == JSON_REAL  ? node->real
                   : node->type == JSON_INT ? (double)node->integer
                                            : -1;
    if (!(value >= 0 && value <= 100)) {
        return err_set(e, ERR_INVALID, "%s%s: not a percentage of 0..100", where, name);
    }
    *out = llround(value * (double)PROMO_PERCENT);
    return true;
}

bool promo_read_flag(const struct json_node *object, const char *where, const char *name, bool *out,
                     struct err *e)
{
    const struct json_node *node = field(object, name);
    if (node == NULL) {
        return true;
    }
    if (node->type != JSON_TRUE && node->type != JSON_FALSE) {
        return err_set(e, ERR_INVALID, "%s%s: not true or false", where, name);
    }
    *out = node->type == JSON_TRUE;
    return true;
}

bool promo_read_text(const struct json_node *object, const char *where, const char *name,
                     const struct json_node **out, struct err *e)
{
    const struct json_node *node = field(object, name);
    if (node == NULL) {
        return true;
    }
    if (node->type != JSON_TEXT) {
        return err_set(e, ERR_INVALID, "%s%s: not a text", where, name);
    }
    *out = node;
    return true;
}

bool promo_read_names(const struct json_node *object, const char *where, const char *name,
                      const struct json_node **out, struct err *e)
{
    const struct json_node *node = field(object, name);
    if (node == NULL) {
        return true;
    }
    bool good = node->type == JSON_TEXT || node->type == JSON_ARRAY;
    if (node->type == JSON_ARRAY) {
        for (const struct json_node *n = json_child(node); n != json_end(node); n = json_next(n)) {
            good &= n->type == JSON_TEXT;
        }
    }
    if (!good) {
        return err_set(e, ERR_INVALID, "%s%s: not a list of names", where, name);
    }
    *out = node;
    return true;
}

// "T12:30:15.000Z", "+02:00" at the end, or nothing: milliseconds since midnight UTC.
static bool clock_parse(const char *text, size_t size, int64_t *ms)
{
    *ms = 0;
    if (size == 0) {
        return true;
    }
    if (size < 6 || (text[0] != 'T' && text[0] != ' ')) {
        return false;
    }
    size_t end = 1;
    while (end < size && ((text[end] >= '0' && text[end] <= '9') || text[end] == ':')) {
        end++;
    }
    int32_t seconds;
    if (!tz_parse_clock(text + 1, end - 1, &seconds, NULL)) {
        return false;
    }
    *ms = (int64_t)seconds * 1000;
    if (end < size && text[end] == '.') {
        int64_t unit = 100;
        for (end++; end < size && text[end] >= '0' && text[end] <= '9'; end++) {
            *ms += (text[end] - '0') * unit;
            unit /= 10;
        }
    }
    if (end == size || (text[end] == 'Z' && end + 1 == size)) {
        return true;
    }
    if ((text[end] != '+' && text[end] != '-') || size - end != 6 ||
        !tz_parse_clock(text + end + 1, 5, &seconds, NULL)) {
        return false;
    }
    *ms -= (text[end] == '-' ? -1000 : 1000) * (int64_t)seconds;
    return true;
}

bool promo_read_time(const struct json_node *object, const char *where, const char *name,
                     int64_t *out, struct err *e)
{
    const struct json_node *node = field(object, name);
    if (node == NULL) {
        return true;
    }
    int64_t days, ms;
    if (node->type != JSON_TEXT || node->text_size < 10 ||
        !tz_parse_date(node->text, 10, &days, NULL) ||
        !clock_parse(node->text + 10, node->text_size - 10, &ms)) {
        return err_set(e, ERR_INVALID, "%s%s: not a time like 2025-11-07T20:30:00Z", where, name);
    }
    *out = days * 86400000 + ms;
    if (*out < 0) {
        return err_set(e, ERR_INVALID, "%s%s: before 1970", where, name);
    }
    return true;
}

bool promo_read_list(const struct json_node *object, const char *where, const char *name,
                     size_t max, const struct json_node **out, struct err *e)
{
    const struct json_node *node = field(object, name);
    if (node == NULL) {
        return true;
    }
    if (node->type != JSON_ARRAY) {
        return err_set(e, ERR_INVALID, "%s%s: not a list", where, name);
    }
    if (node->count > max) {
        return err_set(e, ERR_INVALID, "%s%s: %u are more than %zu", where, name, node->count, max);
    }
    *out = node;
    return true;
}

bool promo_read_object(const struct json_node *object, const char *where, const char *name,
                       const struct json_node **out, struct err *e)
{
    const struct json_node *node = field(object, name);
    if (node == NULL) {
        return true;
    }
    if (node->type != JSON_OBJECT) {
        return err_set(e, ERR_INVALID, "%s%s: not an object", where, name);
    }
    *out = node;
    return true;
}

static bool word_find(const struct promo_word *words, const struct json_node *node, int *out)
{
    for (; words->text != NULL; words++) {
        if (json_text_is(node, words->text)) {
            *out = words->value;
            return true;
        }
    }
    return false;
}

// A word out of a table; refuses others by name.
bool promo_read_word(const struct json_node *object, const char *where, const char *name,
                     const struct promo_word *words, int *out, struct err *e)
{
    const struct json_node *node = NULL;
    if (!promo_read_text(object, where, name, &node, e)) {
        return false;
    }
    if (node == NULL) {
        return err_set(e, ERR_INVALID, "%s%s: missing", where, name);
    }
    if (!word_find(words, node, out)) {
        return err_set(e, ERR_INVALID, "%s%s: '%.*s' is unknown", where, name,
                       node->text_size > 64 ? 64 : (int)node->text_size, node->text);
    }
    return true;
}

bool promo_read_is_object(const struct json_node *node, const char *where, struct err *e)
{
    return node->type == JSON_OBJECT || err_set(e, ERR_INVALID, "%s: not an object", where);
}
