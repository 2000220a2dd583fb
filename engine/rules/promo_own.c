// Policy `drumbeat`, ours. Catalogue promotions set the prices; cart promotions run by priority,
// each on what the ones before have left; no line goes below its minimum price; every spread is
// exact, by the promotion's remainder rule. Of an exclusive group the first that can runs, of a
// lane the one that gives most; of the coupons entered the member gets the best allowed combination
// (all of them tried, fewest coupons of equals). Pure.

#include <string.h>

#include "rules/promo_own.h"

// Why a promotion doesn't run.
struct obstacle {
    enum price_promo_why why;
    int64_t missing;
    const struct promo *by;
    const char *text;  // NULL: what `why` says
};

static const struct promo *group_ran(const struct promo_own *s, const struct promo *promo)
{
    for (uint32_t i = 0; i < s->group_count && promo->group != NULL; i++) {
        const struct json_node *group = s->groups[i]->group;
        if (promo_list_has(group, promo->group->text, promo->group->text_size)) {
            return s->groups[i];
        }
    }
    return NULL;
}

static bool same_lane(const struct promo *a, const struct promo *b)
{
    return a->lane != NULL && b->lane != NULL &&
           promo_list_has(a->lane, b->lane->text, b->lane->text_size);
}

static const struct promo *lane_ran(const struct promo_own *s, const struct promo *promo)
{
    for (uint32_t i = 0; i < s->lane_count; i++) {
        if (same_lane(s->lanes[i], promo)) {
            return s->lanes[i];
        }
    }
    return NULL;
}

static const char *why_text(const struct promo_own *s, const struct obstacle *o)
{
    static const char *const texts[] = {
        [PRICE_PROMO_MEMBER] = "not for this member",
        [PRICE_PROMO_UNMET] = "conditions not met",
        [PRICE_PROMO_CLOSED] = "outside its time window",
        [PRICE_PROMO_LIMIT] = "limit reached",
        [PRICE_PROMO_BUDGET] = "budget spent",
        [PRICE_PROMO_FLOOR] = "floor reached",
        [PRICE_PROMO_WORTHLESS] = "worth nothing here",
        [PRICE_PROMO_DISABLED] = "not enabled here",
    };
    if (o->text != NULL) {
        return o->text;
    }
    if (o->why == PRICE_PROMO_EXCLUDED) {
        return arena_printf(s->doc->arena, "excluded by '%.*s'", (int)o->by->name_size,
                            o->by->name);
    }
    if (o->why == PRICE_PROMO_NEEDS_MORE) {
        char amount[40];
        money_format(o->missing, s->doc->decimals, amount, sizeof amount);
        return arena_printf(s->doc->arena, "needs %s more", amount);
    }
    return texts[o->why];
}

static bool blocked(struct obstacle *o, enum price_promo_why why)
{
    o->why = why;
    return true;
}

static bool coupon_blocks(const struct promo_own *s, const struct promo *promo, uint32_t chosen,
                          struct obstacle *o)
{
    if (!promo_coupon_valid(s->doc, promo)) {
        o->text =
            promo_coupon_entered(s->doc, promo) ? "coupon used up or expired" : "needs its coupon";
        return blocked(o, PRICE_PROMO_COUPON);
    }
    for (uint32_t i = 0; i < s->coupon_count; i++) {
        if (s->coupons[i] == promo && (chosen >> i & 1) == 0) {
            o->text = "another combination of coupons gives more";
            return blocked(o, PRICE_PROMO_COUPON);
        }
    }
    return false;
}

