// The tree of voucher scopes over a cart's lines, what fits above the floors, and the exact spread
// of it over the lines. Pure.

#include "rules/price_plan.h"

#include <string.h>

#include "base/check.h"

#define WORDS (PRICE_LINES_MAX / 64)

struct line_set {
    uint64_t bits[WORDS];
    uint32_t count;
};

static struct line_set set_of(const struct price_cart *cart, uint32_t scope)
{
    struct line_set set = {0};
    for (size_t i = 0; i < price_cart_count(cart); i++) {
        if (scope == 0 || (price_cart_line(cart, i)->scopes & scope) != 0) {
            set.bits[i / 64] |= UINT64_C(1) << (i % 64);
            set.count++;
        }
    }
    return set;
}

enum relation { SAME, INSIDE, AROUND, APART, CROSSING };

static enum relation relate(const struct line_set *a, const struct line_set *b)
{
    bool common = false;
    bool only_a = false;
    bool only_b = false;
    for (size_t i = 0; i < WORDS; i++) {
        common |= (a->bits[i] & b->bits[i]) != 0;
        only_a |= (a->bits[i] & ~b->bits[i]) != 0;
        only_b |= (b->bits[i] & ~a->bits[i]) != 0;
    }
    if (!only_a && !only_b) {
        return SAME;
    }
    if (!common) {
        return APART;
    }
    return !only_a ? INSIDE : !only_b ? AROUND : CROSSING;
}

bool price_plan_scoped(const struct price_voucher *vouchers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (vouchers[i].scope != 0) {
            return true;
        }
    }
    return false;
}

static int64_t room_of(const struct price_cart *cart, int64_t at_ms, const struct line_set *set)
{
    int64_t room = 0;
    for (size_t i = 0; i < price_cart_count(cart); i++) {
        if ((set->bits[i / 64] >> (i % 64) & 1) != 0) {
            struct price_share line;
            price_plan_line(cart, i, at_ms, &line);
            room += line.card_fen - line.floor_fen;
        }
    }
    return room;
}

// Sorted by size, so that a scope's parent always stands behind it; the root, all lines, is last.
static void sort_sets(struct line_set *sets, uint32_t *masks, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct line_set set = sets[i];
        uint32_t mask = masks[i];
        size_t k = i;
        for (; k > 0 && sets[k - 1].count > set.count; k--) {
            sets[k] = sets[k - 1];
            masks[k] = masks[k - 1];
        }
        sets[k] = set;
        masks[k] = mask;
    }
}

static bool sets_collect(const struct price_cart *cart, const struct price_voucher *vouchers,
                         size_t count, struct line_set *sets, struct price_plan *plan, size_t *a,
                         size_t *b)
{
    size_t owner[PRICE_PLAN_MAX];
    for (size_t i = 0; i < count; i++) {
        struct line_set set = set_of(cart, vouchers[i].scope);
        bool known = vouchers[i].scope == 0 || set.count == 0;
        for (size_t k = 0; k < plan->count && !known; k++) {
            enum relation relation = relate(&set, &sets[k]);
            if (relation == CROSSING) {
                *a = owner[k];
                *b = i;
                return false;
            }
            known = relation == SAME;
        }
        if (!known) {
            owner[plan->count] = i;
            plan->mask[plan->count] = vouchers[i].scope;
            sets[plan->count++] = set;
        }
    }
    return true;
}

