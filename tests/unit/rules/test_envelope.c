// Red envelopes against what is known of real ones.

#include "test_rules.h"

#include <math.h>

#include "base/json.h"
#include "base/rng.h"
#include "rules/envelope.h"

static void test_rules_refused(void **state)
{
    (void)state;
    struct err e;
    struct envelope_rules rules = {.sum = 9, .count = 10, .drama = 50};
    assert_false(envelope_rules_check(&rules, &e));
    assert_non_null(strstr(e.text, "sum: 9"));
    rules.sum = -1;
    assert_false(envelope_rules_check(&rules, &e));
    rules.sum = INT64_MAX;
    assert_false(envelope_rules_check(&rules, &e));
    rules.sum = 10;
    assert_true(envelope_rules_check(&rules, &e));
    rules.count = 0;
    assert_false(envelope_rules_check(&rules, &e));
    assert_non_null(strstr(e.text, "count: 0"));
    rules.count = 10;
    rules.drama = 101;
    assert_false(envelope_rules_check(&rules, &e));
    assert_non_null(strstr(e.text, "drama: 101"));
}

static void test_sums(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 1, 2, 3);
    const struct draw_key key = test_key(1);
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    struct envelope_part *parts = xmalloc(3000 * sizeof(*parts));
    for (unsigned turn = 0; turn < 20000; turn++) {
        const uint32_t count = 1 + (uint32_t)rng_below(&rng, turn % 100 == 0 ? 3000 : 60);
        const uint64_t spare = rng_below(&rng, turn % 10 == 0 ? 1000000000000ull - 3000 : 5000);
        const struct envelope_rules rules = {
            .sum = count + (int64_t)spare, .count = count, .drama = turn % 101};
        struct err e;
        assert_true(envelope_rules_check(&rules, &e));
        envelope_split(&rules, &stream, parts);
        int64_t sum = 0;
        uint64_t cuts = 0;
        for (uint32_t i = 0; i < count; i++) {
            assert_true(parts[i].amount >= 1);
            assert_true(parts[i].cut < count);
            sum += parts[i].amount;
            cuts += parts[i].cut;
        }
        assert_int_equal(sum, rules.sum);
        assert_int_equal(cuts, (uint64_t)count * (count - 1) / 2);
        if (rules.drama == 50 && count > 1 && rules.sum > count + 1) {
            // first <= 2 * mean, for whoever was cut first
            for (uint32_t i = 0; i < count; i++) {
                assert_true(parts[i].cut != 0 || parts[i].amount * (int64_t)count <= 2 * rules.sum);
            }
        }
    }
    free(parts);
    draw_stream_deinit(&stream);
}

static void test_one_unit_more(void **state)
{
    (void)state;
    const struct draw_key key = test_key(2);
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    const uint32_t counts[] = {1, 2, 3, 4, 5, 10, 100};
    struct envelope_part parts[100];
    for (unsigned i = 0; i < 7; i++) {
        for (uint32_t drama = 0; drama <= 100; drama += 5) {
            const struct envelope_rules rules = {
                .sum = counts[i] + 1, .count = counts[i], .drama = drama};
            for (unsigned turn = 0; turn < 50; turn++) {
                envelope_split(&rules, &stream, parts);
                for (uint32_t p = 0; p < counts[i]; p++) {
                    assert_int_equal(parts[p].amount, p + 1 == counts[i] ? 2 : 1);
                }
            }
        }
    }
    draw_stream_deinit(&stream);
}

// Every place in the queue has the same chance of being lucky king, ties included.
static void king_everywhere(uint32_t drama, int64_t sum, uint32_t count, unsigned turns)
{
    const struct draw_key key = test_key(3 + drama);
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    struct envelope_part parts[64];
    uint64_t kings[64] = {0};
    const struct envelope_rules rules = {.sum = sum, .count = count, .drama = drama};
    for (unsigned turn = 0; turn < turns; turn++) {
        envelope_split(&rules, &stream, parts);
        kings[envelope_king(parts, count)]++;
    }
    const double chi = test_chi_square(kings, count, (double)turns / count);
    const double limit = count - 1 + 4 * sqrt(2.0 * (count - 1));
    printf("drama %3u, %lld among %2u: chi-square of the king's place %.1f (limit %.1f, %u "
           "envelopes)\n",
           drama, (long long)sum, count, chi, limit, turns);
    assert_true(chi < limit);
    draw_stream_deinit(&stream);
}

