// Turns through a Lua handler: in memory (what a rehearsal does), durable in batches (what an
// evening does), wheels, and entries due at the same second. Each row stands beside its goal and
// a limit measured in the same run: plain C for what happens in memory, raw SQLite for the rest.
//   bench_turns DIR [N [NAME]]   DIR: a folder on the disk to be measured; NAME: rows that hold it
// A million entries due at once come with an N of a million.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "app/replay.h"
#include "app/verify_db.h"
#include "app/virtual.h"
#include "loop/loop.h"

#define MEMBERS 2000
#define NOBODY_S 1e12                    // No storage thread took part: its rate is shown as 0.
#define START_MS INT64_C(1762444800000)  // 2025-11-07 00:00 at UTC+8

static double seconds_since(int64_t started_us)
{
    return (double)(loop_mono_us() - started_us) / 1e6;
}

// What was measured: by the clock, and by the processor time that the loop's thread and the storage
// thread took (what counts on a machine that others use too).
struct timing {
    double wall_s, loop_s, storage_s;
};

static double clock_seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct timing timing_begin(void)
{
    const double loop_s = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
    return (struct timing){(double)loop_mono_us() / 1e6, loop_s,
                           clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - loop_s};
}

static struct timing timing_end(struct timing begin)
{
    const struct timing now = timing_begin();
    return (struct timing){now.wall_s - begin.wall_s, now.loop_s - begin.loop_s,
                           now.storage_s - begin.storage_s};
}

static bool ignore_stop(void *ctx)
{
    (void)ctx;
    return false;
}

static void open_engine(struct engine *engine, const char *path)
{
    struct err e = {0};
    struct buf problems;
    uint32_t campaign;
    const uint8_t seed[32] = {1};
    const struct script_overrides overrides = {.seed = seed};
    const struct engine_options options = {
        .path = path, .drop_journal = path == NULL, .rehearsal = true};
    buf_init(&problems, 1 << 20);
    if (!engine_open(engine, &options, &e) ||
        !engine_start(engine, BENCH_DIR "/campaign", &overrides, START_MS, true, &campaign,
                      &problems, &e)) {
        fprintf(stderr, "%s\n%.*s\n", e.text, (int)problems.size,
                problems.data == NULL ? "" : problems.data);
        exit(1);
    }
    buf_deinit(&problems);
    const struct virtual_world world = {.stop = ignore_stop};
    if (!virtual_run(engine, &world, START_MS, START_MS + 1000, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
}

// By hand: snprintf would be a tenth of what is measured.
static size_t put_name(char *out, char letter, uint32_t number)
{
    char digits[12];
    size_t count = 0;
    size_t size = 0;
    out[size++] = letter;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) {
        out[size++] = digits[--count];
    }
    out[size] = '\0';
    return size;
}

static void message(struct engine *engine, enum event_kind kind, uint32_t number, int64_t at)
{
    // As a connector's events have an id, and a crowd's have none.
    const bool numbered = engine->batch_turns == ENGINE_BATCH_TURNS;
    char member[24];
    char id[24];
    const size_t member_size = put_name(member, 'u', number % MEMBERS);
    const size_t id_size = put_name(id, 'm', number);
    const struct event event = {
        .kind = kind,
        .at = at,
        .connector = slice_of("bench"),
        .id = {id, numbered ? (uint32_t)id_size : 0},
        .group = slice_of("g-1"),
        .member = {member, (uint32_t)member_size},
        .text = slice_of("hello"),
        .sku = slice_of(kind == EVENT_FAVORITE ? "SK-1" : ""),
    };
    turn_run(engine, &event);
}

static void must(bool ok, const struct err *e)
{
    if (!ok) {
        fprintf(stderr, "%s\n", e->text);
        exit(1);
    }
}

static void press(struct engine *engine, uint32_t number, int64_t at)
{
    char member[24];
    char id[24];
    const size_t member_size = put_name(member, 'w', number);
    const size_t id_size = put_name(id, 'p', number);
    const struct event event = {
        .kind = EVENT_PRESS,
        .at = at,
        .connector = slice_of("bench"),
        .id = {id, (uint32_t)id_size},
        .group = slice_of("g-2"),
        .member = {member, (uint32_t)member_size},
        .button = slice_of("spin:1"),
    };
    turn_run(engine, &event);
}

static struct timing bench_turns(const char *path, enum event_kind kind, uint32_t count)
{
    struct engine engine;
    struct err e = {0};
    open_engine(&engine, path);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        message(&engine, EVENT_MESSAGE, i, START_MS + 1000);
    }
    const struct timing begin = timing_begin();
    for (uint32_t i = 0; i < count; i++) {
        const int64_t at = START_MS + 2000 + i / 100;
        if (kind == EVENT_PRESS) {
            press(&engine, i, at);
        } else {
            message(&engine, kind, MEMBERS + i, at);
        }
        if (i % 4096 == 0) {
            must(engine_poll(&engine, &e), &e);
        }
    }
    must(engine_flush(&engine, &e), &e);
    const struct timing timing = timing_end(begin);
    const bool played = kind != EVENT_PRESS || table_last(engine.state, T_PLAYS) == count;
    if (script_errors(engine.script) > 0 || !played) {
        fprintf(stderr, "handlers failed\n");
        exit(1);
    }
    engine_close(&engine, &e);
    return timing;
}

