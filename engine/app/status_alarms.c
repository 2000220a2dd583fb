// What stands against a good night, as sentences, each with what to do. An alarm needs a person;
// a note is what she may want to know. Low sales are neither.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/status_impl.h"

#define UNSENT_MS 60000     // So long a message may wait.
#define DOWN_MS 10000       // So long a connector may be down: it is started again by then.
#define LAG_US 150000       // The beat's own promise.
#define COMMIT_US 1000000   // So long a commit may take.
#define ERRORS_MS 600000    // So long an error of a playbook counts as new.
#define SKIPPED_MS 1800000  // ... an entry that was skipped.

struct telling {
    const struct status *status;
    int64_t now_ms;
    struct status_note *out;
    size_t count;
};

static void tell(struct telling *telling, bool is_alarm, const char *kind, const char *advice,
                 const char *format, ...) PRINTF_LIKE(5, 6);

static void tell(struct telling *telling, bool is_alarm, const char *kind, const char *advice,
                 const char *format, ...)
{
    if (telling->count == STATUS_NOTES_MAX) {
        return;
    }
    struct status_note *note = &telling->out[telling->count++];
    va_list args;
    note->is_alarm = is_alarm;
    note->kind = kind;
    va_start(args, format);
    vsnprintf(note->text, sizeof(note->text), format, args);
    va_end(args);
    snprintf(note->advice, sizeof(note->advice), "%s", advice);
}

// "12 s", "3 min", "2 h": what a person needs of it.
static const char *span(int64_t ms, char out[24])
{
    const int64_t s = ms / 1000;
    if (s < 120) {
        snprintf(out, 24, "%" PRId64 " s", s);
    } else if (s < 7200) {
        snprintf(out, 24, "%" PRId64 " min", s / 60);
    } else {
        snprintf(out, 24, "%" PRId64 " h", s / 3600);
    }
    return out;
}

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

static void look_storage(struct telling *telling)
{
    const struct status *status = telling->status;
    const struct store_figures *storage = &status->storage;
    const int64_t busy_us =
        storage->busy_since_us == 0 ? 0 : status->mono_us - storage->busy_since_us;
    const int64_t slow_us = recent_most_us(&storage->recent, status->mono_us);
    if (status->engine->full) {
        tell(telling, true, "disk_full", "free space on its disk; it goes on by itself",
             "the disk is full: nothing is taken, acknowledged or sent");
    } else if (busy_us > COMMIT_US || slow_us > COMMIT_US) {
        char shown[24];
        tell(telling, true, "slow_disk", "look what else writes to its disk",
             "the disk is slow: a commit takes %s",
             span((busy_us > slow_us ? busy_us : slow_us) / 1000, shown));
    }
    const int64_t lag_us = recent_most_us(&status->recent_lag, status->mono_us);
    if (lag_us > LAG_US) {
        tell(telling, true, "lag", "look at the machine's load, and at what was just asked of it",
             "the beat was %" PRId64 " ms late in the last ten seconds", lag_us / 1000);
    }
}

static void look_connectors(struct telling *telling)
{
    const struct status *status = telling->status;
    for (size_t i = 0; i < status->connector_count; i++) {
        const struct status_connector *one = &status->connectors[i];
        const struct connector *row = table_get(status->state, T_CONNECTORS, one->row);
        char since[24];
        const int64_t down_ms = telling->now_ms - one->changed_at;
        if (row != NULL && !one->is_up && down_ms >= DOWN_MS) {
            tell(telling, true, "connector_down",
                 "look at what it says on the engine's stderr; what waits for it goes out when it "
                 "is up",
                 "connector %s is down for %s: nothing reaches its groups",
                 state_get_text(status->state, row->name), span(down_ms, since));
        }
    }
}

static void look_outbox(struct telling *telling)
{
    const struct status *status = telling->status;
    const struct status_out *seen = &status->found.out;
    const int64_t oldest_ms = seen->oldest_since == 0 ? 0 : telling->now_ms - seen->oldest_since;
    char age[24];
    if (oldest_ms > UNSENT_MS) {
        tell(telling, true, "unsent", "drumbeat outbox shows which, and why",
             "%" PRId64 " message%s wait, the oldest for %s", seen->waiting, plural(seen->waiting),
             span(oldest_ms, age));
    }
    if (seen->failed + seen->unknown > 0) {
        tell(telling, true, "failed", "drumbeat outbox shows them; --resolve N again sends one",
             "%" PRId64 " message%s did not go out", seen->failed + seen->unknown,
             plural(seen->failed + seen->unknown));
    }
    if (seen->staff > 0) {
        tell(telling, true, "awaiting_staff",
             "do what they ask by hand, then drumbeat outbox --resolve N sent",
             "%" PRId64 " command%s for a person to do", seen->staff,
             seen->staff == 1 ? " is" : "s are");
    }
}

