// The ladder. A cart is cut at its flips when it is made: between two flips nothing changes, so the
// totals of each stretch are worked out once and a quote is one lookup plus the vouchers.
// Pure: no clock, no I/O, no floating point.

#include "rules/price.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rules/price_plan.h"

#define QTY_MAX 1000000
#define BP 10000

// One line in one state: [0] its deal isn't in force, [1] it is. For qty units.
struct line_state {
    int64_t list_fen, deal_fen, promo_fen, card_fen, floor_fen;
    bool for_sale;
};

struct price_cart {
    size_t count;
    size_t epoch_count;
    struct price_terms terms;
    struct price_line *lines;
    struct line_state (*states)[2];
    int64_t *bounds;  // epoch_count - 1 instants, ascending; epoch i ends just before bounds[i]
    struct price_epoch *epochs;
};

struct price_terms price_terms_default(void)
{
    return (struct price_terms){
        .currency = "CNY",
        .round = MONEY_ROUND_HALF_UP,
        .placeholder_fen = PRICE_PLACEHOLDER_FEN,
    };
}

bool price_floor(int64_t min_price_fen, int64_t cost_fen, uint32_t margin_bp, int64_t *floor_fen,
                 struct err *e)
{
    if (min_price_fen < 0 || min_price_fen > PRICE_TOTAL_MAX) {
        return err_set(e, ERR_INVALID, "min_price: %lld is not a price", (long long)min_price_fen);
    }
    if (cost_fen < 0 || cost_fen > PRICE_TOTAL_MAX) {
        return err_set(e, ERR_INVALID, "cost: %lld is not a price", (long long)cost_fen);
    }
    if (margin_bp >= BP) {
        return err_set(e, ERR_INVALID, "margin: %u.%02u %% leaves nothing for the cost",
                       margin_bp / 100, margin_bp % 100);
    }
    int64_t margin_floor;
    if (!money_scale(cost_fen, BP, BP - (int64_t)margin_bp, MONEY_ROUND_UP, &margin_floor)) {
        return err_set(e, ERR_INVALID, "margin: the floor over cost %lld is too large",
                       (long long)cost_fen);
    }
    *floor_fen = margin_floor > min_price_fen ? margin_floor : min_price_fen;
    return true;
}

// amount * bp / 10000 for 0 <= amount <= PRICE_TOTAL_MAX: fits int64, no 128-bit division.
static inline int64_t scale_bp(int64_t amount, uint32_t bp, enum money_round round)
{
    int64_t product = amount * (int64_t)bp;
    int64_t whole = product / BP;
    int64_t rest = product % BP;
    switch (round) {
    case MONEY_ROUND_HALF_UP:
        return whole + (rest >= BP / 2);
    case MONEY_ROUND_HALF_DOWN:
        return whole + (rest > BP / 2);
    case MONEY_ROUND_HALF_EVEN:
        return whole + (rest > BP / 2 || (rest == BP / 2 && (whole & 1)));
    case MONEY_ROUND_UP:
        return whole + (rest > 0);
    case MONEY_ROUND_DOWN:
    default:
        return whole;
    }
}

static bool line_check(const struct price_line *line, size_t index, const struct price_terms *terms,
                       struct err *e)
{
    const struct {
        const char *name;
        int64_t value;
    } amounts[] = {
        {"list", line->list_fen},
        {"deal", line->deal_fen},
        {"floor", line->floor_fen},
    };
    for (size_t i = 0; i < 3; i++) {
        if (amounts[i].value < 0 || amounts[i].value > PRICE_TOTAL_MAX) {
            return err_set(e, ERR_INVALID, "lines[%zu].%s: %lld is not a price", index,
                           amounts[i].name, (long long)amounts[i].value);
        }
    }
    if (line->qty < 1 || line->qty > QTY_MAX) {
        return err_set(e, ERR_INVALID, "lines[%zu].qty: %u is not in 1..%d", index, line->qty,
                       QTY_MAX);
    }
    if (line->opens_at_ms >= line->closes_at_ms) {
        return err_set(e, ERR_INVALID, "lines[%zu].closes_at_ms: not after opens_at_ms", index);
    }
    bool no_anchor = terms->placeholder_fen > 0 && line->list_fen == terms->placeholder_fen;
    if (!no_anchor && line->deal_fen > line->list_fen) {
        return err_set(e, ERR_INVALID, "lines[%zu].deal: %lld is above list %lld", index,
                       (long long)line->deal_fen, (long long)line->list_fen);
    }
    if (line->floor_fen > line->deal_fen) {
        return err_set(e, ERR_INVALID, "lines[%zu].floor: %lld is above deal %lld", index,
                       (long long)line->floor_fen, (long long)line->deal_fen);
    }
    int64_t room;
    if (line->promo_fen < 0 ||
        (line->promo_fen > 0 && (!money_mul(line->deal_fen - line->floor_fen, line->qty, &room) ||
                                 line->promo_fen > room))) {
        return err_set(e, ERR_INVALID, "lines[%zu].promo: %lld is not within the floor", index,
                       (long long)line->promo_fen);
    }
    return true;
}

