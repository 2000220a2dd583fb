// The five days of the example, rehearsed with few people on a disk that fails:
//
//   days full|write|sync [STEP [FROM]]   the n-th write finds no room, the n-th write or sync
//   fails,
//                                        for n = 1, 2, ... until a run passes: it ends and says why
//   days power [CUTS [SEED]]             the power fails at random instants
//
// After each the file opens, holds every promise, its rows and draws verify, and its journal comes
// out again turn by turn. In CI a few n of each, and 40 cuts; every n and 4,000 with
// DRUMBEAT_LONG=1.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/rehearse.h"
#include "app/replay.h"
#include "app/verify_db.h"
#include "app/verify_rows.h"
#include "core/tables.h"
#include "disk.h"

#define MEMBERS 40

struct days {
    char dir[100], live[140], cut[140];
    struct rng rng;
    uint64_t cuts_wanted, cuts, operations;
    uint64_t empty, stopped, looked_at, wrong;
};

static void wrong(struct days *days, const char *what, const char *more)
{
    days->wrong++;
    if (days->wrong <= 20) {
        printf("WRONG: %s: %s\n", what, more);
    }
}

static void remove_database(const char *path)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal", ".lock"};
    char name[200];
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", path, tails[i]);
        unlink(name);
    }
}

// --- Looking at what is left. ---

static void on_broken(void *ctx, const struct verify_broken *broken)
{
    char more[800];
    snprintf(more, sizeof(more), "%s %" PRId64 ", %s: is %s, must be %s", broken->table, broken->id,
             broken->column, broken->found, broken->expected);
    wrong(ctx, broken->rule, more);
}

static bool on_game(void *ctx, const struct verify_game *game, struct err *e)
{
    (void)e;
    if (game->state == VERIFY_ALTERED || game->state == VERIFY_NO_RECEIPT) {
        wrong(ctx, game->name, game->findings);
    }
    return true;
}

static void check_replay(struct days *days, const char *path, const char *what)
{
    struct err e = {0};
    struct replay_result result;
    const struct replay_options options = {.db = path};
    if (!replay_run(&options, &result, &e)) {
        wrong(days, what, e.text);
    } else if (result.verdict != REPLAY_SAME || !result.rows_compared) {
        wrong(days, what, result.details.size == 0 ? "another replay" : result.details.data);
    }
    replay_deinit(&result);
}

static void check_file(struct days *days, const char *path, const char *what)
{
    struct store *store;
    struct err e = {0};
    const struct store_options options = {
        .path = path, .tables = tables_all, .table_count = T_COUNT};
    if (access(path, F_OK) != 0) {
        days->empty++;
        return;
    }
    if (!store_open(&store, &options, &e)) {
        wrong(days, what, e.text);
        return;
    }
    const bool empty = store_head(store).last_turn == 0;
    if (!empty) {
        struct verify_journal journal;
        struct verify_rows rows;
        if (!verify_db_journal(store, &journal, &e) ||
            !verify_db_rows(store, on_broken, days, &rows, &e) ||
            !verify_db_games(store, NULL, on_game, days, &e)) {
            wrong(days, what, e.text);
        }
    }
    store_close(store);
    days->empty += empty;
    days->looked_at += !empty;
    if (!empty) {
        check_replay(days, path, what);
    }
}

// --- Playing. ---

static void clear(const struct days *days)
{
    disk_reset();
    remove_database(days->live);
}

static bool play(const struct days *days, struct err *e)
{
    struct rehearsal rehearsal;
    struct buf problems;
    const struct rehearsal_options options = {
        .folder = DAYS_CAMPAIGN, .db = days->live, .seed = 7, .members = MEMBERS};
    buf_init(&problems, 1 << 20);
    const bool ok = rehearsal_run(&rehearsal, &options, &problems, e);
    buf_deinit(&problems);
    if (!ok) {
        return false;
    }
    return engine_close(&rehearsal.engine, e);
}

