// Versions: what a campaign and its days run since when. A reload adds rows; scenes that can't
// follow it stay on the version that they began with, on an instance of their own, until they end.
#include <stdlib.h>
#include <string.h>

#include "script/reload.h"
#include "script/script_internal.h"

uint32_t version_add(struct script *script, const struct version *row, const char *package,
                     const struct bytes *inputs)
{
    struct version version = *row;
    version.at = state_now(script->state);
    version.version = state_text(script->state, package, strlen(package));
    version.inputs = version.changes = NULL;
    struct version *added = table_insert(script->state, T_VERSIONS, &version);
    if (inputs != NULL) {
        table_set_bytes(script->state, &added->inputs, inputs->data, inputs->size);
    }
    return added->id;
}

uint32_t version_find(const struct script *script, uint32_t campaign, uint32_t day, int32_t number)
{
    const struct state *state = script->state;
    for (uint32_t id = TABLE_LIST(state, T_VERSIONS, VERSIONS_OF_DAY, campaign, day); id != 0;
         id = table_list_next(state, T_VERSIONS, VERSIONS_OF_DAY, id)) {
        const struct version *row = table_get(state, T_VERSIONS, id);
        if (row->version != 0 && (number == 0 || row->number <= number)) {
            return id;
        }
    }
    return 0;
}

static bool same_bytes(const struct bytes *a, const struct bytes *b)
{
    return a == b ||
           (a != NULL && b != NULL && a->size == b->size && memcmp(a->data, b->data, a->size) == 0);
}

uint32_t version_like(const struct script *script, const struct day *day)
{
    const struct state *state = script->state;
    for (uint32_t id =
             TABLE_LIST(state, T_VERSIONS, VERSIONS_OF_DAY, (uint32_t)day->campaign, day->id);
         id != 0; id = table_list_next(state, T_VERSIONS, VERSIONS_OF_DAY, id)) {
        const struct version *row = table_get(state, T_VERSIONS, id);
        if (row->version == day->version && same_bytes(row->inputs, day->inputs)) {
            return id;
        }
    }
    return 0;
}

void version_withdraw(struct script *script, const struct day *day, uint32_t after)
{
    struct state *state = script->state;
    for (uint32_t id =
             TABLE_LIST(state, T_VERSIONS, VERSIONS_OF_DAY, (uint32_t)day->campaign, day->id);
         id > after; id = table_list_next(state, T_VERSIONS, VERSIONS_OF_DAY, id)) {
        ((struct version *)table_edit(state, T_VERSIONS, id))->version = 0;
    }
}

static struct instance *old_instance(struct script *script, const struct instance *newest,
                                     uint32_t row)
{
    for (size_t i = 0; i < script->old_count; i++) {
        if (script->old[i]->row == row) {
            return script->old[i];
        }
    }
    struct instance *instance = instance_new(script, newest->campaign, newest->day);
    instance->row = row;
    version_keep_old(script, instance);
    return instance;
}

struct instance *version_instance(struct script *script, const struct scene *scene)
{
    struct instance *newest = script_instance(script, (uint32_t)scene->day);
    if (newest == NULL || newest->row == (uint32_t)scene->version) {
        return newest;
    }
    return old_instance(script, newest, (uint32_t)scene->version);
}

static bool has_scenes(const struct state *state, uint32_t row)
{
    for (uint32_t id = 0; (id = table_next(state, T_SCENES, id)) != 0;) {
        const struct scene *scene = table_get(state, T_SCENES, id);
        if (scene->version == (int32_t)row && scene->status < SCENE_DONE) {
            return true;
        }
    }
    return false;
}

void version_drop_unused(struct script *script)
{
    size_t kept = 0;
    for (size_t i = 0; i < script->old_count; i++) {
        struct instance *instance = script->old[i];
        const struct instance *newest = script_instance(script, instance->day);
        const bool is_newest = newest != NULL && newest->row == instance->row;
        if (!is_newest && has_scenes(script->state, instance->row)) {
            script->old[kept++] = instance;
        } else {
            instance_free(instance);
        }
    }
    script->old_count = kept;
}

void version_keep_old(struct script *script, struct instance *instance)
{
    script->old = xrealloc(script->old, (script->old_count + 1) * sizeof(*script->old));
    script->old[script->old_count++] = instance;
}

// --- Sources as they are kept. ---

int32_t script_version_number(const struct script *script, uint32_t campaign)
{
    const uint32_t id = version_find(script, campaign, 0, 0);
    const struct version *row = table_get(script->state, T_VERSIONS, id);
    return row == NULL ? 0 : row->number;
}

// The version of a playbook ("": of campaign.lua) at a number: all days that have it share it.
static const struct version *version_of_playbook(const struct script_version *from,
                                                 const char *playbook)
{
    const struct state *state = from->script->state;
    const struct version *found = NULL;
    for (uint32_t id = 0; (id = table_next(state, T_VERSIONS, id)) != 0;) {
        const struct version *row = table_get(state, T_VERSIONS, id);
        if (row->version != 0 && row->campaign == (int32_t)from->campaign &&
            row->number <= from->number &&
            strcmp(state_get_text(state, row->playbook), playbook) == 0) {
            found = row;
        }
    }
    return found;
}

bool script_version_package(void *ctx, const char *playbook, struct package *out, struct err *e)
{
    const struct script_version *from = ctx;
    const struct state *state = from->script->state;
    const struct version *row = version_of_playbook(from, playbook == NULL ? "" : playbook);
    if (row == NULL) {
        return err_set(e, ERR_INVALID, "version %d has no %s", from->number,
                       playbook == NULL ? "campaign.lua" : playbook);
    }
    package_begin(out, playbook == NULL ? "campaign" : playbook);
    for (uint32_t id = 0; (id = table_next(state, T_SOURCES, id)) != 0;) {
        const struct source *source = table_get(state, T_SOURCES, id);
        if (source->version == row->version) {
            package_add(out, state_get_text(state, source->path),
                        source->body == NULL ? "" : source->body->data,
                        source->body == NULL ? 0 : source->body->size);
        }
    }
    return package_seal(out, e);
}
