// Running for real: when things happen. Who sends and who hears is in live_connector.c,
// live_link.c and live_send.c. Everything runs on the loop's thread; only live_news is called from
// another one.
#include "app/live.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/live_internal.h"
#include "app/tweak.h"
#include "base/money.h"

#define CLOCK_JUMP_MS 5000   // Smaller steps are those of a clock being set right.
#define TIMERS_A_ROUND 1000  // Then lines, acknowledgements and signals get their turn.
#define CALM_LINES 64        // A round with fewer has time to wait for a commit.
#define REST_US 300  // At most so long; nothing that comes is answered before its commit anyway.

void live_note(struct live *live, const char *format, ...)
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

bool live_is_telling(uint64_t count)
{
    while (count >= 10 && count % 10 == 0) {
        count /= 10;
    }
    return count == 1;
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
    if (live->loop != NULL) {
        loop_free(live->loop);
    }
    live_free_connectors(live);
    if (live->control != NULL) {
        control_free(live->control);
    }
    status_free(live->status);
    dcp_free(live->dcp);
    buf_deinit(&live->line);
    free(live);
}

void live_news(void *ctx)
{
    struct live *live = ctx;
    loop_wake(live->loop);
}

// --- Stopping. ---

void live_closed(struct live *live)
{
    for (size_t i = 0; i < live->count; i++) {
        if (live->connectors[i]->links != NULL) {
            return;
        }
    }
    loop_stop(live->loop);
}

// What was handled becomes durable and is acknowledged; then the connectors see the end of their
// input and get a moment for their own.
static void live_stop(struct live *live)
{
    if (live->stopping) {
        return;
    }
    live->stopping = true;
    loop_alarm(live->loop, INT64_MAX, NULL, NULL);
    if (!live->failed && !engine_flush(live->engine, &live->failure)) {
        live->failed = true;
    }
    if (!live->failed) {
        live_send_acks(live);
    }
    if (live->control != NULL) {
        control_round(live->control, loop_wall_ms());
        control_close(live->control);
    }
    live_status_stop(live);
    live_stop_connectors(live);
    live_closed(live);
}

// The brake without a console: as if somebody had typed it.
static void live_pause(struct live *live)
{
    struct tweak_view view;
    struct err e = {0};
    const struct event event = {
        .kind = EVENT_OPERATOR,
        .at = loop_wall_ms(),
        .text = slice_of("tweak"),
        .how = slice_of("apply"),
        .by = slice_of("signal"),
        .code = slice_of("pause all"),
        .ref = live->options.campaign,
    };
    tweak_view_init(&view);
    if (tweak_apply(live->engine, &event, &view, &e)) {
        live_note(live, "everything stands still (SIGUSR1); `resume all` in the console goes on");
    } else {
        live_note(live, "SIGUSR1: %s", e.text);
    }
    tweak_view_deinit(&view);
}

static void on_signal(void *ctx, int signum)
{
    struct live *live = ctx;
    if (signum == SIGUSR1) {
        live_pause(live);
        return;
    }
    live_note(live, "stopping (signal %d); what was %s is kept", signum,
              live->full ? "acknowledged" : "handled");
    live_stop(live);
}

// --- Working. ---

