// drumbeat status: is it running, what comes next, does anything need a person.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cmd.h"
#include "app/status_view.h"

#define ANSWER_MS 5000
#define NEXT_SHOWN 3

static bool ask(const char *campaign, struct attach_link *link, const struct json_node **answer,
                struct err *e)
{
    char folder[512];
    struct status_asking asking = {0};
    *answer = NULL;
    if (!attach_find(campaign, folder, sizeof(folder), e) || !attach_open(link, folder, false, e)) {
        return false;
    }
    if (!status_view_ask(link, &asking, -1, ANSWER_MS, answer, e)) {
        return false;
    }
    return *answer != NULL ||
           err_set(e, ERR_BUSY, "the engine did not answer within %d s", ANSWER_MS / 1000);
}

// The answer as it is, but for what belongs to the question.
static void put_document(const struct json_node *answer, struct buf *out)
{
    buf_putc(out, '{');
    for (const struct json_node *n = json_child(answer); n != json_end(answer); n = json_next(n)) {
        char name[64];
        snprintf(name, sizeof(name), "%.*s", (int)n->key_size, n->key);
        if (strcmp(name, "id") != 0 && strcmp(name, "ok") != 0) {
            json_key(out, name);
            json_canonical(n, out);
        }
    }
    buf_putc(out, '}');
}

// --- For people. ---

static void put_head(const struct json_node *answer, const struct term *term, struct buf *out)
{
    char name[VIEW_TEXT_MAX], state[VIEW_TEXT_MAX], clock[VIEW_TEXT_MAX], zone[VIEW_TEXT_MAX];
    view_text(answer, "state", state);
    term_style(term, out, TERM_BOLD, view_text(answer, "campaign", name));
    buf_puts(out, "  ");
    term_style(term, out, strcmp(state, "runs") == 0 ? TERM_GOOD : TERM_WARN, state);
    if (view_int(answer, "day.number") > 0) {
        buf_printf(out, ", day %" PRId64 " of %" PRId64, view_int(answer, "day.number"),
                   view_int(answer, "day.of"));
    }
    buf_printf(out, ", %s %s\n", view_text(answer, "time", clock), view_text(answer, "zone", zone));
}

static void put_next(const struct json_node *answer, struct buf *out)
{
    const struct json_node *next = view_node(answer, "next");
    size_t shown = 0;
    if (view_count(answer, "next") == 0) {
        buf_puts(out, "  next    nothing is planned any more\n");
        return;
    }
    for (const struct json_node *n = json_child(next); n != json_end(next) && shown < NEXT_SHOWN;
         n = json_next(n)) {
        char name[VIEW_TEXT_MAX], clock[VIEW_TEXT_MAX], in[24];
        const int64_t groups = view_int(n, "group_count");
        view_span(view_int(n, "in_ms"), in);
        buf_printf(out, "  %-7s %s  %s %-9s %s", shown == 0 ? "next" : "",
                   view_text(n, "time", clock), view_true(n, "held") ? "held" : "in",
                   view_true(n, "held") ? "" : in, view_text(n, "name", name));
        if (groups > 0) {
            buf_printf(out, " (%" PRId64 " group%s)", groups, groups == 1 ? "" : "s");
        }
        buf_putc(out, '\n');
        shown++;
    }
}

static void put_figures(const struct json_node *answer, struct buf *out)
{
    const int64_t waiting = view_int(answer, "outbox.waiting");
    const int64_t commit_us = view_int(answer, "storage.commit_most_us");
    char age[24], kind[VIEW_TEXT_MAX], group[VIEW_TEXT_MAX];
    buf_printf(out, "  lag     %" PRId64 " ms at most in the last 10 s",
               (view_int(answer, "loop.lag_us") + 999) / 1000);
    if (commit_us > 0) {
        buf_printf(out, "; a commit took %" PRId64 " ms at most", (commit_us + 999) / 1000);
    }
    if (waiting == 0) {
        buf_puts(out, "\n  unsent  nothing\n");
    } else {
        view_span(view_int(answer, "outbox.oldest_ms"), age);
        buf_printf(out, "\n  unsent  %" PRId64 ", the oldest for %s (%s %s)\n", waiting, age,
                   view_text(answer, "outbox.oldest_kind", kind),
                   view_text(answer, "outbox.oldest_group", group));
    }
    if (view_int(answer, "backup_at") > 0) {
        view_span(view_int(answer, "at") - view_int(answer, "backup_at"), age);
        buf_printf(out, "  backup  %s ago\n", age);
    }
    buf_printf(out, "  members %" PRId64 ", %" PRId64 " have paid\n",
               view_int(answer, "totals.members"), view_int(answer, "funnel.paid"));
}

