// Draws: known answers computed with WebCrypto in JavaScript, properties against plain versions.

#include "test_rules.h"

#include <math.h>

#include "base/rng.h"

static struct draw_key known_key(void)
{
    uint8_t seed[32];
    for (unsigned i = 0; i < sizeof(seed); i++) {
        seed[i] = (uint8_t)i;
    }
    const struct sha256 hash = sha256_of("", 0);
    return draw_key_derive(seed, sizeof(seed), &hash);
}

static void test_known_answers(void **state)
{
    (void)state;
    const struct draw_key key = known_key();
    char hex[65];
    hex_encode(key.bytes, 32, hex);
    assert_string_equal(hex, "d43ab268ace84897c7c38db898ceba8460c30c061f52a2ea4c514367ed85f6fa");
    struct draw_stream stream;
    uint8_t bytes[32];
    draw_stream_init(&stream, &key, 0);
    draw_stream_bytes(&stream, bytes, 4);
    hex_encode(bytes, 32, hex);
    assert_string_equal(hex, "ab6dd3d8c8a4eabeae2a3d894fb36019a65362977ca7d540d20753a91ffb0fbe");
    draw_stream_seek(&stream, 5);
    draw_stream_bytes(&stream, bytes, 4);
    hex_encode(bytes, 32, hex);
    assert_string_equal(hex, "96e15f90cf23693b05459f653281af2e4905c7c349536ca628d9f74ecc2adba3");

    draw_stream_deinit(&stream);
}

static void test_known_numbers(void **state)
{
    (void)state;
    const struct draw_key key = known_key();
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    const uint64_t bounds[] = {6,
                               6,
                               6,
                               1000000,
                               10000000,
                               UINT64_C(9223372036854775808),
                               UINT64_C(13835058055282163712),
                               UINT64_C(13835058055282163712),
                               UINT64_C(13835058055282163712)};
    const uint64_t answers[] = {4,
                                0,
                                1,
                                742431,
                                5551711,
                                UINT64_C(9106544172691224790),
                                UINT64_C(6275086608294570339),
                                UINT64_C(13679869868471565189),
                                UINT64_C(10290585801838585008)};
    for (unsigned i = 0; i < 9; i++) {
        assert_int_equal(draw_below(&stream, bounds[i]), answers[i]);
    }

    draw_stream_rekey(&stream, &key, 0);
    uint32_t winners[5];
    void *scratch = xmalloc(draw_select_scratch(20, 5) + draw_weighted_scratch(20));
    draw_select(&stream, 20, 5, winners, scratch);
    const uint32_t selected[5] = {14, 2, 6, 15, 12};
    assert_memory_equal(winners, selected, sizeof(winners));
    draw_stream_seek(&stream, 0);
    const int64_t weights[5] = {5, 1, 10, 4, 30};
    draw_weighted(&stream, weights, 5, 5, winners, scratch);
    const uint32_t weighted[5] = {4, 0, 2, 3, 1};
    assert_memory_equal(winners, weighted, sizeof(winners));
    free(scratch);

    draw_stream_seek(&stream, 0);
    uint64_t word = 0;
    for (unsigned i = 0; i <= 600; i++) {
        word = draw_word(&stream);
    }
    assert_int_equal(word, UINT64_C(0xf65ba42246539f35));
    uint64_t *words = xmalloc(4400 * sizeof(*words));
    draw_stream_bytes(&stream, words, 4400);
    assert_int_equal(words[5000 - 601], UINT64_C(0xcd0b3500b1e347d5));
    free(words);
    draw_stream_deinit(&stream);
}

static void test_below_is_uniform(void **state)
{
    (void)state;
    const struct draw_key key = test_key(1);
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    for (uint64_t bound = 1; bound <= 40; bound++) {
        uint64_t seen[40] = {0};
        const unsigned count = 4000;
        for (unsigned i = 0; i < count; i++) {
            const uint64_t x = draw_below(&stream, bound);
            assert_true(x < bound);
            seen[x]++;
        }
        const double freedom = (double)bound - 1;
        const double chi = test_chi_square(seen, bound, (double)count / (double)bound);
        assert_true(chi <= freedom + 5 * sqrt(2 * freedom) + 1e-9);
    }
    // A bound of 3/4 of 2^64 would show modulo bias at once: a third of the values twice as often.
    const uint64_t bound = UINT64_C(3) << 62;
    uint64_t thirds[3] = {0};
    for (unsigned i = 0; i < 30000; i++) {
        thirds[draw_below(&stream, bound) / (UINT64_C(1) << 62)]++;
    }
    assert_true(test_chi_square(thirds, 3, 10000) < 2 + 5 * 2);
    draw_stream_deinit(&stream);
}

