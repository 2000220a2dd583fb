#pragma once
// What a run took, for whoever tunes it: turns a second, and the memory of the state by table.

#include "app/rehearse.h"

// A few lines and the largest tables. report_us: what the report took.
void stats_print(const struct rehearsal *rehearsal, int64_t report_us, FILE *out);
