// The turn: everything that happens goes through here.
//
//   event ─► known? ─► facts (reduce) ─► handlers, scenes (script) ─► journal entry ─► batch ─►
//   storage thread
//               drop      refused: park        failed: only that handler is undone
#include "app/reload.h"
#include "app/turn_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/crash.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/utf8.h"
#include "app/tweak.h"
#include "core/promotions.h"
#include "script/reload.h"

#define LINE_KEPT_MAX 4096  // Bytes of a line that is no event.

// What the turn did, and its journal entry where one is kept.
static const struct buf *turn_entry_of(struct engine *engine, const struct event *event,
                                       enum journal_outcome outcome, const char *error)
{
    if (!engine->journal && engine->replay == NULL) {
        return NULL;
    }
    engine->did = digest_since(engine->state, engine->did_from);
    engine->did_from = digest_mark(engine->state);
    engine->outcome = outcome;
    if (engine->replay != NULL) {
        engine->replay->on_turn(engine->replay->ctx);
    }
    if (!engine->journal) {
        return NULL;
    }
    buf_clear(&engine->packed);
    buf_clear(&engine->entry);
    event_pack(event, &engine->packed);
    const struct journal_entry entry = {
        .turn = state_turn(engine->state),
        .outcome = outcome,
        .event = {engine->packed.data, (uint32_t)engine->packed.size},
        .did = engine->did,
        .error = slice_of(error),
    };
    journal_pack(&entry, &engine->entry);
    return &engine->entry;
}

static void turn_tell_milestones(struct engine *engine)
{
    const uint32_t last = table_last(engine->state, T_MILESTONES);
    for (uint32_t id = engine->milestone + 1; id <= last; id++) {
        const struct milestone *row = table_get(engine->state, T_MILESTONES, id);
        if (row != NULL) {
            engine->watch->on_milestone(engine->watch->ctx, row);
        }
    }
    engine->milestone = last;
}

void turn_keep(struct engine *engine, const struct event *event, enum journal_outcome outcome,
               const char *error)
{
    crash_point("turn.before");
    if (engine->watch != NULL) {
        turn_tell_milestones(engine);
    }
    outbox_turn_kept(engine->core.outbox, state_batch_number(engine->state));
    state_keep(engine->state, turn_entry_of(engine, event, outcome, error));
    engine->turns++;
    crash_point("turn.after");
    if (engine->on_kept != NULL) {
        engine->on_kept(engine->on_kept_ctx, engine, event, outcome);
    }
}

// A journal holds no event twice, so whoever replays one asks for none.
static void remember(struct engine *engine, const struct event *event)
{
    if (engine->replay == NULL) {
        inbox_remember(engine->core.inbox, event);
    }
}

// The event could not be handled: what it did is undone, the event is kept with the error.
static enum turn_outcome turn_parked(struct engine *engine, const struct event *event,
                                     const struct err *why)
{
    outbox_turn_dropped(engine->core.outbox);
    state_drop(engine->state);
    state_begin(engine->state, event->at);
    if (!parked_is_settling(event)) {  // Else the row it is about goes on waiting.
        parked_put_event(engine, event, why->text);
    }
    engine->refusal = *why;
    turn_keep(engine, event, JOURNAL_PARKED, why->text);
    remember(engine, event);
    engine_batch(engine, false);
    return TURN_PARKED;
}

// The event has to wait behind a parked one: it is kept, and handled in its turn.
static enum turn_outcome turn_behind(struct engine *engine, const struct event *event,
                                     uint32_t first)
{
    const uint64_t parked = engine->parked;
    struct err why = {0};
    parked_put_behind(engine, event, first, &why);
    engine->refusal = why;
    turn_keep(engine, event, JOURNAL_PARKED, why.text);
    remember(engine, event);
    engine_batch(engine, false);
    return engine->parked == parked ? TURN_WAITS : TURN_PARKED;
}

static bool turn_entry(struct engine *engine, uint32_t id, bool *ran)
{
    const struct schedule_entry *entry = table_get(engine->state, T_SCHEDULE, id);
    if (entry == NULL || entry->status != SCHEDULE_PLANNED) {
        return false;
    }
    *ran = schedule_may_run(entry, state_now(engine->state));
    return true;
}

// A schedule entry that is due. Its row is marked done in the same turn as what it caused.
static void turn_due(struct engine *engine, const struct event *event)
{
    const uint32_t id = (uint32_t)event->ref;
    bool runs = false;
    if (!turn_entry(engine, id, &runs)) {
        return;
    }
    schedule_done(engine->core.schedule, id, runs ? SCHEDULE_DONE : SCHEDULE_SKIPPED);
    const struct schedule_entry *entry = table_get(engine->state, T_SCHEDULE, id);
    if (!runs) {
        const struct day *day = table_get(engine->state, T_DAYS, (uint32_t)entry->day);
        milestone_add(engine->state, "skipped", day == NULL ? 0 : (uint32_t)day->campaign,
                      (uint32_t)entry->day, (uint32_t)entry->group,
                      state_now(engine->state) - entry->due_at, 0,
                      state_get_text(engine->state, entry->name));
    } else if (entry->kind == SCHEDULE_WAIT) {
        script_wake(engine->script, (uint32_t)entry->ref);
    } else if (entry->kind == SCHEDULE_COUPON) {
        coupon_sweep(&engine->core, id);
    } else if (entry->kind == SCHEDULE_PROMOTION) {
        promotion_expire(&engine->core, (uint32_t)entry->ref);
    } else {
        script_timer(engine->script, id);
    }
}

