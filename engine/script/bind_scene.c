// Where a playbook is and what it waits for: context, recorded steps, waits, the run sheet,
// registration.
#include "script/script_internal.h"

#include <string.h>

#include <lua5.4/lauxlib.h>

#include "base/utf8.h"
#include "script/value.h"

#define STEPS_MAX 1000

static struct context *context_of(lua_State *L)
{
    return &instance_of(L)->context;
}

static int now_l(lua_State *L)
{
    const struct context *context = context_of(L);
    const bool replays = context->kind == CONTEXT_SCENE && context->step <= context->recorded &&
                         context->step_at != 0;
    lua_pushinteger(L, replays ? context->step_at : state_now(instance_state(L)));
    return 1;
}

static int context_l(lua_State *L)
{
    const struct instance *instance = instance_of(L);
    lua_pushinteger(L, instance->day);
    lua_pushinteger(L, instance->campaign);
    lua_pushinteger(L, instance->context.group);
    return 3;
}

static int in_scene_l(lua_State *L)
{
    lua_pushboolean(L, context_of(L)->kind == CONTEXT_SCENE);
    return 1;
}

// Names the first place up the stack that is a playbook's or campaign's file: library chunks are
// named "=lua/...".
static int where_l(lua_State *L)
{
    lua_Debug where;
    for (int level = 1; level < 50 && lua_getstack(L, level, &where); level++) {
        lua_getinfo(L, "Sl", &where);
        if (where.currentline > 0 && strncmp(where.short_src, "lua/", 4) != 0) {
            lua_pushfstring(L, "%s:%d", where.short_src, where.currentline);
            return 1;
        }
    }
    lua_pushliteral(L, "");
    return 1;
}

// --- Steps. ---

static void step_mismatch(lua_State *L, const struct step *step, const char *kind,
                          const char *label)
{
    const struct state *state = instance_state(L);
    luaL_error(L, "recorded '%s %s' as step %d, the code asks '%s %s'",
               state_get_text(state, step->kind), state_get_text(state, step->label),
               (int)step->number, kind, label);
}

// A scene that is tried against new code may do nothing new before the wait it stands at.
static void step_too_many(lua_State *L, const char *kind, const char *label)
{
    luaL_error(L, "recorded a wait as step %d, the code asks '%s %s'", (int)context_of(L)->step,
               kind, label);
}

// Moves on to the next step; its record when it was done before, else NULL.
static const struct step *next_step(lua_State *L, const char *kind, const char *label)
{
    struct context *context = context_of(L);
    if (context->step >= STEPS_MAX) {
        luaL_error(L, "a scene has at most %d steps: use a handler (on) for what repeats",
                   STEPS_MAX);
    }
    context->step++;
    // Outbox keys count within the step, so a rebuilt scene goes on with the same ones.
    context->effects = context->step << CONTEXT_EFFECTS_SHIFT;
    if (context->step > context->recorded) {
        if (context->adopting && strcmp(kind, "wait") != 0) {
            step_too_many(L, kind, label);
        }
        return NULL;
    }
    const struct state *state = instance_state(L);
    const struct step *step = table_get(state, T_STEPS, context->steps[context->step - 1]);
    CHECK(step != NULL);
    if (strcmp(state_get_text(state, step->kind), kind) != 0 ||
        strcmp(state_get_text(state, step->label), label) != 0) {
        step_mismatch(L, step, kind, label);
    }
    context->step_at = step->at;
    return step;
}

static void push_result(lua_State *L, const struct step *step)
{
    if (step->result == NULL) {
        lua_pushnil(L);
    } else {
        value_push_json(L, instance_of(L)->script->reader, step->result->data, step->result->size);
    }
}

static int step_l(lua_State *L)
{
    const char *kind = luaL_checkstring(L, 1);
    const char *label = luaL_checkstring(L, 2);
    if (context_of(L)->kind != CONTEXT_SCENE) {
        lua_pushboolean(L, 0);
        return 1;
    }
    const struct step *step = next_step(L, kind, label);
    lua_pushboolean(L, step != NULL);
    if (step == NULL) {
        // Kept for engine.record, which comes right after.
        lua_pushvalue(L, 1);
        lua_setfield(L, LUA_REGISTRYINDEX, "drumbeat.step.kind");
        lua_pushvalue(L, 2);
        lua_setfield(L, LUA_REGISTRYINDEX, "drumbeat.step.label");
        return 1;
    }
    push_result(L, step);
    return 2;
}

