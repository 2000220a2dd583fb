// See why.h. While the journal is replayed every turn is looked at when it is done: what changed of
// hers, and which lines of playbooks ran. Row by row in words; a line's row is what came to be
// after it began and before the next one did.
#include "app/why_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/tz.h"
#include "base/utf8.h"

// --- Words. ---

// The zone of the campaign that was started last.
static void take_zone(struct why *why)
{
    const struct state *state = why->engine->state;
    const struct campaign *row = table_get(state, T_CAMPAIGNS, table_last(state, T_CAMPAIGNS));
    const char *name = row == NULL ? "UTC" : state_get_text(state, row->zone);
    struct err ignored = {0};
    if (strcmp(name, why->zone_name) == 0) {
        return;
    }
    if (why->zone != NULL) {
        tz_close(why->zone);
    }
    snprintf(why->zone_name, sizeof(why->zone_name), "%s", name);
    if (!tz_open(name, &why->zone, &ignored)) {
        why->zone = NULL;
    }
}

void why_put_time(const struct why *why, int64_t at_ms, struct buf *out)
{
    if (why->zone == NULL) {
        buf_printf(out, "%lld", (long long)at_ms);
        return;
    }
    struct tz_civil at;
    tz_to_local(why->zone, at_ms, &at);
    buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", at.year, at.month, at.day, at.hour, at.minute,
               at.second);
}

static void put_span(int64_t ms, struct buf *out)
{
    const int64_t minutes = ms / 60000;
    if (minutes < 60) {
        buf_printf(out, "%lld min", (long long)minutes);
    } else if (minutes < 48 * 60) {
        buf_printf(out, "%lld h %lld min", (long long)(minutes / 60), (long long)(minutes % 60));
    } else {
        buf_printf(out, "%lld days", (long long)(minutes / 1440));
    }
}

static bool is_about(const struct why *why, const char *text)
{
    const char *thing = why->options->thing;
    return thing == NULL || strcasestr(text, thing) != NULL;
}

// The line after whose beginning the row came to be; NULL: no line of a playbook.
static const struct trace_step *maker(const struct why *why, enum table_id table, uint32_t id)
{
    const struct trace_step *found = NULL;
    for (uint32_t i = 0; i < trace_kept(&why->trace); i++) {
        const struct trace_step *step = trace_at(&why->trace, i);
        const uint32_t before = table == T_VOUCHERS ? step->vouchers
                                : table == T_PLAYS  ? step->plays
                                                    : step->effects;
        if (before < id) {
            found = step;
        }
    }
    return found;
}

static void put_step(const struct trace_step *step, struct buf *out)
{
    buf_printf(out, "%s:%d  `%s`", step->file, step->line, step->text);
    if (step->values[0] != '\0') {
        buf_printf(out, "  with %s", step->values);
    }
    buf_putc(out, '\n');
    if (step->refused[0] != '\0') {
        buf_printf(out, "      refused: %s\n", step->refused);
    }
}

// --- Rows of a turn. ---

// Its name and the words for what became of it; false: nothing to tell.
static bool name_row(const struct why *why, const struct state_change *change, char name[160],
                     const char **what)
{
    const struct state *state = why->engine->state;
    *what = change->old == NULL ? "got" : "changed";
    if (change->table == T_VOUCHERS) {
        static const char *const STATES[] = {
            "got",          "holds at the checkout", "used",
            "had returned", "lost (expired)",        "lost (clawed back)"};
        const struct voucher *row = change->now == NULL ? change->old : change->now;
        const struct coupon *coupon = table_get(state, T_COUPONS, (uint32_t)row->coupon);
        *what = STATES[row->status < 6 ? row->status : 0];
        snprintf(name, 160, "voucher %s (%s)",
                 coupon == NULL ? "?" : state_get_text(state, coupon->name),
                 state_get_text(state, row->source));
        return true;
    }
    if (change->table == T_PLAYS) {
        const struct play *row = change->now == NULL ? change->old : change->now;
        const struct game *game = table_get(state, T_GAMES, (uint32_t)row->game);
        const struct prize *prize = table_get(state, T_PRIZES, (uint32_t)row->prize);
        *what = change->old == NULL ? "played" : "play changed";
        snprintf(name, 160, "%s: %s (%s)", game == NULL ? "?" : state_get_text(state, game->name),
                 prize == NULL ? "no prize" : state_get_text(state, prize->name),
                 state_get_text(state, row->why));
        return true;
    }
    if (change->table == T_OUTBOX && change->old == NULL) {
        const struct outbox_row *row = change->now;
        *what = "is sent";
        snprintf(
            name, 160, "%s %s %.*s", outbox_op_names[row->op], state_get_text(state, row->kind),
            row->body == NULL ? 0 : (int)utf8_cut(row->body->data, row->body->size, BODY_SHOWN),
            row->body == NULL ? "" : row->body->data);
        return true;
    }
    if (change->table == T_ORDERS && change->old == NULL) {
        const struct order *row = change->now;
        *what = "paid";
        snprintf(name, 160, "order %s, %lld (minor units)", state_get_text(state, row->ext),
                 (long long)row->total);
        return true;
    }
    return false;
}