static void put_notes(const struct json_node *answer, const char *which, const struct term *term,
                      enum term_style style, struct buf *out)
{
    const struct json_node *notes = view_node(answer, which);
    if (view_count(answer, which) == 0) {
        return;
    }
    for (const struct json_node *n = json_child(notes); n != json_end(notes); n = json_next(n)) {
        char text[VIEW_TEXT_MAX], advice[VIEW_TEXT_MAX];
        buf_puts(out, "  ");
        term_style(term, out, style, style == TERM_BAD ? "! " : "· ");
        term_wrap(out, view_text(n, "text", text), 4, 4, term->width);
        buf_puts(out, "\n    ");
        term_wrap(out, view_text(n, "do", advice), 4, 4, term->width);
        buf_putc(out, '\n');
    }
}

static void put_plain(const struct json_node *answer, const struct term *term, struct buf *out)
{
    put_head(answer, term, out);
    put_next(answer, out);
    put_figures(answer, out);
    put_notes(answer, "alarms", term, TERM_BAD, out);
    put_notes(answer, "notes", term, TERM_PLAIN, out);
    if (view_count(answer, "alarms") == 0) {
        buf_puts(out, "  nothing needs you\n");
    }
}

// One of several engines on a line.
static void put_line(const struct json_node *answer, const char *name, struct buf *out)
{
    char state[VIEW_TEXT_MAX], clock[VIEW_TEXT_MAX], in[24], next[VIEW_TEXT_MAX];
    const struct json_node *list = view_node(answer, "next");
    const size_t alarms = view_count(answer, "alarms");
    buf_printf(out, "%s  %s, %s, ", name, view_text(answer, "state", state),
               view_text(answer, "time", clock));
    if (view_count(answer, "next") > 0) {
        view_span(view_int(json_child(list), "in_ms"), in);
        buf_printf(out, "in %s %s, ", in, view_text(json_child(list), "name", next));
    }
    if (alarms == 0) {
        buf_puts(out, "nothing needs you\n");
    } else {
        buf_printf(out, "%zu alarm%s: drumbeat status %s\n", alarms, alarms == 1 ? "" : "s", name);
    }
}

static int show_one(struct cli *cli, const char *campaign)
{
    struct attach_link link = {.fd = -1};
    const struct json_node *answer;
    struct buf out;
    struct err e = {0};
    int code = EXIT_OK;
    buf_init(&out, TERM_TEXT_MAX);
    if (!ask(campaign, &link, &answer, &e)) {
        cli_warn(cli, "%s", e.text);
        code = e.kind == ERR_BUSY ? EXIT_FAILED : EXIT_NO_ENGINE;
    } else {
        code = view_count(answer, "alarms") > 0 ? EXIT_FAILED : EXIT_OK;
        if (cli_has(cli, "json")) {
            put_document(answer, &out);
            buf_putc(&out, '\n');
        } else {
            put_plain(answer, &cli->out, &out);
        }
        term_flush(&cli->out, &out);
    }
    attach_close(&link);
    buf_deinit(&out);
    return code;
}

static int show_all(struct cli *cli, char *const *names, size_t count)
{
    const bool json = cli_has(cli, "json");
    struct buf out;
    int code = EXIT_OK;
    buf_init(&out, TERM_TEXT_MAX);
    buf_puts(&out, json ? "{\"schema\":\"drumbeat.engines/1\",\"engines\":[" : "");
    for (size_t i = 0; i < count; i++) {
        struct attach_link link = {.fd = -1};
        const struct json_node *answer;
        struct err e = {0};
        if (!ask(names[i], &link, &answer, &e)) {
            cli_warn(cli, "%s: %s", names[i], e.text);
            code = EXIT_FAILED;
        } else {
            code = view_count(answer, "alarms") > 0 ? EXIT_FAILED : code;
            if (json) {
                json_comma(&out);
                put_document(answer, &out);
            } else {
                put_line(answer, names[i], &out);
            }
        }
        attach_close(&link);
    }
    buf_puts(&out, json ? "]}\n" : "");
    term_flush(&cli->out, &out);
    buf_deinit(&out);
    return code;
}

int cmd_status(struct cli *cli)
{
    const char *campaign = cli_arg(cli, 0, NULL);
    char **names = NULL;
    const size_t count = campaign == NULL ? attach_engines(&names) : 0;
    const int code = count > 1 ? show_all(cli, names, count) : show_one(cli, campaign);
    for (size_t i = 0; i < count; i++) {
        free(names[i]);
    }
    free(names);
    return code;
}