static void record_step(struct instance *instance, const char *kind, const char *label,
                        const char *result, size_t size)
{
    struct state *state = instance->script->state;
    const struct context *context = &instance->context;
    const struct step row = {
        .at = state_now(state),
        .kind = state_text(state, kind, strlen(kind)),
        .label = state_text(state, label, strlen(label)),
        .scene = (int32_t)context->scene,
        .number = (int32_t)context->step,
    };
    struct step *step = table_insert(state, T_STEPS, &row);
    table_set_bytes(state, &step->result, result, size);
    struct scene *scene = table_edit(state, T_SCENES, context->scene);
    scene->steps = (int32_t)context->step;
}

static int record_l(lua_State *L)
{
    struct instance *instance = instance_of(L);
    if (instance->context.kind != CONTEXT_SCENE) {
        return 0;
    }
    lua_settop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, "drumbeat.step.kind");
    lua_getfield(L, LUA_REGISTRYINDEX, "drumbeat.step.label");
    buf_clear(&instance->scratch);
    if (!lua_isnil(L, 1)) {
        value_put(L, 1, &instance->scratch, VALUE_BYTES_MAX);
    }
    record_step(instance, lua_tostring(L, 2), lua_tostring(L, 3), instance->scratch.data,
                instance->scratch.size);
    return 0;
}

// --- Waits. ---

static const char *const WAIT_NAMES[] = {"none",   "time",     "replies", "likes", "claims",
                                         "orders", "messages", "joins",   NULL};

static enum wait_kind check_wait_kind(lua_State *L, int arg)
{
    const int kind = luaL_checkoption(L, arg, NULL, WAIT_NAMES);
    luaL_argcheck(L, kind != WAIT_NONE, arg, "nothing to wait for");
    return (enum wait_kind)kind;
}

// The result was passed by flow_resume: records the step and gives it to the playbook.
static int wait_done(lua_State *L, int status, lua_KContext arg)  // ..., reached -> reached
{
    (void)status;
    (void)arg;
    struct instance *instance = instance_of(L);
    const bool reached = lua_toboolean(L, -1);
    record_step(instance, "wait", lua_tostring(L, 2), reached ? "true" : "false", reached ? 4 : 5);
    lua_pushboolean(L, reached);
    return 1;
}

static void check_same_wait(lua_State *L, const struct scene *scene, enum wait_kind kind,
                            uint32_t ref)
{
    if (scene->wait_kind != kind || (kind != WAIT_TIME && scene->wait_ref != (int32_t)ref)) {
        luaL_error(L, "recorded a wait for %s as step %d, the code waits for %s%s",
                   WAIT_NAMES[scene->wait_kind], (int)context_of(L)->step, WAIT_NAMES[kind],
                   scene->wait_kind == kind ? " of something else" : "");
    }
}

static int wait_l(lua_State *L)
{
    struct instance *instance = instance_of(L);
    struct context *context = &instance->context;
    const enum wait_kind kind = check_wait_kind(L, 1);
    const char *label = luaL_checkstring(L, 2);
    const uint32_t ref = (uint32_t)luaL_optinteger(L, 3, 0);
    const int64_t target = luaL_optinteger(L, 4, 0);
    const int64_t deadline = luaL_optinteger(L, 5, INT64_MAX);
    if (context->kind != CONTEXT_SCENE || !sandbox_may_wait(L)) {
        return luaL_error(L, "waiting is possible inside at(...) only, not in a handler");
    }
    const struct step *step = next_step(L, "wait", label);
    if (step != NULL) {
        push_result(L, step);
        return 1;
    }
    const struct scene *scene = table_get(instance->script->state, T_SCENES, context->scene);
    CHECK(scene != NULL);
    // A scene rebuilt in the middle of this wait keeps what it waits for; of one that is taken over
    // by edited code the wait is asked again.
    const bool anew = context->adopting && scene->resumes == SCENE_NOT_HALTED;
    if (anew) {
        check_same_wait(L, scene, kind, ref);
    }
    if (!context->waiting || anew) {
        waits_set(instance->script->core, context->scene, kind, ref, target, deadline);
        struct scene *edit = table_edit(instance->script->state, T_SCENES, context->scene);
        edit->status = 1;
    }
    lua_settop(L, 5);
    return lua_yieldk(L, 0, 0, wait_done);
}

static int count_l(lua_State *L)
{
    const enum wait_kind kind = check_wait_kind(L, 1);
    lua_pushinteger(L, waits_count(instance_of(L)->script->core, kind, bind_id(L, 2)));
    return 1;
}

// --- The run sheet. ---

