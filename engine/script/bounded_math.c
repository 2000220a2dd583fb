// math for playbooks: only what gives the same result on every machine, chance from the entry's
// stream.
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>

#include "script/bounded.h"
#include "script/sandbox_internal.h"

static int math_random(lua_State *L)
{
    struct rng *rng = sandbox_of(L)->rng;
    if (rng == NULL) {
        return luaL_error(L, "there is no chance here: math.random works inside of a scene");
    }
    lua_Integer low = 1;
    lua_Integer high;
    switch (lua_gettop(L)) {
    case 0:
        lua_pushnumber(L, rng_unit(rng));
        return 1;
    case 1:
        high = luaL_checkinteger(L, 1);
        break;
    case 2:
        low = luaL_checkinteger(L, 1);
        high = luaL_checkinteger(L, 2);
        break;
    default:
        return luaL_error(L, "math.random takes at most two numbers");
    }
    luaL_argcheck(L, low <= high, lua_gettop(L), "the interval is empty");
    const uint64_t span = (uint64_t)high - (uint64_t)low;
    const uint64_t offset = span == UINT64_MAX ? rng_next(rng) : rng_below(rng, span + 1);
    lua_pushinteger(L, (lua_Integer)((uint64_t)low + offset));
    return 1;
}

void bounded_push_math(lua_State *L)
{
    static const char *const names[] = {"floor",      "ceil", "max",       "min",  "abs",
                                        "fmod",       "modf", "tointeger", "type", "maxinteger",
                                        "mininteger", "huge", "sqrt",      "ult",  NULL};
    lua_createtable(L, 0, 16);
    lua_pushcfunction(L, luaopen_math);
    lua_call(L, 0, 1);
    for (size_t i = 0; names[i] != NULL; i++) {
        lua_getfield(L, -1, names[i]);
        lua_setfield(L, -3, names[i]);
    }
    lua_pop(L, 1);
    lua_pushcfunction(L, math_random);
    lua_setfield(L, -2, "random");
}
