// One stream of a connector: its lines become turns, and are acknowledged on the same stream once
// those are durable. Streams of one connector know nothing of each other: each counts its own
// `seq`, and what comes twice, over whichever, is known by its id.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/ask.h"
#include "app/live_internal.h"
#include "base/crash.h"
#include "base/log.h"

#define HELLO_WAIT_MS 10000
#define LINES_A_WORK                                                                               \
    256  // So many lines, of whatever streams, and acknowledgements get their turn.

// --- Lines. ---

// Tells connector and operator that the line just read came to nothing.
static void tell_refusal(struct live_link *link, const char *error)
{
    struct live_connector *connector = link->connector;
    struct live *live = connector->live;
    if (live_is_telling(++connector->refused)) {
        live_note(live, "connector %s: line %" PRIu64 ": %s (%" PRIu64 " refused so far)",
                  connector->name, link->line, error, connector->refused);
    }
    buf_clear(&live->line);
    dcp_put_error(&live->line, link->line, error);
    if (!lines_write(link->lines, live->line.data, live->line.size)) {
        log_write(LOG_WARN, "connector", "%s doesn't read what it is told", connector->name);
    }
}

static void refuse_line(struct live_link *link, const char *line, size_t size, const char *error)
{
    const struct live_connector *connector = link->connector;
    turn_park_line(connector->live->engine, connector->name, line, size, loop_wall_ms(), error);
    tell_refusal(link, error);
}

// Everything up to `seq` has been handled: in the batch being filled or one before it.
static void mark_handled(struct live_link *link, int64_t seq)
{
    const struct state *state = link->connector->live->engine->state;
    // An event seen before adds nothing to the batch, and an empty one is never committed.
    const uint64_t batch = state_batch_number(state) - (state_batch_turns(state) == 0);
    struct live_mark *last = link->mark_count == 0 ? NULL : &link->marks[link->mark_count - 1];
    if (last != NULL && (last->batch == batch || link->mark_count == LIVE_MARKS_MAX)) {
        last->batch = batch;
        last->seq = seq > last->seq ? seq : last->seq;
        return;
    }
    link->marks[link->mark_count++] = (struct live_mark){batch, seq};
}

static void send_acks(struct live_link *link)
{
    struct live *live = link->connector->live;
    size_t done = 0;
    while (done < link->mark_count && link->marks[done].batch <= live->engine->durable) {
        done++;
    }
    if (done == 0) {
        return;
    }
    buf_clear(&live->line);
    dcp_put_ack(&live->line, link->marks[done - 1].seq);
    crash_point("ack.before");
    if (lines_write(link->lines, live->line.data, live->line.size)) {
        crash_point("ack.after");
        link->mark_count -= done;
        memmove(link->marks, link->marks + done, link->mark_count * sizeof(link->marks[0]));
    }
}

