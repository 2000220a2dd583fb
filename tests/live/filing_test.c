// Days gone by are filed: their replies and plays leave memory (core/filing.c). An engine that is
// stopped after that, or just before, and opened again must go on as one that never stopped: the
// same rest of the campaign, the same rows in the file, the same state.
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
#include "app/report_rows.h"
#include "app/virtual.h"

#define START_MS INT64_C(1762473600000)  // 2025-11-07 00:00 UTC
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define DAYS 4
#define END_MS (START_MS + DAYS * DAY_MS)

static const char *const CAMPAIGN =
    "campaign { name = \"t\", brand = \"Test\", from = \"2025-11-07\", timezone = \"UTC\",\n"
    "  currency = \"CNY\", language = \"en\", title = \"Test\" }\n"
    "group { \"g1\", segment = \"old\", limit = 60 }\n"
    "budget { \"games\", yuan(20000) }\n"
    "budget { \"vouchers\", yuan(20000) }\n"
    "day(1) { playbook = \"show\" } day(2) { playbook = \"show\" }\n"
    "day(3) { playbook = \"show\" } day(4) { playbook = \"show\" }\n";

static const char *const PLAYBOOK =
    "playbook { name = \"show\", version = 1, goal = \"emotion\", about = \"A test\" }\n"
    "local voucher = coupon { name = \"five\", off = yuan(5), stacks = true,\n"
    "  budget = \"vouchers\", per_member = 9 }\n"
    "local wheel = roulette { prizes = {\n"
    "  { \"Coat\", value = yuan(310), odds = percent(20), stock = 3 } },\n"
    "  otherwise = voucher, budget = \"games\" }\n"
    "local purse = envelope { total = yuan(30), parts = 10, budget = \"games\" }\n"
    "at(\"20:00\", \"evening\", function(group)\n"
    "  group:ask_to_copy(\"I want it\")\n"
    "  wheel:open(group) purse:open(group)\n"
    "  group:wait(minutes(40))\n"
    "  wheel:close(group) purse:close(group)\n"
    "  group:say(\"{winners}\")\n"
    "end)\n"
    "on(\"message\", function(event)\n"
    "  event.member.memory.said = (event.member.memory.said or 0) + 1\n"
    "end)\n";

// Somebody does something every few minutes in the evenings; what, follows from the number alone
// and from what is open.
struct crowd {
    struct engine *engine;
    uint32_t next;
    char id[32], member[16], button[32];
};

#define EVENTS_A_DAY 90

static int64_t event_time(uint32_t number)
{
    const int64_t day = number / EVENTS_A_DAY;
    return day >= DAYS ? INT64_MAX
                       : START_MS + day * DAY_MS + 20 * HOUR_MS +
                             (1 + number % EVENTS_A_DAY) * (MINUTE_MS / 2 + 7);
}

static int64_t crowd_next(void *ctx)
{
    const struct crowd *crowd = ctx;
    return event_time(crowd->next);
}

static uint32_t open_game(const struct state *state, const char *kind)
{
    uint32_t found = 0;
    for (uint32_t id = 0; (id = table_next(state, T_GAMES, id)) != 0;) {
        const struct game *game = table_get(state, T_GAMES, id);
        if (game->status == 1 && strcmp(state_get_text(state, game->kind), kind) == 0) {
            found = id;
        }
    }
    return found;
}

