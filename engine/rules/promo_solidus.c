// Policy `solidus`: the arithmetic of Solidus' promotion calculators. All actions of one lane
// compete: a line, and the shipment, gets the best of them; lanes follow one another, each on what
// the one before has left. The rules are public behaviour; none of its source is here.

#include <string.h>
#include <strings.h>

#include "rules/promo_doc.h"

struct solidus {
    const struct promo_doc *doc;
    int64_t *left;  // Of each line: what may still be discounted.
    int64_t *best;  // Best discount of each line in the lane at hand.
    int64_t shipping_left;
    int64_t items_total;  // Before discounts.
};

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// Stops at PROMO_TOTAL_MAX, more than any line can be worth.
static int64_t times(int64_t amount, int64_t count)
{
    int64_t product;
    return money_mul(amount, count, &product) ? min64(product, PROMO_TOTAL_MAX) : PROMO_TOTAL_MAX;
}

// A calculator in another currency gives nothing.
static bool currency_fits(const struct promo_doc *doc, const struct promo_action *action)
{
    if (action->currency == NULL || doc->currency == NULL) {
        return true;
    }
    return action->currency->text_size == doc->currency->text_size &&
           strncasecmp(action->currency->text, doc->currency->text, doc->currency->text_size) == 0;
}

static bool applicable(const struct solidus *s, const struct promo_action *action, uint32_t line)
{
    return promo_filter_match(&action->filter, s->doc->lines[line].good);
}

static int64_t eligible_quantity(const struct solidus *s, const struct promo_action *action)
{
    int64_t quantity = 0;
    for (uint32_t i = 0; i < s->doc->line_count; i++) {
        quantity += applicable(s, action, i) ? s->doc->lines[i].qty : 0;
    }
    return quantity;
}

// Shares of an amount over the applicable lines: from the last line to the first, each takes its
// part of what is left, cut to whole cents, so the first carries the remainder.
static int64_t allocate(struct solidus *s, const struct promo_action *action, int64_t amount,
                        uint32_t wanted)
{
    int64_t weights = 0;
    for (uint32_t i = 0; i < s->doc->line_count; i++) {
        weights += applicable(s, action, i) ? s->left[i] : 0;
    }
    for (uint32_t i = s->doc->line_count; i-- > 0;) {
        if (!applicable(s, action, i) || weights == 0) {
            continue;
        }
        int64_t part;
        CHECK(money_scale(amount, s->left[i], weights, MONEY_ROUND_DOWN, &part));
        if (i == wanted) {
            return part;
        }
        amount -= part;
        weights -= s->left[i];
    }
    return 0;
}

// What the calculator says of one thing that costs `amount` (`left` of it not yet discounted).
static int64_t calculate(struct solidus *s, const struct promo_action *action, int64_t amount,
                         int64_t left, int64_t qty)
{
    int64_t tier;
    switch (action->kind) {
    case PROMO_FIXED:
        return min64(left, action->amount);
    case PROMO_PERCENTAGE:
        return promo_percent_of(left, action->percent, MONEY_ROUND_HALF_UP);
    case PROMO_TIERED_FIXED:
        // Tiers of an amount look at the thing itself, whatever the document calls them.
        return promo_tier_amount(action, left, left, eligible_quantity(s, action));
    case PROMO_TIERED_PERCENT:
        tier = promo_tier_amount(action, s->items_total, left, eligible_quantity(s, action));
        return promo_percent_of(amount, tier, MONEY_ROUND_HALF_UP);
    case PROMO_FLEXI: {
        int64_t most = action->max_units > 0 ? action->max_units : qty;
        int64_t units = min64(qty, most);
        if (units == 0) {
            return 0;
        }
        return min64(action->first_unit + times(action->additional_unit, units - 1), left);
    }
    case PROMO_BUY_GET:
        break;
    }
    return 0;
}

// Units of a line that stand in full groups, when all units are lined up by quantity, largest
// line first.
static int64_t grouped_units(const struct solidus *s, const struct promo_action *action,
                             uint32_t wanted)
{
    int64_t size = action->group_size == PROMO_NONE ? 1 : action->group_size;
    int64_t full = eligible_quantity(s, action) / size * size;
    int64_t before = 0;
    int64_t qty = s->doc->lines[wanted].qty;
    for (uint32_t i = 0; i < s->doc->line_count; i++) {
        int64_t other = s->doc->lines[i].qty;
        if (i != wanted && applicable(s, action, i) &&
            (other > qty || (other == qty && i < wanted))) {
            before += other;
        }
    }
    int64_t inside = full - before;
    return inside < 0 ? 0 : min64(inside, qty);
}

