#include "script/value.h"

#include <stdlib.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

static void value_put_at(lua_State *L, int index, struct buf *out, size_t max, int depth);

void value_put(lua_State *L, int index, struct buf *out, size_t max)
{
    const size_t start = out->size;
    value_put_at(L, lua_absindex(L, index), out, start + max, 0);
    if (out->overflow || out->size - start > max) {
        luaL_error(L, "too much data: at most %d KiB can be kept", (int)(max / 1024));
    }
}

// In a table that has both, number keys are written "[1]"; a text key of that form is refused.
static bool is_number_key(const char *key, size_t size)
{
    return size >= 3 && size <= 20 && key[0] == '[' && key[size - 1] == ']' &&
           strspn(key + 1, "-0123456789") == size - 2;
}

static void put_key(lua_State *L, int index, struct buf *out)
{
    if (lua_type(L, index) == LUA_TSTRING) {
        size_t size;
        const char *key = lua_tolstring(L, index, &size);
        if (is_number_key(key, size)) {
            luaL_error(L, "'%s' can't be a key in data that is kept", key);
        }
        json_put_text(out, key, size);
        return;
    }
    buf_printf(out, "\"[%lld]\"", (long long)lua_tointeger(L, index));
}

// Numbers before texts, each in its order.
static bool key_before(lua_State *L, int a, int b)
{
    const int type_a = lua_type(L, a);
    const int type_b = lua_type(L, b);
    return type_a != type_b ? type_a == LUA_TNUMBER : lua_compare(L, a, b, LUA_OPLT);
}

// Sorts the keys that stand on the stack from `first` to the top. Few and mostly sorted:
// insertion.
static void value_sort_keys(lua_State *L, int first)  // key.. -> key.., sorted
{
    const int last = lua_gettop(L);
    for (int i = first + 1; i <= last; i++) {
        for (int j = i; j > first && key_before(L, j, j - 1); j--) {
            lua_pushvalue(L, j);
            lua_copy(L, j - 1, j);
            lua_replace(L, j - 1);
        }
    }
}

static void value_put_array(lua_State *L, int index, lua_Unsigned length, struct buf *out,
                            size_t max, int depth)
{
    buf_putc(out, '[');
    for (lua_Unsigned i = 1; i <= length; i++) {
        json_comma(out);
        lua_rawgeti(L, index, (lua_Integer)i);
        value_put_at(L, lua_gettop(L), out, max, depth + 1);
        lua_pop(L, 1);
    }
    buf_putc(out, ']');
}

static void value_put_object(lua_State *L, int index, int keys, struct buf *out, size_t max,
                             int depth)
{
    const int first = lua_gettop(L) + 1;
    luaL_checkstack(L, keys + 8, "too many keys");
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_insert(L, lua_gettop(L) - 1);
    }
    value_sort_keys(L, first);
    buf_putc(out, '{');
    const int last = lua_gettop(L);
    for (int i = first; i <= last; i++) {
        json_comma(out);
        put_key(L, i, out);
        buf_putc(out, ':');
        lua_pushvalue(L, i);
        lua_rawget(L, index);
        value_put_at(L, lua_gettop(L), out, max, depth + 1);
        lua_pop(L, 1);
    }
    buf_putc(out, '}');
    lua_settop(L, first - 1);
}

static void value_put_table(lua_State *L, int index, struct buf *out, size_t max, int depth)
{
    if (depth >= VALUE_DEPTH_MAX) {
        luaL_error(L, "data is nested more than %d deep (or holds itself)", VALUE_DEPTH_MAX);
    }
    luaL_checkstack(L, 8, "data is nested too deep");
    int texts = 0;
    lua_Unsigned numbers = 0;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TSTRING) {
            texts++;
        } else if (lua_isinteger(L, -1)) {
            numbers++;
        } else {
            luaL_error(L, "a %s can't be a key in data that is kept", luaL_typename(L, -1));
        }
    }
    const lua_Unsigned length = lua_rawlen(L, index);
    if (texts == 0 && numbers == length && length > 0) {
        value_put_array(L, index, length, out, max, depth);
    } else if (numbers == 0) {
        value_put_object(L, index, texts, out, max, depth);
    } else {
        luaL_error(L,
                   "data that is kept has either text keys or 1, 2, 3, ..., not both and no holes");
    }
}

static void value_put_at(lua_State *L, int index, struct buf *out, size_t max, int depth)
{
    if (out->size > max) {
        luaL_error(L, "too much data: at most %d KiB can be kept", (int)(max / 1024));
    }
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        buf_puts(out, "null");
        break;
    case LUA_TBOOLEAN:
        buf_puts(out, lua_toboolean(L, index) ? "true" : "false");
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            json_put_int(out, lua_tointeger(L, index));
        } else {
            const double number = lua_tonumber(L, index);
            if (number != number || number - number != 0) {
                luaL_error(L, "a number that is not finite can't be kept");
            }
            json_put_real(out, number);
        }
        break;
    case LUA_TSTRING: {
        size_t size;
        const char *text = lua_tolstring(L, index, &size);
        json_put_text(out, text, size);
        break;
    }
    case LUA_TTABLE:
        value_put_table(L, index, out, max, depth);
        break;
    default:
        luaL_error(L,
                   "a %s can't be kept: only nil, true, false, numbers, text and tables of these",
                   luaL_typename(L, index));
    }
}

void value_push(lua_State *L, const struct json_node *node)
{
    luaL_checkstack(L, 6, "data is nested too deep");
    switch ((enum json_type)node->type) {
    case JSON_NULL:
        lua_pushnil(L);
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        lua_pushboolean(L, node->type == JSON_TRUE);
        break;
    case JSON_INT:
        lua_pushinteger(L, node->integer);
        break;
    case JSON_REAL:
        lua_pushnumber(L, node->real);
        break;
    case JSON_TEXT:
        lua_pushlstring(L, node->text, node->text_size);
        break;
    case JSON_ARRAY: {
        lua_createtable(L, (int)node->count, 0);
        lua_Integer i = 1;
        for (const struct json_node *n = json_child(node); n != json_end(node); n = json_next(n)) {
            value_push(L, n);
            lua_rawseti(L, -2, i++);
        }
        break;
    }
    case JSON_OBJECT:
        lua_createtable(L, 0, (int)node->count);
        for (const struct json_node *n = json_child(node); n != json_end(node); n = json_next(n)) {
            if (is_number_key(n->key, n->key_size)) {
                lua_pushinteger(L, strtoll(n->key + 1, NULL, 10));
            } else {
                lua_pushlstring(L, n->key, n->key_size);
            }
            value_push(L, n);
            lua_rawset(L, -3);
        }
        break;
    }
}

void value_push_json(lua_State *L, struct json_reader *reader, const char *text, size_t size)
{
    const struct json_node *root;
    struct err e = {0};
    if (!json_parse(reader, text, size, &root, &e)) {
        luaL_error(L, "this is no JSON: %s", e.text);
    }
    value_push(L, root);
}
