// The best combination equals exhaustive search: 100,000 random carts, and the reasons given for
// vouchers that stay unused. The reference below shares no code with rules/coupon: it tries every
// set and finds what fits above the floors by minimum cut over all unions of scopes.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "rules/coupon.h"

#define CASES 100000
#define LINES 5

struct sample {
    struct price_line lines[LINES];
    size_t line_count;
    struct price_terms terms;
    struct price_voucher vouchers[COUPON_MAX];
    size_t count;
    bool scoped;
};

// Scopes: bit 0 lines 0-2, bit 1 lines 0-1 (inside), bit 2 line 3 (apart). Lines carry all their
// bits.
static const uint32_t line_scopes[LINES] = {1 | 2, 1 | 2, 1, 4, 0};

static int64_t below(struct rng *rng, uint64_t bound)
{
    return (int64_t)rng_below(rng, bound);
}

static void sample_make(struct rng *rng, size_t number, struct sample *s)
{
    memset(s, 0, sizeof *s);
    s->terms = price_terms_default();
    s->terms.card_bp = (uint32_t)below(rng, 3) * 600;
    s->line_count = 1 + (size_t)below(rng, LINES);
    s->scoped = number % 5 == 0;
    int64_t floor_percent = below(rng, 4) * 25 + below(rng, 20);
    for (size_t i = 0; i < s->line_count; i++) {
        int64_t list = 100 + below(rng, 20000);
        int64_t deal = list * (50 + below(rng, 51)) / 100;
        s->lines[i] = (struct price_line){
            .list_fen = list,
            .deal_fen = deal,
            .floor_fen = deal * floor_percent / 100,
            .opens_at_ms = PRICE_ALWAYS,
            .closes_at_ms = PRICE_NEVER,
            .qty = 1 + (uint32_t)below(rng, 3),
            .scopes = line_scopes[i],
        };
    }
    s->count = number % 500 == 0 ? 11 + (size_t)below(rng, 5) : (size_t)below(rng, 10);
    for (size_t i = 0; i < s->count; i++) {
        struct price_voucher *v = &s->vouchers[i];
        v->budget_left_fen = below(rng, 20) == 0 ? 500 : PRICE_NO_BUDGET;
        if (below(rng, 2) == 0) {
            v->percent_bp = 1 + (uint32_t)below(rng, 2500);
            v->cap_fen = below(rng, 3) == 0 ? 1 + below(rng, 2000) : 0;
        } else {
            // Few different amounts, so that ties are common.
            v->amount_fen = (1 + below(rng, 8)) * (below(rng, 2) == 0 ? 500 : 137);
        }
        v->threshold_fen = below(rng, 2) == 0 ? below(rng, 60000) : 0;
        v->exclusive = below(rng, 8) == 0;
        v->lane = below(rng, 3) == 0 ? 1 + (uint32_t)below(rng, 3) : 0;
        v->scope = s->scoped && below(rng, 2) == 0 ? UINT32_C(1) << below(rng, 3) : 0;
    }
}

struct reference {
    int64_t value[COUPON_MAX];  // 0: doesn't apply
    uint32_t covers[COUPON_MAX];
    int64_t room[LINES];
    int64_t card_total;
};

static void reference_make(const struct sample *s, struct reference *r)
{
    int64_t card[LINES];
    memset(r, 0, sizeof *r);
    for (size_t i = 0; i < s->line_count; i++) {
        int64_t unit = (s->lines[i].deal_fen * (10000 - s->terms.card_bp) * 2 + 10000) / 20000;
        if (unit < s->lines[i].floor_fen) {
            unit = s->lines[i].floor_fen;
        }
        card[i] = unit * s->lines[i].qty;
        r->room[i] = card[i] - s->lines[i].floor_fen * s->lines[i].qty;
        r->card_total += card[i];
    }
    for (size_t v = 0; v < s->count; v++) {
        const struct price_voucher *voucher = &s->vouchers[v];
        int64_t base = 0;
        for (size_t i = 0; i < s->line_count; i++) {
            if (voucher->scope == 0 || (s->lines[i].scopes & voucher->scope) != 0) {
                r->covers[v] |= UINT32_C(1) << i;
                base += card[i];
            }
        }
        int64_t value = voucher->amount_fen;
        if (voucher->percent_bp > 0) {
            value = (base * voucher->percent_bp * 2 + 10000) / 20000;
            value = voucher->cap_fen > 0 && value > voucher->cap_fen ? voucher->cap_fen : value;
        }
        bool applies = base >= voucher->threshold_fen && r->covers[v] != 0 &&
                       value <= voucher->budget_left_fen;
        r->value[v] = applies ? value : 0;
    }
}

