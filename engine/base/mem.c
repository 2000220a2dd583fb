// Memory. malloc is called only here (and by foreign libraries); running out aborts, because the
// journal restores everything at the next start and no caller could do better.

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define MEM_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEM_POISONS 1
#endif
#endif

// With AddressSanitizer, arena memory that isn't handed out is poisoned: a pointer kept over a
// reset is reported like a use after free.
#ifdef MEM_POISONS
#include <sanitizer/asan_interface.h>
#define MEM_POISON(at, size) ASAN_POISON_MEMORY_REGION(at, size)
#define MEM_UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION(at, size)
#else
#define MEM_POISON(at, size) ((void)(at), (void)(size))
#define MEM_UNPOISON(at, size) ((void)(at), (void)(size))
#endif

#define ARENA_ALIGN ((size_t)16)
#define SCATTERED_MIN ((size_t)128 << 10)  // glibc maps what is larger anew.

struct arena_block {
    struct arena_block *next;
    size_t size;  // Bytes that can be handed out, behind this header.
};

_Static_assert(sizeof(struct arena_block) % 16 == 0, "the header must keep the alignment");

static noreturn void mem_abort(size_t size)
{
    fprintf(stderr, "drumbeat: out of memory (%zu bytes wanted)\n", size);
    abort();
}

void *xmalloc(size_t size)
{
    void *p = malloc(size == 0 ? 1 : size);
    if (p == NULL) {
        mem_abort(size);
    }
    return p;
}

void *xcalloc(size_t count, size_t size)
{
    size_t product;
    if (__builtin_mul_overflow(count, size, &product)) {
        mem_abort(SIZE_MAX);
    }
    void *p = calloc(1, product == 0 ? 1 : product);
    if (p == NULL) {
        mem_abort(product);
    }
    return p;
}

void *xcalloc_scattered(size_t count, size_t size)
{
    const size_t page = 4096;
    void *p = xcalloc(count, size);
    const size_t bytes = count * size;  // xcalloc has looked.
    if (bytes >= SCATTERED_MIN) {
        const uintptr_t from = ((uintptr_t)p + page - 1) / page * page;
        const uintptr_t end = ((uintptr_t)p + bytes) / page * page;
        // Older systems refuse: then the pages come one by one, as they would have.
        (void)madvise((void *)from, end - from, MADV_POPULATE_WRITE);
    }
    return p;
}

void *xrealloc(void *old, size_t size)
{
    void *p = realloc(old, size == 0 ? 1 : size);
    if (p == NULL) {
        mem_abort(size);
    }
    return p;
}

char *xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t size)
{
    CHECK(size < SIZE_MAX);
    char *copy = xmalloc(size + 1);
    if (size > 0) {
        memcpy(copy, text, size);
    }
    copy[size] = '\0';
    return copy;
}

static char *arena_block_data(struct arena_block *block)
{
    return (char *)block + sizeof(struct arena_block);
}

static struct arena_block *arena_block_new(size_t size)
{
    struct arena_block *block = xmalloc(sizeof(struct arena_block) + size);
    block->next = NULL;
    block->size = size;
    MEM_POISON(arena_block_data(block), size);
    return block;
}

static void arena_block_free(struct arena_block *block)
{
    MEM_UNPOISON(arena_block_data(block), block->size);
    free(block);
}

void arena_init(struct arena *arena, size_t block_size)
{
    CHECK(block_size > 0);
    CHECK(block_size <= SIZE_MAX / 2);
    *arena = (struct arena){
        .block_size = (block_size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1),
    };
}

void arena_deinit(struct arena *arena)
{
    struct arena_block *block = arena->first;
    while (block != NULL) {
        struct arena_block *next = block->next;
        arena_block_free(block);
        block = next;
    }
    *arena = (struct arena){0};
}

