// Policy `sylius`: the arithmetic of Sylius' cart promotions, quirks included, so that a shop moved
// from there sees the same totals. The rules are public behaviour; none of its source is here.
//
// Discounts live on units. A unit has adjustments of its own and shares of adjustments of the
// order.

#include <string.h>

#include "rules/promo_doc.h"

struct unit {
    int64_t own;    // Discounts on the unit.
    int64_t share;  // Its shares of discounts on the order.
};

struct state {
    const struct promo_doc *doc;
    struct promo_result *result;
    struct unit **units;  // For each line.
    int64_t *totals;      // Running line totals.
    int64_t *weights, *parts, *shares, *floors;
    uint32_t *open, *next;  // Lines that still take part in a distribution.
    int64_t shipping_left;
};

static int64_t unit_total(const struct state *s, uint32_t line, int64_t unit)
{
    const struct unit *u = &s->units[line][unit];
    return s->doc->lines[line].good->now_price - u->own - u->share;
}

static int64_t items_total(const struct state *s, bool with_discounted)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < s->doc->line_count; i++) {
        if (with_discounted || s->doc->lines[i].good->applied_count == 0) {
            total += s->totals[i];
        }
    }
    return total;
}

// Not below the minimum price, and never a surcharge.
static int64_t above_floor(int64_t total, int64_t floor, int64_t discount)
{
    if (total - discount <= floor) {
        return total > floor ? total - floor : 0;
    }
    return discount;
}

static int64_t run_unit(struct state *s, const struct promo *promo,
                        const struct promo_action *action)
{
    int64_t given = 0;
    for (uint32_t i = 0; i < s->doc->line_count; i++) {
        const struct promo_good *good = s->doc->lines[i].good;
        if (!promo_filter_match(&action->filter, good) ||
            (!promo->applies_to_discounted && good->applied_count > 0)) {
            continue;
        }
        int64_t amount = action->amount;
        if (action->kind == PROMO_PERCENTAGE) {
            amount = promo_percent_of(good->now_price, action->percent, MONEY_ROUND_HALF_UP);
        }
        for (int64_t u = 0; u < s->doc->lines[i].qty; u++) {
            int64_t discount = above_floor(unit_total(s, i, u), good->min_price, amount);
            s->units[i][u].own += discount;
            s->totals[i] -= discount;
            given += discount;
        }
    }
    return given;
}

