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

#include "base/map.h"
#include "core/outbox.h"

struct outbox_item {
    int64_t at_ms;     // Place in the channel; time from which the channel may send in `ready`.
    uint32_t id;       // Effect.
    uint32_t channel;  // Only in `ready`.
    uint64_t serial;   // Only in `ready`: void unless it is the channel's.
};

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
    struct outbox_heap ready;  // One entry that counts for each channel that may send.
    uint32_t *lost;            // Flying effects whose result will never come.
    size_t lost_count;
    size_t lost_capacity;
    size_t queued;  // In channels.
    size_t flying;
};

uint64_t outbox_channel_key(const struct outbox_row *row);
void outbox_touch(struct outbox *outbox, const struct outbox_row *row, enum outbox_touch_kind kind);
