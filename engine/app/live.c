#include "app/live.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "link/dcp.h"
#include "loop/loop.h"

#define CONNECTORS_MAX 64
#define ARGS_MAX 32
#define RESTART_FIRST_MS 1000
#define RESTART_MAX_MS 60000
#define FUTURE_MAX_MS                                                                              \
    (5 * 60 * 1000)  // A platform's clock further ahead than this is not believed.

struct live_connector {
    struct live *live;
    uint32_t row;  // connectors
    char name[64];
    struct lines *lines;  // NULL while it is down.
    uint32_t caps;
    bool greeted;
    uint64_t line;        // Lines read, for messages.
    int64_t seq_handled;  // Highest number whose turn is kept ...
    uint64_t seq_batch;   // ... and the batch it is in.
    int64_t seq_acked;
    int64_t restart_at;  // INT64_MAX: not planned.
    int64_t restart_ms;  // Back-off.
};

struct live {
    struct loop *loop;
    struct live_options options;
    struct engine *engine;
    struct dcp *dcp;
    struct live_connector *connectors[CONNECTORS_MAX];
    size_t count;
    struct buf line;
    bool stopping;
    bool failed;
    struct err failure;
};

static void live_work(struct live *live);

static void note(struct live *live, const char *format, ...) PRINTF_LIKE(2, 3);
static void note(struct live *live, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (live->options.on_note != NULL) {
        live->options.on_note(live->options.ctx, text);
    }
}

bool live_new(struct live **out, const struct live_options *options, struct err *e)
{
    struct live *live = xcalloc(1, sizeof(*live));
    live->options = *options;
    live->dcp = dcp_new();
    buf_init(&live->line, DCP_LINE_MAX * 2);
    if (!loop_new(&live->loop, e)) {
        live_free(live);
        return false;
    }
    *out = live;
    return true;
}

void live_free(struct live *live)
{
    for (size_t i = 0; i < live->count; i++) {
        free(live->connectors[i]);
    }
    if (live->loop != NULL) {
        loop_free(live->loop);
    }
    dcp_free(live->dcp);
    buf_deinit(&live->line);
    free(live);
}

void live_news(void *ctx)
{
    struct live *live = ctx;
    loop_wake(live->loop);
}

// --- Lines from a connector. ---

static void refuse_line(struct live_connector *connector, const char *line, size_t size,
                        const char *error)
{
    struct live *live = connector->live;
    turn_park_line(live->engine, connector->name, line, size, loop_wall_ms(), error);
    buf_clear(&live->line);
    dcp_put_error(&live->line, connector->line, error);
    if (connector->lines != NULL &&
        !lines_write(connector->lines, live->line.data, live->line.size)) {
        log_write(LOG_WARN, "connector", "%s doesn't read what it is told", connector->name);
    }
}

static void handle_event(struct live_connector *connector, struct event *event)
{
    struct live *live = connector->live;
    const int64_t now_ms = loop_wall_ms();
    event->connector = slice_of(connector->name);
    if (event->at == 0 || event->at > now_ms + FUTURE_MAX_MS) {
        event->at = now_ms;
    }
    const int64_t seq = event->seq;
    turn_run(live->engine, event);
    if (seq > connector->seq_handled) {
        connector->seq_handled = seq;
        connector->seq_batch = state_batch_number(live->engine->state);
    }
}

static void on_line(void *ctx, const char *line, size_t size)
{
    struct live_connector *connector = ctx;
    struct live *live = connector->live;
    struct dcp_message message;
    struct err e;
    e.text[0] = '\0';
    connector->line++;
    if (size == 0 || live->failed) {
        return;
    }
    if (!dcp_parse(live->dcp, line, size, 2, &message, &e)) {
        refuse_line(connector, line, size, e.text);
        return;
    }
    switch (message.type) {
    case DCP_HELLO:
        connector->greeted = true;
        connector->caps = message.caps;
        connector->restart_ms = RESTART_FIRST_MS;
        note(live, "connector %s is up", connector->name);
        break;
    case DCP_EVENT:
    case DCP_RESULT:
        handle_event(connector, &message.event);
        break;
    case DCP_LOG: {
        char text[400];
        snprintf(text, sizeof(text), "%.*s",
                 (int)(message.text.size < 300 ? message.text.size : 300),
                 message.text.data == NULL ? "" : message.text.data);
        log_write(LOG_INFO, "connector", "%s: %s", connector->name, text);
        break;
    }
    }
}

static void on_too_long(void *ctx, const char *start, size_t size)
{
    struct live_connector *connector = ctx;
    connector->line++;
    refuse_line(connector, start, size, "the line is longer than 1 MiB");
}

