// Picks the policy, runs it, writes what it found as JSON.

#include "rules/promo.h"

#include <string.h>

#include "rules/promo_doc.h"

static const char *const policy_names[] = {
    [PROMO_DRUMBEAT] = "drumbeat",       [PROMO_SYLIUS] = "sylius",   [PROMO_MEDUSA] = "medusa",
    [PROMO_WOOCOMMERCE] = "woocommerce", [PROMO_SOLIDUS] = "solidus",
};

const char *promo_policy_name(enum promo_policy policy)
{
    CHECK(policy <= PROMO_SOLIDUS);
    return policy_names[policy];
}

bool promo_policy_find(const char *name, size_t size, enum promo_policy *out)
{
    for (size_t i = 0; i < sizeof policy_names / sizeof policy_names[0]; i++) {
        if (strlen(policy_names[i]) == size && memcmp(policy_names[i], name, size) == 0) {
            *out = (enum promo_policy)i;
            return true;
        }
    }
    return false;
}

bool promo_policy_of_family(const char *family, size_t size, enum promo_policy *out)
{
    static const struct {
        const char *prefix;
        enum promo_policy policy;
    } families[] = {
        {"sylius-", PROMO_SYLIUS},   {"medusa-", PROMO_MEDUSA},     {"woo-", PROMO_WOOCOMMERCE},
        {"solidus-", PROMO_SOLIDUS}, {"drumbeat-", PROMO_DRUMBEAT},
    };
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        size_t length = strlen(families[i].prefix);
        if (size >= length && memcmp(family, families[i].prefix, length) == 0) {
            *out = families[i].policy;
            return true;
        }
    }
    return false;
}

static void put_int(struct buf *out, const char *key, int64_t value)
{
    json_key(out, key);
    json_put_int(out, value);
}

enum field { LINE_TOTAL, LINE_DISCOUNT, LINE_UNIT_DISCOUNT, UNIT_PRICE };

// Lines by sku; a sku that stands on several lines counts once, summed.
static void put_lines(const struct promo_doc *doc, const struct promo_result *result,
                      const char *key, enum field field, struct buf *out)
{
    json_key(out, key);
    buf_putc(out, '{');
    for (uint32_t i = 0; i < doc->line_count; i++) {
        int64_t sum = 0;
        bool first = true;
        for (uint32_t k = 0; k < doc->line_count; k++) {
            const struct promo_line_result *line = &result->lines[k];
            if (doc->lines[k].good != doc->lines[i].good) {
                continue;
            }
            first &= k >= i;
            sum = field == LINE_TOTAL           ? sum + line->total
                  : field == LINE_DISCOUNT      ? sum + line->discount
                  : field == LINE_UNIT_DISCOUNT ? sum + line->unit_discount
                                                : line->unit_price;
        }
        if (first) {
            json_comma(out);
            json_put_text(out, doc->lines[i].good->sku, doc->lines[i].good->sku_size);
            buf_putc(out, ':');
            json_put_int(out, sum);
        }
    }
    buf_putc(out, '}');
}

static void put_units(const struct promo_doc *doc, const struct promo_result *result,
                      struct buf *out)
{
    json_key(out, "unit_discounts");
    buf_putc(out, '{');
    for (uint32_t i = 0; i < doc->line_count; i++) {
        bool first = true;
        for (uint32_t k = 0; k < i; k++) {
            first &= doc->lines[k].good != doc->lines[i].good;
        }
        if (!first || result->lines[i].units == NULL) {
            continue;
        }
        json_comma(out);
        json_put_text(out, doc->lines[i].good->sku, doc->lines[i].good->sku_size);
        buf_puts(out, ":[");
        for (uint32_t k = i; k < doc->line_count; k++) {
            for (int64_t u = 0; doc->lines[k].good == doc->lines[i].good && u < doc->lines[k].qty;
                 u++) {
                json_comma(out);
                json_put_int(out, result->lines[k].units[u]);
            }
        }
        buf_putc(out, ']');
    }
    buf_putc(out, '}');
}

