// The ladder told step by step, as rows, as JSON and as lines of text. Pure.

#include "rules/price_explain.h"

#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

static void step_add(struct price_step *steps, size_t *count, enum price_step_kind kind,
                     int64_t change_fen, int64_t after_fen)
{
    steps[(*count)++] =
        (struct price_step){.kind = kind, .change_fen = change_fen, .after_fen = after_fen};
}

// What ran of the promotions, and one step for what nobody told the name of.
static int64_t add_promos(const struct price_terms *terms, const struct price_quote *quote,
                          struct price_step *steps, size_t *rows)
{
    int64_t running = quote->deal_fen;
    if (terms->shipping_fen != 0) {
        running += terms->shipping_fen;
        step_add(steps, rows, PRICE_STEP_SHIPPING, terms->shipping_fen, running);
    }
    for (uint32_t i = 0; i < terms->promo_count; i++) {
        if (terms->promos[i].why == PRICE_PROMO_USED) {
            running -= terms->promos[i].off_fen;
            step_add(steps, rows, PRICE_STEP_PROMOTION, -terms->promos[i].off_fen, running);
            steps[*rows - 1].promo = i;
        }
    }
    const int64_t left = quote->promo_fen + quote->shipping_fen;
    if (running != left) {
        step_add(steps, rows, PRICE_STEP_PROMOTION, left - running, left);
        steps[*rows - 1].promo = UINT32_MAX;
    }
    return left;
}

size_t price_explain(const struct price_cart *cart, int64_t at_ms,
                     const struct price_voucher *vouchers, size_t count, uint64_t used,
                     struct price_step steps[PRICE_STEPS_MAX])
{
    struct price_quote quote;
    CHECK(price_quote_chosen(cart, at_ms, vouchers, count, used, &quote));
    struct coupon_verdict verdicts[PRICE_VOUCHERS_MAX];
    coupon_verdicts(cart, at_ms, vouchers, count, quote.used, verdicts);
    size_t rows = 0;
    step_add(steps, &rows, PRICE_STEP_LIST, 0, quote.list_fen);
    step_add(steps, &rows, PRICE_STEP_DEAL, quote.deal_fen - quote.list_fen, quote.deal_fen);
    const struct price_terms *terms = price_cart_terms(cart);
    int64_t running = add_promos(terms, &quote, steps, &rows) + quote.card_fen - quote.promo_fen;
    step_add(steps, &rows, PRICE_STEP_CARD, quote.card_fen - quote.promo_fen, running);
    for (size_t i = 0; i < count; i++) {
        if ((quote.used >> i & 1) != 0) {
            running -= verdicts[i].value_fen;
            step_add(steps, &rows, PRICE_STEP_VOUCHER, -verdicts[i].value_fen, running);
            steps[rows - 1].voucher = (uint32_t)i;
            steps[rows - 1].verdict = verdicts[i];
        }
    }
    if (running != quote.final_fen) {
        step_add(steps, &rows, PRICE_STEP_FLOOR, quote.final_fen - running, quote.final_fen);
    }
    step_add(steps, &rows, PRICE_STEP_FINAL, 0, quote.final_fen);
    for (size_t i = 0; i < count; i++) {
        if ((quote.used >> i & 1) == 0) {
            step_add(steps, &rows, PRICE_STEP_UNUSED, 0, quote.final_fen);
            steps[rows - 1].voucher = (uint32_t)i;
            steps[rows - 1].verdict = verdicts[i];
        }
    }
    for (uint32_t i = 0; i < terms->promo_count; i++) {
        if (terms->promos[i].why != PRICE_PROMO_USED) {
            step_add(steps, &rows, PRICE_STEP_UNUSED_PROMOTION, 0, quote.final_fen);
            steps[rows - 1].promo = i;
        }
    }
    CHECK(rows <= PRICE_STEPS_MAX);
    return rows;
}

static void voucher_name(const struct price_voucher *vouchers, size_t index, struct buf *out)
{
    if (vouchers[index].name != NULL) {
        buf_puts(out, vouchers[index].name);
    } else {
        buf_printf(out, "voucher %zu", index + 1);
    }
}

