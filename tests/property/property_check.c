#include "property_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ISSUED, RESERVED, USED, RETURNED, EXPIRED, CLAWED_BACK };
enum { USE_HELD, USE_USED, USE_RELEASED, USE_RETURNED };

uint64_t property_seed;

__attribute__((format(printf, 2, 3))) static void must(bool holds, const char *format, ...)
{
    if (holds) {
        return;
    }
    va_list args;
    va_start(args, format);
    fprintf(stderr, "property: seed %" PRIu64 ": ", property_seed);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(1);
}

void property_init(struct property *property, const struct core *core)
{
    *property = (struct property){.core = core};
}

void property_deinit(struct property *property)
{
    free(property->paid_by);
}

// --- Which voucher pays which order. ---

static uint32_t *paid_by(struct property *property, uint32_t voucher)
{
    if (voucher >= property->capacity) {
        const uint32_t capacity = (voucher + 1) * 2;
        property->paid_by = realloc(property->paid_by, capacity * sizeof(uint32_t));
        memset(property->paid_by + property->capacity, 0,
               (capacity - property->capacity) * sizeof(uint32_t));
        property->capacity = capacity;
    }
    return &property->paid_by[voucher];
}

void property_before(struct property *property, const struct event *event)
{
    (void)event;
    property->orders = table_last(property->core->state, T_ORDERS);
}

static void after_order(struct property *property, const struct event *event)
{
    const struct state *state = property->core->state;
    const uint32_t order = table_last(state, T_ORDERS);
    if (order == property->orders) {
        return;  // Known already.
    }
    for (size_t i = 0; i < event->list_count; i++) {
        char text[16];  // The event's texts need not end with a NUL.
        snprintf(text, sizeof(text), "%.*s", (int)event->list[i].size, event->list[i].data);
        const uint32_t id = (uint32_t)strtoul(text + 1, NULL, 10);
        const struct voucher *voucher = table_get(state, T_VOUCHERS, id);
        must(voucher != NULL, "an order was paid with v%u, which isn't there", id);
        const struct coupon *coupon = table_get(state, T_COUPONS, (uint32_t)voucher->coupon);
        if (coupon->is_card) {
            continue;
        }
        uint32_t *by = paid_by(property, id);
        must(*by == 0, "v%u paid order %u and again order %u", id, *by, order);
        must(voucher->status == USED && voucher->order == (int32_t)order,
             "v%u paid order %u and doesn't know it", id, order);
        *by = order;
        property->seen.used++;
    }
}

static void after_refund(struct property *property, const struct event *event)
{
    const struct state *state = property->core->state;
    const text_id ext =
        text_find(state_texts(property->core->state), event->order.data, event->order.size);
    const uint32_t id = ext ? TABLE_FIND(state, T_ORDERS, ORDERS_BY_EXT, ext) : 0;
    const struct order *order = id ? table_get(state, T_ORDERS, id) : NULL;
    property->seen.refunds++;
    if (order == NULL || order->refunded < order->total) {
        return;
    }
    for (uint32_t voucher = 1; voucher < property->capacity; voucher++) {
        if (property->paid_by[voucher] == id) {
            const struct voucher *row = table_get(state, T_VOUCHERS, voucher);
            must(row == NULL || row->status != USED, "order %u is refunded, v%u still used", id,
                 voucher);
            property->paid_by[voucher] = 0;
            property->seen.given_back++;
        }
    }
}

void property_after(struct property *property, const struct event *event, bool kept)
{
    if (!kept) {
        must(table_last(property->core->state, T_ORDERS) == property->orders,
             "a refused event left an order");
        property->seen.refused_vouchers += event->kind == EVENT_ORDER && event->list_count > 0;
    } else if (event->kind == EVENT_ORDER) {
        after_order(property, event);
    } else if (event->kind == EVENT_REFUND) {
        after_refund(property, event);
    }
}

// --- Rows against the ledger. ---

static int64_t balance_of(const struct state *state, const char *kind, const char *name)
{
    char full[300];
    snprintf(full, sizeof(full), "%s:%s", kind, name);
    const uint32_t account = ledger_find(state, 1, full);
    return account ? ledger_balance(state, account) : 0;
}

