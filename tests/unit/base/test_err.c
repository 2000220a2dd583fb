// Errors: kinds, context in front, one line of valid UTF-8 whatever comes in.

#include "test_base.h"

#include "base/err.h"
#include "base/utf8.h"

static void test_err_set_fills_and_returns_false(void **state)
{
    (void)state;
    struct err e = {0};
    assert_false(err_set(&e, ERR_REFUSED, "only %d left", 3));
    assert_int_equal(e.kind, ERR_REFUSED);
    assert_string_equal(e.text, "only 3 left");
    assert_false(err_set(NULL, ERR_FAULT, "nobody listens"));
    assert_false(err_add(NULL, "nobody listens"));
    err_clear(&e);
    assert_int_equal(e.kind, ERR_NONE);
    assert_string_equal(e.text, "");
}

static void test_err_add_puts_context_in_front(void **state)
{
    (void)state;
    struct err e = {0};
    err_set(&e, ERR_FAULT, "no space");
    assert_false(err_add(&e, "could not write %s", "segment 7"));
    assert_int_equal(e.kind, ERR_FAULT);
    assert_string_equal(e.text, "could not write segment 7: no space");
}

static void test_err_may_read_its_own_text(void **state)
{
    (void)state;
    struct err e = {0};
    err_set(&e, ERR_INVALID, "inner");
    err_set(&e, ERR_FAULT, "outer (%s)", e.text);
    assert_string_equal(e.text, "outer (inner)");
}

static void test_err_cleans_hostile_text(void **state)
{
    (void)state;
    struct err e = {0};
    err_set(&e, ERR_INVALID, "a\nb\tc\x1b[31m \xff\xc3( \xe5\xae\x89");
    assert_string_equal(e.text, "a b c [31m ?\?( \xe5\xae\x89");
}

static void test_err_cuts_at_a_character(void **state)
{
    (void)state;
    char text[3 * ERR_TEXT_MAX + 8];
    // Each shift puts the cut at another place in the three bytes of the character.
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'x', shift);
        for (size_t i = 0; i < ERR_TEXT_MAX; i++) {
            memcpy(text + shift + 3 * i, "\xe5\xae\x89", 3);
        }
        text[shift + 3 * ERR_TEXT_MAX] = '\0';
        struct err e = {0};
        err_set(&e, ERR_INVALID, "%s", text);
        for (int i = 0; i < 5; i++) {
            const size_t size = strlen(e.text);
            assert_true(size < ERR_TEXT_MAX);
            assert_true(size >= ERR_TEXT_MAX - 4);
            assert_true(utf8_valid(e.text, size));
            assert_null(strchr(e.text, '?'));
            err_add(&e, "context %d", i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_set_fills_and_returns_false),
        cmocka_unit_test(test_err_add_puts_context_in_front),
        cmocka_unit_test(test_err_may_read_its_own_text),
        cmocka_unit_test(test_err_cleans_hostile_text),
        cmocka_unit_test(test_err_cuts_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
