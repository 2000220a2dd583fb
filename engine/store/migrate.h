#pragma once
// From the schema of an earlier release to this one's, forward only. Internal to engine/store.

#include "store/setup.h"

// The version that a file is brought to: STORE_SCHEMA_VERSION, but in tests of migrations.
int migrate_version(const struct store_options *options);
// Brings a file of an earlier version up to it in one transaction: the steps' own SQL, then every
// table whose columns differ is made anew with what it had (new columns: 0, '' or NULL). The views
// are gone then: setup_create makes them.
MUST_USE bool migrate_run(struct sqlite *sqlite, const struct store_options *options, int from,
                          struct err *e);
