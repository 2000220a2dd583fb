// Who may send next: channels, and one heap over those that may. All of it is rebuilt from the rows
// after a restart, and changes only when a turn is kept: a dropped turn leaves no trace here.

#include "core/outbox_queue.h"

#include <stdlib.h>
#include <string.h>

#define OUTBOX_COMPACT_MIN 1024
#define OUTBOX_HELD_LOOK_MS 1000

struct outbox *outbox_new(struct state *state)
{
    struct outbox *outbox = xcalloc(1, sizeof(*outbox));
    outbox->state = state;
    map_init(&outbox->channel_of);
    map_init(&outbox->bucket_of);
    return outbox;
}

static void outbox_clear(struct outbox *outbox)
{
    for (uint32_t i = 0; i < outbox->channel_count; i++) {
        free(outbox->channels[i].waiting.items);
    }
    map_deinit(&outbox->channel_of);
    outbox_pace_clear(outbox);
    outbox->touched_count = 0;
    outbox->touched_last = 0;
    outbox->undurable_head = 0;
    outbox->undurable_count = 0;
    outbox->undurable_again = 0;
    outbox->channel_count = 0;
    outbox->spare_count = 0;
    outbox->ready.count = 0;
    outbox->lost_count = 0;
    outbox->queued = 0;
    outbox->flying = 0;
}

void outbox_free(struct outbox *outbox)
{
    if (outbox == NULL) {
        return;
    }
    outbox_clear(outbox);
    outbox_pace_free(outbox);
    free(outbox->lost);
    free(outbox->ready.items);
    free(outbox->spare);
    free(outbox->channels);
    free(outbox->undurable);
    free(outbox->touched);
    free(outbox);
}

// --- Heap ---

static bool heap_before(const struct outbox_item *a, const struct outbox_item *b)
{
    return a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->id < b->id);
}

void outbox_heap_push(struct outbox_heap *heap, struct outbox_item item)
{
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity == 0 ? 4 : heap->capacity * 2;
        heap->items = xrealloc(heap->items, heap->capacity * sizeof(*heap->items));
    }
    size_t place = heap->count++;
    for (size_t parent; place > 0; place = parent) {
        parent = (place - 1) / 2;
        if (!heap_before(&item, &heap->items[parent])) {
            break;
        }
        heap->items[place] = heap->items[parent];
    }
    heap->items[place] = item;
}

void outbox_heap_pop(struct outbox_heap *heap)
{
    CHECK(heap->count > 0);
    const struct outbox_item item = heap->items[--heap->count];
    size_t place = 0;
    for (;;) {
        size_t child = place * 2 + 1;
        if (child >= heap->count) {
            break;
        }
        if (child + 1 < heap->count && heap_before(&heap->items[child + 1], &heap->items[child])) {
            child++;
        }
        if (!heap_before(&heap->items[child], &item)) {
            break;
        }
        heap->items[place] = heap->items[child];
        place = child;
    }
    heap->items[place] = item;
}

// --- Channels ---

uint64_t outbox_channel_key(const struct outbox_row *row)
{
    if (row->op == OUTBOX_DM || row->group == 0) {
        return UINT64_C(1) << 32 | (uint32_t)row->member;
    }
    return (uint32_t)row->group;
}

static struct outbox_channel *outbox_channel(struct outbox *outbox, uint64_t key)
{
    const uint32_t known = map_first(&outbox->channel_of, key);  // The key is exact, no hash.
    if (known != 0) {
        return &outbox->channels[known - 1];
    }
    uint32_t number;
    if (outbox->spare_count > 0) {
        number = outbox->spare[--outbox->spare_count];
    } else {
        if (outbox->channel_count == outbox->channel_capacity) {
            outbox->channel_capacity =
                outbox->channel_capacity == 0 ? 16 : outbox->channel_capacity * 2;
            outbox->channels =
                xrealloc(outbox->channels, outbox->channel_capacity * sizeof(*outbox->channels));
        }
        number = outbox->channel_count++;
        outbox->channels[number] = (struct outbox_channel){0};
    }
    outbox->channels[number].key = key;
    map_put(&outbox->channel_of, key, number + 1);
    return &outbox->channels[number];
}

