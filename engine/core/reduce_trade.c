// Facts of the shop before and after buying: visits, favourites, carts, refunds. Orders have a file
// of their own. See reduce.c for what all kinds of event share.

#include "core/reduce.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/money.h"
#include "base/utf8.h"
#include "core/promotions.h"

#define MINUTE_MS 60000
#define ORDER_EXT_MAX 128  // Bytes of an order number.
#define CURRENCY_SHOWN 16

// --- The UV meter. ---

// A visitor counts once in a minute. What is kept is her latest minute alone, so a visit that comes
// late, for an older minute than her latest, counts as a visit and not again as a visitor: for
// events in order of time the meter is exact, for others it is never too high.
static void visit_meter(struct reduce *r, struct participant *participant)
{
    struct minute *minute = reduce_minute(r, r->facts->campaign);
    reduce_count(&minute->visits, 1);
    const int64_t number = r->at / MINUTE_MS;
    // 0 stands for never, so the first minute of 1970 is nobody's.
    if (participant != NULL && participant->uv_minute < number) {
        participant->uv_minute = (int32_t)number;
        reduce_count(&minute->visitors, 1);
    }
}

bool reduce_visit(struct reduce *r)
{
    if (!reduce_find_shopper(r)) {
        return false;
    }
    if (r->facts->member != 0 && !r->counted) {
        return true;
    }
    if (r->facts->group != 0) {
        struct hour *hour = reduce_hour(r, r->facts->group);
        REDUCE_COUNT(hour->visits, 1);
    }
    if (r->facts->campaign == 0) {
        return true;
    }
    struct participant *participant = reduce_participant(r);
    visit_meter(r, participant);
    if (participant != NULL && !participant->visited) {
        participant->visited = 1;
        r->facts->new_visitor = true;
    }
    return true;
}

bool reduce_interest(struct reduce *r)
{
    if (!reduce_find_shopper(r)) {
        return false;
    }
    struct participant *participant = reduce_participant(r);
    if (participant == NULL) {
        return true;
    }
    if (r->event->kind == EVENT_FAVORITE) {
        participant->favorited = 1;
    } else {
        participant->carted = 1;
    }
    return true;
}

// --- Money. ---

bool reduce_sales(struct reduce *r, uint32_t campaign, uint32_t member, int64_t amount,
                  const char *reason, uint32_t ref)
{
    if (amount == 0) {
        return true;
    }
    const struct ledger_leg_in legs[] = {
        {ledger_account(r->state, campaign, "member:world", LEDGER_NO_FLOOR), -amount},
        {ledger_account(r->state, campaign, "sales", LEDGER_NO_FLOOR), amount},
    };
    return ledger_move(r->state, legs, 2, reason, member, ref, r->e);
}

// --- Refunds. ---

static void refund_format(const struct reduce *r, text_id currency, int64_t amount, char out[40])
{
    const int decimals = money_decimals(state_get_text(r->state, currency));
    money_format(amount, decimals < 0 ? 2 : decimals, out, 40);
}

static text_id refund_currency(const struct reduce *r, const struct order *order)
{
    if (order != NULL) {
        return order->currency;
    }
    const struct campaign *campaign = table_get(r->state, T_CAMPAIGNS, r->facts->campaign);
    return campaign ? campaign->currency : 0;
}

static bool refund_check(struct reduce *r, const struct order *order)
{
    const struct event *event = r->event;
    const char *currency = state_get_text(r->state, refund_currency(r, order));
    if (event->currency.size && *currency && !slice_is(event->currency, currency)) {
        return err_set(r->e, ERR_INVALID, "currency: %.*s, but the order was paid in %s",
                       (int)utf8_cut(event->currency.data, event->currency.size, CURRENCY_SHOWN),
                       event->currency.data, currency);
    }
    if (event->amount < 0 || event->amount > MONEY_MAX) {
        return err_set(r->e, ERR_INVALID, "amount: %" PRId64 " is %s", event->amount,
                       event->amount < 0 ? "negative" : "too large");
    }
    // Only an order that cost nothing can be cancelled without an amount.
    if (event->amount == 0 && (order == NULL || order->total != 0)) {
        return err_set(r->e, ERR_INVALID, "amount: missing");
    }
    if (order != NULL && event->amount > order->total - order->refunded) {
        char all[40];
        char total[40];
        refund_format(r, order->currency, order->refunded + event->amount, all);
        refund_format(r, order->currency, order->total, total);
        return err_set(r->e, ERR_INVALID, "amount: refunds %s of an order of %s", all, total);
    }
    return true;
}

