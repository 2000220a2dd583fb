// Rows of the outbox: appended, closed by results, written as dcp/1 lines. Who goes when is in
// outbox_queue.c.

#include "core/outbox.h"

#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "core/outbox_queue.h"

#define OUTBOX_TEXT_MAX 512  // Bytes of an error or a platform's id that are kept.
#define OUTBOX_KEY_ROUNDS 6  // Twice what lets every bit reach every other one.
#define OUTBOX_BACK_OFF_MS ((int64_t)1000)
#define OUTBOX_RATE_MIN_MS ((int64_t)100)
#define OUTBOX_RATE_MAX_MS ((int64_t)3600 * 1000)
#define OUTBOX_RATE_ATTEMPTS_MAX 4  // Are used up by it, where it doesn't say for how long.

const char *const outbox_op_names[] = {
    "send", "dm", "kick", "title", "pin", "invite_code", "members", "price", "voucher", "pay", NULL,
};

static void outbox_put64(uint8_t *to, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8) {
        to[i] = (uint8_t)value;
    }
}

static uint64_t outbox_get64(const uint8_t *from)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) {
        value = value << 8 | from[i];
    }
    return value;
}

// A key is a scope of 128 bits, stirred with the effect's number: a Feistel network, so two scopes
// never give one key for the same number. The same in every process and after every crash, as keys
// are kept; nothing secret is in it, and nobody is trusted for knowing one.
static void outbox_key(uint64_t high, uint64_t low, uint32_t number, struct outbox_row *row)
{
    for (uint64_t round = 1; round <= OUTBOX_KEY_ROUNDS; round++) {
        const uint64_t stirred = high ^ hash64_int(low + (round << 32 | number));
        high = low;
        low = stirred;
    }
    row->key_high = (int64_t)high;
    row->key_low = (int64_t)low;
}

uint32_t outbox_append(struct outbox *outbox, const struct outbox_row *row, const char *body,
                       size_t body_size, uint64_t scope_high, uint64_t scope_low, uint32_t number)
{
    struct state *state = outbox->state;
    struct outbox_row effect = *row;
    outbox_key(scope_high, scope_low, number, &effect);
    const uint32_t known =
        TABLE_FIND(state, T_OUTBOX, OUTBOX_BY_KEY, effect.key_high, effect.key_low);
    if (known != 0) {
        return known;
    }
    effect.created_at = state_now(state);
    effect.sent_at = 0;
    effect.retry_at = 0;
    effect.attempts = 0;
    effect.status = OUTBOX_READY;
    effect.body = NULL;
    struct outbox_row *added = table_insert(state, T_OUTBOX, &effect);
    table_set_bytes(state, &added->body, body, body_size);
    outbox_touch(outbox, added, TOUCH_NEW);
    return added->id;
}

static bool outbox_is_late(const struct outbox_row *row, int64_t now_ms)
{
    return row->expires != 0 && now_ms > row->expires;
}

enum outbox_action outbox_action(const struct outbox *outbox, uint32_t id, int64_t now_ms)
{
    const struct outbox_row *row = table_get(outbox->state, T_OUTBOX, id);
    CHECK(row != NULL);
    if (outbox_is_late(row, now_ms)) {
        return OUTBOX_DO_EXPIRE;
    }
    return row->policy != OUTBOX_RESEND && row->status == OUTBOX_READY ? OUTBOX_DO_DEPART
                                                                       : OUTBOX_DO_SEND;
}

// The row for editing, if this effect is not closed yet.
static struct outbox_row *outbox_open_row(struct outbox *outbox, uint32_t id,
                                          enum outbox_touch_kind kind)
{
    const struct outbox_row *row = table_get(outbox->state, T_OUTBOX, id);
    if (row == NULL || row->status == OUTBOX_SENT || row->status == OUTBOX_FAILED ||
        row->status == OUTBOX_EXPIRED) {
        return NULL;
    }
    outbox_touch(outbox, row, kind);
    return table_edit(outbox->state, T_OUTBOX, id);
}

void outbox_depart(struct outbox *outbox, uint32_t id)
{
    struct outbox_row *row = outbox_open_row(outbox, id, TOUCH_DEPARTS);
    if (row != NULL) {
        row->status = OUTBOX_IN_FLIGHT;
    }
}

void outbox_expire(struct outbox *outbox, uint32_t id)
{
    struct outbox_row *row = outbox_open_row(outbox, id, TOUCH_RESULT);
    if (row != NULL) {
        row->status = OUTBOX_EXPIRED;
    }
}

