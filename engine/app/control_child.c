// Questions that take seconds: the program itself answers them, as a child that gives way to the
// engine and works on a copy of the database. The loop only waits for what it prints.
#include "app/control_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/reload.h"
#include "app/whatif.h"
#include "loop/loop.h"

#define CHILD_TEXT_MAX ((size_t)2 << 20)
#define CHILD_ARGS_MAX 24
#define CHILDREN_MAX 2  // At a time.

struct control_child {
    struct control *control;
    struct control_client *client;  // NULL: it has gone away, or interrupted it.
    struct control_child *next;
    struct lines *lines;
    int64_t id;
    struct buf text;
    void (*answer)(struct control_child *child, int exit_status);
    // Of a reload: what was asked.
    char *folder, *token;
    int32_t version;
};

static void child_free(struct control_child *child)
{
    buf_deinit(&child->text);
    free(child->folder);
    free(child->token);
    free(child);
}

static void child_line(void *ctx, const char *line, size_t size)
{
    struct control_child *child = ctx;
    buf_append(&child->text, line, size);
    buf_putc(&child->text, '\n');
}

// What it printed, as text for a person.
static void answer_text(struct control_child *child, int exit_status)
{
    struct buf *out = &child->control->out;
    buf_clear(out);
    buf_printf(out, "{\"id\":%lld,\"ok\":%s", (long long)child->id,
               exit_status == 0 ? "true" : "false");
    if (exit_status == 0) {
        json_key(out, "class");
        json_put_z(out, "look");
    } else {
        json_key(out, "kind");
        json_put_z(out, "fault");
    }
    size_t size = child->text.size;
    if (exit_status != 0 && size > 0 && child->text.data[size - 1] == '\n') {
        size--;  // An error is a sentence.
    }
    json_key(out, exit_status == 0 ? "text" : "error");
    json_put_text(out, size == 0 ? "" : child->text.data, size);
    json_key(out, "applied");
    buf_puts(out, "false}");
    control_send(child->client, false);
}

static void child_closed(void *ctx, int exit_status, const struct err *why)
{
    struct control_child *child = ctx;
    struct control_child **place = &child->control->children;
    (void)why;
    while (*place != child) {
        place = &(*place)->next;
    }
    *place = child->next;
    if (child->client != NULL) {
        child->answer(child, exit_status);
    }
    child_free(child);
}

void control_child_stop(struct control *control, const struct control_client *client)
{
    for (struct control_child *child = control->children; child != NULL; child = child->next) {
        if (client == NULL || child->client == client) {
            child->client = NULL;
            lines_close(child->lines);
        }
    }
}

void control_child_free(struct control *control)
{
    while (control->children != NULL) {
        struct control_child *child = control->children;
        control->children = child->next;
        child_free(child);
    }
}

// argv after the program's name, ended by NULL. What it complains of is part of the answer. NULL
// with `e`: it can't be asked.
static struct control_child *child_start(struct ask *ask, const char *const *args, size_t at_most,
                                         struct err *e)
{
    char program[64];
    char shell[96];
    const char *argv[CHILD_ARGS_MAX + 5] = {"/bin/sh", "-c", shell, program};
    struct control *control = ask->control;
    size_t running = 0;
    for (struct control_child *child = control->children; child != NULL; child = child->next) {
        running++;
    }
    if (running >= at_most) {
        err_set(e, ERR_BUSY, "%zu such questions are being answered: wait for them", running);
        return NULL;
    }
    snprintf(program, sizeof(program), "/proc/%ld/exe", (long)getpid());
    snprintf(shell, sizeof(shell), "COLUMNS=%d exec \"$0\" \"$@\" 2>&1",
             (int)ask_int(ask, "width", 80));
    for (size_t i = 0; args[i] != NULL; i++) {
        CHECK(i < CHILD_ARGS_MAX);
        argv[4 + i] = args[i];
    }
    struct control_child *child = xcalloc(1, sizeof(*child));
    child->control = control;
    child->client = ask->client;
    child->id = ask->id;
    child->answer = answer_text;
    buf_init(&child->text, CHILD_TEXT_MAX);
    const struct lines_events events = {
        .on_line = child_line, .on_close = child_closed, .ctx = child, .line_max = CHILD_TEXT_MAX};
    if (!lines_spawn(control->loop, argv, NULL, &events, &child->lines, e)) {
        child_free(child);
        return NULL;
    }
    child->next = control->children;
    control->children = child;
    return child;
}

