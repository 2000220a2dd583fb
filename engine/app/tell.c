// What a turn changed, in the campaign's words: see tell.h.
#include "app/tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/money.h"
#include "base/tz.h"
#include "base/utf8.h"
#include "core/changes.h"

#define TELL_LINES_MAX 200
#define TELL_GROUPS_MAX 4  // More of them are counted.
#define TELL_TEXT_CELLS 60

// One line is a head, what differs from line to line (the group), and a tail: lines that agree in
// head and tail become one.
struct tell_line {
    char *head, *tail;
    char *groups;
    size_t count;
};

struct telling {
    const struct state *state;
    const struct campaign *campaign;
    struct tz *zone;
    int64_t now_ms;
    int decimals;
    struct tell_line lines[TELL_LINES_MAX];
    size_t count, more;
    // Entries that only stand still or go on are counted, but the first of them.
    size_t held, freed;
    int64_t held_at, freed_at;
    char held_name[100], freed_name[100];
};

static const char *text(const struct telling *t, text_id id)
{
    return state_get_text(t->state, id);
}

static void add_line(struct telling *t, uint32_t group, const char *head, const char *tail)
{
    const struct group *row = group == 0 ? NULL : table_get(t->state, T_GROUPS, group);
    const char *name = row == NULL ? "" : text(t, row->ext);
    for (size_t i = 0; row != NULL && i < t->count; i++) {
        struct tell_line *line = &t->lines[i];
        if (line->count > 0 && strcmp(line->head, head) == 0 && strcmp(line->tail, tail) == 0) {
            if (line->count++ < TELL_GROUPS_MAX) {
                const size_t size = strlen(line->groups) + strlen(name) + 3;
                char *groups = xmalloc(size);
                snprintf(groups, size, "%s, %s", line->groups, name);
                free(line->groups);
                line->groups = groups;
            }
            return;
        }
    }
    if (t->count == TELL_LINES_MAX) {
        t->more++;
        return;
    }
    t->lines[t->count++] =
        (struct tell_line){xstrdup(head), xstrdup(tail), xstrdup(name), row != NULL};
}

// "20:30:00", with the date on another day than today.
static void clock_text(const struct telling *t, int64_t at_ms, char out[32])
{
    struct tz_civil at;
    struct tz_civil now;
    if (at_ms == 0 || t->zone == NULL) {
        snprintf(out, 32, "%s", at_ms == 0 ? "never" : "?");
        return;
    }
    tz_to_local(t->zone, at_ms, &at);
    tz_to_local(t->zone, t->now_ms, &now);
    const bool today = at.year == now.year && at.month == now.month && at.day == now.day;
    if (at_ms <= t->now_ms && at_ms > t->now_ms - 1000) {
        snprintf(out, 32, "now");
    } else if (today) {
        snprintf(out, 32, "%02d:%02d:%02d", at.hour, at.minute, at.second);
    } else {
        snprintf(out, 32, "%02d-%02d %02d:%02d:%02d", at.month, at.day, at.hour, at.minute,
                 at.second);
    }
}

static void money_text(const struct telling *t, int64_t amount, char out[48])
{
    money_format(amount, t->decimals, out, 48);
}

// The whole campaign stands still or goes on: one line for all.
static bool count_entry(struct telling *t, const struct schedule_entry *old,
                        const struct schedule_entry *now)
{
    if (old == NULL || now == NULL || old->status == now->status ||
        now->status == SCHEDULE_CANCELLED || now->status == SCHEDULE_WITHDRAWN ||
        old->status == SCHEDULE_WITHDRAWN) {
        return false;
    }
    const bool held = now->status == SCHEDULE_HELD;
    size_t *count = held ? &t->held : &t->freed;
    int64_t *at = held ? &t->held_at : &t->freed_at;
    if ((*count)++ == 0 || now->due_at < *at) {
        *at = now->due_at;
        const bool wait = now->kind == SCHEDULE_WAIT;  // Its own name is a number of ours.
        const struct scene *scene = wait ? table_get(t->state, T_SCENES, (uint32_t)now->ref) : NULL;
        snprintf(held ? t->held_name : t->freed_name, sizeof(t->held_name), "%s%.80s",
                 wait ? "a wait of " : "",
                 scene != NULL ? text(t, scene->name) : text(t, now->name));
    }
    return true;
}

static void put_counts(struct telling *t, struct buf *out)
{
    char at[32];
    if (t->held > 0) {
        clock_text(t, t->held_at, at);
        buf_printf(out, "~ %zu timer%s held, the first: %s %s\n", t->held, t->held == 1 ? "" : "s",
                   t->held_name, at);
    }
    if (t->freed > 0) {
        clock_text(t, t->freed_at, at);
        buf_printf(out, "~ %zu timer%s on, the first: %s %s\n", t->freed,
                   t->freed == 1 ? " goes" : "s go", t->freed_name, at);
    }
}