static bool all_ended(const struct state *state)
{
    for (uint32_t id = 0; (id = table_next(state, T_CAMPAIGNS, id)) != 0;) {
        if (((const struct campaign *)table_get(state, T_CAMPAIGNS, id))->status != 3) {
            return false;
        }
    }
    return true;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_alarm(const struct live *live)
{
    int64_t at = earlier(schedule_next(live->engine->core.schedule),
                         outbox_next_at(live->engine->core.outbox));
    if (live->control != NULL) {
        at = earlier(at, control_next_at(live->control));
    }
    if (live->status != NULL) {
        at = earlier(at, status_next_at(live->status));
    }
    for (size_t i = 0; i < live->count; i++) {
        const struct live_connector *connector = live->connectors[i];
        at = earlier(at, live_next_deadline(connector));
        if (connector->links == NULL) {
            at = earlier(at, connector->restart_at);
        }
    }
    return at;
}

// While the disk is full nothing is taken, so nothing piles up: connectors are not read, timers
// wait as if the engine were down. true: so it is.
static bool waits_for_room(struct live *live)
{
    const bool full = live->engine->full;
    const int64_t now_ms = loop_wall_ms();
    if (full && !live->full) {
        live->full_since_ms = now_ms;
        live_note(live, "the disk is full: nothing is taken, acknowledged or sent until there is "
                        "room; it goes on by itself");
    } else if (!full && live->full) {
        live_note(live, "there is room on the disk again after %" PRId64 " s: going on",
                  (now_ms - live->full_since_ms + 500) / 1000);
    }
    const bool changed = full != live->full;
    live->full = full;
    for (size_t i = 0; i < live->count && (full || changed); i++) {  // New ones as well.
        live_hold_links(live->connectors[i], now_ms);
    }
    return full;
}

static void on_work(void *ctx)
{
    live_work(ctx);
}

static void on_rest(void *ctx)
{
    const struct live *live = ctx;
    if (!live->stopping && !live->full && live->lines_before < CALM_LINES) {
        store_nap(live->engine->store, REST_US);
    }
}

// Nothing is done but looking; the store tells when there is room.
static void wait_for_room(struct live *live)
{
    int64_t at_ms = status_next_at(live->status);
    live_status_look(live, loop_wall_ms());
    if (live->control != NULL) {
        control_round(live->control, loop_wall_ms());
        at_ms = earlier(at_ms, control_next_at(live->control));
    }
    loop_alarm(live->loop, at_ms, on_work, live);
}

// The clock of the machine and the one that nobody sets no longer agree: somebody set it, or the
// machine slept. What became due meanwhile follows its late policies; engine time never goes back.
static void look_at_clock(struct live *live, int64_t now_ms)
{
    const int64_t mono_us = loop_mono_us();
    const int64_t gone_ms = now_ms - live->wall_ms;
    const int64_t jump_ms = live->wall_ms == 0 ? 0 : gone_ms - (mono_us - live->mono_us) / 1000;
    live->wall_ms = now_ms;
    live->mono_us = mono_us;
    if (jump_ms > CLOCK_JUMP_MS) {
        live_note(live,
                  "the clock went forward by %" PRId64
                  " s (it was set, or the machine slept): what "
                  "was due meanwhile: entries run late or are skipped, as each says",
                  jump_ms / 1000);
    } else if (jump_ms < -CLOCK_JUMP_MS) {
        live_note(live,
                  "the clock was set back by %" PRId64 " s: engine time stands still until it is "
                  "reached again, nothing happens twice",
                  -jump_ms / 1000);
    }
}

// The wall clock, unless that was set back: what turns have made since is due all the same.
static int64_t engine_now(const struct live *live)
{
    const int64_t wall_ms = loop_wall_ms();
    const int64_t last_ms = state_now(live->engine->state);
    return wall_ms > last_ms ? wall_ms : last_ms;
}

// Everything that can be done now: timers due, a batch for an idle store, what became durable goes
// out.
void live_work(struct live *live)
{
    struct engine *engine = live->engine;
    live->lines_before = live->lines;
    live->lines = 0;
    if (live->stopping) {
        return;
    }
    if (!engine_poll(engine, &live->failure)) {
        live->failed = true;
        live_stop(live);
        return;
    }
    live_status_start(live);
    if (waits_for_room(live)) {
        wait_for_room(live);
        return;
    }
    look_at_clock(live, loop_wall_ms());
    const int64_t now_ms = engine_now(live);
    for (int i = 0; i < TIMERS_A_ROUND && turn_timer(engine, now_ms); i++) {
    }
    turn_lost(engine, now_ms);
    live_settle_flights(live, now_ms);
    engine_batch(engine, store_idle(engine->store));
    if (!engine_poll(engine, &live->failure)) {
        live->failed = true;
        live_stop(live);
        return;
    }
    live_send_acks(live);
    if (waits_for_room(live)) {
        wait_for_room(live);
        return;
    }
    live_send_effects(live, now_ms);
    live_tell_jams(live, now_ms);
    if (live->control != NULL) {
        control_round(live->control, now_ms);
    }
    engine_batch(engine, store_idle(engine->store));
    live_restart_connectors(live, now_ms);
    live_status_look(live, now_ms);
    if (all_ended(engine->state) && outbox_waiting(engine->core.outbox) == 0) {
        live_note(live, "every campaign has ended");
        live_stop(live);
        return;
    }
    loop_alarm(live->loop, next_alarm(live), on_work, live);
}

void live_set_control(struct live *live, const char *folder, uint32_t campaign)
{
    live->options.control = folder;
    live->options.campaign = campaign;
}

static void on_control_note(void *ctx, const char *text)
{
    live_note(ctx, "%s", text);
}

// Nobody can attach: told, and the campaign runs all the same.
static void start_control(struct live *live)
{
    struct err e = {0};
    const struct control_options options = {
        .folder = live->options.control,
        .campaign = live->options.campaign,
        .home = live->options.folder,
        .on_status = live_status_put,
        .on_note = on_control_note,
        .ctx = live,
    };
    if (options.folder != NULL &&
        !control_new(&live->control, live->loop, live->engine, &options, &e)) {
        live_note(live, "nobody can attach: %s", e.text);
    }
}

bool live_run(struct live *live, struct engine *engine, struct err *e)
{
    live->engine = engine;
    live->opening =
        state_batch_number(engine->state) - (state_batch_turns(engine->state) == 0 ? 1 : 0);
    live->currency_decimals = 2;
    for (uint32_t id = 0; (id = table_next(engine->state, T_CAMPAIGNS, id)) != 0;) {
        const struct campaign *row = table_get(engine->state, T_CAMPAIGNS, id);
        const int decimals = money_decimals(state_get_text(engine->state, row->currency));
        live->currency_decimals = decimals < 0 ? live->currency_decimals : decimals;
    }
    loop_on_wake(live->loop, on_work, live);
    loop_before_sleep(live->loop, on_work, live);
    loop_before_rest(live->loop, on_rest, live);
    loop_on_signal(live->loop, on_signal, live);
    live_status_start(live);
    start_control(live);
    const bool started = live_start_connectors(live, e);
    if (started) {
        live_work(live);
    } else {
        live_stop(live);
    }
    // Also after a stop: connectors that were started get their end.
    loop_run(live->loop);
    if (live->failed) {
        *e = live->failure;
    }
    return started && !live->failed;
}
