// The sampled figures as JSON: drumbeat.status/1, every member described in status.md. Times are
// milliseconds since 1970 UTC, money is minor units.
#include <string.h>
#include <unistd.h>

#include "app/status_impl.h"
#include "base/money.h"

static void put_int(struct buf *out, const char *name, int64_t value)
{
    json_key(out, name);
    json_put_int(out, value);
}

static void put_z(struct buf *out, const char *name, const char *text)
{
    json_key(out, name);
    json_put_z(out, text);
}

static void put_bool(struct buf *out, const char *name, bool value)
{
    json_key(out, name);
    buf_puts(out, value ? "true" : "false");
}

static void begin(struct buf *out, const char *name, char bracket)
{
    if (name != NULL) {
        json_key(out, name);
    } else {
        json_comma(out);
    }
    buf_putc(out, bracket);
}

static const char *text_of(const struct status *status, text_id id)
{
    return state_get_text(status->state, id);
}

static const char *group_name(const struct status *status, uint32_t id)
{
    const struct group *row = table_get(status->state, T_GROUPS, id);
    return row == NULL ? "" : text_of(status, row->ext);
}

static void put_clock(const struct status *status, struct buf *out, const char *name, int64_t at_ms)
{
    char clock[16];
    status_clock(status, at_ms, clock);
    put_z(out, name, clock);
}

// --- Who and when. ---

static const char *state_word(const struct status *status, const struct campaign *row,
                              int64_t now_ms)
{
    if (status->engine->failed) {
        return "failed";
    }
    if (status->engine->full) {
        return "full";
    }
    if (row->paused_at != 0) {
        return "paused";
    }
    return row->status == 3 || now_ms >= row->until_at ? "ended"
           : now_ms < row->from_at                     ? "planned"
                                                       : "runs";
}

static void put_day(const struct status *status, int64_t now_ms, struct buf *out)
{
    const struct day *best = NULL;
    int32_t of = 0;
    for (uint32_t id = 0; (id = table_next(status->state, T_DAYS, id)) != 0;) {
        const struct day *day = status_day(status, (int32_t)id);
        if (day == NULL) {
            continue;
        }
        of = day->number > of ? day->number : of;
        if (day->from_at <= now_ms && now_ms < day->until_at &&
            (best == NULL || day->from_at > best->from_at)) {
            best = day;
        }
    }
    json_key(out, "day");
    if (best == NULL) {
        buf_puts(out, "null");
        return;
    }
    buf_putc(out, '{');
    put_int(out, "number", best->number);
    put_int(out, "of", of);
    put_z(out, "name", text_of(status, best->name));
    put_z(out, "playbook", text_of(status, best->playbook));
    buf_putc(out, '}');
}

static void put_campaign(const struct status *status, const struct campaign *row, int64_t now_ms,
                         struct buf *out)
{
    const int decimals = money_decimals(text_of(status, row->currency));
    put_z(out, "campaign", text_of(status, row->name));
    put_z(out, "brand", text_of(status, row->brand));
    put_z(out, "currency", text_of(status, row->currency));
    put_int(out, "decimals", decimals < 0 ? 2 : decimals);
    put_z(out, "zone", text_of(status, row->zone));
    put_int(out, "from_at", row->from_at);
    put_int(out, "until_at", row->until_at);
    put_z(out, "version", text_of(status, row->version));
    put_z(out, "state", state_word(status, row, now_ms));
    put_bool(out, "paused", row->paused_at != 0);
    put_int(out, "paused_at", row->paused_at);
    put_day(status, now_ms, out);
}

static void put_next(const struct status *status, int64_t now_ms, struct buf *out)
{
    const struct status_plan *plan = &status->found.plan;
    begin(out, "next", '[');
    for (size_t i = 0; i < plan->count; i++) {
        const struct status_next *next = &plan->next[i];
        begin(out, NULL, '{');
        put_z(out, "name", text_of(status, next->name));
        put_int(out, "at", next->due_at);
        put_clock(status, out, "time", next->due_at);
        put_int(out, "in_ms", next->due_at - now_ms);
        put_bool(out, "held", next->status == SCHEDULE_HELD);
        put_int(out, "group_count", next->groups[0] == 0 ? 0 : next->group_count);
        begin(out, "groups", '[');
        for (size_t g = 0; g < next->group_count && g < STATUS_NEXT_GROUPS; g++) {
            if (next->groups[g] != 0) {
                json_comma(out);
                json_put_z(out, group_name(status, next->groups[g]));
            }
        }
        buf_puts(out, "]}");
    }
    buf_putc(out, ']');
    put_int(out, "planned", plan->planned);
    put_int(out, "held", plan->held);
}

