// "Did you mean".

#include "test_base.h"

#include "base/utf8.h"

static void test_distance_counts_edits(void **state)
{
    (void)state;
    assert_int_equal(text_distance("", ""), 0);
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("abc", ""), 3);
    assert_int_equal(text_distance("announce", "anounce"), 1);
    assert_int_equal(text_distance("announce", "announec"), 1);
    assert_int_equal(text_distance("kitten", "sitting"), 3);
    assert_int_equal(text_distance("红包", "红宝"), 1);
    assert_int_equal(text_distance("红包", "包红"), 1);
    assert_int_equal(text_distance("a\xff", "a\xfe"), 1);
    char a[401];
    char b[401];
    memset(a, 'a', 400);
    memset(b, 'b', 400);
    a[400] = b[400] = '\0';
    assert_int_equal(text_distance(a, b), 255);
    assert_int_equal(text_distance(a, a), 0);
    a[255] = b[255] = '\0';
    assert_int_equal(text_distance(a, b), 255);
}

static void test_nearest_is_sensible(void **state)
{
    (void)state;
    static const char *const names[] = {"announce", "ask_to_copy", "say", "dm",
                                        "wait",     "wait_for",    "红包"};
    const size_t count = sizeof(names) / sizeof(*names);
    assert_string_equal(text_nearest("anounce", names, count), "announce");
    assert_string_equal(text_nearest("ANNOUNCE", names, count), "announce");
    assert_string_equal(text_nearest("wait_fro", names, count), "wait_for");
    assert_string_equal(text_nearest("sya", names, count), "say");
    assert_string_equal(text_nearest("红宝", names, count), "红包");
    assert_null(text_nearest("roulette", names, count));
    assert_null(text_nearest("x", names, count));
    assert_null(text_nearest("", names, count));
    assert_null(text_nearest("say", names, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance_counts_edits),
        cmocka_unit_test(test_nearest_is_sensible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
