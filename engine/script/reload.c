// Edited sources take over, in one turn:
//
//   campaign.lua ─► rows that the edit changed ─► days: edited, added, gone
//        each day ─► a new instance beside the old one ─► run sheet, budgets, coupons follow
//                    worst costs against budgets ─► a fault: nothing of it happens
//      each scene ─► runs its recorded steps on the new instance: adopts, or stays on the old one
//                    the new instances take their places
#include "script/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/chance.h"
#include "script/reload_internal.h"

// --- Calls of the library that give JSON. ---

bool reload_call_json(struct instance *instance, const char *name, const struct buf *argument,
                      struct buf *out, struct err *e)
{
    lua_State *L = sandbox_state(instance->box);
    if (argument != NULL) {
        lua_pushlstring(L, argument->data, argument->size);
    }
    if (!library_call(instance, name, argument == NULL ? 0 : 1, 1, e)) {
        return false;
    }
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    buf_append(out, text, size);
    lua_pop(L, 1);
    return !out->overflow || err_set(e, ERR_LIMIT, "the playbook describes too much to compare");
}

// As above; what it found wrong is told too. An error is a problem like others.
static bool call_change(struct instance *instance, const char *name, struct reload *reload,
                        struct buf *out, struct err *e)
{
    if (!reload_call_json(instance, name, &reload->image, out, e)) {
        buf_printf(reload->problems, "%s\n", e->text);
        return false;
    }
    return instance_collect(instance, "load_problems", 0, reload->problems, e);
}

// The changes of a day (NULL: campaign.lua) go into the list, each with its day's name.
static bool add_changes(struct reload *reload, const char *day, const char *json, size_t size,
                        struct err *e)
{
    const struct json_node *root;
    if (!json_parse(reload->script->reader, json, size, &root, e)) {
        return false;
    }
    for (const struct json_node *n = json_child(root); n != json_end(root); n = json_next(n)) {
        json_comma(&reload->changes);
        buf_puts(&reload->changes, "{");
        json_key(&reload->changes, "day");
        json_put_z(&reload->changes, day == NULL ? "" : day);
        for (const struct json_node *f = json_child(n); f != json_end(n); f = json_next(f)) {
            char key[32];
            snprintf(key, sizeof(key), "%.*s", (int)f->key_size, f->key);
            json_key(&reload->changes, key);
            json_canonical(f, &reload->changes);
        }
        buf_putc(&reload->changes, '}');
    }
    return true;
}

// --- campaign.lua. ---

static void campaign_overrides(const struct reload *reload, struct script_overrides *out)
{
    const struct state *state = reload->script->state;
    const uint32_t id = version_find(reload->script, reload->asked->campaign, 0, 1);
    const struct version *row = table_get(state, T_VERSIONS, id);
    *out = (struct script_overrides){0};
    if (row != NULL) {
        out->groups = row->groups;
        out->members = row->members;
    }
}

bool reload_open_head(struct reload *reload, struct instance *head, text_id version,
                      struct buf *problems, struct err *e)
{
    struct script_overrides overrides;
    head->version = version;
    head->campaign = reload->asked->campaign;
    const struct declare_file file = {"campaign_begin", "campaign.lua", "campaign.lua"};
    if (!declare_run(head, &file, problems, e)) {
        return false;
    }
    campaign_overrides(reload, &overrides);
    bind_push_overrides(sandbox_state(head->box), &overrides);
    return instance_collect(head, "campaign_finish", 1, problems, e);
}

static bool open_old_head(struct reload *reload, struct err *e)
{
    struct script *script = reload->script;
    const struct campaign *row = table_get(script->state, T_CAMPAIGNS, reload->asked->campaign);
    struct buf ignored;
    buf_init(&ignored, RELOAD_JSON_MAX);
    const bool ok = reload_open_head(reload, reload->old_head, row->version, &ignored, e);
    buf_deinit(&ignored);
    if (!ok) {
        buf_printf(reload->problems, "%s\n", e->text);
        return err_add(e, "campaign.lua as it runs");
    }
    return reload_call_json(reload->old_head, "campaign_image", NULL, &reload->image, e);
}

