// See asked_db.h.
#include "app/asked_db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/attach_link.h"

static bool is_running(const char *name)
{
    char **names;
    bool found = false;
    const size_t count = attach_engines(&names);
    for (size_t i = 0; i < count; i++) {
        found |= strcmp(names[i], name) == 0;
        free(names[i]);
    }
    free(names);
    return found;
}

// Where the engine keeps it: its answer to hello.
static bool ask_engine(struct asked_db *out, struct err *e)
{
    char folder[512];
    struct attach_link link;
    const struct json_node *answer;
    if (!attach_find(out->campaign, folder, sizeof(folder), e) ||
        !attach_open(&link, folder, false, e)) {
        return false;
    }
    bool ok = attach_ask(&link, "\"op\":\"hello\"", &answer, e);
    if (ok) {
        const struct slice path = attach_text(answer, "db");
        snprintf(out->path, sizeof(out->path), "%.*s", (int)path.size,
                 path.size == 0 ? "" : path.data);
        ok = path.size > 0 || err_set(e, ERR_FAULT, "the engine at %s names no database", folder);
    }
    attach_close(&link);
    return ok;
}

int asked_db(struct cli *cli, size_t others_max, struct asked_db *out)
{
    struct err e = {0};
    const char *db = cli_text(cli, "db", NULL);
    *out = (struct asked_db){.campaign = cli_text(cli, "campaign", NULL), .runs = db == NULL};
    if (db != NULL) {
        snprintf(out->path, sizeof(out->path), "%s", db);
    } else if (out->campaign == NULL && cli->arg_count > 0 &&
               (cli->arg_count > others_max || is_running(cli_arg(cli, 0, "")))) {
        out->campaign = cli_arg(cli, 0, NULL);
        out->first = 1;
    }
    if (cli->arg_count - out->first > others_max) {
        return cli_usage(cli, "'%s' is one argument too many",
                         cli_arg(cli, cli->arg_count - 1, ""));
    }
    if (db == NULL && !ask_engine(out, &e)) {
        cli_warn(cli, "%s%s", e.text, e.kind == ERR_INVALID ? "" : "; --db FILE asks a file");
        return e.kind == ERR_INVALID ? EXIT_USAGE : EXIT_NO_ENGINE;
    }
    return EXIT_OK;
}
