// Peaks: made ones, noise, and the recorded minutes of a shop.

#include "test_rules.h"

#include <math.h>

#include "base/rng.h"
#include "rules/peak.h"

#define MINUTE INT64_C(60000)

static void test_two_waves(void **state)
{
    (void)state;
    // Case B day 5: flip at 20:30, peak 20:41, fall, second wave, fall.
    const uint32_t uv[] = {5,   8,   20,  40,  60,  75, 88, 97, 105, 112, 117,
                           119, 115, 108, 99,  90,  80, 70, 62, 55,  50,  70,
                           95,  110, 114, 112, 100, 88, 74, 60, 50,  44,  40};
    const struct peak_rules rules = peak_rules_default();
    struct peak peak;
    peak_init(&peak);
    unsigned passed = 0;
    int64_t when[4] = {0};
    for (size_t i = 0; i < sizeof(uv) / sizeof(uv[0]); i++) {
        if (peak_feed(&peak, &rules, (int64_t)i * MINUTE, uv[i])) {
            assert_true(peak_fall_bp(&peak) >= rules.fall_bp);
            when[passed++] = (int64_t)i;
            const uint32_t top = passed == 1 ? 119 : 114;
            assert_int_equal(peak.peak_uv, top);
            const int64_t raw = peak.peak_ms / MINUTE - peak.peak_uv_ago;
            assert_int_equal(raw, passed == 1 ? 11 : 24);
        }
    }
    assert_int_equal(passed, 2);
    assert_int_equal(peak.passed, 2);
    assert_true(when[0] >= 15 && when[0] <= 21);
    assert_true(when[1] >= 27);
}

// Flat traffic with the noise of counting has no peak by the default rules.
static void test_flat_is_no_peak(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 5, 5, 5);
    const struct peak_rules rules = peak_rules_default();
    unsigned false_alarms = 0;
    for (unsigned evening = 0; evening < 100; evening++) {
        struct peak peak;
        peak_init(&peak);
        for (unsigned i = 0; i < 180; i++) {
            const uint32_t uv = (uint32_t)rng_poisson(&rng, 600);
            false_alarms += peak_feed(&peak, &rules, i * MINUTE, uv);
        }
    }
    assert_int_equal(false_alarms, 0);
}

static void test_edges(void **state)
{
    (void)state;
    struct peak_rules rules = peak_rules_default();
    struct peak peak;
    struct err e;
    assert_true(sizeof(struct peak) <= 64);
    assert_true(peak_rules_check(&rules, &e));
    peak_init(&peak);
    for (unsigned i = 0; i < 1000; i++) {
        assert_false(peak_feed(&peak, &rules, i * MINUTE, 0));
    }
    assert_int_equal(peak_fall_bp(&peak), 0);
    peak_init(&peak);
    unsigned passed = 0;
    for (unsigned i = 0; i < 1000; i++) {  // The largest counts: no overflow.
        passed += peak_feed(&peak, &rules, i * MINUTE, i / 50 % 2 == 0 ? UINT32_MAX : 1);
    }
    assert_int_equal(passed, 10);
    rules.alpha_bp = 0;
    assert_false(peak_rules_check(&rules, &e));
    assert_non_null(strstr(e.text, "alpha: 0"));
    rules = peak_rules_default();
    rules.fall_bp = 10001;
    assert_false(peak_rules_check(&rules, &e));
    rules = peak_rules_default();
    rules.fall_minutes = 0;
    assert_false(peak_rules_check(&rules, &e));
}

// Unique users a minute of the recorded stream. Its users come in ascending minutes, so a table of
// who was seen in the current minute is all it takes.
static size_t recorded_minutes(uint32_t *uv, size_t max)
{
    FILE *pipe = popen("gzip -dc " SHARED_DATA_DIR
                       "/commerce/taobao_userbehavior_20171126_0100-0310utc.csv.gz 2>&1",
                       "r");
    assert_non_null(pipe);
    const unsigned users = 1100000;
    uint32_t *seen = xcalloc(users, sizeof(*seen));
    char line[200];
    size_t minutes = 0;
    while (fgets(line, sizeof(line), pipe) != NULL) {
        unsigned user;
        long long second;
        char behaviour[8];
        if (sscanf(line, "%u,%*u,%*u,%7[a-z],%lld", &user, behaviour, &second) != 3 ||
            strcmp(behaviour, "pv") != 0) {
            continue;
        }
        const size_t minute = (size_t)(second - 1511658000) / 60;
        assert_true(minute < max);
        assert_true(user < users);
        while (minutes <= minute) {
            uv[minutes++] = 0;
        }
        if (seen[user] != minute + 1) {
            seen[user] = (uint32_t)minute + 1;
            uv[minute]++;
        }
    }
    pclose(pipe);
    free(seen);
    return minutes;
}

