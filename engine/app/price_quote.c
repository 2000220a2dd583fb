// Reads a campaign's cart, every field checked and named in the refusal; see the header.

#include "app/price_quote.h"

#include <stdio.h>
#include <string.h>

#include "app/rehearse.h"
#include "base/tz.h"
#include "base/utf8.h"

#define QTY_MAX 1000000
#define NAMES_MAX 64

enum { BOOK_PLANNED };

struct reading {
    struct engine *engine;
    uint32_t campaign;
    const struct campaign *row;
    const struct price_ask *ask;
    struct price_asked *out;
    uint32_t card_bp;
    struct price_line *lines;
    struct checkout_line *rows;  // The same, as goods.
    size_t line_count;
    bool has_buyer;
    struct promotion_buyer buyer;
    char texts[3][256];  // What it points to.
    bool store;
    int64_t shipping_fen;
};

static bool known_fields(const struct json_node *object, const char *where,
                         const char *const *names, const char *hint, struct err *e)
{
    for (const struct json_node *n = json_child(object); n != json_end(object); n = json_next(n)) {
        bool known = false;
        for (const char *const *name = names; *name != NULL && !known; name++) {
            known = strlen(*name) == n->key_size && memcmp(*name, n->key, n->key_size) == 0;
        }
        if (!known) {
            return err_set(e, ERR_INVALID, "%s%.*s: unknown field; %s", where,
                           n->key_size > 64 ? 64 : (int)n->key_size, n->key, hint);
        }
    }
    return true;
}

// ---- names of the campaign's goods and coupons

// What has this name in a table; `near` becomes the nearest name there is, or NULL.
static uint32_t find_named(const struct reading *reading, enum table_id table,
                           const struct json_node *node, const char **near)
{
    struct state *state = reading->engine->state;
    const char *names[NAMES_MAX];
    size_t count = 0;
    char wanted[128];
    snprintf(wanted, sizeof(wanted), "%.*s", (int)(node->text_size > 100 ? 100 : node->text_size),
             node->text);
    for (uint32_t id = 1; id <= table_last(state, table); id++) {
        const struct good *good = table == T_GOODS ? table_get(state, T_GOODS, id) : NULL;
        const struct coupon *coupon = table == T_COUPONS ? table_get(state, T_COUPONS, id) : NULL;
        const int32_t campaign = good != NULL     ? good->campaign
                                 : coupon != NULL ? coupon->campaign
                                                  : 0;
        if (campaign != (int32_t)reading->campaign) {
            continue;
        }
        const char *name = state_get_text(state, good != NULL ? good->sku : coupon->name);
        if (json_text_is(node, name)) {
            return id;
        }
        if (count < NAMES_MAX) {
            names[count++] = name;
        }
    }
    *near = text_nearest(wanted, names, count);
    return 0;
}

static bool unknown_name(const struct json_node *node, const char *where, const char *what,
                         const char *near, struct err *e)
{
    return err_set(e, ERR_INVALID, "%s: the campaign has no %s '%.*s'%s%s%s", where, what,
                   (int)(node->text_size > 100 ? 100 : node->text_size), node->text,
                   near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                   near == NULL ? "" : "'?");
}

// ---- when

// The first opening of the campaign's deal prices; its start if there is none.
static int64_t first_opening(const struct reading *reading)
{
    const struct state *state = reading->engine->state;
    int64_t first = INT64_MAX;
    for (uint32_t id = TABLE_LIST(state, T_BOOKS, BOOKS_OF_CAMPAIGN, reading->campaign); id != 0;
         id = table_list_next(state, T_BOOKS, BOOKS_OF_CAMPAIGN, id)) {
        const struct book *book = table_get(state, T_BOOKS, id);
        if (book->status == BOOK_PLANNED && book->opens_at < first) {
            first = book->opens_at;
        }
    }
    return first == INT64_MAX ? reading->row->from_at : first;
}

