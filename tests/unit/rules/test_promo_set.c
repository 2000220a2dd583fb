// The prepared form of promotions gives what the document gives, on random carts and promotions;
// and the rules that only our own policy has: lanes, limits of a member, remainder rules.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/rng.h"
#include "rules/promo.h"
#include "rules/promo_set.h"

#define NOW_MS INT64_C(1762518600000)  // 2025-11-07T12:30:00Z
#define LINES_MAX 6
#define PROMOS_MAX 6
#define CASES 20000

struct random_case {
    struct rng rng;
    struct buf set;  // As the set reads promotions.
    struct buf doc;  // The same case as a document.
    struct promo_set_line lines[LINES_MAX];
    struct promo_set_now now[PROMOS_MAX];
    struct promo_set_ask ask;
    char names[PROMOS_MAX][8];
    size_t promo_count;
};

static const char *const SKUS[] = {"a", "b", "c", "d", "e", "f"};
static const char *const CATEGORIES[] = {"coats", "small", ""};

static uint32_t below(struct random_case *c, uint32_t bound)
{
    return (uint32_t)rng_below(&c->rng, bound);
}

static void put_filter(struct random_case *c, struct buf *out)
{
    switch (below(c, 4)) {
    case 0:
        buf_printf(out, ",\"filter\":{\"categories\":[\"%s\"]}", CATEGORIES[below(c, 2)]);
        break;
    case 1:
        buf_printf(out, ",\"filter\":{\"skus\":[\"%s\",\"%s\"]}", SKUS[below(c, 6)],
                   SKUS[below(c, 6)]);
        break;
    default:
        break;
    }
}

static void put_action(struct random_case *c, bool catalog, struct buf *out)
{
    static const char *const targets[] = {"order", "line", "unit", "shipping"};
    const char *target = catalog ? "price" : targets[below(c, 4)];
    const uint32_t kind = catalog ? below(c, 2) : below(c, 6);
    buf_printf(out, "{\"target\":\"%s\",", target);
    if (kind == 0) {
        buf_printf(out, "\"kind\":\"fixed\",\"amount\":%u", below(c, 20000));
    } else if (kind == 1) {
        buf_printf(out, "\"kind\":\"percentage\",\"percent\":%u.%u", below(c, 60), below(c, 10));
    } else if (kind == 2) {
        buf_printf(out, "\"kind\":\"fixed\",\"amount\":%u,\"per_total\":%u", below(c, 3000),
                   1 + below(c, 30000));
    } else if (kind == 3) {
        buf_printf(
            out,
            "\"kind\":\"tiered_fixed\",\"tiers\":[{\"items_total_at_least\":%u,\"amount\":%u}"
            ",{\"quantity_at_least\":%u,\"amount\":%u}]",
            below(c, 90000), below(c, 9000), below(c, 9), below(c, 9000));
    } else if (kind == 4) {
        buf_printf(out, "\"kind\":\"buy_get\",\"buy\":%u,\"get\":1,\"percent\":%u", 1 + below(c, 3),
                   1 + below(c, 100));
    } else {
        buf_printf(out,
                   "\"kind\":\"percentage\",\"percent\":%u,\"per_unit\":true,\"group_size\":%u",
                   1 + below(c, 50), 1 + below(c, 4));
    }
    if (!catalog && below(c, 3) == 0) {
        buf_printf(out, ",\"cap\":%u", below(c, 5000));
    }
    if (!catalog) {
        put_filter(c, out);
    }
    buf_putc(out, '}');
}

static void put_condition(struct random_case *c, struct buf *out)
{
    switch (below(c, 6)) {
    case 0:
        buf_printf(out, "{\"type\":\"items_total_at_least\",\"value\":%u}", below(c, 200000));
        break;
    case 1:
        buf_printf(out, "{\"type\":\"items_quantity_at_least\",\"value\":%u}", below(c, 12));
        break;
    case 2:
        buf_printf(out, "{\"type\":\"segment\",\"segments\":[\"%s\"]}",
                   below(c, 2) ? "new" : "old");
        break;
    case 3:
        buf_printf(out, "{\"type\":\"tag\",\"tags\":[\"%s\",\"x\"]}", below(c, 2) ? "vip" : "shy");
        break;
    case 4:
        buf_printf(out, "{\"type\":\"nth_order\",\"value\":%u}", 1 + below(c, 3));
        break;
    default:
        buf_printf(out, "{\"type\":\"contains_category\",\"categories\":[\"%s\"],\"value\":%u}",
                   CATEGORIES[below(c, 2)], 1 + below(c, 3));
        break;
    }
}

