// What must not be lost when the disk goes: a campaign is played into a file, and
//
//   faults power [CUTS [SEED]]   the power fails at random instants: what wasn't synced is gone,
//                                torn or there; the file opens, holds every promise and all that
//                                had left the engine; some go on to their end, which is the same
//   faults full|write|sync       the n-th write finds no room, the n-th write or sync fails, for
//                                n = 1, 2, ... until a run passes: the engine says so and stops,
//                                and an engine on a sound disk takes up from there to the same end
//   faults memory [FROM [TO]]    the n-th allocation fails, the engine's own or SQLite's, in a
//                                process of its own: it ends, and the next one takes up
//
// In CI 1,000 cuts, and every FAULTS_STEP-th n or so; DRUMBEAT_LONG=1: 100,000 cuts, every n.
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/tables.h"
#include "disk.h"
#include "memory.h"
#include "play.h"
#include "promises.h"

#define CUTS 1000
#define CUTS_LONG 100000
#define GO_ON_EVERY 100  // Cuts that are played to the end.

struct faults {
    char dir[128];
    char feed[160], whole[160], live[160], cut[160];
    char *wanted;  // Sights of the undisturbed run.
    uint64_t operations;
    struct play_sent *sent;
    struct rng rng;
    uint64_t seed;
    uint64_t cuts_wanted, cuts, went_on;
    uint64_t empty;
    size_t wrong;
};

static void wrong(struct faults *faults, const char *what, const char *more)
{
    faults->wrong++;
    if (faults->wrong <= 20) {
        printf("WRONG: %s: %s\n", what, more);
    }
}

// --- Looking at what is left. ---

static char *sights_of(struct store *store)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    CHECK(out != NULL);
    CHECK(promises_sights(store, out));
    fclose(out);
    return text;
}

static bool on_key(void *ctx, const struct store_row *row, struct err *e)
{
    (void)e;
    *(bool *)ctx = row->values[0].integer > 0;
    return true;
}

// What left the engine is in the file.
static void check_keys(struct faults *faults, struct store *store, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        bool there = false;
        struct err e = {0};
        char sql[200];
        char half[17];
        memcpy(half, faults->sent->keys[i], 16);
        half[16] = '\0';
        const int64_t first = (int64_t)strtoull(half, NULL, 16);
        const int64_t second = (int64_t)strtoull(faults->sent->keys[i] + 16, NULL, 16);
        snprintf(sql, sizeof(sql),
                 "SELECT count(*) FROM outbox WHERE key_high = %" PRId64 " AND key_low = %" PRId64,
                 first, second);
        CHECK(store_query(store, sql, NULL, 0, on_key, &there, &e));
        if (!there) {
            wrong(faults, what, "a command left the engine, and the file doesn't know it");
            return;
        }
    }
}

static void check_sights(struct faults *faults, struct store *store, const char *what)
{
    char *got = sights_of(store);
    if (strcmp(got, faults->wanted) != 0) {
        size_t at = 0;
        while (got[at] == faults->wanted[at] && got[at] != '\0') {
            at++;
        }
        while (at > 0 && got[at - 1] != '\n') {
            at--;
        }
        char more[400];
        snprintf(more, sizeof(more), "another end: got\n%.150s\nwanted\n%.150s", got + at,
                 faults->wanted + at);
        wrong(faults, what, more);
    }
    free(got);
}

// `ended`: it must be as if nothing had happened.
static void check_file(struct faults *faults, const char *path, bool ended, const char *what)
{
    struct store *store;
    struct err e = {0};
    const struct store_options options = {
        .path = path, .tables = tables_all, .table_count = T_COUNT};
    const size_t sent = atomic_load(&faults->sent->count);
    const uint64_t durable = atomic_load(&faults->sent->durable);
    if (!store_open(&store, &options, &e)) {
        wrong(faults, what, e.text);
        return;
    }
    const struct store_head head = store_head(store);
    struct promises counts = {0};
    if (head.last_turn == 0) {
        faults->empty++;
    } else if (!promises_kept(store, stdout, &counts)) {
        wrong(faults, what, "promises are broken (above)");
    }
    if (head.last_batch < durable) {
        wrong(faults, what, "a batch that was called durable is gone");
    }
    if (sent > 0 && head.last_turn > 0) {
        check_keys(faults, store, sent, what);
    }
    if (ended) {
        check_sights(faults, store, what);
    }
    store_close(store);
}

static void go_on(struct faults *faults, const char *path, const char *what)
{
    static struct play_sent again;
    struct err e = {0};
    faults->went_on++;
    if (!play_feed(path, faults->feed, &again, &e)) {
        wrong(faults, what, e.text);
        return;
    }
    check_file(faults, path, true, what);
}