static bool open_new_head(struct reload *reload, struct err *e)
{
    struct script *script = reload->script;
    struct package package;
    if (!reload->asked->package(reload->asked->package_ctx, NULL, &package, e)) {
        buf_printf(reload->problems, "%s\n", e->text);
        return false;
    }
    bind_store_sources(script, &package);
    const text_id hash = state_text(script->state, package.version, strlen(package.version));
    const struct version version = {
        .campaign = (int32_t)reload->asked->campaign,
        .number = reload->number,
        .by = state_text(script->state, reload->asked->by, strlen(reload->asked->by)),
    };
    version_add(script, &version, package.version, NULL);
    package_close(&package);
    reload->head->is_new = true;
    reload->looked = reload_open_head(reload, reload->head, hash, reload->problems, e);
    if (!reload->looked || script_has_errors(reload->problems)) {
        return err_set(e, ERR_INVALID, "campaign.lua has mistakes");
    }
    ((struct campaign *)table_edit(script->state, T_CAMPAIGNS, reload->asked->campaign))->version =
        hash;
    return true;
}

static bool json_flag(const struct json_node *object, const char *name)
{
    const struct json_node *field = json_field(object, name);
    return field != NULL && field->type == JSON_TRUE;
}

static bool read_days(struct reload *reload, const struct json_node *days)
{
    for (const struct json_node *n = json_child(days); n != json_end(days); n = json_next(n)) {
        const struct json_node *id = json_field(n, "id");
        reload->days[reload->day_count++] = (struct reload_day){
            .id = (uint32_t)id->integer,
            .is_new = json_flag(n, "is_new"),
            .gone = json_flag(n, "gone"),
            .edited = json_flag(n, "changed"),
        };
    }
    return true;
}

// Rows follow campaign.lua; which days there are now.
static bool change_campaign(struct reload *reload, struct err *e)
{
    struct script *script = reload->script;
    const struct json_node *root;
    struct buf answer;
    struct buf list;
    buf_init(&answer, RELOAD_JSON_MAX);
    buf_init(&list, RELOAD_JSON_MAX);
    bool ok = call_change(reload->head, "campaign_reload", reload, &answer, e) &&
              !script_has_errors(reload->problems) &&
              json_parse(script->reader, answer.data, answer.size, &root, e);
    if (ok) {
        const struct json_node *days = json_field(root, "days");
        const struct json_node *changes = json_field(root, "changes");
        reload->books = json_flag(root, "books");
        reload->days = xcalloc(days->count + 1, sizeof(*reload->days));
        ok = read_days(reload, days);
        if (changes != NULL) {
            json_canonical(changes, &list);
            ok = add_changes(reload, NULL, list.data, list.size, e);
        }
    } else if (e->kind == ERR_NONE) {
        err_set(e, ERR_INVALID, "campaign.lua can't take over");
    }
    buf_deinit(&list);
    buf_deinit(&answer);
    return ok;
}

// --- One day. ---

static const char *day_name(const struct reload *reload, uint32_t id)
{
    const struct state *state = reload->script->state;
    return state_get_text(state, ((const struct day *)table_get(state, T_DAYS, id))->name);
}

// An entry of the day's own edges, moved with its dates. 0: it is done.
static void move_edge(struct script *script, uint32_t day, const char *name, int64_t at_ms)
{
    const uint32_t id = TABLE_FIND(script->state, T_SCHEDULE, SCHEDULE_BY_NAME, day, 0,
                                   state_text(script->state, name, strlen(name)));
    if (id != 0) {
        schedule_move(script->core->schedule, id, at_ms);
    }
}

static void cancel_day(struct reload *reload, struct reload_day *day)
{
    struct script *script = reload->script;
    for (uint32_t id = 0; (id = table_next(script->state, T_SCHEDULE, id)) != 0;) {
        const struct schedule_entry *entry = table_get(script->state, T_SCHEDULE, id);
        if (entry->day == (int32_t)day->id && entry->status == SCHEDULE_PLANNED) {
            schedule_cancel(script->core->schedule, id);
        }
    }
    ((struct day *)table_edit(script->state, T_DAYS, day->id))->status = DAY_OVER;
}

// The instance of the day's new version, built; its row.
static bool build_day(struct reload *reload, struct reload_day *day, const char *version,
                      struct err *e)
{
    struct script *script = reload->script;
    struct day *row = table_edit(script->state, T_DAYS, day->id);
    row->version = state_text(script->state, version, strlen(version));
    if (row->status == DAY_SUSPENDED) {
        row->status = DAY_RUNNING;  // Three kills of code that is no more.
    }
    const struct version add = {
        .campaign = row->campaign,
        .day = (int32_t)day->id,
        .number = reload->number,
        .playbook = row->playbook,
        .by = state_text(script->state, reload->asked->by, strlen(reload->asked->by)),
    };
    day->now = instance_new(script, reload->asked->campaign, day->id);
    day->now->row = day->back != 0 ? day->back : version_add(script, &add, version, row->inputs);
    day->now->is_new = true;
    return instance_build(day->now, reload->problems, e);
}

