// string.format: the conversions that make text, nothing that shows an address.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/bounded.h"
#include "script/sandbox_internal.h"

#define SPEC_MAX 20     // "%" + 5 flags + 2 digits + "." + 2 digits + "ll" + conversion.
#define NUMBER_MAX 512  // "%.99f" of the largest number takes 410.

struct spec {
    char flags[6];
    int width;      // -1: not given.
    int precision;  // -1: not given.
    char conversion;
};

static int read_digits(lua_State *L, const char **p, const char *end)
{
    int value = 0;
    for (int i = 0; *p < end && **p >= '0' && **p <= '9'; i++, (*p)++) {
        if (i == 2) {
            luaL_error(L, "invalid format: width and precision have at most two digits");
        }
        value = value * 10 + (**p - '0');
    }
    return value;
}

static struct spec read_spec(lua_State *L, const char **p, const char *end)
{
    struct spec spec = {.width = -1, .precision = -1};
    size_t flags = 0;
    while (*p < end && **p != '\0' && strchr("-+ #0", **p) != NULL) {
        if (flags == sizeof(spec.flags) - 1) {
            luaL_error(L, "invalid format: too many flags");
        }
        spec.flags[flags++] = *(*p)++;
    }
    if (*p < end && **p >= '0' && **p <= '9') {
        spec.width = read_digits(L, p, end);
    }
    if (*p < end && **p == '.') {
        (*p)++;
        spec.precision = read_digits(L, p, end);
    }
    if (*p == end) {
        luaL_error(L, "invalid format: it ends inside of a '%%'");
    }
    spec.conversion = *(*p)++;
    return spec;
}

// The spec as C writes it, for numbers.
static void spec_text(const struct spec *spec, const char *length, char out[SPEC_MAX])
{
    char width[4] = "";
    char precision[5] = "";
    if (spec->width >= 0) {
        (void)snprintf(width, sizeof(width), "%d", spec->width % 100);
    }
    if (spec->precision >= 0) {
        (void)snprintf(precision, sizeof(precision), ".%d", spec->precision % 100);
    }
    (void)snprintf(out, SPEC_MAX, "%%%s%s%s%s%c", spec->flags, width, precision, length,
                   spec->conversion);
}

// The format strings below are made by spec_text from checked parts.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static int print_integer(char *out, const struct spec *spec, lua_Integer value)
{
    char format[SPEC_MAX];
    spec_text(spec, "ll", format);
    return snprintf(out, NUMBER_MAX, format, (long long)value);
}

static int print_float(char *out, const struct spec *spec, lua_Number value)
{
    char format[SPEC_MAX];
    spec_text(spec, "", format);
    return snprintf(out, NUMBER_MAX, format, isnan(value) ? fabs(value) : value);
}
#pragma GCC diagnostic pop

static void add_number(lua_State *L, luaL_Buffer *out, const struct spec *spec, int arg)
{
    char text[NUMBER_MAX];
    const bool whole = strchr("dixXo", spec->conversion) != NULL;
    const int size = whole ? print_integer(text, spec, luaL_checkinteger(L, arg))
                           : print_float(text, spec, luaL_checknumber(L, arg));
    CHECK(size >= 0 && size < NUMBER_MAX);
    bounded_check_size(L, luaL_bufflen(out) + (size_t)size);
    luaL_addlstring(out, text, (size_t)size);
}

static void add_padding(luaL_Buffer *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        luaL_addchar(out, ' ');
    }
}

// Width and precision count bytes, as everywhere in this language.
static void add_text(lua_State *L, luaL_Buffer *out, const struct spec *spec, const char *text,
                     size_t size)
{
    if (spec->precision >= 0 && size > (size_t)spec->precision) {
        size = (size_t)spec->precision;
    }
    const size_t width = spec->width < 0 ? 0 : (size_t)spec->width;
    const size_t padding = width > size ? width - size : 0;
    const bool left = strchr(spec->flags, '-') != NULL;
    bounded_check_size(L, luaL_bufflen(out) + size + padding);
    if (!left) {
        add_padding(out, padding);
    }
    luaL_addlstring(out, text, size);
    if (left) {
        add_padding(out, padding);
    }
}

// Which flags a conversion takes; the others would be undefined in C.
static void check_flags(lua_State *L, const struct spec *spec)
{
    const char *allowed = "-+ #0";
    switch (spec->conversion) {
    case 'd':
    case 'i':
        allowed = "-+ 0";
        break;
    case 'x':
    case 'X':
    case 'o':
        allowed = "-#0";
        break;
    case 'c':
    case 's':
        allowed = "-";
        break;
    default:
        break;
    }
    if (spec->flags[strspn(spec->flags, allowed)] != '\0' ||
        (spec->conversion == 'c' && spec->precision >= 0)) {
        luaL_error(L, "invalid format: '%%%c' doesn't take these flags", spec->conversion);
    }
}

static void add_conversion(lua_State *L, luaL_Buffer *out, const struct spec *spec, int arg)
{
    check_flags(L, spec);
    char byte;
    switch (spec->conversion) {
    case 'd':
    case 'i':
    case 'x':
    case 'X':
    case 'o':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        add_number(L, out, spec, arg);
        return;
    case 'c':
        byte = (char)luaL_checkinteger(L, arg);
        add_text(L, out, spec, &byte, 1);
        return;
    case 's': {
        // The text is put in the argument's place: the buffer may have the top of the stack.
        size_t size = 0;
        luaL_checkany(L, arg);
        bounded_to_text(L, arg, &size);
        lua_replace(L, arg);
        const char *text = lua_tolstring(L, arg, &size);
        add_text(L, out, spec, text, size);
        return;
    }
    default:
        luaL_error(L, "invalid format: '%%%c' isn't offered", spec->conversion);
    }
}

int bounded_format(lua_State *L)
{
    const int args = lua_gettop(L);
    size_t size = 0;
    const char *p = bounded_check_text(L, 1, &size);
    const char *end = p + size;
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    int arg = 1;
    while (p < end) {
        const char *percent = memchr(p, '%', (size_t)(end - p));
        const char *stop = percent == NULL ? end : percent;
        bounded_check_size(L, luaL_bufflen(&out) + (size_t)(stop - p));
        luaL_addlstring(&out, p, (size_t)(stop - p));
        p = stop;
        if (p == end) {
            break;
        }
        p++;
        if (p < end && *p == '%') {
            luaL_addchar(&out, '%');
            p++;
            continue;
        }
        const struct spec spec = read_spec(L, &p, end);
        sandbox_charge(L, 8);
        luaL_argcheck(L, ++arg <= args, arg, "there is no value for this '%'");
        add_conversion(L, &out, &spec, arg);
    }
    luaL_pushresult(&out);
    return 1;
}
