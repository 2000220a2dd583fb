// The questions every policy asks: who matches, what holds now, which tier, and what catalogue
// promotions make of the prices. Pure.

#include <string.h>

#include "rules/promo_doc.h"

static bool text_equal(const struct json_node *node, const char *text, size_t size)
{
    return node->text_size == size && (size == 0 || memcmp(node->text, text, size) == 0);
}

bool promo_list_has(const struct json_node *list, const char *text, size_t size)
{
    if (list == NULL) {
        return false;
    }
    if (list->type == JSON_TEXT) {
        return text_equal(list, text, size);
    }
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        if (text_equal(n, text, size)) {
            return true;
        }
    }
    return false;
}

bool promo_list_meets(const struct json_node *list, const struct json_node *other)
{
    if (list == NULL || other == NULL) {
        return false;
    }
    if (list->type == JSON_TEXT) {
        return promo_list_has(other, list->text, list->text_size);
    }
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        if (promo_list_has(other, n->text, n->text_size)) {
            return true;
        }
    }
    return false;
}

static bool is_product(const struct json_node *list, const struct promo_good *good)
{
    return good->product != NULL
               ? promo_list_has(list, good->product->text, good->product->text_size)
               : promo_list_has(list, good->sku, good->sku_size);
}

// An empty list filters nothing out.
static bool has_names(const struct json_node *list)
{
    return list != NULL && (list->type == JSON_TEXT || list->count > 0);
}

bool promo_filter_match(const struct promo_filter *filter, const struct promo_good *good)
{
    return (filter->min_price == PROMO_NONE || good->now_price >= filter->min_price) &&
           (filter->max_price == PROMO_NONE || good->now_price <= filter->max_price) &&
           (!has_names(filter->categories) ||
            promo_list_meets(filter->categories, good->categories)) &&
           (!has_names(filter->products) || is_product(filter->products, good)) &&
           (!has_names(filter->skus) || promo_list_has(filter->skus, good->sku, good->sku_size));
}

bool promo_window_open(const struct promo_doc *doc, const struct promo_window *window,
                       bool end_included)
{
    return doc->now_ms >= window->starts_ms &&
           (doc->now_ms < window->ends_ms || (end_included && doc->now_ms == window->ends_ms));
}

bool promo_coupon_entered(const struct promo_doc *doc, const struct promo *promo)
{
    const struct json_node *code = promo->coupon.code;
    return code != NULL && promo_list_has(doc->coupons, code->text, code->text_size);
}

bool promo_coupon_valid(const struct promo_doc *doc, const struct promo *promo)
{
    return promo->coupon.code == NULL ||
           (promo_coupon_entered(doc, promo) && promo_coupon_usable(doc, promo));
}

bool promo_coupon_usable(const struct promo_doc *doc, const struct promo *promo)
{
    const struct promo_coupon *coupon = &promo->coupon;
    return (coupon->usage_limit == PROMO_NONE || coupon->used < coupon->usage_limit) &&
           (coupon->per_customer_limit == PROMO_NONE || !doc->customer.known ||
            coupon->used_by_customer < coupon->per_customer_limit) &&
           doc->now_ms < coupon->expires_ms;
}

// Total and pieces of the goods that a condition speaks of.
static int64_t goods_total(const struct promo_doc *doc, const struct promo_condition *condition,
                           const int64_t *line_totals, int64_t *units)
{
    int64_t total = 0;
    *units = 0;
    for (uint32_t i = 0; i < doc->line_count; i++) {
        const struct promo_good *good = doc->lines[i].good;
        bool in = false;
        switch (condition->type) {
        case PROMO_IF_CATEGORY:
        case PROMO_IF_CATEGORY_TOTAL:
            in = promo_list_meets(condition->list, good->categories);
            break;
        case PROMO_IF_PRODUCT:
        case PROMO_IF_PRODUCT_TOTAL:
            in = is_product(condition->list, good) ||
                 promo_list_has(condition->list, good->sku, good->sku_size);
            break;
        default:
            in = condition->list == NULL || promo_list_meets(condition->list, good->categories) ||
                 is_product(condition->list, good);
            break;
        }
        total += in ? line_totals[i] : 0;
        *units += in ? doc->lines[i].qty : 0;
    }
    return total;
}

