// Events that are parked, those that wait behind them, and what a person decides. Only turn.c
// calls.
#include "app/turn_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

enum { PARKED_LINE, PARKED_EVENT };

static struct parked *put_row(struct engine *engine, const struct event *event, const char *body,
                              size_t size, uint8_t kind, const char *error)
{
    struct state *state = engine->state;
    const struct parked row = {
        .at = state_now(state),
        .source = state_text(state, event->connector.data, event->connector.size),
        .error = state_text(state, error, strlen(error)),
        .kind = kind,
    };
    struct parked *parked = table_insert(state, T_PARKED, &row);
    table_set_bytes(state, &parked->body, body, size);
    return parked;
}

void parked_put(struct engine *engine, const struct event *event, const char *body, size_t size,
                uint8_t kind, const char *error)
{
    put_row(engine, event, body, size, kind, error);
    source_count(engine->state, event, true);
    engine->parked++;
}

static const struct buf *pack(struct engine *engine, const struct event *event)
{
    buf_clear(&engine->packed);
    event_pack(event, &engine->packed);
    return &engine->packed;
}

void parked_put_event(struct engine *engine, const struct event *event, const char *error)
{
    if (event->kind == EVENT_RELEASE) {
        behind_refused(engine->state, (uint32_t)event->ref, error);
        engine->parked++;
        return;
    }
    const struct buf *body = pack(engine, event);
    struct parked *row = put_row(engine, event, body->data, body->size, PARKED_EVENT, error);
    source_count(engine->state, event, true);
    engine->parked++;
    if (behind_holds(engine->state, event)) {
        (void)behind_put(engine->state, row, event, body->size, false);
    }
}

void parked_put_behind(struct engine *engine, const struct event *event, uint32_t first,
                       struct err *why)
{
    const struct buf *body = pack(engine, event);
    struct parked *row = put_row(engine, event, body->data, body->size, PARKED_EVENT, "");
    if (behind_put(engine->state, row, event, body->size, true)) {
        err_set(why, ERR_REFUSED, "waits behind parked %u", first);
        source_count(engine->state, event, false);
        engine->waiting++;
    } else {
        err_set(why, ERR_REFUSED,
                "too much waits behind parked events: not kept in order. Settle parked %u and "
                "those behind it, then replay this one",
                first);
        source_count(engine->state, event, true);
        engine->parked++;
    }
    row->error = state_text(engine->state, why->text, strlen(why->text));
}

// --- A person's decision. ---

bool parked_is_settling(const struct event *event)
{
    return event->kind == EVENT_OPERATOR && slice_is(event->text, "parked");
}

static bool unpack(struct engine *engine, const char *data, size_t size, const struct event *event,
                   struct event *out, struct err *e)
{
    if (!event_unpack(data, size, state_arena(engine->state), out, e)) {
        return false;
    }
    if (out->kind < EVENT_JOIN || out->kind > EVENT_RESULT) {
        return err_set(e, ERR_INVALID, "code: no event from outside");
    }
    out->at = event->at;
    return true;
}

// The event in the decision, where it is to be handled now. Its bytes come along: a row that nobody
// waits for has left memory, and is not there when the journal is replayed up to here.
static bool settled_event(struct engine *engine, const struct event *event, struct event *out,
                          struct err *e)
{
    const size_t size = event->code.size / 2;
    char *packed = arena_alloc(state_arena(engine->state), size + 1);
    return hex_decode(event->code.data, event->code.size, (uint8_t *)packed, size)
               ? unpack(engine, packed, size, event, out, e)
               : err_set(e, ERR_INVALID, "code: not an event in hex");
}

// It keeps nobody back any more. What waits is settled in its order, or given up.
static bool settle_row(struct engine *engine, uint32_t id, bool again, struct err *e)
{
    if (table_get(engine->state, T_PARKED, id) == NULL) {
        return true;
    }
    const uint32_t before = behind_before(engine->state, id);
    if (again && before != 0) {
        return err_set(e, ERR_REFUSED, "parked %u waits behind %u: settle that one", id, before);
    }
    behind_settle(engine->state, id);
    return true;
}

static bool settle_waiting(struct engine *engine, const struct event *event, struct event *out,
                           struct err *e)
{
    const uint32_t id = (uint32_t)event->ref;
    const struct parked *row = table_get(engine->state, T_PARKED, id);
    if (row == NULL || row->status != PARKED_WAITS || behind_before(engine->state, id) != 0) {
        return err_set(e, ERR_INVALID, "ref: parked %u doesn't wait, or not for its turn", id);
    }
    if (!unpack(engine, row->body->data, row->body->size, event, out, e)) {
        return false;
    }
    milestone_add(engine->state, "parked", 0, 0, 0, id, 0, "handled");
    behind_settle(engine->state, id);
    return true;
}

bool parked_settle(struct engine *engine, const struct event *event, struct event *out,
                   struct err *e)
{
    *out = *event;
    if (event->kind == EVENT_RELEASE) {
        return settle_waiting(engine, event, out, e);
    }
    if (!parked_is_settling(event)) {
        return true;
    }
    const bool again = slice_is(event->how, "replayed");
    if (!again && !slice_is(event->how, "discarded")) {
        return err_set(e, ERR_INVALID, "how: replayed or discarded");
    }
    milestone_add(engine->state, "parked", 0, 0, 0, event->ref, 0,
                  again ? "replayed" : "discarded");
    return settle_row(engine, (uint32_t)event->ref, again, e) &&
           (!again || settled_event(engine, event, out, e));
}

void parked_release(struct engine *engine, int64_t at_ms)
{
    uint32_t id = 0;
    while ((id = behind_next(engine->state, id)) != 0) {
        const struct event event = {.kind = EVENT_RELEASE, .at = at_ms, .ref = id};
        engine->released += turn_one(engine, &event) == TURN_DONE;
        turn_refunds(engine);
        turn_wakes(engine, at_ms);
    }
}