static void fail_each(struct days *days, enum disk_fault fault, uint64_t step, uint64_t from)
{
    uint64_t n = from;
    for (bool failed = true; failed;
         n += 1 + (step > 1 ? rng_below(&days->rng, 2 * step - 1) : 0)) {
        char what[100];
        struct err e = {0};
        snprintf(what, sizeof(what), "operation %" PRIu64 " fails", n);
        clear(days);
        disk_fail(fault, n);
        const bool ok = play(days, &e);
        failed = disk_has_failed();
        disk_fail(DISK_SOUND, 0);
        if (!ok && (!failed || e.text[0] == '\0')) {
            wrong(days, what, failed ? "it stopped and didn't say why" : e.text);
        }
        days->stopped += !ok;
        check_file(days, days->live, what);
    }
    printf("up to operation %" PRIu64 " of %" PRIu64 ": %" PRIu64 " runs stopped by it, ", n,
           days->operations, days->stopped);
}

static void on_operation(void *ctx, uint64_t number)
{
    struct days *days = ctx;
    if (rng_below(&days->rng, days->operations) >= days->cuts_wanted) {
        return;
    }
    char what[100];
    const enum disk_survival survival = (enum disk_survival)rng_below(&days->rng, DISK_SURVIVALS);
    snprintf(what, sizeof(what), "cut %" PRIu64 " at operation %" PRIu64 ", survival %d",
             ++days->cuts, number, (int)survival);
    remove_database(days->cut);
    disk_cut(days->cut, survival, &days->rng);
    check_file(days, days->cut, what);
}

static void cut_power(struct days *days, uint64_t cuts)
{
    struct err e = {0};
    days->cuts_wanted = cuts < days->operations ? cuts : days->operations;
    while (days->cuts < cuts) {
        clear(days);
        disk_on_operation(on_operation, days);
        if (!play(days, &e)) {
            wrong(days, "the run that is cut", e.text);
            break;
        }
        if (days->cuts == 0) {
            wrong(days, "the run that is cut", "nothing was cut");
            break;
        }
    }
    disk_on_operation(NULL, NULL);
    printf("%" PRIu64 " cuts over %" PRIu64 " operations, ", days->cuts, days->operations);
}

int main(int argc, char **argv)
{
    static struct days days;
    const char *is_long = getenv("DRUMBEAT_LONG");
    const bool all = is_long != NULL && is_long[0] == '1';
    const char *kind = argc > 1 ? argv[1] : "";
    const uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    const uint64_t second = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    const char *memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    struct err e = {0};
    setenv("DRUMBEAT_PLAYBOOKS", DAYS_PLAYBOOKS, 1);
    rng_init(&days.rng, second, 0x64617973, 0);
    snprintf(days.dir, sizeof(days.dir), "%s/drumbeat-days-XXXXXX", memory);
    CHECK(mkdtemp(days.dir) != NULL);
    snprintf(days.live, sizeof(days.live), "%s/live.db", days.dir);
    snprintf(days.cut, sizeof(days.cut), "%s/cut.db", days.dir);
    disk_install(days.live);
    clear(&days);
    if (!play(&days, &e)) {
        fprintf(stderr, "days: the undisturbed run: %s\n", e.text);
        return 1;
    }
    days.operations = disk_operations();
    check_file(&days, days.live, "the undisturbed run");
    const uint64_t step = first != 0 ? first : all ? 1 : DAYS_STEP;
    if (strcmp(kind, "power") == 0) {
        cut_power(&days, first != 0 ? first : all ? 4000 : 40);
    } else if (strcmp(kind, "full") == 0) {
        fail_each(&days, DISK_WRITE_FULL, step, second);
    } else if (strcmp(kind, "write") == 0) {
        fail_each(&days, DISK_WRITE_FAILS, step, second);
    } else if (strcmp(kind, "sync") == 0) {
        fail_each(&days, DISK_SYNC_FAILS, step, second);
    } else {
        fprintf(stderr, "days power [CUTS [SEED]] | full | write | sync [STEP [FROM]]\n");
        return 2;
    }
    printf("%" PRIu64 " files looked at, %" PRIu64 " before anything was there, %" PRIu64
           " wrong\n",
           days.looked_at, days.empty, days.wrong);
    disk_reset();
    remove_database(days.live);
    remove_database(days.cut);
    rmdir(days.dir);
    return days.wrong == 0 ? 0 : 1;
}
