// The crowd's own clock: what people plan, by time and then by the order in which it was planned.
//
// A calendar: plans lie unsorted in the minute they are for, and a minute becomes a heap when its
// time has come. With a million plans about, a heap of all of them costs twenty misses of the cache
// for each; here a plan is written once and read once.
#include <stdlib.h>

#include "link/crowd_internal.h"

#define MINUTE_MS 60000

void crowd_open_plans(struct crowd *crowd)
{
    CHECK(crowd->minutes == NULL);
    crowd->minute_count = (uint32_t)((crowd->until_at - crowd->from_at) / MINUTE_MS + 1);
    crowd->minutes = xcalloc(crowd->minute_count, sizeof(*crowd->minutes));
}

void crowd_free_plans(struct crowd *crowd)
{
    for (uint32_t i = 0; i < crowd->minute_count; i++) {
        free(crowd->minutes[i].items);
    }
    free(crowd->minutes);
    free(crowd->near.items);
}

static bool earlier(const struct plan *a, const struct plan *b)
{
    return a->at < b->at || (a->at == b->at && a->serial < b->serial);
}

static void append(struct plans *plans, const struct plan *plan)
{
    if (plans->count == plans->capacity) {
        plans->capacity = plans->capacity == 0 ? 8 : plans->capacity * 2;
        plans->items = xrealloc(plans->items, plans->capacity * sizeof(*plans->items));
    }
    plans->items[plans->count++] = *plan;
}

static void push(struct plans *heap, const struct plan *plan)
{
    append(heap, plan);
    uint32_t place = heap->count - 1;
    while (place > 0 && earlier(plan, &heap->items[(place - 1) / 2])) {
        heap->items[place] = heap->items[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    heap->items[place] = *plan;
}

static void sink(struct plans *heap, uint32_t place, struct plan plan)
{
    for (;;) {
        uint32_t child = 2 * place + 1;
        if (child >= heap->count) {
            break;
        }
        if (child + 1 < heap->count && earlier(&heap->items[child + 1], &heap->items[child])) {
            child++;
        }
        if (!earlier(&heap->items[child], &plan)) {
            break;
        }
        heap->items[place] = heap->items[child];
        place = child;
    }
    heap->items[place] = plan;
}

void crowd_plan(struct crowd *crowd, int64_t at, enum plan_kind kind, uint32_t person, uint32_t ref,
                uint8_t extra)
{
    if (at > crowd->until_at) {
        return;  // Beyond the campaign nobody looks.
    }
    const struct plan plan = {.at = at,
                              .serial = ++crowd->serial,
                              .person = person,
                              .ref = ref,
                              .kind = (uint8_t)kind,
                              .extra = extra};
    const int64_t minute = at < crowd->from_at ? 0 : (at - crowd->from_at) / MINUTE_MS;
    if (minute < crowd->minute) {
        push(&crowd->near, &plan);
    } else {
        append(&crowd->minutes[minute], &plan);
    }
}

// Opens the next minute that has plans, when the one before has none left.
static void settle(struct crowd *crowd)
{
    while (crowd->near.count == 0 && crowd->minute < crowd->minute_count) {
        struct plans *next = &crowd->minutes[crowd->minute++];
        if (next->count == 0) {
            continue;
        }
        free(crowd->near.items);
        crowd->near = *next;
        *next = (struct plans){0};
        for (uint32_t place = crowd->near.count / 2; place-- > 0;) {
            sink(&crowd->near, place, crowd->near.items[place]);
        }
    }
}

int64_t crowd_next(struct crowd *crowd)
{
    settle(crowd);
    return crowd->near.count == 0 ? INT64_MAX : crowd->near.items[0].at;
}

struct plan crowd_take_plan(struct crowd *crowd)
{
    settle(crowd);
    CHECK(crowd->near.count > 0);
    const struct plan first = crowd->near.items[0];
    const struct plan last = crowd->near.items[--crowd->near.count];
    if (crowd->near.count > 0) {
        sink(&crowd->near, 0, last);
    }
    return first;
}
