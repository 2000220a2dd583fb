// Policy `drumbeat`, ours. Catalogue promotions set the prices; cart promotions run by priority,
// each on what the ones before have left; no line goes below its minimum price; every spread is
// exact, by largest remainder; of the coupons entered the member gets the best allowed combination
// (all of them tried, fewest coupons of equals). Pure.

#include <string.h>

#include "rules/promo_doc.h"

#define COUPONS_MAX 8  // 256 combinations

struct own {
    const struct promo_doc *doc;
    struct promo_result *result;  // NULL while combinations are compared.
    uint32_t line_count;
    int64_t *left, *saved, *floor;  // Of each line.
    int64_t *wanted, *weights, *parts;
    int64_t shipping_left;
    const struct promo *coupons[COUPONS_MAX];
    uint32_t coupon_count;
    const struct promo **groups;  // Those that ran and belong to an exclusive group.
    uint32_t group_count;
};

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t room(const struct own *s, uint32_t line)
{
    return s->left[line] > s->floor[line] ? s->left[line] - s->floor[line] : 0;
}

static bool applies(const struct own *s, const struct promo *promo,
                    const struct promo_action *action, uint32_t line)
{
    const struct promo_good *good = s->doc->lines[line].good;
    return s->doc->lines[line].qty > 0 && promo_filter_match(&action->filter, good) &&
           (promo->applies_to_discounted || good->applied_count == 0);
}

static int64_t matching_total(const struct own *s, const struct promo *promo,
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
static int64_t value_on(const struct own *s, const struct promo_action *action, int64_t base,
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
        value = promo_percent_of(base, action->percent, s->doc->round);
        break;
    case PROMO_TIERED_FIXED:
        value = promo_tier_amount(action, items_total, base, units);
        break;
    case PROMO_TIERED_PERCENT:
        value = promo_percent_of(base, promo_tier_amount(action, items_total, base, units),
                                 s->doc->round);
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
static void want_buy_get(struct own *s, const struct promo *promo,
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
            count * promo_percent_of(line->good->now_price, action->percent, s->doc->round);
        give -= count;
    }
}

static void want_each(struct own *s, const struct promo *promo, const struct promo_action *action)
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

// By largest remainder over the lines, in proportion to the weights, none below its floor; what a
// line can't take goes to the others.
static void want_shares(struct own *s, int64_t amount)
{
    while (amount > 0) {
        bool any = false;
        for (uint32_t i = 0; i < s->line_count; i++) {
            bool open = s->wanted[i] >= 0 && s->wanted[i] < room(s, i);
            s->weights[i] = open ? s->left[i] : 0;
            any |= s->weights[i] > 0;
        }
        if (!any) {
            return;
        }
        money_split(amount, s->weights, s->line_count, s->parts);
        for (uint32_t i = 0; i < s->line_count; i++) {
            int64_t part = s->wanted[i] < 0 ? 0 : min64(s->parts[i], room(s, i) - s->wanted[i]);
            if (part > 0) {
                s->wanted[i] += part;
                amount -= part;
            }
        }
    }
}

static void want_order(struct own *s, const struct promo *promo, const struct promo_action *action)
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
static int64_t take_wanted(struct own *s, const struct promo_action *action)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < s->line_count; i++) {
        s->wanted[i] = s->wanted[i] < 0 ? 0 : min64(s->wanted[i], room(s, i));
        sum += s->wanted[i];
    }
    if (action->cap != PROMO_NONE && sum > action->cap) {
        money_split(action->cap, s->wanted, s->line_count, s->parts);
        memcpy(s->wanted, s->parts, s->line_count * sizeof s->parts[0]);
        sum = action->cap;
    }
    for (uint32_t i = 0; i < s->line_count; i++) {
        s->left[i] -= s->wanted[i];
    }
    return sum;
}

