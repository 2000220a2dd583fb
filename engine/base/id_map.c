// Linear probing, 70 to 87 % full, removal by shifting back: as base/map.c, but tag and id of a
// slot lie side by side, and the tag alone tells where its run starts. The tag is scaled to the
// capacity, so the capacity is any number and grows by a quarter: rows are many and stay for weeks,
// so room that waits for more of them costs more than putting them anew a few times.

#include "base/id_map.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

#define ID_MAP_CAPACITY_MIN 16
#define ID_MAP_CAPACITY_MAX (UINT32_C(3) << 30)

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static uint32_t home_of(const struct id_map *map, uint32_t tag)
{
    return (uint32_t)(((uint64_t)tag * map->capacity) >> 32);
}

static uint32_t slot_after(const struct id_map *map, uint32_t slot)
{
    return slot + 1 == map->capacity ? 0 : slot + 1;
}

// How many slots `to` lies behind `from`.
static uint32_t distance(const struct id_map *map, uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + (map->capacity - from);
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
    uint32_t slot = home_of(map, entry.tag);
    while (map->slots[slot].id != 0) {
        slot = slot_after(map, slot);
    }
    map->slots[slot] = entry;
}

static void resize(struct id_map *map, uint32_t capacity)
{
    CHECK(capacity > map->count);
    struct id_map other = {.count = map->count, .capacity = capacity};
    other.slots = xcalloc_scattered(capacity, sizeof(*other.slots));
    for (uint32_t slot = 0; slot < map->capacity; slot++) {
        if (map->slots[slot].id != 0) {
            insert(&other, map->slots[slot]);
        }
    }
    free(map->slots);
    *map = other;
}

void id_map_put(struct id_map *map, uint64_t hash, uint32_t id)
{
    CHECK(id != 0);
    if (map->count >= map->capacity - map->capacity / 8) {
        CHECK(map->capacity < ID_MAP_CAPACITY_MAX);
        resize(map, map->capacity == 0 ? ID_MAP_CAPACITY_MIN : map->capacity + map->capacity / 4);
    }
    insert(map, (struct id_slot){tag_of(hash), id});
    map->count++;
}

// The slot that holds exactly this entry, which must be there.
static uint32_t slot_of(const struct id_map *map, uint64_t hash, uint32_t id)
{
    CHECK(id != 0);
    CHECK(map->capacity > 0);
    const uint32_t tag = tag_of(hash);
    uint32_t slot = home_of(map, tag);
    while (map->slots[slot].id != id || map->slots[slot].tag != tag) {
        CHECK(map->slots[slot].id != 0);  // It isn't in the map.
        slot = slot_after(map, slot);
    }
    return slot;
}

void id_map_remove(struct id_map *map, uint64_t hash, uint32_t id)
{
    uint32_t hole = slot_of(map, hash, id);
    for (uint32_t slot = slot_after(map, hole); map->slots[slot].id != 0;
         slot = slot_after(map, slot)) {
        // An entry may move back into the hole unless that is before its home.
        const uint32_t home = home_of(map, map->slots[slot].tag);
        if (distance(map, home, slot) >= distance(map, hole, slot)) {
            map->slots[hole] = map->slots[slot];
            hole = slot;
        }
    }
    map->slots[hole].id = 0;
    map->count--;
    if (map->capacity > ID_MAP_CAPACITY_MIN && map->count < map->capacity / 4) {
        resize(map, map->capacity / 2);
    }
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
    const uint32_t tag = tag_of(hash);
    uint32_t slot = home_of(map, tag);
    slot = *cursor < map->capacity - slot ? slot + *cursor : *cursor - (map->capacity - slot);
    while (map->slots[slot].id != 0) {
        (*cursor)++;
        if (map->slots[slot].tag == tag) {
            return map->slots[slot].id;
        }
        slot = slot_after(map, slot);
    }
    return 0;
}

size_t id_map_memory(const struct id_map *map)
{
    return (size_t)map->capacity * sizeof(*map->slots);
}
