// Policy `woocommerce`: coupons as WooCommerce's cart applies them. Coupons run in the order they
// were entered over the lines sorted by value; whole cents, rounded down for each line, and what
// rounding lost against the coupon as a whole is given back one cent a unit.
// The rules are public behaviour; none of its source is here.

#include "rules/promo_doc.h"

#define FINE INT64_C(1000000000)  // A billionth of a cent: prices of part of a line.

struct item {
    uint32_t line;
    int64_t qty, price;  // Of the whole line.
    int64_t discount;
};

struct woo {
    const struct promo_doc *doc;
    struct item *items;  // In the order discounts are applied.
    uint32_t *apply;     // Items the coupon at hand applies to.
    uint32_t apply_count;
};

// By price times quantity, where the price is already the line's: so it is there.
static void sort_items(struct item *items, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct item item = items[i];
        __int128 key = (__int128)item.price * item.qty;
        uint32_t k = i;
        for (; k > 0 && (__int128)items[k - 1].price * items[k - 1].qty < key; k--) {
            items[k] = items[k - 1];
        }
        items[k] = item;
    }
}

static int64_t left(const struct item *item)
{
    return item->price - item->discount;
}

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t units_to_apply(int64_t limit, int64_t applied, int64_t qty)
{
    return limit > 0 && limit - applied < qty ? limit - applied : qty;
}

// One cent a unit, in order, until the amount is given.
static void give_rest(struct woo *w, int64_t amount)
{
    int64_t given = 0;
    for (uint32_t i = 0; i < w->apply_count && given < amount; i++) {
        struct item *item = &w->items[w->apply[i]];
        for (int64_t u = 0; u < item->qty && given < amount; u++) {
            int64_t cent = min64(left(item), 1);
            item->discount += cent;
            given += cent;
        }
    }
}

static void run_percent(struct woo *w, const struct promo_action *action)
{
    int64_t limit = action->max_units == PROMO_NONE ? 0 : action->max_units;
    int64_t applied = 0;
    int64_t given = 0;
    __int128 base = 0;  // In FINE of a cent.
    for (uint32_t i = 0; i < w->apply_count; i++) {
        struct item *item = &w->items[w->apply[i]];
        int64_t price = w->doc->sequential ? left(item) : item->price;
        int64_t units = units_to_apply(limit, applied, item->qty);
        __int128 part = (__int128)price * FINE * units / item->qty;
        __int128 exact = (__int128)price * units * action->percent;
        int64_t discount = (int64_t)(exact / ((__int128)item->qty * PROMO_WHOLE));
        discount = min64(left(item), discount);
        item->discount += discount;
        base += part;
        given += discount;
        applied += units;
    }
    // The coupon on the cart as a whole, rounded half down.
    __int128 whole = base * action->percent / PROMO_WHOLE;
    int64_t target = (int64_t)(whole / FINE) + ((int64_t)(whole % FINE) > FINE / 2);
    if (given < target) {
        give_rest(w, target - given);
    }
}

static int64_t run_fixed(struct woo *w, const struct promo_action *action, int64_t amount)
{
    int64_t limit = action->max_units == PROMO_NONE ? 0 : action->max_units;
    int64_t applied = 0;
    int64_t given = 0;
    for (uint32_t i = 0; i < w->apply_count; i++) {
        struct item *item = &w->items[w->apply[i]];
        int64_t units = units_to_apply(limit, applied, item->qty);
        int64_t each = limit > 0 ? min64(amount, item->price / item->qty) : amount;
        __int128 wanted = (__int128)each * units;
        int64_t discount = wanted < left(item) ? (int64_t)wanted : left(item);
        item->discount += discount;
        given += discount;
        applied += units;
    }
    return given;
}

