// Reads the neutral document: catalogue, promotions, cart, customer. Untrusted input: every field
// is checked here, so that the policies compute without asking again.

#include "rules/promo_doc.h"

#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "rules/price.h"
#include "rules/promo_read.h"

static bool read_good(const struct json_node *node, struct promo_good *good, struct err *e)
{
    int shown = node->key_size > 48 ? 48 : (int)node->key_size;
    struct promo_place at = promo_place("catalog.%.*s.", shown, node->key);
    if (!promo_read_is_object(node, at.text, e)) {
        return false;
    }
    *good = (struct promo_good){
        .sku = node->key, .sku_size = node->key_size, .price = -1, .original_price = PROMO_NONE};
    int64_t sale = PROMO_NONE;
    int64_t cost = 0;
    int64_t margin = 0;
    if (!promo_read_amount(node, at.text, "cost", &cost, e) ||
        !promo_read_percent(node, at.text, "margin_percent", &margin, e) ||
        !promo_read_amount(node, at.text, "price", &good->price, e) ||
        !promo_read_amount(node, at.text, "original_price", &good->original_price, e) ||
        !promo_read_amount(node, at.text, "min_price", &good->min_price, e) ||
        !promo_read_amount(node, at.text, "sale_price", &sale, e) ||
        !promo_read_flag(node, at.text, "on_sale", &good->on_sale, e) ||
        !promo_read_text(node, at.text, "product", &good->product, e) ||
        !promo_read_names(node, at.text, "categories", &good->categories, e)) {
        return false;
    }
    if (good->price < 0) {
        return err_set(e, ERR_INVALID, "%sprice: missing", at.text);
    }
    if (!price_floor(good->min_price, cost, (uint32_t)(margin / (PROMO_PERCENT / 100)),
                     &good->min_price, e)) {
        return err_add(e, "%smargin_percent", at.text);
    }
    if (sale != PROMO_NONE && sale < good->price) {
        good->on_sale = true;
        good->price = sale;
    }
    good->now_price = good->price;
    return true;
}

static bool read_catalog(struct promo_doc *doc, struct map *index, struct err *e)
{
    const struct json_node *catalog = NULL;
    if (!promo_read_object(doc->root, "", "catalog", &catalog, e)) {
        return false;
    }
    if (catalog == NULL) {
        return true;
    }
    if (catalog->count > PROMO_GOODS_MAX) {
        return err_set(e, ERR_INVALID, "catalog: %u goods are more than %d", catalog->count,
                       PROMO_GOODS_MAX);
    }
    doc->goods = arena_zalloc(doc->arena, (catalog->count + 1) * sizeof *doc->goods);
    for (const struct json_node *n = json_child(catalog); n != json_end(catalog);
         n = json_next(n)) {
        struct promo_good *good = &doc->goods[doc->good_count];
        if (!read_good(n, good, e)) {
            return false;
        }
        map_put(index, hash64(good->sku, good->sku_size, 0), ++doc->good_count);
    }
    return true;
}

static struct promo_good *good_find(const struct promo_doc *doc, const struct map *index,
                                    const struct json_node *sku)
{
    uint64_t key = hash64(sku->text, sku->text_size, 0);
    uint32_t cursor = 0;
    for (uint32_t i = map_next(index, key, &cursor); i != 0; i = map_next(index, key, &cursor)) {
        struct promo_good *good = &doc->goods[i - 1];
        if (good->sku_size == sku->text_size && memcmp(good->sku, sku->text, sku->text_size) == 0) {
            return good;
        }
    }
    return NULL;
}

// A part that names a currency of its own names the document's: amounts are never converted.
static bool read_currency(const struct promo_doc *doc, const struct json_node *node,
                          const char *where, struct err *e)
{
    const struct json_node *currency = NULL;
    if (!promo_read_text(node, where, "currency", &currency, e)) {
        return false;
    }
    const struct json_node *ours = doc->currency;
    if (currency == NULL || ours == NULL ||
        (currency->text_size == ours->text_size &&
         memcmp(currency->text, ours->text, ours->text_size) == 0)) {
        return true;
    }
    return err_set(e, ERR_INVALID, "%scurrency: %.3s, but the document counts in %.3s", where,
                   currency->text, ours->text);
}

static bool read_cart_line(struct promo_doc *doc, const struct map *index,
                           const struct json_node *node, struct err *e)
{
    struct promo_place at = promo_place("cart.lines[%u].", doc->line_count);
    const struct json_node *sku = NULL;
    int64_t qty = 1;
    if (!promo_read_is_object(node, at.text, e) || !read_currency(doc, node, at.text, e) ||
        !promo_read_text(node, at.text, "sku", &sku, e) ||
        !promo_read_int(node, at.text, "qty", 0, PROMO_UNITS_MAX, &qty, e)) {
        return false;
    }
    if (sku == NULL) {
        return err_set(e, ERR_INVALID, "%ssku: missing", at.text);
    }
    struct promo_good *good = good_find(doc, index, sku);
    if (good == NULL) {
        return err_set(e, ERR_INVALID, "%ssku: '%.*s' is not in the catalogue", at.text,
                       sku->text_size > 64 ? 64 : (int)sku->text_size, sku->text);
    }
    doc->lines[doc->line_count++] = (struct promo_line){good, qty};
    doc->unit_count += qty;
    if (doc->unit_count > PROMO_UNITS_MAX) {
        return err_set(e, ERR_INVALID, "%sqty: the cart has more than %d units", at.text,
                       PROMO_UNITS_MAX);
    }
    return true;
}