static void put_goods(const struct promo_doc *doc, struct buf *out)
{
    json_key(out, "price");
    buf_putc(out, '{');
    for (uint32_t i = 0; i < doc->good_count; i++) {
        json_comma(out);
        json_put_text(out, doc->goods[i].sku, doc->goods[i].sku_size);
        buf_putc(out, ':');
        json_put_int(out, doc->goods[i].now_price);
    }
    buf_puts(out, "},\"original_price\":{");
    for (uint32_t i = 0; i < doc->good_count; i++) {
        if (doc->goods[i].original_price != PROMO_NONE) {
            json_comma(out);
            json_put_text(out, doc->goods[i].sku, doc->goods[i].sku_size);
            buf_putc(out, ':');
            json_put_int(out, doc->goods[i].original_price);
        }
    }
    buf_puts(out, "},\"applied\":{");
    for (uint32_t i = 0; i < doc->good_count; i++) {
        json_comma(out);
        json_put_text(out, doc->goods[i].sku, doc->goods[i].sku_size);
        buf_puts(out, ":[");
        for (uint32_t k = 0; k < doc->goods[i].applied_count; k++) {
            json_comma(out);
            json_put_text(out, doc->goods[i].applied[k]->name, doc->goods[i].applied[k]->name_size);
        }
        buf_putc(out, ']');
    }
    buf_puts(out, "},\"applied_count\":{");
    for (uint32_t i = 0; i < doc->good_count; i++) {
        json_comma(out);
        json_put_text(out, doc->goods[i].sku, doc->goods[i].sku_size);
        buf_printf(out, ":%u", doc->goods[i].applied_count);
    }
    buf_putc(out, '}');
}

static void put_notes(const struct promo_result *result, struct buf *out)
{
    json_key(out, "promotions");
    buf_putc(out, '[');
    for (uint32_t i = 0; i < result->note_count; i++) {
        const struct promo_note *note = &result->notes[i];
        json_comma(out);
        buf_putc(out, '{');
        json_key(out, "name");
        json_put_text(out, note->promo->name, note->promo->name_size);
        if (note->reason != NULL) {
            json_key(out, "unused");
            json_put_z(out, note->reason);
        } else {
            put_int(out, "discount", note->discount);
        }
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_result(const struct promo_doc *doc, const struct promo_result *result,
                       struct buf *out)
{
    int64_t shipping = doc->shipping_fee - result->shipping_discount;
    buf_putc(out, '{');
    put_int(out, "total", result->items_total + shipping);
    put_int(out, "items_total", result->items_total);
    put_int(out, "discount_total", result->discount_total);
    put_int(out, "shipping_total", shipping);
    put_int(out, "shipping_discount", result->shipping_discount);
    put_lines(doc, result, "line_total", LINE_TOTAL, out);
    put_lines(doc, result, "line_discount", LINE_DISCOUNT, out);
    put_lines(doc, result, "line_unit_discount", LINE_UNIT_DISCOUNT, out);
    put_lines(doc, result, "unit_price", UNIT_PRICE, out);
    put_units(doc, result, out);
    put_goods(doc, out);
    json_key(out, "coupon_accepted");
    buf_puts(out, result->coupon_accepted ? "true" : "false");
    put_notes(result, out);
    buf_putc(out, '}');
}

static bool judge(const struct json_node *root, enum promo_policy policy, struct arena *arena,
                  struct buf *out, struct err *e)
{
    if (policy == PROMO_MEDUSA) {
        return promo_medusa_judge(root, arena, out, e);
    }
    struct promo_doc doc;
    if (!promo_doc_read(root, arena, &doc, e)) {
        return false;
    }
    struct promo_result *result = promo_result_new(&doc);
    bool good = false;
    switch (policy) {
    case PROMO_SYLIUS:
        good = promo_sylius_judge(&doc, result, e);
        break;
    case PROMO_WOOCOMMERCE:
        good = promo_woo_judge(&doc, result, e);
        break;
    case PROMO_SOLIDUS:
        good = promo_solidus_judge(&doc, result, e);
        break;
    case PROMO_DRUMBEAT:
    case PROMO_MEDUSA:
        good = promo_own_judge(&doc, result, e);
        break;
    }
    if (good) {
        put_result(&doc, result, out);
    }
    return good;
}

bool promo_judge(const struct json_node *root, enum promo_policy policy, struct buf *out,
                 struct err *e)
{
    if (root->type != JSON_OBJECT) {
        return err_set(e, ERR_INVALID, "document: not an object");
    }
    struct arena arena;
    arena_init(&arena, 65536);
    bool good = judge(root, policy, &arena, out, e);
    arena_deinit(&arena);
    return good;
}