static bool read_when(const struct reading *reading, const struct json_node *root, struct err *e)
{
    const struct campaign *row = reading->row;
    int64_t *at_ms = &reading->out->at_ms;
    const struct json_node *node = json_field(root, "at");
    if (reading->ask->at != NULL) {
        return rehearsal_when(reading->engine, reading->campaign, reading->ask->at, at_ms, e) ||
               err_add(e, "--at");
    }
    if (node == NULL) {
        const int64_t now = reading->ask->now_ms;
        *at_ms = now >= row->from_at && now < row->until_at ? now : first_opening(reading);
        return true;
    }
    if (node->type == JSON_INT && node->integer >= 0) {
        *at_ms = node->integer;
        return true;
    }
    if (node->type != JSON_TEXT) {
        return err_set(e, ERR_INVALID,
                       "at: neither \"day5 20:31\" nor milliseconds since 1970 (0 or more)");
    }
    char text[64];
    snprintf(text, sizeof(text), "%.*s", (int)(node->text_size > 60 ? 60 : node->text_size),
             node->text);
    return rehearsal_when(reading->engine, reading->campaign, text, at_ms, e) || err_add(e, "at");
}

// ---- lines

static bool read_line(struct reading *reading, const struct json_node *node, size_t index,
                      struct err *e)
{
    static const char *const known[] = {"sku", "qty", NULL};
    char where[48];
    snprintf(where, sizeof(where), "lines[%zu].", index);
    if (node->type != JSON_OBJECT) {
        return err_set(e, ERR_INVALID, "lines[%zu]: not an object", index);
    }
    if (!known_fields(node, where, known, "a line has sku and qty; prices are the campaign's", e)) {
        return false;
    }
    const struct json_node *sku = json_field(node, "sku");
    const struct json_node *qty = json_field(node, "qty");
    if (sku == NULL || sku->type != JSON_TEXT) {
        return err_set(e, ERR_INVALID, "%ssku: %s", where, sku == NULL ? "missing" : "not a text");
    }
    if (qty != NULL && qty->type != JSON_INT) {
        return err_set(e, ERR_INVALID, "%sqty: not a whole number", where);
    }
    if (qty != NULL && (qty->integer < 1 || qty->integer > QTY_MAX)) {
        return err_set(e, ERR_INVALID, "%sqty: %lld is not in 1..%d", where,
                       (long long)qty->integer, QTY_MAX);
    }
    const char *near = NULL;
    const struct checkout_line line = {.good = find_named(reading, T_GOODS, sku, &near),
                                       .qty = qty == NULL ? 1 : (int32_t)qty->integer};
    if (line.good == 0) {
        snprintf(where, sizeof(where), "lines[%zu].sku", index);
        return unknown_name(sku, where, "goods", near, e);
    }
    reading->rows[index] = line;
    return checkout_fill_line(&reading->engine->core, &line, index, reading->out->at_ms,
                              &reading->lines[index], e);
}

static bool read_lines(struct reading *reading, const struct json_node *root, struct err *e)
{
    const struct json_node *list = json_field(root, "lines");
    if (list == NULL || list->type != JSON_ARRAY) {
        return err_set(e, ERR_INVALID, "lines: %s", list == NULL ? "missing" : "not a list");
    }
    if (list->count < 1 || list->count > CHECKOUT_LINES_MAX) {
        return err_set(e, ERR_INVALID, "lines: %u are not in 1..%d", list->count,
                       CHECKOUT_LINES_MAX);
    }
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        if (!read_line(reading, n, reading->line_count, e)) {
            return false;
        }
        reading->line_count++;
    }
    return true;
}

// ---- vouchers and card

static bool usable(const struct reading *reading, const struct coupon *coupon, char *why,
                   size_t size)
{
    const int64_t at_ms = reading->out->at_ms;
    struct buf when;
    const bool early = at_ms < coupon->from_at;
    const bool late = coupon->until_at != 0 && at_ms >= coupon->until_at;
    if (!early && !late) {
        return true;
    }
    buf_init(&when, 64);
    price_put_time(reading->engine, reading->campaign, early ? coupon->from_at : coupon->until_at,
                   &when);
    snprintf(why, size, "%s %s", early ? "can be used from" : "could be used until", when.data);
    buf_deinit(&when);
    return false;
}

