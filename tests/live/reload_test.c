// Edited playbooks taken over while they run: what the plan says, what follows, what stays.
#include "reload_world.h"

#include "app/tweak.h"

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
    const struct value *value = &row->values[0];
    (void)e;
    if (value->type == VALUE_INT) {
        snprintf(out, 2000, "%lld", (long long)value->integer);
    } else if (value->type == VALUE_TEXT) {
        snprintf(out, 2000, "%.*s", (int)value->size, value->data);
    }
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
    RELOAD(&world, "~ entry    tea", "what it does", "it has begun already");
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

// What members hold can't change, what is announced neither.
static void test_things(void **ctx)
{
    (void)ctx;
    struct world world;
    char playbook[4096];
    char text[2000];
    snprintf(
        playbook, sizeof(playbook),
        "%slocal wheel = roulette { name = \"wheel\", prizes = { { \"Mug\", value = yuan(5), "
        "stock = 5, odds = percent(5) } },\n  otherwise = gift, budget = \"gifts\", spins = 1 }\n"
        "at(\"09:30\", \"give\", function(group)\n"
        "  group:everyone(function(member) member:give(gift, \"x\") end)\n"
        "  group:announce(\"rules\", \"Wheel {odds} {stock} {commitment}\", { about = wheel })\n"
        "  group:wait(hours(1))\n  wheel:open(group)\n  group:wait(hours(3))\n"
        "  wheel:close(group)\nend)\n",
        PLAYBOOK);
    char *count = strstr(playbook, "per_group = 50");
    assert_non_null(count);
    memcpy(count, "per_group = 20", 14);
    world_start(&world, CAMPAIGN, playbook);
    world_run(&world, START_MS + 9 * HOUR_MS + 40 * MINUTE_MS);
    char *off = strstr(playbook, "off = yuan(10)");
    memcpy(off, "off = yuan(12)", 14);
    world_playbook(&world, playbook);
    refused(&world, "coupon 'gift': 2 of it are in members' hands, so ");
    memcpy(off, "off = yuan(10)", 14);
    memcpy(count, "per_group = 30", 14);
    char *stock = strstr(playbook, "stock = 5");
    memcpy(stock, "stock = 6", 9);
    world_playbook(&world, playbook);
    RELOAD(&world, "~ thing    coupon 'gift'", "total", "~ thing    roulette 'wheel'",
           "a game that is announced keeps its rules", "4 adopt");
    ask(&world, "SELECT limit_total FROM coupons WHERE name = 'gift'", text);
    assert_string_equal(text, "60");
    ask(&world, "SELECT group_concat(stock) FROM prizes WHERE name = 'Mug'", text);
    assert_string_equal(text, "5,5");
    world_playbook(&world, PLAYBOOK);
    refused(&world, "roulette 'wheel' is announced or open in 2 groups and not in the playbook");
    world_playbook(&world, playbook);
    world_run(&world, START_MS + 16 * HOUR_MS);
    assert_int_equal(world.errors, 0);
    ask(&world, "SELECT count(*) FROM games WHERE status = 2", text);
    assert_string_equal(text, "2");
    finish(&world);
}