void price_explain_reason(const struct price_cart *cart, const struct price_voucher *vouchers,
                          const struct coupon_verdict *verdict, struct buf *out)
{
    switch (verdict->reason) {
    case COUPON_USED:
        buf_puts(out, "used");
        break;
    case COUPON_NEEDS_MORE: {
        char amount[40];
        money_format(verdict->missing_fen, money_decimals(price_cart_terms(cart)->currency), amount,
                     sizeof amount);
        buf_printf(out, "needs %s more", amount);
        break;
    }
    case COUPON_NO_GOODS:
        buf_puts(out, "no goods it applies to");
        break;
    case COUPON_EXCLUDED:
        buf_puts(out, "excluded by '");
        voucher_name(vouchers, verdict->by, out);
        buf_puts(out, "'");
        break;
    case COUPON_FLOOR_REACHED:
        buf_puts(out, "floor reached");
        break;
    case COUPON_BUDGET_SPENT:
        buf_puts(out, "budget spent");
        break;
    case COUPON_WORTHLESS:
        buf_puts(out, "worth nothing here");
        break;
    case COUPON_NOT_CHOSEN:
        buf_puts(out, "not chosen");
        break;
    }
}

void price_explain_promo_reason(const struct price_cart *cart, uint32_t promo, struct buf *out)
{
    static const char *const texts[] = {
        [PRICE_PROMO_USED] = "used",
        [PRICE_PROMO_MEMBER] = "not for this member",
        [PRICE_PROMO_UNMET] = "conditions not met",
        [PRICE_PROMO_CLOSED] = "outside its time window",
        [PRICE_PROMO_LIMIT] = "limit reached",
        [PRICE_PROMO_BUDGET] = "budget spent",
        [PRICE_PROMO_FLOOR] = "floor reached",
        [PRICE_PROMO_WORTHLESS] = "worth nothing here",
        [PRICE_PROMO_COUPON] = "needs its coupon",
        [PRICE_PROMO_DISABLED] = "not enabled here",
    };
    const struct price_terms *terms = price_cart_terms(cart);
    CHECK(promo < terms->promo_count);
    const struct price_promo *row = &terms->promos[promo];
    if (row->why == PRICE_PROMO_NEEDS_MORE) {
        char amount[40];
        money_format(row->missing_fen, money_decimals(terms->currency), amount, sizeof amount);
        buf_printf(out, "needs %s more", amount);
    } else if (row->why == PRICE_PROMO_EXCLUDED) {
        CHECK(row->by < terms->promo_count);
        buf_printf(out, "excluded by '%s'", terms->promos[row->by].name);
    } else {
        buf_puts(out, texts[row->why]);
    }
}

static bool is_unused(const struct price_step *step)
{
    return step->kind == PRICE_STEP_UNUSED || step->kind == PRICE_STEP_UNUSED_PROMOTION;
}

static bool is_promo(const struct price_step *step)
{
    return step->kind == PRICE_STEP_PROMOTION || step->kind == PRICE_STEP_UNUSED_PROMOTION;
}

static bool is_voucher(const struct price_step *step)
{
    return step->kind == PRICE_STEP_VOUCHER || step->kind == PRICE_STEP_UNUSED;
}

static const char *step_name(enum price_step_kind kind)
{
    static const char *const names[] = {
        [PRICE_STEP_LIST] = "list",           [PRICE_STEP_DEAL] = "deal",
        [PRICE_STEP_CARD] = "card",           [PRICE_STEP_VOUCHER] = "voucher",
        [PRICE_STEP_FLOOR] = "floor",         [PRICE_STEP_FINAL] = "final",
        [PRICE_STEP_UNUSED] = "not used",     [PRICE_STEP_SHIPPING] = "shipping",
        [PRICE_STEP_PROMOTION] = "promotion", [PRICE_STEP_UNUSED_PROMOTION] = "not used",
    };
    return names[kind];
}

// The name of the voucher or promotion that a step is about; nothing for other steps.
static void step_about(const struct price_cart *cart, const struct price_voucher *vouchers,
                       const struct price_step *step, struct buf *out)
{
    const struct price_terms *terms = price_cart_terms(cart);
    if (is_voucher(step)) {
        voucher_name(vouchers, step->voucher, out);
    } else if (is_promo(step)) {
        buf_puts(out, step->promo < terms->promo_count ? terms->promos[step->promo].name : "");
    }
}

static void step_reason(const struct price_cart *cart, const struct price_voucher *vouchers,
                        const struct price_step *step, struct buf *out)
{
    if (is_promo(step)) {
        price_explain_promo_reason(cart, step->promo, out);
    } else {
        price_explain_reason(cart, vouchers, &step->verdict, out);
    }
}

static void put_int(struct buf *out, const char *key, int64_t value)
{
    json_key(out, key);
    json_put_int(out, value);
}

