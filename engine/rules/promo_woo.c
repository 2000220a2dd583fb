// Policy `woocommerce`: the arithmetic of WooCommerce's coupons, so that a shop moved from there
// sees the same totals. Written from two public texts and nothing else:
// - the rule of the neutral cases' family `woo-discount`: lines by unit price, dearest first;
//   coupons in the listed order; percent and fixed product per line, with an optional number of
//   units over the cart; half a cent goes down; "sequentially" a later coupon sees the discounted
//   price, else the full one; no line below zero;
// - the shop's user guide to coupons: the kinds, minimum spend on the subtotal, products, sale
//   items, individual use, usage limits, codes without regard to case.
// What both leave open is ours: a percentage of several lines is whole in sum (cents lost to
// rounding go back to the dearest lines), and a discount on the cart is shared evenly by units.
//
// No clock, no I/O; it may not read the document again, promo_doc has checked every field.

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rules/promo_doc.h"

struct cut {
    int64_t units;     // Of the line, within the coupon's limit.
    int64_t base;      // What the percentage or amount is taken of.
    int64_t discount;  // Granted by the action at hand.
};

struct woo {
    const struct promo_doc *doc;
    struct promo_result *result;
    uint32_t *order;  // Lines, dearest unit first.
    int64_t *left;    // Of each line: what isn't discounted yet.
    int64_t *own;     // Of each line: discounts other than on the cart.
    struct cut *cuts;
    int64_t *totals;  // Before discounts: "spend" is the subtotal.
    int64_t shipping_left;
};

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// The amount times units, but never more than `most`.
static int64_t times_at_most(int64_t amount, int64_t units, int64_t most)
{
    int64_t product;
    return money_mul(amount, units, &product) ? min64(product, most) : most;
}

static void order_lines(struct woo *s)
{
    const struct promo_line *lines = s->doc->lines;
    for (uint32_t i = 0; i < s->doc->line_count; i++) {
        uint32_t at = i;
        for (; at > 0 && lines[s->order[at - 1]].good->price < lines[i].good->price; at--) {
            s->order[at] = s->order[at - 1];
        }
        s->order[at] = i;
    }
}

static bool takes(const struct promo *promo, const struct promo_action *action,
                  const struct promo_good *good)
{
    return promo_filter_match(&action->filter, good) &&
           !(promo->coupon.exclude_sale_items && good->on_sale);
}

// Which units the action may touch, and what they cost now.
static void measure(struct woo *s, const struct promo *promo, const struct promo_action *action)
{
    int64_t allowed = action->max_units > 0 ? action->max_units : PROMO_UNITS_MAX;
    for (uint32_t k = 0; k < s->doc->line_count; k++) {
        uint32_t i = s->order[k];
        const struct promo_line *line = &s->doc->lines[i];
        struct cut *cut = &s->cuts[i];
        *cut = (struct cut){0};
        if (line->qty == 0 || !takes(promo, action, line->good)) {
            continue;
        }
        cut->units = min64(line->qty, allowed);
        allowed -= cut->units;
        if (s->doc->sequential) {
            CHECK(
                money_scale(s->left[i], cut->units, line->qty, MONEY_ROUND_HALF_DOWN, &cut->base));
        } else {
            cut->base = line->good->price * cut->units;
        }
    }
}

static int64_t grant(struct woo *s, uint32_t line, int64_t discount)
{
    discount = min64(discount, s->left[line]);
    s->left[line] -= discount;
    s->own[line] += discount;
    s->cuts[line].discount += discount;
    return discount;
}

static int64_t run_fixed(struct woo *s, const struct promo_action *action)
{
    int64_t given = 0;
    for (uint32_t i = 0; i < s->doc->line_count; i++) {
        const struct cut *cut = &s->cuts[i];
        int64_t units = action->target == PROMO_TARGET_LINE ? min64(cut->units, 1) : cut->units;
        given += grant(s, i, times_at_most(action->amount, units, cut->base));
    }
    return given;
}

