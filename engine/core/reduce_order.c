// Facts of a paid order: its lines and prices, whose it is, what it does to goods, vouchers,
// counters and the ledger. See reduce.c for what all kinds of event share.

#include "core/reduce.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/money.h"
#include "base/utf8.h"
#include "core/promotions.h"

#define ORDER_EXT_MAX 128  // Bytes of an order number and of a sku.
#define ORDER_QTY_MAX 1000000
#define CURRENCY_SHOWN 16
#define UNKNOWN_NAME "engine:unknown_goods"  // No name that a playbook would give.
#define UNKNOWN_BYTES_MAX 4096               // Of the list of those that were told.

// An order while it is worked out: the row as it will be, and its lines.
struct draft {
    struct order order;
    int64_t list;  // Sums that end in the order: at list prices,
    int64_t deal;  // at the prices in force,
    int64_t card;  // off by the card.
    struct order_line *lines;
    int64_t *weights;  // Of lines that don't say what was paid: their price in force; else 0.
    size_t count;
    size_t unpriced;  // How many lines don't say what was paid.
    int64_t paid;     // Sum of what the others say.
    int64_t items;    // Pieces.
    int64_t card_bp;
    struct promo_set_line
        *priced;     // A line each, at the price in force; qty 0: not a good of ours.
    int64_t *promo;  // What promotions take off each.
    struct promotion_judgement judged;
};

static bool draft_refuse(struct reduce *r, size_t item, const char *field, const char *why)
{
    return err_set(r->e, ERR_INVALID, "items[%zu].%s: %s", item, field, why);
}

// sum += price * qty
static bool draft_add(int64_t *sum, int64_t price, int64_t qty)
{
    int64_t product;
    return money_mul(price, qty, &product) && money_add(*sum, product, sum) &&
           *sum <= REDUCE_MONEY_MAX && *sum >= 0;
}

// Adds a line at list price and at the price in force. Goods that aren't in the catalogue count
// with what was paid.
static bool draft_price(struct reduce *r, struct draft *draft, size_t i, int64_t paid)
{
    const struct order_line *line = &draft->lines[i];
    int64_t list = paid;
    int64_t deal = paid;
    int64_t qty = 1;
    draft->priced[i] = (struct promo_set_line){.sku = "", .category = ""};
    if (line->good != 0) {
        struct price_now price;
        prices_of(r->state, (uint32_t)line->good, r->at, &price);
        list = price.list;
        deal = price.for_sale ? price.shown : price.list;
        qty = line->qty;
        const struct good *good = table_get(r->state, T_GOODS, (uint32_t)line->good);
        draft->priced[i] = (struct promo_set_line){
            .sku = state_get_text(r->state, line->sku),
            .category = state_get_text(r->state, good->category),
            .unit_fen = deal,
            .floor_fen = price.floor < deal ? price.floor : deal,
            .qty = qty,
        };
    }
    if (!draft_add(&draft->list, list, qty) || !draft_add(&draft->deal, deal, qty)) {
        return draft_refuse(r, i, "qty", "the price of the order overflows");
    }
    return money_mul(deal, qty, &draft->weights[i]) ||
           draft_refuse(r, i, "qty", "the price of the order overflows");
}