// So much for each unit that still costs something, again and again until the amount is given.
static void run_cart(struct woo *w, const struct promo_action *action)
{
    int64_t amount = action->amount;
    while (amount > 0) {
        uint32_t kept = 0;
        int64_t units = 0;
        for (uint32_t i = 0; i < w->apply_count; i++) {
            if (left(&w->items[w->apply[i]]) > 0) {
                w->apply[kept++] = w->apply[i];
                units += w->items[w->apply[i]].qty;
            }
        }
        w->apply_count = kept;
        if (units == 0) {
            return;
        }
        if (amount / units == 0) {
            give_rest(w, amount);
            return;
        }
        int64_t given = run_fixed(w, action, amount / units);
        if (given == 0) {
            return;
        }
        amount -= given;
    }
}

static void run_coupon(struct woo *w, const struct promo *promo)
{
    for (uint32_t i = 0; i < promo->action_count; i++) {
        const struct promo_action *action = &promo->actions[i];
        bool whole_cart = action->target == PROMO_TARGET_ORDER && action->kind == PROMO_FIXED;
        w->apply_count = 0;
        for (uint32_t k = 0; k < w->doc->line_count; k++) {
            const struct promo_good *good = w->doc->lines[w->items[k].line].good;
            if (good->on_sale && promo->coupon.exclude_sale_items && whole_cart) {
                return;  // The whole coupon is invalid then.
            }
            if (w->items[k].qty > 0 && left(&w->items[k]) > 0 &&
                promo_filter_match(&action->filter, good) &&
                !(good->on_sale && promo->coupon.exclude_sale_items)) {
                w->apply[w->apply_count++] = k;
            }
        }
        if (action->kind == PROMO_PERCENTAGE) {
            run_percent(w, action);
        } else if (whole_cart) {
            run_cart(w, action);
        } else {
            (void)run_fixed(w, action, action->amount);
        }
    }
}

static int64_t discount_sum(const struct woo *w)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < w->doc->line_count; i++) {
        sum += w->items[i].discount;
    }
    return sum;
}

static void run_code(struct woo *w, struct promo_result *result, const struct json_node *code)
{
    for (uint32_t i = 0; i < w->doc->promo_count; i++) {
        const struct promo *promo = &w->doc->promos[i];
        if (promo->coupon.code != NULL && promo->enabled &&
            promo_list_has(promo->coupon.code, code->text, code->text_size)) {
            int64_t before = discount_sum(w);
            if (promo_coupon_valid(w->doc, promo)) {
                run_coupon(w, promo);
                promo_note(result, promo, discount_sum(w) - before, NULL);
            } else {
                result->coupon_accepted = false;
                promo_note(result, promo, 0, "coupon used up or expired");
            }
            return;
        }
    }
    result->coupon_accepted = false;
}

bool promo_woo_judge(struct promo_doc *doc, struct promo_result *result, struct err *e)
{
    (void)e;
    struct woo w = {.doc = doc};
    w.items = arena_zalloc(doc->arena, (doc->line_count + 1) * sizeof *w.items);
    w.apply = arena_zalloc(doc->arena, (doc->line_count + 1) * sizeof *w.apply);
    for (uint32_t i = 0; i < doc->line_count; i++) {
        w.items[i] = (struct item){.line = i,
                                   .qty = doc->lines[i].qty,
                                   .price = doc->lines[i].good->price * doc->lines[i].qty};
    }
    sort_items(w.items, doc->line_count);
    result->coupon_accepted = true;
    if (doc->coupons != NULL && doc->coupons->type == JSON_TEXT) {
        run_code(&w, result, doc->coupons);
    } else if (doc->coupons != NULL) {
        for (const struct json_node *n = json_child(doc->coupons); n != json_end(doc->coupons);
             n = json_next(n)) {
            run_code(&w, result, n);
        }
    }
    for (uint32_t i = 0; i < doc->line_count; i++) {
        struct promo_line_result *line = &result->lines[w.items[i].line];
        line->discount = w.items[i].discount;
        line->unit_discount = line->discount;
        line->total = left(&w.items[i]);
        line->unit_price = doc->lines[w.items[i].line].good->price;
        result->items_total += line->total;
        result->discount_total += line->discount;
    }
    return true;
}
