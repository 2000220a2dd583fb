// libFuzzer entry: promotions as data. The first byte picks the policy ('0' to '4', as in enum
// promo_policy) or the reader of case files ('5'); what is accepted is judged too. A list instead
// of a document is read as a campaign's promotions and judged on a cart of our own.

#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "rules/promo.h"
#include "rules/promo_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CASES (PROMO_SOLIDUS + 1)

static void judge_set(const char *text, size_t size)
{
    static const struct promo_set_line lines[] = {
        {.sku = "coat", .category = "coats", .unit_fen = 60001, .floor_fen = 30000, .qty = 3},
        {.sku = "sock", .category = "", .unit_fen = 999, .floor_fen = 0, .qty = 7},
    };
    struct promo_set_now now[PROMO_SET_MAX];
    struct price_promo promos[PROMO_SET_MAX];
    uint32_t places[PROMO_SET_MAX];
    int64_t off[2];
    int64_t shipping_off;
    struct promo_set *set;
    struct err e = {0};
    if (!promo_set_read(text, size, &set, &e)) {
        CHECK(e.text[0] != '\0');
        return;
    }
    for (size_t i = 0; i < promo_set_count(set); i++) {
        now[i] = (struct promo_set_now){.name = "p",
                                        .from_ms = INT64_MIN,
                                        .until_ms = INT64_MAX,
                                        .uses_left = i % 3 == 0 ? PROMO_SET_UNLIMITED : 1,
                                        .member_left = PROMO_SET_UNLIMITED,
                                        .budget_left = i % 2 == 0 ? PROMO_SET_UNLIMITED : 5000};
    }
    const struct promo_set_ask ask = {.lines = lines,
                                      .line_count = 2,
                                      .now = now,
                                      .shipping_fen = 1200,
                                      .decimals = 2,
                                      .known = true,
                                      .group = "g",
                                      .segment = "new",
                                      .channel = "online",
                                      .tags = "vip,x"};
    if (promo_set_judge(set, &ask, off, &shipping_off, promos, places, &e)) {
        CHECK(off[0] >= 0 && off[0] <= 3 * 30001);
        CHECK(off[1] >= 0 && off[1] <= 7 * 999);
        CHECK(shipping_off >= 0 && shipping_off <= 1200);
    }
    promo_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    const unsigned pick = data[0] % (CASES + 1);
    const char *text = (const char *)data + 1;
    struct json_reader *reader = json_reader_new(1 << 20);
    const struct json_node *root;
    struct err e = {0};
    struct buf out;
    buf_init(&out, 1 << 22);
    if (pick == CASES) {
        size_t passed;
        size_t failed;
        CHECK(promo_cases_run(text, size - 1, NULL, &out, &passed, &failed, &e) ||
              e.text[0] != '\0');
    } else if (pick == PROMO_DRUMBEAT && size > 1 && text[0] == '[') {
        judge_set(text, size - 1);
    } else if (json_parse(reader, text, size - 1, &root, NULL)) {
        CHECK(promo_judge(root, (enum promo_policy)pick, &out, &e) || e.text[0] != '\0');
    }
    buf_deinit(&out);
    json_reader_free(reader);
    return 0;
}
