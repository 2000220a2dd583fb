// Effects on their way to connectors. The outbox says which may go, and lets one fly at a time in
// each channel; here each finds its stream, the newest of its connector that can do it, and is told
// lost when no result can come any more. What is for a connector that is down stays in the outbox.
#include <stdio.h>
#include <string.h>

#include "app/live_internal.h"
#include "base/crash.h"
#include "base/hash.h"

#define RESULT_WAIT_MS 30000
#define JAMS_LOOK_MS 60000
#define JAM_WORTH_TELLING 10  // Of those that only wait for a token.

static struct live_link *able_link(const struct live_connector *connector, uint8_t op)
{
    for (struct live_link *link = connector->links; link != NULL; link = link->next) {
        if (link->greeted && (link->caps & (UINT32_C(1) << op)) != 0) {
            return link;
        }
    }
    return NULL;
}

// What concerns no group (prices, vouchers in the shop) goes to the first connector that can do it.
static struct live_link *link_of(const struct live *live, const struct outbox_row *effect)
{
    const uint32_t row = outbox_connector(live->engine->state, effect);
    for (size_t i = 0; i < live->count; i++) {
        const bool fits = row == 0 || live->connectors[i]->row == row;
        struct live_link *link = fits ? able_link(live->connectors[i], effect->op) : NULL;
        if (link != NULL) {
            return link;
        }
    }
    return NULL;
}

// --- In flight. ---

static bool is_settled(const struct live *live, const struct live_flight *flight)
{
    const struct outbox_row *row = table_get(live->engine->state, T_OUTBOX, flight->effect);
    return row == NULL || row->attempts != flight->attempts || row->retry_at != flight->retry_at ||
           (row->status != OUTBOX_READY && row->status != OUTBOX_IN_FLIGHT);
}

static void add_flight(struct live_link *link, const struct outbox_row *effect, int64_t now_ms)
{
    if (link->flight_head == link->flight_count) {
        link->flight_head = 0;
        link->flight_count = 0;
    }
    if (link->flight_count == link->flight_capacity) {
        const size_t flying = link->flight_count - link->flight_head;
        if (flying > link->flight_capacity / 2 || link->flight_capacity == 0) {
            link->flight_capacity = link->flight_capacity == 0 ? 16 : link->flight_capacity * 2;
            link->flights = xrealloc(link->flights, link->flight_capacity * sizeof(*link->flights));
        }
        memmove(link->flights, link->flights + link->flight_head, flying * sizeof(*link->flights));
        link->flight_head = 0;
        link->flight_count = flying;
    }
    const int64_t wait_ms = link->connector->live->options.result_wait_ms;
    link->flights[link->flight_count++] = (struct live_flight){
        .deadline_ms = now_ms + (wait_ms > 0 ? wait_ms : RESULT_WAIT_MS),
        .retry_at = effect->retry_at,
        .effect = effect->id,
        .attempts = effect->attempts,
    };
}

// An effect that came to nothing is told to the operator, once: nobody else would notice.
struct fate {
    uint32_t effect;  // 0: it was closed before.
    char what[160];
};

static void fate_begin(const struct live *live, uint32_t effect, struct fate *fate)
{
    const struct state *state = live->engine->state;
    const struct outbox_row *row = table_get(state, T_OUTBOX, effect);
    *fate = (struct fate){.effect = row == NULL ? 0 : effect};
    if (row != NULL) {
        const struct group *group = table_get(state, T_GROUPS, (uint32_t)row->group);
        snprintf(fate->what, sizeof(fate->what), "%s %s %s", outbox_op_names[row->op],
                 state_get_text(state, row->kind),
                 group == NULL ? "" : state_get_text(state, group->ext));
    }
}

static void fate_end(struct live *live, const struct fate *fate, struct slice why)
{
    if (fate->effect == 0) {
        return;
    }
    const struct outbox_row *row = table_get(live->engine->state, T_OUTBOX, fate->effect);
    const bool lost = row == NULL || row->status == OUTBOX_FAILED || row->status == OUTBOX_UNKNOWN;
    if (lost && live_is_telling(++live->failed_effects)) {
        live_note(live, "not sent: %s: %.*s (%llu so far)", fate->what, (int)why.size, why.data,
                  (unsigned long long)live->failed_effects);
    }
}

static void no_result(struct live *live, uint32_t effect, int64_t now_ms, const char *why)
{
    struct fate fate;
    fate_begin(live, effect, &fate);
    turn_result(live->engine, effect, now_ms, false, why);
    fate_end(live, &fate, slice_of(why));
}