// Only code that no part of the comparison looks at: helpers, what a scene's functions share.
static bool note_code(struct reload *reload, const struct reload_day *day, const struct buf *list,
                      struct err *e)
{
    const char *text = "[{\"what\":\"code\",\"name\":\"playbook.lua\",\"how\":\"changed\"}]";
    const bool nothing = list->size == 2 && !day->edited;
    return nothing ? add_changes(reload, day_name(reload, day->id), text, strlen(text), e)
                   : add_changes(reload, day_name(reload, day->id), list->data, list->size, e);
}

static bool start_day(struct reload *reload, struct reload_day *day, struct err *e)
{
    bind_day_edges(reload->script, table_get(reload->script->state, T_DAYS, day->id));
    if (!library_call(day->now, "playbook_start", 0, 0, e)) {
        buf_printf(reload->problems, "%s\n", e->text);
        return false;
    }
    return true;
}

bool reload_take_over(struct reload *reload, struct reload_day *day, const char *version,
                      struct err *e)
{
    struct script *script = reload->script;
    struct buf list;
    buf_clear(&reload->image);
    if (day->was != NULL &&
        (!instance_ready(day->was) ||
         !reload_call_json(day->was, "playbook_image", NULL, &reload->image, e))) {
        return err_set(e, ERR_FAULT, "the playbook of day %s as it runs can't be read",
                       day_name(reload, day->id));
    }
    if (!build_day(reload, day, version, e)) {
        return false;
    }
    if (day->was == NULL) {
        return start_day(reload, day, e);
    }
    const struct day *row = table_get(script->state, T_DAYS, day->id);
    move_edge(script, day->id, "day start", row->from_at);
    move_edge(script, day->id, "day end", row->until_at);
    buf_init(&list, RELOAD_JSON_MAX);
    const bool ok = call_change(day->now, "playbook_reload", reload, &list, e) &&
                    note_code(reload, day, &list, e);
    buf_deinit(&list);
    return ok;
}

static bool change_day(struct reload *reload, struct reload_day *day, struct err *e)
{
    struct script *script = reload->script;
    const struct day *row = table_get(script->state, T_DAYS, day->id);
    const char *playbook = state_get_text(script->state, row->playbook);
    struct package package;
    day->was = script_instance(script, day->id);
    day->now = day->was;
    if (day->gone) {
        day->now = NULL;
        cancel_day(reload, day);
        return true;
    }
    if (row->status == DAY_OVER) {
        return true;  // Nothing of it will run again.
    }
    if (!reload->asked->package(reload->asked->package_ctx, playbook, &package, e)) {
        buf_printf(reload->problems, "campaign.lua: %s\n", e->text);
        return false;
    }
    const bool same = day->was != NULL && !day->edited &&
                      strcmp(state_get_text(script->state, row->version), package.version) == 0;
    if (!same) {
        bind_store_sources(script, &package);
    }
    const bool ok = same || reload_take_over(reload, day, package.version, e);
    package_close(&package);
    return ok;
}

// All of them: one's faults don't hide those of another.
static bool change_days(struct reload *reload, struct err *e)
{
    bool ok = true;
    for (size_t i = 0; i < reload->day_count; i++) {
        ok &= change_day(reload, &reload->days[i], e);
    }
    for (size_t i = 0; ok && reload->books && i < reload->day_count; i++) {
        struct instance *instance = reload->days[i].now;
        const struct day *day = table_get(reload->script->state, T_DAYS, reload->days[i].id);
        if (instance != NULL && day->status != DAY_OVER && instance_ready(instance)) {
            ok = library_call(instance, "playbook_books", 0, 0, e);
        }
    }
    return ok;
}

// --- Scenes. ---

