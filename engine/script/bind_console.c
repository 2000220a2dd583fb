// What only operators' words do: entries held and let go, messages edited before they leave,
// budgets raised.
#include "script/script_internal.h"

#include <lua5.4/lauxlib.h>

#include "script/chance.h"
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

// What a function of the day's playbook tells of it, a list; empty if it doesn't run.
static int push_told(lua_State *L, const char *function)
{
    const struct instance *console = console_of(L);
    struct instance *instance = script_instance(console->script, bind_id(L, 1));
    struct err e = {0};
    const struct json_node *names;
    lua_newtable(L);
    if (instance == NULL || instance->suspended || !instance_ready(instance) ||
        !library_call(instance, function, 0, 1, &e)) {
        return 1;
    }
    lua_State *of = sandbox_state(instance->box);
    size_t size;
    const char *json = lua_tolstring(of, -1, &size);
    if (json != NULL && json_parse(console->script->reader, json, size, &names, &e)) {
        value_push(L, names);
        lua_replace(L, -2);
    }
    lua_pop(of, 1);
    return 1;
}

// day_things(day) -> names of what its playbook has that can be opened and closed: its games.
static int day_things_l(lua_State *L)
{
    return push_told(L, "playbook_games");
}

// day_inputs_of(day) -> its inputs: {{name =, value =, from =, help =}}
static int day_inputs_of_l(lua_State *L)
{
    return push_told(L, "playbook_inputs");
}

// Bodies of what was appended to the outbox since, as a list on the stack.
static void push_said(lua_State *L, uint32_t since)
{
    const struct script *script = instance_of(L)->script;
    const uint32_t last = table_last(script->state, T_OUTBOX);
    lua_Integer count = 0;
    lua_newtable(L);
    for (uint32_t id = since + 1; id <= last && count < 100; id++) {
        const struct outbox_row *row = table_get(script->state, T_OUTBOX, id);
        if (row == NULL || row->body == NULL) {
            continue;
        }
        lua_createtable(L, 0, 4);
        lua_pushstring(L, outbox_op_names[row->op]);
        lua_setfield(L, -2, "op");
        lua_pushinteger(L, row->group);
        lua_setfield(L, -2, "group");
        lua_pushinteger(L, row->not_before);
        lua_setfield(L, -2, "not_before");
        value_push_json(L, script->reader, row->body->data, row->body->size);
        lua_setfield(L, -2, "body");
        lua_rawseti(L, -2, ++count);
    }
}

// try_entry(entry) -> {said = {...}, error = text or nil, waits = kind}: runs a planned entry up to
// its first wait and takes everything back. Nothing leaves, nobody else hears of it.
static int try_entry_l(lua_State *L)
{
    const struct instance *console = console_of(L);
    struct script *script = console->script;
    struct state *state = script->state;
    const struct schedule_entry *entry = table_get(state, T_SCHEDULE, bind_id(L, 1));
    luaL_argcheck(L, entry != NULL && entry->kind == SCHEDULE_ENTRY, 1, "no entry of a playbook");
    struct instance *instance = script_instance(script, (uint32_t)entry->day);
    luaL_argcheck(L, instance != NULL && !instance->suspended && instance_ready(instance), 1,
                  "its playbook doesn't run");
    const uint32_t since = table_last(state, T_OUTBOX);
    const uint32_t before = table_last(state, T_SCENES);
    const size_t errors = script->errors;
    const size_t savepoint = state_savepoint(state);
    const script_error_fn on_error = script->on_error;
    script->on_error = NULL;
    flow_start(instance, state_get_text(state, entry->name), (uint32_t)entry->group, entry->id);
    script->on_error = on_error;
    script->errors = errors;
    const uint32_t made = table_last(state, T_SCENES);
    const struct scene *scene = made > before ? table_get(state, T_SCENES, made) : NULL;
    lua_createtable(L, 0, 3);
    push_said(L, since);
    lua_setfield(L, -2, "said");
    if (scene != NULL && scene->error != 0) {
        lua_pushstring(L, state_get_text(state, scene->error));
        lua_setfield(L, -2, "error");
    }
    lua_pushboolean(L, scene != NULL && scene->wait_kind != WAIT_NONE);
    lua_setfield(L, -2, "waits");
    if (scene != NULL && instance->box != NULL) {
        flow_drop(instance, made);
    }
    state_rollback(state, savepoint);
    chance_forget(script->chance);
    return 1;
}

const struct bind_fn bind_console[] = {
    {"day_things", day_things_l},   {"day_inputs_of", day_inputs_of_l},
    {"try_entry", try_entry_l},     {"hold", hold_l},
    {"edit_effect", edit_effect_l}, {"withdraw", withdraw_l},
    {"budget_cap", budget_cap_l},   {NULL, NULL},
};