// Makes `current` a block with room for `size` bytes: the next one kept from before, or a new one
// put in between.
static void arena_grow(struct arena *arena, size_t size)
{
    struct arena_block *next = arena->current == NULL ? arena->first : arena->current->next;
    if (next == NULL || next->size < size) {
        struct arena_block *fresh =
            arena_block_new(size > arena->block_size ? size : arena->block_size);
        fresh->next = next;
        if (arena->current == NULL) {
            arena->first = fresh;
        } else {
            arena->current->next = fresh;
        }
        next = fresh;
    }
    arena->current = next;
    arena->used = 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    CHECK(size <= SIZE_MAX / 2);
    const size_t wanted = size == 0 ? ARENA_ALIGN : (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    if (arena->current == NULL || arena->current->size - arena->used < wanted) {
        arena_grow(arena, wanted);
    }
    char *p = arena_block_data(arena->current) + arena->used;
    arena->used += wanted;
    MEM_UNPOISON(p, size);
    return p;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    void *p = arena_alloc(arena, size);
    if (size > 0) {
        memset(p, 0, size);
    }
    return p;
}

char *arena_strndup(struct arena *arena, const char *text, size_t size)
{
    CHECK(size < SIZE_MAX / 2);
    char *copy = arena_alloc(arena, size + 1);
    if (size > 0) {
        memcpy(copy, text, size);
    }
    copy[size] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    const int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(size >= 0);
    char *text = arena_alloc(arena, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}

void arena_reset(struct arena *arena)
{
    // Blocks above the normal size were made for one big thing: give them back, or turns with big
    // things in different places would pile them up.
    struct arena_block **link = &arena->first;
    while (*link != NULL) {
        struct arena_block *block = *link;
        if (block->size > arena->block_size) {
            *link = block->next;
            arena_block_free(block);
        } else {
            MEM_POISON(arena_block_data(block), block->size);
            link = &block->next;
        }
    }
    arena->current = arena->first;
    arena->used = 0;
}

void buf_init(struct buf *buf, size_t max)
{
    CHECK(max < SIZE_MAX / 2);
    *buf = (struct buf){.max = max};
}

void buf_deinit(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
    buf->overflow = false;
    if (buf->data != NULL) {
        buf->data[0] = '\0';
    }
}

// Room for `size` more bytes and the NUL behind them. Once something was dropped all later appends
// are dropped too: what stands there is always an unbroken beginning.
static bool buf_grow(struct buf *buf, size_t size)
{
    if (buf->overflow || size > buf->max - buf->size) {
        buf->overflow = true;
        return false;
    }
    const size_t needed = buf->size + size + 1;
    if (needed > buf->capacity) {
        size_t capacity = buf->capacity < 64 ? 64 : buf->capacity * 2;
        if (capacity < needed) {
            capacity = needed;
        }
        if (capacity > buf->max + 1) {
            capacity = buf->max + 1;
        }
        buf->data = xrealloc(buf->data, capacity);
        buf->capacity = capacity;
    }
    return true;
}

void *buf_reserve(struct buf *buf, size_t size)
{
    if (!buf_grow(buf, size)) {
        return NULL;
    }
    char *p = buf->data + buf->size;
    buf->size += size;
    buf->data[buf->size] = '\0';
    return p;
}

void buf_append(struct buf *buf, const void *data, size_t size)
{
    void *p = buf_reserve(buf, size);
    if (p != NULL && size > 0) {
        memcpy(p, data, size);
    }
}

void buf_puts(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_putc(struct buf *buf, char byte)
{
    char *p = buf_reserve(buf, 1);
    if (p != NULL) {
        *p = byte;
    }
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    const int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(size >= 0);
    char *p = buf_reserve(buf, (size_t)size);
    if (p != NULL) {
        vsnprintf(p, (size_t)size + 1, format, again);
    }
    va_end(again);
}

void buf_u32(struct buf *buf, uint32_t value)
{
    uint8_t bytes[4];
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
    buf_append(buf, bytes, sizeof(bytes));
}

void buf_u64(struct buf *buf, uint64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
    buf_append(buf, bytes, sizeof(bytes));
}

void buf_varint(struct buf *buf, uint64_t value)
{
    uint8_t bytes[10];
    size_t count = 0;
    while (value >= 0x80) {
        bytes[count++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[count++] = (uint8_t)value;
    buf_append(buf, bytes, count);
}

char *buf_take(struct buf *buf)
{
    char *data = buf->data == NULL ? xstrdup("") : buf->data;
    const size_t max = buf->max;
    *buf = (struct buf){.max = max};
    return data;
}
