// The ledger: whole or not at all, sums stay zero, floors hold, in single cases and in random ones.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/money.h"
#include "base/rng.h"
#include "core/ledger.h"

static struct state *new_state(void)
{
    struct state *state = state_new();
    state_begin(state, 1000);
    const struct campaign row = {.currency = state_text(state, "CNY", 3),
                                 .name = state_text(state, "demo", 4)};
    table_insert(state, T_CAMPAIGNS, &row);
    return state;
}

static void test_budget(void **unused)
{
    (void)unused;
    struct state *state = new_state();
    struct err e = {0};
    assert_true(ledger_open_budget(state, 1, "wheel", 5000, &e));
    assert_true(ledger_open_budget(state, 1, "wheel", 5000, &e));  // Opened again: nothing moves.
    const uint32_t budget = ledger_find(state, 1, "budget:wheel");
    const uint32_t reserved = ledger_find(state, 1, "reserved:wheel");
    const uint32_t spent = ledger_find(state, 1, "spent:wheel");
    assert_int_equal(ledger_balance(state, budget), 5000);
    assert_int_equal(((const struct account *)table_get(state, T_ACCOUNTS, budget))->opening, 5000);
    assert_true(ledger_budget(state, 1, "wheel", LEDGER_RESERVE, 3800, "prize", 7, 1, &e));
    assert_false(ledger_budget(state, 1, "wheel", LEDGER_RESERVE, 3000, "prize", 7, 1, &e));
    assert_int_equal(e.kind, ERR_REFUSED);
    assert_string_equal(e.text, "budget 'wheel' has 12.00 left, 30.00 needed");
    assert_true(ledger_budget(state, 1, "wheel", LEDGER_COMMIT, 3000, "prize", 7, 1, &e));
    assert_true(ledger_budget(state, 1, "wheel", LEDGER_RELEASE, 800, "prize", 7, 1, &e));
    assert_true(ledger_budget(state, 1, "wheel", LEDGER_SPEND, 1000, "prize", 7, 1, &e));
    assert_true(ledger_budget(state, 1, "wheel", LEDGER_GIVE_BACK, 500, "refund", 7, 1, &e));
    assert_int_equal(ledger_balance(state, budget), 1500);
    assert_int_equal(ledger_balance(state, reserved), 0);
    assert_int_equal(ledger_balance(state, spent), 3500);
    assert_false(ledger_budget(state, 1, "wheel", LEDGER_COMMIT, 1, "prize", 7, 1, &e));
    assert_false(ledger_budget(state, 1, "nothing", LEDGER_SPEND, 1, "x", 0, 0, &e));
    assert_false(ledger_budget(state, 1, "wheel", LEDGER_SPEND, -1, "x", 0, 0, &e));
    assert_true(ledger_budget(state, 1, "wheel", LEDGER_SPEND, 0, "x", 0, 0, &e));
    // A smaller cap takes back what is free, no more.
    assert_false(ledger_open_budget(state, 1, "wheel", 3000, &e));
    assert_true(ledger_open_budget(state, 1, "wheel", 4000, &e));
    assert_int_equal(ledger_balance(state, budget), 500);
    assert_int_equal(ledger_sum(state, 1), 0);
    state_free(state);
}

static void test_legs(void **unused)
{
    (void)unused;
    struct state *state = new_state();
    struct err e = {0};
    const uint32_t a = ledger_account(state, 1, "a", LEDGER_NO_FLOOR);
    const uint32_t b = ledger_account(state, 1, "b", 0);
    const uint32_t c = ledger_account(state, 1, "c", -50);
    assert_int_equal(ledger_account(state, 1, "a", LEDGER_NO_FLOOR), a);
    // Two legs of one account count together: b ends at 0.
    const struct ledger_leg_in both[] = {{b, -30}, {a, -10}, {b, 30}, {c, 10}};
    assert_true(ledger_move(state, both, 4, "x", 0, 0, &e));
    assert_int_equal(ledger_balance(state, b), 0);
    assert_int_equal(table_count(state, T_LEDGER), 4);
    const struct ledger_leg *leg = table_get(state, T_LEDGER, 4);
    assert_int_equal(leg->txn, 1);
    const struct ledger_leg_in low[] = {{c, -61}, {a, 61}};
    assert_false(ledger_move(state, low, 2, "x", 0, 0, &e));
    assert_string_equal(e.text, "account 'c' has 0.60 left, 0.61 needed");
    const struct ledger_leg_in huge[] = {{a, INT64_MIN + 5}, {c, INT64_MAX - 4}};
    assert_false(ledger_move(state, huge, 2, "x", 0, 0, &e));
    assert_string_equal(e.text, "account 'a' can't hold that much");
    const struct ledger_leg_in wide[] = {{a, INT64_MAX}, {c, INT64_MAX}, {b, 2}};
    assert_false(ledger_move(state, wide, 3, "x", 0, 0, &e));
    const struct ledger_leg_in deep[] = {{b, -INT64_MAX}, {c, INT64_MAX - 100}, {a, 100}};
    assert_false(ledger_move(state, deep, 3, "x", 0, 0, &e));
    assert_int_equal(table_count(state, T_LEDGER), 4);
    assert_int_equal(ledger_balance(state, a), -10);
    assert_int_equal(ledger_sum(state, 1), 0);
    state_free(state);
}

static void test_random(void **unused)
{
    (void)unused;
    struct state *state = new_state();
    struct err e = {0};
    struct rng rng;
    uint32_t accounts[8];
    size_t done = 0, refused = 0;
    rng_init(&rng, 3, 0, 0);
    for (int i = 0; i < 8; i++) {
        const char name[] = {(char)('a' + i), 0};
        accounts[i] = ledger_account(state, 1, name, i < 2 ? LEDGER_NO_FLOOR : -(i % 3) * 100);
    }
    state_keep(state, NULL);
    for (int n = 0; n < 20000; n++) {
        struct ledger_leg_in legs[LEDGER_LEGS_MAX];
        int64_t sum = 0;
        const size_t count = 2 + rng_below(&rng, 5);
        for (size_t i = 0; i < count; i++) {
            legs[i].account = accounts[rng_below(&rng, 8)];
            legs[i].amount = i + 1 == count ? -sum : (int64_t)rng_below(&rng, 400) - 200;
            sum += legs[i].amount;
        }
        state_begin(state, n);
        if (ledger_move(state, legs, count, "r", 0, 0, &e)) {
            done++;
        } else {
            refused++;
        }
        if (rng_below(&rng, 3) == 0) {
            state_drop(state);
        } else {
            state_keep(state, NULL);
        }
        assert_int_equal(ledger_sum(state, 1), 0);
        for (int i = 2; i < 8; i++) {
            assert_true(ledger_balance(state, accounts[i]) >= -(i % 3) * 100);
        }
    }
    assert_true(done > 2000);
    assert_true(refused > 300);
    state_free(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_legs),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