static bool terms_check(const struct price_terms *terms, struct err *e)
{
    if (terms->card_bp > BP) {
        return err_set(e, ERR_INVALID, "card_bp: %u is over 100 %%", terms->card_bp);
    }
    if (terms->placeholder_fen < 0) {
        return err_set(e, ERR_INVALID, "placeholder: %lld is negative",
                       (long long)terms->placeholder_fen);
    }
    if (terms->shipping_fen < 0 || terms->shipping_fen > PRICE_TOTAL_MAX ||
        terms->shipping_off_fen < 0 || terms->shipping_off_fen > terms->shipping_fen) {
        return err_set(e, ERR_INVALID, "shipping: %lld less %lld is not a price",
                       (long long)terms->shipping_fen, (long long)terms->shipping_off_fen);
    }
    if (terms->promo_count > PRICE_PROMOS_MAX) {
        return err_set(e, ERR_INVALID, "promotions: %u are more than %d", terms->promo_count,
                       PRICE_PROMOS_MAX);
    }
    if (memchr(terms->currency, 0, sizeof terms->currency) == NULL ||
        money_decimals(terms->currency) < 0) {
        return err_set(e, ERR_INVALID, "currency: '%.3s' is unknown", terms->currency);
    }
    return true;
}

int64_t price_after_card(int64_t total_fen, int64_t qty, int64_t floor_fen, uint32_t card_bp,
                         enum money_round round)
{
    int64_t unit = total_fen / qty;
    int64_t more = total_fen % qty;  // So many units cost one more.
    int64_t low = scale_bp(unit, BP - card_bp, round);
    low = low > floor_fen ? low : floor_fen;
    if (more == 0) {
        return low * qty;
    }
    int64_t high = scale_bp(unit + 1, BP - card_bp, round);
    high = high > floor_fen ? high : floor_fen;
    return low * (qty - more) + high * more;
}

static void state_fill(const struct price_line *line, const struct price_terms *terms, bool deal_on,
                       struct line_state *out)
{
    int64_t unit = deal_on ? line->deal_fen : line->list_fen;
    bool placeholder = terms->placeholder_fen > 0 && unit == terms->placeholder_fen;
    bool no_anchor = terms->placeholder_fen > 0 && line->list_fen == terms->placeholder_fen;
    int64_t qty = line->qty;
    int64_t promo = unit * qty - line->promo_fen;
    *out = (struct line_state){
        .list_fen = (no_anchor ? unit : line->list_fen) * qty,
        .deal_fen = unit * qty,
        .promo_fen = promo,
        .card_fen = price_after_card(promo, qty, line->floor_fen, terms->card_bp, terms->round),
        .floor_fen = line->floor_fen * qty,
        .for_sale = !placeholder && (deal_on || !line->deal_only),
    };
}

static bool deal_on(const struct price_line *line, int64_t at_ms)
{
    return at_ms >= line->opens_at_ms && at_ms < line->closes_at_ms;
}

