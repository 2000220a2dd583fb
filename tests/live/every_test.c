// A function of `every` that fails: undone, called again at its next time, suspended by its fifth
// error in a row, and back once its playbook is mended or a person says so.
#include "reload_world.h"

static const char *const CAMPAIGN =
    "campaign { name = \"t\", brand = \"Test\", from = \"2025-11-07\", timezone = \"UTC\",\n"
    "  currency = \"CNY\", language = \"en\", title = \"Test\" }\n"
    "group { \"g1\", segment = \"old\" }\n"
    "group { \"g2\", segment = \"old\" }\n"
    "day(1) { playbook = \"show\" }\n";

#define HEAD "playbook { name = \"show\", version = 1, goal = \"traffic\", about = \"A test\" }\n"

// What it does in each group is up to `body`; `options` say when, and where.
static void make_playbook(char *out, size_t size, const char *body, const char *options)
{
    snprintf(out, size,
             HEAD "every(hours(1), \"ticks\", function(group)\n"
                  "  group.memory.calls = (group.memory.calls or 0) + 1\n"
                  "  %s\n"
                  "end, { from = \"06:00\"%s })\n",
             body, options);
}

#define BROKEN "local none = nil group:say(none.x)"
#define WELL "group:say(\"tick\")"
#define ONCE ", per = \"campaign\""

static bool on_text(void *ctx, const struct store_row *row, struct err *e)
{
    char *out = ctx;
    (void)e;
    for (size_t i = 0; i < row->count; i++) {
        const struct value *value = &row->values[i];
        const size_t used = strlen(out);
        if (value->type == VALUE_INT) {
            snprintf(out + used, 500 - used, "%s%lld", used == 0 ? "" : " ",
                     (long long)value->integer);
        } else if (value->type == VALUE_TEXT) {
            snprintf(out + used, 500 - used, "%s%.*s", used == 0 ? "" : " ", (int)value->size,
                     value->data);
        }
    }
    return true;
}

// Values of all rows, separated by blanks.
static void check_rows(struct world *world, const char *sql, const char *wanted)
{
    struct err e = {0};
    char out[500] = "";
    assert_true(engine_flush(&world->engine, &e));
    if (!store_query(world->engine.store, sql, NULL, 0, on_text, out, &e)) {
        fail_msg("%s", e.text);
    }
    assert_string_equal(out, wanted);
}

#define HANDLER "SELECT name, status, fails, errors, kept FROM handlers"
#define PLANNED                                                                                    \
    "SELECT strftime('%H:%M', due_at / 1000, 'unixepoch') FROM schedule WHERE status = 0 AND"      \
    " name = 'every ticks'"
#define SAID "SELECT count(*) FROM outbox"

static void start(struct world *world, const char *body, const char *options)
{
    char text[1000];
    make_playbook(text, sizeof(text), body, options);
    world_start(world, CAMPAIGN, text);
}

static void reload(struct world *world, const char *body, const char *options)
{
    char text[1000];
    struct reload_plan *plan;
    struct err e = {0};
    make_playbook(text, sizeof(text), body, options);
    world_playbook(world, text);
    if (!world_plan(world, &plan, &e)) {
        fail_msg("%s: %.*s", e.text, (int)world->problems.size, world->problems.data);
    }
    world_apply(world, plan);
}

static void finish(struct world *world)
{
    struct err e = {0};
    assert_true(engine_flush(&world->engine, &e));
    world_verify(world);
    world_end(world);
}

static void test_suspended(void **ctx)
{
    (void)ctx;
    struct world world;
    start(&world, BROKEN, ONCE);
    world_run(&world, START_MS + 6 * HOUR_MS + MINUTE_MS);
    assert_string_equal(world.last_error,
                        "every ticks: playbooks/show/playbook.lua:4: attempt to index a nil value "
                        "(local 'none')");
    check_rows(&world, PLANNED, "07:00");
    check_rows(&world, "SELECT count(*) FROM memory WHERE name GLOB '*calls'", "0");
    world_run(&world, START_MS + 9 * HOUR_MS + MINUTE_MS);
    assert_string_equal(world.last_error, "every ticks: again, 4 of 5 before it is suspended");
    world_reopen(&world);
    world_run(&world, START_MS + 10 * HOUR_MS + MINUTE_MS);
    assert_non_null(strstr(world.last_error,
                           "failed 5 times in a row and is suspended; its times pass without it"));
    check_rows(&world, HANDLER, "show every ticks 1 5 5 0");
    check_rows(&world, "SELECT kind, name, kept FROM v_halted", "every show every ticks 0");
    assert_int_equal(script_halted(world.engine.script), 1);
    world_reopen(&world);
    world_run(&world, START_MS + 12 * HOUR_MS + MINUTE_MS);
    assert_int_equal(world.errors, 5);
    check_rows(&world, PLANNED, "13:00");
    reload(&world, WELL, ONCE);
    check_rows(&world, HANDLER, "show every ticks 0 0 5 0");
    world_run(&world, START_MS + 14 * HOUR_MS + MINUTE_MS);
    check_rows(&world, SAID, "4");
    assert_int_equal(world.errors, 5);
    finish(&world);
}

// Without an edit: a person says so. Failing again it is suspended again.
static void test_resumed(void **ctx)
{
    (void)ctx;
    struct world world;
    start(&world, "if group.memory.ready then " WELL " else " BROKEN " end", ONCE);
    world_run(&world, START_MS + 11 * HOUR_MS + MINUTE_MS);
    check_rows(&world, HANDLER, "show every ticks 1 5 5 0");
    const struct event event = {.kind = EVENT_OPERATOR,
                                .at = world.now_ms,
                                .text = slice_of("resume"),
                                .by = slice_of("bo"),
                                .code = slice_of("show")};
    assert_int_equal(turn_run(&world.engine, &event), TURN_DONE);
    check_rows(&world, HANDLER, "show every ticks 0 0 5 0");
    world_run(&world, START_MS + 13 * HOUR_MS + MINUTE_MS);
    check_rows(&world, HANDLER, "show every ticks 0 2 7 0");
    world_run(&world, START_MS + 20 * HOUR_MS);
    check_rows(&world, HANDLER, "show every ticks 1 5 10 0");
    finish(&world);
}

// In one group of two: it is called in the other in between, so it is never five in a row.
static void test_one_group(void **ctx)
{
    (void)ctx;
    struct world world;
    start(&world, "if group.name == \"g2\" then " BROKEN " end " WELL, "");
    world_run(&world, START_MS + 20 * HOUR_MS);
    check_rows(&world, HANDLER, "show every ticks 0 1 15 0");
    check_rows(&world, SAID, "15");
    finish(&world);
}

// Those of a playbook are known by their names.
static void test_two(void **ctx)
{
    (void)ctx;
    struct world world;
    char text[2000];
    make_playbook(text, sizeof(text), BROKEN, ONCE);
    const size_t used = strlen(text);
    snprintf(
        text + used, sizeof(text) - used,
        "every(hours(1), \"more\", function(group) group.memory.more = (group.memory.more or 0) "
        "+ 1; if group.memory.more > 2 then error(\"more\") end end, { per = \"campaign\" })\n");
    world_start(&world, CAMPAIGN, text);
    world_run(&world, START_MS + 20 * HOUR_MS);
    check_rows(&world, HANDLER " ORDER BY id", "show every more 1 5 5 0 show every ticks 1 5 5 0");
    check_rows(&world, "SELECT value FROM memory WHERE name GLOB '*more'", "2");
    finish(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suspended),
        cmocka_unit_test(test_resumed),
        cmocka_unit_test(test_one_group),
        cmocka_unit_test(test_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
