// Linear probing over two arrays, at most three quarters full. Removal shifts the rest of the run
// back, so there are no tombstones and a lookup stops at the first empty slot. Many entries under
// one key make one long run: for lists of thousands keep a list and map its head.

#include "base/map.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

#define MAP_CAPACITY_MIN 16
#define MAP_CAPACITY_MAX (UINT32_C(1) << 31)

// Where the run of a key starts. Multiplying by 2^64 / golden ratio spreads keys that count up;
// the high bits of the product are the good ones.
static uint32_t map_home(const struct map *map, uint64_t key)
{
    const unsigned bits = (unsigned)__builtin_ctz(map->capacity);
    return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - bits));
}

void map_init(struct map *map)
{
    *map = (struct map){0};
}

void map_deinit(struct map *map)
{
    free(map->keys);
    free(map->values);
    *map = (struct map){0};
}

static void map_insert(struct map *map, uint64_t key, uint32_t value)
{
    const uint32_t mask = map->capacity - 1;
    uint32_t slot = map_home(map, key);
    while (map->values[slot] != 0) {
        slot = (slot + 1) & mask;
    }
    map->keys[slot] = key;
    map->values[slot] = value;
}

static void map_grow(struct map *map)
{
    CHECK(map->capacity < MAP_CAPACITY_MAX);
    struct map bigger = {
        .count = map->count,
        .capacity = map->capacity == 0 ? MAP_CAPACITY_MIN : map->capacity * 2,
    };
    bigger.keys = xmalloc((size_t)bigger.capacity * sizeof(*bigger.keys));
    bigger.values = xcalloc(bigger.capacity, sizeof(*bigger.values));
    for (uint32_t slot = 0; slot < map->capacity; slot++) {
        if (map->values[slot] != 0) {
            map_insert(&bigger, map->keys[slot], map->values[slot]);
        }
    }
    map_deinit(map);
    *map = bigger;
}

void map_put(struct map *map, uint64_t key, uint32_t value)
{
    CHECK(value != 0);
    if (map->count >= map->capacity / 4 * 3) {
        map_grow(map);
    }
    map_insert(map, key, value);
    map->count++;
}

// The slot that holds exactly this pair, which must be there.
static uint32_t map_slot_of(const struct map *map, uint64_t key, uint32_t value)
{
    CHECK(value != 0);
    CHECK(map->capacity > 0);
    const uint32_t mask = map->capacity - 1;
    uint32_t slot = map_home(map, key);
    while (map->values[slot] != value || map->keys[slot] != key) {
        CHECK(map->values[slot] != 0);  // The pair isn't in the map.
        slot = (slot + 1) & mask;
    }
    return slot;
}

void map_remove(struct map *map, uint64_t key, uint32_t value)
{
    const uint32_t mask = map->capacity - 1;
    uint32_t hole = map_slot_of(map, key, value);
    uint32_t slot = hole;
    for (;;) {
        slot = (slot + 1) & mask;
        if (map->values[slot] == 0) {
            break;
        }
        // An entry may move back into the hole unless that is before its home slot.
        const uint32_t home = map_home(map, map->keys[slot]);
        if (((slot - home) & mask) >= ((slot - hole) & mask)) {
            map->keys[hole] = map->keys[slot];
            map->values[hole] = map->values[slot];
            hole = slot;
        }
    }
    map->values[hole] = 0;
    map->count--;
}

void map_replace(struct map *map, uint64_t key, uint32_t old_value, uint32_t new_value)
{
    CHECK(new_value != 0);
    map->values[map_slot_of(map, key, old_value)] = new_value;
}

uint32_t map_next(const struct map *map, uint64_t key, uint32_t *cursor)
{
    if (map->capacity == 0) {
        return 0;
    }
    // The cursor counts the slots of the run that were looked at. The run ends at an empty slot,
    // and the load limit guarantees one.
    const uint32_t mask = map->capacity - 1;
    uint32_t slot = (map_home(map, key) + *cursor) & mask;
    while (map->values[slot] != 0) {
        (*cursor)++;
        if (map->keys[slot] == key) {
            return map->values[slot];
        }
        slot = (slot + 1) & mask;
    }
    return 0;
}

uint32_t map_first(const struct map *map, uint64_t key)
{
    uint32_t cursor = 0;
    return map_next(map, key, &cursor);
}

size_t map_memory(const struct map *map)
{
    return (size_t)map->capacity * (sizeof(*map->keys) + sizeof(*map->values));
}
