// See status_rules.h.
#include "app/status_rules.h"

#include <ctype.h>
#include <stddef.h>

// Numbers of the header, in texts.
#define TEXT(number) #number
#define SHOWN(number) TEXT(number)
#define SHOWN_S(ms) SHOWN(ms) " / 1000"

const struct status_rule status_rules[STATUS_RULE_COUNT] = {
    [STATUS_RULE_DISK_FULL] = {"disk_full", true, "free space on its disk; it goes on by itself",
                               "drumbeat_storage_full == 1", 0,
                               "The disk is full: nothing is taken, acknowledged or sent"},
    [STATUS_RULE_SLOW_DISK] = {"slow_disk", true, "look what else writes to its disk",
                               "drumbeat_commit_most_seconds > " SHOWN_S(STATUS_COMMIT_MS) "", 0,
                               "The disk is slow: a commit took {{ $value | humanizeDuration }}"},
    [STATUS_RULE_LAG] = {"lag", true,
                         "look at the machine's load, and at what was just asked of it",
                         "drumbeat_loop_lag_most_seconds > " SHOWN_S(STATUS_LAG_MS) "", 0,
                         "The beat was {{ $value | humanizeDuration }} late"},
    [STATUS_RULE_CONNECTOR_DOWN] =
        {"connector_down", true,
         "look at what it says on the engine's stderr; what waits for it goes out when it is up",
         "drumbeat_connector_up == 0", STATUS_DOWN_S,
         "Connector {{ $labels.connector }} is down: nothing reaches its groups"},
    [STATUS_RULE_UNSENT] = {"unsent", true, "drumbeat outbox shows which, and why",
                            "drumbeat_outbox_oldest_seconds > " SHOWN(STATUS_UNSENT_S) "", 0,
                            "A message has been due for {{ $value | humanizeDuration }}"},
    [STATUS_RULE_FAILED] = {"failed", true,
                            "drumbeat outbox shows them; --resolve N again sends one",
                            "drumbeat_outbox_failed > 0", 0,
                            "{{ $value }} messages did not go out"},
    [STATUS_RULE_AWAITING_STAFF] =
        {"awaiting_staff", true, "do what they ask by hand, then drumbeat outbox --resolve N sent",
         "drumbeat_outbox_awaiting_staff > 0", 0, "{{ $value }} commands for a person to do"},
    [STATUS_RULE_HELD_BACK] =
        {"held_back", true,
         "drumbeat parked shows them; --replay N once the cause is gone, or --discard N",
         "drumbeat_events_holding > 0", 0, "{{ $value }} refused events hold up others"},
    [STATUS_RULE_SUSPENDED] = {"suspended", true, "mend the playbook, then drumbeat reload",
                               "drumbeat_playbooks_suspended > 0", 0,
                               "The playbooks of {{ $value }} days are suspended"},
    [STATUS_RULE_HANDLER_SUSPENDED] =
        {"handler_suspended", true,
         "mend the playbook, then drumbeat reload: their events are kept and follow in order",
         "drumbeat_handlers_suspended > 0", 0,
         "{{ $value }} handlers are suspended: five errors in a row"},
    [STATUS_RULE_SCENE_FAILED] = {"scene_failed", true, "mend the playbook, then drumbeat reload",
                                  "drumbeat_scenes_failed > 0", 0,
                                  "{{ $value }} scenes have halted"},
    [STATUS_RULE_PLAYBOOK_ERROR] =
        {"playbook_error", true, "drumbeat parked shows it with file and line",
         "increase(drumbeat_playbook_errors_total[" SHOWN(STATUS_ERRORS_S) "s]) > 0", 0,
         "A playbook's handler failed; facts are counted all the same"},
    [STATUS_RULE_SKIPPED] = {"skipped", true, "do by hand what it would have done, or leave it",
                             "increase(drumbeat_timer_missed_total[" SHOWN(
                                 STATUS_SKIPPED_S) "s]) > 0",
                             0,
                             "An entry was skipped: its time was over when the engine came to it"},
    [STATUS_RULE_ENGINE_DOWN] = {"engine_down", true,
                                 "drumbeat run CAMPAIGN --db FILE goes on where it stopped",
                                 "absent(drumbeat_build_info)", 30,
                                 "No engine is running, or it isn't scraped"},
    [STATUS_RULE_PARKED] = {.kind = "parked", .advice = "drumbeat parked shows them"},
    [STATUS_RULE_PAUSED] =
        {.kind = "paused",
         .advice = "drumbeat attach, then: resume(\"all\", \"skip\"), or \"now\", or \"shift\""},
    [STATUS_RULE_GROUP_PAUSED] = {.kind = "group_paused", .advice = "drumbeat attach"},
    [STATUS_RULE_GROUP_MUTED] = {.kind = "group_muted", .advice = "drumbeat attach"},
    [STATUS_RULE_BUDGET_USED_UP] = {.kind = "budget_used_up",
                                    .advice = "drumbeat attach, then: budget_add"},
    [STATUS_RULE_SECOND_PERSON] = {.kind = "second_person",
                                   .advice = "drumbeat attach, then: approve N, or refuse N"},
    [STATUS_RULE_AUDITS] = {.kind = "audits", .advice = "look at them in the review queue"},
};

// disk_full: DrumbeatDiskFull
static void put_name(const char *kind, struct buf *out)
{
    bool begins = true;
    buf_puts(out, "Drumbeat");
    for (const char *at = kind; *at != '\0'; at++) {
        if (*at == '_') {
            begins = true;
        } else {
            buf_putc(out, begins ? (char)toupper((unsigned char)*at) : *at);
            begins = false;
        }
    }
}

// A text of YAML in single quotes.
static void put_quoted(const char *text, struct buf *out)
{
    buf_putc(out, '\'');
    for (const char *at = text; *at != '\0'; at++) {
        buf_puts(out, *at == '\'' ? "''" : (const char[]){*at, '\0'});
    }
    buf_puts(out, "'\n");
}

void status_rules_put(struct buf *out)
{
    buf_puts(out,
             "# What needs a person, as drumbeat status and top tell it; written from the same\n"
             "# table. Low sales are no alarm.\n"
             "groups:\n  - name: drumbeat\n    rules:\n");
    for (size_t i = 0; i < STATUS_RULE_COUNT; i++) {
        const struct status_rule *rule = &status_rules[i];
        if (rule->expr == NULL) {
            continue;
        }
        buf_puts(out, "      - alert: ");
        put_name(rule->kind, out);
        buf_puts(out, "\n        expr: ");
        put_quoted(rule->expr, out);
        if (rule->hold_s > 0) {
            buf_printf(out, "        for: %ds\n", rule->hold_s);
        }
        buf_printf(out, "        labels:\n          severity: page\n          kind: %s\n",
                   rule->kind);
        buf_puts(out, "        annotations:\n          summary: ");
        put_quoted(rule->summary, out);
        buf_puts(out, "          do: ");
        put_quoted(rule->advice, out);
    }
}