static bool draft_line(struct reduce *r, struct draft *draft, size_t i)
{
    const struct event_item *item = &r->event->items[i];
    struct order_line *line = &draft->lines[i];
    if (item->qty < 1 || item->qty > ORDER_QTY_MAX) {
        return draft_refuse(r, i, "qty", "not 1 to 1,000,000");
    }
    if (item->paid < -1 || item->paid > MONEY_MAX) {
        return draft_refuse(r, i, "paid", item->paid < 0 ? "negative" : "too large");
    }
    if (item->sku.size > ORDER_EXT_MAX) {
        return draft_refuse(r, i, "sku", "longer than 128 bytes");
    }
    *line = (struct order_line){.qty = item->qty};
    if (!reduce_keep_text(r, &line->sku, item->sku, ORDER_EXT_MAX, "items: sku")) {
        return false;
    }
    line->good = line->sku ? (int32_t)TABLE_FIND(r->state, T_GOODS, GOODS_BY_SKU,
                                                 r->facts->campaign, line->sku)
                           : 0;
    draft->items += item->qty;
    if (item->paid < 0) {
        if (line->good == 0 && r->event->total == 0) {
            return draft_refuse(r, i, "paid", "missing, and there is no total");
        }
        draft->unpriced++;
        return draft_price(r, draft, i, 0);
    }
    line->paid = item->paid;
    if (!draft_add(&draft->paid, item->paid, 1)) {
        return draft_refuse(r, i, "paid", "the sum overflows");
    }
    return draft_price(r, draft, i, item->paid);
}

// Lines that don't say what was paid share what the others leave of the total, by their price.
static void draft_share(struct reduce *r, struct draft *draft)
{
    const int64_t fee = draft->order.shipping - draft->judged.shipping_off_fen;
    const int64_t rest = draft->order.total - draft->paid - fee;
    if (draft->unpriced == 0 || rest <= 0) {
        return;
    }
    int64_t sum = 0;
    for (size_t i = 0; i < draft->count; i++) {
        draft->weights[i] = r->event->items[i].paid < 0 ? draft->weights[i] : 0;
        sum += draft->weights[i];
    }
    for (size_t i = 0; i < draft->count && sum == 0; i++) {
        draft->weights[i] = r->event->items[i].paid < 0 ? draft->lines[i].qty : 0;
    }
    int64_t *parts = arena_alloc(state_arena(r->state), draft->count * sizeof(*parts));
    money_split(rest, draft->weights, draft->count, parts);
    for (size_t i = 0; i < draft->count; i++) {
        draft->lines[i].paid += parts[i];
    }
}

// What promotions, and the card after them, would take off the lines: the ladder's own arithmetic.
static bool draft_ladder(struct reduce *r, struct draft *draft)
{
    const struct promotion_cart cart = {
        .campaign = r->facts->campaign,
        .member = r->counted ? r->facts->member : 0,
        .store = draft->order.channel == ORDER_STORE,
        .at_ms = r->at,
        .shipping_fen = draft->order.shipping,
        .lines = draft->priced,
        .line_count = draft->count,
        .all_held = true,
    };
    draft->judged.count = 0;
    draft->judged.shipping_off_fen = 0;
    if (draft->count > 0 && promotions_any(r->core, r->facts->campaign) &&
        !promotions_judge(r->core, &cart, draft->promo, &draft->judged, r->e)) {
        return false;
    }
    for (size_t i = 0; i < draft->count && draft->card_bp > 0; i++) {
        const struct promo_set_line *line = &draft->priced[i];
        if (line->qty > 0) {
            const int64_t left = line->unit_fen * line->qty - draft->promo[i];
            const int64_t pays = price_after_card(left, line->qty, line->floor_fen,
                                                  (uint32_t)draft->card_bp, MONEY_ROUND_HALF_UP);
            draft->card += left > pays ? left - pays : 0;
        }
    }
    return true;
}

// What is paid less than the prices in force: promotions' part first, in the order they ran, then
// the card's; vouchers saved the rest. What an order wasn't given isn't a promotion's use.
static void draft_off(const struct reduce *r, struct draft *draft)
{
    struct order *order = &draft->order;
    const int64_t full = (int64_t)order->deal_total + order->shipping;
    int64_t off = full > order->total ? full - order->total : 0;
    for (uint32_t i = 0; i < draft->judged.count; i++) {
        struct price_promo *promo = &draft->judged.promos[i];
        promo->off_fen = promo->off_fen < off ? promo->off_fen : off;
        off -= promo->off_fen;
        order->promo_off = TABLES_I48(order->promo_off + promo->off_fen);
    }
    order->card_off = TABLES_I48(draft->card < off ? draft->card : off);
    order->voucher_off = TABLES_I48(r->event->list_count > 0 ? off - order->card_off : 0);
}