static void put_policies(struct random_case *c, bool catalog, struct buf *out)
{
    static const char *const rounds[] = {"half_up", "half_down", "half_even", "down", "up"};
    static const char *const remainders[] = {"largest_remainder", "first", "last"};
    buf_printf(out, ",\"priority\":%u,\"round\":\"%s\",\"remainder\":\"%s\"", below(c, 4),
               rounds[below(c, 5)], remainders[below(c, 3)]);
    buf_printf(out, "%s%s", below(c, 8) == 0 ? ",\"exclusive\":true" : "",
               below(c, 4) == 0 ? ",\"applies_to_discounted\":false" : "");
    if (!catalog && below(c, 3) == 0) {
        buf_printf(out, ",\"lane\":\"l%u\"", below(c, 2));
    }
    if (!catalog && below(c, 3) == 0) {
        buf_printf(out, ",\"exclusive_group\":\"g%u\"", below(c, 2));
    }
}

// Limits stand in rows for the set and in the promotion for the document.
static void put_limits(struct random_case *c, size_t i, struct buf *out)
{
    struct promo_set_now *now = &c->now[i];
    *now = (struct promo_set_now){.name = c->names[i],
                                  .from_ms = INT64_MIN,
                                  .until_ms = INT64_MAX,
                                  .uses_left = PROMO_SET_UNLIMITED,
                                  .member_left = PROMO_SET_UNLIMITED,
                                  .budget_left = PROMO_SET_UNLIMITED};
    if (below(c, 4) == 0) {
        now->uses_left = below(c, 2);
        buf_printf(out, ",\"usage_limit\":7,\"used\":%d", (int)(7 - now->uses_left));
    }
    if (below(c, 4) == 0) {
        now->member_left = below(c, 3);
        buf_printf(out, ",\"per_customer_limit\":3,\"used_by_customer\":%d",
                   (int)(3 - now->member_left));
    }
    if (below(c, 4) == 0) {
        now->budget_left = below(c, 9000);
        buf_printf(out, ",\"budget_left\":%d", (int)now->budget_left);
    }
    if (below(c, 6) == 0) {
        now->until_ms = NOW_MS + (below(c, 2) ? 1000 : 0);
        buf_printf(out, ",\"ends_at\":\"2025-11-07T12:30:0%uZ\"", now->until_ms > NOW_MS);
    }
}

static void make_promos(struct random_case *c)
{
    c->promo_count = below(c, PROMOS_MAX + 1);
    buf_puts(&c->set, "[");
    buf_puts(&c->doc, "\"promotions\":[");
    for (size_t i = 0; i < c->promo_count; i++) {
        struct buf body;
        const bool catalog = below(c, 4) == 0;
        buf_init(&body, 1 << 16);
        snprintf(c->names[i], sizeof(c->names[i]), "p%zu", i);
        buf_printf(&body, "\"scope\":\"%s\",\"actions\":[", catalog ? "catalog" : "cart");
        put_action(c, catalog, &body);
        if (below(c, 4) == 0) {
            buf_putc(&body, ',');
            put_action(c, catalog, &body);
        }
        buf_puts(&body, "]");
        if (below(c, 2) == 0) {
            buf_puts(&body, ",\"conditions\":[");
            put_condition(c, &body);
            buf_puts(&body, "]");
        }
        put_policies(c, catalog, &body);
        buf_printf(&c->set, "%s{%s}", i > 0 ? "," : "", body.data);
        buf_printf(&c->doc, "%s{\"name\":\"%s\",%s", i > 0 ? "," : "", c->names[i], body.data);
        put_limits(c, i, &c->doc);
        buf_puts(&c->doc, "}");
        buf_deinit(&body);
    }
    buf_puts(&c->set, "]");
    buf_puts(&c->doc, "]");
}