// Steps of an effect that are the engine's own: they are events too, so that a replay takes them.
static bool turn_effect(struct engine *engine, const struct event *event)
{
    if (event->kind != EVENT_RESULT || event->ref == 0) {
        return false;
    }
    if (slice_is(event->text, "depart")) {
        outbox_depart(engine->core.outbox, (uint32_t)event->ref);
    } else {
        outbox_expire(engine->core.outbox, (uint32_t)event->ref);
    }
    return true;
}

// A line that came instead of an event, kept with the reason.
static enum turn_outcome turn_line(struct engine *engine, const struct event *event)
{
    char why[ERR_TEXT_MAX];
    uint8_t raw[LINE_KEPT_MAX];
    const struct slice line = event->text;
    snprintf(why, sizeof(why), "%.*s", (int)event->how.size,
             event->how.size == 0 ? "" : event->how.data);
    state_begin(engine->state, event->at);
    if (event->on && line.size / 2 <= sizeof(raw) &&
        hex_decode(line.data, line.size, raw, line.size / 2)) {
        parked_put(engine, event, (const char *)raw, line.size / 2, 0, why);
    } else {
        parked_put(engine, event, line.data, line.size, 0, why);
    }
    turn_keep(engine, event, JOURNAL_PARKED, why);
    engine_batch(engine, false);
    return TURN_PARKED;
}

static bool is_resuming(const struct event *event)
{
    return event->kind == EVENT_OPERATOR && slice_is(event->text, "resume");
}

// Facts and handlers of an event, or of the parked one that it is about.
static bool turn_event(struct engine *engine, const struct event *event, struct err *e)
{
    struct facts facts = {0};
    struct event handled;
    if (reload_is(event)) {
        return reload_again(engine, event, e);
    }
    if (!parked_settle(engine, event, &handled, e)) {
        return false;
    }
    if (event->kind != EVENT_RELEASE) {  // That one was counted when it came.
        source_count(engine->state, &handled, false);
    }
    if (!reduce_event(&engine->core, &handled, &facts, e)) {
        return false;
    }
    if (is_resuming(event) && script_resume(engine->script, event->code) == 0) {
        return err_set(e, ERR_INVALID, "code: nothing of playbook '%.*s' is halted",
                       (int)event->code.size, event->code.size == 0 ? "" : event->code.data);
    }
    if (handled.kind == EVENT_ORDER) {
        engine->order = facts.order;
    }
    script_event(engine->script, &handled, &facts);
    return true;
}

static bool turn_tweak(struct engine *engine, const struct event *event, struct err *e)
{
    struct tweak_view view;
    tweak_view_init(&view);
    const bool ok = tweak_facts(engine, event, &view, e);
    tweak_view_deinit(&view);
    return ok;
}

enum turn_outcome turn_one(struct engine *engine, const struct event *event)
{
    struct err e;
    e.kind = ERR_NONE;
    e.text[0] = '\0';
    if (engine->reopened) {
        turn_open(engine, event->at, NULL);
    }
    if (event->kind == EVENT_LINE) {
        return turn_line(engine, event);
    }
    state_begin(engine->state, event->at);
    const uint32_t first = behind_of(engine->state, event);
    if (first != 0) {
        return turn_behind(engine, event, first);
    }
    script_begin_turn(engine->script, engine->stops);
    if (event->kind == EVENT_OPEN) {
        opening_note(&engine->core, event->amount, &engine->opening);
    } else if (event->kind == EVENT_TIMER) {
        turn_due(engine, event);
    } else if (event->kind == EVENT_WAKE) {
        script_wake(engine->script, (uint32_t)event->ref);
    } else if (event->kind == EVENT_KEPT) {
        script_play_kept(engine->script, (uint32_t)event->ref);
    } else if (tweak_is(event)) {
        if (!turn_tweak(engine, event, &e)) {
            return turn_parked(engine, event, &e);
        }
    } else if (!turn_effect(engine, event) && !turn_event(engine, event, &e)) {
        return turn_parked(engine, event, &e);
    }
    turn_keep(engine, event, JOURNAL_OK, script_stops(engine->script, state_arena(engine->state)));
    if (tweak_is(event)) {
        script_follow(engine->script);
    }
    remember(engine, event);
    engine_batch(engine, false);
    return TURN_DONE;
}

static void turn_refund(struct engine *engine, uint32_t id)
{
    const struct refund *row = table_get(engine->state, T_REFUNDS, id);
    const struct event event = {
        .kind = EVENT_REFUND,
        .at = row->at,
        .order = slice_of(state_get_text(engine->state, row->ext)),
        .amount = row->amount,
        .ref = id,
    };
    turn_one(engine, &event);
}

