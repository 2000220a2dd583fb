#include "app/engine.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

static bool on_row(void *ctx, uint32_t id, const struct value *values, size_t count, struct err *e)
{
    struct {
        struct state *state;
        enum table_id table;
    } *into = ctx;
    return state_load_row(into->state, into->table, id, values, count, e);
}

// Which rows of tables that shed finished ones are still needed.
static const char *load_where(enum table_id table)
{
    switch ((int)table) {
    case T_OUTBOX:
        return "status IN (0, 1, 3, 4, 6) OR (op = 9 AND status = 5)";
    case T_SCHEDULE:
        return "status = 0";
    case T_STEPS:
        return "scene IN (SELECT id FROM scenes WHERE status IN (0, 1) OR (status = 3 AND day NOT "
               "IN"
               " (SELECT id FROM days WHERE filed = 1 AND id NOT IN"
               " (SELECT day FROM scenes WHERE status IN (0, 1)))))";
    case T_REPLIES:  // See core/filing.c.
        return "chain NOT IN (SELECT c.id FROM chains c JOIN days d ON d.id = c.day"
               " WHERE d.filed = 1 AND c.status = 1)";
    case T_PLAYS:
        return "claim <> '' OR game NOT IN (SELECT g.id FROM games g JOIN days d ON d.id = g.day"
               " WHERE d.filed = 1 AND g.status = 2 AND g.kind IN ('wheel', 'envelope'))";
    case T_MEMORY:
    case T_SCENES:
        return "day NOT IN (SELECT id FROM days WHERE filed = 1 AND id NOT IN"
               " (SELECT day FROM scenes WHERE status IN (0, 1)))";
    case T_LIKES:
        return "post NOT IN (SELECT p.id FROM posts p JOIN games g ON g.id = p.game JOIN days d ON"
               " d.id = g.day WHERE d.filed = 1 AND d.id NOT IN (SELECT day FROM scenes WHERE "
               "status IN (0, 1)))";
    case T_REFUNDS:
        return "\"order\" = 0";
    case T_HOURS:
        return "at >= (SELECT max(h.at) FROM hours h WHERE h.\"group\" = hours.\"group\") - "
               "43200000";
    case T_VOUCHERS:
        return "status <> 4 OR used_at <> 0";  // Expired ones: coupon_expire.
    case T_RECEIPTS:
        return "done = 0";
    case T_PARKED:
        return "status IN (1, 2)";
    case T_ORDER_LINES:
    case T_LEDGER:
    case T_MILESTONES:
        return "0";
    default:
        return NULL;
    }
}

// Ids of events of an earlier process, read from the journal while rows are loaded: on a thread of
// its own, which touches nothing but this.
struct recovery {
    struct inbox *inbox;
    struct inbox_filling filling;
    struct arena arena;
};

static bool on_entry(void *ctx, uint64_t turn, const char *entry, size_t size, struct err *e)
{
    struct recovery *recovery = ctx;
    struct journal_entry parsed;
    struct event event;
    (void)turn;
    arena_reset(&recovery->arena);
    if (!journal_unpack(entry, size, &parsed, e) ||
        !event_unpack(parsed.event.data, parsed.event.size, &recovery->arena, &event, e)) {
        return false;
    }
    inbox_fill(recovery->inbox, &recovery->filling, &event);
    return true;
}

#define RECOVERY_TURNS 1000000  // How far back ids of events are known again after a restart.

static bool load_tables(struct engine *engine, struct err *e)
{
    uint32_t last_ids[T_COUNT];
    store_last_ids(engine->store, last_ids);
    for (int table = 0; table < T_COUNT; table++) {
        struct {
            struct state *state;
            enum table_id table;
        } into = {engine->state, (enum table_id)table};
        if (!store_load(engine->store, (size_t)table, load_where(into.table), on_row, &into, e)) {
            return err_add(e, "could not load %s", tables_all[table]->name);
        }
        state_load_last(engine->state, into.table, last_ids[table]);
    }
    const struct store_head head = store_head(engine->store);
    state_load_head(engine->state, head.last_turn, head.last_batch, head.last_at_ms);
    engine->durable = head.last_batch;
    engine->reopened = true;
    engine->down_since_ms = head.last_at_ms;
    engine->did_from = digest_mark(engine->state);
    core_rebuild(&engine->core);
    return true;
}