static void check_accounts(const struct property *property)
{
    const struct state *state = property->core->state;
    must(ledger_sum(state, 1) == 0, "the ledger sums to %" PRId64, ledger_sum(state, 1));
    for (uint32_t id = 0; (id = table_next(state, T_ACCOUNTS, id)) != 0;) {
        const struct account *account = table_get(state, T_ACCOUNTS, id);
        const char *name = state_get_text(state, account->name);
        must(account->balance >= account->floor, "account %s is at %" PRId64, name,
             account->balance);
        if (strncmp(name, "budget:", 7) == 0) {
            const int64_t given =
                balance_of(state, "reserved", name + 7) + balance_of(state, "spent", name + 7);
            must(account->balance + given == account->opening,
                 "budget %s held %" PRId64 ", has %" PRId64 " and gave %" PRId64, name + 7,
                 account->opening, account->balance, given);
        }
    }
}

// What coupons of a budget have reserved and spent, by their vouchers.
static void check_coupon_budget(const struct property *property, const char *budget)
{
    const struct state *state = property->core->state;
    int64_t reserved = 0;
    int64_t spent = 0;
    for (uint32_t id = 0; (id = table_next(state, T_VOUCHERS, id)) != 0;) {
        const struct voucher *voucher = table_get(state, T_VOUCHERS, id);
        const struct coupon *coupon = table_get(state, T_COUPONS, (uint32_t)voucher->coupon);
        if (strcmp(state_get_text(state, coupon->budget), budget) != 0) {
            continue;
        }
        const int64_t cost = voucher->value != 0 ? voucher->value : coupon->cost;
        spent += voucher->used_at != 0 ? cost : 0;
        reserved += voucher->used_at == 0 && voucher->status <= RESERVED ? cost : 0;
    }
    must(balance_of(state, "reserved", budget) == reserved,
         "budget %s has %" PRId64 " reserved, its vouchers %" PRId64, budget,
         balance_of(state, "reserved", budget), reserved);
    must(balance_of(state, "spent", budget) == spent,
         "budget %s has %" PRId64 " spent, its vouchers %" PRId64, budget,
         balance_of(state, "spent", budget), spent);
}

static void check_voucher(const struct property *property, const struct voucher *voucher)
{
    const struct state *state = property->core->state;
    const struct coupon *coupon = table_get(state, T_COUPONS, (uint32_t)voucher->coupon);
    const int64_t now_ms = state_now(state);
    const bool open = voucher->status <= RESERVED;
    must(voucher->status != USED || (voucher->used_at != 0 && voucher->order != 0),
         "v%u is used by no order", voucher->id);
    must(voucher->status != RESERVED || voucher->until_at != 0, "v%u is reserved for ever",
         voucher->id);
    must(!coupon->is_card || voucher->status != USED, "the card v%u is used up", voucher->id);
    // After a pause the sweep has its turn among others that are due.
    const bool swept = schedule_next(property->core->schedule) > now_ms;
    must(!open || coupon->until_at == 0 || now_ms < coupon->until_at || !swept,
         "v%u is open after its end", voucher->id);
    const uint32_t by = voucher->id < property->capacity ? property->paid_by[voucher->id] : 0;
    must(coupon->is_card || (by != 0) == (voucher->status == USED),
         "v%u has status %u and pays order %u", voucher->id, voucher->status, by);
    const char *source = state_get_text(state, voucher->source);
    if (open && strncmp(source, COUPON_SOURCE_TIER, strlen(COUPON_SOURCE_TIER)) == 0) {
        const uint32_t row = TABLE_FIND(state, T_INVITERS, INVITERS_BY_MEMBER, 1, voucher->member);
        const struct inviter *inviter = row ? table_get(state, T_INVITERS, row) : NULL;
        must(inviter != NULL && inviter->effective >= strtol(source + 5, NULL, 10),
             "v%u is hers for %s, she has %d", voucher->id, source,
             inviter ? inviter->effective : 0);
    }
}

