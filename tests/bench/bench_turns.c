// Turns through a Lua handler: in memory (what a rehearsal does), durable in batches (what an
// evening does), and 100,000 entries due at the same second. Prints rates beside a limit measured
// in the same run.
//   bench_turns DIR [N]     DIR: a folder on the disk to be measured
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/virtual.h"
#include "loop/loop.h"

#define MEMBERS 2000
#define START_MS INT64_C(1762444800000)  // 2025-11-07 00:00 at UTC+8

static double seconds_since(int64_t started_us)
{
    return (double)(loop_mono_us() - started_us) / 1e6;
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

static double bench_messages(const char *path, enum event_kind kind, uint32_t count)
{
    struct engine engine;
    struct err e = {0};
    open_engine(&engine, path);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        message(&engine, EVENT_MESSAGE, i, START_MS + 1000);
    }
    const int64_t started_us = loop_mono_us();
    for (uint32_t i = 0; i < count; i++) {
        message(&engine, kind, MEMBERS + i, START_MS + 2000 + i / 100);
        if (i % 4096 == 0 && !engine_poll(&engine, &e)) {
            fprintf(stderr, "%s\n", e.text);
            exit(1);
        }
    }
    if (!engine_flush(&engine, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    const double rate = count / seconds_since(started_us);
    if (script_errors(engine.script) > 0) {
        fprintf(stderr, "handlers failed\n");
        exit(1);
    }
    engine_close(&engine, &e);
    return rate;
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

static double bench_due(const char *path, uint32_t count)
{
    struct engine engine;
    struct err e = {0};
    open_engine(&engine, path);
    state_begin(engine.state, START_MS + 1500);
    for (uint32_t i = 0; i < count; i++) {
        char name[24];
        const int size = snprintf(name, sizeof(name), "due %u", i);
        const struct schedule_entry entry = {.due_at = START_MS + 60000,
                                             .name = state_text(engine.state, name, (size_t)size),
                                             .day = 1,
                                             .kind = SCHEDULE_LIBRARY,
                                             .late = LATE_RUN};
        schedule_add(engine.core.schedule, &entry);
    }
    state_keep(engine.state, NULL);
    if (!engine_flush(&engine, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    const int64_t started_us = loop_mono_us();
    uint32_t turned = 0;
    while (turn_timer(&engine, START_MS + 60000)) {
        turned++;
    }
    if (!engine_flush(&engine, &e) || turned != count) {
        fprintf(stderr, "%u of %u turned: %s\n", turned, count, e.text);
        exit(1);
    }
    const double seconds = seconds_since(started_us);
    engine_close(&engine, &e);
    return seconds;
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

// Rows of the table; the third argument picks those whose name holds it.
int main(int argc, char **argv)
{
    const char *dir = argc > 1 ? argv[1] : "/tmp";
    const uint32_t count = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000;
    const char *only = argc > 3 ? argv[3] : "";
    static const struct {
        const char *name;
        bool file;
        enum event_kind kind;
    } ROWS[] = {
        {"message turns through a Lua handler, in memory", false, EVENT_MESSAGE},
        {"message turns through a Lua handler, durable", true, EVENT_MESSAGE},
        {"handler changes 3 rows and sends 1, in memory", false, EVENT_FAVORITE},
        {"handler changes 3 rows and sends 1, durable", true, EVENT_FAVORITE},
    };
    char path[1024];
    printf("%-58s %12s\n", "work", "measured");
    printf("%-58s %12.0f /s\n", "limit: one row edited and kept, plain C", bench_bare(count));
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        if (strstr(ROWS[i].name, only) != NULL) {
            const char *file = ROWS[i].file ? fresh(dir, path, sizeof(path)) : NULL;
            printf("%-58s %12.0f /s\n", ROWS[i].name, bench_messages(file, ROWS[i].kind, count));
        }
    }
    if (only[0] == '\0') {
        printf("%-58s %12.2f s\n", "100,000 entries due at once, durable",
               bench_due(fresh(dir, path, sizeof(path)), 100000));
    }
    fresh(dir, path, sizeof(path));
    return 0;
}
