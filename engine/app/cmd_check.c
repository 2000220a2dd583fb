// drumbeat check: loads and binds without running, one verdict line each.
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "app/ask.h"
#include "app/cmd.h"
#include "app/engine.h"
#include "app/paths.h"
#include "base/json.h"
#include "script/data.h"

#define PROBLEMS_MAX ((size_t)1 << 20)

static bool exists(const char *folder, const char *file)
{
    char path[4096];
    struct stat info;
    const int size = snprintf(path, sizeof(path), "%s/%s", folder, file);
    return size > 0 && (size_t)size < sizeof(path) && stat(path, &info) == 0;
}

// A file given instead of its folder means the folder.
static void folder_of(const char *given, char *out, size_t size)
{
    snprintf(out, size, "%s", given);
    const char *slash = strrchr(out, '/');
    const char *name = slash == NULL ? out : slash + 1;
    if (strcmp(name, "campaign.lua") == 0 || strcmp(name, "playbook.lua") == 0) {
        if (slash == NULL) {
            snprintf(out, size, ".");
        } else {
            out[slash - out] = '\0';
        }
    }
}

// A file that is there and no Lua: nothing to check.
static bool is_other_file(const char *path)
{
    struct stat info;
    const char *dot = strrchr(path, '.');
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) &&
           (dot == NULL || strcmp(dot, ".lua") != 0);
}

// Why there is nothing to check here, and what to check instead.
static bool nothing_here(const char *given, struct err *e)
{
    struct stat info;
    DIR *dir = NULL;
    if (given[0] == '\0' || stat(given, &info) != 0) {
        return err_set(e, ERR_INVALID, "'%s': %s", given,
                       given[0] != '\0' && errno == EACCES ? "no right to read it"
                                                           : "there is no such folder");
    }
    if (!S_ISDIR(info.st_mode)) {
        return err_set(e, ERR_INVALID,
                       is_other_file(given)
                           ? "%s is no playbook and no campaign: give the folder of one"
                           : "%s is part of a playbook or campaign: check the folder that it is in",
                       given);
    }
    dir = opendir(given);
    if (dir == NULL) {
        return err_set(e, ERR_INVALID, "%s: no right to read it", given);
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[4096];
        const int size = snprintf(path, sizeof(path), "%s/%s", given, entry->d_name);
        if (entry->d_name[0] != '.' && size > 0 && (size_t)size < sizeof(path) &&
            exists(path, "playbook.lua")) {
            closedir(dir);
            return err_set(e, ERR_INVALID, "%s holds playbooks: write %s/*", given, given);
        }
    }
    closedir(dir);
    return err_set(e, ERR_INVALID, "%s: no campaign.lua and no playbook.lua in it", given);
}

static bool check_campaign(struct engine *engine, const char *folder, bool ask,
                           struct buf *problems, struct err *e)
{
    uint32_t campaign;
    if (!engine_start(engine, folder, NULL, 1, true, &campaign, problems, e)) {
        return false;
    }
    const size_t before = problems->size;
    if (ask) {
        connectors_ask(engine->state, folder, problems);
    }
    return problems->size == before || err_set(e, ERR_INVALID, "a connector is not fit for it");
}

static bool check_playbook(struct engine *engine, const char *folder, struct buf *problems,
                           struct err *e)
{
    state_begin(engine->state, 1);
    const bool ok = script_check_playbook(engine->script, folder, problems, e);
    state_drop(engine->state);
    return ok;
}

static bool check_one(const char *folder, bool ask, struct buf *problems, struct err *e)
{
    struct engine engine;
    struct paths paths;
    paths_init(&paths, folder);
    const struct engine_options options = {
        .drop_journal = true,
        .forgets = true,
        .rehearsal = true,
        .playbook_dirs = (const char *const *)paths.dirs,
        .lua_dir = data_lua_dir(),
    };
    bool ok = engine_open(&engine, &options, e);
    if (ok) {
        if (exists(folder, "campaign.lua")) {
            ok = check_campaign(&engine, folder, ask, problems, e);
        } else if (exists(folder, "playbook.lua")) {
            ok = check_playbook(&engine, folder, problems, e);
        } else {
            ok = nothing_here(folder, e);
        }
        struct err ignored = {0};
        (void)engine_close(&engine, &ignored);
    }
    paths_deinit(&paths);
    return ok;
}

static void print_lines(const struct buf *problems)
{
    if (problems->size > 0) {
        fwrite(problems->data, 1, problems->size, stdout);
    }
}

static void put_json(struct buf *out, const char *path, bool ok, const struct buf *problems)
{
    json_comma(out);
    buf_putc(out, '{');
    json_key(out, "path");
    json_put_z(out, path);
    json_key(out, "ok");
    buf_puts(out, ok ? "true" : "false");
    json_key(out, "problems");
    buf_putc(out, '[');
    const char *at = problems->size > 0 ? problems->data : "";
    while (*at != '\0') {
        const size_t size = strcspn(at, "\n");
        json_comma(out);
        json_put_text(out, at, size);
        at += size + (at[size] == '\n');
    }
    buf_puts(out, "]}");
}

int cmd_check(struct cli *cli)
{
    struct buf json;
    struct buf problems;
    int code = EXIT_OK;
    const size_t count = cli->arg_count == 0 ? 1 : cli->arg_count;
    buf_init(&json, (size_t)16 << 20);
    buf_init(&problems, PROBLEMS_MAX);
    buf_puts(&json, "{\"schema\":\"drumbeat.check/1\",\"checked\":[");
    for (size_t i = 0; i < count; i++) {
        char folder[4096];
        struct err e = {0};
        const char *given = cli_arg(cli, i, ".");
        if (count > 1 && is_other_file(given)) {
            continue;  // playbooks/* names a README too.
        }
        folder_of(given, folder, sizeof(folder));
        buf_clear(&problems);
        const bool ok = check_one(folder, cli_has(cli, "connectors"), &problems, &e);
        code = ok ? code : EXIT_INVALID;
        if (!ok && !script_has_errors(&problems)) {
            buf_printf(&problems, "%s\n", e.text);
        }
        if (cli_has(cli, "json")) {
            put_json(&json, given, ok, &problems);
            continue;
        }
        print_lines(&problems);
        printf("%s: %s\n", given, ok ? "ok" : "has mistakes");
    }
    if (cli_has(cli, "json")) {
        buf_puts(&json, "]}\n");
        fwrite(json.data, 1, json.size, stdout);
    }
    buf_deinit(&json);
    buf_deinit(&problems);
    return code;
}
