// The text pool: one id a text, pointers that never move, memory as promised.

#include "test_base.h"

#include "base/mem.h"
#include "base/text.h"

static void test_text_empty_is_zero(void **state)
{
    (void)state;
    struct text_pool *pool = text_pool_new();
    assert_int_equal(text_intern(pool, NULL, 0), 0);
    assert_int_equal(text_intern_z(pool, ""), 0);
    assert_int_equal(text_find(pool, "", 0), 0);
    assert_string_equal(text_get(pool, 0), "");
    assert_int_equal(text_size(pool, 0), 0);
    assert_int_equal(text_find(pool, "absent", 6), 0);
    text_pool_free(pool);
    text_pool_free(NULL);
}

static void test_text_many_are_stable_and_small(void **state)
{
    (void)state;
    enum { COUNT = 200000 };
    struct text_pool *pool = text_pool_new();
    text_id *ids = xcalloc(COUNT, sizeof(*ids));
    const char **places = xcalloc(COUNT, sizeof(*places));
    size_t bytes = 0;
    char text[32];
    for (int i = 0; i < COUNT; i++) {
        const int size = snprintf(text, sizeof(text), "member-%d", i);
        ids[i] = text_intern(pool, text, (size_t)size);
        places[i] = text_get(pool, ids[i]);
        bytes += (size_t)size;
        assert_int_not_equal(ids[i], 0);
    }
    for (int i = 0; i < COUNT; i++) {
        const int size = snprintf(text, sizeof(text), "member-%d", i);
        assert_int_equal(text_intern_z(pool, text), ids[i]);
        assert_int_equal(text_find(pool, text, (size_t)size), ids[i]);
        assert_ptr_equal(text_get(pool, ids[i]), places[i]);
        assert_string_equal(places[i], text);
        assert_int_equal(text_size(pool, ids[i]), size);
    }
    // 7 bytes beside the text and at most 8 / 0.375 in the index.
    assert_true(text_pool_memory(pool) <= bytes + COUNT * (3 + 8) + 200000);
    free(ids);
    free(places);
    text_pool_free(pool);
}

static void test_text_of_any_size(void **state)
{
    (void)state;
    enum { COUNT = 9 };
    static const size_t sizes[COUNT] = {65530, 65531, 65532, 65536, 1, 131067, 1048576, 3, 300000};
    struct text_pool *pool = text_pool_new();
    text_id ids[COUNT];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
            char *text = xmalloc(sizes[i]);
            memset(text, 'a' + i, sizes[i]);
            const text_id id = text_intern(pool, text, sizes[i]);
            if (round == 1) {
                assert_int_equal(id, ids[i]);
                assert_int_equal(text_size(pool, id), sizes[i]);
                assert_memory_equal(text_get(pool, id), text, sizes[i]);
                assert_int_equal(text_get(pool, id)[sizes[i]], 0);
            }
            ids[i] = id;
            free(text);
        }
    }
    text_pool_free(pool);
}

static void test_text_ids_depend_on_order_alone(void **state)
{
    (void)state;
    // The seed of the index differs in each pool; the ids must not.
    struct text_pool *a = text_pool_new();
    struct text_pool *b = text_pool_new();
    char text[32];
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof(text), "%d", i * 7919 % 5000);
        assert_int_equal(text_intern_z(a, text), text_intern_z(b, text));
    }
    text_pool_free(a);
    text_pool_free(b);
}

static void get_wrong_id(void *ctx)
{
    text_get(ctx, UINT32_MAX);
}

static void test_text_wrong_id_aborts(void **state)
{
    (void)state;
    struct text_pool *pool = text_pool_new();
    assert_true(aborts(get_wrong_id, pool));
    text_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_empty_is_zero),
        cmocka_unit_test(test_text_many_are_stable_and_small),
        cmocka_unit_test(test_text_of_any_size),
        cmocka_unit_test(test_text_ids_depend_on_order_alone),
        cmocka_unit_test(test_text_wrong_id_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