static uint32_t outbox_find(const struct outbox *outbox, struct slice hex)
{
    uint8_t key[16];
    if (!hex_decode(hex.data, hex.size, key, sizeof(key))) {
        return 0;
    }
    return TABLE_FIND(outbox->state, T_OUTBOX, OUTBOX_BY_KEY, (int64_t)outbox_get64(key),
                      (int64_t)outbox_get64(key + 8));
}

static text_id outbox_text(struct outbox *outbox, struct slice text)
{
    if (!utf8_valid(text.data, text.size)) {
        return 0;
    }
    return state_text(outbox->state, text.data, utf8_cut(text.data, text.size, OUTBOX_TEXT_MAX));
}

// 1 s, 2 s, 4 s ... and up to half as much again, by key: those that failed together don't come
// back together, and a replay waits as long.
static int64_t outbox_back_off_ms(const struct outbox_row *row)
{
    const int shift = row->attempts < 1 ? 0 : row->attempts - 1;
    const int64_t wait_ms = OUTBOX_BACK_OFF_MS << (shift < 16 ? shift : 16);
    const uint64_t jitter = hash64_int((uint64_t)row->key_low + (uint64_t)row->attempts);
    return wait_ms + (int64_t)(jitter % (uint64_t)(wait_ms / 2 + 1));
}

static void outbox_refused(struct outbox *outbox, struct outbox_row *row, const struct event *event)
{
    const struct slice how = event->how;
    const int64_t now_ms = state_now(outbox->state);
    const bool unknown =
        slice_is(how, "unknown") || slice_is(how, "timeout") || slice_is(how, "lost");
    row->error = outbox_text(outbox, how);
    if (slice_is(how, "rate")) {
        // Without a time it is asked less and less often, and never given up for that alone.
        row->attempts += event->amount <= 0 && row->attempts < OUTBOX_RATE_ATTEMPTS_MAX;
        const int64_t wished_ms = event->amount > 0 ? event->amount : outbox_back_off_ms(row);
        const int64_t asked_ms = wished_ms < OUTBOX_RATE_MAX_MS ? wished_ms : OUTBOX_RATE_MAX_MS;
        row->retry_at = now_ms + (asked_ms > OUTBOX_RATE_MIN_MS ? asked_ms : OUTBOX_RATE_MIN_MS);
        row->status = OUTBOX_READY;
        return;
    }
    row->attempts++;
    row->retry_at = now_ms + outbox_back_off_ms(row);
    if (unknown && row->policy == OUTBOX_ONCE) {
        row->status = OUTBOX_UNKNOWN;
    } else if (unknown && row->policy == OUTBOX_ASK) {
        row->status = OUTBOX_AWAITING_STAFF;
    } else if (row->attempts >= OUTBOX_ATTEMPTS_MAX || slice_is(how, "refused") ||
               slice_is(how, "unsupported")) {
        row->status = OUTBOX_FAILED;
    } else {
        row->status = OUTBOX_READY;
    }
}

void outbox_result(struct outbox *outbox, const struct event *event)
{
    const uint32_t id = outbox_find(outbox, event->to);
    struct outbox_row *row = id == 0 ? NULL : outbox_open_row(outbox, id, TOUCH_RESULT);
    if (row == NULL) {
        return;
    }
    const bool settled = row->status == OUTBOX_AWAITING_STAFF || row->status == OUTBOX_UNKNOWN;
    if (event->awaiting) {
        row->status = OUTBOX_AWAITING_STAFF;
        row->attempts += !settled;
    } else if (event->ok) {
        row->status = OUTBOX_SENT;
        row->sent_at = state_now(outbox->state);
        row->ext = outbox_text(outbox, event->ext);
        row->error = 0;
        row->attempts += !settled;
    } else if (settled) {
        // It was out of our hands and somebody says that it didn't happen: a person's decision.
        row->status = OUTBOX_FAILED;
        row->error = outbox_text(outbox, event->how);
    } else {
        outbox_refused(outbox, row, event);
    }
}

static void outbox_again(struct outbox *outbox, struct outbox_row *row)
{
    const int64_t until_ms = state_now(outbox->state) + OUTBOX_LATE_DEFAULT_MS;
    row->status = OUTBOX_READY;
    row->attempts = 0;
    row->retry_at = 0;
    if (row->expires != 0 && row->expires < until_ms) {
        row->expires = until_ms;
    }
}

