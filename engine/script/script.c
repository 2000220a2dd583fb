// The instances of all campaigns, and which of them hears of what.
#include "script/script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/chance.h"
#include "script/script_internal.h"

#define REST_AHEAD_MS ((int64_t)7 * 24 * 60 * 60 * 1000)  // A day farther off is built later.

struct script *script_new(struct core *core, const struct script_options *options)
{
    struct script *script = xcalloc(1, sizeof(*script));
    script->core = core;
    script->state = core->state;
    script->options = *options;
    script->reader = json_reader_new((size_t)16 << 20);
    script->chance = chance_new(core);
    script->clock.replays = options->replays;
    return script;
}

static void forget_groups(struct script *script)
{
    for (size_t i = 0; i < script->by_group_count; i++) {
        free(script->by_group[i]);
    }
    free(script->by_group);
    script->by_group = NULL;
    script->by_group_count = 0;
}

void script_free(struct script *script)
{
    for (size_t i = 0; i < script->instance_count; i++) {
        instance_free(script->instances[i]);
    }
    for (size_t i = 0; i < script->old_count; i++) {
        instance_free(script->old[i]);
    }
    if (script->console != NULL) {
        instance_free(script->console);
    }
    forget_groups(script);
    free(script->instances);
    free(script->old);
    library_free_chunks(script);
    chance_free(script->chance);
    json_reader_free(script->reader);
    tz_close(script->zone);
    free(script);
}

void script_on_error(struct script *script, script_error_fn on_error, void *ctx)
{
    script->on_error = on_error;
    script->on_error_ctx = ctx;
}

size_t script_errors(const struct script *script)
{
    return script->errors;
}

const char *const script_guard_names[SCRIPT_GUARD_COUNT] = {"budget",    "coupon", "voucher",
                                                            "promotion", "play",   "other"};

uint64_t script_refusals(const struct script *script, enum script_guard guard)
{
    return script->refusals[guard];
}

void script_get_times(const struct script *script, struct histogram *out)
{
    *out = script->clock.times;
    out->sum_us = script->clock.times_ns / 1000;
}

size_t script_memory(const struct script *script)
{
    size_t bytes = 0;
    for (size_t i = 0; i < script->instance_count; i++) {
        bytes += script->instances[i]->box == NULL ? 0 : sandbox_memory(script->instances[i]->box);
    }
    for (size_t i = 0; i < script->old_count; i++) {
        bytes += script->old[i]->box == NULL ? 0 : sandbox_memory(script->old[i]->box);
    }
    return bytes;
}

uint64_t script_seed(const struct script *script, uint32_t campaign)
{
    const struct campaign *row = table_get(script->state, T_CAMPAIGNS, campaign);
    return row == NULL || row->seed == NULL ? 0 : hash64(row->seed->data, row->seed->size, 1);
}

struct tz *script_zone(struct script *script, uint32_t campaign)
{
    const struct campaign *row = table_get(script->state, T_CAMPAIGNS, campaign);
    if (row == NULL) {
        return NULL;
    }
    if (script->zone != NULL && script->zone_name == row->zone) {
        return script->zone;
    }
    struct tz *zone;
    struct err e = {0};
    if (!tz_open(state_get_text(script->state, row->zone), &zone, &e)) {
        return NULL;
    }
    tz_close(script->zone);
    script->zone = zone;
    script->zone_name = row->zone;
    return zone;
}

// --- Which instances a group has. ---

static void add_to_group(struct script *script, size_t group, struct instance *instance)
{
    if (group >= script->by_group_count) {
        const size_t count = group + 64;
        script->by_group = xrealloc(script->by_group, count * sizeof(*script->by_group));
        memset(script->by_group + script->by_group_count, 0,
               (count - script->by_group_count) * sizeof(*script->by_group));
        script->by_group_count = count;
    }
    size_t have = 0;
    struct instance **list = script->by_group[group];
    while (list != NULL && list[have] != NULL) {
        have++;
    }
    list = xrealloc(list, (have + 2) * sizeof(*list));
    list[have] = instance;
    list[have + 1] = NULL;
    script->by_group[group] = list;
}

