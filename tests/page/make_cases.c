// Writes receipts of every kind, whole and altered, each with the program's own verdict, as one
// JSON document for the page's test, and some of them as files:
//   make_cases FOLDER    ->  FOLDER/cases.json, FOLDER/good-<name>.json, FOLDER/bad-<name>.json

#include "../unit/rules/test_receipt_samples.h"

#include <stdlib.h>

#include "base/json.h"

#define FLIPS 40  // Bytes altered in each receipt of the samples.
#define BIG 3000

struct out {
    const char *folder;
    struct buf json;
    struct buf verdict;
    unsigned good, bad;
};

static void put_hex(struct buf *out, const char *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    buf_putc(out, '"');
    for (size_t i = 0; i < size; i++) {
        buf_putc(out, digits[(unsigned char)data[i] >> 4]);
        buf_putc(out, digits[data[i] & 15]);
    }
    buf_putc(out, '"');
}

static void put_case(struct out *out, const char *name, const char *data, size_t size)
{
    struct err e;
    err_clear(&e);
    buf_clear(&out->verdict);
    const bool ok = receipt_verify(data, size, &out->verdict, &e);
    out->good += ok;
    out->bad += !ok;
    json_comma(&out->json);
    buf_putc(&out->json, '{');
    json_key(&out->json, "name");
    json_put_z(&out->json, name);
    json_key(&out->json, "bytes");
    put_hex(&out->json, data, size);
    json_key(&out->json, "verified");
    buf_puts(&out->json, ok ? "true" : "false");
    json_key(&out->json, "verdict");
    json_put_text(&out->json, out->verdict.data, out->verdict.size);
    buf_putc(&out->json, '}');
}

static void write_file(const struct out *out, const char *how, const char *name, const char *data,
                       size_t size)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s-%s.json", out->folder, how, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

// The receipt itself, some bytes altered one at a time, and one alteration as a file.
static void put_sample(struct out *out, const char *name, struct buf *json)
{
    char altered[128];
    put_case(out, name, json->data, json->size);
    write_file(out, "good", name, json->data, json->size);
    for (unsigned i = 0; i < FLIPS; i++) {
        const size_t at = (i * 7919 + 13) * 31 % json->size;
        const char old = json->data[at];
        json->data[at] = i % 3 == 0 ? (char)(old ^ 1) : i % 3 == 1 ? (char)(old + 1) : '7';
        snprintf(altered, sizeof(altered), "%s, byte %zu", name, at);
        put_case(out, altered, json->data, json->size);
        json->data[at] = old;
    }
    char *winner = strstr(json->data, "\"seed\":\"") + 8;
    const char old = winner[5];
    winner[5] = old == '8' ? '9' : '8';
    write_file(out, "bad", name, json->data, json->size);
    snprintf(altered, sizeof(altered), "%s, seed", name);
    put_case(out, altered, json->data, json->size);
    winner[5] = old;
}

// Replaces the first `from` behind `after`.
static void put_altered(struct out *out, enum receipt_kind kind, const char *after,
                        const char *from, const char *to)
{
    struct sample sample;
    struct buf json;
    char name[256];
    sample_make(&sample, kind, false);
    buf_init(&json, 1 << 20);
    const char *at = strstr(strstr(sample.json.data, after), from);
    buf_append(&json, sample.json.data, (size_t)(at - sample.json.data));
    buf_puts(&json, to);
    buf_puts(&json, at + strlen(from));
    snprintf(name, sizeof(name), "%s: %s -> %s", receipt_kind_name(kind), from, to);
    put_case(out, name, json.data, json.size);
    buf_deinit(&json);
    buf_deinit(&sample.json);
}

