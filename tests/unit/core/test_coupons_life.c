// Vouchers beside being issued and used: held by checkouts, swept when the coupon is over, taken
// back when friends leave, prizes and commissions undone when the order is.

#include "core_script.h"

// Coupon 1: 30 off, usable until second 900; coupon 2: the card; coupon 3 has no end.
#define UNTIL INT64_C(1762467300000)
#define BRAND                                                                                      \
    "+ campaigns name=sale currency=CNY status=1\n"                                                \
    "+ groups ext=old-1 campaign=1\n"                                                              \
    "+ coupons campaign=1 name=thirty value=3000 cost=3000 budget=gifts until_at=1762467300000\n"  \
    "+ coupons campaign=1 name=card value=1200 cost=5000 budget=gifts is_card=1 kind=1\n"          \
    "+ coupons campaign=1 name=open value=1000 cost=1000 budget=gifts stacks=1\n"                  \
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

static uint32_t issue(struct script *s, uint32_t coupon, uint32_t member, const char *source)
{
    struct err e = {0};
    uint32_t voucher = 0;
    if (!coupon_issue(&s->core, coupon, member, source, 0, &voucher, &e)) {
        fail_msg("%s: %s", s->name, e.text);
    }
    return voucher;
}

static void expect_budget(struct script *s, const char *name, int64_t left, int64_t reserved,
                          int64_t spent)
{
    char lines[300];
    snprintf(lines, sizeof(lines),
             "= accounts name=budget:%s : balance=%lld\n= accounts name=reserved:%s : "
             "balance=%lld\n= accounts name=spent:%s : balance=%lld\n",
             name, (long long)left, name, (long long)reserved, name, (long long)spent);
    script_run(s, lines);
    assert_int_equal(ledger_sum(s->core.state, 1), 0);
}

static void expect_refused(bool ok, const struct err *e, const char *why)
{
    assert_false(ok);
    if (strstr(e->text, why) == NULL) {
        fail_msg("refused with '%s', not '%s'", e->text, why);
    }
}

static size_t held_now(const struct script *s, uint32_t member)
{
    uint32_t vouchers[8];
    return coupon_held(&s->core, 1, member, vouchers, 8);
}

static void test_reserve(void **unused)
{
    (void)unused;
    struct script *s = brand_new("reserve", 20000);
    struct err e = {0};
    issue(s, 1, 1, "game");
    issue(s, 2, 1, "game");
    const int64_t now = state_now(s->core.state);
    assert_true(coupon_reserve(&s->core, 1, now + 60000, &e));
    script_run(s, "= vouchers id=1 : status=1\n");
    assert_int_equal(held_now(s, 1), 1);  // The card alone.
    expect_refused(coupon_reserve(&s->core, 1, now + 60000, &e), &e, "reserved by another");
    expect_refused(coupon_reserve(&s->core, 2, now + 60000, &e), &e, "card");
    expect_refused(coupon_reserve(&s->core, 9, now + 60000, &e), &e, "unknown voucher");
    expect_refused(coupon_reserve(&s->core, 1, now, &e), &e, "at most a day");
    expect_refused(coupon_reserve(&s->core, 1, now + COUPON_RESERVE_MAX_MS + 1, &e), &e, "a day");
    assert_true(coupon_release(&s->core, 1, &e));
    expect_refused(coupon_release(&s->core, 1, &e), &e, "not reserved");
    assert_int_equal(held_now(s, 1), 2);
    assert_true(coupon_reserve(&s->core, 1, now + 2000, &e));
    // Its time runs out: free for the next checkout, with nothing having run.
    script_run(s, "visit\nvisit\nvisit\n");
    assert_int_equal(held_now(s, 1), 2);
    assert_true(coupon_reserve(&s->core, 1, state_now(s->core.state) + 9000, &e));
    expect_budget(s, "gifts", 12000, 8000, 0);  // Holding it moves no money.
    script_free(s);
}

// Two checkouts, one voucher: whoever pays first has it, whatever was reserved by whom and when.
static void test_concurrent_checkouts(void **unused)
{
    (void)unused;
    for (int reserved = 0; reserved < 3; reserved++) {
        struct script *s = brand_new("concurrent", 20000);
        struct err e = {0};
        issue(s, 1, 1, "game");
        const int64_t until = state_now(s->core.state) + (reserved == 1 ? 60000 : 500);
        assert_true(reserved == 0 || coupon_reserve(&s->core, 1, until, &e));
        script_run(s, "order order=o1 member=anna total=30000 items=COAT*1 list=v1\n"
                      "= vouchers id=1 : status=2 order=1 until_at=0\n"
                      "order order=o2 member=anna total=30000 items=COAT*1 list=v1\n"
                      "! v1 is used already\n"
                      "# orders 1\n= coupons id=1 : used=1\n"
                      "order order=o1 member=anna total=30000 items=COAT*1 list=v1\n"
                      "f repeated=1\n= coupons id=1 : used=1\n");
        expect_budget(s, "gifts", 17000, 0, 3000);
        script_settle(s);
        state_begin(s->core.state, s->at);
        expect_refused(coupon_reserve(&s->core, 1, s->at + 60000, &e), &e, "is used");
        expect_refused(coupon_release(&s->core, 1, &e), &e, "is used, not reserved");
        script_free(s);
    }
}

