#pragma once
// A bad night: what goes wrong between a platform and the engine, for `rehearse --hostile`. It
// stands between the simulated crowd and the turns and speaks for the connector: events come late,
// twice, out of order, with a clock that was set back; leaves are lost and rosters make up for it;
// the platform can't be reached for an hour, or asks for patience; answers to commands get lost,
// come late or twice; staff confirm hours later; the machine sleeps for an hour. One seed is one
// night. Its last two hours are calm, so that in the end everything has been told.
//
//   crowd ─► hostile_take ─► turns ─► outbox ─► hostile_send ─► crowd
//                 ▲                                  │
//                 └── queue: late events, answers ◄──┘

#include "link/crowd.h"

struct hostile;

struct hostile_options {
    struct core *core;
    struct crowd *crowd;
    uint64_t seed;
    uint32_t campaign;
    int64_t from_ms, until_ms;
};

// What happened, for the report.
struct hostile_told {
    uint64_t outages, sleeps;  // An hour each.
    uint64_t events, held, late, twice, set_back, lost_leaves, rosters;
    uint64_t commands, patience, failed, silent, answered_late, answered_twice;
    uint64_t known_again;  // Commands that came again, and were recognised by their key.
    uint64_t confirmed_late, settled;  // By staff.
    uint64_t money_twice;              // Sent twice although nobody had said so: there may be none.
    uint64_t strangers;  // At the end: members of whom platform and engine say different things.
};

struct hostile *hostile_new(const struct hostile_options *options);
void hostile_free(struct hostile *hostile);

int64_t hostile_next(const struct hostile *hostile);            // INT64_MAX: nothing is left.
bool hostile_take(struct hostile *hostile, struct event *out);  // As crowd_take.
void hostile_send(struct hostile *hostile, uint32_t effect, int64_t now_ms);
// The machine sleeps: what is due while it does is seen to when it wakes.
int64_t hostile_wake(const struct hostile *hostile, int64_t now_ms);
struct hostile_told hostile_tell(struct hostile *hostile);
