// Edited playbooks taken over while they run: what the plan says, what follows, what stays.
#include "reload_world.h"

static const char *const CAMPAIGN =
    "campaign { name = \"t\", brand = \"Test\", from = \"2025-11-07\", timezone = \"UTC\",\n"
    "  currency = \"CNY\", language = \"en\", title = \"Test\" }\n"
    "group { \"g1\", segment = \"old\" }\n"
    "group { \"g2\", segment = \"old\" }\n"
    "budget { \"gifts\", yuan(1000) }\n"
    "goods { { \"SK-1\", \"Coat\", list = yuan(300), deal = yuan(200), stock = 20 } }\n"
    "day(1) { playbook = \"show\" }\n"
    "day(2) { playbook = \"show\", start = \"10:00\" }\n";

#define HEAD "playbook { name = \"show\", version = 1, goal = \"traffic\", about = \"A test\" }\n"

static const char *const PLAYBOOK = HEAD
    "local input = inputs { start = clock { \"09:00\", help = \"When\" } }\n"
    "local t = texts { en = { hello = \"Hello\", bye = \"Bye\" }, zh = { hello = \"a\", bye = "
    "\"b\" } }\n"
    "local gift = coupon { name = \"gift\", off = yuan(10), budget = \"gifts\", per_group = 50 }\n"
    "at(input.start, \"open\", function(group)\n"
    "  group:say(t.hello)\n"
    "  group:wait(hours(2))\n"
    "  group:say(t.bye)\n"
    "end)\n"
    "at(\"15:00\", \"late\", function(group) group:say(\"late\") end)\n"
    "on(\"message\", function(event) event.member.memory.heard = true end)\n";

static bool on_text(void *ctx, const struct store_row *row, struct err *e)
{
    char *out = ctx;
    (void)e;
    snprintf(out, 2000, "%.*s", (int)row->values[0].size,
             row->values[0].type == VALUE_TEXT ? row->values[0].data : "");
    return true;
}

// One text of the file.
static void ask(const struct world *world, const char *sql, char out[2000])
{
    struct err e = {0};
    out[0] = '\0';
    if (!store_query(world->engine.store, sql, NULL, 0, on_text, out, &e)) {
        fail_msg("%s", e.text);
    }
}

// Texts that went to the first group, in order, with blanks between.
static void check_said(const struct world *world, const char *expected)
{
    char said[2000];
    ask(world,
        "SELECT group_concat(text, ' ') FROM (SELECT json_extract(CAST(body AS TEXT), '$.text') AS"
        " text FROM outbox WHERE \"group\" = 1 AND op = 0 ORDER BY id)",
        said);
    assert_string_equal(said, expected);
}

static void edit(const struct world *world, const char *from, const char *to)
{
    char text[4096];
    const char *at = strstr(PLAYBOOK, from);
    assert_non_null(at);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - PLAYBOOK), PLAYBOOK, to, at + strlen(from));
    world_playbook(world, text);
}

static void reload(struct world *world, const char *const *expected)
{
    struct reload_plan *plan;
    struct err e = {0};
    if (!world_plan(world, &plan, &e)) {
        fail_msg("%s: %.*s", e.text, (int)world->problems.size, world->problems.data);
    }
    char *words = world_words(plan);
    for (; *expected != NULL; expected++) {
        if (strstr(words, *expected) == NULL) {
            fail_msg("the plan doesn't say '%s':\n%s", *expected, words);
        }
    }
    free(words);
    world_apply(world, plan);
}

#define RELOAD(world, ...) reload(world, (const char *const[]){__VA_ARGS__, NULL})

static void test_adopts(void **ctx)
{
    (void)ctx;
    struct world world;
    world_start(&world, CAMPAIGN, PLAYBOOK);
    world_run(&world, START_MS + 10 * HOUR_MS);
    edit(&world, "group:say(t.bye)", "group:say(\"so long\")");
    RELOAD(&world, "version 1 becomes 2", "2 adopt", "open");
    world_run(&world, START_MS + 16 * HOUR_MS);
    check_said(&world, "Hello so long late");
    world_close(&world);
    world_verify(&world);
    world_open(&world);
    world_end(&world);
}

