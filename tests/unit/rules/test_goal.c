// Goals: order and names.

#include "test_rules.h"

#include "rules/goal.h"

static void test_names(void **state)
{
    (void)state;
    for (int i = GOAL_TRAFFIC; i <= GOAL_BUY; i++) {
        enum goal goal = GOAL_NONE;
        const char *name = goal_name((enum goal)i);
        assert_true(goal_parse(name, strlen(name), &goal));
        assert_int_equal(goal, i);
    }
    enum goal goal;
    assert_false(goal_parse("none", 4, &goal));
    assert_false(goal_parse("Buy", 3, &goal));
    assert_false(goal_parse("", 0, &goal));
}

static void test_five_days(void **state)
{
    (void)state;
    const struct goal_activity days[] = {
        {"growth", GOAL_TRAFFIC, 1}, {"certificates", GOAL_KNOW, 2},  {"scene", GOAL_TRUST, 3},
        {"wheel", GOAL_EMOTION, 4},  {"lucky king", GOAL_EMOTION, 5}, {"habit", GOAL_NONE, 6},
        {"sale", GOAL_BUY, 7},       {"fairy", GOAL_BUY, 7}};
    struct goal_warning warnings[4];
    assert_int_equal(goal_check_order(days, 8, warnings, 4), 0);
    assert_int_equal(goal_check_order(days, 0, warnings, 4), 0);
}

static void test_wrong_order(void **state)
{
    (void)state;
    const struct goal_activity days[] = {{"sale", GOAL_BUY, 20},
                                         {"wheel", GOAL_EMOTION, 30},
                                         {"growth", GOAL_TRAFFIC, 10},
                                         {"second wave", GOAL_TRAFFIC, 20}};
    struct goal_warning warnings[4];
    assert_int_equal(goal_check_order(days, 4, warnings, 4), 2);
    assert_int_equal(warnings[0].kind, GOAL_BACKWARD);
    assert_int_equal(warnings[0].activity, 1);
    assert_int_equal(warnings[0].earlier, 0);
    assert_int_equal(warnings[1].kind, GOAL_SKIPPED);
    assert_int_equal(warnings[1].activity, 1);
    assert_int_equal(warnings[1].missing, GOAL_TRUST);
    // Room for one only: the count still tells of both.
    assert_int_equal(goal_check_order(days, 4, warnings, 1), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_five_days),
        cmocka_unit_test(test_wrong_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
