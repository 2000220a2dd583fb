#pragma once
// What must hold in a brand's database, whatever happened to the engine before, and what must be
// the same in the end however often it was interrupted. For tests; shares nothing with the writing
// path but the table descriptors and the journal's reader.

#include <stdio.h>

#include "store/store.h"

struct promises {
    uint64_t turns;  // In the journal.
    size_t events;   // ... of those that have an id.
    size_t wrong;
};

// Every invariant; a line to `out` for each that doesn't hold. true: all hold.
bool promises_kept(struct store *store, FILE *out, struct promises *counts);
// Each query whose rows must be the same, and its rows, indented, fields apart by tabs.
bool promises_sights(struct store *store, FILE *out);
