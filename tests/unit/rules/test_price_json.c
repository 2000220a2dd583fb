// The table tests/cases/price_ladder.txt: carts as JSON, what they cost, how bad ones are refused.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rules/price_explain.h"
#include "rules/price_json.h"

struct table {
    struct json_reader *reader;
    size_t passed;
};

static void describe(const struct price_json *doc, struct buf *out)
{
    struct coupon_choice choice;
    if (!coupon_best(doc->cart, doc->at_ms, doc->vouchers, doc->voucher_count, &choice)) {
        buf_printf(out, "not for sale: %u", choice.quote.not_for_sale - 1);
        return;
    }
    buf_printf(out, "list=%lld deal=%lld card=%lld vouchers=%lld final=%lld used=",
               (long long)choice.quote.list_fen, (long long)choice.quote.deal_fen,
               (long long)choice.quote.card_fen, (long long)choice.quote.voucher_fen,
               (long long)choice.quote.final_fen);
    const char *comma = "";
    for (size_t i = 0; i < doc->voucher_count; i++) {
        if ((choice.used >> i & 1) != 0) {
            buf_printf(out, "%s%zu", comma, i);
            comma = ",";
        }
    }
}

static void run_case(struct table *table, const char *title, const char *cart, const char *expected)
{
    struct arena arena;
    struct price_json doc;
    struct buf got;
    struct err e = {0};
    const struct json_node *root;
    arena_init(&arena, 4096);
    buf_init(&got, 65536);
    bool good = json_parse(table->reader, cart, strlen(cart), &root, &e) &&
                price_json_read(root, &arena, &doc, &e);
    if (good) {
        describe(&doc, &got);
        price_json_deinit(&doc);
    } else {
        buf_printf(&got, "refused: %s", e.text);
        assert_int_equal(e.kind, ERR_INVALID);
    }
    const char *words = strncmp(expected, "refused: ", 9) == 0 ? expected + 9 : expected;
    bool same = words == expected ? strcmp(got.data, expected) == 0
                                  : !good && strstr(got.data + 9, words) != NULL;
    if (!same) {
        fail_msg("%s\n  expected %s\n  got      %s", title, expected, got.data);
    }
    table->passed++;
    buf_deinit(&got);
    arena_deinit(&arena);
}

static bool next_line(FILE *file, char *line, size_t size)
{
    while (fgets(line, (int)size, file) != NULL) {
        line[strcspn(line, "\n")] = 0;
        if (line[0] != 0 && line[0] != '#') {
            return true;
        }
    }
    return false;
}

static void test_table(void **state)
{
    (void)state;
    struct table table = {.reader = json_reader_new(1 << 20)};
    char title[4096], cart[4096], expected[4096];
    FILE *file = fopen(TESTS_DIR "/cases/price_ladder.txt", "r");
    assert_non_null(file);
    while (next_line(file, title, sizeof title)) {
        assert_true(next_line(file, cart, sizeof cart));
        assert_true(next_line(file, expected, sizeof expected));
        run_case(&table, title, cart, expected);
    }
    assert_true(table.passed >= 40);
    (void)fclose(file);
    json_reader_free(table.reader);
}

static void refuse_many(struct json_reader *reader, const char *item, size_t count,
                        const char *before, const char *after, const char *words)
{
    struct buf text;
    struct arena arena;
    struct price_json doc;
    struct err e = {0};
    const struct json_node *root;
    buf_init(&text, 1 << 22);
    arena_init(&arena, 4096);
    buf_puts(&text, before);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&text, "%s%s", i == 0 ? "" : ",", item);
    }
    buf_puts(&text, after);
    assert_true(json_parse(reader, text.data, text.size, &root, &e));
    assert_false(price_json_read(root, &arena, &doc, &e));
    assert_int_equal(e.kind, ERR_INVALID);
    assert_non_null(strstr(e.text, words));
    arena_deinit(&arena);
    buf_deinit(&text);
}

static void test_too_many(void **state)
{
    (void)state;
    struct json_reader *reader = json_reader_new(1 << 22);
    refuse_many(reader, "{\"list\":1}", 10000, "{\"lines\":[", "]}", "lines: 10000 are more than");
    refuse_many(reader, "{\"amount\":1}", 65, "{\"lines\":[{\"list\":1}],\"vouchers\":[", "]}",
                "vouchers: 65 are more than 64");
    json_reader_free(reader);
}

static void test_explain(void **state)
{
    (void)state;
    static const char cart[] =
        "{\"card_percent\":12,\"lines\":[{\"sku\":\"coat\",\"list\":120000,\"deal\":66000,"
        "\"floor\":50000},{\"sku\":\"sock\",\"list\":1000}],\"vouchers\":[{\"name\":\"spring "
        "50\",\"amount\":5000},{\"name\":\"big\",\"amount\":20000,\"threshold\":90000},"
        "{\"name\":\"tiny\",\"amount\":6000}]}";
    struct json_reader *reader = json_reader_new(1 << 20);
    struct arena arena;
    struct price_json doc;
    struct buf out;
    struct err e = {0};
    const struct json_node *root;
    arena_init(&arena, 4096);
    buf_init(&out, 1 << 20);
    assert_true(json_parse(reader, cart, strlen(cart), &root, &e));
    assert_true(price_json_read(root, &arena, &doc, &e));
    price_explain_text(doc.cart, 0, doc.vouchers, doc.voucher_count, 5, &out);
    // 58080 + 880 - 5000 - 6000 = 47960, but the coat stops at 50000: the floor gives 2040 back.
    assert_non_null(strstr(out.data, "1,210.00"));
    assert_non_null(strstr(out.data, "floor"));
    assert_non_null(strstr(out.data, "20.40"));
    assert_non_null(strstr(out.data, "needs 310.40 more"));
    buf_clear(&out);
    price_explain_json(doc.cart, 0, doc.vouchers, doc.voucher_count, 5, &out);
    assert_true(json_parse(reader, out.data, out.size, &root, &e));
    assert_int_equal(json_field(root, "final")->integer, 50000);
    assert_int_equal(json_field(root, "steps")->count, 7);
    assert_int_equal(json_field(root, "unused")->count, 1);
    const struct json_node *unused = json_child(json_field(root, "unused"));
    assert_true(json_text_is(json_field(unused, "voucher"), "big"));
    assert_true(json_text_is(json_field(unused, "reason"), "needs 310.40 more"));
    price_json_deinit(&doc);
    buf_deinit(&out);
    arena_deinit(&arena);
    json_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_explain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