// In proportion, rounded half down; what is left over goes one cent each to the first lines that
// take part.
static void distribute(int64_t amount, const int64_t *weights, uint32_t count, int64_t *parts)
{
    int64_t total = 0;
    int64_t placed = 0;
    for (uint32_t i = 0; i < count; i++) {
        total += weights[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = 0;
        if (weights[i] != 0) {
            CHECK(money_scale(weights[i], amount, total, MONEY_ROUND_HALF_DOWN, &parts[i]));
        }
        placed += parts[i];
    }
    int64_t rest = amount - placed;
    for (uint32_t i = 0; i < count && rest != 0; i++) {
        int64_t step = weights[i] == 0 ? 0 : rest > 0 ? 1 : -1;
        parts[i] += step;
        rest -= step;
    }
}

// A line stops at its minimum price; what it can't take is distributed again over the others, by
// their totals as they were before, until nothing is left or nobody can take more.
static void distribute_above_floors(struct state *s, const struct promo *promo, int64_t amount)
{
    const struct promo_doc *doc = s->doc;
    uint32_t count = doc->line_count;
    for (uint32_t i = 0; i < count; i++) {
        s->open[i] = i;
        s->shares[i] = 0;
        int64_t floor = doc->lines[i].good->min_price * doc->lines[i].qty;
        s->floors[i] = floor < s->totals[i] ? floor : s->totals[i];
    }
    while (amount != 0 && count > 0) {
        for (uint32_t k = 0; k < count; k++) {
            uint32_t i = s->open[k];
            bool out = !promo->applies_to_discounted && doc->lines[i].good->applied_count > 0;
            s->weights[k] = out ? 0 : s->totals[i];
        }
        distribute(amount, s->weights, count, s->parts);
        uint32_t kept = 0;
        int64_t left = 0;
        for (uint32_t k = 0; k < count; k++) {
            uint32_t i = s->open[k];
            int64_t after = s->totals[i] - s->parts[k];
            if (s->floors[i] >= after) {
                left += s->floors[i] - after;
                s->shares[i] += s->totals[i] - s->floors[i];
            } else {
                s->shares[i] += s->parts[k];
                s->floors[i] += s->parts[k];
                s->next[kept++] = i;
            }
        }
        memcpy(s->open, s->next, kept * sizeof s->next[0]);
        count = kept;
        amount = left;
    }
}

static int64_t run_order(struct state *s, const struct promo *promo,
                         const struct promo_action *action)
{
    int64_t base = items_total(s, promo->applies_to_discounted);
    int64_t amount = action->amount < base ? action->amount : base;
    if (action->kind == PROMO_PERCENTAGE) {
        amount = promo_percent_of(base, action->percent, MONEY_ROUND_HALF_UP);
    }
    if (amount == 0) {
        return 0;
    }
    distribute_above_floors(s, promo, amount);
    int64_t given = 0;
    for (uint32_t i = 0; i < s->doc->line_count; i++) {
        int64_t qty = s->doc->lines[i].qty;
        for (int64_t u = 0; u < qty && s->shares[i] > 0; u++) {
            int64_t part = s->shares[i] / qty + (u < s->shares[i] % qty);
            part = above_floor(unit_total(s, i, u), s->doc->lines[i].good->min_price, part);
            s->units[i][u].share += part;
            s->totals[i] -= part;
            given += part;
        }
    }
    return given;
}

static int64_t run_shipping(struct state *s, const struct promo_action *action)
{
    const struct promo_doc *doc = s->doc;
    if (!doc->has_shipping || doc->unit_count == 0) {
        return 0;
    }
    int64_t amount = action->amount;
    if (action->kind == PROMO_PERCENTAGE) {
        amount = promo_percent_of(doc->shipping_fee, action->percent, MONEY_ROUND_HALF_UP);
    }
    amount = amount < s->shipping_left ? amount : s->shipping_left;
    s->shipping_left -= amount;
    return amount;
}

static void run(struct state *s, const struct promo *promo)
{
    int64_t given = 0;
    for (uint32_t i = 0; i < promo->action_count; i++) {
        const struct promo_action *action = &promo->actions[i];
        switch (action->target) {
        case PROMO_TARGET_UNIT:
        case PROMO_TARGET_LINE:
        case PROMO_TARGET_PRICE:
            given += run_unit(s, promo, action);
            break;
        case PROMO_TARGET_ORDER:
            given += run_order(s, promo, action);
            break;
        case PROMO_TARGET_SHIPPING:
            given += run_shipping(s, action);
            break;
        }
    }
    promo_note(s->result, promo, given, NULL);
}

// Why it doesn't run, or NULL.
static const char *obstacle(const struct state *s, const struct promo *promo)
{
    if (!promo->enabled) {
        return "not enabled here";
    }
    if (!promo_window_open(s->doc, &promo->window, true)) {
        return "outside its time window";
    }
    if (promo->usage_limit != PROMO_NONE && promo->used >= promo->usage_limit) {
        return "usage limit reached";
    }
    if (!promo_coupon_valid(s->doc, promo)) {
        return promo_coupon_entered(s->doc, promo) ? "coupon used up or expired"
                                                   : "needs its coupon";
    }
    return promo_conditions_hold(s->doc, promo, s->totals) ? NULL : "conditions not met";
}

// Every code entered must belong to a promotion that could run on this cart.
static bool coupons_accepted(const struct state *s)
{
    const struct json_node *list = s->doc->coupons;
    if (list == NULL || list->type != JSON_ARRAY) {
        return true;
    }
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        bool accepted = false;
        for (uint32_t i = 0; i < s->doc->promo_count && !accepted; i++) {
            const struct promo *promo = &s->doc->promos[i];
            accepted = promo->coupon.code != NULL &&
                       promo->coupon.code->text_size == n->text_size &&
                       memcmp(promo->coupon.code->text, n->text, n->text_size) == 0 &&
                       obstacle(s, promo) == NULL;
        }
        if (!accepted) {
            return false;
        }
    }
    return true;
}