// Refunds that were there before their order: each is linked to it in a turn of its own, so that
// handlers and commissions see the same as if they had come in order.
void turn_refunds(struct engine *engine)
{
    const struct order *order = table_get(engine->state, T_ORDERS, engine->order);
    engine->order = 0;
    if (order == NULL) {
        return;
    }
    const struct slice ext = slice_of(state_get_text(engine->state, order->ext));
    uint32_t id;
    for (int32_t part = 0; (id = refund_of_part(engine->state, ext, part)) != 0; part++) {
        turn_refund(engine, id);
    }
}

void turn_kept(struct engine *engine, int64_t at_ms)
{
    for (uint32_t id; (id = script_next_kept(engine->script)) != 0;) {
        const struct event event = {.kind = EVENT_KEPT, .at = at_ms, .ref = id};
        turn_one(engine, &event);
        engine->caught_up++;
        turn_wakes(engine, at_ms);
    }
}

enum turn_outcome turn_run(struct engine *engine, const struct event *event)
{
    if (inbox_seen(engine->core.inbox, event)) {
        engine->duplicates++;
        return TURN_DUPLICATE;
    }
    if (event->kind == EVENT_RESULT) {
        crash_point("mark.before");
    }
    const enum turn_outcome outcome = turn_one(engine, event);
    if (event->kind == EVENT_RESULT) {
        crash_point("mark.after");
    }
    turn_refunds(engine);
    if (parked_is_settling(event) && outcome == TURN_DONE) {
        parked_release(engine, event->at);
    }
    turn_kept(engine, event->at);
    turn_wakes(engine, event->at);
    return outcome;
}

bool turn_open(struct engine *engine, int64_t at_ms, struct opening *out)
{
    if (!engine->reopened) {
        return false;
    }
    const struct event event = {.kind = EVENT_OPEN, .at = at_ms, .amount = engine->down_since_ms};
    engine->reopened = false;
    turn_one(engine, &event);
    if (out != NULL) {
        *out = engine->opening;
    }
    return true;
}

void turn_wakes(struct engine *engine, int64_t at_ms)
{
    uint32_t scene;
    while (state_next_wake(engine->state, &scene)) {
        const struct event wake = {.kind = EVENT_WAKE, .at = at_ms, .ref = scene};
        turn_one(engine, &wake);
    }
}

bool turn_may_send(struct engine *engine, uint32_t effect, int64_t now_ms)
{
    const enum outbox_action action = outbox_action(engine->core.outbox, effect, now_ms);
    if (action == OUTBOX_DO_SEND) {
        return true;
    }
    const struct event event = {
        .kind = EVENT_RESULT,
        .at = now_ms,
        .ref = effect,
        .text = slice_of(action == OUTBOX_DO_DEPART ? "depart" : "expire"),
    };
    turn_run(engine, &event);
    return false;
}

void turn_lost(struct engine *engine, int64_t now_ms)
{
    for (uint32_t id; (id = outbox_lost(engine->core.outbox)) != 0;) {
        turn_result(engine, id, now_ms, false, "unknown");
    }
    if (!engine->refunds_linked) {  // Of an order whose turn was the last one before a stop.
        engine->refunds_linked = true;
        for (uint32_t id = 0; (id = table_next(engine->state, T_REFUNDS, id)) != 0;) {
            if (refund_order(engine->state, id) != 0) {
                turn_refund(engine, id);
            }
        }
        parked_release(engine, now_ms);  // What was to follow a decision.
    }
    turn_kept(engine, now_ms);
    turn_wakes(engine, now_ms);  // Of scenes whose wait ended just before a stop.
}

void turn_result(struct engine *engine, uint32_t effect, int64_t now_ms, bool ok, const char *how)
{
    char key[33];
    outbox_key_hex(table_get(engine->state, T_OUTBOX, effect), key);
    const struct event event = {
        .kind = EVENT_RESULT, .at = now_ms, .to = {key, 32}, .how = slice_of(how), .ok = ok};
    turn_run(engine, &event);
}

bool turn_timer(struct engine *engine, int64_t now_ms)
{
    const uint32_t id = schedule_take(engine->core.schedule, now_ms);
    if (id == 0) {
        return false;
    }
    const struct event event = {.kind = EVENT_TIMER, .at = now_ms, .ref = id};
    turn_run(engine, &event);
    return true;
}

void turn_park_line(struct engine *engine, const char *source, const char *line, size_t size,
                    int64_t at_ms, const char *error)
{
    char hex[2 * LINE_KEPT_MAX + 1];
    struct event event = {
        .kind = EVENT_LINE,
        .at = at_ms,
        .connector = slice_of(source),
        .text = {line, (uint32_t)(size > LINE_KEPT_MAX ? LINE_KEPT_MAX : size)},
        .how = slice_of(error),
    };
    if (!utf8_valid(event.text.data, event.text.size)) {  // The journal's texts are.
        hex_encode((const uint8_t *)line, event.text.size, hex);
        event.on = true;
        event.text = (struct slice){hex, 2 * event.text.size};
    }
    turn_one(engine, &event);
}
