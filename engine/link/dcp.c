// The lines of connectors, read into events. One pass over the fields of a line, each found by a
// small hash of its name; what is wrong is told with the field's name. Texts point into the
// reader, valid until the next line. Changes no state and knows no group or member.

#include "link/dcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/utf8.h"
#include "core/outbox.h"

enum field_type {
    FIELD_S,
    FIELD_I,
    FIELD_B,
    FIELD_MONEY,
    FIELD_QTY,
    FIELD_OURS,  // A field of our own events: not read.
    FIELD_HEAD,  // Read before the others.
    FIELD_MEMBER,
    FIELD_TAGS,
    FIELD_ITEMS,
    FIELD_LIST,
    FIELD_VOUCHERS,
    FIELD_STATE,
};

// One field of a line: where its value goes.
struct row {
    const char *name;  // As errors tell it: "member.level".
    enum field_type type;
    size_t offset;  // In struct event.
};

#define EVENT_ROW(type, column, json, help) {json, FIELD_##type, offsetof(struct event, column)},
static const struct row EVENT_ROWS[] = {EVENT_FIELDS(EVENT_ROW)};

// Fields that are more than a text, a number or a yes; they go before those of EVENT_ROWS.
static const struct row SPECIAL_ROWS[] = {
    {"t", FIELD_HEAD, 0},
    {"k", FIELD_HEAD, 0},
    {"ts", FIELD_HEAD, 0},
    {"seq", FIELD_HEAD, 0},
    {"ref", FIELD_OURS, 0},
    {"member", FIELD_MEMBER, offsetof(struct event, member)},
    {"member.id", FIELD_S, offsetof(struct event, member)},
    {"member.tags", FIELD_TAGS, offsetof(struct event, tags)},
    {"items", FIELD_ITEMS, 0},
    {"list", FIELD_LIST, 0},
    {"vouchers", FIELD_VOUCHERS, 0},
    {"state", FIELD_STATE, offsetof(struct event, text)},
    {"total", FIELD_MONEY, offsetof(struct event, total)},
    {"amount", FIELD_MONEY, offsetof(struct event, amount)},
    {"shipping", FIELD_MONEY, offsetof(struct event, shipping)},
    {"qty", FIELD_QTY, offsetof(struct event, qty)},
};

#define ROWS_MAX 64
#define SLOTS 256  // A power of two, well above ROWS_MAX.
#define QTY_MAX 1000000

struct field {
    struct row row;
    const char *key;  // As it stands in its object: "level".
    uint32_t key_size;
};

// Fields of an object by their keys, an open hash table; 0 is an empty slot.
struct fields {
    struct field list[ROWS_MAX];
    size_t count;
    uint8_t slots[SLOTS];
};

struct dcp {
    struct json_reader *reader;
    struct fields line;    // Of the line itself.
    struct fields member;  // Of its member object.
    struct event_item items[EVENT_ITEMS_MAX];
    struct slice list[EVENT_LIST_MAX];
    struct buf scratch;  // Joined tags.
};

static unsigned field_slot(const char *key, uint32_t size)
{
    if (size == 0) {
        return 0;
    }
    const unsigned first = (unsigned char)key[0];
    const unsigned last = (unsigned char)key[size - 1];
    return (first * 37 + last * 11 + size * 5) % SLOTS;
}

static const struct field *fields_find(const struct fields *fields, const struct json_node *node)
{
    for (unsigned slot = field_slot(node->key, node->key_size);; slot = (slot + 1) % SLOTS) {
        if (fields->slots[slot] == 0) {
            return NULL;
        }
        const struct field *field = &fields->list[fields->slots[slot] - 1];
        if (field->key_size == node->key_size &&
            memcmp(field->key, node->key, node->key_size) == 0) {
            return field;
        }
    }
}

