// The life of a voucher: issued -> (reserved) -> used -> given back or expired; or clawed back.
// Every step moves the coupon's cost through its budget, so vouchers can't promise what nobody
// pays:
//
//   issue      reserve      take back   release
//   use        commit       give back   spent -> budget, then reserve again unless expired
//   expire     release      (coupons_life.c)
//
// A membership card is a voucher that no order uses up: its cost is committed with the first order.

#include "core/coupons_internal.h"
#include "core/reduce.h"

#define VOUCHER_SOURCE_MAX 128  // Bytes kept of what earned it.

const char *const coupon_voucher_words[] = {"issued",   "reserved", "used",
                                            "returned", "expired",  "clawed back"};

int64_t coupon_cost(const struct coupon *coupon, const struct voucher *voucher)
{
    return voucher->value != 0 ? voucher->value : coupon->cost;
}

bool coupon_money(struct core *core, const struct coupon *coupon, const struct voucher *row,
                  uint32_t voucher, enum ledger_step step, const char *reason, struct err *e)
{
    const int64_t cost = coupon_cost(coupon, row);
    return cost == 0 || ledger_budget(core->state, (uint32_t)coupon->campaign,
                                      state_get_text(core->state, coupon->budget), step, cost,
                                      reason, (uint32_t)row->member, voucher, e);
}

bool coupon_over(const struct coupon *coupon, int64_t now_ms)
{
    return coupon->until_at != 0 && now_ms >= coupon->until_at;
}

bool coupon_unknown(const struct state *state, uint32_t voucher, struct err *e)
{
    return voucher != 0 && voucher <= table_last(state, T_VOUCHERS)
               ? err_set(e, ERR_REFUSED, "v%u is %s already", voucher,
                         coupon_voucher_words[VOUCHER_EXPIRED])
               : err_set(e, ERR_REFUSED, "unknown voucher v%u", voucher);
}

void coupon_expire(struct state *state, struct voucher *voucher)
{
    voucher->status = VOUCHER_EXPIRED;
    if (voucher->used_at == 0) {
        table_retire(state, T_VOUCHERS, voucher->id);
    }
}

static int64_t coupon_count_of(const struct state *state, uint32_t coupon, uint32_t member)
{
    int64_t count = 0;
    for (uint32_t id = TABLE_LIST(state, T_VOUCHERS, VOUCHERS_OF_MEMBER, member); id != 0;
         id = table_list_next(state, T_VOUCHERS, VOUCHERS_OF_MEMBER, id)) {
        const struct voucher *voucher = table_get(state, T_VOUCHERS, id);
        count += voucher->coupon == (int32_t)coupon && voucher->status != VOUCHER_CLAWED_BACK;
    }
    return count;
}

static bool coupon_may_issue(struct core *core, const struct coupon *coupon, uint32_t member,
                             int64_t value, struct err *e)
{
    struct state *state = core->state;
    const char *name = state_get_text(state, coupon->name);
    if (table_get(state, T_MEMBERS, member) == NULL) {
        return err_set(e, ERR_REFUSED, "coupon '%s': unknown member %u", name, member);
    }
    if (people_is_staff(state, member)) {
        return err_set(e, ERR_REFUSED, "coupon '%s': hosts and guides don't win", name);
    }
    if (coupon_over(coupon, state_now(state))) {
        return err_set(e, ERR_REFUSED, "coupon '%s' is over", name);
    }
    if (coupon->limit_total > 0 && coupon->issued >= coupon->limit_total) {
        return err_set(e, ERR_REFUSED, "coupon '%s': all %d are given out", name,
                       coupon->limit_total);
    }
    if (coupon->limit_member > 0 &&
        coupon_count_of(state, coupon->id, member) >= coupon->limit_member) {
        return err_set(e, ERR_REFUSED, "coupon '%s': she has %d, as many as a member may", name,
                       coupon->limit_member);
    }
    if (value != 0 && (value < 0 || value > TABLES_I48_MAX || coupon->kind != 0 ||
                       coupon->value != 0 || coupon->cost != 0)) {
        return err_set(e, ERR_REFUSED, "coupon '%s': its vouchers have no values of their own",
                       name);
    }
    if ((coupon->cost != 0 || value != 0) && coupon->budget == 0) {
        return err_set(e, ERR_REFUSED, "coupon '%s' has no budget", name);
    }
    return true;
}

