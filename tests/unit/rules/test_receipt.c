// Receipts: one of each kind is written, verified, and then altered in every way: each field by
// name, each byte at random. Whatever was altered must be noticed.

#include "test_receipt_samples.h"

#include "base/json.h"

static bool verify(const char *json, size_t size, struct buf *verdict, struct err *e)
{
    err_clear(e);
    buf_clear(verdict);
    return receipt_verify(json, size, verdict, e);
}

static void test_all_kinds(void **state)
{
    (void)state;
    struct buf verdict;
    buf_init(&verdict, 1 << 20);
    for (int kind = RECEIPT_K_OF_N; kind <= RECEIPT_ENVELOPE; kind++) {
        for (int variant = 0; variant < 2; variant++) {
            struct sample sample;
            struct err e;
            sample_make(&sample, (enum receipt_kind)kind, variant);
            if (!verify(sample.json.data, sample.json.size, &verdict, &e)) {
                fprintf(stderr, "%s\n%s\n", sample.json.data, verdict.data);
                fail();
            }
            assert_memory_equal(verdict.data, "verified: ", 10);
            // It is canonical JSON, so reading and writing it again changes nothing.
            struct json_reader *reader = json_reader_new(1 << 20);
            const struct json_node *root = NULL;
            struct buf again;
            buf_init(&again, 1 << 20);
            assert_true(json_parse(reader, sample.json.data, sample.json.size, &root, &e));
            json_canonical(root, &again);
            assert_string_equal(again.data, sample.json.data);
            // Printed with blanks it still verifies.
            buf_clear(&again);
            for (size_t i = 0; i < sample.json.size; i++) {
                buf_putc(&again, sample.json.data[i]);
                if (sample.json.data[i] == '{') {
                    buf_puts(&again, "\n  ");
                }
            }
            assert_true(verify(again.data, again.size, &verdict, &e));
            json_reader_free(reader);
            buf_deinit(&again);
            buf_deinit(&sample.json);
        }
    }
    buf_deinit(&verdict);
}