// --- People. ---

static void put_group(const struct status *status, size_t slot, int64_t now_ms, struct buf *out)
{
    const struct status_group *group = &status->groups[slot];
    const struct group *row = table_get(status->state, T_GROUPS, group->id);
    const int64_t since = status->found.out.group_since[slot];
    if (row == NULL || (uint32_t)row->campaign != status->campaign) {
        return;
    }
    begin(out, NULL, '{');
    put_z(out, "name", text_of(status, row->ext));
    put_z(out, "title", text_of(status, row->title));
    put_z(out, "segment", text_of(status, row->segment));
    put_int(out, "members", row->members);
    put_int(out, "joins", row->joins);
    put_int(out, "leaves", row->leaves);
    put_int(out, "messages_10m", status_heard(status, group->messages, row->messages, 10));
    put_int(out, "messages_60m", status_heard(status, group->messages, row->messages, 60));
    put_int(out, "awake_bp", row->awake);
    put_int(out, "orders", row->orders);
    put_z(out, "state", row->paused_at != 0 ? "paused" : row->muted ? "muted" : "runs");
    put_int(out, "unsent_ms", since == 0 ? 0 : now_ms - since);
    buf_putc(out, '}');
}

static void put_groups(const struct status *status, int64_t now_ms, struct buf *out)
{
    const struct status_totals *totals = &status->totals;
    begin(out, "groups", '[');
    for (size_t i = 0; i < status->group_count; i++) {
        put_group(status, i, now_ms, out);
    }
    buf_putc(out, ']');
    begin(out, "totals", '{');
    put_int(out, "groups", totals->groups);
    put_int(out, "members", totals->members);
    put_int(out, "joins", totals->joins);
    put_int(out, "leaves", totals->leaves);
    put_int(out, "messages_10m", status_heard(status, status->all_messages, totals->messages, 10));
    put_int(out, "messages_60m", status_heard(status, status->all_messages, totals->messages, 60));
    put_int(out, "watched_minutes", (int64_t)status->ring_minutes);
    buf_putc(out, '}');
}

static void put_funnel(const struct status *status, int64_t now_ms, struct buf *out)
{
    const struct status_funnel *funnel = &status->found.funnel;
    const struct status_pass *pass = &status->passes[WALK_FUNNEL];
    begin(out, "funnel", '{');
    put_int(out, "members", status->totals.members);
    put_int(out, "took_part", funnel->took_part);
    put_int(out, "visited", funnel->visited);
    put_int(out, "favorited", funnel->favorited);
    put_int(out, "carted", funnel->carted);
    put_int(out, "paid", funnel->paid);
    put_int(out, "age_ms", pass->whole ? now_ms - pass->taken_ms : -1);
    buf_putc(out, '}');
}

// --- The meter. ---

#define MINUTE_MS INT64_C(60000)

static void put_marks(const struct status *status, int64_t from, struct buf *out)
{
    const uint64_t first =
        status->mark_count > STATUS_MARKS_MAX ? status->mark_count - STATUS_MARKS_MAX : 0;
    begin(out, "marks", '[');
    for (uint64_t i = first; i < status->mark_count; i++) {
        const struct status_mark *mark = &status->marks[i % STATUS_MARKS_MAX];
        if (mark->at >= from) {
            begin(out, NULL, '{');
            put_int(out, "at", mark->at);
            put_clock(status, out, "time", mark->at);
            put_z(out, "kind", mark->kind);
            put_z(out, "text", mark->text);
            buf_putc(out, '}');
        }
    }
    buf_putc(out, ']');
}

static void put_uv(const struct status *status, int64_t now_ms, struct buf *out)
{
    const int64_t last = now_ms / MINUTE_MS * MINUTE_MS;
    const int64_t from = last - (STATUS_MINUTES - 1) * MINUTE_MS;
    int64_t peak = 0, peak_at = 0, before = 0, now = 0;
    begin(out, "uv", '{');
    put_int(out, "from", from);
    begin(out, "minutes", '[');
    for (int64_t at = from; at <= last; at += MINUTE_MS) {
        const struct minute *row =
            table_get(status->state, T_MINUTES,
                      TABLE_FIND(status->state, T_MINUTES, MINUTES_BY_AT, status->campaign, at));
        const int64_t visitors = row == NULL ? 0 : row->visitors;
        json_comma(out);
        json_put_int(out, visitors);
        before = now;
        now = visitors;
        if (visitors > peak) {
            peak = visitors;
            peak_at = at;
        }
    }
    buf_putc(out, ']');
    put_int(out, "now", now);
    put_int(out, "before", before);
    put_int(out, "peak", peak);
    put_int(out, "peak_at", peak_at);
    put_clock(status, out, "peak_time", peak_at);
    put_marks(status, from, out);
    buf_putc(out, '}');
}

