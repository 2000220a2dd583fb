// Changed inputs of days that run: their playbooks are bound again from the sources that run. What
// a reload does with edited sources (reload.c) is done here with edited rows.
#include <stdlib.h>
#include <string.h>

#include "script/chance.h"
#include "script/reload_internal.h"

static bool is_asked(const struct script_rebind *rebind, uint32_t day)
{
    for (size_t i = 0; i < rebind->day_count; i++) {
        if (rebind->days[i] == day) {
            return true;
        }
    }
    return false;
}

static size_t list_days(struct reload *reload, const struct script_rebind *rebind)
{
    struct script *script = reload->script;
    size_t asked = 0;
    reload->days = xcalloc(script->instance_count + 1, sizeof(*reload->days));
    for (size_t i = 0; i < script->instance_count; i++) {
        struct instance *instance = script->instances[i];
        if (instance->campaign == rebind->campaign) {
            const bool edited = is_asked(rebind, instance->day);
            reload->days[reload->day_count++] = (struct reload_day){
                .id = instance->day, .edited = edited, .was = instance, .now = instance};
            asked += edited;
        }
    }
    return asked;
}

static bool bind_again(struct reload *reload, struct reload_day *day, struct err *e)
{
    struct script *script = reload->script;
    const struct day *row = table_get(script->state, T_DAYS, day->id);
    day->now = NULL;
    day->back = version_like(script, row);
    return reload_take_over(reload, day, state_get_text(script->state, row->version), e);
}

// Scenes of the day that aren't over, on version `from` (0: on any behind `after`): how many, and
// with `to` they are on that one from now on.
static size_t move_scenes(struct reload *reload, uint32_t day, uint32_t from, uint32_t after,
                          uint32_t to)
{
    struct state *state = reload->script->state;
    size_t count = 0;
    for (uint32_t id = 0; (id = table_next(state, T_SCENES, id)) != 0;) {
        const struct scene *scene = table_get(state, T_SCENES, id);
        const uint32_t version = (uint32_t)scene->version;
        if (scene->day == (int32_t)day && scene->status != SCENE_DONE &&
            (from != 0 ? version == from : version > after)) {
            count++;
            if (to != 0) {
                ((struct scene *)table_edit(state, T_SCENES, id))->version = (int32_t)to;
            }
        }
    }
    return count;
}

// Inputs that are what they were: the version of then is in use again, as if nothing had been. But
// where a scene stays on what was changed, it becomes a new one.
static void go_back(struct reload *reload, const struct reload_day *day)
{
    struct script *script = reload->script;
    const struct day *row = table_get(script->state, T_DAYS, day->id);
    if (day->back == 0) {
        return;
    }
    if (move_scenes(reload, day->id, 0, day->back, 0) == 0) {
        version_withdraw(script, row, day->back);
        return;
    }
    const struct version add = {
        .campaign = row->campaign,
        .day = (int32_t)day->id,
        .number = reload->number,
        .playbook = row->playbook,
        .by = state_text(script->state, reload->asked->by, strlen(reload->asked->by)),
    };
    const uint32_t now =
        version_add(script, &add, state_get_text(script->state, row->version), row->inputs);
    move_scenes(reload, day->id, day->back, 0, now);
}

static bool rebind_all(struct reload *reload, struct buf *before, struct err *e)
{
    struct script *script = reload->script;
    const struct campaign *row = table_get(script->state, T_CAMPAIGNS, reload->asked->campaign);
    struct buf ignored;
    buf_init(&ignored, RELOAD_JSON_MAX);
    bool ok = reload_open_head(reload, reload->head, row->version, &ignored, e) &&
              reload_cost_before(reload, before, e);
    buf_deinit(&ignored);
    for (size_t i = 0; ok && i < reload->day_count; i++) {
        ok = !reload->days[i].edited || bind_again(reload, &reload->days[i], e);
    }
    ok = ok && !script_has_errors(reload->problems) && reload_carry(reload, before, e);
    if (ok && script_has_errors(reload->problems)) {
        ok = false;
    }
    for (size_t i = 0; ok && i < reload->day_count; i++) {
        if (reload->days[i].edited) {
            ok = reload_try_scenes(reload, &reload->days[i], e);
            (void)halted_resume_handlers(script, reload->days[i].id);
            go_back(reload, &reload->days[i]);
        }
    }
    if (!ok && e->kind == ERR_NONE) {
        err_set(e, ERR_INVALID, "the playbook can't be bound with it");
    }
    return ok;
}

bool script_rebind(struct script *script, const struct script_rebind *rebind, struct buf *json,
                   struct buf *problems, struct err *e)
{
    const struct campaign *campaign = table_get(script->state, T_CAMPAIGNS, rebind->campaign);
    if (campaign == NULL || campaign->status != 1) {
        return err_set(e, ERR_INVALID, "no campaign runs whose inputs could change");
    }
    const struct script_reload asked = {.campaign = rebind->campaign, .by = rebind->by};
    struct reload reload = {
        .script = script,
        .asked = &asked,
        .number = script_version_number(script, rebind->campaign),
        .json = json,
        .problems = problems,
    };
    struct buf before;
    struct buf *const bufs[] = {&reload.image, &reload.changes, &reload.scenes, &reload.budgets,
                                &before};
    for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++) {
        buf_init(bufs[i], RELOAD_JSON_MAX);
    }
    reload.old_head = reload.head = instance_new(script, 0, 0);
    const size_t asked_days = list_days(&reload, rebind);
    const bool ok = asked_days == rebind->day_count
                        ? rebind_all(&reload, &before, e)
                        : err_set(e, ERR_INVALID, "a day whose playbook doesn't run any more");
    reload_put_lists(&reload);
    reload_forget(&reload);
    chance_forget(script->chance);
    for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++) {
        buf_deinit(bufs[i]);
    }
    instance_free(reload.head);
    free(reload.days);
    return ok;
}

void script_follow(struct script *script)
{
    bool any = false;
    for (size_t i = 0; i < script->instance_count; i++) {
        struct instance *was = script->instances[i];
        const uint32_t row = version_find(script, was->campaign, was->day, 0);
        if (row != was->row) {
            struct instance *now = instance_new(script, was->campaign, was->day);
            now->row = row;
            reload_replace(script, was, now);
            version_keep_old(script, was);
            any = true;
        }
    }
    struct err e = {0};
    if (any) {
        version_drop_unused(script);
        CHECK(script_index_groups(script, &e));  // It could be read when it was bound.
    }
}
