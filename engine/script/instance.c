// An instance: one playbook on one day of one campaign, in a sandbox of its own. Built from the
// sources stored with its version, so that it can be built again at any time.
#include "script/script_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "base/log.h"
#include "script/chance.h"

#define KILL_WINDOW_MS (10 * 60 * 1000)
#define VIRTUAL_WALL_MS 60000

struct instance *instance_new(struct script *script, uint32_t campaign, uint32_t day)
{
    struct instance *instance = xcalloc(1, sizeof(*instance));
    instance->script = script;
    instance->campaign = campaign;
    instance->day = day;
    instance->on_timer = LUA_NOREF;
    instance->on_entry = LUA_NOREF;
    buf_init(&instance->scratch, VALUE_SCRATCH_MAX);
    return instance;
}

static void forget_functions(struct instance *instance)
{
    for (size_t kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        free(instance->handlers[kind].items);
        instance->handlers[kind] = (struct handlers){0};
    }
    instance->on_timer = LUA_NOREF;
    instance->on_entry = LUA_NOREF;
    flow_drop_all(instance);
}

void instance_free(struct instance *instance)
{
    forget_functions(instance);
    if (instance->box != NULL) {
        sandbox_free(instance->box);
    }
    free(instance->runs);
    buf_deinit(&instance->scratch);
    free(instance);
}

void instance_take_problems(struct instance *instance, struct buf *problems)
{
    lua_State *L = sandbox_state(instance->box);
    for (lua_Integer i = 1;; i++) {
        lua_rawgeti(L, -1, i);
        const char *line = lua_tostring(L, -1);
        if (line == NULL) {
            lua_pop(L, 2);
            return;
        }
        problems_add(problems, line);
        lua_pop(L, 1);
    }
}

bool instance_collect(struct instance *instance, const char *function, int args,
                      struct buf *problems, struct err *e)
{
    if (!library_call(instance, function, args, 1, e)) {
        problems_add(problems, e->text);
        return false;
    }
    instance_take_problems(instance, problems);
    return true;
}

bool instance_open(struct instance *instance, const char *begin, struct err *e)
{
    const struct sandbox_limits limits = {
        .fuel = instance->fuel,
        .wall_ms = instance->wall_ms != 0 ? instance->wall_ms
                   : instance->script->options.virtual_time && !instance->script->options.replays
                       ? VIRTUAL_WALL_MS
                       : 0,
        .clock = &instance->script->clock,
    };
    instance->box = sandbox_new(&limits, instance);
    if (instance->script->options.trace != NULL) {
        sandbox_on_line(instance->box, trace_line);
    }
    // Hardly anything becomes garbage while a playbook is built; the memory limit holds all the
    // same.
    sandbox_collects(instance->box, false);
    if (!library_open(instance, e) || !library_call(instance, begin, 0, 0, e)) {
        return false;
    }
    if (instance->mended && !library_call(instance, "mend_begin", 0, 0, e)) {
        return false;
    }
    sandbox_seal(instance->box);
    return true;
}

bool instance_build(struct instance *instance, struct buf *problems, struct err *e)
{
    struct script *script = instance->script;
    const struct version *row = table_get(script->state, T_VERSIONS, instance->row);
    CHECK(row != NULL);
    instance->version = row->version;
    snprintf(instance->playbook, sizeof(instance->playbook), "%s",
             state_get_text(script->state, row->playbook));
    char shown[128];
    snprintf(shown, sizeof(shown), "playbooks/%s/playbook.lua", instance->playbook);
    const struct declare_file file = {"playbook_begin", "playbook.lua", shown};
    if (!declare_run(instance, &file, problems, e)) {
        return false;
    }
    if (!instance_collect(instance, "playbook_finish", 0, problems, e)) {
        return false;
    }
    sandbox_collects(instance->box, true);
    instance->built = true;
    // What is left of it can be judged, not played.
    return !instance->mended || err_set(e, ERR_INVALID, "%s has mistakes", shown);
}

// Notes a kill; true when it was one too many.
static bool kill_counts(struct instance *instance, int64_t now_ms)
{
    for (size_t i = INSTANCE_KILLS - 1; i > 0; i--) {
        instance->kills_at[i] = instance->kills_at[i - 1];
    }
    instance->kills_at[0] = now_ms;
    const int64_t oldest = instance->kills_at[INSTANCE_KILLS - 1];
    return oldest != 0 && now_ms - oldest <= KILL_WINDOW_MS;
}

bool instance_ready(struct instance *instance)
{
    if (instance->box != NULL) {
        return true;
    }
    struct buf problems;
    struct err e = {0};
    buf_init(&problems, 64 * 1024);
    const bool ok = instance_build(instance, &problems, &e);
    if (!ok) {
        instance->suspended = true;
        log_write(LOG_ERROR, "playbook", "could not build %s again: %s", instance->playbook,
                  e.text);
    }
    buf_deinit(&problems);
    return ok;
}

void instance_reset(struct instance *instance)
{
    sandbox_free(instance->box);
    instance->box = NULL;
    forget_functions(instance);
}

static void rebuild_killed(struct instance *instance)
{
    struct script *script = instance->script;
    instance_reset(instance);
    if (kill_counts(instance, state_now(script->state))) {
        instance->suspended = true;
        struct day *day = table_edit(script->state, T_DAYS, instance->day);
        if (script_instance(script, instance->day) == instance) {
            day->status = DAY_SUSPENDED;
        }
        milestone_add(script->state, "suspended", instance->campaign, instance->day, 0,
                      INSTANCE_KILLS, 0, instance->playbook);
    }
    (void)instance_ready(instance);
}

void instance_failed(struct instance *instance, const char *what, const struct err *why,
                     const char *told)
{
    struct script *script = instance->script;
    struct state *state = script->state;
    const struct parked row = {
        .at = state_now(state),
        .source = state_text(state, instance->playbook, strlen(instance->playbook)),
        .error = state_text(state, why->text, strlen(why->text)),
        .day = (int32_t)instance->day,
        .kind = 2,
    };
    script->errors++;
    table_insert(state, T_PARKED, &row);
    if (script->on_error != NULL && told != NULL) {
        script->on_error(script->on_error_ctx, instance->playbook, what, told);
    }
    if (sandbox_dead(instance->box)) {
        rebuild_killed(instance);
    }
}
