// Receipts: one of each kind is written, verified, and then altered in every way: each field by
// name, each byte at random. Whatever was altered must be noticed.

#include "test_rules.h"

#include "base/json.h"
#include "rules/receipt.h"

#define MANY 40
#define OPEN_MS INT64_C(1700000000000)

// A receipt with all that it was made of.
struct sample {
    struct receipt_draw draw;
    struct receipt_result result;
    struct receipt_entrant entrants[MANY];
    char ids[MANY][24];
    struct wheel_rules wheel;
    struct envelope_rules envelope;
    struct receipt_play plays[MANY];
    struct receipt_redraw redraws[2];
    struct buf json;
};

static const struct receipt_exclusion EXCLUDED[] = {{"host", "works for the brand"},
                                                    {"zoe", "not paid"}};
static const char *const GROUPS[] = {"old 1", "new \"2\"", "新群"};
static const uint32_t QUOTAS[] = {2, 1, 3};
static const char *const SOURCES[] = {"lottery of 7 March", "lottery of 8 March"};
static const char *const PRIZES[] = {"coat", "scarf"};

static void sample_entrants(struct sample *sample)
{
    for (uint32_t i = 0; i < MANY; i++) {
        // "m-07": ascending; one id needs escapes, one is Chinese.
        snprintf(sample->ids[i], sizeof(sample->ids[i]), "m-%02u%s", i,
                 i == 11   ? "\"\n"
                 : i == 12 ? "芬芬"
                           : "");
        sample->entrants[i] = (struct receipt_entrant){
            .id = sample->ids[i],
            .id_size = (uint32_t)strlen(sample->ids[i]),
            .stratum = i % 3,
            .value = sample->draw.kind == RECEIPT_NTH ? OPEN_MS + i / 4 * 1000 : 1 + i * i,
        };
    }
    sample->draw.entrant = receipt_entrant_of_array;
    sample->draw.entrant_ctx = sample->entrants;
    sample->draw.entrant_count = MANY;
    sample->draw.winner_count = sample->draw.kind == RECEIPT_NTH ? 7 : 3;
}

static struct draw_key sample_key(struct sample *sample)
{
    struct sha256 hash;
    struct err e;
    assert_true(receipt_freeze(&sample->draw, NULL, &hash, &e));
    return draw_key_derive(sample->result.seed, RECEIPT_SEED_SIZE, &hash);
}

static void sample_wheel(struct sample *sample)
{
    sample->wheel = (struct wheel_rules){
        .tiers = {{.odds_ppm = 100000, .stock = 2, .paced = true},
                  {.odds_ppm = 500000, .stock = 9, .day_max = 4}},
        .tier_count = 2,
        .day_offset_s = 8 * 3600,
        .spins_per_member = 4,
        .spins_per_day = 3,
        .wins_per_member = 3,
        .wins_per_day = 2,
        .open_ms = OPEN_MS,
        .slot_ms = 3600000,
        .slot_count = 2,
    };
    sample->draw.wheel = &sample->wheel;
    sample->draw.prizes = PRIZES;
    sample->draw.consolation = "voucher of 20";
    const struct draw_key key = sample_key(sample);
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    int64_t left[2] = {2, 9};
    int64_t won_today[2] = {0, 0};
    int64_t spins[10] = {0};
    int64_t wins[10] = {0};
    for (uint32_t i = 0; i < 30; i++) {
        const uint32_t who = i % 10;  // Three rounds of ten members on one day.
        const struct wheel_ctx ctx = {.at_ms = OPEN_MS + i * INT64_C(60000),
                                      .member_spins = spins[who],
                                      .member_spins_today = spins[who],
                                      .member_wins = wins[who],
                                      .member_wins_today = wins[who],
                                      .won_today = won_today};
        draw_stream_seek(&stream, i);
        const struct wheel_result won =
            wheel_spin(&sample->wheel, left, &ctx, (uint32_t)draw_below(&stream, WHEEL_ODDS_WHOLE));
        snprintf(sample->ids[i], sizeof(sample->ids[i]), "w-%u", who);
        sample->plays[i] = (struct receipt_play){
            .member = sample->ids[i], .at_ms = ctx.at_ms, .prize = won.tier, .reason = won.reason};
        spins[who]++;
        if (won.tier >= 0) {
            wins[who]++;
            won_today[won.tier]++;
        }
    }
    draw_stream_deinit(&stream);
    sample->result.plays = sample->plays;
    sample->result.play_count = 30;
}