static void tell_entry(struct telling *t, const struct state_change *change)
{
    if (count_entry(t, change->old, change->now)) {
        return;
    }
    const struct schedule_entry *old = change->old;
    const struct schedule_entry *now = change->now;
    const struct schedule_entry *row = now == NULL ? old : now;
    char head[200];
    char tail[160];
    char from[32];
    char to[32];
    const bool wait = row->kind == SCHEDULE_WAIT;
    const struct scene *scene = wait ? table_get(t->state, T_SCENES, (uint32_t)row->ref) : NULL;
    clock_text(t, old == NULL ? row->due_at : old->due_at, from);
    clock_text(t, row->due_at, to);
    const bool gone =
        now == NULL || now->status == SCHEDULE_CANCELLED || now->status == SCHEDULE_WITHDRAWN;
    if (old != NULL && old->status == SCHEDULE_WITHDRAWN) {
        old = NULL;  // It is back.
    }
    snprintf(head, sizeof(head), "%s %s %.150s",
             old == NULL ? "+"
             : gone      ? "-"
                         : "~",
             wait ? "wait of" : "timer", scene != NULL ? text(t, scene->name) : text(t, row->name));
    if (gone || old == NULL) {
        snprintf(tail, sizeof(tail), "%s", old == NULL ? to : from);
    } else {
        snprintf(tail, sizeof(tail), "%s -> %s%s%.60s%s", from, to,
                 row->tied != 0 ? "  (tied to " : "", row->tied != 0 ? text(t, row->tied) : "",
                 row->tied != 0 ? ")" : "");
    }
    add_line(t, (uint32_t)row->group, head, tail);
}

static void tell_account(struct telling *t, const struct state_change *change)
{
    const struct account *old = change->old;
    const struct account *now = change->now;
    char head[200];
    char tail[240];
    char from[48];
    char to[48];
    if (now == NULL || now->floor == INT64_MIN) {
        return;  // The other side of what budgets show.
    }
    const char *name = text(t, now->name);
    const bool budget = strncmp(name, "budget:", 7) == 0;
    const int64_t cap = old == NULL ? 0 : old->opening;
    size_t size = 0;
    snprintf(head, sizeof(head), "~ %s%.150s", budget ? "budget " : "", budget ? name + 7 : name);
    tail[0] = '\0';
    if (budget && now->opening != cap) {
        money_text(t, cap, from);
        money_text(t, now->opening, to);
        size = (size_t)snprintf(tail, sizeof(tail), "cap %s -> %s, ", from, to);
    }
    money_text(t, old == NULL ? 0 : old->balance, from);
    money_text(t, now->balance, to);
    snprintf(tail + size, sizeof(tail) - size, "%s%s -> %s", budget ? "free " : "", from, to);
    add_line(t, 0, head, tail);
}

// The text of a message, cut for a line.
static void message_text(const void *row, char out[300])
{
    const struct outbox_row *effect = row;
    struct json_reader *reader = json_reader_new((size_t)1 << 20);
    const struct json_node *root;
    struct err ignored = {0};
    const char *said = "";
    size_t size = 0;
    if (effect->body != NULL &&
        json_parse(reader, effect->body->data, effect->body->size, &root, &ignored)) {
        const struct json_node *node = json_field(root, "text");
        if (node != NULL && node->type == JSON_TEXT) {
            said = node->text;
            size = node->text_size;
        }
    }
    const size_t fits = utf8_fit(said, size, TELL_TEXT_CELLS);
    struct buf shown;
    buf_init(&shown, 4096);
    utf8_escape(said, fits, &shown);
    snprintf(out, 300, "\"%.280s%s\"", shown.size == 0 ? "" : shown.data, fits < size ? "…" : "");
    buf_deinit(&shown);
    json_reader_free(reader);
}

static void tell_effect(struct telling *t, const struct state_change *change)
{
    const struct outbox_row *old = change->old;
    const struct outbox_row *now = change->now;
    const struct outbox_row *row = now == NULL ? old : now;
    const struct member *member = table_get(t->state, T_MEMBERS, (uint32_t)row->member);
    char head[200];
    char tail[700];
    char from[300];
    char to[300] = "";
    char at[32];
    const bool gone = now == NULL || (old != NULL && now->status == OUTBOX_EXPIRED);
    clock_text(t, row->not_before > t->now_ms ? row->not_before : t->now_ms, at);
    snprintf(head, sizeof(head), "%s %s%s%.80s",
             old == NULL ? "+"
             : gone      ? "-"
                         : "~",
             outbox_op_names[row->op], member == NULL ? "" : " to ",
             member == NULL ? "" : text(t, member->ext));
    message_text(old == NULL ? now : old, from);
    if (old != NULL && now != NULL && old->body != now->body) {
        message_text(now, to);
    }
    snprintf(tail, sizeof(tail), "%s %s%s%s", at, from, to[0] == '\0' ? "" : " -> ", to);
    add_line(t, (uint32_t)row->group, head, tail);
}

