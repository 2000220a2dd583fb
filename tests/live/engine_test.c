// What takes too long, or needs another clock, to be tested through the program: silence of a
// connector, entries that are late after a stop, effects that may not go twice, an open that finds
// everything again. The engine is linked in; campaigns come from a folder made here.
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
#include "app/live.h"
#include "base/tz.h"
#include "loop/loop.h"

#define START_MS INT64_C(1762473600000)  // 2025-11-07 00:00 UTC
#define HOUR_MS ((int64_t)3600 * 1000)

struct place {
    char folder[200];
    char db[256];
    struct engine engine;
    struct live *live;
};

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make_place(struct place *place, const char *head, const char *playbook)
{
    char text[4096];
    *place = (struct place){0};
    snprintf(place->folder, sizeof(place->folder), "%s/drumbeat-engine-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->db, sizeof(place->db), "%s/brand.db", place->folder);
    snprintf(text, sizeof(text), "%s/playbooks", place->folder);
    assert_int_equal(mkdir(text, 0700), 0);
    snprintf(text, sizeof(text), "%s/playbooks/show", place->folder);
    assert_int_equal(mkdir(text, 0700), 0);
    snprintf(text, sizeof(text), "%s%s",
             "playbook { name = \"show\", version = 1, goal = \"traffic\", about = \"A test\" }\n",
             playbook);
    write_file(place->folder, "playbooks/show/playbook.lua", text);
    write_file(place->folder, "campaign.lua", head);
}

static void remove_place(struct place *place)
{
    char command[400];
    snprintf(command, sizeof(command), "rm -rf '%s'", place->folder);
    assert_int_equal(system(command), 0);
}

static void open_place(struct place *place)
{
    struct err e = {0};
    const struct engine_options options = {
        .path = place->db,
        .on_news = place->live == NULL ? NULL : live_news,
        .ctx = place->live,
    };
    if (!engine_open(&place->engine, &options, &e)) {
        fail_msg("%s", e.text);
    }
}

static void start_place(struct place *place, int64_t at_ms)
{
    struct err e = {0};
    struct buf problems;
    uint32_t campaign;
    const uint8_t seed[32] = {1};
    const struct script_overrides overrides = {.seed = seed};
    buf_init(&problems, 65536);
    if (!engine_start(&place->engine, place->folder, &overrides, at_ms, true, &campaign, &problems,
                      &e)) {
        fail_msg("%s %.*s", e.text, (int)problems.size, problems.data);
    }
    buf_deinit(&problems);
}

static void close_place(struct place *place)
{
    struct err e = {0};
    if (!engine_close(&place->engine, &e)) {
        fail_msg("%s", e.text);
    }
}

static void run_timers(struct engine *engine, int64_t now_ms)
{
    while (turn_timer(engine, now_ms)) {
    }
}

static const char *const HEAD =
    "campaign { name = \"t\", brand = \"Test\", from = \"2025-11-07\", timezone = \"UTC\",\n"
    "  currency = \"CNY\", language = \"en\", title = \"Test\" }\n"
    "group { \"g1\", segment = \"old\" }\n"
    "day(1) { playbook = \"show\" }\n";

// Texts of all effects so far, in order, separated by blanks.
static const char *said(const struct engine *engine, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t id = 0; (id = table_next(engine->state, T_OUTBOX, id)) != 0;) {
        const struct outbox_row *row = table_get(engine->state, T_OUTBOX, id);
        const char *text = memmem(row->body->data, row->body->size, "\"text\":\"", 8);
        assert_non_null(text);
        text += 8;
        const char *end = memchr(text, '"', row->body->size - (size_t)(text - row->body->data));
        assert_non_null(end);
        used += (size_t)snprintf(out + used, size - used, "%s%.*s", used == 0 ? "" : " ",
                                 (int)(end - text), text);
    }
    return out;
}

// --- Entries whose time passed while the engine was down. ---

