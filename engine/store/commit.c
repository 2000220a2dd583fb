// A batch on the storage thread, until it is durable or can't be.
//
// A failed COMMIT is unknown, not failed: the file is opened again to look. Whatever it finds,
// nothing more is committed: the process ends, and the next start continues from the file.
//
// But for a full disk, where somebody waits for room (store_options.waits_for_room): a batch that
// did not go through stays where it is and is tried again every second on a connection made anew,
// until there is room or the store stops. store_is_full tells, on_news says when it changes.
#include <errno.h>
#include <string.h>
#include <time.h>

#include "store/store_impl.h"

#define ROOM_MS 1000  // Between two looks whether a full disk has room.

static void store_forget_connection(struct store *store)
{
    writer_close(store->writer);
    store->writer = NULL;
    if (store->options.path && store->sqlite.db) {
        sqlite_close(&store->sqlite);
    }
}

static bool store_connect_again(struct store *store, struct setup_meta *meta, struct err *e)
{
    return sqlite_open(&store->sqlite, store->options.path, SQLITE_MODE_WRITE,
                       store->options.busy_timeout_ms, e) &&
           sqlite_set_writing(&store->sqlite, e) && setup_read_meta(&store->sqlite, meta, e);
}

enum committed { COMMITTED_NOT, COMMITTED_YES, COMMITTED_UNKNOWN };

// COMMIT failed. Only a new connection tells whether it went through, and only copying the WAL into
// the file, with a sync of its own, makes sure that it is on the disk.
static enum committed store_look_again(struct store *store, uint64_t number, struct err *e)
{
    struct setup_meta meta;
    struct err ignored;
    bool all = false;
    store_forget_connection(store);
    if (!store->options.path) {
        return COMMITTED_UNKNOWN;
    }
    if (!store_connect_again(store, &meta, &ignored)) {
        err_add(e, "unknown whether batch %llu went through (the next start will tell)",
                (unsigned long long)number);
        return COMMITTED_UNKNOWN;
    }
    if (meta.head.last_batch < number) {
        err_add(e, "batch %llu did not go through", (unsigned long long)number);
        return COMMITTED_NOT;
    }
    if (!sqlite_checkpoint(&store->sqlite, true, &all, &ignored) || !all) {
        err_add(e, "batch %llu went through but may not survive a power cut",
                (unsigned long long)number);
        return COMMITTED_UNKNOWN;
    }
    store->written = meta.head;
    err_add(e, "batch %llu did go through", (unsigned long long)number);
    return COMMITTED_YES;
}

// After a try that found no room: a connection and a writer as after a start. What stands in the
// WAL is copied into the file as far as that is possible: its pages may then be written again, so
// that a WAL that can't grow needn't.
static bool store_recover(struct store *store, struct err *e)
{
    struct setup_meta meta;
    struct err ignored = {0};
    bool all = false;
    store_forget_connection(store);
    if (!store_connect_again(store, &meta, e)) {
        return false;
    }
    if (memcmp(&meta.head.chain, &store->written.chain, sizeof meta.head.chain) != 0) {
        return err_set(e, ERR_FAULT, "%s: it was changed by another program", store->sqlite.path);
    }
    if (!sqlite_checkpoint(&store->sqlite, false, &all, &ignored) && ignored.kind != ERR_FULL) {
        *e = ignored;
        return false;
    }
    return writer_open(&store->writer, &store->sqlite, &store->options, e);
}

enum attempt { ATTEMPT_DONE, ATTEMPT_FULL, ATTEMPT_FAILED };

static enum attempt store_try(struct store *store, struct batch *batch, bool again, struct err *e)
{
    bool unknown = false;
    bool done = false;
    enum committed went = COMMITTED_NOT;
    const bool waits = store->options.waits_for_room && store->options.path;
    pthread_mutex_lock(&store->using);
    if (!again || store_recover(store, e)) {
        done = writer_apply(store->writer, batch, &store->written, &unknown, e);
    }
    if (unknown) {
        went = store_look_again(store, batch->number, e);
    }
    const struct store_head written = store->written;
    const size_t memory = store->writer ? writer_memory(store->writer) : 0;
    pthread_mutex_unlock(&store->using);

    pthread_mutex_lock(&store->mutex);
    store->durable = written;
    store->memory = memory;
    pthread_mutex_unlock(&store->mutex);
    const bool full = waits && e->kind == ERR_FULL;
    return done ? ATTEMPT_DONE : full && went != COMMITTED_UNKNOWN ? ATTEMPT_FULL : ATTEMPT_FAILED;
}

// Tells that there is no room, or that there is again.
static void store_set_full(struct store *store, bool full, const struct err *why)
{
    pthread_mutex_lock(&store->mutex);
    store->full = full;
    store->failure = *why;
    pthread_cond_broadcast(&store->news);
    pthread_mutex_unlock(&store->mutex);
    if (store->options.on_news) {
        store->options.on_news(store->options.ctx);
    }
}

// false: the store stops.
static bool store_wait_for_room(struct store *store)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ROOM_MS / 1000;
    pthread_mutex_lock(&store->mutex);
    while (!store->stopping &&
           pthread_cond_timedwait(&store->work, &store->mutex, &until) != ETIMEDOUT) {
    }
    const bool stopping = store->stopping;
    pthread_mutex_unlock(&store->mutex);
    return !stopping;
}

void store_commit_batch(struct store *store, struct batch *batch)
{
    struct err e = {0};
    enum attempt attempt = store_try(store, batch, false, &e);
    const bool was_full = attempt == ATTEMPT_FULL;
    bool goes_on = true;
    if (was_full) {
        store_set_full(store, true, &e);
    }
    while (attempt == ATTEMPT_FULL && goes_on) {
        goes_on = store_wait_for_room(store);
        err_clear(&e);
        // A COMMIT that went through after all must not be made again.
        attempt = store->written.last_batch >= batch->number && store_recover(store, &e)
                      ? ATTEMPT_DONE
                      : store_try(store, batch, true, &e);
    }
    if (attempt != ATTEMPT_DONE) {
        store_fail(store, &e);
    }
    if (was_full) {
        store_set_full(store, false, &e);
    }
}
