#pragma once
// The engine lock: one engine a database file. A lock of the system on "<file>.lock", which holds
// the process id: it goes away with the process, however that ends. Other programs (a sqlite3
// shell) don't see it.

#include <stdbool.h>

#include "base/err.h"

struct lock {
    int fd;      // -1: not held.
    char *path;  // Of the lock file.
};

// ERR_BUSY names the process id of the holder.
MUST_USE bool lock_take(struct lock *lock, const char *db_path, struct err *e);
void lock_release(struct lock *lock);
// Process id of somebody else who holds a lock on this file, from /proc/locks; 0: nobody known.
long lock_holder(const char *path);