static void on_drained(void *ctx)
{
    const struct live_connector *connector = ctx;
    live_work(connector->live);
}

static void on_close(void *ctx, int exit_status, const struct err *why)
{
    struct live_connector *connector = ctx;
    struct live *live = connector->live;
    connector->lines = NULL;
    connector->greeted = false;
    if (live->stopping) {
        return;
    }
    connector->restart_at = loop_wall_ms() + connector->restart_ms;
    note(live, "connector %s is down (%s, exit %d); starting it again in %" PRId64 " s",
         connector->name, why == NULL || why->text[0] == '\0' ? "closed" : why->text, exit_status,
         connector->restart_ms / 1000);
    connector->restart_ms =
        connector->restart_ms * 2 > RESTART_MAX_MS ? RESTART_MAX_MS : connector->restart_ms * 2;
    live_work(live);
}

// --- Starting connectors. ---

static bool read_command(struct live *live, const struct connector *row, const char **argv,
                         struct err *e)
{
    struct json_reader *reader = json_reader_new(65536);
    const struct json_node *root;
    size_t count = 0;
    bool ok = row->command != NULL &&
              json_parse(reader, row->command->data, row->command->size, &root, e) &&
              root->type == JSON_ARRAY;
    if (!ok) {
        err_set(e, ERR_INVALID, "connector '%s' has no command",
                state_get_text(live->engine->state, row->name));
    }
    for (const struct json_node *n = ok ? json_child(root) : NULL; ok && n != json_end(root);
         n = json_next(n)) {
        ok = n->type == JSON_TEXT && count < ARGS_MAX;
        if (ok) {
            argv[count++] = xstrndup(n->text, n->text_size);
        }
    }
    argv[count] = NULL;
    json_reader_free(reader);
    return ok && count > 0;
}

static bool start_connector(struct live_connector *connector, struct err *e)
{
    struct live *live = connector->live;
    const struct connector *row = table_get(live->engine->state, T_CONNECTORS, connector->row);
    const char *argv[ARGS_MAX + 1] = {NULL};
    const struct lines_events events = {
        .on_line = on_line,
        .on_drained = on_drained,
        .on_too_long = on_too_long,
        .on_close = on_close,
        .ctx = connector,
        .line_max = DCP_LINE_MAX,
    };
    connector->restart_at = INT64_MAX;
    const bool ok =
        read_command(live, row, argv, e) &&
        lines_spawn(live->loop, argv, live->options.folder, &events, &connector->lines, e);
    for (size_t i = 0; argv[i] != NULL; i++) {
        free((char *)argv[i]);
    }
    return ok;
}

static bool start_connectors(struct live *live, struct err *e)
{
    struct state *state = live->engine->state;
    for (uint32_t id = 0; (id = table_next(state, T_CONNECTORS, id)) != 0;) {
        const struct connector *row = table_get(state, T_CONNECTORS, id);
        if (row->command == NULL || live->count == CONNECTORS_MAX) {
            continue;
        }
        struct live_connector *connector = xcalloc(1, sizeof(*connector));
        live->connectors[live->count++] = connector;
        connector->live = live;
        connector->row = id;
        connector->restart_ms = RESTART_FIRST_MS;
        connector->seq_acked = row->seq;
        snprintf(connector->name, sizeof(connector->name), "%s", state_get_text(state, row->name));
        if (!start_connector(connector, e)) {
            return false;
        }
    }
    return true;
}

static void restart_connectors(struct live *live, int64_t now_ms)
{
    for (size_t i = 0; i < live->count; i++) {
        struct live_connector *connector = live->connectors[i];
        struct err e = {0};
        if (connector->lines == NULL && connector->restart_at <= now_ms &&
            !start_connector(connector, &e)) {
            note(live, "connector %s: %s", connector->name, e.text);
            connector->restart_at = now_ms + RESTART_MAX_MS;
        }
    }
}

// --- What leaves: acknowledgements and effects, of durable turns only. ---

static void send_acks(struct live *live)
{
    for (size_t i = 0; i < live->count; i++) {
        struct live_connector *connector = live->connectors[i];
        if (connector->lines == NULL || connector->seq_handled <= connector->seq_acked ||
            connector->seq_batch > live->engine->durable) {
            continue;
        }
        buf_clear(&live->line);
        dcp_put_ack(&live->line, connector->seq_handled);
        if (lines_write(connector->lines, live->line.data, live->line.size)) {
            connector->seq_acked = connector->seq_handled;
        }
    }
}

