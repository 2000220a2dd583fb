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
    step_add(steps, &rows, PRICE_STEP_CARD, quote.card_fen - quote.deal_fen, quote.card_fen);
    int64_t running = quote.card_fen;
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

static const char *step_name(enum price_step_kind kind)
{
    static const char *const names[] = {
        [PRICE_STEP_LIST] = "list",       [PRICE_STEP_DEAL] = "deal",
        [PRICE_STEP_CARD] = "card",       [PRICE_STEP_VOUCHER] = "voucher",
        [PRICE_STEP_FLOOR] = "floor",     [PRICE_STEP_FINAL] = "final",
        [PRICE_STEP_UNUSED] = "not used",
    };
    return names[kind];
}

static void put_name(const struct price_voucher *vouchers, size_t index, struct buf *scratch,
                     struct buf *out)
{
    buf_clear(scratch);
    voucher_name(vouchers, index, scratch);
    json_put_text(out, scratch->data, scratch->size);
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
        if ((steps[i].kind == PRICE_STEP_UNUSED) != unused) {
            continue;
        }
        json_comma(out);
        buf_putc(out, '{');
        if (!unused) {
            json_key(out, "step");
            json_put_z(out, step_name(steps[i].kind));
        }
        if (unused || steps[i].kind == PRICE_STEP_VOUCHER) {
            json_key(out, "voucher");
            put_name(vouchers, steps[i].voucher, &scratch, out);
        }
        if (unused) {
            json_key(out, "reason");
            buf_clear(&scratch);
            price_explain_reason(cart, vouchers, &steps[i].verdict, &scratch);
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
    put_int(out, "card", quote.card_fen);
    put_int(out, "vouchers", quote.voucher_fen);
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
        if (step->kind == PRICE_STEP_VOUCHER || step->kind == PRICE_STEP_UNUSED) {
            buf_puts(&name, " ");
            voucher_name(vouchers, step->voucher, &name);
        }
        utf8_pad(out, name.data, 32, false);
        if (step->kind == PRICE_STEP_UNUSED) {
            buf_puts(out, "  ");
            price_explain_reason(cart, vouchers, &step->verdict, out);
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
