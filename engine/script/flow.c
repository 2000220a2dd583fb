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

static void drop_run(struct instance *instance, uint32_t scene)
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

// A new coroutine for the scene's entry, standing before its first line.
static struct scene_run *start_run(struct instance *instance, const struct scene *scene)
{
    lua_State *L = sandbox_state(instance->box);
    lua_rawgeti(L, LUA_REGISTRYINDEX, instance->on_entry);
    lua_pushstring(L, state_get_text(instance->script->state, scene->name));
    lua_pushinteger(L, scene->group);
    if (instance->run_count == instance->run_capacity) {
        instance->run_capacity = instance->run_capacity == 0 ? 16 : instance->run_capacity * 2;
        instance->runs = xrealloc(instance->runs, instance->run_capacity * sizeof(*instance->runs));
    }
    struct scene_run *run = &instance->runs[instance->run_count++];
    *run = (struct scene_run){.scene = scene->id, .coroutine = sandbox_start(instance->box, 2)};
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

static void scene_end(struct instance *instance, uint32_t id, uint8_t status, const char *error)
{
    struct state *state = instance->script->state;
    waits_clear(instance->script->core, id);
    struct scene *scene = table_edit(state, T_SCENES, id);
    scene->status = status;
    if (error != NULL) {
        scene->error = state_text(state, error, strlen(error));
    }
    table_retire_list(state, T_STEPS, STEPS_OF_SCENE, (const int64_t[]){id});
}

// Resumes with `args` values on the main stack and sees to what follows.
static void run_scene(struct instance *instance, uint32_t id, size_t savepoint, int args)
{
    struct state *state = instance->script->state;
    struct scene_run *run = find_run(instance, id);
    struct err e = {0};
    const enum sandbox_status status = sandbox_resume(instance->box, run->coroutine, args, &e);
    run->step = instance->context.step;
    close_scene(instance);
    switch (status) {
    case SANDBOX_WAITS:
        if (instance->script->options.paranoid) {
            drop_run(instance, id);
        }
        return;
    case SANDBOX_DONE:
        drop_run(instance, id);
        scene_end(instance, id, SCENE_DONE, NULL);
        return;
    case SANDBOX_FAILED:
    case SANDBOX_KILLED: {
        const char *name = arena_printf(
            state_arena(state), "%s",
            state_get_text(state, ((const struct scene *)table_get(state, T_SCENES, id))->name));
        drop_run(instance, id);
        state_rollback(state, savepoint);
        chance_forget(instance->script->chance);
        scene_end(instance, id, SCENE_FAILED, e.text);
        instance_failed(instance, name, &e);
        return;
    }
    }
}

void flow_start(struct instance *instance, const char *name, uint32_t group, uint32_t entry)
{
    struct state *state = instance->script->state;
    const text_id name_id = state_text(state, name, strlen(name));
    (void)entry;
    if (instance->on_entry == LUA_NOREF ||
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
    struct scene_run *run = start_run(instance, scene);
    open_scene(instance, scene, run);
    run_scene(instance, scene->id, savepoint, 0);
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
    struct scene_run *run = start_run(instance, scene);
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

// Runs a scene again up to its pending wait. false: it didn't get there; the scene has failed.
static bool rebuild(struct instance *instance, const struct scene *scene, size_t savepoint)
{
    struct state *state = instance->script->state;
    struct err e = {0};
    if (run_steps(instance, scene, false, &e) == SANDBOX_WAITS) {
        return true;
    }
    err_add(&e, "could not rebuild the scene");
    const uint32_t id = scene->id;
    drop_run(instance, id);
    state_rollback(state, savepoint);
    scene_end(instance, id, SCENE_FAILED, e.text);
    instance_failed(instance, "rebuild", &e);
    return false;
}

bool flow_adopt(struct instance *instance, uint32_t id, struct err *why)
{
    struct state *state = instance->script->state;
    const size_t savepoint = state_savepoint(state);
    if (run_steps(instance, table_get(state, T_SCENES, id), true, why) != SANDBOX_WAITS) {
        drop_run(instance, id);
        state_rollback(state, savepoint);
        return false;
    }
    ((struct scene *)table_edit(state, T_SCENES, id))->version = (int32_t)instance->row;
    return true;
}

void flow_resume(struct instance *instance, uint32_t id)
{
    struct state *state = instance->script->state;
    const struct scene *scene = table_get(state, T_SCENES, id);
    if (scene == NULL || scene->status != SCENE_WAITING) {
        return;
    }
    const size_t savepoint = state_savepoint(state);
    if (find_run(instance, id) == NULL && !rebuild(instance, scene, savepoint)) {
        return;
    }
    const bool reached = scene->wait_kind == WAIT_TIME ||
                         waits_count(instance->script->core, (enum wait_kind)scene->wait_kind,
                                     (uint32_t)scene->wait_ref) >= scene->target;
    waits_clear(instance->script->core, id);
    struct scene *edit = table_edit(state, T_SCENES, id);
    edit->status = SCENE_RUNNING;
    struct scene_run *run = find_run(instance, id);
    open_scene(instance, edit, run);
    lua_pushboolean(sandbox_state(instance->box), reached);
    run_scene(instance, id, savepoint, 1);
}