static bool is_total(const struct promo_condition *condition)
{
    return condition->type == PROMO_IF_ITEMS_TOTAL || condition->type == PROMO_IF_CATEGORY_TOTAL ||
           condition->type == PROMO_IF_PRODUCT_TOTAL;
}

static bool goods_hold(const struct promo_doc *doc, const struct promo_condition *condition,
                       const int64_t *line_totals)
{
    int64_t units;
    int64_t total = goods_total(doc, condition, line_totals, &units);
    return (is_total(condition) ? total : units) >= condition->value;
}

static bool condition_holds(const struct promo_doc *doc, const struct promo_condition *condition,
                            const int64_t *line_totals)
{
    const struct promo_customer *customer = &doc->customer;
    switch (condition->type) {
    case PROMO_IF_ITEMS_TOTAL:
    case PROMO_IF_QUANTITY:
    case PROMO_IF_PRODUCT:
    case PROMO_IF_CATEGORY:
    case PROMO_IF_CATEGORY_TOTAL:
    case PROMO_IF_PRODUCT_TOTAL:
        return goods_hold(doc, condition, line_totals);
    case PROMO_IF_GROUP:
        return promo_list_meets(condition->list, customer->groups);
    case PROMO_IF_NTH_ORDER:
        return customer->known && customer->orders_placed + 1 == condition->value;
    case PROMO_IF_COUNTRY:
        return promo_list_meets(condition->list, customer->country);
    case PROMO_IF_CHANNEL:
        return promo_list_meets(condition->list, doc->channel);
    case PROMO_IF_SEGMENT:
        return promo_list_meets(condition->list, customer->segments);
    case PROMO_IF_TAG:
        return promo_list_meets(condition->list, customer->tags);
    case PROMO_IF_LEVEL:
        return customer->known && customer->level >= condition->value;
    case PROMO_IF_TIME:
        return promo_window_open(doc, &condition->window, false);
    }
    return false;
}

bool promo_conditions_hold(const struct promo_doc *doc, const struct promo *promo,
                           const int64_t *line_totals)
{
    for (uint32_t i = 0; i < promo->condition_count; i++) {
        if (!condition_holds(doc, &promo->conditions[i], line_totals)) {
            return false;
        }
    }
    return true;
}

int64_t promo_conditions_missing(const struct promo_doc *doc, const struct promo *promo,
                                 const int64_t *line_totals)
{
    for (uint32_t i = 0; i < promo->condition_count; i++) {
        const struct promo_condition *condition = &promo->conditions[i];
        if (condition_holds(doc, condition, line_totals)) {
            continue;
        }
        int64_t units;
        return is_total(condition)
                   ? condition->value - goods_total(doc, condition, line_totals, &units)
                   : 0;
    }
    return 0;
}

bool promo_conditions_of_member(const struct promo_doc *doc, const struct promo *promo,
                                const int64_t *line_totals)
{
    for (uint32_t i = 0; i < promo->condition_count; i++) {
        if (!condition_holds(doc, &promo->conditions[i], line_totals)) {
            switch (promo->conditions[i].type) {
            case PROMO_IF_GROUP:
            case PROMO_IF_NTH_ORDER:
            case PROMO_IF_SEGMENT:
            case PROMO_IF_TAG:
            case PROMO_IF_LEVEL:
                return true;
            default:
                return false;
            }
        }
    }
    return false;
}

int64_t promo_percent_of(int64_t amount, int64_t percent, enum money_round round)
{
    int64_t result;
    CHECK(money_scale(amount, percent, PROMO_WHOLE, round, &result));
    return result;
}

int64_t promo_tier_amount(const struct promo_action *action, int64_t items_total,
                          int64_t line_total, int64_t quantity)
{
    bool fixed = action->kind == PROMO_TIERED_FIXED;
    const struct promo_tier *top = NULL;
    for (uint32_t i = 0; i < action->tier_count; i++) {
        const struct promo_tier *tier = &action->tiers[i];
        int64_t basis = tier->basis == PROMO_TIER_QUANTITY     ? quantity
                        : tier->basis == PROMO_TIER_LINE_TOTAL ? line_total
                                                               : items_total;
        if (basis >= tier->at_least && (top == NULL || tier->at_least >= top->at_least)) {
            top = tier;
        }
    }
    if (top == NULL) {
        return fixed ? action->amount : action->percent;
    }
    return fixed ? top->amount : top->percent;
}

