// Pages and free lists of one Lua state; see sandbox_heap.h.
#include "script/sandbox_heap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define PAGE_FIRST 16384  // A fresh state with its words takes about one and a half of these.
#define PAGE_MAX 65536

struct sandbox_heap_page {
    struct sandbox_heap_page *next;
    size_t size;  // Keeps the first block aligned to 16 bytes as well.
};

struct sandbox_heap_block {
    struct sandbox_heap_block *next;
    struct sandbox_heap_block *previous;
};

static inline bool is_small(size_t size)
{
    return size <= SANDBOX_HEAP_SMALL_MAX;
}

static inline size_t class_of(size_t size)
{
    return (size - 1) / 16;
}

static void *small_refill(struct sandbox_heap *heap, size_t rounded)
{
    const size_t size = heap->pages == NULL                ? PAGE_FIRST
                        : heap->pages->size * 2 < PAGE_MAX ? heap->pages->size * 2
                                                           : PAGE_MAX;
    struct sandbox_heap_page *page = xmalloc(size);
    page->next = heap->pages;
    page->size = size;
    heap->pages = page;
    char *block = (char *)(page + 1);
    heap->bump = block + rounded;
    heap->bump_end = (char *)page + size;
    return block;
}

static void *small_alloc(struct sandbox_heap *heap, size_t size)
{
    const size_t index = class_of(size);
    void *block = heap->free_list[index];
    if (block != NULL) {
        memcpy(&heap->free_list[index], block, sizeof(void *));
        return block;
    }
    const size_t rounded = (index + 1) * 16;
    if ((size_t)(heap->bump_end - heap->bump) < rounded) {
        return small_refill(heap, rounded);  // The rest of the old page, under 512 bytes, is lost.
    }
    block = heap->bump;
    heap->bump += rounded;
    return block;
}

static void small_free(struct sandbox_heap *heap, void *block, size_t size)
{
    const size_t index = class_of(size);
    memcpy(block, &heap->free_list[index], sizeof(void *));
    heap->free_list[index] = block;
}

static void large_link(struct sandbox_heap *heap, struct sandbox_heap_block *block)
{
    block->previous = NULL;
    block->next = heap->large;
    if (block->next != NULL) {
        block->next->previous = block;
    }
    heap->large = block;
}

static void large_unlink(struct sandbox_heap *heap, struct sandbox_heap_block *block)
{
    if (block->next != NULL) {
        block->next->previous = block->previous;
    }
    if (block->previous != NULL) {
        block->previous->next = block->next;
    } else {
        heap->large = block->next;
    }
}

void sandbox_heap_init(struct sandbox_heap *heap)
{
    memset(heap, 0, sizeof(*heap));
}

void sandbox_heap_deinit(struct sandbox_heap *heap)
{
    while (heap->pages != NULL) {
        struct sandbox_heap_page *next = heap->pages->next;
        free(heap->pages);
        heap->pages = next;
    }
    while (heap->large != NULL) {
        struct sandbox_heap_block *next = heap->large->next;
        free(heap->large);
        heap->large = next;
    }
}

void *sandbox_heap_alloc(struct sandbox_heap *heap, size_t size)
{
    CHECK(size > 0);
    if (is_small(size)) {
        return small_alloc(heap, size);
    }
    struct sandbox_heap_block *block = xmalloc(sizeof(*block) + size);
    large_link(heap, block);
    return block + 1;
}

void sandbox_heap_free(struct sandbox_heap *heap, void *block, size_t size)
{
    if (block == NULL) {
        return;
    }
    if (is_small(size)) {
        small_free(heap, block, size);
        return;
    }
    struct sandbox_heap_block *head = (struct sandbox_heap_block *)block - 1;
    large_unlink(heap, head);
    free(head);
}

void *sandbox_heap_resize(struct sandbox_heap *heap, void *block, size_t old_size, size_t new_size)
{
    if (is_small(old_size) && is_small(new_size) && class_of(old_size) == class_of(new_size)) {
        return block;
    }
    if (!is_small(old_size) && !is_small(new_size)) {
        struct sandbox_heap_block *head = (struct sandbox_heap_block *)block - 1;
        large_unlink(heap, head);
        head = xrealloc(head, sizeof(*head) + new_size);
        large_link(heap, head);
        return head + 1;
    }
    void *fresh = sandbox_heap_alloc(heap, new_size);
    memcpy(fresh, block, old_size < new_size ? old_size : new_size);
    sandbox_heap_free(heap, block, old_size);
    return fresh;
}
