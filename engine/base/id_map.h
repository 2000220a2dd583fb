#pragma once
// Hash map from a 64-bit hash to a 32-bit row id in 8 bytes a slot, for indexes over millions of
// rows: a lookup is one miss of the cache. It keeps half of the hash only, so what it finds are
// candidates: the caller compares the row itself. Equal hashes may occur more than once. Id 0 means
// "empty slot" and can't be stored. base/map.h keeps whole keys.

#include <stddef.h>
#include <stdint.h>

struct id_slot {
    uint32_t tag;  // High half of the hash; its own high bits say where the entry's run starts.
    uint32_t id;   // 0: empty
};

struct id_map {
    struct id_slot *slots;
    uint32_t count;
    uint32_t capacity;  // 0 before the first put.
};

void id_map_init(struct id_map *map);
void id_map_deinit(struct id_map *map);
void id_map_put(struct id_map *map, uint64_t hash, uint32_t id);     // Adds; looks for no old one.
void id_map_remove(struct id_map *map, uint64_t hash, uint32_t id);  // CHECKs that it is there.
void id_map_replace(struct id_map *map, uint64_t hash, uint32_t old_id, uint32_t new_id);
// Walks the candidates of a hash: start with *cursor = 0; returns 0 at the end.
uint32_t id_map_next(const struct id_map *map, uint64_t hash, uint32_t *cursor);
size_t id_map_memory(const struct id_map *map);