static const struct {
    enum receipt_kind kind;
    const char *after, *from, *to;
} alterations[] = {
    {RECEIPT_WEIGHTED, "\"entrants\"", "m-05", "m-0five"},
    {RECEIPT_WEIGHTED, "\"entrants\"", "\"m-05\",", ""},
    {RECEIPT_WEIGHTED, "\"entrants\"", "\"m-05\",", "\"m-05\",\"m-05x\","},
    {RECEIPT_WEIGHTED, "\"entrants\"", "\"m-05\"", "\"m-04\""},
    {RECEIPT_WEIGHTED, "\"entrants\"", "\"m-05\"", "5"},
    {RECEIPT_WEIGHTED, "\"weights\"", "[1,2,5,10,", "[1,2,5,11,"},
    {RECEIPT_WEIGHTED, "\"weights\"", "[1,2,5,10,", "[1,2,0,10,"},
    {RECEIPT_WEIGHTED, "\"weights\"", "[1,2,5,", "[1,2,9007199254740992,"},
    {RECEIPT_WEIGHTED, "\"weights\"", "[1,2,5,", "[1,2,9007199254740993,"},
    {RECEIPT_WEIGHTED, "\"weights\"", "[1,2,5,", "[1,2,99999999999999999999,"},
    {RECEIPT_WEIGHTED, "\"weights\"", "[1,2,5,", "[1,2,5.0,"},
    {RECEIPT_WEIGHTED, "\"excluded\"", "not paid", "not prayed"},
    {RECEIPT_WEIGHTED, "\"rules\"", "\"winners\":3", "\"winners\":4"},
    {RECEIPT_WEIGHTED, "\"rules\"", "一人一次", "一人两次"},
    {RECEIPT_WEIGHTED, "\"rules\"", "\"winners\":3", "\"winners\":3,\"x\":[1e400]"},
    {RECEIPT_WEIGHTED, "\"rules\"", "\"winners\":3", "\"winners\":3,\"x\":[1e4,-0,1.50]"},
    {RECEIPT_WEIGHTED, "\"rules\"", "\"winners\":3", "\"winners\":3,\"winners\":3"},
    {RECEIPT_WEIGHTED, "\"draw\"", "\"commitment\":\"", "\"commitment\":\"0"},
    {RECEIPT_WEIGHTED, "\"seed\"", "\":\"01080f", "\":\"01080e"},
    {RECEIPT_WEIGHTED, "\"seed\"", "\":\"01080f16", "\":\"02080f17"},
    {RECEIPT_WEIGHTED, "\"winners\":[\"", "[\"m-", "[\"n-"},
    {RECEIPT_WEIGHTED, "\"winners\":[\"", "[\"m-", "[\"m-00\",\"m-"},
    {RECEIPT_WEIGHTED, "\"redraws\":[[", "not reachable", "unreachable"},
    {RECEIPT_WEIGHTED, "\"redraws\":[[", "[[1,", "[[2,"},
    {RECEIPT_WEIGHTED, "\"redraws\":[[", "[[1,", "[[9,"},
    {RECEIPT_WEIGHTED, "\"hash\"", "\"hash\":\"", "\"hash\":\"f"},
    {RECEIPT_WEIGHTED, "\"marks\"", "\"id\":\"", "\"id\":\"0000"},
    {RECEIPT_WEIGHTED, "\"marks\"", "\"id\":\"", "\"extra\":\"0000\",\"id\":\""},
    {RECEIPT_WEIGHTED, "\"receipt\":1", "1", "2"},
    {RECEIPT_WEIGHTED, "\"receipt\":1", "1", "1,\"more\":true"},
    {RECEIPT_K_OF_N, "\"plays\":[]", "[]", "[[0,\"m-00\",1,-1,\"odds\"]]"},
    {RECEIPT_K_OF_N, "{", "{", "{\n  "},
    {RECEIPT_STRATIFIED, "\"strata\"", "[0,1,2,0", "[0,1,1,0"},
    {RECEIPT_STRATIFIED, "\"strata\"", "[0,1,2,0", "[0,1,7,0"},
    {RECEIPT_STRATIFIED, "\"quotas\"", "[2,1,3]", "[2,2,3]"},
    {RECEIPT_STRATIFIED, "\"quotas\"", "[2,1,3]", "[0,6,0]"},
    {RECEIPT_NTH, "\"times\"", "1700000000000", "1700000000001"},
    {RECEIPT_NTH, "\"rules\"", "\"place\":7", "\"place\":8"},
    {RECEIPT_NTH, "\"tie\"", "time, then", "luck, then"},
    {RECEIPT_RFC3797, "\"seed\"", "9319.", "9320."},
    {RECEIPT_RFC3797, "\"seed\"", "9319./", ""},
    {RECEIPT_RFC3797, "\"seed\"", "2.5.8.10.12./", ""},
    {RECEIPT_RFC3797, "\"seed\"", "12./", "12./7./"},
    {RECEIPT_RFC3797, "\"seed\"", "12./", "12."},
    {RECEIPT_RFC3797, "\"marks\"", "\"seed\":\"", "\"seed\":\"0000"},
    {RECEIPT_RFC3797, "\"seed\"", "9319.", "09319."},
    {RECEIPT_RFC3797, "\"sources\"", "7 March", "9 March"},
    {RECEIPT_RFC3797, "\"entrants\"", "\"m-05\"", "\"m-04\""},
    {RECEIPT_FAIRY, "\"weighting\"", "uniform", "amount"},
    {RECEIPT_WHEEL, "\"odds\"", "[100000,", "[100001,"},
    {RECEIPT_WHEEL, "\"odds\"", "[100000,", "[400000,"},
    {RECEIPT_WHEEL, "\"stock\"", "[2,9]", "[2,8]"},
    {RECEIPT_WHEEL, "\"stock\"", "[2,9]", "[2,9,9]"},
    {RECEIPT_WHEEL, "\"prizes\"", "coat", "boat"},
    {RECEIPT_WHEEL, "\"spins_per_day\"", "2", "4"},
    {RECEIPT_WHEEL, "\"plays\":[[", "\"w-4\"", "\"w-5\""},
    {RECEIPT_WHEEL, "\"plays\":[[", "1700000060000", "1700000060001"},
    {RECEIPT_WHEEL, "\"plays\":[[", "\"odds\"", "\"won\""},
    {RECEIPT_WHEEL, "\"plays\":[[", "[1,", "[2,"},
    {RECEIPT_ENVELOPE, "\"rules\"", "\"sum\":1000", "\"sum\":1001"},
    {RECEIPT_ENVELOPE, "\"plays\":[[", "\"e-3\"", "\"e-2\""},
    {RECEIPT_ENVELOPE, "\"winners\":[\"", "[\"e-", "[\"f-"},
};

