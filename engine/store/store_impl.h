#pragma once
// What store.c and read.c share: the store itself. Internal to engine/store.

#include <pthread.h>

#include "store/setup.h"
#include "store/sqlite.h"
#include "store/store.h"
#include "store/lock.h"
#include "store/write.h"

#define STORE_SPARE_MAX (STORE_QUEUE_MAX + 2)

// The journal being read on a thread of its own.
struct store_reading {
    pthread_t thread;
    bool has_thread;
    uint64_t from_turn;
    store_entry_fn on_entry;
    void *ctx;
    bool done;
    struct err failure;
};

struct store {
    struct store_options options;
    struct lock lock;

    // The connection that writes, and the journal's head. Whoever uses them holds `using`: the
    // storage thread while it commits, the caller while it loads.
    pthread_mutex_t using;
    struct sqlite sqlite;
    struct writer *writer;  // NULL: read only.
    struct store_head written;
    int wal_pages_next;  // No checkpoint below this size of the WAL: readers kept the last from
                         // finishing.
    int wal_pages_warn;  // Size at which the next warning about a growing WAL is due.

    // For store_query, opened when first needed.
    pthread_mutex_t querying;
    struct sqlite reader;

    struct store_reading reading;

    // What the two threads tell each other, under `mutex`.
    pthread_mutex_t mutex;
    pthread_cond_t work;                       // To the storage thread.
    pthread_cond_t news;                       // To the caller.
    struct batch *queue[STORE_QUEUE_MAX + 1];  // One more is taken while the disk is full.
    size_t queue_count;
    struct batch *spare[STORE_SPARE_MAX];
    size_t spare_count;
    bool busy;  // A batch is being committed.
    int64_t busy_since_us;
    struct histogram commits;
    int64_t journal_bytes;
    struct recent recent;
    bool stopping;
    bool full;  // The disk is: a batch waits for room.
    bool failed;
    struct err failure;
    struct store_head durable;
    size_t memory;

    // The caller's own.
    uint64_t handed;  // Number of the last batch handed over.
    struct store_head head;
    pthread_t thread;
    bool has_thread;
    bool created;      // The file wasn't there before.
    bool drop_unused;  // ... and goes again if nothing was handed over.
};

// --- store.c ---
void store_fail(struct store *store, const struct err *why);  // Nothing is committed any more.
// A thread that gets no signals; as pthread_create.
int store_spawn(pthread_t *thread, void *(*work)(void *store), struct store *store);
// --- commit.c ---
void store_commit_batch(struct store *store, struct batch *batch);
