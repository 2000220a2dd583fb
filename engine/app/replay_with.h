#pragma once
// A file's events played again with other playbooks: what would have gone differently. Everything
// from outside (messages, joins, orders, decisions of people) comes from the journal; what the
// engine did itself it does anew, at the times it is due. Every command counts as sent at once.

#include "app/replay.h"

#define REPLAY_SAMPLES_MAX 3

// What differs in one class: effects of a day and kind ("1: send rules"), "money", "members".
struct replay_change {
    char *name;
    uint64_t added, gone, changed;
    // The first ones, old and new; NULL where there is none.
    struct replay_sample {
        char *who, *old, *now;
    } samples[REPLAY_SAMPLES_MAX];
    size_t sample_count;
};

struct replay_changes {
    struct replay_change *items;
    size_t count, capacity;
    uint64_t turns, events;
    int64_t us;
    struct buf problems;  // Of playbooks that can't be bound: the errors are ERR_INVALID.
};

// `with`: a folder with playbooks, NAME/playbook.lua or playbooks/NAME/playbook.lua; those that it
// hasn't come from the file.
MUST_USE bool replay_with(const struct replay_options *options, const char *with,
                          struct replay_changes *out, struct err *e);
void replay_changes_deinit(struct replay_changes *changes);

// --- replay_diff.c ---
// Differences between two databases, appended to `out` in order of their names.
MUST_USE bool replay_diff(struct store *old, struct store *now, struct replay_changes *out,
                          struct err *e);