static void test_late(void **ctx)
{
    (void)ctx;
    struct place place;
    char text[400];
    make_place(&place, HEAD,
               "local function say(name, time, options)\n"
               "  at(time, name, function(group) group:say(name) end, options)\n"
               "end\n"
               "say(\"early\", \"09:00\", { late = \"skip\" })\n"
               "say(\"skip\", \"12:00\", { late = \"skip\" })\n"
               "say(\"run\", \"12:00\", { late = \"run\" })\n"
               "say(\"long\", \"12:00\", { within = hours(2) })\n"
               "say(\"short\", \"12:00\", { within = minutes(30) })\n"
               "say(\"ten\", \"12:55\")\n"
               "say(\"after\", \"13:30\", { late = \"skip\" })\n");
    open_place(&place);
    start_place(&place, START_MS);
    run_timers(&place.engine, START_MS + 9 * HOUR_MS);
    assert_string_equal(said(&place.engine, text, sizeof(text)), "early");
    close_place(&place);
    open_place(&place);
    run_timers(&place.engine, START_MS + 13 * HOUR_MS);
    assert_string_equal(said(&place.engine, text, sizeof(text)), "early run long ten");
    run_timers(&place.engine, START_MS + 13 * HOUR_MS + HOUR_MS / 2);
    assert_string_equal(said(&place.engine, text, sizeof(text)), "early run long ten after");
    close_place(&place);
    remove_place(&place);
}

// --- A scene goes on where it was, with the results of its steps. ---

static void test_scene(void **ctx)
{
    (void)ctx;
    struct place place;
    char text[400];
    make_place(&place, HEAD,
               "at(\"10:00\", \"scene\", function(group)\n"
               "  local found = {}\n"
               "  for i = 1, 5 do\n"
               "    found[i] = group:wait_for { messages = 2, within = minutes(10) }\n"
               "    group:say(i .. tostring(found[i]))\n"
               "  end\n"
               "  group:say(\"end\" .. tostring(found[1]) .. tostring(found[2]))\n"
               "end)\n");
    open_place(&place);
    start_place(&place, START_MS);
    int64_t now_ms = START_MS + 10 * HOUR_MS;
    run_timers(&place.engine, now_ms);
    for (int step = 0; step < 5; step++) {
        close_place(&place);
        open_place(&place);
        turn_lost(&place.engine, now_ms);
        // Every other wait is ended by messages, with a stop between them.
        for (int n = 0; step % 2 == 1 && n < 2; n++) {
            char id[32];
            snprintf(id, sizeof(id), "m%d-%d", step, n);
            const struct event event = {.kind = EVENT_MESSAGE,
                                        .at = now_ms + 1000,
                                        .connector = slice_of("test"),
                                        .id = slice_of(id),
                                        .group = slice_of("g1"),
                                        .member = slice_of("u1"),
                                        .text = slice_of("hello")};
            assert_int_equal(turn_run(&place.engine, &event), TURN_DONE);
            close_place(&place);
            open_place(&place);
            turn_lost(&place.engine, now_ms);
            assert_int_equal(turn_run(&place.engine, &event), TURN_DUPLICATE);
        }
        now_ms += 11 * 60 * 1000;
        if (step % 2 == 0) {
            run_timers(&place.engine, now_ms);
        }
    }
    assert_string_equal(said(&place.engine, text, sizeof(text)),
                        "1false 2true 3false 4true 5false endfalsetrue");
    close_place(&place);
    remove_place(&place);
}

// --- Effects that may not go twice: a stop between sending and the result. ---

static const struct outbox_row *effect_at(const struct engine *engine, uint32_t id)
{
    return table_get(engine->state, T_OUTBOX, id);
}

static uint32_t add_effect(struct engine *engine, enum outbox_policy policy, int64_t at_ms)
{
    struct err e = {0};
    const struct outbox_row row = {
        .expires = at_ms + HOUR_MS, .group = 1, .policy = (uint8_t)policy, .op = OUTBOX_SEND};
    state_begin(engine->state, at_ms);
    const uint32_t id =
        outbox_append(engine->core.outbox, &row, "{\"text\":\"x\"}", 12, 1, policy, 1);
    struct buf entry;
    struct buf packed;
    buf_init(&entry, 4096);
    buf_init(&packed, 4096);
    const struct event event = {.kind = EVENT_BOT, .at = at_ms};
    event_pack(&event, &packed);
    const struct journal_entry journal = {.turn = state_turn(engine->state),
                                          .event = {packed.data, (uint32_t)packed.size}};
    journal_pack(&journal, &entry);
    outbox_turn_kept(engine->core.outbox, state_batch_number(engine->state));
    state_keep(engine->state, &entry);
    buf_deinit(&entry);
    buf_deinit(&packed);
    assert_true(engine_flush(engine, &e));
    return id;
}