// A coupon, a budget, an every and a group more; the flip of prices moves.
static void test_more(void **ctx)
{
    (void)ctx;
    struct world world;
    char text[2000];
    world_start(&world, CAMPAIGN, PLAYBOOK);
    world_run(&world, START_MS + 10 * HOUR_MS);
    edit(&world, "per_group = 50 }\n",
         "per_group = 20 }\n"
         "local extra = coupon { name = \"extra\", off = yuan(2), budget = yuan(80), total = 40 }\n"
         "every(minutes(30), \"pulse\", function(group)\n"
         "  group.memory.pulse = (group.memory.pulse or 0) + 1\n"
         "end, { to = \"12:00\" })\n"
         "at(\"11:00\", \"extra\", function(group)\n"
         "  group:everyone(function(member) member:give(extra, \"x\") end)\nend)\n");
    change_campaign(&world, "group { \"g2\", segment = \"old\" }\n",
                    "group { \"g2\", segment = \"old\" }\ngroup { \"g3\", segment = \"old\" }\n"
                    "prices { opens = { day = 1, at = \"20:30\" } }\n");
    RELOAD(&world, "+ group    g3", "+ prices   prices 1", "+ budget   show/extra",
           "+ thing    coupon 'extra'", "+ every    pulse", "~ day      1", "groups", "2 adopt");
    world_reopen(&world);
    change_campaign(&world, "group { \"g2\", segment = \"old\" }\n",
                    "group { \"g2\", segment = \"old\" }\ngroup { \"g3\", segment = \"old\" }\n"
                    "prices { opens = { day = 1, at = \"19:30\" } }\n");
    RELOAD(&world, "~ prices   prices 1", "7 November 20:30 → 7 November 19:30");
    ask(&world, "SELECT due_at FROM schedule WHERE name = 'prices open'", text);
    assert_string_equal(text, "1762543800000");
    world_run(&world, START_MS + 21 * HOUR_MS);
    ask(&world, "SELECT count(*) FROM vouchers", text);
    assert_string_equal(text, "2");
    ask(&world,
        "SELECT group_concat(DISTINCT CAST(value AS TEXT)) FROM memory WHERE name GLOB '*pulse'",
        text);
    assert_string_equal(text, "3");
    ask(&world, "SELECT count(*) FROM outbox WHERE \"group\" = 3 AND op = 0", text);
    assert_string_equal(text, "1");  // late: what came before was before its time.
    assert_int_equal(world.errors, 0);
    finish(&world);
}

// A scene whose new code never ends stays, and takes nobody with it.
static void test_killed(void **ctx)
{
    (void)ctx;
    struct world world;
    world_start(&world, CAMPAIGN, PLAYBOOK);
    world_run(&world, START_MS + 10 * HOUR_MS);
    edit(&world, "  group:wait(hours(2))", "  while true do end\n  group:wait(hours(2))");
    RELOAD(&world, "0 adopt the new version, 2 stay",
           "playbook.lua:7: stopped: it worked too long");
    world_run(&world, START_MS + 16 * HOUR_MS);
    check_said(&world, "Hello Bye late");
    assert_int_equal(world.errors, 0);
    world_playbook(&world, PLAYBOOK);
    RELOAD(&world, "~ entry    open", "it has begun already");
    finish(&world);
}

// What was halted goes on with code that does the same so far, from where it was.
static void test_halted(void **ctx)
{
    (void)ctx;
    struct world world;
    char text[2000];
    world_start(&world, CAMPAIGN, PLAYBOOK);
    edit(&world, "  group:say(t.bye)",
         "  local none = nil\n  group:say(none.x)\n  group:wait(hours(1))\n  group:say(t.bye)");
    world_run(&world, START_MS + 8 * HOUR_MS);
    RELOAD(&world, "~ entry    open");
    world_run(&world, START_MS + 12 * HOUR_MS);
    assert_int_equal(world.errors, 2);
    edit(&world, "  group:say(t.hello)\n", "");
    RELOAD(
        &world, "2 stay halted",
        "playbooks/show/playbook.lua:6: recorded 'say say' as step 2, the code asks 'wait wait'");
    edit(&world, "  group:say(t.bye)", "  group:say(\"mended\")");
    RELOAD(&world, "2 that were halted go on");
    world_reopen(&world);
    world_run(&world, START_MS + 16 * HOUR_MS);
    check_said(&world, "Hello mended late");
    edit(&world, "event.member.memory.heard = true", "event.member.none.heard = true");
    RELOAD(&world, "~ handler  message");
    world_run(&world, START_MS + 17 * HOUR_MS);
    ask(&world, "SELECT count(*) FROM kept_events", text);
    assert_string_equal(text, "24");
    edit(&world, "event.member.memory.heard = true",
         "event.member.memory.caught = (event.member.memory.caught or 0) + 1");
    RELOAD(&world, "~ handler  message");
    world_reopen(&world);
    ask(&world, "SELECT group_concat(CAST(value AS TEXT)) FROM memory WHERE name GLOB '*caught'",
        text);
    assert_string_equal(text, "12,12");
    world_playbook(&world, PLAYBOOK);
    finish(&world);
}

