// The sampled figures in Prometheus' text form (0.0.4): names and units in status.md. A label is a
// name that the campaign declares, never a member.
#include <inttypes.h>
#include <string.h>

#include "app/status_impl.h"
#include "base/utf8.h"

static void put_label(struct buf *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\\' || *at == '"') {
            buf_putc(out, '\\');
            buf_putc(out, *at);
        } else {
            buf_puts(out, *at == '\n' ? "\\n" : (const char[]){*at, '\0'});
        }
    }
}

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP drumbeat_%s %s\n# TYPE drumbeat_%s %s\n", name, help, name, type);
}

// One figure alone.
static void put(struct buf *out, const char *name, const char *type, const char *help,
                int64_t value)
{
    head(out, name, type, help);
    buf_printf(out, "drumbeat_%s %" PRId64 "\n", name, value);
}

static const char *campaign_name(const struct status *status)
{
    const struct campaign *row = table_get(status->state, T_CAMPAIGNS, status->campaign);
    return row == NULL ? "" : state_get_text(status->state, row->name);
}

// name{campaign="...",label="..."} value
static void put_of(const struct status *status, struct buf *out, const char *name,
                   const char *label, const char *of, int64_t value)
{
    buf_printf(out, "drumbeat_%s{campaign=\"", name);
    put_label(out, campaign_name(status));
    if (label != NULL) {
        buf_printf(out, "\",%s=\"", label);
        put_label(out, of);
    }
    buf_printf(out, "\"} %" PRId64 "\n", value);
}

static void put_seconds(struct buf *out, double seconds)
{
    buf_printf(out, "%.9g", seconds);
}

static void put_gauge_seconds(struct buf *out, const char *name, const char *help, int64_t us)
{
    head(out, name, "gauge", help);
    buf_printf(out, "drumbeat_%s ", name);
    put_seconds(out, (double)us / 1e6);
    buf_putc(out, '\n');
}

// name{connector="...",le="0.5"} and the like; connector NULL: without that label.
static void put_buckets(struct buf *out, const char *name, const char *connector,
                        const struct histogram *histogram)
{
    struct buf labels;
    uint64_t sum = 0;
    buf_init(&labels, 1024);
    if (connector != NULL) {
        buf_puts(&labels, "connector=\"");
        put_label(&labels, connector);
        buf_putc(&labels, '"');
    }
    const char *own = connector == NULL ? "" : (buf_putc(&labels, '\0'), labels.data);
    const char *comma = connector == NULL ? "" : ",";
    for (size_t i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        sum += histogram->counts[i];
        buf_printf(out, "drumbeat_%s_bucket{%s%sle=\"", name, own, comma);
        put_seconds(out, (double)histogram_bounds_us[i] / 1e6);
        buf_printf(out, "\"} %" PRIu64 "\n", sum);
    }
    buf_printf(out, "drumbeat_%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, own, comma,
               histogram->count);
    const char *open = connector == NULL ? "" : "{";
    const char *close = connector == NULL ? "" : "}";
    buf_printf(out, "drumbeat_%s_sum%s%s%s ", name, open, own, close);
    put_seconds(out, (double)histogram->sum_us / 1e6);
    buf_printf(out, "\ndrumbeat_%s_count%s%s%s %" PRIu64 "\n", name, open, own, close,
               histogram->count);
    buf_deinit(&labels);
}

static void put_histogram(struct buf *out, const char *name, const char *help,
                          const struct histogram *histogram)
{
    head(out, name, "histogram", help);
    put_buckets(out, name, NULL, histogram);
}

// --- Groups. ---

enum group_figure { GROUP_MEMBERS, GROUP_JOINS, GROUP_LEAVES, GROUP_MESSAGES };

static void put_groups(const struct status *status, struct buf *out, enum group_figure figure,
                       const char *name, const char *type, const char *help)
{
    head(out, name, type, help);
    for (size_t i = 0; i < status->group_count; i++) {
        const struct group *row = table_get(status->state, T_GROUPS, status->groups[i].id);
        if (row != NULL && (uint32_t)row->campaign == status->campaign) {
            const int64_t value = figure == GROUP_MEMBERS  ? row->members
                                  : figure == GROUP_JOINS  ? row->joins
                                  : figure == GROUP_LEAVES ? row->leaves
                                                           : row->messages;
            put_of(status, out, name, "group", state_get_text(status->state, row->ext), value);
        }
    }
}

