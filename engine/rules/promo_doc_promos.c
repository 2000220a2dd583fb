// The promotions of a neutral document: conditions, actions, tiers, coupons, windows.

#include <stdlib.h>
#include <string.h>

#include "rules/promo_doc.h"
#include "rules/promo_read.h"

static bool read_window(const struct json_node *node, const char *where,
                        struct promo_window *window, struct err *e)
{
    *window = (struct promo_window){INT64_MIN, INT64_MAX};
    if (!promo_read_time(node, where, "starts_at", &window->starts_ms, e) ||
        !promo_read_time(node, where, "ends_at", &window->ends_ms, e)) {
        return false;
    }
    if (window->starts_ms > window->ends_ms) {
        return err_set(e, ERR_INVALID, "%sends_at: before starts_at", where);
    }
    return true;
}

static bool read_filter(const struct json_node *action, const char *where,
                        struct promo_filter *filter, struct err *e)
{
    const struct json_node *node = NULL;
    *filter = (struct promo_filter){.min_price = PROMO_NONE, .max_price = PROMO_NONE};
    if (!promo_read_object(action, where, "filter", &node, e)) {
        return false;
    }
    struct promo_place at = promo_place("%sfilter.", where);
    return node == NULL || (promo_read_amount(node, at.text, "min_price", &filter->min_price, e) &&
                            promo_read_amount(node, at.text, "max_price", &filter->max_price, e) &&
                            promo_read_names(node, at.text, "categories", &filter->categories, e) &&
                            promo_read_names(node, at.text, "products", &filter->products, e) &&
                            promo_read_names(node, at.text, "skus", &filter->skus, e) &&
                            (filter->skus != NULL ||
                             promo_read_names(node, at.text, "variants", &filter->skus, e)));
}

static bool read_tier(const struct json_node *node, const char *where, struct promo_tier *tier,
                      struct err *e)
{
    static const struct promo_word bases[] = {
        {"items_total_at_least", PROMO_TIER_ITEMS_TOTAL},
        {"line_total_at_least", PROMO_TIER_LINE_TOTAL},
        {"amount_at_least", PROMO_TIER_LINE_TOTAL},
        {"total_at_least", PROMO_TIER_LINE_TOTAL},
        {"shipping_at_least", PROMO_TIER_LINE_TOTAL},
        {"fee_at_least", PROMO_TIER_LINE_TOTAL},
        {"eligible_quantity_at_least", PROMO_TIER_QUANTITY},
        {"quantity_at_least", PROMO_TIER_QUANTITY},
        {NULL, 0},
    };
    *tier = (struct promo_tier){.at_least = PROMO_NONE};
    if (!promo_read_is_object(node, where, e)) {
        return false;
    }
    for (const struct promo_word *basis = bases; basis->text != NULL && tier->at_least < 0;
         basis++) {
        tier->basis = (enum promo_tier_basis)basis->value;
        if (!promo_read_amount(node, where, basis->text, &tier->at_least, e)) {
            return false;
        }
    }
    if (tier->at_least < 0) {
        return err_set(e, ERR_INVALID, "%sitems_total_at_least: missing", where);
    }
    return promo_read_amount(node, where, "amount", &tier->amount, e) &&
           promo_read_percent(node, where, "percent", &tier->percent, e);
}

static bool read_tiers(struct promo_doc *doc, const struct json_node *node, const char *where,
                       struct promo_action *action, struct err *e)
{
    const struct json_node *list = NULL;
    if (!promo_read_list(node, where, "tiers", PROMO_PARTS_MAX, &list, e)) {
        return false;
    }
    if (list == NULL) {
        return true;
    }
    action->tiers = arena_zalloc(doc->arena, (list->count + 1) * sizeof *action->tiers);
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        struct promo_place at = promo_place("%stiers[%u].", where, action->tier_count);
        if (!read_tier(n, at.text, &action->tiers[action->tier_count++], e)) {
            return false;
        }
    }
    return true;
}

