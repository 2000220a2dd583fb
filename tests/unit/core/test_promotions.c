// Promotions of a campaign: what quotes say, what orders count as their share, and that uses in
// total, uses of a member and budgets hold through holds, orders and refunds.

#include "core/checkout.h"
#include "core/promotions.h"
#include "core_script.h"

// 1: 50 off from 300 on, with a budget, at most 3 orders, 2 of one member. 2: coats 10 % cheaper.
#define BRAND                                                                                      \
    "+ campaigns name=sale currency=CNY status=1\n"                                                \
    "+ groups ext=old-1 campaign=1 segment=old\n"                                                  \
    "+ goods campaign=1 sku=COAT list=60000 deal=40000 floor=35000 category=coats stock=-1\n"      \
    "+ goods campaign=1 sku=SOCK list=2000 deal=1000 category=small stock=-1\n"                    \
    "+ books campaign=1 opens_at=1762466400000\n"                                                  \
    "+ promotions campaign=1 name=fifty budget=gifts limit_total=3 limit_member=2\n"               \
    "+ promotions campaign=1 name=coats scope=1 until_at=1762467000000\n"                          \
    "join group=old-1 member=anna\njoin group=old-1 member=bea\n"

static const char FIFTY[] =
    "{\"conditions\":[{\"type\":\"items_total_at_least\",\"value\":30000}],"
    "\"actions\":[{\"target\":\"order\",\"kind\":\"fixed\",\"amount\":5000}]}";
static const char COATS[] =
    "{\"scope\":\"catalog\",\"applies_to\":[{\"categories\":[\"coats\"]}],"
    "\"actions\":[{\"target\":\"price\",\"kind\":\"percentage\",\"percent\":10}]}";

static void set_body(struct script *s, uint32_t id, const char *body)
{
    struct promotion *row = table_edit(s->core.state, T_PROMOTIONS, id);
    table_set_bytes(s->core.state, &row->body, body, strlen(body));
}

static struct script *brand_new(const char *name, int64_t budget)
{
    struct script *s = script_new(name);
    struct err e = {0};
    script_run(s, BRAND);
    assert_true(ledger_open_budget(s->core.state, 1, "gifts", budget, &e));
    set_body(s, 1, FIFTY);
    set_body(s, 2, COATS);
    return s;
}

static void expect_budget(struct script *s, int64_t left, int64_t reserved, int64_t spent)
{
    char lines[300];
    snprintf(lines, sizeof(lines),
             "= accounts name=budget:gifts : balance=%lld\n"
             "= accounts name=reserved:gifts : balance=%lld\n"
             "= accounts name=spent:gifts : balance=%lld\n",
             (long long)left, (long long)reserved, (long long)spent);
    script_run(s, lines);
    assert_int_equal(ledger_sum(s->core.state, 1), 0);
}

struct asked {
    struct checkout_basis basis;
    struct price_quote quote;
    void *space;
};

static void ask(struct script *s, uint32_t member, const uint32_t *held, size_t held_count,
                struct asked *out)
{
    const struct checkout_line lines[] = {{1, 1}, {2, 1}};
    const struct checkout_ask asked = {.campaign = 1,
                                       .member = member,
                                       .lines = lines,
                                       .count = 2,
                                       .at_ms = state_now(s->core.state),
                                       .held = held,
                                       .held_count = held_count};
    struct err e = {0};
    out->space = malloc(checkout_space(2));
    assert_true(checkout_prepare(&s->core, &asked, out->space, &out->basis, &e));
    assert_true(price_quote(out->basis.cart, asked.at_ms, NULL, 0, &out->quote));
}

// What a cart of a coat and socks costs her, and why the promotion `fifty` runs or not.
static void expect_quote(struct script *s, uint32_t member, int64_t final_fen,
                         enum price_promo_why why)
{
    struct asked asked;
    ask(s, member, NULL, 0, &asked);
    assert_int_equal(asked.quote.final_fen, final_fen);
    assert_int_equal(asked.basis.promotions.count, 2);
    assert_int_equal(asked.basis.promotions.rows[1], 1);  // Catalogue promotions come first.
    assert_int_equal(asked.basis.promotions.promos[1].why, why);
    free(asked.space);
}

static void test_uses(void **unused)
{
    (void)unused;
    struct script *s = brand_new("uses", 100000);
    // 10 % off the coat, 50 off the rest above the coat's floor: 36,000 + 1,000 - 5,000.
    script_run(s, "order order=o1 member=anna total=35000 items=COAT*1,SOCK*1\n"
                  "= orders ext=o1 : deal_total=41000 promo_off=6000 card_off=0 voucher_off=0\n"
                  "= promotions name=fifty : used=1 given=2000\n"
                  "= promotions name=coats : used=1 given=4000\n"
                  "order order=o2 member=anna total=40000 items=COAT*1\n"  // Nothing was taken off.
                  "= orders ext=o2 : promo_off=0\n= promotions name=fifty : used=1\n");
    script_free(s);
}

