// libFuzzer entry: receipts. Whatever comes in, the verdict is words and an error, or "verified";
// what is verified once is verified again, and one changed byte of it is not (first byte of the
// input: where).

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "rules/receipt.h"
#include "rules/rfc3797.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool run_verify(const char *json, size_t size)
{
    struct buf verdict;
    struct err e;
    err_clear(&e);
    buf_init(&verdict, 1 << 20);
    const bool verified = receipt_verify(json, size, &verdict, &e);
    CHECK(verdict.size > 0);
    CHECK(verified || e.kind != ERR_NONE);
    CHECK(verified == (memcmp(verdict.data, "verified: ", 10) == 0));
    buf_deinit(&verdict);
    return verified;
}

static void run_key(const uint8_t *data, size_t size)
{
    struct buf key;
    buf_init(&key, 2 * RFC3797_KEY_MAX);
    if (rfc3797_key_parse(&key, (const char *)data, size, NULL)) {
        CHECK(rfc3797_key_check(key.data, key.size, NULL));
    }
    buf_deinit(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    const uint8_t where = data[0];
    char *json = xmalloc(size);
    memcpy(json, data + 1, size - 1);
    if (run_verify(json, size - 1)) {
        CHECK(run_verify(json, size - 1));
        char *at = &json[(size_t)where * (size - 1) / 256];
        // Blanks between values may differ; a letter or digit may not.
        if ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9')) {
            *at ^= 1;
            CHECK(!run_verify(json, size - 1));
        }
    }
    free(json);
    run_key(data + 1, size - 1);
    return 0;
}