// Plain C: what the same facts cost without Lua, journal and store is the limit nobody can pass.
static double bench_bare(uint32_t count)
{
    struct state *state = state_new();
    state_begin(state, 1);
    const struct member row = {0};
    uint32_t ids[MEMBERS];
    for (uint32_t i = 0; i < MEMBERS; i++) {
        struct member member = row;
        char name[24];
        const int size = snprintf(name, sizeof(name), "u%u", i);
        member.ext = state_text(state, name, (size_t)size);
        ids[i] = ((struct member *)table_insert(state, T_MEMBERS, &member))->id;
    }
    state_keep(state, NULL);
    const int64_t started_us = loop_mono_us();
    for (uint32_t i = 0; i < count; i++) {
        state_begin(state, 2 + i);
        ((struct member *)table_edit(state, T_MEMBERS, ids[i % MEMBERS]))->seen_at = i;
        state_keep(state, NULL);
    }
    const double rate = count / seconds_since(started_us);
    state_free(state);
    return rate;
}

static void raw_exec(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
        fprintf(stderr, "%s\n", why);
        exit(1);
    }
}

// Raw SQLite: three rows replaced and one inserted a turn, 256 turns a commit, nothing else.
static double bench_raw(const char *path, uint32_t count)
{
    sqlite3 *db;
    sqlite3_stmt *put;
    sqlite3_stmt *add;
    if (sqlite3_open(path, &db) != SQLITE_OK) {
        exit(1);
    }
    raw_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;"
                 "CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER, at INTEGER, name TEXT);"
                 "CREATE TABLE b (id INTEGER PRIMARY KEY, member INTEGER, at INTEGER, body TEXT)");
    sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO a VALUES (?, ?, ?, 'a name')", -1, &put, NULL);
    sqlite3_prepare_v2(db,
                       "INSERT INTO b VALUES (?, ?, ?, 'a body of forty bytes, as messages are')",
                       -1, &add, NULL);
    const int64_t started_us = loop_mono_us();
    for (uint32_t i = 0; i < count; i++) {
        if (i % 256 == 0) {
            raw_exec(db, i == 0 ? "BEGIN" : "COMMIT; BEGIN");
        }
        for (uint32_t row = 0; row < 4; row++) {
            sqlite3_stmt *stmt = row < 3 ? put : add;
            sqlite3_bind_int64(stmt, 1, row < 3 ? 1 + row * MEMBERS + i % MEMBERS : i + 1);
            sqlite3_bind_int64(stmt, 2, i);
            sqlite3_bind_int64(stmt, 3, START_MS + i);
            sqlite3_step(stmt);
            sqlite3_reset(stmt);
        }
    }
    raw_exec(db, "COMMIT");
    const double rate = count / seconds_since(started_us);
    sqlite3_finalize(put);
    sqlite3_finalize(add);
    sqlite3_close(db);
    return rate;
}

static struct timing bench_due(const char *path, uint32_t count)
{
    struct engine engine;
    struct err e = {0};
    open_engine(&engine, path);
    state_begin(engine.state, START_MS + 1500);
    for (uint32_t i = 0; i < count; i++) {
        char name[24];
        const size_t size = put_name(name, 'd', i);
        const struct schedule_entry entry = {.due_at = START_MS + 60000,
                                             .name = state_text(engine.state, name, size),
                                             .day = 1,
                                             .kind = SCHEDULE_LIBRARY,
                                             .late = LATE_RUN};
        schedule_add(engine.core.schedule, &entry);
    }
    state_keep(engine.state, NULL);
    must(engine_flush(&engine, &e), &e);
    const struct timing begin = timing_begin();
    uint32_t turned = 0;
    while (turn_timer(&engine, START_MS + 60000)) {
        turned++;
    }
    must(engine_flush(&engine, &e), &e);
    if (turned != count) {
        fprintf(stderr, "%u of %u turned\n", turned, count);
        exit(1);
    }
    const struct timing timing = timing_end(begin);
    engine_close(&engine, &e);
    return timing;
}

static const char *fresh(const char *dir, char *path, size_t size)
{
    const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, size, "%s/bench_turns.db%s", dir, ends[i]);
        unlink(path);
    }
    snprintf(path, size, "%s/bench_turns.db", dir);
    return path;
}

