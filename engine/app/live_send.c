// Effects on their way to connectors. The outbox says which may go, and lets one fly at a time in
// each channel; here each finds its connector, and is told lost when no result can come any more.
// While a connector is down its effects are held: they keep their place and use up no attempt.
#include <stdio.h>
#include <string.h>

#include "app/live_internal.h"
#include "base/crash.h"
#include "base/hash.h"

#define RESULT_WAIT_MS 30000
#define HELD_LOOK_MS 1000

static struct live_connector *named_connector(struct live *live, text_id name)
{
    const char *wanted = state_get_text(live->engine->state, name);
    for (size_t i = 0; i < live->count; i++) {
        if (strcmp(live->connectors[i]->name, wanted) == 0) {
            return live->connectors[i];
        }
    }
    return NULL;
}

// What concerns no group (prices, vouchers in the shop) goes to the first connector that can do it.
static struct live_connector *able_connector(struct live *live, uint8_t op)
{
    for (size_t i = 0; i < live->count; i++) {
        if (live->connectors[i]->greeted &&
            (live->connectors[i]->caps & (UINT32_C(1) << op)) != 0) {
            return live->connectors[i];
        }
    }
    return live->count == 0 ? NULL : live->connectors[0];
}

static struct live_connector *connector_of(struct live *live, const struct outbox_row *effect)
{
    struct state *state = live->engine->state;
    uint32_t group_id = (uint32_t)effect->group;
    const struct member *member = table_get(state, T_MEMBERS, (uint32_t)effect->member);
    if (group_id == 0 && member != NULL) {
        group_id = (uint32_t)member->group;
    }
    const struct group *group = table_get(state, T_GROUPS, group_id);
    return group == NULL || group->connector == 0 ? able_connector(live, effect->op)
                                                  : named_connector(live, group->connector);
}

// --- In flight. ---

static bool is_settled(const struct live *live, const struct live_flight *flight)
{
    const struct outbox_row *row = table_get(live->engine->state, T_OUTBOX, flight->effect);
    return row == NULL || row->attempts != flight->attempts || row->retry_at != flight->retry_at ||
           (row->status != OUTBOX_READY && row->status != OUTBOX_IN_FLIGHT);
}

static void add_flight(struct live_connector *connector, const struct outbox_row *effect,
                       int64_t now_ms)
{
    if (connector->flight_head == connector->flight_count) {
        connector->flight_head = 0;
        connector->flight_count = 0;
    }
    if (connector->flight_count == connector->flight_capacity) {
        const size_t flying = connector->flight_count - connector->flight_head;
        if (flying > connector->flight_capacity / 2 || connector->flight_capacity == 0) {
            connector->flight_capacity =
                connector->flight_capacity == 0 ? 16 : connector->flight_capacity * 2;
            connector->flights = xrealloc(connector->flights,
                                          connector->flight_capacity * sizeof(*connector->flights));
        }
        memmove(connector->flights, connector->flights + connector->flight_head,
                flying * sizeof(*connector->flights));
        connector->flight_head = 0;
        connector->flight_count = flying;
    }
    const int64_t wait_ms = connector->live->options.result_wait_ms;
    connector->flights[connector->flight_count++] = (struct live_flight){
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

static void give_up(struct live *live, const struct live_flight *flight, int64_t now_ms,
                    const char *why)
{
    if (!is_settled(live, flight)) {
        no_result(live, flight->effect, now_ms, why);
    }
}

// What is held for a connector that stays down expires all the same.
static void expire_held(struct live_connector *connector, int64_t now_ms)
{
    struct engine *engine = connector->live->engine;
    size_t kept = 0;
    for (size_t i = 0; i < connector->held_count; i++) {
        if (outbox_action(engine->core.outbox, connector->held[i], now_ms) != OUTBOX_DO_EXPIRE) {
            connector->held[kept++] = connector->held[i];
        } else if (turn_may_send(engine, connector->held[i], now_ms)) {
            connector->held[kept++] = connector->held[i];
        }
    }
    connector->held_count = kept;
    connector->held_look_at = now_ms + HELD_LOOK_MS;
}

void live_settle_flights(struct live *live, int64_t now_ms)
{
    for (size_t i = 0; i < live->count; i++) {
        struct live_connector *connector = live->connectors[i];
        if (connector->held_count > 0 && connector->held_look_at <= now_ms) {
            expire_held(connector, now_ms);
        }
        while (connector->flight_head < connector->flight_count) {
            const struct live_flight flight = connector->flights[connector->flight_head];
            if (flight.deadline_ms > now_ms && !is_settled(live, &flight)) {
                break;
            }
            connector->flight_head++;
            give_up(live, &flight, now_ms, "timeout");
        }
    }
}

void live_lose_flights(struct live_connector *connector, int64_t now_ms)
{
    while (connector->flight_head < connector->flight_count) {
        const struct live_flight flight = connector->flights[connector->flight_head++];
        give_up(connector->live, &flight, now_ms, "lost");
    }
}

int64_t live_next_deadline(const struct live_connector *connector)
{
    const int64_t flight_ms = connector->flight_head == connector->flight_count
                                  ? INT64_MAX
                                  : connector->flights[connector->flight_head].deadline_ms;
    return connector->held_count > 0 && connector->held_look_at < flight_ms
               ? connector->held_look_at
               : flight_ms;
}

// --- Sending. ---

static void hold(struct live_connector *connector, uint32_t effect, int64_t now_ms)
{
    if (connector->held_count == 0) {
        connector->held_look_at = now_ms + HELD_LOOK_MS;
    }
    if (connector->held_count == connector->held_capacity) {
        connector->held_capacity =
            connector->held_capacity == 0 ? 16 : connector->held_capacity * 2;
        connector->held =
            xrealloc(connector->held, connector->held_capacity * sizeof(*connector->held));
    }
    connector->held[connector->held_count++] = effect;
}

static void send_effect(struct live *live, uint32_t id, int64_t now_ms)
{
    const struct outbox_row *effect = table_get(live->engine->state, T_OUTBOX, id);
    struct live_connector *connector = connector_of(live, effect);
    if (connector == NULL) {
        no_result(live, id, now_ms, "unsupported");
        return;
    }
    if (!connector->greeted &&
        outbox_action(live->engine->core.outbox, id, now_ms) != OUTBOX_DO_EXPIRE) {
        hold(connector, id, now_ms);
        return;
    }
    if (!turn_may_send(live->engine, id, now_ms)) {
        return;
    }
    if ((connector->caps & (UINT32_C(1) << effect->op)) == 0) {
        no_result(live, id, now_ms, "unsupported");
        return;
    }
    buf_clear(&live->line);
    outbox_command(live->engine->core.outbox, id, &live->line);
    crash_point("send.before");
    if (lines_write(connector->lines, live->line.data, live->line.size - 1)) {
        crash_point("send.after");
        add_flight(connector, effect, now_ms);
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

void live_release_held(struct live_connector *connector, int64_t now_ms)
{
    const size_t count = connector->held_count;
    for (size_t i = 0; i < count; i++) {
        send_effect(connector->live, connector->held[i], now_ms);
    }
    connector->held_count -= count;
    if (connector->held_count > 0) {
        memmove(connector->held, connector->held + count,
                connector->held_count * sizeof(*connector->held));
    }
}
