// What names mean in a playbook, and what happens to a name that means nothing. Two environments:
// the library's (our own Lua: also raw access and metatables) and the words (what playbooks see).
#include <stdlib.h>
#include <string.h>

#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>

#include "base/utf8.h"
#include "script/bounded.h"
#include "script/sandbox_internal.h"

#define WORDS_MAX 512  // Compared for "did you mean".

static int refuse_write(lua_State *L)
{
    return luaL_error(L, "'%s' can't be changed: it belongs to the engine",
                      lua_tostring(L, lua_upvalueindex(1)));
}

static int refuse_global(lua_State *L)
{
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    lua_pushvalue(L, 2);
    if (lua_type(L, 2) == LUA_TSTRING && lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) {
        return luaL_error(
            L, "the word '%s' can't be changed: choose another name, and write 'local'", name);
    }
    return luaL_error(L, "'%s' needs 'local' in front where it is first set", name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int unknown_word(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING) {
        return luaL_error(L, "a word is a text, not a %s", luaL_typename(L, 2));
    }
    const char *name = lua_tostring(L, 2);
    const char *names[WORDS_MAX];
    size_t count = 0;
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        if (lua_type(L, -2) == LUA_TSTRING && count < WORDS_MAX) {
            names[count++] = lua_tostring(L, -2);  // The words table keeps it alive.
        }
        lua_pop(L, 1);
    }
    sandbox_charge(L, 20 * (int64_t)count);
    // Of two names equally near, the same one in every process.
    qsort(names, count, sizeof(names[0]), compare_names);
    const char *nearest = lua_rawlen(L, 2) > 64 ? NULL : text_nearest(name, names, count);
    if (nearest != NULL) {
        lua_pushfstring(L, "unknown word '%s', did you mean '%s'?", name, nearest);
    } else {
        lua_pushfstring(L, "unknown word '%s'", name);
    }
    if (lua_isfunction(L, lua_upvalueindex(1))) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_pushvalue(L, -2);
        lua_call(L, 1, 1);
        if (!lua_isnil(L, -1)) {
            return 1;
        }
        lua_pop(L, 1);
    }
    return luaL_error(L, "%s", lua_tostring(L, -1));
}

static void call_open(lua_State *L, lua_CFunction open)
{
    lua_pushcfunction(L, open);
    lua_call(L, 0, 1);
}

// Text has methods, and they are the bounded functions; nothing else is in its metatable.
static void lock_strings(lua_State *L, int string_table)
{
    string_table = lua_absindex(L, string_table);
    lua_pushliteral(L, "");
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, string_table);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

static void add_library_base(lua_State *L, int library)
{
    static const char *const names[] = {"setmetatable", "getmetatable", "rawget", "rawset",
                                        "rawequal",     "rawlen",       "next",   NULL};
    library = lua_absindex(L, library);
    call_open(L, luaopen_base);
    for (size_t i = 0; names[i] != NULL; i++) {
        lua_getfield(L, -1, names[i]);
        lua_setfield(L, library, names[i]);
    }
    lua_pop(L, 1);
    lua_createtable(L, 0, 0);  // The stock globals go: nothing may find print or load there.
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

void sandbox_words_push(lua_State *L)
{
    static const struct {
        const char *name;
        void (*push)(lua_State *L);
    } tables[] = {{"string", bounded_push_string},
                  {"table", bounded_push_table},
                  {"utf8", bounded_push_utf8},
                  {"math", bounded_push_math}};

    lua_createtable(L, 0, 48);   // library
    lua_createtable(L, 0, 128);  // library, words
    bounded_add_base(L);
    lua_pushvalue(L, -2);
    bounded_add_base(L);
    lua_pop(L, 1);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        tables[i].push(L);  // library, words, functions
        if (i == 0) {
            lock_strings(L, -1);
        }
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, tables[i].name);
        lua_setfield(L, -3, tables[i].name);
    }
    add_library_base(L, -2);
}

static int guarded_pairs(lua_State *L)
{
    lua_pushcfunction(L, bounded_pairs);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_call(L, 1, 2);
    return 2;
}

static int guarded_length(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, lua_upvalueindex(1)));
    return 1;
}

// table -> an empty table that reads from it and refuses writing.
static void guard_table(lua_State *L, const char *name)
{
    lua_createtable(L, 0, 0);
    lua_createtable(L, 0, 5);  // table, proxy, meta
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, name);
    lua_pushcclosure(L, refuse_write, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, guarded_pairs, 1);
    lua_setfield(L, -2, "__pairs");
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, guarded_length, 1);
    lua_setfield(L, -2, "__len");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

void sandbox_words_seal(lua_State *L, int words)
{
    lua_pushnil(L);
    while (lua_next(L, words) != 0) {  // key, value
        if (lua_type(L, -2) == LUA_TSTRING && lua_istable(L, -1) && !lua_getmetatable(L, -1)) {
            guard_table(L, lua_tostring(L, -2));
            lua_pushvalue(L, -2);
            lua_insert(L, -2);     // key, key, proxy
            lua_rawset(L, words);  // An existing field: the walk goes on undisturbed.
            continue;
        }
        lua_settop(L, words + 1);
    }
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, SANDBOX_UNKNOWN);  // No playbook sees it.
    lua_pushvalue(L, -1);
    lua_rawget(L, words);  // meta, key, function or nil
    lua_insert(L, -2);
    lua_pushnil(L);
    lua_rawset(L, words);  // meta, function or nil
    lua_pushcclosure(L, unknown_word, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, words);
}

void sandbox_words_push_env(lua_State *L, int words)
{
    words = lua_absindex(L, words);
    lua_createtable(L, 0, 0);
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, words);
    lua_setfield(L, -2, "__index");
    lua_pushvalue(L, words);
    lua_pushcclosure(L, refuse_global, 1);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
}
