// From folders to rows and instances: the stages declare and bind of a whole campaign.
#include <stdio.h>
#include <string.h>

#include "script/script_internal.h"

void bind_store_sources(struct script *script, const struct package *package)
{
    struct state *state = script->state;
    const text_id version = state_text(state, package->version, strlen(package->version));
    for (size_t i = 0; i < package->count; i++) {
        const struct package_file *file = &package->files[i];
        const struct source row = {
            .version = version,
            .path = state_text(state, file->path, strlen(file->path)),
        };
        if (TABLE_FIND(state, T_SOURCES, SOURCES_BY_PATH, row.version, row.path) == 0) {
            struct source *source = table_insert(state, T_SOURCES, &row);
            table_set_bytes(state, &source->body, file->text, file->size);
        }
    }
}

static void problem(struct buf *problems, const char *where, const char *text)
{
    struct buf line;
    buf_init(&line, 8192);
    buf_printf(&line, "%s%s%s", where, where[0] == '\0' ? "" : ": ", text);
    problems_add(problems, line.data);
    buf_deinit(&line);
}

// Where campaign.lua names this day, "campaign.lua:12", as the library noted it.
static const char *day_where(struct script *script, const struct day *day)
{
    const struct json_node *root;
    if (day->inputs != NULL &&
        json_parse(script->reader, day->inputs->data, day->inputs->size, &root, NULL)) {
        const struct json_node *where = json_field(root, "where");
        if (where != NULL && where->type == JSON_TEXT) {
            return arena_strndup(state_arena(script->state), where->text, where->text_size);
        }
    }
    return "campaign.lua";
}

bool script_folder_package(void *ctx, const char *playbook, struct package *out, struct err *e)
{
    const struct script_folder *folder = ctx;
    char path[1024];
    if (playbook == NULL) {
        return package_open(folder->folder, out, e);
    }
    return package_locate(folder->folder, folder->script->options.playbook_dirs, playbook, path,
                          sizeof(path), e) &&
           package_open(path, out, e);
}

// Finds, stores and builds the playbook of one day.
static bool bind_day(struct script *script, const struct bind_source *from, uint32_t id,
                     struct buf *problems, struct err *e)
{
    const struct day *day = table_get(script->state, T_DAYS, id);
    const char *where = day_where(script, day);
    struct package package;
    if (!from->package(from->ctx, state_get_text(script->state, day->playbook), &package, e)) {
        problem(problems, where, e->text);
        return false;
    }
    bind_store_sources(script, &package);
    struct day *edit = table_edit(script->state, T_DAYS, id);
    edit->version = state_text(script->state, package.version, strlen(package.version));
    const struct version row = {
        .campaign = edit->campaign, .day = (int32_t)id, .number = 1, .playbook = edit->playbook};
    struct instance *instance = instance_new(script, (uint32_t)edit->campaign, id);
    instance->row = version_add(script, &row, package.version, edit->inputs);
    instance->is_new = true;
    package_close(&package);
    script_add_instance(script, instance);
    return instance_build(instance, problems, e);
}

uint32_t *bind_campaign_days(struct script *script, uint32_t campaign, size_t *count)
{
    struct state *state = script->state;
    *count = 0;
    for (uint32_t id = TABLE_LIST(state, T_DAYS, DAYS_BY_CAMPAIGN, campaign); id != 0;
         id = table_list_next(state, T_DAYS, DAYS_BY_CAMPAIGN, id)) {
        (*count)++;
    }
    uint32_t *days = arena_alloc(state_arena(state), (*count + 1) * sizeof(*days));
    size_t at = *count;
    for (uint32_t id = TABLE_LIST(state, T_DAYS, DAYS_BY_CAMPAIGN, campaign); id != 0;
         id = table_list_next(state, T_DAYS, DAYS_BY_CAMPAIGN, id)) {
        days[--at] = id;
    }
    return days;
}

void bind_push_overrides(lua_State *L, const struct script_overrides *overrides)
{
    lua_createtable(L, 0, 2);
    if (overrides != NULL && overrides->groups > 0) {
        lua_pushinteger(L, overrides->groups);
        lua_setfield(L, -2, "groups");
    }
    if (overrides != NULL && overrides->members > 0) {
        lua_pushinteger(L, overrides->members);
        lua_setfield(L, -2, "members");
    }
}

static const struct declare_file CAMPAIGN_FILE = {"campaign_begin", "campaign.lua", "campaign.lua"};