void outbox_heap_compact(const struct outbox *outbox, struct outbox_heap *heap)
{
    const struct outbox_heap old = *heap;
    if (old.count < OUTBOX_COMPACT_MIN || old.count / 4 < outbox->channel_count) {
        return;
    }
    *heap = (struct outbox_heap){0};
    for (size_t i = 0; i < old.count; i++) {
        if (old.items[i].serial == outbox->channels[old.items[i].channel].serial) {
            outbox_heap_push(heap, old.items[i]);
        }
    }
    free(old.items);
}

void outbox_heap_settle(const struct outbox *outbox, struct outbox_heap *heap)
{
    while (heap->count > 0 &&
           heap->items[0].serial != outbox->channels[heap->items[0].channel].serial) {
        outbox_heap_pop(heap);
    }
}

// From when the head of a channel may be looked at: its place, its retry, its channel's tokens; or
// when it expires before that.
static int64_t outbox_head_at(struct outbox *outbox, const struct outbox_item *head)
{
    const struct outbox_row *row = table_get(outbox->state, T_OUTBOX, head->id);
    int64_t at_ms = head->at_ms;
    if (row == NULL) {
        return at_ms;
    }
    at_ms = row->retry_at > at_ms ? row->retry_at : at_ms;
    const struct outbox_pace *pace =
        row->status == OUTBOX_READY ? outbox_pace_of(outbox, row) : NULL;
    if (pace != NULL && pace->rule_count > 0) {
        const int64_t tokens_at = outbox_pace_channel_at(outbox, pace, row);
        at_ms = tokens_at > at_ms ? tokens_at : at_ms;
    }
    if (row->expires != 0 && at_ms > row->expires) {
        at_ms = row->expires + 1 > head->at_ms ? row->expires + 1 : head->at_ms;
    }
    return at_ms;
}

// Something about the channel has changed: its old entry in `ready` is void; it gets a new one if
// it may send, and goes to the spare ones if nobody needs it.
static void outbox_announce(struct outbox *outbox, struct outbox_channel *channel)
{
    const uint32_t number = (uint32_t)(channel - outbox->channels);
    channel->serial++;
    if (channel->flying != 0) {
        return;
    }
    outbox_heap_compact(outbox, &outbox->ready);
    if (channel->waiting.count > 0) {
        const struct outbox_item *head = &channel->waiting.items[0];
        outbox_heap_push(&outbox->ready, (struct outbox_item){
                                             .at_ms = outbox_head_at(outbox, head),
                                             .id = head->id,
                                             .channel = number,
                                             .serial = channel->serial,
                                         });
        return;
    }
    map_remove(&outbox->channel_of, channel->key, number + 1);
    free(channel->waiting.items);
    channel->waiting = (struct outbox_heap){0};
    if (outbox->spare_count == outbox->spare_capacity) {
        outbox->spare_capacity = outbox->spare_capacity == 0 ? 16 : outbox->spare_capacity * 2;
        outbox->spare = xrealloc(outbox->spare, outbox->spare_capacity * sizeof(*outbox->spare));
    }
    outbox->spare[outbox->spare_count++] = number;
}

static bool outbox_is_open(const struct outbox_row *row)
{
    return row != NULL && (row->status == OUTBOX_READY || row->status == OUTBOX_IN_FLIGHT);
}

