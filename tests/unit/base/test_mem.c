// Arena and buffer: alignment, reuse, limits, bytes exact.

#include "test_base.h"

#include "base/mem.h"

static void test_mem_copies_end_in_nul(void **state)
{
    (void)state;
    char *a = xstrdup("abc");
    char *b = xstrndup("abcdef", 2);
    char *c = xstrndup(NULL, 0);
    assert_string_equal(a, "abc");
    assert_string_equal(b, "ab");
    assert_string_equal(c, "");
    free(a);
    free(b);
    free(c);
    free(xmalloc(0));
    free(xcalloc(0, 8));
}

static void calloc_too_much(void *ctx)
{
    (void)ctx;
    volatile size_t count = SIZE_MAX / 4;
    free(xcalloc(count, 8));
}

static void test_mem_overflow_aborts(void **state)
{
    (void)state;
    assert_true(aborts(calloc_too_much, NULL));
}

static void test_arena_aligns_and_keeps_bytes(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1000);
    uint8_t *pieces[300];
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 300; i++) {
            pieces[i] = arena_alloc(&arena, i * 7);  // Some above the block size.
            assert_int_equal((uintptr_t)pieces[i] % 16, 0);
            memset(pieces[i], (int)(i & 255), i * 7);
        }
        for (size_t i = 0; i < 300; i++) {
            for (size_t k = 0; k < i * 7; k++) {
                assert_int_equal(pieces[i][k], i & 255);
            }
        }
        arena_reset(&arena);
    }
    uint8_t *zeroed = arena_zalloc(&arena, 500);
    for (size_t i = 0; i < 500; i++) {
        assert_int_equal(zeroed[i], 0);
    }
    assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_printf(&arena, "%s-%d", "old", 1), "old-1");
    arena_deinit(&arena);
}

static void test_arena_keeps_its_blocks(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096);
    void *first = arena_alloc(&arena, 100);
    arena_alloc(&arena, 4090);
    arena_reset(&arena);
    assert_ptr_equal(arena_alloc(&arena, 100), first);
    arena_deinit(&arena);
}

static void test_buf_appends_and_terminates(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    buf_puts(&buf, "ab");
    buf_putc(&buf, 'c');
    buf_printf(&buf, "-%d-", 42);
    buf_append(&buf, "", 0);
    assert_string_equal(buf.data, "abc-42-");
    assert_int_equal(buf.size, 7);
    memcpy(buf_reserve(&buf, 2), "xy", 2);
    assert_string_equal(buf.data, "abc-42-xy");
    buf_clear(&buf);
    assert_int_equal(buf.size, 0);
    assert_string_equal(buf.data, "");
    char *taken = buf_take(&buf);
    assert_string_equal(taken, "");
    free(taken);
    taken = buf_take(&buf);  // Never had memory: still a text.
    assert_string_equal(taken, "");
    free(taken);
    buf_puts(&buf, "still usable");
    assert_string_equal(buf.data, "still usable");
    buf_deinit(&buf);
}

static void test_buf_writes_numbers(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    buf_u32(&buf, 0x01020304);
    buf_u64(&buf, UINT64_C(0x0102030405060708));
    buf_varint(&buf, 0);
    buf_varint(&buf, 127);
    buf_varint(&buf, 300);
    buf_varint(&buf, UINT64_MAX);
    static const uint8_t wanted[] = {4,    3,    2,    1,    8,    7,    6,    5,    4,
                                     3,    2,    1,    0,    127,  0xac, 0x02, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    assert_int_equal(buf.size, sizeof(wanted));
    assert_memory_equal(buf.data, wanted, sizeof(wanted));
    buf_deinit(&buf);
}

static void test_buf_stops_at_its_maximum(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    buf_puts(&buf, "0123456789");
    assert_false(buf.overflow);
    buf_putc(&buf, 'x');
    assert_true(buf.overflow);
    assert_string_equal(buf.data, "0123456789");
    buf_clear(&buf);
    buf_puts(&buf, "01234567");
    buf_puts(&buf, "too long");
    buf_putc(&buf, '8');  // Would fit, but the text would have a hole.
    buf_printf(&buf, "%d", 9);
    assert_null(buf_reserve(&buf, 1));
    assert_true(buf.overflow);
    assert_string_equal(buf.data, "01234567");
    assert_null(buf_reserve(&buf, SIZE_MAX));
    buf_deinit(&buf);
}

static void test_scattered(void **state)
{
    (void)state;
    // Sizes around where pages begin to come at once, with odd ends.
    static const size_t sizes[] = {1, 4095, 131071, 131072, 131073, 1000003};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        unsigned char *p = xcalloc_scattered(sizes[i], 3);
        for (size_t at = 0; at < 3 * sizes[i]; at++) {
            assert_int_equal(p[at], 0);
        }
        memset(p, 0xff, 3 * sizes[i]);
        free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scattered),
        cmocka_unit_test(test_mem_copies_end_in_nul),
        cmocka_unit_test(test_mem_overflow_aborts),
        cmocka_unit_test(test_arena_aligns_and_keeps_bytes),
        cmocka_unit_test(test_arena_keeps_its_blocks),
        cmocka_unit_test(test_buf_appends_and_terminates),
        cmocka_unit_test(test_buf_writes_numbers),
        cmocka_unit_test(test_buf_stops_at_its_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
