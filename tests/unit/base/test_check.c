// CHECK stays on, prints and aborts.

#include "test_base.h"

#include "base/check.h"

static void check_zero(void *ctx)
{
    CHECK(*(int *)ctx != 0);
}

static void test_check_aborts_only_when_false(void **state)
{
    (void)state;
    int value = 0;
    assert_true(aborts(check_zero, &value));
    value = 1;
    assert_false(aborts(check_zero, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_aborts_only_when_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