// Whether something keeps it from running on the cart as it is now.
static bool obstructed(const struct promo_own *s, const struct promo *promo, uint32_t chosen,
                       struct obstacle *o)
{
    *o = (struct obstacle){.why = PRICE_PROMO_USED};
    if (!promo->enabled) {
        return blocked(o, PRICE_PROMO_DISABLED);
    }
    if (!promo_window_open(s->doc, &promo->window, false)) {
        return blocked(o, PRICE_PROMO_CLOSED);
    }
    if ((promo->usage_limit != PROMO_NONE && promo->used >= promo->usage_limit) ||
        (promo->member_limit != PROMO_NONE && promo->used_by_member >= promo->member_limit)) {
        return blocked(o, PRICE_PROMO_LIMIT);
    }
    if (coupon_blocks(s, promo, chosen, o)) {
        return true;
    }
    o->by = group_ran(s, promo);
    o->by = o->by == NULL ? lane_ran(s, promo) : o->by;
    if (o->by != NULL) {
        return blocked(o, PRICE_PROMO_EXCLUDED);
    }
    if (promo_conditions_hold(s->doc, promo, s->left)) {
        return false;
    }
    o->missing = promo_conditions_missing(s->doc, promo, s->left);
    return blocked(o, o->missing > 0                                       ? PRICE_PROMO_NEEDS_MORE
                      : promo_conditions_of_member(s->doc, promo, s->left) ? PRICE_PROMO_MEMBER
                                                                           : PRICE_PROMO_UNMET);
}

// Reasons are put into words only when the result is told, not while combinations are compared.
static void note(const struct promo_own *s, const struct promo *promo, int64_t discount,
                 const struct obstacle *o)
{
    if (s->result != NULL) {
        struct promo_note *row =
            promo_note(s->result, promo, discount, o == NULL ? NULL : why_text(s, o));
        row->why = o == NULL ? PRICE_PROMO_USED : o->why;
        row->missing = o == NULL ? 0 : o->missing;
        row->by = o == NULL ? NULL : o->by;
    }
}

static void note_why(const struct promo_own *s, const struct promo *promo, enum price_promo_why why)
{
    const struct obstacle o = {.why = why};
    note(s, promo, 0, &o);
}

// Takes what its actions want off the lines; the lines as they were are in `before`.
static int64_t run_actions(struct promo_own *s, const struct promo *promo, int64_t *before)
{
    int64_t given = 0;
    s->round = promo->round < 0 ? s->doc->round : (enum money_round)promo->round;
    s->remainder = promo->remainder;
    s->cut = false;
    memcpy(before, s->left, s->line_count * sizeof s->left[0]);
    for (uint32_t i = 0; i < promo->action_count; i++) {
        given += promo_own_take(s, promo, &promo->actions[i]);
    }
    return given;
}

static bool over_budget(const struct promo *promo, int64_t given)
{
    return promo->budget_left != PROMO_NONE && given > promo->budget_left;
}

static void run_promo(struct promo_own *s, const struct promo *promo)
{
    int64_t shipping = s->shipping_left;
    int64_t given = run_actions(s, promo, s->saved);
    if (over_budget(promo, given)) {
        memcpy(s->left, s->saved, s->line_count * sizeof s->left[0]);
        s->shipping_left = shipping;
        note_why(s, promo, PRICE_PROMO_BUDGET);
        return;
    }
    if (given == 0) {
        struct obstacle o = {.why = s->cut ? PRICE_PROMO_FLOOR : PRICE_PROMO_WORTHLESS};
        o.missing = s->cut ? 0 : promo_own_missing(s, promo);
        o.why = o.missing > 0 ? PRICE_PROMO_NEEDS_MORE : o.why;
        note(s, promo, 0, &o);
        return;
    }
    if (promo->group != NULL) {
        s->groups[s->group_count++] = promo;
    }
    if (promo->lane != NULL) {
        s->lanes[s->lane_count++] = promo;
    }
    note(s, promo, given, NULL);
}

// Of the promotions from this one on that share its lane and can run now, the one that would take
// most off; the first of equals.
static const struct promo *lane_best(struct promo_own *s, const struct promo *first,
                                     uint32_t chosen)
{
    const struct promo *best = first;
    int64_t most = -1;
    for (const struct promo *p = first; p < s->doc->promos + s->doc->promo_count; p++) {
        struct obstacle unused;
        if (p->catalog || !same_lane(first, p) ||
            (p != first && obstructed(s, p, chosen, &unused))) {
            continue;
        }
        int64_t shipping = s->shipping_left;
        int64_t given = run_actions(s, p, s->before);
        memcpy(s->left, s->before, s->line_count * sizeof s->left[0]);
        s->shipping_left = shipping;
        given = over_budget(p, given) ? 0 : given;
        if (given > most) {
            best = p;
            most = given;
        }
    }
    return best;
}

