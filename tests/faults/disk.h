#pragma once
// A disk that can be cut off or can fail: a SQLite VFS over the system's. It keeps, beside each
// file below `root`, what would be on the disk had the power gone: the state of the last sync and
// the writes since then, of which a cut keeps any part, torn at sectors of 512 bytes.
//
// For one test program at a time: the state is one for the process, as SQLite's default VFS is.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

enum disk_fault {
    DISK_SOUND,
    DISK_WRITE_FULL,  // SQLITE_FULL, as if no room were left
    DISK_WRITE_FAILS,
    DISK_SYNC_FAILS,
};

// What a cut keeps of the writes that weren't synced.
enum disk_survival { DISK_NOTHING, DISK_PREFIX, DISK_SECTORS, DISK_EVERYTHING, DISK_SURVIVALS };

// Makes it the default VFS. Files whose path begins with `root` are watched.
void disk_install(const char *root);
// Forgets all files and counts: a new play begins. None may be open.
void disk_reset(void);
// Called before every write, truncation and sync, on the thread that does it; NULL: nobody.
void disk_on_operation(void (*on_operation)(void *ctx, uint64_t number), void *ctx);
// Operation `number` (from 1) that the fault concerns, and all that follow, fail; 0: none does.
void disk_fail(enum disk_fault fault, uint64_t number);
bool disk_has_failed(void);
uint64_t disk_operations(void);  // Since disk_reset.
// Writes what would be left of the watched file and of its journals, had the power gone now, to
// `to`, `to`-wal, `to`-journal. From within on_operation, or while nobody writes.
void disk_cut(const char *to, enum disk_survival survival, struct rng *rng);