static void policy_after_stop(enum outbox_policy policy, enum outbox_status then)
{
    struct place place;
    struct err e = {0};
    make_place(&place, HEAD, "");
    open_place(&place);
    start_place(&place, START_MS);
    const uint32_t id = add_effect(&place.engine, policy, START_MS + 1);
    assert_int_equal(engine_next_effect(&place.engine, START_MS + 2), id);
    if (!turn_may_send(&place.engine, id, START_MS + 2)) {
        assert_int_not_equal(policy, OUTBOX_RESEND);
        // Not before the departure is durable.
        assert_int_equal(engine_next_effect(&place.engine, START_MS + 2), 0);
        assert_true(engine_flush(&place.engine, &e));
        assert_int_equal(engine_next_effect(&place.engine, START_MS + 2), id);
        assert_true(turn_may_send(&place.engine, id, START_MS + 2));
    }
    close_place(&place);
    open_place(&place);
    turn_lost(&place.engine, START_MS + 3);
    assert_true(engine_flush(&place.engine, &e));
    if (policy == OUTBOX_RESEND) {
        assert_int_equal(engine_next_effect(&place.engine, START_MS + 3), id);
        assert_true(turn_may_send(&place.engine, id, START_MS + 3));
    } else {
        assert_int_equal(engine_next_effect(&place.engine, START_MS + HOUR_MS), 0);
        assert_int_equal(effect_at(&place.engine, id)->status, then);
    }
    close_place(&place);
    remove_place(&place);
}

static void test_policies(void **ctx)
{
    (void)ctx;
    policy_after_stop(OUTBOX_RESEND, OUTBOX_READY);
    policy_after_stop(OUTBOX_ONCE, OUTBOX_UNKNOWN);
    policy_after_stop(OUTBOX_ASK, OUTBOX_AWAITING_STAFF);
}

// --- A connector that says nothing to a command. ---

// Answers the third command only, then asks its parent to stop.
static const char *const CONNECTOR =
    "echo '{\"t\":\"hello\",\"proto\":\"dcp/1\",\"name\":\"x\"}'\n"
    "n=0\n"
    "while read -r line; do\n"
    "  case $line in\n"
    "    *cmd*)\n"
    "      n=$((n + 1))\n"
    "      id=${line#*id\\\":\\\"}\n"
    "      if [ $n = 3 ]; then\n"
    "        printf '{\"t\":\"res\",\"id\":\"%s\",\"ok\":true}\\n' \"${id%%\\\"*}\"\n"
    "        sleep 0.1\n"
    "        kill -TERM $PPID\n"
    "      fi ;;\n"
    "  esac\n"
    "done\n";

static void test_silence(void **ctx)
{
    (void)ctx;
    struct place place;
    struct err e = {0};
    char head[3000];
    make_place(&place, "",
               "at(\"00:00\", \"s\", function(group) group:say(\"x\") end, { late = "
               "\"run\" })\n");
    const int64_t now_ms = loop_wall_ms();
    int year;
    int month;
    int day;
    tz_from_days(now_ms / 86400000, &year, &month, &day);
    snprintf(head, sizeof(head),
             "campaign { name = \"t\", brand = \"Test\", from = \"%04d-%02d-%02d\", "
             "timezone = \"UTC\", currency = \"CNY\", language = \"en\", title = \"Test\" }\n"
             "group { \"g1\", segment = \"old\", connector = \"x\" }\n"
             "connector { \"x\", command = { \"sh\", \"connector.sh\" } }\n"
             "day(1) { playbook = \"show\", last = 2 }\n",
             year, month, day);
    write_file(place.folder, "campaign.lua", head);
    write_file(place.folder, "connector.sh", CONNECTOR);
    const struct live_options options = {.folder = place.folder, .result_wait_ms = 200};
    assert_true(live_new(&place.live, &options, &e));
    open_place(&place);
    start_place(&place, now_ms);
    const int64_t begun_ms = loop_wall_ms();
    assert_true(live_run(place.live, &place.engine, &e));
    // Two times nothing: 200 ms and a back-off of one second, then 200 ms and two; then ok.
    assert_in_range(loop_wall_ms() - begun_ms, 3300, 8000);
    const struct outbox_row *row = effect_at(&place.engine, 1);
    assert_true(row == NULL || row->status == OUTBOX_SENT);
    close_place(&place);
    live_free(place.live);
    remove_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late),
        cmocka_unit_test(test_scene),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