static void start(struct promo_own *s)
{
    s->group_count = 0;
    s->lane_count = 0;
    s->shipping_left = s->doc->unit_count == 0 ? 0 : s->doc->shipping_fee;
    for (uint32_t i = 0; i < s->line_count; i++) {
        s->left[i] = s->doc->lines[i].good->now_price * s->doc->lines[i].qty;
    }
}

static const struct promo *alone_of(struct promo_own *s, uint32_t chosen)
{
    struct obstacle unused;
    for (uint32_t i = 0; i < s->doc->promo_count; i++) {
        const struct promo *promo = &s->doc->promos[i];
        if (!promo->catalog && promo->exclusive && !obstructed(s, promo, chosen, &unused)) {
            return promo;
        }
    }
    return NULL;
}

static void run_turn(struct promo_own *s, const struct promo *promo, const struct promo *alone,
                     uint32_t chosen)
{
    struct obstacle o;
    if (lane_ran(s, promo) == promo) {
        return;  // It ran when the first of its lane had its turn.
    }
    if (obstructed(s, promo, chosen, &o)) {
        note(s, promo, 0, &o);
    } else if (alone != NULL && alone != promo) {
        o = (struct obstacle){.why = PRICE_PROMO_EXCLUDED, .by = alone};
        note(s, promo, 0, &o);
    } else if (promo->lane == NULL || alone != NULL) {
        run_promo(s, promo);
    } else {
        const struct promo *best = lane_best(s, promo, chosen);
        run_promo(s, best);
        if (best != promo) {
            o = (struct obstacle){.why = PRICE_PROMO_EXCLUDED, .by = best};
            note(s, promo, 0, &o);
        }
    }
}

// Runs everything with the chosen coupons; returns what the member pays.
static int64_t run_all(struct promo_own *s, uint32_t chosen)
{
    start(s);
    const struct promo *alone = alone_of(s, chosen);
    for (uint32_t i = 0; i < s->doc->promo_count; i++) {
        if (!s->doc->promos[i].catalog) {
            run_turn(s, &s->doc->promos[i], alone, chosen);
        }
    }
    int64_t pays = s->shipping_left;
    for (uint32_t i = 0; i < s->line_count; i++) {
        pays += s->left[i];
    }
    return pays;
}

static bool coupons_find(struct promo_own *s, struct err *e)
{
    for (uint32_t i = 0; i < s->doc->promo_count; i++) {
        const struct promo *promo = &s->doc->promos[i];
        if (promo->catalog || promo->coupon.code == NULL || !promo_coupon_valid(s->doc, promo)) {
            continue;
        }
        if (s->coupon_count == PROMO_OWN_COUPONS_MAX) {
            return err_set(e, ERR_INVALID, "cart.coupons: more than %d at once",
                           PROMO_OWN_COUPONS_MAX);
        }
        s->coupons[s->coupon_count++] = promo;
    }
    return true;
}

static uint32_t coupons_best(struct promo_own *s)
{
    uint32_t best = 0;
    int64_t best_pays = run_all(s, 0);
    for (uint32_t set = 1; set < UINT32_C(1) << s->coupon_count; set++) {
        int64_t pays = run_all(s, set);
        if (pays < best_pays ||
            (pays == best_pays && __builtin_popcount(set) < __builtin_popcount(best))) {
            best = set;
            best_pays = pays;
        }
    }
    return best;
}

// What a catalogue promotion takes off the lines of the cart.
static int64_t catalog_gives(const struct promo_doc *doc, const struct promo *promo)
{
    int64_t given = 0;
    for (uint32_t i = 0; i < doc->line_count; i++) {
        const struct promo_good *good = doc->lines[i].good;
        for (uint32_t k = 0; k < good->applied_count; k++) {
            given += good->applied[k] == promo ? good->applied_less[k] * doc->lines[i].qty : 0;
        }
    }
    return given;
}