static bool read_action_numbers(const struct json_node *node, const char *where,
                                struct promo_action *action, struct err *e)
{
    static const char *const caps[] = {"cap",        "max_amount", "max_discount",
                                       "cap_amount", "max_total",  NULL};
    for (const char *const *cap = caps; *cap != NULL && action->cap < 0; cap++) {
        if (!promo_read_amount(node, where, *cap, &action->cap, e)) {
            return false;
        }
    }
    const struct json_node *distribute = NULL;
    if (!promo_read_text(node, where, "distribute", &distribute, e)) {
        return false;
    }
    action->distribute = distribute != NULL;
    return promo_read_amount(node, where, "amount", &action->amount, e) &&
           promo_read_amount(node, where, "base_amount", &action->amount, e) &&
           promo_read_percent(node, where, "percent", &action->percent, e) &&
           promo_read_percent(node, where, "base_percent", &action->percent, e) &&
           promo_read_int(node, where, "max_units", 0, PROMO_UNITS_MAX, &action->max_units, e) &&
           promo_read_int(node, where, "group_size", 1, PROMO_UNITS_MAX, &action->group_size, e) &&
           promo_read_int(node, where, "per_total", 1, PROMO_TOTAL_MAX, &action->per_total, e) &&
           promo_read_amount(node, where, "first_unit", &action->first_unit, e) &&
           promo_read_amount(node, where, "additional_unit", &action->additional_unit, e) &&
           promo_read_int(node, where, "buy", 1, PROMO_UNITS_MAX, &action->buy, e) &&
           promo_read_int(node, where, "get", 1, PROMO_UNITS_MAX, &action->get, e) &&
           promo_read_flag(node, where, "per_unit", &action->per_unit, e) &&
           promo_read_text(node, where, "currency", &action->currency, e);
}

static bool read_action(struct promo_doc *doc, const struct json_node *node, const char *where,
                        struct promo_action *action, struct err *e)
{
    static const struct promo_word targets[] = {
        {"unit", PROMO_TARGET_UNIT},
        {"line", PROMO_TARGET_LINE},
        {"order", PROMO_TARGET_ORDER},
        {"shipping", PROMO_TARGET_SHIPPING},
        {"shipment", PROMO_TARGET_SHIPPING},
        {"price", PROMO_TARGET_PRICE},
        {NULL, 0},
    };
    static const struct promo_word kinds[] = {
        {"fixed", PROMO_FIXED},
        {"flat", PROMO_FIXED},
        {"amount", PROMO_FIXED},
        {"percentage", PROMO_PERCENTAGE},
        {"flexi_rate", PROMO_FLEXI},
        {"percent", PROMO_PERCENTAGE},
        {"percent_with_cap", PROMO_PERCENTAGE},
        {"percent_capped", PROMO_PERCENTAGE},
        {"capped_percent", PROMO_PERCENTAGE},
        {"tiered_fixed", PROMO_TIERED_FIXED},
        {"tiered_flat", PROMO_TIERED_FIXED},
        {"tiered_flat_rate", PROMO_TIERED_FIXED},
        {"tiered_amount", PROMO_TIERED_FIXED},
        {"tiered_percent", PROMO_TIERED_PERCENT},
        {"flexi", PROMO_FLEXI},
        {"buy_get", PROMO_BUY_GET},
        {NULL, 0},
    };
    int target, kind;
    if (!promo_read_is_object(node, where, e) ||
        !promo_read_word(node, where, "target", targets, &target, e) ||
        !promo_read_word(node, where, "kind", kinds, &kind, e)) {
        return false;
    }
    *action = (struct promo_action){
        .target = (enum promo_target)target,
        .kind = (enum promo_kind)kind,
        .cap = PROMO_NONE,
        .max_units = PROMO_NONE,
        .group_size = PROMO_NONE,
        .per_total = PROMO_NONE,
        .percent = kind == PROMO_BUY_GET ? PROMO_WHOLE : 0,
        .buy = 1,
        .get = 1,
    };
    return read_action_numbers(node, where, action, e) &&
           read_filter(node, where, &action->filter, e) && read_tiers(doc, node, where, action, e);
}