// "text": the change, "runs", "seed", "until": as of drumbeat whatif.
void op_whatif(struct ask *ask)
{
    char runs[32];
    char seed[32];
    char jobs[32];
    char line[4096];
    char until[64];
    struct tweak_view view;
    struct err e = {0};
    struct slice when = ask_text(ask, "until");
    const struct campaign *row =
        table_get(ask->engine->state, T_CAMPAIGNS, ask->control->options.campaign);
    if (ask->text.size >= sizeof(line) || when.size >= sizeof(until)) {
        answer_fail_text(ask, "the line is too long for a what-if");
        return;
    }
    const struct event event = control_event(ask, "apply");
    tweak_view_init(&view);
    const bool ok = tweak_preview(ask->engine, &event, &view, &e) &&
                    (view.about.class != TWEAK_LOOK ||
                     err_set(&e, ERR_INVALID, "whatif: the line changes nothing"));
    tweak_view_deinit(&view);
    snprintf(line, sizeof(line), "%.*s", (int)ask->text.size, ask->text.data);
    snprintf(until, sizeof(until), "%.*s", (int)when.size, when.size == 0 ? "" : when.data);
    snprintf(runs, sizeof(runs), "%lld", (long long)ask_int(ask, "runs", 20));
    snprintf(seed, sizeof(seed), "%lld", (long long)ask_int(ask, "seed", 1));
    snprintf(jobs, sizeof(jobs), "%d", whatif_jobs_beside());
    const char *const args[] = {"whatif",
                                "--db",
                                store_path(ask->engine->store),
                                "--campaign",
                                state_get_text(ask->engine->state, row->name),
                                "--runs",
                                runs,
                                "--seed",
                                seed,
                                "--jobs",
                                jobs,
                                "--idle",
                                "-q",
                                when.size == 0 ? "--" : "--until",
                                when.size == 0 ? line : until,
                                when.size == 0 ? NULL : "--",
                                line,
                                NULL};
    if (!ok || child_start(ask, args, CHILDREN_MAX, &e) == NULL) {
        answer_fail(ask, &e);
    }
}

// The next word or quoted text at `at`, copied out; where it ends.
static const char *next_word(const char *at, const char *end, char *out, size_t size)
{
    while (at < end && strchr(" (,", *at) != NULL) {
        at++;
    }
    const char quote = at < end && (*at == '"' || *at == '\'') ? *at++ : '\0';
    size_t used = 0;
    while (at < end && (quote != '\0' ? *at != quote : strchr(" ,)", *at) == NULL)) {
        if (used + 1 < size) {
            out[used++] = *at;
        }
        at++;
    }
    out[used] = '\0';
    return at < end ? at + 1 : at;
}

// "text": MEMBER THING, or ("MEMBER", "THING"): as of drumbeat why.
void op_why(struct ask *ask)
{
    char member[512];
    char thing[512];
    struct err e = {0};
    const char *const end = ask->text.data + ask->text.size;
    const char *at = next_word(ask->text.data, end, member, sizeof(member));
    (void)next_word(at, end, thing, sizeof(thing));
    if (member[0] == '\0') {
        answer_fail_text(ask, "why: of whom? why(\"u-17\", \"voucher\")");
        return;
    }
    const char *const args[] = {"why", "--db", store_path(ask->engine->store),  "-q",
                                "--",  member, thing[0] == '\0' ? NULL : thing, NULL};
    if (child_start(ask, args, CHILDREN_MAX, &e) == NULL) {
        answer_fail(ask, &e);
    }
}

// --- Reload. Files that nobody has run yet may spin or eat memory: the child runs them first, and
// the loop only what the child found to be good, at once. ---

