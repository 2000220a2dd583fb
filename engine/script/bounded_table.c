// table.* on plain tables: raw access, fuel for every element, sizes checked first.
#include <stdio.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/bounded.h"
#include "script/sandbox_internal.h"

static int table_insert(lua_State *L)
{
    const lua_Integer length = bounded_check_list(L, 1);
    lua_Integer at = length + 1;
    switch (lua_gettop(L)) {
    case 2:
        break;
    case 3:
        at = luaL_checkinteger(L, 2);
        luaL_argcheck(L, at >= 1 && at <= length + 1, 2, "position out of bounds");
        sandbox_charge(L, 2 * (length + 1 - at));
        for (lua_Integer i = length; i >= at; i--) {
            lua_rawgeti(L, 1, i);
            lua_rawseti(L, 1, i + 1);
        }
        break;
    default:
        return luaL_error(L, "insert takes a table, perhaps a position, and a value");
    }
    luaL_argcheck(L, !lua_isnil(L, -1), lua_gettop(L), "nil can't be inserted");
    lua_rawseti(L, 1, at);
    return 0;
}

static int table_remove(lua_State *L)
{
    const lua_Integer length = bounded_check_list(L, 1);
    lua_Integer at = length;
    if (!lua_isnoneornil(L, 2)) {
        at = luaL_checkinteger(L, 2);
        luaL_argcheck(L, (at >= 1 && at <= length + 1) || (length == 0 && at == 0), 2,
                      "position out of bounds");
    }
    if (at < 1) {
        lua_pushnil(L);
        return 1;
    }
    lua_rawgeti(L, 1, at);
    if (at <= length) {
        sandbox_charge(L, 2 * (length - at));
        for (lua_Integer i = at; i < length; i++) {
            lua_rawgeti(L, 1, i + 1);
            lua_rawseti(L, 1, i);
        }
        lua_pushnil(L);
        lua_rawseti(L, 1, length);
    }
    return 1;
}

// The number of elements from first to last, which may be any integers.
static lua_Integer check_span(lua_State *L, lua_Integer first, lua_Integer last)
{
    if (first > last) {
        return 0;
    }
    const lua_Unsigned span = (lua_Unsigned)last - (lua_Unsigned)first;
    if (span >= 1000000) {
        luaL_error(L, "too many elements (from %I to %I)", first, last);
    }
    return (lua_Integer)span + 1;
}

// move(from, first, last, at [, to])
static int table_move(lua_State *L)
{
    bounded_check_list(L, 1);
    const lua_Integer first = luaL_checkinteger(L, 2);
    const lua_Integer last = luaL_checkinteger(L, 3);
    const lua_Integer at = luaL_checkinteger(L, 4);
    const int to = lua_isnoneornil(L, 5) ? 1 : 5;
    bounded_check_list(L, to);
    const lua_Integer count = check_span(L, first, last);
    luaL_argcheck(L, at <= LUA_MAXINTEGER - count, 4, "position out of bounds");
    sandbox_charge(L, 2 * count);
    const bool same = to == 1 || lua_rawequal(L, 1, to);
    const bool backwards = same && at > first;
    for (lua_Integer i = 0; i < count; i++) {
        const lua_Integer offset = backwards ? count - 1 - i : i;
        lua_rawgeti(L, 1, first + offset);
        lua_rawseti(L, to, at + offset);
    }
    lua_pushvalue(L, to);
    return 1;
}

// For functions that only read: a guarded table shows its elements through our library's __index.
static lua_Integer check_readable(lua_State *L, int arg)
{
    luaL_checktype(L, arg, LUA_TTABLE);
    return luaL_len(L, arg);
}

// The text of element i, which must be a text or a number; popped by the caller.
static const char *concat_piece(lua_State *L, lua_Integer i, size_t *size)
{
    const int type = lua_geti(L, 1, i);
    if (type != LUA_TSTRING && type != LUA_TNUMBER) {
        luaL_error(L, "element %I is a %s, only text and numbers can be joined", i,
                   luaL_typename(L, -1));
    }
    return lua_tolstring(L, -1, size);
}

static int table_concat(lua_State *L)
{
    const lua_Integer length = check_readable(L, 1);
    size_t separator_size = 0;
    const char *separator = luaL_optlstring(L, 2, "", &separator_size);
    const lua_Integer first = luaL_optinteger(L, 3, 1);
    const lua_Integer last = luaL_optinteger(L, 4, length);
    const lua_Integer count = check_span(L, first, last);
    sandbox_charge(L, 2 * count);
    size_t total = 0;
    for (lua_Integer i = 0; i < count; i++) {
        size_t size = 0;
        concat_piece(L, first + i, &size);
        lua_pop(L, 1);
        total += size + (i > 0 ? separator_size : 0);
        bounded_check_size(L, total);
    }
    sandbox_charge(L, (int64_t)(total / 16));
    luaL_Buffer buffer;
    char *out = luaL_buffinitsize(L, &buffer, total + 1);
    const char *end = out + total;
    for (lua_Integer i = 0; i < count; i++) {
        size_t size = 0;
        const char *piece = concat_piece(L, first + i, &size);
        const size_t between = i > 0 ? separator_size : 0;
        if ((size_t)(end - out) < size + between) {  // A __index that answers differently now.
            return luaL_error(L, "the table changed while it was joined");
        }
        memcpy(out, separator, between);
        out += between;
        memcpy(out, piece, size);
        out += size;
        lua_pop(L, 1);
    }
    luaL_pushresultsize(&buffer, total - (size_t)(end - out));
    return 1;
}

static int table_unpack(lua_State *L)
{
    const lua_Integer length = check_readable(L, 1);
    const lua_Integer first = luaL_optinteger(L, 2, 1);
    const lua_Integer last = luaL_optinteger(L, 3, length);
    const lua_Integer count = check_span(L, first, last);
    if (count > SANDBOX_VALUES_MAX) {
        return luaL_error(L, "too many values to unpack (%I, limit %d)", count, SANDBOX_VALUES_MAX);
    }
    sandbox_charge(L, count);
    luaL_checkstack(L, (int)count, "too many values to unpack");
    for (lua_Integer i = 0; i < count; i++) {
        lua_geti(L, 1, first + i);
    }
    return (int)count;
}

static int table_pack(lua_State *L)
{
    const int count = lua_gettop(L);
    sandbox_charge(L, count);
    lua_createtable(L, count, 1);
    lua_insert(L, 1);
    for (int i = count; i >= 1; i--) {
        lua_rawseti(L, 1, i);
    }
    lua_pushinteger(L, count);
    lua_setfield(L, 1, "n");
    return 1;
}

void bounded_push_table(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"insert", table_insert}, {"remove", table_remove},
        {"move", table_move},     {"concat", table_concat},
        {"unpack", table_unpack}, {"pack", table_pack},
        {"sort", bounded_sort},   {NULL, NULL},
    };
    luaL_newlib(L, functions);
}
