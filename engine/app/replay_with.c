// The journal's events from outside, one after the other, the engine's own time running in between:
//
//   event at t ─► what is due before t (timers, effects, waits) ─► the event's turn
//
// The ids that platforms gave to messages are taken from the file, so that reactions find them.

#include "app/replay_with.h"

#include <stdlib.h>
#include <string.h>

#include "app/reload.h"
#include "app/replay_sources.h"
#include "base/hash.h"
#include "loop/loop.h"
#include "script/data.h"

#define PROGRESS_EVENTS 4096
#define PROBLEMS_MAX ((size_t)1 << 20)

struct given {
    int64_t key_high, key_low;
    char *ext;
};

struct with {
    const struct replay_options *options;
    struct replay_changes *out;
    struct store *file;
    struct engine engine;
    struct engine_replay hooks;
    struct replay_sources sources;
    struct arena arena;
    int64_t now_ms;
    uint64_t last_turn;
    struct given *given;  // Ids that platforms gave, in order of keys.
    size_t given_count, given_capacity;
};

// --- What platforms gave. ---

static int compare_given(const void *a, const void *b)
{
    const struct given *left = a;
    const struct given *right = b;
    if (left->key_high != right->key_high) {
        return left->key_high < right->key_high ? -1 : 1;
    }
    return (left->key_low > right->key_low) - (left->key_low < right->key_low);
}

static bool on_given(void *ctx, const struct store_row *row, struct err *e)
{
    struct with *with = ctx;
    (void)e;
    if (with->given_count == with->given_capacity) {
        with->given_capacity = with->given_capacity == 0 ? 256 : with->given_capacity * 2;
        with->given = xrealloc(with->given, with->given_capacity * sizeof(*with->given));
    }
    with->given[with->given_count++] =
        (struct given){row->values[0].integer, row->values[1].integer,
                       xstrndup(row->values[2].data, row->values[2].size)};
    return true;
}

static bool load_given(struct with *with, struct err *e)
{
    if (!store_query(with->file, "SELECT key_high, key_low, ext FROM outbox WHERE ext <> ''", NULL,
                     0, on_given, with, e)) {
        return false;
    }
    if (with->given_count > 0) {
        qsort(with->given, with->given_count, sizeof(*with->given), compare_given);
    }
    return true;
}

static void send_effect(struct with *with, uint32_t id)
{
    char key[33];
    const struct outbox_row *row = table_get(with->engine.state, T_OUTBOX, id);
    const struct given wanted = {.key_high = row->key_high, .key_low = row->key_low};
    const struct given *given =
        with->given_count == 0
            ? NULL
            : bsearch(&wanted, with->given, with->given_count, sizeof(*with->given), compare_given);
    outbox_key_hex(row, key);
    const struct event event = {
        .kind = EVENT_RESULT,
        .at = with->now_ms,
        .to = {key, 32},
        .ext = slice_of(given == NULL ? "" : given->ext),
        .ok = true,
    };
    turn_run(&with->engine, &event);
}

// --- Time. ---

static void deliver(struct with *with)
{
    struct engine *engine = &with->engine;
    for (uint32_t id; (id = outbox_next(engine->core.outbox, UINT64_MAX, with->now_ms)) != 0;) {
        if (turn_may_send(engine, id, with->now_ms)) {
            send_effect(with, id);
        }
    }
}

// Everything that is due up to a time happens.
static void advance(struct with *with, int64_t until_ms)
{
    struct engine *engine = &with->engine;
    for (;;) {
        deliver(with);
        const int64_t timer = schedule_next(engine->core.schedule);
        const int64_t effect = outbox_next_at(engine->core.outbox);
        const int64_t next = timer < effect ? timer : effect;
        if (next > until_ms) {
            break;
        }
        with->now_ms = next > with->now_ms ? next : with->now_ms;
        if (timer <= with->now_ms) {
            turn_timer(engine, with->now_ms);
        }
    }
    with->now_ms = until_ms > with->now_ms ? until_ms : with->now_ms;
}

// --- Events. ---