static void outbox_enter(struct outbox *outbox, uint32_t id, bool again)
{
    const struct outbox_row *row = table_get(outbox->state, T_OUTBOX, id);
    if (!outbox_is_open(row)) {
        return;
    }
    struct outbox_channel *channel = outbox_channel(outbox, outbox_channel_key(row));
    if (again) {
        if (channel->flying != id) {
            return;  // Two results came for it; it has entered.
        }
        channel->flying = 0;
        outbox->flying--;
    }
    outbox_heap_push(
        &channel->waiting,
        (struct outbox_item){
            .at_ms = row->not_before > row->created_at ? row->not_before : row->created_at,
            .id = id,
        });
    outbox->queued++;
    if (again || channel->waiting.items[0].id == id) {
        outbox_announce(outbox, channel);
    }
}

static void outbox_settle(struct outbox *outbox)
{
    outbox_heap_settle(outbox, &outbox->ready);
}

static void outbox_lose(struct outbox *outbox, uint32_t id)
{
    if (outbox->lost_count == outbox->lost_capacity) {
        outbox->lost_capacity = outbox->lost_capacity == 0 ? 16 : outbox->lost_capacity * 2;
        outbox->lost = xrealloc(outbox->lost, outbox->lost_capacity * sizeof(*outbox->lost));
    }
    outbox->lost[outbox->lost_count++] = id;
}

void outbox_rebuild(struct outbox *outbox)
{
    CHECK(!state_in_turn(outbox->state));
    outbox_clear(outbox);
    for (uint32_t id = 0; (id = table_next(outbox->state, T_OUTBOX, id)) != 0;) {
        const struct outbox_row *row = table_get(outbox->state, T_OUTBOX, id);
        if (row->status == OUTBOX_IN_FLIGHT && row->policy != OUTBOX_RESEND) {
            // Nobody knows whether it went out, and it may not go twice.
            struct outbox_channel *channel = outbox_channel(outbox, outbox_channel_key(row));
            if (channel->flying == 0) {
                channel->flying = id;
                channel->serial++;  // An entry in `ready` is void now.
                outbox->flying++;
            }
            outbox_lose(outbox, id);
        } else {
            outbox_enter(outbox, id, false);
        }
    }
    outbox_settle(outbox);
}

// --- Turns ---

// After a rollback ids are given again: what was noted of them is undone.
static void outbox_forget_from(struct outbox *outbox, uint32_t id)
{
    size_t kept = 0;
    for (size_t i = 0; i < outbox->touched_count; i++) {
        if (outbox->touched[i].id < id) {
            outbox->touched[kept++] = outbox->touched[i];
        }
    }
    outbox->touched_count = kept;
}

void outbox_touch(struct outbox *outbox, const struct outbox_row *row, enum outbox_touch_kind kind)
{
    if (kind == TOUCH_NEW) {
        if (row->id <= outbox->touched_last) {
            outbox_forget_from(outbox, row->id);
        }
        outbox->touched_last = row->id;
    }
    if (outbox->touched_count == outbox->touched_capacity) {
        outbox->touched_capacity =
            outbox->touched_capacity == 0 ? 16 : outbox->touched_capacity * 2;
        outbox->touched =
            xrealloc(outbox->touched, outbox->touched_capacity * sizeof(*outbox->touched));
    }
    outbox->touched[outbox->touched_count++] = (struct outbox_touch){
        .channel_key = outbox_channel_key(row),
        .id = row->id,
        .kind = kind,
    };
}

static void outbox_push_undurable(struct outbox *outbox, uint64_t batch, uint32_t id, bool again)
{
    if (outbox->undurable_head == outbox->undurable_count) {
        outbox->undurable_head = 0;
        outbox->undurable_count = 0;
    }
    if (outbox->undurable_count == outbox->undurable_capacity) {
        // At least half is room at the front: move down; else grow.
        const size_t waiting = outbox->undurable_count - outbox->undurable_head;
        if (waiting <= outbox->undurable_capacity / 2 && outbox->undurable_capacity > 0) {
            memmove(outbox->undurable, outbox->undurable + outbox->undurable_head,
                    waiting * sizeof(*outbox->undurable));
            outbox->undurable_head = 0;
            outbox->undurable_count = waiting;
        } else {
            outbox->undurable_capacity =
                outbox->undurable_capacity == 0 ? 64 : outbox->undurable_capacity * 2;
            outbox->undurable = xrealloc(outbox->undurable,
                                         outbox->undurable_capacity * sizeof(*outbox->undurable));
        }
    }
    outbox->undurable_again += again;
    outbox->undurable[outbox->undurable_count++] = (struct outbox_undurable){batch, id, again};
}