static bool read_voucher(const struct reading *reading, const struct json_node *node, size_t index,
                         struct err *e)
{
    struct price_asked *out = reading->out;
    char where[48];
    const char *near = NULL;
    snprintf(where, sizeof(where), "vouchers[%zu]", index);
    if (node->type != JSON_TEXT) {
        return err_set(e, ERR_INVALID, "%s: not the name of a coupon", where);
    }
    const uint32_t id = find_named(reading, T_COUPONS, node, &near);
    if (id == 0) {
        return unknown_name(node, where, "coupon", near, e);
    }
    const struct coupon *coupon = table_get(reading->engine->state, T_COUPONS, id);
    if (coupon->is_card) {
        return err_set(e, ERR_INVALID, "%s: is the membership card; write \"card\": true", where);
    }
    if (coupon->kind == 0 && coupon->value == 0) {
        return err_set(e, ERR_INVALID, "%s: each voucher of it has a value of its own", where);
    }
    struct price_invalid *invalid = &out->invalid[out->invalid_count];
    if (usable(reading, coupon, invalid->why, sizeof(invalid->why))) {
        out->vouchers[out->voucher_count++] = checkout_voucher(&reading->engine->core, coupon, 0);
    } else {
        invalid->name = state_get_text(reading->engine->state, coupon->name);
        out->invalid_count++;
    }
    return true;
}

static bool read_vouchers(const struct reading *reading, const struct json_node *root,
                          struct err *e)
{
    const struct json_node *list = json_field(root, "vouchers");
    if (list == NULL) {
        return true;
    }
    if (list->type != JSON_ARRAY || list->count > COUPON_MAX) {
        return err_set(e, ERR_INVALID, "vouchers: not a list of at most %d names", COUPON_MAX);
    }
    size_t index = 0;
    for (const struct json_node *n = json_child(list); n != json_end(list); n = json_next(n)) {
        if (!read_voucher(reading, n, index++, e)) {
            return false;
        }
    }
    return true;
}

static bool read_card(struct reading *reading, const struct json_node *root, struct err *e)
{
    const struct state *state = reading->engine->state;
    const struct json_node *node = json_field(root, "card");
    if (node != NULL && node->type != JSON_TRUE && node->type != JSON_FALSE) {
        return err_set(e, ERR_INVALID, "card: not true or false");
    }
    if (!reading->ask->card && (node == NULL || node->type == JSON_FALSE)) {
        return true;
    }
    struct price_invalid invalid = {.name = NULL};
    for (uint32_t id = 1; id <= table_last(state, T_COUPONS); id++) {
        const struct coupon *coupon = table_get(state, T_COUPONS, id);
        if (coupon == NULL || coupon->campaign != (int32_t)reading->campaign || !coupon->is_card) {
            continue;
        }
        if (usable(reading, coupon, invalid.why, sizeof(invalid.why))) {
            const uint32_t value = coupon->value > 10000 ? 10000 : (uint32_t)coupon->value;
            reading->card_bp = value > reading->card_bp ? value : reading->card_bp;
        }
        invalid.name = state_get_text(state, coupon->name);
    }
    if (invalid.name == NULL) {
        return err_set(e, ERR_INVALID, "card: the campaign has no membership card");
    }
    if (reading->card_bp == 0) {
        reading->out->invalid[reading->out->invalid_count++] = invalid;
    }
    return true;
}

// ---- what promotions ask of the buyer and the cart

static bool read_number(const struct json_node *object, const char *where, const char *name,
                        int64_t max, int64_t *out, struct err *e)
{
    const struct json_node *node = json_field(object, name);
    if (node == NULL) {
        return true;
    }
    if (node->type != JSON_INT || node->integer < 0 || node->integer > max) {
        return err_set(e, ERR_INVALID, "%s%s: not a whole number of 0..%lld", where, name,
                       (long long)max);
    }
    *out = node->integer;
    return true;
}

