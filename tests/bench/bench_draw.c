// Rates of draws, games and receipts, each beside a plain C loop of the same run that does only the
// arithmetic, with a fast generator nobody could check. Not a test: prints, never fails.
//
//   cc -O2 -D_GNU_SOURCE -Iengine tests/bench/bench_draw.c <engine library> -o bench_draw
//   bench_draw [entrants, default 10000000]

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/rng.h"
#include "rules/draw.h"
#include "rules/envelope.h"
#include "rules/receipt.h"
#include "rules/wheel.h"

#define ROUNDS 5  // The best of them is printed: others share the machine.

static volatile uint64_t sink;  // What is computed must be used.

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_rate(const char *what, double mine, double plain, double count)
{
    printf("%-46s %8.2f million/s   plain C %8.2f\n", what, count / mine / 1e6,
           count / plain / 1e6);
}

static void print_time(const char *what, double mine, double plain)
{
    printf("%-46s %8.2f ms          plain C %8.2f\n", what, mine * 1e3, plain * 1e3);
}

static double best(double a, double b)
{
    return a < b ? a : b;
}

static uint32_t plain_below(struct rng *rng, uint32_t bound)
{
    return (uint32_t)(((rng_next(rng) >> 32) * bound) >> 32);
}

static void bench_below(struct draw_stream *stream, struct rng *rng)
{
    const unsigned count = 20000000;
    double mine = 1e9;
    double plain = 1e9;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t sum = 0;
        double start = seconds();
        for (unsigned i = 0; i < count; i++) {
            sum += draw_below(stream, 1000003);
        }
        mine = best(mine, seconds() - start);
        start = seconds();
        for (unsigned i = 0; i < count; i++) {
            sum += plain_below(rng, 1000003);
        }
        plain = best(plain, seconds() - start);
        sink += sum;
    }
    print_rate("bounded integers", mine, plain, count);
}

// Plain: Fisher-Yates on a whole array that is set up already, which is what makes it unfair.
static void bench_select(struct draw_stream *stream, struct rng *rng, uint32_t n, uint32_t k)
{
    uint32_t *all = xmalloc(n * sizeof(*all));
    uint32_t *winners = xmalloc(k * sizeof(*winners));
    void *scratch = xmalloc(draw_select_scratch(n, k));
    double mine = 1e9;
    double plain = 1e9;
    for (uint32_t i = 0; i < n; i++) {
        all[i] = i;
    }
    for (unsigned round = 0; round < 4 * ROUNDS; round++) {
        double start = seconds();
        draw_select(stream, n, k, winners, scratch);
        mine = best(mine, seconds() - start);
        sink += winners[k - 1];
        start = seconds();
        for (uint32_t i = 0; i < k; i++) {
            const uint32_t j = i + plain_below(rng, n - i);
            const uint32_t other = all[j];
            all[j] = all[i];
            all[i] = other;
        }
        plain = best(plain, seconds() - start);
        sink += all[0];
    }
    char what[80];
    snprintf(what, sizeof(what), "%u of %u, selection alone", k, n);
    print_time(what, mine, plain);
    free(all);
    free(winners);
    free(scratch);
}

