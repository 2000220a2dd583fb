// Scenes that wait: for each count, for a time, over dropped turns, rollbacks and restarts.

#include "core_script.h"

#define BRAND                                                                                      \
    "+ campaigns name=sale currency=CNY status=1\n"                                                \
    "+ groups ext=old-1 campaign=1\n"                                                              \
    "+ chains group=1 folded=win\n+ posts ext=p1 group=1\n+ games name=w plays=2\n"                \
    "+ scenes name=one status=1 steps=3\n+ scenes name=two status=1\n"

static void begin(struct script *s)
{
    script_settle(s);
    state_begin(s->core.state, s->at);
}

static struct script *brand_new(const char *name)
{
    struct script *s = script_new(name);
    script_run(s, BRAND);
    begin(s);
    return s;
}

static void test_each_count(void **unused)
{
    (void)unused;
    static const struct {
        enum wait_kind kind;
        const char *not_yet;
        const char *reached;
    } cases[] = {
        {WAIT_REPLIES, "message group=old-1 member=a text=win\n",
         "message group=old-1 member=b text=win\n"},
        {WAIT_LIKES, "reaction member=a to=p1 on=1\n", "reaction member=b to=p1 on=1\n"},
        {WAIT_ORDERS, "order order=o1 member=a total=5 group=old-1\n",
         "order order=o2 member=a total=5 group=old-1\n"},
        {WAIT_MESSAGES, "message group=old-1 member=a\n", "message group=old-1 member=a\n"},
        {WAIT_JOINS, "join group=old-1 member=a\n", "join group=old-1 member=b\n"},
        {WAIT_JOINS, "join group=old-1 member=a\n", "members group=old-1 list=a,b\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct script *s = brand_new(cases[i].reached);
        waits_set(&s->core, 1, cases[i].kind, 1, 2, INT64_MAX);
        waits_set(&s->core, 2, cases[i].kind, 1, 3, INT64_MAX);
        script_run(s, cases[i].not_yet);
        script_run(s, "w\n");
        script_run(s, cases[i].reached);
        script_run(s, "w 1\n");
        assert_int_equal(waits_count(&s->core, cases[i].kind, 1), 2);
        assert_int_equal(waits_count(&s->core, cases[i].kind, 99), 0);
        script_free(s);
    }
}

static void test_claims_and_at_once(void **unused)
{
    (void)unused;
    struct script *s = brand_new("claims");
    waits_set(&s->core, 1, WAIT_CLAIMS, 1, 3, INT64_MAX);
    script_run(s, "w\n");
    waits_set(&s->core, 2, WAIT_CLAIMS, 1, 2, INT64_MAX);
    script_run(s, "w 2\n");
    ((struct game *)table_edit(s->core.state, T_GAMES, 1))->plays = 3;
    waits_clear(&s->core, 2);
    waits_changed(&s->core, WAIT_CLAIMS, 1);
    script_run(s, "w 1\n");
    assert_int_equal(waits_count(&s->core, WAIT_TIME, 1), 0);
    script_free(s);
}

static void test_cleared_and_replaced(void **unused)
{
    (void)unused;
    struct script *s = brand_new("cleared");
    waits_set(&s->core, 1, WAIT_JOINS, 1, 1, INT64_MAX);
    waits_set(&s->core, 2, WAIT_JOINS, 1, 1, INT64_MAX);
    waits_clear(&s->core, 1);
    waits_clear(&s->core, 1);
    waits_set(&s->core, 2, WAIT_MESSAGES, 1, 1, INT64_MAX);
    script_run(s, "join group=old-1 member=a\nw\n"
                  "= scenes id=1 : wait_kind=0 wait_ref=0 target=0 deadline=0 timer=0\n"
                  "= scenes id=2 : wait_kind=6 wait_ref=1 target=1\n"
                  "message group=old-1 member=a\nw 2\n");
    // A scene that has ended doesn't wake, even if nobody cleared its wait.
    ((struct scene *)table_edit(s->core.state, T_SCENES, 2))->status = 2;
    script_run(s, "message group=old-1 member=a\nw\n");
    script_free(s);
}

static void test_dropped_turns(void **unused)
{
    (void)unused;
    struct script *s = brand_new("dropped");
    waits_set(&s->core, 1, WAIT_JOINS, 1, 3, INT64_MAX);
    script_settle(s);
    // Cleared and set in turns that are dropped: nothing has happened.
    begin(s);
    waits_clear(&s->core, 1);
    waits_set(&s->core, 2, WAIT_JOINS, 1, 1, INT64_MAX);
    waits_changed(&s->core, WAIT_JOINS, 1);
    state_drop(s->core.state);
    script_run(s, "join group=old-1 member=a\nw\n");
    // Cleared after a savepoint and rolled back, then kept.
    begin(s);
    size_t mark = state_savepoint(s->core.state);
    waits_clear(&s->core, 1);
    waits_changed(&s->core, WAIT_JOINS, 1);
    state_rollback(s->core.state, mark);
    script_settle(s);
    script_run(s, "join group=old-1 member=b\nw\n");
    // The same, and the next turn clears again and is dropped.
    begin(s);
    mark = state_savepoint(s->core.state);
    waits_clear(&s->core, 1);
    state_rollback(s->core.state, mark);
    script_settle(s);
    begin(s);
    waits_clear(&s->core, 1);
    state_drop(s->core.state);
    script_run(s, "join group=old-1 member=c\nw 1\n");
    // Set anew for something else, in a turn that is dropped.
    begin(s);
    waits_set(&s->core, 1, WAIT_MESSAGES, 1, 1, INT64_MAX);
    state_drop(s->core.state);
    script_run(s, "join group=old-1 member=c\nw 1\n");
    // Cleared and kept: forgotten.
    begin(s);
    waits_clear(&s->core, 1);
    script_run(s, "join group=old-1 member=d\nw\n");
    script_free(s);
}

static void test_deadlines(void **unused)
{
    (void)unused;
    struct script *s = brand_new("deadlines");
    struct core *core = &s->core;
    waits_set(core, 1, WAIT_TIME, 0, 0, s->at + 500);
    waits_set(core, 2, WAIT_JOINS, 1, 9, s->at + 400);
    script_run(s, "w\n= schedule ref=1 : kind=1 status=0 name=wait~1~3 late=1\n"
                  "= schedule ref=2 : kind=1 name=wait~2~0\n");
    // Asked again, the wait moves its timer.
    waits_set(core, 2, WAIT_JOINS, 1, 9, s->at + 600);
    script_settle(s);
    assert_int_equal(schedule_next(core->schedule), s->at + 500);
    const uint32_t timer = schedule_take(core->schedule, s->at + 500);
    begin(s);
    assert_int_equal(((const struct scene *)table_get(core->state, T_SCENES, 1))->timer, timer);
    schedule_done(core->schedule, timer, SCHEDULE_DONE);
    waits_clear(core, 1);
    // A wait in the same step again has a name of its own.
    waits_set(core, 1, WAIT_TIME, 0, 0, s->at + 700);
    waits_clear(core, 2);
    script_settle(s);
    assert_int_equal(schedule_next(core->schedule), s->at + 700);
    begin(s);
    waits_set(core, 1, WAIT_JOINS, 1, 9, INT64_MAX);
    script_run(s, "= scenes id=1 : deadline=0 timer=0\n");
    script_settle(s);
    assert_int_equal(schedule_next(core->schedule), INT64_MAX);
    script_free(s);
}

static void test_restart(void **unused)
{
    (void)unused;
    struct script *s = brand_new("restart");
    waits_set(&s->core, 1, WAIT_JOINS, 1, 1, INT64_MAX);
    waits_set(&s->core, 2, WAIT_JOINS, 1, 2, INT64_MAX);
    script_run(s, "join group=old-1 member=a\nw 1\n");
    script_settle(s);
    // The engine stops before scene 1 has gone on.
    waits_free(s->core.waits);
    s->core.waits = waits_new();
    waits_rebuild(&s->core);
    script_run(s, "w 1\njoin group=old-1 member=b\nw 1 2\n");
    script_free(s);
}

// Waits set, cleared, kept, dropped at random, against scenes looked up one by one.
static void test_random(void **unused)
{
    (void)unused;
    struct script *s = brand_new("random");
    struct state *state = s->core.state;
    script_run(s, "+ scenes name=three status=1\n+ scenes name=four status=1\n"
                  "+ games name=w2\n+ games name=w3\n");
    uint32_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        begin(s);
        for (int step = 0; step < 4; step++) {
            seed = seed * 1664525U + 1013904223U;
            const uint32_t scene = (seed >> 8) % 4 + 1;
            const uint32_t game = (seed >> 12) % 3 + 1;
            const size_t mark = state_savepoint(state);
            if ((seed >> 16) % 3 == 0) {
                waits_set(&s->core, scene, WAIT_CLAIMS, game, 1000000, INT64_MAX);
            } else if ((seed >> 16) % 3 == 1) {
                waits_clear(&s->core, scene);
            } else {
                waits_changed(&s->core, WAIT_CLAIMS, game);
            }
            if ((seed >> 20) % 4 == 0) {
                state_rollback(state, mark);
            }
        }
        if ((seed >> 24) % 3 == 0) {
            state_drop(state);
        } else {
            state_keep(state, NULL);
        }
        // Reach every target in a turn that is dropped: exactly those who wait wake.
        state_begin(state, s->at);
        uint32_t expected = 0;
        for (uint32_t scene = 1; scene <= 4; scene++) {
            ((struct scene *)table_edit(state, T_SCENES, scene))->target = 0;
            const struct scene *row = table_get(state, T_SCENES, scene);
            expected |= row->wait_kind != WAIT_NONE ? 1U << scene : 0;
        }
        for (uint32_t game = 1; game <= 3; game++) {
            waits_changed(&s->core, WAIT_CLAIMS, game);
        }
        uint32_t woken = 0;
        for (uint32_t scene; state_next_wake(state, &scene);) {
            woken |= 1U << scene;
        }
        assert_int_equal(woken, expected);
        state_drop(state);
    }
    script_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_count),
        cmocka_unit_test(test_claims_and_at_once),
        cmocka_unit_test(test_cleared_and_replaced),
        cmocka_unit_test(test_dropped_turns),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
