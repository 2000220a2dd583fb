// What happens to vouchers beside being issued and used: a checkout holds them for a while, the
// coupon's time ends, or what earned them is undone. Steps with money stand in coupons.c.
//
//   reserve    held by one checkout, freed by it or by time (whoever looks later sees it free)
//   sweep      the coupon is over: unused vouchers expire, their reserve goes back to the budget
//   tiers      fewer friends than the tier asks: its voucher is taken back; enough again: it is
//   hers

#include "core/coupons_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "core/reduce.h"

// One turn of a sweep looks at so many vouchers and expires so many; what is left has another turn.
#define SWEEP_LOOKS 16384
#define SWEEP_EXPIRES 1024

// --- Held by a checkout. ---

bool coupon_reserve(struct core *core, uint32_t voucher, int64_t until_ms, struct err *e)
{
    struct state *state = core->state;
    const struct voucher *row = table_get(state, T_VOUCHERS, voucher);
    const int64_t now_ms = state_now(state);
    if (row == NULL) {
        return coupon_unknown(state, voucher, e);
    }
    const struct coupon *coupon = coupon_of(core, voucher);
    if (coupon->is_card) {
        return err_set(e, ERR_REFUSED, "v%u is a card: no checkout uses it up", voucher);
    }
    if (until_ms <= now_ms || until_ms - now_ms > COUPON_RESERVE_MAX_MS) {
        return err_set(e, ERR_INVALID, "v%u can be reserved for at most a day", voucher);
    }
    if (!coupon_voucher_usable(row, coupon, now_ms)) {
        const bool held = row->status == VOUCHER_ISSUED || row->status == VOUCHER_RESERVED;
        return err_set(e, ERR_REFUSED, "v%u is %s", voucher,
                       row->status == VOUCHER_RESERVED ? "reserved by another checkout"
                       : !held                         ? coupon_voucher_words[row->status]
                       : now_ms < coupon->from_at      ? "not usable yet"
                                                       : "over");
    }
    struct voucher *edit = table_edit(state, T_VOUCHERS, voucher);
    edit->status = VOUCHER_RESERVED;
    edit->until_at = TABLES_I48(until_ms);
    return true;
}

bool coupon_release(struct core *core, uint32_t voucher, struct err *e)
{
    const struct voucher *row = table_get(core->state, T_VOUCHERS, voucher);
    if (row == NULL) {
        return coupon_unknown(core->state, voucher, e);
    }
    if (row->status != VOUCHER_RESERVED) {
        return err_set(e, ERR_REFUSED, "v%u is %s, not reserved", voucher,
                       coupon_voucher_words[row->status]);
    }
    struct voucher *edit = table_edit(core->state, T_VOUCHERS, voucher);
    edit->status = VOUCHER_ISSUED;
    edit->until_at = 0;
    return true;
}

// --- The end of a coupon. ---

// The last number of its name is the voucher behind which this turn of the sweep begins, one that
// stays; 0: the newest.
static void sweep_plan(struct core *core, uint32_t coupon, uint32_t after, int64_t due_at)
{
    char name[64];
    const int size =
        snprintf(name, sizeof(name), "coupon %u ends %" PRId64 " %u", coupon, due_at, after);
    const text_id text = state_text(core->state, name, (size_t)size);
    if (TABLE_FIND(core->state, T_SCHEDULE, SCHEDULE_BY_NAME, 0, 0, text) != 0) {
        return;
    }
    const struct schedule_entry entry = {
        .due_at = due_at,
        .name = text,
        .ref = (int32_t)coupon,
        .kind = SCHEDULE_COUPON,
        .late = LATE_RUN,
    };
    schedule_add(core->schedule, &entry);
}

void coupon_plan_sweep(struct core *core, uint32_t coupon)
{
    const struct coupon *row = table_get(core->state, T_COUPONS, coupon);
    if (row->until_at != 0) {
        sweep_plan(core, coupon, 0, row->until_at);
    }
}

static bool sweep_takes(const struct voucher *voucher)
{
    return voucher->status == VOUCHER_ISSUED || voucher->status == VOUCHER_RESERVED;
}

// A voucher the sweep has looked at; others leave with its turn.
static bool sweep_keeps(const struct voucher *voucher)
{
    return voucher->status != VOUCHER_EXPIRED || voucher->used_at != 0;
}

// The reserves of all that expire in this turn go back as one transaction.
static void sweep_release(struct core *core, const struct coupon *coupon, int64_t amount)
{
    struct err e;
    if (amount > 0 && !ledger_budget(core->state, (uint32_t)coupon->campaign,
                                     state_get_text(core->state, coupon->budget), LEDGER_RELEASE,
                                     amount, "vouchers expired", 0, coupon->id, &e)) {
        milestone_add(core->state, "reserve_kept", (uint32_t)coupon->campaign, 0, 0, amount,
                      coupon->id, e.text);
    }
}

