#pragma once
// What may stand against a good night, as data: one table for status, top and /metrics, and for the
// alert rules of a Prometheus server, which are written from it.

#include <stdbool.h>

#include "base/mem.h"

// From here on it needs a person.
#define STATUS_LAG_MS 150      // The beat's own promise.
#define STATUS_COMMIT_MS 1000  // So long a commit may take.
#define STATUS_UNSENT_S 60     // So long a message may wait.
#define STATUS_DOWN_S 10       // So long a connector may be down: it is started again by then.
#define STATUS_ERRORS_S 600    // So long an error of a playbook counts as new.
#define STATUS_SKIPPED_S 1800  // ... an entry that was skipped.

enum status_rule_kind {
    STATUS_RULE_DISK_FULL,
    STATUS_RULE_SLOW_DISK,
    STATUS_RULE_LAG,
    STATUS_RULE_CONNECTOR_DOWN,
    STATUS_RULE_UNSENT,
    STATUS_RULE_FAILED,
    STATUS_RULE_AWAITING_STAFF,
    STATUS_RULE_HELD_BACK,
    STATUS_RULE_SUSPENDED,
    STATUS_RULE_HANDLER_SUSPENDED,
    STATUS_RULE_SCENE_FAILED,
    STATUS_RULE_PLAYBOOK_ERROR,
    STATUS_RULE_SKIPPED,
    STATUS_RULE_ENGINE_DOWN,
    STATUS_RULE_PARKED,
    STATUS_RULE_PAUSED,
    STATUS_RULE_GROUP_PAUSED,
    STATUS_RULE_GROUP_MUTED,
    STATUS_RULE_BUDGET_USED_UP,
    STATUS_RULE_SECOND_PERSON,
    STATUS_RULE_AUDITS,
    STATUS_RULE_COUNT
};

struct status_rule {
    const char *kind;
    bool is_alarm;        // Else a note: no person is called for it.
    const char *advice;   // What to do.
    const char *expr;     // The same of our metrics; NULL for notes.
    int hold_s;           // So long it has to hold there.
    const char *summary;  // What a server says of it, which knows no names of entries and errors.
};
extern const struct status_rule status_rules[STATUS_RULE_COUNT];

// As a rule file of Prometheus.
void status_rules_put(struct buf *out);