// The sources can't be taken over: told with file:line, and nothing has changed.
static void refused(struct world *world, const char *expected)
{
    struct reload_plan *plan;
    struct err e = {0};
    char before[65];
    char after[65];
    state_hash(world->engine.state, before);
    if (world_plan(world, &plan, &e)) {
        fail_msg("not refused with '%s':\n%s", expected, world_words(plan));
    }
    state_hash(world->engine.state, after);
    assert_string_equal(before, after);
    if (world->problems.size == 0 || strstr(world->problems.data, expected) == NULL) {
        fail_msg("not told: '%s', but: %s\n%.*s", expected, e.text, (int)world->problems.size,
                 world->problems.size == 0 ? "" : world->problems.data);
    }
}

static void finish(struct world *world)
{
    world_run(world, START_MS + 48 * HOUR_MS);
    world_close(world);
    world_verify(world);
    world_open(world);
    world_end(world);
}

// A step before the wait that it stands at: it stays on what it began with, also over a restart;
// what begins later is of the new version, and so are handlers.
static void test_stays(void **ctx)
{
    (void)ctx;
    struct world world;
    world_start(&world, CAMPAIGN, PLAYBOOK);
    world_run(&world, START_MS + 10 * HOUR_MS);
    edit(&world, "  group:wait(hours(2))\n  group:say(t.bye)",
         "  group:say(\"more\")\n  group:wait(hours(2))\n  group:say(\"new\")");
    RELOAD(&world, "0 adopt the new version, 2 stay",
           "playbooks/show/playbook.lua:7: recorded a wait as step 3, the code asks 'say say'");
    world_reopen(&world);
    world_run(&world, START_MS + 16 * HOUR_MS);
    check_said(&world, "Hello Bye late");
    world_run(&world, START_MS + 38 * HOUR_MS);
    check_said(&world, "Hello Bye late Hello more new");
    assert_int_equal(world.errors, 0);
    finish(&world);
}

static void test_entries(void **ctx)
{
    (void)ctx;
    struct world world;
    world_start(&world, CAMPAIGN, PLAYBOOK);
    world_run(&world, START_MS + 10 * HOUR_MS);
    edit(&world, "at(\"15:00\", \"late\"", "at(\"16:00\", \"late\"");
    RELOAD(&world, "~ entry    late", "15:00 → 16:00", "2 adopt");
    edit(&world, "at(\"15:00\", \"late\", function(group) group:say(\"late\") end)\n",
         "at(\"14:00\", \"tea\", function(group) group:say(\"tea\") end)\n"
         "at(\"08:30\", \"past\", function(group) group:say(\"past\") end)\n");
    RELOAD(&world, "- entry    late", "+ entry    tea", "+ entry    past",
           "its time is past: it doesn't run");
    world_reopen(&world);
    edit(&world, "at(\"15:00\", \"late\"", "at(\"09:30\", \"tea\"");
    refused(&world, "playbook.lua:10: 'tea' is moved to 09:30, which is past");
    world_run(&world, START_MS + 20 * HOUR_MS);
    check_said(&world, "Hello Bye tea");
    edit(&world, "at(\"15:00\", \"late\"", "at(\"14:00\", \"tea\"");
    RELOAD(&world, "~ entry    tea", "what it does", "it has run already");
    finish(&world);
}

