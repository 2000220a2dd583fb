// libFuzzer entry: promotions as data. The first byte picks the policy ('0' to '4', as in enum
// promo_policy) or the reader of case files ('5'); what is accepted is judged too.

#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "rules/promo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CASES (PROMO_SOLIDUS + 1)

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
    } else if (json_parse(reader, text, size - 1, &root, NULL)) {
        CHECK(promo_judge(root, (enum promo_policy)pick, &out, &e) || e.text[0] != '\0');
    }
    buf_deinit(&out);
    json_reader_free(reader);
    return 0;
}
