// Order behind parked events. An event that is refused and on which later ones build (`holds`)
// keeps back every later event of its member and of its order, until a person settles it; those
// (`waits`) keep back what comes after them in the same way:
//
//   parked 7  order.paid   member u1, order o5   holds       blocks: member u1 first 7, events 3
//   parked 8  message      member u1             waits               order o5  first 7, events 2
//   parked 9  refund       order o5              waits
//
// An event may be handled once it is the first of its member and the first of its order. All of it
// is rows, so it is undone with a turn and there after a restart. Bounded: what comes when
// BEHIND_EVENTS_MAX wait, or is larger than BEHIND_BYTES_MAX, is parked for itself (`free`).

#include <string.h>

#include "core/core.h"

enum { BLOCK_MEMBER, BLOCK_ORDER, BLOCK_KINDS };

// What an event is about, as far as order goes. Ids that can't be (reduce refuses them) are none.
static struct slice behind_key(const struct event *event, int kind)
{
    const struct slice key = kind == BLOCK_MEMBER ? event->member : event->order;
    return key.size <= PEOPLE_EXT_MAX ? key : slice_of("");
}

static text_id row_key(const struct parked *row, int kind)
{
    return kind == BLOCK_MEMBER ? row->member : row->order;
}

// The parked event that others of this key wait for; 0: none.
static uint32_t behind_first_of(const struct state *state, int kind, text_id key)
{
    const uint32_t id = key == 0 ? 0 : TABLE_FIND(state, T_BLOCKS, BLOCKS_BY_KEY, kind, key);
    return id == 0 ? 0 : (uint32_t)((const struct block *)table_get(state, T_BLOCKS, id))->first;
}

// Results of commands, and what the engine makes itself, are about no member.
static bool behind_may_wait(const struct event *event)
{
    const bool links = event->kind == EVENT_REFUND && event->ref != 0;
    return event->kind >= EVENT_JOIN && event->kind <= EVENT_BOT && !links;
}

uint32_t behind_of(struct state *state, const struct event *event)
{
    if (table_count(state, T_BLOCKS) == 0 || !behind_may_wait(event)) {
        return 0;
    }
    uint32_t found = 0;
    for (int kind = 0; kind < BLOCK_KINDS && found == 0; kind++) {
        const struct slice key = behind_key(event, kind);
        found =
            behind_first_of(state, kind, key.size == 0 ? 0 : state_text(state, key.data, key.size));
    }
    return found;
}

bool behind_holds(const struct state *state, const struct event *event)
{
    switch (event->kind) {
    case EVENT_JOIN:
    case EVENT_LEAVE:
    case EVENT_ORDER:
    case EVENT_REFUND:
        // One of a group that no campaign has is none of ours: nothing of ours builds on it.
        return event->group.size == 0 || people_group(state, event->group) != 0;
    default:
        return false;
    }
}

static void behind_block(struct state *state, const struct parked *row, int kind)
{
    const text_id key = row_key(row, kind);
    if (key == 0) {
        return;
    }
    const uint32_t id = TABLE_FIND(state, T_BLOCKS, BLOCKS_BY_KEY, kind, key);
    if (id == 0) {
        const struct block fresh = {
            .key = key, .first = (int32_t)row->id, .events = 1, .kind = (uint8_t)kind};
        table_insert(state, T_BLOCKS, &fresh);
    } else {
        ((struct block *)table_edit(state, T_BLOCKS, id))->events++;
    }
}

bool behind_put(struct state *state, struct parked *row, const struct event *event, size_t size,
                bool waits)
{
    const struct slice member = behind_key(event, BLOCK_MEMBER);
    const struct slice order = behind_key(event, BLOCK_ORDER);
    if (member.size + order.size == 0 || size > BEHIND_BYTES_MAX ||
        table_count(state, T_PARKED) > BEHIND_EVENTS_MAX) {
        return false;
    }
    row->status = waits ? PARKED_WAITS : PARKED_HOLDS;
    row->member = member.size == 0 ? 0 : state_text(state, member.data, member.size);
    row->order = order.size == 0 ? 0 : state_text(state, order.data, order.size);
    behind_block(state, row, BLOCK_MEMBER);
    behind_block(state, row, BLOCK_ORDER);
    return true;
}

void behind_refused(struct state *state, uint32_t id, const char *why)
{
    struct parked *row = table_edit(state, T_PARKED, id);
    row->status = PARKED_HOLDS;
    row->error = state_text(state, why, strlen(why));
}

// The row no longer counts for its key: the next one of it comes first.
static void behind_unblock(struct state *state, const struct parked *row, int kind)
{
    const text_id key = row_key(row, kind);
    if (key == 0) {
        return;
    }
    const uint32_t id = TABLE_FIND(state, T_BLOCKS, BLOCKS_BY_KEY, kind, key);
    struct block *block = table_edit(state, T_BLOCKS, id);
    if (block->events == 1) {
        table_delete(state, T_BLOCKS, id);
        return;
    }
    block->events--;
    uint32_t next = (uint32_t)block->first;
    while (block->first == (int32_t)row->id) {
        next = table_next(state, T_PARKED, next);
        CHECK(next != 0);
        if (row_key(table_get(state, T_PARKED, next), kind) == key) {
            block->first = (int32_t)next;
        }
    }
}

void behind_settle(struct state *state, uint32_t id)
{
    struct parked *row = table_edit(state, T_PARKED, id);
    behind_unblock(state, row, BLOCK_MEMBER);
    behind_unblock(state, row, BLOCK_ORDER);
    row->status = PARKED_SETTLED;
}

uint32_t behind_before(const struct state *state, uint32_t id)
{
    const struct parked *row = table_get(state, T_PARKED, id);
    for (int kind = 0; row != NULL && kind < BLOCK_KINDS; kind++) {
        const uint32_t first = behind_first_of(state, kind, row_key(row, kind));
        if (first != 0 && first != id) {
            return first;
        }
    }
    return 0;
}

uint32_t behind_next(const struct state *state, uint32_t after)
{
    if (table_count(state, T_BLOCKS) == 0) {
        return 0;
    }
    for (uint32_t id = after; (id = table_next(state, T_PARKED, id)) != 0;) {
        const struct parked *row = table_get(state, T_PARKED, id);
        if (row->status == PARKED_WAITS && behind_before(state, id) == 0) {
            return id;
        }
    }
    return 0;
}
