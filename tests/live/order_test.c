// Out of order: a refund that comes before its order is kept and linked when the order comes. Both
// ways end in the same rows, with commissions, vouchers and budgets, also with a stop in between.
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

#define START_MS INT64_C(1762473600000)  // 2025-11-07 00:00 UTC
#define HOUR_MS INT64_C(3600000)

static const char *const CAMPAIGN =
    "campaign { name = \"t\", brand = \"Test\", from = \"2025-11-07\", timezone = \"UTC\",\n"
    "  currency = \"CNY\", language = \"en\", title = \"Test\" }\n"
    "group { \"g1\", segment = \"old\", limit = 60 }\n"
    "budget { \"commission\", yuan(5000) }\n"
    "budget { \"vouchers\", yuan(5000) }\n"
    "goods { { \"A\", \"Coat\", list = yuan(1000), deal = yuan(500) } }\n"
    "day(1) { playbook = \"show\" }\n";

// Ann shares her code and has a voucher; what handlers do with refunds counts too.
static const char *const PLAYBOOK =
    "playbook { name = \"show\", version = 1, goal = \"buy\", about = \"A test\" }\n"
    "local five = coupon { name = \"five\", off = yuan(5), stacks = true, budget = \"vouchers\" }\n"
    "local wave = second_wave { commission = percent(5) }\n"
    "on(\"message\", function(event)\n"
    "  event.member:give(five)\n"
    "  wave:start(event.group)\n"
    "end)\n"
    "on(\"refund\", function(event)\n"
    "  if event.member then event.member.memory.back = (event.member.memory.back or 0) + 1 end\n"
    "end)\n";

struct world {
    char code[CODES_SIZE + 1];
    char folder[100];
    struct engine engine;
};

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void on_error(void *ctx, const char *playbook, const char *scene, const char *error)
{
    (void)ctx;
    fail_msg("%s, %s: %s", playbook, scene, error);
}

static void open_world(struct world *w)
{
    char path[300];
    struct err e = {0};
    snprintf(path, sizeof(path), "%s/brand.db", w->folder);
    const struct engine_options options = {.path = path};
    if (!engine_open(&w->engine, &options, &e)) {
        fail_msg("%s", e.text);
    }
    script_on_error(w->engine.script, on_error, NULL);
    turn_lost(&w->engine, START_MS);
}

