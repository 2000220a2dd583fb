// For the stage in which campaign.lua becomes rows.
#include "script/script_internal.h"

#include <lua5.4/lauxlib.h>

#include "base/tz.h"

static int use_campaign_l(lua_State *L)
{
    struct instance *instance = instance_of(L);
    luaL_argcheck(L, instance->day == 0, 1, "only while a campaign is bound");
    instance->campaign = bind_id(L, 1);
    return 0;
}

// A group that is known from an earlier campaign belongs to the one being bound from now on.
static int adopt_group_l(lua_State *L)
{
    struct instance *instance = instance_of(L);
    const uint32_t group = bind_id(L, 1);
    luaL_argcheck(L, instance->day == 0 && instance->campaign != 0, 1,
                  "only while a campaign is bound");
    luaL_argcheck(L, table_get(instance->script->state, T_GROUPS, group) != NULL, 1, "no group");
    table_rekey(instance->script->state, T_GROUPS, group, "campaign", instance->campaign);
    return 0;
}

// Plain facts about a campaign for the library: name of the folder or playbook being loaded.
static int playbook_l(lua_State *L)
{
    lua_pushstring(L, instance_of(L)->playbook);
    return 1;
}

// try(fn, ...) -> true, result | false, message. For words that describe: one fault more, and the
// file goes on. A state that was killed is never caught: its kill leaves by another way.
static int try_l(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    const int status = lua_pcall(L, lua_gettop(L) - 1, 1, 0);
    if (status == LUA_ERRMEM) {
        return lua_error(L);
    }
    if (status != LUA_OK && lua_type(L, -1) != LUA_TSTRING) {
        lua_pushfstring(L, "the error value is a %s, not a text", luaL_typename(L, -1));
    }
    lua_pushboolean(L, status == LUA_OK);
    lua_insert(L, -2);
    return 2;
}

const struct bind_fn bind_campaign[] = {
    {"use_campaign", use_campaign_l},
    {"adopt_group", adopt_group_l},
    {"playbook_name", playbook_l},
    {"try", try_l},
    {NULL, NULL},
};