bool script_index_groups(struct script *script, struct err *e)
{
    forget_groups(script);
    for (size_t i = 0; i < script->instance_count; i++) {
        struct instance *instance = script->instances[i];
        const struct day *day = table_get(script->state, T_DAYS, instance->day);
        const struct json_node *root;
        if (day == NULL || day->inputs == NULL) {
            continue;
        }
        if (!json_parse(script->reader, day->inputs->data, day->inputs->size, &root, e)) {
            return err_add(e, "inputs of day '%s'", state_get_text(script->state, day->name));
        }
        const struct json_node *groups = json_field(root, "groups");
        if (groups == NULL || groups->type != JSON_ARRAY) {
            return err_set(e, ERR_CORRUPT, "day '%s' has no groups",
                           state_get_text(script->state, day->name));
        }
        for (const struct json_node *n = json_child(groups); n != json_end(groups);
             n = json_next(n)) {
            if (n->type == JSON_INT && n->integer > 0 && n->integer < 1000000) {
                add_to_group(script, (size_t)n->integer, instance);
            }
        }
    }
    return true;
}

void script_add_instance(struct script *script, struct instance *instance)
{
    if (script->instance_count == script->instance_capacity) {
        script->instance_capacity =
            script->instance_capacity == 0 ? 16 : script->instance_capacity * 2;
        script->instances =
            xrealloc(script->instances, script->instance_capacity * sizeof(*script->instances));
    }
    script->instances[script->instance_count++] = instance;
}

size_t script_instances(const struct script *script)
{
    return script->instance_count;
}

void script_drop_instances(struct script *script, size_t count)
{
    while (script->instance_count > count) {
        instance_free(script->instances[--script->instance_count]);
    }
    chance_forget(script->chance);
}

void script_unbind(struct script *script, size_t count)
{
    script_drop_instances(script, count);
    struct err e = {0};
    CHECK(script_index_groups(script, &e));  // It could be read when it was bound.
}

struct instance *script_instance(const struct script *script, uint32_t day)
{
    for (size_t i = 0; i < script->instance_count; i++) {
        if (script->instances[i]->day == day) {
            return script->instances[i];
        }
    }
    return NULL;
}

// --- What the wall clock stopped. ---

void script_begin_turn(struct script *script, struct slice stops)
{
    struct sandbox_clock *clock = &script->clock;
    script->scope_turn = 0;  // A turn that was dropped, a preview, may have had the same number.
    clock->entries = 0;
    clock->stop_count = 0;
    if (stops.size == 0) {
        return;
    }
    char text[512];
    snprintf(text, sizeof(text), "%.*s", (int)stops.size, stops.data);
    int used = 0;
    for (const char *at = text; clock->stop_count < SANDBOX_STOPS_MAX; at += used) {
        long long fuel_left;
        long long ms;
        struct sandbox_stop stop = {0};
        if (sscanf(at, " stopped %" SCNu32 " at %lld after %lld ms%n", &stop.entry, &fuel_left, &ms,
                   &used) != 3) {
            return;
        }
        stop.fuel_left = fuel_left;
        stop.ms = ms;
        clock->stops[clock->stop_count++] = stop;
    }
}

const char *script_stops(const struct script *script, struct arena *arena)
{
    const struct sandbox_clock *clock = &script->clock;
    const char *text = "";
    for (uint32_t i = 0; i < clock->stop_count; i++) {
        text = arena_printf(arena, "%s%sstopped %" PRIu32 " at %lld after %lld ms", text,
                            i == 0 ? "" : " ", clock->stops[i].entry,
                            (long long)clock->stops[i].fuel_left, (long long)clock->stops[i].ms);
    }
    return text;
}

// --- Events. ---

static void instance_event(struct instance *instance, const struct event *event,
                           const struct facts *facts)
{
    if (instance->suspended ||
        (instance->box != NULL && instance->handlers[event->kind].count == 0)) {
        return;
    }
    const struct day *day = table_get(instance->script->state, T_DAYS, instance->day);
    if (day->status != DAY_RUNNING || !instance_ready(instance)) {
        return;
    }
    // A handler that is killed takes its instance's functions with it: look again each time.
    for (size_t i = 0; i < instance->handlers[event->kind].count && !instance->suspended; i++) {
        halted_hear(instance, i, event, facts);
    }
}

