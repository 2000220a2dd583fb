// Rates of the pricing primitives, beside a plain C loop over the same cart in the same run: the
// limit a general engine is measured against. Not a test: prints, never fails.
//   bench_price [SHARE]   one of so many rounds is enough

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rng.h"
#include "rules/coupon.h"
#include "rules/price.h"
#include "rules/promo_set.h"

#define LINES 5
#define ROUNDS 7  // The best of them is printed: others share the machine.

static const struct price_line lines[LINES] = {
    {.name = "coat", .list_fen = 129900, .deal_fen = 71445, .floor_fen = 52000, .qty = 1},
    {.name = "dress", .list_fen = 69900, .deal_fen = 38445, .floor_fen = 28000, .qty = 2},
    {.name = "shirt", .list_fen = 39900, .deal_fen = 21945, .floor_fen = 16000, .qty = 1},
    {.name = "scarf", .list_fen = 19900, .deal_fen = 10945, .floor_fen = 8000, .qty = 3},
    {.name = "socks", .list_fen = 4900, .deal_fen = 2695, .floor_fen = 1500, .qty = 4},
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// The plain loop: no scopes, no epochs, no budgets, nothing but this arithmetic.
static int64_t plain_quote(const struct price_line *cart, size_t count, int64_t at_ms,
                           uint32_t card_bp, int64_t voucher, int64_t threshold)
{
    int64_t total = 0;
    int64_t floor = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t unit = at_ms >= cart[i].opens_at_ms && at_ms < cart[i].closes_at_ms
                           ? cart[i].deal_fen
                           : cart[i].list_fen;
        unit = (unit * (10000 - (int64_t)card_bp) + 5000) / 10000;
        unit = unit < cart[i].floor_fen ? cart[i].floor_fen : unit;
        total += unit * cart[i].qty;
        floor += cart[i].floor_fen * cart[i].qty;
    }
    int64_t final = total >= threshold ? total - voucher : total;
    return final < floor ? floor : final;
}

struct setting {
    struct price_line lines[LINES];
    struct price_cart *cart;
    struct price_voucher vouchers[COUPON_MAX];
    int64_t opens_at_ms;
};

static int64_t sink;

static void report(const char *name, double best_s, size_t count)
{
    printf("%-52s %8.2f million/s %8.1f ns\n", name, (double)count / best_s / 1e6,
           best_s * 1e9 / (double)count);
}

typedef void (*work_fn)(const struct setting *s, size_t count);

static void run(const char *name, const struct setting *s, size_t count, work_fn work)
{
    double best = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        double start = seconds();
        work(s, count);
        double took = seconds() - start;
        best = took < best ? took : best;
    }
    report(name, best, count);
}

static void work_plain(const struct setting *s, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sink += plain_quote(s->lines, LINES, s->opens_at_ms + (int64_t)(i & 1023) - 512, 1200,
                            s->vouchers[0].amount_fen, s->vouchers[0].threshold_fen);
    }
}

static void work_quote(const struct setting *s, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct price_quote quote;
        (void)price_quote(s->cart, s->opens_at_ms + (int64_t)(i & 1023) - 512, s->vouchers, 1,
                          &quote);
        sink += quote.final_fen;
    }
}

static void work_spread(const struct setting *s, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct price_share shares[LINES];
        price_spread(s->cart, s->opens_at_ms + (int64_t)(i & 1), s->vouchers, 1, 1, shares);
        sink += shares[i % LINES].final_fen;
    }
}

static void work_prepare(const struct setting *s, size_t count)
{
    struct price_terms terms = price_terms_default();
    for (size_t i = 0; i < count; i++) {
        struct price_cart *cart;
        if (!price_cart_new(s->lines, LINES, &terms, &cart, NULL)) {
            abort();
        }
        sink += (int64_t)price_cart_count(cart);
        price_cart_free(cart);
    }
}

static void work_best10(const struct setting *s, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct coupon_choice choice;
        (void)coupon_best(s->cart, s->opens_at_ms + (int64_t)(i & 1), s->vouchers, 10, &choice);
        sink += choice.quote.final_fen;
    }
}

static void work_best20(const struct setting *s, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct coupon_choice choice;
        (void)coupon_best(s->cart, s->opens_at_ms + (int64_t)(i & 1), s->vouchers, 20, &choice);
        sink += choice.quote.final_fen;
    }
}

static void work_exhaustive10(const struct setting *s, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t least = INT64_MAX;
        for (uint64_t set = 0; set < 1024; set++) {
            struct price_quote quote;
            (void)price_quote_chosen(s->cart, s->opens_at_ms + (int64_t)(i & 1), s->vouchers, 10,
                                     set, &quote);
            least = quote.final_fen < least ? quote.final_fen : least;
        }
        sink += least;
    }
}