// Runs campaign.lua in its own sandbox and writes what it says into the tables. 0: it says too
// little.
static uint32_t bind_campaign_file(struct instance *instance, const struct package *package,
                                   const struct script_overrides *overrides, struct buf *problems,
                                   struct err *e)
{
    struct script *script = instance->script;
    bind_store_sources(script, package);
    instance->version = state_text(script->state, package->version, strlen(package->version));
    snprintf(instance->playbook, sizeof(instance->playbook), "%s", package->name);
    instance->is_new = true;
    if (!declare_run(instance, &CAMPAIGN_FILE, problems, e)) {
        return 0;
    }
    lua_State *L = sandbox_state(instance->box);
    bind_push_overrides(L, overrides);
    if (!instance_collect(instance, "campaign_finish", 1, problems, e)) {
        return 0;
    }
    if (!library_call(instance, "campaign_write", 0, 1, e)) {
        problem(problems, "", e->text);
        return 0;
    }
    const uint32_t id = (uint32_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (id != 0) {
        struct campaign *campaign = table_edit(script->state, T_CAMPAIGNS, id);
        campaign->version = instance->version;
        const struct version row = {
            .campaign = (int32_t)id,
            .number = 1,
            .groups = overrides == NULL ? 0 : overrides->groups,
            .members = overrides == NULL ? 0 : overrides->members,
        };
        version_add(script, &row, package->version, NULL);
        campaign->rehearsal = script->options.rehearsal;
        if (overrides != NULL && overrides->seed != NULL) {
            table_set_bytes(script->state, &campaign->seed, overrides->seed, 32);
        }
    }
    return id;
}

bool bind_costs(struct instance *campaign, struct instance *const *instances, size_t count,
                struct buf *problems, struct err *e)
{
    struct buf costs;
    buf_init(&costs, (size_t)4 << 20);
    buf_putc(&costs, '[');
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        struct instance *instance = instances[i];
        if (instance->campaign != campaign->campaign || !instance->built || instance->box == NULL) {
            continue;
        }
        lua_State *L = sandbox_state(instance->box);
        ok = library_call(instance, "playbook_costs", 0, 1, e);
        if (ok) {
            size_t size;
            const char *text = lua_tolstring(L, -1, &size);
            json_comma(&costs);
            buf_append(&costs, text, size);
            lua_pop(L, 1);
        }
    }
    buf_putc(&costs, ']');
    if (ok) {
        lua_pushlstring(sandbox_state(campaign->box), costs.data, costs.size);
        ok = instance_collect(campaign, "campaign_carry", 1, problems, e);
    } else {
        problem(problems, "", e->text);
    }
    buf_deinit(&costs);
    return ok;
}

static bool bind_days(struct instance *campaign, const struct bind_source *from,
                      struct buf *problems, struct err *e)
{
    struct script *script = campaign->script;
    size_t count;
    const uint32_t *days = bind_campaign_days(script, campaign->campaign, &count);
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        ok &= bind_day(script, from, days[i], problems, e);
    }
    return bind_costs(campaign, script->instances, script->instance_count, problems, e) && ok;
}

// The campaign's own instance, its rows written; *campaign is 0 if that failed. The caller frees
// it.
static struct instance *bind_head(struct script *script, const char *folder,
                                  const struct bind_source *from,
                                  const struct script_overrides *overrides, uint32_t *campaign,
                                  struct buf *problems, struct err *e)
{
    struct package package;
    struct instance *instance = instance_new(script, 0, 0);
    *campaign = 0;
    if (!from->package(from->ctx, NULL, &package, e)) {
        problem(problems, "", e->text);
        return instance;
    }
    if (package_find(&package, "campaign.lua") == NULL) {
        err_set(e, ERR_INVALID, "%s has no campaign.lua: is it a campaign's folder?", folder);
        problem(problems, "", e->text);
    } else {
        *campaign = bind_campaign_file(instance, &package, overrides, problems, e);
    }
    package_close(&package);
    return instance;
}

// Where a folder's packages come from; `own` is for the caller to keep.
static struct bind_source source_of(const struct script *script, const char *folder,
                                    struct script_folder *own)
{
    const struct script_options *options = &script->options;
    *own = (struct script_folder){.script = script, .folder = folder};
    return options->package != NULL ? (struct bind_source){options->package, options->package_ctx}
                                    : (struct bind_source){script_folder_package, own};
}

uint32_t script_known(const struct script *script, const char *folder)
{
    struct package package;
    struct err e = {0};
    const struct state *state = script->state;
    if (!package_open(folder, &package, &e)) {
        return 0;  // Whoever binds it says why.
    }
    uint32_t id = 0;
    while ((id = table_next(state, T_CAMPAIGNS, id)) != 0) {
        const struct campaign *row = table_get(state, T_CAMPAIGNS, id);
        if (strcmp(state_get_text(state, row->version), package.version) == 0) {
            break;
        }
    }
    package_close(&package);
    return id;
}

bool script_look(struct script *script, const char *folder,
                 const struct script_overrides *overrides, uint32_t *campaign, struct buf *problems,
                 struct err *e)
{
    struct script_folder own;
    const struct bind_source from = source_of(script, folder, &own);
    struct instance *instance = bind_head(script, folder, &from, overrides, campaign, problems, e);
    bool ok = *campaign != 0;
    if (ok && script_has_errors(problems)) {
        (void)bind_days(instance, &from, problems, e);
        ok = err_set(e, ERR_INVALID, "%s has mistakes", folder);
    }
    instance_free(instance);
    return ok;
}

