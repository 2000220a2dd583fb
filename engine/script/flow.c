// Scenes: straight-line code that waits. A scene lives as a coroutine; what it did stands in
// `steps`. When the coroutine is gone (restart, killed state) the scene runs again from its first
// line: recorded steps return their results without acting, until it stands at its pending wait
// again. The only resume is here.
#include "script/script_internal.h"

#include <stdlib.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/chance.h"

static struct scene_run *find_run(struct instance *instance, uint32_t scene)
{
    for (size_t i = instance->run_count; i-- > 0;) {
        if (instance->runs[i].scene == scene) {
            return &instance->runs[i];
        }
    }
    return NULL;
}

void flow_drop(struct instance *instance, uint32_t scene)
{
    struct scene_run *run = find_run(instance, scene);
    if (run != NULL) {
        if (!sandbox_dead(instance->box)) {
            sandbox_drop(instance->box, run->coroutine);
        }
        *run = instance->runs[--instance->run_count];
    }
}

void flow_drop_all(struct instance *instance)
{
    instance->run_count = 0;  // Their coroutines die with the state.
}

// A new coroutine for the scene's entry, standing before its first line. sharp_ms: the hour that it
// starts ahead of; 0: none, or its first recorded step knows.
static struct scene_run *start_run(struct instance *instance, const struct scene *scene,
                                   int64_t sharp_ms)
{
    lua_State *L = sandbox_state(instance->box);
    lua_rawgeti(L, LUA_REGISTRYINDEX, instance->on_entry);
    lua_pushstring(L, state_get_text(instance->script->state, scene->name));
    lua_pushinteger(L, scene->group);
    lua_pushinteger(L, sharp_ms);
    if (instance->run_count == instance->run_capacity) {
        instance->run_capacity = instance->run_capacity == 0 ? 16 : instance->run_capacity * 2;
        instance->runs = xrealloc(instance->runs, instance->run_capacity * sizeof(*instance->runs));
    }
    struct scene_run *run = &instance->runs[instance->run_count++];
    *run = (struct scene_run){.scene = scene->id, .coroutine = sandbox_start(instance->box, 3)};
    const uint64_t seed = script_seed(instance->script, instance->campaign);
    rng_init(&run->rng, seed, scene->id, 0);
    return run;
}

static void open_scene(struct instance *instance, const struct scene *scene, struct scene_run *run)
{
    instance->context = (struct context){
        .kind = CONTEXT_SCENE,
        .group = (uint32_t)scene->group,
        .scene = scene->id,
        .scope_high = UINT64_C(0x5ce0000000000000) | instance->campaign,
        .scope_low = (uint64_t)instance->day << 32 | scene->id,
        .effects = run->step << CONTEXT_EFFECTS_SHIFT,
        .step = run->step,
        .recorded = run->step,
    };
    sandbox_set_random(instance->box, &run->rng);
}

static void close_scene(struct instance *instance)
{
    instance->context = (struct context){0};
    sandbox_set_random(instance->box, NULL);
}

static void scene_end(struct instance *instance, uint32_t id)
{
    struct state *state = instance->script->state;
    waits_clear(instance->script->core, id);
    ((struct scene *)table_edit(state, T_SCENES, id))->status = SCENE_DONE;
    table_retire_list(state, T_STEPS, STEPS_OF_SCENE, (const int64_t[]){id});
}

// Undoes what the scene did in this turn and leaves it where its wait ended, or before its first
// line: `resumes` says where it goes on once it can.
static void scene_halt(struct instance *instance, uint32_t id, size_t savepoint,
                       enum scene_resumes resumes, const struct err *why)
{
    struct state *state = instance->script->state;
    flow_drop(instance, id);
    state_rollback(state, savepoint);
    chance_forget(instance->script->chance);
    waits_clear(instance->script->core, id);
    struct scene *scene = table_edit(state, T_SCENES, id);
    scene->status = SCENE_HALTED;
    scene->resumes = (uint8_t)resumes;
    scene->error = state_text(state, why->text, strlen(why->text));
    const struct group *group = table_get(state, T_GROUPS, (uint32_t)scene->group);
    const char *told = arena_printf(state_arena(state),
                                    "%s: halted%s%s. Mend the playbook and start again, or reload",
                                    why->text, group == NULL ? "" : " in ",
                                    group == NULL ? "" : state_get_text(state, group->ext));
    instance_failed(instance, state_get_text(state, scene->name), why, told);
}

// Resumes with `args` values on the main stack and sees to what follows.
static void run_scene(struct instance *instance, uint32_t id, size_t savepoint, int args,
                      enum scene_resumes resumes)
{
    struct scene_run *run = find_run(instance, id);
    struct err e = {0};
    const enum sandbox_status status = sandbox_resume(instance->box, run->coroutine, args, &e);
    run->step = instance->context.step;
    close_scene(instance);
    switch (status) {
    case SANDBOX_WAITS:
        if (instance->script->options.paranoid) {
            flow_drop(instance, id);
        }
        return;
    case SANDBOX_DONE:
        flow_drop(instance, id);
        scene_end(instance, id);
        return;
    case SANDBOX_FAILED:
    case SANDBOX_KILLED:
        scene_halt(instance, id, savepoint, resumes, &e);
        return;
    }
}

