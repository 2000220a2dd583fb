// The wheel: announced odds hold whatever happens to the stock; reasons, pacing, limits.

#include "test_rules.h"

#include <math.h>

#include "base/rng.h"
#include "rules/wheel.h"

#define EIGHT_PM INT64_C(1700000000000)

static struct wheel_rules three_tiers(void)
{
    return (struct wheel_rules){
        .tiers = {{.odds_ppm = 1000, .stock = 2},
                  {.odds_ppm = 50000, .stock = 30},
                  {.odds_ppm = 200000, .stock = 1000}},
        .tier_count = 3,
        .day_offset_s = 8 * 3600,
        .open_ms = EIGHT_PM,
    };
}

static void test_rules_refused(void **state)
{
    (void)state;
    struct err e;
    struct wheel_rules rules = three_tiers();
    assert_true(wheel_rules_check(&rules, &e));
    rules.tiers[1].odds_ppm = 1000001;
    assert_false(wheel_rules_check(&rules, &e));
    assert_string_equal(e.text, "tiers[1]: odds: 1000001 is not in 0 .. 1000000");
    rules.tiers[1].odds_ppm = 800001;
    assert_false(wheel_rules_check(&rules, &e));
    assert_non_null(strstr(e.text, "add up to 1001001"));
    rules = three_tiers();
    rules.tiers[2].stock = -1;
    assert_false(wheel_rules_check(&rules, &e));
    assert_string_equal(e.text, "tiers[2]: stock: -1 is not in 0 .. 1000000000000");
    rules = three_tiers();
    rules.tiers[0].paced = true;
    assert_false(wheel_rules_check(&rules, &e));
    assert_non_null(strstr(e.text, "tiers[0].paced"));
    rules = three_tiers();
    rules.slot_ms = 1000;
    assert_false(wheel_rules_check(&rules, &e));
    rules = three_tiers();
    rules.spins_per_day = INT64_MIN;
    assert_false(wheel_rules_check(&rules, &e));
    assert_non_null(strstr(e.text, "spins_per_day"));
    rules = three_tiers();
    rules.tier_count = 0;
    assert_false(wheel_rules_check(&rules, &e));
    rules.tier_count = 65;
    assert_false(wheel_rules_check(&rules, &e));
}