static void put_campaign(const struct status *status, struct buf *out)
{
    const struct campaign *row = table_get(status->state, T_CAMPAIGNS, status->campaign);
    put_groups(status, out, GROUP_MEMBERS, "members", "gauge", "Members present.");
    put_groups(status, out, GROUP_JOINS, "joins_total", "counter", "Joins seen.");
    put_groups(status, out, GROUP_LEAVES, "leaves_total", "counter", "Leaves seen.");
    put_groups(status, out, GROUP_MESSAGES, "messages_total", "counter", "Messages heard.");
    head(out, "uv_total", "counter", "Different visitors of the shop.");
    put_of(status, out, "uv_total", NULL, NULL, status->found.funnel.visited);
    head(out, "orders_paid_total", "counter", "Paid orders.");
    put_of(status, out, "orders_paid_total", NULL, NULL, status->found.sold.orders);
    head(out, "revenue_cents_total", "counter", "Paid, in minor units, refunds left in.");
    put_of(status, out, "revenue_cents_total", NULL, NULL, status->found.sold.paid);
    head(out, "paused", "gauge", "1 while all of the campaign is paused.");
    put_of(status, out, "paused", NULL, NULL, row != NULL && row->paused_at != 0);
}

static void put_budgets(const struct status *status, struct buf *out)
{
    static const char *const NAMES[] = {"budget_cap_cents", "budget_free_cents",
                                        "budget_reserved_cents", "budget_spent_cents"};
    static const char *const HELP[] = {
        "What a budget may give in all, in minor units.", "What is left of it.",
        "What vouchers and the like hold of it.",
        "What it has given; goes down when something is given back."};
    for (size_t figure = 0; figure < 4; figure++) {
        head(out, NAMES[figure], "gauge", HELP[figure]);
        for (size_t i = 0; i < status->budget_count; i++) {
            const struct status_budget *budget = &status->budgets[i];
            const int64_t value = figure == 0   ? status_cap(status, budget)
                                  : figure == 1 ? status_balance(status, budget->free)
                                  : figure == 2 ? status_balance(status, budget->reserved)
                                                : status_balance(status, budget->spent);
            put_of(status, out, NAMES[figure], "budget", budget->name, value);
        }
    }
}

// --- What was given and what wasn't. ---

static void put_refusals(const struct status *status, struct buf *out)
{
    head(out, "guard_refusals_total", "counter",
         "Words that were refused, by what refused them; looks ahead included.");
    for (int guard = 0; guard < SCRIPT_GUARD_COUNT; guard++) {
        buf_printf(out, "drumbeat_guard_refusals_total{guard=\"%s\"} %" PRIu64 "\n",
                   script_guard_names[guard],
                   script_refusals(status->engine->script, (enum script_guard)guard));
    }
    head(out, "invites_rejected_total", "counter",
         "Newcomers whom a person rejected, by sign; who had several counts in each.");
    for (int code = 0; code <= AUDIT_CODE_COUNT; code++) {
        put_of(status, out, "invites_rejected_total", "rule",
               code == AUDIT_CODE_COUNT ? "other" : audit_code_name((enum audit_code)code),
               status->found.people.rejected[code]);
    }
    head(out, "draws_total", "counter",
         "Games that are over; verified: a commitment was announced before, so anybody can.");
    put_of(status, out, "draws_total", "verified", "yes", status->found.games.drawn[1]);
    put_of(status, out, "draws_total", "verified", "no", status->found.games.drawn[0]);
}

// --- Ways out and in. ---

static const char *connector_name(const struct status *status, size_t place)
{
    const struct connector *row =
        place == STATUS_CONNECTORS_MAX
            ? NULL
            : table_get(status->state, T_CONNECTORS, status->connectors[place].row);
    return row == NULL ? "" : state_get_text(status->state, row->name);
}