// Maximum flow from vouchers to lines = the least cut: lines in `cut` are filled, and vouchers
// that reach beyond it give all they have.
static int64_t reference_fit(const struct sample *s, const struct reference *r, uint32_t set)
{
    int64_t best = INT64_MAX;
    for (uint32_t cut = 0; cut < UINT32_C(1) << s->line_count; cut++) {
        int64_t sum = 0;
        for (size_t i = 0; i < s->line_count; i++) {
            sum += (cut >> i & 1) != 0 ? r->room[i] : 0;
        }
        for (size_t v = 0; v < s->count; v++) {
            sum += (set >> v & 1) != 0 && (r->covers[v] & ~cut) != 0 ? r->value[v] : 0;
        }
        best = sum < best ? sum : best;
    }
    return best;
}

static bool reference_allowed(const struct sample *s, const struct reference *r, uint32_t set)
{
    for (size_t i = 0; i < s->count; i++) {
        if ((set >> i & 1) == 0) {
            continue;
        }
        if (r->value[i] == 0 || (s->vouchers[i].exclusive && set != UINT32_C(1) << i)) {
            return false;
        }
        for (size_t k = 0; k < i; k++) {
            if ((set >> k & 1) != 0 && s->vouchers[k].lane != 0 &&
                s->vouchers[k].lane == s->vouchers[i].lane) {
                return false;
            }
        }
    }
    return true;
}

// Of equal size: the one with the lower first index that differs.
static bool comes_first(uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < 32; i++) {
        if ((a >> i & 1) != (b >> i & 1)) {
            return (a >> i & 1) != 0;
        }
    }
    return false;
}

static uint32_t reference_best(const struct sample *s, const struct reference *r, int64_t *fit_out)
{
    uint32_t best = 0;
    int64_t best_fit = 0;
    int64_t best_sum = 0;
    int64_t room = 0;
    for (size_t i = 0; i < s->line_count; i++) {
        room += r->room[i];
    }
    for (uint32_t set = 1; set < UINT32_C(1) << s->count; set++) {
        if (!reference_allowed(s, r, set)) {
            continue;
        }
        int64_t sum = 0;
        for (size_t i = 0; i < s->count; i++) {
            sum += (set >> i & 1) != 0 ? r->value[i] : 0;
        }
        int64_t fit = s->scoped ? reference_fit(s, r, set) : sum < room ? sum : room;
        int size = __builtin_popcount(set);
        int best_size = __builtin_popcount(best);
        bool better = fit != best_fit     ? fit > best_fit
                      : size != best_size ? size < best_size
                      : sum != best_sum   ? sum < best_sum
                                          : comes_first(set, best);
        if (better) {
            best = set;
            best_fit = fit;
            best_sum = sum;
        }
    }
    *fit_out = best_fit;
    return best;
}

static void check_spread(const struct price_cart *cart, const struct sample *s,
                         const struct coupon_choice *choice)
{
    struct price_share shares[LINES];
    int64_t voucher_fen = 0;
    int64_t final_fen = 0;
    price_spread(cart, 0, s->vouchers, s->count, choice->used, shares);
    for (size_t i = 0; i < s->line_count; i++) {
        assert_true(shares[i].final_fen >= shares[i].floor_fen);
        assert_true(shares[i].voucher_fen >= 0);
        voucher_fen += shares[i].voucher_fen;
        final_fen += shares[i].final_fen;
    }
    assert_int_equal(voucher_fen, choice->quote.voucher_fen);
    assert_int_equal(final_fen, choice->quote.final_fen);
}

static void test_equals_exhaustive_search(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 2025, 11, 7);
    size_t bound_by_floor = 0;
    for (size_t number = 0; number < CASES; number++) {
        struct sample s;
        struct reference r;
        struct price_cart *cart;
        struct coupon_choice choice;
        int64_t fit;
        sample_make(&rng, number, &s);
        assert_true(price_cart_new(s.lines, s.line_count, &s.terms, &cart, NULL));
        assert_true(coupon_check(cart, s.vouchers, s.count, NULL));
        assert_true(coupon_best(cart, 0, s.vouchers, s.count, &choice));
        reference_make(&s, &r);
        uint32_t best = reference_best(&s, &r, &fit);
        assert_int_equal(choice.quote.card_fen, r.card_total);
        assert_int_equal(choice.quote.voucher_fen, fit);
        assert_int_equal(choice.used, best);
        struct price_quote quote;
        assert_true(price_quote_chosen(cart, 0, s.vouchers, s.count, choice.used, &quote));
        assert_memory_equal(&quote, &choice.quote, sizeof quote);
        check_spread(cart, &s, &choice);
        bound_by_floor += choice.quote.final_fen == choice.quote.floor_fen;
        price_cart_free(cart);
    }
    assert_true(bound_by_floor > CASES / 10);  // The search proper was exercised.
    assert_true(bound_by_floor < CASES * 9 / 10);
}