bool coupon_issue(struct core *core, uint32_t coupon, uint32_t member, const char *source,
                  int64_t value, uint32_t *voucher, struct err *e)
{
    struct state *state = core->state;
    const struct coupon *row = table_get(state, T_COUPONS, coupon);
    if (row == NULL) {
        return err_set(e, ERR_REFUSED, "unknown coupon %u", coupon);
    }
    const uint32_t next = table_last(state, T_VOUCHERS) + 1;
    struct voucher fresh = {
        .value = TABLES_I48(value),
        .issued_at = TABLES_I48(state_now(state)),
        .coupon = TABLES_U16(coupon),
        .member = (int32_t)member,
    };
    if (!coupon_may_issue(core, row, member, value, e) ||
        !coupon_money(core, row, &fresh, next, LEDGER_RESERVE, "voucher issued", e)) {
        return false;
    }
    fresh.source = core_keep_text(state, source, VOUCHER_SOURCE_MAX);
    const struct voucher *inserted = table_insert(state, T_VOUCHERS, &fresh);
    CHECK(inserted->id == next);
    *voucher = next;
    struct coupon *edit = table_edit(state, T_COUPONS, coupon);
    if (edit->issued == 0) {
        coupon_plan_sweep(core, coupon);
    }
    reduce_count(&edit->issued, 1);
    const uint32_t who = people_participant(state, (uint32_t)edit->campaign, member, 0);
    if (who != 0) {
        struct participant *participant = table_edit(state, T_PARTICIPANTS, who);
        REDUCE_COUNT(participant->vouchers, 1);
        participant->card = participant->card || edit->is_card;
    }
    return true;
}

bool coupon_voucher_usable(const struct voucher *voucher, const struct coupon *coupon,
                           int64_t now_ms)
{
    const bool held = voucher->status == VOUCHER_ISSUED ||
                      (voucher->status == VOUCHER_RESERVED && voucher->until_at != 0 &&
                       now_ms >= voucher->until_at);
    return held && now_ms >= coupon->from_at && !coupon_over(coupon, now_ms);
}

bool coupon_use(struct core *core, uint32_t voucher, uint32_t order, struct err *e)
{
    struct state *state = core->state;
    const struct voucher *row = table_get(state, T_VOUCHERS, voucher);
    if (row == NULL) {
        return coupon_unknown(state, voucher, e);
    }
    const struct coupon *coupon = table_get(state, T_COUPONS, (uint32_t)row->coupon);
    CHECK(coupon != NULL);
    const int64_t now_ms = state_now(state);
    if (row->status != VOUCHER_ISSUED && row->status != VOUCHER_RESERVED) {
        return err_set(e, ERR_REFUSED, "v%u is %s already", voucher,
                       coupon_voucher_words[row->status]);
    }
    if (now_ms < coupon->from_at) {
        return err_set(e, ERR_REFUSED, "v%u can't be used yet", voucher);
    }
    if (coupon_over(coupon, now_ms)) {
        return err_set(e, ERR_REFUSED, "v%u is over", voucher);
    }
    if (row->used_at != 0) {
        return true;  // A card, on another order.
    }
    if (!coupon_money(core, coupon, row, voucher, LEDGER_COMMIT, "voucher used", e)) {
        return false;
    }
    struct voucher *edit = table_edit(state, T_VOUCHERS, voucher);
    edit->used_at = TABLES_I48(now_ms > 0 ? now_ms : 1);
    edit->until_at = 0;
    edit->order = (int32_t)order;
    edit->status = coupon->is_card ? VOUCHER_ISSUED : VOUCHER_USED;
    struct coupon *counted = table_edit(state, T_COUPONS, coupon->id);
    reduce_count(&counted->used, 1);
    return true;
}

// Calls for each voucher of a member in a campaign that is usable now, newest first.
static uint32_t coupon_next_held(const struct core *core, uint32_t campaign, uint32_t id)
{
    const struct state *state = core->state;
    for (; id != 0; id = table_list_next(state, T_VOUCHERS, VOUCHERS_OF_MEMBER, id)) {
        const struct voucher *voucher = table_get(state, T_VOUCHERS, id);
        const struct coupon *coupon = table_get(state, T_COUPONS, (uint32_t)voucher->coupon);
        CHECK(coupon != NULL);
        if (coupon->campaign == (int32_t)campaign &&
            coupon_voucher_usable(voucher, coupon, state_now(state))) {
            return id;
        }
    }
    return 0;
}

static uint32_t coupon_first_held(const struct core *core, uint32_t campaign, uint32_t member)
{
    return coupon_next_held(core, campaign,
                            TABLE_LIST(core->state, T_VOUCHERS, VOUCHERS_OF_MEMBER, member));
}

static uint32_t coupon_after_held(const struct core *core, uint32_t campaign, uint32_t id)
{
    return coupon_next_held(core, campaign,
                            table_list_next(core->state, T_VOUCHERS, VOUCHERS_OF_MEMBER, id));
}

const struct coupon *coupon_of(const struct core *core, uint32_t voucher)
{
    const struct voucher *row = table_get(core->state, T_VOUCHERS, voucher);
    return table_get(core->state, T_COUPONS, (uint32_t)row->coupon);
}

