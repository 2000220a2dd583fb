#pragma once
// One rehearsal: a campaign played in virtual time with a simulated crowd, through the real turns.

#include "app/cli.h"
#include "app/engine.h"
#include "app/report.h"
#include "link/hostile.h"

struct rehearsal_options {
    const char *folder;
    const char *db;          // NULL: in memory
    const char *crowd_file;  // NULL: the built-in parameters
    const char *until;       // NULL: to the end
    uint64_t seed;
    int32_t members, groups;
    struct progress *progress;  // NULL: silent
    bool paranoid;              // Scenes are rebuilt after every wait.
    bool hostile;               // A bad night: link/hostile.h.
    bool quiet_world;           // Nobody reacts: what `plan` plays.
    // Called for each effect that leaves; may be NULL.
    void (*on_effect)(void *ctx, struct engine *engine, uint32_t effect, int64_t now_ms);
    void *ctx;
    script_error_fn on_error;  // A handler or scene failed; may be NULL.
    void *on_error_ctx;
    // After each turn that was kept; for tests. May be NULL.
    engine_kept_fn on_kept;
    void *on_kept_ctx;
};

struct rehearsal {
    struct engine engine;
    uint32_t campaign;
    uint64_t turns;
    size_t state_peak;               // Bytes of engine state, at most, looked at now and then
    int64_t wall_us;                 // Of the run itself
    int64_t cpu_us, storage_cpu_us;  // Of its two threads
    int64_t from_at, until_at;
    size_t script_errors;
    struct hostile_told told;  // Of a bad night.
    bool stopped;              // Ctrl-C or --until
    int interrupted;           // The signal that stopped it, 0: none did.
};

// Runs it; the engine stays open so that a report can be read from its store. `problems` as in
// script_bind.
MUST_USE bool rehearsal_run(struct rehearsal *rehearsal, const struct rehearsal_options *options,
                            struct buf *problems, struct err *e);
void rehearsal_close(struct rehearsal *rehearsal);
// "day3" or "day3 21:00" -> time; ERR_INVALID says what is understood.
MUST_USE bool rehearsal_when(struct engine *engine, uint32_t campaign, const char *text,
                             int64_t *at_ms, struct err *e);
