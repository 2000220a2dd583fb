// The shop: visits, carts, orders as a function of price anchors, vouchers, gifts, habit and what
// others do; and what the simulated operator decides.
#include <math.h>
#include <string.h>

#include "core/checkout.h"
#include "link/crowd_internal.h"

#define ITEMS_MAX 12
#define SAW_THE_PRICE 1.5F
#define LEAVES_IT_TRIES 16

// --- Interest. ---

// Goods that were not there yet when a good was picked last.
static void look_at_goods(struct crowd *crowd)
{
    for (uint32_t id = crowd->tastes_until; (id = table_next(crowd->state, T_GOODS, id)) != 0;) {
        const struct good *good = table_get(crowd->state, T_GOODS, id);
        if ((uint32_t)good->campaign != crowd->campaign) {
            continue;
        }
        const uint32_t place = ++crowd->taste_count;
        const double weight = pow((double)place, -crowd->params.taste_slope);
        crowd->tastes = xrealloc(crowd->tastes, place * sizeof(*crowd->tastes));
        crowd->tastes[place - 1] = (struct taste){.good = id, .weight = weight};
        crowd->taste_sum += weight;
    }
    crowd->tastes_until = table_last(crowd->state, T_GOODS);
}

// A good by taste: popular ones of the catalogue sell more (Zipf with slope taste_slope).
static uint32_t pick_good(struct crowd *crowd)
{
    if (crowd->tastes_until != table_last(crowd->state, T_GOODS)) {
        look_at_goods(crowd);
    }
    double roll = rng_unit(&crowd->rng) * crowd->taste_sum;
    for (uint32_t place = 0; place < crowd->taste_count; place++) {
        roll -= crowd->tastes[place].weight;
        if (roll <= 0) {
            return crowd->tastes[place].good;
        }
    }
    return crowd->tastes_until;
}

// She comes to look at some good. Two draws, the good first: as arguments of one call, each
// compiler would have an order of its own.
void crowd_plan_visit(struct crowd *crowd, int64_t at, double mean_min, uint32_t person)
{
    const uint32_t good = pick_good(crowd);
    crowd_plan(crowd, crowd_after_min(crowd, at, mean_min), PLAN_VISIT, person, good, 0);
}

static bool take_visit(struct crowd *crowd, const struct plan *plan, struct event *out)
{
    const struct crowd_params *p = &crowd->params;
    const struct person *who = crowd_person(crowd, plan->person);
    const uint32_t good = plan->ref;
    if (who->state != PERSON_IN) {
        return false;
    }
    if (plan->extra == 0) {
        out->kind = EVENT_VISIT;
        const struct good *row = table_get(crowd->state, T_GOODS, good);
        if (row != NULL) {
            out->sku = slice_of(state_get_text(crowd->state, row->sku));
        } else {
            out->page = slice_of("shop");
        }
        if (good != 0 && rng_chance(&crowd->rng, p->favorite_share)) {
            crowd_plan(crowd, crowd_after_min(crowd, plan->at, 1), PLAN_VISIT, plan->person, good,
                       1);
        }
        if (good != 0 && rng_chance(&crowd->rng, p->cart_share)) {
            crowd_plan(crowd, crowd_after_min(crowd, plan->at, 2), PLAN_VISIT, plan->person, good,
                       2);
        }
        if (rng_chance(&crowd->rng, p->visit_again)) {
            crowd_plan_visit(crowd, plan->at, 20, plan->person);
        }
        crowd_plan(crowd, crowd_after_min(crowd, plan->at, p->buy_delay_min), PLAN_DECIDE,
                   plan->person, good, 0);
        return true;
    }
    const struct good *row = table_get(crowd->state, T_GOODS, good);
    if (row == NULL) {
        return false;
    }
    out->kind = plan->extra == 1 ? EVENT_FAVORITE : EVENT_CART;
    out->sku = slice_of(state_get_text(crowd->state, row->sku));
    return true;
}

// --- Buying. ---

static bool holds_gift(struct crowd *crowd, uint32_t member)
{
    const uint32_t id =
        TABLE_FIND(crowd->state, T_PARTICIPANTS, PARTICIPANTS_BY_MEMBER, crowd->campaign, member);
    const struct participant *row = table_get(crowd->state, T_PARTICIPANTS, id);
    return row != NULL && row->gift;
}