static bool draft_total(struct reduce *r, struct draft *draft)
{
    const struct event *event = r->event;
    struct order *order = &draft->order;
    if (event->total < 0 || event->total > REDUCE_MONEY_MAX) {
        return err_set(r->e, ERR_INVALID, "total: %" PRId64 " is %s", event->total,
                       event->total < 0 ? "negative" : "too large");
    }
    if (event->total == 0 && draft->count == 0) {
        return err_set(r->e, ERR_INVALID, "total: missing, and there are no items");
    }
    if (event->shipping < 0 || event->shipping > REDUCE_MONEY_MAX) {
        return err_set(r->e, ERR_INVALID, "shipping: %" PRId64 " is %s", event->shipping,
                       event->shipping < 0 ? "negative" : "too large");
    }
    int64_t total = event->total;
    if (total == 0) {
        total = draft->paid;
        if (!draft_add(&total, event->shipping, 1)) {
            return err_set(r->e, ERR_INVALID, "total: the sum overflows");
        }
        for (size_t i = 0; i < draft->count; i++) {
            if (event->items[i].paid < 0 && !draft_add(&total, draft->weights[i], 1)) {
                return err_set(r->e, ERR_INVALID, "total: the sum overflows");
            }
        }
    }
    if (draft->count == 0) {  // What it sold isn't known: the fee is taken to have been paid.
        draft->list = total > event->shipping ? total - event->shipping : 0;
        draft->deal = draft->list;
    }
    order->shipping = TABLES_I48(event->shipping);
    order->total = TABLES_I48(total);
    order->list_total = TABLES_I48(draft->list);
    order->deal_total = TABLES_I48(draft->deal);
    if (!draft_ladder(r, draft)) {
        return false;
    }
    draft_share(r, draft);
    draft_off(r, draft);
    return true;
}

static bool draft_currency(struct reduce *r, struct order *order)
{
    const struct slice given = r->event->currency;
    const struct campaign *campaign = table_get(r->state, T_CAMPAIGNS, r->facts->campaign);
    if (campaign == NULL) {
        return given.size > CURRENCY_SHOWN
                   ? err_set(r->e, ERR_INVALID, "currency: too long")
                   : reduce_keep_text(r, &order->currency, given, CURRENCY_SHOWN, "currency");
    }
    const char *expected = state_get_text(r->state, campaign->currency);
    if (given.size && !slice_is(given, expected)) {
        return err_set(r->e, ERR_INVALID, "currency: %.*s, but the campaign counts in %s",
                       (int)utf8_cut(given.data, given.size, CURRENCY_SHOWN), given.data, expected);
    }
    order->currency = campaign->currency;
    return true;
}

// Who brought her: a sharer by her code (never herself, never a host), a guide by code or binding.
static void draft_origin(struct reduce *r, struct order *order)
{
    const struct event *event = r->event;
    const struct facts *facts = r->facts;
    const uint32_t id = reduce_code(r, event->code);
    if (id != 0) {
        struct code *code = table_edit(r->state, T_CODES, id);
        const uint32_t sharer = code->kind == CODE_SHARE ? (uint32_t)code->member : 0;
        if (sharer != 0 && sharer != facts->member && !people_is_staff(r->state, sharer)) {
            order->sharer = (int32_t)sharer;
        }
        if (order->sharer != 0 || code->kind == CODE_CHANNEL) {
            REDUCE_COUNT(code->uses, 1);
        }
    }
    order->guide = TABLES_U16(reduce_guide(r, event->code));
    if (order->guide == 0) {
        order->guide = TABLES_U16(reduce_guide(r, event->guide));
    }
    if (order->guide == 0 && facts->member != 0 && facts->group != 0) {
        const uint32_t row = TABLE_FIND(r->state, T_MEMBERSHIPS, MEMBERSHIPS_BY_MEMBER_GROUP,
                                        facts->member, facts->group);
        const struct membership *membership = row ? table_get(r->state, T_MEMBERSHIPS, row) : NULL;
        order->guide = membership ? membership->guide : 0;
    }
    r->facts->inviter = (uint32_t)order->sharer;
    r->facts->guide = (uint32_t)order->guide;
}