static void bench_alias(struct draw_stream *stream, struct rng *rng)
{
    const uint32_t n = 1000000;
    const size_t count = 5000000;
    int64_t *weights = xmalloc(n * sizeof(*weights));
    struct draw_alias_slot *slots = xmalloc(n * sizeof(*slots));
    uint32_t *picks = xmalloc(count * sizeof(*picks));
    struct draw_alias alias;
    double build = 1e9;
    double mine = 1e9;
    double plain = 1e9;
    for (uint32_t i = 0; i < n; i++) {
        weights[i] = 1 + (int64_t)rng_below(rng, 500000);  // Spend in fen.
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = seconds();
        draw_alias_build(&alias, slots, weights, n);
        build = best(build, seconds() - start);
        start = seconds();
        draw_alias_pick_many(&alias, stream, picks, count);
        mine = best(mine, seconds() - start);
        sink += picks[count - 1];
        uint64_t sum = 0;
        start = seconds();
        for (size_t i = 0; i < count; i++) {
            const uint32_t column = plain_below(rng, n);
            const uint64_t height = (rng_next(rng) >> 11) % alias.total;
            sum += height < slots[column].threshold ? column : slots[column].alias;
        }
        plain = best(plain, seconds() - start);
        sink += sum;
    }
    print_time("alias table of 1 million, building", build, build);
    print_rate("weighted draws from 1 million", mine, plain, (double)count);
    uint32_t *winners = xmalloc(1000 * sizeof(*winners));
    void *scratch = xmalloc(draw_weighted_scratch(n));
    double without = 1e9;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const double start = seconds();
        draw_weighted(stream, weights, n, 1000, winners, scratch);
        without = best(without, seconds() - start);
    }
    print_time("1,000 of 1 million, weighted, all in", without, build);
    free(weights);
    free(slots);
    free(picks);
    free(winners);
    free(scratch);
}

// Plain: the double-mean law alone, no shuffle, no seeking to the play of each envelope.
static void bench_envelopes(struct draw_stream *stream, struct rng *rng)
{
    const unsigned count = 200000;
    const struct envelope_rules rules = {.sum = 10000, .count = 50, .drama = 50};
    struct envelope_part parts[50];
    double mine = 1e9;
    double plain = 1e9;
    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = seconds();
        for (unsigned i = 0; i < count; i++) {
            draw_stream_seek(stream, i);
            envelope_split(&rules, stream, parts);
            sink += (uint64_t)parts[0].amount;
        }
        mine = best(mine, seconds() - start);
        start = seconds();
        for (unsigned i = 0; i < count; i++) {
            uint32_t left = 10000;
            uint32_t amounts[50];
            for (uint32_t k = 50; k > 1; k--) {
                amounts[50 - k] = 1 + plain_below(rng, 2 * (left - k)) / k;
                left -= amounts[50 - k];
            }
            amounts[49] = left;
            sink += amounts[i % 50];
        }
        plain = best(plain, seconds() - start);
    }
    print_rate("red envelopes of 50, keyed, split, shuffled", mine, plain, count);
}

static void bench_wheel(struct draw_stream *stream, struct rng *rng)
{
    const unsigned count = 2000000;
    const struct wheel_rules rules = {.tiers = {{.odds_ppm = 1000, .stock = 10},
                                                {.odds_ppm = 20000, .stock = 1000},
                                                {.odds_ppm = 200000, .stock = 1000000000}},
                                      .tier_count = 3};
    const struct wheel_ctx ctx = {.at_ms = 1};
    double mine = 1e9;
    double plain = 1e9;
    for (unsigned round = 0; round < ROUNDS; round++) {
        int64_t left[3] = {10, 1000, 1000000000};
        double start = seconds();
        for (unsigned i = 0; i < count; i++) {
            draw_stream_seek(stream, i);
            const uint32_t roll = (uint32_t)draw_below(stream, WHEEL_ODDS_WHOLE);
            sink += (uint64_t)wheel_spin(&rules, left, &ctx, roll).tier;
        }
        mine = best(mine, seconds() - start);
        start = seconds();
        for (unsigned i = 0; i < count; i++) {
            const uint32_t roll = plain_below(rng, WHEEL_ODDS_WHOLE);
            sink += roll < 1000 ? 0 : roll < 21000 ? 1 : roll < 221000 ? 2 : 3;
        }
        plain = best(plain, seconds() - start);
    }
    print_rate("wheel spins, each from its own play", mine, plain, count);
}

// ---- a receipt of millions
// -----------------------------------------------------------------------

static void numbered(void *ctx, uint32_t index, struct receipt_entrant *out)
{
    char *id = ctx;  // "m00000000"
    uint32_t rest = index;
    for (int i = 8; i > 0; i--) {
        id[i] = (char)('0' + rest % 10);
        rest /= 10;
    }
    out->id = id;
    out->id_size = 9;
    out->value = 1 + index % 1000;
}