static void print_rate(const char *name, uint32_t count, struct timing timing, double goal,
                       const char *limit_name, double limit)
{
    const double rate = count / timing.wall_s;
    printf("%-50s %10.0f %10.0f %10.0f %10.0f  %-16s %10.0f %6.2f\n", name, rate, goal,
           count / timing.loop_s, count / timing.storage_s, limit_name, limit, rate / limit);
    fflush(stdout);
}

// What stands in a file by now: its turns once more, compared one by one and row by row; and its
// chain of hashes.
static void bench_again(const char *path, const char *name, uint32_t count, double bare)
{
    char title[100];
    struct err e = {0};
    struct replay_result result;
    const struct replay_options options = {.db = path};
    struct timing begin = timing_begin();
    must(replay_run(&options, &result, &e), &e);
    struct timing timing = timing_end(begin);
    timing.storage_s = NOBODY_S;
    snprintf(title, sizeof(title), "replayed: %.*s", (int)strcspn(name, ","), name);
    print_rate(title, count, timing, 400000, "row kept, C", bare);
    if (result.verdict != REPLAY_SAME || !result.rows_compared) {
        fprintf(stderr, "turn %llu came out otherwise\n", (unsigned long long)result.turns);
        exit(1);
    }
    replay_deinit(&result);
    struct store *store;
    struct verify_journal journal;
    const struct store_options file = {
        .path = path, .tables = tables_all, .table_count = T_COUNT, .read_only = true};
    must(store_open(&store, &file, &e), &e);
    begin = timing_begin();
    must(verify_db_journal(store, &journal, &e), &e);
    timing = timing_end(begin);
    timing.storage_s = NOBODY_S;
    snprintf(title, sizeof(title), "verified: %.*s", (int)strcspn(name, ","), name);
    print_rate(title, count, timing, 1000000, "row kept, C", bare);
    store_close(store);
}

static void print_due(const char *name, struct timing timing, double goal_s)
{
    printf("%-50s %8.2f s %8.2f s %8.2f s %8.2f s\n", name, timing.wall_s, goal_s, timing.loop_s,
           timing.storage_s);
    fflush(stdout);
}

static const struct {
    const char *name;
    bool file;
    enum event_kind kind;
    double goal;
    uint32_t share;  // One of so many of N is enough.
} ROWS[] = {
    {"message turns through a Lua handler, in memory", false, EVENT_MESSAGE, 800000, 1},
    {"message turns through a Lua handler, durable", true, EVENT_MESSAGE, 200000, 1},
    {"handler changes 3 rows and sends 1, in memory", false, EVENT_FAVORITE, 120000, 4},
    {"handler changes 3 rows and sends 1, durable", true, EVENT_FAVORITE, 120000, 4},
    {"spins of a wheel, in memory", false, EVENT_PRESS, 60000, 4},
    {"spins of a wheel, durable", true, EVENT_PRESS, 60000, 4},
};

int main(int argc, char **argv)
{
    const char *dir = argc > 1 ? argv[1] : "/tmp";
    const uint32_t count = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000;
    const char *only = argc > 3 ? argv[3] : "";
    char path[1024];
    const double bare = bench_bare(count);
    const double raw = bench_raw(fresh(dir, path, sizeof(path)), count / 4);
    printf("%-50s %10s %10s %10s %10s  %-16s %10s %6s\n", "work", "measured/s", "goal",
           "loop's CPU", "storage's", "limit", "", "ratio");
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        if (strstr(ROWS[i].name, only) != NULL) {
            const char *file = ROWS[i].file ? fresh(dir, path, sizeof(path)) : NULL;
            const uint32_t turns = count / ROWS[i].share;
            print_rate(ROWS[i].name, turns, bench_turns(file, ROWS[i].kind, turns), ROWS[i].goal,
                       file == NULL ? "row kept, C" : "4 rows, SQLite", file == NULL ? bare : raw);
            if (file != NULL) {
                bench_again(file, ROWS[i].name, turns, bare);
            }
        }
    }
    static const struct {
        const char *name;
        uint32_t entries;
        double goal_s;
    } due[] = {{"100,000 entries due at once, durable", 100000, 1},
               {"1,000,000 entries due at once, durable", 1000000, 9}};
    for (size_t i = 0; i < sizeof(due) / sizeof(due[0]); i++) {
        if (strncmp(due[i].name, only, strlen(only)) == 0 && (i == 0 || count >= 1000000)) {
            print_due(due[i].name, bench_due(fresh(dir, path, sizeof(path)), due[i].entries),
                      due[i].goal_s);
        }
    }
    fresh(dir, path, sizeof(path));
    return 0;
}
