// Times counted by size: every one falls in one bucket, and the most of the last ten seconds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/histogram.h"

static void test_every_time_counts_once(void **state)
{
    (void)state;
    struct histogram histogram = {0};
    const int64_t times_us[] = {-5, 0, 100, 101, 1000, 300000000, 300000001, INT64_C(1) << 50};
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof(times_us) / sizeof(times_us[0]); i++) {
        histogram_add(&histogram, times_us[i]);
    }
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        sum += histogram.counts[i];
    }
    assert_int_equal(sum, 8);
    assert_int_equal(histogram.count, 8);
    assert_int_equal(histogram.counts[0], 3);  // Its upper end belongs to it.
    assert_int_equal(histogram.counts[1], 1);
    assert_int_equal(histogram.counts[3], 1);
    assert_int_equal(histogram.counts[HISTOGRAM_BUCKETS - 2], 1);
    assert_int_equal(histogram.counts[HISTOGRAM_BUCKETS - 1], 2);
    assert_int_equal(histogram.sum_us,
                     100 + 101 + 1000 + 300000000 + 300000001 + (INT64_C(1) << 50));
}

static void test_bounds_go_up(void **state)
{
    (void)state;
    for (size_t i = 1; i < HISTOGRAM_BUCKETS - 1; i++) {
        assert_true(histogram_bounds_us[i] > histogram_bounds_us[i - 1]);
    }
}

static void test_the_most_of_ten_seconds(void **state)
{
    (void)state;
    struct recent recent = {0};
    const int64_t begin_us = 5000000000;
    recent_add(&recent, begin_us, 700);
    recent_add(&recent, begin_us + 100, 300);
    recent_add(&recent, begin_us + 3000000, 200);
    assert_int_equal(recent_most_us(&recent, begin_us + 3000000), 700);
    assert_int_equal(recent_most_us(&recent, begin_us + 9999999), 700);
    assert_int_equal(recent_most_us(&recent, begin_us + 10000000), 200);
    assert_int_equal(recent_most_us(&recent, begin_us + 13000000), 0);
    recent_add(&recent, begin_us + 10000000, 50);  // The place of the first second is used again.
    assert_int_equal(recent_most_us(&recent, begin_us + 10000000), 200);
    assert_int_equal(recent_most_us(&recent, begin_us + 19000000), 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_time_counts_once),
        cmocka_unit_test(test_bounds_go_up),
        cmocka_unit_test(test_the_most_of_ten_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