static void look_refused(struct telling *telling)
{
    const struct status *status = telling->status;
    const struct status_parked *parked = &status->found.parked;
    const int64_t unsettled = status_unsettled(status);
    if (parked->holds > 0) {
        tell(telling, true, "held_back",
             "drumbeat parked shows them; --replay N once the cause is gone, or --discard N",
             "%" PRId64 " event%s behind %" PRId64 " refused one%s", parked->waits,
             parked->waits == 1 ? " waits" : "s wait", parked->holds, plural(parked->holds));
    }
    if (unsettled > parked->holds + parked->waits) {
        tell(telling, false, "parked", "drumbeat parked shows them",
             "%" PRId64 " line%s or event%s could not be handled",
             unsettled - parked->holds - parked->waits, plural(unsettled), plural(unsettled));
    }
}

static void look_playbooks(struct telling *telling)
{
    const struct status *status = telling->status;
    const struct status_scenes *scenes = &status->found.scenes;
    const struct scene *scene = table_get(status->state, T_SCENES, scenes->failed_one);
    const int64_t days = status_suspended(status);
    if (days > 0) {
        tell(telling, true, "suspended", "mend the playbook, then drumbeat reload",
             "the playbooks of %" PRId64 " day%s are suspended: three kills in ten minutes", days,
             plural(days));
    }
    const struct status_handlers *handlers = &status->found.handlers;
    const struct handler_row *handler = table_get(status->state, T_HANDLERS, handlers->one);
    if (handler != NULL) {
        tell(telling, true, "handler_suspended",
             "mend the playbook, then drumbeat reload: their events are kept and follow in order",
             "%" PRId64 " handler%s suspended: five errors in a row; the last one is %s: %.120s",
             handlers->suspended, handlers->suspended == 1 ? " is" : "s are",
             state_get_text(status->state, handler->name),
             state_get_text(status->state, handler->error));
    }
    if (scene != NULL) {
        tell(telling, true, "scene_failed", "mend the playbook, then drumbeat reload",
             "%" PRId64 " scene%s halted; the last one is %s: %.150s", scenes->failed,
             scenes->failed == 1 ? " has" : "s have", state_get_text(status->state, scene->name),
             state_get_text(status->state, scene->error));
    }
    if (status->errors_at != 0 && telling->now_ms - status->errors_at < ERRORS_MS) {
        tell(telling, true, "playbook_error", "drumbeat parked shows it with file and line",
             "a playbook's handler failed (%" PRIu64 " so far); facts are counted all the same",
             status->errors_seen);
    }
    if (status->skipped_at != 0 && telling->now_ms - status->skipped_at < SKIPPED_MS) {
        char clock[16];
        status_clock(status, status->skipped_at, clock);
        tell(telling, true, "skipped", "do by hand what it would have done, or leave it",
             "%s was skipped at %s: its time was over when the engine came to it",
             status->skipped_name, clock);
    }
}

static void look_pauses(struct telling *telling)
{
    const struct status *status = telling->status;
    const struct campaign *row = table_get(status->state, T_CAMPAIGNS, status->campaign);
    char clock[16];
    if (row != NULL && row->paused_at != 0) {
        status_clock(status, row->paused_at, clock);
        tell(telling, false, "paused",
             "drumbeat attach, then: resume(\"all\", \"skip\"), or \"now\", or \"shift\"",
             "all is paused since %s: no entry runs, nothing is sent", clock);
    }
    for (size_t i = 0; i < status->group_count; i++) {
        const struct group *group = table_get(status->state, T_GROUPS, status->groups[i].id);
        if (group != NULL && (group->paused_at != 0 || group->muted)) {
            tell(telling, false, group->paused_at != 0 ? "group_paused" : "group_muted",
                 "drumbeat attach", "group %s is %s", state_get_text(status->state, group->ext),
                 group->paused_at != 0 ? "paused" : "muted: nothing is sent to it");
        }
    }
}

static void look_money(struct telling *telling)
{
    const struct status *status = telling->status;
    for (size_t i = 0; i < status->budget_count; i++) {
        const struct status_budget *budget = &status->budgets[i];
        if (status_cap(status, budget) > 0 && status_balance(status, budget->free) == 0) {
            tell(telling, false, "budget_used_up", "drumbeat attach, then: budget_add",
                 "budget %s is used up", budget->name);
        }
    }
}

static void look_people(struct telling *telling)
{
    const struct status *status = telling->status;
    if (status->found.tweaks.waiting > 0) {
        tell(telling, false, "second_person", "drumbeat attach, then: approve N, or refuse N",
             "%" PRId64 " change%s for a second person", status->found.tweaks.waiting,
             status->found.tweaks.waiting == 1 ? " waits" : "s wait");
    }
    if (status->found.people.audits > 0) {
        tell(telling, false, "audits", "look at them in the review queue",
             "%" PRId64 " newcomer%s to be looked at", status->found.people.audits,
             status->found.people.audits == 1 ? " is" : "s are");
    }
}

size_t status_notes(const struct status *status, int64_t now_ms,
                    struct status_note out[STATUS_NOTES_MAX])
{
    struct telling telling = {.status = status, .now_ms = now_ms, .out = out};
    look_storage(&telling);
    look_connectors(&telling);
    look_outbox(&telling);
    look_refused(&telling);
    look_playbooks(&telling);
    look_pauses(&telling);
    look_money(&telling);
    look_people(&telling);
    return telling.count;
}