static void test_faults(void **ctx)
{
    (void)ctx;
    struct world world;
    world_start(&world, CAMPAIGN, PLAYBOOK);
    world_run(&world, START_MS + 10 * HOUR_MS);
    edit(&world, "end)\nat(\"15:00\"", "at(\"15:00\"");
    refused(&world, "playbooks/show/playbook.lua:");
    edit(&world, "local gift", "while true do end\nlocal gift");
    refused(&world, "playbooks/show/playbook.lua:4: ");
    edit(&world, "local gift", "local s = {} for i = 1, 10000000 do s[i] = {} end\nlocal gift");
    refused(&world, "playbooks/show/playbook.lua:4: ");
    edit(&world, "group:say(t.hello)", "groop:say(t.hello)");
    refused(&world, "playbooks/show/playbook.lua:6: ");
    edit(&world, "per_group = 50", "per_group = 60");
    refused(&world, "campaign.lua:5: budget 'gifts' holds ¥1,000, its playbooks may give "
                    "¥1,200");
    edit(&world, "start = clock", "begin = clock");
    refused(&world, "campaign.lua:8: ");
    world_playbook(&world, PLAYBOOK);
    finish(&world);
}

static void change_campaign(const struct world *world, const char *from, const char *to)
{
    char text[4096];
    const char *at = strstr(CAMPAIGN, from);
    assert_non_null(at);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - CAMPAIGN), CAMPAIGN, to, at + strlen(from));
    world_write(world, "campaign.lua", text);
}

static void test_campaign_refused(void **ctx)
{
    (void)ctx;
    struct world world;
    world_start(&world, CAMPAIGN, PLAYBOOK);
    world_run(&world, START_MS + 10 * HOUR_MS);
    change_campaign(&world, "\"CNY\"", "\"EUR\"");
    refused(&world, "currency was 'CNY', now it is 'EUR'");
    change_campaign(&world, "timezone = \"UTC\"", "timezone = \"Asia/Shanghai\"");
    refused(&world, "timezone was 'UTC'");
    change_campaign(&world, "name = \"t\"", "name = \"u\"");
    refused(&world, "another name is another campaign");
    change_campaign(&world, "group { \"g2\", segment = \"old\" }\n", "");
    refused(&world, "group 'g2' is gone from campaign.lua");
    change_campaign(&world, "day(1) { playbook = \"show\" }\n", "");
    refused(&world, "day(1) is gone from campaign.lua, but it has begun");
    change_campaign(&world, "\"SK-1\"", "\"SK-2\"");
    refused(&world, "goods 'SK-1' are gone");
    change_campaign(&world, "yuan(1000)", "yuan(900)");
    refused(&world, "budget 'gifts' holds ¥900");
    world_write(&world, "campaign.lua", CAMPAIGN);
    finish(&world);
}

static void test_campaign(void **ctx)
{
    (void)ctx;
    char text[2000];
    struct world world;
    world_start(&world, CAMPAIGN, PLAYBOOK);
    world_run(&world, START_MS + 10 * HOUR_MS);
    change_campaign(&world, "yuan(1000)", "yuan(1500)");
    RELOAD(&world, "~ budget   gifts", "¥1,000 → ¥1,500",
           "¥1,000 of ¥1,500, before "
           "¥1,000 of ¥1,000; left now ¥1,500");
    ask(&world, "SELECT opening || ' ' || balance FROM accounts WHERE name = 'budget:gifts'", text);
    assert_string_equal(text, "150000 150000");
    change_campaign(&world, "deal = yuan(200), stock = 20",
                    "deal = yuan(180), stock = 25 }, { \"SK-2\", \"Hat\", list = yuan(50)");
    RELOAD(&world, "~ goods    SK-1", "deal", "+ goods    SK-2", "¥1,500 → ¥1,000");
    ask(&world, "SELECT group_concat(sku || deal || ' ' || stock) FROM goods", text);
    assert_string_equal(text, "SK-118000 25,SK-25000 -1");
    change_campaign(&world, "start = \"10:00\" }\n",
                    "start = \"11:00\" }\nday(3) { playbook = \"show\" }\n"
                    "group { \"g3\", segment = \"new\" }\n");
    world.problems.size = 0;
    refused(&world, "goods 'SK-2' are gone");
    change_campaign(&world, "stock = 20 } }\n",
                    "stock = 20 }, { \"SK-2\", \"Hat\", list = yuan(50) }"
                    " }\nday(3) { playbook = \"show\" }\ngroup { \"g3\", segment = \"new\" }\n");
    refused(&world, "budget 'gifts' holds ¥1,000, its playbooks may give ¥1,500");
    finish(&world);
}

