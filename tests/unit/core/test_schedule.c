// The schedule: order of due time and id, and a heap that stays right whatever turns undo.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "core/schedule.h"

static uint32_t add(struct schedule *schedule, struct state *state, int number, int64_t due_at)
{
    char name[32];
    const int size = snprintf(name, sizeof(name), "entry %d", number);
    const struct schedule_entry row = {.due_at = due_at,
                                       .name = state_text(state, name, (size_t)size)};
    return schedule_add(schedule, &row);
}

static void test_order_and_moves(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    struct schedule *schedule = schedule_new(state);
    state_begin(state, 1);
    const uint32_t a = add(schedule, state, 1, 300);
    const uint32_t b = add(schedule, state, 2, 100);
    const uint32_t c = add(schedule, state, 3, 100);
    const uint32_t d = add(schedule, state, 4, 50);
    schedule_move(schedule, a, 20);
    schedule_move(schedule, a, 300);  // There and back: two entries of the heap.
    schedule_cancel(schedule, d);
    state_keep(state, NULL);
    assert_int_equal(schedule_next(schedule), 100);
    assert_int_equal(schedule_take(schedule, 99), 0);
    assert_int_equal(schedule_take(schedule, 400), b);
    assert_int_equal(schedule_take(schedule, 400), c);
    schedule_put_back(schedule, b);
    assert_int_equal(schedule_take(schedule, 400), b);
    assert_int_equal(schedule_take(schedule, 400), a);
    assert_int_equal(schedule_take(schedule, 400), 0);
    assert_int_equal(schedule_next(schedule), INT64_MAX);
    schedule_free(schedule);
    state_free(state);
}

// Looking at the heap inside a turn that is dropped must not lose what the turn had moved away.
static void test_dropped_turn(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    struct schedule *schedule = schedule_new(state);
    state_begin(state, 1);
    const uint32_t a = add(schedule, state, 1, 100);
    const uint32_t b = add(schedule, state, 2, 200);
    state_keep(state, NULL);
    state_begin(state, 2);
    schedule_move(schedule, a, 900);
    schedule_cancel(schedule, b);
    add(schedule, state, 3, 150);
    assert_int_equal(schedule_next(schedule), 150);
    state_drop(state);
    assert_int_equal(schedule_next(schedule), 100);
    assert_int_equal(schedule_take(schedule, 1000), a);
    assert_int_equal(schedule_take(schedule, 1000), b);
    assert_int_equal(schedule_take(schedule, 1000), 0);
    schedule_free(schedule);
    state_free(state);
}

static uint32_t first_by_rows(const struct state *state, int64_t *due_at)
{
    uint32_t first = 0;
    *due_at = INT64_MAX;
    for (uint32_t id = 0; (id = table_next(state, T_SCHEDULE, id)) != 0;) {
        const struct schedule_entry *row = table_get(state, T_SCHEDULE, id);
        if (row->status == SCHEDULE_PLANNED && row->due_at < *due_at) {
            first = id;
            *due_at = row->due_at;
        }
    }
    return first;
}

static void test_random(void **unused)
{
    (void)unused;
    struct state *state = state_new();
    struct schedule *schedule = schedule_new(state);
    struct rng rng;
    int64_t now = 0;
    size_t taken = 0;
    rng_init(&rng, 5, 0, 0);
    for (int n = 0; n < 4000; n++) {
        state_begin(state, now);
        for (uint64_t i = rng_below(&rng, 4); i > 0; i--) {
            const uint64_t what = rng_below(&rng, 4);
            const uint32_t id = 1 + (uint32_t)rng_below(&rng, table_last(state, T_SCHEDULE) + 1);
            if (what < 2) {
                add(schedule, state, n * 8 + (int)i, now + (int64_t)rng_below(&rng, 50));
            } else if (what == 2) {
                schedule_move(schedule, id, now + (int64_t)rng_below(&rng, 50));
            } else {
                schedule_cancel(schedule, id);
            }
            if (rng_below(&rng, 4) == 0) {
                schedule_next(schedule);
            }
        }
        if (rng_below(&rng, 3) == 0) {
            state_drop(state);
        } else {
            state_keep(state, NULL);
        }
        int64_t due;
        const uint32_t first = first_by_rows(state, &due);
        assert_int_equal(schedule_next(schedule), due);
        now += (int64_t)rng_below(&rng, 6);
        if (due <= now) {
            assert_int_equal(schedule_take(schedule, now), first);
            state_begin(state, now);
            schedule_done(schedule, first, SCHEDULE_DONE);
            if (rng_below(&rng, 4) == 0) {
                state_drop(state);
                schedule_put_back(schedule, first);
            } else {
                state_keep(state, NULL);
                taken++;
            }
        }
    }
    assert_true(taken > 800);
    schedule_rebuild(schedule);
    assert_true(schedule_size(schedule) <= table_count(state, T_SCHEDULE));
    assert_true(schedule_memory(schedule) >= schedule_size(schedule) * 16);
    schedule_free(schedule);
    state_free(state);
}

static void test_late(void **unused)
{
    (void)unused;
    struct schedule_entry entry = {.due_at = 1000, .late = LATE_SKIP};
    assert_true(schedule_may_run(&entry, 1000));
    assert_true(schedule_may_run(&entry, 1000 + SCHEDULE_GRACE_MS));
    assert_false(schedule_may_run(&entry, 1001 + SCHEDULE_GRACE_MS));
    entry.late = LATE_RUN;
    assert_true(schedule_may_run(&entry, INT64_MAX));
    entry.late = LATE_RUN_WITHIN;
    entry.late_ms = 600000;
    assert_true(schedule_may_run(&entry, 601000));
    assert_false(schedule_may_run(&entry, 601001));
    entry.late_ms = INT64_MAX;
    assert_true(schedule_may_run(&entry, INT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_moves),
        cmocka_unit_test(test_dropped_turn),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