static void test_king_everywhere(void **state)
{
    (void)state;
    const unsigned turns = TEST_SANITIZED ? 50000 : 1000000;
    if (TEST_SANITIZED) {
        fprintf(stderr, "NOTE: 50,000 envelopes instead of a million: this build is sanitized\n");
    }
    king_everywhere(50, 5000, 50, turns);
    king_everywhere(50, 5000, 5, turns);
    king_everywhere(50, 60, 50, turns);  // Ties at the top in nearly every envelope.
    king_everywhere(0, 503, 50, turns / 5);
    king_everywhere(25, 5000, 20, turns / 5);
    king_everywhere(100, 5000, 20, turns / 5);
}

static void test_king_of_some(void **state)
{
    (void)state;
    const struct envelope_part parts[] = {
        {.amount = 5, .cut = 3}, {.amount = 9, .cut = 2}, {.amount = 9, .cut = 0}, {.amount = 10}};
    assert_int_equal(envelope_king(parts, 1), 0);
    assert_int_equal(envelope_king(parts, 2), 1);
    assert_int_equal(envelope_king(parts, 3), 2);  // Of equal ones the one cut first.
    assert_int_equal(envelope_king(parts, 4), 3);
}

// More drama, more spread: the variance of a part grows with the parameter.
static void test_drama_spreads(void **state)
{
    (void)state;
    const struct draw_key key = test_key(4);
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    struct envelope_part parts[20];
    double last = -1;
    for (uint32_t drama = 0; drama <= 100; drama += 10) {
        const struct envelope_rules rules = {.sum = 20000, .count = 20, .drama = drama};
        double square = 0;
        for (unsigned turn = 0; turn < 4000; turn++) {
            envelope_split(&rules, &stream, parts);
            for (unsigned i = 0; i < 20; i++) {
                const double off = (double)parts[i].amount - 1000;
                square += off * off / (4000 * 20);
            }
        }
        assert_true(square > last);
        last = square;
    }
    assert_true(last > 700000);  // Wild: the deviation comes near the mean.
    draw_stream_deinit(&stream);
}

static double number_at(const struct json_node *list, unsigned index)
{
    const struct json_node *n = json_child(list);
    while (index-- > 0) {
        n = json_next(n);
    }
    return n->type == JSON_INT ? (double)n->integer : n->real;
}

static void check_by_order(const struct json_node *check)
{
    const unsigned turns = TEST_SANITIZED ? 100000 : 400000;
    const struct envelope_rules rules = {.sum = 500, .count = 7, .drama = ENVELOPE_DRAMA_DEFAULT};
    const struct draw_key key = test_key(5);
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    double sum[7] = {0};
    double square[7] = {0};
    for (unsigned turn = 0; turn < turns; turn++) {
        struct envelope_part parts[7];
        envelope_split(&rules, &stream, parts);
        for (unsigned i = 0; i < 7; i++) {
            const double yuan = (double)parts[i].amount / 100;
            sum[parts[i].cut] += yuan;
            square[parts[i].cut] += yuan * yuan;
        }
    }
    for (unsigned i = 0; i < 7; i++) {
        const double mean = sum[i] / turns;
        const double variance = square[i] / turns - mean * mean;
        const double mean_wanted = number_at(json_field(check, "mean"), i);
        const double variance_wanted = number_at(json_field(check, "variance"), i);
        printf("cut %u: mean %.4f (recorded law %.4f), variance %.4f (%.4f)\n", i + 1, mean,
               mean_wanted, variance, variance_wanted);
        assert_true(fabs(mean / mean_wanted - 1) < 0.01);
        assert_true(fabs(variance / variance_wanted - 1) < 0.02);
    }
    draw_stream_deinit(&stream);
}

// 5.00 yuan among 7: by the order of cutting, the law that 105 real envelopes fit.
static void test_recorded_law(void **state)
{
    (void)state;
    size_t size = 0;
    char *text = test_read_file(SHARED_DATA_DIR "/redpacket/redpacket.json", &size);
    if (text == NULL) {
        test_skip_loudly("the recorded law of red envelopes");
        return;
    }
    struct json_reader *reader = json_reader_new(1 << 24);
    const struct json_node *root = NULL;
    struct err e;
    assert_true(json_parse(reader, text, size, &root, &e));
    const struct json_node *checks = json_field(root, "checks");
    unsigned found = 0;
    for (const struct json_node *n = json_child(checks); n != json_end(checks); n = json_next(n)) {
        if (json_text_is(json_field(n, "name"), "by order, 5.00/7")) {
            check_by_order(n);
            found++;
        }
    }
    assert_int_equal(found, 1);
    json_reader_free(reader);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_refused), cmocka_unit_test(test_sums),
        cmocka_unit_test(test_one_unit_more), cmocka_unit_test(test_king_everywhere),
        cmocka_unit_test(test_king_of_some),  cmocka_unit_test(test_drama_spreads),
        cmocka_unit_test(test_recorded_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