// What of `amount` belongs to the part of an order that is paid back now. Rounded so that nothing
// is left of it when all is refunded.
static int64_t refund_part(const struct reduce *r, const struct order *order, int64_t amount)
{
    const int64_t before = order->total - order->refunded;
    int64_t left = 0;
    if (amount <= 0 || before <= 0) {
        return 0;
    }
    if (!money_scale(amount, before - r->event->amount, before, MONEY_ROUND_DOWN, &left)) {
        left = 0;
    }
    return amount - left;
}

// Money of a budget that an order caused goes back to it. A campaign may pay from no budget of the
// engine: then there is none to give to.
static void refund_budget(struct reduce *r, const struct order *order, const char *budget,
                          int64_t back, uint32_t member, const char *kept)
{
    char spent[300];
    struct err refusal;
    snprintf(spent, sizeof(spent), "spent:%s", budget);
    if (ledger_find(r->state, (uint32_t)order->campaign, spent) != 0 &&
        !ledger_budget(r->state, (uint32_t)order->campaign, budget, LEDGER_GIVE_BACK, back,
                       "order refunded", member, order->id, &refusal)) {
        milestone_add(r->state, kept, (uint32_t)order->campaign, 0, (uint32_t)order->group, back,
                      order->id, refusal.text);
    }
}

// The brand owes her so much less. Below zero: she owes it, for what went to her already.
static bool refund_owed(struct reduce *r, const struct order *order, uint32_t member, int64_t back)
{
    char name[64];
    snprintf(name, sizeof(name), "member:%u:owed", member);
    const uint32_t campaign = (uint32_t)order->campaign;
    const struct ledger_leg_in legs[] = {
        {ledger_account(r->state, campaign, name, LEDGER_NO_FLOOR), -back},
        {ledger_account(r->state, campaign, "owed", LEDGER_NO_FLOOR), back},
    };
    return ledger_move(r->state, legs, 2, "order refunded", member, order->id, r->e);
}

// What of a commission was owed for the part that is paid back goes back to its budget; the rest
// stays owed.
static bool refund_commission(struct reduce *r, struct order *order)
{
    const int64_t back = refund_part(r, order, order->commission);
    if (back == 0) {
        return true;
    }
    char name[64];
    const uint32_t sharer = (uint32_t)order->sharer;
    order->commission = TABLES_I48((int64_t)order->commission - back);
    refund_budget(r, order, CORE_COMMISSION_BUDGET, back, sharer, "commission_kept");
    snprintf(name, sizeof(name), "member:%u:owed", sharer);
    return ledger_find(r->state, (uint32_t)order->campaign, name) == 0 ||
           refund_owed(r, order, sharer, back);
}

// The lucky fairy paid the order back and the shop does so again: once is enough. Her money went
// out, so she owes it, and staff hear of it.
static bool refund_paid_back(struct reduce *r, struct order *order)
{
    const int64_t back = refund_part(r, order, order->paid_back);
    if (back == 0) {
        return true;
    }
    const uint32_t buyer = (uint32_t)order->member;
    order->paid_back = TABLES_I48((int64_t)order->paid_back - back);
    refund_budget(r, order, state_get_text(r->state, order->paid_from), back, buyer, "prize_kept");
    milestone_add(r->state, "prize_undone", (uint32_t)order->campaign, 0, (uint32_t)order->group,
                  back, order->id, state_get_text(r->state, order->ext));
    return refund_owed(r, order, buyer, back);
}

static bool refund_of_order(struct reduce *r, uint32_t id)
{
    const int64_t amount = r->event->amount;
    struct order *order = table_edit(r->state, T_ORDERS, id);
    if (!refund_commission(r, order) || !refund_paid_back(r, order)) {
        return false;
    }
    order->refunded = TABLES_I48(order->refunded + amount);
    const uint32_t buyer = (uint32_t)order->member;
    if (buyer != 0) {
        struct member *member = table_edit(r->state, T_MEMBERS, buyer);
        if (!reduce_money_fits(member->spent, -amount)) {
            return err_set(r->e, ERR_INVALID, "amount: her refunds overflow");
        }
        member->spent = TABLES_I48(member->spent - amount);
    }
    if (order->refunded < order->total) {
        return true;
    }
    return promotion_give_back(r->core, id, r->e) && coupon_give_back(r->core, buyer, id, r->e);
}