static struct price_cart *cart_of(int64_t deal_fen, int64_t floor_fen)
{
    struct price_line line = {.list_fen = deal_fen,
                              .deal_fen = deal_fen,
                              .floor_fen = floor_fen,
                              .opens_at_ms = PRICE_ALWAYS,
                              .closes_at_ms = PRICE_NEVER,
                              .qty = 1,
                              .scopes = 1};
    struct price_terms terms = price_terms_default();
    struct price_cart *cart;
    assert_true(price_cart_new(&line, 1, &terms, &cart, NULL));
    return cart;
}

static struct price_voucher amount(int64_t amount_fen)
{
    return (struct price_voucher){.amount_fen = amount_fen, .budget_left_fen = PRICE_NO_BUDGET};
}

static void test_reasons(void **state)
{
    (void)state;
    struct price_cart *cart = cart_of(60000, 40000);
    struct price_voucher v[] = {amount(15000), amount(10000), amount(5000), amount(9000),
                                amount(1000),  amount(2000),  amount(3000)};
    v[1].lane = 7;
    v[2].threshold_fen = 90000;
    v[3].exclusive = true;
    v[4].budget_left_fen = 999;
    v[5].scope = 2;  // Nothing in the cart.
    v[6].lane = 7;
    struct coupon_choice choice;
    struct coupon_verdict verdicts[7];
    assert_true(coupon_best(cart, 0, v, 7, &choice));
    // 15000 + 3000 stays above the floor by 2000; 15000 + 10000 reaches it.
    assert_int_equal(choice.used, 1 | 2);
    assert_int_equal(choice.quote.final_fen, 40000);
    coupon_verdicts(cart, 0, v, 7, choice.used, verdicts);
    assert_int_equal(verdicts[0].reason, COUPON_USED);
    assert_int_equal(verdicts[1].reason, COUPON_USED);
    assert_int_equal(verdicts[2].reason, COUPON_NEEDS_MORE);
    assert_int_equal(verdicts[2].missing_fen, 30000);
    assert_int_equal(verdicts[3].reason, COUPON_EXCLUDED);
    assert_int_equal(verdicts[4].reason, COUPON_BUDGET_SPENT);
    assert_int_equal(verdicts[5].reason, COUPON_NO_GOODS);
    assert_int_equal(verdicts[6].reason, COUPON_EXCLUDED);
    assert_int_equal(verdicts[6].by, 1);
    price_cart_free(cart);
}

static void test_keeps_what_does_not_help(void **state)
{
    (void)state;
    struct price_cart *cart = cart_of(10000, 9000);
    struct price_voucher v[] = {amount(400), amount(600), amount(5000), amount(1000), amount(1000)};
    struct coupon_choice choice;
    struct coupon_verdict verdicts[5];
    assert_true(coupon_best(cart, 0, v, 5, &choice));
    assert_int_equal(choice.used, 8);  // One voucher, the cheapest that reaches the floor.
    coupon_verdicts(cart, 0, v, 5, choice.used, verdicts);
    assert_int_equal(verdicts[0].reason, COUPON_FLOOR_REACHED);
    assert_int_equal(verdicts[2].reason, COUPON_FLOOR_REACHED);
    price_cart_free(cart);
}

static void test_refuses(void **state)
{
    (void)state;
    struct price_cart *cart = cart_of(10000, 0);
    struct price_voucher many[COUPON_MAX + 1];
    struct err e = {0};
    for (size_t i = 0; i <= COUPON_MAX; i++) {
        many[i] = amount(1);
    }
    assert_true(coupon_check(cart, many, COUPON_MAX, &e));
    assert_false(coupon_check(cart, many, COUPON_MAX + 1, &e));
    assert_int_equal(e.kind, ERR_INVALID);
    assert_non_null(strstr(e.text, "vouchers"));
    price_cart_free(cart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_exhaustive_search),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_keeps_what_does_not_help),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