static void test_recorded_shop(void **state)
{
    (void)state;
    uint32_t uv[200];
    const size_t count = recorded_minutes(uv, 200);
    if (count == 0) {
        test_skip_loudly("the recorded minutes of a shop");
        return;
    }
    assert_int_equal(count, 131);
    const uint32_t first[] = {612, 591, 608, 658, 609, 685, 603, 578, 672, 625};
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(uv[i], first[i]);
    }
    // UV climbs by a third in two hours to a plateau, and ends on it: 02:49Z has 863 visitors, the
    // best ten minutes 816.8 each, the last ten 799.9. The last minute is cut off after 11 seconds.
    struct peak_rules rules = peak_rules_default();
    rules.fall_bp = 100;
    rules.fall_minutes = 5;
    struct peak peak;
    peak_init(&peak);
    for (size_t i = 0; i < count; i++) {
        assert_false(peak_feed(&peak, &rules, (int64_t)i * MINUTE, uv[i]));
        if (i == 119) {
            assert_int_equal(peak.peak_uv, 863);  // Known ten minutes later.
            assert_int_equal(peak.peak_ms / MINUTE - peak.peak_uv_ago, 109);
        }
    }
    for (size_t i = count; i < 600; i++) {  // The recording is over, the clock goes on.
        assert_false(peak_feed(&peak, &rules, (int64_t)i * MINUTE, 0));
    }
    // The same hours, had they gone on to fall by a hundredth a minute.
    peak_init(&peak);
    size_t named = 0;
    for (size_t i = 0; i < 170 && named == 0; i++) {
        const uint32_t lower = i < 130 ? uv[i] : (uint32_t)(800 - 8 * (i - 129));
        named = peak_feed(&peak, &rules, (int64_t)i * MINUTE, lower) ? i : 0;
    }
    printf("a fall from minute 130 is named in minute %zu: %.1f %% of %.1f %%\n", named,
           (double)peak_fall_bp(&peak) / 100, (double)peak_line_bp(&peak, &rules) / 100);
    assert_true(named >= 134 && named <= 142);
    assert_int_equal(peak.peak_uv, 863);
}

// No fall is too small to be told, and still a plateau has hardly any: the noise rule alone.
static void test_noise(void **state)
{
    (void)state;
    struct peak_rules rules = peak_rules_default();
    rules.fall_bp = 1;
    rules.fall_minutes = 5;
    rules.uv_min = 1;
    const uint32_t means[] = {15, 60, 200, 800};
    for (size_t m = 0; m < sizeof(means) / sizeof(means[0]); m++) {
        struct rng rng;
        rng_init(&rng, 5, 5, means[m]);
        unsigned alarms = 0;
        unsigned seen = 0;
        unsigned delay = 0;
        for (unsigned evening = 0; evening < 200; evening++) {
            struct peak peak;
            peak_init(&peak);
            bool alarm = false;
            for (unsigned i = 0; i < 180; i++) {
                const uint32_t uv = (uint32_t)rng_poisson(&rng, means[m]);
                alarm |= peak_feed(&peak, &rules, i * MINUTE, uv);
            }
            alarms += alarm;
            for (unsigned i = 0; i < 60 && !alarm; i++) {  // Then half of them leave.
                const uint32_t uv = (uint32_t)rng_poisson(&rng, means[m] / 2.0);
                if (peak_feed(&peak, &rules, (180 + i) * MINUTE, uv)) {
                    seen++;
                    delay += i + 1;
                    break;
                }
            }
        }
        printf("plateau of %u: %u of 200 evenings with a false alarm; a half leaving is seen in %u "
               "of %u, after %.1f minutes\n",
               means[m], alarms, seen, 200 - alarms, seen == 0 ? 0.0 : (double)delay / seen);
        assert_true(alarms <= 8);
        assert_int_equal(seen, 200 - alarms);
        assert_true(delay <= 12 * seen);
    }
}

// Zeros where many were are no fall of visitors; where few were, they are.
static void test_gap(void **state)
{
    (void)state;
    const struct peak_rules rules = peak_rules_default();
    struct peak peak;
    peak_init(&peak);
    for (unsigned i = 0; i < 60; i++) {
        assert_false(peak_feed(&peak, &rules, i * MINUTE, i / 20 == 1 ? 0 : 200));
    }
    assert_int_equal(peak.smooth_milli, 200000);
    peak_init(&peak);
    unsigned passed = 0;
    for (unsigned i = 0; i < 60; i++) {
        passed += peak_feed(&peak, &rules, i * MINUTE, i < 20 ? 18 : 0);
    }
    assert_int_equal(passed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_waves), cmocka_unit_test(test_flat_is_no_peak),
        cmocka_unit_test(test_edges),     cmocka_unit_test(test_recorded_shop),
        cmocka_unit_test(test_noise),     cmocka_unit_test(test_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
