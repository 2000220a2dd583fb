// For the stage in which campaign.lua becomes rows.
#include "script/script_internal.h"

#include <lua5.4/lauxlib.h>

#include "base/tz.h"
#include "rules/price.h"
#include "rules/promo_set.h"
#include "script/value.h"

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

// price_floor(min, cost, margin_bp) -> floor | nil, why
static int price_floor_l(lua_State *L)
{
    const lua_Integer margin_bp = luaL_checkinteger(L, 3);
    int64_t floor;
    struct err e = {0};
    luaL_argcheck(L, margin_bp >= 0 && margin_bp <= 1000000, 3, "no share");
    if (!price_floor(luaL_checkinteger(L, 1), luaL_checkinteger(L, 2), (uint32_t)margin_bp, &floor,
                     &e)) {
        return bind_refusal(L, &e);
    }
    lua_pushinteger(L, floor);
    return 1;
}

// promotion_check(body) -> true | nil, why: can the rules read it?
static int promotion_check_l(lua_State *L)
{
    struct promo_set *set;
    struct err e = {0};
    struct buf *json = &instance_of(L)->scratch;
    buf_clear(json);
    buf_putc(json, '[');
    value_put(L, 1, json, VALUE_BYTES_MAX * 64);
    buf_putc(json, ']');
    if (!promo_set_read(json->data, json->size, &set, &e)) {
        return bind_refusal(L, &e);
    }
    promo_set_free(set);
    lua_pushboolean(L, true);
    return 1;
}

// The inputs of the day that this instance was built with, as campaign.lua gave them.
static int day_inputs_l(lua_State *L)
{
    const struct instance *instance = instance_of(L);
    const struct version *row = table_get(instance->script->state, T_VERSIONS, instance->row);
    if (row == NULL || row->inputs == NULL) {
        lua_newtable(L);
    } else {
        value_push_json(L, instance->script->reader, row->inputs->data, row->inputs->size);
    }
    return 1;
}

// Sources that nothing ran with yet are to be read for mistakes.
static int is_new_l(lua_State *L)
{
    lua_pushboolean(L, instance_of(L)->is_new);
    return 1;
}

const struct bind_fn bind_campaign[] = {
    {"use_campaign", use_campaign_l},
    {"adopt_group", adopt_group_l},
    {"playbook_name", playbook_l},
    {"day_inputs", day_inputs_l},
    {"is_new", is_new_l},
    {"try", try_l},
    {"price_floor", price_floor_l},
    {"promotion_check", promotion_check_l},
    {NULL, NULL},
};