static void make_lines(struct random_case *c)
{
    const size_t count = 1 + below(c, LINES_MAX);
    buf_puts(&c->doc, ",\"catalog\":{");
    for (size_t i = 0; i < count; i++) {
        const int64_t price = 1 + below(c, below(c, 2) ? 100 : 90000);
        c->lines[i] = (struct promo_set_line){.sku = SKUS[i],
                                              .category = CATEGORIES[below(c, 3)],
                                              .unit_fen = price,
                                              .floor_fen = below(c, (uint32_t)price + 1),
                                              .qty = 1 + below(c, 5)};
        c->lines[i].floor_fen = below(c, 2) ? 0 : c->lines[i].floor_fen;
        buf_printf(&c->doc, "%s\"%s\":{\"price\":%d,\"min_price\":%d", i > 0 ? "," : "", SKUS[i],
                   (int)price, (int)c->lines[i].floor_fen);
        if (c->lines[i].category[0] != 0) {
            buf_printf(&c->doc, ",\"categories\":[\"%s\"]", c->lines[i].category);
        }
        buf_puts(&c->doc, "}");
    }
    buf_puts(&c->doc, "},\"cart\":{\"lines\":[");
    for (size_t i = 0; i < count; i++) {
        buf_printf(&c->doc, "%s{\"sku\":\"%s\",\"qty\":%d}", i > 0 ? "," : "", SKUS[i],
                   (int)c->lines[i].qty);
    }
    c->ask.shipping_fen = below(c, 2) ? below(c, 3000) : 0;
    buf_printf(&c->doc, "],\"shipping\":{\"fee\":%d}}", (int)c->ask.shipping_fen);
    c->ask.line_count = count;
}

static void make_case(struct random_case *c, uint64_t seed)
{
    rng_init(&c->rng, seed, 0x70726f6d, 0);
    c->ask = (struct promo_set_ask){.lines = c->lines,
                                    .now = c->now,
                                    .at_ms = NOW_MS,
                                    .decimals = 2,
                                    .known = below(c, 4) > 0,
                                    .channel = "",
                                    .group = "",
                                    .segment = "",
                                    .tags = ""};
    buf_clear(&c->set);
    buf_clear(&c->doc);
    buf_puts(&c->doc, "{\"currency\":\"CNY\",\"now\":\"2025-11-07T12:30:00Z\",");
    make_promos(c);
    make_lines(c);
    if (c->ask.known) {
        c->ask.segment = below(c, 2) ? "new" : "old";
        c->ask.tags = below(c, 2) ? "shy,vip" : "x";
        c->ask.orders = below(c, 3);
        buf_printf(&c->doc,
                   ",\"customer\":{\"logged_in\":true,\"orders_placed\":%d,\"segments\":[\"%s\"],"
                   "\"tags\":%s}",
                   (int)c->ask.orders, c->ask.segment,
                   c->ask.tags[0] == 'x' ? "[\"x\"]" : "[\"shy\",\"vip\"]");
    }
    buf_putc(&c->doc, '}');
}

static int64_t number_at(const struct json_node *object, const char *name)
{
    const struct json_node *node = json_field(object, name);
    assert_non_null(node);
    return node->integer;
}

static void compare_notes(const struct random_case *c, const struct json_node *root,
                          const struct price_promo *promos)
{
    const struct json_node *n = json_child(json_field(root, "promotions"));
    for (size_t i = 0; i < c->promo_count; i++, n = json_next(n)) {
        assert_true(json_text_is(json_field(n, "name"), promos[i].name));
        const struct json_node *unused = json_field(n, "unused");
        assert_int_equal(unused == NULL, promos[i].why == PRICE_PROMO_USED);
        if (unused == NULL) {
            assert_int_equal(number_at(n, "discount"), promos[i].off_fen);
            assert_true(promos[i].off_fen > 0);
        }
        if (promos[i].why == PRICE_PROMO_EXCLUDED) {
            char text[40];
            snprintf(text, sizeof(text), "excluded by '%s'", promos[promos[i].by].name);
            assert_true(json_text_is(unused, text));
        }
    }
}

