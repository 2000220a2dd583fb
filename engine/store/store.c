// The store and its thread.
//
//   caller                                storage thread
//   store_commit ──► queue (at most 4) ──► writer_apply: one transaction, one fdatasync
//   store_poll   ◄── durable, failure  ◄── then on_news; checkpoints when nothing waits
//   store_recycle ◄── spare batches
//
// What becomes of a batch that can't be committed is in commit.c.
#include "store/store.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/backup.h"
#include "store/journal.h"
#include "store/migrate.h"
#include "store/store_impl.h"

#define BUSY_TIMEOUT_MS 5000
#define IDLE_MS 200            // So long without a batch is idle.
#define IDLE_PAGES 256         // A smaller WAL waits: 1 MiB.
#define WAL_PAGES_MAX 16384    // 64 MiB: checkpoint even under load.
#define WAL_PAGES_STEP 4096    // And again after so many more, when a reader was in the way.
#define WAL_PAGES_WAIT 262144  // 1 GiB: then commits wait for the reader.
#define SPARE_BYTES_MAX ((size_t)16 << 20)

static void store_init(struct store *store, const struct store_options *options)
{
    store->options = *options;
    store->lock.fd = -1;
    if (store->options.busy_timeout_ms == 0) {
        store->options.busy_timeout_ms = BUSY_TIMEOUT_MS;
    }
    store->options.path = options->path ? xstrdup(options->path) : NULL;
    store->wal_pages_warn = 2 * WAL_PAGES_MAX;

    pthread_mutexattr_t recursive;  // A row callback may ask another query.
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&store->using, &recursive);
    pthread_mutex_init(&store->querying, &recursive);
    pthread_mutexattr_destroy(&recursive);
    pthread_mutex_init(&store->mutex, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&store->work, &monotonic);
    pthread_cond_init(&store->news, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void store_deinit(struct store *store)
{
    for (size_t i = 0; i < store->spare_count; i++) {
        batch_free(store->spare[i]);
    }
    pthread_cond_destroy(&store->news);
    pthread_cond_destroy(&store->work);
    pthread_mutex_destroy(&store->mutex);
    pthread_mutex_destroy(&store->querying);
    pthread_mutex_destroy(&store->using);
    lock_release(&store->lock);
    free((char *)store->options.path);
    free(store);
}

static enum sqlite_mode store_mode(const struct store_options *options)
{
    if (!options->path) {
        return SQLITE_MODE_MEMORY;
    }
    return options->read_only ? SQLITE_MODE_READ : SQLITE_MODE_WRITE;
}

static bool store_open_checked(struct store *store, struct err *e)
{
    const struct store_options *options = &store->options;
    struct sqlite *sqlite = &store->sqlite;
    const bool writes = !options->read_only;
    bool empty = false;
    struct setup_meta meta;
    int version = 0;
    if (!setup_check_identity(sqlite, options, &empty, &version, e) ||
        (!empty && !setup_check_pages(sqlite, e)) || (writes && !sqlite_set_writing(sqlite, e)) ||
        (!empty && version < migrate_version(options) &&
         !migrate_run(sqlite, options, version, e)) ||
        (writes && !setup_create(sqlite, options, empty, e)) ||
        !setup_check_tables(sqlite, options, e) || !setup_read_meta(sqlite, &meta, e) ||
        !journal_verify(sqlite, &meta, e)) {
        return false;
    }
    if (writes && meta.journal_kept == options->drop_journal) {
        return err_set(e, ERR_INVALID,
                       "%s %s a journal: it can't be continued %s one: give another file",
                       sqlite->path, meta.journal_kept ? "keeps" : "was made without",
                       meta.journal_kept ? "without" : "with");
    }
    store->written = meta.head;
    store->durable = meta.head;
    store->head = meta.head;
    store->handed = meta.head.last_batch;
    return true;
}

static void *store_thread(void *ctx);

int store_spawn(pthread_t *thread, void *(*work)(void *store), struct store *store)
{
    // Signals belong to the loop's thread.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int code = pthread_create(thread, NULL, work, store);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

static bool store_start(struct store *store, struct err *e)
{
    if (!writer_open(&store->writer, &store->sqlite, &store->options, e)) {
        return false;
    }
    if (store->options.copy_of) {
        return true;
    }
    const int code = store_spawn(&store->thread, store_thread, store);
    if (code != 0) {
        return err_set(e, ERR_FAULT, "no thread for the storage: %s", strerror(code));
    }
    store->has_thread = true;
    return true;
}

bool store_open(struct store **out, const struct store_options *options, struct err *e)
{
    const char *path = options->path;
    CHECK(path || !options->read_only);
    CHECK(!path || !options->forgets);
    CHECK(!options->copy_of || (!path && options->drop_journal));
    if (path && !setup_check_file(path, options->fresh, options->read_only, e)) {
        return false;
    }
    struct store *store = xcalloc(1, sizeof *store);
    store_init(store, options);
    store->created = path && access(path, F_OK) != 0;
    if (options->forgets) {
        *out = store;
        return true;
    }
    if ((path && !options->read_only && !lock_take(&store->lock, path, e)) ||
        !sqlite_open(&store->sqlite, path, store_mode(options), store->options.busy_timeout_ms,
                     e)) {
        store_deinit(store);
        return false;
    }
    if ((options->copy_of && !backup_into_memory(options->copy_of, &store->sqlite, e)) ||
        !store_open_checked(store, e) || (!options->read_only && !store_start(store, e))) {
        writer_close(store->writer);
        sqlite_close(&store->sqlite);
        store_deinit(store);
        return false;
    }
    *out = store;
    return true;
}

const char *store_path(const struct store *store)
{
    return store->options.path;
}

void store_drop_unused(struct store *store)
{
    store->drop_unused = true;
}

// Under the lock: nobody else has opened it.
static void store_remove_unused(const struct store *store)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct buf path;
        buf_init(&path, 1 << 16);
        buf_printf(&path, "%s%s", store->options.path, ends[i]);
        (void)unlink(path.data);
        buf_deinit(&path);
    }
}

