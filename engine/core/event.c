// Events: names of the kinds, and the packed form of the journal:
//
//   varint kind, zigzag at, zigzag seq, text connector,
//   varint set of fields (bit i: field i of EVENT_FIELDS), the fields that are set in their order
//   (S varint size and bytes, I zigzag, B nothing: the bit is the value),
//   varint items, each: text sku, zigzag qty, zigzag paid,  varint list, each a text
//
// Reading takes the bytes for hostile: everything has a bound and texts are valid UTF-8.

#include "core/event.h"

#include <string.h>

#include "core/unpack.h"

const char *const event_kind_names[EVENT_KIND_COUNT] = {
    [EVENT_NONE] = "none",       [EVENT_JOIN] = "member.join", [EVENT_LEAVE] = "member.leave",
    [EVENT_MEMBERS] = "members", [EVENT_MESSAGE] = "message",  [EVENT_REACTION] = "reaction",
    [EVENT_PRESS] = "press",     [EVENT_VISIT] = "visit",      [EVENT_FAVORITE] = "favorite",
    [EVENT_CART] = "cart",       [EVENT_ORDER] = "order.paid", [EVENT_REFUND] = "order.refunded",
    [EVENT_BOT] = "bot",         [EVENT_RESULT] = "res",       [EVENT_START] = "start",
    [EVENT_TIMER] = "timer",     [EVENT_WAKE] = "wake",        [EVENT_OPERATOR] = "operator",
    [EVENT_OPEN] = "open",       [EVENT_LINE] = "line",        [EVENT_RELEASE] = "release",
    [EVENT_KEPT] = "kept",
};

struct slice slice_of(const char *text)
{
    return (struct slice){text, text == NULL ? 0 : (uint32_t)strlen(text)};
}

bool slice_is(struct slice slice, const char *text)
{
    const size_t size = strlen(text);
    return slice.size == size && (size == 0 || memcmp(slice.data, text, size) == 0);
}

// Fields are numbered as they stand in EVENT_FIELDS; the journal depends on it, so new ones go to
// the end of their list.
#define EVENT_BIT(type, name, json, help) EVENT_BIT_##name,
enum event_bit { EVENT_FIELDS(EVENT_BIT) EVENT_BIT_COUNT };
_Static_assert(EVENT_BIT_COUNT <= 63, "the set of fields is one varint");

#define VARINT_MAX 10  // Bytes of the longest.

#define EVENT_SET_S(name) (event->name.size > 0)
#define EVENT_SET_I(name) (event->name != 0)
#define EVENT_SET_B(name) (event->name)
#define EVENT_FLAG(type, name, json, help)                                                         \
    (EVENT_SET_##type(name) ? UINT64_C(1) << EVENT_BIT_##name : 0) |

#define EVENT_PACK_S(name) at = put_text(at, event->name)
#define EVENT_PACK_I(name) at = put_varint(at, unpack_zigzag(event->name))
#define EVENT_PACK_B(name) (void)0
#define EVENT_ROOM_S(name) VARINT_MAX + event->name.size
#define EVENT_ROOM_I(name) VARINT_MAX
#define EVENT_ROOM_B(name) 0
#define EVENT_ROOM(type, name, json, help) +EVENT_ROOM_##type(name)
#define EVENT_PACK(type, name, json, help)                                                         \
    if (EVENT_SET_##type(name)) {                                                                  \
        EVENT_PACK_##type(name);                                                                   \
    }

#define EVENT_UNPACK_S(name) out->name = unpack_text(&in)
#define EVENT_UNPACK_I(name) out->name = unpack_signed(&in)
#define EVENT_UNPACK_B(name) out->name = true
#define EVENT_UNPACK(type, name, json, help)                                                       \
    if (set & UINT64_C(1) << EVENT_BIT_##name) {                                                   \
        EVENT_UNPACK_##type(name);                                                                 \
    }

static char *put_varint(char *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (char)(value | 0x80);
        value >>= 7;
    }
    *at++ = (char)value;
    return at;
}