static const struct promo_word condition_words[] = {
    {"items_total_at_least", PROMO_IF_ITEMS_TOTAL},
    {"item_total", PROMO_IF_ITEMS_TOTAL},
    {"total_at_least", PROMO_IF_ITEMS_TOTAL},
    {"quantity_at_least", PROMO_IF_QUANTITY},
    {"cart_quantity_at_least", PROMO_IF_QUANTITY},
    {"cart_quantity", PROMO_IF_QUANTITY},
    {"items_quantity_at_least", PROMO_IF_QUANTITY},
    {"item_quantity_at_least", PROMO_IF_QUANTITY},
    {"total_quantity_at_least", PROMO_IF_QUANTITY},
    {"items_count_at_least", PROMO_IF_QUANTITY},
    {"units_at_least", PROMO_IF_QUANTITY},
    {"qty_at_least", PROMO_IF_QUANTITY},
    {"cart_qty_at_least", PROMO_IF_QUANTITY},
    {"contains_product", PROMO_IF_PRODUCT},
    {"contains_products", PROMO_IF_PRODUCT},
    {"has_product", PROMO_IF_PRODUCT},
    {"contains_category", PROMO_IF_CATEGORY},
    {"contains_categories", PROMO_IF_CATEGORY},
    {"has_category", PROMO_IF_CATEGORY},
    {"has_categories", PROMO_IF_CATEGORY},
    {"contains_taxon", PROMO_IF_CATEGORY},
    {"has_taxon", PROMO_IF_CATEGORY},
    {"category_total_at_least", PROMO_IF_CATEGORY_TOTAL},
    {"product_total_at_least", PROMO_IF_PRODUCT_TOTAL},
    {"customer_group", PROMO_IF_GROUP},
    {"nth_order", PROMO_IF_NTH_ORDER},
    {"first_order", PROMO_IF_NTH_ORDER},
    {"shipping_country", PROMO_IF_COUNTRY},
    {"country", PROMO_IF_COUNTRY},
    {"channel", PROMO_IF_CHANNEL},
    {"segment", PROMO_IF_SEGMENT},
    {"tag", PROMO_IF_TAG},
    {"level_at_least", PROMO_IF_LEVEL},
    {"time_window", PROMO_IF_TIME},
    {NULL, 0},
};

static bool read_condition(const struct json_node *node, const char *where,
                           struct promo_condition *condition, struct err *e)
{
    static const char *const lists[] = {
        "categories", "products", "skus",    "groups", "group", "category", "product", "countries",
        "country",    "channels", "channel", "tags",   "tag",   "segments", "segment", NULL,
    };
    int type;
    *condition = (struct promo_condition){.value = 1};
    if (!promo_read_is_object(node, where, e) ||
        !promo_read_word(node, where, "type", condition_words, &type, e) ||
        !promo_read_amount(node, where, "value", &condition->value, e) ||
        !read_window(node, where, &condition->window, e)) {
        return false;
    }
    condition->type = (enum promo_condition_type)type;
    for (const char *const *list = lists; *list != NULL && condition->list == NULL; list++) {
        if (!promo_read_names(node, where, *list, &condition->list, e)) {
            return false;
        }
    }
    return true;
}

