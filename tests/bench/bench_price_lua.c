// Prices asked from a Lua handler through the real turn, a cart held by handle, beside the same
// quotes in C and a plain C loop over the same cart in the same run. Not a test: prints rates.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/virtual.h"
#include "core/checkout.h"
#include "loop/loop.h"

#define START_MS INT64_C(1762444800000)  // 2025-11-07 00:00 at UTC+8
#define ROUNDS 9                         // The best of them is printed: others share the machine.
#define ASKED 100000                     // As ROUNDS in the playbook.
#define LINES 5

static int64_t sink;

static void say(struct engine *engine, const char *member, const char *text)
{
    const struct event event = {
        .kind = EVENT_MESSAGE,
        .at = START_MS + 2000,
        .connector = slice_of("bench"),
        .group = slice_of("g-1"),
        .member = slice_of(member),
        .text = slice_of(text),
    };
    turn_run(engine, &event);
    if (script_errors(engine->script) > 0) {
        fprintf(stderr, "the handler failed\n");
        exit(1);
    }
}

static void tell_error(void *ctx, const char *playbook, const char *scene, const char *error)
{
    (void)ctx;
    fprintf(stderr, "%s, %s: %s\n", playbook, scene, error);
}

static void open_engine(struct engine *engine)
{
    struct err e = {0};
    struct buf problems;
    uint32_t campaign;
    const uint8_t seed[32] = {1};
    const struct script_overrides overrides = {.seed = seed};
    const struct engine_options options = {.drop_journal = true, .rehearsal = true};
    buf_init(&problems, 1 << 20);
    if (!engine_open(engine, &options, &e) ||
        !engine_start(engine, BENCH_DIR "/prices", &overrides, START_MS, true, &campaign, &problems,
                      &e)) {
        fprintf(stderr, "%s\n%.*s\n", e.text, (int)problems.size,
                problems.data == NULL ? "" : problems.data);
        exit(1);
    }
    buf_deinit(&problems);
    script_on_error(engine->script, tell_error, NULL);
    const struct virtual_world world = {0};
    if (!virtual_run(engine, &world, START_MS, START_MS + 1000, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
}

static double best_of(struct engine *engine, const char *text)
{
    double best = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        const int64_t started_us = loop_mono_us();
        say(engine, "one", text);
        const double took = (double)(loop_mono_us() - started_us) / 1e6;
        best = took < best ? took : best;
    }
    return best;
}

static void print(const char *name, double seconds)
{
    printf("%-56s %8.2f million/s %8.1f ns\n", name, ASKED / seconds / 1e6, seconds * 1e9 / ASKED);
}

// Nothing but the arithmetic of a ladder: the limit nobody can pass.
static int64_t plain_quote(const struct price_line *lines, int64_t at_ms, int64_t card_bp,
                           int64_t voucher, int64_t threshold)
{
    int64_t total = 0;
    int64_t floor = 0;
    for (size_t i = 0; i < LINES; i++) {
        int64_t unit = at_ms >= lines[i].opens_at_ms && at_ms < lines[i].closes_at_ms
                           ? lines[i].deal_fen
                           : lines[i].list_fen;
        unit = (unit * (10000 - card_bp) + 5000) / 10000;
        unit = unit < lines[i].floor_fen ? lines[i].floor_fen : unit;
        total += unit * lines[i].qty;
        floor += lines[i].floor_fen * lines[i].qty;
    }
    const int64_t final = total >= threshold ? total - voucher : total;
    return final < floor ? floor : final;
}

enum way { WAY_PLAIN, WAY_QUOTE, WAY_BEST };

static double best_in_c(const struct checkout_basis *basis, int64_t at_ms, enum way way)
{
    struct price_line lines[LINES];
    for (size_t i = 0; i < LINES; i++) {
        lines[i] = *price_cart_line(basis->cart, i);
    }
    double best = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        const int64_t started_us = loop_mono_us();
        for (int64_t k = 0; k < ASKED; k++) {
            struct coupon_choice choice;
            if (way == WAY_PLAIN) {
                sink += plain_quote(lines, at_ms + (k & 1), 1200, 10000, 50000);
            } else if (way == WAY_QUOTE) {
                price_quote_chosen(basis->cart, at_ms + (k & 1), basis->vouchers,
                                   basis->voucher_count, 1, &choice.quote);
                sink += choice.quote.final_fen;
            } else {
                coupon_best(basis->cart, at_ms + (k & 1), basis->vouchers, basis->voucher_count,
                            &choice);
                sink += choice.quote.final_fen;
            }
        }
        const double took = (double)(loop_mono_us() - started_us) / 1e6;
        best = took < best ? took : best;
    }
    return best;
}

static void prepare(struct engine *engine, const char *member, struct checkout_basis *basis,
                    void *space)
{
    static const struct checkout_line lines[LINES] = {{1, 1}, {2, 2}, {3, 1}, {4, 3}, {5, 4}};
    struct err e = {0};
    const struct checkout_ask ask = {
        .campaign = 1,
        .member = people_member(engine->state, slice_of(member)),
        .lines = lines,
        .count = LINES,
        .at_ms = START_MS + 2000,
    };
    if (!checkout_prepare(&engine->core, &ask, space, basis, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
}

int main(void)
{
    struct engine engine;
    struct err e = {0};
    struct checkout_basis basis;
    open_engine(&engine);
    void *space = malloc(checkout_space(LINES));
    say(&engine, "one", "give");
    say(&engine, "ten", "give_ten");
    prepare(&engine, "one", &basis, space);
    print("plain C loop, 5 lines, 1 voucher (the limit)", best_in_c(&basis, START_MS, WAY_PLAIN));
    print("the same quote in C", best_in_c(&basis, START_MS, WAY_QUOTE));
    print("a handler's empty loop", best_of(&engine, "empty"));
    say(&engine, "one", "hold");
    print("quote from a handler, cart by handle, 1 voucher", best_of(&engine, "quote"));
    prepare(&engine, "ten", &basis, space);
    print("best of 10 vouchers in C", best_in_c(&basis, START_MS, WAY_BEST));
    say(&engine, "ten", "hold");
    print("best of 10 vouchers from a handler", best_of(&engine, "best"));
    printf("(%lld)\n", (long long)(sink & 1));
    free(space);
    engine_close(&engine, &e);
    return 0;
}