static bool draft_fill(struct reduce *r, struct draft *draft)
{
    const struct event *event = r->event;
    struct order *order = &draft->order;
    struct arena *arena = state_arena(r->state);
    if (event->item_count > EVENT_ITEMS_MAX) {
        return err_set(r->e, ERR_INVALID, "items: more than %d", EVENT_ITEMS_MAX);
    }
    order->at = TABLES_I48(r->at);
    order->channel = slice_is(event->channel, "store") ? ORDER_STORE : ORDER_ONLINE;
    order->campaign = TABLES_U16(r->facts->campaign);
    order->member = (int32_t)r->facts->member;
    order->group = TABLES_U16(r->facts->group);
    draft->count = event->item_count;
    draft->lines = arena_zalloc(arena, (draft->count + 1) * sizeof(*draft->lines));
    draft->weights = arena_zalloc(arena, (draft->count + 1) * sizeof(*draft->weights));
    draft->priced = arena_zalloc(arena, (draft->count + 1) * sizeof(*draft->priced));
    draft->promo = arena_zalloc(arena, (draft->count + 1) * sizeof(*draft->promo));
    if (r->facts->member != 0 && r->facts->campaign != 0) {
        draft->card_bp = coupon_card_bp(r->core, r->facts->campaign, r->facts->member);
    }
    if (!draft_currency(r, order)) {
        return false;
    }
    for (size_t i = 0; i < draft->count; i++) {
        if (!draft_line(r, draft, i)) {
            return false;
        }
    }
    if (draft->items > ORDER_QTY_MAX) {
        return err_set(r->e, ERR_INVALID, "items: more than 1,000,000 pieces");
    }
    order->items = TABLES_I24(draft->items);
    if (!draft_total(r, draft)) {
        return false;
    }
    draft_origin(r, order);
    return true;
}

// --- What the order changes. ---

static bool has_catalogue(const struct reduce *r)
{
    for (uint32_t id = 0; (id = table_next(r->state, T_GOODS, id)) != 0;) {
        const struct good *good = table_get(r->state, T_GOODS, id);
        if (good->campaign == (int32_t)r->facts->campaign) {
            return true;
        }
    }
    return false;
}

// What was sold is a fact, whatever the catalogue says; that it has no such goods is told once a
// sku. Milestones and order lines leave memory, so a row of the library's memory keeps the list.
static void order_unknown_sku(struct reduce *r, text_id sku, uint32_t order)
{
    if (sku == 0 || !has_catalogue(r)) {
        return;  // Without a catalogue nothing is missing in it.
    }
    const char *text = state_get_text(r->state, sku);
    const text_id name = state_text(r->state, UNKNOWN_NAME, strlen(UNKNOWN_NAME));
    const int32_t campaign = (int32_t)r->facts->campaign;
    uint32_t id = TABLE_FIND(r->state, T_MEMORY, MEMORY_BY_NAME, 0, campaign, name);
    const struct memory *row = id == 0 ? NULL : table_get(r->state, T_MEMORY, id);
    const struct bytes *told = row == NULL ? NULL : row->value;
    struct buf quoted;
    struct buf list;
    buf_init(&quoted, UNKNOWN_BYTES_MAX);
    buf_init(&list, UNKNOWN_BYTES_MAX + 2);
    json_put_text(&quoted, text, strlen(text));
    const bool known =
        told != NULL && memmem(told->data, told->size, quoted.data, quoted.size) != NULL;
    const size_t size = told == NULL ? 1 : told->size;
    if (!known && !quoted.overflow && size + quoted.size < UNKNOWN_BYTES_MAX) {
        buf_append(&list, told == NULL ? "[" : told->data, told == NULL ? 1 : told->size - 1);
        buf_puts(&list, told == NULL ? "" : ",");
        buf_append(&list, quoted.data, quoted.size);
        buf_putc(&list, ']');
        if (id == 0) {
            const struct memory fresh = {.name = name, .ref = campaign, .scope = SCOPE_LIBRARY};
            id = ((const struct memory *)table_insert(r->state, T_MEMORY, &fresh))->id;
        }
        struct memory *edit = table_edit(r->state, T_MEMORY, id);
        table_set_bytes(r->state, &edit->value, list.data, list.size);
        milestone_add(r->state, "unknown_goods", r->facts->campaign, 0, r->facts->group, order, 0,
                      text);
    }
    buf_deinit(&quoted);
    buf_deinit(&list);
}