static void test_limits(void **unused)
{
    (void)unused;
    struct script *s = brand_new("limits", 100000);
    script_run(s, "order order=o1 member=anna total=35000 items=COAT*1,SOCK*1\n"
                  "order order=o2 member=anna total=35000 items=COAT*1,SOCK*1\n"
                  "= promotions name=fifty : used=2\n");
    expect_quote(s, 1, 37000, PRICE_PROMO_LIMIT);  // Hers are gone, not bea's.
    expect_quote(s, 2, 35000, PRICE_PROMO_USED);
    // The shop gave it all the same: not a use, and somebody hears of it.
    script_run(s, "order order=o3 member=anna total=35000 items=COAT*1,SOCK*1\n"
                  "= orders ext=o3 : promo_off=4000\n= promotions name=fifty : used=2\n"
                  "= milestones kind=promotion_over : value=2000 text=fifty\n"
                  "order order=o4 member=bea total=35000 items=COAT*1,SOCK*1\n"
                  "= promotions name=fifty : used=3\n");
    expect_quote(s, 2, 37000, PRICE_PROMO_LIMIT);  // All are gone.
    // A refund in full gives the use back, a part of it doesn't.
    script_run(s, "refund order=o4 member=bea amount=100\n= promotions name=fifty : used=3\n"
                  "refund order=o4 member=bea amount=34900\n"
                  "= promotions name=fifty : used=2 given=4000\n"
                  "= promotion_uses order=4 promotion=1 : status=3\n");
    expect_quote(s, 2, 35000, PRICE_PROMO_USED);
    script_free(s);
}

static void test_budget(void **unused)
{
    (void)unused;
    struct script *s = brand_new("budget", 3500);
    script_run(s, "order order=o1 member=anna total=35000 items=COAT*1,SOCK*1\n");
    expect_budget(s, 1500, 0, 2000);
    expect_quote(s, 2, 37000, PRICE_PROMO_BUDGET);
    script_run(s, "order order=o2 member=bea total=35000 items=COAT*1,SOCK*1\n"
                  "= orders ext=o2 : promo_off=4000\n");
    expect_budget(s, 1500, 0, 2000);
    script_run(s, "refund order=o1 member=anna amount=35000\n");
    expect_budget(s, 3500, 0, 0);
    expect_quote(s, 2, 35000, PRICE_PROMO_USED);
    script_free(s);
}

static void test_hold(void **unused)
{
    (void)unused;
    struct script *s = brand_new("hold", 3000);
    struct core *core = &s->core;
    struct err e = {0};
    uint32_t use = 0;
    const int64_t until = state_now(core->state) + 60000;
    assert_true(promotion_reserve(core, 1, 1, 2000, until, &use, &e));
    script_run(s, "= promotions name=fifty : reserved=1 used=0\n");
    expect_budget(s, 1000, 2000, 0);
    expect_quote(s, 2, 37000, PRICE_PROMO_BUDGET);  // Nobody else counts on it ...
    struct asked asked;
    ask(s, 1, &use, 1, &asked);  // ... but who holds it.
    assert_int_equal(asked.quote.final_fen, 35000);
    free(asked.space);
    // Her order uses what she holds, and the hold's end finds nothing left to do.
    script_run(s,
               "order order=o1 member=anna total=35000 items=COAT*1,SOCK*1\n"
               "= promotions name=fifty : reserved=0 used=1\n= promotion_uses id=1 : status=2\n");
    expect_budget(s, 1000, 0, 2000);
    promotion_expire(core, use);
    expect_budget(s, 1000, 0, 2000);
    script_free(s);
}