static void tweak(struct world *world, const char *line)
{
    struct tweak_view view;
    struct err e = {0};
    const struct event event = {.kind = EVENT_OPERATOR,
                                .at = world->now_ms,
                                .text = slice_of("tweak"),
                                .how = slice_of("apply"),
                                .by = slice_of("bo"),
                                .code = slice_of(line),
                                .ref = 1};
    tweak_view_init(&view);
    if (!tweak_apply(&world->engine, &event, &view, &e)) {
        fail_msg("%s: %s", line, e.text);
    }
    tweak_view_deinit(&view);
}

// What operators changed stays, but where the edit says otherwise.
static void test_tweaks(void **ctx)
{
    (void)ctx;
    char text[2000];
    struct world world;
    world_start(&world, CAMPAIGN, PLAYBOOK);
    world_run(&world, START_MS + 10 * HOUR_MS);
    tweak(&world, "delay(\"late\", minutes(30))");
    change_campaign(&world, "yuan(1000)", "yuan(1200)");
    edit(&world, "group:say(t.bye)", "group:say(\"so long\")");
    RELOAD(&world, "~ budget   gifts", "~ entry    open");
    ask(&world,
        "SELECT group_concat((due_at / 60000) % 1440) FROM schedule WHERE name = 'late'"
        " AND day = 1",
        text);
    assert_string_equal(text, "930,930");
    tweak(&world, "budget_add(\"gifts\", yuan(50))");
    world_plans_nothing(&world);
    change_campaign(&world, "yuan(1000)", "yuan(1250)");  // Written back.
    world_plans_nothing(&world);
    change_campaign(&world, "yuan(1000)", "yuan(1300)");
    RELOAD(&world, "~ budget   gifts", "¥1,250 → ¥1,300");
    edit(&world, "at(\"15:00\", \"late\"", "at(\"16:00\", \"late\"");
    RELOAD(&world, "~ entry    late");
    ask(&world,
        "SELECT group_concat((due_at / 60000) % 1440) FROM schedule WHERE name = 'late'"
        " AND day = 1",
        text);
    assert_string_equal(text, "960,960");
    finish(&world);
}

// A plan whose files changed meanwhile isn't applied; nor is a look a turn.
static void test_token(void **ctx)
{
    (void)ctx;
    struct world world;
    struct buf out;
    char token[32];
    struct err e = {0};
    world_start(&world, CAMPAIGN, PLAYBOOK);
    world_run(&world, START_MS + 10 * HOUR_MS);
    edit(&world, "group:say(t.bye)", "group:say(\"so long\")");
    struct reload_ask asked = {
        .campaign = 1, .folder = slice_of(world.folder), .by = "mei", .at_ms = world.now_ms};
    buf_init(&out, PROBLEMS_MAX);
    const uint64_t turns = world.engine.turns;
    assert_true(reload_answer(&world.engine, &asked, &out, &e));
    assert_int_equal(world.engine.turns, turns);
    const char *at = strstr(out.data, ",\"token\":\"");
    assert_non_null(at);
    snprintf(token, sizeof(token), "%.16s", at + 10);
    asked.token = slice_of(token);
    edit(&world, "group:say(t.bye)", "group:say(\"farewell\")");
    buf_clear(&out);
    assert_false(reload_answer(&world.engine, &asked, &out, &e));
    assert_non_null(strstr(e.text, "look again"));
    assert_int_equal(world.engine.turns, turns);
    edit(&world, "group:say(t.bye)", "group:say(\"so long\")");
    buf_clear(&out);
    err_clear(&e);
    assert_true(reload_answer(&world.engine, &asked, &out, &e));
    assert_non_null(strstr(out.data, "\"applied\":true"));
    assert_true(world.engine.turns > turns);
    buf_deinit(&out);
    // An event from outside that calls itself a reload is none.
    const struct event event = {
        .kind = EVENT_OPERATOR, .at = world.now_ms, .text = slice_of("reload")};
    assert_int_equal(turn_run(&world.engine, &event), TURN_PARKED);
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
        cmocka_unit_test(test_things),
        cmocka_unit_test(test_more),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_halted),
        cmocka_unit_test(test_tweaks),
        cmocka_unit_test(test_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