static void outbox_keep_touched(struct outbox *outbox, const struct outbox_touch *touch,
                                uint64_t batch)
{
    const struct outbox_row *row = table_get(outbox->state, T_OUTBOX, touch->id);
    if (touch->kind == TOUCH_NEW) {
        if (outbox_is_open(row)) {  // Else it was rolled back, or its result came in the same turn.
            outbox_push_undurable(outbox, batch, touch->id, false);
        }
        return;
    }
    const uint32_t number = map_first(&outbox->channel_of, touch->channel_key);
    struct outbox_channel *channel = number == 0 ? NULL : &outbox->channels[number - 1];
    if (channel == NULL || channel->flying != touch->id) {
        return;  // It waits in its channel or nowhere; what it finds there is looked at then.
    }
    if (!outbox_is_open(row)) {
        channel->flying = 0;
        outbox->flying--;
        outbox_announce(outbox, channel);
    } else if (touch->kind == TOUCH_RESULT && row->status == OUTBOX_IN_FLIGHT &&
               row->policy != OUTBOX_RESEND) {
        outbox_lose(outbox, touch->id);  // Its result was rolled back.
    } else {
        outbox_push_undurable(outbox, batch, touch->id, true);
    }
}

void outbox_turn_kept(struct outbox *outbox, uint64_t batch)
{
    for (size_t i = 0; i < outbox->touched_count; i++) {
        outbox_keep_touched(outbox, &outbox->touched[i], batch);
    }
    outbox->touched_count = 0;
    outbox->touched_last = 0;
    outbox_settle(outbox);
}

void outbox_turn_dropped(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->touched_count; i++) {
        // Or its channel would wait for ever.
        if (outbox->touched[i].kind == TOUCH_RESULT) {
            outbox_lose(outbox, outbox->touched[i].id);
        } else if (outbox->touched[i].kind == TOUCH_DEPARTS) {
            outbox_push_undurable(outbox, 0, outbox->touched[i].id, true);
        }
    }
    outbox->touched_count = 0;
    outbox->touched_last = 0;
}

uint32_t outbox_lost(struct outbox *outbox)
{
    while (outbox->lost_count > 0) {
        const uint32_t id = outbox->lost[--outbox->lost_count];
        const struct outbox_row *row = table_get(outbox->state, T_OUTBOX, id);
        if (!outbox_is_open(row)) {
            continue;
        }
        const uint32_t number = map_first(&outbox->channel_of, outbox_channel_key(row));
        const bool flies = number != 0 && outbox->channels[number - 1].flying == id;
        if (flies || (row->status == OUTBOX_IN_FLIGHT && row->policy != OUTBOX_RESEND)) {
            return id;
        }
    }
    return 0;
}

// --- Sending ---

bool outbox_is_held(const struct outbox *outbox, const struct outbox_row *row)
{
    const struct state *state = outbox->state;
    const struct group *group = table_get(state, T_GROUPS, (uint32_t)row->group);
    const struct day *day = table_get(state, T_DAYS, (uint32_t)row->day);
    const int32_t id = day != NULL ? day->campaign : group != NULL ? group->campaign : 0;
    const struct campaign *campaign = table_get(state, T_CAMPAIGNS, (uint32_t)id);
    return (group != NULL && (group->muted || group->paused_at != 0)) ||
           (campaign != NULL && campaign->paused_at != 0);
}