static void tell_good(struct telling *t, const struct state_change *change)
{
    const struct good *old = change->old;
    const struct good *now = change->now;
    char head[200];
    char tail[240] = "";
    char from[48];
    char to[48];
    snprintf(head, sizeof(head), "~ good %.150s", text(t, now->sku));
    if (old->deal != now->deal) {
        money_text(t, old->deal, from);
        money_text(t, now->deal, to);
        snprintf(tail, sizeof(tail), "price %s -> %s", from, to);
    } else if (old->stock != now->stock) {
        snprintf(tail, sizeof(tail), "stock %d -> %d (sold %d)", old->stock, now->stock, now->sold);
    } else {
        return;
    }
    add_line(t, 0, head, tail);
}

static void tell_book(struct telling *t, const struct state_change *change)
{
    const struct book *old = change->old;
    const struct book *now = change->now;
    char tail[160];
    char from[32];
    char to[32];
    const bool opens = old->opens_at != now->opens_at;
    clock_text(t, opens ? old->opens_at : old->closes_at, from);
    clock_text(t, opens ? now->opens_at : now->closes_at, to);
    snprintf(tail, sizeof(tail), "%s %s -> %s", opens ? "open" : "close", from, to);
    add_line(t, 0, "~ prices of all goods", tail);
}

static bool tell_known(struct telling *t, const struct state_change *change)
{
    char head[200];
    if (change->table == T_SCHEDULE) {
        tell_entry(t, change);
    } else if (change->table == T_ACCOUNTS) {
        tell_account(t, change);
    } else if (change->table == T_OUTBOX) {
        tell_effect(t, change);
    } else if (change->table == T_GOODS && change->old != NULL && change->now != NULL) {
        tell_good(t, change);
    } else if (change->table == T_BOOKS && change->old != NULL && change->now != NULL) {
        tell_book(t, change);
    } else if (change->table == T_CAMPAIGNS && change->old != NULL && change->now != NULL) {
        const struct campaign *now = change->now;
        add_line(t, 0, "~ campaign", now->paused_at != 0 ? "stands still" : "goes on");
    } else if (change->table == T_GROUPS && change->old != NULL && change->now != NULL) {
        const struct group *old = change->old;
        const struct group *now = change->now;
        add_line(t, change->id, "~ group",
                 old->muted != now->muted ? (now->muted ? "muted" : "speaks again")
                 : now->paused_at != 0    ? "stands still"
                                          : "goes on");
    } else if (change->table == T_AUDITS && change->old == NULL) {
        const struct audit *now = change->now;
        const struct member *member = table_get(t->state, T_MEMBERS, (uint32_t)now->member);
        snprintf(head, sizeof(head), "+ review of %.100s",
                 member == NULL ? "?" : text(t, member->ext));
        add_line(t, 0, head, text(t, now->evidence));
    } else {
        return false;
    }
    return true;
}

static void tell_change(void *ctx, const struct state_change *change)
{
    struct telling *t = ctx;
    if (change->table == T_LEDGER || change->table == T_MILESTONES || change->table == T_TWEAKS ||
        tell_known(t, change)) {
        return;
    }
    struct buf line;
    buf_init(&line, (size_t)64 * 1024);
    state_print_change(t->state, change, &line);
    if (line.size > 0) {
        line.data[line.size - 1] = '\0';  // Its newline.
        add_line(t, 0, line.data, "");
    }
    buf_deinit(&line);
}

static void put_lines(struct telling *t, struct buf *out)
{
    for (size_t i = 0; i < t->count; i++) {
        struct tell_line *line = &t->lines[i];
        buf_puts(out, line->head);
        if (line->count > TELL_GROUPS_MAX) {
            buf_printf(out, " [%s and %zu more]", line->groups, line->count - TELL_GROUPS_MAX);
        } else if (line->count > 0) {
            buf_printf(out, " [%s]", line->groups);
        }
        buf_printf(out, "%s%s\n", line->tail[0] == '\0' ? "" : "  ", line->tail);
        free(line->head);
        free(line->tail);
        free(line->groups);
    }
    put_counts(t, out);
    if (t->more > 0) {
        buf_printf(out, "... and %zu more\n", t->more);
    }
}

void tell_changes(const struct state *state, uint32_t campaign, struct buf *out)
{
    struct telling *t = xcalloc(1, sizeof(*t));
    struct err ignored = {0};
    t->state = state;
    t->now_ms = state_now(state);
    t->campaign = table_get(state, T_CAMPAIGNS, campaign);
    t->decimals = 2;
    if (t->campaign != NULL) {
        const int decimals = money_decimals(text(t, t->campaign->currency));
        t->decimals = decimals < 0 ? 2 : decimals;
        if (!tz_open(text(t, t->campaign->zone), &t->zone, &ignored)) {
            t->zone = NULL;
        }
    }
    state_each_change(state, tell_change, t);
    put_lines(t, out);
    if (t->zone != NULL) {
        tz_close(t->zone);
    }
    free(t);
}