static void make_world(struct world *w)
{
    char path[300];
    struct err e = {0};
    struct buf problems;
    uint32_t campaign;
    const uint8_t seed[32] = {1};
    const struct script_overrides overrides = {.seed = seed};
    snprintf(w->folder, sizeof(w->folder), "%s/drumbeat-order-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(w->folder));
    snprintf(path, sizeof(path), "mkdir -p %s/playbooks/show", w->folder);
    assert_int_equal(system(path), 0);
    write_file(w->folder, "campaign.lua", CAMPAIGN);
    write_file(w->folder, "playbooks/show/playbook.lua", PLAYBOOK);
    open_world(w);
    buf_init(&problems, 65536);
    if (!engine_start(&w->engine, w->folder, &overrides, START_MS, true, &campaign, &problems,
                      &e)) {
        fail_msg("%s %.*s", e.text, (int)problems.size, problems.data);
    }
    buf_deinit(&problems);
    while (turn_timer(&w->engine, START_MS + HOUR_MS)) {
    }
}

static void remove_world(struct world *w)
{
    char command[200];
    struct err e = {0};
    assert_true(engine_close(&w->engine, &e));
    snprintf(command, sizeof(command), "rm -rf '%s'", w->folder);
    assert_int_equal(system(command), 0);
}

// The code that Ann got; there is one.
static const char *share_code(struct world *w)
{
    const struct state *state = w->engine.state;
    for (uint32_t id = 0; (id = table_next(state, T_PARTICIPANTS, id)) != 0;) {
        const struct participant *row = table_get(state, T_PARTICIPANTS, id);
        if (row->shares) {
            assert_true(codes_spell(state, (uint32_t)row->campaign, CODES_SHARE,
                                    (uint32_t)row->member, w->code));
            return w->code;
        }
    }
    fail_msg("nobody was given a code");
    return NULL;
}

static void make_refund(char what, struct event *event)
{
    event->kind = EVENT_REFUND;
    event->order = slice_of("r1");
    switch (what) {
    case '1':  // Parts of Ben's.
        event->amount = 3333;
        break;
    case '2':
        event->amount = 7777;
        break;
    case '3':  // All of Ann's.
        event->member = slice_of("ann");
        event->order = slice_of("r2");
        event->amount = 49500;
        break;
    case '4':  // More than Ben paid.
        event->amount = 60000;
        break;
    default:
        fail_msg("what is '%c'", what);
    }
}

// What comes, each with a letter.
static void send(struct world *w, char what)
{
    const struct slice vouchers[] = {slice_of("v1")};
    const struct event_item coat = {.sku = slice_of("A"), .qty = 1, .paid = -1};
    struct event event = {.at = START_MS + 2 * HOUR_MS + what * 1000,
                          .connector = slice_of("shop"),
                          .group = slice_of("g1"),
                          .member = slice_of("ben")};
    char id[8] = {what, '\0'};
    event.id = slice_of(id);
    switch (what) {
    case 'J':  // Both are there.
    case 'K':
        event.kind = EVENT_JOIN;
        event.at -= 40 * 1000;
        event.member = slice_of(what == 'J' ? "ann" : "ben");
        break;
    case 'a':  // Ann buys, says something, gets voucher v1 and a code.
        event.kind = EVENT_ORDER;
        event.member = slice_of("ann");
        event.order = slice_of("r0");
        event.total = 100;
        break;
    case 'b':
        event.kind = EVENT_MESSAGE;
        event.member = slice_of("ann");
        event.text = slice_of("hi");
        break;
    case 'O':  // Ben's order by her code: 499.99, 5 % are hers.
        event.kind = EVENT_ORDER;
        event.order = slice_of("r1");
        event.code = slice_of(share_code(w));
        event.total = 49999;
        break;
    case 'P':  // Ann's with a voucher.
        event.kind = EVENT_ORDER;
        event.member = slice_of("ann");
        event.order = slice_of("r2");
        event.items = &coat;
        event.item_count = 1;
        event.total = 49500;
        event.list = vouchers;
        event.list_count = 1;
        break;
    case 'x':  // Ben pays r1 in a currency that the campaign hasn't.
        event.kind = EVENT_ORDER;
        event.order = slice_of("r1");
        event.total = 100;
        event.currency = slice_of("USD");
        break;
    case 'm':  // Ben says something.
    case 'n':
        event.kind = EVENT_MESSAGE;
        event.text = slice_of("hi");
        break;
    default:
        make_refund(what, &event);
    }
    (void)turn_run(&w->engine, &event);
    while (turn_timer(&w->engine, START_MS + 3 * HOUR_MS)) {  // Codes go out to each group.
    }
}

static const char *const KEPT[] = {
    "SELECT ext, at, list_total, deal_total, voucher_off, total, refunded, commission, member,"
    " sharer, items FROM orders ORDER BY ext",
    "SELECT r.at, r.amount, r.ext, o.ext AS of FROM refunds r JOIN orders o ON o.id = r.\"order\""
    " WHERE r.amount > 0 ORDER BY r.at",
    "SELECT p.ext, a.orders, a.items, a.spent, a.paid, p.spent AS all_spent"
    " FROM participants a JOIN members p ON p.id = a.member ORDER BY p.ext",
    "SELECT name, balance FROM accounts ORDER BY name",
    "SELECT id, status, \"order\" > 0 AS used FROM vouchers ORDER BY id",
    "SELECT date, orders, gross, refunds, refunded, revenue FROM v_revenue_day ORDER BY date",
    "SELECT ext, total, refunded, net FROM v_order ORDER BY ext",
};
#define KEPT_COUNT (sizeof(KEPT) / sizeof(KEPT[0]))

// '|' in the order of events is a stop.
static void play(const char *events, struct buf *out)
{
    struct world w;
    struct err e = {0};
    make_world(&w);
    for (const char *at = events; *at != '\0'; at++) {
        if (*at == '|') {
            assert_true(engine_close(&w.engine, &e));
            open_world(&w);
        } else {
            send(&w, *at);
        }
    }
    assert_true(engine_flush(&w.engine, &e));
    buf_init(out, (size_t)1 << 20);
    for (size_t i = 0; i < KEPT_COUNT; i++) {
        struct rows rows;
        if (!rows_read(&rows, w.engine.store, KEPT[i], 0, &e)) {
            fail_msg("%s: %s", KEPT[i], e.text);
        }
        rows_put_array(&rows, out);
        buf_putc(out, '\n');
        rows_deinit(&rows);
    }
    assert_int_equal(table_count(w.engine.state, T_REFUNDS), 0);  // None waits any more.
    remove_world(&w);
    buf_putc(out, '\0');
}

static void test_orders_of_arrival(void **ctx)
{
    (void)ctx;
    struct buf wanted;
    play("JKabOP123", &wanted);
    // About 5 % of what is left; her voucher is hers again.
    assert_non_null(strstr(wanted.data, "\"refunded\":11110,\"commission\":1943"));
    assert_non_null(strstr(wanted.data, "\"refunded\":49500"));
    static const char *const OTHERS[] = {"JKab12OP3",  "JKab3P1O2",    "JKab1O2P3", "JKab123OP",
                                         "JKab1|2O3P", "JKab|12|3|OP", "JKabO12P3", "JKab123|O|P|"};
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        struct buf found;
        play(OTHERS[i], &found);
        if (strcmp(wanted.data, found.data) != 0) {
            fail_msg("%s:\n%s\nand not\n%s", OTHERS[i], found.data, wanted.data);
        }
        buf_deinit(&found);
    }
    buf_deinit(&wanted);
}