static bool engine_load(struct engine *engine, struct err *e)
{
    const struct store_head head = store_head(engine->store);
    if (head.last_turn == 0) {
        return true;
    }
    struct err unread = {0};
    struct recovery recovery = {.inbox = engine->core.inbox};
    const uint64_t from = head.last_turn > RECOVERY_TURNS ? head.last_turn - RECOVERY_TURNS : 1;
    if (!store_load_begin(engine->store, e)) {
        return false;
    }
    arena_init(&recovery.arena, 4096);
    store_journal_begin(engine->store, from, on_entry, &recovery);
    bool loaded = load_tables(engine, e);
    store_load_end(engine->store);
    loaded = loaded && script_load(engine->script, e);
    const bool known = store_journal_end(engine->store, &unread);
    inbox_fill_end(engine->core.inbox, &recovery.filling);
    arena_deinit(&recovery.arena);
    if (loaded && !known) {
        *e = unread;
    }
    return loaded && known;
}

bool engine_open(struct engine *engine, const struct engine_options *options, struct err *e)
{
    *engine = (struct engine){
        .batch_turns = options->path == NULL ? ENGINE_BATCH_TURNS_VIRTUAL
                       : options->rehearsal  ? ENGINE_BATCH_TURNS_REHEARSAL
                                             : ENGINE_BATCH_TURNS,
        .batch_bytes = options->path == NULL ? ENGINE_BATCH_BYTES_VIRTUAL
                       : options->rehearsal  ? ENGINE_BATCH_BYTES_REHEARSAL
                                             : ENGINE_BATCH_BYTES,
        .journal = !options->drop_journal && !options->forgets,
        .replay = options->replay,
    };
    const struct store_options store = {
        .path = options->path,
        .tables = tables_all,
        .table_count = T_COUNT,
        .drop_journal = options->drop_journal,
        .copy_of = options->copy_of,
        .fresh = options->fresh,
        .forgets = options->forgets,
        .waits_for_room = options->on_news != NULL,
        .on_news = options->on_news,
        .ctx = options->ctx,
    };
    if (!store_open(&engine->store, &store, e)) {
        return false;
    }
    core_init(&engine->core);
    engine->state = engine->core.state;
    engine->scripts = (struct script_options){
        .playbook_dirs = options->playbook_dirs,
        .lua_dir = options->lua_dir,
        .rehearsal = options->rehearsal,
        .virtual_time = options->on_news == NULL && !options->judges,
        .paranoid = options->paranoid,
        .trace = options->trace,
        .replays = options->replay != NULL,
        .package = options->replay == NULL ? NULL : options->replay->package,
        .package_ctx = options->replay == NULL ? NULL : options->replay->ctx,
    };
    engine->script = script_new(&engine->core, &engine->scripts);
    buf_init(&engine->entry, (size_t)4 << 20);
    buf_init(&engine->packed, (size_t)4 << 20);
    if (!engine_load(engine, e)) {
        struct err ignored = {0};
        (void)engine_close(engine, &ignored);
        return false;
    }
    return true;
}

bool engine_reopen(struct engine *engine, struct err *e)
{
    for (uint32_t scene; state_next_wake(engine->state, &scene);) {
    }
    script_free(engine->script);
    core_rebuild(&engine->core);
    engine->script = script_new(&engine->core, &engine->scripts);
    return script_load(engine->script, e);
}

bool engine_close(struct engine *engine, struct err *e)
{
    const bool ok = engine->failed || engine_flush(engine, e);
    script_free(engine->script);
    core_deinit(&engine->core);
    store_close(engine->store);
    buf_deinit(&engine->entry);
    buf_deinit(&engine->packed);
    return ok;
}

void engine_unbind(struct engine *engine)
{
    script_unbind(engine->script, engine->bound_from);
    outbox_turn_dropped(engine->core.outbox);
    state_drop(engine->state);
    store_drop_unused(engine->store);
}

bool engine_bind(struct engine *engine, const char *folder,
                 const struct script_overrides *overrides, int64_t at_ms, uint32_t *campaign,
                 struct buf *problems, struct err *e)
{
    (void)turn_open(engine, at_ms, NULL);
    engine->bound_from = script_instances(engine->script);
    state_begin(engine->state, at_ms);
    bool ok = script_bind(engine->script, folder, overrides, campaign, problems, e);
    if (ok) {
        ok = script_start(engine->script, *campaign, e);
        if (!ok) {
            buf_printf(problems, "%s\n", e->text);
        }
    }
    if (!ok) {
        engine_unbind(engine);
    }
    return ok;
}