// A name, or a list of names as "a,b".
static bool read_names(const struct json_node *object, const char *name, bool many, char *out,
                       size_t size, struct err *e)
{
    const struct json_node *node = json_field(object, name);
    const bool list = node != NULL && many && node->type == JSON_ARRAY;
    size_t used = 0;
    out[0] = 0;
    if (node == NULL) {
        return true;
    }
    const struct json_node *n = list ? json_child(node) : node;
    const struct json_node *end = list ? json_end(node) : json_next(node);
    for (; n != end; n = json_next(n)) {
        if (n->type != JSON_TEXT || used + n->text_size + 2 > size) {
            return err_set(e, ERR_INVALID, "member.%s: not %s", name,
                           many ? "a list of names" : "a name");
        }
        used += (size_t)snprintf(out + used, size - used, "%s%.*s", used == 0 ? "" : ",",
                                 (int)n->text_size, n->text);
    }
    return true;
}

// The campaign's groups by name, or their segments: another is a slip, not a member whom no
// promotion means.
static bool check_group(const struct reading *reading, const struct json_node *object,
                        const char *field, struct err *e)
{
    struct state *state = reading->engine->state;
    const struct json_node *node = json_field(object, field);
    const bool segment = strcmp(field, "segment") == 0;
    const char *names[NAMES_MAX];
    size_t count = 0;
    char where[32];
    char wanted[128];
    if (node == NULL) {
        return true;
    }
    for (uint32_t id = 0; (id = table_next(state, T_GROUPS, id)) != 0;) {
        const struct group *group = table_get(state, T_GROUPS, id);
        const char *name = state_get_text(state, segment ? group->segment : group->ext);
        if (group->campaign != (int32_t)reading->campaign) {
            continue;
        }
        if (json_text_is(node, name)) {
            return true;
        }
        if (count < NAMES_MAX) {
            names[count++] = name;
        }
    }
    snprintf(where, sizeof(where), "member.%s", field);
    snprintf(wanted, sizeof(wanted), "%.*s", (int)(node->text_size > 100 ? 100 : node->text_size),
             node->text);
    return unknown_name(node, where, field, text_nearest(wanted, names, count), e);
}

static bool read_buyer(struct reading *reading, const struct json_node *root, struct err *e)
{
    static const char *const known[] = {"group", "segment", "tags", "level", "orders", NULL};
    const struct json_node *node = json_field(root, "member");
    const size_t size = sizeof(reading->texts[0]);
    if (node == NULL) {
        return true;
    }
    if (node->type != JSON_OBJECT) {
        return err_set(e, ERR_INVALID, "member: not an object");
    }
    reading->has_buyer = true;
    reading->buyer = (struct promotion_buyer){
        .group = reading->texts[0], .segment = reading->texts[1], .tags = reading->texts[2]};
    return known_fields(node, "member.", known,
                        "a member has group, segment, tags, level and orders", e) &&
           read_number(node, "member.", "level", 255, &reading->buyer.level, e) &&
           read_number(node, "member.", "orders", 1000000, &reading->buyer.orders, e) &&
           read_names(node, "group", false, reading->texts[0], size, e) &&
           read_names(node, "segment", false, reading->texts[1], size, e) &&
           read_names(node, "tags", true, reading->texts[2], size, e) &&
           check_group(reading, node, "group", e) && check_group(reading, node, "segment", e);
}

static bool read_channel(struct reading *reading, const struct json_node *root, struct err *e)
{
    const struct json_node *node = json_field(root, "channel");
    if (node != NULL && !json_text_is(node, "online") && !json_text_is(node, "store")) {
        return err_set(e, ERR_INVALID, "channel: \"online\" or \"store\"");
    }
    reading->store = node != NULL && json_text_is(node, "store");
    return true;
}

