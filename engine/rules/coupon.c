// The best combination. Values add up on one base, so which vouchers help is known before any
// search; a search is needed only where the floor binds (which few reach it with the least waste)
// and where vouchers have scopes. Both walk sets in order of indices, include first, so the first
// of equals found is the one wanted; bounds cut the rest. Pure, no allocation.

#include "rules/coupon.h"

#include <string.h>

#include "rules/price_plan.h"

struct best {
    uint32_t set;
    uint32_t count;
    int64_t fit;  // What the set takes off.
    int64_t sum;  // What it is worth before floors.
};

struct search {
    size_t count;                // Candidates, in order of their indices.
    uint32_t bit[COUPON_MAX];    // The candidate's bit among the vouchers.
    uint32_t rival[COUPON_MAX];  // Bits it can't stand beside (same lane).
    int64_t value[COUPON_MAX];
    int64_t room;
    // Floor search: greatest and smallest sum of `k` of the candidates from i on.
    int64_t most[COUPON_MAX + 1][COUPON_MAX + 1];
    int64_t least[COUPON_MAX + 1][COUPON_MAX + 1];
    // Scoped search.
    const struct price_plan *plan;
    uint8_t scope[COUPON_MAX];
    struct best best;
};

bool coupon_check(const struct price_cart *cart, const struct price_voucher *vouchers, size_t count,
                  struct err *e)
{
    if (count > COUPON_MAX) {
        return err_set(e, ERR_INVALID, "vouchers: %zu are more than %d", count, COUPON_MAX);
    }
    return price_vouchers_check(cart, vouchers, count, e);
}

static bool is_better(const struct best *a, const struct best *b)
{
    if (a->fit != b->fit) {
        return a->fit > b->fit;
    }
    if (a->count != b->count) {
        return a->count < b->count;
    }
    if (a->sum != b->sum) {
        return a->sum < b->sum;
    }
    // Equal size: the set that has the lowest index not common to both comes first.
    uint32_t differ = a->set ^ b->set;
    return (a->set & (differ & -differ)) != 0;
}

static void rivals_fill(struct search *s, const struct price_voucher *vouchers,
                        const uint8_t *index)
{
    for (size_t i = 0; i < s->count; i++) {
        s->rival[i] = 0;
        for (size_t k = 0; k < s->count && vouchers[index[i]].lane != 0; k++) {
            if (k != i && vouchers[index[k]].lane == vouchers[index[i]].lane) {
                s->rival[i] |= s->bit[k];
            }
        }
    }
}

// Everything that may go together, of each lane the best: reached if the floor leaves room for it.
static struct best take_all(const struct search *s)
{
    struct best all = {0};
    for (size_t i = 0; i < s->count; i++) {
        bool beaten = false;
        for (size_t k = 0; k < s->count && s->rival[i] != 0; k++) {
            beaten |= (s->rival[i] & s->bit[k]) != 0 &&
                      (s->value[k] > s->value[i] || (s->value[k] == s->value[i] && k < i));
        }
        if (!beaten) {
            all.set |= s->bit[i];
            all.count++;
            all.sum += s->value[i];
        }
    }
    all.fit = all.sum;
    return all;
}

// How many of the largest values (of each lane one) reach the floor: no set can do with fewer.
static uint32_t fewest(const struct search *s, uint32_t all)
{
    int64_t sum = 0;
    uint32_t count = 0;
    while (sum < s->room) {
        size_t top = COUPON_MAX;
        for (size_t i = 0; i < s->count; i++) {
            if ((all & s->bit[i]) != 0 && (top == COUPON_MAX || s->value[i] > s->value[top])) {
                top = i;
            }
        }
        all &= ~s->bit[top];
        sum += s->value[top];
        count++;
    }
    return count;
}

