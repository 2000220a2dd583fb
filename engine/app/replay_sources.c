// Rows of `sources` put together to packages again. Knows the tables' SQL; reads only.

#include "app/replay_sources.h"

#include <stdio.h>
#include <string.h>

static void copy_text(const struct value *value, char *out, size_t size)
{
    const bool has = value->type == VALUE_TEXT || value->type == VALUE_BLOB;
    snprintf(out, size, "%.*s", has ? (int)value->size : 0, has ? value->data : "");
}

static bool on_campaign(void *ctx, const struct store_row *row, struct err *e)
{
    struct replay_campaign *out = ctx;
    (void)e;
    copy_text(&row->values[0], out->name, sizeof(out->name));
    if (row->values[1].type == VALUE_BLOB && row->values[1].size == sizeof(out->seed)) {
        memcpy(out->seed, row->values[1].data, sizeof(out->seed));
    }
    out->rehearsal = row->values[2].integer != 0;
    return true;
}

bool replay_sources_campaign(struct store *store, uint32_t id, struct replay_campaign *out,
                             struct err *e)
{
    const struct value param = {.type = VALUE_INT, .integer = id};
    *out = (struct replay_campaign){.name = ""};
    if (!store_query(store, "SELECT name, seed, rehearsal FROM campaigns WHERE id = ?1", &param, 1,
                     on_campaign, out, e)) {
        return false;
    }
    return out->name[0] != '\0' ||
           err_set(e, ERR_CORRUPT, "the file has no campaign %u, though its journal starts it", id);
}

struct found_version {
    char text[64];
};

static bool on_version(void *ctx, const struct store_row *row, struct err *e)
{
    struct found_version *version = ctx;
    (void)e;
    copy_text(&row->values[0], version->text, sizeof(version->text));
    return true;
}

static bool on_file(void *ctx, const struct store_row *row, struct err *e)
{
    struct package *package = ctx;
    char path[256];
    (void)e;
    copy_text(&row->values[0], path, sizeof(path));
    const struct value *body = &row->values[1];
    const bool has = body->type == VALUE_TEXT || body->type == VALUE_BLOB;
    package_add(package, path, has ? body->data : "", has ? body->size : 0);
    return true;
}

static bool package_of(struct replay_sources *sources, const char *playbook, const char *name,
                       struct package *out, struct err *e)
{
    struct found_version version = {""};
    const struct value params[] = {
        {.type = VALUE_INT, .integer = sources->campaign},
        {.type = VALUE_INT, .integer = sources->number == 0 ? 1 : sources->number},
        {.type = VALUE_TEXT,
         .data = playbook == NULL ? "" : playbook,
         .size = playbook == NULL ? 0 : strlen(playbook)},
    };
    if (!store_query(sources->store,
                     "SELECT version FROM versions WHERE campaign = ?1 AND number <= ?2"
                     " AND playbook = ?3 AND version <> '' ORDER BY number DESC LIMIT 1",
                     params, 3, on_version, &version, e)) {
        return false;
    }
    const struct value param = {
        .type = VALUE_TEXT, .data = version.text, .size = strlen(version.text)};
    package_begin(out, name);
    if (!store_query(sources->store, "SELECT path, body FROM sources WHERE version = ?1", &param, 1,
                     on_file, out, e)) {
        package_close(out);
        return false;
    }
    if (!package_seal(out, e)) {
        return false;
    }
    if (strcmp(out->version, version.text) != 0) {
        package_close(out);
        return err_set(e, ERR_CORRUPT, "the sources of '%s' in the file aren't those it ran", name);
    }
    return true;
}

bool replay_sources_package(void *ctx, const char *playbook, struct package *out, struct err *e)
{
    struct replay_sources *sources = ctx;
    struct replay_campaign campaign;
    char path[1024];
    if (sources->with != NULL && playbook != NULL) {
        const char *const dirs[] = {sources->with, NULL};
        struct err ignored = {0};
        if (package_locate(sources->with, dirs, playbook, path, sizeof(path), &ignored)) {
            sources->replaced++;
            return package_open(path, out, e);
        }
    }
    if (playbook != NULL) {
        return package_of(sources, playbook, playbook, out, e);
    }
    return replay_sources_campaign(sources->store, sources->campaign, &campaign, e) &&
           package_of(sources, NULL, campaign.name, out, e);
}
