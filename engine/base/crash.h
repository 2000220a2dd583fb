#pragma once
// Named instants at which a test lets the real program die, as kill -9 would end it there:
// DRUMBEAT_CRASH_AT=commit.after:3 ends it when it comes to that point for the third time. Not
// asked for, a point is one read of a flag, so the points are in every build: what is proven is
// proven of the program that runs.

#include <stdbool.h>

// Asked for by `text`, "name" or "name:n"; NULL or empty: nothing is. Once, by main, before any
// thread starts.
void crash_arm(const char *text);
void crash_reach(const char *name);  // Internal to crash_point.

extern bool crash_armed;

// Names are "what.when", and each stands in the source once: tests/crash finds them there.
static inline void crash_point(const char *name)
{
    if (__builtin_expect(crash_armed, false)) {
        crash_reach(name);
    }
}
