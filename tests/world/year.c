// A year of evenings that are all alike, in virtual time: what an engine holds in memory stays what
// it was after the first weeks. What may grow is what members still have (vouchers, prizes to be
// claimed) and a few rows for each evening; playbooks, likes, scenes and what they remembered may
// not. Looked at are rows and what the state takes; and resident memory where nobody answers, for
// the simulated crowd and SQLite's cache (64 MiB at most) have theirs.
//   year [DAYS]      DAYS: 120; 365 with DRUMBEAT_LONG=1
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/rehearse.h"

#define DAY_MS INT64_C(86400000)
#define FIRST_DAY 20  // Until then everybody has joined, and everything has happened once.
#define STATE_A_DAY_MAX 6000
#define PLAYBOOKS_MAX ((size_t)8 << 20)
#define RESIDENT_GROWTH_MAX ((size_t)8 << 20)

// A sanitizer keeps what was freed.
#ifdef __SANITIZE_ADDRESS__
#define YEAR_RESIDENT false
#else
#define YEAR_RESIDENT true
#endif

struct year {
    int64_t from_ms;
    int day;
    size_t first_state, state, first_resident, resident, playbooks;
    uint32_t first_rows[T_COUNT], rows[T_COUNT];
};

static size_t resident_bytes(void)
{
    unsigned long total = 0;
    unsigned long pages = 0;
    malloc_trim(0);
    FILE *statm = fopen("/proc/self/statm", "r");
    CHECK(statm != NULL);
    CHECK(fscanf(statm, "%lu %lu", &total, &pages) == 2);
    fclose(statm);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

// At noon: no game is open, no scene runs. What waits for a batch is handed over first.
static void look(struct year *year, struct engine *engine)
{
    struct err e = {0};
    const bool flushed = engine_flush(engine, &e);
    CHECK(flushed);
    year->state = state_memory(engine->state);
    year->resident = resident_bytes();
    const size_t playbooks = script_memory(engine->script);
    year->playbooks = playbooks > year->playbooks ? playbooks : year->playbooks;
    for (int table = 0; table < T_COUNT; table++) {
        year->rows[table] = table_count(engine->state, (enum table_id)table);
    }
    if (year->day == FIRST_DAY) {
        year->first_state = year->state;
        year->first_resident = year->resident;
        memcpy(year->first_rows, year->rows, sizeof(year->rows));
    }
}

static void on_kept(void *ctx, struct engine *engine, const struct event *event,
                    enum journal_outcome outcome)
{
    struct year *year = ctx;
    (void)event;
    (void)outcome;
    const int64_t now_ms = state_now(engine->state);
    year->from_ms = year->from_ms == 0 ? now_ms : year->from_ms;
    const int day = 1 + (int)((now_ms - year->from_ms - DAY_MS / 2) / DAY_MS);
    if (day > year->day) {
        year->day = day;
        look(year, engine);
    }
}

static int judge(const struct year *year, bool quiet)
{
    static const enum table_id steady[] = {T_MEMORY, T_SCENES,  T_STEPS, T_LIKES,
                                           T_OUTBOX, T_REPLIES, T_HOURS, T_SCHEDULE};
    const double grown =
        ((double)year->state - (double)year->first_state) / (year->day - FIRST_DAY);
    int wrong = (grown > STATE_A_DAY_MAX) + (year->playbooks > PLAYBOOKS_MAX);
    wrong += quiet && YEAR_RESIDENT && year->resident > year->first_resident + RESIDENT_GROWTH_MAX;
    printf("%s: day %d to %d: state %zu to %zu bytes (%.0f a day), resident %zu to %zu KiB,"
           " playbooks at most %zu KiB at noon\n",
           quiet ? "nobody answers" : "a crowd", FIRST_DAY, year->day, year->first_state,
           year->state, grown, year->first_resident / 1024, year->resident / 1024,
           year->playbooks / 1024);
    for (size_t i = 0; i < sizeof(steady) / sizeof(steady[0]); i++) {
        const uint32_t was = year->first_rows[steady[i]];
        const uint32_t is = year->rows[steady[i]];
        printf("  %-10s %6u rows, then %6u\n", tables_all[steady[i]]->name, was, is);
        wrong += is > was + was / 2 + 50;
    }
    return wrong;
}

static int play(const char *dir, int days, bool quiet)
{
    struct year year = {0};
    char db[96];
    char until[32];
    struct rehearsal rehearsal;
    struct buf problems;
    struct err e = {0};
    snprintf(db, sizeof(db), "%s/year.db", dir);
    snprintf(until, sizeof(until), "day%d 13:00", days);
    const struct rehearsal_options options = {
        .folder = YEAR_DIR,
        .db = db,
        .until = until,
        .seed = 1,
        .quiet_world = quiet,
        .on_kept = on_kept,
        .on_kept_ctx = &year,
    };
    buf_init(&problems, 1 << 20);
    if (!rehearsal_run(&rehearsal, &options, &problems, &e)) {
        fprintf(stderr, "year: %s\n", e.text);
        exit(1);
    }
    buf_deinit(&problems);
    const size_t errors = rehearsal.script_errors;
    rehearsal_close(&rehearsal);
    unlink(db);
    return judge(&year, quiet) + (errors > 0);
}

int main(int argc, char **argv)
{
    const char *is_long = getenv("DRUMBEAT_LONG");
    const int days = argc > 1                               ? (int)strtol(argv[1], NULL, 10)
                     : is_long != NULL && is_long[0] == '1' ? 365
                                                            : 120;
    char dir[64];
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(dir, sizeof(dir), "%s/drumbeat-year-XXXXXX", base);
    CHECK(mkdtemp(dir) != NULL);
    const int wrong = play(dir, days, true) + play(dir, days, false);
    rmdir(dir);
    printf("%d wrong\n", wrong);
    return wrong == 0 ? 0 : 1;
}
