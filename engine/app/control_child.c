// Questions that take seconds: the program itself answers them, as a child that gives way to the
// engine and works on a copy of the database. The loop only waits for what it prints.
#include "app/control_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHILD_TEXT_MAX ((size_t)1 << 20)
#define CHILD_ARGS_MAX 24
#define CHILDREN_MAX 2  // At a time.

struct control_child {
    struct control *control;
    struct control_client *client;  // NULL: it has gone away, or interrupted it.
    struct control_child *next;
    struct lines *lines;
    int64_t id;
    struct buf text;
};

static void child_line(void *ctx, const char *line, size_t size)
{
    struct control_child *child = ctx;
    buf_append(&child->text, line, size);
    buf_putc(&child->text, '\n');
}

static void child_answer(struct control_child *child, int exit_status)
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
    json_key(out, exit_status == 0 ? "text" : "error");
    json_put_text(out, child->text.size == 0 ? "" : child->text.data, child->text.size);
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
        child_answer(child, exit_status);
    }
    buf_deinit(&child->text);
    free(child);
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
        buf_deinit(&child->text);
        free(child);
    }
}

// argv after the program's name, ended by NULL. What it complains of is part of the answer.
static bool child_start(struct ask *ask, const char *const *args, struct err *e)
{
    char program[64];
    char shell[96];
    const char *argv[CHILD_ARGS_MAX + 5] = {"/bin/sh", "-c", shell, program};
    struct control *control = ask->control;
    size_t running = 0;
    for (struct control_child *child = control->children; child != NULL; child = child->next) {
        running++;
    }
    if (running >= CHILDREN_MAX) {
        return err_set(e, ERR_BUSY, "%zu such questions are being answered: wait for them",
                       running);
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
    buf_init(&child->text, CHILD_TEXT_MAX);
    const struct lines_events events = {
        .on_line = child_line, .on_close = child_closed, .ctx = child, .line_max = 1 << 20};
    if (!lines_spawn(control->loop, argv, NULL, &events, &child->lines, e)) {
        buf_deinit(&child->text);
        free(child);
        return false;
    }
    child->next = control->children;
    control->children = child;
    return true;
}

// "text": the change, "runs", "seed", "until": as of drumbeat whatif.
void op_whatif(struct ask *ask)
{
    char runs[32];
    char seed[32];
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
    const char *const args[] = {"whatif",
                                "--db",
                                store_path(ask->engine->store),
                                "--campaign",
                                state_get_text(ask->engine->state, row->name),
                                "--runs",
                                runs,
                                "--seed",
                                seed,
                                "-q",
                                when.size == 0 ? "--" : "--until",
                                when.size == 0 ? line : until,
                                when.size == 0 ? NULL : "--",
                                line,
                                NULL};
    if (!ok || !child_start(ask, args, &e)) {
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
    if (!child_start(ask, args, &e)) {
        answer_fail(ask, &e);
    }
}
