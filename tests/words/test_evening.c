// The evening of tests/words/campaign: plays it with the simulated crowd, then once more with the
// engine stopped in the middle of its scenes and started again from the file: what scenes did
// before isn't done again, and they go on to their end.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/rehearse.h"
#include "app/virtual.h"

static void tell_error(void *ctx, const char *playbook, const char *scene, const char *error)
{
    (void)ctx;
    print_message("%s, %s: %s\n", playbook, scene, error);
}

static struct rehearsal_options options_of(const char *db, const char *until)
{
    return (struct rehearsal_options){
        .folder = TESTS_DIR "/words/campaign",
        .db = db,
        .until = until,
        .seed = 1,
        .on_error = tell_error,
    };
}

static void play(struct rehearsal *rehearsal, const char *db, const char *until)
{
    struct buf problems;
    struct err e = {0};
    const struct rehearsal_options options = options_of(db, until);
    buf_init(&problems, (size_t)1 << 20);
    const bool ok = rehearsal_run(rehearsal, &options, &problems, &e);
    if (!ok) {
        print_message("%s\n%.*s", e.text, (int)problems.size, problems.size ? problems.data : "");
    }
    buf_deinit(&problems);
    assert_true(ok);
    assert_int_equal(rehearsal->script_errors, 0);
}

static size_t count_scenes(const struct state *state, uint8_t status)
{
    size_t count = 0;
    for (uint32_t id = 0; (id = table_next(state, T_SCENES, id)) != 0;) {
        count += ((const struct scene *)table_get(state, T_SCENES, id))->status == status;
    }
    return count;
}

static bool on_count(void *ctx, const struct store_row *row, struct err *e)
{
    (void)e;
    *(int64_t *)ctx = row->values[0].integer;
    return true;
}

// Those of days that are done are in the file alone.
static int64_t count_ended(struct store *store)
{
    int64_t count = -1;
    struct err e = {0};
    assert_true(store_query(store, "SELECT count(*) FROM scenes WHERE status = 2", NULL, 0,
                            on_count, &count, &e));
    return count;
}

static size_t count_games(const struct state *state, const char *name, uint8_t status)
{
    size_t count = 0;
    for (uint32_t id = 0; (id = table_next(state, T_GAMES, id)) != 0;) {
        const struct game *game = table_get(state, T_GAMES, id);
        count += strcmp(state_get_text(state, game->name), name) == 0 && game->status == status;
    }
    return count;
}

static int64_t balance(const struct state *state, const char *account)
{
    const uint32_t id = ledger_find(state, 1, account);
    assert_int_not_equal(id, 0);
    return ledger_balance(state, id);
}

// 3 scenes in 2 groups, all games closed, nothing left reserved for games, no error.
static void check_end(struct engine *engine)
{
    const struct state *state = engine->state;
    assert_int_equal(count_ended(engine->store), 6);
    assert_int_equal(count_games(state, "roulette", 2), 2);
    assert_int_equal(count_games(state, "envelope", 2), 2);
    assert_int_equal(count_games(state, "rain", 2), 2);
    assert_int_equal(count_games(state, "rain 2", 2), 2);
    assert_int_equal(count_games(state, "nth_like", 2), 2);
    assert_int_equal(count_games(state, "lottery", 2), 2);
    assert_int_equal(ledger_sum(state, 1), 0);
    int64_t vouchers = 0;
    for (uint32_t id = 0; (id = table_next(state, T_VOUCHERS, id)) != 0;) {
        const struct voucher *voucher = table_get(state, T_VOUCHERS, id);
        const struct coupon *coupon = table_get(state, T_COUPONS, (uint32_t)voucher->coupon);
        const bool games = strcmp(state_get_text(state, coupon->budget), "games") == 0;
        vouchers += games && voucher->status == 0 ? coupon->cost : 0;
    }
    // Vouchers that the rain paid are what the budget still carries.
    assert_int_equal(balance(state, "reserved:games"), vouchers);
}

static void test_played(void **unused)
{
    struct rehearsal rehearsal;
    (void)unused;
    play(&rehearsal, NULL, NULL);
    check_end(&rehearsal.engine);
    rehearsal_close(&rehearsal);
}

static void silent_hear(void *ctx, uint32_t effect, int64_t now_ms)
{
    (void)ctx;
    (void)effect;
    (void)now_ms;
}

// Plays until `when`, closes, opens the file again and lets time run on: the scenes are rebuilt.
static void stop_and_go(const char *when)
{
    char path[] = "/tmp/drumbeat-evening-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    struct rehearsal rehearsal;
    play(&rehearsal, path, when);
    const int64_t from_at = state_now(rehearsal.engine.state);
    const int64_t until_at = rehearsal.until_at + 86400000;
    assert_int_not_equal(count_scenes(rehearsal.engine.state, 1), 0);  // Some wait.
    rehearsal_close(&rehearsal);

    struct engine engine;
    struct err e = {0};
    const struct engine_options options = {.path = path, .rehearsal = true};
    if (!engine_open(&engine, &options, &e)) {
        fail_msg("%s", e.text);
    }
    script_on_error(engine.script, tell_error, NULL);
    const struct virtual_world world = {.hear = silent_hear};
    assert_true(virtual_run(&engine, &world, from_at, until_at, &e));
    assert_int_equal(script_errors(engine.script), 0);
    check_end(&engine);
    assert_true(engine_close(&engine, &e));
    char command[128];
    snprintf(command, sizeof(command), "rm -f %s %s-wal %s-shm", path, path, path);
    assert_int_equal(system(command), 0);
}

static void test_stopped(void **unused)
{
    static const char *const WHEN[] = {"day1 14:01", "day1 20:31", "day1 20:41", "day1 20:58",
                                       "day1 21:04", "day1 21:12", "day1 21:20"};
    (void)unused;
    for (size_t i = 0; i < sizeof(WHEN) / sizeof(WHEN[0]); i++) {
        print_message("stopped at %s\n", WHEN[i]);
        stop_and_go(WHEN[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_played),
        cmocka_unit_test(test_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
