// Chance: the same numbers for ever, and the right distributions.

#include "test_base.h"

#include <math.h>

#include "base/rng.h"

static void test_rng_is_xoshiro(void **state)
{
    (void)state;
    // From state 1, 2, 3, 4; worked out by hand from the definition of the generator.
    struct rng rng = {{1, 2, 3, 4}};
    assert_true(rng_next(&rng) == 11520);
    assert_true(rng_next(&rng) == 0);
    assert_true(rng_next(&rng) == 1509978240);
    assert_true(rng_next(&rng) == UINT64_C(1215971899390074240));
}

static void test_rng_keys_differ(void **state)
{
    (void)state;
    struct rng a;
    struct rng b;
    rng_init(&a, 1, 2, 3);
    rng_init(&b, 1, 2, 3);
    assert_true(rng_next(&a) == rng_next(&b));
    static const uint64_t keys[][3] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 0},
                                       {2, 1, 3}, {1, 3, 2}, {3, 2, 1}, {2, 3, 1}};
    enum { KEYS = sizeof(keys) / sizeof(*keys) };
    uint64_t first[KEYS];
    for (size_t i = 0; i < KEYS; i++) {
        rng_init(&a, keys[i][0], keys[i][1], keys[i][2]);
        first[i] = rng_next(&a);
        for (size_t k = 0; k < i; k++) {
            assert_true(first[i] != first[k]);
        }
    }
}

static void test_rng_below_is_even(void **state)
{
    (void)state;
    enum { N = 60000 };
    struct rng rng;
    rng_init(&rng, 1, 1, 1);
    unsigned counts[6] = {0};
    for (int i = 0; i < N; i++) {
        counts[rng_below(&rng, 6)]++;
    }
    double chi = 0;
    for (int i = 0; i < 6; i++) {
        chi += (counts[i] - N / 6.0) * (counts[i] - N / 6.0) / (N / 6.0);
    }
    assert_true(chi < 20.5);  // 0.1 % for 5 degrees of freedom.
    assert_true(rng_below(&rng, 1) == 0);
    const uint64_t large = (UINT64_C(1) << 63) + 1;  // Half of all draws must be redrawn.
    for (int i = 0; i < 1000; i++) {
        assert_true(rng_below(&rng, large) < large);
    }
    // Without redrawing, multiples of 3 would come twice as often below 3 * 2^62.
    unsigned thirds[3] = {0};
    for (int i = 0; i < N; i++) {
        thirds[rng_below(&rng, UINT64_C(3) << 62) % 3]++;
    }
    for (int i = 0; i < 3; i++) {
        assert_in_range(thirds[i], N / 3 - 600, N / 3 + 600);
    }
}

static void assert_near(double value, double wanted, double error)
{
    if (!(fabs(value - wanted) <= error)) {
        fail_msg("%g is not within %g of %g", value, error, wanted);
    }
}

static void test_rng_moments(void **state)
{
    (void)state;
    enum { N = 200000 };
    struct rng rng;
    rng_init(&rng, 7, 0, 0);
    double unit = 0;
    double normal = 0;
    double normal2 = 0;
    double wait = 0;
    double wait2 = 0;
    int hits = 0;
    for (int i = 0; i < N; i++) {
        const double u = rng_unit(&rng);
        assert_true(u >= 0 && u < 1);
        unit += u;
        const double z = rng_normal(&rng);
        normal += z;
        normal2 += z * z;
        const double w = rng_exponential(&rng, 3);
        assert_true(w >= 0);
        wait += w;
        wait2 += w * w;
        hits += rng_chance(&rng, 0.3);
    }
    // Four standard errors each.
    assert_near(unit / N, 0.5, 0.0026);
    assert_near(normal / N, 0, 0.009);
    assert_near(normal2 / N, 1, 0.0127);
    assert_near(wait / N, 3, 0.027);
    assert_near(wait2 / N, 18, 0.36);
    assert_near((double)hits / N, 0.3, 0.0041);
    assert_int_equal(rng_chance(&rng, 0), 0);
    assert_int_equal(rng_chance(&rng, 1), 1);
}

static void test_rng_poisson(void **state)
{
    (void)state;
    enum { N = 50000 };
    static const double means[] = {0, 0.1, 3, 9.9, 10, 30, 500, 100000};
    struct rng rng;
    rng_init(&rng, 9, 0, 0);
    for (size_t m = 0; m < sizeof(means) / sizeof(*means); m++) {
        const double mean = means[m];
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < N; i++) {
            const double k = (double)rng_poisson(&rng, mean);
            sum += k - mean;
            squares += (k - mean) * (k - mean);
        }
        const double variance = squares / N;
        assert_near(sum / N, 0, 4.5 * sqrt(mean / N));
        assert_near(variance, mean, 4.5 * sqrt((mean + 2 * mean * mean) / N));
    }
}

// These numbers are promised: a rehearsal of today must run the same next year.
static void test_rng_never_changes(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 20251107, 3, 9);
    uint64_t mix = 0;
    double sum = 0;
    for (int i = 0; i < 1000; i++) {
        mix = mix * 31 + rng_below(&rng, 1000);
        mix = mix * 31 + rng_poisson(&rng, i);
        sum += rng_normal(&rng) + rng_exponential(&rng, 2);
    }
    mix = mix * 31 + rng_next(&rng);
    assert_true(mix == UINT64_C(10972064053440015384));
    assert_true(sum == 1924.0676482735548);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rng_is_xoshiro),    cmocka_unit_test(test_rng_keys_differ),
        cmocka_unit_test(test_rng_below_is_even), cmocka_unit_test(test_rng_moments),
        cmocka_unit_test(test_rng_poisson),       cmocka_unit_test(test_rng_never_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