// The answer of the set: no line below its floor, and promotions add up to what lines lose.
static void check_answer(const struct random_case *c, const int64_t *off, int64_t shipping_off,
                         const struct price_promo *promos)
{
    int64_t sum = shipping_off;
    for (size_t i = 0; i < c->ask.line_count; i++) {
        const struct promo_set_line *line = &c->lines[i];
        assert_true(off[i] >= 0);
        assert_true(line->unit_fen * line->qty - off[i] >= line->floor_fen * line->qty);
        sum += off[i];
    }
    for (size_t i = 0; i < c->promo_count; i++) {
        const struct promo_set_now *now = &c->now[promos[i].name[1] - '0'];
        sum -= promos[i].off_fen;
        assert_true(promos[i].off_fen == 0 || now->uses_left != 0);
        assert_true(now->budget_left == PROMO_SET_UNLIMITED ||
                    promos[i].off_fen <= now->budget_left);
    }
    assert_int_equal(sum, 0);
}

static void run_case(struct random_case *c, struct json_reader *reader, struct json_reader *answers,
                     struct buf *result)
{
    struct promo_set *set;
    struct err e = {0};
    int64_t off[LINES_MAX];
    int64_t shipping_off;
    struct price_promo promos[PROMO_SET_MAX];
    uint32_t places[PROMO_SET_MAX];
    const struct json_node *root;
    if (!promo_set_read(c->set.data, c->set.size, &set, &e) ||
        !promo_set_judge(set, &c->ask, off, &shipping_off, promos, places, &e)) {
        fail_msg("%s: %s", e.text, c->set.data);
    }
    // A second time: the arena is used again.
    assert_true(promo_set_judge(set, &c->ask, off, &shipping_off, promos, places, &e));
    promo_set_free(set);
    buf_clear(result);
    assert_true(json_parse(reader, c->doc.data, c->doc.size, &root, &e));
    if (!promo_judge(root, PROMO_DRUMBEAT, result, &e)) {
        fail_msg("%s: %s", e.text, c->doc.data);
    }
    assert_true(json_parse(answers, result->data, result->size, &root, &e));
    assert_int_equal(number_at(root, "shipping_discount"), shipping_off);
    for (size_t i = 0; i < c->ask.line_count; i++) {
        const int64_t total = number_at(json_field(root, "line_total"), SKUS[i]);
        assert_int_equal(total, c->lines[i].unit_fen * c->lines[i].qty - off[i]);
    }
    compare_notes(c, root, promos);
    check_answer(c, off, shipping_off, promos);
}

static void test_random(void **unused)
{
    (void)unused;
    struct random_case *c = calloc(1, sizeof(*c));
    struct json_reader *reader = json_reader_new(1 << 20);
    struct json_reader *answers = json_reader_new(1 << 20);
    struct buf result;
    buf_init(&c->set, 1 << 20);
    buf_init(&c->doc, 1 << 20);
    buf_init(&result, 1 << 20);
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        make_case(c, seed);
        run_case(c, reader, answers, &result);
    }
    buf_deinit(&result);
    buf_deinit(&c->doc);
    buf_deinit(&c->set);
    json_reader_free(answers);
    json_reader_free(reader);
    free(c);
}

static void test_refusals(void **unused)
{
    (void)unused;
    static const struct {
        const char *json, *want;
    } BAD[] = {
        {"[{\"actions\":[{\"target\":\"order\",\"kind\":\"fixed\",\"amount\":-1}]}]",
         "promotions[0].actions[0].amount"},
        {"[{\"round\":\"odd\"}]", "promotions[0].round: 'odd' is unknown"},
        {"[{\"remainder\":\"mine\"}]", "promotions[0].remainder: 'mine' is unknown"},
        {"[{\"per_customer_limit\":\"x\"}]", "promotions[0].per_customer_limit"},
        {"{}", "promotions: not a list"},
        {"[", ""},
    };
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        struct promo_set *set = NULL;
        struct err e = {0};
        assert_false(promo_set_read(BAD[i].json, strlen(BAD[i].json), &set, &e));
        assert_non_null(strstr(e.text, BAD[i].want));
    }
    struct promo_set *set = NULL;
    struct err e = {0};
    int64_t off[1], shipping_off;
    const struct promo_set_line line = {
        .sku = "a", .category = "", .unit_fen = PRICE_TOTAL_MAX, .qty = 2};
    const struct promo_set_ask ask = {.lines = &line, .line_count = 1, .group = ""};
    assert_true(promo_set_read("[]", 2, &set, &e));
    assert_false(promo_set_judge(set, &ask, off, &shipping_off, NULL, NULL, &e));
    assert_non_null(strstr(e.text, "lines[0].qty: the cart's total is too large"));
    promo_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
