// What an engine that was down has missed: late and skipped entries by their policies, a note for
// each running campaign, none when nobody could have noticed.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/core.h"

#define MINUTE_MS INT64_C(60000)
#define DOWN_AT INT64_C(1762518840000)

static text_id text(struct core *core, const char *words)
{
    return state_text(core->state, words, strlen(words));
}

static void plan(struct core *core, const char *name, int64_t due_at, enum schedule_late late,
                 enum schedule_kind kind)
{
    const struct schedule_entry entry = {.due_at = due_at,
                                         .late_ms = MINUTE_MS,
                                         .name = text(core, name),
                                         .day = 1,
                                         .kind = (uint8_t)kind,
                                         .late = (uint8_t)late};
    schedule_add(core->schedule, &entry);
}

static void make(struct core *core)
{
    core_init(core);
    state_begin(core->state, DOWN_AT);
    const struct campaign running = {.name = text(core, "now"), .status = 1};
    const struct campaign over = {.name = text(core, "before"), .status = 3};
    const struct day day = {.campaign = 1, .name = text(core, "1")};
    table_insert(core->state, T_CAMPAIGNS, &running);
    table_insert(core->state, T_CAMPAIGNS, &over);
    table_insert(core->state, T_DAYS, &day);
    plan(core, "doors", DOWN_AT + MINUTE_MS, LATE_RUN, SCHEDULE_ENTRY);
    plan(core, "teaser", DOWN_AT + 2 * MINUTE_MS, LATE_SKIP, SCHEDULE_ENTRY);
    plan(core, "look", DOWN_AT + 3 * MINUTE_MS, LATE_RUN_WITHIN, SCHEDULE_LIBRARY);
    plan(core, "end", DOWN_AT + 8 * MINUTE_MS, LATE_RUN, SCHEDULE_ENTRY);
    plan(core, "wait", DOWN_AT + MINUTE_MS, LATE_RUN, SCHEDULE_WAIT);
    state_keep(core->state, NULL);
}

static struct opening open_at(struct core *core, int64_t now_ms, uint32_t *milestones)
{
    struct opening opening;
    state_begin(core->state, now_ms);
    opening_note(core, DOWN_AT, &opening);
    *milestones = table_last(core->state, T_MILESTONES);
    state_drop(core->state);
    return opening;
}

static void test_what_was_missed(void **unused)
{
    (void)unused;
    struct core core;
    uint32_t milestones;
    make(&core);
    struct opening opening = open_at(&core, DOWN_AT + 5 * MINUTE_MS, &milestones);
    assert_true(opening.since_ms == DOWN_AT);
    assert_true(opening.until_ms == DOWN_AT + 5 * MINUTE_MS);
    assert_int_equal(opening.late, 1);  // The doors; a scene's wait is nobody's entry.
    assert_int_equal(opening.skipped, 2);
    assert_string_equal(opening.names, "teaser, look");
    assert_int_equal(milestones, 1);  // The campaign that is over hears nothing.

    opening = open_at(&core, DOWN_AT + 30000, &milestones);
    assert_int_equal(opening.late + opening.skipped, 0);
    assert_int_equal(milestones, 1);

    opening = open_at(&core, DOWN_AT + 999, &milestones);
    assert_int_equal(milestones, 0);
    // The clock was set back: engine time wasn't.
    opening = open_at(&core, DOWN_AT - MINUTE_MS, &milestones);
    assert_true(opening.since_ms == opening.until_ms);
    assert_int_equal(milestones, 0);
    core_deinit(&core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