static int64_t line_discount(struct solidus *s, const struct promo_action *action, uint32_t line)
{
    int64_t qty = s->doc->lines[line].qty;
    int64_t amount = s->doc->lines[line].good->price * qty;
    int64_t left = s->left[line];
    int64_t discount;
    if (!applicable(s, action, line) || qty == 0) {
        return 0;
    }
    if (action->group_size != PROMO_NONE || action->per_unit ||
        action->target == PROMO_TARGET_UNIT) {
        int64_t unit = calculate(s, action, amount / qty, left / qty, 1);
        discount = times(unit, grouped_units(s, action, line));
    } else if (action->distribute ||
               (action->target == PROMO_TARGET_ORDER && action->kind == PROMO_FIXED)) {
        discount = allocate(s, action, action->amount, line);
    } else {
        discount = calculate(s, action, amount, left, qty);
    }
    if (action->cap != PROMO_NONE) {
        discount = min64(discount, allocate(s, action, action->cap, line));
    }
    return min64(discount, left);
}

static bool runs(const struct solidus *s, const struct promo *promo)
{
    return !promo->catalog && promo->enabled && promo_window_open(s->doc, &promo->window, true) &&
           (promo->usage_limit == PROMO_NONE || promo->used < promo->usage_limit) &&
           promo_coupon_valid(s->doc, promo) && promo_conditions_hold(s->doc, promo, s->left);
}

enum lane { LANE_PRE, LANE_DEFAULT, LANE_POST, LANES };

static enum lane lane_of(const struct promo *promo)
{
    if (promo->lane != NULL && json_text_is(promo->lane, "pre")) {
        return LANE_PRE;
    }
    return promo->lane != NULL && json_text_is(promo->lane, "post") ? LANE_POST : LANE_DEFAULT;
}

static void run_lane(struct solidus *s, enum lane lane, struct promo_result *result)
{
    int64_t shipping = 0;
    memset(s->best, 0, (s->doc->line_count + 1) * sizeof s->best[0]);
    for (uint32_t p = 0; p < s->doc->promo_count; p++) {
        const struct promo *promo = &s->doc->promos[p];
        if (lane_of(promo) != lane || !runs(s, promo)) {
            continue;
        }
        for (uint32_t a = 0; a < promo->action_count; a++) {
            const struct promo_action *action = &promo->actions[a];
            if (!currency_fits(s->doc, action)) {
                continue;
            }
            if (action->target == PROMO_TARGET_SHIPPING) {
                int64_t fee = s->doc->shipping_fee;
                int64_t less =
                    min64(calculate(s, action, fee, s->shipping_left, 1), s->shipping_left);
                shipping = less > shipping ? less : shipping;
                continue;
            }
            for (uint32_t i = 0; i < s->doc->line_count; i++) {
                int64_t less = line_discount(s, action, i);
                s->best[i] = less > s->best[i] ? less : s->best[i];
            }
        }
        promo_note(result, promo, 0, NULL);
    }
    s->shipping_left -= shipping;
    for (uint32_t i = 0; i < s->doc->line_count; i++) {
        s->left[i] -= s->best[i];
    }
}

bool promo_solidus_judge(struct promo_doc *doc, struct promo_result *result, struct err *e)
{
    (void)e;
    struct solidus s = {.doc = doc, .shipping_left = doc->shipping_fee};
    s.left = arena_zalloc(doc->arena, 2 * (doc->line_count + 1) * sizeof *s.left);
    s.best = s.left + doc->line_count + 1;
    for (uint32_t i = 0; i < doc->line_count; i++) {
        s.left[i] = doc->lines[i].good->price * doc->lines[i].qty;
        s.items_total += s.left[i];
    }
    for (int lane = 0; lane < LANES; lane++) {
        run_lane(&s, (enum lane)lane, result);
    }
    for (uint32_t i = 0; i < doc->line_count; i++) {
        struct promo_line_result *line = &result->lines[i];
        line->total = s.left[i];
        line->discount = doc->lines[i].good->price * doc->lines[i].qty - s.left[i];
        line->unit_discount = line->discount;
        line->unit_price = doc->lines[i].good->price;
        result->items_total += line->total;
        result->discount_total += line->discount;
    }
    result->shipping_discount = doc->shipping_fee - s.shipping_left;
    result->coupon_accepted = true;
    return true;
}
