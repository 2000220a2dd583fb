#pragma once
// One event: what came in, from whom, when. Flat, with slices into the line it came from, so that
// nothing is copied before the turn keeps it. One description (EVENT_FIELDS) gives the parser of
// dcp/1, the packed form in the journal and the table that a handler sees.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

struct slice {
    const char *data;
    uint32_t size;
};

enum event_kind {
    EVENT_NONE,
    // From connectors (protocol.md):
    EVENT_JOIN,      // member.join
    EVENT_LEAVE,     // member.leave
    EVENT_MEMBERS,   // members: a roster
    EVENT_MESSAGE,   // message
    EVENT_REACTION,  // reaction
    EVENT_PRESS,     // press
    EVENT_VISIT,     // visit
    EVENT_FAVORITE,  // favorite
    EVENT_CART,      // cart
    EVENT_ORDER,     // order.paid
    EVENT_REFUND,    // order.refunded
    EVENT_BOT,       // bot
    EVENT_RESULT,    // t = "res": what became of a command
    // The engine's own:
    EVENT_START,     // a campaign begins: text = campaign name
    EVENT_TIMER,     // a schedule entry is due: ref = its id
    EVENT_WAKE,      // a scene's wait has ended: ref = scene id
    EVENT_OPERATOR,  // a decision of a person: text = what, ref = row (audit verdict, claim handed
                     // out, effect or parked event settled)
    EVENT_OPEN,      // the engine goes on with a file: amount = time of the last turn before. What
                     // was in memory only is new from here on
    EVENT_LINE,      // a line that is no event: text = its beginning (in hex if `on`), how = why
    EVENT_RELEASE,   // an event that waited behind a parked one is handled: ref = its parked row
    EVENT_KEPT,      // an event kept for a handler that failed is given to it: ref = its row
    EVENT_KIND_COUNT,
};
extern const char
    *const event_kind_names[EVENT_KIND_COUNT];  // As in dcp/1; "timer", "wake" for our own.

struct event_item {
    struct slice sku;
    int32_t qty;
    int64_t paid;  // Minor units for the whole line; -1: not given
};
#define EVENT_ITEMS_MAX 1000
#define EVENT_LIST_MAX 5000

// FIELD(type, name, json, help): type S slice, I int64 (0 = absent unless said), B bool
#define EVENT_FIELDS(FIELD)                                                                        \
    FIELD(S, id, "id", "The platform's id: (connector, id) seen before is dropped")                \
    FIELD(S, group, "group", "Group id as in campaign.lua")                                        \
    FIELD(S, member, "member", "Member id on the platform")                                        \
    FIELD(S, name, "member.name", "Nickname")                                                      \
    FIELD(S, signature, "member.signature", "")                                                    \
    FIELD(S, avatar, "member.avatar", "Hash or address of the picture")                            \
    FIELD(S, gender, "member.gender", "female, male or absent")                                    \
    FIELD(S, tags, "member.tags", "Separated by commas")                                           \
    FIELD(S, text, "text", "Message text; reason; name of a campaign")                             \
    FIELD(S, to, "to", "Message a reaction is for; order of a refund; command of a result")        \
    FIELD(S, reply_to, "reply_to", "")                                                             \
    FIELD(S, button, "button", "Button id as given in send")                                       \
    FIELD(S, emoji, "emoji", "")                                                                   \
    FIELD(S, inviter, "inviter", "Member id of who brought her")                                   \
    FIELD(S, code, "code", "Channel, invitation or share code")                                    \
    FIELD(S, how, "how", "How she came; ok / error of a result")                                   \
    FIELD(S, by, "by", "Who removed her; who decided")                                             \
    FIELD(S, sku, "sku", "")                                                                       \
    FIELD(S, page, "page", "")                                                                     \
    FIELD(S, session, "session", "Visitor without a member id")                                    \
    FIELD(S, order, "order", "Order number of the shop")                                           \
    FIELD(S, currency, "currency", "")                                                             \
    FIELD(S, guide, "guide", "Guide's code")                                                       \
    FIELD(S, channel, "channel", "online or store")                                                \
    FIELD(S, ext, "ext", "Id the platform gave to what was sent")                                  \
    FIELD(I, qty, "qty", "")                                                                       \
    FIELD(I, total, "total", "Minor units")                                                        \
    FIELD(I, amount, "amount", "Minor units; retry_ms of a result")                                \
    FIELD(I, ref, "ref", "Row of one of our own events")                                           \
    FIELD(I, level, "member.level", "")                                                            \
    FIELD(B, on, "on", "Reaction set (true) or taken back")                                        \
    FIELD(B, ok, "ok", "Result of a command")                                                      \
    FIELD(B, awaiting, "awaiting", "A person must confirm on the platform")                        \
    FIELD(I, shipping, "shipping", "Minor units: the fee before promotions, part of total")

#define EVENT_C_S struct slice
#define EVENT_C_I int64_t
#define EVENT_C_B bool
#define EVENT_MEMBER(type, name, json, help) EVENT_C_##type name;

struct event {
    enum event_kind kind;
    int64_t at;              // Milliseconds UTC
    int64_t seq;             // 0: not numbered
    struct slice connector;  // Name; empty for our own events
    EVENT_FIELDS(EVENT_MEMBER)
    const struct event_item *items;  // order.paid
    size_t item_count;
    const struct slice *list;  // members: ids of the roster; order.paid: voucher ids
    size_t list_count;
};

struct slice slice_of(const char *text);
bool slice_is(struct slice slice, const char *text);

// Packed form for the journal: only the fields that are set. event_unpack's slices point into
// `data`, its items and list into `arena`.
void event_pack(const struct event *event, struct buf *out);
MUST_USE bool event_unpack(const char *data, size_t size, struct arena *arena, struct event *out,
                           struct err *e);