bool price_plan_make(const struct price_cart *cart, int64_t at_ms,
                     const struct price_voucher *vouchers, size_t count, struct price_plan *plan,
                     size_t *a, size_t *b)
{
    CHECK(count <= PRICE_VOUCHERS_MAX);
    struct line_set sets[PRICE_PLAN_MAX];
    plan->count = 0;
    if (!sets_collect(cart, vouchers, count, sets, plan, a, b)) {
        return false;
    }
    sort_sets(sets, plan->mask, plan->count);
    uint32_t root = plan->count++;
    sets[root] = set_of(cart, 0);
    plan->mask[root] = 0;
    for (uint32_t i = 0; i < plan->count; i++) {
        plan->room_fen[i] = room_of(cart, at_ms, &sets[i]);
        plan->parent[i] = (uint8_t)root;
        for (uint32_t k = i + 1; k < root; k++) {
            if (relate(&sets[i], &sets[k]) == INSIDE) {
                plan->parent[i] = (uint8_t)k;
                break;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        plan->of[i] = (uint8_t)root;
        struct line_set set = set_of(cart, vouchers[i].scope);
        for (uint32_t k = 0; k < root && set.count > 0; k++) {
            if (vouchers[i].scope != 0 && relate(&set, &sets[k]) == SAME) {
                plan->of[i] = (uint8_t)k;
            }
        }
    }
    return true;
}

int64_t price_plan_fit(const struct price_plan *plan, int64_t *sums)
{
    uint32_t root = plan->count - 1;
    for (uint32_t i = 0; i < root; i++) {
        sums[plan->parent[i]] += sums[i] < plan->room_fen[i] ? sums[i] : plan->room_fen[i];
    }
    return sums[root] < plan->room_fen[root] ? sums[root] : plan->room_fen[root];
}

// Puts `amount` on the lines of a scope in proportion to their card totals, by largest remainder;
// what a line can't take above its floor goes to the others in the same way.
static void spread_scope(const struct price_cart *cart, uint32_t scope, int64_t amount,
                         struct price_share *out)
{
    size_t count = price_cart_count(cart);
    int64_t weights[PRICE_LINES_MAX];
    int64_t parts[PRICE_LINES_MAX];
    while (amount > 0) {
        bool any = false;
        for (size_t i = 0; i < count; i++) {
            bool in = scope == 0 || (price_cart_line(cart, i)->scopes & scope) != 0;
            weights[i] = in && out[i].final_fen > out[i].floor_fen ? out[i].card_fen : 0;
            any |= weights[i] > 0;
        }
        CHECK(any);  // price_plan_fit never gives more than the room.
        money_split(amount, weights, count, parts);
        for (size_t i = 0; i < count; i++) {
            int64_t room = out[i].final_fen - out[i].floor_fen;
            int64_t part = parts[i] < room ? parts[i] : room;
            out[i].voucher_fen += part;
            out[i].final_fen -= part;
            amount -= part;
        }
    }
}

void price_spread(const struct price_cart *cart, int64_t at_ms,
                  const struct price_voucher *vouchers, size_t count, uint64_t used,
                  struct price_share *out)
{
    CHECK(price_plan_epoch(cart, at_ms)->not_for_sale == 0);
    for (size_t i = 0; i < price_cart_count(cart); i++) {
        price_plan_line(cart, i, at_ms, &out[i]);
    }
    struct price_plan plan;
    size_t a, b;
    CHECK(price_plan_make(cart, at_ms, vouchers, count, &plan, &a, &b));
    int64_t own[PRICE_PLAN_MAX] = {0};
    int64_t inside[PRICE_PLAN_MAX] = {0};
    for (size_t i = 0; i < count; i++) {
        int64_t value, subtotal;
        if ((used >> i & 1) != 0 &&
            price_voucher_value(cart, at_ms, &vouchers[i], &value, &subtotal) == PRICE_VOUCHER_OK) {
            own[plan.of[i]] += value;
        }
    }
    for (uint32_t i = 0; i < plan.count; i++) {
        int64_t room = plan.room_fen[i] - inside[i];
        int64_t placed = own[i] < room ? own[i] : room;
        spread_scope(cart, plan.mask[i], placed, out);
        if (i + 1 < plan.count) {
            inside[plan.parent[i]] += inside[i] + placed;
        }
    }
}

static bool voucher_check(const struct price_cart *cart, const struct price_voucher *voucher,
                          size_t index, struct err *e)
{
    const struct {
        const char *name;
        int64_t value;
    } amounts[] = {
        {"amount_fen", voucher->amount_fen},
        {"threshold_fen", voucher->threshold_fen},
        {"cap_fen", voucher->cap_fen},
    };
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        if (amounts[i].value < 0 || amounts[i].value > PRICE_TOTAL_MAX) {
            return err_set(e, ERR_INVALID, "vouchers[%zu].%s: %lld is not an amount", index,
                           amounts[i].name, (long long)amounts[i].value);
        }
    }
    if (voucher->percent_bp > 10000) {
        return err_set(e, ERR_INVALID, "vouchers[%zu].percent_bp: %u.%02u %% is over 100 %%", index,
                       voucher->percent_bp / 100, voucher->percent_bp % 100);
    }
    if ((voucher->percent_bp == 0) == (voucher->amount_fen == 0)) {
        return err_set(e, ERR_INVALID,
                       "vouchers[%zu].amount: a voucher has either an amount or a percentage",
                       index);
    }
    if (voucher->budget_left_fen < 0) {
        return err_set(e, ERR_INVALID, "vouchers[%zu].budget_left: %lld is negative", index,
                       (long long)voucher->budget_left_fen);
    }
    const char *currency = price_cart_terms(cart)->currency;
    if (voucher->currency[0] != 0 && strncmp(voucher->currency, currency, 4) != 0) {
        return err_set(e, ERR_INVALID, "vouchers[%zu].currency: '%.3s', but the cart is in %s",
                       index, voucher->currency, currency);
    }
    return true;
}

bool price_vouchers_check(const struct price_cart *cart, const struct price_voucher *vouchers,
                          size_t count, struct err *e)
{
    if (count > PRICE_VOUCHERS_MAX) {
        return err_set(e, ERR_INVALID, "vouchers: %zu are more than %d", count, PRICE_VOUCHERS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (!voucher_check(cart, &vouchers[i], i, e)) {
            return false;
        }
    }
    struct price_plan plan;
    size_t a, b;
    if (!price_plan_make(cart, 0, vouchers, count, &plan, &a, &b)) {
        return err_set(e, ERR_INVALID,
                       "vouchers[%zu].scope: shares some but not all goods with vouchers[%zu]", b,
                       a);
    }
    return true;
}