void live_result(struct live *live, const struct event *event)
{
    const struct state *state = live->engine->state;
    struct fate fate = {0};
    uint8_t key[16];
    if (!event->ok && !event->awaiting && hex_decode(event->to.data, event->to.size, key, 16)) {
        int64_t halves[2] = {0, 0};
        for (size_t i = 0; i < sizeof(key); i++) {
            halves[i / 8] = (int64_t)((uint64_t)halves[i / 8] << 8 | key[i]);
        }
        fate_begin(live, table_find(state, T_OUTBOX, OUTBOX_BY_KEY, halves), &fate);
    }
    turn_run(live->engine, event);
    fate_end(live, &fate, event->how);
}

static void give_up(struct live_link *link, const struct live_flight *flight, int64_t now_ms,
                    const char *why)
{
    struct live *live = link->connector->live;
    if (!is_settled(live, flight)) {
        live_status_result(live, link->connector, slice_of(why));
        no_result(live, flight->effect, now_ms, why);
    }
}

static void settle_link(struct live_link *link, int64_t now_ms)
{
    struct live *live = link->connector->live;
    while (link->flight_head < link->flight_count) {
        const struct live_flight flight = link->flights[link->flight_head];
        if (flight.deadline_ms > now_ms && !is_settled(live, &flight)) {
            break;
        }
        link->flight_head++;
        give_up(link, &flight, now_ms, "timeout");
    }
}

void live_settle_flights(struct live *live, int64_t now_ms)
{
    for (size_t i = 0; i < live->count; i++) {
        for (struct live_link *link = live->connectors[i]->links; link != NULL; link = link->next) {
            settle_link(link, now_ms);
        }
    }
}

void live_lose_flights(struct live_link *link, int64_t now_ms)
{
    while (link->flight_head < link->flight_count) {
        const struct live_flight flight = link->flights[link->flight_head++];
        give_up(link, &flight, now_ms, "lost");
    }
}

int64_t live_next_deadline(const struct live_connector *connector)
{
    int64_t at_ms = INT64_MAX;
    for (const struct live_link *link = connector->links; link != NULL; link = link->next) {
        at_ms = link->hello_by < at_ms ? link->hello_by : at_ms;
        if (link->flight_head < link->flight_count) {
            const int64_t flight_ms = link->flights[link->flight_head].deadline_ms;
            at_ms = flight_ms < at_ms ? flight_ms : at_ms;
        }
    }
    return at_ms;
}

// --- Sending. ---

static void send_effect(struct live *live, uint32_t id, int64_t now_ms)
{
    if (!turn_may_send(live->engine, id, now_ms)) {
        return;
    }
    const struct outbox_row *effect = table_get(live->engine->state, T_OUTBOX, id);
    struct live_link *link = link_of(live, effect);
    if (link == NULL) {
        no_result(live, id, now_ms, "unsupported");
        return;
    }
    buf_clear(&live->line);
    outbox_command(live->engine->core.outbox, id, &live->line);
    crash_point("send.before");
    if (lines_write(link->lines, live->line.data, live->line.size - 1)) {
        crash_point("send.after");
        live_status_sent(live, effect, now_ms);
        add_flight(link, effect, now_ms);
    } else {
        no_result(live, id, now_ms, "the connector doesn't read");
    }
}

void live_send_effects(struct live *live, int64_t now_ms)
{
    for (uint32_t id; (id = engine_next_effect(live->engine, now_ms)) != 0;) {
        send_effect(live, id, now_ms);
    }
}

void live_tell_jams(struct live *live, int64_t now_ms)
{
    struct outbox_jam jams[LIVE_CONNECTORS_MAX + 1];
    if (now_ms < live->jams_look_at) {
        return;
    }
    const size_t count =
        outbox_jams(live->engine->core.outbox, jams, sizeof(jams) / sizeof(jams[0]));
    for (size_t i = 0; i < count; i++) {
        const struct connector *row =
            table_get(live->engine->state, T_CONNECTORS, jams[i].connector);
        const char *name = row == NULL ? "any" : state_get_text(live->engine->state, row->name);
        if (jams[i].is_down) {
            live_note(live, "connector %s is down: %zu channels wait for it", name,
                      jams[i].waiting);
        } else if (jams[i].waiting >= JAM_WORTH_TELLING) {
            live_note(live, "connector %s: %zu channels wait for its limits", name,
                      jams[i].waiting);
        }
    }
    // At once when somebody waits for the first time, then now and then.
    live->jams_look_at = now_ms + (count > 0 ? JAMS_LOOK_MS : JAMS_LOOK_MS / 60);
}