// What preparing a cart costs where a campaign has promotions: four of them judged on its lines.
static void work_promotions(const struct setting *s, size_t count)
{
    static const char json[] =
        "[{\"lane\":\"x\",\"actions\":[{\"target\":\"order\",\"kind\":\"fixed\",\"amount\":5000,"
        "\"per_total\":30000,\"cap\":20000}]},{\"lane\":\"x\",\"actions\":[{\"target\":\"line\","
        "\"kind\":\"buy_get\",\"buy\":2,\"get\":1}]},{\"scope\":\"catalog\",\"applies_to\":"
        "[{\"variants\":[\"scarf\"]}],\"actions\":[{\"target\":\"price\",\"kind\":\"percentage\","
        "\"percent\":5}]},{\"conditions\":[{\"type\":\"segment\",\"segments\":[\"new\"]}],"
        "\"actions\":[{\"target\":\"order\",\"kind\":\"percentage\",\"percent\":3}]}]";
    struct promo_set *set;
    struct promo_set_line rows[LINES];
    struct promo_set_now now[4];
    struct price_promo promos[PROMO_SET_MAX];
    uint32_t places[PROMO_SET_MAX];
    int64_t off[LINES];
    int64_t shipping_off;
    struct err e = {0};
    if (!promo_set_read(json, sizeof(json) - 1, &set, &e)) {
        abort();
    }
    for (size_t i = 0; i < LINES; i++) {
        rows[i] = (struct promo_set_line){.sku = s->lines[i].name,
                                          .category = "clothes",
                                          .unit_fen = s->lines[i].deal_fen,
                                          .floor_fen = s->lines[i].floor_fen,
                                          .qty = s->lines[i].qty};
    }
    for (size_t i = 0; i < 4; i++) {
        now[i] = (struct promo_set_now){.name = "promotion",
                                        .from_ms = INT64_MIN,
                                        .until_ms = INT64_MAX,
                                        .uses_left = 100,
                                        .member_left = 1,
                                        .budget_left = 1000000};
    }
    struct promo_set_ask ask = {
        .lines = rows, .line_count = LINES, .now = now, .known = true, .segment = "new"};
    for (size_t i = 0; i < count; i++) {
        ask.at_ms = (int64_t)i;
        if (!promo_set_judge(set, &ask, off, &shipping_off, promos, places, &e)) {
            abort();
        }
        sink += off[i % LINES];
    }
    promo_set_free(set);
}

// Amounts and percentages, with and without threshold, exclusive, in lanes.
static void vouchers_fill(struct setting *s, int64_t scale)
{
    struct rng rng;
    rng_init(&rng, 7, 7, 7);
    for (size_t i = 0; i < COUPON_MAX; i++) {
        struct price_voucher *v = &s->vouchers[i];
        *v = (struct price_voucher){.budget_left_fen = PRICE_NO_BUDGET};
        if (i % 3 == 2) {
            v->percent_bp = (uint32_t)((200 + rng_below(&rng, 600)) * (uint64_t)scale / 10);
        } else {
            v->amount_fen = (500 + (int64_t)rng_below(&rng, 6000)) * scale / 10;
        }
        v->threshold_fen = i % 2 == 1 ? (int64_t)rng_below(&rng, 300000) : 0;
        v->exclusive = i % 9 == 8;
        v->lane = i % 4 == 3 ? 1 : 0;
    }
    s->vouchers[0] = (struct price_voucher){
        .amount_fen = 10000, .threshold_fen = 50000, .budget_left_fen = PRICE_NO_BUDGET};
}

int main(int argc, char **argv)
{
    const size_t share = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    struct setting s;
    if (share < 1 || share > 1000) {
        fprintf(stderr, "usage: bench_price [1 .. 1000: one of so many rounds]\n");
        return 2;
    }
    struct price_terms terms = price_terms_default();
    terms.card_bp = 1200;
    s.opens_at_ms = INT64_C(1762864200000);
    for (size_t i = 0; i < LINES; i++) {
        s.lines[i] = lines[i];
        s.lines[i].opens_at_ms = s.opens_at_ms;
        s.lines[i].closes_at_ms = s.opens_at_ms + 7200000;
    }
    struct err e = {0};
    if (!price_cart_new(s.lines, LINES, &terms, &s.cart, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    vouchers_fill(&s, 10);
    run("plain C loop, 5 lines, 1 voucher (the limit)", &s, 5000000 / share, work_plain);
    run("price_quote, 5 lines by handle, 1 voucher", &s, 20000000 / share, work_quote);
    run("price_spread, every line exact to the fen", &s, 1000000 / share, work_spread);
    run("price_cart_new + free", &s, 500000 / share, work_prepare);
    run("promo_set_judge, 4 promotions, 2 of a lane", &s, 200000 / share, work_promotions);
    run("exhaustive search of 10 vouchers", &s, 5000 / share, work_exhaustive10);
    run("coupon_best of 10, floor binds", &s, 500000 / share, work_best10);
    run("coupon_best of 20, floor binds", &s, 200000 / share, work_best20);
    vouchers_fill(&s, 2);
    run("coupon_best of 10, all fit", &s, 500000 / share, work_best10);
    run("coupon_best of 20, all fit", &s, 200000 / share, work_best20);
    printf("(%lld)\n", (long long)(sink & 1));
    price_cart_free(s.cart);
    return 0;
}
