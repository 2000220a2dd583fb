#pragma once
// Interned text: each different text is stored once and named by a 32-bit id; 0 is the empty text.
// Texts are immutable and live as long as the pool. Only valid UTF-8 without NUL goes in: whoever
// takes text from outside checks it. Ids follow the order of the first interning and nothing else;
// they are no small numbers that count up, so don't use them as array indexes.

#include <stddef.h>
#include <stdint.h>

typedef uint32_t text_id;

struct text_pool;

struct text_pool *text_pool_new(void);
void text_pool_free(struct text_pool *pool);
text_id text_intern(struct text_pool *pool, const char *text, size_t size);
text_id text_intern_z(struct text_pool *pool, const char *text);
text_id text_find(const struct text_pool *pool, const char *text, size_t size);  // 0 if not there
const char *text_get(const struct text_pool *pool, text_id id);  // NUL-terminated, never NULL
size_t text_size(const struct text_pool *pool, text_id id);
size_t text_pool_memory(const struct text_pool *pool);  // Bytes used, all in.