// It is looked at again a moment later, or when it expires.
static void outbox_hold(struct outbox *outbox, const struct outbox_row *row, int64_t now_ms,
                        struct outbox_item item)
{
    item.at_ms = now_ms + OUTBOX_HELD_LOOK_MS;
    if (row->expires != 0 && item.at_ms > row->expires) {
        item.at_ms = row->expires + 1;
    }
    outbox_heap_push(&outbox->ready, item);
}

bool outbox_flies(const struct outbox *outbox, uint32_t id)
{
    const struct outbox_row *row = table_get(outbox->state, T_OUTBOX, id);
    const uint32_t number =
        row == NULL ? 0 : map_first(&outbox->channel_of, outbox_channel_key(row));
    return number != 0 && outbox->channels[number - 1].flying == id;
}

// The next channel that may send; those whose connector has limits or is down go and wait there.
static bool outbox_next_due(struct outbox *outbox, int64_t now_ms, struct outbox_item *out,
                            bool *is_free)
{
    outbox_settle(outbox);
    while (outbox->ready.count > 0 && outbox->ready.items[0].at_ms <= now_ms) {
        *out = outbox->ready.items[0];
        outbox_heap_pop(&outbox->ready);
        const struct outbox_row *row = table_get(outbox->state, T_OUTBOX, out->id);
        const bool is_over = !outbox_is_open(row) || (row->expires != 0 && now_ms > row->expires);
        if (!is_over && outbox_is_held(outbox, row)) {
            outbox_hold(outbox, row, now_ms, *out);
            continue;
        }
        struct outbox_pace *pace = is_over ? NULL : outbox_pace_of(outbox, row);
        if (pace == NULL) {
            return true;
        }
        outbox_pace_wait(pace, row, *out);
        if (row->expires != 0) {  // It doesn't wait for longer than that.
            out->at_ms = row->expires + 1;
            outbox_heap_push(&outbox->ready, *out);
        }
        outbox_settle(outbox);
    }
    *is_free = false;
    return outbox_pace_pick(outbox, now_ms, out);
}

uint32_t outbox_next(struct outbox *outbox, uint64_t durable, int64_t now_ms)
{
    CHECK(!state_in_turn(outbox->state));
    while (outbox->undurable_head < outbox->undurable_count &&
           outbox->undurable[outbox->undurable_head].batch <= durable) {
        const struct outbox_undurable *next = &outbox->undurable[outbox->undurable_head++];
        outbox->undurable_again -= next->again;
        outbox_enter(outbox, next->id, next->again);
    }
    struct outbox_item item;
    for (;;) {
        bool is_free = true;
        if (!outbox_next_due(outbox, now_ms, &item, &is_free)) {
            return 0;
        }
        struct outbox_channel *channel = &outbox->channels[item.channel];
        CHECK(channel->waiting.items[0].id == item.id);
        const struct outbox_row *row = table_get(outbox->state, T_OUTBOX, item.id);
        const bool open = outbox_is_open(row);
        if (open && !is_free && outbox_is_held(outbox, row)) {  // It waited for a token.
            outbox_hold(outbox, row, now_ms, item);
            continue;
        }
        outbox_heap_pop(&channel->waiting);
        outbox->queued--;
        if (open) {
            channel->flying = item.id;
            outbox->flying++;
            if (!is_free) {
                outbox_pace_take(outbox, outbox_pace_of(outbox, row), row, now_ms);
            }
        }
        outbox_announce(outbox, channel);
        outbox_settle(outbox);
        if (open) {
            return item.id;
        }
    }
}

int64_t outbox_next_at(const struct outbox *outbox)
{
    const int64_t ready_at = outbox->ready.count == 0 ? INT64_MAX : outbox->ready.items[0].at_ms;
    const int64_t paced_at = outbox_pace_next_at(outbox);
    return ready_at < paced_at ? ready_at : paced_at;
}

size_t outbox_waiting(const struct outbox *outbox)
{
    return outbox->undurable_count - outbox->undurable_head - outbox->undurable_again +
           outbox->queued + outbox->flying;
}

size_t outbox_flying(const struct outbox *outbox)
{
    return outbox->flying;
}