// Log-odds that she buys this cart now. Anchors: how far below list the deal is; how much of it
// vouchers take off.
static double inclination(struct crowd *crowd, uint32_t person, const struct price_quote *quote)
{
    const struct crowd_params *p = &crowd->params;
    const struct person *who = crowd_person(crowd, person);
    const struct crowd_group *group = crowd_group_of(crowd, who->group);
    const double list = (double)quote->list_fen;
    const double cut = list > 0 ? 1 - (double)quote->card_fen / list : 0;
    const double voucher =
        quote->card_fen > 0 ? (double)quote->voucher_fen / (double)quote->card_fen : 0;
    const double bought = group->count > 0 ? (double)group->bought / (double)group->count : 0;
    return p->buy_base + p->buy_depth * cut + p->buy_voucher * voucher +
           p->buy_gift * (double)holds_gift(crowd, crowd_member(crowd, person)) +
           p->buy_habit * (double)who->evenings + p->buy_crowd * bought +
           p->share_warmth * (double)who->warmth + (double)who->inclination;
}

static size_t fill_cart(struct crowd *crowd, uint32_t person, int64_t at,
                        struct checkout_line *lines)
{
    const struct crowd_params *p = &crowd->params;
    struct checkout first;
    struct err e;
    lines[0] = (struct checkout_line){.good = pick_good(crowd), .qty = 1};
    if (!checkout_quote(crowd->core, crowd->campaign, crowd_member(crowd, person), lines, 1, at,
                        &first, &e)) {
        return 0;
    }
    const double voucher = first.quote.card_fen > 0
                               ? (double)first.quote.voucher_fen / (double)first.quote.card_fen
                               : 0;
    const double mean = p->items_mean + p->items_voucher * voucher +
                        p->items_gift * (double)holds_gift(crowd, crowd_member(crowd, person));
    uint64_t more = rng_poisson(&crowd->rng, mean);
    size_t count = 1;
    for (; more > 0 && count < ITEMS_MAX; more--) {
        const uint32_t good = pick_good(crowd);
        size_t same = 0;
        while (same < count && lines[same].good != good) {
            same++;
        }
        if (same < count) {
            lines[same].qty++;
        } else {
            lines[count++] = (struct checkout_line){.good = good, .qty = 1};
        }
    }
    return count;
}

// An adopted campaign has orders already.
static char order_letter(const struct crowd *crowd)
{
    return crowd->adopted ? CROWD_OTHER : 'o';
}

static void write_order(struct crowd *crowd, const struct checkout_line *lines, size_t count,
                        const struct checkout *quote, struct event *out)
{
    out->kind = EVENT_ORDER;
    for (size_t i = 0; i < count; i++) {
        const struct good *good = table_get(crowd->state, T_GOODS, lines[i].good);
        crowd->items[i] = (struct event_item){
            .sku = slice_of(state_get_text(crowd->state, good->sku)),
            .qty = lines[i].qty,
            .paid = quote->shares[i].final_fen,
        };
    }
    out->items = crowd->items;
    out->item_count = count;
    for (size_t i = 0; i < quote->voucher_count; i++) {
        crowd->vouchers[i] = crowd_put_id(crowd->voucher_texts[i], 'v', quote->vouchers[i]);
    }
    out->list = crowd->vouchers;
    out->list_count = quote->voucher_count;
    out->total = quote->quote.final_fen;
    out->channel = slice_of("online");
    const struct campaign *campaign = table_get(crowd->state, T_CAMPAIGNS, crowd->campaign);
    out->currency = slice_of(state_get_text(crowd->state, campaign->currency));
    out->order = crowd_put_id(crowd->order_text, order_letter(crowd), ++crowd->orders);
}

static void after_order(struct crowd *crowd, uint32_t person, int64_t at)
{
    const struct crowd_params *p = &crowd->params;
    struct person *who = crowd_person(crowd, person);
    if (!who->bought) {
        crowd_group_of(crowd, who->group)->bought++;
    }
    who->bought = true;
    who->orders++;
    if (rng_chance(&crowd->rng, p->second_order)) {
        crowd_plan(crowd, crowd_after_min(crowd, at, 25), PLAN_DECIDE, person, 0, 1);
    }
    if (rng_chance(&crowd->rng, p->refund_share)) {
        crowd_plan(crowd, crowd_after_min(crowd, at, 60), PLAN_REFUND, person,
                   (uint32_t)crowd->orders, 0);
    }
}