struct counted {
    uint64_t bytes;
};

static bool count_bytes(void *ctx, const void *data, size_t size)
{
    struct counted *counted = ctx;
    (void)data;
    counted->bytes += size;
    return true;
}

static void bench_receipt(enum receipt_kind kind, uint32_t entrants, const char *what)
{
    char id[16] = "m";
    struct receipt_draw draw = {.kind = kind,
                                .id = "bench",
                                .text = "",
                                .winner_count = 1000,
                                .entrant_count = entrants,
                                .entrant = numbered,
                                .entrant_ctx = id};
    const struct receipt_result result = {.seed = {7}};
    struct counted counted = {0};
    struct buf piece;
    struct err e;
    draw.commitment = receipt_commitment(result.seed);
    buf_init(&piece, 1 << 24);
    const struct receipt_sink out = {.out = &piece, .flush = count_bytes, .flush_ctx = &counted};
    double start = seconds();
    if (!receipt_write(&draw, &result, &out, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    const double mine = seconds() - start;
    buf_deinit(&piece);
    // Plain: the same number of bytes through SHA-256, once.
    static const char block[65536];
    struct sha256_state state;
    sha256_begin(&state);
    start = seconds();
    for (uint64_t at = 0; at < counted.bytes; at += sizeof(block)) {
        sha256_add(&state, block, sizeof(block));
    }
    const struct sha256 hash = sha256_end(&state);
    sink += hash.bytes[0];
    printf("%-46s %8.2f ms          SHA-256 alone %6.2f (%.0f MB)\n", what, mine * 1e3,
           (seconds() - start) * 1e3, (double)counted.bytes / 1e6);
}

static void bench_verify(uint32_t entrants)
{
    char id[16] = "m";
    struct receipt_draw draw = {.kind = RECEIPT_K_OF_N,
                                .id = "bench",
                                .text = "",
                                .winner_count = 1000,
                                .entrant_count = entrants,
                                .entrant = numbered,
                                .entrant_ctx = id};
    const struct receipt_result result = {.seed = {7}};
    struct buf json;
    struct buf verdict;
    struct err e;
    draw.commitment = receipt_commitment(result.seed);
    buf_init(&json, (size_t)1 << 30);
    buf_init(&verdict, 1 << 20);
    const struct receipt_sink out = {.out = &json};
    if (!receipt_write(&draw, &result, &out, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    const double start = seconds();
    const bool verified = receipt_verify(json.data, json.size, &verdict, &e);
    printf("verify a receipt of %u entrants: %.0f ms, %s", entrants, (seconds() - start) * 1e3,
           verified ? verdict.data : "NOT verified\n");
    buf_deinit(&json);
    buf_deinit(&verdict);
}

int main(int argc, char **argv)
{
    const uint32_t entrants = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000000;
    struct draw_key key = {{1, 2, 3}};
    struct draw_stream stream;
    struct rng rng;
    if (entrants < 200000 || entrants > 99999999) {
        fprintf(stderr, "usage: bench_draw [200000 .. 99999999 entrants]\n");
        return 2;
    }
    rng_init(&rng, 1, 2, 3);
    draw_stream_init(&stream, &key, 0);
    bench_below(&stream, &rng);
    bench_select(&stream, &rng, entrants, 1000);
    bench_select(&stream, &rng, entrants, 100000);
    bench_alias(&stream, &rng);
    bench_envelopes(&stream, &rng);
    bench_wheel(&stream, &rng);
    bench_receipt(RECEIPT_K_OF_N, entrants, "1,000 winners, receipt written and hashed");
    bench_receipt(RECEIPT_WEIGHTED, entrants, "the same with weights");
    bench_verify(entrants / 10);
    draw_stream_deinit(&stream);
    return 0;
}
