// Interned text. Texts lie in chunks that never move; an id is the position of its text, so no
// table of ids is needed and text_get is one look-up:
//
//     id (32 bits) = chunk number (17) | granule in the chunk (15), a granule is 2 bytes
//     at that place: size (1 byte, 4 from 128 on), the bytes, NUL, rounded up to a granule
//
// A text larger than a chunk gets consecutive chunk numbers over one allocation. The index is open
// addressing, 70 to 87 % full, over ids and, in an array of their own, tags of 8 hash bits: a miss
// visits a text once in eight times. Cost of a text: its bytes, 2.5 on average for size, NUL and
// rounding, and 5.7 to 7.2 for its slot.

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"

#define TEXT_GRANULE 2
#define TEXT_CHUNK_BITS 15
#define TEXT_CHUNK_GRANULES (UINT32_C(1) << TEXT_CHUNK_BITS)
#define TEXT_CHUNK_SIZE ((size_t)TEXT_CHUNK_GRANULES * TEXT_GRANULE)
#define TEXT_CHUNKS_MAX (UINT32_C(1) << (32 - TEXT_CHUNK_BITS))
#define TEXT_SLOTS_MIN 64
#define TEXT_SMALL_MAX 127  // Longer ones have four bytes of size, the first with its high bit set.

struct text_pool {
    char **chunks;  // One pointer for each chunk number.
    uint8_t *owns;  // 1 where the chunk number starts an allocation.
    uint32_t chunk_count;
    uint32_t chunk_capacity;
    uint32_t used;       // Granules used in the last chunk.
    size_t chunk_bytes;  // Sum of all allocations.
    uint8_t *tags;       // 0 = empty slot.
    text_id *slots;
    uint32_t slot_count;
    uint32_t text_count;
    uint64_t seed;  // From the kernel: names are chosen by strangers, who must not know our slots.
};

static char *text_place(struct text_pool *pool, size_t size, text_id *id);

struct text_pool *text_pool_new(void)
{
    struct text_pool *pool = xcalloc(1, sizeof(*pool));
    pool->slot_count = TEXT_SLOTS_MIN;
    pool->tags = xcalloc(pool->slot_count, 1);
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
    free(pool->tags);
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
    CHECK(size <= INT32_MAX);
    const size_t head = size <= TEXT_SMALL_MAX ? 1 : 4;
    const uint32_t granules = (uint32_t)((head + size + 1 + TEXT_GRANULE - 1) / TEXT_GRANULE);
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
    if (head == 1) {
        at[0] = (char)size;
    } else {
        at[0] = (char)(0x80 | size >> 24);
        at[1] = (char)(size >> 16);
        at[2] = (char)(size >> 8);
        at[3] = (char)size;
    }
    at[head + size] = '\0';
    return at + head;
}

static const char *text_at(const struct text_pool *pool, text_id id, uint32_t *size)
{
    const uint32_t chunk = id >> TEXT_CHUNK_BITS;
    CHECK(chunk < pool->chunk_count);
    const char *at = pool->chunks[chunk] + (size_t)(id & (TEXT_CHUNK_GRANULES - 1)) * TEXT_GRANULE;
    const uint8_t *head = (const uint8_t *)at;
    if (head[0] <= TEXT_SMALL_MAX) {
        *size = head[0];
        return at + 1;
    }
    *size = (head[0] & UINT32_C(0x7f)) << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 |
            head[3];
    return at + 4;
}

static uint32_t text_home(const struct text_pool *pool, uint64_t hash)
{
    return (uint32_t)(((hash >> 32) * pool->slot_count) >> 32);
}

static uint8_t text_tag(uint64_t hash)
{
    return (uint8_t)hash == 0 ? 1 : (uint8_t)hash;
}

// The slot that holds this text, or the empty one where it would go.
static uint32_t text_slot_of(const struct text_pool *pool, const char *text, size_t size,
                             uint64_t hash)
{
    const uint8_t tag = text_tag(hash);
    uint32_t slot = text_home(pool, hash);
    while (pool->tags[slot] != 0) {
        if (pool->tags[slot] == tag) {
            uint32_t there_size;
            const char *there = text_at(pool, pool->slots[slot], &there_size);
            if (there_size == size && memcmp(there, text, size) == 0) {
                break;
            }
        }
        slot = slot + 1 == pool->slot_count ? 0 : slot + 1;
    }
    return slot;
}

static void text_fill_slot(struct text_pool *pool, uint32_t slot, text_id id, uint64_t hash)
{
    CHECK(pool->tags[slot] == 0);
    pool->tags[slot] = text_tag(hash);
    pool->slots[slot] = id;
}

// By a quarter: texts stay, so free slots cost more than hashing the texts again a few times.
static void text_grow_slots(struct text_pool *pool)
{
    CHECK(pool->slot_count <= UINT32_MAX / 2);
    const uint32_t old_count = pool->slot_count;
    text_id *old = pool->slots;
    pool->slot_count += old_count / 4;
    free(pool->tags);
    pool->tags = xcalloc(pool->slot_count, 1);
    pool->slots = xcalloc(pool->slot_count, sizeof(*pool->slots));
    for (uint32_t i = 0; i < old_count; i++) {
        if (old[i] == 0) {
            continue;  // The empty text is never in the index.
        }
        uint32_t size;
        const char *text = text_at(pool, old[i], &size);
        const uint64_t hash = hash64(text, size, pool->seed);
        uint32_t slot = text_home(pool, hash);
        while (pool->tags[slot] != 0) {
            slot = slot + 1 == pool->slot_count ? 0 : slot + 1;
        }
        text_fill_slot(pool, slot, old[i], hash);
    }
    free(old);
}

text_id text_intern(struct text_pool *pool, const char *text, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const uint64_t hash = hash64(text, size, pool->seed);
    uint32_t slot = text_slot_of(pool, text, size, hash);
    if (pool->tags[slot] != 0) {
        return pool->slots[slot];
    }
    if (pool->text_count >= pool->slot_count - pool->slot_count / 8) {
        text_grow_slots(pool);
        slot = text_slot_of(pool, text, size, hash);
    }
    text_id id;
    char *at = text_place(pool, size, &id);
    memcpy(at, text, size);
    text_fill_slot(pool, slot, id, hash);
    pool->text_count++;
    return id;
}

text_id text_intern_z(struct text_pool *pool, const char *text)
{
    return text_intern(pool, text, strlen(text));
}

text_id text_find(const struct text_pool *pool, const char *text, size_t size)
{
    return size == 0 ? 0
                     : pool->slots[text_slot_of(pool, text, size, hash64(text, size, pool->seed))];
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
    return sizeof(*pool) + pool->chunk_bytes +
           (size_t)pool->slot_count * (sizeof(*pool->slots) + 1) +
           pool->chunk_capacity * (sizeof(*pool->chunks) + 1);
}