static void bounds_fill(struct search *s, uint32_t picks)
{
    int64_t sorted[COUPON_MAX];
    for (size_t i = s->count + 1; i-- > 0;) {
        size_t size = s->count - i;
        if (i < s->count) {
            size_t k = size - 1;
            for (; k > 0 && sorted[k - 1] < s->value[i]; k--) {
                sorted[k] = sorted[k - 1];
            }
            sorted[k] = s->value[i];
        }
        s->most[i][0] = 0;
        s->least[i][0] = 0;
        for (size_t k = 1; k <= picks && k <= size; k++) {
            s->most[i][k] = s->most[i][k - 1] + sorted[k - 1];
            s->least[i][k] = s->least[i][k - 1] + sorted[size - k];
        }
    }
}

// The cheapest set of exactly `left` more that reaches the floor. Depth is at most COUPON_MAX.
static void search_floor(struct search *s, size_t at, uint32_t left, struct best now)
{
    if (left == 0) {
        if (now.sum >= s->room && (s->best.set == 0 || now.sum < s->best.sum)) {
            now.fit = s->room;
            s->best = now;
        }
        return;
    }
    for (size_t i = at; i + left <= s->count; i++) {
        if (now.sum + s->most[i][left] < s->room ||
            (s->best.set != 0 &&
             (now.sum + s->least[i][left] >= s->best.sum || s->best.sum == s->room))) {
            // Later suffixes only have less to offer at the top; at the bottom they only cost more.
            // And nothing beats a set that reaches the floor to the fen.
            return;
        }
        if ((s->rival[i] & now.set) == 0) {
            struct best next = {now.set | s->bit[i], now.count + 1, 0, now.sum + s->value[i]};
            search_floor(s, i + 1, left - 1, next);
        }
    }
}

static int64_t scoped_fit(const struct search *s, uint32_t set, size_t rest)
{
    int64_t sums[PRICE_PLAN_MAX];
    memset(sums, 0, s->plan->count * sizeof sums[0]);
    for (size_t i = 0; i < s->count; i++) {
        if ((set & s->bit[i]) != 0 || i >= rest) {
            sums[s->scope[i]] += s->value[i];
        }
    }
    return price_plan_fit(s->plan, sums);
}

// All sets, cut where even everything that is left couldn't beat the best.
static void search_scoped(struct search *s, size_t at, struct best now)
{
    now.fit = scoped_fit(s, now.set, s->count);
    if (is_better(&now, &s->best)) {
        s->best = now;
    }
    if (at == s->count) {
        return;
    }
    int64_t bound = scoped_fit(s, now.set, at);
    if (bound < s->best.fit || (bound == s->best.fit && now.count + 1 > s->best.count)) {
        return;
    }
    for (size_t i = at; i < s->count; i++) {
        if ((s->rival[i] & now.set) == 0) {
            struct best next = {now.set | s->bit[i], now.count + 1, 0, now.sum + s->value[i]};
            search_scoped(s, i + 1, next);
        }
    }
}

static void search_plain(struct search *s)
{
    struct best all = take_all(s);
    if (all.sum <= s->room) {
        s->best = all;
    } else if (s->room > 0) {
        uint32_t picks = fewest(s, all.set);
        s->best = (struct best){0};
        bounds_fill(s, picks);
        search_floor(s, 0, picks, (struct best){0});
        CHECK(s->best.set != 0);
    }
}