static bool start_campaign(struct with *with, const struct event *event, struct err *e)
{
    struct replay_campaign campaign;
    uint32_t id = 0;
    with->sources.campaign = (uint32_t)event->ref;
    if (!replay_sources_campaign(with->file, (uint32_t)event->ref, &campaign, e)) {
        return false;
    }
    const struct script_overrides overrides = {
        .groups = (int32_t)event->qty, .members = (int32_t)event->total, .seed = campaign.seed};
    buf_clear(&with->out->problems);
    return engine_start(&with->engine, campaign.name, &overrides, event->at, true, &id,
                        &with->out->problems, e);
}

static bool on_entry(void *ctx, uint64_t turn, const char *data, size_t size, struct err *e)
{
    struct with *with = ctx;
    struct journal_entry entry;
    struct event event;
    arena_reset(&with->arena);
    if (!journal_unpack(data, size, &entry, e) ||
        !event_unpack(entry.event.data, entry.event.size, &with->arena, &event, e)) {
        return err_add(e, "turn %llu", (unsigned long long)turn);
    }
    if (event.kind == EVENT_TIMER || event.kind == EVENT_WAKE || event.kind == EVENT_RESULT ||
        event.kind == EVENT_OPEN || event.kind == EVENT_RELEASE || event.kind == EVENT_KEPT) {
        return true;  // The engine's own doing.
    }
    if (event.kind == EVENT_START) {
        with->now_ms = event.at;
        return start_campaign(with, &event, e);
    }
    if (reload_is(&event)) {
        with->sources.campaign = (uint32_t)event.ref;
        with->sources.number = event.qty;
    }
    advance(with, event.at);
    turn_run(&with->engine, &event);
    if (with->out->events++ % PROGRESS_EVENTS == 0 && with->options->on_progress != NULL) {
        with->options->on_progress(with->options->ctx, turn, with->last_turn);
    }
    return engine_poll(&with->engine, e);
}

static void on_turn(void *ctx)
{
    (void)ctx;  // Nobody compares turns: they are others.
}

static bool with_package(void *ctx, const char *playbook, struct package *out, struct err *e)
{
    struct with *with = ctx;
    return replay_sources_package(&with->sources, playbook, out, e);
}

static bool play(struct with *with, struct err *e)
{
    const struct store_head head = store_head(with->file);
    with->last_turn = head.last_turn;
    with->hooks = (struct engine_replay){.on_turn = on_turn, .package = with_package, .ctx = with};
    const struct engine_options options = {
        .drop_journal = true,
        .lua_dir = data_lua_dir(),
        .replay = &with->hooks,
    };
    if (!load_given(with, e) || !engine_open(&with->engine, &options, e)) {
        return false;
    }
    bool done = store_journal(with->file, 1, on_entry, with, e);
    if (done && with->sources.replaced == 0) {
        done = err_set(e, ERR_INVALID, "%s has none of the playbooks that ran", with->sources.with);
    }
    if (done) {
        advance(with, head.last_at_ms);
        done = engine_flush(&with->engine, e) &&
               replay_diff(with->file, with->engine.store, with->out, e);
    }
    with->out->turns = with->engine.turns;
    struct err closing = {0};
    return engine_close(&with->engine, done ? e : &closing) && done;
}

bool replay_with(const struct replay_options *options, const char *folder,
                 struct replay_changes *out, struct err *e)
{
    *out = (struct replay_changes){0};
    buf_init(&out->problems, PROBLEMS_MAX);
    struct with with = {.options = options, .out = out};
    const struct store_options store = {
        .path = options->db, .tables = tables_all, .table_count = T_COUNT, .read_only = true};
    if (!store_open(&with.file, &store, e)) {
        return false;
    }
    const int64_t started_us = loop_mono_us();
    with.sources = (struct replay_sources){.store = with.file, .with = folder};
    arena_init(&with.arena, 65536);
    const bool done = play(&with, e);
    out->us = loop_mono_us() - started_us;
    arena_deinit(&with.arena);
    for (size_t i = 0; i < with.given_count; i++) {
        free(with.given[i].ext);
    }
    free(with.given);
    store_close(with.file);
    return done;
}

void replay_changes_deinit(struct replay_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        struct replay_change *change = &changes->items[i];
        for (size_t k = 0; k < change->sample_count; k++) {
            free(change->samples[k].who);
            free(change->samples[k].old);
            free(change->samples[k].now);
        }
        free(change->name);
    }
    free(changes->items);
    buf_deinit(&changes->problems);
}
