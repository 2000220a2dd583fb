// Connectors: child processes that speak dcp/1. Their lines become turns, and are acknowledged once
// those are durable; one that ends is started again, later each time.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/ask.h"
#include "app/live_internal.h"
#include "base/crash.h"
#include "base/log.h"

#define RESTART_FIRST_MS 1000
#define RESTART_MAX_MS 60000

// --- Lines. ---

// Tells connector and operator that the line just read came to nothing.
static void tell_refusal(struct live_connector *connector, const char *error)
{
    struct live *live = connector->live;
    if (live_is_telling(++connector->refused)) {
        live_note(live, "connector %s: line %" PRIu64 ": %s (%" PRIu64 " refused so far)",
                  connector->name, connector->line, error, connector->refused);
    }
    buf_clear(&live->line);
    dcp_put_error(&live->line, connector->line, error);
    if (connector->lines != NULL &&
        !lines_write(connector->lines, live->line.data, live->line.size)) {
        log_write(LOG_WARN, "connector", "%s doesn't read what it is told", connector->name);
    }
}

static void refuse_line(struct live_connector *connector, const char *line, size_t size,
                        const char *error)
{
    turn_park_line(connector->live->engine, connector->name, line, size, loop_wall_ms(), error);
    tell_refusal(connector, error);
}

// Everything up to `seq` has been handled: in the batch being filled or one before it.
static void mark_handled(struct live_connector *connector, int64_t seq)
{
    const struct state *state = connector->live->engine->state;
    // An event seen before adds nothing to the batch, and an empty one is never committed.
    const uint64_t batch = state_batch_number(state) - (state_batch_turns(state) == 0);
    struct live_mark *last =
        connector->mark_count == 0 ? NULL : &connector->marks[connector->mark_count - 1];
    if (last != NULL && (last->batch == batch || connector->mark_count == LIVE_MARKS_MAX)) {
        last->batch = batch;
        last->seq = seq > last->seq ? seq : last->seq;
        return;
    }
    connector->marks[connector->mark_count++] = (struct live_mark){batch, seq};
}

void live_send_acks(struct live *live)
{
    for (size_t i = 0; i < live->count; i++) {
        struct live_connector *connector = live->connectors[i];
        size_t done = 0;
        while (done < connector->mark_count &&
               connector->marks[done].batch <= live->engine->durable) {
            done++;
        }
        if (done == 0 || connector->lines == NULL) {
            continue;
        }
        buf_clear(&live->line);
        dcp_put_ack(&live->line, connector->marks[done - 1].seq);
        crash_point("ack.before");
        if (lines_write(connector->lines, live->line.data, live->line.size)) {
            crash_point("ack.after");
            connector->mark_count -= done;
            memmove(connector->marks, connector->marks + done,
                    connector->mark_count * sizeof(connector->marks[0]));
        }
    }
}

// Operators hear when a refusal keeps others back, and now and then how many wait.
static void tell_waiting(struct live_connector *connector, const struct event *event)
{
    struct live *live = connector->live;
    const uint64_t waiting = live->engine->waiting;
    if (waiting == live->waiting || !live_is_telling(waiting)) {
        return;
    }
    live->waiting = waiting;
    live_note(live,
              "connector %s: %s of member '%.*s' %s (%" PRIu64
              " so far): drumbeat parked shows what to settle",
              connector->name, event_kind_names[event->kind], (int)event->member.size,
              event->member.size == 0 ? "" : event->member.data, live->engine->refusal.text,
              waiting);
}

static void handle_event(struct live_connector *connector, struct event *event)
{
    struct live *live = connector->live;
    const int64_t now_ms = loop_wall_ms();
    event->connector = slice_of(connector->name);
    // Engine time follows events and never goes back: a platform whose clock is ahead may not take
    // it along, or entries due in between would count as late.
    if (event->at == 0 || event->at > now_ms) {
        event->at = now_ms;
    }
    if (event->kind == EVENT_RESULT) {
        live_result(live, event);
        return;
    }
    const enum turn_outcome outcome = turn_run(live->engine, event);
    if (outcome == TURN_PARKED) {
        tell_refusal(connector, live->engine->refusal.text);
    } else if (outcome == TURN_WAITS) {
        tell_waiting(connector, event);
    }
}

// Bound against what campaign.lua says it can; what it says itself is what counts. Nothing has been
// sent to it yet.
static void tell_missing(struct live_connector *connector)
{
    struct live *live = connector->live;
    const struct state *state = live->engine->state;
    struct buf missing;
    buf_init(&missing, 65536);
    (void)connector_put_missing(state, table_get(state, T_CONNECTORS, connector->row),
                                connector->caps, &missing);
    for (const char *at = missing.size == 0 ? "" : missing.data; *at != '\0';) {
        const size_t size = strcspn(at, "\n");
        live_note(live, "%.*s", (int)size, at);
        at += size + (at[size] == '\n');
    }
    buf_deinit(&missing);
}