static bool read_coupon(const struct json_node *node, const char *where, struct promo *promo,
                        struct err *e)
{
    struct promo_coupon *coupon = &promo->coupon;
    const struct json_node *object = NULL;
    *coupon = (struct promo_coupon){
        .usage_limit = PROMO_NONE, .per_customer_limit = PROMO_NONE, .expires_ms = INT64_MAX};
    if (!promo_read_object(node, where, "coupon", &object, e)) {
        return false;
    }
    if (object == NULL) {
        return true;
    }
    struct promo_place at = promo_place("%scoupon.", where);
    const char *w = at.text;
    if (!promo_read_text(object, w, "code", &coupon->code, e) ||
        !promo_read_amount(object, w, "usage_limit", &coupon->usage_limit, e) ||
        !promo_read_amount(object, w, "per_customer_limit", &coupon->per_customer_limit, e) ||
        !promo_read_amount(object, w, "used", &coupon->used, e) ||
        !promo_read_amount(object, w, "used_by_customer", &coupon->used_by_customer, e) ||
        !promo_read_flag(object, w, "exclude_sale_items", &coupon->exclude_sale_items, e) ||
        !promo_read_time(object, w, "ends_at", &coupon->expires_ms, e) ||
        !promo_read_time(object, w, "valid_until", &coupon->expires_ms, e) ||
        !promo_read_time(object, w, "expires_at", &coupon->expires_ms, e)) {
        return false;
    }
    if (coupon->code == NULL) {
        return err_set(e, ERR_INVALID, "%scode: missing", w);
    }
    return true;
}

static bool read_parts(struct promo_doc *doc, const struct json_node *node, const char *where,
                       struct promo *promo, struct err *e)
{
    const struct json_node *actions = NULL;
    const struct json_node *conditions = NULL;
    if (!promo_read_list(node, where, "actions", PROMO_PARTS_MAX, &actions, e) ||
        !promo_read_list(node, where, "conditions", PROMO_PARTS_MAX, &conditions, e)) {
        return false;
    }
    if (actions != NULL) {
        promo->actions = arena_zalloc(doc->arena, (actions->count + 1) * sizeof *promo->actions);
        for (const struct json_node *n = json_child(actions); n != json_end(actions);
             n = json_next(n)) {
            struct promo_place at = promo_place("%sactions[%u].", where, promo->action_count);
            if (!read_action(doc, n, at.text, &promo->actions[promo->action_count++], e)) {
                return false;
            }
        }
    }
    if (conditions != NULL) {
        promo->conditions =
            arena_zalloc(doc->arena, (conditions->count + 1) * sizeof *promo->conditions);
        for (const struct json_node *n = json_child(conditions); n != json_end(conditions);
             n = json_next(n)) {
            struct promo_place at = promo_place("%sconditions[%u].", where, promo->condition_count);
            if (!read_condition(n, at.text, &promo->conditions[promo->condition_count++], e)) {
                return false;
            }
        }
    }
    return true;
}

static bool read_policies(const struct json_node *node, const char *w, struct promo *promo,
                          struct err *e)
{
    static const struct promo_word rounds[] = {
        {"half_up", MONEY_ROUND_HALF_UP},
        {"half_down", MONEY_ROUND_HALF_DOWN},
        {"half_even", MONEY_ROUND_HALF_EVEN},
        {"down", MONEY_ROUND_DOWN},
        {"up", MONEY_ROUND_UP},
        {NULL, 0},
    };
    static const struct promo_word remainders[] = {
        {"largest_remainder", PROMO_REMAINDER_LARGEST},
        {"first", PROMO_REMAINDER_FIRST},
        {"last", PROMO_REMAINDER_LAST},
        {NULL, 0},
    };
    int remainder = PROMO_REMAINDER_LARGEST;
    promo->round = -1;
    if ((json_field(node, "round") != NULL &&
         !promo_read_word(node, w, "round", rounds, &promo->round, e)) ||
        (json_field(node, "remainder") != NULL &&
         !promo_read_word(node, w, "remainder", remainders, &remainder, e))) {
        return false;
    }
    promo->remainder = (enum promo_remainder)remainder;
    return true;
}

static bool read_limits(const struct json_node *node, const char *w, struct promo *promo,
                        struct err *e)
{
    promo->usage_limit = PROMO_NONE;
    promo->member_limit = PROMO_NONE;
    promo->budget_left = PROMO_NONE;
    return promo_read_amount(node, w, "usage_limit", &promo->usage_limit, e) &&
           promo_read_amount(node, w, "used", &promo->used, e) &&
           promo_read_amount(node, w, "per_customer_limit", &promo->member_limit, e) &&
           promo_read_amount(node, w, "used_by_customer", &promo->used_by_member, e) &&
           promo_read_amount(node, w, "budget_left", &promo->budget_left, e);
}

