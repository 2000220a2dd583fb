#pragma once
// What playbooks' lines a turn ran, and the values of the names in them: for `why` alone. Off, it
// costs nothing. It may read what the line may read, and changes nothing.

#include <stdbool.h>
#include <stdint.h>

#define TRACE_STEPS 64  // The last ones of a turn are kept.
#define TRACE_FILE_MAX 96
#define TRACE_TEXT_MAX 200

struct trace_step {
    char file[TRACE_FILE_MAX];
    int line;
    bool decides;                       // It holds an if, a while, an and, an or, or a return.
    char text[TRACE_TEXT_MAX];          // The line itself, without blanks around it.
    char values[TRACE_TEXT_MAX];        // "spent = 1200, vip = false"
    char refused[TRACE_TEXT_MAX];       // What a word called from it was refused, and why.
    uint32_t vouchers, plays, effects;  // Highest ids when it began: what is above came after it.
};

struct script_trace {
    bool on;
    bool deep;  // Fields of the library's objects are read too: not in scenes, whose looks are
                // steps.
    struct trace_step steps[TRACE_STEPS];  // A ring.
    uint32_t count;                        // Of this turn, those that fell out included.
};

void trace_begin(struct script_trace *trace, bool on, bool deep);
// Steps kept, oldest first: trace_at(trace, 0) .. trace_at(trace, trace_kept(trace) - 1).
uint32_t trace_kept(const struct script_trace *trace);
const struct trace_step *trace_at(const struct script_trace *trace, uint32_t index);
