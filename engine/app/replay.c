// Feeds the journal, entry by entry:
//
//   journal ─► what stands before the event? (timer, wake) ─► the turn ─► on_turn: as the entry
//   says?
//                                                                  └─► rows, by hash ─► the file's
//
// Turns that follow from others (timers, wakes, results, the start of a campaign, an opening) have
// entries of their own, so nothing happens here but what the journal says, and the engine must
// agree that it is due.

#include "app/replay.h"

#include <string.h>

#include "app/reload.h"
#include "app/replay_rows.h"
#include "app/replay_sources.h"
#include "app/replay_tell.h"
#include "loop/loop.h"
#include "script/data.h"

#define PROGRESS_TURNS 16384
#define DETAILS_MAX ((size_t)1 << 20)

struct replay {
    const struct replay_options *options;
    struct replay_result *result;
    struct store *file;
    struct engine engine;
    struct engine_replay hooks;
    struct replay_sources sources;
    struct replay_rows *rows;
    struct arena arena;
    struct buf problems;
    struct digest_mark from;  // Before the running turn.
    struct journal_entry entry;
    struct event event;
    bool turned;  // The running turn came to its end.
    bool stopped;
    struct err fault;
};

// --- What differs. ---

static void differs(struct replay *replay, const char *what)
{
    struct replay_result *result = replay->result;
    if (result->verdict != REPLAY_SAME) {
        return;
    }
    result->verdict = REPLAY_TURN;
    result->what = what;
    replay_tell_event(&replay->event, &result->event);
}

static const char *which_did(const struct digest *journal, const struct digest *ours,
                             const struct buf *details)
{
    const bool effects = journal->effects != ours->effects ||
                         (details->size > 0 && strstr(details->data, " effect ") != NULL);
    const bool money = journal->legs != ours->legs ||
                       (details->size > 0 && strstr(details->data, " leg ") != NULL);
    return effects && money ? "effects and money" : money ? "money" : "effects";
}

static void on_turn(void *ctx)
{
    struct replay *replay = ctx;
    struct buf *details = &replay->result->details;
    const struct engine *engine = &replay->engine;
    const struct journal_entry *entry = &replay->entry;
    replay->turned = true;
    if (replay->options->on_turn != NULL) {
        replay->options->on_turn(replay->options->ctx, &replay->event);
    }
    if (engine->outcome != entry->outcome) {
        differs(replay, "outcome");
        buf_printf(details,
                   "journal: %s, replay: %s: ", entry->outcome == JOURNAL_OK ? "done" : "parked",
                   engine->outcome == JOURNAL_OK ? "done" : "parked");
        const bool parked = entry->outcome == JOURNAL_PARKED;
        buf_printf(details, "%.*s\n", parked ? (int)entry->error.size : ERR_TEXT_MAX,
                   parked ? entry->error.data : engine->refusal.text);
    } else if (entry->outcome == JOURNAL_PARKED && replay->event.kind != EVENT_LINE &&
               !slice_is(entry->error, engine->refusal.text)) {
        differs(replay, "outcome");
        buf_printf(details, "journal: parked: %.*s\nreplay: parked: %s\n", (int)entry->error.size,
                   entry->error.data, engine->refusal.text);
    }
    if (!digest_same(&engine->did, &entry->did) && replay->result->verdict == REPLAY_SAME) {
        buf_printf(details, "journal: %u effects, %u legs of money; replay: %u effects, %u legs\n",
                   entry->did.effects, entry->did.legs, engine->did.effects, engine->did.legs);
        if (!replay_tell_did(engine->state, replay->file, replay->from, &entry->did, details,
                             &replay->fault)) {
            replay->stopped = true;
        }
        differs(replay, which_did(&entry->did, &engine->did, details));
    }
    replay->from = digest_mark(engine->state);
}

// --- One entry. ---

static bool start_campaign(struct replay *replay, struct err *e)
{
    struct replay_campaign campaign;
    const struct event *event = &replay->event;
    uint32_t id = 0;
    replay->sources.campaign = (uint32_t)event->ref;
    replay->sources.number = 0;
    if (!replay_sources_campaign(replay->file, (uint32_t)event->ref, &campaign, e)) {
        return false;
    }
    const struct script_overrides overrides = {
        .groups = (int32_t)event->qty, .members = (int32_t)event->total, .seed = campaign.seed};
    struct err why = {0};
    buf_clear(&replay->problems);
    if (!engine_start(&replay->engine, campaign.name, &overrides, event->at, true, &id,
                      &replay->problems, &why)) {
        differs(replay, "campaign");
        buf_puts(&replay->result->details, "it can't be started again:\n");
        buf_append(&replay->result->details, replay->problems.data, replay->problems.size);
    }
    return true;
}