void coupon_sweep(struct core *core, uint32_t entry)
{
    struct state *state = core->state;
    const struct schedule_entry *row = table_get(state, T_SCHEDULE, entry);
    const uint32_t coupon = (uint32_t)row->ref;
    const struct coupon *ended = table_get(state, T_COUPONS, coupon);
    if (ended == NULL) {
        return;
    }
    if (!coupon_over(ended, state_now(state))) {  // It was given more time since.
        sweep_plan(core, coupon, 0, ended->until_at);
        return;
    }
    const char *text = strrchr(state_get_text(state, row->name), ' ');
    const uint32_t after = text == NULL ? 0 : (uint32_t)strtoul(text, NULL, 10);
    uint32_t last = table_get(state, T_VOUCHERS, after) == NULL ? 0 : after;
    uint32_t id = last == 0 ? TABLE_LIST(state, T_VOUCHERS, VOUCHERS_OF_COUPON, coupon)
                            : table_list_next(state, T_VOUCHERS, VOUCHERS_OF_COUPON, last);
    int64_t expired = 0;
    int64_t reserved = 0;
    uint32_t looks = 0;
    for (; id != 0 && looks < SWEEP_LOOKS && expired < SWEEP_EXPIRES; looks++) {
        if (sweep_takes(table_get(state, T_VOUCHERS, id))) {
            struct voucher *voucher = table_edit(state, T_VOUCHERS, id);
            // Of a card that was used the cost is committed.
            const int64_t cost = voucher->used_at == 0 ? coupon_cost(ended, voucher) : 0;
            const bool fits = money_add(reserved, cost, &reserved);
            CHECK(fits);  // It was reserved from one budget.
            voucher->until_at = 0;
            coupon_expire(state, voucher);
            expired++;
        }
        last = sweep_keeps(table_get(state, T_VOUCHERS, id)) ? id : last;
        id = table_list_next(state, T_VOUCHERS, VOUCHERS_OF_COUPON, id);
    }
    if (expired > 0) {
        sweep_release(core, ended, reserved);
    }
    if (id != 0) {
        sweep_plan(core, coupon, last, state_now(state));
    }
}

// --- Tiers. ---

// The invites that earned a voucher, 0: it was earned otherwise.
static int64_t tier_of(const struct state *state, const struct voucher *voucher)
{
    const char *source = state_get_text(state, voucher->source);
    const size_t size = strlen(COUPON_SOURCE_TIER);
    return strncmp(source, COUPON_SOURCE_TIER, size) == 0 ? strtol(source + size, NULL, 10) : 0;
}

// A clawed-back voucher is hers again once her friends are back: its cost is reserved again.
static bool tier_restore(struct core *core, uint32_t voucher, const struct coupon *coupon)
{
    struct err e;
    const struct voucher *row = table_get(core->state, T_VOUCHERS, voucher);
    if (coupon_over(coupon, state_now(core->state)) ||
        !coupon_money(core, coupon, row, voucher, LEDGER_RESERVE, "friends came back", &e)) {
        return false;
    }
    struct voucher *edit = table_edit(core->state, T_VOUCHERS, voucher);
    edit->status = VOUCHER_ISSUED;
    edit->lost = 0;
    return true;
}

static bool tier_take(struct core *core, uint32_t voucher)
{
    struct err e;
    if (!coupon_take_back(core, voucher, "friends left", &e)) {
        return false;
    }
    ((struct voucher *)table_edit(core->state, T_VOUCHERS, voucher))->lost = 1;
    return true;
}

void coupon_tiers_check(struct core *core, uint32_t campaign, uint32_t member)
{
    struct state *state = core->state;
    const uint32_t row = TABLE_FIND(state, T_INVITERS, INVITERS_BY_MEMBER, campaign, member);
    const struct inviter *inviter = row ? table_get(state, T_INVITERS, row) : NULL;
    if (inviter == NULL || inviter->tier == 0) {
        return;  // Nothing was paid out yet.
    }
    int64_t taken = 0;
    int64_t restored = 0;
    for (uint32_t id = TABLE_LIST(state, T_VOUCHERS, VOUCHERS_OF_MEMBER, member); id != 0;
         id = table_list_next(state, T_VOUCHERS, VOUCHERS_OF_MEMBER, id)) {
        const struct voucher *voucher = table_get(state, T_VOUCHERS, id);
        const struct coupon *coupon = coupon_of(core, id);
        const int64_t tier = tier_of(state, voucher);
        if (tier == 0 || coupon->campaign != (int32_t)campaign) {
            continue;
        }
        const bool earned = inviter->effective >= tier;
        if (!earned && (voucher->status == VOUCHER_ISSUED || voucher->status == VOUCHER_RESERVED)) {
            taken += tier_take(core, id);
        } else if (earned && voucher->status == VOUCHER_CLAWED_BACK && voucher->lost) {
            restored += tier_restore(core, id, coupon);
        }
    }
    if (taken + restored > 0) {
        milestone_add(state, "tier_vouchers", campaign, 0, (uint32_t)inviter->group,
                      restored - taken, inviter->effective,
                      taken > 0 ? "friends left" : "friends came back");
    }
}
