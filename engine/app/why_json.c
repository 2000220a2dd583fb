// The answer of why.c as data, drumbeat.why/1: see why.h.
#include <string.h>

#include "app/why_impl.h"
#include "base/json.h"

static void put_time(const struct why *why, int64_t at_ms, struct buf *out)
{
    struct buf time;
    buf_init(&time, 64);
    why_put_time(why, at_ms, &time);
    json_put_text(out, time.data, time.size);
    buf_deinit(&time);
}

static void put_flag(struct buf *out, const char *name, bool value)
{
    json_key(out, name);
    buf_puts(out, value ? "true" : "false");
}

static void put_text(struct buf *out, const char *name, const char *text)
{
    json_key(out, name);
    json_put_z(out, text);
}

static void put_int(struct buf *out, const char *name, int64_t value)
{
    json_key(out, name);
    json_put_int(out, value);
}

// Its first line is what happened, behind the time.
static void put_what(const struct buf *text, struct buf *out)
{
    const char *end = memchr(text->data, '\n', text->size);
    const char *what = memmem(text->data, text->size, "  ", 2);
    CHECK(end != NULL && what != NULL && what < end);
    json_put_text(out, what + 2, (size_t)(end - what) - 2);
}

// The others.
static void put_lines(const struct buf *text, struct buf *out)
{
    buf_putc(out, '[');
    for (size_t at = 0; at < text->size;) {
        const char *line = text->data + at;
        const char *end = memchr(line, '\n', text->size - at);
        const size_t size = end == NULL ? text->size - at : (size_t)(end - line);
        size_t skipped = 0;
        while (skipped < size && line[skipped] == ' ') {
            skipped++;
        }
        if (at > 0) {
            json_comma(out);
            json_put_text(out, line + skipped, size - skipped);
        }
        at += size + 1;
    }
    buf_putc(out, ']');
}

static void put_ring(const struct why *why, const struct why_entry *ring, uint64_t count,
                     uint64_t max, struct buf *out)
{
    const uint64_t kept = count < max ? count : max;
    buf_putc(out, '[');
    for (uint64_t i = 0; i < kept; i++) {
        const struct why_entry *entry = &ring[(count - kept + i) % max];
        json_comma(out);
        buf_putc(out, '{');
        put_int(out, "at", entry->at_ms);
        json_key(out, "time");
        put_time(why, entry->at_ms, out);
        put_text(out, "kind", entry->kind);
        json_key(out, "what");
        put_what(&entry->text, out);
        json_key(out, "lines");
        put_lines(&entry->text, out);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_not_given(const struct why *why, struct buf *out)
{
    const struct given *given = &why->given;
    const uint64_t kept = why->refusal_count < REFUSALS_KEPT ? why->refusal_count : REFUSALS_KEPT;
    buf_putc(out, '{');
    put_int(out, "others", (int64_t)given->count);
    if (given->count > 0) {
        put_int(out, "first_at", given->first_ms);
        put_text(out, "name", given->name);
        put_text(out, "place", given->place);
        put_text(out, "code", given->text);
        put_text(out, "group", given->group);
        put_flag(out, "seen", given->hers_member);
        put_flag(out, "present", given->hers_present);
        put_int(out, "joined_at", given->joined_ms);
    }
    json_key(out, "tried");
    put_ring(why, why->tried, why->tried_count, TRIED_MAX, out);
    json_key(out, "refusals");
    buf_putc(out, '[');
    for (uint64_t i = 0; i < kept; i++) {
        json_comma(out);
        json_put_z(out, why->refusals[(why->refusal_count - kept + i) % REFUSALS_KEPT]);
    }
    buf_puts(out, "]}");
}

void why_put_json(const struct why *why, const struct replay_result *result, struct buf *out)
{
    const char *thing = why->options->thing;
    buf_puts(out, "{\"schema\":\"drumbeat.why/1\"");
    put_text(out, "member", why->options->member);
    json_key(out, "thing");
    if (thing == NULL) {
        buf_puts(out, "null,\"got\":null");
    } else {
        json_put_z(out, thing);
        put_flag(out, "got", why->got);
    }
    put_int(out, "seen", (int64_t)why->seen);
    json_key(out, "events");
    put_ring(why, why->entries, why->entry_count, WHY_EVENTS_MAX, out);
    json_key(out, "not_given");
    if (thing != NULL && !why->got) {
        put_not_given(why, out);
    } else {
        buf_puts(out, "null");
    }
    json_key(out, "replayed");
    if (result->verdict == REPLAY_TURN) {
        json_put_text(out, result->details.data, result->details.size);
    } else {
        buf_puts(out, "null");
    }
    buf_puts(out, "}\n");
}