// Each line rounds down its half cents; what the percentage of all of them is more than their sum
// goes back, a cent a unit. A line that could not take its own part has no say in that.
static int64_t run_percent(struct woo *s, const struct promo_action *action)
{
    int64_t given = 0;
    int64_t whole_base = 0;
    int64_t whole = 0;
    for (uint32_t i = 0; i < s->doc->line_count; i++) {
        int64_t base = s->cuts[i].base;
        int64_t wanted = promo_percent_of(base, action->percent, MONEY_ROUND_HALF_DOWN);
        int64_t granted = grant(s, i, wanted);
        given += granted;
        if (granted == wanted) {
            whole_base += base;
            whole += granted;
        }
    }
    int64_t rest = promo_percent_of(whole_base, action->percent, MONEY_ROUND_HALF_DOWN) - whole;
    for (uint32_t k = 0; k < s->doc->line_count && rest > 0; k++) {
        uint32_t i = s->order[k];
        int64_t room = min64(s->cuts[i].units, s->cuts[i].base - s->cuts[i].discount);
        int64_t cents = grant(s, i, room > 0 ? min64(rest, room) : 0);
        rest -= cents;
        given += cents;
    }
    return given;
}

// Evenly over all units; what a line cannot take the others do; the last cents one a unit.
static int64_t run_cart(struct woo *s, const struct promo_action *action)
{
    int64_t rest = action->amount;
    int64_t units;
    do {
        units = 0;
        for (uint32_t i = 0; i < s->doc->line_count; i++) {
            units += s->left[i] > 0 ? s->doc->lines[i].qty : 0;
        }
        int64_t share = units == 0 ? 0 : rest / units;
        int64_t least = share == 0 ? 1 : share;
        for (uint32_t k = 0; k < s->doc->line_count && units > 0; k++) {
            uint32_t i = s->order[k];
            int64_t part = times_at_most(least, s->doc->lines[i].qty, min64(rest, s->left[i]));
            s->left[i] -= part;
            rest -= part;
        }
    } while (rest > 0 && units > 0);
    return action->amount - rest;
}

static int64_t run_shipping(struct woo *s, const struct promo_action *action)
{
    int64_t less = action->amount;
    if (action->kind == PROMO_PERCENTAGE) {
        less = promo_percent_of(s->doc->shipping_fee, action->percent, MONEY_ROUND_HALF_DOWN);
    }
    less = min64(less, s->shipping_left);
    s->shipping_left -= less;
    return less;
}

static bool on_cart(const struct promo_action *action)
{
    return action->target == PROMO_TARGET_ORDER && action->kind == PROMO_FIXED;
}

static void run(struct woo *s, const struct promo *promo)
{
    int64_t given = 0;
    for (uint32_t a = 0; a < promo->action_count; a++) {
        const struct promo_action *action = &promo->actions[a];
        if (action->target == PROMO_TARGET_SHIPPING) {
            given += run_shipping(s, action);
        } else if (on_cart(action)) {
            given += run_cart(s, action);
        } else {
            measure(s, promo, action);
            given +=
                action->kind == PROMO_PERCENTAGE ? run_percent(s, action) : run_fixed(s, action);
        }
    }
    promo_note(s->result, promo, given, NULL);
}

// A coupon on products needs one it may touch; a coupon on the cart needs one of its products, and
// no sale item if it excludes those.
static bool goods_fit(const struct woo *s, const struct promo *promo,
                      const struct promo_action *action)
{
    bool one = false;
    bool sale = false;
    for (uint32_t i = 0; i < s->doc->line_count; i++) {
        const struct promo_good *good = s->doc->lines[i].good;
        one |= on_cart(action) ? promo_filter_match(&action->filter, good)
                               : takes(promo, action, good);
        sale |= promo->coupon.exclude_sale_items && good->on_sale;
    }
    return action->target == PROMO_TARGET_SHIPPING || (one && !(sale && on_cart(action)));
}

static const char *obstacle(const struct woo *s, const struct promo *promo)
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
    if (!promo_coupon_usable(s->doc, promo)) {
        return "coupon used up or expired";
    }
    if (!promo_conditions_hold(s->doc, promo, s->totals)) {
        return "conditions not met";
    }
    bool fits = promo->action_count == 0;
    for (uint32_t a = 0; a < promo->action_count && !fits; a++) {
        fits = goods_fit(s, promo, &promo->actions[a]);
    }
    return fits ? NULL : "nothing in the cart it is for";
}

static bool code_is(const struct promo *promo, const struct json_node *code)
{
    const struct json_node *own = promo->coupon.code;
    return own == NULL ? code == NULL
                       : code != NULL && own->text_size == code->text_size &&
                             strncasecmp(own->text, code->text, code->text_size) == 0;
}

