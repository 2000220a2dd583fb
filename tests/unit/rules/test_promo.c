// Promotions: our own cases of all policies and refusals (tests/cases/price_promo.json), the 82
// recorded cases of four shops where they are at hand, and the runner itself.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rules/promo.h"

static bool file_read(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    char chunk[65536];
    size_t size;
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0) {
        buf_append(out, chunk, size);
    }
    (void)fclose(file);
    return true;
}

static void run_file(const char *path, const char *policy, size_t *passed, size_t *failed)
{
    struct buf json, report;
    struct err e = {0};
    buf_init(&json, 1 << 26);
    buf_init(&report, 1 << 24);
    assert_true(file_read(path, &json));
    assert_true(promo_cases_run(json.data, json.size, policy, &report, passed, failed, &e));
    if (*failed > 0) {
        fail_msg("%s", report.data);
    }
    buf_deinit(&report);
    buf_deinit(&json);
}

static void test_own_cases(void **state)
{
    (void)state;
    size_t passed, failed, all = 0;
    static const char *const policies[] = {"drumbeat", "sylius", "medusa", "woocommerce",
                                           "solidus"};
    for (size_t i = 0; i < 5; i++) {
        run_file(TESTS_DIR "/cases/price_promo.json", policies[i], &passed, &failed);
        assert_true(passed > 8);
        all += passed;
    }
    run_file(TESTS_DIR "/cases/price_promo.json", NULL, &passed, &failed);
    assert_int_equal(passed, all);
}

static void test_recorded_cases(void **state)
{
    (void)state;
    static const char path[] = SHARED_DATA_DIR "/pricing-cases.json";
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        print_message("SKIPPED: %s is not here, the recorded cases of four shops did NOT run\n",
                      path);
        return;
    }
    (void)fclose(file);
    size_t passed, failed;
    run_file(path, NULL, &passed, &failed);
    assert_int_equal(passed, 82);
}

static void run_text(const char *json, const char *policy, size_t passed, size_t failed,
                     const char *words)
{
    struct buf report;
    struct err e = {0};
    size_t p = 99, f = 99;
    buf_init(&report, 1 << 20);
    bool good = promo_cases_run(json, strlen(json), policy, &report, &p, &f, &e);
    if (passed + failed == 0) {
        assert_false(good);
        assert_int_equal(e.kind, ERR_INVALID);
        assert_non_null(strstr(e.text, words));
    } else {
        assert_true(good);
        assert_int_equal(p, passed);
        assert_int_equal(f, failed);
        assert_non_null(strstr(report.data, words));
    }
    buf_deinit(&report);
}

#define CART "\"catalog\":{\"a\":{\"price\":100}},\"cart\":{\"lines\":[{\"sku\":\"a\",\"qty\":2}]}"
#define CASE(family, expect)                                                                       \
    "{\"cases\":[{\"id\":\"x\",\"family\":\"" family "\"," CART ",\"expect\":" expect "}]}"

static void test_runner_sees_differences(void **state)
{
    (void)state;
    run_text(CASE("sylius-cart", "{\"total\":200}"), NULL, 1, 0, "1 passed, 0 failed");
    run_text(CASE("sylius-cart", "{\"total\":201}"), NULL, 0, 1,
             "FAIL x: total: expected 201, got 200");
    run_text(CASE("sylius-cart", "{\"line_total\":{\"a\":1}}"), NULL, 0, 1,
             "FAIL x: line_total[a]: expected 1, got 200");
    run_text(CASE("sylius-cart", "{\"line_total\":{\"b\":1}}"), NULL, 0, 1, "got nothing");
    run_text(CASE("sylius-cart", "{\"unit_discounts\":{\"a\":[0]}}"), NULL, 0, 1, "got [0,0]");
    run_text(CASE("sylius-cart", "{\"never_heard_of\":1}"), NULL, 0, 1, "got nothing");
    run_text(CASE("sylius-cart", "{\"coupon_accepted\":false}"), NULL, 0, 1, "got true");
    run_text(CASE("sylius-cart", "{\"applied\":{\"a\":[\"p\"]}}"), NULL, 0, 1, "got []");
    run_text(CASE("sylius-cart", "{\"error\":true}"), NULL, 0, 1, "FAIL");
    run_text(CASE("other-shop", "{}"), NULL, 0, 1, "family");
    run_text("{\"cases\":[7]}", NULL, 0, 1, "family");
}

static void test_runner_refuses(void **state)
{
    (void)state;
    run_text("{}", NULL, 0, 0, "cases");
    run_text("[]", NULL, 0, 0, "cases");
    run_text("{\"cases\":", NULL, 0, 0, "");
    run_text("{\"cases\":[]}", "shopify", 0, 0, "shopify");
}

static void test_too_many_lines(void **state)
{
    (void)state;
    struct buf json, out;
    struct err e = {0};
    const struct json_node *root;
    struct json_reader *reader = json_reader_new(1 << 22);
    buf_init(&json, 1 << 22);
    buf_init(&out, 1 << 20);
    buf_puts(&json, "{\"catalog\":{\"a\":{\"price\":1}},\"cart\":{\"lines\":[");
    for (int i = 0; i < 10000; i++) {
        buf_puts(&json, i == 0 ? "{\"sku\":\"a\"}" : ",{\"sku\":\"a\"}");
    }
    buf_puts(&json, "]}}");
    assert_true(json_parse(reader, json.data, json.size, &root, &e));
    assert_false(promo_judge(root, PROMO_DRUMBEAT, &out, &e));
    assert_non_null(strstr(e.text, "cart.lines: 10000 are more than 1000"));
    buf_deinit(&out);
    buf_deinit(&json);
    json_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_cases),
        cmocka_unit_test(test_recorded_cases),
        cmocka_unit_test(test_runner_sees_differences),
        cmocka_unit_test(test_runner_refuses),
        cmocka_unit_test(test_too_many_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
