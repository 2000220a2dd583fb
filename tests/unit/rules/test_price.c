// The ladder itself: flips, spreads, floors, rounding, refusals of the C interface.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "rules/price.h"

static struct price_line line_of(int64_t list_fen, int64_t deal_fen, uint32_t qty)
{
    return (struct price_line){.list_fen = list_fen,
                               .deal_fen = deal_fen,
                               .opens_at_ms = PRICE_ALWAYS,
                               .closes_at_ms = PRICE_NEVER,
                               .qty = qty};
}

static void test_all_flip_in_one_instant(void **state)
{
    (void)state;
    struct price_line lines[3] = {line_of(300, 200, 1), line_of(500, 100, 2), line_of(700, 70, 1)};
    struct price_terms terms = price_terms_default();
    struct price_cart *cart;
    struct price_quote quote;
    for (size_t i = 0; i < 3; i++) {
        lines[i].opens_at_ms = 1000;
        lines[i].closes_at_ms = 2000 + (int64_t)i;
    }
    assert_true(price_cart_new(lines, 3, &terms, &cart, NULL));
    static const struct {
        int64_t at_ms, total;
        uint32_t deals;
    } moments[] = {
        {INT64_MIN, 2000, 0}, {0, 2000, 0},    {999, 2000, 0},
        {1000, 470, 3},       {1999, 470, 3},  {2000, 570, 2},
        {2001, 1370, 1},      {2002, 2000, 0}, {INT64_MAX, 2000, 0},
    };
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        assert_true(price_quote(cart, moments[i].at_ms, NULL, 0, &quote));
        assert_int_equal(quote.final_fen, moments[i].total);
        assert_int_equal(quote.deals, moments[i].deals);
        assert_int_equal(quote.list_fen, 2000);
    }
    assert_int_equal(price_next_flip(cart, 0), 1000);
    assert_int_equal(price_next_flip(cart, 1000), 2000);
    assert_int_equal(price_next_flip(cart, 2002), PRICE_NEVER);
    int64_t unit;
    assert_true(price_unit(cart, 1, 1500, &unit));
    assert_int_equal(unit, 100);
    price_cart_free(cart);
}

// Every total asked at random instants equals the sum asked line by line.
static void test_epochs_equal_lines(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 1, 2, 3);
    for (int round = 0; round < 2000; round++) {
        struct price_line lines[12];
        size_t count = 1 + rng_below(&rng, 12);
        struct price_terms terms = price_terms_default();
        struct price_cart *cart;
        for (size_t i = 0; i < count; i++) {
            int64_t list = 1 + (int64_t)rng_below(&rng, 5000);
            lines[i] = line_of(list, (int64_t)rng_below(&rng, (uint64_t)list + 1), 1);
            lines[i].opens_at_ms = (int64_t)rng_below(&rng, 30);
            lines[i].closes_at_ms = lines[i].opens_at_ms + 1 + (int64_t)rng_below(&rng, 30);
            lines[i].deal_only = rng_below(&rng, 8) == 0;
        }
        assert_true(price_cart_new(lines, count, &terms, &cart, NULL));
        for (int64_t at_ms = -1; at_ms < 62; at_ms++) {
            struct price_quote quote;
            int64_t total = 0;
            uint32_t closed = 0;
            for (size_t i = 0; i < count; i++) {
                int64_t unit;
                if (!price_unit(cart, i, at_ms, &unit) && closed == 0) {
                    closed = (uint32_t)i + 1;
                }
                total += unit;
            }
            assert_int_equal(price_quote(cart, at_ms, NULL, 0, &quote), closed == 0);
            assert_int_equal(quote.not_for_sale, closed);
            assert_int_equal(quote.deal_fen, total);
        }
        price_cart_free(cart);
    }
}

static void test_spread_is_exact(void **state)
{
    (void)state;
    struct price_line lines[3] = {line_of(1000, 1000, 1), line_of(1000, 1000, 1),
                                  line_of(1000, 1000, 1)};
    struct price_terms terms = price_terms_default();
    struct price_cart *cart;
    struct price_share shares[3];
    struct price_voucher voucher = {.amount_fen = 1000, .budget_left_fen = PRICE_NO_BUDGET};
    assert_true(price_cart_new(lines, 3, &terms, &cart, NULL));
    price_spread(cart, 0, &voucher, 1, 1, shares);
    assert_int_equal(shares[0].voucher_fen, 334);
    assert_int_equal(shares[1].voucher_fen, 333);
    assert_int_equal(shares[2].voucher_fen, 333);
    price_cart_free(cart);
    lines[0].floor_fen = 950;  // Takes only 50; the others take the rest in equal parts.
    assert_true(price_cart_new(lines, 3, &terms, &cart, NULL));
    price_spread(cart, 0, &voucher, 1, 1, shares);
    assert_int_equal(shares[0].voucher_fen, 50);
    assert_int_equal(shares[1].voucher_fen, 475);
    assert_int_equal(shares[2].voucher_fen, 475);
    price_cart_free(cart);
}

