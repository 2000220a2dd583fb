// Words every playbook has: tostring, tonumber, type, select, error, assert, ipairs; and checks
// that the other bounded functions share.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/bounded.h"
#include "script/sandbox_internal.h"

#define TONUMBER_MAX 256  // No number is written with more characters.

void bounded_check_size(lua_State *L, size_t size)
{
    if (size > SANDBOX_TEXT_MAX) {
        luaL_error(L, "the text gets too long (%I bytes, limit %d)", (lua_Integer)size,
                   SANDBOX_TEXT_MAX);
    }
}

lua_Integer bounded_check_list(lua_State *L, int arg)
{
    luaL_checktype(L, arg, LUA_TTABLE);
    if (luaL_getmetafield(L, arg, "__index") != LUA_TNIL ||
        luaL_getmetafield(L, arg, "__newindex") != LUA_TNIL) {
        luaL_argerror(L, arg, "a plain table was expected, this one is guarded");
    }
    return (lua_Integer)lua_rawlen(L, arg);
}

const char *bounded_check_text(lua_State *L, int arg, size_t *size)
{
    const int type = lua_type(L, arg);
    if (type != LUA_TSTRING && type != LUA_TNUMBER) {
        luaL_typeerror(L, arg, "text");
    }
    const char *text = lua_tolstring(L, arg, size);
    sandbox_charge(L, 1 + (int64_t)(*size / 16));
    return text;
}

static const char *number_text(lua_State *L, int index, size_t *size)
{
    const lua_Number number = lua_tonumber(L, index);
    if (isnan(number)) {
        return lua_pushliteral(L,
                               "nan");  // The C library shows a sign that depends on the machine.
    }
    lua_pushvalue(L, index);
    return lua_tolstring(L, -1, size);
}

const char *bounded_to_text(lua_State *L, int index, size_t *size)
{
    index = lua_absindex(L, index);
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        lua_pushvalue(L, index);
        break;
    case LUA_TNUMBER:
        number_text(L, index, size);
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
        break;
    case LUA_TNIL:
        lua_pushliteral(L, "nil");
        break;
    default:
        // Playbooks have no setmetatable: a __tostring is our library's.
        if (luaL_callmeta(L, index, "__tostring") == 0) {
            luaL_error(L, "a %s can't become text", luaL_typename(L, index));
        }
        if (lua_type(L, -1) != LUA_TSTRING) {
            luaL_error(L, "'__tostring' must return a text");
        }
    }
    const char *text = lua_tolstring(L, -1, size);
    sandbox_charge(L, 1 + (int64_t)(*size / 16));
    return text;
}

static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    size_t size = 0;
    bounded_to_text(L, 1, &size);
    return 1;
}

// tonumber(value [, base]), base 2 to 36 with a text.
static int base_tonumber_based(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TSTRING);
    size_t size = 0;
    const char *text = lua_tolstring(L, 1, &size);
    const lua_Integer base = luaL_checkinteger(L, 2);
    luaL_argcheck(L, 2 <= base && base <= 36, 2, "base out of range");
    size_t i = 0;
    while (i < size && strchr(" \t\r\n", text[i]) != NULL && text[i] != '\0') {
        i++;
    }
    const bool negative = i < size && text[i] == '-';
    i += negative;
    lua_Unsigned value = 0;
    size_t digits = 0;
    for (; i < size; i++, digits++) {
        const char c = text[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'z' ? c - 'a' + 10
                          : c >= 'A' && c <= 'Z' ? c - 'A' + 10
                                                 : 99;
        if (digit >= base) {
            break;
        }
        value = value * (lua_Unsigned)base + (lua_Unsigned)digit;
    }
    while (i < size && strchr(" \t\r\n", text[i]) != NULL && text[i] != '\0') {
        i++;
    }
    if (digits == 0 || i < size) {
        return 0;
    }
    lua_pushinteger(L, (lua_Integer)(negative ? 0 - value : value));
    return 1;
}

static int base_tonumber(lua_State *L)
{
    luaL_checkany(L, 1);
    if (lua_type(L, 1) == LUA_TSTRING && lua_rawlen(L, 1) > TONUMBER_MAX) {
        lua_pushnil(L);
        return 1;
    }
    if (!lua_isnoneornil(L, 2)) {
        if (base_tonumber_based(L) == 0) {
            lua_pushnil(L);
        }
        return 1;
    }
    if (lua_type(L, 1) == LUA_TNUMBER) {
        lua_settop(L, 1);
        return 1;
    }
    size_t size = 0;
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &size) : NULL;
    if (text == NULL || lua_stringtonumber(L, text) != size + 1) {
        lua_pushnil(L);
    }
    return 1;
}

static int base_type(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushstring(L, luaL_typename(L, 1));
    return 1;
}

static int base_select(lua_State *L)
{
    const int count = lua_gettop(L);
    sandbox_charge(L, count / 4);
    if (lua_type(L, 1) == LUA_TSTRING && *lua_tostring(L, 1) == '#') {
        lua_pushinteger(L, count - 1);
        return 1;
    }
    lua_Integer n = luaL_checkinteger(L, 1);
    if (n < 0) {
        n = n < -count ? 0 : count + n;
    } else if (n > count) {
        n = count;
    }
    luaL_argcheck(L, n >= 1, 1, "index out of range");
    return count - (int)n;
}

static int base_error(lua_State *L)
{
    const int level = (int)luaL_optinteger(L, 2, 1);
    lua_settop(L, 1);
    if (lua_type(L, 1) == LUA_TSTRING && level > 0) {
        luaL_where(L, level);
        lua_pushvalue(L, 1);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int base_assert(lua_State *L)
{
    if (lua_toboolean(L, 1)) {
        return lua_gettop(L);
    }
    luaL_checkany(L, 1);
    if (lua_isnoneornil(L, 2)) {
        return luaL_error(L, "assertion failed!");
    }
    lua_settop(L, 2);
    return lua_error(L);
}

static int base_ipairs_step(lua_State *L)
{
    const lua_Integer i = (lua_Integer)((lua_Unsigned)luaL_checkinteger(L, 2) + 1);
    lua_pushinteger(L, i);
    return lua_geti(L, 1, i) == LUA_TNIL ? 1 : 2;
}

static int base_ipairs(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushcfunction(L, base_ipairs_step);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

void bounded_add_base(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"tostring", base_tostring}, {"tonumber", base_tonumber},
        {"type", base_type},         {"select", base_select},
        {"error", base_error},       {"assert", base_assert},
        {"ipairs", base_ipairs},     {"pairs", bounded_pairs},
        {"next", bounded_next},      {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}