// What the engine itself would do next, where the journal says that it did something of its own.
static void look_before(struct replay *replay)
{
    struct engine *engine = &replay->engine;
    const struct event *event = &replay->event;
    uint32_t next = 0;
    if (event->kind == EVENT_TIMER) {
        next = schedule_take(engine->core.schedule, event->at);
    } else if (!state_next_wake(engine->state, &next)) {
        next = 0;
    }
    if (next != (uint32_t)event->ref) {
        differs(replay, event->kind == EVENT_TIMER ? "timer" : "wake");
        buf_printf(&replay->result->details, "journal: %s %lld, replay: %u (0: none)\n",
                   event->kind == EVENT_TIMER ? "schedule entry" : "scene", (long long)event->ref,
                   next);
    }
}

static bool play_entry(struct replay *replay, struct err *e)
{
    const enum event_kind kind = replay->event.kind;
    if (replay->options->on_event != NULL) {
        replay->options->on_event(replay->options->ctx, &replay->event);
    }
    if (kind == EVENT_START) {
        return start_campaign(replay, e);
    }
    if (kind == EVENT_OPEN && !engine_reopen(&replay->engine, e)) {
        return err_add(e, "could not go on as the engine did");
    }
    if (reload_is(&replay->event)) {
        replay->sources.campaign = (uint32_t)replay->event.ref;
        replay->sources.number = replay->event.qty;
    }
    if (kind == EVENT_TIMER || kind == EVENT_WAKE) {
        look_before(replay);
    }
    if (replay->result->verdict == REPLAY_SAME) {
        const bool done = replay->entry.outcome == JOURNAL_OK;
        replay->engine.stops = done ? replay->entry.error : slice_of("");
        turn_one(&replay->engine, &replay->event);
    }
    return true;
}

static bool on_entry(void *ctx, uint64_t turn, const char *data, size_t size, struct err *e)
{
    struct replay *replay = ctx;
    struct replay_result *result = replay->result;
    if (replay->options->until != 0 && turn > replay->options->until) {
        replay->stopped = true;
        return false;
    }
    arena_reset(&replay->arena);
    replay->turned = false;
    if (!journal_unpack(data, size, &replay->entry, e) ||
        !event_unpack(replay->entry.event.data, replay->entry.event.size, &replay->arena,
                      &replay->event, e)) {
        return err_add(e, "turn %llu", (unsigned long long)turn);
    }
    if (replay->options->until_ms != 0 && replay->event.at > replay->options->until_ms) {
        replay->stopped = true;
        return false;
    }
    if (!play_entry(replay, e)) {
        return err_add(e, "turn %llu", (unsigned long long)turn);
    }
    result->turns = turn;
    result->at_ms = state_now(replay->engine.state);
    if (result->verdict == REPLAY_SAME &&
        (!replay->turned || state_turn(replay->engine.state) != turn)) {
        differs(replay, "outcome");
        buf_printf(&result->details, "journal: turn %llu, replay: turn %llu\n",
                   (unsigned long long)turn, (unsigned long long)state_turn(replay->engine.state));
    }
    if (turn % PROGRESS_TURNS == 0 && replay->options->on_progress != NULL) {
        replay->options->on_progress(replay->options->ctx, turn, result->last_turn);
    }
    if (replay->fault.kind != ERR_NONE) {
        *e = replay->fault;
        return false;
    }
    replay->stopped |= result->verdict != REPLAY_SAME;
    return !replay->stopped;
}

// --- All of them. ---

static void on_batch(void *ctx, const struct batch *batch)
{
    const struct replay *replay = ctx;
    replay_rows_take(replay->rows, batch);
}

static bool on_rehearsal(void *ctx, const struct store_row *row, struct err *e)
{
    (void)e;
    *(bool *)ctx = row->values[0].integer != 0;
    return true;
}

static bool sources_package(void *ctx, const char *playbook, struct package *out, struct err *e)
{
    struct replay *replay = ctx;
    return replay_sources_package(&replay->sources, playbook, out, e);
}

