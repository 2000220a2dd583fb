// Interned text. Texts lie in chunks that never move; an id is the position of its text, so no
// table of ids is needed and text_get is one look-up:
//
//     id (32 bits) = chunk number (18) | granule in the chunk (14), a granule is 4 bytes
//     at that place: size (4 bytes), the bytes, NUL, rounded up to a granule
//
// A text larger than a chunk gets consecutive chunk numbers over one allocation. The index is open
// addressing over (id, 32 hash bits): a miss costs no visit to the text. Cost of a text: its bytes,
// 6.5 on average for size, NUL and rounding, and 11-21 for its slot.

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"

#define TEXT_GRANULE 4
#define TEXT_CHUNK_BITS 14
#define TEXT_CHUNK_GRANULES (UINT32_C(1) << TEXT_CHUNK_BITS)
#define TEXT_CHUNK_SIZE ((size_t)TEXT_CHUNK_GRANULES * TEXT_GRANULE)
#define TEXT_CHUNKS_MAX (UINT32_C(1) << (32 - TEXT_CHUNK_BITS))
#define TEXT_SLOTS_MIN 64

struct text_slot {
    text_id id;  // 0 = empty: the empty text is never in the index.
    uint32_t hash;
};

struct text_pool {
    char **chunks;  // One pointer for each chunk number.
    uint8_t *owns;  // 1 where the chunk number starts an allocation.
    uint32_t chunk_count;
    uint32_t chunk_capacity;
    uint32_t used;       // Granules used in the last chunk.
    size_t chunk_bytes;  // Sum of all allocations.
    struct text_slot *slots;
    uint32_t slot_count;  // A power of two.
    uint32_t text_count;
    uint64_t seed;  // From the kernel: names are chosen by strangers, who must not know our slots.
};

static char *text_place(struct text_pool *pool, size_t size, text_id *id);

struct text_pool *text_pool_new(void)
{
    struct text_pool *pool = xcalloc(1, sizeof(*pool));
    pool->slot_count = TEXT_SLOTS_MIN;
    pool->slots = xcalloc(pool->slot_count, sizeof(*pool->slots));
    CHECK(getrandom(&pool->seed, sizeof(pool->seed), 0) == sizeof(pool->seed));
    text_id empty;
    text_place(pool, 0, &empty);
    CHECK(empty == 0);  // So text_get needs no special case.
    return pool;
}

void text_pool_free(struct text_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    for (uint32_t i = 0; i < pool->chunk_count; i++) {
        if (pool->owns[i]) {
            free(pool->chunks[i]);
        }
    }
    free(pool->chunks);
    free(pool->owns);
    free(pool->slots);
    free(pool);
}

static void text_add_chunks(struct text_pool *pool, uint32_t count)
{
    CHECK(count <= TEXT_CHUNKS_MAX - pool->chunk_count);
    if (pool->chunk_count + count > pool->chunk_capacity) {
        uint32_t capacity = pool->chunk_capacity == 0 ? 16 : pool->chunk_capacity * 2;
        if (capacity < pool->chunk_count + count) {
            capacity = pool->chunk_count + count;
        }
        pool->chunks = xrealloc(pool->chunks, capacity * sizeof(*pool->chunks));
        pool->owns = xrealloc(pool->owns, capacity);
        pool->chunk_capacity = capacity;
    }
    char *data = xmalloc(count * TEXT_CHUNK_SIZE);
    for (uint32_t i = 0; i < count; i++) {
        pool->chunks[pool->chunk_count + i] = data + i * TEXT_CHUNK_SIZE;
        pool->owns[pool->chunk_count + i] = i == 0;
    }
    pool->chunk_count += count;
    pool->chunk_bytes += count * TEXT_CHUNK_SIZE;
}