// A row goes to the table of its object; who comes first stays.
static void fields_add(struct dcp *dcp, const struct row *row)
{
    const size_t prefix = strlen("member.");
    const bool inside = strncmp(row->name, "member.", prefix) == 0;
    struct fields *fields = inside ? &dcp->member : &dcp->line;
    const char *key = row->name + (inside ? prefix : 0);
    const struct json_node probe = {.key = key, .key_size = (uint32_t)strlen(key)};
    if (fields_find(fields, &probe) != NULL) {
        return;
    }
    CHECK(fields->count < ROWS_MAX);
    struct field *field = &fields->list[fields->count++];
    *field = (struct field){.row = *row, .key = key, .key_size = probe.key_size};
    unsigned slot = field_slot(key, probe.key_size);
    while (fields->slots[slot] != 0) {
        slot = (slot + 1) % SLOTS;
    }
    fields->slots[slot] = (uint8_t)fields->count;
}

struct dcp *dcp_new(void)
{
    struct dcp *dcp = xcalloc(1, sizeof(*dcp));
    dcp->reader = json_reader_new(DCP_LINE_MAX);
    buf_init(&dcp->scratch, DCP_TEXT_MAX);
    for (size_t i = 0; i < sizeof(SPECIAL_ROWS) / sizeof(SPECIAL_ROWS[0]); i++) {
        fields_add(dcp, &SPECIAL_ROWS[i]);
    }
    for (size_t i = 0; i < sizeof(EVENT_ROWS) / sizeof(EVENT_ROWS[0]); i++) {
        fields_add(dcp, &EVENT_ROWS[i]);
    }
    return dcp;
}

void dcp_free(struct dcp *dcp)
{
    json_reader_free(dcp->reader);
    buf_deinit(&dcp->scratch);
    free(dcp);
}

// --- Values. ---

static bool need(const struct json_node *node, const char *name, struct err *e)
{
    return node != NULL || err_set(e, ERR_INVALID, "field '%s' is missing", name);
}

static bool read_text(const struct json_node *node, const char *name, struct slice *out,
                      struct err *e)
{
    if (node->type != JSON_TEXT) {
        return err_set(e, ERR_INVALID, "field '%s' must be text", name);
    }
    if (node->text_size > DCP_TEXT_MAX) {
        return err_set(e, ERR_INVALID, "field '%s' is longer than %d bytes", name, DCP_TEXT_MAX);
    }
    if (node->text_size > 0 && memchr(node->text, '\0', node->text_size) != NULL) {
        return err_set(e, ERR_INVALID, "field '%s' holds a NUL", name);
    }
    *out = (struct slice){node->text, node->text_size};
    return true;
}

static bool read_int(const struct json_node *node, const char *name, int64_t *out, struct err *e)
{
    if (node->type != JSON_INT) {
        return err_set(e, ERR_INVALID, "field '%s' must be a whole number", name);
    }
    *out = node->integer;
    return true;
}

static bool read_qty(const struct json_node *node, const char *name, int64_t *out, struct err *e)
{
    if (!read_int(node, name, out, e)) {
        return false;
    }
    return (*out >= 1 && *out <= QTY_MAX) ||
           err_set(e, ERR_INVALID, "field '%s' must be 1 to %d", name, QTY_MAX);
}

static bool read_flag(const struct json_node *node, const char *name, bool *out, struct err *e)
{
    if (node->type != JSON_TRUE && node->type != JSON_FALSE) {
        return err_set(e, ERR_INVALID, "field '%s' must be true or false", name);
    }
    *out = node->type == JSON_TRUE;
    return true;
}

