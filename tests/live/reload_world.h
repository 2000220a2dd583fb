#pragma once
// A small brand whose files are edited while its campaign runs in virtual time: two groups, a
// member each that speaks every five minutes. For the tests of reload.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/engine.h"
#include "app/reload.h"
#include "app/replay.h"
#include "app/verify_rows.h"
#include "app/virtual.h"
#include "script/reload.h"

#define START_MS INT64_C(1762473600000)  // 2025-11-07 00:00 UTC
#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define TALK_MS (5 * MINUTE_MS)
#define PROBLEMS_MAX ((size_t)1 << 20)

struct world {
    char folder[200];
    char db[256];
    struct engine engine;
    int64_t now_ms;
    int64_t talks_at;
    uint32_t talk;  // Which group speaks next.
    size_t errors;  // Of playbooks.
    char last_error[ERR_TEXT_MAX];
    struct buf problems;
};

static inline void world_write(const struct world *world, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", world->folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline void world_playbook(const struct world *world, const char *text)
{
    world_write(world, "playbooks/show/playbook.lua", text);
}

static inline void world_error(void *ctx, const char *playbook, const char *scene,
                               const char *error)
{
    struct world *world = ctx;
    (void)playbook;
    world->errors++;
    snprintf(world->last_error, sizeof(world->last_error), "%s: %s", scene, error);
}

static inline void world_open(struct world *world)
{
    struct err e = {0};
    const struct engine_options options = {.path = world->db};
    if (!engine_open(&world->engine, &options, &e)) {
        fail_msg("%s", e.text);
    }
    script_on_error(world->engine.script, world_error, world);
}

static inline void world_close(struct world *world)
{
    struct err e = {0};
    if (!engine_close(&world->engine, &e)) {
        fail_msg("%s", e.text);
    }
}

static inline void world_reopen(struct world *world)
{
    world_close(world);
    world_open(world);
}

static inline void world_join(struct world *world, const char *group, const char *member)
{
    const struct event event = {.kind = EVENT_JOIN,
                                .at = START_MS + MINUTE_MS,
                                .group = slice_of(group),
                                .member = slice_of(member),
                                .name = slice_of(member)};
    assert_int_equal(turn_run(&world->engine, &event), TURN_DONE);
}

static inline void world_start(struct world *world, const char *campaign, const char *playbook)
{
    char path[400];
    struct err e = {0};
    uint32_t id;
    const uint8_t seed[32] = {1};
    const struct script_overrides overrides = {.seed = seed};
    *world = (struct world){.now_ms = START_MS, .talks_at = START_MS + 6 * HOUR_MS};
    snprintf(world->folder, sizeof(world->folder), "%s/drumbeat-reload-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->db, sizeof(world->db), "%s/brand.db", world->folder);
    snprintf(path, sizeof(path), "%s/playbooks", world->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/playbooks/show", world->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    world_playbook(world, playbook);
    world_write(world, "campaign.lua", campaign);
    buf_init(&world->problems, PROBLEMS_MAX);
    world_open(world);
    if (!engine_start(&world->engine, world->folder, &overrides, START_MS, true, &id,
                      &world->problems, &e)) {
        fail_msg("%s %.*s", e.text, (int)world->problems.size, world->problems.data);
    }
    world_join(world, "g1", "u1");
    world_join(world, "g2", "u2");
}

static inline void world_end(struct world *world)
{
    char command[400];
    world_close(world);
    buf_deinit(&world->problems);
    snprintf(command, sizeof(command), "rm -rf '%s'", world->folder);
    assert_int_equal(system(command), 0);
}

// --- Who speaks. ---

static inline int64_t world_next(void *ctx)
{
    return ((const struct world *)ctx)->talks_at;
}

static inline bool world_take(void *ctx, struct event *out)
{
    struct world *world = ctx;
    const bool second = world->talk % 2 == 1;
    *out = (struct event){
        .kind = EVENT_MESSAGE,
        .at = world->talks_at,
        .group = slice_of(second ? "g2" : "g1"),
        .member = slice_of(second ? "u2" : "u1"),
        .name = slice_of(second ? "Bo" : "An"),
        .text = slice_of("I want it"),
    };
    world->talks_at += second ? TALK_MS : 0;
    world->talk++;
    return true;
}

static inline void world_run(struct world *world, int64_t until_ms)
{
    struct err e = {0};
    const struct virtual_world virtual_world = {
        .next = world_next, .take = world_take, .ctx = world};
    if (!virtual_run(&world->engine, &virtual_world, world->now_ms, until_ms, &e)) {
        fail_msg("%s", e.text);
    }
    world->now_ms = until_ms;
}

// --- Reloads. ---

static inline bool world_plan(struct world *world, struct reload_plan **plan, struct err *e)
{
    buf_clear(&world->problems);
    return reload_plan_new(&world->engine, 1, world->folder, world->now_ms, plan, &world->problems,
                           e);
}

static inline void world_apply(struct world *world, struct reload_plan *plan)
{
    struct err e = {0};
    buf_clear(&world->problems);
    if (!reload_apply(&world->engine, plan, "mei", world->now_ms, &world->problems, &e)) {
        fail_msg("%s %.*s", e.text, (int)world->problems.size, world->problems.data);
    }
    assert_true(engine_flush(&world->engine, &e));
    reload_plan_free(plan);
}

// The plan's words; the caller frees them.
static inline char *world_words(const struct reload_plan *plan)
{
    struct buf out;
    buf_init(&out, PROBLEMS_MAX);
    reload_plan_text(plan, &out);
    return buf_take(&out);
}

static inline void world_plans_nothing(struct world *world)
{
    struct reload_plan *plan;
    struct err e = {0};
    assert_true(world_plan(world, &plan, &e));
    char *words = world_words(plan);
    if (!reload_plan_is_empty(plan)) {
        fail_msg("not empty:\n%s", words);
    }
    free(words);
    reload_plan_free(plan);
}

// --- The end: rows, money and journal. ---

static inline void world_broken(void *ctx, const struct verify_broken *broken)
{
    (void)ctx;
    print_message("%s: %s %lld %s: %s, expected %s\n", broken->rule, broken->table,
                  (long long)broken->id, broken->column, broken->found, broken->expected);
}

static inline void world_verify(const struct world *world)
{
    struct err e = {0};
    struct store *store;
    struct verify_rows rows;
    struct replay_result result;
    const struct store_options options = {
        .path = world->db, .tables = tables_all, .table_count = T_COUNT, .read_only = true};
    if (!store_open(&store, &options, &e) ||
        !verify_db_rows(store, world_broken, NULL, &rows, &e)) {
        fail_msg("%s", e.text);
    }
    store_close(store);
    assert_int_equal(rows.broken, 0);
    const struct replay_options replay = {.db = world->db};
    if (!replay_run(&replay, &result, &e)) {
        fail_msg("%s", e.text);
    }
    if (result.verdict != REPLAY_SAME || !result.rows_compared) {
        fail_msg("replay: %s at turn %llu: %.*s\n%.*s", result.what,
                 (unsigned long long)result.turns, (int)result.event.size, result.event.data,
                 (int)result.details.size, result.details.data);
    }
    replay_deinit(&result);
}