static void test_hold_ends(void **unused)
{
    (void)unused;
    struct script *s = brand_new("hold ends", 100000);
    struct core *core = &s->core;
    struct err e = {0};
    uint32_t uses[3];
    const int64_t until = state_now(core->state) + 60000;
    assert_true(promotion_reserve(core, 1, 1, 2000, until, &uses[0], &e));
    assert_true(promotion_reserve(core, 1, 1, 2000, until, &uses[1], &e));
    assert_false(promotion_reserve(core, 1, 1, 2000, until, &uses[2], &e));
    assert_non_null(strstr(e.text, "promotion 'fifty': limit reached"));
    assert_true(promotion_reserve(core, 1, 2, 2000, until, &uses[2], &e));
    expect_quote(s, 2, 37000, PRICE_PROMO_LIMIT);
    promotion_release(core, uses[0]);
    expect_quote(s, 2, 35000, PRICE_PROMO_USED);
    promotion_expire(core, uses[1]);  // Not over yet.
    script_run(s, "= promotions name=fifty : reserved=2\nvisit at=1762466480000\n");
    promotion_expire(core, uses[1]);
    promotion_expire(core, uses[2]);
    script_run(s, "= promotions name=fifty : reserved=0\n");
    expect_budget(s, 100000, 0, 0);
    assert_false(promotion_reserve(core, 1, 1, 2000, 1, &uses[0], &e));
    assert_false(promotion_reserve(core, 9, 1, 2000, until + 60000, &uses[0], &e));
    script_free(s);
}

static void test_window(void **unused)
{
    (void)unused;
    struct script *s = brand_new("window", 100000);
    script_run(s, "visit at=1762467000000\n");
    struct asked asked;
    ask(s, 1, NULL, 0, &asked);
    assert_int_equal(asked.basis.promotions.promos[0].why, PRICE_PROMO_CLOSED);
    assert_int_equal(asked.quote.final_fen, 36000);  // 41,000 less 50.
    free(asked.space);
    script_free(s);
}

// The card comes after promotions, a unit rounded by itself; vouchers after the card.
static void test_ladder(void **unused)
{
    (void)unused;
    struct script *s = brand_new("ladder", 100000);
    struct err e = {0};
    uint32_t voucher;
    script_run(s, "+ coupons campaign=1 name=card value=1000 cost=100 budget=gifts is_card=1 "
                  "kind=1\nvisit\n");
    assert_true(coupon_issue(&s->core, 1, 1, "game", 0, &voucher, &e));
    // 5,000 off leaves 35,122 and 878; 10 % of each, the coat not below its floor.
    script_run(s, "@ 1762467000000\n"
                  "order order=o1 member=anna total=35790 items=COAT*1,SOCK*1\n"
                  "= orders ext=o1 : deal_total=41000 promo_off=5000 card_off=210 voucher_off=0\n"
                  "order order=o2 member=anna total=35900 items=COAT*1,SOCK*1\n"
                  "= orders ext=o2 : promo_off=5000 card_off=100\n");
    script_free(s);
}

// The fee is part of the total; what a promotion takes off it is its share of the order.
static void test_shipping(void **unused)
{
    (void)unused;
    struct script *s = brand_new("shipping", 100000);
    script_run(s, "+ promotions campaign=1 name=post\nvisit\n");
    set_body(s, 3,
             "{\"actions\":[{\"target\":\"shipping\",\"kind\":\"percentage\",\"percent\":50}]}");
    script_run(s, "order order=o1 member=anna total=1600 shipping=1200 items=SOCK*1\n"
                  "= orders ext=o1 : deal_total=1000 shipping=1200 promo_off=600 total=1600\n"
                  "= order_lines order=1 : paid=1000\n"
                  "= promotions name=post : used=1 given=600\n"
                  "order order=o2 member=anna total=2200 shipping=1200 items=SOCK*1\n"
                  "= orders ext=o2 : promo_off=0 card_off=0\n= promotions name=post : used=1\n"
                  "order order=o3 member=anna shipping=1200 items=SOCK*1\n"
                  "= orders ext=o3 : total=2200\n"
                  "order order=o4 member=anna total=9 shipping=-1\n! shipping: -1 is negative\n");
    script_free(s);
}

static void test_undone(void **unused)
{
    (void)unused;
    struct script *s = brand_new("undone", 100000);
    script_settle(s);
    state_begin(s->core.state, s->at);
    const struct promotion row = {
        .campaign = 1, .name = state_text(s->core.state, "gone", 4), .worst = -1};
    const struct promotion *added = table_insert(s->core.state, T_PROMOTIONS, &row);
    set_body(s, added->id, FIFTY);
    struct asked asked;
    ask(s, 1, NULL, 0, &asked);
    assert_int_equal(asked.basis.promotions.count, 3);
    free(asked.space);
    state_drop(s->core.state);
    state_begin(s->core.state, s->at);
    expect_quote(s, 1, 35000, PRICE_PROMO_USED);
    script_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uses),      cmocka_unit_test(test_limits),
        cmocka_unit_test(test_budget),    cmocka_unit_test(test_hold),
        cmocka_unit_test(test_hold_ends), cmocka_unit_test(test_window),
        cmocka_unit_test(test_ladder),    cmocka_unit_test(test_undone),
        cmocka_unit_test(test_shipping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
