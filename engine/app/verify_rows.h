#pragma once
// What must hold between the rows of a database, whoever wrote them: money adds up, nothing is
// given twice, nothing points nowhere. Only SQL over the tables' descriptors: no code of those who
// write.

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define VERIFY_VALUE_MAX 200

// A rule that doesn't hold: the first row that breaks it, lowest id first.
struct verify_broken {
    const char *rule;
    char table[64], column[64];
    int64_t id;
    char found[VERIFY_VALUE_MAX], expected[VERIFY_VALUE_MAX];
    uint64_t more;  // Rows that break it too.
};
typedef void (*verify_broken_fn)(void *ctx, const struct verify_broken *broken);

struct verify_rows {
    uint32_t rules;   // Looked at.
    uint32_t broken;  // ... that don't hold.
};
// false: the file can't be read.
MUST_USE bool verify_db_rows(struct store *store, verify_broken_fn on_broken, void *ctx,
                             struct verify_rows *out, struct err *e);
