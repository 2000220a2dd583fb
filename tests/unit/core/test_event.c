// Packed events: what goes in comes out; damaged bytes are refused and never read beyond their end.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "core/event.h"

static void assert_slice(struct slice a, struct slice b)
{
    assert_int_equal(a.size, b.size);
    if (a.size > 0) {
        assert_memory_equal(a.data, b.data, a.size);
    }
}

#define ASSERT_S(name) assert_slice(a->name, b->name)
#define ASSERT_I(name) assert_true(a->name == b->name)
#define ASSERT_B(name) assert_true(a->name == b->name)
#define ASSERT_FIELD(type, name, json, help) ASSERT_##type(name);

static void assert_event(const struct event *a, const struct event *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_true(a->at == b->at);
    assert_true(a->seq == b->seq);
    assert_slice(a->connector, b->connector);
    EVENT_FIELDS(ASSERT_FIELD)
    assert_int_equal(a->item_count, b->item_count);
    for (size_t i = 0; i < a->item_count; i++) {
        assert_slice(a->items[i].sku, b->items[i].sku);
        assert_int_equal(a->items[i].qty, b->items[i].qty);
        assert_true(a->items[i].paid == b->items[i].paid);
    }
    assert_int_equal(a->list_count, b->list_count);
    for (size_t i = 0; i < a->list_count; i++) {
        assert_slice(a->list[i], b->list[i]);
    }
}

static const char *const words[] = {"", "a", "安妮", "old-1", "I want to win!", "x\ny"};

static struct slice random_slice(struct rng *rng)
{
    return rng_below(rng, 2) == 0 ? (struct slice){NULL, 0}
                                  : slice_of(words[rng_below(rng, sizeof(words) / sizeof(*words))]);
}

static int64_t random_int(struct rng *rng)
{
    return rng_below(rng, 2) == 0 ? 0 : (int64_t)rng_next(rng) >> rng_below(rng, 64);
}

#define RANDOM_S(name) event->name = random_slice(rng)
#define RANDOM_I(name) event->name = random_int(rng)
#define RANDOM_B(name) event->name = rng_below(rng, 2)
#define RANDOM_FIELD(type, name, json, help) RANDOM_##type(name);

static void random_event(struct rng *rng, struct event *event, struct event_item *items,
                         struct slice *list)
{
    *event = (struct event){
        .kind = (enum event_kind)(1 + rng_below(rng, EVENT_KIND_COUNT - 1)),
        .at = random_int(rng),
        .seq = random_int(rng),
        .connector = random_slice(rng),
        .items = items,
        .item_count = rng_below(rng, 4),
        .list = list,
        .list_count = rng_below(rng, 4),
    };
    EVENT_FIELDS(RANDOM_FIELD)
    for (int i = 0; i < 3; i++) {
        items[i] =
            (struct event_item){random_slice(rng), (int32_t)random_int(rng), random_int(rng)};
        list[i] = random_slice(rng);
    }
}

static void test_round_trip(void **unused)
{
    (void)unused;
    struct rng rng;
    struct arena arena;
    struct buf packed;
    struct err e;
    rng_init(&rng, 7, 0, 0);
    arena_init(&arena, 4096);
    buf_init(&packed, 1 << 20);
    for (int n = 0; n < 2000; n++) {
        struct event event, again;
        struct event_item items[4];
        struct slice list[4];
        random_event(&rng, &event, items, list);
        buf_clear(&packed);
        arena_reset(&arena);
        event_pack(&event, &packed);
        assert_true(event_unpack(packed.data, packed.size, &arena, &again, &e));
        assert_event(&event, &again);
    }
    buf_deinit(&packed);
    arena_deinit(&arena);
}

// Every prefix is refused; every flipped byte is refused or gives some event, in bounds (the copy
// has its exact size, so AddressSanitizer sees a byte too far).
static void test_damage(void **unused)
{
    (void)unused;
    struct rng rng;
    struct arena arena;
    struct buf packed;
    struct err e;
    rng_init(&rng, 8, 0, 0);
    arena_init(&arena, 4096);
    buf_init(&packed, 1 << 20);
    for (int n = 0; n < 60; n++) {
        struct event event, again;
        struct event_item items[4];
        struct slice list[4];
        random_event(&rng, &event, items, list);
        buf_clear(&packed);
        event_pack(&event, &packed);
        for (size_t size = 0; size < packed.size; size++) {
            char *copy = malloc(size + 1);
            memcpy(copy, packed.data, size);
            char *exact = realloc(copy, size == 0 ? 1 : size);
            arena_reset(&arena);
            assert_false(event_unpack(exact, size, &arena, &again, &e));
            assert_int_equal(e.kind, ERR_CORRUPT);
            free(exact);
        }
        for (size_t at = 0; at < packed.size; at++) {
            char *copy = malloc(packed.size);
            memcpy(copy, packed.data, packed.size);
            copy[at] = (char)rng_next(&rng);
            arena_reset(&arena);
            (void)!event_unpack(copy, packed.size, &arena, &again, &e);
            free(copy);
        }
    }
    buf_deinit(&packed);
    arena_deinit(&arena);
}

static void test_refusals(void **unused)
{
    (void)unused;
    struct arena arena;
    struct buf packed;
    struct err e;
    struct event event = {.kind = EVENT_MESSAGE, .text = {"\xff", 1}};
    arena_init(&arena, 4096);
    buf_init(&packed, 1 << 20);
    event_pack(&event, &packed);  // No UTF-8.
    assert_false(event_unpack(packed.data, packed.size, &arena, &event, &e));
    event = (struct event){.kind = EVENT_MESSAGE};
    buf_clear(&packed);
    event_pack(&event, &packed);
    buf_putc(&packed, 0);  // Something behind it.
    assert_false(event_unpack(packed.data, packed.size, &arena, &event, &e));
    static const struct slice hostile[] = {
        {"\x05\x00\x00\x00\x00\xff\xff\xff\x7f\x00", 10},                  // Too many items.
        {"\x05\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13},      // A text of 2^64 - 1.
        {"\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00", 14},  // No 64-bit number.
        {"\x05\x00\x00\x00\x00\x01\x00\x80\x80\x80\x80\x80\x80\x01\x00\x00",
         16},                                 // Too many pieces.
        {"\x00\x00\x00\x00\x00\x00\x00", 7},  // No kind.
        {"\x63\x00\x00\x00\x00\x00\x00", 7},  // An unknown kind.
    };
    for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
        assert_false(event_unpack(hostile[i].data, hostile[i].size, &arena, &event, &e));
    }
    buf_deinit(&packed);
    arena_deinit(&arena);
}

static void test_names(void **unused)
{
    (void)unused;
    for (int i = 0; i < EVENT_KIND_COUNT; i++) {
        assert_non_null(event_kind_names[i]);
    }
    assert_true(slice_is(slice_of("abc"), "abc"));
    assert_false(slice_is(slice_of("abc"), "ab"));
    assert_true(slice_is(slice_of(NULL), ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