static int bound_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void epochs_fill(struct price_cart *cart)
{
    size_t found = 0;
    for (size_t i = 0; i < cart->count; i++) {
        if (cart->lines[i].opens_at_ms != PRICE_ALWAYS) {
            cart->bounds[found++] = cart->lines[i].opens_at_ms;
        }
        if (cart->lines[i].closes_at_ms != PRICE_NEVER) {
            cart->bounds[found++] = cart->lines[i].closes_at_ms;
        }
    }
    qsort(cart->bounds, found, sizeof cart->bounds[0], bound_compare);
    size_t kept = 0;
    for (size_t i = 0; i < found; i++) {
        if (kept == 0 || cart->bounds[i] != cart->bounds[kept - 1]) {
            cart->bounds[kept++] = cart->bounds[i];
        }
    }
    cart->epoch_count = kept + 1;
    for (size_t i = 0; i < cart->epoch_count; i++) {
        int64_t at = i == 0 ? INT64_MIN : cart->bounds[i - 1];
        struct price_epoch *epoch = &cart->epochs[i];
        *epoch = (struct price_epoch){
            .shipping_fen = cart->terms.shipping_fen - cart->terms.shipping_off_fen,
        };
        for (size_t k = 0; k < cart->count; k++) {
            bool on = deal_on(&cart->lines[k], at);
            const struct line_state *state = &cart->states[k][on];
            epoch->list_fen += state->list_fen;
            epoch->deal_fen += state->deal_fen;
            epoch->promo_fen += state->promo_fen;
            epoch->card_fen += state->card_fen;
            epoch->floor_fen += state->floor_fen;
            epoch->deals += on;
            if (!state->for_sale && epoch->not_for_sale == 0) {
                epoch->not_for_sale = (uint32_t)k + 1;
            }
        }
    }
}

// No sum of the cart may leave PRICE_TOTAL_MAX: the largest price a unit can ask bounds them all.
static bool total_check(const struct price_line *lines, size_t count, struct err *e)
{
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t unit =
            lines[i].deal_fen > lines[i].list_fen ? lines[i].deal_fen : lines[i].list_fen;
        int64_t line;
        if (!money_mul(unit, lines[i].qty, &line) || !money_add(total, line, &total) ||
            total > PRICE_TOTAL_MAX) {
            return err_set(e, ERR_INVALID, "lines[%zu].qty: the cart's total is too large", i);
        }
    }
    return true;
}

// Everything behind the struct, each part aligned to 8 bytes.
static size_t cart_bytes(size_t count, size_t offsets[4])
{
    const size_t sizes[] = {
        sizeof(struct price_cart),
        count * sizeof(struct price_line),
        count * sizeof(struct line_state[2]),
        2 * count * sizeof(int64_t),
    };
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        at += (sizes[i] + 7) / 8 * 8;
        offsets[i] = at;
    }
    return at + (2 * count + 1) * sizeof(struct price_epoch);
}

size_t price_cart_size(size_t count)
{
    size_t offsets[4];
    return cart_bytes(count, offsets);
}

static bool cart_check(const struct price_line *lines, size_t count,
                       const struct price_terms *terms, struct err *e)
{
    if (count < 1 || count > PRICE_LINES_MAX) {
        return err_set(e, ERR_INVALID, "lines: a cart has 1..%d lines, not %zu", PRICE_LINES_MAX,
                       count);
    }
    if (!terms_check(terms, e)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!line_check(&lines[i], i, terms, e)) {
            return false;
        }
    }
    return total_check(lines, count, e);
}

bool price_cart_init(void *space, const struct price_line *lines, size_t count,
                     const struct price_terms *terms, struct price_cart **out, struct err *e)
{
    if (!cart_check(lines, count, terms, e)) {
        return false;
    }
    size_t offsets[4];
    char *bytes = space;
    memset(bytes, 0, cart_bytes(count, offsets));
    struct price_cart *cart = space;
    cart->count = count;
    cart->terms = *terms;
    cart->lines = (struct price_line *)(bytes + offsets[0]);
    cart->states = (struct line_state(*)[2])(bytes + offsets[1]);
    cart->bounds = (int64_t *)(bytes + offsets[2]);
    cart->epochs = (struct price_epoch *)(bytes + offsets[3]);
    memcpy(cart->lines, lines, count * sizeof lines[0]);
    for (size_t i = 0; i < count; i++) {
        state_fill(&lines[i], terms, false, &cart->states[i][0]);
        state_fill(&lines[i], terms, true, &cart->states[i][1]);
    }
    epochs_fill(cart);
    *out = cart;
    return true;
}

bool price_cart_new(const struct price_line *lines, size_t count, const struct price_terms *terms,
                    struct price_cart **out, struct err *e)
{
    if (!cart_check(lines, count, terms, e)) {
        return false;
    }
    void *space = xmalloc(price_cart_size(count));
    const bool ok = price_cart_init(space, lines, count, terms, out, e);
    CHECK(ok);
    return true;
}

