#include "app/replay_tell.h"

#include <stdlib.h>
#include <string.h>

#include "base/tz.h"
#include "base/utf8.h"

#define SHOWN_MAX 200
#define LINES_MAX 8

static void put_time(struct buf *out, int64_t at_ms)
{
    const int64_t days = at_ms / 86400000;
    const int64_t rest_ms = at_ms % 86400000;
    int year;
    int month;
    int day;
    tz_from_days(days, &year, &month, &day);
    buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day,
               (int)(rest_ms / 3600000), (int)(rest_ms / 60000 % 60), (int)(rest_ms / 1000 % 60),
               (int)(rest_ms % 1000));
}

static void put_slice(struct buf *out, const char *name, struct slice value)
{
    if (value.size > 0) {
        buf_printf(out, ", %s ", name);
        utf8_escape(value.data, utf8_cut(value.data, value.size, SHOWN_MAX), out);
    }
}

#define TELL_S(name) put_slice(out, #name, event->name);
#define TELL_I(name)                                                                               \
    if (event->name != 0) {                                                                        \
        buf_printf(out, ", %s %lld", #name, (long long)event->name);                               \
    }
#define TELL_B(name)                                                                               \
    if (event->name) {                                                                             \
        buf_puts(out, ", " #name);                                                                 \
    }
#define TELL(type, name, json, help) TELL_##type(name)

void replay_tell_event(const struct event *event, struct buf *out)
{
    buf_printf(out, "%s at ", event_kind_names[event->kind]);
    put_time(out, event->at < 0 ? 0 : event->at);
    put_slice(out, "connector", event->connector);
    EVENT_FIELDS(TELL)
}

// --- Effects and legs, a line each, alike whether they come from rows in memory or from a file.
// ---

struct lines {
    struct buf *items;
    size_t count, capacity;
};

static struct buf *lines_add(struct lines *lines)
{
    if (lines->count == lines->capacity) {
        lines->capacity = lines->capacity == 0 ? 16 : lines->capacity * 2;
        lines->items = xrealloc(lines->items, lines->capacity * sizeof(*lines->items));
    }
    struct buf *line = &lines->items[lines->count++];
    buf_init(line, 1 << 20);
    return line;
}

static void lines_free(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        buf_deinit(&lines->items[i]);
    }
    free(lines->items);
}

struct effect_line {
    int64_t id, op, day, group, member, not_before, expires, planned_at, policy;
    const char *kind, *body;
    size_t kind_size, body_size;
};

static void put_effect(struct lines *lines, const struct effect_line *effect)
{
    struct buf *out = lines_add(lines);
    buf_printf(out, "effect %lld: %s ", (long long)effect->id,
               effect->op >= 0 && effect->op <= OUTBOX_PAY ? outbox_op_names[effect->op] : "?");
    buf_append(out, effect->kind, effect->kind_size);
    buf_printf(out, ", day %lld group %lld member %lld, times %lld %lld %lld, policy %lld, ",
               (long long)effect->day, (long long)effect->group, (long long)effect->member,
               (long long)effect->not_before, (long long)effect->expires,
               (long long)effect->planned_at, (long long)effect->policy);
    buf_append(out, effect->body, effect->body_size);
}

static void put_leg(struct lines *lines, int64_t id, int64_t amount, int64_t account,
                    int64_t member, const char *reason, size_t reason_size)
{
    struct buf *out = lines_add(lines);
    buf_printf(out, "leg %lld: %lld into account %lld for member %lld, ", (long long)id,
               (long long)amount, (long long)account, (long long)member);
    buf_append(out, reason, reason_size);
}

static void lines_of_state(const struct state *state, struct digest_mark from, struct lines *lines)
{
    const struct text_pool *texts = state_texts((struct state *)state);
    for (uint32_t id = from.outbox + 1; id <= table_last(state, T_OUTBOX); id++) {
        const struct outbox_row *row = table_get(state, T_OUTBOX, id);
        if (row != NULL) {
            put_effect(lines, &(struct effect_line){id, row->op, row->day, row->group, row->member,
                                                    row->not_before, row->expires, row->planned_at,
                                                    row->policy, text_get(texts, row->kind),
                                                    row->body == NULL ? "" : row->body->data,
                                                    text_size(texts, row->kind),
                                                    row->body == NULL ? 0 : row->body->size});
        }
    }
    for (uint32_t id = from.ledger + 1; id <= table_last(state, T_LEDGER); id++) {
        const struct ledger_leg *row = table_get(state, T_LEDGER, id);
        if (row != NULL) {
            put_leg(lines, id, row->amount, row->account, row->member, text_get(texts, row->reason),
                    text_size(texts, row->reason));
        }
    }
}

static const char *bytes_of(const struct value *value, size_t *size)
{
    const bool has = value->type == VALUE_TEXT || value->type == VALUE_BLOB;
    *size = has ? value->size : 0;
    return has ? value->data : "";
}

static bool on_effect(void *ctx, const struct store_row *row, struct err *e)
{
    const struct value *v = row->values;
    struct effect_line effect = {v[0].integer,
                                 v[1].integer,
                                 v[2].integer,
                                 v[3].integer,
                                 v[4].integer,
                                 v[5].integer,
                                 v[6].integer,
                                 v[7].integer,
                                 v[8].integer,
                                 NULL,
                                 NULL,
                                 0,
                                 0};
    (void)e;
    effect.kind = bytes_of(&v[9], &effect.kind_size);
    effect.body = bytes_of(&v[10], &effect.body_size);
    put_effect(ctx, &effect);
    return true;
}

static bool on_leg(void *ctx, const struct store_row *row, struct err *e)
{
    size_t size;
    const struct value *v = row->values;
    const char *reason = bytes_of(&v[4], &size);
    (void)e;
    put_leg(ctx, v[0].integer, v[1].integer, v[2].integer, v[3].integer, reason, size);
    return true;
}

static bool lines_of_file(struct store *file, struct digest_mark from, const struct digest *journal,
                          struct lines *lines, struct err *e)
{
    const struct value effects[] = {
        {.type = VALUE_INT, .integer = from.outbox},
        {.type = VALUE_INT, .integer = (int64_t)from.outbox + journal->effects},
    };
    const struct value legs[] = {
        {.type = VALUE_INT, .integer = from.ledger},
        {.type = VALUE_INT, .integer = (int64_t)from.ledger + journal->legs},
    };
    return store_query(file,
                       "SELECT id, op, day, \"group\", member, not_before, expires, planned_at,"
                       " policy, kind, body FROM outbox WHERE id > ?1 AND id <= ?2 ORDER BY id",
                       effects, 2, on_effect, lines, e) &&
           store_query(file,
                       "SELECT id, amount, account, member, reason FROM ledger"
                       " WHERE id > ?1 AND id <= ?2 ORDER BY id",
                       legs, 2, on_leg, lines, e);
}

static bool has_line(const struct lines *lines, const struct buf *line)
{
    for (size_t i = 0; i < lines->count; i++) {
        if (lines->items[i].size == line->size &&
            memcmp(lines->items[i].data, line->data, line->size) == 0) {
            return true;
        }
    }
    return false;
}

static void put_missing(const struct lines *lines, const struct lines *others, char sign,
                        struct buf *out)
{
    size_t shown = 0;
    size_t more = 0;
    for (size_t i = 0; i < lines->count; i++) {
        const struct buf *line = &lines->items[i];
        if (has_line(others, line)) {
            continue;
        }
        if (shown++ >= LINES_MAX) {
            more++;
            continue;
        }
        buf_printf(out, "%c ", sign);
        utf8_escape(line->data, utf8_cut(line->data, line->size, 2 * SHOWN_MAX), out);
        buf_putc(out, '\n');
    }
    if (more > 0) {
        buf_printf(out, "%c ... and %zu more\n", sign, more);
    }
}

bool replay_tell_did(const struct state *state, struct store *file, struct digest_mark from,
                     const struct digest *journal, struct buf *out, struct err *e)
{
    struct lines ours = {0};
    struct lines theirs = {0};
    lines_of_state(state, from, &ours);
    const bool done = lines_of_file(file, from, journal, &theirs, e);
    if (done) {
        put_missing(&theirs, &ours, '-', out);
        put_missing(&ours, &theirs, '+', out);
    }
    lines_free(&ours);
    lines_free(&theirs);
    return done;
}