static uint32_t member_of(const struct state_change *change)
{
    const void *row = change->now == NULL ? change->old : change->now;
    switch ((int)change->table) {
    case T_VOUCHERS:
        return (uint32_t)((const struct voucher *)row)->member;
    case T_PLAYS:
        return (uint32_t)((const struct play *)row)->member;
    case T_OUTBOX:
        return (uint32_t)((const struct outbox_row *)row)->member;
    case T_ORDERS:
        return (uint32_t)((const struct order *)row)->member;
    default:
        return 0;
    }
}

static void tell_row(struct why *why, const struct state_change *change)
{
    char name[160];
    const char *what;
    if (!name_row(why, change, name, &what) || (!why->hers && !is_about(why, name))) {
        return;
    }
    why->got |= why->options->thing != NULL && change->old == NULL && is_about(why, name);
    const struct trace_step *step = maker(why, change->table, change->id);
    buf_printf(&why->entry, "    %s %s\n", what, name);
    if (step != NULL && change->old == NULL) {
        buf_puts(&why->entry, "      by ");
        put_step(step, &why->entry);
    }
}

// Somebody else got it: where, and how she stood then.
static void note_given(struct why *why, const struct state_change *change)
{
    char name[160];
    const char *what;
    struct given *given = &why->given;
    const struct state *state = why->engine->state;
    if (why->options->thing == NULL || change->old != NULL ||
        (change->table != T_VOUCHERS && change->table != T_PLAYS) ||
        !name_row(why, change, name, &what) || !is_about(why, name)) {
        return;
    }
    given->last_ms = state_now(state);
    if (given->count++ > 0) {
        return;
    }
    given->first_ms = state_now(state);
    snprintf(given->name, sizeof(given->name), "%.90s", name);
    const struct trace_step *step = maker(why, change->table, change->id);
    if (step != NULL) {
        snprintf(given->file, sizeof(given->file), "%s", step->file);
        snprintf(given->place, sizeof(given->place), "%s:%d", step->file, step->line);
        snprintf(given->text, sizeof(given->text), "%s", step->text);
    }
    given->hers_member = why->member != 0;
    for (uint32_t id = 0; why->member != 0 && (id = table_next(state, T_MEMBERSHIPS, id)) != 0;) {
        const struct membership *row = table_get(state, T_MEMBERSHIPS, id);
        const struct group *group = table_get(state, T_GROUPS, (uint32_t)row->group);
        if ((uint32_t)row->member == why->member) {
            given->joined_ms = row->joined_at;
            given->hers_present = row->left_at == 0;
            snprintf(given->group, sizeof(given->group), "%s",
                     group == NULL ? "?" : state_get_text(state, group->ext));
        }
    }
}

static void note_refusal(struct why *why, const struct milestone *row)
{
    const struct state *state = why->engine->state;
    const char *text = state_get_text(state, row->text);
    if (strcmp(state_get_text(state, row->kind), "refused") != 0) {
        return;
    }
    if (why->hers) {
        buf_printf(&why->entry, "    refused: %s\n", text);
    } else if (why->options->thing != NULL && is_about(why, text)) {
        struct buf line;
        buf_init(&line, ENTRY_MAX);
        why_put_time(why, state_now(state), &line);
        buf_printf(&line, "  %s", text);
        snprintf(why->refusals[why->refusal_count++ % REFUSALS_KEPT], sizeof(why->refusals[0]),
                 "%.*s", (int)line.size, line.data);
        buf_deinit(&line);
    }
}

static void on_change(void *ctx, const struct state_change *change)
{
    struct why *why = ctx;
    if (change->table == T_MILESTONES && change->now != NULL) {
        note_refusal(why, change->now);
        return;
    }
    const uint32_t member = member_of(change);
    if (member != 0 && member == why->member) {
        tell_row(why, change);
    } else if (member != 0) {
        note_given(why, change);
    }
}