static void sample_envelope(struct sample *sample)
{
    sample->envelope = (struct envelope_rules){.sum = 1000, .count = 8, .drama = 60};
    sample->draw.envelope = &sample->envelope;
    sample->draw.envelope_count = 3;
    const struct draw_key key = sample_key(sample);
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    uint32_t count = 0;
    for (uint32_t rain = 0; rain < 2; rain++) {  // Nobody takes from the third.
        struct envelope_part parts[8];
        draw_stream_seek(&stream, rain);
        envelope_split(&sample->envelope, &stream, parts);
        for (uint32_t place = 0; place < 8 - rain; place++) {
            snprintf(sample->ids[count], sizeof(sample->ids[count]), "e-%u", place * (rain + 1));
            sample->plays[count] = (struct receipt_play){.member = sample->ids[count],
                                                         .at_ms = OPEN_MS + count,
                                                         .envelope = rain,
                                                         .place = place,
                                                         .amount = parts[place].amount};
            count++;
        }
    }
    draw_stream_deinit(&stream);
    sample->result.plays = sample->plays;
    sample->result.play_count = count;
}

static void sample_fill(struct sample *sample, enum receipt_kind kind, bool variant)
{
    *sample = (struct sample){.draw = {.kind = kind, .id = "day3/wheel", .text = "一人一次"}};
    for (unsigned i = 0; i < RECEIPT_SEED_SIZE; i++) {
        sample->result.seed[i] = (uint8_t)(i * 7 + 1);
    }
    sample->draw.commitment = receipt_commitment(sample->result.seed);
    sample->draw.excluded = EXCLUDED;
    sample->draw.excluded_count = variant ? 0 : 2;
    sample->draw.weighted = variant;
    sample->draw.replacement = variant;
    if (kind == RECEIPT_WHEEL) {
        sample_wheel(sample);
        return;
    }
    if (kind == RECEIPT_ENVELOPE) {
        sample_envelope(sample);
        return;
    }
    sample_entrants(sample);
    sample->draw.groups = GROUPS;
    sample->draw.quotas = QUOTAS;
    sample->draw.group_count = 3;
    sample->draw.sources = SOURCES;
    sample->draw.source_count = 2;
    sample->result.key = "9319./2.5.8.10.12./";
    sample->redraws[0] = (struct receipt_redraw){kind == RECEIPT_NTH ? 0 : 1, "not reachable"};
    sample->redraws[1] = (struct receipt_redraw){kind == RECEIPT_NTH ? 0 : 1, "again not"};
    sample->result.redraws = sample->redraws;
    sample->result.redraw_count = variant ? 0 : 2;
}

static void sample_make(struct sample *sample, enum receipt_kind kind, bool variant)
{
    struct err e;
    sample_fill(sample, kind, variant);
    buf_init(&sample->json, 1 << 20);
    const struct receipt_sink sink = {.out = &sample->json};
    if (!receipt_write(&sample->draw, &sample->result, &sink, &e)) {
        fprintf(stderr, "%s: %s\n", receipt_kind_name(kind), e.text);
        fail();
    }
}

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
    altered(&sample, "\"seed\"", "9319.", "9320.", "the field 'seed' was altered");
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
    altered(&sample, "\"spins_per_day\"", "3", "4", "the rule 'spins_per_day'");
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
    *out = (struct receipt_entrant){.id = "lily", .id_size = 4, .value = 1};
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
    refused(&draw, "entrants[1]: 'lily' stands twice");
    const uint32_t count = 1000000;
    struct receipt_entrant *entrants = xmalloc(count * sizeof(*entrants));
    for (uint32_t i = 0; i < count; i++) {
        same_name(NULL, i, &entrants[i]);
    }
    struct err e;
    assert_false(receipt_entrants_sort(entrants, count, &e));
    assert_string_equal(e.text, "entrants: 'lily' stands twice");
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
        cmocka_unit_test(test_all_kinds),      cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_named_entrants), cmocka_unit_test(test_named_games),
        cmocka_unit_test(test_forged_winner),  cmocka_unit_test(test_bad_draws),
        cmocka_unit_test(test_million_same),   cmocka_unit_test(test_sort),
        cmocka_unit_test(test_redraws),        cmocka_unit_test(test_streaming),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
