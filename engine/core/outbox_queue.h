#pragma once
// The part of the outbox that is not in rows: who waits behind whom. Internal to outbox*.c.
//
//   append/result in a turn ─► touched ─(turn kept)─► undurable ─(batch durable)─► channel ─►
//   flying
//                                  └─(dropped)─► nothing happened
//
// A channel is a group, or a member for direct messages. Its effects stand in order of their place:
// the later of created_at and not_before, then id. One flies at a time; one that must be tried
// again keeps its place, so the ones behind it wait.
//
// A channel that may send waits once more where its connector has limits or is down
// (outbox_pace.c):
//
//   ready ─(due)─► pace.waiting[in flight | groups | members] ─(tokens)─► handed out
//     └──────────(its effect's time is over: handed out at once, to expire)──────┘

#include "base/map.h"
#include "core/outbox.h"

struct outbox_item {
    int64_t at_ms;     // Place in the channel; time from which the channel may send in `ready`.
    uint32_t id;       // Effect.
    uint32_t channel;  // Only in `ready`.
    uint64_t serial;   // Only in `ready`: void unless it is the channel's.
};

// By at_ms, then id.
struct outbox_heap {
    struct outbox_item *items;
    size_t count;
    size_t capacity;
};

struct outbox_channel {
    uint64_t key;
    uint64_t serial;
    uint32_t flying;  // Effect that was handed out and has no result yet; 0: none.
    struct outbox_heap waiting;
};

// A token bucket, kept as the time from which it is full (tokens are counted from there back): one
// number, no clock of its own, and exact, as times are in units of 1/count ms.
struct outbox_rule {
    int64_t count;  // Tokens in per_ms.
    int64_t per_ms;
    int64_t burst;  // How many may stand by.
    enum outbox_each { OUTBOX_EACH_CONNECTOR, OUTBOX_EACH_CHANNEL, OUTBOX_EACH_GROUP } each;
    int64_t full_at;  // OUTBOX_EACH_CONNECTOR: of the only bucket. The others are in `buckets`.
};

enum { OUTBOX_WAIT_FLYING, OUTBOX_WAIT_GROUP, OUTBOX_WAIT_MEMBER, OUTBOX_WAITS };

// A connector that has limits or is down.
struct outbox_pace {
    uint32_t connector;  // Row; 0: effects that name none.
    bool is_down;
    char *limits;  // What `rules` were read from.
    size_t limits_size;
    size_t rule_count;
    struct outbox_rule rules[OUTBOX_RULES_MAX];
    struct outbox_heap waiting[OUTBOX_WAITS];  // Channels that are due, first come first served.
};

enum outbox_touch_kind { TOUCH_NEW, TOUCH_DEPARTS, TOUCH_RESULT };
struct outbox_touch {
    uint64_t channel_key;
    uint32_t id;
    enum outbox_touch_kind kind;
};

struct outbox_undurable {
    uint64_t batch;
    uint32_t id;
    bool again;  // It flies already: it goes back to the head of its channel.
};

struct outbox {
    struct state *state;
    struct outbox_touch *touched;  // In the running turn.
    size_t touched_count;
    size_t touched_capacity;
    uint32_t touched_last;               // Highest new effect among them.
    struct outbox_undurable *undurable;  // In order of batch; [undurable_head .. count).
    size_t undurable_head;
    size_t undurable_count;
    size_t undurable_capacity;
    size_t undurable_again;  // Those that fly already.
    struct map channel_of;   // Channel key to number + 1.
    struct outbox_channel *channels;
    uint32_t channel_count;
    uint32_t channel_capacity;
    uint32_t *spare;  // Numbers of channels that nobody uses.
    uint32_t spare_count;
    uint32_t spare_capacity;
    // One entry that counts for each channel that may send, and a second one where it waits for its
    // connector: when its effect expires.
    struct outbox_heap ready;
    uint32_t *lost;  // Flying effects whose result will never come.
    size_t lost_count;
    size_t lost_capacity;
    size_t queued;  // In channels.
    size_t flying;
    struct outbox_pace *paces;
    size_t pace_count;
    struct map bucket_of;  // Connector, rule and channel to number + 1 in `buckets`.
    int64_t *buckets;      // full_at
    uint32_t bucket_count;
    uint32_t bucket_capacity;
    uint32_t bucket_look;  // Full ones are looked for when there are so many.
    int64_t since_ms;      // Buckets that nobody has taken from were empty then; 0: never.
};

// --- outbox_queue.c ---
uint64_t outbox_channel_key(const struct outbox_row *row);
void outbox_heap_push(struct outbox_heap *heap, struct outbox_item item);
void outbox_heap_pop(struct outbox_heap *heap);
// Drops void entries from the top, so that its first one counts.
void outbox_heap_settle(const struct outbox *outbox, struct outbox_heap *heap);
// Void entries with a far time stay long: when most are void, drops them all.
void outbox_heap_compact(const struct outbox *outbox, struct outbox_heap *heap);

// --- outbox_pace.c ---
void outbox_pace_clear(struct outbox *outbox);
void outbox_pace_free(struct outbox *outbox);
// NULL: neither limits nor down.
struct outbox_pace *outbox_pace_of(struct outbox *outbox, const struct outbox_row *row);
// From when the effect's channel has tokens.
int64_t outbox_pace_channel_at(struct outbox *outbox, const struct outbox_pace *pace,
                               const struct outbox_row *row);
void outbox_pace_wait(struct outbox_pace *pace, const struct outbox_row *row,
                      struct outbox_item item);
// The entry of the next channel that may send now. false: none.
bool outbox_pace_pick(struct outbox *outbox, int64_t now_ms, struct outbox_item *out);
// The effect goes out now.
void outbox_pace_take(struct outbox *outbox, struct outbox_pace *pace, const struct outbox_row *row,
                      int64_t now_ms);
int64_t outbox_pace_next_at(const struct outbox *outbox);

void outbox_touch(struct outbox *outbox, const struct outbox_row *row, enum outbox_touch_kind kind);
