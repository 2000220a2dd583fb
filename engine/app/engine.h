#pragma once
// One engine: a brand's state, its store, its playbooks, and the turn that ties them together. The
// same for rehearsal, feed and live running; what differs is who gives events, who hears effects,
// and what time is.

#include "core/core.h"
#include "core/journal.h"
#include "script/script.h"
#include "store/store.h"

#define ENGINE_BATCH_TURNS 256
#define ENGINE_BATCH_BYTES ((size_t)1 << 20)
// In memory nobody waits for a commit, so batches may be large: rows touched often are written
// once.
#define ENGINE_BATCH_TURNS_VIRTUAL 65536
#define ENGINE_BATCH_BYTES_VIRTUAL ((size_t)16 << 20)
// A rehearsal's file: nobody waits either, but the journal is kept, a segment a batch.
#define ENGINE_BATCH_TURNS_REHEARSAL 16384
#define ENGINE_BATCH_BYTES_REHEARSAL ((size_t)4 << 20)

struct engine;
typedef void (*engine_kept_fn)(void *ctx, struct engine *engine, const struct event *event,
                               enum journal_outcome outcome);

struct engine {
    struct core core;
    struct state *state;
    struct script *script;
    struct store *store;
    size_t batch_turns, batch_bytes;
    size_t bound_from;  // Instances that were there before the campaign being bound.
    uint64_t durable;   // Highest batch that is durable.
    uint64_t turns;     // Handled by this process.
    uint64_t duplicates;
    uint64_t parked;
    uint64_t waiting, released;  // Behind parked ones: came so far, were handled so far.
    uint64_t caught_up;          // Events given to handlers that go on.
    struct err refusal;          // Why the last event that was parked was, or has to wait.
    uint32_t order;              // Counted in the last turn.
    // The last turn, where a journal is kept or somebody asked for digests.
    struct digest did;
    struct digest_mark did_from;
    enum journal_outcome outcome;
    struct opening opening;
    struct slice stops;        // Replay: what the wall clock stopped in the turn to come.
    struct buf entry, packed;  // Journal entry of the running turn.
    struct sha256 seed;        // Of the campaign being started.
    bool journal;  // Entries are written. Nobody will read those of a rehearsal in memory:
                   // it has no hash chain, state_hash compares two of them.
    const struct engine_replay *replay;  // NULL: this is no replay.
    const struct engine_watch *watch;    // NULL: nobody does.
    uint32_t milestone;                  // The last one that was told to it.
    engine_kept_fn on_kept;              // After each turn; for tests, else NULL.
    void *on_kept_ctx;
    struct script_options scripts;
    bool reopened;  // The file has turns of an earlier process: the first turn is EVENT_OPEN.
    int64_t down_since_ms;  // ... the last of which was then.
    bool refunds_linked;    // Those left over by an earlier process were.
    bool full;    // The disk is, when it was last looked at: nothing may be taken or sent until it
                  // isn't. Only with on_news; others fail.
    bool failed;  // The store failed: nothing is acknowledged or sent any more.
    struct err failure;
};

// Who watches turns: told what leaves memory with them.
struct engine_watch {
    // Inside the turn that makes it; it may still read rows, and change nothing.
    void (*on_milestone)(void *ctx, const struct milestone *row);
    void *ctx;
};

// What a replay wants of an engine.
struct engine_replay {
    // Inside each turn, when it is done: engine.did and engine.outcome say what it did.
    void (*on_turn)(void *ctx);
    // Rows of turns that were kept, instead of a database. NULL: into a database in memory.
    void (*on_batch)(void *ctx, const struct batch *batch);
    script_package_fn package;  // Where campaigns and playbooks come from.
    void *ctx;
};

struct engine_options {
    const char *path;     // NULL: in memory.
    const char *copy_of;  // With path NULL: goes on in memory from a copy of this file.
    bool drop_journal;
    const struct engine_replay *replay;
    bool paranoid;               // As in script_options.
    struct script_trace *trace;  // As in script_options.
    bool rehearsal;
    bool judges;  // Code is stopped as early as in an engine that runs, though none does.
    bool fresh;
    bool forgets;  // Nothing is kept and no report asked for: a check, a look at a campaign.
    const char *const *playbook_dirs;
    const char *lua_dir;
    void (*on_news)(void *ctx);
    void *ctx;
};

