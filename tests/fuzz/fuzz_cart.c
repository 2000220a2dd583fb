// libFuzzer entry: carts from JSON. What is accepted is also quoted, and what every quote promises
// is checked: never below the floor, the best choice never dearer than all vouchers in turn.

#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "rules/price_explain.h"
#include "rules/price_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void quote_cart(const struct price_json *doc)
{
    struct coupon_choice choice;
    struct price_quote quote;
    const size_t count = doc->voucher_count < COUPON_MAX ? doc->voucher_count : COUPON_MAX;
    const bool open = price_quote(doc->cart, doc->at_ms, doc->vouchers, doc->voucher_count, &quote);
    CHECK(coupon_best(doc->cart, doc->at_ms, doc->vouchers, count, &choice) == open);
    if (!open) {
        return;
    }
    CHECK(quote.final_fen >= quote.floor_fen);
    CHECK(choice.quote.final_fen >= choice.quote.floor_fen);
    CHECK(doc->voucher_count > count || choice.quote.final_fen <= quote.final_fen);
    struct buf out;
    buf_init(&out, 1 << 20);
    price_explain_json(doc->cart, doc->at_ms, doc->vouchers, count, choice.used, &out);
    buf_clear(&out);
    price_explain_text(doc->cart, doc->at_ms, doc->vouchers, count, choice.used, &out);
    buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_reader *reader = json_reader_new(1 << 20);
    const struct json_node *root;
    struct arena arena;
    struct price_json doc;
    arena_init(&arena, 4096);
    if (json_parse(reader, (const char *)data, size, &root, NULL)) {
        struct err e = {0};
        if (price_json_read(root, &arena, &doc, &e)) {
            quote_cart(&doc);
            price_json_deinit(&doc);
        } else {
            CHECK(e.kind != ERR_NONE);
            CHECK(e.text[0] != '\0');
        }
    }
    arena_deinit(&arena);
    json_reader_free(reader);
    return 0;
}
