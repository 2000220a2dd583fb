// string.find, match, gmatch and gsub on top of the bounded matcher.
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/bounded.h"
#include "script/bounded_pattern.h"
#include "script/sandbox_internal.h"

// 0-based; more than `size` if the text ends before it.
static size_t start_of(lua_State *L, int arg, size_t size)
{
    const lua_Integer position = luaL_optinteger(L, arg, 1);
    if (position > 0) {
        return (lua_Unsigned)position - 1 > size ? size + 1 : (size_t)position - 1;
    }
    if (position == 0 || position < -(lua_Integer)size) {
        return 0;
    }
    return size - (size_t)-position;
}

static bool is_plain(const char *pattern, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (pattern[i] != '\0' && strchr("^$*+?.([%-", pattern[i]) != NULL) {
            return false;
        }
    }
    return true;
}

static int find_plain(lua_State *L, const char *text, size_t size, size_t start,
                      const char *pattern, size_t pattern_size)
{
    const char *found = pattern_size == 0
                            ? text + start
                            : memmem(text + start, size - start, pattern, pattern_size);
    if (found == NULL) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, found - text + 1);
    lua_pushinteger(L, found - text + (lua_Integer)pattern_size);
    return 2;
}

static int find_or_match(lua_State *L, bool find)
{
    size_t size = 0;
    size_t pattern_size = 0;
    const char *text = bounded_check_text(L, 1, &size);
    const char *pattern = bounded_check_text(L, 2, &pattern_size);
    const size_t start = start_of(L, 3, size);
    if (start > size) {
        lua_pushnil(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(pattern, pattern_size))) {
        return find_plain(L, text, size, start, pattern, pattern_size);
    }
    struct bounded_pattern m;
    bounded_pattern_init(&m, L, text, size, pattern, pattern_size);
    const bool anchored = pattern_size > 0 && pattern[0] == '^';
    for (const char *at = text + start; at <= m.text_end; at++) {
        at = anchored ? at : bounded_pattern_seek(&m, at, pattern);
        if (at == NULL) {
            break;
        }
        const char *end = bounded_pattern_match(&m, at, pattern + anchored);
        if (end != NULL) {
            if (!find) {
                return bounded_pattern_push(&m, at, end);
            }
            lua_pushinteger(L, at - text + 1);
            lua_pushinteger(L, end - text);
            return bounded_pattern_push(&m, NULL, NULL) + 2;
        }
        if (anchored) {
            break;
        }
    }
    lua_pushnil(L);
    return 1;
}

int bounded_find(lua_State *L)
{
    return find_or_match(L, true);
}

int bounded_match(lua_State *L)
{
    return find_or_match(L, false);
}

// Upvalues: text, pattern, where to go on (0-based), end of the last match (-1: none).
static int gmatch_step(lua_State *L)
{
    size_t size = 0;
    size_t pattern_size = 0;
    const char *text = lua_tolstring(L, lua_upvalueindex(1), &size);
    const char *pattern = lua_tolstring(L, lua_upvalueindex(2), &pattern_size);
    const lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
    struct bounded_pattern m;
    bounded_pattern_init(&m, L, text, size, pattern, pattern_size);
    const char *at = text + lua_tointeger(L, lua_upvalueindex(3));
    for (; (at = bounded_pattern_seek(&m, at, pattern)) != NULL; at++) {
        const char *end = bounded_pattern_match(&m, at, pattern);
        if (end != NULL && end - text != last) {
            lua_pushinteger(L, end - text);
            lua_copy(L, -1, lua_upvalueindex(3));
            lua_replace(L, lua_upvalueindex(4));
            return bounded_pattern_push(&m, at, end);
        }
    }
    lua_pushinteger(L, (lua_Integer)size + 1);
    lua_replace(L, lua_upvalueindex(3));
    return 0;
}

int bounded_gmatch(lua_State *L)
{
    size_t size = 0;
    size_t pattern_size = 0;
    bounded_check_text(L, 1, &size);
    bounded_check_text(L, 2, &pattern_size);
    const size_t start = start_of(L, 3, size);
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)start);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_step, 4);
    return 1;
}

// ---------------------------------------------------------------- gsub