// The rule in one line of code each: a whole array, shuffled from the front.
static void plain_select(struct draw_stream *stream, uint32_t n, uint32_t k, uint32_t *winners)
{
    uint32_t *all = xmalloc(((size_t)n + 1) * sizeof(*all));
    for (uint32_t i = 0; i < n; i++) {
        all[i] = i;
    }
    for (uint32_t i = 0; i < k; i++) {
        const uint32_t j = i + (uint32_t)draw_below(stream, n - i);
        const uint32_t other = all[j];
        all[j] = all[i];
        all[i] = other;
        winners[i] = other;
    }
    free(all);
}

static void test_select_as_plain(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 7, 0, 0);
    const struct draw_key key = test_key(2);
    struct draw_stream a;
    struct draw_stream b;
    draw_stream_init(&a, &key, 0);
    draw_stream_init(&b, &key, 0);
    for (unsigned turn = 0; turn < 400; turn++) {
        const uint32_t n = (uint32_t)rng_below(&rng, turn % 4 == 0 ? 20000 : 50);
        const uint32_t k = turn % 3 == 0 ? n : (uint32_t)rng_below(&rng, (uint64_t)n + 1);
        uint32_t *mine = xmalloc(((size_t)k + 1) * sizeof(*mine));
        uint32_t *plain = xmalloc(((size_t)k + 1) * sizeof(*plain));
        void *scratch = xmalloc(draw_select_scratch(n, k));
        draw_select(&a, n, k, mine, scratch);
        plain_select(&b, n, k, plain);
        assert_memory_equal(mine, plain, k * sizeof(*mine));
        free(mine);
        free(plain);
        free(scratch);
    }
    assert_int_equal(draw_word(&a), draw_word(&b));
    draw_stream_deinit(&a);
    draw_stream_deinit(&b);
}

static void test_select_pairs_uniform(void **state)
{
    (void)state;
    const struct draw_key key = test_key(3);
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    uint64_t seen[25] = {0};
    uint64_t scratch[64];
    assert_true(sizeof(scratch) >= draw_select_scratch(5, 2));
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t winners[2];
        draw_select(&stream, 5, 2, winners, scratch);
        assert_int_not_equal(winners[0], winners[1]);
        seen[winners[0] * 5 + winners[1]]++;
    }
    double chi = 0;
    for (unsigned i = 0; i < 25; i++) {
        chi += i % 6 == 0 ? (double)seen[i] * 1e9 : test_chi_square(&seen[i], 1, 1000);
    }
    assert_true(chi < 19 + 5 * sqrt(2 * 19.0));
    draw_stream_deinit(&stream);
}

static void test_select_millions(void **state)
{
    (void)state;
    const uint32_t n = 4000000000u;
    const uint32_t k = 1000;
    const struct draw_key key = test_key(4);
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    uint32_t *winners = xmalloc(k * sizeof(*winners));
    void *scratch = xmalloc(draw_select_scratch(n, k));
    draw_select(&stream, n, k, winners, scratch);
    for (uint32_t i = 0; i < k; i++) {
        assert_true(winners[i] < n);
        for (uint32_t j = 0; j < i; j++) {
            assert_int_not_equal(winners[i], winners[j]);
        }
    }
    free(winners);
    free(scratch);
    draw_stream_deinit(&stream);
}