static char *put_text(char *at, struct slice text)
{
    at = put_varint(at, text.size);
    if (text.size > 0) {
        memcpy(at, text.data, text.size);
    }
    return at + text.size;
}

// More than the packed event takes.
static size_t event_room(const struct event *event)
{
    size_t room = (size_t)6 * VARINT_MAX + event->connector.size EVENT_FIELDS(EVENT_ROOM);
    for (size_t i = 0; i < event->item_count; i++) {
        room += (size_t)3 * VARINT_MAX + event->items[i].sku.size;
    }
    for (size_t i = 0; i < event->list_count; i++) {
        room += VARINT_MAX + event->list[i].size;
    }
    return room;
}

// Every turn packs its event, so room is asked for once and not for each field.
void event_pack(const struct event *event, struct buf *out)
{
    CHECK(event->kind > EVENT_NONE);
    CHECK(event->kind < EVENT_KIND_COUNT);
    CHECK(event->item_count <= EVENT_ITEMS_MAX);
    CHECK(event->list_count <= EVENT_LIST_MAX);
    const size_t before = out->size;
    const size_t room = event_room(event);
    char *const start = buf_reserve(out, room);
    if (start == NULL) {
        return;
    }
    char *at = put_varint(start, event->kind);
    at = put_varint(at, unpack_zigzag(event->at));
    at = put_varint(at, unpack_zigzag(event->seq));
    at = put_text(at, event->connector);
    at = put_varint(at, EVENT_FIELDS(EVENT_FLAG) 0);
    EVENT_FIELDS(EVENT_PACK)
    at = put_varint(at, event->item_count);
    for (size_t i = 0; i < event->item_count; i++) {
        at = put_text(at, event->items[i].sku);
        at = put_varint(at, unpack_zigzag(event->items[i].qty));
        at = put_varint(at, unpack_zigzag(event->items[i].paid));
    }
    at = put_varint(at, event->list_count);
    for (size_t i = 0; i < event->list_count; i++) {
        at = put_text(at, event->list[i]);
    }
    CHECK((size_t)(at - start) <= room);
    out->size = before + (size_t)(at - start);
    out->data[out->size] = '\0';
}

static void event_unpack_items(struct unpack *in, struct arena *arena, struct event *out)
{
    out->item_count = unpack_max(in, EVENT_ITEMS_MAX);
    struct event_item *items = NULL;
    if (out->item_count > 0) {
        items = arena_zalloc(arena, out->item_count * sizeof(*items));
    }
    for (size_t i = 0; i < out->item_count && !in->failed; i++) {
        items[i].sku = unpack_text(in);
        const int64_t qty = unpack_signed(in);
        in->failed |= qty < INT32_MIN || qty > INT32_MAX;
        items[i].qty = in->failed ? 0 : (int32_t)qty;
        items[i].paid = unpack_signed(in);
    }
    out->items = items;
    out->list_count = unpack_max(in, EVENT_LIST_MAX);
    struct slice *list = NULL;
    if (out->list_count > 0) {
        list = arena_zalloc(arena, out->list_count * sizeof(*list));
    }
    for (size_t i = 0; i < out->list_count && !in->failed; i++) {
        list[i] = unpack_text(in);
    }
    out->list = list;
}

bool event_unpack(const char *data, size_t size, struct arena *arena, struct event *out,
                  struct err *e)
{
    struct unpack in = {.at = data, .end = data + size};
    *out = (struct event){.kind = (enum event_kind)unpack_max(&in, EVENT_KIND_COUNT - 1)};
    out->at = unpack_signed(&in);
    out->seq = unpack_signed(&in);
    out->connector = unpack_text(&in);
    const uint64_t set = unpack_max(&in, (UINT64_C(1) << EVENT_BIT_COUNT) - 1);
    EVENT_FIELDS(EVENT_UNPACK)
    event_unpack_items(&in, arena, out);
    if (in.failed || in.at != in.end || out->kind == EVENT_NONE) {
        *out = (struct event){0};
        return err_set(e, ERR_CORRUPT, "the packed event is damaged");
    }
    return true;
}