static void refund_facts(struct reduce *r, const struct order *order)
{
    r->facts->order = order->id;
    r->facts->campaign = (uint32_t)order->campaign;
    r->facts->group = (uint32_t)order->group;
    r->facts->member = (uint32_t)order->member;
}

uint32_t refund_of_part(const struct state *state, struct slice ext, int32_t part)
{
    const text_id known = people_text_known(state, ext);
    return known == 0 ? 0 : TABLE_FIND(state, T_REFUNDS, REFUNDS_BY_PART, known, part);
}

uint32_t refund_order(const struct state *state, uint32_t refund)
{
    const struct refund *row = table_get(state, T_REFUNDS, refund);
    return row == NULL || row->order != 0 ? 0
                                          : TABLE_FIND(state, T_ORDERS, ORDERS_BY_EXT, row->ext);
}

// The order that a refund waited for is there: from now on all is as if the refund had come second.
// Its money was counted when it came.
static bool refund_link(struct reduce *r)
{
    const uint32_t id = (uint32_t)r->event->ref;
    const uint32_t order_id = refund_order(r->state, id);
    if (order_id == 0) {
        return err_set(r->e, ERR_INVALID, "ref: no refund that waits for an order");
    }
    const struct order *order = table_get(r->state, T_ORDERS, order_id);
    struct refund *row = table_edit(r->state, T_REFUNDS, id);
    const uint32_t counted = (uint32_t)row->campaign;
    const bool fits = row->amount <= order->total - order->refunded;
    refund_facts(r, order);
    row->order = (int32_t)order_id;
    row->campaign = order->campaign;
    if (fits && counted == r->facts->campaign) {
        return refund_of_order(r, order_id);
    }
    if (!reduce_sales(r, counted, 0, r->event->amount, "refund of another", id)) {
        return false;
    }
    if (fits) {
        return reduce_sales(r, r->facts->campaign, r->facts->member, -r->event->amount,
                            "order refunded", id) &&
               refund_of_order(r, order_id);
    }
    // More than the order: had it come second it would have been refused.
    row->amount = 0;
    milestone_add(r->state, "refund_refused", r->facts->campaign, 0, r->facts->group,
                  r->event->amount, order_id, state_get_text(r->state, row->ext));
    return true;
}

bool reduce_refund(struct reduce *r)
{
    const struct event *event = r->event;
    const struct slice ext = event->order.size ? event->order : event->to;
    if (event->ref != 0) {
        return refund_link(r);
    }
    if (ext.size == 0) {
        return err_set(r->e, ERR_INVALID, "order: missing");
    }
    if (ext.size > ORDER_EXT_MAX) {
        return err_set(r->e, ERR_INVALID, "order: longer than %d bytes", ORDER_EXT_MAX);
    }
    if (!reduce_find_shopper(r)) {
        return false;
    }
    const text_id known = people_text_known(r->state, ext);
    const uint32_t id = known ? TABLE_FIND(r->state, T_ORDERS, ORDERS_BY_EXT, known) : 0;
    const struct order *order = id ? table_get(r->state, T_ORDERS, id) : NULL;
    struct refund refund = {.at = r->at, .amount = event->amount, .order = (int32_t)id};
    if (!refund_check(r, order) || !reduce_keep_text(r, &refund.ext, ext, ORDER_EXT_MAX, "order")) {
        return false;
    }
    if (order != NULL) {
        refund_facts(r, order);
    }
    while (refund_of_part(r->state, ext, refund.part) != 0) {
        refund.part++;
    }
    refund.campaign = (int32_t)r->facts->campaign;
    const struct refund *row = table_insert(r->state, T_REFUNDS, &refund);
    // Of an order not seen yet too: net revenue must count it.
    return reduce_sales(r, r->facts->campaign, r->facts->member, -event->amount, "order refunded",
                        row->id) &&
           (id == 0 || refund_of_order(r, id));
}