static void put_steps(const struct price_cart *cart, const struct price_voucher *vouchers,
                      const struct price_step *steps, size_t rows, bool unused, struct buf *out)
{
    struct buf scratch;
    buf_init(&scratch, 4096);
    buf_putc(out, '[');
    for (size_t i = 0; i < rows; i++) {
        if (is_unused(&steps[i]) != unused) {
            continue;
        }
        json_comma(out);
        buf_putc(out, '{');
        if (!unused) {
            json_key(out, "step");
            json_put_z(out, step_name(steps[i].kind));
        }
        if (is_voucher(&steps[i]) || is_promo(&steps[i])) {
            json_key(out, is_promo(&steps[i]) ? "promotion" : "voucher");
            buf_clear(&scratch);
            step_about(cart, vouchers, &steps[i], &scratch);
            json_put_text(out, scratch.data, scratch.size);
        }
        if (unused) {
            json_key(out, "reason");
            buf_clear(&scratch);
            step_reason(cart, vouchers, &steps[i], &scratch);
            json_put_text(out, scratch.data, scratch.size);
        } else {
            put_int(out, "change", steps[i].change_fen);
            put_int(out, "after", steps[i].after_fen);
        }
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
    buf_deinit(&scratch);
}

static void put_lines(const struct price_cart *cart, const struct price_share *shares,
                      struct buf *out)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < price_cart_count(cart); i++) {
        const struct price_line *line = price_cart_line(cart, i);
        json_comma(out);
        buf_putc(out, '{');
        if (line->name != NULL) {
            json_key(out, "name");
            json_put_z(out, line->name);
        }
        put_int(out, "qty", line->qty);
        put_int(out, "list", shares[i].list_fen);
        put_int(out, "deal", shares[i].deal_fen);
        put_int(out, "promotions", shares[i].deal_fen - shares[i].promo_fen);
        put_int(out, "card", shares[i].card_fen);
        put_int(out, "vouchers", shares[i].voucher_fen);
        put_int(out, "final", shares[i].final_fen);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

void price_explain_json(const struct price_cart *cart, int64_t at_ms,
                        const struct price_voucher *vouchers, size_t count, uint64_t used,
                        struct buf *out)
{
    struct price_step steps[PRICE_STEPS_MAX];
    struct price_share shares[PRICE_LINES_MAX];
    size_t rows = price_explain(cart, at_ms, vouchers, count, used, steps);
    struct price_quote quote;
    CHECK(price_quote_chosen(cart, at_ms, vouchers, count, used, &quote));
    price_spread(cart, at_ms, vouchers, count, quote.used, shares);
    buf_putc(out, '{');
    json_key(out, "currency");
    json_put_z(out, price_cart_terms(cart)->currency);
    put_int(out, "list", quote.list_fen);
    put_int(out, "deal", quote.deal_fen);
    put_int(out, "promotions",
            quote.deal_fen - quote.promo_fen + price_cart_terms(cart)->shipping_off_fen);
    put_int(out, "card", quote.card_fen);
    put_int(out, "vouchers", quote.voucher_fen);
    put_int(out, "shipping", quote.shipping_fen);
    put_int(out, "final", quote.final_fen);
    json_key(out, "steps");
    put_steps(cart, vouchers, steps, rows, false, out);
    json_key(out, "unused");
    put_steps(cart, vouchers, steps, rows, true, out);
    json_key(out, "lines");
    put_lines(cart, shares, out);
    buf_putc(out, '}');
}

void price_explain_text(const struct price_cart *cart, int64_t at_ms,
                        const struct price_voucher *vouchers, size_t count, uint64_t used,
                        struct buf *out)
{
    struct price_step steps[PRICE_STEPS_MAX];
    size_t rows = price_explain(cart, at_ms, vouchers, count, used, steps);
    int decimals = money_decimals(price_cart_terms(cart)->currency);
    struct buf name;
    buf_init(&name, 4096);
    for (size_t i = 0; i < rows; i++) {
        const struct price_step *step = &steps[i];
        if ((step->kind == PRICE_STEP_DEAL || step->kind == PRICE_STEP_CARD) &&
            step->change_fen == 0) {
            continue;  // A rung that changes nothing isn't worth a line.
        }
        buf_clear(&name);
        buf_puts(&name, step_name(step->kind));
        if (is_voucher(step) || is_promo(step)) {
            buf_puts(&name, " ");
            step_about(cart, vouchers, step, &name);
        }
        utf8_pad(out, name.data, 32, false);
        if (is_unused(step)) {
            buf_puts(out, "  ");
            step_reason(cart, vouchers, step, out);
        } else {
            char change[40] = "";
            char after[40];
            if (step->kind != PRICE_STEP_LIST && step->kind != PRICE_STEP_FINAL) {
                money_format(step->change_fen, decimals, change, sizeof change);
            }
            money_format(step->after_fen, decimals, after, sizeof after);
            buf_printf(out, " %12s %12s", change, after);
        }
        buf_putc(out, '\n');
    }
    buf_deinit(&name);
}