// --- The power fails. ---

// Cuts are spread evenly over the operations of a run; several may come at one.
static void on_operation(void *ctx, uint64_t number)
{
    struct faults *faults = ctx;
    (void)number;
    const uint64_t dice = faults->operations;
    uint64_t here = faults->cuts_wanted / dice;
    here += rng_below(&faults->rng, dice) < faults->cuts_wanted % dice ? 1 : 0;
    for (; here > 0; here--) {
        char what[100];
        const enum disk_survival survival =
            (enum disk_survival)rng_below(&faults->rng, DISK_SURVIVALS);
        snprintf(what, sizeof(what), "cut %" PRIu64 " at operation %" PRIu64 ", survival %d",
                 ++faults->cuts, number, (int)survival);
        disk_cut(faults->cut, survival, &faults->rng);
        if (access(faults->cut, F_OK) != 0) {
            faults->empty++;
            if (atomic_load(&faults->sent->count) > 0) {
                wrong(faults, what, "nothing is left");
            }
            continue;
        }
        check_file(faults, faults->cut, false, what);
        if (faults->cuts % GO_ON_EVERY == 0) {
            go_on(faults, faults->cut, what);
        }
    }
}

static void cut_power(struct faults *faults, uint64_t cuts)
{
    struct err e = {0};
    faults->cuts_wanted = cuts;
    disk_reset();
    disk_on_operation(on_operation, faults);
    if (!play_feed(faults->live, faults->feed, faults->sent, &e)) {
        wrong(faults, "the run that is cut", e.text);
    }
    disk_on_operation(NULL, NULL);
    printf("%" PRIu64 " cuts over %" PRIu64 " operations, %" PRIu64
           " before anything was there, %" PRIu64 " played on to the end\n",
           faults->cuts, disk_operations(), faults->empty, faults->went_on);
}

// --- The n-th operation fails. ---

static void remove_database(const char *path)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal", ".lock"};
    char name[200];
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", path, tails[i]);
        unlink(name);
    }
}

static void fail_each(struct faults *faults, enum disk_fault fault, uint64_t step)
{
    uint64_t n = 1;
    uint64_t stopped = 0;
    for (;; n += 1 + (step > 1 ? rng_below(&faults->rng, 2 * step - 1) : 0)) {
        char what[100];
        struct err e = {0};
        snprintf(what, sizeof(what), "operation %" PRIu64 " fails", n);
        disk_reset();
        remove_database(faults->live);
        disk_fail(fault, n);
        const bool ok = play_feed(faults->live, faults->feed, faults->sent, &e);
        const bool failed = disk_has_failed();
        disk_fail(DISK_SOUND, 0);
        if (!ok && (!failed || e.text[0] == '\0')) {
            wrong(faults, what, failed ? "it stopped and didn't say why" : e.text);
        }
        stopped += ok ? 0 : 1;
        if (access(faults->live, F_OK) == 0) {
            check_file(faults, faults->live, false, what);
        }
        go_on(faults, faults->live, what);
        if (!failed) {
            break;
        }
    }
    printf("up to operation %" PRIu64 ": %" PRIu64 " runs stopped by it, %" PRIu64
           " played on to the end\n",
           n, stopped, faults->went_on);
}

// --- The n-th allocation fails. ---

// In a process of its own, for it may abort. Returns how it ended.
static int play_short_of_memory(struct faults *faults, uint64_t n, bool *failed)
{
    fflush(stdout);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct err e = {0};
        CHECK(freopen("/dev/null", "w", stderr) != NULL);
        memory_fail(n);
        const bool ok = play_feed(faults->live, faults->feed, faults->sent, &e);
        _exit(memory_has_failed() ? ok ? 11 : 12 : ok ? 0 : 1);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    *failed = WIFSIGNALED(status) || code > 10;
    return WIFSIGNALED(status) ? WTERMSIG(status) : code % 10;
}

// What failed before anything was in the file leaves a run like the first: of those some go on.
static void check_left(struct faults *faults, uint64_t n)
{
    char what[100];
    const uint64_t empty = faults->empty;
    snprintf(what, sizeof(what), "allocation %" PRIu64 " fails", n);
    if (access(faults->live, F_OK) == 0) {
        check_file(faults, faults->live, false, what);
    } else {
        faults->empty++;
    }
    if (faults->empty > empty && faults->empty % GO_ON_EVERY != 0) {
        return;
    }
    go_on(faults, faults->live, what);
}