// Opens the store, loads what it holds, builds playbooks of running campaigns.
MUST_USE bool engine_open(struct engine *engine, const struct engine_options *options,
                          struct err *e);
// As if the process had ended here and a new one had opened the file: everything that isn't in rows
// is made anew.
MUST_USE bool engine_reopen(struct engine *engine, struct err *e);
// Commits what is left and closes. false: what was left could not be made durable.
bool engine_close(struct engine *engine, struct err *e);

// Binds and starts a campaign from its folder in one turn at at_ms. Problems as in script_bind.
// keep = false only checks.
MUST_USE bool engine_start(struct engine *engine, const char *folder,
                           const struct script_overrides *overrides, int64_t at_ms, bool keep,
                           uint32_t *campaign, struct buf *problems, struct err *e);

// The two halves of engine_start: the turn stays open in between, and one of both must follow.
MUST_USE bool engine_bind(struct engine *engine, const char *folder,
                          const struct script_overrides *overrides, int64_t at_ms,
                          uint32_t *campaign, struct buf *problems, struct err *e);
void engine_keep(struct engine *engine, uint32_t campaign,
                 const struct script_overrides *overrides);
void engine_unbind(struct engine *engine);

// What campaign.lua says about itself; its playbooks are not looked at, nothing is kept. Problems
// as above.
struct engine_about {
    char name[128];
    char currency[8];
    int64_t from_at, until_at;
};
MUST_USE bool engine_look(struct engine *engine, const char *folder,
                          const struct script_overrides *overrides, struct engine_about *about,
                          struct buf *problems, struct err *e);

// The same without running anything, from the database: false, unless it has the campaign and the
// folder's files are those that it runs.
MUST_USE bool engine_knows(const struct engine *engine, const char *folder,
                           struct engine_about *about);

// --- turn.c ---
enum turn_outcome { TURN_DONE, TURN_DUPLICATE, TURN_PARKED, TURN_WAITS };
// The turn of EVENT_OPEN, if the file was there before and this process had none yet. Whoever runs
// turns without asking gets it before the first one.
bool turn_open(struct engine *engine, int64_t at_ms, struct opening *out);
// One event, one turn (and the turns of scenes that it wakes).
enum turn_outcome turn_run(struct engine *engine, const struct event *event);
// One event as it stands in a journal: no look whether it is known, no turns that follow from it.
enum turn_outcome turn_one(struct engine *engine, const struct event *event);
// Ends the running turn: journal entry, outbox, rows.
void turn_keep(struct engine *engine, const struct event *event, enum journal_outcome outcome,
               const char *error);
// Turns of the scenes whose wait has ended.
void turn_wakes(struct engine *engine, int64_t at_ms);
// What was kept for handlers that go on, a turn each.
void turn_kept(struct engine *engine, int64_t at_ms);
// The first schedule entry due at or before now_ms as a turn; false: nothing is due.
bool turn_timer(struct engine *engine, int64_t now_ms);
// What outbox_next gave: true = write it to its connector now. Otherwise it has expired, or departs
// first (policies once and ask) and comes again; the turn for that was run.
bool turn_may_send(struct engine *engine, uint32_t effect, int64_t now_ms);
// The result of an effect that nobody else reports.
void turn_result(struct engine *engine, uint32_t effect, int64_t now_ms, bool ok, const char *how);
// Effects whose result can't come any more (after a start, or when a result's turn was dropped),
// and scenes whose wait ended in the last turn before a stop.
void turn_lost(struct engine *engine, int64_t now_ms);
// A line that is no event: parked with the error.
void turn_park_line(struct engine *engine, const char *source, const char *line, size_t size,
                    int64_t at_ms, const char *error);

// Hands the batch over when it is full (or anyway, if `now`).
void engine_batch(struct engine *engine, bool now);
// Looks what became durable. false: the store failed.
MUST_USE bool engine_poll(struct engine *engine, struct err *e);
// Everything so far durable, waited for; but not for room (engine.full).
MUST_USE bool engine_flush(struct engine *engine, struct err *e);
// Next effect that may leave; in memory at once, with a file once durable.
uint32_t engine_next_effect(struct engine *engine, int64_t now_ms);