static void test_order_of_exclusion(void **state)
{
    (void)state;
    struct price_line line = line_of(10000, 10000, 1);
    struct price_terms terms = price_terms_default();
    struct price_cart *cart;
    struct price_quote quote;
    struct price_voucher v[3] = {{.amount_fen = 100, .budget_left_fen = PRICE_NO_BUDGET},
                                 {.amount_fen = 200, .budget_left_fen = PRICE_NO_BUDGET},
                                 {.amount_fen = 300, .budget_left_fen = PRICE_NO_BUDGET}};
    v[1].exclusive = true;
    assert_true(price_cart_new(&line, 1, &terms, &cart, NULL));
    assert_true(price_quote(cart, 0, v, 3, &quote));
    assert_int_equal(quote.used, 5);
    assert_true(price_quote(cart, 0, v + 1, 2, &quote));
    assert_int_equal(quote.used, 1);
    price_cart_free(cart);
}

static void test_floor(void **state)
{
    (void)state;
    int64_t floor_fen;
    struct err e = {0};
    assert_true(price_floor(0, 7000, 3000, &floor_fen, &e));
    assert_int_equal(floor_fen, 10000);  // 30 % of 100.00 are left over a cost of 70.00.
    assert_true(price_floor(0, 7001, 3000, &floor_fen, &e));
    assert_int_equal(floor_fen, 10002);  // Rounded up: the margin is kept.
    assert_true(price_floor(12000, 7000, 3000, &floor_fen, &e));
    assert_int_equal(floor_fen, 12000);
    assert_false(price_floor(0, 7000, 10000, &floor_fen, &e));
    assert_non_null(strstr(e.text, "margin"));
    assert_false(price_floor(-1, 0, 0, &floor_fen, &e));
    assert_false(price_floor(0, INT64_MAX, 0, &floor_fen, &e));
    assert_non_null(strstr(e.text, "cost"));
}

static void test_rounding_policies(void **state)
{
    (void)state;
    static const struct {
        enum money_round round;
        int64_t card_fen;
    } policies[] = {
        {MONEY_ROUND_HALF_UP, 51}, {MONEY_ROUND_HALF_DOWN, 50}, {MONEY_ROUND_HALF_EVEN, 50},
        {MONEY_ROUND_DOWN, 50},    {MONEY_ROUND_UP, 51},
    };
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        struct price_line line = line_of(101, 101, 1);
        struct price_terms terms = price_terms_default();
        struct price_cart *cart;
        struct price_quote quote;
        terms.card_bp = 5000;
        terms.round = policies[i].round;
        assert_true(price_cart_new(&line, 1, &terms, &cart, NULL));
        assert_true(price_quote(cart, 0, NULL, 0, &quote));
        assert_int_equal(quote.final_fen, policies[i].card_fen);
        price_cart_free(cart);
    }
}

static void test_largest_cart(void **state)
{
    (void)state;
    struct price_line line = line_of(PRICE_TOTAL_MAX, PRICE_TOTAL_MAX, 1);
    struct price_terms terms = price_terms_default();
    struct price_cart *cart;
    struct price_quote quote;
    struct price_voucher half = {.percent_bp = 5000, .budget_left_fen = PRICE_NO_BUDGET};
    struct err e = {0};
    assert_true(price_cart_new(&line, 1, &terms, &cart, &e));
    assert_true(price_quote(cart, 0, &half, 1, &quote));
    assert_int_equal(quote.final_fen, PRICE_TOTAL_MAX / 2);
    price_cart_free(cart);
    line.qty = 2;
    assert_false(price_cart_new(&line, 1, &terms, &cart, &e));
    assert_non_null(strstr(e.text, "lines[0].qty"));
    terms.card_bp = 10001;
    assert_false(price_cart_new(&line, 1, &terms, &cart, &e));
    assert_non_null(strstr(e.text, "card_bp"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_flip_in_one_instant),
        cmocka_unit_test(test_epochs_equal_lines),
        cmocka_unit_test(test_spread_is_exact),
        cmocka_unit_test(test_order_of_exclusion),
        cmocka_unit_test(test_floor),
        cmocka_unit_test(test_rounding_policies),
        cmocka_unit_test(test_largest_cart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