// --- Turns. ---

static void on_open(void *ctx, struct engine *engine)
{
    struct why *why = ctx;
    why->engine = engine;
}

static void on_event(void *ctx, const struct event *event)
{
    struct why *why = ctx;
    why->hers = slice_is(event->member, why->options->member) ||
                slice_is(event->inviter, why->options->member);
    // Until it is known where others got the thing every turn may tell.
    const bool seeks = why->options->thing != NULL && why->given.count == 0;
    trace_begin(&why->trace,
                why->hers || seeks || event->kind == EVENT_TIMER || event->kind == EVENT_WAKE,
                why->hers);
    buf_clear(&why->entry);
}

// Where her handlers came to their end: the last lines that decided something.
static void put_decisions(struct why *why)
{
    uint32_t from = trace_kept(&why->trace);
    size_t found = 0;
    while (from > 0 && found < LAST_DECISIONS) {
        found += trace_at(&why->trace, --from)->decides;
    }
    for (; from < trace_kept(&why->trace); from++) {
        const struct trace_step *step = trace_at(&why->trace, from);
        if (step->decides || step->refused[0] != '\0') {
            buf_printf(&why->entry, "    %s at ", step->decides ? "decided" : "was refused");
            put_step(step, &why->entry);
        }
    }
    if (trace_kept(&why->trace) > 0) {
        const struct trace_step *last = trace_at(&why->trace, trace_kept(&why->trace) - 1);
        if (!last->decides && last->refused[0] == '\0') {
            buf_puts(&why->entry, "    ended at ");
            put_step(last, &why->entry);
        }
    }
}

static void keep_entry(struct why *why, const struct event *event, struct why_entry *entry)
{
    struct buf *kept = &entry->text;
    entry->at_ms = event->at;
    entry->kind = event_kind_names[event->kind];
    buf_clear(kept);
    why_put_time(why, event->at, kept);
    buf_printf(kept, "  %s", event_kind_names[event->kind]);
    const struct slice said = event->text.size > 0 ? event->text : event->button;
    if (why->hers && said.size > 0) {
        buf_puts(kept, " \"");
        utf8_escape(said.data, utf8_cut(said.data, said.size, BODY_SHOWN), kept);
        buf_puts(kept, "\"");
    }
    if (event->kind == EVENT_TIMER) {
        const struct schedule_entry *row =
            table_get(why->engine->state, T_SCHEDULE, (uint32_t)event->ref);
        buf_printf(kept, " \"%s\"",
                   row == NULL ? "?" : state_get_text(why->engine->state, row->name));
    }
    if (why->engine->outcome != JOURNAL_OK) {
        buf_printf(kept, "  NOT done: %s", why->engine->refusal.text);
    }
    buf_putc(kept, '\n');
    buf_append(kept, why->entry.size == 0 ? "" : why->entry.data, why->entry.size);
}

// Whether the turn came to where others got it (or might: that isn't known yet).
static bool came_near(const struct why *why)
{
    bool near = false;
    for (uint32_t i = 0; i < trace_kept(&why->trace); i++) {
        near |=
            why->given.count == 0 || strcmp(trace_at(&why->trace, i)->file, why->given.file) == 0;
    }
    return near;
}

static void on_turn(void *ctx, const struct event *event)
{
    struct why *why = ctx;
    const struct state *state = why->engine->state;
    const char *member = why->options->member;
    take_zone(why);
    if (why->member == 0) {
        why->member = people_member(state, slice_of(member));
    }
    state_each_change(state, on_change, why);
    why->seen += why->hers;
    if (why->hers) {
        put_decisions(why);
    }
    buf_putc(&why->entry, '\0');
    why->entry.size--;
    const char *thing = why->options->thing;
    if (why->hers ? thing == NULL || is_about(why, why->entry.data) : why->entry.size > 0) {
        keep_entry(why, event, &why->entries[why->entry_count++ % WHY_EVENTS_MAX]);
    } else if (why->hers && came_near(why)) {
        keep_entry(why, event, &why->tried[why->tried_count++ % TRIED_MAX]);
    }
}

// --- The answer. ---

