#pragma once
// What is due when: rows of `schedule` and a heap of (due, id) over the planned ones. Entries due
// at the same instant run in order of id. Entries cancelled or moved are dropped from the heap when
// they surface.

#include "core/state.h"

enum schedule_kind {
    SCHEDULE_ENTRY,
    SCHEDULE_WAIT,
    SCHEDULE_DAY_START,
    SCHEDULE_DAY_END,
    SCHEDULE_OUTBOX,
    SCHEDULE_LIBRARY,
    SCHEDULE_CROWD,
    SCHEDULE_COUPON,    // ref: a coupon that is over; the core's own (coupon_sweep)
    SCHEDULE_PROMOTION  // ref: a held use of a promotion that runs out (promotion_expire)
};
enum schedule_late { LATE_SKIP, LATE_RUN, LATE_RUN_WITHIN };
enum schedule_status {
    SCHEDULE_PLANNED,
    SCHEDULE_DONE,
    SCHEDULE_SKIPPED,
    SCHEDULE_CANCELLED,
    SCHEDULE_HELD,
    SCHEDULE_WITHDRAWN
};

// An entry that skips when late still runs this long after its time: other entries of the same
// instant ran first.
#define SCHEDULE_GRACE_MS 2000

struct schedule;

struct schedule *schedule_new(struct state *state);
void schedule_free(struct schedule *schedule);
void schedule_rebuild(struct schedule *schedule);  // After loading: scans the rows.
// Adds a planned entry (status and id of `row` are set here); in a group or campaign that is paused
// it is held. Inside a turn.
uint32_t schedule_add(struct schedule *schedule, const struct schedule_entry *row);
bool schedule_is_held(const struct state *state, const struct schedule_entry *row);
void schedule_move(struct schedule *schedule, uint32_t id, int64_t due_at);
void schedule_cancel(struct schedule *schedule,
                     uint32_t id);  // Nothing happens if it isn't planned or held.
// Sets both at once: for entries held (SCHEDULE_HELD, of a group or campaign that is paused) or let
// go again, and for those that an operator cancels (SCHEDULE_WITHDRAWN), whose rows stay so that
// she can take it back. It must be one of the three, and `status` too.
void schedule_set(struct schedule *schedule, uint32_t id, enum schedule_status status,
                  int64_t due_at);
int64_t schedule_next(struct schedule *schedule);  // Due time of the first; INT64_MAX if none.
// Takes the first entry due at or before at_ms off the heap; 0: none. The caller's turn marks it
// done (schedule_done); a turn that is dropped must call schedule_put_back.
uint32_t schedule_take(struct schedule *schedule, int64_t at_ms);
void schedule_done(struct schedule *schedule, uint32_t id, enum schedule_status status);
void schedule_put_back(struct schedule *schedule, uint32_t id);
// What the late policy says of an entry handled at now_ms: true = run it.
bool schedule_may_run(const struct schedule_entry *entry, int64_t now_ms);
// Entries in the heap, those not yet known to be void included.
size_t schedule_size(const struct schedule *schedule);
size_t schedule_memory(const struct schedule *schedule);  // Heap only.