static void put_connector(struct buf *out, const char *name, const char *of, int64_t value)
{
    buf_printf(out, "drumbeat_%s{connector=\"", name);
    put_label(out, of);
    buf_printf(out, "\"} %" PRId64 "\n", value);
}

static void put_results(const struct status *status, struct buf *out)
{
    head(out, "connector_requests_total", "counter", "Commands by what became of them.");
    for (size_t place = 0; place <= STATUS_CONNECTORS_MAX; place++) {
        for (size_t code = 0; code < STATUS_CODES_MAX; code++) {
            if (status->results[place][code] > 0) {
                buf_puts(out, "drumbeat_connector_requests_total{connector=\"");
                put_label(out, connector_name(status, place));
                buf_printf(out, "\",code=\"%s\"} %" PRIu64 "\n", status_codes[code],
                           status->results[place][code]);
            }
        }
    }
}

static void put_latency(const struct status *status, struct buf *out)
{
    head(out, "connector_latency_seconds", "histogram", "From a command to its result.");
    for (size_t i = 0; i < status->connector_count; i++) {
        put_buckets(out, "connector_latency_seconds", connector_name(status, i),
                    &status->latency[i]);
    }
}

static void put_connectors(const struct status *status, struct buf *out)
{
    head(out, "connector_up", "gauge", "1 while it takes commands.");
    for (size_t i = 0; i < status->connector_count; i++) {
        put_connector(out, "connector_up", connector_name(status, i), status->connectors[i].is_up);
    }
    head(out, "connector_downs_total", "counter", "How often it went down.");
    for (size_t i = 0; i < status->connector_count; i++) {
        put_connector(out, "connector_downs_total", connector_name(status, i),
                      (int64_t)status->connectors[i].went);
    }
    head(out, "connector_events_total", "counter", "Events handled, results left out.");
    for (size_t i = 0; i < status->connector_count; i++) {
        const struct connector *row =
            table_get(status->state, T_CONNECTORS, status->connectors[i].row);
        put_connector(out, "connector_events_total", connector_name(status, i),
                      row == NULL ? 0 : row->events);
    }
    head(out, "connector_refused_total", "counter", "Lines and events that were parked.");
    for (size_t i = 0; i < status->connector_count; i++) {
        const struct connector *row =
            table_get(status->state, T_CONNECTORS, status->connectors[i].row);
        put_connector(out, "connector_refused_total", connector_name(status, i),
                      row == NULL ? 0 : row->refused);
    }
    put_results(status, out);
    put_latency(status, out);
}

static void put_outbox(const struct status *status, int64_t now_ms, struct buf *out)
{
    const struct status_out *seen = &status->found.out;
    put(out, "outbox_pending", "gauge", "Messages that are due and not sent.", seen->waiting);
    head(out, "outbox_oldest_seconds", "gauge", "How long the oldest of them is due.");
    buf_puts(out, "drumbeat_outbox_oldest_seconds ");
    put_seconds(out, seen->oldest_since == 0 ? 0 : (double)(now_ms - seen->oldest_since) / 1e3);
    buf_putc(out, '\n');
    put(out, "outbox_in_flight", "gauge", "Commands without a result yet.",
        (int64_t)outbox_flying(status->engine->core.outbox));
    put(out, "outbox_held", "gauge", "Messages that a pause or a muted group holds.", seen->held);
    put(out, "outbox_failed", "gauge", "Messages that did not go out, unknown ones included.",
        seen->failed + seen->unknown);
    put(out, "outbox_awaiting_staff", "gauge", "Commands for a person to do.", seen->staff);
    put(out, "events_waiting", "gauge", "Events behind refused ones.", status->found.parked.waits);
    put(out, "events_holding", "gauge", "Refused events that hold up others.",
        status->found.parked.holds);
    put(out, "events_parked", "gauge", "Input that couldn't be handled and isn't settled.",
        status_unsettled(status));
}

// --- The engine itself. ---

