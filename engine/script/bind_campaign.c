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

const struct bind_fn bind_campaign[] = {
    {"use_campaign", use_campaign_l},
    {"adopt_group", adopt_group_l},
    {"playbook_name", playbook_l},
    {NULL, NULL},
};