static void test_weights_refused(void **state)
{
    (void)state;
    const int64_t big = DRAW_WEIGHT_MAX;
    struct err e;
    int64_t sum = 0;
    const int64_t zero[] = {1, 2, 0};
    assert_false(draw_weights_check(zero, 3, &sum, &e));
    assert_string_equal(e.text, "weights[2]: 0 is not in 1 .. 2^53");
    const int64_t negative[] = {-5};
    assert_false(draw_weights_check(negative, 1, &sum, &e));
    assert_string_equal(e.text, "weights[0]: -5 is not in 1 .. 2^53");
    const int64_t beyond[] = {1, big + 1};
    assert_false(draw_weights_check(beyond, 2, &sum, &e));
    assert_string_equal(e.text, "weights[1]: 9007199254740993 is not in 1 .. 2^53");
    const int64_t extreme[] = {1, INT64_MAX};
    assert_false(draw_weights_check(extreme, 2, &sum, &e));
    const int64_t heavy[] = {big, 1};
    assert_false(draw_weights_check(heavy, 2, &sum, &e));
    assert_string_equal(e.text, "weights: their sum exceeds 2^53 at weights[1]");
    assert_true(draw_weights_check(heavy, 1, &sum, &e));
    assert_int_equal(sum, big);
}

static int64_t random_weight(struct rng *rng, unsigned style)
{
    switch (style % 4) {
    case 0:
        return 1;
    case 1:
        return 1 + (int64_t)rng_below(rng, 10);
    case 2:
        return INT64_C(1) << rng_below(rng, 40);
    default:
        return rng_below(rng, 10) == 0 ? INT64_C(1) << 46 : 1;
    }
}

static void test_weighted_as_plain(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 8, 0, 0);
    const struct draw_key key = test_key(5);
    struct draw_stream a;
    struct draw_stream b;
    draw_stream_init(&a, &key, 0);
    draw_stream_init(&b, &key, 0);
    for (unsigned turn = 0; turn < 300; turn++) {
        const uint32_t n = 1 + (uint32_t)rng_below(&rng, 70);
        int64_t weights[70];
        int64_t left[70];
        uint32_t winners[70];
        int64_t total = 0;
        uint32_t positive = 0;
        for (uint32_t i = 0; i < n; i++) {
            // Former winners of a re-draw come as weight 0.
            weights[i] = turn % 5 == 0 && i % 3 == 1 ? 0 : random_weight(&rng, turn);
            left[i] = weights[i];
            total += weights[i];
            positive += weights[i] > 0;
        }
        const uint32_t k = (uint32_t)rng_below(&rng, (uint64_t)positive + 1);
        void *scratch = xmalloc(draw_weighted_scratch(n));
        draw_weighted(&a, weights, n, k, winners, scratch);
        for (uint32_t d = 0; d < k; d++) {
            int64_t rest = (int64_t)draw_below(&b, (uint64_t)total);
            uint32_t i = 0;
            while (rest >= left[i]) {
                rest -= left[i++];
            }
            assert_int_equal(winners[d], i);
            total -= left[i];
            left[i] = 0;
        }
        free(scratch);
    }
    draw_stream_deinit(&a);
    draw_stream_deinit(&b);
}

// The table gives every entrant exactly her weight: n * w_i of n * W, counted in whole numbers.
static void test_alias_is_exact(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 9, 0, 0);
    for (unsigned turn = 0; turn < 500; turn++) {
        const uint32_t n = 1 + (uint32_t)rng_below(&rng, turn % 10 == 0 ? 2000 : 40);
        int64_t *weights = xmalloc(n * sizeof(*weights));
        struct draw_alias_slot *slots = xmalloc(n * sizeof(*slots));
        unsigned __int128 *mass = xcalloc(n, sizeof(*mass));
        int64_t total = 0;
        for (uint32_t i = 0; i < n; i++) {
            weights[i] = random_weight(&rng, turn / 3);
        }
        struct err e;
        if (!draw_weights_check(weights, n, &total, &e)) {
            memset(weights, 0, n * sizeof(*weights));
            weights[0] = DRAW_WEIGHT_MAX - (int64_t)n + 1;  // The extreme case instead.
            for (uint32_t i = 1; i < n; i++) {
                weights[i] = 1;
            }
            assert_true(draw_weights_check(weights, n, &total, &e));
        }
        struct draw_alias alias;
        draw_alias_build(&alias, slots, weights, n);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(slots[i].threshold <= (uint64_t)total);
            assert_true(slots[i].alias < n);
            mass[i] += slots[i].threshold;
            mass[slots[i].alias] += (uint64_t)total - slots[i].threshold;
        }
        for (uint32_t i = 0; i < n; i++) {
            assert_true(mass[i] == (unsigned __int128)(uint64_t)weights[i] * n);
        }
        free(weights);
        free(slots);
        free(mass);
    }
}

