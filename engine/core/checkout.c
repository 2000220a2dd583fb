#include "core/checkout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool checkout_fill_line(const struct core *core, const struct checkout_line *in, size_t index,
                        int64_t at_ms, struct price_line *out, struct err *e)
{
    const struct good *good = table_get(core->state, T_GOODS, in->good);
    if (good == NULL) {
        return err_set(e, ERR_INVALID, "lines[%zu]: unknown good", index);
    }
    if (in->qty < 1) {
        return err_set(e, ERR_INVALID, "lines[%zu].qty: at least 1", index);
    }
    struct price_now now;
    prices_of(core->state, in->good, at_ms, &now);
    const char *sku = state_get_text(core->state, good->sku);
    if (!now.for_sale) {
        return err_set(e, ERR_REFUSED, "lines[%zu]: %s is not for sale yet", index, sku);
    }
    *out = (struct price_line){
        .name = sku,
        .list_fen = now.list,
        .deal_fen = now.shown < now.list ? now.shown : now.list,
        .floor_fen = now.floor,
        .opens_at_ms = PRICE_ALWAYS,
        .closes_at_ms = PRICE_NEVER,
        .qty = (uint32_t)in->qty,
    };
    return true;
}

struct price_voucher checkout_voucher(const struct core *core, const struct coupon *coupon,
                                      int64_t value)
{
    return (struct price_voucher){
        .name = state_get_text(core->state, coupon->name),
        .exclusive = !coupon->stacks,
        .percent_bp = coupon->kind == 1 ? (uint32_t)coupon->value : 0,
        .amount_fen = coupon->kind != 0 ? 0
                      : value != 0      ? value
                                        : coupon->value,
        .threshold_fen = coupon->threshold,
        .cap_fen = coupon->kind == 1 ? coupon->cost : 0,
        .budget_left_fen = PRICE_NO_BUDGET,
    };
}

// Her vouchers of this campaign, the card taken apart: a percentage of its own step on the ladder.
static size_t fill_vouchers(const struct core *core, uint32_t campaign, uint32_t member,
                            struct price_voucher *out, uint32_t *rows, uint32_t *card_bp)
{
    uint32_t held[COUPON_MAX * 2];
    size_t count = 0;
    const size_t have = coupon_held(core, campaign, member, held, sizeof(held) / sizeof(held[0]));
    for (size_t i = 0; i < have; i++) {
        const struct voucher *voucher = table_get(core->state, T_VOUCHERS, held[i]);
        const struct coupon *coupon = table_get(core->state, T_COUPONS, (uint32_t)voucher->coupon);
        if (coupon->is_card) {
            *card_bp = (uint32_t)coupon->value > *card_bp ? (uint32_t)coupon->value : *card_bp;
            continue;
        }
        if (count == COUPON_MAX) {
            continue;
        }
        out[count] = checkout_voucher(core, coupon, voucher->value);
        rows[count++] = held[i];
    }
    return count;
}

static void keep_choice(struct price_cart *cart, int64_t at_ms,
                        const struct price_voucher *vouchers, const uint32_t *rows, size_t count,
                        struct checkout *out)
{
    struct coupon_choice choice;
    CHECK(coupon_best(cart, at_ms, vouchers, count, &choice));
    out->quote = choice.quote;
    price_spread(cart, at_ms, vouchers, count, choice.used, out->shares);
    for (size_t i = 0; i < count; i++) {
        if (choice.used >> i & 1) {
            out->vouchers[out->voucher_count++] = rows[i];
        }
    }
}

static bool fill_lines(const struct core *core, const struct checkout_line *lines, size_t count,
                       int64_t at_ms, struct price_line *out, struct err *e)
{
    if (count < 1 || count > CHECKOUT_LINES_MAX) {
        return err_set(e, ERR_INVALID, "lines: 1 to %d", CHECKOUT_LINES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (!checkout_fill_line(core, &lines[i], i, at_ms, &out[i], e)) {
            return false;
        }
    }
    return true;
}

size_t checkout_space(size_t count)
{
    return price_cart_size(count);
}

bool checkout_promotions(const struct core *core, const struct promotion_cart *cart,
                         const struct checkout_line *lines, size_t count,
                         struct price_line *cart_lines, struct price_terms *terms,
                         struct promotion_judgement *out, struct err *e)
{
    struct promo_set_line set_lines[CHECKOUT_LINES_MAX];
    int64_t off_fen[CHECKOUT_LINES_MAX];
    struct promotion_cart asked = *cart;
    out->count = 0;
    terms->shipping_fen = cart->shipping_fen;
    if (!promotions_any(core, cart->campaign)) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        const struct good *good = table_get(core->state, T_GOODS, lines[i].good);
        set_lines[i] = (struct promo_set_line){
            .sku = cart_lines[i].name,
            .category = state_get_text(core->state, good->category),
            .unit_fen = cart_lines[i].deal_fen,
            .floor_fen = cart_lines[i].floor_fen,
            .qty = cart_lines[i].qty,
        };
    }
    asked.lines = set_lines;
    asked.line_count = count;
    if (!promotions_judge(core, &asked, off_fen, out, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        cart_lines[i].promo_fen = off_fen[i];
    }
    terms->shipping_off_fen = out->shipping_off_fen;
    terms->promos = out->promos;
    terms->promo_count = out->count;
    return true;
}

bool checkout_prepare(const struct core *core, const struct checkout_ask *ask, void *space,
                      struct checkout_basis *out, struct err *e)
{
    struct price_line cart_lines[CHECKOUT_LINES_MAX];
    struct price_terms terms = price_terms_default();
    out->voucher_count = 0;
    if (!fill_lines(core, ask->lines, ask->count, ask->at_ms, cart_lines, e)) {
        return false;
    }
    const struct campaign *row = table_get(core->state, T_CAMPAIGNS, ask->campaign);
    if (row != NULL) {
        snprintf(terms.currency, sizeof(terms.currency), "%s",
                 state_get_text(core->state, row->currency));
    }
    if (ask->member != 0) {
        out->voucher_count = fill_vouchers(core, ask->campaign, ask->member, out->vouchers,
                                           out->rows, &terms.card_bp);
    }
    const struct promotion_cart cart = {
        .campaign = ask->campaign,
        .member = ask->member,
        .at_ms = ask->at_ms,
        .shipping_fen = ask->shipping_fen,
        .held = ask->held,
        .held_count = ask->held_count,
    };
    return checkout_promotions(core, &cart, ask->lines, ask->count, cart_lines, &terms,
                               &out->promotions, e) &&
           price_cart_init(space, cart_lines, ask->count, &terms, &out->cart, e) &&
           coupon_check(out->cart, out->vouchers, out->voucher_count, e);
}

bool checkout_quote(const struct core *core, uint32_t campaign, uint32_t member,
                    const struct checkout_line *lines, size_t count, int64_t at_ms,
                    struct checkout *out, struct err *e)
{
    struct checkout_basis basis;
    const struct checkout_ask ask = {
        .campaign = campaign, .member = member, .lines = lines, .count = count, .at_ms = at_ms};
    *out = (struct checkout){0};
    if (count < 1 || count > CHECKOUT_LINES_MAX) {
        return err_set(e, ERR_INVALID, "lines: 1 to %d", CHECKOUT_LINES_MAX);
    }
    void *space = xmalloc(checkout_space(count));
    const bool ok = checkout_prepare(core, &ask, space, &basis, e);
    if (ok) {
        keep_choice(basis.cart, at_ms, basis.vouchers, basis.rows, basis.voucher_count, out);
    }
    free(space);
    return ok;
}
