// Asking connectors what they can do, before anything is sent.
#include "app/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/outbox.h"
#include "link/dcp.h"
#include "loop/loop.h"

#define HELLO_WAIT_MS 5000

bool connector_read_command(const struct state *state, const struct connector *row,
                            const char **argv, struct err *e)
{
    struct json_reader *reader = json_reader_new(65536);
    const struct json_node *root;
    size_t count = 0;
    bool ok = json_parse(reader, row->command->data, row->command->size, &root, e) &&
              root->type == JSON_ARRAY;
    for (const struct json_node *n = ok ? json_child(root) : NULL; ok && n != json_end(root);
         n = json_next(n)) {
        ok = n->type == JSON_TEXT && count < CONNECTOR_ARGS_MAX;
        if (ok) {
            argv[count++] = xstrndup(n->text, n->text_size);
        }
    }
    argv[count] = NULL;
    json_reader_free(reader);
    return (ok && count > 0) ||
           err_set(e, ERR_INVALID,
                   "connector '%s': command is a list of a program and at most %d arguments",
                   state_get_text(state, row->name), CONNECTOR_ARGS_MAX - 1);
}

size_t connector_put_missing(const struct state *state, const struct connector *row, uint32_t caps,
                             struct buf *out)
{
    struct err ignored = {0};
    struct json_reader *reader = json_reader_new(65536);
    const struct json_node *root;
    size_t missing = 0;
    if (row->needs == NULL ||
        !json_parse(reader, row->needs->data, row->needs->size, &root, &ignored) ||
        root->type != JSON_OBJECT) {
        json_reader_free(reader);
        return 0;  // An empty table is written as a list.
    }
    for (uint32_t op = 0; outbox_op_names[op] != NULL; op++) {
        const struct json_node *need = json_field(root, outbox_op_names[op]);
        if (need != NULL && need->type == JSON_TEXT && (caps & (UINT32_C(1) << op)) == 0) {
            buf_printf(out, "%.*s needs '%s', which connector '%s' can't\n", (int)need->text_size,
                       need->text, outbox_op_names[op], state_get_text(state, row->name));
            missing++;
        }
    }
    json_reader_free(reader);
    return missing;
}

// One connector being asked.
struct asked {
    const struct state *state;
    const struct connector *row;
    struct loop *loop;
    struct dcp *dcp;
    struct lines *lines;
    struct buf *problems;
    bool greeted;
};

static void put_fault(const struct asked *asked, const char *what)
{
    buf_printf(asked->problems, "connector '%s': %s\n",
               state_get_text(asked->state, asked->row->name), what);
}

static void on_line(void *ctx, const char *line, size_t size)
{
    struct asked *asked = ctx;
    struct dcp_message message;
    struct err e = {0};
    if (asked->greeted || size == 0) {
        return;
    }
    if (!dcp_parse(asked->dcp, line, size, 2, &message, &e)) {
        put_fault(asked, e.text);
    } else if (message.type == DCP_HELLO) {
        (void)connector_put_missing(asked->state, asked->row, message.caps, asked->problems);
    } else {
        return;  // What it tells before it has greeted is for another time.
    }
    asked->greeted = true;
    lines_close(asked->lines);
}

static void on_too_long(void *ctx, const char *start, size_t size)
{
    (void)ctx;
    (void)start;
    (void)size;
}

static void on_drained(void *ctx)
{
    (void)ctx;
}

static void on_close(void *ctx, int exit_status, const struct err *why)
{
    struct asked *asked = ctx;
    (void)why;
    asked->lines = NULL;
    if (!asked->greeted) {
        char text[80];
        snprintf(text, sizeof(text), "it ended without a hello (exit %d)", exit_status);
        put_fault(asked, text);
    }
    loop_stop(asked->loop);
}

static void on_alarm(void *ctx)
{
    struct asked *asked = ctx;
    if (!asked->greeted && asked->lines != NULL) {
        asked->greeted = true;
        put_fault(asked, "it said no hello within 5 s");
        lines_close(asked->lines);
    }
}

static void ask_one(struct asked *asked, const char *folder)
{
    const char *argv[CONNECTOR_ARGS_MAX + 1] = {NULL};
    const struct lines_events events = {
        .on_line = on_line,
        .on_drained = on_drained,
        .on_too_long = on_too_long,
        .on_close = on_close,
        .ctx = asked,
        .line_max = DCP_LINE_MAX,
    };
    struct err e = {0};
    bool ok = loop_new(&asked->loop, &e);
    if (ok) {
        ok = connector_read_command(asked->state, asked->row, argv, &e) &&
             lines_spawn(asked->loop, argv, folder, &events, &asked->lines, &e);
        for (size_t i = 0; argv[i] != NULL; i++) {
            free((char *)argv[i]);
        }
        if (ok) {
            loop_alarm(asked->loop, loop_wall_ms() + HELLO_WAIT_MS, on_alarm, asked);
            loop_run(asked->loop);
        }
        loop_free(asked->loop);
    }
    if (!ok) {
        put_fault(asked, e.text);
    }
}

void connectors_ask(const struct state *state, const char *folder, struct buf *problems)
{
    struct asked asked = {.state = state, .dcp = dcp_new(), .problems = problems};
    for (uint32_t id = 0; (id = table_next(state, T_CONNECTORS, id)) != 0;) {
        asked.row = table_get(state, T_CONNECTORS, id);
        asked.greeted = false;
        if (asked.row->command != NULL) {
            ask_one(&asked, folder);
        }
    }
    dcp_free(asked.dcp);
}
