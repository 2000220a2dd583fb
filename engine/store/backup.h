#pragma once
// A copy of a file as it is at one instant, while an engine may be writing to it: readers and
// writers go on.

#include "base/err.h"

// `to` must not be there. It appears whole and synced, or not at all.
MUST_USE bool backup_copy(const char *from, const char *to, struct err *e);

struct sqlite;
// The same into a connection to a database in memory, without the journal: what is played on from
// there keeps none. Internal to engine/store.
MUST_USE bool backup_into_memory(const char *from, struct sqlite *to, struct err *e);
