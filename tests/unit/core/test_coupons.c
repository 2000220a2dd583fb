// The life of a voucher, with its budget at every step, and through orders and refunds.

#include "base/rng.h"
#include "core_script.h"

// Coupon 1: 30 off for 30, from second 100 to second 900; coupon 2: the card, 12 %; 3: free.
#define BRAND                                                                                      \
    "+ campaigns name=sale currency=CNY status=1\n"                                                \
    "+ groups ext=old-1 campaign=1\n"                                                              \
    "+ coupons campaign=1 name=thirty value=3000 cost=3000 budget=gifts limit_total=5 "            \
    "limit_member=2 from_at=1762466410000 until_at=1762466490000\n"                                \
    "+ coupons campaign=1 name=card value=1200 cost=5000 budget=gifts is_card=1 kind=1\n"          \
    "+ coupons campaign=1 name=free limit_total=1\n"                                               \
    "+ goods campaign=1 sku=COAT list=60000 deal=33000\n"                                          \
    "+ books campaign=1 opens_at=1762466400000\n"                                                  \
    "join group=old-1 member=anna\njoin group=old-1 member=bea\n"

static struct script *brand_new(const char *name, int64_t budget)
{
    struct script *s = script_new(name);
    script_run(s, BRAND);
    struct err e = {0};
    assert_true(ledger_open_budget(s->core.state, 1, "gifts", budget, &e));
    return s;
}

static uint32_t issue(struct script *s, uint32_t coupon, uint32_t member)
{
    struct err e = {0};
    uint32_t voucher = 0;
    if (!coupon_issue(&s->core, coupon, member, "game", 0, &voucher, &e)) {
        fail_msg("%s: %s", s->name, e.text);
    }
    return voucher;
}