void store_close(struct store *store)
{
    if (!store) {
        return;
    }
    if (store->has_thread) {
        pthread_mutex_lock(&store->mutex);
        store->stopping = true;
        pthread_cond_signal(&store->work);
        pthread_mutex_unlock(&store->mutex);
        pthread_join(store->thread, NULL);
    }
    writer_close(store->writer);
    sqlite_close(&store->reader);
    if (store->failed || store->options.read_only || !store->sqlite.db) {
        sqlite_close(&store->sqlite);
    } else {
        crash_point("close.before");
        sqlite_close_whole(&store->sqlite);
        crash_point("close.after");
    }
    if (store->created && store->drop_unused && store->handed == 0) {
        store_remove_unused(store);
    }
    store_deinit(store);
}

// ---- the storage thread

void store_fail(struct store *store, const struct err *why)
{
    pthread_mutex_lock(&store->mutex);
    store->failed = true;
    store->failure = *why;
    pthread_cond_broadcast(&store->news);
    pthread_mutex_unlock(&store->mutex);
}

static bool store_checkpoint(struct store *store, bool wait, struct err *e)
{
    struct sqlite *sqlite = &store->sqlite;
    bool all = false;
    if (!sqlite_checkpoint(sqlite, wait, &all, e)) {
        if (e->kind != ERR_FULL) {
            return false;
        }
        // Everything is safe in the WAL; the next commit will say that the disk is full.
        log_write(LOG_WARN, "store.checkpoint", "%s", e->text);
    }
    store->wal_pages_next = all ? 0 : sqlite->wal_pages + WAL_PAGES_STEP;
    if (all) {
        sqlite->wal_pages = 0;
        store->wal_pages_warn = 2 * WAL_PAGES_MAX;
    } else if (sqlite->wal_pages >= store->wal_pages_warn) {
        log_write(LOG_WARN, "store.wal",
                  "%s-wal has grown to %d MiB: a program that reads %s keeps it from being emptied",
                  sqlite->path, sqlite->wal_pages / 256, sqlite->path);
        store->wal_pages_warn = 2 * sqlite->wal_pages;
    }
    return true;
}

