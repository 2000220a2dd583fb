// What stands against a good night, as sentences, each with what to do. An alarm needs a person;
// a note is what she may want to know. Low sales are neither.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/status_impl.h"

struct telling {
    const struct status *status;
    int64_t now_ms;
    struct status_note *out;
    size_t count;
};

static void tell(struct telling *telling, enum status_rule_kind kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void tell(struct telling *telling, enum status_rule_kind kind, const char *format, ...)
{
    if (telling->count == STATUS_NOTES_MAX) {
        return;
    }
    struct status_note *note = &telling->out[telling->count++];
    va_list args;
    note->rule = &status_rules[kind];
    va_start(args, format);
    vsnprintf(note->text, sizeof(note->text), format, args);
    va_end(args);
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

int64_t status_commit_us(const struct status *status)
{
    const struct store_figures *storage = &status->storage;
    const int64_t busy_us =
        storage->busy_since_us == 0 ? 0 : status->mono_us - storage->busy_since_us;
    const int64_t done_us = recent_most_us(&storage->recent, status->mono_us);
    return busy_us > done_us ? busy_us : done_us;
}

static void look_storage(struct telling *telling)
{
    const struct status *status = telling->status;
    const int64_t commit_us = status_commit_us(status);
    if (status->engine->full) {
        tell(telling, STATUS_RULE_DISK_FULL,
             "the disk is full: nothing is taken, acknowledged or sent");
    } else if (commit_us > STATUS_COMMIT_MS * 1000) {
        char shown[24];
        tell(telling, STATUS_RULE_SLOW_DISK, "the disk is slow: a commit takes %s",
             span(commit_us / 1000, shown));
    }
    const int64_t lag_us = recent_most_us(&status->recent_lag, status->mono_us);
    if (lag_us > STATUS_LAG_MS * 1000) {
        tell(telling, STATUS_RULE_LAG, "the beat was %" PRId64 " ms late in the last ten seconds",
             lag_us / 1000);
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
        if (row != NULL && !one->is_up && down_ms >= STATUS_DOWN_S * 1000) {
            tell(telling, STATUS_RULE_CONNECTOR_DOWN,
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
    if (oldest_ms > STATUS_UNSENT_S * 1000) {
        tell(telling, STATUS_RULE_UNSENT, "%" PRId64 " message%s wait, the oldest for %s",
             seen->waiting, plural(seen->waiting), span(oldest_ms, age));
    }
    if (seen->failed + seen->unknown > 0) {
        tell(telling, STATUS_RULE_FAILED, "%" PRId64 " message%s did not go out",
             seen->failed + seen->unknown, plural(seen->failed + seen->unknown));
    }
    if (seen->staff > 0) {
        tell(telling, STATUS_RULE_AWAITING_STAFF, "%" PRId64 " command%s for a person to do",
             seen->staff, seen->staff == 1 ? " is" : "s are");
    }
}

static void look_refused(struct telling *telling)
{
    const struct status *status = telling->status;
    const struct status_parked *parked = &status->found.parked;
    const int64_t unsettled = status_unsettled(status);
    if (parked->holds > 0) {
        tell(telling, STATUS_RULE_HELD_BACK, "%" PRId64 " event%s behind %" PRId64 " refused one%s",
             parked->waits, parked->waits == 1 ? " waits" : "s wait", parked->holds,
             plural(parked->holds));
    }
    if (unsettled > parked->holds + parked->waits) {
        tell(telling, STATUS_RULE_PARKED, "%" PRId64 " line%s or event%s could not be handled",
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
        tell(telling, STATUS_RULE_SUSPENDED,
             "the playbooks of %" PRId64 " day%s are suspended: three kills in ten minutes", days,
             plural(days));
    }
    const struct status_handlers *handlers = &status->found.handlers;
    const struct handler_row *handler = table_get(status->state, T_HANDLERS, handlers->one);
    if (handler != NULL) {
        tell(telling, STATUS_RULE_HANDLER_SUSPENDED,
             "%" PRId64 " handler%s suspended: five errors in a row; the last one is %s: %.120s",
             handlers->suspended, handlers->suspended == 1 ? " is" : "s are",
             state_get_text(status->state, handler->name),
             state_get_text(status->state, handler->error));
    }
    if (scene != NULL) {
        tell(telling, STATUS_RULE_SCENE_FAILED,
             "%" PRId64 " scene%s halted; the last one is %s: %.150s", scenes->failed,
             scenes->failed == 1 ? " has" : "s have", state_get_text(status->state, scene->name),
             state_get_text(status->state, scene->error));
    }
    if (status->errors_at != 0 && telling->now_ms - status->errors_at < STATUS_ERRORS_S * 1000) {
        tell(telling, STATUS_RULE_PLAYBOOK_ERROR,
             "a playbook's handler failed (%" PRIu64 " so far); facts are counted all the same",
             status->errors_seen);
    }
    if (status->skipped_at != 0 && telling->now_ms - status->skipped_at < STATUS_SKIPPED_S * 1000) {
        char clock[16];
        status_clock(status, status->skipped_at, clock);
        tell(telling, STATUS_RULE_SKIPPED,
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
        tell(telling, STATUS_RULE_PAUSED, "all is paused since %s: no entry runs, nothing is sent",
             clock);
    }
    for (size_t i = 0; i < status->group_count; i++) {
        const struct group *group = table_get(status->state, T_GROUPS, status->groups[i].id);
        if (group != NULL && (group->paused_at != 0 || group->muted)) {
            tell(telling,
                 group->paused_at != 0 ? STATUS_RULE_GROUP_PAUSED : STATUS_RULE_GROUP_MUTED,
                 "group %s is %s", state_get_text(status->state, group->ext),
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
            tell(telling, STATUS_RULE_BUDGET_USED_UP, "budget %s is used up", budget->name);
        }
    }
}

static void look_people(struct telling *telling)
{
    const struct status *status = telling->status;
    if (status->found.tweaks.waiting > 0) {
        tell(telling, STATUS_RULE_SECOND_PERSON, "%" PRId64 " change%s for a second person",
             status->found.tweaks.waiting, status->found.tweaks.waiting == 1 ? " waits" : "s wait");
    }
    if (status->found.people.audits > 0) {
        tell(telling, STATUS_RULE_AUDITS, "%" PRId64 " newcomer%s to be looked at",
             status->found.people.audits, status->found.people.audits == 1 ? " is" : "s are");
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