static int64_t opt_field(lua_State *L, int table, const char *name, int64_t otherwise)
{
    lua_getfield(L, table, name);
    const int64_t value = lua_isnil(L, -1) ? otherwise : luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    return value;
}

static int schedule_l(lua_State *L)
{
    static const char *const LATE[] = {"skip", "run", "run_within", NULL};
    static const char *const KIND[] = {"entry", "library", NULL};
    struct instance *instance = instance_of(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "name");
    size_t size;
    const char *name = luaL_checklstring(L, -1, &size);
    lua_getfield(L, 1, "late");
    const int late = luaL_checkoption(L, -1, "run_within", LATE);
    lua_getfield(L, 1, "kind");
    const int kind = luaL_checkoption(L, -1, "entry", KIND);
    lua_getfield(L, 1, "tied");
    size_t tied_size;
    const char *tied = luaL_optlstring(L, -1, "", &tied_size);
    const struct schedule_entry row = {
        .tied = state_text(instance->script->state, tied, tied_size),
        .due_at = opt_field(L, 1, "due_at", state_now(instance->script->state)),
        .late_ms = opt_field(L, 1, "late_ms", OUTBOX_LATE_DEFAULT_MS),
        .name = state_text(instance->script->state, name, size),
        .day = (int32_t)(instance == instance->script->console ? opt_field(L, 1, "day", 0)
                                                               : (int64_t)instance->day),
        .group = (int32_t)opt_field(L, 1, "group", 0),
        .ref = (int32_t)opt_field(L, 1, "ref", 0),
        .kind = kind == 0 ? SCHEDULE_ENTRY : SCHEDULE_LIBRARY,
        .late = (uint8_t)late,
    };
    if (TABLE_FIND(instance->script->state, T_SCHEDULE, SCHEDULE_BY_NAME, row.day, row.group,
                   row.name) != 0) {
        return luaL_error(L, "'%s' is planned already", name);
    }
    lua_pushinteger(L, schedule_add(instance->script->core->schedule, &row));
    return 1;
}

static int cancel_l(lua_State *L)
{
    schedule_cancel(instance_of(L)->script->core->schedule, bind_id(L, 1));
    return 0;
}

// move(id, due_at, at_once): at once, an entry that starts ahead of its hour waits for it no more.
static int move_l(lua_State *L)
{
    struct instance *instance = instance_of(L);
    const uint32_t id = bind_id(L, 1);
    const int64_t due_at = luaL_checkinteger(L, 2);
    const struct schedule_entry *row = table_get(instance->script->state, T_SCHEDULE, id);
    if (lua_toboolean(L, 3) && row != NULL && row->kind == SCHEDULE_ENTRY && row->ref != 0) {
        ((struct schedule_entry *)table_edit(instance->script->state, T_SCHEDULE, id))->ref = 0;
    }
    schedule_move(instance->script->core->schedule, id, due_at);
    return 0;
}

// --- Registration, while the instance loads. ---

static int on_l(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    for (int kind = 1; kind < EVENT_KIND_COUNT; kind++) {
        if (strcmp(event_kind_names[kind], name) == 0) {
            struct handler handler = {.given = LUA_NOREF};
            lua_settop(L, 3);
            if (lua_isnil(L, 3)) {
                lua_pop(L, 1);
            } else {
                handler.given = luaL_ref(L, LUA_REGISTRYINDEX);
            }
            handler.function = luaL_ref(L, LUA_REGISTRYINDEX);
            handlers_add(instance_of(L), (enum event_kind)kind, handler);
            return 0;
        }
    }
    const char *near = text_nearest(name, event_kind_names, EVENT_KIND_COUNT);
    return luaL_error(L, "there is no event '%s'%s%s%s", name, near ? ", did you mean '" : "",
                      near ? near : "", near ? "'?" : "");
}

static int event_view_l(lua_State *L)
{
    lua_settop(L, 1);
    dispatch_push_view(L);
    return 1;
}

static int on_timer_l(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    instance_of(L)->on_timer = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

static int on_entry_l(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    instance_of(L)->on_entry = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

const struct bind_fn bind_scene[] = {
    {"now", now_l},
    {"context", context_l},
    {"in_scene", in_scene_l},
    {"where", where_l},
    {"step", step_l},
    {"record", record_l},
    {"wait", wait_l},
    {"count", count_l},
    {"schedule", schedule_l},
    {"cancel", cancel_l},
    {"move", move_l},
    {"on", on_l},
    {"on_timer", on_timer_l},
    {"on_entry", on_entry_l},
    {"event_view", event_view_l},
    {NULL, NULL},
};