// Her sharer's code, if a friend recommended it.
static void add_code(struct crowd *crowd, const struct person *who, struct event *out)
{
    if (who->warmth <= 0 || who->inviter == 0) {
        return;
    }
    const uint32_t friend = crowd_member(crowd, who->inviter);
    const uint32_t id =
        TABLE_FIND(crowd->state, T_PARTICIPANTS, PARTICIPANTS_BY_MEMBER, crowd->campaign, friend);
    const struct participant *sharer = id ? table_get(crowd->state, T_PARTICIPANTS, id) : NULL;
    if (sharer != NULL && sharer->shares &&
        codes_spell(crowd->state, crowd->campaign, CODES_SHARE, friend, crowd->code_text)) {
        out->code = slice_of(crowd->code_text);
    }
}

static bool take_decide(struct crowd *crowd, const struct plan *plan, struct event *out)
{
    struct checkout_line lines[ITEMS_MAX];
    struct checkout quote;
    struct err e;
    struct person *who = crowd_person(crowd, plan->person);
    const bool again = plan->extra == 1;
    if (who->state != PERSON_IN || who->fake || (who->bought && !again)) {
        return false;
    }
    const size_t count = fill_cart(crowd, plan->person, plan->at, lines);
    if (count == 0 ||
        !checkout_quote(crowd->core, crowd->campaign, crowd_member(crowd, plan->person), lines,
                        count, plan->at, &quote, &e)) {
        return false;  // Nothing is for sale yet.
    }
    const double odds = inclination(crowd, plan->person, &quote.quote);
    if (!again && !rng_chance(&crowd->rng, 1 / (1 + exp(-odds)))) {
        // She has seen the price and knows: her own measure of it stays lower for tonight.
        who->inclination -= SAW_THE_PRICE;
        return false;
    }
    write_order(crowd, lines, count, &quote, out);
    add_code(crowd, who, out);
    after_order(crowd, plan->person, plan->at);
    return true;
}

void crowd_leave_it(struct crowd *crowd, uint32_t person)
{
    struct checkout_line lines[ITEMS_MAX];
    struct checkout quote;
    struct err e;
    struct person *who = crowd_person(crowd, person);
    const size_t count = fill_cart(crowd, person, crowd->adopted_at, lines);
    if (count == 0 || !checkout_quote(crowd->core, crowd->campaign, who->member, lines, count,
                                      crowd->adopted_at, &quote, &e)) {
        return;
    }
    for (int tries = 0; tries < LEAVES_IT_TRIES; tries++) {
        const double odds = inclination(crowd, person, &quote.quote);
        if (!rng_chance(&crowd->rng, 1 / (1 + exp(-odds)))) {
            break;
        }
        who->inclination = (float)(crowd->params.buy_sigma * rng_normal(&crowd->rng));
    }
    who->inclination -= SAW_THE_PRICE;
}

static bool take_refund(struct crowd *crowd, const struct plan *plan, struct event *out)
{
    const struct slice name = crowd_put_id(crowd->order_text, order_letter(crowd), plan->ref);
    const text_id ext = text_find(state_texts(crowd->state), name.data, name.size);
    const struct order *order =
        table_get(crowd->state, T_ORDERS, TABLE_FIND(crowd->state, T_ORDERS, ORDERS_BY_EXT, ext));
    if (order == NULL || order->refunded > 0) {
        return false;
    }
    out->kind = EVENT_REFUND;
    out->order = name;
    out->amount = order->total;
    return true;
}

// --- Prices flip: who has the evening in mind comes by herself. ---

void crowd_flip(struct crowd *crowd, uint32_t group, int64_t at)
{
    struct crowd_group *where = crowd_group_of(crowd, group);
    if (where == NULL || where->flipped) {
        return;
    }
    where->flipped = true;
    for (uint32_t i = 0; i < where->count; i++) {
        const struct person *who = crowd_person(crowd, where->people[i]);
        crowd_key(crowd, where->people[i], PLAN_FLIP, 0);
        const double chance = crowd->params.visit_flip * (0.4 + (double)who->habit);
        if (who->state == PERSON_IN && !who->fake &&
            rng_chance(&crowd->rng, chance > 0.97 ? 0.97 : chance)) {
            crowd_plan_visit(crowd, at, 12, where->people[i]);
        }
    }
}