void engine_keep(struct engine *engine, uint32_t campaign, const struct script_overrides *overrides)
{
    const struct campaign *row = table_get(engine->state, T_CAMPAIGNS, campaign);
    const struct event event = {
        .kind = EVENT_START,
        .at = state_now(engine->state),
        .text = slice_of(state_get_text(engine->state, row->name)),
        .ref = campaign,
        .qty = overrides == NULL ? 0 : overrides->groups,
        .total = overrides == NULL ? 0 : overrides->members,
    };
    turn_keep(engine, &event, JOURNAL_OK, "");
}

bool engine_start(struct engine *engine, const char *folder,
                  const struct script_overrides *overrides, int64_t at_ms, bool keep,
                  uint32_t *campaign, struct buf *problems, struct err *e)
{
    if (!engine_bind(engine, folder, overrides, at_ms, campaign, problems, e)) {
        return false;
    }
    if (keep) {
        engine_keep(engine, *campaign, overrides);
    } else {
        engine_unbind(engine);
    }
    return true;
}

static void about_campaign(const struct engine *engine, uint32_t campaign,
                           struct engine_about *about)
{
    const struct campaign *row = table_get(engine->state, T_CAMPAIGNS, campaign);
    snprintf(about->name, sizeof(about->name), "%s", state_get_text(engine->state, row->name));
    snprintf(about->currency, sizeof(about->currency), "%s",
             state_get_text(engine->state, row->currency));
    about->from_at = row->from_at;
    about->until_at = row->until_at;
}

bool engine_knows(const struct engine *engine, const char *folder, struct engine_about *about)
{
    const uint32_t campaign = script_known(engine->script, folder);
    if (campaign != 0) {
        about_campaign(engine, campaign, about);
    }
    return campaign != 0;
}

bool engine_look(struct engine *engine, const char *folder,
                 const struct script_overrides *overrides, struct engine_about *about,
                 struct buf *problems, struct err *e)
{
    uint32_t campaign;
    engine->bound_from = script_instances(engine->script);
    state_begin(engine->state, 0);
    const bool ok = script_look(engine->script, folder, overrides, &campaign, problems, e);
    if (ok) {
        about_campaign(engine, campaign, about);
    }
    engine_unbind(engine);
    return ok;
}

// While a batch is on its way the next one grows, up to here: the loop waits for no disk, and rows
// that are touched again are written once.
#define BATCH_SWOLLEN 16

void engine_batch(struct engine *engine, bool now)
{
    const size_t turns = state_batch_turns(engine->state);
    const size_t bytes = state_batch_bytes(engine->state);
    if (turns == 0 || engine->failed || state_in_turn(engine->state)) {
        return;
    }
    const uint64_t waiting = state_batch_number(engine->state) - 1 - engine->durable;
    const bool files = engine->batch_bytes <= ENGINE_BATCH_BYTES;
    const size_t times = files && waiting >= 1 ? BATCH_SWOLLEN : 1;
    if (now || turns >= engine->batch_turns * times || bytes >= engine->batch_bytes * times) {
        if (times > 1 && store_is_full(engine->store)) {
            return;  // Handed over when there is room.
        }
        struct batch *batch = store_recycle(engine->store);
        state_take_batch(engine->state, batch);
        if (engine->replay != NULL && engine->replay->on_batch != NULL) {
            engine->replay->on_batch(engine->replay->ctx, batch);
            engine->durable = batch->number;
            batch_free(batch);
        } else {
            store_commit(engine->store, batch);
        }
    }
}

bool engine_poll(struct engine *engine, struct err *e)
{
    if (engine->failed) {
        *e = engine->failure;
        return false;
    }
    if (engine->replay != NULL && engine->replay->on_batch != NULL) {
        return true;
    }
    if (!store_poll(engine->store, &engine->durable, e)) {
        engine->failed = true;
        engine->failure = *e;
        return false;
    }
    engine->full = store_is_full(engine->store);
    return true;
}

bool engine_flush(struct engine *engine, struct err *e)
{
    engine_batch(engine, true);
    const uint64_t last = state_batch_number(engine->state) - 1;
    if (last > engine->durable && !store_wait(engine->store, last, e)) {
        engine->full = store_is_full(engine->store);
        engine->failed = !engine->full;
        engine->failure = *e;
        return false;
    }
    return engine_poll(engine, e);
}

uint32_t engine_next_effect(struct engine *engine, int64_t now_ms)
{
    if (engine->failed) {
        return 0;
    }
    return outbox_next(engine->core.outbox, engine->durable, now_ms);
}
