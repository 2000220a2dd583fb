#pragma once
// Goals of activities (domain B, principles): each has one operational goal, and goals come in the
// order traffic, know, trust, emotion, buy. Pure. A warning, never a refusal: operators may have
// reasons.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum goal { GOAL_NONE, GOAL_TRAFFIC, GOAL_KNOW, GOAL_TRUST, GOAL_EMOTION, GOAL_BUY };

struct goal_activity {
    const char *name;
    enum goal goal;    // GOAL_NONE: not declared; skipped by the check.
    int64_t start_ms;  // Or any number that orders them (day * 1440 + minute).
};

enum goal_warning_kind {
    GOAL_BACKWARD,  // Starts after an activity with a later goal.
    GOAL_SKIPPED,   // The goal before this one was never worked on.
};

struct goal_warning {
    enum goal_warning_kind kind;
    uint32_t activity;  // Index.
    uint32_t earlier;   // BACKWARD: index of the activity with the later goal that came before.
    enum goal missing;  // SKIPPED: the goal nobody worked on.
};

const char *goal_name(enum goal goal);  // "traffic" ...; "none"
bool goal_parse(const char *name, size_t size, enum goal *out);
// Checks one segment's activities, in any order (equal starts never go backward). Writes at most
// `max` warnings, each activity at most once backward and each goal at most once skipped; returns
// how many there are. Time is count * count at worst: run sheets are short.
size_t goal_check_order(const struct goal_activity *activities, size_t count,
                        struct goal_warning *warnings, size_t max);