static void put_named(struct out *out)
{
    for (size_t i = 0; i < sizeof(alterations) / sizeof(alterations[0]); i++) {
        put_altered(out, alterations[i].kind, alterations[i].after, alterations[i].from,
                    alterations[i].to);
    }
}

// ---- what the small samples don't reach

static void numbered(void *ctx, uint32_t index, struct receipt_entrant *out)
{
    static char id[32];
    const struct receipt_draw *draw = ctx;
    out->id = id;
    out->id_size = (uint32_t)snprintf(id, sizeof(id), "member-%06u", index);
    out->stratum = index % 7;
    // The greatest sum there may be: 2^53.
    out->value = draw->kind == RECEIPT_NTH ? OPEN_MS + index / 500
                 : index == 0              ? DRAW_WEIGHT_MAX - (draw->entrant_count - 1)
                                           : 1;
    if (draw->kind == RECEIPT_WEIGHTED && draw->replacement) {
        out->value = 1 + (int64_t)index * index % 9973 * 1000003;
    }
}

static void put_big(struct out *out, const char *name, struct receipt_draw draw)
{
    struct sample sample;
    struct err e;
    struct buf json;
    sample_fill(&sample, RECEIPT_K_OF_N, true);
    draw.id = "big";
    draw.text = "";
    draw.commitment = sample.draw.commitment;
    draw.entrant_count = draw.entrant_count == 0 ? BIG : draw.entrant_count;
    draw.entrant = numbered;
    draw.entrant_ctx = &draw;
    sample.result.redraw_count = draw.kind == RECEIPT_RFC3797 ? 1 : 0;
    sample.redraws[0] = (struct receipt_redraw){0, "gone"};
    buf_init(&json, 1 << 24);
    const struct receipt_sink sink = {.out = &json};
    if (!receipt_write(&draw, &sample.result, &sink, &e)) {
        fail_msg("%s: %s", name, e.text);
    }
    put_case(out, name, json.data, json.size);
    buf_deinit(&json);
}

static void put_bigs(struct out *out)
{
    static const char *const groups[] = {"a", "b", "c", "d", "e", "f", "g"};
    static const uint32_t quotas[] = {400, 0, 1, 17, 100, 3, 2};
    put_big(out, "many, k of n",
            (struct receipt_draw){.kind = RECEIPT_K_OF_N, .winner_count = 2999});
    put_big(out, "greatest weights",
            (struct receipt_draw){.kind = RECEIPT_WEIGHTED, .winner_count = 2000});
    put_big(
        out, "with replacement",
        (struct receipt_draw){.kind = RECEIPT_WEIGHTED, .winner_count = 5000, .replacement = true});
    put_big(out, "one only, greatest weight",
            (struct receipt_draw){.kind = RECEIPT_WEIGHTED, .winner_count = 1, .entrant_count = 1});
    put_big(out, "many groups",
            (struct receipt_draw){
                .kind = RECEIPT_STRATIFIED, .groups = groups, .quotas = quotas, .group_count = 7});
    put_big(out, "many ties", (struct receipt_draw){.kind = RECEIPT_NTH, .winner_count = 1234});
    put_big(
        out, "many, public numbers",
        (struct receipt_draw){
            .kind = RECEIPT_RFC3797, .winner_count = 500, .sources = SOURCES, .source_count = 2});
}

