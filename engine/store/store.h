#pragma once
// The driver interface and its SQLite driver: the only home of sqlite3.h. The connection that
// writes belongs to a thread of its own: while it commits batch N, the caller fills batch N+1. No
// uv, no knowledge of what the tables mean. The views (v_*) are the public reading interface:
// store/views.c.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/histogram.h"
#include "store/batch.h"
#include "store/schema.h"

struct store;

// Version of the schema. A file of a newer one is refused (ERR_INVALID: "made by a newer
// drumbeat").
#define STORE_SCHEMA_VERSION 3
// The first release's: what is older was made while drumbeat was being written, and is refused.
#define STORE_SCHEMA_OLDEST 3
// What makes a file of version to - 1 one of version `to` (migrate.c); a list ends with to = 0.
struct store_migration {
    int to;
    const char *sql;  // NULL: tables and columns that come or go, nothing to work out.
};

struct store_options {
    const char *path;  // NULL: in memory (rehearsal).
    const struct table_desc *const *tables;
    size_t table_count;
    int64_t busy_timeout_ms;  // How long to wait for a lock (0: 5,000).
    bool read_only;           // report and verify on a file that an engine may have open.
    bool drop_journal;  // Chain the journal's hashes but keep no segments (rehearsal without a
                        // file).
    const struct store_migration *migrations;  // NULL: the store's own. For tests.
    bool fresh;                                // The file must not exist yet, or be empty.
    // With path NULL: begin with a copy of this file, taken in one reading transaction while an
    // engine may go on writing it; its journal is left out. Such a store has no thread (batches are
    // committed by who hands them over), so that the process may fork and both go on with it.
    const char *copy_of;
    bool forgets;  // No database at all: batches are taken and dropped, nothing can be asked.
    // A full disk fails nothing: the batch waits for room (store_is_full). For whoever stops
    // handing over meanwhile, and stops acknowledging and sending anyway.
    bool waits_for_room;
    // Called on the storage thread whenever store_poll has news. It may only wake a loop.
    void (*on_news)(void *ctx);
    void *ctx;
};

// Opens the file (creating schema and views), takes the engine lock (one engine a file: a second
// gets ERR_BUSY naming the holder's process id), checks the schema version and integrity
// (ERR_CORRUPT), and starts the storage thread. WAL, synchronous=FULL, foreign_keys as documented
// in sqlite.c.
MUST_USE bool store_open(struct store **out, const struct store_options *options, struct err *e);
// If this open made the file and no batch is handed over, store_close removes it: what wanted it
// was refused, and an empty database is nobody's campaign.
void store_drop_unused(struct store *store);
const char *store_path(const struct store *store);  // NULL: in memory.
// Commits what was handed over, checkpoints, releases the lock.
void store_close(struct store *store);

// Loading at the start, before the first commit. Rows come in order of id, `values` in column
// order. `where` is NULL or an SQL condition written by us (e.g. "status IN (0,1)") that leaves out
// rows that left memory.
typedef bool (*store_row_fn)(void *ctx, uint32_t id, const struct value *values, size_t count,
                             struct err *e);
// Around all of it: the file is locked once instead of for each table. After a true the end has to
// follow.
MUST_USE bool store_load_begin(struct store *store, struct err *e);
void store_load_end(struct store *store);
MUST_USE bool store_load(struct store *store, size_t table, const char *where, store_row_fn on_row,
                         void *ctx, struct err *e);
// Highest id ever stored in each table, for rows that left memory.
void store_last_ids(struct store *store, uint32_t *ids);

// The journal: one packed segment a batch, SHA-256 chained over each turn's entry
// (link[n] = SHA-256(link[n-1] || entry[n])). Segment row: first_turn, last_turn, first_at,
// last_at, chain, body.
struct store_head {
    uint64_t last_turn;
    uint64_t last_batch;
    int64_t last_at_ms;
    struct sha256 chain;
};
struct store_head
store_head(const struct store *store);  // As loaded, or after the last commit seen by store_poll.
typedef bool (*store_entry_fn)(void *ctx, uint64_t turn, const char *entry, size_t size,
                               struct err *e);
// All entries from a turn on, oldest first. Recomputes the chain: ERR_CORRUPT names the first turn
// that fails.
MUST_USE bool store_journal(struct store *store, uint64_t from_turn, store_entry_fn on_entry,
                            void *ctx, struct err *e);
// The same on a thread of its own, where `on_entry` is called, while the caller loads tables; one
// at a time, before the first commit. store_journal_end waits for it, and has to be called.
void store_journal_begin(struct store *store, uint64_t from_turn, store_entry_fn on_entry,
                         void *ctx);
MUST_USE bool store_journal_end(struct store *store, struct err *e);

// Hands a batch over (the store owns it until store_recycle gives it back). Blocks only when
// STORE_QUEUE_MAX batches wait already (memory is bounded). One transaction a batch.
#define STORE_QUEUE_MAX 4
void store_commit(struct store *store, struct batch *batch);
bool store_idle(const struct store *store);  // Nothing waits and nothing is being committed.
// Waits until the batch that is being committed is durable (or failed), at most so long; returns at
// once when none is. Cheaper than being woken for each thing that comes meanwhile.
void store_nap(const struct store *store, int64_t us);
// News for the caller's thread: highest batch number that is durable. false: a commit failed; `e`
// says why (ERR_FULL, ERR_BUSY, ERR_FAULT) and, when COMMIT itself failed, whether the batch went
// through; `durable` is right all the same. From then on nothing is committed and nothing may be
// sent or acknowledged.
MUST_USE bool store_poll(struct store *store, uint64_t *durable, struct err *e);
// Whether the disk is full and a batch waits for room. Until that is over nothing more may be
// handed over; store_poll gives no news, store_wait fails at once.
bool store_is_full(const struct store *store);
// Waits until batch `number` is durable.
MUST_USE bool store_wait(struct store *store, uint64_t number, struct err *e);
// What storage takes, for whoever watches it.
struct store_figures {
    struct histogram commits;  // From taking a batch up to its being durable.
    struct recent recent;      // The longest of them lately, by monotonic time.
    size_t waiting;            // Batches handed over and not durable.
    int64_t busy_since_us;     // Monotonic: the batch being committed was taken up; 0: none is.
    int64_t journal_bytes;     // Added to the journal since the file was opened.
};
void store_get_figures(const struct store *store, struct store_figures *out);
struct batch *store_recycle(struct store *store);  // An empty batch, reused when possible.

// Read-only SQL for reports: `params` bind ?1.. . Sees everything that is durable. Blocks (never
// call it on the loop of a running campaign). Column names come with the first call's row through
// `names`. A callback may ask another query, but commits nothing.
struct store_row {
    const char *const *names;
    const struct value *values;
    size_t count;
    bool is_real[32];  // Column i came as a REAL: values[i].integer holds it times 1,000,000,
                       // rounded.
};
typedef bool (*store_query_fn)(void *ctx, const struct store_row *row, struct err *e);
MUST_USE bool store_query(struct store *store, const char *sql, const struct value *params,
                          size_t param_count, store_query_fn on_row, void *ctx, struct err *e);

size_t store_memory(const struct store *store);