static void note_scene(struct reload *reload, const struct scene *scene, const char *verdict,
                       const char *why)
{
    const struct state *state = reload->script->state;
    const struct group *group = table_get(state, T_GROUPS, (uint32_t)scene->group);
    struct buf *out = &reload->scenes;
    json_comma(out);
    buf_putc(out, '{');
    json_key(out, "scene");
    json_put_int(out, scene->id);
    json_key(out, "day");
    json_put_z(out, day_name(reload, (uint32_t)scene->day));
    json_key(out, "group");
    json_put_z(out, group == NULL ? "" : state_get_text(state, group->ext));
    json_key(out, "entry");
    json_put_z(out, state_get_text(state, scene->name));
    json_key(out, "verdict");
    json_put_z(out, verdict);
    json_key(out, "why");
    json_put_z(out, why);
    buf_putc(out, '}');
}

// A kill takes the whole new state with it: what was taken over is rebuilt when it goes on. Other
// scenes of the entry would be killed at the same place, and aren't tried.
static bool revive(struct reload *reload, struct reload_day *day, struct err *e)
{
    if (!sandbox_dead(day->now->box)) {
        return true;
    }
    instance_reset(day->now);
    return instance_build(day->now, reload->problems, e);
}

// What the engine's own log hears: a scene stands still, and not of its own code's fault.
static void tell_halted(const struct reload *reload, const struct reload_day *day, uint32_t id,
                        const struct err *why)
{
    struct script *script = reload->script;
    const struct scene *scene = table_get(script->state, T_SCENES, id);
    const struct group *group = table_get(script->state, T_GROUPS, (uint32_t)scene->group);
    script->errors++;
    if (script->on_error != NULL) {
        const char *told = arena_printf(
            state_arena(script->state),
            "%s: stays halted in %s. Mend the playbook and start again, or reload", why->text,
            group == NULL ? "the campaign" : state_get_text(script->state, group->ext));
        script->on_error(script->on_error_ctx, day->now->playbook,
                         state_get_text(script->state, scene->name), told);
    }
}

// One scene; `why` it can't follow, "" if it does.
static void try_scene(struct reload *reload, struct reload_day *day, uint32_t id, struct err *why)
{
    struct script *script = reload->script;
    const struct scene *scene = table_get(script->state, T_SCENES, id);
    const bool halted = scene->status == SCENE_HALTED;
    const bool adopts = why->text[0] == '\0' && flow_adopt(day->now, id, why);
    if (adopts && halted) {
        flow_go_on(script, id);
    } else if (halted && reload->asked->keep) {
        tell_halted(reload, day, id, why);
    }
    note_scene(reload, table_get(script->state, T_SCENES, id),
               halted   ? (adopts ? "goes on" : "halted")
               : adopts ? "adopts"
                        : "stays",
               why->text);
}

bool reload_try_scenes(struct reload *reload, struct reload_day *day, struct err *e)
{
    struct state *state = reload->script->state;
    text_id killed = 0;
    struct err killed_why = {0};
    for (uint32_t id = 0; (id = table_next(state, T_SCENES, id)) != 0;) {
        const struct scene *scene = table_get(state, T_SCENES, id);
        if (scene->day != (int32_t)day->id ||
            (scene->status != SCENE_WAITING && scene->status != SCENE_HALTED)) {
            continue;
        }
        struct err why = {0};
        if (killed != 0 && scene->name == killed) {
            why = killed_why;
        }
        try_scene(reload, day, id, &why);
        if (sandbox_dead(day->now->box)) {
            killed = scene->name;
            killed_why = why;
        }
        if (!revive(reload, day, e)) {
            return false;
        }
    }
    return true;
}

// --- The swap. Nothing fails from here on. ---

void reload_replace(struct script *script, struct instance *was, struct instance *now)
{
    for (size_t i = 0; i < script->instance_count; i++) {
        if (script->instances[i] == was) {
            if (now != NULL) {
                script->instances[i] = now;
            } else {
                memmove(&script->instances[i], &script->instances[i + 1],
                        (script->instance_count - i - 1) * sizeof(*script->instances));
                script->instance_count--;
            }
            return;
        }
    }
}

static void swap(struct reload *reload)
{
    struct script *script = reload->script;
    for (size_t i = 0; i < reload->day_count; i++) {
        struct reload_day *day = &reload->days[i];
        if (day->was == NULL && day->now != NULL) {
            script_add_instance(script, day->now);
        } else if (day->was != day->now) {
            reload_replace(script, day->was, day->now);
            version_keep_old(script, day->was);
        }
        if (day->was != NULL && day->now != NULL && day->was != day->now) {
            (void)halted_resume_handlers(script, day->id);
        }
    }
    version_drop_unused(script);
}

