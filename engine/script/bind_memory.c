// Memory: plain data remembered durably as rows of the turn, for a day, a group or a member.
// Handlers write and read it all the time, so the tables that playbooks hold (group.memory,
// member.memory) have their looks and changes here; what is more than a plain value, what is wrong,
// and scenes, where each of both is a recorded step, go to the library's functions
// (lua/memory.lua).
#include "script/script_internal.h"

#include <stdlib.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/value.h"

#define MEMORY_NAME_MAX 200
#define MEMORY_PLAIN_MAX 4096  // Texts above it take the long way.
#define INT_DIGITS_MAX 18      // Integers of so many digits fit into 64 bits.

enum { SCOPE_DAY, SCOPE_GROUP, SCOPE_MEMBER, SCOPE_LIBRARY, SCOPE_COUNT };
static const char *const SCOPES[] = {"day", "group", "member", "library", NULL};

// Keys whose addresses count: of a table of memory, whom it is about; in the registry for each
// scope, the metatable of such tables, and the one opened last.
static const char memory_ref;
static const char memory_meta[SCOPE_COUNT];
static const char memory_last[SCOPE_COUNT];

struct memory_key {
    uint8_t scope;
    int64_t ref;
    const char *name;
    size_t name_size;
};

// Row of a name, 0 if there is none; `keys` is what it stands under. false: the name is too long.
// Shared library memory (scope "library") belongs to the campaign: day 0 and a name with its id.
static bool memory_find(struct instance *instance, const struct memory_key *key, int64_t keys[3],
                        uint32_t *id)
{
    struct state *state = instance->script->state;
    struct buf *full = &instance->scratch;
    buf_clear(full);
    buf_puts(full, SCOPES[key->scope]);
    buf_putc(full, '/');
    json_put_int(full, instance->campaign);
    buf_putc(full, '/');
    if (key->name_size > MEMORY_NAME_MAX - full->size) {
        return false;
    }
    buf_append(full, key->name, key->name_size);
    keys[0] = key->scope == SCOPE_LIBRARY ? 0 : instance->day;
    keys[1] = key->ref;
    keys[2] = state_text(state, full->data, full->size);
    *id = table_find(state, T_MEMORY, MEMORY_BY_NAME, keys);
    return true;
}

// Numbers are most of what is remembered: they need no reader.
static bool push_int(lua_State *L, const struct bytes *value)
{
    const char *at = value->data;
    const char *end = at + value->size;
    const bool minus = at < end && *at == '-';
    at += minus;
    if (at == end || end - at > INT_DIGITS_MAX) {
        return false;
    }
    int64_t number = 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9') {
            return false;
        }
        number = number * 10 + (*at - '0');
    }
    lua_pushinteger(L, minus ? -number : number);
    return true;
}

static void push_value(lua_State *L, uint32_t id)
{
    const struct script *script = instance_of(L)->script;
    const struct memory *row = table_get(script->state, T_MEMORY, id);
    if (row == NULL || row->value == NULL) {
        lua_pushnil(L);
    } else if (!push_int(L, row->value)) {
        value_push_json(L, script->reader, row->value->data, row->value->size);
    }
}

// Writes the value on top of the stack (nil: removes).
static void set_value(lua_State *L, const struct memory_key *key, const int64_t keys[3],
                      uint32_t id)
{
    struct instance *instance = instance_of(L);
    struct state *state = instance->script->state;
    buf_clear(&instance->scratch);
    if (!lua_isnil(L, -1)) {
        value_put(L, lua_gettop(L), &instance->scratch, VALUE_BYTES_MAX);
    }
    struct memory *row;
    if (id != 0) {
        row = table_edit(state, T_MEMORY, id);
    } else if (filing_day_is_done(state, (uint32_t)keys[0])) {
        luaL_error(L, "the day is over and filed: it remembers nothing new");
        return;
    } else {
        const struct memory fresh = {.name = (text_id)keys[2],
                                     .day = (int32_t)keys[0],
                                     .ref = (int32_t)keys[1],
                                     .scope = key->scope};
        row = table_insert(state, T_MEMORY, &fresh);
    }
    table_set_bytes(state, &row->value, instance->scratch.data, instance->scratch.size);
}

// --- By name: scope, ref, name. ---

static uint32_t find_args(lua_State *L, struct memory_key *key, int64_t keys[3])
{
    key->scope = (uint8_t)luaL_checkoption(L, 1, NULL, SCOPES);
    key->ref = luaL_checkinteger(L, 2);
    luaL_argcheck(L, key->ref >= 0 && key->ref <= INT32_MAX, 2, "no row id");
    key->name = luaL_checklstring(L, 3, &key->name_size);
    uint32_t id = 0;
    luaL_argcheck(L, memory_find(instance_of(L), key, keys, &id), 3,
                  "a name of memory is too long");
    return id;
}

static int memory_get_l(lua_State *L)
{
    struct memory_key key;
    int64_t keys[3];
    push_value(L, find_args(L, &key, keys));
    return 1;
}

static int memory_set_l(lua_State *L)
{
    struct memory_key key;
    int64_t keys[3];
    if (!state_in_turn(instance_state(L))) {
        return luaL_error(L, "nothing can be remembered here");
    }
    lua_settop(L, 4);
    const uint32_t id = find_args(L, &key, keys);
    set_value(L, &key, keys, id);
    return 0;
}

// --- Tables of memory, as playbooks hold them. ---