static bool feed_all(struct replay *replay, struct err *e)
{
    bool rehearsal = false;
    if (!store_query(replay->file, "SELECT max(rehearsal) FROM campaigns", NULL, 0, on_rehearsal,
                     &rehearsal, e)) {
        return false;
    }
    const char *to = replay->options->to;
    replay->hooks = (struct engine_replay){.on_turn = on_turn,
                                           .on_batch = to == NULL ? on_batch : NULL,
                                           .package = sources_package,
                                           .ctx = replay};
    const struct engine_options options = {
        .path = to,
        .fresh = to != NULL,
        .drop_journal = to == NULL,
        .rehearsal = rehearsal,
        .lua_dir = data_lua_dir(),
        .replay = &replay->hooks,
        .trace = replay->options->trace,
    };
    if (!engine_open(&replay->engine, &options, e)) {
        return false;
    }
    if (replay->options->on_open != NULL) {
        replay->options->on_open(replay->options->ctx, &replay->engine);
    }
    replay->engine.batch_turns = ENGINE_BATCH_TURNS_VIRTUAL;
    replay->engine.batch_bytes = ENGINE_BATCH_BYTES_VIRTUAL;
    replay->from = digest_mark(replay->engine.state);
    const bool read = store_journal(replay->file, 1, on_entry, replay, e) ||
                      (replay->stopped && replay->fault.kind == ERR_NONE);
    struct err closing = {0};
    return engine_close(&replay->engine, read ? e : &closing) && read;
}

static bool on_turn_number(void *ctx, const struct store_row *row, struct err *e)
{
    (void)e;
    *(uint64_t *)ctx = (uint64_t)row->values[0].integer;
    return true;
}

// Whether the file ends with the last turn replayed: an engine may have gone on.
static bool at_end(struct replay *replay, bool *out, struct err *e)
{
    uint64_t last = 0;
    const bool done =
        store_query(replay->file, "SELECT last_turn FROM meta", NULL, 0, on_turn_number, &last, e);
    *out = last == replay->result->turns;
    return done;
}

// Once more, to see the row of which only a hash was kept.
static bool tell_row(struct replay *replay, const struct replay_rows_found *found, struct err *e)
{
    struct replay_result *result = replay->result;
    replay_rows_watch(replay->rows, found->table, found->id);
    buf_printf(&result->details, "%s %u\n", tables_all[found->table]->name, found->id);
    return feed_all(replay, e) && replay_rows_tell(replay->rows, replay->file, &result->details, e);
}

static bool compare_rows(struct replay *replay, struct err *e)
{
    struct replay_result *result = replay->result;
    struct replay_rows_found found;
    bool before = false;
    bool after = false;
    if (result->verdict != REPLAY_SAME || replay->options->to != NULL) {
        return true;
    }
    if (!at_end(replay, &before, e)) {
        return false;
    }
    if (!before) {
        return true;
    }
    if (!replay_rows_compare(replay->rows, replay->file, &found, e) || !at_end(replay, &after, e)) {
        return false;
    }
    if (!after) {
        return true;
    }
    result->rows_compared = true;
    result->rows = found.rows;
    result->rows_different = found.different;
    if (found.different == 0) {
        return true;
    }
    const bool told = tell_row(replay, &found, e);
    result->verdict = REPLAY_ROWS;
    result->what = "rows";
    return told;
}

static bool replay_file(struct replay *replay, struct err *e)
{
    const struct store_head head = store_head(replay->file);
    replay->result->last_turn = head.last_turn;
    replay->sources.store = replay->file;
    err_clear(e);
    return feed_all(replay, e) && compare_rows(replay, e);
}

bool replay_run(const struct replay_options *options, struct replay_result *out, struct err *e)
{
    *out = (struct replay_result){.what = ""};
    buf_init(&out->event, DETAILS_MAX);
    buf_init(&out->details, DETAILS_MAX);
    struct replay replay = {.options = options, .result = out};
    const struct store_options store = {
        .path = options->db, .tables = tables_all, .table_count = T_COUNT, .read_only = true};
    if (!store_open(&replay.file, &store, e)) {
        return false;
    }
    const int64_t started_us = loop_mono_us();
    replay.rows = replay_rows_new();
    arena_init(&replay.arena, 65536);
    buf_init(&replay.problems, DETAILS_MAX);
    const bool done = replay_file(&replay, e);
    out->us = loop_mono_us() - started_us;
    buf_deinit(&replay.problems);
    arena_deinit(&replay.arena);
    replay_rows_free(replay.rows);
    store_close(replay.file);
    return done;
}

void replay_deinit(struct replay_result *result)
{
    buf_deinit(&result->event);
    buf_deinit(&result->details);
}
