// pairs, next and table.sort: the same order in every process and at every run.
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/bounded.h"
#include "script/bounded_keys.h"
#include "script/sandbox_internal.h"

#define KEY_CHARGE 4  // Fuel for reading one key or a step of sorting it.

static void read_key(lua_State *L, int index, const char *word, struct bounded_key *key)
{
    if (!bounded_key_read(L, index, key)) {
        luaL_error(L,
                   "%s: only text, numbers and booleans have an order, this table has other keys",
                   word);
    }
}

// Fuel for sorting, paid before: what a comparison costs must not depend on the order in which the
// keys happened to lie, which differs in every process.
static void charge_sort(lua_State *L, const struct bounded_key *keys, size_t count)
{
    int64_t levels = 1;
    while ((size_t)1 << levels < count) {
        levels++;
    }
    int64_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += keys[i].kind == BOUNDED_KEY_TEXT ? (int64_t)keys[i].size : 0;
    }
    sandbox_charge(L, levels * (KEY_CHARGE * (int64_t)count + bytes / 64));
}

static bool key_before(void *ctx, uint32_t b, uint32_t a)
{
    const struct bounded_key *keys = ctx;
    return bounded_key_compare(&keys[b], &keys[a]) < 0;
}

// Upvalues of a step: table, its keys, number of the last one given, order (nil: as they stand).
static int pairs_step(lua_State *L)
{
    const uint32_t *order = lua_touserdata(L, lua_upvalueindex(4));
    const lua_Integer count = (lua_Integer)lua_rawlen(L, lua_upvalueindex(2));
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(3));
    while (i < count) {
        const lua_Integer at = order == NULL ? i + 1 : (lua_Integer)order[i] + 1;
        i++;
        lua_rawgeti(L, lua_upvalueindex(2), at);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) {
            lua_pushinteger(L, i);
            lua_replace(L, lua_upvalueindex(3));
            return 2;
        }
        lua_pop(L, 2);  // Removed since the start.
        sandbox_charge(L, KEY_CHARGE);
    }
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(3));
    lua_pushnil(L);
    return 1;
}

// table, keys -> table, keys, order: numbers of `keys` as they must be visited, or nil.
static void pairs_push_order(lua_State *L, lua_Integer count)
{
    const size_t n = (size_t)count;
    struct bounded_key *keys = sandbox_scratch(sandbox_of(L), n * sizeof(*keys));
    bool sorted = true;
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        read_key(L, -1, "pairs", &keys[i]);
        lua_pop(L, 1);
        keys[i].index = (uint32_t)i;
        sorted = sorted && (i == 0 || bounded_key_compare(&keys[i - 1], &keys[i]) < 0);
    }
    charge_sort(L, keys, n);
    if (sorted) {
        lua_pushnil(L);
    } else {
        uint32_t *order = lua_newuserdatauv(L, 2 * n * sizeof(*order), 0);
        for (size_t i = 0; i < n; i++) {
            order[i] = (uint32_t)i;
        }
        bounded_merge_sort(order, order + n, n, key_before, keys);
    }
}

int bounded_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_createtable(L, (int)lua_rawlen(L, 1), 0);
    lua_Integer count = 0;
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        sandbox_charge(L, KEY_CHARGE);
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_rawseti(L, 2, ++count);
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_pushinteger(L, 0);
    lua_pushvalue(L, 2);
    pairs_push_order(L, count);
    lua_remove(L, -2);
    lua_pushcclosure(L, pairs_step, 4);
    lua_pushvalue(L, 1);
    return 2;
}

int bounded_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    const bool first = lua_isnil(L, 2);
    struct bounded_key after = {0};
    if (!first) {
        read_key(L, 2, "next", &after);
    }
    bool found = false;
    struct bounded_key best = {0};
    lua_pushnil(L);  // The best key, at 3.
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        sandbox_charge(L, 2 * KEY_CHARGE);
        lua_pop(L, 1);
        struct bounded_key key;
        read_key(L, -1, "next", &key);
        if ((first || bounded_key_compare(&after, &key) < 0) &&
            (!found || bounded_key_compare(&key, &best) < 0)) {
            best = key;
            found = true;
            lua_copy(L, -1, 3);
        }
    }
    if (!found) {
        lua_pushnil(L);
        return 1;
    }
    lua_settop(L, 3);
    lua_pushvalue(L, 3);
    lua_rawget(L, 1);
    return 2;
}

// ---------------------------------------------------------------- table.sort

struct sort_call {
    lua_State *L;
    int items;   // Stack index of the copy that is sorted.
    int before;  // Stack index of the playbook's function.
};

static bool sort_call_before(void *ctx, uint32_t b, uint32_t a)
{
    const struct sort_call *call = ctx;
    lua_State *L = call->L;
    sandbox_charge(L, 2 * KEY_CHARGE);
    lua_pushvalue(L, call->before);
    lua_rawgeti(L, call->items, (lua_Integer)b + 1);
    lua_rawgeti(L, call->items, (lua_Integer)a + 1);
    lua_call(L, 2, 1);
    const bool result = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return result;
}

// Without a function: all numbers or all text, as with `<`.
static void sort_plain(lua_State *L, int items, uint32_t *order, size_t count)
{
    struct bounded_key *keys = sandbox_scratch(sandbox_of(L), count * sizeof(*keys));
    for (size_t i = 0; i < count; i++) {
        const int type = lua_rawgeti(L, items, (lua_Integer)i + 1);
        if (!bounded_key_read(L, -1, &keys[i]) || type == LUA_TBOOLEAN) {
            luaL_error(L, "sort: a %s has no order, give a function that compares two items",
                       luaL_typename(L, -1));
        }
        if ((keys[i].kind == BOUNDED_KEY_TEXT) != (keys[0].kind == BOUNDED_KEY_TEXT)) {
            luaL_error(L,
                       "sort: numbers and text are mixed, give a function that compares two items");
        }
        lua_pop(L, 1);
    }
    charge_sort(L, keys, count);
    bounded_merge_sort(order, order + count, count, key_before, keys);
}

int bounded_sort(lua_State *L)
{
    const lua_Integer length = bounded_check_list(L, 1);
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TFUNCTION);
    }
    lua_settop(L, 2);
    if (length < 2) {
        return 0;
    }
    const size_t count = (size_t)length;
    sandbox_charge(L, 2 * KEY_CHARGE * length);
    lua_createtable(L, (int)length,
                    0);  // At 3: what the function does to the table can't disturb us.
    for (lua_Integer i = 1; i <= length; i++) {
        lua_rawgeti(L, 1, i);
        lua_rawseti(L, 3, i);
    }
    uint32_t *order = lua_newuserdatauv(L, 2 * count * sizeof(*order), 0);
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint32_t)i;
    }
    if (lua_isnil(L, 2)) {
        sort_plain(L, 3, order, count);
    } else {
        struct sort_call call = {L, 3, 2};
        bounded_merge_sort(order, order + count, count, sort_call_before, &call);
    }
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 3, (lua_Integer)order[i] + 1);
        lua_rawseti(L, 1, (lua_Integer)i + 1);
    }
    return 0;
}