static int64_t run_action(struct own *s, const struct promo *promo,
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

static const struct promo *group_ran(const struct own *s, const struct promo *promo)
{
    for (uint32_t i = 0; i < s->group_count && promo->group != NULL; i++) {
        const struct json_node *group = s->groups[i]->group;
        if (promo_list_has(group, promo->group->text, promo->group->text_size)) {
            return s->groups[i];
        }
    }
    return NULL;
}

// Reasons are put into words only when the result is told, not while combinations are compared.
static const char *excluded_by(const struct own *s, const struct promo *other)
{
    if (s->result == NULL) {
        return "excluded";
    }
    return arena_printf(s->doc->arena, "excluded by '%.*s'", (int)other->name_size, other->name);
}

static const char *unmet(const struct own *s, const struct promo *promo)
{
    int64_t missing = promo_conditions_missing(s->doc, promo, s->left);
    if (s->result == NULL || missing == 0) {
        return "conditions not met";
    }
    char amount[40];
    money_format(missing, s->doc->decimals, amount, sizeof amount);
    return arena_printf(s->doc->arena, "needs %s more", amount);
}

// Why it can't run on the cart as it is now, or NULL.
static const char *obstacle(const struct own *s, const struct promo *promo, uint32_t chosen)
{
    if (!promo->enabled) {
        return "not enabled here";
    }
    if (!promo_window_open(s->doc, &promo->window, false)) {
        return "outside its time window";
    }
    if (promo->usage_limit != PROMO_NONE && promo->used >= promo->usage_limit) {
        return "usage limit reached";
    }
    if (!promo_coupon_valid(s->doc, promo)) {
        return promo_coupon_entered(s->doc, promo) ? "coupon used up or expired"
                                                   : "needs its coupon";
    }
    for (uint32_t i = 0; i < s->coupon_count; i++) {
        if (s->coupons[i] == promo && (chosen >> i & 1) == 0) {
            return "another combination of coupons gives more";
        }
    }
    const struct promo *other = group_ran(s, promo);
    if (other != NULL) {
        return excluded_by(s, other);
    }
    return promo_conditions_hold(s->doc, promo, s->left) ? NULL : unmet(s, promo);
}

static void note(const struct own *s, const struct promo *promo, int64_t discount,
                 const char *reason)
{
    if (s->result != NULL) {
        promo_note(s->result, promo, discount, reason);
    }
}

static void run_promo(struct own *s, const struct promo *promo)
{
    int64_t shipping = s->shipping_left;
    int64_t given = 0;
    memcpy(s->saved, s->left, s->line_count * sizeof s->left[0]);
    for (uint32_t i = 0; i < promo->action_count; i++) {
        given += run_action(s, promo, &promo->actions[i]);
    }
    if (promo->budget_left != PROMO_NONE && given > promo->budget_left) {
        memcpy(s->left, s->saved, s->line_count * sizeof s->left[0]);
        s->shipping_left = shipping;
        note(s, promo, 0, "budget spent");
        return;
    }
    if (promo->group != NULL) {
        s->groups[s->group_count++] = promo;
    }
    note(s, promo, given, NULL);
}

// Runs everything with the chosen coupons; returns what the member pays.
static int64_t run_all(struct own *s, uint32_t chosen)
{
    const struct promo_doc *doc = s->doc;
    const struct promo *alone = NULL;
    s->group_count = 0;
    s->shipping_left = doc->unit_count == 0 ? 0 : doc->shipping_fee;
    for (uint32_t i = 0; i < s->line_count; i++) {
        s->left[i] = doc->lines[i].good->now_price * doc->lines[i].qty;
    }
    for (uint32_t i = 0; i < doc->promo_count && alone == NULL; i++) {
        const struct promo *promo = &doc->promos[i];
        if (!promo->catalog && promo->exclusive && obstacle(s, promo, chosen) == NULL) {
            alone = promo;
        }
    }
    for (uint32_t i = 0; i < doc->promo_count; i++) {
        const struct promo *promo = &doc->promos[i];
        if (promo->catalog) {
            continue;
        }
        const char *reason = obstacle(s, promo, chosen);
        if (reason == NULL && alone != NULL && alone != promo) {
            reason = excluded_by(s, alone);
        }
        if (reason == NULL) {
            run_promo(s, promo);
        } else {
            note(s, promo, 0, reason);
        }
    }
    int64_t pays = s->shipping_left;
    for (uint32_t i = 0; i < s->line_count; i++) {
        pays += s->left[i];
    }
    return pays;
}

static bool coupons_find(struct own *s, struct err *e)
{
    for (uint32_t i = 0; i < s->doc->promo_count; i++) {
        const struct promo *promo = &s->doc->promos[i];
        if (promo->catalog || promo->coupon.code == NULL || !promo_coupon_valid(s->doc, promo)) {
            continue;
        }
        if (s->coupon_count == COUPONS_MAX) {
            return err_set(e, ERR_INVALID, "cart.coupons: more than %d at once", COUPONS_MAX);
        }
        s->coupons[s->coupon_count++] = promo;
    }
    return true;
}

static uint32_t coupons_best(struct own *s)
{
    uint32_t best = 0;
    int64_t best_pays = run_all(s, 0);
    for (uint32_t set = 1; set < UINT32_C(1) << s->coupon_count; set++) {
        int64_t pays = run_all(s, set);
        if (pays < best_pays ||
            (pays == best_pays && __builtin_popcount(set) < __builtin_popcount(best))) {
            best = set;
            best_pays = pays;
        }
    }
    return best;
}

bool promo_own_judge(struct promo_doc *doc, struct promo_result *result, struct err *e)
{
    promo_catalog_apply(doc);
    size_t size = doc->line_count + 1;
    int64_t *numbers = arena_zalloc(doc->arena, 6 * size * sizeof *numbers);
    struct own s = {.doc = doc, .line_count = doc->line_count};
    s.left = numbers;
    s.saved = numbers + size;
    s.floor = numbers + 2 * size;
    s.wanted = numbers + 3 * size;
    s.weights = numbers + 4 * size;
    s.parts = numbers + 5 * size;
    s.groups = arena_zalloc(doc->arena, (doc->promo_count + 1) * sizeof *s.groups);
    for (uint32_t i = 0; i < doc->line_count; i++) {
        int64_t price = doc->lines[i].good->now_price;
        s.floor[i] = min64(doc->lines[i].good->min_price, price) * doc->lines[i].qty;
    }
    if (!coupons_find(&s, e)) {
        return false;
    }
    uint32_t best = coupons_best(&s);
    s.result = result;
    (void)run_all(&s, best);
    for (uint32_t i = 0; i < doc->line_count; i++) {
        struct promo_line_result *line = &result->lines[i];
        int64_t full = doc->lines[i].good->now_price * doc->lines[i].qty;
        line->total = s.left[i];
        line->discount = full - s.left[i];
        line->unit_discount = line->discount;
        line->unit_price = doc->lines[i].good->now_price;
        result->items_total += line->total;
        result->discount_total += line->discount;
    }
    if (doc->unit_count == 0) {
        doc->shipping_fee = 0;  // Nothing to ship.
    }
    result->shipping_discount = doc->shipping_fee - s.shipping_left;
    result->coupon_accepted = s.coupon_count > 0 || doc->coupons == NULL;
    return true;
}