bool script_bind(struct script *script, const char *folder,
                 const struct script_overrides *overrides, uint32_t *campaign, struct buf *problems,
                 struct err *e)
{
    struct script_folder own;
    const struct bind_source from = source_of(script, folder, &own);
    struct instance *instance = bind_head(script, folder, &from, overrides, campaign, problems, e);
    bool ok = *campaign != 0 && bind_days(instance, &from, problems, e);
    instance_free(instance);
    if (script_has_errors(problems)) {
        ok = err_set(e, ERR_INVALID, "%s has mistakes", folder);
    }
    return ok && script_index_groups(script, e);
}

void bind_judge_days(struct instance *head, const struct bind_source *from, struct buf *problems)
{
    struct err e = {0};
    const size_t before = head->script->instance_count;
    if (library_call(head, "campaign_write_aside", 0, 1, &e)) {
        lua_State *L = sandbox_state(head->box);
        const bool written = lua_tointeger(L, -1) != 0;
        lua_pop(L, 1);
        if (written) {
            (void)bind_days(head, from, problems, &e);
        }
    }
    // Which group has which instance stays as it is: the rows of now are dropped with the turn.
    script_drop_instances(head->script, before);
}

// Any line that is no warning.
bool script_has_errors(const struct buf *problems)
{
    const char *at = problems->data;
    const char *end = at == NULL ? NULL : at + problems->size;
    while (at < end) {
        if (strncmp(at, "warning: ", 9) != 0) {
            return true;
        }
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        at = line_end == NULL ? end : line_end + 1;
    }
    return false;
}

bool script_check_playbook(struct script *script, const char *folder, struct buf *problems,
                           struct err *e)
{
    struct package package;
    if (!package_open(folder, &package, e)) {
        problem(problems, "", e->text);
        return false;
    }
    struct instance *instance = instance_new(script, 0, 0);
    bind_store_sources(script, &package);
    instance->is_new = true;
    instance->version = state_text(script->state, package.version, strlen(package.version));
    snprintf(instance->playbook, sizeof(instance->playbook), "%s", package.name);
    char shown[1024];
    snprintf(shown, sizeof(shown), "%s/playbook.lua", package.folder);
    const struct declare_file file = {"playbook_begin", "playbook.lua", shown};
    const bool ok = declare_run(instance, &file, problems, e) &&
                    instance_collect(instance, "playbook_check", 0, problems, e);
    package_close(&package);
    instance_free(instance);
    return ok && !script_has_errors(problems);
}

void bind_day_edges(struct script *script, const struct day *day)
{
    struct schedule_entry entry = {
        .due_at = day->from_at,
        .name = state_text(script->state, "day start", 9),
        .day = (int32_t)day->id,
        .kind = SCHEDULE_DAY_START,
        .late = LATE_RUN,
    };
    schedule_add(script->core->schedule, &entry);
    entry.due_at = day->until_at;
    entry.name = state_text(script->state, "day end", 7);
    entry.kind = SCHEDULE_DAY_END;
    schedule_add(script->core->schedule, &entry);
}

bool script_start(struct script *script, uint32_t campaign, struct err *e)
{
    struct campaign *row = table_edit(script->state, T_CAMPAIGNS, campaign);
    row->status = 1;
    row->started_at = state_now(script->state);
    for (size_t i = 0; i < script->instance_count; i++) {
        struct instance *instance = script->instances[i];
        if (instance->campaign != campaign) {
            continue;
        }
        bind_day_edges(script, table_get(script->state, T_DAYS, instance->day));
        if (!library_call(instance, "playbook_start", 0, 0, e)) {
            return false;
        }
    }
    script_rest(script);
    return true;
}

// Days that run now are built at once; those to come, and what is left of those that are over, when
// something happens to them: a start needn't wait for all of them.
bool script_load(struct script *script, struct err *e)
{
    struct buf problems;
    buf_init(&problems, 64 * 1024);
    bool ok = true;
    for (uint32_t id = 0; ok && (id = table_next(script->state, T_DAYS, id)) != 0;) {
        const struct day *day = table_get(script->state, T_DAYS, id);
        const struct campaign *campaign =
            table_get(script->state, T_CAMPAIGNS, (uint32_t)day->campaign);
        if (campaign == NULL || campaign->status != 1) {
            continue;
        }
        struct instance *instance = instance_new(script, campaign->id, id);
        script_add_instance(script, instance);
        instance->row = version_find(script, campaign->id, id, 0);
        instance->suspended = day->status == DAY_SUSPENDED;
        ok = day->status != DAY_RUNNING || instance_build(instance, &problems, e);
    }
    buf_deinit(&problems);
    return ok && script_index_groups(script, e);
}

bool script_describe_day(struct script *script, uint32_t day, struct buf *json, struct err *e)
{
    for (size_t i = 0; i < script->instance_count; i++) {
        struct instance *instance = script->instances[i];
        if (instance->day != day) {
            continue;
        }
        if (!instance_ready(instance)) {
            return err_set(e, ERR_INVALID, "%s can't be built again", instance->playbook);
        }
        if (!library_call(instance, "playbook_describe", 0, 1, e)) {
            return false;
        }
        lua_State *L = sandbox_state(instance->box);
        size_t size;
        const char *text = lua_tolstring(L, -1, &size);
        buf_append(json, text, size);
        lua_pop(L, 1);
        return true;
    }
    return err_set(e, ERR_INVALID, "there is no such day");
}