static void order_goods(struct reduce *r, const struct draft *draft, uint32_t order)
{
    for (size_t i = 0; i < draft->count; i++) {
        struct order_line line = draft->lines[i];
        line.order = (int32_t)order;
        table_insert(r->state, T_ORDER_LINES, &line);
        if (line.good == 0) {
            order_unknown_sku(r, line.sku, order);
            continue;
        }
        struct good *good = table_edit(r->state, T_GOODS, (uint32_t)line.good);
        reduce_count(&good->sold, line.qty);
        if (good->stock < 0) {
            continue;
        }
        if (good->stock < line.qty) {  // Paid already: nothing to refuse, but somebody must know.
            milestone_add(r->state, "oversold", r->facts->campaign, 0, r->facts->group,
                          line.qty - good->stock, good->id, state_get_text(r->state, good->sku));
        }
        good->stock = good->stock < line.qty ? 0 : good->stock - line.qty;
    }
}

// The id in "v<id>"; 0: not of this form.
static uint32_t order_voucher_id(struct slice text)
{
    if (text.size < 2 || text.size > 11 || text.data[0] != 'v') {
        return 0;
    }
    uint64_t id = 0;
    for (uint32_t i = 1; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return 0;
        }
        id = id * 10 + (uint64_t)(text.data[i] - '0');
    }
    return id <= UINT32_MAX ? (uint32_t)id : 0;
}

static bool order_vouchers(struct reduce *r, uint32_t order)
{
    for (size_t i = 0; i < r->event->list_count; i++) {
        const struct slice text = r->event->list[i];
        const uint32_t id = order_voucher_id(text);
        const struct voucher *voucher = id ? table_get(r->state, T_VOUCHERS, id) : NULL;
        if (voucher == NULL && id != 0 && id <= table_last(r->state, T_VOUCHERS)) {
            return err_set(r->e, ERR_REFUSED, "vouchers[%zu]: v%u is expired already", i, id);
        }
        if (voucher == NULL) {
            return err_set(r->e, ERR_INVALID, "vouchers[%zu]: unknown voucher '%.*s'", i,
                           (int)utf8_cut(text.data, text.size, ORDER_EXT_MAX), text.data);
        }
        if (voucher->member != (int32_t)r->facts->member) {
            return err_set(r->e, ERR_INVALID, "vouchers[%zu]: v%u belongs to somebody else", i, id);
        }
        if (!coupon_use(r->core, id, order, r->e)) {
            return err_add(r->e, "vouchers[%zu]", i);
        }
    }
    return true;
}