static void test_pointer(void **state)
{
    (void)state;
    const struct wheel_rules rules = three_tiers();
    const struct wheel_ctx ctx = {.at_ms = EIGHT_PM};
    const struct {
        uint32_t roll;
        int32_t tier;
    } cases[] = {{0, 0},     {999, 0},    {1000, 1},    {50999, 1},
                 {51000, 2}, {250999, 2}, {251000, -1}, {999999, -1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t left[3] = {2, 30, 1000};
        const struct wheel_result won = wheel_spin(&rules, left, &ctx, cases[i].roll);
        assert_int_equal(won.tier, cases[i].tier);
        assert_int_equal(won.reason, cases[i].tier < 0 ? WHEEL_ODDS : WHEEL_WON);
        assert_int_equal(left[0] + left[1] + left[2], cases[i].tier < 0 ? 1032 : 1031);
    }
}

// When the garment is gone its slice gives the consolation, and nobody else's chance has grown.
static void test_odds_stay(void **state)
{
    (void)state;
    const struct wheel_rules rules = three_tiers();
    const struct draw_key key = test_key(1);
    const struct wheel_ctx ctx = {.at_ms = EIGHT_PM};
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    int64_t left[3] = {2, 30, 1000};
    uint64_t hits[4] = {0};
    uint64_t won_count[3] = {0};
    const unsigned spins = 200000;
    for (unsigned i = 0; i < spins; i++) {
        draw_stream_seek(&stream, i);
        const uint32_t roll = (uint32_t)draw_below(&stream, WHEEL_ODDS_WHOLE);
        const struct wheel_result won = wheel_spin(&rules, left, &ctx, roll);
        hits[won.hit + 1]++;
        if (won.tier >= 0) {
            won_count[won.tier]++;
            assert_int_equal(won.hit, won.tier);
        } else {
            assert_int_equal(won.reason, won.hit < 0 ? WHEEL_ODDS : WHEEL_STOCK);
        }
        assert_true(left[0] >= 0 && left[1] >= 0 && left[2] >= 0);
    }
    assert_int_equal(won_count[0], 2);
    assert_int_equal(won_count[1], 30);
    assert_int_equal(won_count[2], 1000);
    const double odds[4] = {0.749, 0.001, 0.05, 0.2};
    double chi = 0;
    for (unsigned i = 0; i < 4; i++) {
        chi += test_chi_square(&hits[i], 1, spins * odds[i]);
    }
    assert_true(chi < 3 + 5 * sqrt(6));
    draw_stream_deinit(&stream);
}

static void test_pacing(void **state)
{
    (void)state;
    struct wheel_rules rules = three_tiers();
    rules.tiers[0] = (struct wheel_tier){.odds_ppm = 1000000, .stock = 10, .paced = true};
    rules.tier_count = 1;
    rules.slot_ms = 60000;
    rules.slot_count = 4;  // floor(10 * (s+1) / 4): 2, 5, 7, 10
    struct err e;
    assert_true(wheel_rules_check(&rules, &e));
    const int64_t released[] = {0, 2, 5, 7, 10, 10, 10};
    int64_t left = 10;
    for (int slot = -1; slot <= 5; slot++) {
        struct wheel_ctx ctx = {.at_ms = EIGHT_PM + slot * INT64_C(60000)};
        while (wheel_spin(&rules, &left, &ctx, 5).tier == 0) {
        }
        assert_int_equal(10 - left, released[slot + 1]);
        const struct wheel_result no = wheel_spin(&rules, &left, &ctx, 5);
        assert_int_equal(no.reason, left == 0 ? WHEEL_STOCK : WHEEL_PACING);
        assert_int_equal(no.hit, 0);
    }
    const struct wheel_ctx late = {.at_ms = INT64_MAX};  // No overflow at the end of time.
    left = 10;
    assert_int_equal(wheel_spin(&rules, &left, &late, 0).tier, 0);
}

static void test_limits(void **state)
{
    (void)state;
    struct wheel_rules rules = three_tiers();
    rules.spins_per_member = 5;
    rules.spins_per_day = 2;
    rules.wins_per_member = 2;
    rules.wins_per_day = 1;
    rules.tiers[2].day_max = 7;
    struct err e;
    struct wheel_ctx ctx = {.member_spins = 4, .member_spins_today = 1};
    assert_true(wheel_spin_allowed(&rules, &ctx, &e));
    ctx.member_spins_today = 2;
    assert_false(wheel_spin_allowed(&rules, &ctx, &e));
    assert_int_equal(e.kind, ERR_REFUSED);
    assert_non_null(strstr(e.text, "2 spins of today"));
    ctx.member_spins_today = 0;
    ctx.member_spins = 5;
    assert_false(wheel_spin_allowed(&rules, &ctx, &e));
    assert_non_null(strstr(e.text, "5 spins of this member"));

    int64_t won_today[3] = {0, 0, 7};
    int64_t left[3] = {2, 30, 900};
    struct wheel_ctx spin = {.at_ms = EIGHT_PM, .won_today = won_today};
    assert_int_equal(wheel_spin(&rules, left, &spin, 60000).reason, WHEEL_TIER_DAY);
    won_today[2] = 6;
    assert_int_equal(wheel_spin(&rules, left, &spin, 60000).reason, WHEEL_WON);
    spin.member_wins_today = 1;
    assert_int_equal(wheel_spin(&rules, left, &spin, 60000).reason, WHEEL_MEMBER_DAY);
    spin.member_wins = 2;
    assert_int_equal(wheel_spin(&rules, left, &spin, 60000).reason, WHEEL_MEMBER_LIMIT);
    assert_int_equal(left[2], 899);
}

static void test_days_and_names(void **state)
{
    (void)state;
    struct wheel_rules rules = three_tiers();
    assert_int_equal(wheel_day(&rules, 0), 0);
    assert_int_equal(wheel_day(&rules, INT64_C(16) * 3600000 - 1), 0);
    assert_int_equal(wheel_day(&rules, INT64_C(16) * 3600000), 1);
    rules.day_offset_s = -5 * 3600;
    assert_int_equal(wheel_day(&rules, 0), -1);
    assert_int_equal(wheel_day(&rules, -1), -1);
    (void)wheel_day(&rules, INT64_MIN);
    (void)wheel_day(&rules, INT64_MAX);
    for (int i = WHEEL_WON; i <= WHEEL_MEMBER_DAY; i++) {
        const char *name = wheel_reason_name((enum wheel_reason)i);
        enum wheel_reason back = WHEEL_WON;
        assert_true(wheel_reason_parse(name, strlen(name), &back));
        assert_int_equal(back, i);
    }
    enum wheel_reason reason;
    assert_false(wheel_reason_parse("won ", 4, &reason));
    assert_int_equal(wheel_worst_case(&rules, 1), 30);
    rules.tiers[1].odds_ppm = 0;
    assert_int_equal(wheel_worst_case(&rules, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_refused), cmocka_unit_test(test_pointer),
        cmocka_unit_test(test_odds_stay),     cmocka_unit_test(test_pacing),
        cmocka_unit_test(test_limits),        cmocka_unit_test(test_days_and_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