static void test_days(void **ctx)
{
    (void)ctx;
    struct world world;
    world_start(&world, CAMPAIGN, PLAYBOOK);
    world_run(&world, START_MS + 10 * HOUR_MS);
    change_campaign(&world, "day(2) { playbook = \"show\", start = \"10:00\" }\n", "");
    RELOAD(&world, "- day      2");
    world_reopen(&world);
    change_campaign(&world, "day(2) { playbook = \"show\", start = \"10:00\" }\n",
                    "day(3) { playbook = \"show\", start = \"11:00\" }\n");
    RELOAD(&world, "+ day      3");
    world_reopen(&world);
    change_campaign(&world, "day(2) { playbook = \"show\", start = \"10:00\" }\n",
                    "day(3) { playbook = \"show\", start = \"12:00\" }\n");
    RELOAD(&world, "~ input    start", "11:00 → 12:00", "~ entry    open");
    world_run(&world, START_MS + (48 + 12) * HOUR_MS - 1);
    check_said(&world, "Hello Bye late");
    world_run(&world, START_MS + (48 + 24) * HOUR_MS);
    check_said(&world, "Hello Bye late Hello Bye late");
    world_close(&world);
    world_verify(&world);
    world_open(&world);
    world_end(&world);
}

static void test_back(void **ctx)
{
    (void)ctx;
    struct reload_plan *plan;
    struct err e = {0};
    struct world world;
    world_start(&world, CAMPAIGN, PLAYBOOK);
    world_run(&world, START_MS + 10 * HOUR_MS);
    edit(&world, "  group:wait(hours(2))\n  group:say(t.bye)",
         "  group:wait(hours(3))\n  group:say(\"new\")");
    RELOAD(&world, "2 adopt");
    world_reopen(&world);
    world_run(&world, START_MS + 11 * HOUR_MS + 30 * MINUTE_MS);
    check_said(&world, "Hello");  // The wait was asked again: until 12:00.
    buf_clear(&world.problems);
    assert_false(
        reload_plan_of_version(&world.engine, 1, 3, world.now_ms, &plan, &world.problems, &e));
    assert_true(
        reload_plan_of_version(&world.engine, 1, 1, world.now_ms, &plan, &world.problems, &e));
    char *words = world_words(plan);
    assert_non_null(strstr(words, "the sources of version 1 again"));
    free(words);
    world_apply(&world, plan);
    world_run(&world, START_MS + 16 * HOUR_MS);
    check_said(&world, "Hello Bye late");
    buf_clear(&world.problems);
    assert_true(
        reload_plan_of_version(&world.engine, 1, 1, world.now_ms, &plan, &world.problems, &e));
    assert_true(reload_plan_is_empty(plan));
    reload_plan_free(plan);
    finish(&world);
}

static void test_handlers(void **ctx)
{
    (void)ctx;
    char text[2000];
    struct world world;
    world_start(&world, CAMPAIGN, PLAYBOOK);
    world_run(&world, START_MS + 10 * HOUR_MS);
    edit(&world, "event.member.memory.heard = true", "event.member.memory.again = true");
    RELOAD(&world, "~ handler  message", "what it does");
    world_run(&world, START_MS + 11 * HOUR_MS);
    ask(&world, "SELECT group_concat(DISTINCT name) FROM memory WHERE name GLOB 'member/1/*'",
        text);
    assert_string_equal(text, "member/1/heard,member/1/again");
    finish(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adopts),
        cmocka_unit_test(test_stays),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_campaign_refused),
        cmocka_unit_test(test_campaign),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_back),
        cmocka_unit_test(test_handlers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
