// Which events came before: a set of 128-bit fingerprints of (connector, id), keyed by this
// process, so that nobody can aim at one. Two fingerprints of different ids agree with a
// probability of 2^-128 a pair: never, in practice.
//
// The past is forgotten in two generations: when the younger one has INBOX_GENERATION_IDS ids and
// is older than INBOX_HORIZON_MS of engine time, the older one goes and the younger takes its
// place. So an id is remembered for at least 48 hours, and as long as a brand's events are few,
// much longer. Memory: 21 to 43 bytes an id. After a restart the app fills the set from the
// journal.

#include <stdlib.h>
#include <sys/random.h>

#include "base/hash.h"
#include "core/core.h"

#define INBOX_GENERATION_IDS ((size_t)1000000)
#define INBOX_HORIZON_MS ((int64_t)48 * 60 * 60 * 1000)
#define INBOX_SLOTS_MIN ((size_t)1024)

struct inbox_print {
    uint64_t high;  // 0: empty slot.
    uint64_t low;
};

struct inbox_set {
    struct inbox_print *slots;
    size_t capacity;  // A power of two, or 0.
    size_t count;
    int64_t since_ms;  // Time of its first event.
};

struct inbox {
    struct inbox_set younger;
    struct inbox_set older;
    uint64_t key_high;
    uint64_t key_low;
};

struct inbox *inbox_new(void)
{
    struct inbox *inbox = xcalloc(1, sizeof(*inbox));
    uint64_t keys[2];
    CHECK(getrandom(keys, sizeof(keys), 0) == sizeof(keys));
    inbox->key_high = keys[0];
    inbox->key_low = keys[1];
    return inbox;
}

void inbox_free(struct inbox *inbox)
{
    if (inbox == NULL) {
        return;
    }
    free(inbox->younger.slots);
    free(inbox->older.slots);
    free(inbox);
}

static struct inbox_print inbox_print_of(const struct inbox *inbox, const struct event *event)
{
    const struct slice connector = event->connector;
    const struct slice id = event->id;
    struct inbox_print print = {
        .high = hash64(id.data, id.size, hash64(connector.data, connector.size, inbox->key_high)),
        .low = hash64(id.data, id.size, hash64(connector.data, connector.size, inbox->key_low)),
    };
    print.high += print.high == 0;
    return print;
}

// The slot of a fingerprint, or the empty one where it would go.
static struct inbox_print *inbox_slot(const struct inbox_set *set, struct inbox_print print)
{
    size_t slot = print.high & (set->capacity - 1);
    while (set->slots[slot].high != 0 &&
           (set->slots[slot].high != print.high || set->slots[slot].low != print.low)) {
        slot = (slot + 1) & (set->capacity - 1);
    }
    return &set->slots[slot];
}

static bool inbox_has(const struct inbox_set *set, struct inbox_print print)
{
    return set->count > 0 && inbox_slot(set, print)->high != 0;
}

static void inbox_grow(struct inbox_set *set)
{
    struct inbox_set bigger = *set;
    bigger.capacity = set->capacity == 0 ? INBOX_SLOTS_MIN : set->capacity * 2;
    bigger.slots = xcalloc_scattered(bigger.capacity, sizeof(*bigger.slots));
    for (size_t i = 0; i < set->capacity; i++) {
        if (set->slots[i].high != 0) {
            *inbox_slot(&bigger, set->slots[i]) = set->slots[i];
        }
    }
    free(set->slots);
    *set = bigger;
}

bool inbox_seen(const struct inbox *inbox, const struct event *event)
{
    if (event->id.size == 0) {
        return false;
    }
    const struct inbox_print print = inbox_print_of(inbox, event);
    return inbox_has(&inbox->younger, print) || inbox_has(&inbox->older, print);
}

static void inbox_put(struct inbox *inbox, struct inbox_print print, int64_t at_ms)
{
    if (inbox_has(&inbox->older, print) || inbox_has(&inbox->younger, print)) {
        return;
    }
    struct inbox_set *younger = &inbox->younger;
    if (younger->count >= INBOX_GENERATION_IDS &&
        at_ms / 2 - younger->since_ms / 2 > INBOX_HORIZON_MS / 2) {
        free(inbox->older.slots);
        inbox->older = *younger;
        *younger = (struct inbox_set){0};
    }
    if (younger->count >= younger->capacity / 4 * 3) {
        inbox_grow(younger);
    }
    if (younger->count == 0) {
        younger->since_ms = at_ms;
    }
    *inbox_slot(younger, print) = print;
    younger->count++;
}

void inbox_remember(struct inbox *inbox, const struct event *event)
{
    if (event->id.size > 0) {
        inbox_put(inbox, inbox_print_of(inbox, event), event->at);
    }
}

// --- Filling. A million ids go to a million places, none of them in the cache: each is asked for
// early, and put when it has come. ---

static void inbox_fetch(const struct inbox_set *set, struct inbox_print print)
{
    if (set->capacity > 0) {
        __builtin_prefetch(&set->slots[print.high & (set->capacity - 1)]);
    }
}

void inbox_fill(struct inbox *inbox, struct inbox_filling *filling, const struct event *event)
{
    if (event->id.size == 0) {
        return;
    }
    const struct inbox_print print = inbox_print_of(inbox, event);
    struct inbox_filled *place = &filling->ahead[filling->count++ % INBOX_AHEAD];
    if (filling->count > INBOX_AHEAD) {
        inbox_put(inbox, (struct inbox_print){place->high, place->low}, place->at_ms);
    }
    *place = (struct inbox_filled){print.high, print.low, event->at};
    inbox_fetch(&inbox->younger, print);
    inbox_fetch(&inbox->older, print);
}

void inbox_fill_end(struct inbox *inbox, struct inbox_filling *filling)
{
    const uint64_t waiting = filling->count < INBOX_AHEAD ? filling->count : INBOX_AHEAD;
    for (uint64_t i = filling->count - waiting; i < filling->count; i++) {
        const struct inbox_filled *place = &filling->ahead[i % INBOX_AHEAD];
        inbox_put(inbox, (struct inbox_print){place->high, place->low}, place->at_ms);
    }
    filling->count = 0;
}