// Checkpoints when it is time; `idle`: nothing waits. false: the store failed.
static void store_keep_wal_small(struct store *store, bool idle)
{
    pthread_mutex_lock(&store->using);
    const int pages = store->sqlite.wal_pages;
    struct err e = {0};
    bool done = true;
    if (store->writer && pages >= (idle ? IDLE_PAGES : WAL_PAGES_MAX) &&
        pages >= store->wal_pages_next) {
        done = store_checkpoint(store, pages >= WAL_PAGES_WAIT, &e);
    }
    pthread_mutex_unlock(&store->using);
    if (!done) {
        store_fail(store, &e);
        if (store->options.on_news) {
            store->options.on_news(store->options.ctx);
        }
    }
}

// Under `mutex`.
static void store_put_spare(struct store *store, struct batch *batch)
{
    if (store->spare_count == STORE_SPARE_MAX ||
        batch->rows.capacity + batch->journal.capacity > SPARE_BYTES_MAX) {
        batch_free(batch);
        return;
    }
    batch_clear(batch);
    store->spare[store->spare_count++] = batch;
}

static int64_t store_mono_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

// Waits for a batch; NULL: nothing came for a while, or the store stops. Under `mutex`.
static struct batch *store_take_batch(struct store *store)
{
    if (store->queue_count == 0 && !store->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += IDLE_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        // With nothing to copy there is nothing to wake up for.
        if (store->sqlite.wal_pages < IDLE_PAGES || store->failed) {
            pthread_cond_wait(&store->work, &store->mutex);
        } else {
            pthread_cond_timedwait(&store->work, &store->mutex, &until);
        }
    }
    if (store->queue_count == 0) {
        return NULL;
    }
    struct batch *batch = store->queue[0];
    store->queue_count--;
    memmove(store->queue, store->queue + 1, store->queue_count * sizeof *store->queue);
    store->busy = true;
    store->busy_since_us = store_mono_us();
    return batch;
}

static void *store_thread(void *ctx)
{
    struct store *store = ctx;
    pthread_setname_np(pthread_self(), "store");
    pthread_mutex_lock(&store->mutex);
    while (store->queue_count > 0 || !store->stopping) {
        struct batch *batch = store_take_batch(store);
        const bool failed = store->failed;
        pthread_mutex_unlock(&store->mutex);
        if (batch && !failed) {
            store_commit_batch(store, batch);
        }
        if (batch) {
            pthread_mutex_lock(&store->mutex);
            store->busy = false;
            if (!store->failed) {
                const int64_t now_us = store_mono_us();
                histogram_add(&store->commits, now_us - store->busy_since_us);
                recent_add(&store->recent, now_us, now_us - store->busy_since_us);
                store->journal_bytes += (int64_t)batch->journal.size;
            }
            store_put_spare(store, batch);
            pthread_cond_broadcast(&store->news);
            pthread_mutex_unlock(&store->mutex);
            if (store->options.on_news) {
                store->options.on_news(store->options.ctx);
            }
        }
        if (!failed) {
            store_keep_wal_small(store, !batch);
        }
        pthread_mutex_lock(&store->mutex);
    }
    pthread_mutex_unlock(&store->mutex);
    return NULL;
}

// ---- the caller's thread

struct store_head store_head(const struct store *store)
{
    return store->head;
}

// Without a thread.
static void store_commit_here(struct store *store, struct batch *batch)
{
    if (!store->failed) {
        store_commit_batch(store, batch);
    }
    pthread_mutex_lock(&store->mutex);
    store_put_spare(store, batch);
    pthread_mutex_unlock(&store->mutex);
}

void store_commit(struct store *store, struct batch *batch)
{
    CHECK(store->has_thread || store->options.forgets || store->options.copy_of);
    CHECK(batch->number > store->handed);
    CHECK(!batch->rows.overflow);
    CHECK(!batch->journal.overflow);
    store->handed = batch->number;
    if (store->options.copy_of) {
        store_commit_here(store, batch);
        return;
    }
    pthread_mutex_lock(&store->mutex);
    // Whoever waits for room isn't kept waiting here, but sees that it is full, and hands over no
    // more.
    while (store->queue_count >= STORE_QUEUE_MAX && !store->failed &&
           !(store->full && store->queue_count == STORE_QUEUE_MAX)) {
        pthread_cond_wait(&store->news, &store->mutex);
    }
    if (store->options.forgets) {
        store->durable.last_batch = batch->number;
    }
    if (store->failed || store->options.forgets) {
        store_put_spare(store, batch);
    } else {
        store->queue[store->queue_count++] = batch;
        pthread_cond_signal(&store->work);
    }
    pthread_mutex_unlock(&store->mutex);
}