static bool crowd_take(void *ctx, struct event *out)
{
    struct crowd *crowd = ctx;
    const uint32_t number = crowd->next++;
    const bool spins = number % 3 == 1;
    const uint32_t game =
        number % 3 == 0 ? 0 : open_game(crowd->engine->state, spins ? "wheel" : "envelope");
    snprintf(crowd->id, sizeof(crowd->id), "e%u", number);
    snprintf(crowd->member, sizeof(crowd->member), "u%u", number * 7 % 30);
    snprintf(crowd->button, sizeof(crowd->button), "%s:%u", spins ? "spin" : "open", game);
    *out = (struct event){.kind = game == 0 ? EVENT_MESSAGE : EVENT_PRESS,
                          .at = event_time(number),
                          .connector = slice_of("test"),
                          .id = slice_of(crowd->id),
                          .group = slice_of("g1"),
                          .member = slice_of(crowd->member),
                          .text = slice_of(game == 0 ? "I want it" : ""),
                          .button = slice_of(game == 0 ? "" : crowd->button)};
    return true;
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void open_engine(struct engine *engine, const char *folder)
{
    char path[300];
    struct err e = {0};
    snprintf(path, sizeof(path), "%s/brand.db", folder);
    const struct engine_options options = {.path = path};
    if (!engine_open(engine, &options, &e)) {
        fail_msg("%s", e.text);
    }
}

static void start_engine(struct engine *engine, const char *folder)
{
    struct err e = {0};
    struct buf problems;
    uint32_t campaign;
    const uint8_t seed[32] = {1};
    const struct script_overrides overrides = {.seed = seed};
    buf_init(&problems, 65536);
    if (!engine_start(engine, folder, &overrides, START_MS, true, &campaign, &problems, &e)) {
        fail_msg("%s %.*s", e.text, (int)problems.size, problems.data);
    }
    buf_deinit(&problems);
}

// What people and auditors see, and what was filed.
static const char *const KEPT[] = {
    // Keys hold the number of the turn, and opening the file again is one.
    "SELECT id, planned_at, sent_at, body, kind, member, status FROM outbox ORDER BY id",
    "SELECT * FROM ledger ORDER BY id",
    "SELECT * FROM replies ORDER BY id",
    "SELECT * FROM plays ORDER BY id",
    "SELECT id, coupon, member, status, source FROM vouchers ORDER BY id",
    "SELECT at, kind, value, text FROM milestones WHERE kind <> 'down' ORDER BY id",
    "SELECT day, ref, name, value FROM memory ORDER BY id",
    "SELECT number, filed, status FROM days ORDER BY id",
};
#define KEPT_COUNT (sizeof(KEPT) / sizeof(KEPT[0]))

struct outcome {
    struct buf kept[KEPT_COUNT];
    char hash[65];
    uint32_t replies, plays;  // In memory at the end.
    uint32_t all_replies, all_plays;
};

static void read_kept(struct engine *engine, struct outcome *out)
{
    struct err e = {0};
    for (size_t i = 0; i < KEPT_COUNT; i++) {
        struct rows rows;
        buf_init(&out->kept[i], (size_t)4 << 20);
        if (!rows_read(&rows, engine->store, KEPT[i], 0, &e)) {
            fail_msg("%s: %s", KEPT[i], e.text);
        }
        rows_put_array(&rows, &out->kept[i]);
        rows_deinit(&rows);
    }
    state_hash(engine->state, out->hash);
}

// The whole campaign, the engine closed and opened again at each of `stops`.
static void play(const int64_t *stops, size_t count, struct outcome *out)
{
    char folder[100];
    char path[200];
    struct err e = {0};
    struct engine engine;
    struct crowd crowd = {.engine = &engine};
    const struct virtual_world world = {.next = crowd_next, .take = crowd_take, .ctx = &crowd};
    snprintf(folder, sizeof(folder), "%s/drumbeat-filing-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "mkdir -p %s/playbooks/show", folder);
    assert_int_equal(system(path), 0);
    write_file(folder, "campaign.lua", CAMPAIGN);
    write_file(folder, "playbooks/show/playbook.lua", PLAYBOOK);
    open_engine(&engine, folder);
    start_engine(&engine, folder);
    int64_t now_ms = START_MS;
    for (size_t i = 0; i <= count; i++) {
        const int64_t until_ms = i < count ? stops[i] : END_MS + HOUR_MS;
        if (!virtual_run(&engine, &world, now_ms, until_ms, &e)) {
            fail_msg("%s", e.text);
        }
        now_ms = until_ms;
        if (i < count) {
            assert_true(engine_close(&engine, &e));
            open_engine(&engine, folder);
        }
    }
    out->replies = table_count(engine.state, T_REPLIES);
    out->plays = table_count(engine.state, T_PLAYS);
    out->all_replies = table_last(engine.state, T_REPLIES);
    out->all_plays = table_last(engine.state, T_PLAYS);
    read_kept(&engine, out);
    assert_true(engine_close(&engine, &e));
    snprintf(path, sizeof(path), "rm -rf '%s'", folder);
    assert_int_equal(system(path), 0);
}

static void outcome_free(struct outcome *outcome)
{
    for (size_t i = 0; i < KEPT_COUNT; i++) {
        buf_deinit(&outcome->kept[i]);
    }
}

static void expect_same(const struct outcome *a, const struct outcome *b, const char *what)
{
    for (size_t i = 0; i < KEPT_COUNT; i++) {
        const struct buf *x = &a->kept[i];
        const struct buf *y = &b->kept[i];
        size_t at = 0;
        while (at < x->size && at < y->size && x->data[at] == y->data[at]) {
            at++;
        }
        if (x->size != y->size || at < x->size) {
            fail_msg("%s: %s: differs from byte %zu on:\n%.300s\n%.300s", what, KEPT[i], at,
                     x->data + (at > 100 ? at - 100 : 0), y->data + (at > 100 ? at - 100 : 0));
        }
    }
    assert_int_equal(a->replies, b->replies);
    assert_int_equal(a->plays, b->plays);
    assert_string_equal(a->hash, b->hash);
}

static void test_restarts(void **ctx)
{
    (void)ctx;
    struct outcome whole;
    play(NULL, 0, &whole);
    // Four evenings were played; with the end of the campaign the last has left memory too. What
    // may be claimed stays.
    assert_true(whole.replies == 0 && whole.all_replies > 0);
    assert_true(whole.plays > 0 && whole.plays < whole.all_plays / 2);
    static const struct {
        const char *what;
        int64_t at[3];
    } STOPS[] = {
        {"before anything is filed", {START_MS + DAY_MS + 23 * HOUR_MS}},
        {"as day 1 is filed", {START_MS + 2 * DAY_MS}},
        {"the morning after", {START_MS + 2 * DAY_MS + 8 * HOUR_MS}},
        {"in the middle of day 3's games", {START_MS + 2 * DAY_MS + 20 * HOUR_MS + 17 * MINUTE_MS}},
        {"three times",
         {START_MS + DAY_MS + 20 * HOUR_MS + 5 * MINUTE_MS, START_MS + 3 * DAY_MS + MINUTE_MS,
          START_MS + 3 * DAY_MS + 20 * HOUR_MS + 39 * MINUTE_MS}},
        {"after the last day", {END_MS}},
    };
    for (size_t i = 0; i < sizeof(STOPS) / sizeof(STOPS[0]); i++) {
        struct outcome stopped;
        play(STOPS[i].at, STOPS[i].at[1] == 0 ? 1 : 3, &stopped);
        expect_same(&whole, &stopped, STOPS[i].what);
        outcome_free(&stopped);
    }
    printf("%u of %u replies, %u of %u plays in memory at the end, also after %zu ways to stop\n",
           whole.replies, whole.all_replies, whole.plays, whole.all_plays,
           sizeof(STOPS) / sizeof(STOPS[0]));
    outcome_free(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_restarts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