// ---- the whole

static bool check_currency(const struct reading *reading, const struct json_node *root,
                           struct err *e)
{
    const struct json_node *node = json_field(root, "currency");
    const char *ours = state_get_text(reading->engine->state, reading->row->currency);
    if (node == NULL || json_text_is(node, ours)) {
        return true;
    }
    return err_set(e, ERR_INVALID, "currency: the campaign sells in %s", ours);
}

static bool make_cart(const struct reading *reading, struct err *e)
{
    struct price_asked *out = reading->out;
    struct price_terms terms = price_terms_default();
    terms.card_bp = reading->card_bp;
    snprintf(terms.currency, sizeof(terms.currency), "%s",
             state_get_text(reading->engine->state, reading->row->currency));
    const struct promotion_cart cart = {
        .campaign = reading->campaign,
        .buyer = reading->has_buyer ? &reading->buyer : NULL,
        .store = reading->store,
        .at_ms = out->at_ms,
        .shipping_fen = reading->shipping_fen,
    };
    return checkout_promotions(&reading->engine->core, &cart, reading->rows, reading->line_count,
                               reading->lines, &terms, &out->promotions, e) &&
           price_cart_new(reading->lines, reading->line_count, &terms, &out->cart, e) &&
           coupon_check(out->cart, out->vouchers, out->voucher_count, e);
}

bool price_ask_campaign(struct engine *engine, uint32_t campaign, const struct json_node *root,
                        const struct price_ask *ask, struct price_asked *out, struct err *e)
{
    static const char *const known[] = {"lines",  "vouchers", "card",    "at", "currency",
                                        "member", "shipping", "channel", NULL};
    struct price_line lines[CHECKOUT_LINES_MAX];
    struct checkout_line rows[CHECKOUT_LINES_MAX];
    struct reading reading = {
        .engine = engine,
        .campaign = campaign,
        .row = table_get(engine->state, T_CAMPAIGNS, campaign),
        .ask = ask,
        .out = out,
        .lines = lines,
        .rows = rows,
    };
    *out = (struct price_asked){0};
    if (root->type != JSON_OBJECT) {
        return err_set(e, ERR_INVALID, "cart: not an object");
    }
    const bool done =
        known_fields(root, "", known,
                     "a cart has lines, vouchers, card, member, channel, shipping, at and currency",
                     e) &&
        check_currency(&reading, root, e) && read_when(&reading, root, e) &&
        read_vouchers(&reading, root, e) && read_card(&reading, root, e) &&
        read_buyer(&reading, root, e) && read_channel(&reading, root, e) &&
        read_number(root, "", "shipping", PRICE_TOTAL_MAX, &reading.shipping_fen, e) &&
        read_lines(&reading, root, e) && make_cart(&reading, e);
    if (!done) {
        price_asked_deinit(out);
    }
    return done;
}

void price_asked_deinit(struct price_asked *asked)
{
    price_cart_free(asked->cart);
    asked->cart = NULL;
}

void price_put_time(struct engine *engine, uint32_t campaign, int64_t at_ms, struct buf *out)
{
    const struct campaign *row = table_get(engine->state, T_CAMPAIGNS, campaign);
    struct tz *zone;
    struct tz_civil first;
    struct tz_civil at;
    struct err ignored;
    if (!tz_open(state_get_text(engine->state, row->zone), &zone, &ignored)) {
        buf_printf(out, "%lld", (long long)at_ms);
        return;
    }
    tz_to_local(zone, row->from_at, &first);
    tz_to_local(zone, at_ms, &at);
    const int64_t day =
        tz_days(at.year, at.month, at.day) - tz_days(first.year, first.month, first.day) + 1;
    if (day >= 1 && at_ms <= row->until_at) {
        buf_printf(out, "day %lld, ", (long long)day);
    }
    buf_printf(out, "%04d-%02d-%02d %02d:%02d", at.year, at.month, at.day, at.hour, at.minute);
    tz_close(zone);
}