// The format is a promise: these hashes were confirmed by a second program, written in JavaScript
// from the documented format alone. Old receipts must verify for ever, so they don't change.
static void test_known_receipts(void **state)
{
    (void)state;
    static const struct {
        enum receipt_kind kind;
        bool variant;
        const char *hash, *kind_mark;
    } known[] = {
        {RECEIPT_K_OF_N, false, "69ea2c4f6aa47b84c722bf5f648df4642918b735fcad0cab201f15d3a099d13f",
         "f9d7"},
        {RECEIPT_WEIGHTED, false,
         "0fe89ed9b6d07d970d24de3f05facfe9bfd5914f0f9e58f274b9de7e0022ddc5", "ba7e"},
        {RECEIPT_WEIGHTED, true, "ceaaa9002744b97573afd925e966908a43dd94126d4b50cb1af45eb93f3385ec",
         "ba7e"},
        {RECEIPT_STRATIFIED, false,
         "1f779c5c04f750a69c1e1559e71085f0cb356a6ecfcbed2417b16e267815bfd1", "ba8c"},
        {RECEIPT_NTH, false, "dd07f8fd8725324cb8c369af854846df95990d4ee330eaff49fd9262b47a688f",
         "f0bf"},
        {RECEIPT_FAIRY, true, "bfb69360a1f5bd47cd358e0e21d503726af5e44e744c89a22203d778f1a20d1c",
         "dc24"},
        {RECEIPT_RFC3797, false, "b3cd39cd214f1dab0de2868ccb889cb9ac46487f3f9587705ffbff51329b1c63",
         "fd10"},
        {RECEIPT_WHEEL, false, "15b89ef8a45ceafcfe9a5e1225a318363f7f07243a5d2ac153b7667a20fdee3f",
         "ebb9"},
        {RECEIPT_ENVELOPE, false,
         "35095fdcfc6053cfce6d6fed34b7366e9029f06bd23d01444418b751f5a0d053", "6969"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct sample sample;
        char text[100];
        sample_make(&sample, known[i].kind, known[i].variant);
        snprintf(text, sizeof(text), "\"hash\":\"%s\"", known[i].hash);
        assert_non_null(strstr(sample.json.data, text));
        snprintf(text, sizeof(text), "\"kind\":\"%s\"", known[i].kind_mark);
        assert_non_null(strstr(sample.json.data, text));
        buf_deinit(&sample.json);
    }
}

// Every byte, changed: never verified, never a crash, and always a finding in words.
static void test_every_byte(void **state)
{
    (void)state;
    struct buf verdict;
    buf_init(&verdict, 1 << 20);
    for (int kind = RECEIPT_K_OF_N; kind <= RECEIPT_ENVELOPE; kind++) {
        struct sample sample;
        struct err e;
        sample_make(&sample, (enum receipt_kind)kind, false);
        char *json = sample.json.data;
        for (size_t i = 0; i < sample.json.size; i++) {
            const char old = json[i];
            const char flipped[] = {(char)(old ^ 1), old == 'a' ? 'A' : (char)(old ^ 0x20)};
            for (unsigned way = 0; way < 2; way++) {
                json[i] = flipped[way];
                if (verify(json, sample.json.size, &verdict, &e)) {
                    fprintf(stderr, "%s: byte %zu '%c' -> '%c' not noticed\n%s\n",
                            receipt_kind_name((enum receipt_kind)kind), i, old, json[i], json);
                    fail();
                }
                assert_true(e.kind == ERR_CORRUPT || e.kind == ERR_INVALID);
                assert_true(verdict.size > 20);
            }
            json[i] = old;
        }
        for (size_t size = 0; size < sample.json.size; size += 7) {
            assert_false(verify(json, size, &verdict, &e));
        }
        assert_true(verify(json, sample.json.size, &verdict, &e));
        buf_deinit(&sample.json);
    }
    buf_deinit(&verdict);
}

// Replaces the first `from` behind `after` and expects `words` in the verdict.
static void altered(const struct sample *sample, const char *after, const char *from,
                    const char *to, const char *words)
{
    struct buf json;
    struct buf verdict;
    struct err e;
    buf_init(&json, 1 << 20);
    buf_init(&verdict, 1 << 20);
    const char *at = strstr(sample->json.data, after);
    assert_non_null(at);
    at = strstr(at, from);
    assert_non_null(at);
    buf_append(&json, sample->json.data, (size_t)(at - sample->json.data));
    buf_puts(&json, to);
    buf_puts(&json, at + strlen(from));
    assert_false(verify(json.data, json.size, &verdict, &e));
    if (strstr(verdict.data, words) == NULL) {
        fprintf(stderr, "'%s' -> '%s': wanted '%s', got:\n%s", from, to, words, verdict.data);
        fail();
    }
    buf_deinit(&json);
    buf_deinit(&verdict);
}

static void test_named_entrants(void **state)
{
    (void)state;
    struct sample sample;
    sample_make(&sample, RECEIPT_WEIGHTED, false);
    altered(&sample, "\"entrants\"", "m-05", "m-0five", "entrant 6 ('m-0five') was altered\n");
    altered(&sample, "\"entrants\"", "\"m-05\",", "", "entrant 6 ('m-06') was altered, put in");
    altered(&sample, "\"entrants\"", "\"m-05\",", "\"m-05\",\"m-05x\",", "there were 40");
    altered(&sample, "\"weights\"", "[1,2,5,10,", "[1,2,5,11,", "the weight of entrant 4 ('m-03')");
    altered(&sample, "\"weights\"", "[1,2,5,10,", "[1,2,0,10,",
            "weights[2]: 0 is not in 1 .. 2^53");
    altered(&sample, "\"weights\"", "[1,2,5,", "[1,2,9007199254740993,", "weights[2]");
    altered(&sample, "\"excluded\"", "not paid", "not prayed", "exclusion 2 was altered");
    altered(&sample, "\"rules\"", "\"winners\":3", "\"winners\":4", "the rule 'winners'");
    altered(&sample, "\"rules\"", "一人一次", "一人两次", "the rule 'text' was altered");
    altered(&sample, "\"draw\"", "\"commitment\":\"", "\"commitment\":\"0", "commitment");
    altered(&sample, "\"seed\"", "\":\"01080f", "\":\"01080e",
            "byte 3 of the seed was altered: 0e "
            "instead of 0f");
    altered(&sample, "\"weights\"", "[1,", "[9223372036854775808,",
            "weights[0]: is not within 2^53");
    altered(&sample, "\"seed\"", "\":\"01080f16", "\":\"02080f17",
            "not the one that was committed");
    altered(&sample, "\"winners\":[\"", "[\"m-", "[\"n-", "winner 1 is 'n-");
    altered(&sample, "\"redraws\":[[", "not reachable", "unreachable", "re-draw 1 was altered");
    altered(&sample, "\"hash\"", "\"hash\":\"", "\"hash\":\"f", "hash");
    altered(&sample, "\"marks\"", "\"id\":\"", "\"id\":\"0000", "'id' was altered");
    altered(&sample, "\"receipt\":1", "1", "2", "receipt: 2 is not in 1 .. 1");
    buf_deinit(&sample.json);

    sample_make(&sample, RECEIPT_STRATIFIED, false);
    altered(&sample, "\"strata\"", "[0,1,2,0", "[0,1,1,0", "the group of entrant 3 ('m-02')");
    altered(&sample, "\"quotas\"", "[2,1,3]", "[2,2,3]", "the rule 'quotas'");
    buf_deinit(&sample.json);

    sample_make(&sample, RECEIPT_NTH, false);
    altered(&sample, "\"times\"", "1700000000000", "1700000000001",
            "the time of entrant 1 ('m-00')");
    altered(&sample, "\"rules\"", "\"place\":7", "\"place\":8", "the rule 'place'");
    buf_deinit(&sample.json);

    sample_make(&sample, RECEIPT_RFC3797, false);
    altered(&sample, "\"seed\"", "9319.", "9320.",
            "the numbers of source 1 ('lottery of 7 March') were altered");
    altered(&sample, "\"seed\"", "8.10.12./", "8.10./",
            "the numbers of source 2 ('lottery of 8 March') were altered");
    altered(&sample, "\"seed\"", "2.5.8.10.12./", "",
            "the numbers of source 2 ('lottery of 8 March') were taken out");
    altered(&sample, "\"seed\"", "9319./", "",
            "the numbers of source 1 ('lottery of 7 March') were altered, put in or taken out");
    altered(&sample, "\"seed\"", "12./", "12./7./", "seed: numbers of 3 sources, but there were 2");
    altered(&sample, "\"sources\"", "7 March", "9 March", "the rule 'sources'");
    buf_deinit(&sample.json);
}

static void test_named_games(void **state)
{
    (void)state;
    struct sample sample;
    sample_make(&sample, RECEIPT_WHEEL, false);
    altered(&sample, "\"odds\"", "[100000,", "[100001,", "the odds of prize 1 ('coat')");
    altered(&sample, "\"stock\"", "[2,9]", "[2,8]", "the stock of prize 2 ('scarf')");
    altered(&sample, "\"prizes\"", "coat", "boat", "prize 1 ('boat')");
    altered(&sample, "\"spins_per_day\"", "2", "4", "the rule 'spins_per_day'");
    altered(&sample, "\"plays\":[[", "\"w-4\"", "\"w-5\"", "play 5 was altered");
    altered(&sample, "\"plays\":[[", "1700000060000", "1700000060001", "play 2 was altered");
    buf_deinit(&sample.json);
    sample_make(&sample, RECEIPT_ENVELOPE, false);
    altered(&sample, "\"rules\"", "\"sum\":1000", "\"sum\":1001", "the rule 'sum'");
    altered(&sample, "\"plays\":[[", "\"e-3\"", "\"e-2\"", "play 4 was altered");
    altered(&sample, "\"winners\":[\"", "[\"e-", "[\"f-", "winner 1 was altered");
    buf_deinit(&sample.json);
}

// A forger who writes hashes and marks anew can't keep the winners he wants.
static void test_forged_winner(void **state)
{
    (void)state;
    struct sample sample;
    struct err e;
    sample_fill(&sample, RECEIPT_K_OF_N, true);
    uint32_t before[3];
    uint32_t after[3];
    assert_true(receipt_winners(&sample.draw, &sample.result, before, &e));
    sample.ids[20][0] = 'n';
    sample.draw.entrant_count = 21;
    assert_true(receipt_winners(&sample.draw, &sample.result, after, &e));
    assert_memory_not_equal(before, after, sizeof(before));
    // Nor can a wrong play be written.
    sample_fill(&sample, RECEIPT_WHEEL, false);
    sample.plays[3].prize = sample.plays[3].prize == 1 ? -1 : 1;
    struct buf json;
    buf_init(&json, 1 << 20);
    const struct receipt_sink sink = {.out = &json};
    assert_false(receipt_write(&sample.draw, &sample.result, &sink, &e));
    assert_int_equal(e.kind, ERR_CORRUPT);
    assert_non_null(strstr(e.text, "plays[3]"));
    buf_clear(&json);
    sample_fill(&sample, RECEIPT_K_OF_N, true);
    sample.result.seed[0] ^= 1;
    assert_false(receipt_write(&sample.draw, &sample.result, &sink, &e));
    assert_non_null(strstr(e.text, "seed"));
    buf_deinit(&json);
}

static bool count_bytes(void *ctx, const void *data, size_t size)
{
    struct buf *all = ctx;
    buf_append(all, data, size);
    return true;
}

static bool stop_bytes(void *ctx, const void *data, size_t size)
{
    (void)ctx;
    (void)data;
    (void)size;
    return false;
}

static void numbered(void *ctx, uint32_t index, struct receipt_entrant *out)
{
    char *id = ctx;
    out->id = id;
    out->id_size = (uint32_t)snprintf(id, 24, "member-%08u", index);
    out->value = 1 + index % 100;
}

// Piece by piece it is the same receipt as in one.
static void test_streaming(void **state)
{
    (void)state;
    char id[24];
    struct receipt_draw draw = {.kind = RECEIPT_WEIGHTED,
                                .id = "big",
                                .text = "",
                                .winner_count = 50,
                                .entrant_count = 60000,
                                .entrant = numbered,
                                .entrant_ctx = id};
    const struct receipt_result result = {.seed = {1, 2, 3}};
    draw.commitment = receipt_commitment(result.seed);
    struct buf piece;
    struct buf pieces;
    struct buf whole;
    struct buf verdict;
    struct err e;
    buf_init(&piece, 1 << 24);
    buf_init(&pieces, 1 << 24);
    buf_init(&whole, 1 << 24);
    buf_init(&verdict, 1 << 20);
    const struct receipt_sink streamed = {
        .out = &piece, .flush = count_bytes, .flush_ctx = &pieces};
    const struct receipt_sink collected = {.out = &whole};
    assert_true(receipt_write(&draw, &result, &streamed, &e));
    assert_true(receipt_write(&draw, &result, &collected, &e));
    assert_int_equal(pieces.size, whole.size);
    assert_memory_equal(pieces.data, whole.data, whole.size);
    assert_true(verify(whole.data, whole.size, &verdict, &e));
    const struct receipt_sink stopped = {.out = &piece, .flush = stop_bytes};
    assert_false(receipt_write(&draw, &result, &stopped, &e));
    buf_deinit(&piece);
    buf_deinit(&whole);
    buf_init(&whole, 1000);  // A buffer that is too small says so.
    const struct receipt_sink small = {.out = &whole};
    assert_false(receipt_write(&draw, &result, &small, &e));
    assert_int_equal(e.kind, ERR_LIMIT);
    buf_deinit(&whole);
    buf_deinit(&pieces);
    buf_deinit(&verdict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_kinds),   cmocka_unit_test(test_known_receipts),
        cmocka_unit_test(test_every_byte),  cmocka_unit_test(test_named_entrants),
        cmocka_unit_test(test_named_games), cmocka_unit_test(test_forged_winner),
        cmocka_unit_test(test_streaming),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