// Promotions in the order in which they count: those without a coupon, then the coupons as they
// were entered, each once. False: a code belongs to nothing.
static bool list_promos(const struct woo *s, const struct json_node *code,
                        const struct promo **list, uint32_t *count)
{
    bool known = false;
    for (uint32_t i = 0; i < s->doc->promo_count; i++) {
        const struct promo *promo = &s->doc->promos[i];
        if (promo->catalog || !code_is(promo, code)) {
            continue;
        }
        bool again = false;
        for (uint32_t k = 0; k < *count && !again; k++) {
            again = list[k] == promo;
        }
        if (!again) {
            list[(*count)++] = promo;
        }
        known = true;
    }
    return known;
}

static bool list_all(const struct woo *s, const struct promo **list, uint32_t *count)
{
    const struct json_node *codes = s->doc->coupons;
    bool known = true;
    (void)list_promos(s, NULL, list, count);
    if (codes != NULL && codes->type == JSON_TEXT) {
        known = list_promos(s, codes, list, count);
    } else if (codes != NULL) {
        for (const struct json_node *n = json_child(codes); n != json_end(codes);
             n = json_next(n)) {
            known &= list_promos(s, n, list, count);
        }
    }
    return known;
}

static void run_all(struct woo *s, const struct promo **list, uint32_t count)
{
    const struct promo *alone = NULL;
    for (uint32_t i = 0; i < count && alone == NULL; i++) {
        alone = list[i]->exclusive && obstacle(s, list[i]) == NULL ? list[i] : NULL;
    }
    for (uint32_t i = 0; i < count; i++) {
        const char *reason = obstacle(s, list[i]);
        if (reason == NULL && alone != NULL && alone != list[i]) {
            reason = "excluded by a coupon for individual use";
        }
        if (reason == NULL) {
            run(s, list[i]);
        } else {
            promo_note(s->result, list[i], 0, reason);
            s->result->coupon_accepted &= list[i]->coupon.code == NULL;
        }
    }
    for (uint32_t i = 0; i < s->doc->promo_count; i++) {
        const struct promo *promo = &s->doc->promos[i];
        bool listed = promo->catalog;
        for (uint32_t k = 0; k < count && !listed; k++) {
            listed = list[k] == promo;
        }
        if (!listed) {
            promo_note(s->result, promo, 0, "needs its coupon");
        }
    }
}

// The shop has fixed amounts and percentages; more is refused rather than left out.
static bool check_actions(const struct promo_doc *doc, struct err *e)
{
    for (uint32_t i = 0; i < doc->promo_count; i++) {
        const struct promo *promo = &doc->promos[i];
        for (uint32_t a = 0; a < promo->action_count && !promo->catalog; a++) {
            const struct promo_action *action = &promo->actions[a];
            if (action->kind != PROMO_FIXED && action->kind != PROMO_PERCENTAGE) {
                return err_set(e, ERR_INVALID,
                               "promotions[%u].actions[%u].kind: policy woocommerce has only "
                               "fixed and percent",
                               promo->index, a);
            }
        }
    }
    return true;
}

bool promo_woo_judge(struct promo_doc *doc, struct promo_result *result, struct err *e)
{
    if (!check_actions(doc, e)) {
        return false;
    }
    size_t count = doc->line_count + 1;
    struct woo s = {.doc = doc, .result = result, .shipping_left = doc->shipping_fee};
    s.left = arena_zalloc(doc->arena, 3 * count * sizeof *s.left);
    s.own = s.left + count;
    s.totals = s.left + 2 * count;
    s.order = arena_zalloc(doc->arena, count * sizeof *s.order);
    s.cuts = arena_zalloc(doc->arena, count * sizeof *s.cuts);
    for (uint32_t i = 0; i < doc->line_count; i++) {
        s.totals[i] = doc->lines[i].good->price * doc->lines[i].qty;
        s.left[i] = s.totals[i];
    }
    order_lines(&s);
    const struct promo **list =
        arena_zalloc(doc->arena, (doc->promo_count + 1) * sizeof(struct promo *));
    uint32_t listed = 0;
    result->coupon_accepted = list_all(&s, list, &listed);
    run_all(&s, list, listed);
    for (uint32_t i = 0; i < doc->line_count; i++) {
        struct promo_line_result *line = &result->lines[i];
        int64_t qty = doc->lines[i].qty;
        line->total = s.left[i];
        line->discount = s.totals[i] - s.left[i];
        line->unit_discount = s.own[i];
        line->unit_price = doc->lines[i].good->price - (qty == 0 ? 0 : s.own[i] / qty);
        result->items_total += line->total;
        result->discount_total += line->discount;
    }
    result->shipping_discount = doc->shipping_fee - s.shipping_left;
    return true;
}