// Money: a decimal text ("199.00") or a whole number of minor units. Amounts are never negative:
// what goes back is told by an event of its own.
static bool read_money(const struct json_node *node, const char *name, int decimals, int64_t *out,
                       struct err *e)
{
    if (node->type == JSON_TEXT) {
        if (!money_parse(node->text, node->text_size, decimals, out, e)) {
            return err_add(e, "field '%s'", name);
        }
    } else if (node->type == JSON_INT) {
        *out = node->integer;
    } else {
        return err_set(e, ERR_INVALID,
                       "field '%s' must be a decimal text like \"199.00\" or a whole number of "
                       "minor units, never a fraction",
                       name);
    }
    if (*out < 0 || *out > MONEY_MAX) {
        return err_set(e, ERR_INVALID, "field '%s' is %s", name,
                       *out < 0 ? "negative" : "too large");
    }
    return true;
}

// --- Lists. ---

// Tags come as a text or a list of texts.
static bool read_tags(struct dcp *dcp, const struct json_node *node, struct slice *out,
                      struct err *e)
{
    if (node->type != JSON_ARRAY) {
        return read_text(node, "member.tags", out, e);
    }
    buf_clear(&dcp->scratch);
    for (const struct json_node *n = json_child(node); n != json_end(node); n = json_next(n)) {
        struct slice tag;
        if (!read_text(n, "member.tags", &tag, e)) {
            return false;
        }
        if (dcp->scratch.size > 0) {
            buf_putc(&dcp->scratch, ',');
        }
        buf_append(&dcp->scratch, tag.data, tag.size);
    }
    if (dcp->scratch.overflow) {
        return err_set(e, ERR_INVALID, "field 'member.tags' is too long");
    }
    *out = (struct slice){dcp->scratch.data, (uint32_t)dcp->scratch.size};
    return true;
}

static bool read_items(struct dcp *dcp, const struct json_node *node, int decimals,
                       struct event *event, struct err *e)
{
    if (node->type != JSON_ARRAY || node->count > EVENT_ITEMS_MAX) {
        return err_set(e, ERR_INVALID, "field 'items' must be a list of at most %d items",
                       EVENT_ITEMS_MAX);
    }
    for (const struct json_node *n = json_child(node); n != json_end(node); n = json_next(n)) {
        struct event_item *item = &dcp->items[event->item_count];
        const struct json_node *sku = n->type == JSON_OBJECT ? json_field(n, "sku") : NULL;
        const struct json_node *qty = n->type == JSON_OBJECT ? json_field(n, "qty") : NULL;
        const struct json_node *paid = n->type == JSON_OBJECT ? json_field(n, "paid") : NULL;
        int64_t count = 1;
        *item = (struct event_item){.paid = -1};
        if (!need(sku, "items.sku", e) || !read_text(sku, "items.sku", &item->sku, e)) {
            return false;
        }
        if (qty != NULL && !read_qty(qty, "items.qty", &count, e)) {
            return false;
        }
        item->qty = (int32_t)count;
        if (paid != NULL && !read_money(paid, "items.paid", decimals, &item->paid, e)) {
            return false;
        }
        event->item_count++;
    }
    event->items = dcp->items;
    return true;
}

static bool read_list(struct dcp *dcp, const struct json_node *node, const char *name,
                      struct event *event, struct err *e)
{
    if (node->type != JSON_ARRAY || node->count > EVENT_LIST_MAX) {
        return err_set(e, ERR_INVALID, "field '%s' must be a list of at most %d", name,
                       EVENT_LIST_MAX);
    }
    for (const struct json_node *n = json_child(node); n != json_end(node); n = json_next(n)) {
        const struct json_node *id = n->type == JSON_OBJECT ? json_field(n, "id") : n;
        if (id == NULL) {
            return err_set(e, ERR_INVALID, "field '%s' holds one without id", name);
        }
        if (!read_text(id, name, &dcp->list[event->list_count], e)) {
            return false;
        }
        event->list_count++;
    }
    event->list = dcp->list;
    return true;
}

// --- Kinds. ---

static enum event_kind find_kind(const struct json_node *node)
{
    for (int kind = EVENT_JOIN; kind < EVENT_RESULT; kind++) {
        const char *name = event_kind_names[kind];
        if (strlen(name) == node->text_size && memcmp(name, node->text, node->text_size) == 0) {
            return (enum event_kind)kind;
        }
    }
    return EVENT_NONE;
}

