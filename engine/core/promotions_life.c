// The life of a promotion's use: held by a checkout, used by an order, free again. Each step moves
// its money through the promotion's budget, if it has one.

#include "core/promotions_internal.h"

#include <stdio.h>

#include "base/money.h"
#include "core/reduce.h"

static bool use_money(struct core *core, const struct promotion *row, enum ledger_step step,
                      int64_t amount, const char *reason, uint32_t member, uint32_t ref,
                      struct err *e)
{
    return row->budget == 0 || ledger_budget(core->state, (uint32_t)row->campaign,
                                             state_get_text(core->state, row->budget), step, amount,
                                             reason, member, ref, e);
}

static const struct promotion *use_may(const struct core *core, uint32_t promotion, uint32_t member,
                                       struct err *e)
{
    const struct promotion *row = table_get(core->state, T_PROMOTIONS, promotion);
    if (row == NULL) {
        (void)err_set(e, ERR_REFUSED, "unknown promotion %u", promotion);
        return NULL;
    }
    const bool total =
        row->limit_total != 0 && (int64_t)row->used + row->reserved >= row->limit_total;
    const bool hers = row->limit_member != 0 && member != 0 &&
                      promotion_uses_of(core->state, promotion, member) >= row->limit_member;
    if (total || hers) {
        (void)err_set(e, ERR_REFUSED, "promotion '%s': limit reached",
                      state_get_text(core->state, row->name));
        return NULL;
    }
    return row;
}

static uint32_t use_add(struct core *core, uint32_t promotion, uint32_t member, uint32_t order,
                        int64_t amount, int64_t until_ms)
{
    const struct promotion_use use = {
        .at = state_now(core->state),
        .amount = amount,
        .until_at = until_ms,
        .promotion = (int32_t)promotion,
        .member = (int32_t)member,
        .order = (int32_t)order,
        .status = order != 0 ? PROMOTION_USED : PROMOTION_RESERVED,
    };
    return ((const struct promotion_use *)table_insert(core->state, T_PROMOTION_USES, &use))->id;
}

static void plan_expiry(struct core *core, uint32_t use, int64_t until_ms)
{
    char name[40];
    const int size = snprintf(name, sizeof(name), "promotion use %u", use);
    const struct schedule_entry entry = {
        .due_at = until_ms,
        .name = state_text(core->state, name, (size_t)size),
        .ref = (int32_t)use,
        .kind = SCHEDULE_PROMOTION,
        .late = LATE_RUN,
    };
    schedule_add(core->schedule, &entry);
}

bool promotion_reserve(struct core *core, uint32_t promotion, uint32_t member, int64_t amount,
                       int64_t until_ms, uint32_t *use, struct err *e)
{
    const int64_t now_ms = state_now(core->state);
    const struct promotion *row = use_may(core, promotion, member, e);
    if (row == NULL) {
        return false;
    }
    if (until_ms <= now_ms || until_ms - now_ms > PROMOTION_HOLD_MAX_MS) {
        return err_set(e, ERR_INVALID, "promotion '%s' can be held for at most a day",
                       state_get_text(core->state, row->name));
    }
    const uint32_t next = table_last(core->state, T_PROMOTION_USES) + 1;
    if (!use_money(core, row, LEDGER_RESERVE, amount, "promotion held", member, next, e)) {
        return false;
    }
    *use = use_add(core, promotion, member, 0, amount, until_ms);
    CHECK(*use == next);
    struct promotion *edit = table_edit(core->state, T_PROMOTIONS, promotion);
    reduce_count(&edit->reserved, 1);
    plan_expiry(core, *use, until_ms);
    return true;
}

// What a reserve put into reserved:x is there, so giving it back can't be refused.
static void end_hold(struct core *core, uint32_t use, const char *reason)
{
    struct err e = {0};
    struct promotion_use *edit = table_edit(core->state, T_PROMOTION_USES, use);
    struct promotion *row = table_edit(core->state, T_PROMOTIONS, (uint32_t)edit->promotion);
    if (!use_money(core, row, LEDGER_RELEASE, edit->amount, reason, (uint32_t)edit->member, use,
                   &e)) {
        milestone_add(core->state, "reserve_kept", (uint32_t)row->campaign, 0, 0, edit->amount, use,
                      e.text);
    }
    edit->status = PROMOTION_RELEASED;
    edit->until_at = 0;
    reduce_count(&row->reserved, -1);
}

void promotion_release(struct core *core, uint32_t use)
{
    const struct promotion_use *row = table_get(core->state, T_PROMOTION_USES, use);
    if (row != NULL && row->status == PROMOTION_RESERVED) {
        end_hold(core, use, "promotion not used");
    }
}

void promotion_expire(struct core *core, uint32_t use)
{
    const struct promotion_use *row = table_get(core->state, T_PROMOTION_USES, use);
    if (row != NULL && row->until_at != 0 && row->until_at <= state_now(core->state)) {
        promotion_release(core, use);
    }
}

bool promotion_use(struct core *core, uint32_t promotion, uint32_t member, uint32_t order,
                   int64_t amount, struct err *e)
{
    const size_t mark = state_savepoint(core->state);
    const uint32_t held = promotion_held_by(core->state, promotion, member);
    if (held != 0) {
        end_hold(core, held, "promotion used");
    }
    const struct promotion *row = use_may(core, promotion, member, e);
    if (row == NULL ||
        !use_money(core, row, LEDGER_SPEND, amount, "promotion used", member, order, e)) {
        state_rollback(core->state, mark);
        return false;
    }
    use_add(core, promotion, member, order, amount, 0);
    struct promotion *edit = table_edit(core->state, T_PROMOTIONS, promotion);
    reduce_count(&edit->used, 1);
    if (!money_add(edit->given, amount, &edit->given)) {
        state_rollback(core->state, mark);
        return err_set(e, ERR_REFUSED, "promotion '%s': what it gave overflows",
                       state_get_text(core->state, row->name));
    }
    return true;
}

bool promotion_give_back(struct core *core, uint32_t order, struct err *e)
{
    struct state *state = core->state;
    for (uint32_t id = TABLE_LIST(state, T_PROMOTION_USES, PROMOTION_USES_OF_ORDER, order); id != 0;
         id = table_list_next(state, T_PROMOTION_USES, PROMOTION_USES_OF_ORDER, id)) {
        const struct promotion_use *use = table_get(state, T_PROMOTION_USES, id);
        if (use->status != PROMOTION_USED) {
            continue;
        }
        const struct promotion *row = table_get(state, T_PROMOTIONS, (uint32_t)use->promotion);
        if (!use_money(core, row, LEDGER_GIVE_BACK, use->amount, "order refunded",
                       (uint32_t)use->member, order, e)) {
            return false;
        }
        struct promotion *edit = table_edit(state, T_PROMOTIONS, row->id);
        reduce_count(&edit->used, -1);
        edit->given -= use->amount;
        ((struct promotion_use *)table_edit(state, T_PROMOTION_USES, id))->status =
            PROMOTION_RETURNED;
    }
    return true;
}