void live_send_acks(struct live *live)
{
    for (size_t i = 0; i < live->count; i++) {
        for (struct live_link *link = live->connectors[i]->links; link != NULL; link = link->next) {
            send_acks(link);
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

static void handle_event(struct live_link *link, struct event *event)
{
    struct live_connector *connector = link->connector;
    struct live *live = connector->live;
    const int64_t now_ms = loop_wall_ms();
    event->connector = slice_of(connector->name);
    // Engine time follows events and never goes back: a platform whose clock is ahead may not take
    // it along, or entries due in between would count as late.
    if (event->at == 0 || event->at > now_ms) {
        event->at = now_ms;
    }
    if (event->kind == EVENT_RESULT) {
        live_status_result(live, link->connector,
                           event->ok         ? slice_of("ok")
                           : event->awaiting ? slice_of("awaiting_staff")
                                             : event->how);
        live_status_answered(live, link->connector, event->to, now_ms);
        live_result(live, event);
        return;
    }
    const enum turn_outcome outcome = turn_run(live->engine, event);
    if (outcome == TURN_PARKED) {
        tell_refusal(link, live->engine->refusal.text);
    } else if (outcome == TURN_WAITS) {
        tell_waiting(connector, event);
    }
}

// Bound against what campaign.lua says it can; what it says itself is what counts. Nothing has been
// sent to it yet.
static void tell_missing(struct live_link *link)
{
    const struct live_connector *connector = link->connector;
    struct live *live = connector->live;
    const struct state *state = live->engine->state;
    struct buf missing;
    buf_init(&missing, 65536);
    (void)connector_put_missing(state, table_get(state, T_CONNECTORS, connector->row), link->caps,
                                &missing);
    for (const char *at = missing.size == 0 ? "" : missing.data; *at != '\0';) {
        const size_t size = strcspn(at, "\n");
        live_note(live, "%.*s", (int)size, at);
        at += size + (at[size] == '\n');
    }
    buf_deinit(&missing);
}

// false: it is no hello of this connector, and the stream ends.
static bool may_greet(struct live_link *link, const struct dcp_message *hello)
{
    const struct live_connector *connector = link->connector;
    char why[200];
    if (connector->listener == NULL || slice_is(hello->name, connector->name)) {
        return true;  // Whoever was started is the one.
    }
    snprintf(why, sizeof(why), "field 'name': this is the socket of connector '%s'",
             connector->name);
    tell_refusal(link, why);
    lines_close(link->lines);
    return false;
}

static void greet(struct live_link *link, const struct dcp_message *hello)
{
    if (!may_greet(link, hello)) {
        return;
    }
    link->greeted = true;
    link->greeted_at = loop_wall_ms();
    link->hello_by = INT64_MAX;
    link->caps = hello->caps;
    const bool was_up = link->connector->is_up;
    live_connector_changed(link->connector);
    if (!was_up && link->connector->is_up) {
        tell_missing(link);
    }
}

static void take_message(struct live_link *link, struct dcp_message *message)
{
    switch (message->type) {
    case DCP_HELLO:
        greet(link, message);
        break;
    case DCP_EVENT:
        handle_event(link, &message->event);
        if (message->event.seq > 0) {
            mark_handled(link, message->event.seq);
        }
        break;
    case DCP_RESULT:
        handle_event(link, &message->event);
        break;
    case DCP_LOG: {
        char text[400];
        snprintf(text, sizeof(text), "%.*s",
                 (int)(message->text.size < 300 ? message->text.size : 300),
                 message->text.data == NULL ? "" : message->text.data);
        log_write(LOG_INFO, "connector", "%s: %s", link->connector->name, text);
        break;
    }
    }
}

static void on_line(void *ctx, const char *line, size_t size)
{
    struct live_link *link = ctx;
    struct live *live = link->connector->live;
    struct dcp_message message;
    struct err e;
    e.kind = ERR_NONE;
    e.text[0] = '\0';
    link->line++;
    live->lines++;
    if (size == 0 || live->stopping) {
        return;
    }
    const bool known = dcp_parse(live->dcp, line, size, live->currency_decimals, &message, &e);
    if (!link->greeted && link->connector->listener != NULL &&
        (!known || message.type != DCP_HELLO)) {
        // Whoever that is: nothing of it is kept.
        tell_refusal(link, known ? "hello comes first" : e.text);
        lines_close(link->lines);
    } else if (!known) {
        refuse_line(link, line, size, e.text);
    } else {
        take_message(link, &message);
    }
}

static void on_too_long(void *ctx, const char *start, size_t size)
{
    struct live_link *link = ctx;
    link->line++;
    if (!link->connector->live->stopping) {
        refuse_line(link, start, size, "the line is longer than 1 MiB");
    }
}

static void on_drained(void *ctx)
{
    struct live *live = ((const struct live_link *)ctx)->connector->live;
    if (live->lines >= LINES_A_WORK) {  // Else the end of the round does.
        live_work(live);
    }
}

static void on_close(void *ctx, int exit_status, const struct err *why)
{
    live_link_closed(ctx, exit_status, why);
}

void live_drop_silent(struct live_connector *connector, int64_t now_ms)
{
    for (struct live_link *link = connector->links; link != NULL; link = link->next) {
        if (link->hello_by <= now_ms) {
            link->hello_by = INT64_MAX;
            tell_refusal(link, "no hello within 10 s");
            lines_close(link->lines);
        }
    }
}

void live_hold_links(struct live_connector *connector, int64_t now_ms)
{
    const struct live *live = connector->live;
    for (struct live_link *link = connector->links; link != NULL; link = link->next) {
        lines_pause(link->lines, live->full);
        const int64_t lost_ms = live->full ? 0 : now_ms - live->full_since_ms;
        link->hello_by += link->hello_by == INT64_MAX ? 0 : lost_ms;
        for (size_t i = link->flight_head; i < link->flight_count; i++) {
            link->flights[i].deadline_ms += lost_ms;
        }
    }
}

struct live_link *live_link_new(struct live_connector *connector, struct lines_events *events)
{
    struct live_link *link = xcalloc(1, sizeof(*link));
    link->connector = connector;
    link->hello_by = connector->listener == NULL ? INT64_MAX : loop_wall_ms() + HELLO_WAIT_MS;
    link->next = connector->links;
    connector->links = link;
    *events = (struct lines_events){
        .on_line = on_line,
        .on_drained = on_drained,
        .on_too_long = on_too_long,
        .on_close = on_close,
        .ctx = link,
        .line_max = DCP_LINE_MAX,
        .drops_slow = connector->listener != NULL,
    };
    return link;
}

void live_link_free(struct live_link *link)
{
    struct live_link **at = &link->connector->links;
    while (*at != link) {
        at = &(*at)->next;
    }
    *at = link->next;
    free(link->flights);
    free(link);
}