static bool unknown_kind(const struct json_node *kind, struct err *e)
{
    char name[64];
    const size_t size = utf8_cut(kind->text, kind->text_size, sizeof(name) - 1);
    snprintf(name, sizeof(name), "%.*s", (int)size, kind->text);
    const char *near = text_nearest(name, event_kind_names + EVENT_JOIN, EVENT_RESULT - EVENT_JOIN);
    struct buf shown;
    buf_init(&shown, 512);
    utf8_escape(name, strlen(name), &shown);
    err_set(e, ERR_INVALID, "field 'k': unknown kind '%s'%s%s%s", shown.size == 0 ? "" : shown.data,
            near == NULL ? "" : ", did you mean '", near == NULL ? "" : near,
            near == NULL ? "" : "'?");
    buf_deinit(&shown);
    return false;
}

// Which fields a kind can't do without.
static bool check_required(const struct event *event, struct err *e)
{
    static const struct {
        enum event_kind kind;
        const char *name;
        size_t offset;
    } NEEDS[] = {
        {EVENT_JOIN, "group", offsetof(struct event, group)},
        {EVENT_JOIN, "member", offsetof(struct event, member)},
        {EVENT_LEAVE, "group", offsetof(struct event, group)},
        {EVENT_LEAVE, "member", offsetof(struct event, member)},
        {EVENT_MEMBERS, "group", offsetof(struct event, group)},
        {EVENT_MESSAGE, "member", offsetof(struct event, member)},
        {EVENT_REACTION, "member", offsetof(struct event, member)},
        {EVENT_REACTION, "to", offsetof(struct event, to)},
        {EVENT_PRESS, "member", offsetof(struct event, member)},
        {EVENT_PRESS, "button", offsetof(struct event, button)},
        {EVENT_FAVORITE, "sku", offsetof(struct event, sku)},
        {EVENT_CART, "sku", offsetof(struct event, sku)},
        {EVENT_ORDER, "order", offsetof(struct event, order)},
        {EVENT_REFUND, "order", offsetof(struct event, order)},
    };
    for (size_t i = 0; i < sizeof(NEEDS) / sizeof(NEEDS[0]); i++) {
        const struct slice *value = (const struct slice *)((const char *)event + NEEDS[i].offset);
        if (NEEDS[i].kind == event->kind && value->size == 0) {
            return err_set(e, ERR_INVALID, "field '%s' is missing", NEEDS[i].name);
        }
    }
    return true;
}

// --- Events. ---

static bool read_field(struct dcp *dcp, const struct fields *fields, const struct json_node *node,
                       int decimals, struct event *event, struct err *e);

// member: an id, or an object {id, name, ...}.
static bool read_member(struct dcp *dcp, const struct json_node *node, struct event *event,
                        struct err *e)
{
    if (node->type != JSON_OBJECT) {
        return node->type == JSON_TEXT
                   ? read_text(node, "member", &event->member, e)
                   : err_set(e, ERR_INVALID, "field 'member' must be text or an object with 'id'");
    }
    for (const struct json_node *n = json_child(node); n != json_end(node); n = json_next(n)) {
        if (!read_field(dcp, &dcp->member, n, 0, event, e)) {
            return false;
        }
    }
    return event->member.size > 0 || err_set(e, ERR_INVALID, "field 'member.id' is missing");
}