// A catalogue promotion names its goods in `applies_to`, any of whose entries may match.
static bool catalog_covers(const struct promo *promo, const struct promo_good *good)
{
    if (promo->applies_to == NULL) {
        return true;
    }
    for (const struct json_node *n = json_child(promo->applies_to);
         n != json_end(promo->applies_to); n = json_next(n)) {
        if (n->type != JSON_OBJECT) {
            continue;
        }
        const struct json_node *categories = json_field(n, "categories");
        const struct json_node *products = json_field(n, "products");
        const struct json_node *variants = json_field(n, "variants");
        if (promo_list_meets(categories, good->categories) ||
            (products != NULL && is_product(products, good)) ||
            promo_list_has(variants, good->sku, good->sku_size)) {
            return true;
        }
    }
    return false;
}

static int64_t catalog_price(const struct promo_action *action, int64_t price, int64_t floor)
{
    int64_t less = action->amount;
    if (action->kind == PROMO_PERCENTAGE) {
        // The price is rounded half up, so the discount is rounded half down.
        less = promo_percent_of(price, action->percent, MONEY_ROUND_HALF_DOWN);
    }
    return price - less > floor ? price - less : floor;
}

static void catalog_run(struct promo_doc *doc, const struct promo *promo, struct promo_good *good)
{
    int64_t price = good->now_price;
    if (good->applied_count == 0 && good->original_price != PROMO_NONE) {
        price = good->original_price;
    }
    int64_t start = price;
    for (uint32_t i = 0; i < promo->action_count; i++) {
        if (price > good->min_price &&
            (promo->actions[i].kind == PROMO_FIXED || promo->actions[i].kind == PROMO_PERCENTAGE)) {
            price = catalog_price(&promo->actions[i], price, good->min_price);
        }
    }
    if (price == start) {
        return;
    }
    if (good->applied == NULL) {
        good->applied = arena_zalloc(doc->arena, doc->promo_count * sizeof *good->applied);
        good->applied_less =
            arena_zalloc(doc->arena, doc->promo_count * sizeof *good->applied_less);
    }
    if (good->original_price == PROMO_NONE) {
        good->original_price = good->price;
    }
    good->now_price = price;
    good->applied_less[good->applied_count] = start - price;
    good->applied[good->applied_count++] = promo;
}

void promo_catalog_apply(struct promo_doc *doc)
{
    for (uint32_t g = 0; g < doc->good_count; g++) {
        struct promo_good *good = &doc->goods[g];
        const struct promo *alone = NULL;
        for (uint32_t i = 0; i < doc->promo_count && alone == NULL; i++) {
            const struct promo *promo = &doc->promos[i];
            if (promo->catalog && promo->enabled && promo->exclusive &&
                promo_window_open(doc, &promo->window, false) && catalog_covers(promo, good)) {
                alone = promo;
            }
        }
        for (uint32_t i = 0; i < doc->promo_count; i++) {
            const struct promo *promo = &doc->promos[i];
            if (promo->catalog && promo->enabled && (alone == NULL || alone == promo) &&
                promo_window_open(doc, &promo->window, false) && catalog_covers(promo, good)) {
                catalog_run(doc, promo, good);
            }
        }
    }
}

struct promo_result *promo_result_new(const struct promo_doc *doc)
{
    struct promo_result *result = arena_zalloc(doc->arena, sizeof *result);
    result->lines = arena_zalloc(doc->arena, (doc->line_count + 1) * sizeof *result->lines);
    result->notes = arena_zalloc(doc->arena, (doc->promo_count + 1) * sizeof *result->notes);
    return result;
}

struct promo_note *promo_note(struct promo_result *result, const struct promo *promo,
                              int64_t discount, const char *reason)
{
    for (uint32_t i = 0; i < result->note_count; i++) {
        if (result->notes[i].promo == promo) {
            result->notes[i].discount += discount;
            result->notes[i].reason = reason;
            return &result->notes[i];
        }
    }
    result->notes[result->note_count] =
        (struct promo_note){.promo = promo, .discount = discount, .reason = reason};
    return &result->notes[result->note_count++];
}
