// Linear probing, at most three quarters full, removal by shifting back: as base/map.c, but tag and
// id of a slot lie side by side, and the tag alone tells where its run starts.

#include "base/id_map.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

#define ID_MAP_CAPACITY_MIN 16
#define ID_MAP_CAPACITY_MAX (UINT32_C(1) << 31)

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static uint32_t home_of(const struct id_map *map, uint32_t tag)
{
    return tag >> (32 - (unsigned)__builtin_ctz(map->capacity));
}

void id_map_init(struct id_map *map)
{
    *map = (struct id_map){0};
}

void id_map_deinit(struct id_map *map)
{
    free(map->slots);
    *map = (struct id_map){0};
}

static void insert(struct id_map *map, struct id_slot entry)
{
    const uint32_t mask = map->capacity - 1;
    uint32_t slot = home_of(map, entry.tag);
    while (map->slots[slot].id != 0) {
        slot = (slot + 1) & mask;
    }
    map->slots[slot] = entry;
}

static void grow(struct id_map *map)
{
    CHECK(map->capacity < ID_MAP_CAPACITY_MAX);
    struct id_map bigger = {
        .count = map->count,
        .capacity = map->capacity == 0 ? ID_MAP_CAPACITY_MIN : map->capacity * 2,
    };
    bigger.slots = xcalloc(bigger.capacity, sizeof(*bigger.slots));
    for (uint32_t slot = 0; slot < map->capacity; slot++) {
        if (map->slots[slot].id != 0) {
            insert(&bigger, map->slots[slot]);
        }
    }
    free(map->slots);
    *map = bigger;
}

void id_map_put(struct id_map *map, uint64_t hash, uint32_t id)
{
    CHECK(id != 0);
    if (map->count >= map->capacity / 4 * 3) {
        grow(map);
    }
    insert(map, (struct id_slot){tag_of(hash), id});
    map->count++;
}

// The slot that holds exactly this entry, which must be there.
static uint32_t slot_of(const struct id_map *map, uint64_t hash, uint32_t id)
{
    CHECK(id != 0);
    CHECK(map->capacity > 0);
    const uint32_t mask = map->capacity - 1;
    const uint32_t tag = tag_of(hash);
    uint32_t slot = home_of(map, tag);
    while (map->slots[slot].id != id || map->slots[slot].tag != tag) {
        CHECK(map->slots[slot].id != 0);  // It isn't in the map.
        slot = (slot + 1) & mask;
    }
    return slot;
}

void id_map_remove(struct id_map *map, uint64_t hash, uint32_t id)
{
    uint32_t hole = slot_of(map, hash, id);
    const uint32_t mask = map->capacity - 1;
    for (uint32_t slot = (hole + 1) & mask; map->slots[slot].id != 0; slot = (slot + 1) & mask) {
        // An entry may move back into the hole unless that is before its home.
        const uint32_t home = home_of(map, map->slots[slot].tag);
        if (((slot - home) & mask) >= ((slot - hole) & mask)) {
            map->slots[hole] = map->slots[slot];
            hole = slot;
        }
    }
    map->slots[hole].id = 0;
    map->count--;
}

void id_map_replace(struct id_map *map, uint64_t hash, uint32_t old_id, uint32_t new_id)
{
    CHECK(new_id != 0);
    map->slots[slot_of(map, hash, old_id)].id = new_id;
}

uint32_t id_map_next(const struct id_map *map, uint64_t hash, uint32_t *cursor)
{
    if (map->capacity == 0) {
        return 0;
    }
    // The cursor counts the slots of the run that were looked at.
    const uint32_t mask = map->capacity - 1;
    const uint32_t tag = tag_of(hash);
    uint32_t slot = (home_of(map, tag) + *cursor) & mask;
    while (map->slots[slot].id != 0) {
        (*cursor)++;
        if (map->slots[slot].tag == tag) {
            return map->slots[slot].id;
        }
        slot = (slot + 1) & mask;
    }
    return 0;
}

size_t id_map_memory(const struct id_map *map)
{
    return (size_t)map->capacity * sizeof(*map->slots);
}
