#include "link/dcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/utf8.h"
#include "core/outbox.h"

// One field of EVENT_FIELDS: where its value goes.
enum field_type { FIELD_S, FIELD_I, FIELD_B };
struct field {
    const char *name;
    uint8_t name_size;
    enum field_type type;
    bool of_member;  // Stands inside the member object.
    size_t offset;
};

#define FIELD_OF(type, name, json, help)                                                           \
    {json, sizeof(json) - 1, FIELD_##type, false, offsetof(struct event, name)},
static const struct field FIELDS[] = {EVENT_FIELDS(FIELD_OF)};
#define FIELD_COUNT (sizeof(FIELDS) / sizeof(FIELDS[0]))

struct dcp {
    struct json_reader *reader;
    struct event_item items[EVENT_ITEMS_MAX];
    struct slice list[EVENT_LIST_MAX];
    struct buf scratch;  // Joined tags.
};

struct dcp *dcp_new(void)
{
    struct dcp *dcp = xcalloc(1, sizeof(*dcp));
    dcp->reader = json_reader_new(DCP_LINE_MAX);
    buf_init(&dcp->scratch, DCP_TEXT_MAX);
    return dcp;
}

void dcp_free(struct dcp *dcp)
{
    json_reader_free(dcp->reader);
    buf_deinit(&dcp->scratch);
    free(dcp);
}

static struct slice slice_node(const struct json_node *node)
{
    return (struct slice){node->text, node->text_size};
}

static bool read_text(const struct json_node *node, const char *name, struct slice *out,
                      struct err *e)
{
    if (node->type == JSON_NULL) {
        *out = (struct slice){NULL, 0};
        return true;
    }
    if (node->type != JSON_TEXT) {
        return err_set(e, ERR_INVALID, "field '%s' must be text", name);
    }
    if (node->text_size > DCP_TEXT_MAX) {
        return err_set(e, ERR_INVALID, "field '%s' is longer than %d bytes", name, DCP_TEXT_MAX);
    }
    if (node->text_size > 0 && memchr(node->text, '\0', node->text_size) != NULL) {
        return err_set(e, ERR_INVALID, "field '%s' holds a NUL", name);
    }
    *out = slice_node(node);
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

// Money: a decimal text ("199.00") or a whole number of minor units.
static bool read_money(const struct json_node *node, const char *name, int decimals, int64_t *out,
                       struct err *e)
{
    if (node->type == JSON_TEXT) {
        return money_parse(node->text, node->text_size, decimals, out, e) ||
               err_add(e, "field '%s'", name);
    }
    if (node->type != JSON_INT) {
        return err_set(e, ERR_INVALID,
                       "field '%s' must be a decimal text like \"199.00\" or a whole number of "
                       "minor units, never a fraction",
                       name);
    }
    if (node->integer > MONEY_MAX || node->integer < -MONEY_MAX) {
        return err_set(e, ERR_INVALID, "field '%s' is too large", name);
    }
    *out = node->integer;
    return true;
}

static const struct field *find_field(const char *prefix, const struct json_node *node)
{
    const size_t prefix_size = strlen(prefix);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct field *field = &FIELDS[i];
        if (field->name_size == prefix_size + node->key_size &&
            memcmp(field->name + prefix_size, node->key, node->key_size) == 0 &&
            memcmp(field->name, prefix, prefix_size) == 0) {
            return field;
        }
    }
    return NULL;
}

static bool is_money(const char *name)
{
    return strcmp(name, "total") == 0 || strcmp(name, "amount") == 0;
}

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

static bool read_field(const struct field *field, const struct json_node *node, int decimals,
                       struct event *event, struct err *e)
{
    char *at = (char *)event + field->offset;
    switch (field->type) {
    case FIELD_S:
        return read_text(node, field->name, (struct slice *)at, e);
    case FIELD_I:
        if (is_money(field->name)) {
            return read_money(node, field->name, decimals, (int64_t *)at, e);
        }
        return read_int(node, field->name, (int64_t *)at, e);
    case FIELD_B:
        if (node->type != JSON_TRUE && node->type != JSON_FALSE) {
            return err_set(e, ERR_INVALID, "field '%s' must be true or false", field->name);
        }
        *(bool *)at = node->type == JSON_TRUE;
        return true;
    }
    return false;
}

// member: an id, or an object {id, name, ...}.
static bool read_member(struct dcp *dcp, const struct json_node *node, struct event *event,
                        struct err *e)
{
    if (node->type != JSON_OBJECT) {
        return read_text(node, "member", &event->member, e);
    }
    for (const struct json_node *n = json_child(node); n != json_end(node); n = json_next(n)) {
        bool ok = true;
        if (n->key_size == 2 && memcmp(n->key, "id", 2) == 0) {
            ok = read_text(n, "member.id", &event->member, e);
        } else if (n->key_size == 4 && memcmp(n->key, "tags", 4) == 0) {
            ok = read_tags(dcp, n, &event->tags, e);
        } else {
            const struct field *field = find_field("member.", n);
            ok = field == NULL || read_field(field, n, 2, event, e);
        }
        if (!ok) {
            return false;
        }
    }
    if (event->member.size == 0) {
        return err_set(e, ERR_INVALID, "field 'member.id' is missing");
    }
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
        if (sku == NULL || !read_text(sku, "items.sku", &item->sku, e)) {
            return sku != NULL || err_set(e, ERR_INVALID, "field 'items.sku' is missing");
        }
        if (qty != NULL && !read_int(qty, "items.qty", &count, e)) {
            return false;
        }
        if (count < 1 || count > 1000000) {
            return err_set(e, ERR_INVALID, "field 'items.qty' must be 1 to 1000000");
        }
        item->qty = (int32_t)count;
        if (paid != NULL && !read_money(paid, "items.paid", decimals, &item->paid, e)) {
            return false;
        }
        if (paid != NULL && item->paid < 0) {
            return err_set(e, ERR_INVALID, "field 'items.paid' is negative");
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
        if (id == NULL || !read_text(id, name, &dcp->list[event->list_count], e)) {
            return id != NULL || err_set(e, ERR_INVALID, "field '%s' holds one without id", name);
        }
        event->list_count++;
    }
    event->list = dcp->list;
    return true;
}

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
    snprintf(name, sizeof(name), "%.*s", (int)(kind->text_size < 60 ? kind->text_size : 60),
             kind->text);
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
        {EVENT_MESSAGE, "group", offsetof(struct event, group)},
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

static bool read_event_field(struct dcp *dcp, const struct json_node *n, int decimals,
                             struct event *event, struct err *e)
{
    const struct slice key = {n->key, n->key_size};
    if (slice_is(key, "member")) {
        return read_member(dcp, n, event, e);
    }
    if (slice_is(key, "items")) {
        return read_items(dcp, n, decimals, event, e);
    }
    if (slice_is(key, "list") && event->kind == EVENT_MEMBERS) {
        return read_list(dcp, n, "list", event, e);
    }
    if (slice_is(key, "vouchers") && event->kind == EVENT_ORDER) {
        return read_list(dcp, n, "vouchers", event, e);
    }
    if (slice_is(key, "state") && event->kind == EVENT_BOT) {
        return read_text(n, "state", &event->text, e);
    }
    const struct field *field = find_field("", n);
    return field == NULL || field->name_size == sizeof("ref") - 1 ||
           read_field(field, n, decimals, event, e);
}

static bool read_event(struct dcp *dcp, const struct json_node *root, int decimals,
                       struct dcp_message *out, struct err *e)
{
    struct event *event = &out->event;
    const struct json_node *kind = json_field(root, "k");
    const struct json_node *ts = json_field(root, "ts");
    const struct json_node *seq = json_field(root, "seq");
    if (kind == NULL || kind->type != JSON_TEXT) {
        return err_set(e, ERR_INVALID, "field 'k' (the kind) is missing");
    }
    event->kind = find_kind(kind);
    if (event->kind == EVENT_NONE) {
        return unknown_kind(kind, e);
    }
    if (ts == NULL || !read_int(ts, "ts", &event->at, e)) {
        return ts != NULL || err_set(e, ERR_INVALID, "field 'ts' is missing");
    }
    if (event->at <= 0 || event->at >= TS_MAX) {
        return err_set(e, ERR_INVALID, "field 'ts' must be milliseconds since 1970");
    }
    if (seq != NULL && (!read_int(seq, "seq", &event->seq, e) || event->seq < 0)) {
        return err_set(e, ERR_INVALID, "field 'seq' must be a whole number from 1");
    }
    event->on = true;  // A reaction is set unless it says that it was taken back.
    const int minor = event_decimals(root, decimals);
    for (const struct json_node *n = json_child(root); n != json_end(root); n = json_next(n)) {
        if (!read_event_field(dcp, n, minor, event, e)) {
            return false;
        }
    }
    return check_required(event, e);
}

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
    if (id == NULL || !read_text(id, "id", &event->to, e)) {
        return id != NULL || err_set(e, ERR_INVALID, "field 'id' is missing");
    }
    event->awaiting = json_field(root, "awaiting") != NULL;
    if (!event->awaiting && (ok == NULL || (ok->type != JSON_TRUE && ok->type != JSON_FALSE))) {
        return err_set(e, ERR_INVALID, "field 'ok' must be true or false");
    }
    event->ok = ok != NULL && ok->type == JSON_TRUE;
    return (ext == NULL || read_text(ext, "ext", &event->ext, e)) &&
           (why == NULL || read_text(why, "err", &event->how, e)) &&
           (retry == NULL || read_int(retry, "retry_ms", &event->amount, e));
}

static bool read_hello(const struct json_node *root, struct dcp_message *out, struct err *e)
{
    const struct json_node *name = json_field(root, "name");
    const struct json_node *proto = json_field(root, "proto");
    const struct json_node *caps = json_field(root, "caps");
    if (proto == NULL || !json_text_is(proto, "dcp/1")) {
        return err_set(e, ERR_INVALID, "field 'proto' must be \"dcp/1\"");
    }
    if (name == NULL || !read_text(name, "name", &out->name, e)) {
        return name != NULL || err_set(e, ERR_INVALID, "field 'name' is missing");
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