static bool read_field(struct dcp *dcp, const struct fields *fields, const struct json_node *node,
                       int decimals, struct event *event, struct err *e)
{
    const struct field *field = fields_find(fields, node);
    if (field == NULL || node->type == JSON_NULL) {
        return true;  // Unknown fields are for others; null is as good as absent.
    }
    const char *name = field->row.name;
    void *at = (char *)event + field->row.offset;
    switch (field->row.type) {
    case FIELD_S:
        return read_text(node, name, at, e);
    case FIELD_I:
        return read_int(node, name, at, e);
    case FIELD_B:
        return read_flag(node, name, at, e);
    case FIELD_MONEY:
        return read_money(node, name, decimals, at, e);
    case FIELD_QTY:
        return read_qty(node, name, at, e);
    case FIELD_MEMBER:
        return read_member(dcp, node, event, e);
    case FIELD_TAGS:
        return read_tags(dcp, node, at, e);
    case FIELD_ITEMS:
        return read_items(dcp, node, decimals, event, e);
    case FIELD_LIST:
        return event->kind != EVENT_MEMBERS || read_list(dcp, node, "list", event, e);
    case FIELD_VOUCHERS:
        return event->kind != EVENT_ORDER || read_list(dcp, node, "vouchers", event, e);
    case FIELD_STATE:
        return event->kind != EVENT_BOT || read_text(node, "state", at, e);
    case FIELD_OURS:
    case FIELD_HEAD:
        break;
    }
    return true;
}

#define TS_MIN INT64_C(100000000000)     // March 1973: anything below is seconds, not milliseconds.
#define TS_MAX INT64_C(253402300800000)  // Year 10000

static int event_decimals(const struct json_node *root, int otherwise)
{
    const struct json_node *currency = json_field(root, "currency");
    if (currency == NULL || currency->type != JSON_TEXT || currency->text_size > 7) {
        return otherwise;
    }
    char code[8] = {0};
    memcpy(code, currency->text, currency->text_size);
    const int decimals = money_decimals(code);
    return decimals < 0 ? otherwise : decimals;
}

// What every event has: kind, time, number.
static bool read_head(const struct json_node *root, struct event *event, struct err *e)
{
    const struct json_node *kind = json_field(root, "k");
    const struct json_node *ts = json_field(root, "ts");
    const struct json_node *seq = json_field(root, "seq");
    if (kind == NULL || kind->type != JSON_TEXT) {
        return err_set(e, ERR_INVALID, "field 'k' (the kind) %s",
                       kind == NULL ? "is missing" : "must be text");
    }
    event->kind = find_kind(kind);
    if (event->kind == EVENT_NONE) {
        return unknown_kind(kind, e);
    }
    if (!need(ts, "ts", e) || !read_int(ts, "ts", &event->at, e)) {
        return false;
    }
    if (event->at < TS_MIN || event->at >= TS_MAX) {
        return err_set(e, ERR_INVALID, "field 'ts' must be milliseconds since 1970%s",
                       event->at > 0 && event->at < TS_MIN ? ", these look like seconds" : "");
    }
    if (seq == NULL || seq->type == JSON_NULL) {
        return true;
    }
    return read_int(seq, "seq", &event->seq, e) &&
           (event->seq > 0 || err_set(e, ERR_INVALID, "field 'seq' must be a whole number from 1"));
}

static bool read_event(struct dcp *dcp, const struct json_node *root, int decimals,
                       struct dcp_message *out, struct err *e)
{
    struct event *event = &out->event;
    if (!read_head(root, event, e)) {
        return false;
    }
    event->on = true;  // A reaction is set unless it says that it was taken back.
    const int minor = event_decimals(root, decimals);
    for (const struct json_node *n = json_child(root); n != json_end(root); n = json_next(n)) {
        if (!read_field(dcp, &dcp->line, n, minor, event, e)) {
            return false;
        }
    }
    return check_required(event, e);
}

// --- What is no event. ---