// Upvalues: scope; the library's function. Whom the table at 1 is about, and which name (at 2).
static bool open_key(lua_State *L, struct memory_key *key)
{
    if (instance_of(L)->context.kind != CONTEXT_HANDLER || lua_type(L, 2) != LUA_TSTRING ||
        lua_rawgetp(L, 1, &memory_ref) != LUA_TNUMBER) {
        return false;
    }
    key->scope = (uint8_t)lua_tointeger(L, lua_upvalueindex(1));
    key->ref = lua_tointeger(L, -1);
    key->name = lua_tolstring(L, 2, &key->name_size);
    return true;
}

// Calls the library's function with (ref, name, ...).
static int by_library(lua_State *L, int args, int results)
{
    lua_settop(L, args);
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_insert(L, 1);
    lua_rawgetp(L, 2, &memory_ref);
    lua_replace(L, 2);
    lua_call(L, args, results);
    return results;
}

static int proxy_index_l(lua_State *L)  // table, name -> value
{
    struct memory_key key;
    int64_t keys[3];
    uint32_t id;
    if (!open_key(L, &key) || !memory_find(instance_of(L), &key, keys, &id)) {
        return by_library(L, 2, 1);
    }
    push_value(L, id);
    return lua_istable(L, -1) ? by_library(L, 2, 1) : 1;  // Quantities and lists revive there.
}

static bool is_plain(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
        return true;
    case LUA_TNUMBER:
        return lua_isinteger(L, index);
    case LUA_TSTRING:
        return lua_rawlen(L, index) <= MEMORY_PLAIN_MAX;
    default:
        return false;
    }
}

static int proxy_newindex_l(lua_State *L)  // table, name, value
{
    struct memory_key key;
    int64_t keys[3];
    uint32_t id;
    if (!is_plain(L, 3) || !open_key(L, &key) || !memory_find(instance_of(L), &key, keys, &id)) {
        return by_library(L, 3, 0);
    }
    lua_settop(L, 3);
    set_value(L, &key, keys, id);
    return 0;
}

// memory_tables(scope, get, set): how tables of a scope behave where it isn't done here.
static int memory_tables_l(lua_State *L)
{
    const int scope = luaL_checkoption(L, 1, NULL, SCOPES);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    luaL_checktype(L, 3, LUA_TFUNCTION);
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, scope);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, proxy_index_l, 2);
    lua_setfield(L, -2, "__index");
    lua_pushinteger(L, scope);
    lua_pushvalue(L, 3);
    lua_pushcclosure(L, proxy_newindex_l, 2);
    lua_setfield(L, -2, "__newindex");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &memory_meta[scope]);
    return 0;
}

static void memory_push(lua_State *L, int scope, int64_t ref)
{
    // It knows nothing but whom it is about, so the one opened last serves again.
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &memory_last[scope]) == LUA_TTABLE) {
        lua_rawgetp(L, -1, &memory_ref);
        const bool same = lua_tointeger(L, -1) == ref;
        lua_pop(L, 1);
        if (same) {
            return;
        }
    }
    lua_pop(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushinteger(L, ref);
    lua_rawsetp(L, -2, &memory_ref);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &memory_meta[scope]);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &memory_last[scope]);
}

static int memory_open_l(lua_State *L)  // scope, ref -> table
{
    const int scope = luaL_checkoption(L, 1, NULL, SCOPES);
    memory_push(L, scope, luaL_checkinteger(L, 2));
    return 1;
}

// --- Objects {id = row} of the library that have a memory: members, groups. ---

enum { OBJECT_METHODS = 1, OBJECT_OTHER, OBJECT_SCOPE, OBJECT_ID, OBJECT_MEMORY };

static int object_index_l(lua_State *L)  // object, key -> value
{
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(OBJECT_METHODS)) != LUA_TNIL) {
        return 1;
    }
    if (lua_rawequal(L, 2, lua_upvalueindex(OBJECT_MEMORY)) && lua_istable(L, 1)) {
        lua_pushvalue(L, lua_upvalueindex(OBJECT_ID));
        lua_rawget(L, 1);
        const lua_Integer id = lua_tointeger(L, -1);
        if (id > 0) {
            memory_push(L, (int)lua_tointeger(L, lua_upvalueindex(OBJECT_SCOPE)), id);
            return 1;
        }
    }
    lua_settop(L, 2);
    lua_pushvalue(L, lua_upvalueindex(OBJECT_OTHER));
    lua_insert(L, 1);
    lua_call(L, 2, 1);
    return 1;
}

// object_index(scope, methods, other) -> __index: a method; object.memory; else other(object, key).
static int make_object_index_l(lua_State *L)
{
    const int scope = luaL_checkoption(L, 1, NULL, SCOPES);
    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checktype(L, 3, LUA_TFUNCTION);
    lua_settop(L, 3);
    lua_remove(L, 1);
    lua_pushinteger(L, scope);
    lua_pushliteral(L, "id");
    lua_pushliteral(L, "memory");
    lua_pushcclosure(L, object_index_l, 5);
    return 1;
}

// object_keep(object, name, value): a field that was made when it was first asked for.
static int object_keep_l(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 3);
    lua_rawset(L, 1);
    return 0;
}

const struct bind_fn bind_memory[] = {
    {"memory_get", memory_get_l},
    {"memory_set", memory_set_l},
    {"memory_tables", memory_tables_l},
    {"memory_open", memory_open_l},
    {"object_index", make_object_index_l},
    {"object_keep", object_keep_l},
    {NULL, NULL},
};