static void run_all(struct state *s)
{
    const struct promo_doc *doc = s->doc;
    const struct promo *alone = NULL;
    for (uint32_t i = 0; i < doc->promo_count && alone == NULL; i++) {
        const struct promo *promo = &doc->promos[i];
        if (!promo->catalog && promo->exclusive && obstacle(s, promo) == NULL) {
            alone = promo;
        }
    }
    for (uint32_t i = 0; i < doc->promo_count; i++) {
        const struct promo *promo = &doc->promos[i];
        if (promo->catalog) {
            continue;
        }
        const char *reason = obstacle(s, promo);
        if (reason == NULL && alone != NULL && promo != alone) {
            reason = "excluded by an exclusive promotion";
        }
        if (reason == NULL) {
            run(s, promo);
        } else {
            promo_note(s->result, promo, 0, reason);
        }
    }
}

static void fill_result(const struct state *s)
{
    const struct promo_doc *doc = s->doc;
    for (uint32_t i = 0; i < doc->line_count; i++) {
        struct promo_line_result *line = &s->result->lines[i];
        int64_t qty = doc->lines[i].qty;
        int64_t price = doc->lines[i].good->now_price;
        line->units = arena_zalloc(doc->arena, (size_t)(qty + 1) * sizeof line->units[0]);
        for (int64_t u = 0; u < qty; u++) {
            const struct unit *unit = &s->units[i][u];
            line->units[u] = doc->lines[i].good->original_price > price
                                 ? doc->lines[i].good->original_price - price
                                 : 0;
            line->units[u] += unit->own + unit->share;
            line->unit_discount += unit->own;
            line->discount += unit->own + unit->share;
        }
        line->total = price * qty - line->discount;
        line->unit_price = price - (qty > 0 ? s->units[i][0].own : 0);
        s->result->items_total += line->total;
        s->result->discount_total += line->discount;
    }
    s->result->shipping_discount = doc->shipping_fee - s->shipping_left;
}

bool promo_sylius_judge(struct promo_doc *doc, struct promo_result *result, struct err *e)
{
    (void)e;
    promo_catalog_apply(doc);
    size_t count = doc->line_count + 1;
    struct state s = {.doc = doc, .result = result};
    int64_t *numbers = arena_zalloc(doc->arena, 5 * count * sizeof *numbers);
    s.totals = numbers;
    s.weights = numbers + count;
    s.parts = numbers + 2 * count;
    s.shares = numbers + 3 * count;
    s.floors = numbers + 4 * count;
    s.open = arena_zalloc(doc->arena, 2 * count * sizeof *s.open);
    s.next = s.open + count;
    s.units = arena_zalloc(doc->arena, count * sizeof *s.units);
    for (uint32_t i = 0; i < doc->line_count; i++) {
        const struct promo_line *line = &doc->lines[i];
        s.units[i] = arena_zalloc(doc->arena, (size_t)(line->qty + 1) * sizeof **s.units);
        s.totals[i] = line->good->now_price * line->qty;
    }
    s.shipping_left = doc->unit_count == 0 ? 0 : doc->shipping_fee;
    result->coupon_accepted = coupons_accepted(&s);
    run_all(&s);
    fill_result(&s);
    if (doc->unit_count == 0) {
        doc->shipping_fee = 0;  // Nothing to ship.
        result->shipping_discount = 0;
    }
    return true;
}
