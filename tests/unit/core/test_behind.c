// What waits behind a parked event, and in which order it is let go.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/core.h"

#define T0 INT64_C(1000000)

static struct core core;

static int start(void **test)
{
    (void)test;
    core_init(&core);
    state_begin(core.state, T0);
    const struct group group = {.ext = state_text(core.state, "g1", 2)};
    table_insert(core.state, T_GROUPS, &group);
    return 0;
}

static int end(void **test)
{
    (void)test;
    state_drop(core.state);
    core_deinit(&core);
    return 0;
}

static struct event event(enum event_kind kind, const char *member, const char *order)
{
    return (struct event){.kind = kind,
                          .at = T0,
                          .connector = slice_of("shop"),
                          .member = slice_of(member),
                          .order = slice_of(order)};
}

// As the turn does: what may not be handled is parked. 0: it may.
static uint32_t come(struct event given, bool refused, size_t size)
{
    const bool waits = behind_of(core.state, &given) != 0;
    if (!waits && !refused) {
        return 0;
    }
    struct parked *row = table_insert(core.state, T_PARKED, &(struct parked){.kind = 1});
    if (waits || behind_holds(core.state, &given)) {
        (void)behind_put(core.state, row, &given, size, waits);
    }
    return row->id;
}

static uint8_t status_of(uint32_t id)
{
    return ((const struct parked *)table_get(core.state, T_PARKED, id))->status;
}

static void test_member_and_order(void **test)
{
    (void)test;
    const uint32_t order = come(event(EVENT_ORDER, "u1", "o5"), true, 10);
    const uint32_t message = come(event(EVENT_MESSAGE, "u1", ""), false, 10);
    const uint32_t refund = come(event(EVENT_REFUND, "", "o5"), false, 10);
    assert_int_equal(come(event(EVENT_MESSAGE, "u2", ""), false, 10), 0);
    assert_int_equal(come(event(EVENT_REFUND, "", "o6"), false, 10), 0);
    assert_int_equal(status_of(order), PARKED_HOLDS);
    assert_int_equal(behind_before(core.state, message), order);
    assert_int_equal(behind_before(core.state, refund), order);
    assert_int_equal(behind_next(core.state, 0), 0);
    behind_settle(core.state, order);
    assert_int_equal(behind_next(core.state, 0), message);
    assert_int_equal(behind_next(core.state, message), refund);
    behind_settle(core.state, message);
    behind_settle(core.state, refund);
    assert_int_equal(table_count(core.state, T_BLOCKS), 0);
    assert_int_equal(come(event(EVENT_MESSAGE, "u1", ""), false, 10), 0);
}

// u2's payment of the same order waits for u1's, and keeps u2 back.
static void test_chain(void **test)
{
    (void)test;
    const uint32_t first = come(event(EVENT_ORDER, "u1", "o5"), true, 10);
    const uint32_t second = come(event(EVENT_ORDER, "u2", "o5"), false, 10);
    const uint32_t third = come(event(EVENT_MESSAGE, "u2", ""), false, 10);
    assert_int_equal(behind_before(core.state, second), first);
    assert_int_equal(behind_before(core.state, third), second);
    behind_settle(core.state, first);
    assert_int_equal(behind_next(core.state, 0), second);
    behind_refused(core.state, second, "no");
    assert_int_equal(status_of(second), PARKED_HOLDS);
    assert_int_equal(behind_next(core.state, 0), 0);
    behind_settle(core.state, second);
    assert_int_equal(behind_next(core.state, 0), third);
}

static void test_what_holds(void **test)
{
    (void)test;
    for (int kind = EVENT_JOIN; kind <= EVENT_BOT; kind++) {
        const struct event given = event((enum event_kind)kind, "u1", "");
        const bool wanted = kind == EVENT_JOIN || kind == EVENT_LEAVE || kind == EVENT_ORDER ||
                            kind == EVENT_REFUND;
        assert_int_equal(behind_holds(core.state, &given), wanted);
    }
    struct event join = event(EVENT_JOIN, "u1", "");
    join.group = slice_of("g1");
    assert_true(behind_holds(core.state, &join));
    join.group = slice_of("elsewhere");
    assert_false(behind_holds(core.state, &join));
}

// Our own events, and results of commands, never wait.
static void test_own(void **test)
{
    (void)test;
    assert_int_not_equal(come(event(EVENT_ORDER, "u1", "o5"), true, 10), 0);
    assert_int_equal(come(event(EVENT_RESULT, "u1", "o5"), false, 10), 0);
    assert_int_equal(come(event(EVENT_OPERATOR, "u1", "o5"), false, 10), 0);
    struct event link = event(EVENT_REFUND, "", "o5");
    link.ref = 3;
    assert_int_equal(come(link, false, 10), 0);
}

static void test_bounds(void **test)
{
    (void)test;
    const uint32_t first = come(event(EVENT_ORDER, "u1", "o5"), true, 10);
    assert_int_equal(status_of(come(event(EVENT_MESSAGE, "u1", ""), false, BEHIND_BYTES_MAX + 1)),
                     PARKED_FREE);
    uint32_t last = 0;
    for (int i = 0; i < BEHIND_EVENTS_MAX; i++) {
        last = come(event(EVENT_MESSAGE, "u1", ""), false, 10);
    }
    assert_int_equal(status_of(last), PARKED_FREE);
    behind_settle(core.state, first);
    uint32_t count = 0;
    for (uint32_t id = 0; (id = behind_next(core.state, id)) != 0; count++) {
        behind_settle(core.state, id);
    }
    assert_in_range(count, BEHIND_EVENTS_MAX - 3, BEHIND_EVENTS_MAX);
    assert_int_equal(table_count(core.state, T_BLOCKS), 0);
}

// Undone with the turn's savepoint.
static void test_undone(void **test)
{
    (void)test;
    const size_t before = state_savepoint(core.state);
    assert_int_not_equal(come(event(EVENT_ORDER, "u1", "o5"), true, 10), 0);
    state_rollback(core.state, before);
    assert_int_equal(come(event(EVENT_MESSAGE, "u1", ""), false, 10), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_member_and_order, start, end),
        cmocka_unit_test_setup_teardown(test_chain, start, end),
        cmocka_unit_test_setup_teardown(test_what_holds, start, end),
        cmocka_unit_test_setup_teardown(test_own, start, end),
        cmocka_unit_test_setup_teardown(test_bounds, start, end),
        cmocka_unit_test_setup_teardown(test_undone, start, end),
    };
    (void)argc;
    (void)argv;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