static void add_bytes(lua_State *L, luaL_Buffer *out, const char *bytes, size_t size)
{
    bounded_check_size(L, luaL_bufflen(out) + size);
    sandbox_charge(L, (int64_t)(size / 16));
    luaL_addlstring(out, bytes, size);
}

static void add_value(lua_State *L, luaL_Buffer *out)
{
    bounded_check_size(L, luaL_bufflen(out) + lua_rawlen(L, -1));
    luaL_addvalue(out);
}

// The replacement text, with %0 to %9 and %%.
static void add_template(struct bounded_pattern *m, luaL_Buffer *out, const char *start,
                         const char *end)
{
    lua_State *L = m->L;
    size_t size = 0;
    const char *text = lua_tolstring(L, 3, &size);
    sandbox_charge(L, (int64_t)(size / 8));
    for (size_t i = 0; i < size; i++) {
        const char *percent = memchr(text + i, '%', size - i);
        const size_t plain = percent == NULL ? size - i : (size_t)(percent - text) - i;
        add_bytes(L, out, text + i, plain);
        i += plain;
        if (i >= size) {
            break;
        }
        i++;
        const char kind = i < size ? text[i] : '\0';
        if (kind == '%') {
            add_bytes(L, out, "%", 1);
        } else if (kind == '0') {
            add_bytes(L, out, start, (size_t)(end - start));
        } else if (kind >= '1' && kind <= '9') {
            bounded_pattern_push_one(m, kind - '1', start, end);
            lua_tolstring(L, -1, NULL);  // A position becomes text before its length is asked for.
            add_value(L, out);
        } else {
            luaL_error(L, "'%%' in the replacement must be followed by a digit or '%%'");
        }
    }
}

static void add_replacement(struct bounded_pattern *m, luaL_Buffer *out, const char *start,
                            const char *end)
{
    lua_State *L = m->L;
    switch (lua_type(L, 3)) {
    case LUA_TFUNCTION: {
        lua_pushvalue(L, 3);
        const int count = bounded_pattern_push(m, start, end);
        lua_call(L, count, 1);
        break;
    }
    case LUA_TTABLE:
        bounded_pattern_push_one(m, 0, start, end);
        lua_gettable(L, 3);
        break;
    default:
        add_template(m, out, start, end);
        return;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        add_bytes(L, out, start, (size_t)(end - start));
        return;
    }
    if (!lua_isstring(L, -1)) {
        luaL_error(L, "a %s can't become text in gsub", luaL_typename(L, -1));
    }
    lua_tolstring(L, -1, NULL);
    add_value(L, out);
}

static void gsub_check(lua_State *L)
{
    const int type = lua_type(L, 3);
    luaL_argexpected(L,
                     type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TTABLE ||
                         type == LUA_TFUNCTION,
                     3, "text, table or function");
    if (type == LUA_TNUMBER) {
        lua_tolstring(L, 3, NULL);
    }
}

int bounded_gsub(lua_State *L)
{
    size_t size = 0;
    size_t pattern_size = 0;
    const char *text = bounded_check_text(L, 1, &size);
    const char *pattern = bounded_check_text(L, 2, &pattern_size);
    gsub_check(L);
    const lua_Integer limit = luaL_optinteger(L, 4, (lua_Integer)size + 1);
    const bool anchored = pattern_size > 0 && pattern[0] == '^';
    struct bounded_pattern m;
    bounded_pattern_init(&m, L, text, size, pattern, pattern_size);
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    const char *at = text;
    const char *last = NULL;
    lua_Integer count = 0;
    while (count < limit) {
        const char *from = anchored ? at : bounded_pattern_seek(&m, at, pattern);
        if (from == NULL) {
            break;
        }
        add_bytes(L, &out, at, (size_t)(from - at));
        at = from;
        const char *end = bounded_pattern_match(&m, at, pattern + anchored);
        if (end != NULL && end != last) {
            count++;
            sandbox_charge(L, 8);
            add_replacement(&m, &out, at, end);
            at = end;
            last = end;
        } else if (at < m.text_end) {
            add_bytes(L, &out, at, 1);
            at++;
        } else {
            break;
        }
        if (anchored) {
            break;
        }
    }
    add_bytes(L, &out, at, (size_t)(m.text_end - at));
    luaL_pushresult(&out);
    lua_pushinteger(L, count);
    return 2;
}