bool coupon_best(const struct price_cart *cart, int64_t at_ms, const struct price_voucher *vouchers,
                 size_t count, struct coupon_choice *out)
{
    CHECK(count <= COUPON_MAX);
    const struct price_epoch *epoch = price_plan_epoch(cart, at_ms);
    price_plan_totals(epoch, &out->quote);
    out->used = 0;
    if (epoch->not_for_sale != 0) {
        return false;
    }
    struct search s;
    struct price_plan plan;
    uint8_t index[COUPON_MAX];
    int64_t value[COUPON_MAX];
    bool lanes = false;
    s.count = 0;
    s.best = (struct best){0};
    s.room = epoch->card_fen - epoch->floor_fen;
    for (size_t i = 0; i < count; i++) {
        int64_t subtotal;
        if (price_plan_value(cart, epoch, at_ms, &vouchers[i], &value[i], &subtotal) !=
            PRICE_VOUCHER_OK) {
            value[i] = 0;
        } else if (!vouchers[i].exclusive) {
            s.bit[s.count] = UINT32_C(1) << i;
            s.value[s.count] = value[i];
            s.rival[s.count] = 0;
            lanes |= vouchers[i].lane != 0;
            index[s.count++] = (uint8_t)i;
        }
    }
    if (lanes) {
        rivals_fill(&s, vouchers, index);
    }
    bool scoped = price_plan_scoped(vouchers, count);
    if (scoped) {
        size_t a, b;
        CHECK(price_plan_make(cart, at_ms, vouchers, count, &plan, &a, &b));
        s.plan = &plan;
        for (size_t i = 0; i < s.count; i++) {
            s.scope[i] = plan.of[index[i]];
        }
        search_scoped(&s, 0, (struct best){0});
    } else {
        search_plain(&s);
    }
    for (size_t i = 0; i < count; i++) {
        if (vouchers[i].exclusive && value[i] > 0) {
            int64_t room = scoped ? plan.room_fen[plan.of[i]] : s.room;
            struct best one = {UINT32_C(1) << i, 1, value[i] < room ? value[i] : room, value[i]};
            if (one.fit > 0 && is_better(&one, &s.best)) {
                s.best = one;
            }
        }
    }
    out->used = s.best.set;
    out->quote.used = s.best.set;
    out->quote.voucher_fen = s.best.fit;
    out->quote.final_fen = epoch->card_fen - s.best.fit + epoch->shipping_fen;
    return true;
}

static bool excluded(const struct price_voucher *vouchers, size_t index, size_t count,
                     uint64_t used, uint32_t *by)
{
    for (size_t i = 0; i < count; i++) {
        if ((used >> i & 1) != 0 &&
            (vouchers[i].exclusive || vouchers[index].exclusive ||
             (vouchers[i].lane != 0 && vouchers[i].lane == vouchers[index].lane))) {
            *by = (uint32_t)i;
            return true;
        }
    }
    return false;
}

static enum coupon_reason unused_reason(const struct price_cart *cart, int64_t at_ms,
                                        const struct price_voucher *vouchers, size_t count,
                                        uint64_t used, size_t index, struct coupon_verdict *verdict)
{
    if (excluded(vouchers, index, count, used, &verdict->by)) {
        return COUPON_EXCLUDED;
    }
    struct price_quote without, with;
    (void)price_quote_chosen(cart, at_ms, vouchers, count, used, &without);
    (void)price_quote_chosen(cart, at_ms, vouchers, count, used | UINT64_C(1) << index, &with);
    return with.voucher_fen == without.voucher_fen ? COUPON_FLOOR_REACHED : COUPON_NOT_CHOSEN;
}

void coupon_verdicts(const struct price_cart *cart, int64_t at_ms,
                     const struct price_voucher *vouchers, size_t count, uint64_t used,
                     struct coupon_verdict *verdicts)
{
    static const enum coupon_reason reasons[] = {
        [PRICE_VOUCHER_OK] = COUPON_USED,
        [PRICE_VOUCHER_BELOW_THRESHOLD] = COUPON_NEEDS_MORE,
        [PRICE_VOUCHER_NO_GOODS] = COUPON_NO_GOODS,
        [PRICE_VOUCHER_BUDGET_SPENT] = COUPON_BUDGET_SPENT,
        [PRICE_VOUCHER_WORTHLESS] = COUPON_WORTHLESS,
    };
    for (size_t i = 0; i < count; i++) {
        struct coupon_verdict *verdict = &verdicts[i];
        int64_t subtotal;
        *verdict = (struct coupon_verdict){0};
        enum price_voucher_state state =
            price_voucher_value(cart, at_ms, &vouchers[i], &verdict->value_fen, &subtotal);
        verdict->reason = reasons[state];
        if (state == PRICE_VOUCHER_BELOW_THRESHOLD) {
            verdict->missing_fen = vouchers[i].threshold_fen - subtotal;
        } else if (state == PRICE_VOUCHER_OK && (used >> i & 1) == 0) {
            verdict->reason = unused_reason(cart, at_ms, vouchers, count, used, i, verdict);
        }
    }
}