// As the child told it.
static void relay_plan(struct ask *ask, const struct control_child *child,
                       const struct json_node *root, bool ok)
{
    struct buf *out = answer_begin(ask, ok);
    json_key(out, "folder");
    json_put_z(out, child->folder);
    for (const struct json_node *n = json_child(root); n != json_end(root); n = json_next(n)) {
        const struct slice key = {n->key, n->key_size};
        if (!slice_is(key, "schema") && !slice_is(key, "ok")) {
            char name[32];
            snprintf(name, sizeof(name), "%.*s", (int)key.size, key.data);
            json_key(out, name);
            json_canonical(n, out);
        }
    }
    answer_end(ask, false);
}

static void take_over(struct ask *ask, const struct control_child *child)
{
    struct buf told;
    struct err e = {0};
    const struct reload_ask reload = {.campaign = ask->control->options.campaign,
                                      .folder = slice_of(child->folder),
                                      .number = child->version,
                                      .token = slice_of(child->token),
                                      .by = ask->client->user,
                                      .at_ms = ask->at_ms};
    buf_init(&told, CHILD_TEXT_MAX);
    const bool ok = reload_answer(ask->engine, &reload, &told, &e);
    struct buf *out = answer_begin(ask, ok);
    if (!ok) {
        answer_put_error(out, &e);
    }
    buf_printf(out, ",%s", told.data);
    buf_deinit(&told);
    answer_end(ask, ok);
}

static void answer_plan(struct ask *ask, const struct control_child *child,
                        const struct json_node *root)
{
    const struct json_node *token = json_field(root, "token");
    const struct json_node *good = json_field(root, "ok");
    const bool ok = good != NULL && good->type == JSON_TRUE;
    if (!ok || child->token[0] == '\0') {
        relay_plan(ask, child, root, ok);
    } else if (token == NULL ||
               !slice_is((struct slice){token->text, token->text_size}, child->token)) {
        struct err e;
        err_set(&e, ERR_REFUSED,
                "the files or what runs have changed since this was shown: look again");
        answer_fail(ask, &e);
    } else {
        take_over(ask, child);
    }
}

static void answer_reload(struct control_child *child, int exit_status)
{
    struct json_reader *reader = json_reader_new(CHILD_TEXT_MAX);
    const struct json_node *root;
    struct err e = {0};
    struct ask ask = {.client = child->client,
                      .control = child->control,
                      .engine = child->control->engine,
                      .id = child->id,
                      .at_ms = loop_wall_ms()};
    (void)exit_status;  // The document says it.
    if (json_parse(reader, child->text.data, child->text.size, &root, &e) &&
        root->type == JSON_OBJECT) {
        answer_plan(&ask, child, root);
    } else {
        err_set(&e, ERR_FAULT, "the files couldn't be looked at: %.300s",
                child->text.size == 0 ? "nothing was said" : child->text.data);
        answer_fail(&ask, &e);
    }
    json_reader_free(reader);
}

static char *text_copy(struct slice text)
{
    return xstrndup(text.size == 0 ? "" : text.data, text.size);
}

// "folder": the edited campaign's, or "version": an earlier one; neither: the folder that the
// engine was started with; "token": as shown, to do it.
void op_reload(struct ask *ask)
{
    char number[16];
    struct err e = {0};
    char *folder = text_copy(ask_text(ask, "folder"));
    const int32_t version = (int32_t)ask_int(ask, "version", 0);
    if (folder[0] == '\0' && version == 0 && ask->control->options.home != NULL) {
        free(folder);
        folder = xstrdup(ask->control->options.home);
    }
    snprintf(number, sizeof(number), "%d", version);
    const char *const back[] = {"reload", "--db",   store_path(ask->engine->store),
                                "--dry",  "--json", "-q",
                                "--back", number,   NULL};
    const char *const edit[] = {"reload", "--db",   store_path(ask->engine->store),
                                "--dry",  "--json", "-q",
                                "--",     folder,   NULL};
    struct control_child *child =
        child_start(ask, folder[0] == '\0' ? back : edit, CHILDREN_MAX + 1, &e);
    if (child == NULL) {
        free(folder);
        answer_fail(ask, &e);
        return;
    }
    child->answer = answer_reload;
    child->folder = folder;
    child->token = text_copy(ask_text(ask, "token"));
    child->version = version;
}
