#pragma once
// What a file must be before an engine works on it: ours, whole, of a version we know, with the
// tables of the descriptors. Internal to engine/store.

#include "base/err.h"
#include "base/hash.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/store.h"

#define STORE_UUID_SIZE 32  // Hex digits.

// The row of the table meta.
struct setup_meta {
    int64_t schema_version;
    char uuid[STORE_UUID_SIZE + 1];
    bool journal_kept;
    struct store_head head;
    struct sha256 views;
};

// Before SQLite touches it: does the file have to be new, was it emptied?
MUST_USE bool setup_check_file(const char *path, bool fresh, bool read_only, struct err *e);
// Ours or empty, of a version we know; *version is it. An earlier one only for who may migrate.
MUST_USE bool setup_check_identity(struct sqlite *sqlite, const struct store_options *options,
                                   bool *empty, int *version, struct err *e);
MUST_USE bool setup_drop_views(struct sqlite *sqlite, struct err *e);
// Creates what is missing in one transaction: everything in an empty file; else the views when
// their text has changed.
MUST_USE bool setup_create(struct sqlite *sqlite, const struct store_options *options, bool empty,
                           struct err *e);
// The tables are as the descriptors say.
MUST_USE bool setup_check_tables(struct sqlite *sqlite, const struct store_options *options,
                                 struct err *e);
// quick_check below 64 MiB; above, size against header and the root of each table.
MUST_USE bool setup_check_pages(struct sqlite *sqlite, struct err *e);
MUST_USE bool setup_read_meta(struct sqlite *sqlite, struct setup_meta *out, struct err *e);
