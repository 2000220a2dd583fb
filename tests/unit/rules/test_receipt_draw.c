// The frozen part of a receipt: what is refused, in which words; canonical order; re-draws.

#include "test_receipt_samples.h"

static void refused(struct receipt_draw *draw, const char *words)
{
    struct err e;
    struct sha256 hash;
    assert_false(receipt_freeze(draw, NULL, &hash, &e));
    if (strstr(e.text, words) == NULL) {
        fprintf(stderr, "wanted '%s', got '%s'\n", words, e.text);
        fail();
    }
}

static void same_name(void *ctx, uint32_t index, struct receipt_entrant *out)
{
    (void)ctx;
    (void)index;
    *out = (struct receipt_entrant){.id = "lotus", .id_size = 5, .value = 1};
}

static void test_bad_draws(void **state)
{
    (void)state;
    struct sample sample;
    sample_fill(&sample, RECEIPT_WEIGHTED, false);
    struct receipt_draw *draw = &sample.draw;
    sample.entrants[9].value = 0;
    refused(draw, "weights[9]: 0 is not in 1 .. 2^53");
    sample.entrants[9].value = (INT64_C(1) << 53) + 1;
    refused(draw, "weights[9]: 9007199254740993 is not in 1 .. 2^53");
    sample.entrants[9].value = INT64_MIN;
    refused(draw, "weights[9]: -9223372036854775808");
    sample.entrants[9].value = INT64_C(1) << 53;
    refused(draw, "weights: their sum exceeds 2^53");
    sample_fill(&sample, RECEIPT_WEIGHTED, false);
    sample.entrants[4].id = "zz";
    sample.entrants[4].id_size = 2;
    refused(draw, "entrants[5]");
    sample_fill(&sample, RECEIPT_WEIGHTED, false);
    sample.entrants[4].id = "\xff\xfe\xfd";
    sample.entrants[4].id_size = 3;
    refused(draw, "entrants[4]: not valid UTF-8");
    sample.entrants[4].id_size = 0;
    refused(draw, "entrants[4]: an id of 0 bytes");
    sample_fill(&sample, RECEIPT_WEIGHTED, false);
    draw->winner_count = 41;
    refused(draw, "winners: 41 of 40 entrants");
    draw->entrant_count = 0;
    refused(draw, "entrants: there are none");
    sample_fill(&sample, RECEIPT_STRATIFIED, false);
    sample.entrants[3].stratum = 3;
    refused(draw, "strata[3]: 3 is not below 3");
    sample_fill(&sample, RECEIPT_NTH, false);
    sample.entrants[3].value = -1;
    refused(draw, "times[3]: -1");
    draw->winner_count = 41;
    refused(draw, "place: 41 of only 40 likes");
    sample_fill(&sample, RECEIPT_WHEEL, false);
    sample.wheel.tiers[1].odds_ppm = 900001;
    refused(draw, "odds add up to 1000001");
    sample_fill(&sample, RECEIPT_ENVELOPE, false);
    sample.envelope.sum = 7;
    refused(draw, "sum: 7");
    draw->envelope_count = 200000;
    sample.envelope.sum = 700;
    refused(draw, "envelopes: 1600000 parts");
    sample_fill(&sample, RECEIPT_K_OF_N, false);
    draw->id = "\xc0\xaf";
    refused(draw, "id: not valid UTF-8");
    draw->id = NULL;
    refused(draw, "id: is missing");
}

// A million entrants of the same name: refused at the second, by name.
static void test_million_same(void **state)
{
    (void)state;
    struct receipt_draw draw = {.kind = RECEIPT_K_OF_N,
                                .id = "x",
                                .text = "",
                                .winner_count = 1,
                                .entrant_count = 1000000,
                                .entrant = same_name};
    refused(&draw, "entrants[1]: 'lotus' stands twice");
    const uint32_t count = 1000000;
    struct receipt_entrant *entrants = xmalloc(count * sizeof(*entrants));
    for (uint32_t i = 0; i < count; i++) {
        same_name(NULL, i, &entrants[i]);
    }
    struct err e;
    assert_false(receipt_entrants_sort(entrants, count, &e));
    assert_string_equal(e.text, "entrants: 'lotus' stands twice");
    free(entrants);
}

static void test_sort(void **state)
{
    (void)state;
    struct receipt_entrant entrants[] = {
        {.id = "b", .id_size = 1}, {.id = "aa", .id_size = 2}, {.id = "a", .id_size = 1}};
    struct err e;
    assert_true(receipt_entrants_sort(entrants, 3, &e));
    assert_string_equal(entrants[0].id, "a");
    assert_string_equal(entrants[1].id, "aa");
    assert_string_equal(entrants[2].id, "b");
    assert_true(receipt_entrants_sort(entrants, 0, &e));
}

// Re-draws go on until everybody has won, and nobody wins twice.
static void test_redraws(void **state)
{
    (void)state;
    static const enum receipt_kind kinds[] = {RECEIPT_K_OF_N, RECEIPT_WEIGHTED, RECEIPT_FAIRY,
                                              RECEIPT_RFC3797};
    for (unsigned k = 0; k < 4; k++) {
        struct sample sample;
        struct err e;
        sample_fill(&sample, kinds[k], false);
        struct receipt_redraw redraws[MANY];
        uint32_t winners[3];
        bool won[MANY] = {false};
        sample.result.redraws = redraws;
        for (uint32_t count = 0; count <= MANY - 3; count++) {
            sample.result.redraw_count = count;
            if (count > 0) {
                redraws[count - 1] = (struct receipt_redraw){count % 3, "gone"};
            }
            assert_true(receipt_winners(&sample.draw, &sample.result, winners, &e));
            for (unsigned i = count == 0 ? 0 : count % 3; i < 3; i += count == 0 ? 1 : 3) {
                assert_false(won[winners[i]]);
                won[winners[i]] = true;
            }
        }
        redraws[MANY - 3] = (struct receipt_redraw){0, "gone"};
        sample.result.redraw_count = MANY - 2;
        assert_false(receipt_winners(&sample.draw, &sample.result, winners, &e));
        assert_non_null(strstr(e.text, "everybody has won before"));
        redraws[0].place = 3;
        sample.result.redraw_count = 1;
        assert_false(receipt_winners(&sample.draw, &sample.result, winners, &e));
        assert_non_null(strstr(e.text, "redraws[0].place: 3 of 3 winners"));
    }
    struct sample sample;
    struct err e;
    uint32_t winners[6];
    sample_fill(&sample, RECEIPT_STRATIFIED, false);
    assert_true(receipt_winners(&sample.draw, &sample.result, winners, &e));
    const uint32_t groups[6] = {0, 0, 1, 2, 2, 2};
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(winners[i] % 3, groups[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_draws),
        cmocka_unit_test(test_million_same),
        cmocka_unit_test(test_sort),
        cmocka_unit_test(test_redraws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
