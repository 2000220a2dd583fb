// What one action of policy `drumbeat` takes off a cart: which lines it wants how much of, cut to
// the floors and the cap, every spread exact. Pure.

#include <string.h>

#include "rules/promo_own.h"

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t room(const struct promo_own *s, uint32_t line)
{
    return s->left[line] > s->floor[line] ? s->left[line] - s->floor[line] : 0;
}

static bool applies(const struct promo_own *s, const struct promo *promo,
                    const struct promo_action *action, uint32_t line)
{
    const struct promo_good *good = s->doc->lines[line].good;
    return s->doc->lines[line].qty > 0 && promo_filter_match(&action->filter, good) &&
           (promo->applies_to_discounted || good->applied_count == 0);
}

static int64_t matching_total(const struct promo_own *s, const struct promo *promo,
                              const struct promo_action *action, int64_t *units)
{
    int64_t total = 0;
    *units = 0;
    for (uint32_t i = 0; i < s->line_count; i++) {
        if (applies(s, promo, action, i)) {
            total += s->left[i];
            *units += s->doc->lines[i].qty;
        }
    }
    return total;
}

// What an action takes off a base: an amount, a part of it, or what the tier reached says.
static int64_t value_on(const struct promo_own *s, const struct promo_action *action, int64_t base,
                        int64_t items_total, int64_t units)
{
    int64_t value = action->amount;
    switch (action->kind) {
    case PROMO_FIXED:
        if (action->per_total != PROMO_NONE &&
            !money_mul(action->amount, base / action->per_total, &value)) {
            value = base;
        }
        break;
    case PROMO_PERCENTAGE:
    case PROMO_BUY_GET:
        value = promo_percent_of(base, action->percent, s->round);
        break;
    case PROMO_TIERED_FIXED:
        value = promo_tier_amount(action, items_total, base, units);
        break;
    case PROMO_TIERED_PERCENT:
        value =
            promo_percent_of(base, promo_tier_amount(action, items_total, base, units), s->round);
        break;
    case PROMO_FLEXI: {
        int64_t most = action->max_units > 0 ? min64(action->max_units, units) : units;
        if (most == 0 || !money_mul(action->additional_unit, most - 1, &value)) {
            return most == 0 ? 0 : base;
        }
        value = min64(value, base) + action->first_unit;
        break;
    }
    }
    return min64(value, base);
}

// The cheapest units of every full group are discounted.
static void want_buy_get(struct promo_own *s, const struct promo *promo,
                         const struct promo_action *action)
{
    int64_t units;
    (void)matching_total(s, promo, action, &units);
    int64_t give = units / (action->buy + action->get) * action->get;
    while (give > 0) {
        uint32_t cheapest = s->line_count;
        for (uint32_t i = 0; i < s->line_count; i++) {
            if (applies(s, promo, action, i) && s->wanted[i] < 0 &&
                (cheapest == s->line_count ||
                 s->doc->lines[i].good->now_price < s->doc->lines[cheapest].good->now_price)) {
                cheapest = i;
            }
        }
        const struct promo_line *line = &s->doc->lines[cheapest];
        int64_t count = min64(give, line->qty);
        s->wanted[cheapest] =
            count * promo_percent_of(line->good->now_price, action->percent, s->round);
        give -= count;
    }
}

static void want_each(struct promo_own *s, const struct promo *promo,
                      const struct promo_action *action)
{
    int64_t units;
    int64_t total = matching_total(s, promo, action, &units);
    int64_t quota = action->max_units > 0 ? action->max_units : units;
    if (action->group_size != PROMO_NONE) {
        quota = min64(quota, units / action->group_size * action->group_size);
    }
    bool by_unit =
        action->target == PROMO_TARGET_UNIT || action->per_unit || action->group_size != PROMO_NONE;
    for (uint32_t i = 0; i < s->line_count; i++) {
        const struct promo_line *line = &s->doc->lines[i];
        if (!applies(s, promo, action, i)) {
            continue;
        }
        if (by_unit) {
            int64_t count = min64(quota, line->qty);
            s->wanted[i] = count * value_on(s, action, line->good->now_price, total, units);
            quota -= count;
        } else {
            s->wanted[i] = value_on(s, action, s->left[i], total, line->qty);
        }
    }
}

