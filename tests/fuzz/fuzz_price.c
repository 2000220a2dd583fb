// libFuzzer entry: carts and promotion documents from JSON. The first byte picks the reader; what
// is accepted is also computed, and its invariants checked.

#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "rules/price_explain.h"
#include "rules/price_json.h"
#include "rules/promo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_cart(const struct json_node *root)
{
    struct arena arena;
    struct price_json doc;
    arena_init(&arena, 4096);
    if (price_json_read(root, &arena, &doc, NULL)) {
        struct coupon_choice choice;
        struct price_quote quote;
        size_t count = doc.voucher_count < COUPON_MAX ? doc.voucher_count : COUPON_MAX;
        bool open = price_quote(doc.cart, doc.at_ms, doc.vouchers, doc.voucher_count, &quote);
        CHECK(coupon_best(doc.cart, doc.at_ms, doc.vouchers, count, &choice) == open);
        if (open) {
            struct buf out;
            buf_init(&out, 1 << 20);
            CHECK(quote.final_fen >= quote.floor_fen);
            CHECK(choice.quote.final_fen >= choice.quote.floor_fen);
            CHECK(doc.voucher_count > count || choice.quote.final_fen <= quote.final_fen);
            price_explain_json(doc.cart, doc.at_ms, doc.vouchers, count, choice.used, &out);
            buf_clear(&out);
            price_explain_text(doc.cart, doc.at_ms, doc.vouchers, count, choice.used, &out);
            buf_deinit(&out);
        }
        price_json_deinit(&doc);
    }
    arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct json_reader *reader = json_reader_new(1 << 20);
    const char *text = (const char *)data + 1;
    const struct json_node *root;
    struct buf out;
    buf_init(&out, 1 << 22);
    unsigned pick = data[0] % 7;
    if (pick == 6) {
        size_t passed, failed;
        (void)promo_cases_run(text, size - 1, NULL, &out, &passed, &failed, NULL);
    } else if (json_parse(reader, text, size - 1, &root, NULL)) {
        if (pick == 5) {
            run_cart(root);
        } else {
            (void)promo_judge(root, (enum promo_policy)pick, &out, NULL);
        }
    }
    buf_deinit(&out);
    json_reader_free(reader);
    return 0;
}
