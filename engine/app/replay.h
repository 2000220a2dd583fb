#pragma once
// A file's journal fed through the same turns, into an engine in memory: every turn must do what
// its entry says, and in the end every row of every table must be the file's. Campaigns and
// playbooks come from the file's own `sources`. Reads the file, and writes nothing to it.

#include "app/engine.h"

struct replay_options {
    const char *db;
    uint64_t until;    // Last turn; 0: all of them.
    int64_t until_ms;  // No event later than this; 0: all of them.
    // A new file that the turns are written to, journal included: what `db` was then. Rows aren't
    // compared. Left where it is when something differs: who asked removes it.
    const char *to;
    void (*on_progress)(void *ctx, uint64_t turn, uint64_t last);  // Now and then; may be NULL.
    // For whoever looks on: the engine when it is open, each event before its turn, and inside its
    // turn when it is done. All or none.
    struct script_trace *trace;
    void (*on_open)(void *ctx, struct engine *engine);
    void (*on_event)(void *ctx, const struct event *event);
    void (*on_turn)(void *ctx, const struct event *event);
    void *ctx;
};

enum replay_verdict {
    REPLAY_SAME,
    REPLAY_TURN,  // A turn came out otherwise.
    REPLAY_ROWS,  // All turns are the same, rows are not: they were changed behind the journal.
};

struct replay_result {
    enum replay_verdict verdict;
    uint64_t turns;      // Replayed, the one that differs included.
    uint64_t last_turn;  // The journal's.
    int64_t at_ms;       // Time of the last turn replayed.
    int64_t us;
    // Rows. They are compared at the journal's end only, and not while an engine writes the file.
    bool rows_compared;
    uint64_t rows, rows_different;
    // What differs, for people: lines, "" if nothing does.
    const char *what;  // outcome, effects, money, effects and money, timer, wake, campaign, rows
    struct buf event;  // Of the turn that differs.
    struct buf details;
};

// false: the file can't be read or its journal is damaged. Differences are no error.
MUST_USE bool replay_run(const struct replay_options *options, struct replay_result *out,
                         struct err *e);
void replay_deinit(struct replay_result *result);