bool outbox_decide(struct outbox *outbox, const struct event *event, struct err *e)
{
    const uint32_t id = outbox_find(outbox, event->to);
    const struct outbox_row *known = id == 0 ? NULL : table_get(outbox->state, T_OUTBOX, id);
    const bool again = slice_is(event->how, "again");
    const bool sent = slice_is(event->how, "sent");
    if (!again && !sent && !slice_is(event->how, "failed")) {
        return err_set(e, ERR_INVALID, "how: sent, failed or again");
    }
    if (known == NULL) {
        return err_set(e, ERR_INVALID, "to: no such effect, or it is closed");
    }
    const uint8_t was = known->status;
    if (was == OUTBOX_SENT || was == OUTBOX_EXPIRED) {
        return err_set(e, ERR_REFUSED, "it was sent or has expired: nothing is left to decide");
    }
    if (was == (again ? OUTBOX_READY : sent ? OUTBOX_SENT : OUTBOX_FAILED)) {
        return err_set(e, ERR_REFUSED, again ? "it waits to be sent" : "it has failed already");
    }
    // In flight it has its channel's place; what was given up left it and queues anew.
    outbox_touch(outbox, known, again && was != OUTBOX_IN_FLIGHT ? TOUCH_NEW : TOUCH_RESULT);
    struct outbox_row *row = table_edit(outbox->state, T_OUTBOX, id);
    row->error = 0;
    if (again) {
        outbox_again(outbox, row);
        return true;
    }
    row->status = sent ? OUTBOX_SENT : OUTBOX_FAILED;
    row->sent_at = sent ? state_now(outbox->state) : 0;
    row->attempts += row->attempts == 0;  // Whoever says so counts as the one that tried.
    if (!sent) {
        row->error = outbox_text(outbox, slice_of("given up by a person"));
    }
    return true;
}

// Rows that only count events (of feeds) are no connectors that could be given commands.
static uint32_t outbox_only_connector(const struct state *state)
{
    uint32_t only = 0;
    for (uint32_t id = 0; (id = table_next(state, T_CONNECTORS, id)) != 0;) {
        const struct connector *row = table_get(state, T_CONNECTORS, id);
        if (row->command == NULL && row->socket == 0) {
            continue;
        }
        if (only != 0) {
            return 0;
        }
        only = id;
    }
    return only;
}

uint32_t outbox_connector(const struct state *state, const struct outbox_row *row)
{
    uint32_t group_id = (uint32_t)row->group;
    if (group_id == 0 && row->member != 0) {
        const struct member *member = table_get(state, T_MEMBERS, (uint32_t)row->member);
        group_id = member == NULL ? 0 : (uint32_t)member->group;
    }
    const struct group *group = group_id == 0 ? NULL : table_get(state, T_GROUPS, group_id);
    if (group == NULL || group->connector == 0) {
        return outbox_only_connector(state);
    }
    const uint32_t id = TABLE_FIND(state, T_CONNECTORS, CONNECTORS_BY_NAME, group->connector);
    return id == 0 ? OUTBOX_NOBODY : id;
}

void outbox_key_hex(const struct outbox_row *row, char hex[33])
{
    uint8_t key[16];
    outbox_put64(key, (uint64_t)row->key_high);
    outbox_put64(key + 8, (uint64_t)row->key_low);
    hex_encode(key, sizeof(key), hex);
}

static void outbox_put_field(const struct outbox *outbox, const char *name, text_id value,
                             struct buf *out)
{
    const struct text_pool *texts = state_texts(outbox->state);
    json_key(out, name);
    json_put_text(out, text_get(texts, value), text_size(texts, value));
}

void outbox_command(const struct outbox *outbox, uint32_t id, struct buf *out)
{
    const struct outbox_row *row = table_get(outbox->state, T_OUTBOX, id);
    CHECK(row != NULL);
    CHECK(row->op <= OUTBOX_PAY);
    char hex[33];
    outbox_key_hex(row, hex);
    buf_puts(out, "{\"t\":\"cmd\",\"id\":\"");
    buf_puts(out, hex);
    buf_puts(out, "\",\"op\":\"");
    buf_puts(out, outbox_op_names[row->op]);
    buf_putc(out, '"');
    const struct group *group =
        row->group == 0 ? NULL : table_get(outbox->state, T_GROUPS, (uint32_t)row->group);
    if (group != NULL) {
        outbox_put_field(outbox, "group", group->ext, out);
    }
    const struct member *member =
        row->member == 0 ? NULL : table_get(outbox->state, T_MEMBERS, (uint32_t)row->member);
    if (member != NULL) {
        outbox_put_field(outbox, "member", member->ext, out);
    }
    // The body is an object of our own making: without its brackets it is a run of members.
    const struct bytes *body = row->body;
    if (body != NULL && body->size > 2 && body->data[0] == '{') {
        CHECK(body->data[body->size - 1] == '}');
        buf_putc(out, ',');
        buf_append(out, body->data + 1, body->size - 2);
    }
    if (row->expires != 0) {
        json_key(out, "not_after");
        json_put_int(out, row->expires);
    }
    buf_puts(out, "}\n");
}
