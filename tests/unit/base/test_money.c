// Money: rounding by the book, splits that add up, no overflow, no sloppy input.

#include "test_base.h"

#include "base/money.h"

static void test_money_overflow_is_told(void **state)
{
    (void)state;
    int64_t out = 7;
    assert_true(money_add(INT64_MAX - 1, 1, &out));
    assert_true(out == INT64_MAX);
    assert_false(money_add(INT64_MAX, 1, &out));
    assert_false(money_add(INT64_MIN, -1, &out));
    assert_false(money_mul(INT64_MAX, 2, &out));
    assert_false(money_mul(INT64_MIN, -1, &out));
    assert_true(out == INT64_MAX);
    assert_true(money_mul(-3, 5, &out));
    assert_true(out == -15);
}

static void test_money_rounding(void **state)
{
    (void)state;
    // num / 2: columns are half up, half down, half even, down, up.
    static const int64_t wanted[][6] = {
        {5, 3, 2, 2, 2, 3},       {7, 4, 3, 4, 3, 4},       {4, 2, 2, 2, 2, 2},
        {-5, -3, -2, -2, -2, -3}, {-7, -4, -3, -4, -3, -4}, {1, 1, 0, 0, 0, 1},
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
        for (int round = MONEY_ROUND_HALF_UP; round <= MONEY_ROUND_UP; round++) {
            int64_t out;
            assert_true(money_scale(wanted[i][0], 1, 2, (enum money_round)round, &out));
            assert_true(out == wanted[i][round + 1]);
            assert_true(money_scale(1, -wanted[i][0], 2, (enum money_round)round, &out));
            assert_true(out == -wanted[i][round + 1]);
        }
    }
    int64_t out;
    assert_true(money_scale(100, 1, 3, MONEY_ROUND_HALF_UP, &out) && out == 33);
    assert_true(money_scale(200, 1, 3, MONEY_ROUND_HALF_DOWN, &out) && out == 67);
    assert_true(money_scale(MONEY_MAX, INT64_MAX, INT64_MAX, MONEY_ROUND_UP, &out));
    assert_true(out == MONEY_MAX);
    assert_true(money_scale(INT64_MIN, INT64_MIN, INT64_MAX, MONEY_ROUND_UP, &out) == false);
    assert_false(money_scale(MONEY_MAX, MONEY_MAX, MONEY_MAX - 1, MONEY_ROUND_UP, &out));
    assert_false(money_scale(MONEY_MAX + 1, 1, 1, MONEY_ROUND_DOWN, &out));
    assert_true(money_scale(-MONEY_MAX, 1, 1, MONEY_ROUND_DOWN, &out) && out == -MONEY_MAX);
}

static void test_money_split_gives_the_rest_to_the_largest(void **state)
{
    (void)state;
    int64_t parts[4];
    money_split(100, (const int64_t[]){1, 1, 1}, 3, parts);
    assert_true(parts[0] == 34 && parts[1] == 33 && parts[2] == 33);
    money_split(-100, (const int64_t[]){1, 1, 1}, 3, parts);
    assert_true(parts[0] == -34 && parts[1] == -33 && parts[2] == -33);
    money_split(10, (const int64_t[]){0, 3, 0, 4}, 4, parts);
    assert_true(parts[0] == 0 && parts[1] == 4 && parts[2] == 0 && parts[3] == 6);
    money_split(0, (const int64_t[]){5, 0}, 2, parts);
    assert_true(parts[0] == 0 && parts[1] == 0);
    money_split(INT64_MIN, (const int64_t[]){INT64_MAX, INT64_MAX}, 2, parts);
    assert_true(parts[0] == INT64_MIN / 2 && parts[1] == INT64_MIN / 2);
    money_split(INT64_MIN, (const int64_t[]){9}, 1, parts);
    assert_true(parts[0] == INT64_MIN);
}