static void run_due(struct script *s, int64_t at_ms, int *turns)
{
    s->at = at_ms;
    for (*turns = 0;; ++*turns) {
        script_settle(s);
        const uint32_t id = schedule_take(s->core.schedule, at_ms);
        if (id == 0) {
            break;
        }
        state_begin(s->core.state, at_ms);
        schedule_done(s->core.schedule, id, SCHEDULE_DONE);
        coupon_sweep(&s->core, id);
    }
    state_begin(s->core.state, at_ms);
}

static void test_sweep(void **unused)
{
    (void)unused;
    struct script *s = brand_new("sweep", 30000000);
    struct err e = {0};
    int turns;
    for (int i = 0; i < 3000; i++) {
        issue(s, 1, 1, "game");
        issue(s, 3, 2, "game");  // Without an end: stays.
    }
    script_run(s, "# schedule 1\n");
    assert_int_equal(schedule_next(s->core.schedule), UNTIL);
    assert_true(coupon_reserve(&s->core, 5999, state_now(s->core.state) + 80000000, &e));
    script_run(s, "order order=o1 member=anna total=30000 list=v1\n");
    run_due(s, UNTIL - 1, &turns);
    assert_int_equal(turns, 0);
    run_due(s, UNTIL, &turns);
    assert_int_equal(turns, 3);  // 2999 vouchers, some thousand a turn.
    expect_budget(s, "gifts", 30000000 - 3000000 - 3000, 3000000, 3000);
    script_run(s, "= vouchers id=1 : status=2\n= vouchers id=6000 : status=0\n"
                  "# vouchers 3001\norder order=o2 member=anna total=30000 list=v3\n"
                  "! vouchers[0]: v3 is expired already\n");
    run_due(s, UNTIL + 1, &turns);
    assert_int_equal(turns, 0);
    // What a refund gives back after the end has expired too.
    script_run(s, "refund order=o1 amount=30000\n= vouchers id=1 : status=4\n");
    expect_budget(s, "gifts", 30000000 - 3000000, 3000000, 0);
    script_free(s);
}

// Given more time after it was planned: swept at the new end.
static void test_sweep_moves(void **unused)
{
    (void)unused;
    struct script *s = brand_new("sweep moves", 9000);
    int turns;
    issue(s, 1, 1, "game");
    ((struct coupon *)table_edit(s->core.state, T_COUPONS, 1))->until_at = UNTIL + 5000;
    run_due(s, UNTIL, &turns);
    assert_int_equal(turns, 1);
    script_run(s, "= vouchers id=1 : status=0\n");
    run_due(s, UNTIL + 5000, &turns);
    assert_int_equal(turns, 1);
    script_run(s, "# vouchers 0\n");
    expect_budget(s, "gifts", 9000, 0, 0);
    script_free(s);
}

#define FRIENDS                                                                                    \
    "join group=old-1 member=f1 inviter=anna\njoin group=old-1 member=f2 inviter=anna\n"           \
    "join group=old-1 member=f3 inviter=anna\n= inviters member=1 : effective=3\n"

static void test_tiers(void **unused)
{
    (void)unused;
    struct script *s = brand_new("tiers", 20000);
    script_run(s, FRIENDS);
    issue(s, 1, 1, "tier 1");
    issue(s, 3, 1, "tier 3");
    issue(s, 3, 1, "game");
    // Not paid out by tiers yet, as far as anybody says: nothing happens.
    script_run(s, "leave group=old-1 member=f1\n= vouchers id=2 : status=0\n"
                  "join group=old-1 member=f1\n");
    ((struct inviter *)table_edit(s->core.state, T_INVITERS, 1))->tier = 2;
    script_run(s, "leave group=old-1 member=f1\n= vouchers id=1 : status=0\n"
                  "= vouchers id=2 : status=5 lost=1\n= vouchers id=3 : status=0\n");
    expect_budget(s, "gifts", 16000, 4000, 0);
    script_run(s, "leave group=old-1 member=f2\nleave group=old-1 member=f3\n"
                  "= vouchers id=1 : status=5 lost=1\n= vouchers id=3 : status=0\n");
    expect_budget(s, "gifts", 19000, 1000, 0);
    // They come back, another one comes.
    script_run(s, "join group=old-1 member=f3\n= vouchers id=1 : status=0 lost=0\n"
                  "= vouchers id=2 : status=5\njoin group=old-1 member=f1\n"
                  "join group=old-1 member=f9 inviter=anna\n= vouchers id=2 : status=0 lost=0\n");
    expect_budget(s, "gifts", 15000, 5000, 0);
    // Used is used; but a refund brings it back, and then she doesn't earn it any more.
    script_run(s, "order order=o1 member=anna total=30000 list=v2\n"
                  "leave group=old-1 member=f9\n= vouchers id=2 : status=2\n");
    expect_budget(s, "gifts", 15000, 4000, 1000);
    script_run(s, "refund order=o1 amount=30000\n= vouchers id=2 : status=5 lost=1\n");
    expect_budget(s, "gifts", 16000, 4000, 0);
    script_free(s);
}