// {"t":"res","id":key,"ok":...}: becomes an event whose `to` is the command's key.
static bool read_result(const struct json_node *root, struct dcp_message *out, struct err *e)
{
    struct event *event = &out->event;
    const struct json_node *id = json_field(root, "id");
    const struct json_node *ok = json_field(root, "ok");
    const struct json_node *ext = json_field(root, "ext");
    const struct json_node *why = json_field(root, "err");
    const struct json_node *retry = json_field(root, "retry_ms");
    event->kind = EVENT_RESULT;
    if (!need(id, "id", e) || !read_text(id, "id", &event->to, e)) {
        return false;
    }
    event->awaiting = json_field(root, "awaiting") != NULL;
    if (!event->awaiting && (ok == NULL || (ok->type != JSON_TRUE && ok->type != JSON_FALSE))) {
        return err_set(e, ERR_INVALID, "field 'ok' must be true or false");
    }
    event->ok = ok != NULL && ok->type == JSON_TRUE;
    return (ext == NULL || read_text(ext, "ext", &event->ext, e)) &&
           (why == NULL || read_text(why, "err", &event->how, e)) &&
           (retry == NULL || read_int(retry, "retry_ms", &event->amount, e)) &&
           (event->amount >= 0 || err_set(e, ERR_INVALID, "field 'retry_ms' is negative"));
}

static bool read_hello(const struct json_node *root, struct dcp_message *out, struct err *e)
{
    const struct json_node *name = json_field(root, "name");
    const struct json_node *proto = json_field(root, "proto");
    const struct json_node *caps = json_field(root, "caps");
    if (proto == NULL || !json_text_is(proto, "dcp/1")) {
        return err_set(e, ERR_INVALID, "field 'proto' must be \"dcp/1\"");
    }
    if (!need(name, "name", e) || !read_text(name, "name", &out->name, e)) {
        return false;
    }
    if (out->name.size == 0) {
        return err_set(e, ERR_INVALID, "field 'name' is empty");
    }
    if (caps == NULL) {
        out->caps = UINT32_MAX;
        return true;
    }
    if (caps->type != JSON_ARRAY) {
        return err_set(e, ERR_INVALID, "field 'caps' must be a list of texts");
    }
    for (const struct json_node *n = json_child(caps); n != json_end(caps); n = json_next(n)) {
        for (uint32_t op = 0; outbox_op_names[op] != NULL; op++) {
            if (json_text_is(n, outbox_op_names[op])) {
                out->caps |= UINT32_C(1) << op;
            }
        }
    }
    return true;
}

bool dcp_parse(struct dcp *dcp, const char *line, size_t size, int currency_decimals,
               struct dcp_message *out, struct err *e)
{
    const struct json_node *root;
    memset(out, 0, sizeof(*out));
    if (!json_parse(dcp->reader, line, size, &root, e)) {
        return false;
    }
    const struct json_node *type = root->type == JSON_OBJECT ? json_field(root, "t") : NULL;
    if (type == NULL || type->type != JSON_TEXT) {
        return err_set(e, ERR_INVALID, "field 't' is missing: a line is an object with \"t\"");
    }
    if (json_text_is(type, "ev")) {
        out->type = DCP_EVENT;
        return read_event(dcp, root, currency_decimals, out, e);
    }
    if (json_text_is(type, "res")) {
        out->type = DCP_RESULT;
        return read_result(root, out, e);
    }
    if (json_text_is(type, "hello")) {
        out->type = DCP_HELLO;
        return read_hello(root, out, e);
    }
    if (json_text_is(type, "log")) {
        const struct json_node *text = json_field(root, "text");
        out->type = DCP_LOG;
        return text == NULL || read_text(text, "text", &out->text, e);
    }
    return err_set(e, ERR_INVALID, "field 't' is hello, ev, res or log");
}

void dcp_put_ack(struct buf *out, int64_t seq)
{
    buf_printf(out, "{\"t\":\"ack\",\"seq\":%lld}", (long long)seq);
}

void dcp_put_error(struct buf *out, uint64_t line, const char *error)
{
    buf_printf(out, "{\"t\":\"err\",\"line\":%llu,\"error\":", (unsigned long long)line);
    json_put_z(out, error);
    buf_putc(out, '}');
}