static void test_alias_picks(void **state)
{
    (void)state;
    const int64_t weights[] = {1, 2, 3, 4, 90};
    struct draw_alias_slot slots[5];
    struct draw_alias alias;
    draw_alias_build(&alias, slots, weights, 5);
    const struct draw_key key = test_key(6);
    struct draw_stream a;
    struct draw_stream b;
    draw_stream_init(&a, &key, 0);
    draw_stream_init(&b, &key, 0);
    const size_t count = 100003;  // No multiple of the batch.
    uint32_t *picks = xmalloc(count * sizeof(*picks));
    draw_alias_pick_many(&alias, &a, picks, count);
    uint64_t seen[5] = {0};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(picks[i], draw_alias_pick(&alias, &b));
        seen[picks[i]]++;
    }
    double chi = 0;
    for (unsigned i = 0; i < 5; i++) {
        chi += test_chi_square(&seen[i], 1, (double)count * (double)weights[i] / 100);
    }
    assert_true(chi < 4 + 5 * sqrt(8));
    free(picks);
    draw_stream_deinit(&a);
    draw_stream_deinit(&b);
}

static void test_stratified(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 10, 0, 0);
    const struct draw_key key = test_key(7);
    struct draw_stream a;
    struct draw_stream b;
    draw_stream_init(&a, &key, 0);
    draw_stream_init(&b, &key, 0);
    for (unsigned turn = 0; turn < 200; turn++) {
        const uint32_t n = (uint32_t)rng_below(&rng, 300);
        const uint32_t groups = 1 + (uint32_t)rng_below(&rng, 6);
        uint32_t strata[300];
        uint32_t sizes[6] = {0};
        uint32_t quotas[6];
        for (uint32_t i = 0; i < n; i++) {
            strata[i] = (uint32_t)rng_below(&rng, groups);
            sizes[strata[i]]++;
        }
        for (uint32_t g = 0; g < groups; g++) {
            quotas[g] = (uint32_t)rng_below(&rng, (uint64_t)sizes[g] + 1);
        }
        uint32_t winners[300];
        uint32_t plain[300];
        struct err e;
        void *scratch = xmalloc(draw_stratified_scratch(n, groups, quotas));
        assert_true(draw_stratified(&a, strata, n, quotas, groups, winners, scratch, &e));
        const uint32_t *at = winners;
        for (uint32_t g = 0; g < groups; g++) {
            plain_select(&b, sizes[g], quotas[g], plain);
            for (uint32_t i = 0; i < quotas[g]; i++) {
                uint32_t place = plain[i];
                uint32_t index = 0;
                while (strata[index] != g || place-- > 0) {
                    index++;
                }
                assert_int_equal(*at++, index);
            }
        }
        free(scratch);
    }
    const uint32_t strata[] = {0, 1, 1};
    const uint32_t quotas[] = {1, 3};
    uint32_t winners[4];
    struct err e;
    void *scratch = xmalloc(draw_stratified_scratch(3, 2, quotas));
    assert_false(draw_stratified(&a, strata, 3, quotas, 2, winners, scratch, &e));
    assert_string_equal(e.text, "quotas[1]: 3 winners of only 2 entrants");
    free(scratch);
    draw_stream_deinit(&a);
    draw_stream_deinit(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),        cmocka_unit_test(test_known_numbers),
        cmocka_unit_test(test_below_is_uniform),     cmocka_unit_test(test_select_as_plain),
        cmocka_unit_test(test_select_pairs_uniform), cmocka_unit_test(test_select_millions),
        cmocka_unit_test(test_weights_refused),      cmocka_unit_test(test_weighted_as_plain),
        cmocka_unit_test(test_alias_is_exact),       cmocka_unit_test(test_alias_picks),
        cmocka_unit_test(test_stratified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