void price_cart_free(struct price_cart *cart)
{
    free(cart);
}

size_t price_cart_count(const struct price_cart *cart)
{
    return cart->count;
}

const struct price_line *price_cart_line(const struct price_cart *cart, size_t index)
{
    CHECK(index < cart->count);
    return &cart->lines[index];
}

const struct price_terms *price_cart_terms(const struct price_cart *cart)
{
    return &cart->terms;
}

static inline const struct price_epoch *epoch_at(const struct price_cart *cart, int64_t at_ms)
{
    size_t low = 0;
    size_t high = cart->epoch_count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (at_ms < cart->bounds[middle]) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return &cart->epochs[low];
}

const struct price_epoch *price_plan_epoch(const struct price_cart *cart, int64_t at_ms)
{
    return epoch_at(cart, at_ms);
}

void price_plan_totals(const struct price_epoch *epoch, struct price_quote *out)
{
    out->list_fen = epoch->list_fen;
    out->deal_fen = epoch->deal_fen;
    out->promo_fen = epoch->promo_fen;
    out->card_fen = epoch->card_fen;
    out->floor_fen = epoch->floor_fen;
    out->voucher_fen = 0;
    out->shipping_fen = epoch->shipping_fen;
    out->final_fen = epoch->card_fen + epoch->shipping_fen;
    out->used = 0;
    out->not_for_sale = epoch->not_for_sale;
    out->deals = epoch->deals;
}

static __attribute__((noinline)) int64_t scope_subtotal(const struct price_cart *cart,
                                                        int64_t at_ms, uint32_t scope, bool *any)
{
    int64_t subtotal = 0;
    *any = false;
    for (size_t i = 0; i < cart->count; i++) {
        if ((cart->lines[i].scopes & scope) != 0) {
            subtotal += cart->states[i][deal_on(&cart->lines[i], at_ms)].card_fen;
            *any = true;
        }
    }
    return subtotal;
}

static inline enum price_voucher_state value_at(const struct price_cart *cart,
                                                const struct price_epoch *epoch, int64_t at_ms,
                                                const struct price_voucher *voucher,
                                                int64_t *value_fen, int64_t *subtotal_fen)
{
    int64_t subtotal = epoch->card_fen;
    *value_fen = 0;
    if (voucher->scope != 0) {
        bool any;
        subtotal = scope_subtotal(cart, at_ms, voucher->scope, &any);
        if (!any) {
            *subtotal_fen = 0;
            return PRICE_VOUCHER_NO_GOODS;
        }
    }
    *subtotal_fen = subtotal;
    if (subtotal < voucher->threshold_fen) {
        return PRICE_VOUCHER_BELOW_THRESHOLD;
    }
    int64_t value = voucher->amount_fen;
    if (voucher->percent_bp != 0) {
        value = scale_bp(subtotal, voucher->percent_bp, cart->terms.round);
        if (voucher->cap_fen != 0 && value > voucher->cap_fen) {
            value = voucher->cap_fen;
        }
    }
    *value_fen = value;
    if (value == 0) {
        return PRICE_VOUCHER_WORTHLESS;
    }
    return value > voucher->budget_left_fen ? PRICE_VOUCHER_BUDGET_SPENT : PRICE_VOUCHER_OK;
}

enum price_voucher_state price_plan_value(const struct price_cart *cart,
                                          const struct price_epoch *epoch, int64_t at_ms,
                                          const struct price_voucher *voucher, int64_t *value_fen,
                                          int64_t *subtotal_fen)
{
    return value_at(cart, epoch, at_ms, voucher, value_fen, subtotal_fen);
}

enum price_voucher_state price_voucher_value(const struct price_cart *cart, int64_t at_ms,
                                             const struct price_voucher *voucher,
                                             int64_t *value_fen, int64_t *subtotal_fen)
{
    return price_plan_value(cart, price_plan_epoch(cart, at_ms), at_ms, voucher, value_fen,
                            subtotal_fen);
}