bool store_idle(const struct store *store)
{
    struct store *mine = (struct store *)store;  // Only its mutex changes.
    pthread_mutex_lock(&mine->mutex);
    const bool idle = mine->queue_count == 0 && !mine->busy;
    pthread_mutex_unlock(&mine->mutex);
    return idle;
}

void store_nap(const struct store *store, int64_t us)
{
    struct store *mine = (struct store *)store;  // Only its mutex changes.
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += us * 1000;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&mine->mutex);
    const uint64_t durable = mine->durable.last_batch;
    while ((mine->busy || mine->queue_count > 0) && mine->durable.last_batch == durable &&
           !mine->failed && !mine->full) {
        if (pthread_cond_timedwait(&mine->news, &mine->mutex, &until) != 0) {
            break;
        }
    }
    pthread_mutex_unlock(&mine->mutex);
}

bool store_is_full(const struct store *store)
{
    struct store *mine = (struct store *)store;  // Only its mutex changes.
    pthread_mutex_lock(&mine->mutex);
    const bool full = mine->full;
    pthread_mutex_unlock(&mine->mutex);
    return full;
}

// Under `mutex`.
static bool store_tell(struct store *store, uint64_t *durable, struct err *e)
{
    store->head = store->durable;
    *durable = store->durable.last_batch;
    if (store->failed && e) {
        *e = store->failure;
    }
    return !store->failed;
}

bool store_poll(struct store *store, uint64_t *durable, struct err *e)
{
    pthread_mutex_lock(&store->mutex);
    const bool done = store_tell(store, durable, e);
    pthread_mutex_unlock(&store->mutex);
    return done;
}

bool store_wait(struct store *store, uint64_t number, struct err *e)
{
    CHECK(number <= store->handed);
    uint64_t durable;
    pthread_mutex_lock(&store->mutex);
    while (store->durable.last_batch < number && !store->failed && !store->full) {
        pthread_cond_wait(&store->news, &store->mutex);
    }
    // A failure later on doesn't take back what is durable.
    const bool told = store_tell(store, &durable, e);
    const bool done = durable >= number || (told && !store->full);
    if (!done && store->full) {
        *e = store->failure;
    }
    pthread_mutex_unlock(&store->mutex);
    return done;
}

void store_get_figures(const struct store *store, struct store_figures *out)
{
    struct store *mine = (struct store *)store;  // Only its mutex changes.
    pthread_mutex_lock(&mine->mutex);
    out->commits = mine->commits;
    out->recent = mine->recent;
    out->journal_bytes = mine->journal_bytes;
    out->waiting = mine->queue_count + mine->busy;
    out->busy_since_us = mine->busy ? mine->busy_since_us : 0;
    pthread_mutex_unlock(&mine->mutex);
}

struct batch *store_recycle(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    struct batch *batch = store->spare_count > 0 ? store->spare[--store->spare_count] : NULL;
    pthread_mutex_unlock(&store->mutex);
    return batch ? batch : batch_new();
}

size_t store_memory(const struct store *store)
{
    struct store *mine = (struct store *)store;  // Only its mutex changes.
    pthread_mutex_lock(&mine->mutex);
    size_t sum = sizeof *store + mine->memory;
    for (size_t i = 0; i < mine->spare_count; i++) {
        sum += mine->spare[i]->rows.capacity + mine->spare[i]->journal.capacity;
    }
    for (size_t i = 0; i < mine->queue_count; i++) {
        sum += mine->queue[i]->rows.capacity + mine->queue[i]->journal.capacity;
    }
    pthread_mutex_unlock(&mine->mutex);
    return sum;
}
