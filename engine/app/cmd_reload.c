// drumbeat reload: an edited campaign takes over from the one that runs: shows what would follow,
// asks, does it. The engine that runs does the work (op "reload" of its operators' socket); with
// --db, and no engine on the file, this process does. With --dry as well it works on a copy, which
// is also how an engine has files looked at that nobody has run yet.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/attach_reload.h"
#include "app/cmd.h"
#include "app/paths.h"
#include "app/reload.h"
#include "app/stuck.h"
#include "loop/loop.h"
#include "script/data.h"

#define ANSWER_MAX ((size_t)16 << 20)
#define PATH_SIZE 4096

struct asking {
    struct cli *cli;
    char folder[PATH_SIZE];
    int64_t back;  // 0: the folder.
    bool offline;
    struct attach_link link;
    struct engine engine;
    struct paths paths;
    struct json_reader *reader;
    struct buf out;
};

// --- The file, when no engine has it. ---

static uint32_t running_campaign(const struct state *state)
{
    uint32_t found = 0;
    for (uint32_t id = 0; (id = table_next(state, T_CAMPAIGNS, id)) != 0;) {
        found =
            ((const struct campaign *)table_get(state, T_CAMPAIGNS, id))->status == 1 ? id : found;
    }
    return found;
}

static bool open_file(struct asking *asking, struct err *e)
{
    struct cli *cli = asking->cli;
    const bool dry = cli_has(cli, "dry");
    paths_init(&asking->paths, asking->folder);
    if (dry && nice(5) < 0) {
        ;  // Then it doesn't give way to an engine.
    }
    const struct engine_options options = {
        .path = dry ? NULL : cli_text(cli, "db", ""),
        .copy_of = dry ? cli_text(cli, "db", "") : NULL,
        .drop_journal = dry,
        .judges = dry,
        .playbook_dirs = (const char *const *)asking->paths.dirs,
        .lua_dir = data_lua_dir(),
    };
    return engine_open(&asking->engine, &options, e);
}

static bool ask_file(struct asking *asking, const char *token, const struct json_node **answer,
                     struct err *e)
{
    struct buf *out = &asking->out;
    const char *user = getenv("USER");
    struct err why = {0};
    const struct reload_ask ask = {
        .campaign = running_campaign(asking->engine.state),
        .folder = slice_of(asking->back == 0 ? asking->folder : ""),
        .number = (int32_t)asking->back,
        .token = slice_of(token == NULL ? "" : token),
        .by = user == NULL || user[0] == '\0' ? "operator" : user,
        .at_ms = stuck_now_ms(&asking->engine),
    };
    buf_clear(out);
    buf_putc(out, '{');
    const clock_t from = clock();
    const bool ok = reload_answer(&asking->engine, &ask, out, &why);
    json_key(out, "holds_ms");
    json_put_int(out, (int64_t)(clock() - from) * 1000 / CLOCKS_PER_SEC);
    json_key(out, "ok");
    buf_puts(out, ok ? "true" : "false");
    json_key(out, "error");
    json_put_z(out, why.text);
    json_key(out, "kind");
    json_put_z(out, why.kind == ERR_INVALID ? "invalid" : "refused");
    buf_putc(out, '}');
    return json_parse(asking->reader, out->data, out->size, answer, e);
}

static bool ask(struct asking *asking, const char *token, const struct json_node **answer,
                struct err *e)
{
    return asking->offline
               ? ask_file(asking, token, answer, e)
               : attach_ask_reload(&asking->link, asking->folder, asking->back, token, answer, e);
}

// --- What came back. ---

static void put_text(FILE *file, struct slice text)
{
    if (text.size > 0) {
        fwrite(text.data, 1, text.size, file);
    }
}

// Also of what is refused: "ok" says which, and then "error" and "problems" say why.
static void print_json(const struct json_node *answer)
{
    static const char *const MEMBERS[] = {"applied", "plan",     "ok",   "empty", "token",
                                          "text",    "problems", "kind", "error", "holds_ms"};
    struct buf out;
    buf_init(&out, ANSWER_MAX);
    buf_puts(&out, "{\"schema\":\"drumbeat.reload/1\"");
    for (size_t i = 0; i < sizeof(MEMBERS) / sizeof(MEMBERS[0]); i++) {
        const struct json_node *member = json_field(answer, MEMBERS[i]);
        if (member != NULL && !json_text_is(member, "")) {
            json_key(&out, MEMBERS[i]);
            json_canonical(member, &out);
        }
    }
    buf_puts(&out, "}\n");
    fwrite(out.data, 1, out.size, stdout);
    buf_deinit(&out);
}