// Takes room for a text of `size` bytes, writes its size and NUL, and returns where the bytes go.
static char *text_place(struct text_pool *pool, size_t size, text_id *id)
{
    CHECK(size <= UINT32_MAX / 4);
    const uint32_t granules =
        (uint32_t)((sizeof(uint32_t) + size + 1 + TEXT_GRANULE - 1) / TEXT_GRANULE);
    if (pool->chunk_count == 0 || granules > TEXT_CHUNK_GRANULES - pool->used) {
        const uint32_t count = (granules + TEXT_CHUNK_GRANULES - 1) / TEXT_CHUNK_GRANULES;
        text_add_chunks(pool, count);
        pool->used = 0;
        *id = (pool->chunk_count - count) << TEXT_CHUNK_BITS;
        // The next text goes behind this one, in the last of its chunks.
        pool->used = granules - (count - 1) * TEXT_CHUNK_GRANULES;
    } else {
        *id = (pool->chunk_count - 1) << TEXT_CHUNK_BITS | pool->used;
        pool->used += granules;
    }
    char *at = pool->chunks[*id >> TEXT_CHUNK_BITS] +
               (size_t)(*id & (TEXT_CHUNK_GRANULES - 1)) * TEXT_GRANULE;
    const uint32_t size32 = (uint32_t)size;
    memcpy(at, &size32, sizeof(size32));
    at[sizeof(size32) + size] = '\0';
    return at + sizeof(size32);
}

static const char *text_at(const struct text_pool *pool, text_id id, uint32_t *size)
{
    const uint32_t chunk = id >> TEXT_CHUNK_BITS;
    CHECK(chunk < pool->chunk_count);
    const char *at = pool->chunks[chunk] + (size_t)(id & (TEXT_CHUNK_GRANULES - 1)) * TEXT_GRANULE;
    memcpy(size, at, sizeof(*size));
    return at + sizeof(*size);
}

// The slot that holds this text, or the empty one where it would go.
static uint32_t text_slot_of(const struct text_pool *pool, const char *text, size_t size,
                             uint32_t hash)
{
    const uint32_t mask = pool->slot_count - 1;
    uint32_t slot = hash & mask;
    for (; pool->slots[slot].id != 0; slot = (slot + 1) & mask) {
        if (pool->slots[slot].hash == hash) {
            uint32_t there_size;
            const char *there = text_at(pool, pool->slots[slot].id, &there_size);
            if (there_size == size && memcmp(there, text, size) == 0) {
                break;
            }
        }
    }
    return slot;
}

static void text_grow_slots(struct text_pool *pool)
{
    CHECK(pool->slot_count <= UINT32_MAX / 2);
    const uint32_t count = pool->slot_count * 2;
    const uint32_t mask = count - 1;
    struct text_slot *slots = xcalloc(count, sizeof(*slots));
    for (uint32_t i = 0; i < pool->slot_count; i++) {
        if (pool->slots[i].id != 0) {
            uint32_t slot = pool->slots[i].hash & mask;
            while (slots[slot].id != 0) {
                slot = (slot + 1) & mask;
            }
            slots[slot] = pool->slots[i];
        }
    }
    free(pool->slots);
    pool->slots = slots;
    pool->slot_count = count;
}

text_id text_intern(struct text_pool *pool, const char *text, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const uint32_t hash = (uint32_t)hash64(text, size, pool->seed);
    uint32_t slot = text_slot_of(pool, text, size, hash);
    if (pool->slots[slot].id != 0) {
        return pool->slots[slot].id;
    }
    if (pool->text_count >= pool->slot_count / 4 * 3) {
        text_grow_slots(pool);
        slot = text_slot_of(pool, text, size, hash);
    }
    text_id id;
    char *at = text_place(pool, size, &id);
    memcpy(at, text, size);
    pool->slots[slot] = (struct text_slot){.id = id, .hash = hash};
    pool->text_count++;
    return id;
}

text_id text_intern_z(struct text_pool *pool, const char *text)
{
    return text_intern(pool, text, strlen(text));
}

text_id text_find(const struct text_pool *pool, const char *text, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const uint32_t hash = (uint32_t)hash64(text, size, pool->seed);
    return pool->slots[text_slot_of(pool, text, size, hash)].id;
}

const char *text_get(const struct text_pool *pool, text_id id)
{
    uint32_t size;
    return text_at(pool, id, &size);
}

size_t text_size(const struct text_pool *pool, text_id id)
{
    uint32_t size;
    text_at(pool, id, &size);
    return size;
}

size_t text_pool_memory(const struct text_pool *pool)
{
    return sizeof(*pool) + pool->chunk_bytes + pool->slot_count * sizeof(*pool->slots) +
           pool->chunk_capacity * (sizeof(*pool->chunks) + 1);
}
