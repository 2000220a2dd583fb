// What only operators' words do: entries held and let go, messages edited before they leave,
// budgets raised.
#include "script/script_internal.h"

#include <lua5.4/lauxlib.h>

#include "script/value.h"

static struct instance *console_of(lua_State *L)
{
    struct instance *instance = instance_of(L);
    if (instance->script->console != instance) {
        luaL_error(L, "only operators do this");
    }
    return instance;
}

// hold(entry, "planned" | "held" | "withdrawn", due_at)
static int hold_l(lua_State *L)
{
    static const char *const STATUS[] = {"planned", "held", "withdrawn", NULL};
    static const enum schedule_status MEANS[] = {SCHEDULE_PLANNED, SCHEDULE_HELD,
                                                 SCHEDULE_WITHDRAWN};
    const struct instance *instance = console_of(L);
    const uint32_t id = bind_id(L, 1);
    const struct schedule_entry *row = table_get(instance->script->state, T_SCHEDULE, id);
    luaL_argcheck(L, row != NULL, 1, "no entry");
    luaL_argcheck(L,
                  row->status == SCHEDULE_PLANNED || row->status == SCHEDULE_HELD ||
                      row->status == SCHEDULE_WITHDRAWN,
                  1, "it is over");
    schedule_set(instance->script->core->schedule, id, MEANS[luaL_checkoption(L, 2, NULL, STATUS)],
                 luaL_checkinteger(L, 3));
    return 0;
}

// edit_effect(effect, body): a message that hasn't left.
static int edit_effect_l(lua_State *L)
{
    struct instance *instance = console_of(L);
    struct state *state = instance->script->state;
    const uint32_t id = bind_id(L, 1);
    const struct outbox_row *row = table_get(state, T_OUTBOX, id);
    luaL_argcheck(L, row != NULL, 1, "no such message");
    luaL_argcheck(L, row->status == OUTBOX_READY, 1, "it has left");
    luaL_argcheck(L, !outbox_flies(instance->script->core->outbox, id), 1, "it is on its way");
    luaL_checktype(L, 2, LUA_TTABLE);
    buf_clear(&instance->scratch);
    value_put(L, 2, &instance->scratch, VALUE_BYTES_MAX);
    struct outbox_row *open = table_edit(state, T_OUTBOX, id);
    table_set_bytes(state, &open->body, instance->scratch.data, instance->scratch.size);
    return 0;
}

// withdraw(effect): it doesn't go out.
static int withdraw_l(lua_State *L)
{
    const struct instance *instance = console_of(L);
    const uint32_t id = bind_id(L, 1);
    luaL_argcheck(L, !outbox_flies(instance->script->core->outbox, id), 1, "it is on its way");
    outbox_expire(instance->script->core->outbox, id);
    return 0;
}

// budget_cap(name, cap) -> true | nil, why
static int budget_cap_l(lua_State *L)
{
    const struct instance *instance = console_of(L);
    struct err e = {0};
    if (!ledger_open_budget(instance->script->state, instance->campaign, luaL_checkstring(L, 1),
                            luaL_checkinteger(L, 2), &e)) {
        return bind_refusal(L, &e);
    }
    lua_pushboolean(L, true);
    return 1;
}

const struct bind_fn bind_console[] = {
    {"hold", hold_l},
    {"edit_effect", edit_effect_l},
    {"withdraw", withdraw_l},
    {"budget_cap", budget_cap_l},
    {NULL, NULL},
};