static void greet(struct live_connector *connector, const struct dcp_message *hello)
{
    connector->greeted = true;
    connector->greeted_at = loop_wall_ms();
    connector->caps = hello->caps;
    live_note(connector->live, "connector %s is up", connector->name);
    tell_missing(connector);
    live_release_held(connector, connector->greeted_at);
}

static void on_line(void *ctx, const char *line, size_t size)
{
    struct live_connector *connector = ctx;
    struct live *live = connector->live;
    struct dcp_message message;
    struct err e;
    e.kind = ERR_NONE;
    e.text[0] = '\0';
    connector->line++;
    if (size == 0 || live->stopping) {
        return;
    }
    if (!dcp_parse(live->dcp, line, size, live->currency_decimals, &message, &e)) {
        refuse_line(connector, line, size, e.text);
        return;
    }
    switch (message.type) {
    case DCP_HELLO:
        greet(connector, &message);
        break;
    case DCP_EVENT:
        handle_event(connector, &message.event);
        if (message.event.seq > 0) {
            mark_handled(connector, message.event.seq);
        }
        break;
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
    if (!connector->live->stopping) {
        refuse_line(connector, start, size, "the line is longer than 1 MiB");
    }
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
    const int64_t now_ms = loop_wall_ms();
    connector->lines = NULL;
    if (live->stopping) {
        live_closed(live);
        return;
    }
    // One that says hello and ends at once is no better than one that never does.
    if (connector->greeted && now_ms - connector->greeted_at > RESTART_MAX_MS) {
        connector->restart_ms = RESTART_FIRST_MS;
    }
    connector->greeted = false;
    connector->restart_at = now_ms + connector->restart_ms;
    live_note(live, "connector %s is down (%s, exit %d); starting it again in %" PRId64 " s",
              connector->name, why == NULL || why->text[0] == '\0' ? "it ended" : why->text,
              exit_status, connector->restart_ms / 1000);
    connector->restart_ms =
        connector->restart_ms * 2 > RESTART_MAX_MS ? RESTART_MAX_MS : connector->restart_ms * 2;
    live_lose_flights(connector, now_ms);
    live_work(live);
}

// --- Starting. ---

static bool start_connector(struct live_connector *connector, struct err *e)
{
    struct live *live = connector->live;
    const struct connector *row = table_get(live->engine->state, T_CONNECTORS, connector->row);
    const char *argv[CONNECTOR_ARGS_MAX + 1] = {NULL};
    const struct lines_events events = {
        .on_line = on_line,
        .on_drained = on_drained,
        .on_too_long = on_too_long,
        .on_close = on_close,
        .ctx = connector,
        .line_max = DCP_LINE_MAX,
    };
    connector->restart_at = INT64_MAX;
    connector->line = 0;
    connector->mark_count = 0;  // It sends again what it heard no acknowledgement of.
    const bool ok =
        connector_read_command(live->engine->state, row, argv, e) &&
        lines_spawn(live->loop, argv, live->options.folder, &events, &connector->lines, e);
    for (size_t i = 0; argv[i] != NULL; i++) {
        free((char *)argv[i]);
    }
    return ok || err_add(e, "connector %s", connector->name);
}

bool live_start_connectors(struct live *live, struct err *e)
{
    struct state *state = live->engine->state;
    for (uint32_t id = 0; (id = table_next(state, T_CONNECTORS, id)) != 0;) {
        const struct connector *row = table_get(state, T_CONNECTORS, id);
        if (row->command == NULL) {
            continue;
        }
        if (live->count == LIVE_CONNECTORS_MAX) {
            return err_set(e, ERR_INVALID, "there are more than %d connectors",
                           LIVE_CONNECTORS_MAX);
        }
        struct live_connector *connector = xcalloc(1, sizeof(*connector));
        live->connectors[live->count++] = connector;
        connector->live = live;
        connector->row = id;
        connector->restart_ms = RESTART_FIRST_MS;
        snprintf(connector->name, sizeof(connector->name), "%s", state_get_text(state, row->name));
        if (!start_connector(connector, e)) {
            return false;
        }
    }
    return true;
}

void live_restart_connectors(struct live *live, int64_t now_ms)
{
    for (size_t i = 0; i < live->count; i++) {
        struct live_connector *connector = live->connectors[i];
        struct err e = {0};
        if (connector->lines == NULL && connector->restart_at <= now_ms &&
            !start_connector(connector, &e)) {
            live_note(live, "%s", e.text);
            connector->restart_at = now_ms + RESTART_MAX_MS;
        }
    }
}