static bool read_promo(struct promo_doc *doc, const struct json_node *node, struct promo *promo,
                       struct err *e)
{
    static const struct promo_word scopes[] = {{"cart", 0}, {"catalog", 1}, {NULL, 0}};
    struct promo_place at = promo_place("promotions[%u].", promo->index);
    const char *w = at.text;
    const struct json_node *name = NULL;
    int scope = 0;
    promo->enabled = true;
    promo->applies_to_discounted = true;
    promo->order = promo->index + 1;
    if (!promo_read_is_object(node, w, e) || !promo_read_text(node, w, "name", &name, e) ||
        (json_field(node, "scope") != NULL &&
         !promo_read_word(node, w, "scope", scopes, &scope, e)) ||
        !promo_read_flag(node, w, "enabled", &promo->enabled, e) ||
        !promo_read_flag(node, w, "exclusive", &promo->exclusive, e) ||
        !promo_read_flag(node, w, "applies_to_discounted", &promo->applies_to_discounted, e) ||
        !promo_read_int(node, w, "priority", -1000000, 1000000, &promo->priority, e) ||
        !promo_read_int(node, w, "order", 0, 1000000, &promo->order, e) ||
        !read_limits(node, w, promo, e) || !read_policies(node, w, promo, e) ||
        !promo_read_text(node, w, "exclusive_group", &promo->group, e) ||
        !promo_read_text(node, w, "lane", &promo->lane, e) ||
        !promo_read_list(node, w, "applies_to", PROMO_PARTS_MAX, &promo->applies_to, e) ||
        !read_window(node, w, &promo->window, e) || !read_coupon(node, w, promo, e)) {
        return false;
    }
    promo->catalog = scope == 1;
    promo->name = name == NULL ? "" : name->text;
    promo->name_size = name == NULL ? 0 : name->text_size;
    return read_parts(doc, node, w, promo, e);
}

static int promo_compare(const void *a, const void *b)
{
    const struct promo *x = a;
    const struct promo *y = b;
    if (x->priority != y->priority) {
        return x->priority > y->priority ? -1 : 1;
    }
    if (x->order != y->order) {
        return x->order < y->order ? -1 : 1;
    }
    return (x->index > y->index) - (x->index < y->index);
}

// A window can only be judged against a known instant.
static bool now_check(const struct promo_doc *doc, struct err *e)
{
    for (uint32_t i = 0; i < doc->promo_count && !doc->has_now; i++) {
        const struct promo *promo = &doc->promos[i];
        bool timed = promo->window.starts_ms != INT64_MIN || promo->window.ends_ms != INT64_MAX ||
                     promo->coupon.expires_ms != INT64_MAX;
        for (uint32_t k = 0; k < promo->condition_count; k++) {
            timed |= promo->conditions[k].type == PROMO_IF_TIME;
        }
        if (timed) {
            return err_set(e, ERR_INVALID, "now: missing, but promotions[%u] has a time window",
                           promo->index);
        }
    }
    return true;
}

bool promo_doc_promos(struct promo_doc *doc, struct err *e)
{
    const struct json_node *list = NULL;
    if (!promo_read_list(doc->root, "", "promotions", PROMO_PROMOS_MAX, &list, e)) {
        return false;
    }
    if (list == NULL) {
        return true;
    }
    doc->promos = arena_zalloc(doc->arena, (list->count + 1) * sizeof *doc->promos);
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        doc->promos[doc->promo_count].index = doc->promo_count;
        if (!read_promo(doc, n, &doc->promos[doc->promo_count++], e)) {
            return false;
        }
    }
    qsort(doc->promos, doc->promo_count, sizeof *doc->promos, promo_compare);
    return now_check(doc, e);
}
