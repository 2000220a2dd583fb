// Goals and their order. Pure.

#include "rules/goal.h"

#include <string.h>

#include "base/check.h"

static const char *const GOAL_NAMES[] = {"none", "traffic", "know", "trust", "emotion", "buy"};
#define GOAL_COUNT (sizeof(GOAL_NAMES) / sizeof(GOAL_NAMES[0]))

const char *goal_name(enum goal goal)
{
    CHECK((size_t)goal < GOAL_COUNT);
    return GOAL_NAMES[goal];
}

bool goal_parse(const char *name, size_t size, enum goal *out)
{
    for (size_t i = 1; i < GOAL_COUNT; i++) {
        if (strlen(GOAL_NAMES[i]) == size && memcmp(GOAL_NAMES[i], name, size) == 0) {
            *out = (enum goal)i;
            return true;
        }
    }
    return false;
}

// Index of the earliest activity with this goal, or `count`.
static size_t goal_first(const struct goal_activity *activities, size_t count, enum goal goal)
{
    size_t first = count;
    for (size_t i = 0; i < count; i++) {
        if (activities[i].goal == goal &&
            (first == count || activities[i].start_ms < activities[first].start_ms)) {
            first = i;
        }
    }
    return first;
}

// The activity with the latest goal beyond its own that began before activity i, or `count`.
static size_t goal_before(const struct goal_activity *activities, size_t count, size_t i)
{
    size_t worst = count;
    for (size_t j = 0; j < count; j++) {
        if (activities[j].start_ms < activities[i].start_ms &&
            activities[j].goal > activities[i].goal &&
            (worst == count || activities[j].goal > activities[worst].goal)) {
            worst = j;
        }
    }
    return worst;
}

size_t goal_check_order(const struct goal_activity *activities, size_t count,
                        struct goal_warning *warnings, size_t max)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t before =
            activities[i].goal == GOAL_NONE ? count : goal_before(activities, count, i);
        if (before == count) {
            continue;
        }
        if (found < max) {
            warnings[found] = (struct goal_warning){
                .kind = GOAL_BACKWARD, .activity = (uint32_t)i, .earlier = (uint32_t)before};
        }
        found++;
    }
    for (enum goal goal = GOAL_KNOW; goal <= GOAL_BUY; goal++) {
        const size_t first = goal_first(activities, count, goal);
        if (first == count || goal_first(activities, count, goal - 1) < count) {
            continue;
        }
        if (found < max) {
            warnings[found] = (struct goal_warning){
                .kind = GOAL_SKIPPED, .activity = (uint32_t)first, .missing = goal - 1};
        }
        found++;
    }
    return found;
}