// Those that can't run, judged on the prices before any promotion, are left out of the catalogue.
static void catalog_bar(struct promo_own *s, struct promo_doc *doc)
{
    start(s);
    for (uint32_t i = 0; i < doc->promo_count; i++) {
        struct promo *promo = &doc->promos[i];
        struct obstacle o;
        if (promo->catalog && obstructed(s, promo, 0, &o)) {
            note(s, promo, 0, &o);
            promo->enabled = false;
        }
    }
}

static void goods_copy(struct promo_good *to, const struct promo_good *from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

// Sets the prices; a promotion that its budget can't carry for this cart is left out again.
static void catalog_apply(struct promo_own *s, struct promo_doc *doc)
{
    struct promo_good *goods = arena_alloc(doc->arena, (doc->good_count + 1) * sizeof *goods);
    goods_copy(goods, doc->goods, doc->good_count);
    bool again = true;
    while (again) {
        again = false;
        goods_copy(doc->goods, goods, doc->good_count);
        promo_catalog_apply(doc);
        for (uint32_t i = 0; i < doc->promo_count && !again; i++) {
            struct promo *promo = &doc->promos[i];
            again =
                promo->catalog && promo->enabled && over_budget(promo, catalog_gives(doc, promo));
            if (again) {
                note_why(s, promo, PRICE_PROMO_BUDGET);
                promo->enabled = false;
            }
        }
    }
    for (uint32_t i = 0; i < doc->promo_count; i++) {
        const struct promo *promo = &doc->promos[i];
        int64_t given = promo->catalog && promo->enabled ? catalog_gives(doc, promo) : 0;
        if (given > 0) {
            note(s, promo, given, NULL);
        } else if (promo->catalog && promo->enabled) {
            note_why(s, promo, PRICE_PROMO_WORTHLESS);
        }
    }
}

static void own_init(struct promo_own *s, const struct promo_doc *doc)
{
    size_t size = doc->line_count + 1;
    int64_t *numbers = arena_zalloc(doc->arena, 7 * size * sizeof *numbers);
    *s = (struct promo_own){.doc = doc, .line_count = doc->line_count};
    s->left = numbers;
    s->saved = numbers + size;
    s->floor = numbers + 2 * size;
    s->wanted = numbers + 3 * size;
    s->weights = numbers + 4 * size;
    s->parts = numbers + 5 * size;
    s->before = numbers + 6 * size;
    s->groups = arena_zalloc(doc->arena, (doc->promo_count + 1) * sizeof *s->groups);
    s->lanes = arena_zalloc(doc->arena, (doc->promo_count + 1) * sizeof *s->lanes);
}

bool promo_own_judge(struct promo_doc *doc, struct promo_result *result, struct err *e)
{
    struct promo_own s;
    own_init(&s, doc);
    s.result = result;
    catalog_bar(&s, doc);
    catalog_apply(&s, doc);
    s.result = NULL;
    for (uint32_t i = 0; i < doc->line_count; i++) {
        const struct promo_good *good = doc->lines[i].good;
        int64_t floor = good->min_price < good->now_price ? good->min_price : good->now_price;
        s.floor[i] = floor * doc->lines[i].qty;
    }
    if (!coupons_find(&s, e)) {
        return false;
    }
    uint32_t best = s.coupon_count == 0 ? 0 : coupons_best(&s);
    s.result = result;
    (void)run_all(&s, best);
    for (uint32_t i = 0; i < doc->line_count; i++) {
        struct promo_line_result *line = &result->lines[i];
        int64_t full = doc->lines[i].good->now_price * doc->lines[i].qty;
        line->total = s.left[i];
        line->discount = full - s.left[i];
        line->unit_discount = line->discount;
        line->unit_price = doc->lines[i].good->now_price;
        result->items_total += line->total;
        result->discount_total += line->discount;
    }
    if (doc->unit_count == 0) {
        doc->shipping_fee = 0;  // Nothing to ship.
    }
    result->shipping_discount = doc->shipping_fee - s.shipping_left;
    result->coupon_accepted = s.coupon_count > 0 || doc->coupons == NULL;
    return true;
}
