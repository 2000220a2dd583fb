// Funnel: Wilson intervals against published values, conversions, K.

#include "test_rules.h"

#include <math.h>

#include "rules/funnel.h"

static void near(double a, double b, double within)
{
    assert_true(fabs(a - b) <= within);
}

static void test_wilson(void **state)
{
    (void)state;
    // Newcombe (1998), table I, method 3: four examples.
    const struct {
        int64_t successes, trials;
        double low, high;
    } cases[] = {{81, 263, 0.2553, 0.3662},
                 {15, 148, 0.0624, 0.1605},
                 {0, 20, 0.0000, 0.1611},
                 {1, 29, 0.0061, 0.1718}};
    for (unsigned i = 0; i < 4; i++) {
        const struct funnel_interval w = funnel_wilson(cases[i].successes, cases[i].trials, 1.96);
        near(w.low, cases[i].low, 0.00006);
        near(w.high, cases[i].high, 0.00006);
    }
    const struct funnel_interval none = funnel_wilson(0, 0, 1.96);
    near(none.low, 0, 0);
    near(none.high, 1, 0);
    const struct funnel_interval all = funnel_wilson(20, 20, 1.96);
    near(all.high, 1, 0);
    near(all.low, 1 - 0.1611, 0.0001);
    const struct funnel_interval big = funnel_wilson(INT64_MAX, INT64_MAX, 1.96);
    assert_true(big.low > 0.999999 && big.high <= 1);
}

static void test_case_b(void **state)
{
    (void)state;
    struct funnel_stage stages[] = {{.count = 1871}, {.count = 1500}, {.count = 687}};
    struct err e;
    assert_true(funnel_compute(stages, 3, &e));
    near(stages[2].from_first.share, 0.367, 0.0005);
    near(stages[2].from_previous.share, 0.458, 0.0005);
    assert_true(stages[2].from_first.low < 0.367 && stages[2].from_first.high > 0.367);
    assert_false(stages[1].grew);
    near(stages[0].from_first.share, 1, 0);
}

static void test_outsiders(void **state)
{
    (void)state;
    struct funnel_stage stages[] = {{.count = 10}, {.count = 50}, {.count = 5}, {.count = 0}};
    struct err e;
    assert_true(funnel_compute(stages, 4, &e));
    assert_true(stages[1].grew);
    near(stages[1].from_previous.share, 1, 0);
    near(stages[2].from_previous.share, 0.1, 1e-12);
    near(stages[2].from_first.share, 0.5, 1e-12);
    near(stages[3].from_previous.share, 0, 0);
    stages[1].count = -1;
    assert_false(funnel_compute(stages, 4, &e));
    assert_string_equal(e.text, "stages[1]: -1 is negative");
    assert_true(funnel_compute(stages, 0, &e));
}

static void test_k(void **state)
{
    (void)state;
    near(funnel_k_factor(0, 5), 0, 0);
    near(funnel_k_factor(1000, 300), 0.3, 1e-12);
    near(funnel_k_reach(1000, 0.5, 2), 1750, 1e-9);
    near(funnel_k_reach(1000, 0, 9), 1000, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wilson),
        cmocka_unit_test(test_case_b),
        cmocka_unit_test(test_outsiders),
        cmocka_unit_test(test_k),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