// Which of the usable vouchers may stand beside those already taken.
static bool may_join(const struct price_voucher *vouchers, size_t index, uint64_t used)
{
    if (used == 0) {
        return true;
    }
    if (vouchers[index].exclusive) {
        return false;
    }
    for (size_t i = 0; i < index; i++) {
        if ((used >> i & 1) != 0 &&
            (vouchers[i].exclusive ||
             (vouchers[i].lane != 0 && vouchers[i].lane == vouchers[index].lane))) {
            return false;
        }
    }
    return true;
}

// What fits above the floors when some voucher has a scope.
static int64_t fit_scoped(const struct price_cart *cart, int64_t at_ms,
                          const struct price_voucher *vouchers, size_t count, uint64_t used)
{
    struct price_plan plan;
    int64_t sums[PRICE_PLAN_MAX] = {0};
    size_t a, b;
    CHECK(price_plan_make(cart, at_ms, vouchers, count, &plan, &a, &b));
    for (size_t i = 0; i < count; i++) {
        int64_t value, subtotal;
        if ((used >> i & 1) != 0) {
            (void)price_voucher_value(cart, at_ms, &vouchers[i], &value, &subtotal);
            sums[plan.of[i]] += value;
        }
    }
    return price_plan_fit(&plan, sums);
}

// The hot path: no memory but the epoch's row, no call but for scopes.
static inline bool quote(const struct price_cart *cart, int64_t at_ms,
                         const struct price_voucher *vouchers, size_t count, uint64_t allowed,
                         struct price_quote *out)
{
    CHECK(count <= PRICE_VOUCHERS_MAX);
    const struct price_epoch *epoch = epoch_at(cart, at_ms);
    price_plan_totals(epoch, out);
    if (epoch->not_for_sale != 0) {
        return false;
    }
    uint64_t used = 0;
    int64_t sum = 0;
    bool scoped = false;
    for (size_t i = 0; i < count; i++) {
        int64_t value, subtotal;
        if ((allowed >> i & 1) != 0 &&
            value_at(cart, epoch, at_ms, &vouchers[i], &value, &subtotal) == PRICE_VOUCHER_OK &&
            may_join(vouchers, i, used)) {
            used |= UINT64_C(1) << i;
            sum += value;
            scoped |= vouchers[i].scope != 0;
        }
    }
    int64_t room = epoch->card_fen - epoch->floor_fen;
    int64_t fit = sum < room ? sum : room;
    if (scoped) {
        fit = fit_scoped(cart, at_ms, vouchers, count, used);
    }
    out->used = used;
    out->voucher_fen = fit;
    out->final_fen = epoch->card_fen - fit + epoch->shipping_fen;
    return true;
}

bool price_quote(const struct price_cart *cart, int64_t at_ms, const struct price_voucher *vouchers,
                 size_t count, struct price_quote *out)
{
    return quote(cart, at_ms, vouchers, count, UINT64_MAX, out);
}

bool price_quote_chosen(const struct price_cart *cart, int64_t at_ms,
                        const struct price_voucher *vouchers, size_t count, uint64_t chosen,
                        struct price_quote *out)
{
    return quote(cart, at_ms, vouchers, count, chosen, out);
}

bool price_unit(const struct price_cart *cart, size_t index, int64_t at_ms, int64_t *unit_fen)
{
    CHECK(index < cart->count);
    const struct price_line *line = &cart->lines[index];
    bool on = deal_on(line, at_ms);
    *unit_fen = on ? line->deal_fen : line->list_fen;
    return cart->states[index][on].for_sale;
}

int64_t price_next_flip(const struct price_cart *cart, int64_t at_ms)
{
    for (size_t i = 0; i + 1 < cart->epoch_count; i++) {
        if (cart->bounds[i] > at_ms) {
            return cart->bounds[i];
        }
    }
    return PRICE_NEVER;
}

void price_plan_line(const struct price_cart *cart, size_t index, int64_t at_ms,
                     struct price_share *out)
{
    CHECK(index < cart->count);
    bool on = deal_on(&cart->lines[index], at_ms);
    const struct line_state *state = &cart->states[index][on];
    *out = (struct price_share){
        .list_fen = state->list_fen,
        .deal_fen = state->deal_fen,
        .promo_fen = state->promo_fen,
        .card_fen = state->card_fen,
        .floor_fen = state->floor_fen,
        .final_fen = state->card_fen,
        .deal_on = on,
    };
}