static void expect_no_issue(struct script *s, uint32_t coupon, uint32_t member, const char *why)
{
    struct err e = {0};
    uint32_t voucher = 77;
    const uint32_t before = table_count(s->core.state, T_VOUCHERS);
    assert_false(coupon_issue(&s->core, coupon, member, "game", 0, &voucher, &e));
    assert_int_equal(e.kind, ERR_REFUSED);
    if (strstr(e.text, why) == NULL) {
        fail_msg("refused with '%s', not '%s'", e.text, why);
    }
    assert_int_equal(table_count(s->core.state, T_VOUCHERS), before);
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

static void test_issue(void **unused)
{
    (void)unused;
    struct script *s = brand_new("issue", 10000);
    assert_int_equal(issue(s, 1, 1), 1);  // Before it can be used.
    expect_budget(s, 7000, 3000, 0);
    assert_int_equal(issue(s, 1, 1), 2);
    expect_no_issue(s, 1, 1, "she has 2");
    script_run(s, "= participants member=1 : vouchers=2 card=0 group=1\n"
                  "= coupons id=1 : issued=2 used=0\n= vouchers id=1 : status=0 source=game\n");
    issue(s, 1, 2);
    expect_budget(s, 1000, 9000, 0);
    expect_no_issue(s, 1, 2, "budget 'gifts' has 10.00 left, 30.00 needed");
    script_run(s, "= coupons id=1 : issued=3\n= participants member=2 : vouchers=1\n");
    issue(s, 3, 1);
    expect_no_issue(s, 3, 2, "all 1 are given out");
    expect_no_issue(s, 9, 2, "unknown coupon");
    expect_no_issue(s, 1, 99, "unknown member");
    script_run(s, "+ staff ext=bea\n+ coupons campaign=1 name=poor cost=5\nvisit\n");
    expect_no_issue(s, 1, 2, "hosts");
    expect_no_issue(s, 4, 1, "no budget");
    script_run(s, "visit at=1762466490000\n");
    expect_no_issue(s, 1, 1, "is over");
    script_free(s);
}

static void test_use(void **unused)
{
    (void)unused;
    struct script *s = brand_new("use", 10000);
    issue(s, 1, 1);
    issue(s, 1, 1);
    script_run(s, "order order=o1 member=anna total=30000 items=COAT*1 list=v1\n"
                  "! vouchers[0]: v1 can't be used yet\n"
                  "# orders 0\n"
                  "@ 1762466420000\n"
                  "order order=o1 member=bea total=30000 list=v1\n"
                  "! vouchers[0]: v1 belongs to somebody else\n"
                  "order order=o1 member=anna total=30000 list=v1,v1\n"
                  "! vouchers[1]: v1 is used already\n"
                  "order order=o1 member=anna total=30000 items=COAT*1 list=v1\n"
                  "= orders ext=o1 : deal_total=33000 voucher_off=3000 card_off=0 total=30000\n"
                  "= vouchers id=1 : status=2 order=1 used_at=1762466423000\n"
                  "= coupons id=1 : issued=2 used=1\n"
                  "order order=o2 member=anna total=30000 list=v1\n"
                  "! vouchers[0]: v1 is used already\n# orders 1\n");
    expect_budget(s, 4000, 3000, 3000);
    script_run(s, "@ 1762466489000\n"
                  "order order=o3 member=anna total=1 list=v2\n! vouchers[0]: v2 is over\n");
    script_free(s);
}

static void test_refund(void **unused)
{
    (void)unused;
    struct script *s = brand_new("refund", 10000);
    issue(s, 1, 1);
    issue(s, 1, 1);
    script_run(s, "@ 1762466420000\n"
                  "order order=o1 member=anna total=30000 list=v1,v2\n"
                  "refund order=o1 amount=10000\n= vouchers id=1 : status=2\n");
    expect_budget(s, 4000, 0, 6000);
    script_run(s,
               "refund order=o1 amount=20000\n"
               "= vouchers id=1 : status=0 order=0 used_at=0\n= coupons id=1 : used=0 issued=2\n");
    expect_budget(s, 4000, 6000, 0);
    // Again, and given back when it is too late to use it.
    script_run(s, "order order=o2 member=anna total=30000 list=v2\n"
                  "@ 1762466499000\n"
                  "refund order=o2 amount=30000\n= vouchers id=2 : status=4\n"
                  "order order=o3 member=anna total=1 list=v2\n"
                  "! vouchers[0]: v2 is expired already\n");
    expect_budget(s, 7000, 3000, 0);
    script_free(s);
}

// An order that vouchers paid for whole is cancelled without an amount.
static void test_free_order(void **unused)
{
    (void)unused;
    struct script *s = brand_new("free order", 10000);
    issue(s, 3, 1);
    script_run(s, "order order=o1 member=anna items=COAT*1*0 list=v1\n"
                  "= orders ext=o1 : total=0 voucher_off=33000\n= vouchers id=1 : status=2\n"
                  "refund order=o1\n= vouchers id=1 : status=0\n");
    script_free(s);
}

static void test_commission(void **unused)
{
    (void)unused;
    struct script *s = brand_new("commission", 10000);
    struct err e = {0};
    script_run(s, "order order=o1 member=anna total=30000\n");
    assert_true(ledger_open_budget(s->core.state, 1, "commission", 5000, &e));
    assert_true(
        ledger_budget(s->core.state, 1, "commission", LEDGER_SPEND, 901, "sharer", 2, 1, &e));
    ((struct order *)table_edit(s->core.state, T_ORDERS, 1))->commission = 901;
    script_run(s, "refund order=o1 amount=10000\n= orders ext=o1 : commission=600\n"
                  "= accounts name=budget:commission : balance=4400\n"
                  "refund order=o1 amount=20000\n= orders ext=o1 : commission=0\n"
                  "= accounts name=budget:commission : balance=5000\n"
                  "= accounts name=spent:commission : balance=0\n");
    assert_int_equal(ledger_sum(s->core.state, 1), 0);
    script_free(s);
}

static void test_take_back(void **unused)
{
    (void)unused;
    struct script *s = brand_new("take back", 20000);
    struct err e = {0};
    issue(s, 1, 1);
    issue(s, 1, 1);
    issue(s, 2, 2);
    script_run(s, "= participants member=2 : card=1\n");
    assert_true(coupon_take_back(&s->core, 1, "friends left", &e));
    expect_budget(s, 12000, 8000, 0);
    script_run(s, "= vouchers id=1 : status=5\n");
    assert_false(coupon_take_back(&s->core, 1, "again", &e));
    assert_string_equal(e.text, "v1 is clawed back already");
    assert_false(coupon_take_back(&s->core, 99, "again", &e));
    issue(s, 1, 1);  // What was taken back no longer counts for her limit.
    assert_true(coupon_take_back(&s->core, 3, "left", &e));
    expect_budget(s, 14000, 6000, 0);
    script_run(s, "= participants member=2 : card=0\n@ 1762466420000\n"
                  "order order=o1 member=anna total=1 list=v2\n");
    assert_false(coupon_take_back(&s->core, 2, "late", &e));
    assert_string_equal(e.text, "v2 is used already");
    script_free(s);
}

static void test_card(void **unused)
{
    (void)unused;
    struct script *s = brand_new("card", 10000);
    const uint32_t card = issue(s, 2, 1);
    assert_int_equal(card, 1);
    assert_int_equal(coupon_card_bp(&s->core, 1, 1), 1200);
    assert_int_equal(coupon_card_bp(&s->core, 1, 2), 0);
    script_run(s, "order order=o1 member=anna total=58080 items=COAT*2 list=v1\n"
                  "= orders ext=o1 : deal_total=66000 card_off=7920 voucher_off=0\n"
                  "= vouchers id=1 : status=0 order=1\n= coupons id=2 : used=1 issued=1\n");
    expect_budget(s, 5000, 0, 5000);
    script_run(s, "order order=o2 member=anna total=29040 items=COAT*1 list=v1\n"
                  "= coupons id=2 : used=1\n"
                  "order order=o3 member=anna total=29040 items=COAT*1\n"
                  "= orders ext=o3 : card_off=3960 voucher_off=0\n");
    expect_budget(s, 5000, 0, 5000);
    script_run(s, "refund order=o1 amount=58080\n= vouchers id=1 : status=0 used_at=0\n");
    expect_budget(s, 5000, 5000, 0);
    script_free(s);
}

static void test_card_stops_at_the_floor(void **unused)
{
    (void)unused;
    struct script *s = brand_new("floor", 10000);
    issue(s, 2, 1);
    script_run(s, "+ goods campaign=1 sku=HAT list=20000 deal=10000 floor=9500\n"
                  "order order=o1 member=anna total=9000 items=HAT*1\n"
                  "= orders ext=o1 : deal_total=10000 card_off=500\n");
    script_free(s);
}

// Whatever happens to vouchers, orders and refunds: what is reserved is the cost of vouchers in
// hands, what is spent that of used ones, sales are orders less refunds, and nothing is lost.
static void check_sums(struct script *s, int64_t budget)
{
    const struct state *state = s->core.state;
    int64_t reserved = 0;
    int64_t spent = 0;
    int64_t sales = 0;
    int used = 0;
    for (uint32_t id = 0; (id = table_next(state, T_VOUCHERS, id)) != 0;) {
        const struct voucher *row = table_get(state, T_VOUCHERS, id);
        const bool committed = row->used_at != 0;
        spent += committed ? 3000 : 0;
        used += committed;
        reserved += !committed && row->status == 0 ? 3000 : 0;
    }
    for (uint32_t id = 0; (id = table_next(state, T_ORDERS, id)) != 0;) {
        const struct order *row = table_get(state, T_ORDERS, id);
        assert_true(row->refunded <= row->total);
        sales += row->total - row->refunded;
    }
    const char *const names[] = {"budget:gifts", "reserved:gifts", "spent:gifts", "sales"};
    const int64_t expected[] = {budget - reserved - spent, reserved, spent, sales};
    for (size_t i = 0; i < 4; i++) {
        const uint32_t account = ledger_find(state, 1, names[i]);
        assert_int_equal(account ? ledger_balance(state, account) : 0, expected[i]);
    }
    assert_int_equal(ledger_sum(state, 1), 0);
    const struct coupon *coupon = table_get(state, T_COUPONS, 1);
    assert_int_equal(coupon->used, used);
    assert_int_equal(coupon->issued, table_count(state, T_VOUCHERS));
}

static void random_order(struct script *s, struct rng *rng)
{
    const unsigned member = (unsigned)rng_below(rng, 2) + 1;
    uint32_t held[2];
    const size_t count = coupon_held(&s->core, 1, member, held, 2);
    char list[40] = "";
    if (rng_below(rng, 4) == 0) {  // Anybody's, or nobody's.
        snprintf(list, sizeof(list), " list=v%u", (unsigned)rng_below(rng, 60));
    } else if (count > 0) {
        snprintf(list, sizeof(list), " list=v%u,v%u", held[0], held[count - 1]);
        list[rng_below(rng, 2) == 0 ? strcspn(list, ",") : strlen(list)] = '\0';
    }
    snprintf(s->text, sizeof(s->text), "order order=o%u member=%s total=%u%s",
             (unsigned)rng_below(rng, 2000), member == 1 ? "anna" : "bea",
             (unsigned)rng_below(rng, 1000) + 1, list);
}

static bool random_refund(struct script *s, struct rng *rng)
{
    const uint32_t last = table_last(s->core.state, T_ORDERS);
    const struct order *row =
        table_get(s->core.state, T_ORDERS, (uint32_t)rng_below(rng, last + 1));
    if (row == NULL) {
        return false;
    }
    const unsigned left = (unsigned)(row->total - row->refunded);
    snprintf(s->text, sizeof(s->text), "refund order=%s amount=%u",
             state_get_text(s->core.state, row->ext),
             rng_below(rng, 2) ? left : (unsigned)rng_below(rng, 600));
    return true;
}

static void random_step(struct script *s, struct rng *rng)
{
    struct err e;
    uint32_t voucher;
    const uint64_t kind = rng_below(rng, 6);
    if (kind < 2) {
        script_settle(s);
        state_begin(s->core.state, s->at);
        const bool done =
            kind == 0 ? coupon_issue(&s->core, 1, (uint32_t)rng_below(rng, 2) + 1, "game", 0,
                                     &voucher, &e)
                      : rng_below(rng, 4) == 0 &&
                            coupon_take_back(&s->core, (uint32_t)rng_below(rng, 60), "left", &e);
        (void)done;
        return;
    }
    if (kind < 4) {
        random_order(s, rng);
    } else if (!random_refund(s, rng)) {
        return;
    }
    s->line = "random";
    script_event(s, s->text);  // Refused or not: the sums must agree.
}

static void test_random(void **unused)
{
    (void)unused;
    struct script *s = brand_new("random", 100000);
    script_settle(s);
    state_begin(s->core.state, s->at);
    struct coupon *coupon = table_edit(s->core.state, T_COUPONS, 1);
    coupon->limit_total = 0;
    coupon->limit_member = 0;
    coupon->from_at = 0;
    coupon->until_at = 0;
    struct rng rng;
    rng_init(&rng, 3, 0, 0);
    for (int i = 0; i < 5000; i++) {
        random_step(s, &rng);
        check_sums(s, 100000);
    }
    const struct coupon *after = table_get(s->core.state, T_COUPONS, 1);
    assert_true(after->issued > 30);
    assert_true(after->used > 10);
    assert_true(table_count(s->core.state, T_ORDERS) > 500);
    script_free(s);
}

static void test_held(void **unused)
{
    (void)unused;
    struct script *s = brand_new("held", 100000);
    uint32_t held[4] = {0};
    assert_int_equal(coupon_held(&s->core, 1, 1, held, 4), 0);
    issue(s, 1, 1);
    issue(s, 2, 1);
    issue(s, 1, 2);
    issue(s, 1, 1);
    issue(s, 3, 1);
    assert_int_equal(coupon_held(&s->core, 1, 1, held, 4), 2);  // Coupon 1 isn't usable yet.
    script_run(s, "@ 1762466420000\nvisit\n");
    const uint32_t all[] = {1, 2, 4, 5};
    assert_int_equal(coupon_held(&s->core, 1, 1, held, 4), 4);
    assert_memory_equal(held, all, sizeof(all));
    assert_int_equal(coupon_held(&s->core, 1, 1, held, 2), 2);
    assert_memory_equal(held, all, 2 * sizeof(all[0]));
    assert_int_equal(coupon_held(&s->core, 1, 1, held, 0), 0);
    assert_int_equal(coupon_held(&s->core, 2, 1, held, 4), 0);
    // Reserved for a checkout until a moment.
    struct voucher *voucher = table_edit(s->core.state, T_VOUCHERS, 4);
    voucher->status = 1;
    voucher->until_at = 1762466430000;
    assert_int_equal(coupon_held(&s->core, 1, 1, held, 4), 3);
    script_run(s, "@ 1762466429000\nvisit\n");
    assert_int_equal(coupon_held(&s->core, 1, 1, held, 4), 4);
    script_run(s, "@ 1762466489000\nvisit\n");
    assert_int_equal(coupon_held(&s->core, 1, 1, held, 4), 2);
    script_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_issue),      cmocka_unit_test(test_use),
        cmocka_unit_test(test_refund),     cmocka_unit_test(test_free_order),
        cmocka_unit_test(test_commission), cmocka_unit_test(test_take_back),
        cmocka_unit_test(test_random),     cmocka_unit_test(test_card_stops_at_the_floor),
        cmocka_unit_test(test_card),       cmocka_unit_test(test_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
