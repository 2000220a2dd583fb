#pragma once
// What hostile.c (events, weather) and hostile_answers.c (commands) share. Internal to them.

#include "base/rng.h"
#include "link/hostile.h"

#define HOSTILE_HOUR_MS INT64_C(3600000)

struct hostile_item {
    int64_t at;
    uint32_t serial;  // Those of one instant in the order they were queued.
    uint32_t roster;  // Of this group, as it is by then; 0: `packed`.
    uint32_t effect;  // A person looks what became of it; 0: `packed`.
    bool happened;    // ... and finds that it did.
    uint32_t size;
    char *packed;  // An event.
};

struct hostile_window {
    int64_t from_ms, until_ms;
};

#define HOSTILE_WINDOWS_MAX 400

struct hostile_windows {
    struct hostile_window at[HOSTILE_WINDOWS_MAX];
    size_t count;
};

// What the platform knows of an effect.
struct hostile_fate {
    bool sent, applied;
    bool again;  // A person said that it may be sent once more.
};

struct hostile {
    struct hostile_options options;
    struct rng rng;
    int64_t calm_ms;
    struct hostile_windows outages, sleeps, set_back;
    struct hostile_item *items;  // Heap.
    size_t count, capacity;
    uint32_t serial;
    struct hostile_fate *fates;  // By effect.
    uint32_t fate_capacity;
    struct hostile_told told;
    struct buf packed;
    struct arena arena;  // Of the event given last.
    char id[24];
};

const struct hostile_window *hostile_within(const struct hostile_windows *windows, int64_t at);
void hostile_queue_event(struct hostile *hostile, int64_t at, const struct event *event);
void hostile_queue_look(struct hostile *hostile, int64_t at, uint32_t effect, bool happened);
// A person's decision about an effect, if it is still open; false: it isn't.
bool hostile_settle(struct hostile *hostile, const struct hostile_item *item, struct event *out);
