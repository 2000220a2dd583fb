// Facts of the shop before and after buying: visits, favourites, carts, refunds. Orders have a file
// of their own. See reduce.c for what all kinds of event share.

#include "core/reduce.h"

#include <inttypes.h>

#include "base/money.h"
#include "base/utf8.h"

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
        participant->uv_minute = number;
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
        reduce_count(&reduce_hour(r, r->facts->group)->visits, 1);
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

// What of a commission was owed for the part that is paid back goes back to its budget; the rest
// stays owed. Rounded down for the sharer, so that nothing is left when all is refunded.
static void refund_commission(struct reduce *r, struct order *order)
{
    const int64_t before = order->total - order->refunded;
    if (order->commission <= 0 || before <= 0) {
        return;
    }
    int64_t left = 0;
    if (!money_scale(order->commission, before - r->event->amount, before, MONEY_ROUND_DOWN,
                     &left)) {
        left = 0;
    }
    const int64_t back = order->commission - left;
    const uint32_t campaign = (uint32_t)order->campaign;
    order->commission = left;
    // A campaign may pay commissions from no budget of the engine: then there is none to give to.
    struct err refusal;
    if (ledger_find(r->state, campaign, "spent:" CORE_COMMISSION_BUDGET) != 0 &&
        !ledger_budget(r->state, campaign, CORE_COMMISSION_BUDGET, LEDGER_GIVE_BACK, back,
                       "order refunded", (uint32_t)order->sharer, order->id, &refusal)) {
        milestone_add(r->state, "commission_kept", campaign, 0, (uint32_t)order->group, back,
                      order->id, refusal.text);
    }
}

static bool refund_of_order(struct reduce *r, uint32_t id)
{
    const int64_t amount = r->event->amount;
    struct order *order = table_edit(r->state, T_ORDERS, id);
    refund_commission(r, order);
    order->refunded += amount;
    const uint32_t buyer = (uint32_t)order->member;
    const uint32_t row =
        TABLE_FIND(r->state, T_PARTICIPANTS, PARTICIPANTS_BY_MEMBER, order->campaign, buyer);
    if (row != 0) {
        struct participant *participant = table_edit(r->state, T_PARTICIPANTS, row);
        if (!money_add(participant->refunded, amount, &participant->refunded)) {
            return err_set(r->e, ERR_INVALID, "amount: her refunds overflow");
        }
    }
    if (buyer != 0) {
        struct member *member = table_edit(r->state, T_MEMBERS, buyer);
        if (!money_add(member->spent, -amount, &member->spent)) {
            return err_set(r->e, ERR_INVALID, "amount: her refunds overflow");
        }
    }
    if (order->refunded < order->total) {
        return true;
    }
    return coupon_give_back(r->core, buyer, id, r->e);
}

bool reduce_refund(struct reduce *r)
{
    const struct event *event = r->event;
    const struct slice ext = event->order.size ? event->order : event->to;
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
        r->facts->order = id;
        r->facts->campaign = (uint32_t)order->campaign;
        r->facts->group = (uint32_t)order->group;
        r->facts->member = (uint32_t)order->member;
    }
    refund.campaign = (int32_t)r->facts->campaign;
    const struct refund *row = table_insert(r->state, T_REFUNDS, &refund);
    // Of an order never seen too: net revenue must count it.
    return reduce_sales(r, r->facts->campaign, r->facts->member, -event->amount, "order refunded",
                        row->id) &&
           (id == 0 || refund_of_order(r, id));
}
