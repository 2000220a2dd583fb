// string.* and utf8.* for playbooks, except patterns and format: every function charges by length.
#include <string.h>

#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>

#include "script/bounded.h"
#include "script/sandbox_internal.h"

// A position that counts from the end if it is negative, brought into 1..size+1 (start of a range).
static size_t range_start(lua_Integer position, size_t size)
{
    if (position > 0) {
        return (size_t)position;
    }
    if (position == 0 || position < -(lua_Integer)size) {
        return 1;
    }
    return size + 1 - (size_t)-position;
}

static size_t range_end(lua_Integer position, size_t size)
{
    if (position > (lua_Integer)size) {
        return size;
    }
    if (position >= 0) {
        return (size_t)position;
    }
    return position < -(lua_Integer)size ? 0 : size + 1 - (size_t)-position;
}

static int string_len(lua_State *L)
{
    size_t size = 0;
    bounded_check_text(L, 1, &size);
    lua_pushinteger(L, (lua_Integer)size);
    return 1;
}

static int string_sub(lua_State *L)
{
    size_t size = 0;
    const char *text = bounded_check_text(L, 1, &size);
    const size_t start = range_start(luaL_checkinteger(L, 2), size);
    const size_t end = range_end(luaL_optinteger(L, 3, -1), size);
    if (start > end) {
        lua_pushliteral(L, "");
    } else {
        lua_pushlstring(L, text + start - 1, end - start + 1);
    }
    return 1;
}

static int push_mapped(lua_State *L, bool upper)
{
    size_t size = 0;
    const char *text = bounded_check_text(L, 1, &size);
    bounded_check_size(L, size);
    luaL_Buffer buffer;
    char *out = luaL_buffinitsize(L, &buffer, size + 1);
    for (size_t i = 0; i < size; i++) {
        const char c = text[i];
        const bool letter = upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
        out[i] = letter ? (char)(c ^ 0x20) : c;
    }
    luaL_pushresultsize(&buffer, size);
    return 1;
}

static int string_upper(lua_State *L)
{
    return push_mapped(L, true);
}

static int string_lower(lua_State *L)
{
    return push_mapped(L, false);
}

static int string_reverse(lua_State *L)
{
    size_t size = 0;
    const char *text = bounded_check_text(L, 1, &size);
    bounded_check_size(L, size);
    luaL_Buffer buffer;
    char *out = luaL_buffinitsize(L, &buffer, size + 1);
    for (size_t i = 0; i < size; i++) {
        out[i] = text[size - 1 - i];
    }
    luaL_pushresultsize(&buffer, size);
    return 1;
}

static int string_rep(lua_State *L)
{
    size_t size = 0;
    size_t separator_size = 0;
    const char *text = bounded_check_text(L, 1, &size);
    const lua_Integer count = luaL_checkinteger(L, 2);
    const char *separator = luaL_optlstring(L, 3, "", &separator_size);
    if (count <= 0 || size + separator_size == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if (count > SANDBOX_TEXT_MAX + 1) {
        bounded_check_size(L, SIZE_MAX / 2);
    }
    const size_t total = size * (size_t)count + separator_size * (size_t)(count - 1);
    bounded_check_size(L, total);
    sandbox_charge(L, 16 + (int64_t)(total / 32));
    luaL_Buffer buffer;
    char *out = luaL_buffinitsize(L, &buffer, total + 1);
    // Once by hand, then what stands there is doubled.
    size_t done = total < size + separator_size ? total : size + separator_size;
    memcpy(out, text, size);
    memcpy(out + size, separator, done - size);
    while (done < total) {
        const size_t more = done < total - done ? done : total - done;
        memcpy(out + done, out, more);
        done += more;
    }
    luaL_pushresultsize(&buffer, total);
    return 1;
}

static int string_byte(lua_State *L)
{
    size_t size = 0;
    const char *text = bounded_check_text(L, 1, &size);
    const lua_Integer first = luaL_optinteger(L, 2, 1);
    const size_t start = range_start(first, size);
    const size_t end = range_end(luaL_optinteger(L, 3, (lua_Integer)start), size);
    if (start > end) {
        return 0;
    }
    const size_t count = end - start + 1;
    if (count > SANDBOX_VALUES_MAX) {
        return luaL_error(L, "too many values (%I, limit %d)", (lua_Integer)count,
                          SANDBOX_VALUES_MAX);
    }
    luaL_checkstack(L, (int)count, "too many values");
    for (size_t i = 0; i < count; i++) {
        lua_pushinteger(L, (unsigned char)text[start - 1 + i]);
    }
    return (int)count;
}

static int string_char(lua_State *L)
{
    const int count = lua_gettop(L);
    sandbox_charge(L, count);
    luaL_Buffer buffer;
    char *out = luaL_buffinitsize(L, &buffer, (size_t)count + 1);
    for (int i = 1; i <= count; i++) {
        const lua_Integer byte = luaL_checkinteger(L, i);
        luaL_argcheck(L, byte >= 0 && byte <= 255, i, "a byte is 0 to 255");
        out[i - 1] = (char)byte;
    }
    luaL_pushresultsize(&buffer, (size_t)count);
    return 1;
}

void bounded_push_string(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"len", string_len},         {"sub", string_sub},
        {"upper", string_upper},     {"lower", string_lower},
        {"reverse", string_reverse}, {"rep", string_rep},
        {"byte", string_byte},       {"char", string_char},
        {"find", bounded_find},      {"match", bounded_match},
        {"gmatch", bounded_gmatch},  {"gsub", bounded_gsub},
        {"format", bounded_format},  {NULL, NULL},
    };
    luaL_newlib(L, functions);
}

// ---------------------------------------------------------------- utf8

// The stock function, charged by the length of the text it is given. Upvalue: the function.
static int utf8_charged(lua_State *L)
{
    size_t size = 0;
    bounded_check_text(L, 1, &size);
    sandbox_charge(L, (int64_t)size);
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

// utf8.codepoint returns a value for each character: at most SANDBOX_VALUES_MAX bytes are looked
// at.
static int utf8_codepoint(lua_State *L)
{
    size_t size = 0;
    bounded_check_text(L, 1, &size);
    const lua_Integer first = luaL_optinteger(L, 2, 1);
    const size_t start = range_start(first, size);
    const size_t end = range_end(luaL_optinteger(L, 3, (lua_Integer)start), size);
    if (end >= start && end - start >= SANDBOX_VALUES_MAX) {
        return luaL_error(L, "too many values (%I bytes, limit %d)", (lua_Integer)(end - start + 1),
                          SANDBOX_VALUES_MAX);
    }
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static int utf8_char_charged(lua_State *L)
{
    sandbox_charge(L, lua_gettop(L));
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void bounded_push_utf8(lua_State *L)
{
    static const luaL_Reg wrappers[] = {
        {"len", utf8_charged},         {"offset", utf8_charged},    {"codes", utf8_charged},
        {"codepoint", utf8_codepoint}, {"char", utf8_char_charged}, {NULL, NULL},
    };
    lua_createtable(L, 0, 6);
    lua_pushcfunction(L, luaopen_utf8);
    lua_call(L, 0, 1);
    for (const luaL_Reg *wrapper = wrappers; wrapper->name != NULL; wrapper++) {
        lua_getfield(L, -1, wrapper->name);
        lua_pushcclosure(L, wrapper->func, 1);
        lua_setfield(L, -3, wrapper->name);
    }
    lua_getfield(L, -1, "charpattern");
    lua_setfield(L, -3, "charpattern");
    lua_pop(L, 1);
}