static void test_tiers_edges(void **unused)
{
    (void)unused;
    struct script *s = brand_new("tiers' edges", 4000);
    struct err e = {0};
    script_run(s, FRIENDS);
    issue(s, 1, 1, "tier 3");
    issue(s, 3, 1, "tier 2");
    ((struct inviter *)table_edit(s->core.state, T_INVITERS, 1))->tier = 2;
    // A person rejects one: that undoes the tier as well.
    script_run(s, "+ audits campaign=1 group=1 member=3 inviter=1\nvisit\n");
    assert_true(people_judge(&s->core, 1, false, slice_of("rui"), &e));
    script_run(s, "= vouchers id=1 : status=5 lost=1\n= inviters member=1 : effective=2\n");
    // The budget is spent otherwise meanwhile: it can't come back, and nothing breaks.
    assert_true(ledger_budget(s->core.state, 1, "gifts", LEDGER_SPEND, 1000, "x", 0, 0, &e));
    script_run(s, "join group=old-1 member=f5 inviter=anna\n= vouchers id=1 : status=5\n");
    expect_budget(s, "gifts", 2000, 1000, 1000);
    // What a playbook took back isn't a matter of friends.
    assert_true(coupon_take_back(&s->core, 2, "fraud", &e));
    script_run(s, "join group=old-1 member=f6 inviter=anna\n= vouchers id=2 : status=5 lost=0\n"
                  "= vouchers id=1 : status=0 lost=0\n");  // Its money came back with the other.
    // Over: it doesn't come back either.
    script_run(s, "leave group=old-1 member=f5\nleave group=old-1 member=f6\n"
                  "= vouchers id=1 : status=5 lost=1\n");
    s->at = UNTIL;
    script_run(s, "join group=old-1 member=f5\n= vouchers id=1 : status=5\n");
    script_free(s);
}

// The fairy paid an order back; the shop refunds it in two parts.
static void test_prize_undone(void **unused)
{
    (void)unused;
    struct script *s = brand_new("prize undone", 20000);
    struct err e = {0};
    script_run(s, "order order=o1 member=anna total=30000\n");
    assert_true(ledger_budget(s->core.state, 1, "gifts", LEDGER_SPEND, 10001, "fairy", 1, 1, &e));
    struct order *order = table_edit(s->core.state, T_ORDERS, 1);
    order->paid_back = 10001;
    order->paid_from = state_text(s->core.state, "gifts", 5);
    script_run(s, "refund order=o1 amount=10000\n= orders ext=o1 : paid_back=6667\n"
                  "= accounts name=member:1:owed : balance=-3334\n");
    expect_budget(s, "gifts", 13333, 0, 6667);
    script_run(s, "refund order=o1 amount=20000\n= orders ext=o1 : paid_back=0\n"
                  "= accounts name=member:1:owed : balance=-10001\n");
    expect_budget(s, "gifts", 20000, 0, 0);
    script_free(s);
}

static void test_commission_owed(void **unused)
{
    (void)unused;
    struct script *s = brand_new("commission owed", 20000);
    struct err e = {0};
    assert_true(ledger_open_budget(s->core.state, 1, "commission", 5000, &e));
    script_run(s, "+ codes campaign=1 code=S1 member=2 kind=2\n"
                  "order order=o1 member=anna total=30000 code=S1\n= orders ext=o1 : sharer=2\n");
    assert_true(ledger_budget(s->core.state, 1, "commission", LEDGER_SPEND, 900, "c", 2, 1, &e));
    const struct ledger_leg_in legs[] = {
        {ledger_account(s->core.state, 1, "member:2:owed", LEDGER_NO_FLOOR), 900},
        {ledger_account(s->core.state, 1, "owed", LEDGER_NO_FLOOR), -900},
    };
    assert_true(ledger_move(s->core.state, legs, 2, "commission", 2, 1, &e));
    ((struct order *)table_edit(s->core.state, T_ORDERS, 1))->commission = 900;
    script_run(s, "refund order=o1 amount=10000\n= accounts name=member:2:owed : balance=600\n"
                  "refund order=o1 amount=20000\n= accounts name=member:2:owed : balance=0\n"
                  "= accounts name=owed : balance=0\n");
    expect_budget(s, "commission", 5000, 0, 0);
    script_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reserve),      cmocka_unit_test(test_concurrent_checkouts),
        cmocka_unit_test(test_sweep),        cmocka_unit_test(test_sweep_moves),
        cmocka_unit_test(test_tiers),        cmocka_unit_test(test_tiers_edges),
        cmocka_unit_test(test_prize_undone), cmocka_unit_test(test_commission_owed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