static int refused(struct asking *asking, const struct json_node *answer)
{
    const struct slice why = attach_text(answer, "error");
    const struct slice kind = attach_text(answer, "kind");
    if (cli_has(asking->cli, "json")) {
        print_json(answer);
    } else {
        put_text(stderr, attach_text(answer, "problems"));
        cli_warn(asking->cli, "not reloaded: %.*s", (int)why.size, why.data);
    }
    return slice_is(kind, "invalid") ? EXIT_INVALID : EXIT_FAILED;
}

// Shown already; now for real, if it is still that.
static int apply(struct asking *asking, const char *token)
{
    const struct json_node *answer;
    struct err e = {0};
    if (!ask(asking, token, &answer, &e)) {
        return cli_fail(asking->cli, &e);
    }
    if (!attach_is(answer, "ok")) {
        return refused(asking, answer);
    }
    if (cli_has(asking->cli, "json")) {
        print_json(answer);
    } else {
        const struct json_node *plan = json_field(answer, "plan");
        printf("reloaded: version %lld runs\n", (long long)json_field(plan, "number")->integer);
    }
    return EXIT_OK;
}

static int plan_and_apply(struct asking *asking)
{
    struct cli *cli = asking->cli;
    const struct json_node *answer;
    char token[32];
    struct err e = {0};
    if (!ask(asking, NULL, &answer, &e)) {
        return cli_fail(cli, &e);
    }
    if (!cli_has(cli, "json")) {
        attach_reload_from(asking->folder, asking->back, answer);
    }
    if (!attach_is(answer, "ok")) {
        return refused(asking, answer);
    }
    const bool empty = attach_is(answer, "empty");
    const bool dry = cli_has(cli, "dry");
    const struct slice known = attach_text(answer, "token");
    snprintf(token, sizeof(token), "%.*s", (int)known.size, known.data);
    if (!cli_has(cli, "json")) {
        put_text(stdout, attach_text(answer, "text"));
        attach_reload_holds(answer);
    } else if (dry || empty) {
        print_json(answer);
    }
    if (empty || dry) {
        return empty ? EXIT_OK : EXIT_DIFFERENT;
    }
    const int asked = cli_confirm(cli,
                                  "This takes over at once; the version before can be had "
                                  "back with --back.",
                                  "reload");
    return asked == EXIT_OK ? apply(asking, token) : asked;
}

// Without an engine there is none that it was started with.
static bool find_folder(struct asking *asking, struct err *e)
{
    const char *given = cli_arg(asking->cli, 0, asking->offline ? "." : "");
    return attach_reload_folder(given, asking->folder, sizeof(asking->folder)) ||
           err_set(e, ERR_INVALID, "there is no folder %s", given);
}

static int with_file(struct asking *asking)
{
    struct err e = {0};
    if (!open_file(asking, &e)) {
        return cli_fail(asking->cli, &e);
    }
    int code = plan_and_apply(asking);
    if (!engine_close(&asking->engine, &e) && code == EXIT_OK) {
        code = cli_fail(asking->cli, &e);
    }
    return code;
}

static int with_engine(struct asking *asking)
{
    char folder[512];
    struct err e = {0};
    if (!attach_find(cli_text(asking->cli, "campaign", NULL), folder, sizeof(folder), &e) ||
        !attach_open(&asking->link, folder, true, &e)) {
        cli_warn(asking->cli, "%s", e.text);
        return e.kind == ERR_INVALID ? EXIT_USAGE : EXIT_NO_ENGINE;
    }
    const int code = plan_and_apply(asking);
    attach_close(&asking->link);
    return code;
}

int cmd_reload(struct cli *cli)
{
    struct asking *asking = xcalloc(1, sizeof(*asking));
    struct err e = {0};
    asking->cli = cli;
    asking->back = cli_number(cli, "back", 0);
    asking->offline = cli_has(cli, "db");
    asking->reader = json_reader_new(ANSWER_MAX);
    buf_init(&asking->out, ANSWER_MAX);
    const bool found = find_folder(asking, &e);
    const int code = !found            ? cli_fail(cli, &e)
                     : asking->offline ? with_file(asking)
                                       : with_engine(asking);
    paths_deinit(&asking->paths);
    buf_deinit(&asking->out);
    json_reader_free(asking->reader);
    free(asking);
    return code;
}