// --- Money and games. ---

static void put_money(const struct status *status, struct buf *out)
{
    begin(out, "sales", '{');
    put_int(out, "orders", status->found.sold.orders);
    put_int(out, "paid", status->found.sold.paid);
    buf_putc(out, '}');
    begin(out, "budgets", '[');
    for (size_t i = 0; i < status->budget_count; i++) {
        const struct status_budget *budget = &status->budgets[i];
        begin(out, NULL, '{');
        put_z(out, "name", budget->name);
        put_int(out, "cap", status_cap(status, budget));
        put_int(out, "free", status_balance(status, budget->free));
        put_int(out, "reserved", status_balance(status, budget->reserved));
        put_int(out, "spent", status_balance(status, budget->spent));
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_game(const struct status *status, uint32_t id, struct buf *out)
{
    const struct game *row = table_get(status->state, T_GAMES, id);
    int64_t left = -1;
    if (row == NULL) {
        return;
    }
    uint32_t prize = TABLE_LIST(status->state, T_PRIZES, PRIZES_OF_GAME, id);
    for (size_t seen = 0; prize != 0 && seen < 100; seen++) {
        const struct prize *one = table_get(status->state, T_PRIZES, prize);
        if (one->stock >= 0) {
            left = (left < 0 ? 0 : left) + one->stock - one->given;
        }
        prize = table_list_next(status->state, T_PRIZES, PRIZES_OF_GAME, prize);
    }
    begin(out, NULL, '{');
    put_z(out, "name", text_of(status, row->name));
    put_z(out, "kind", text_of(status, row->kind));
    put_z(out, "group", group_name(status, (uint32_t)row->group));
    put_int(out, "plays", row->plays);
    put_int(out, "wins", row->wins);
    json_key(out, "left");
    if (left < 0) {
        buf_puts(out, "null");
    } else {
        json_put_int(out, left);
    }
    buf_putc(out, '}');
}

static void put_games(const struct status *status, struct buf *out)
{
    const struct status_games *games = &status->found.games;
    begin(out, "games", '{');
    put_int(out, "open", games->open_count);
    put_int(out, "plays", games->plays);
    put_int(out, "wins", games->wins);
    begin(out, "list", '[');
    for (size_t i = games->count; i > 0; i--) {
        put_game(status, games->open[i - 1], out);
    }
    buf_puts(out, "]}");
}

// --- What goes out, what was refused. ---

static void put_outbox(const struct status *status, int64_t now_ms, struct buf *out)
{
    const struct status_out *seen = &status->found.out;
    const struct outbox_row *oldest = table_get(status->state, T_OUTBOX, seen->oldest);
    begin(out, "outbox", '{');
    put_int(out, "waiting", seen->waiting);
    put_int(out, "in_flight", (int64_t)outbox_flying(status->engine->core.outbox));
    put_int(out, "later", seen->later);
    put_int(out, "held", seen->held);
    put_int(out, "oldest_ms", seen->oldest_since == 0 ? 0 : now_ms - seen->oldest_since);
    put_z(out, "oldest_kind", oldest == NULL ? "" : text_of(status, oldest->kind));
    put_z(out, "oldest_group", oldest == NULL ? "" : group_name(status, (uint32_t)oldest->group));
    put_int(out, "failed", seen->failed);
    put_int(out, "unknown", seen->unknown);
    put_int(out, "awaiting_staff", seen->staff);
    buf_putc(out, '}');
    begin(out, "parked", '{');
    put_int(out, "unsettled", status_unsettled(status));
    put_int(out, "holding", status->found.parked.holds);
    put_int(out, "waiting", status->found.parked.waits);
    buf_putc(out, '}');
    begin(out, "scenes", '{');
    put_int(out, "running", status->found.scenes.running);
    put_int(out, "waiting", status->found.scenes.waiting);
    put_int(out, "failed", status->found.scenes.failed);
    buf_putc(out, '}');
    begin(out, "playbooks", '{');
    put_int(out, "errors", (int64_t)status->errors_seen);
    put_int(out, "error_at", status->errors_at);
    put_int(out, "suspended_handlers", status->found.handlers.suspended);
    put_int(out, "kept_events", status->found.handlers.kept);
    put_int(out, "suspended_days", status_suspended(status));
    buf_putc(out, '}');
    put_int(out, "audits", status->found.people.audits);
}

static void put_connectors(const struct status *status, int64_t now_ms, struct buf *out)
{
    begin(out, "connectors", '[');
    for (size_t i = 0; i < status->connector_count; i++) {
        const struct status_connector *one = &status->connectors[i];
        const struct connector *row = table_get(status->state, T_CONNECTORS, one->row);
        if (row == NULL) {
            continue;
        }
        begin(out, NULL, '{');
        put_z(out, "name", text_of(status, row->name));
        put_bool(out, "up", one->is_up);
        put_int(out, "since", one->changed_at);
        put_int(out, "links", (int64_t)one->links);
        put_int(out, "went_down", (int64_t)one->went);
        put_int(out, "events", row->events);
        put_int(out, "refused", row->refused);
        put_int(out, "last_at", row->last_at);
        put_int(out, "quiet_ms", row->last_at == 0 ? -1 : now_ms - row->last_at);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void put_tweaks(const struct status *status, struct buf *out)
{
    const struct status_tweaks *tweaks = &status->found.tweaks;
    const struct tweak *last = table_get(status->state, T_TWEAKS, tweaks->last);
    begin(out, "tweaks", '{');
    put_int(out, "made",
            tweaks->by_class[0] + tweaks->by_class[1] + tweaks->by_class[2] + tweaks->by_class[3]);
    put_int(out, "waiting", tweaks->waiting);
    put_int(out, "last", tweaks->last);
    put_z(out, "last_by", last == NULL ? "" : text_of(status, last->by));
    put_int(out, "last_at", last == NULL ? 0 : last->at);
    buf_putc(out, '}');
    put_int(out, "attached", (int64_t)status->clients);
}

static void put_engine(const struct status *status, struct buf *out)
{
    const struct store_figures *storage = &status->storage;
    const int64_t busy_us =
        storage->busy_since_us == 0 ? 0 : status->mono_us - storage->busy_since_us;
    begin(out, "storage", '{');
    put_z(out, "state", status->engine->failed ? "failed" : status->engine->full ? "full" : "ok");
    put_int(out, "batches_waiting", (int64_t)storage->waiting);
    put_int(out, "busy_us", busy_us > 0 ? busy_us : 0);
    put_int(out, "commits", (int64_t)storage->commits.count);
    put_int(out, "commit_mean_us",
            storage->commits.count == 0
                ? 0
                : storage->commits.sum_us / (int64_t)storage->commits.count);
    put_int(out, "commit_most_us", recent_most_us(&storage->recent, status->mono_us));
    buf_putc(out, '}');
    begin(out, "loop", '{');
    put_int(out, "lag_us", recent_most_us(&status->recent_lag, status->mono_us));
    put_int(out, "rounds", (int64_t)status->lag.count);
    buf_putc(out, '}');
    begin(out, "turns", '{');
    put_int(out, "made", (int64_t)status->engine->turns);
    json_key(out, "a_second");
    json_put_real(out, status->turns_a_second);
    put_int(out, "seen_before", (int64_t)status->engine->duplicates);
    buf_putc(out, '}');
}

static void put_notes(const struct status *status, int64_t now_ms, struct buf *out)
{
    struct status_note notes[STATUS_NOTES_MAX];
    const size_t count = status_notes(status, now_ms, notes);
    for (int alarms = 1; alarms >= 0; alarms--) {
        begin(out, alarms ? "alarms" : "notes", '[');
        for (size_t i = 0; i < count; i++) {
            if (notes[i].rule->is_alarm == (alarms == 1)) {
                begin(out, NULL, '{');
                put_z(out, "kind", notes[i].rule->kind);
                put_z(out, "text", notes[i].text);
                put_z(out, "do", notes[i].rule->advice);
                buf_putc(out, '}');
            }
        }
        buf_putc(out, ']');
    }
}

void status_put_json(struct status *status, int64_t now_ms, struct buf *out)
{
    const struct campaign *row = table_get(status->state, T_CAMPAIGNS, status->campaign);
    put_z(out, "schema", STATUS_SCHEMA);
    put_z(out, "engine", DRUMBEAT_VERSION);
    put_int(out, "pid", (int64_t)getpid());
    put_int(out, "started_at", status->started_ms);
    put_int(out, "at", now_ms);
    put_clock(status, out, "time", now_ms);
    if (row != NULL) {
        put_campaign(status, row, now_ms, out);
    }
    put_notes(status, now_ms, out);
    put_next(status, now_ms, out);
    put_groups(status, now_ms, out);
    put_funnel(status, now_ms, out);
    put_uv(status, now_ms, out);
    put_money(status, out);
    put_games(status, out);
    put_outbox(status, now_ms, out);
    put_connectors(status, now_ms, out);
    put_tweaks(status, out);
    put_engine(status, out);
    put_int(out, "backup_at", status->backup_ms);
}