// Parts of an amount in proportion to the weights, exact by the remainder rule.
static void split(struct promo_own *s, int64_t amount, const int64_t *weights)
{
    if (s->remainder == PROMO_REMAINDER_LARGEST) {
        money_split(amount, weights, s->line_count, s->parts);
        return;
    }
    int64_t sum = 0;
    int64_t left = amount;
    for (uint32_t i = 0; i < s->line_count; i++) {
        sum += weights[i];
    }
    for (uint32_t i = 0; i < s->line_count; i++) {
        const bool fits = money_scale(amount, weights[i], sum, MONEY_ROUND_DOWN, &s->parts[i]);
        CHECK(fits);
        left -= s->parts[i];
    }
    for (uint32_t i = 0; left > 0; i++) {
        uint32_t line = s->remainder == PROMO_REMAINDER_FIRST ? i : s->line_count - 1 - i;
        if (weights[line] > 0) {
            s->parts[line]++;
            left--;
        }
    }
}

// By the remainder rule over the lines, in proportion to the weights, none below its floor; what a
// line can't take goes to the others.
static void want_shares(struct promo_own *s, int64_t amount)
{
    while (amount > 0) {
        bool any = false;
        for (uint32_t i = 0; i < s->line_count; i++) {
            bool open = s->wanted[i] >= 0 && s->wanted[i] < room(s, i);
            s->weights[i] = open ? s->left[i] : 0;
            any |= s->weights[i] > 0;
        }
        if (!any) {
            s->cut = true;
            return;
        }
        split(s, amount, s->weights);
        for (uint32_t i = 0; i < s->line_count; i++) {
            int64_t part = s->wanted[i] < 0 ? 0 : min64(s->parts[i], room(s, i) - s->wanted[i]);
            if (part > 0) {
                s->wanted[i] += part;
                amount -= part;
            }
        }
    }
}

static void want_order(struct promo_own *s, const struct promo *promo,
                       const struct promo_action *action)
{
    int64_t units;
    int64_t total = matching_total(s, promo, action, &units);
    int64_t amount = value_on(s, action, total, total, units);
    for (uint32_t i = 0; i < s->line_count; i++) {
        s->wanted[i] = applies(s, promo, action, i) ? 0 : -1;
    }
    if (action->cap != PROMO_NONE) {
        amount = min64(amount, action->cap);
    }
    want_shares(s, amount);
}

// Cuts the wishes to the floors and to the action's cap, then takes them.
static int64_t take_wanted(struct promo_own *s, const struct promo_action *action)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < s->line_count; i++) {
        int64_t fits = s->wanted[i] < 0 ? 0 : min64(s->wanted[i], room(s, i));
        s->cut |= fits < s->wanted[i];
        s->wanted[i] = fits;
        sum += fits;
    }
    if (action->cap != PROMO_NONE && sum > action->cap) {
        split(s, action->cap, s->wanted);
        memcpy(s->wanted, s->parts, s->line_count * sizeof s->parts[0]);
        sum = action->cap;
    }
    for (uint32_t i = 0; i < s->line_count; i++) {
        s->left[i] -= s->wanted[i];
    }
    return sum;
}

int64_t promo_own_take(struct promo_own *s, const struct promo *promo,
                       const struct promo_action *action)
{
    if (action->target == PROMO_TARGET_SHIPPING) {
        int64_t units;
        int64_t total = matching_total(s, promo, action, &units);
        int64_t less =
            min64(value_on(s, action, s->doc->shipping_fee, total, units), s->shipping_left);
        if (action->cap != PROMO_NONE) {
            less = min64(less, action->cap);
        }
        s->shipping_left -= less;
        return less;
    }
    for (uint32_t i = 0; i < s->line_count; i++) {
        s->wanted[i] = -1;
    }
    if (action->kind == PROMO_BUY_GET) {
        want_buy_get(s, promo, action);
    } else if (action->target == PROMO_TARGET_ORDER) {
        want_order(s, promo, action);
    } else {
        want_each(s, promo, action);
    }
    return take_wanted(s, action);
}

int64_t promo_own_missing(const struct promo_own *s, const struct promo *promo)
{
    int64_t least = 0;
    for (uint32_t i = 0; i < promo->action_count; i++) {
        const struct promo_action *action = &promo->actions[i];
        int64_t units;
        int64_t total = matching_total(s, promo, action, &units);
        int64_t next = 0;
        if (action->kind == PROMO_FIXED && action->per_total != PROMO_NONE &&
            action->target == PROMO_TARGET_ORDER) {
            next = action->per_total;
        }
        for (uint32_t k = 0; k < action->tier_count; k++) {
            const struct promo_tier *tier = &action->tiers[k];
            if (tier->basis == PROMO_TIER_ITEMS_TOTAL && tier->at_least > total &&
                (next == 0 || tier->at_least < next)) {
                next = tier->at_least;
            }
        }
        // Goods it is about must be there: otherwise no amount of others helps.
        if (total > 0 && next > total && (least == 0 || next - total < least)) {
            least = next - total;
        }
    }
    return least;
}
