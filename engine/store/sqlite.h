#pragma once
// One SQLite connection, opened our way, and its errors in our words. Internal to engine/store.

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/schema.h"
#include "store/store.h"

// "DRMB" in the file header: file(1) and other programs can tell whose it is.
#define SQLITE_APPLICATION_ID 0x44524d42

enum sqlite_mode {
    SQLITE_MODE_WRITE,   // Reads and writes; creates the file.
    SQLITE_MODE_READ,    // Reads only; fails when the file isn't there.
    SQLITE_MODE_MEMORY,  // In memory: dies with the connection.
};

struct sqlite {
    sqlite3 *db;
    char *path;  // For messages; "memory" without a file.
    enum sqlite_mode mode;
    bool only_select;  // While true, statements being prepared may only read.
    int wal_pages;     // In the WAL after the last commit of this connection.
};

// Opens and reads a first time; changes nothing in the file yet: it may be another program's.
MUST_USE bool sqlite_open(struct sqlite *sqlite, const char *path, enum sqlite_mode mode,
                          int64_t busy_timeout_ms, struct err *e);
// WAL, synchronous=FULL, caches: before the first write.
MUST_USE bool sqlite_set_writing(struct sqlite *sqlite, struct err *e);
// Closes without a checkpoint: what is in the WAL stays there for the next to open the file.
void sqlite_close(struct sqlite *sqlite);
// Copies the WAL into the file first and leaves one file, unless somebody else has it open.
void sqlite_close_whole(struct sqlite *sqlite);

// Fills `e` from the connection's last error: "campaign.db: <doing>: <why>". Returns false.
bool sqlite_fail(struct sqlite *sqlite, struct err *e, const char *doing);
// Runs statements of ours that give no rows.
MUST_USE bool sqlite_run(struct sqlite *sqlite, const char *sql, const char *doing, struct err *e);
// NULL on failure.
sqlite3_stmt *sqlite_prepare(struct sqlite *sqlite, const char *sql, const char *doing,
                             struct err *e);
// First column of the first row; `out` stays as it is when there is no row.
MUST_USE bool sqlite_read_int(struct sqlite *sqlite, const char *sql, const char *doing,
                              int64_t *out, struct err *e);
// Binds to a statement that is stepped before the value's memory changes.
int sqlite_bind(sqlite3_stmt *stmt, int at, const struct value *value);
// A column as it came; valid until the next step.
void sqlite_column(sqlite3_stmt *stmt, int at, struct value *out);

// Copies the WAL into the file without waiting for readers (wait = false: what can be copied now),
// or waiting for them and starting the WAL anew.
MUST_USE bool sqlite_checkpoint(struct sqlite *sqlite, bool wait, bool *all, struct err *e);