static void put_tweaks(const struct status *status, struct buf *out)
{
    static const char *const CLASSES[] = {"look", "move", "money", "final"};
    head(out, "tweaks_total", "counter", "Live changes by operators.");
    for (size_t i = 0; i < 4; i++) {
        put_of(status, out, "tweaks_total", "class", CLASSES[i], status->found.tweaks.by_class[i]);
    }
    put(out, "repl_sessions", "gauge", "Clients of the control sockets.", (int64_t)status->clients);
}

static void put_engine(const struct status *status, struct buf *out)
{
    const struct engine *engine = status->engine;
    head(out, "build_info", "gauge", "The program.");
    buf_printf(out, "drumbeat_build_info{version=\"%s\",schema=\"%d\"} 1\n", DRUMBEAT_VERSION,
               STORE_SCHEMA_VERSION);
    head(out, "start_timestamp_seconds", "gauge", "When this process began.");
    buf_puts(out, "drumbeat_start_timestamp_seconds ");
    buf_printf(out, "%" PRId64 ".%03d\n", status->started_ms / 1000,
               (int)(status->started_ms % 1000));
    put(out, "turns_total", "counter", "Turns of this process.", (int64_t)engine->turns);
    put(out, "duplicates_total", "counter", "Events seen before.", (int64_t)engine->duplicates);
    put(out, "timers_pending", "gauge", "Entries of the run sheet to come.",
        status->found.plan.planned);
    put(out, "timer_missed_total", "counter", "Entries that were skipped, since this start.",
        (int64_t)status->skipped);
    put(out, "games_open", "gauge", "Games that can be played.", status->found.games.open_count);
    put(out, "playbook_errors_total", "counter", "Handlers and scenes that failed.",
        (int64_t)status->errors_seen);
    put(out, "lua_memory_bytes", "gauge", "Memory of all playbooks.",
        (int64_t)script_memory(engine->script));
    put(out, "handlers_suspended", "gauge", "Handlers that failed five times in a row.",
        status->found.handlers.suspended);
    put(out, "playbooks_suspended", "gauge", "Days whose playbooks were killed three times.",
        status_suspended(status));
    put(out, "scenes_failed", "gauge", "Scenes that have halted.", status->found.scenes.failed);
    if (status->backup_ms != 0) {
        put(out, "last_backup_timestamp_seconds", "gauge", "When the file was copied last.",
            status->backup_ms / 1000);
    }
    put(out, "storage_batches_waiting", "gauge", "Batches that are not durable.",
        (int64_t)status->storage.waiting);
    put(out, "journal_bytes", "gauge", "Size of the journal in the file.",
        status->journal_before + status->storage.journal_bytes);
    put(out, "storage_full", "gauge", "1 while the disk is full.", engine->full);
}

void status_put_metrics(struct status *status, int64_t now_ms, struct buf *out)
{
    struct status_note notes[STATUS_NOTES_MAX];
    const size_t count = status_notes(status, now_ms, notes);
    int64_t alarms = 0;
    for (size_t i = 0; i < count; i++) {
        alarms += notes[i].rule->is_alarm;
    }
    put_engine(status, out);
    put(out, "alarms", "gauge", "What needs a person: drumbeat status tells.", alarms);
    put_gauge_seconds(out, "loop_lag_most_seconds", "The longest round of the last ten seconds.",
                      recent_most_us(&status->recent_lag, status->mono_us));
    put_gauge_seconds(out, "commit_most_seconds", "The longest commit of the last ten seconds.",
                      status_commit_us(status));
    put_histogram(out, "loop_lag_seconds", "What rounds of the loop took, waiting left out.",
                  &status->lag);
    put_histogram(out, "journal_fsync_seconds", "What commits took, to the disk.",
                  &status->storage.commits);
    struct histogram times;
    script_get_times(status->engine->script, &times);
    put_histogram(out, "lua_seconds", "What entries into playbooks took, one of sixteen measured.",
                  &times);
    put_histogram(out, "announcement_lateness_seconds",
                  "From the time the run sheet names to the connector.", &status->lateness);
    put_campaign(status, out);
    put_budgets(status, out);
    put_refusals(status, out);
    put_outbox(status, now_ms, out);
    put_connectors(status, out);
    put_tweaks(status, out);
}
