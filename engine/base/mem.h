#pragma once
// Memory: xmalloc aborts when there is none (no caller checks); an arena for what lives one turn;
// a growable byte buffer with a named maximum.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);  // Overflow of count * size aborts.
// The same for a table that is about to be filled in no order: all its pages come at once. One by
// one each would come twice, for a look maps a page of zeros, which the write behind it replaces:
// with several threads that interrupts the other processors.
void *xcalloc_scattered(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t size);

// Arena: bump allocation, freed all at once. Memory is aligned to 16 bytes, not zeroed by alloc.
struct arena_block;
struct arena {
    struct arena_block *first;  // Kept over resets.
    struct arena_block *current;
    size_t used;        // Bytes used in the current block.
    size_t block_size;  // Size of a normal block.
};

void arena_init(struct arena *arena, size_t block_size);
void arena_deinit(struct arena *arena);
void *arena_alloc(struct arena *arena, size_t size);
void *arena_zalloc(struct arena *arena, size_t size);
char *arena_strndup(struct arena *arena, const char *text, size_t size);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
void arena_reset(struct arena *arena);

// Buffer: bytes appended at the end. `data` is always followed by a NUL that `size` doesn't count
// once anything was appended. Crossing `max` sets `overflow`, keeps what fits nowhere (the append
// is dropped whole) and is checked once by whoever filled it.
struct buf {
    char *data;
    size_t size;
    size_t capacity;
    size_t max;
    bool overflow;
};

void buf_init(struct buf *buf, size_t max);
void buf_deinit(struct buf *buf);
void buf_clear(struct buf *buf);  // size = 0, memory kept.
void buf_append(struct buf *buf, const void *data, size_t size);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char byte);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_u32(struct buf *buf, uint32_t value);  // Little endian.
void buf_u64(struct buf *buf, uint64_t value);
void buf_varint(struct buf *buf, uint64_t value);  // LEB128.
void *buf_reserve(struct buf *buf,
                  size_t size);   // Appends `size` uninitialised bytes; NULL on overflow.
char *buf_take(struct buf *buf);  // The caller owns (free()); buf is empty again.