static void put_envelope(struct out *out, int64_t sum, uint32_t count, uint32_t drama)
{
    struct sample sample;
    struct err e;
    char name[64];
    sample_fill(&sample, RECEIPT_ENVELOPE, true);
    sample.envelope = (struct envelope_rules){.sum = sum, .count = count, .drama = drama};
    sample.draw.envelope_count = 1;
    const struct draw_key key = sample_key(&sample);
    struct envelope_part *parts = xcalloc(count, sizeof(*parts));
    struct draw_stream stream;
    draw_stream_init(&stream, &key, 0);
    envelope_split(&sample.envelope, &stream, parts);
    draw_stream_deinit(&stream);
    sample.result.play_count = count < 20 ? count : 20;
    for (uint32_t i = 0; i < sample.result.play_count; i++) {
        snprintf(sample.ids[i], sizeof(sample.ids[i]), "t-%u", i);
        sample.plays[i] = (struct receipt_play){
            .member = sample.ids[i], .at_ms = OPEN_MS, .place = i, .amount = parts[i].amount};
    }
    free(parts);
    buf_init(&sample.json, 1 << 20);
    const struct receipt_sink sink = {.out = &sample.json};
    if (!receipt_write(&sample.draw, &sample.result, &sink, &e)) {
        fail_msg("%s", e.text);
    }
    snprintf(name, sizeof(name), "envelope of %lld in %u, drama %u", (long long)sum, count, drama);
    put_case(out, name, sample.json.data, sample.json.size);
    buf_deinit(&sample.json);
}

static void put_all(struct out *out)
{
    buf_putc(&out->json, '[');
    for (int kind = RECEIPT_K_OF_N; kind <= RECEIPT_ENVELOPE; kind++) {
        for (int variant = 0; variant < 2; variant++) {
            struct sample sample;
            char name[64];
            sample_make(&sample, (enum receipt_kind)kind, variant);
            snprintf(name, sizeof(name), "%s-%d", receipt_kind_name((enum receipt_kind)kind),
                     variant);
            put_sample(out, name, &sample.json);
            buf_deinit(&sample.json);
        }
    }
    put_named(out);
    put_bigs(out);
    static const uint32_t dramas[] = {0, 1, 20, 49, 50, 51, 80, 100};
    for (size_t i = 0; i < sizeof(dramas) / sizeof(dramas[0]); i++) {
        put_envelope(out, 8888, 20, dramas[i]);
        put_envelope(out, ENVELOPE_SUM_MAX, 1000, dramas[i]);
        put_envelope(out, 11, 10, dramas[i]);
        put_envelope(out, 10, 10, dramas[i]);
        put_envelope(out, 7, 1, dramas[i]);
    }
    static const char *const no_receipts[] = {
        "",
        "  ",
        "null",
        "[]",
        "{}",
        "{\"receipt\":1}",
        "{\"receipt\":1,\"receipt\":1}",
        "\xff",
        "{\"receipt\":1,\"body\":{},\"marks\":{},\"hash\":\"0\"}",
        "\"\\ud800\"",
        "nul",
        "[1,]"};
    for (size_t i = 0; i < sizeof(no_receipts) / sizeof(no_receipts[0]); i++) {
        put_case(out, "no receipt", no_receipts[i], strlen(no_receipts[i]));
    }
    buf_putc(&out->json, ']');
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_cases FOLDER\n");
        return 2;
    }
    struct out out = {.folder = argv[1]};
    char path[4096];
    buf_init(&out.json, (size_t)256 << 20);
    buf_init(&out.verdict, 1 << 20);
    put_all(&out);
    snprintf(path, sizeof(path), "%s/cases.json", out.folder);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(out.json.data, 1, out.json.size, file) != out.json.size ||
        fclose(file) != 0) {
        perror(path);
        return 1;
    }
    printf("%u right, %u altered\n", out.good, out.bad);
    buf_deinit(&out.json);
    buf_deinit(&out.verdict);
    return 0;
}
