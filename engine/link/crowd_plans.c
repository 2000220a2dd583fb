// The crowd's own clock: what people plan, by time and then by the order in which it was planned.
//
// A calendar: plans lie in the spell of four seconds they are for, in the order in which they were
// made, and a spell is sorted once when its time has come. What is planned for a spell that has
// been opened goes to a small heap beside it. With ten million plans, a heap of all of them or of a
// busy minute costs a miss of the cache for each of its levels; here a plan is written once, moved
// twice and read once, and who comes next is known in advance.
#include <stdlib.h>

#include "link/crowd_internal.h"

#define SPELL_BITS 12  // Milliseconds of a spell, as a power of two.
#define SORTED_BY_HAND 24
#define RADIX_BITS (SPELL_BITS / 2)
#define RADIX (1 << RADIX_BITS)

void crowd_open_plans(struct crowd *crowd)
{
    CHECK(crowd->spells == NULL);
    crowd->spell_count = (uint32_t)((crowd->until_at - crowd->from_at) >> SPELL_BITS) + 1;
    crowd->spells = xcalloc(crowd->spell_count, sizeof(*crowd->spells));
}

void crowd_free_plans(struct crowd *crowd)
{
    for (uint32_t i = 0; i < crowd->spell_count; i++) {
        free(crowd->spells[i].items);
    }
    free(crowd->spells);
    free(crowd->open.items);
    free(crowd->late.items);
    free(crowd->spare.items);
}

static bool earlier(const struct plan *a, const struct plan *b)
{
    return a->at < b->at || (a->at == b->at && a->serial < b->serial);
}

static void make_room(struct plans *plans, uint32_t count)
{
    if (count > plans->capacity) {
        const uint32_t doubled = plans->capacity == 0 ? 8 : plans->capacity * 2;
        plans->capacity = count > doubled ? count : doubled;
        plans->items = xrealloc(plans->items, plans->capacity * sizeof(*plans->items));
    }
}

static void append(struct plans *plans, const struct plan *plan)
{
    make_room(plans, plans->count + 1);
    plans->items[plans->count++] = *plan;
}

// --- The heap of late plans. ---

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

static struct plan pop(struct plans *heap)
{
    const struct plan first = heap->items[0];
    const struct plan last = heap->items[--heap->count];
    uint32_t place = 0;
    for (;;) {
        uint32_t child = 2 * place + 1;
        if (child >= heap->count) {
            break;
        }
        if (child + 1 < heap->count && earlier(&heap->items[child + 1], &heap->items[child])) {
            child++;
        }
        if (!earlier(&heap->items[child], &last)) {
            break;
        }
        heap->items[place] = heap->items[child];
        place = child;
    }
    heap->items[place] = last;
    return first;
}

// --- Opening a spell. ---

static void sort_by_hand(struct plans *plans)
{
    for (uint32_t i = 1; i < plans->count; i++) {
        const struct plan plan = plans->items[i];
        uint32_t place = i;
        for (; place > 0 && plan.at < plans->items[place - 1].at; place--) {
            plans->items[place] = plans->items[place - 1];
        }
        plans->items[place] = plan;
    }
}

// One pass, stable, by some bits of the time since `from`.
static void sort_pass(const struct plans *plans, struct plan *to, int64_t from, unsigned shift)
{
    uint32_t starts[RADIX] = {0};
    for (uint32_t i = 0; i < plans->count; i++) {
        starts[((uint64_t)(plans->items[i].at - from) >> shift) % RADIX]++;
    }
    uint32_t sum = 0;
    for (uint32_t i = 0; i < RADIX; i++) {
        const uint32_t here = starts[i];
        starts[i] = sum;
        sum += here;
    }
    for (uint32_t i = 0; i < plans->count; i++) {
        to[starts[((uint64_t)(plans->items[i].at - from) >> shift) % RADIX]++] = plans->items[i];
    }
}

// By time; plans of one instant stay in the order in which they were made.
static void sort(struct crowd *crowd, struct plans *plans, int64_t from)
{
    if (plans->count <= SORTED_BY_HAND) {
        sort_by_hand(plans);
        return;
    }
    struct plans *spare = &crowd->spare;
    make_room(spare, plans->count);
    spare->count = plans->count;
    sort_pass(plans, spare->items, from, 0);
    sort_pass(spare, plans->items, from, RADIX_BITS);
}

// Opens the next spell that has plans, when the one before has none left.
static void settle(struct crowd *crowd)
{
    while (crowd->next == crowd->open.count && crowd->late.count == 0 &&
           crowd->spell < crowd->spell_count) {
        const int64_t from = crowd->from_at + ((int64_t)crowd->spell << SPELL_BITS);
        struct plans *spell = &crowd->spells[crowd->spell++];
        if (spell->count == 0) {
            continue;
        }
        sort(crowd, spell, from);
        free(crowd->open.items);
        crowd->open = *spell;
        crowd->next = 0;
        *spell = (struct plans){0};
    }
}

// --- For the crowd. ---

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
    if (at < crowd->from_at || (at - crowd->from_at) >> SPELL_BITS < crowd->spell) {
        push(&crowd->late, &plan);
    } else {
        append(&crowd->spells[(at - crowd->from_at) >> SPELL_BITS], &plan);
    }
}

// Whether a late plan is the next one; there must be a plan.
static bool late_is_next(const struct crowd *crowd)
{
    return crowd->next == crowd->open.count ||
           (crowd->late.count > 0 &&
            earlier(&crowd->late.items[0], &crowd->open.items[crowd->next]));
}

int64_t crowd_next(struct crowd *crowd)
{
    settle(crowd);
    if (crowd->next == crowd->open.count && crowd->late.count == 0) {
        return INT64_MAX;
    }
    return late_is_next(crowd) ? crowd->late.items[0].at : crowd->open.items[crowd->next].at;
}

struct plan crowd_take_plan(struct crowd *crowd)
{
    settle(crowd);
    CHECK(crowd->next < crowd->open.count || crowd->late.count > 0);
    return late_is_next(crowd) ? pop(&crowd->late) : crowd->open.items[crowd->next++];
}

const struct plan *crowd_plan_ahead(const struct crowd *crowd, uint32_t steps)
{
    return steps < crowd->open.count - crowd->next ? &crowd->open.items[crowd->next + steps] : NULL;
}