// --- A buyer passes her code on: members who have not bought come once more, recommended. ---

void crowd_pass_code(struct crowd *crowd, uint32_t person, const struct hearing *hearing,
                     int64_t at)
{
    (void)hearing;
    const struct crowd_group *group = crowd_group_of(crowd, crowd_person(crowd, person)->group);
    uint64_t reach = rng_poisson(&crowd->rng, crowd->params.share_reach);
    for (; reach > 0 && group->count > 0; reach--) {
        const uint32_t friend = group->people[rng_below(&crowd->rng, group->count)];
        struct person *who = crowd_person(crowd, friend);
        if (who->state != PERSON_IN || who->bought || who->fake || friend == person ||
            !rng_chance(&crowd->rng, crowd->params.share_visit)) {
            continue;
        }
        who->warmth = 1;
        who->inviter = person;
        crowd_plan_visit(crowd, at, 10, friend);
    }
}

// --- What appears in the tables and people see: audits for the operator, wins to be claimed. ---

void crowd_look_at_rows(struct crowd *crowd, int64_t at)
{
    const uint32_t audits = table_last(crowd->state, T_AUDITS);
    while (crowd->audits_seen < audits) {
        crowd_key(crowd, 0, FOR_AUDIT, crowd->audits_seen);
        crowd_plan(crowd, crowd_after_min(crowd, at, crowd->params.audit_delay_min), PLAN_AUDIT, 0,
                   ++crowd->audits_seen, 0);
    }
    const uint32_t plays = table_last(crowd->state, T_PLAYS);
    while (crowd->plays_seen < plays) {
        const struct play *play = table_get(crowd->state, T_PLAYS, ++crowd->plays_seen);
        crowd_key(crowd, 0, FOR_CLAIM, crowd->plays_seen);
        if (play != NULL && play->claim != 0 &&
            rng_chance(&crowd->rng, crowd->params.claim_share)) {
            crowd_plan(crowd, crowd_after_min(crowd, at, 240), PLAN_CLAIM, 0, crowd->plays_seen, 0);
        }
    }
}

static bool take_verdict(struct crowd *crowd, const struct plan *plan, struct event *out)
{
    const struct audit *audit = table_get(crowd->state, T_AUDITS, plan->ref);
    if (audit == NULL || audit->status != 0) {
        return false;
    }
    const uint32_t person = crowd_person_of(crowd, (uint32_t)audit->member);
    const bool fake = person != 0 && crowd_person(crowd, person)->fake;
    out->kind = EVENT_OPERATOR;
    out->text = slice_of("audit");
    out->ref = plan->ref;
    out->by = slice_of("operator");
    out->ok = rng_chance(&crowd->rng, crowd->params.audit_error) ? fake : !fake;
    if (!out->ok && person != 0) {
        crowd_plan(crowd, plan->at + 60000, PLAN_LEAVE, person, 0, 0);  // Removed from the group.
    }
    return true;
}

static bool take_claim(struct crowd *crowd, const struct plan *plan, struct event *out)
{
    const struct play *play = table_get(crowd->state, T_PLAYS, plan->ref);
    if (play == NULL || play->claim == 0 || play->claimed_at != 0) {
        return false;
    }
    out->kind = EVENT_OPERATOR;
    out->text = slice_of("claim");
    out->code = slice_of(state_get_text(crowd->state, play->claim));
    out->by = slice_of("operator");
    return true;
}

bool crowd_take_shop(struct crowd *crowd, const struct plan *plan, struct event *out)
{
    switch ((enum plan_kind)plan->kind) {
    case PLAN_VISIT:
        return take_visit(crowd, plan, out);
    case PLAN_DECIDE:
        return take_decide(crowd, plan, out);
    case PLAN_REFUND:
        return take_refund(crowd, plan, out);
    case PLAN_AUDIT:
        return take_verdict(crowd, plan, out);
    case PLAN_CLAIM:
        return take_claim(crowd, plan, out);
    case PLAN_FLIP:
        crowd_flip(crowd, plan->ref, plan->at);
        return false;
    default:
        return false;
    }
}