static void fail_each_allocation(struct faults *faults, uint64_t from, uint64_t to, uint64_t step)
{
    uint64_t aborted = 0;
    uint64_t stopped = 0;
    uint64_t n = from;
    bool failed = true;
    for (; failed && n <= to; n += 1 + (step > 1 ? rng_below(&faults->rng, 2 * step - 1) : 0)) {
        remove_database(faults->live);
        disk_reset();
        atomic_store(&faults->sent->count, 0);
        atomic_store(&faults->sent->durable, 0);
        const int end = play_short_of_memory(faults, n, &failed);
        if (end != 0 && end != 2 && end != SIGABRT) {
            char more[60];
            snprintf(more, sizeof(more), "allocation %" PRIu64 ": it ended with %d", n, end);
            wrong(faults, "out of memory", more);
        }
        aborted += end == SIGABRT ? 1 : 0;
        stopped += end == 2 ? 1 : 0;
        check_left(faults, n);
    }
    printf("up to allocation %" PRIu64 ": %" PRIu64 " runs ended at once, %" PRIu64
           " stopped and said so, %" PRIu64 " of all before anything was there, %" PRIu64
           " played on to the end\n",
           n, aborted, stopped, faults->empty, faults->went_on);
}

// --- Setting up. ---

static void set_up(struct faults *faults)
{
    struct err e = {0};
    faults->sent = mmap(NULL, sizeof(*faults->sent), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(faults->sent != MAP_FAILED);
    memory_install();
    const char *memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(faults->dir, sizeof(faults->dir), "%s/drumbeat-faults-XXXXXX", memory);
    CHECK(mkdtemp(faults->dir) != NULL);
    snprintf(faults->feed, sizeof(faults->feed), "%s/feed.jsonl", faults->dir);
    snprintf(faults->whole, sizeof(faults->whole), "%s/whole.db", faults->dir);
    snprintf(faults->live, sizeof(faults->live), "%s/live.db", faults->dir);
    snprintf(faults->cut, sizeof(faults->cut), "%s/cut.db", faults->dir);
    play_write_feed(faults->feed, faults->seed);
    disk_install(faults->live);
    disk_reset();
    // Once unwatched, for what must come out; once watched, for the number of operations.
    for (int i = 0; i < 2; i++) {
        if (!play_feed(i == 0 ? faults->whole : faults->live, faults->feed, faults->sent, &e)) {
            fprintf(stderr, "faults: the undisturbed run: %s\n", e.text);
            exit(1);
        }
    }
    faults->operations = disk_operations();
    CHECK(faults->operations > 100 && atomic_load(&faults->sent->count) > 50);
    struct store *store;
    const struct store_options options = {
        .path = faults->whole, .tables = tables_all, .table_count = T_COUNT};
    CHECK(store_open(&store, &options, &e));
    faults->wanted = sights_of(store);
    store_close(store);
    remove_database(faults->live);
    atomic_store(&faults->sent->count, 0);
}

int main(int argc, char **argv)
{
    static struct faults faults;
    const char *is_long = getenv("DRUMBEAT_LONG");
    const bool all = is_long != NULL && is_long[0] == '1';
    const char *kind = argc > 1 ? argv[1] : "";
    const uint64_t cuts = argc > 2 ? strtoull(argv[2], NULL, 10) : all ? CUTS_LONG : CUTS;
    faults.seed = argc > 3 && strcmp(kind, "power") == 0 ? strtoull(argv[3], NULL, 10) : 1;
    rng_init(&faults.rng, faults.seed, 0x63757473, 0);
    set_up(&faults);
    if (strcmp(kind, "power") == 0) {
        cut_power(&faults, cuts);
    } else if (strcmp(kind, "full") == 0) {
        fail_each(&faults, DISK_WRITE_FULL, all ? 1 : FAULTS_STEP);
    } else if (strcmp(kind, "write") == 0) {
        fail_each(&faults, DISK_WRITE_FAILS, all ? 1 : FAULTS_STEP);
    } else if (strcmp(kind, "sync") == 0) {
        fail_each(&faults, DISK_SYNC_FAILS, all ? 1 : FAULTS_STEP);
    } else if (strcmp(kind, "memory") == 0) {
        fail_each_allocation(&faults, argc > 2 ? strtoull(argv[2], NULL, 10) : 1,
                             argc > 3 ? strtoull(argv[3], NULL, 10) : UINT64_MAX,
                             all ? 1 : UINT64_C(60) * FAULTS_STEP);
    } else {
        fprintf(stderr, "faults power [CUTS [SEED]] | full | write | sync | memory [FROM [TO]]\n");
        return 2;
    }
    remove_database(faults.whole);
    remove_database(faults.live);
    remove_database(faults.cut);
    unlink(faults.feed);
    rmdir(faults.dir);
    disk_reset();
    free(faults.wanted);
    printf("%zu wrong\n", faults.wrong);
    return faults.wrong == 0 ? 0 : 1;
}