static void check_coupons(const struct property *property)
{
    const struct state *state = property->core->state;
    for (uint32_t id = 0; (id = table_next(state, T_VOUCHERS, id)) != 0;) {
        check_voucher(property, table_get(state, T_VOUCHERS, id));
    }
    for (uint32_t id = 0; (id = table_next(state, T_COUPONS, id)) != 0;) {
        const struct coupon *coupon = table_get(state, T_COUPONS, id);
        must(coupon->used <= coupon->issued, "coupon %u: more used than issued", id);
        must(coupon->limit_total == 0 || coupon->issued <= coupon->limit_total,
             "coupon %u: %d of %d issued", id, coupon->issued, coupon->limit_total);
    }
}

// Uses counted again from their rows, in total and for each member, and their money in the budget.
static void check_promotion(const struct property *property, const struct promotion *row,
                            int64_t *reserved, int64_t *spent)
{
    const struct state *state = property->core->state;
    int64_t used = 0;
    int64_t held = 0;
    int64_t given = 0;
    for (uint32_t id = 0; (id = table_next(state, T_PROMOTION_USES, id)) != 0;) {
        const struct promotion_use *use = table_get(state, T_PROMOTION_USES, id);
        if (use->promotion != (int32_t)row->id) {
            continue;
        }
        const bool is_held = use->status == USE_HELD;
        const bool is_used = use->status == USE_USED;
        held += is_held;
        used += is_used;
        given += is_used ? use->amount : 0;
        *reserved += is_held && row->budget != 0 ? use->amount : 0;
        *spent += is_used && row->budget != 0 ? use->amount : 0;
        must(!is_held || use->until_at >= state_now(state), "use %u is held after its end", id);
        const struct order *order = table_get(state, T_ORDERS, (uint32_t)use->order);
        must(!is_used || order->refunded < order->total || order->total == 0,
             "use %u of order %u, which is refunded", id, (uint32_t)use->order);
        must((is_held || is_used) && use->member != 0 && row->limit_member != 0
                 ? promotion_uses_of(state, row->id, (uint32_t)use->member) <= row->limit_member
                 : true,
             "promotion %u: member %d uses it more often than she may", row->id, use->member);
    }
    must(used == row->used && held == row->reserved && given == row->given,
         "promotion %u says %d used, %d held", row->id, row->used, row->reserved);
    must(row->limit_total == 0 || used + held <= row->limit_total, "promotion %u: %d of %d",
         row->id, row->used + row->reserved, row->limit_total);
}

static void check_promotions(const struct property *property)
{
    const struct state *state = property->core->state;
    int64_t reserved = 0;
    int64_t spent = 0;
    for (uint32_t id = 0; (id = table_next(state, T_PROMOTIONS, id)) != 0;) {
        check_promotion(property, table_get(state, T_PROMOTIONS, id), &reserved, &spent);
    }
    must(balance_of(state, "reserved", "promos") == reserved &&
             balance_of(state, "spent", "promos") == spent,
         "budget promos has %" PRId64 " reserved and %" PRId64 " spent, its uses %" PRId64
         " and %" PRId64,
         balance_of(state, "reserved", "promos"), balance_of(state, "spent", "promos"), reserved,
         spent);
}

static void check_games(const struct property *property)
{
    const struct state *state = property->core->state;
    for (uint32_t id = 0; (id = table_next(state, T_PRIZES, id)) != 0;) {
        const struct prize *prize = table_get(state, T_PRIZES, id);
        must(prize->stock < 0 || prize->given <= prize->stock, "prize %u: %d of %d given", id,
             prize->given, prize->stock);
    }
}

static void check_trade(const struct property *property)
{
    const struct state *state = property->core->state;
    int64_t sales = 0;
    int64_t commission = 0;
    for (uint32_t id = 0; (id = table_next(state, T_ORDERS, id)) != 0;) {
        const struct order *order = table_get(state, T_ORDERS, id);
        must(order->refunded >= 0 && order->refunded <= order->total,
             "order %u of %" PRId64 " refunded %" PRId64, id, (int64_t)order->total,
             (int64_t)order->refunded);
        must(order->commission >= 0 && order->paid_back >= 0, "order %u owes less than nothing",
             id);
        must(order->paid_back <= order->total - order->refunded,
             "order %u: a prize of %" PRId64 " for what the shop refunded", id,
             (int64_t)order->paid_back);
        must(order->refunded < order->total || (order->commission == 0 && order->paid_back == 0),
             "order %u is refunded and its commission or prize stays", id);
        sales += order->total - order->refunded;
        commission += order->commission;
    }
    const uint32_t account = ledger_find(state, 1, "sales");
    // Refunds of orders never seen come off too.
    must(account == 0 || ledger_balance(state, account) <= sales, "sales are too high");
    must(balance_of(state, "spent", "commission") == commission,
         "commissions spent %" PRId64 ", orders have %" PRId64,
         balance_of(state, "spent", "commission"), commission);
}