void script_event(struct script *script, const struct event *event, const struct facts *facts)
{
    if (facts->repeated) {
        return;  // An order sent twice under two ids: it has been handled.
    }
    if (event->kind == EVENT_PRESS) {
        const struct game *game = table_get(script->state, T_GAMES, facts->game);
        struct instance *instance =
            game == NULL ? NULL : script_instance(script, (uint32_t)game->day);
        if (instance != NULL) {
            instance_event(instance, event, facts);
        }
        return;
    }
    if (facts->group != 0) {
        struct instance **list =
            facts->group < script->by_group_count ? script->by_group[facts->group] : NULL;
        for (; list != NULL && *list != NULL; list++) {
            instance_event(*list, event, facts);
        }
        return;
    }
    for (size_t i = 0; i < script->instance_count; i++) {
        if (script->instances[i]->campaign == facts->campaign) {
            instance_event(script->instances[i], event, facts);
        }
    }
}

// Playbooks whose day is done, and those whose day is far off, give back their sandboxes: one is
// built again when something happens to it (instance_ready). Between turns of that playbook only.
void script_rest(struct script *script)
{
    const struct state *state = script->state;
    for (size_t i = 0; i < script->instance_count; i++) {
        struct instance *instance = script->instances[i];
        if (instance->box == NULL || instance->day == 0) {
            continue;
        }
        const struct day *day = table_get(state, T_DAYS, instance->day);
        const bool far_off =
            day->status == DAY_PLANNED && day->from_at > state_now(state) + REST_AHEAD_MS;
        if (far_off || (day->status == DAY_OVER && filing_day_is_done(state, instance->day))) {
            instance_reset(instance);
            instance->is_new = false;  // It was read for mistakes.
        }
    }
}

static void day_changes(struct script *script, const struct schedule_entry *entry, uint8_t status)
{
    struct day *day = table_edit(script->state, T_DAYS, (uint32_t)entry->day);
    if (day->status == status) {
        return;
    }
    day->status = status;
    milestone_add(script->state, status == DAY_RUNNING ? "day_start" : "day_end",
                  (uint32_t)day->campaign, day->id, 0, day->number, 0,
                  state_get_text(script->state, day->playbook));
    if (status != DAY_OVER) {
        return;
    }
    const uint32_t campaign = (uint32_t)day->campaign;
    bool last = true;
    for (uint32_t id = TABLE_LIST(script->state, T_DAYS, DAYS_BY_CAMPAIGN, campaign); id != 0;
         id = table_list_next(script->state, T_DAYS, DAYS_BY_CAMPAIGN, id)) {
        last &= ((const struct day *)table_get(script->state, T_DAYS, id))->status == DAY_OVER;
    }
    filing_day_ended(script->core, campaign, day->until_at, last);
    script_rest(script);
    if (!last) {
        return;
    }
    ((struct campaign *)table_edit(script->state, T_CAMPAIGNS, campaign))->status = 3;
    milestone_add(script->state, "campaign_end", campaign, 0, 0, 0, 0, "");
}

void script_timer(struct script *script, uint32_t id)
{
    const struct schedule_entry *entry = table_get(script->state, T_SCHEDULE, id);
    CHECK(entry != NULL);
    if (entry->kind == SCHEDULE_DAY_START || entry->kind == SCHEDULE_DAY_END) {
        day_changes(script, entry, entry->kind == SCHEDULE_DAY_START ? DAY_RUNNING : DAY_OVER);
        return;
    }
    struct instance *instance = script_instance(script, (uint32_t)entry->day);
    if (instance == NULL || instance->suspended || !instance_ready(instance)) {
        return;
    }
    if (entry->kind == SCHEDULE_ENTRY) {
        flow_start(instance, state_get_text(script->state, entry->name), (uint32_t)entry->group,
                   id);
    } else if (entry->kind == SCHEDULE_LIBRARY) {
        dispatch_timer(instance, entry);
    }
}

void script_wake(struct script *script, uint32_t id)
{
    const struct scene *scene = table_get(script->state, T_SCENES, id);
    struct instance *instance = scene == NULL ? NULL : version_instance(script, scene);
    if (instance != NULL && !instance->suspended && instance_ready(instance)) {
        flow_resume(instance, id);
    }
}
