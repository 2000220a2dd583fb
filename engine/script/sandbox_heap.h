#pragma once
// Memory of one Lua state: small blocks from pages with free lists, large ones from malloc, all of
// it released at once. Throwing a heap away needs no consent of the state that lives in it.
// It counts nothing and knows no limits; sandbox.c does.

#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_HEAP_SMALL_MAX 0  // Every block on its own, so that the sanitizer sees its ends.
#else
#define SANDBOX_HEAP_SMALL_MAX 512
#endif
#define SANDBOX_HEAP_CLASS_COUNT (512 / 16)

struct sandbox_heap_page;
struct sandbox_heap_block;

struct sandbox_heap {
    void *free_list[SANDBOX_HEAP_CLASS_COUNT];  // Index (size - 1) / 16.
    char *bump;                                 // Unused rest of the newest page.
    char *bump_end;
    struct sandbox_heap_page *pages;
    struct sandbox_heap_block *large;
};

void sandbox_heap_init(struct sandbox_heap *heap);
void sandbox_heap_deinit(struct sandbox_heap *heap);  // Frees everything.
// Lua tells the size of a block when it gives it back, so small blocks need no header.
void *sandbox_heap_alloc(struct sandbox_heap *heap, size_t size);
void sandbox_heap_free(struct sandbox_heap *heap, void *block, size_t size);
void *sandbox_heap_resize(struct sandbox_heap *heap, void *block, size_t old_size, size_t new_size);