bool coupon_take_back(struct core *core, uint32_t voucher, const char *why, struct err *e)
{
    struct state *state = core->state;
    const struct voucher *row = table_get(state, T_VOUCHERS, voucher);
    if (row == NULL) {
        return coupon_unknown(state, voucher, e);
    }
    if (row->status != VOUCHER_ISSUED && row->status != VOUCHER_RESERVED) {
        return err_set(e, ERR_REFUSED, "v%u is %s already", voucher,
                       coupon_voucher_words[row->status]);
    }
    const struct coupon *coupon = coupon_of(core, voucher);
    const uint32_t member = (uint32_t)row->member;
    const uint32_t campaign = (uint32_t)coupon->campaign;
    // What a card's first order has committed stays spent.
    if (row->used_at == 0 && !coupon_money(core, coupon, row, voucher, LEDGER_RELEASE, why, e)) {
        return false;
    }
    struct voucher *edit = table_edit(state, T_VOUCHERS, voucher);
    edit->status = VOUCHER_CLAWED_BACK;
    edit->until_at = 0;
    if (coupon->is_card) {
        bool card = false;
        for (uint32_t id = coupon_first_held(core, campaign, member); id != 0;
             id = coupon_after_held(core, campaign, id)) {
            card |= coupon_of(core, id)->is_card;
        }
        const uint32_t who = people_participant(state, campaign, member, 0);
        if (who != 0) {
            ((struct participant *)table_edit(state, T_PARTICIPANTS, who))->card = card;
        }
    }
    return true;
}

static bool coupon_give_back_one(struct core *core, uint32_t voucher, struct err *e)
{
    struct state *state = core->state;
    const struct coupon *coupon = coupon_of(core, voucher);
    struct voucher *edit = table_edit(state, T_VOUCHERS, voucher);
    const bool over = coupon_over(coupon, state_now(state));
    const char *const reason = "order refunded";
    if (!coupon_money(core, coupon, edit, voucher, LEDGER_GIVE_BACK, reason, e) ||
        (!over && !coupon_money(core, coupon, edit, voucher, LEDGER_RESERVE, reason, e))) {
        return false;
    }
    edit->status = VOUCHER_ISSUED;
    edit->used_at = 0;
    edit->order = 0;
    if (over) {
        coupon_expire(state, edit);
    }
    struct coupon *counted = table_edit(state, T_COUPONS, coupon->id);
    reduce_count(&counted->used, -1);
    return true;
}

bool coupon_give_back(struct core *core, uint32_t member, uint32_t order, struct err *e)
{
    const struct state *state = core->state;
    uint32_t campaign = 0;
    for (uint32_t id = TABLE_LIST(state, T_VOUCHERS, VOUCHERS_OF_MEMBER, member); id != 0;
         id = table_list_next(state, T_VOUCHERS, VOUCHERS_OF_MEMBER, id)) {
        const struct voucher *voucher = table_get(state, T_VOUCHERS, id);
        const bool spent = voucher->status == VOUCHER_USED ||
                           (voucher->status == VOUCHER_ISSUED && voucher->used_at != 0);
        if (!spent || voucher->order != (int32_t)order) {
            continue;
        }
        if (!coupon_give_back_one(core, id, e)) {
            return false;
        }
        campaign = (uint32_t)coupon_of(core, id)->campaign;
    }
    if (campaign != 0) {
        coupon_tiers_check(core, campaign, member);  // Her friends may have left meanwhile.
    }
    return true;
}

int64_t coupon_card_bp(const struct core *core, uint32_t campaign, uint32_t member)
{
    int64_t best = 0;
    for (uint32_t id = coupon_first_held(core, campaign, member); id != 0;
         id = coupon_after_held(core, campaign, id)) {
        const struct coupon *coupon = coupon_of(core, id);
        if (coupon->is_card && coupon->value > best) {
            best = coupon->value;
        }
    }
    return best > 10000 ? 10000 : best;
}

size_t coupon_held(const struct core *core, uint32_t campaign, uint32_t member, uint32_t *vouchers,
                   size_t max)
{
    size_t count = 0;
    for (uint32_t id = coupon_first_held(core, campaign, member); id != 0;
         id = coupon_after_held(core, campaign, id)) {
        count++;
    }
    // The list is newest first: leave out the newest ones that don't fit, fill from behind.
    uint32_t id = coupon_first_held(core, campaign, member);
    for (; count > max; count--) {
        id = coupon_after_held(core, campaign, id);
    }
    for (size_t i = count; i > 0; i--) {
        vouchers[i - 1] = id;
        id = coupon_after_held(core, campaign, id);
    }
    return count;
}