void property_check(struct property *property)
{
    check_accounts(property);
    check_coupons(property);
    check_coupon_budget(property, "vouchers");
    check_coupon_budget(property, "tiers");
    check_promotions(property);
    check_games(property);
    check_trade(property);
    const struct state *state = property->core->state;
    for (uint32_t id = 0; (id = table_next(state, T_PROMOTIONS, id)) != 0;) {
        const struct promotion *row = table_get(state, T_PROMOTIONS, id);
        property->seen.promotions_full += row->limit_total != 0 && row->used == row->limit_total;
    }
    property->seen.promos_out += balance_of(state, "budget", "promos") < 1000;
    property->seen.spent_out += balance_of(state, "budget", "vouchers") < 1000;
    for (uint32_t id = 0; (id = table_next(state, T_VOUCHERS, id)) != 0;) {
        const struct voucher *voucher = table_get(state, T_VOUCHERS, id);
        property->seen.reserved += voucher->status == RESERVED;
    }
}

// --- What happened. ---

void property_see(const struct property *property, struct property_seen *sum)
{
    const struct state *state = property->core->state;
    const struct property_seen *seen = &property->seen;
    sum->used += seen->used;
    sum->refunds += seen->refunds;
    sum->given_back += seen->given_back;
    sum->refused_vouchers += seen->refused_vouchers;
    sum->reserved += seen->reserved;
    sum->spent_out += seen->spent_out;
    sum->issued += table_count(state, T_VOUCHERS);
    sum->plays += table_count(state, T_PLAYS);
    for (uint32_t id = 0; (id = table_next(state, T_PROMOTION_USES, id)) != 0;) {
        const struct promotion_use *use = table_get(state, T_PROMOTION_USES, id);
        sum->uses[use->status]++;
    }
    sum->promotions_full += seen->promotions_full;
    sum->promos_out += seen->promos_out;
    for (uint32_t id = 0; (id = table_next(state, T_VOUCHERS, id)) != 0;) {
        const struct voucher *voucher = table_get(state, T_VOUCHERS, id);
        sum->expired += voucher->status == EXPIRED;
        sum->clawed_back += voucher->status == CLAWED_BACK;
    }
    for (uint32_t id = 0; (id = table_next(state, T_ORDERS, id)) != 0;) {
        const struct order *order = table_get(state, T_ORDERS, id);
        sum->orders++;
        sum->commissions += order->commission > 0;
        sum->paid_back += order->paid_from != 0;
    }
    for (uint32_t id = 0; (id = table_next(state, T_PRIZES, id)) != 0;) {
        sum->prizes += (uint64_t)((const struct prize *)table_get(state, T_PRIZES, id))->given;
    }
}

void property_print(const struct property_seen *seen)
{
    const struct {
        const char *name;
        uint64_t count;
    } rows[] = {
        {"orders", seen->orders},
        {"refunds", seen->refunds},
        {"vouchers issued", seen->issued},
        {"used", seen->used},
        {"refused at an order", seen->refused_vouchers},
        {"given back", seen->given_back},
        {"seen reserved", seen->reserved},
        {"expired", seen->expired},
        {"clawed back", seen->clawed_back},
        {"plays", seen->plays},
        {"prizes given", seen->prizes},
        {"orders with commission", seen->commissions},
        {"orders paid back by the fairy", seen->paid_back},
        {"checks with the budget spent", seen->spent_out},
        {"promotions used", seen->uses[USE_USED]},
        {"given back by refunds", seen->uses[USE_RETURNED]},
        {"holds used or over", seen->uses[USE_RELEASED]},
        {"checks with all uses of one gone", seen->promotions_full},
        {"checks with the promotions' budget spent", seen->promos_out},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        printf("%12" PRIu64 "  %s\n", rows[i].count, rows[i].name);
        must(rows[i].count > 0, "nothing happened: %s", rows[i].name);
    }
}
