#pragma once
// Hash map from a 64-bit key to a 32-bit value, open addressing. For indexes: the caller hashes
// what it wants into the key and compares the real thing itself, so equal keys may occur more than
// once; but many entries under one key are one long run to walk, so for lists of hundreds keep the
// list elsewhere and map its head. Value 0 means "empty slot" and can't be stored.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
    uint64_t *keys;
    uint32_t *values;
    uint32_t count;
    uint32_t capacity;  // A power of two, or 0 before the first put.
};

void map_init(struct map *map);
void map_deinit(struct map *map);
void map_put(struct map *map, uint64_t key, uint32_t value);  // Adds; doesn't look for an old one.
void map_remove(struct map *map, uint64_t key, uint32_t value);  // CHECKs that the pair is there.
void map_replace(struct map *map, uint64_t key, uint32_t old_value, uint32_t new_value);
// Walks all values stored under a key: start with *cursor = 0; returns 0 at the end.
uint32_t map_next(const struct map *map, uint64_t key, uint32_t *cursor);
uint32_t map_first(const struct map *map, uint64_t key);  // 0 = none
size_t map_memory(const struct map *map);