// The total at the highest price any rule can start from must fit.
static bool total_check(const struct promo_doc *doc, struct err *e)
{
    int64_t total = doc->shipping_fee;
    for (uint32_t i = 0; i < doc->line_count; i++) {
        const struct promo_good *good = doc->lines[i].good;
        int64_t line;
        int64_t price = good->original_price > good->price ? good->original_price : good->price;
        if (!money_mul(price, doc->lines[i].qty, &line) || !money_add(total, line, &total) ||
            total > PROMO_TOTAL_MAX) {
            return err_set(e, ERR_INVALID, "cart.lines[%u].qty: the cart's total is too large", i);
        }
    }
    return true;
}

static bool read_cart(struct promo_doc *doc, const struct map *index, struct err *e)
{
    const struct json_node *cart = NULL;
    const struct json_node *lines = NULL;
    const struct json_node *shipping = NULL;
    if (!promo_read_object(doc->root, "", "cart", &cart, e)) {
        return false;
    }
    if (cart == NULL) {
        return true;
    }
    if (!read_currency(doc, cart, "cart.", e) ||
        !promo_read_list(cart, "cart.", "lines", PROMO_LINES_MAX, &lines, e) ||
        !promo_read_names(cart, "cart.", "coupons", &doc->coupons, e) ||
        !promo_read_text(cart, "cart.", "channel", &doc->channel, e) ||
        !promo_read_object(cart, "cart.", "shipping", &shipping, e)) {
        return false;
    }
    if (shipping != NULL) {
        doc->has_shipping = true;
        if (!promo_read_amount(shipping, "cart.shipping.", "fee", &doc->shipping_fee, e)) {
            return false;
        }
    }
    if (lines != NULL) {
        doc->lines = arena_zalloc(doc->arena, (lines->count + 1) * sizeof *doc->lines);
        for (const struct json_node *n = json_child(lines); n != json_end(lines);
             n = json_next(n)) {
            if (!read_cart_line(doc, index, n, e)) {
                return false;
            }
        }
    }
    return total_check(doc, e);
}

static bool read_customer(struct promo_doc *doc, struct err *e)
{
    const struct json_node *node = NULL;
    struct promo_customer *customer = &doc->customer;
    if (!promo_read_object(doc->root, "", "customer", &node, e)) {
        return false;
    }
    if (node == NULL) {
        return true;
    }
    const struct json_node *email = NULL;
    if (!promo_read_flag(node, "customer.", "logged_in", &customer->logged_in, e) ||
        !promo_read_int(node, "customer.", "orders_placed", 0, 1000000000, &customer->orders_placed,
                        e) ||
        !promo_read_int(node, "customer.", "level", 0, 1000000, &customer->level, e) ||
        !promo_read_names(node, "customer.", "groups", &customer->groups, e) ||
        !promo_read_names(node, "customer.", "tags", &customer->tags, e) ||
        !promo_read_names(node, "customer.", "segments", &customer->segments, e) ||
        !promo_read_text(node, "customer.", "country", &customer->country, e) ||
        !promo_read_text(node, "customer.", "email", &email, e)) {
        return false;
    }
    customer->known = customer->logged_in || email != NULL;
    return true;
}

static bool read_options(struct promo_doc *doc, const struct json_node *options, struct err *e)
{
    static const struct promo_word rounds[] = {
        {"half_up", MONEY_ROUND_HALF_UP},
        {"half_down", MONEY_ROUND_HALF_DOWN},
        {"half_even", MONEY_ROUND_HALF_EVEN},
        {"down", MONEY_ROUND_DOWN},
        {"up", MONEY_ROUND_UP},
        {NULL, 0},
    };
    const struct json_node *node = json_field(options, "woocommerce_calc_discounts_sequentially");
    doc->sequential = node != NULL && (json_text_is(node, "yes") || node->type == JSON_TRUE);
    if (json_field(options, "round") != NULL) {
        int round;
        if (!promo_read_word(options, "options.", "round", rounds, &round, e)) {
            return false;
        }
        doc->round = (enum money_round)round;
    }
    return true;
}

static bool read_head(struct promo_doc *doc, struct err *e)
{
    const struct json_node *options = NULL;
    doc->decimals = 2;
    doc->now_ms = INT64_MIN;
    doc->round = MONEY_ROUND_HALF_UP;
    if (!promo_read_text(doc->root, "", "currency", &doc->currency, e) ||
        !promo_read_time(doc->root, "", "now", &doc->now_ms, e) ||
        !promo_read_object(doc->root, "", "options", &options, e)) {
        return false;
    }
    doc->has_now = doc->now_ms != INT64_MIN;
    if (doc->currency != NULL) {
        char code[4] = "";
        if (doc->currency->text_size == 3) {
            memcpy(code, doc->currency->text, 3);
        }
        doc->decimals = money_decimals(code);
        if (doc->decimals < 0) {
            return err_set(e, ERR_INVALID, "currency: unknown");
        }
    }
    return options == NULL || read_options(doc, options, e);
}

bool promo_doc_read(const struct json_node *root, struct arena *arena, struct promo_doc *doc,
                    struct err *e)
{
    *doc = (struct promo_doc){.arena = arena, .root = root};
    if (root->type != JSON_OBJECT) {
        return err_set(e, ERR_INVALID, "document: not an object");
    }
    struct map index;
    map_init(&index);
    bool good = read_head(doc, e) && read_catalog(doc, &index, e) && read_cart(doc, &index, e) &&
                read_customer(doc, e) && promo_doc_promos(doc, e);
    map_deinit(&index);
    return good;
}