void reload_forget(struct reload *reload)
{
    for (size_t i = 0; i < reload->day_count; i++) {
        if (reload->days[i].now != NULL && reload->days[i].now != reload->days[i].was) {
            instance_free(reload->days[i].now);
        }
    }
}

// --- All of it. ---

static bool reload_all(struct reload *reload, struct err *e)
{
    struct buf before;
    buf_init(&before, RELOAD_JSON_MAX);
    bool ok = open_old_head(reload, e) && reload_cost_before(reload, &before, e) &&
              open_new_head(reload, e) && change_campaign(reload, e);
    if (!ok && reload->looked) {
        const struct bind_source from = {reload->asked->package, reload->asked->package_ctx};
        bind_judge_days(reload->head, &from, reload->problems);
    }
    ok = ok && change_days(reload, e) && reload_carry(reload, &before, e);
    buf_deinit(&before);
    if (ok && script_has_errors(reload->problems)) {
        ok = err_set(e, ERR_INVALID, "the edit has mistakes");
    }
    for (size_t i = 0; ok && i < reload->day_count; i++) {
        struct reload_day *day = &reload->days[i];
        ok = day->was == NULL || day->now == NULL || day->was == day->now ||
             reload_try_scenes(reload, day, e);
    }
    return ok;
}

void reload_put_lists(const struct reload *reload)
{
    const struct {
        const char *name;
        const struct buf *list;
    } LISTS[] = {
        {"changes", &reload->changes}, {"scenes", &reload->scenes}, {"budgets", &reload->budgets}};
    json_key(reload->json, "number");
    json_put_int(reload->json, reload->number);
    for (size_t i = 0; i < sizeof(LISTS) / sizeof(LISTS[0]); i++) {
        json_key(reload->json, LISTS[i].name);
        buf_putc(reload->json, '[');
        buf_append(reload->json, LISTS[i].list->data, LISTS[i].list->size);
        buf_putc(reload->json, ']');
    }
}

// What the audit tells of it. Thousands of scenes are counted in the journal's rows, not named.
static void keep_changes(const struct reload *reload)
{
    struct script *script = reload->script;
    const uint32_t id = version_find(script, reload->asked->campaign, 0, 0);
    struct buf json;
    buf_init(&json, RELOAD_JSON_MAX * 4);
    buf_putc(&json, '{');
    json_key(&json, "back_to");
    json_put_int(&json, reload->asked->back);
    struct reload kept = *reload;
    const struct buf none = {0};
    kept.json = &json;
    kept.scenes = reload->scenes.size > RELOAD_SCENES_KEPT ? none : reload->scenes;
    kept.changes = reload->changes.size > RELOAD_CHANGES_KEPT ? none : reload->changes;
    reload_put_lists(&kept);
    buf_putc(&json, '}');
    struct version *row = table_edit(script->state, T_VERSIONS, id);
    table_set_bytes(script->state, &row->changes, json.data, json.size);
    buf_deinit(&json);
}

bool script_reload(struct script *script, const struct script_reload *asked, struct buf *json,
                   struct buf *problems, struct err *e)
{
    const struct campaign *campaign = table_get(script->state, T_CAMPAIGNS, asked->campaign);
    if (campaign == NULL || campaign->status != 1) {
        return err_set(e, ERR_INVALID, "no campaign runs that could be reloaded");
    }
    struct reload reload = {
        .script = script,
        .asked = asked,
        .number = script_version_number(script, asked->campaign) + 1,
        .json = json,
        .problems = problems,
    };
    reload.old_head = instance_new(script, 0, 0);
    reload.head = instance_new(script, 0, 0);
    struct buf *const bufs[] = {&reload.image, &reload.changes, &reload.scenes, &reload.budgets};
    for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++) {
        buf_init(bufs[i], RELOAD_JSON_MAX);
    }
    bool ok = reload_all(&reload, e);
    reload_put_lists(&reload);
    ok = ok && (asked->agrees == NULL || asked->agrees(asked->agrees_ctx, e));
    if (ok && asked->keep) {
        keep_changes(&reload);
        milestone_add(script->state, "reload", asked->campaign, 0, 0, reload.number, 0, asked->by);
        swap(&reload);
    } else {
        reload_forget(&reload);
        chance_forget(script->chance);
    }
    for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++) {
        buf_deinit(bufs[i]);
    }
    instance_free(reload.old_head);
    instance_free(reload.head);
    free(reload.days);
    return ok && (!asked->keep || script_index_groups(script, e));
}