static struct live_connector *connector_of(struct live *live, const struct outbox_row *effect)
{
    struct state *state = live->engine->state;
    uint32_t group_id = (uint32_t)effect->group;
    if (group_id == 0 && effect->member != 0) {
        group_id =
            (uint32_t)((const struct member *)table_get(state, T_MEMBERS, (uint32_t)effect->member))
                ->group;
    }
    const struct group *group = table_get(state, T_GROUPS, group_id);
    const char *name = group == NULL ? "" : state_get_text(state, group->connector);
    for (size_t i = 0; i < live->count; i++) {
        if (strcmp(live->connectors[i]->name, name) == 0 || (name[0] == '\0' && live->count == 1)) {
            return live->connectors[i];
        }
    }
    return NULL;
}

static void send_effects(struct live *live, int64_t now_ms)
{
    for (uint32_t id; (id = engine_next_effect(live->engine, now_ms)) != 0;) {
        if (!turn_may_send(live->engine, id, now_ms)) {
            continue;
        }
        const struct outbox_row *effect = table_get(live->engine->state, T_OUTBOX, id);
        struct live_connector *connector = connector_of(live, effect);
        if (connector == NULL || connector->lines == NULL || !connector->greeted) {
            turn_result(live->engine, id, now_ms, false, "the connector is down");
            continue;
        }
        if ((connector->caps & (UINT32_C(1) << effect->op)) == 0) {
            turn_result(live->engine, id, now_ms, false, "unsupported");
            continue;
        }
        buf_clear(&live->line);
        outbox_command(live->engine->core.outbox, id, &live->line);
        if (!lines_write(connector->lines, live->line.data, live->line.size - 1)) {
            turn_result(live->engine, id, now_ms, false, "the connector doesn't read");
        }
    }
}

static bool all_ended(const struct state *state)
{
    for (uint32_t id = 0; (id = table_next(state, T_CAMPAIGNS, id)) != 0;) {
        if (((const struct campaign *)table_get(state, T_CAMPAIGNS, id))->status != 3) {
            return false;
        }
    }
    return true;
}

static void live_stop(struct live *live)
{
    live->stopping = true;
    for (size_t i = 0; i < live->count; i++) {
        if (live->connectors[i]->lines != NULL) {
            lines_close(live->connectors[i]->lines);
        }
    }
    loop_stop(live->loop);
}

static int64_t next_alarm(const struct live *live)
{
    int64_t at = schedule_next(live->engine->core.schedule);
    const int64_t out = outbox_next_at(live->engine->core.outbox);
    at = out < at ? out : at;
    for (size_t i = 0; i < live->count; i++) {
        if (live->connectors[i]->lines == NULL && live->connectors[i]->restart_at < at) {
            at = live->connectors[i]->restart_at;
        }
    }
    return at;
}

static void on_alarm(void *ctx)
{
    live_work(ctx);
}

// Everything that can be done now: timers due, a batch for an idle store, what became durable goes
// out.
static void live_work(struct live *live)
{
    struct engine *engine = live->engine;
    if (live->stopping || live->failed) {
        return;
    }
    const int64_t now_ms = loop_wall_ms();
    while (turn_timer(engine, now_ms)) {
    }
    engine_batch(engine, store_idle(engine->store));
    if (!engine_poll(engine, &live->failure)) {
        live->failed = true;
        live_stop(live);
        return;
    }
    send_acks(live);
    send_effects(live, now_ms);
    engine_batch(engine, store_idle(engine->store));
    restart_connectors(live, now_ms);
    loop_alarm(live->loop, next_alarm(live), on_alarm, live);
    if (all_ended(engine->state) && outbox_waiting(engine->core.outbox) == 0) {
        note(live, "every campaign has ended");
        live_stop(live);
    }
}

static void on_work(void *ctx)
{
    live_work(ctx);
}

static void on_signal(void *ctx, int signum)
{
    struct live *live = ctx;
    note(live, "stopping (signal %d); what was handled is kept", signum);
    live_stop(live);
}

bool live_run(struct live *live, struct engine *engine, struct err *e)
{
    live->engine = engine;
    loop_on_wake(live->loop, on_work, live);
    loop_before_sleep(live->loop, on_work, live);
    loop_on_signal(live->loop, on_signal, live);
    if (!start_connectors(live, e)) {
        live_stop(live);
        return false;
    }
    turn_lost(engine, loop_wall_ms());
    live_work(live);
    if (!live->stopping) {
        loop_run(live->loop);
    }
    if (live->failed) {
        *e = live->failure;
        return false;
    }
    return true;
}