void flow_start(struct instance *instance, const char *name, uint32_t group, uint32_t entry)
{
    struct state *state = instance->script->state;
    const text_id name_id = state_text(state, name, strlen(name));
    const struct schedule_entry *planned = table_get(state, T_SCHEDULE, entry);
    const int64_t sharp_ms =
        planned == NULL || planned->ref == 0 ? 0 : planned->due_at + planned->ref;
    if (instance->on_entry == LUA_NOREF || filing_day_is_done(state, instance->day) ||
        TABLE_FIND(state, T_SCENES, SCENES_BY_NAME, instance->day, group, name_id) != 0) {
        return;  // It ran already: an entry runs once in a group.
    }
    const struct scene row = {
        .started_at = state_now(state),
        .name = name_id,
        .day = (int32_t)instance->day,
        .version = (int32_t)instance->row,
        .group = (int32_t)group,
        .status = SCENE_RUNNING,
    };
    const struct scene *scene = table_insert(state, T_SCENES, &row);
    const size_t savepoint = state_savepoint(state);
    struct scene_run *run = start_run(instance, scene, sharp_ms);
    open_scene(instance, scene, run);
    run_scene(instance, scene->id, savepoint, 0, SCENE_FROM_START);
}

static int compare_steps(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

// A new coroutine runs the scene's recorded steps, up to its pending wait if all goes well.
static enum sandbox_status run_steps(struct instance *instance, const struct scene *scene,
                                     bool adopting, struct err *e)
{
    struct state *state = instance->script->state;
    uint32_t *steps = arena_alloc(state_arena(state), ((size_t)scene->steps + 1) * sizeof(*steps));
    uint32_t count = 0;
    for (uint32_t id = TABLE_LIST(state, T_STEPS, STEPS_OF_SCENE, scene->id); id != 0;
         id = table_list_next(state, T_STEPS, STEPS_OF_SCENE, id)) {
        CHECK(count < (uint32_t)scene->steps);
        steps[count++] = id;
    }
    qsort(steps, count, sizeof(*steps), compare_steps);
    struct scene_run *run = start_run(instance, scene, 0);
    open_scene(instance, scene, run);
    instance->context.recorded = count;
    instance->context.steps = steps;
    instance->context.waiting = true;
    instance->context.adopting = adopting;
    const enum sandbox_status status = sandbox_resume(instance->box, run->coroutine, 0, e);
    run = find_run(instance, scene->id);
    run->step = instance->context.step;
    close_scene(instance);
    if (status == SANDBOX_DONE) {
        err_set(e, ERR_INVALID, "it ended before its recorded wait");
    }
    return status;
}

// Runs a scene again up to its pending wait. false: it didn't get there, and is halted.
static bool rebuild(struct instance *instance, uint32_t id, size_t savepoint,
                    enum scene_resumes resumes)
{
    struct err e = {0};
    const struct scene *scene = table_get(instance->script->state, T_SCENES, id);
    if (run_steps(instance, scene, false, &e) == SANDBOX_WAITS) {
        return true;
    }
    err_add(&e, "could not rebuild the scene");
    scene_halt(instance, id, savepoint, resumes, &e);
    return false;
}

bool flow_adopt(struct instance *instance, uint32_t id, struct err *why)
{
    struct state *state = instance->script->state;
    const size_t savepoint = state_savepoint(state);
    const struct scene *scene = table_get(state, T_SCENES, id);
    if (scene->resumes != SCENE_FROM_START &&
        run_steps(instance, scene, true, why) != SANDBOX_WAITS) {
        flow_drop(instance, id);
        state_rollback(state, savepoint);
        return false;
    }
    ((struct scene *)table_edit(state, T_SCENES, id))->version = (int32_t)instance->row;
    return true;
}

void flow_go_on(struct script *script, uint32_t id)
{
    // As if it waited for a time that is now: so it goes on in a turn of its own, also after a
    // stop.
    waits_set(script->core, id, WAIT_TIME, 0, 0, state_now(script->state));
    ((struct scene *)table_edit(script->state, T_SCENES, id))->status = SCENE_WAITING;
}

// How its wait has ended: what it waits for, or what was noted when it was halted.
static enum scene_resumes wait_result(const struct instance *instance, const struct scene *scene)
{
    if (scene->resumes != SCENE_NOT_HALTED) {
        return scene->resumes;
    }
    const bool reached = scene->wait_kind == WAIT_TIME ||
                         waits_count(instance->script->core, (enum wait_kind)scene->wait_kind,
                                     (uint32_t)scene->wait_ref) >= scene->target;
    return reached ? SCENE_FROM_REACHED : SCENE_FROM_MISSED;
}

void flow_resume(struct instance *instance, uint32_t id)
{
    struct state *state = instance->script->state;
    const struct scene *scene = table_get(state, T_SCENES, id);
    if (scene == NULL || scene->status != SCENE_WAITING) {
        return;
    }
    const size_t savepoint = state_savepoint(state);
    const enum scene_resumes from = wait_result(instance, scene);
    const bool begins = from == SCENE_FROM_START;
    if (begins) {
        start_run(instance, scene, 0);
    } else if (find_run(instance, id) == NULL && !rebuild(instance, id, savepoint, from)) {
        return;
    }
    waits_clear(instance->script->core, id);
    struct scene *edit = table_edit(state, T_SCENES, id);
    edit->status = SCENE_RUNNING;
    edit->resumes = SCENE_NOT_HALTED;
    struct scene_run *run = find_run(instance, id);
    open_scene(instance, edit, run);
    if (!begins) {
        lua_pushboolean(sandbox_state(instance->box), from == SCENE_FROM_REACHED);
    }
    run_scene(instance, id, savepoint, begins ? 0 : 1, from);
}
