// The Nth like against a plain sort.

#include "test_rules.h"

#include "base/rng.h"
#include "rules/nth.h"

static const struct draw_key *sort_key;

static int plain_compare(const void *a, const void *b)
{
    const struct nth_like *x = a;
    const struct nth_like *y = b;
    if (x->at_ms != y->at_ms) {
        return x->at_ms < y->at_ms ? -1 : 1;
    }
    if (sort_key == NULL) {
        return strcmp(x->id, y->id);
    }
    const struct sha256 i = hmac_sha256(sort_key->bytes, 32, x->id, x->id_size);
    const struct sha256 j = hmac_sha256(sort_key->bytes, 32, y->id, y->id_size);
    return memcmp(i.bytes, j.bytes, 32);
}

static void test_as_plain(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 1, 1, 1);
    const struct draw_key key = test_key(1);
    char ids[200][8];
    uint32_t scratch[200];
    for (unsigned turn = 0; turn < 600; turn++) {
        const uint32_t count = 1 + (uint32_t)rng_below(&rng, 200);
        struct nth_like likes[200];
        struct nth_like sorted[200];
        for (uint32_t i = 0; i < count; i++) {
            const int size = snprintf(ids[i], sizeof(ids[i]), "m%u", (i * 77) % 200);
            likes[i] = (struct nth_like){.id = ids[i],
                                         .id_size = (uint32_t)size,
                                         .at_ms = (int64_t)rng_below(&rng, turn % 3 == 0 ? 1 : 9)};
            sorted[i] = likes[i];
        }
        sort_key = turn % 2 == 0 ? &key : NULL;
        qsort(sorted, count, sizeof(sorted[0]), plain_compare);
        const uint32_t place = 1 + (uint32_t)rng_below(&rng, count);
        uint32_t winner = 0;
        struct err e;
        assert_true(nth_select(likes, count, place, sort_key, &winner, scratch, &e));
        assert_string_equal(likes[winner].id, sorted[place - 1].id);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    const struct nth_like likes[] = {{.id = "a", .id_size = 1, .at_ms = 5}};
    uint32_t winner = 0;
    uint32_t scratch[1];
    struct err e;
    assert_false(nth_select(likes, 1, 0, NULL, &winner, scratch, &e));
    assert_string_equal(e.text, "place: counts from 1");
    assert_false(nth_select(likes, 1, 50, NULL, &winner, scratch, &e));
    assert_string_equal(e.text, "only 1 of 50 likes");
    assert_int_equal(e.kind, ERR_REFUSED);
}

static void test_unique(void **state)
{
    (void)state;
    struct nth_like likes[] = {{.id = "b", .id_size = 1, .at_ms = 9},
                               {.id = "a", .id_size = 1, .at_ms = 7},
                               {.id = "b", .id_size = 1, .at_ms = 2},
                               {.id = "a", .id_size = 1, .at_ms = 8},
                               {.id = "ab", .id_size = 2, .at_ms = 1}};
    assert_int_equal(nth_unique(likes, 5), 3);
    assert_int_equal(likes[0].at_ms, 7);
    assert_int_equal(likes[1].at_ms, 1);
    assert_int_equal(likes[2].at_ms, 2);
    assert_int_equal(nth_unique(likes, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_plain),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
