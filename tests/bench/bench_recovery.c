// After a crash: a file with a million journaled turns and 100,000 scenes that wait, opened by a
// new process up to its first event handled and durable; then every scene is built again from its
// steps and goes on.
//   bench_recovery DIR [TURNS [keep]]   DIR: a folder on the disk to be measured; TURNS: 1,000,000
//   bench_recovery DIR TURNS again      the file that `keep` left, copied first if it is to stay
// Prints wall time and processor time; the file was just written, so it is in the page cache.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/virtual.h"
#include "loop/loop.h"

#define START_MS INT64_C(1762444800000)  // 2025-11-07 00:00 at UTC+8
#define MEMBERS 2000
#define SCENES 100000

static void must(bool ok, const struct err *e)
{
    if (!ok) {
        fprintf(stderr, "%s\n", e->text);
        exit(1);
    }
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct watch {
    int64_t wall_us;
    double cpu_s;
};

static struct watch watch_begin(void)
{
    return (struct watch){loop_mono_us(), cpu_seconds()};
}

static void watch_print(struct watch begin, const char *what, uint32_t count)
{
    const double wall_s = (double)(loop_mono_us() - begin.wall_us) / 1e6;
    const double cpu_s = cpu_seconds() - begin.cpu_s;
    printf("%-50s %8.0f ms %8.0f ms CPU", what, wall_s * 1e3, cpu_s * 1e3);
    if (count > 0) {
        printf(" %10.0f /s %10.0f /s CPU", count / wall_s, count / cpu_s);
    }
    printf("\n");
    fflush(stdout);
}

static void message(struct engine *engine, uint32_t number, int64_t at)
{
    char member[24];
    char id[24];
    char group[24];
    snprintf(member, sizeof(member), "u%u", number % MEMBERS);
    snprintf(id, sizeof(id), "m%u", number);
    snprintf(group, sizeof(group), "g-%u", 1 + number % 1000);
    const struct event event = {.kind = EVENT_MESSAGE,
                                .at = at,
                                .connector = slice_of("bench"),
                                .id = slice_of(id),
                                .group = slice_of(group),
                                .member = slice_of(member),
                                .text = slice_of("hello")};
    turn_run(engine, &event);
}

static void open_engine(struct engine *engine, const char *path)
{
    struct err e = {0};
    static const char *const dirs[] = {BENCH_DIR "/recovery/playbooks", NULL};
    const struct engine_options options = {.path = path, .playbook_dirs = dirs};
    must(engine_open(engine, &options, &e), &e);
}

static void timers(struct engine *engine, int64_t now_ms)
{
    struct err e = {0};
    for (uint32_t i = 0; turn_timer(engine, now_ms); i++) {
        if (i % 4096 == 0) {
            must(engine_poll(engine, &e), &e);
        }
    }
}

// The process that will have crashed.
static void make_file(const char *path, uint32_t turns)
{
    struct engine engine;
    struct err e = {0};
    struct buf problems;
    uint32_t campaign;
    const uint8_t seed[32] = {1};
    const struct script_overrides overrides = {.seed = seed};
    open_engine(&engine, path);
    buf_init(&problems, 1 << 20);
    if (!engine_start(&engine, BENCH_DIR "/recovery", &overrides, START_MS - 1000, true, &campaign,
                      &problems, &e)) {
        fprintf(stderr, "%s\n%.*s\n", e.text, (int)problems.size,
                problems.data == NULL ? "" : problems.data);
        exit(1);
    }
    buf_deinit(&problems);
    timers(&engine, START_MS);
    while (engine.turns < turns) {
        message(&engine, (uint32_t)engine.turns, START_MS + 1000 + (int64_t)engine.turns / 100);
        if (engine.turns % 4096 == 0) {
            must(engine_poll(&engine, &e), &e);
        }
    }
    must(engine_flush(&engine, &e), &e);
    uint32_t waiting = 0;
    for (uint32_t id = 0; (id = table_next(engine.state, T_SCENES, id)) != 0;) {
        waiting += ((const struct scene *)table_get(engine.state, T_SCENES, id))->status == 1;
    }
    if (waiting != SCENES) {
        fprintf(stderr, "%u scenes wait, %u entries\n", waiting,
                table_last(engine.state, T_SCHEDULE));
        exit(1);
    }
    printf("file: %" PRIu64 " turns, %u scenes wait\n", engine.turns, waiting);
    fflush(stdout);
    _exit(0);  // As if killed: what is in the WAL stays there.
}

static void in_child(void (*work)(const char *path, uint32_t turns), const char *path,
                     uint32_t turns)
{
    int status;
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        work(path, turns);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    if (status != 0) {
        fprintf(stderr, "bench_recovery: a part of it failed\n");
        exit(1);
    }
}

static void recover(const char *path, uint32_t turns)
{
    struct engine engine;
    struct err e = {0};
    const int64_t at = START_MS + 1000 + turns / 100 + 1000;
    struct watch watch = watch_begin();
    open_engine(&engine, path);
    watch_print(watch, "  opened", 0);
    turn_lost(&engine, at);
    message(&engine, turns + 1, at);
    must(engine_flush(&engine, &e), &e);
    watch_print(watch, "first event handled and durable", 0);
    if (getenv("BENCH_OPEN_ONLY") != NULL) {  // For a profile of that alone.
        _exit(0);
    }
    watch = watch_begin();
    timers(&engine, START_MS + INT64_C(13) * 3600000);
    must(engine_flush(&engine, &e), &e);
    watch_print(watch, "scenes rebuilt, on to their end, durable", SCENES);
    for (uint32_t id = 0; (id = table_next(engine.state, T_SCENES, id)) != 0;) {
        CHECK(((const struct scene *)table_get(engine.state, T_SCENES, id))->status == 2);
    }
    must(engine_close(&engine, &e), &e);
}

int main(int argc, char **argv)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    const char *dir = argc > 1 ? argv[1] : "/tmp";
    const uint32_t turns = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000;
    char path[1024];
    char name[1100];
    snprintf(path, sizeof(path), "%s/bench_recovery.db", dir);
    const char *how = argc > 3 ? argv[3] : "";
    if (strcmp(how, "again") == 0) {
        recover(path, turns);
        return 0;
    }
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < 4; i++) {
            snprintf(name, sizeof(name), "%s%s", path, ends[i]);
            unlink(name);
        }
        if (pass == 0) {
            in_child(make_file, path, turns);
            if (strcmp(how, "keep") == 0) {
                return 0;
            }
            in_child(recover, path, turns);
        }
    }
    return 0;
}