static void test_money_split_always_adds_up(void **state)
{
    (void)state;
    uint64_t random = 5;
    for (int round = 0; round < 5000; round++) {
        enum { MAX = 150 };
        int64_t weights[MAX];
        int64_t parts[MAX];
        const size_t count = test_random(&random) % MAX + 1;
        const unsigned shift = (unsigned)(test_random(&random) % 60 + 1);
        for (size_t i = 0; i < count; i++) {
            weights[i] = (int64_t)(test_random(&random) >> shift);
        }
        weights[test_random(&random) % count] += 1;
        const int64_t total = (int64_t)test_random(&random) >> (test_random(&random) % 60);
        money_split(total, weights, count, parts);
        int64_t sum = 0;
        for (size_t i = 0; i < count; i++) {
            assert_true(money_add(sum, parts[i], &sum));
            assert_true(weights[i] > 0 || parts[i] == 0);
            assert_true(total >= 0 ? parts[i] >= 0 : parts[i] <= 0);
        }
        assert_true(sum == total);
    }
}

static void assert_parses(const char *text, int decimals, int64_t wanted)
{
    struct err e = {0};
    int64_t out = 0;
    if (!money_parse(text, strlen(text), decimals, &out, &e)) {
        fail_msg("%s", e.text);
    }
    assert_true(out == wanted);
}

static void test_money_parse(void **state)
{
    (void)state;
    assert_parses("199", 2, 19900);
    assert_parses("199.5", 2, 19950);
    assert_parses("199.00", 2, 19900);
    assert_parses("-0.01", 2, -1);
    assert_parses("0", 0, 0);
    assert_parses("30", 0, 30);
    assert_parses("1.2345", 4, 12345);
    assert_parses("10000000000000.00", 2, MONEY_MAX);
    assert_parses("1000000000000000", 0, MONEY_MAX);
    static const char *const bad[] = {"",
                                      "-",
                                      "+5",
                                      "1,000",
                                      "1.234",
                                      " 5",
                                      "5 ",
                                      "5.",
                                      ".5",
                                      "1e3",
                                      "0x10",
                                      "--5",
                                      "1.2.3",
                                      "１９９",
                                      "10000000000000.01",
                                      "99999999999999999",
                                      "999999999999999999999999999",
                                      "1\n",
                                      "5-",
                                      "¥5",
                                      "\xff",
                                      "NaN"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct err e = {0};
        int64_t out = 77;
        if (money_parse(bad[i], strlen(bad[i]), 2, &out, &e)) {
            fail_msg("'%s' was taken as money", bad[i]);
        }
        assert_int_equal(e.kind, ERR_INVALID);
        assert_true(out == 77);
    }
    struct err e = {0};
    int64_t out;
    assert_false(money_parse("1.0", 3, 0, &out, &e));
    assert_false(money_parse("1000000000000000", 16, 4, &out, &e));
    char zeros[1000];
    memset(zeros, '0', sizeof(zeros));
    assert_false(money_parse(zeros, sizeof(zeros), 2, &out, &e));
    assert_false(money_parse("1\0002", 3, 2, &out, &e));
}

static void test_money_format(void **state)
{
    (void)state;
    static const struct {
        int64_t amount;
        int decimals;
        const char *wanted;
    } cases[] = {
        {123456, 2, "1,234.56"},
        {0, 2, "0.00"},
        {-5, 2, "-0.05"},
        {100000, 2, "1,000.00"},
        {999, 0, "999"},
        {-1234567, 0, "-1,234,567"},
        {12345, 4, "1.2345"},
        {99999, 2, "999.99"},
        {INT64_MIN, 2, "-92,233,720,368,547,758.08"},
        {INT64_MIN, 0, "-9,223,372,036,854,775,808"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[40];
        money_format(cases[i].amount, cases[i].decimals, text, sizeof(text));
        assert_string_equal(text, cases[i].wanted);
    }
}

static void test_money_currencies(void **state)
{
    (void)state;
    assert_int_equal(money_decimals("CNY"), 2);
    assert_int_equal(money_decimals("JPY"), 0);
    assert_int_equal(money_decimals("KWD"), 3);
    assert_int_equal(money_decimals("XYZ"), -1);
    assert_int_equal(money_decimals("cny"), -1);
    assert_int_equal(money_decimals(""), -1);
    assert_string_equal(money_symbol("CNY"), "¥");
    assert_string_equal(money_symbol("EUR"), "€");
    assert_string_equal(money_symbol("CHF"), "CHF");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_money_overflow_is_told),
        cmocka_unit_test(test_money_rounding),
        cmocka_unit_test(test_money_split_gives_the_rest_to_the_largest),
        cmocka_unit_test(test_money_split_always_adds_up),
        cmocka_unit_test(test_money_parse),
        cmocka_unit_test(test_money_format),
        cmocka_unit_test(test_money_currencies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