static void put_tried(struct why *why, struct buf *out)
{
    const char *file = why->given.file;
    const uint64_t tried = why->tried_count < TRIED_MAX ? why->tried_count : TRIED_MAX;
    if (file[0] == '\0') {
        return;
    }
    buf_printf(out,
               tried == 0 ? "  none of her events was looked at by %s\n"
                          : "  what %s decided on her events, the newest last:\n",
               file);
    for (uint64_t i = 0; i < tried; i++) {
        const struct buf *entry = &why->tried[(why->tried_count - tried + i) % TRIED_MAX].text;
        buf_puts(out, "  ");
        buf_append(out, entry->data, entry->size);
    }
}

static void put_not_given(struct why *why, struct buf *out)
{
    const struct given *given = &why->given;
    buf_printf(out, "NOT given: %s got nothing of '%s'\n", why->options->member,
               why->options->thing);
    if (given->count > 0) {
        buf_printf(out, "  others got %llu of it, the first at ", (unsigned long long)given->count);
        why_put_time(why, given->first_ms, out);
        buf_printf(out, ": %s\n", given->name);
        if (given->place[0] != '\0') {
            buf_printf(out, "    by %s  `%s`\n", given->place, given->text);
        }
        if (!given->hers_member) {
            buf_puts(out, "    she had not been seen by then\n");
        } else if (given->group[0] == '\0') {
            buf_puts(out, "    she was in none of the groups\n");
        } else if (!given->hers_present) {
            buf_printf(out, "    she had left %s by then\n", given->group);
        } else {
            buf_printf(out, "    she was in %s, joined ", given->group);
            put_span(given->first_ms - given->joined_ms, out);
            buf_puts(out, " before\n");
        }
    } else {
        buf_puts(out, "  nobody else got it either\n");
    }
    put_tried(why, out);
    const uint64_t kept = why->refusal_count < REFUSALS_KEPT ? why->refusal_count : REFUSALS_KEPT;
    for (uint64_t i = 0; i < kept; i++) {
        buf_printf(out, "  refused %s\n",
                   why->refusals[(why->refusal_count - kept + i) % REFUSALS_KEPT]);
    }
}

static void put_answer(struct why *why, const struct replay_result *result, struct buf *out)
{
    const uint64_t kept = why->entry_count < WHY_EVENTS_MAX ? why->entry_count : WHY_EVENTS_MAX;
    if (why->options->thing != NULL && !why->got) {
        put_not_given(why, out);
    }
    buf_printf(out, "%s: %llu events, %llu told%s\n", why->options->member,
               (unsigned long long)why->seen, (unsigned long long)kept,
               kept < why->entry_count ? ", the newest" : "");
    for (uint64_t i = 0; i < kept; i++) {
        const struct buf *entry =
            &why->entries[(why->entry_count - kept + i) % WHY_EVENTS_MAX].text;
        buf_append(out, entry->data, entry->size);
    }
    if (result->verdict == REPLAY_TURN) {
        buf_printf(
            out,
            "the journal could be replayed up to turn %llu alone: see drumbeat replay: %.*s %.*s\n",
            (unsigned long long)result->turns, (int)result->event.size, result->event.data,
            (int)result->details.size, result->details.data);
    }
}

bool why_tell(const struct why_options *options, struct buf *out, struct err *e)
{
    struct replay_result result;
    struct why *why = xcalloc(1, sizeof(*why));
    why->options = options;
    buf_init(&why->entry, ENTRY_MAX);
    for (size_t i = 0; i < WHY_EVENTS_MAX; i++) {
        buf_init(&why->entries[i].text, 2 * ENTRY_MAX);
    }
    for (size_t i = 0; i < TRIED_MAX; i++) {
        buf_init(&why->tried[i].text, 2 * ENTRY_MAX);
    }
    const struct replay_options replay = {
        .db = options->db,
        .on_progress = options->on_progress,
        .trace = &why->trace,
        .on_open = on_open,
        .on_event = on_event,
        .on_turn = on_turn,
        .ctx = why,
    };
    bool ok = replay_run(&replay, &result, e);
    if (ok && why->member == 0) {
        ok = err_set(e, ERR_INVALID, "nobody with the id '%s' was ever seen", options->member);
    }
    if (ok && options->json) {
        why_put_json(why, &result, out);
    } else if (ok) {
        put_answer(why, &result, out);
    }
    replay_deinit(&result);
    for (size_t i = 0; i < WHY_EVENTS_MAX; i++) {
        buf_deinit(&why->entries[i].text);
    }
    for (size_t i = 0; i < TRIED_MAX; i++) {
        buf_deinit(&why->tried[i].text);
    }
    buf_deinit(&why->entry);
    if (why->zone != NULL) {
        tz_close(why->zone);
    }
    free(why);
    return ok;
}
