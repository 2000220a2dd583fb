#pragma once
// A copy of a file as it is at one instant, while an engine may be writing to it: readers and
// writers go on.

#include <stdint.h>

#include "base/err.h"

// `to` must not be there. It appears whole and synced, or not at all.
MUST_USE bool backup_copy(const char *from, const char *to, struct err *e);
// Notes that there is a good copy of `from` (an empty file beside it, "<from>.backed-up"), and when
// that was: milliseconds, 0 if it isn't known. A note that can't be made doesn't matter.
void backup_note(const char *from);
int64_t backup_last_ms(const char *from);

struct sqlite;
// The same into a connection to a database in memory, without the journal: what is played on from
// there keeps none. Internal to engine/store.
MUST_USE bool backup_into_memory(const char *from, struct sqlite *to, struct err *e);