// The shop has sold at these prices already: what can't be counted as a use is told to staff.
static void order_promotions(struct reduce *r, const struct draft *draft, uint32_t order)
{
    const int64_t known = draft->order.promo_off + draft->order.card_off + draft->order.voucher_off;
    const int64_t off =
        draft->order.deal_total + draft->order.shipping - draft->order.total - known;
    for (uint32_t i = 0; i < draft->judged.count; i++) {
        const struct price_promo *promo = &draft->judged.promos[i];
        const bool spent = promo->why == PRICE_PROMO_LIMIT || promo->why == PRICE_PROMO_BUDGET;
        struct err e = {0};
        if (promo->off_fen > 0 &&
            !promotion_use(r->core, draft->judged.rows[i], r->counted ? r->facts->member : 0, order,
                           promo->off_fen, &e)) {
            milestone_add(r->state, "promotion_over", r->facts->campaign, 0, r->facts->group,
                          promo->off_fen, order, e.text);
        } else if (spent && off > 0) {
            milestone_add(r->state, "promotion_over", r->facts->campaign, 0, r->facts->group, off,
                          order, promo->name);
        }
    }
}

static bool order_count_buyer(struct reduce *r, const struct order *order)
{
    struct participant *participant = reduce_participant(r);
    if (participant != NULL) {
        r->facts->first_order = participant->orders == 0;
        participant->paid = 1;
        REDUCE_COUNT(participant->orders, 1);
        REDUCE_COUNT(participant->items, order->items);
        if (!reduce_money_fits(participant->spent, order->total)) {
            return err_set(r->e, ERR_INVALID, "total: her orders overflow");
        }
        participant->spent = TABLES_I48(participant->spent + (int64_t)order->total);
    }
    if (order->member != 0) {
        struct member *member = table_edit(r->state, T_MEMBERS, (uint32_t)order->member);
        REDUCE_COUNT(member->orders, 1);
        if (!reduce_money_fits(member->spent, order->total)) {
            return err_set(r->e, ERR_INVALID, "total: her orders overflow");
        }
        member->spent = TABLES_I48(member->spent + (int64_t)order->total);
    }
    return true;
}

static bool order_count(struct reduce *r, const struct order *order)
{
    if (!order_count_buyer(r, order)) {
        return false;
    }
    if (order->campaign != 0) {
        struct minute *minute = reduce_minute(r, (uint32_t)order->campaign);
        reduce_count(&minute->orders, 1);
        if (!money_add(minute->paid, order->total, &minute->paid)) {
            return err_set(r->e, ERR_INVALID, "total: the orders of a minute overflow");
        }
    }
    if (order->group != 0 && (order->member == 0 || r->counted)) {
        struct group *group = table_edit(r->state, T_GROUPS, (uint32_t)order->group);
        reduce_count(&group->orders, 1);
        struct hour *hour = reduce_hour(r, group->id);
        REDUCE_COUNT(hour->orders, 1);
        waits_changed(r->core, WAIT_ORDERS, group->id);
    }
    return true;
}

bool reduce_order(struct reduce *r)
{
    const struct slice ext = r->event->order;
    if (ext.size == 0) {
        return err_set(r->e, ERR_INVALID, "order: missing");
    }
    if (ext.size > ORDER_EXT_MAX) {
        return err_set(r->e, ERR_INVALID, "order: longer than %d bytes", ORDER_EXT_MAX);
    }
    if (!reduce_find_shopper(r)) {
        return false;
    }
    const text_id known = people_text_known(r->state, ext);
    const uint32_t before = known ? TABLE_FIND(r->state, T_ORDERS, ORDERS_BY_EXT, known) : 0;
    if (before != 0) {
        r->facts->order = before;
        r->facts->repeated = true;
        return true;
    }
    struct draft draft = {.count = 0};
    if (!reduce_keep_text(r, &draft.order.ext, ext, ORDER_EXT_MAX, "order") ||
        !draft_fill(r, &draft)) {
        return false;
    }
    const struct order *row = table_insert(r->state, T_ORDERS, &draft.order);
    r->facts->order = row->id;
    order_goods(r, &draft, row->id);
    order_promotions(r, &draft, row->id);
    return order_vouchers(r, row->id) && order_count(r, row) &&
           reduce_sales(r, (uint32_t)row->campaign, (uint32_t)row->member, row->total, "order",
                        row->id);
}