// One that is larger than its order is refused after it, and undone when the order comes.
static void test_too_much(void **ctx)
{
    (void)ctx;
    struct buf after;
    struct buf before;
    play("JKabO4", &after);
    play("JKab4O", &before);
    const char *from = strchr(after.data, '\n');  // Of the day's refunds the number differs.
    const char *same = strstr(after.data, "[{\"name\":");
    assert_true(from != NULL && same != NULL);
    const size_t accounts = strcspn(same, "\n");
    assert_non_null(memmem(before.data, before.size, same, accounts));
    assert_int_equal(strcspn(before.data, "\n"), (size_t)(from - after.data));
    assert_memory_equal(before.data, after.data, (size_t)(from - after.data));
    buf_deinit(&after);
    buf_deinit(&before);
}

// What waits behind a refused order follows it also when the engine dies between the decision and
// the turns that follow from it, and stays in order if it doesn't.
static void test_behind_over_restarts(void **ctx)
{
    (void)ctx;
    struct world w;
    struct err e = {0};
    make_world(&w);
    for (const char *at = "JKxmn1"; *at != '\0'; at++) {
        send(&w, *at);
    }
    assert_true(engine_close(&w.engine, &e));
    open_world(&w);
    const struct state *state = w.engine.state;
    assert_int_equal(table_count(state, T_PARKED), 4);
    assert_int_equal(table_count(state, T_VOUCHERS), 0);
    const struct event decision = {.kind = EVENT_OPERATOR,
                                   .at = START_MS + 3 * HOUR_MS,
                                   .text = slice_of("parked"),
                                   .how = slice_of("discarded"),
                                   .ref = 1};
    assert_int_equal(turn_one(&w.engine, &decision), TURN_DONE);
    assert_int_equal(table_count(state, T_PARKED), 3);
    assert_true(engine_close(&w.engine, &e));
    open_world(&w);
    state = w.engine.state;
    assert_int_equal(table_count(state, T_PARKED), 0);
    assert_int_equal(table_count(state, T_BLOCKS), 0);
    assert_int_equal(table_count(state, T_VOUCHERS), 2);  // A message each.
    assert_int_equal(table_count(state, T_REFUNDS), 1);   // It waits for its order now.
    remove_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders_of_arrival),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_behind_over_restarts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
