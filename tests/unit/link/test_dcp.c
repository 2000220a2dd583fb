// The lines of connectors: what is read from each kind, and that every wrong field is refused by
// its name. What becomes of the events is for others to test.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/outbox.h"
#include "link/dcp.h"

#define TS "1762522200000"

static void parse(struct dcp *dcp, const char *line, struct dcp_message *out)
{
    struct err e = {0};
    if (!dcp_parse(dcp, line, strlen(line), 2, out, &e)) {
        fail_msg("%s: %s", line, e.text);
    }
}

static void refused(struct dcp *dcp, const char *line, size_t size, const char *why)
{
    struct dcp_message message;
    struct err e = {0};
    if (dcp_parse(dcp, line, size, 2, &message, &e)) {
        fail_msg("taken: %.200s", line);
    } else if (strstr(e.text, why) == NULL) {
        fail_msg("%.200s: said '%s', not '%s'", line, e.text, why);
    }
}

#define IS(slice, wanted) assert_true(slice_is(slice, wanted))

// A line of each kind with all that belongs to it: who comes and goes.
static void test_people(void **state)
{
    (void)state;
    struct dcp *dcp = dcp_new();
    struct dcp_message m;
    const struct event *event = &m.event;
    parse(dcp,
          "{\"t\":\"ev\",\"seq\":17,\"ts\":" TS ",\"id\":\"j1\",\"k\":\"member.join\","
          "\"group\":\"g1\",\"member\":{\"id\":\"u1\",\"name\":\"安妮\",\"signature\":\"hi\","
          "\"avatar\":\"a1\",\"gender\":\"female\",\"level\":3,\"tags\":[\"vip\",\"old\"]},"
          "\"inviter\":\"u0\",\"code\":\"C7\",\"how\":\"link\",\"unknown\":{\"x\":[1,2]}}",
          &m);
    assert_int_equal(m.type, DCP_EVENT);
    assert_int_equal(event->kind, EVENT_JOIN);
    assert_int_equal(event->seq, 17);
    assert_true(event->at == INT64_C(1762522200000));
    IS(event->id, "j1");
    IS(event->group, "g1");
    IS(event->member, "u1");
    IS(event->name, "安妮");
    IS(event->signature, "hi");
    IS(event->avatar, "a1");
    IS(event->gender, "female");
    IS(event->tags, "vip,old");
    assert_int_equal(event->level, 3);
    IS(event->inviter, "u0");
    IS(event->code, "C7");
    IS(event->how, "link");

    parse(dcp,
          "{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"member.leave\",\"group\":\"g1\",\"member\":\"u1\","
          "\"by\":\"u9\",\"seen\":\"poll\"}",
          &m);
    assert_int_equal(event->kind, EVENT_LEAVE);
    assert_int_equal(event->seq, 0);
    IS(event->by, "u9");
    IS(event->name, "");  // Nothing stays from the line before.

    parse(dcp,
          "{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"members\",\"group\":\"g1\","
          "\"list\":[\"u1\",{\"id\":\"u2\",\"name\":\"x\"}]}",
          &m);
    assert_int_equal(event->kind, EVENT_MEMBERS);
    assert_int_equal(event->list_count, 2);
    IS(event->list[0], "u1");
    IS(event->list[1], "u2");

    dcp_free(dcp);
}

static void test_deeds(void **state)
{
    (void)state;
    struct dcp *dcp = dcp_new();
    struct dcp_message m;
    const struct event *event = &m.event;
    parse(dcp,
          "{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"message\",\"group\":\"g1\",\"member\":\"u1\","
          "\"text\":\"a \\u20ac \\ud83d\\ude00\",\"reply_to\":\"m0\",\"mentions\":[\"u2\"]}",
          &m);
    assert_int_equal(event->kind, EVENT_MESSAGE);
    IS(event->text, "a € 😀");
    IS(event->reply_to, "m0");

    parse(dcp,
          "{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"reaction\",\"member\":\"u1\",\"to\":\"m1\","
          "\"emoji\":\"👍\"}",
          &m);
    assert_int_equal(event->kind, EVENT_REACTION);
    assert_true(event->on);  // Unless it says that it was taken back.
    IS(event->to, "m1");
    IS(event->emoji, "👍");
    parse(dcp,
          "{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"reaction\",\"member\":\"u1\",\"to\":\"m1\","
          "\"on\":false}",
          &m);
    assert_false(event->on);

    parse(dcp,
          "{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"press\",\"member\":\"u1\",\"button\":\"spin:3\"}",
          &m);
    assert_int_equal(event->kind, EVENT_PRESS);
    IS(event->button, "spin:3");

    parse(dcp, "{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"visit\",\"page\":\"p\",\"session\":\"s\"}", &m);
    assert_int_equal(event->kind, EVENT_VISIT);
    IS(event->page, "p");
    IS(event->session, "s");

    parse(dcp, "{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"favorite\",\"sku\":\"S\"}", &m);
    assert_int_equal(event->kind, EVENT_FAVORITE);
    parse(dcp, "{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"cart\",\"sku\":\"S\",\"qty\":1000000}", &m);
    assert_int_equal(event->kind, EVENT_CART);
    assert_int_equal(event->qty, 1000000);

    parse(dcp, "{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"bot\",\"state\":\"login\"}", &m);
    assert_int_equal(event->kind, EVENT_BOT);
    IS(event->text, "login");
    dcp_free(dcp);
}

static void test_orders(void **state)
{
    (void)state;
    struct dcp *dcp = dcp_new();
    struct dcp_message m;
    const struct event *event = &m.event;
    parse(dcp,
          "{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"order.paid\",\"member\":\"u1\",\"order\":\"r1\","
          "\"items\":[{\"sku\":\"A\",\"qty\":2,\"paid\":\"199.00\"},{\"sku\":\"B\"}],"
          "\"total\":\"1234.5\",\"vouchers\":[\"v7\",\"v8\"],\"guide\":\"G\","
          "\"channel\":\"store\"}",
          &m);
    assert_int_equal(event->kind, EVENT_ORDER);
    IS(event->order, "r1");
    assert_true(event->total == 123450);
    assert_int_equal(event->item_count, 2);
    IS(event->items[0].sku, "A");
    assert_int_equal(event->items[0].qty, 2);
    assert_true(event->items[0].paid == 19900);
    assert_int_equal(event->items[1].qty, 1);
    assert_true(event->items[1].paid == -1);  // Not given is not nothing.
    assert_int_equal(event->list_count, 2);
    IS(event->list[1], "v8");
    IS(event->guide, "G");
    IS(event->channel, "store");
    // The currency that the line names decides how many decimals there are.
    parse(dcp,
          "{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"order.refunded\",\"order\":\"r1\","
          "\"amount\":\"500\",\"currency\":\"JPY\"}",
          &m);
    assert_int_equal(event->kind, EVENT_REFUND);
    assert_true(event->amount == 500);
    // Whole numbers are minor units; order numbers keep all their digits, as they are texts.
    parse(dcp,
          "{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"order.refunded\",\"order\":\"820982911946154508\","
          "\"amount\":900719925474099}",
          &m);
    assert_true(event->amount == INT64_C(900719925474099));
    IS(event->order, "820982911946154508");
    dcp_free(dcp);
}

static void test_no_events(void **state)
{
    (void)state;
    struct dcp *dcp = dcp_new();
    struct dcp_message m;
    for (uint32_t op = 0; outbox_op_names[op] != NULL; op++) {
        char line[200];
        snprintf(line, sizeof(line),
                 "{\"t\":\"hello\",\"proto\":\"dcp/1\",\"name\":\"x\",\"caps\":[\"react\",\"%s\"]}",
                 outbox_op_names[op]);
        parse(dcp, line, &m);
        assert_int_equal(m.type, DCP_HELLO);
        IS(m.name, "x");
        assert_int_equal(m.caps, UINT32_C(1) << op);
    }
    parse(dcp, "{\"t\":\"hello\",\"proto\":\"dcp/1\",\"name\":\"x\",\"caps\":[]}", &m);
    assert_int_equal(m.caps, 0);
    parse(dcp, "{\"t\":\"hello\",\"proto\":\"dcp/1\",\"name\":\"x\"}", &m);
    assert_int_equal(m.caps, UINT32_MAX);  // Says nothing: is taken to be able.
    parse(dcp, "{\"t\":\"res\",\"id\":\"c1\",\"ok\":true,\"ext\":\"p9\"}", &m);
    assert_int_equal(m.type, DCP_RESULT);
    assert_int_equal(m.event.kind, EVENT_RESULT);
    assert_true(m.event.ok && !m.event.awaiting);
    IS(m.event.to, "c1");
    IS(m.event.ext, "p9");
    parse(dcp, "{\"t\":\"res\",\"id\":\"c1\",\"ok\":false,\"err\":\"rate\",\"retry_ms\":1200}", &m);
    assert_false(m.event.ok);
    IS(m.event.how, "rate");
    assert_int_equal(m.event.amount, 1200);
    parse(dcp, "{\"t\":\"res\",\"id\":\"c1\",\"awaiting\":\"staff\"}", &m);
    assert_true(m.event.awaiting);
    parse(dcp, "{\"t\":\"log\",\"level\":\"warn\",\"text\":\"slow\"}", &m);
    assert_int_equal(m.type, DCP_LOG);
    IS(m.text, "slow");
    parse(dcp, "{\"t\":\"log\"}", &m);
    dcp_free(dcp);
}

#define EV(rest) "{\"t\":\"ev\",\"ts\":" TS "," rest "}"
#define MESSAGE(rest) EV("\"k\":\"message\",\"member\":\"u1\"," rest)
#define ORDER(rest) EV("\"k\":\"order.paid\",\"order\":\"r1\"," rest)
#define HELLO(rest) "{\"t\":\"hello\"" rest "}"

static const struct {
    const char *line;
    const char *why;
} REFUSED[] = {
    // No line of dcp/1.
    {"", ""},
    {"hello", ""},
    {"{\"t\":\"ev\"", ""},
    {"[]", "field 't' is missing"},
    {"{}", "field 't' is missing"},
    {"{\"t\":1}", "field 't' is missing"},
    {"{\"t\":\"event\"}", "field 't' is hello, ev, res or log"},
    {MESSAGE("\"text\":\"a\",\"text\":\"b\""), "field 'text' stands twice"},
    // The head of an event.
    {"{\"t\":\"ev\",\"ts\":" TS "}", "field 'k' (the kind) is missing"},
    {"{\"t\":\"ev\",\"ts\":" TS ",\"k\":3}", "field 'k' (the kind) must be text"},
    {EV("\"k\":\"mesage\""), "unknown kind 'mesage', did you mean 'message'?"},
    {EV("\"k\":\"timer\""), "unknown kind 'timer'"},  // Our own events don't come from outside.
    {EV("\"k\":\"\\u001b[2J\""), "unknown kind '\\x1b[2J'"},
    {"{\"t\":\"ev\",\"k\":\"bot\"}", "field 'ts' is missing"},
    {"{\"t\":\"ev\",\"k\":\"bot\",\"ts\":\"1762522200000\"}", "field 'ts' must be a whole number"},
    {"{\"t\":\"ev\",\"k\":\"bot\",\"ts\":1762522200000.5}", "field 'ts' must be a whole number"},
    {"{\"t\":\"ev\",\"k\":\"bot\",\"ts\":1762522200}", "these look like seconds"},
    {"{\"t\":\"ev\",\"k\":\"bot\",\"ts\":-1}", "field 'ts' must be milliseconds"},
    {"{\"t\":\"ev\",\"k\":\"bot\",\"ts\":253402300800000}", "field 'ts' must be milliseconds"},
    {"{\"t\":\"ev\",\"k\":\"bot\",\"ts\":99999999999999999999}", "field 'ts' must be a whole"},
    {EV("\"k\":\"bot\",\"seq\":0"), "field 'seq' must be a whole number from 1"},
    {EV("\"k\":\"bot\",\"seq\":-4"), "field 'seq' must be a whole number from 1"},
    {EV("\"k\":\"bot\",\"seq\":\"4\""), "field 'seq' must be a whole number"},
    // What a kind can't do without.
    {EV("\"k\":\"member.join\",\"member\":\"u1\""), "field 'group' is missing"},
    {EV("\"k\":\"member.join\",\"group\":\"g1\""), "field 'member' is missing"},
    {EV("\"k\":\"member.join\",\"group\":\"\",\"member\":\"u1\""), "field 'group' is missing"},
    {EV("\"k\":\"member.leave\",\"member\":\"u1\""), "field 'group' is missing"},
    {EV("\"k\":\"member.leave\",\"group\":\"g1\""), "field 'member' is missing"},
    {EV("\"k\":\"members\",\"list\":[]"), "field 'group' is missing"},
    {EV("\"k\":\"message\",\"text\":\"hi\""), "field 'member' is missing"},
    {EV("\"k\":\"message\",\"member\":null"), "field 'member' is missing"},
    {EV("\"k\":\"reaction\",\"to\":\"m1\""), "field 'member' is missing"},
    {EV("\"k\":\"reaction\",\"member\":\"u1\""), "field 'to' is missing"},
    {EV("\"k\":\"press\",\"button\":\"b\""), "field 'member' is missing"},
    {EV("\"k\":\"press\",\"member\":\"u1\""), "field 'button' is missing"},
    {EV("\"k\":\"favorite\",\"member\":\"u1\""), "field 'sku' is missing"},
    {EV("\"k\":\"cart\",\"member\":\"u1\""), "field 'sku' is missing"},
    {EV("\"k\":\"order.paid\",\"total\":1"), "field 'order' is missing"},
    {EV("\"k\":\"order.refunded\",\"amount\":1"), "field 'order' is missing"},
    // Types.
    {MESSAGE("\"text\":7"), "field 'text' must be text"},
    {MESSAGE("\"text\":[\"a\"]"), "field 'text' must be text"},
    {MESSAGE("\"text\":\"a\\u0000b\""), "field 'text' holds a NUL"},
    {MESSAGE("\"id\":17"), "field 'id' must be text"},
    {MESSAGE("\"group\":true"), "field 'group' must be text"},
    {EV("\"k\":\"message\",\"member\":5"), "field 'member' must be text or an object with 'id'"},
    {EV("\"k\":\"message\",\"member\":{\"name\":\"x\"}"), "field 'member.id' is missing"},
    {EV("\"k\":\"message\",\"member\":{\"id\":\"u1\",\"level\":\"3\"}"),
     "field 'member.level' must be a whole number"},
    {EV("\"k\":\"message\",\"member\":{\"id\":\"u1\",\"tags\":[3]}"),
     "field 'member.tags' must be text"},
    {EV("\"k\":\"reaction\",\"member\":\"u1\",\"to\":\"m\",\"on\":1"),
     "field 'on' must be true or false"},
    {EV("\"k\":\"bot\",\"state\":1"), "field 'state' must be text"},
    {EV("\"k\":\"members\",\"group\":\"g1\",\"list\":\"u1\""), "field 'list' must be a list"},
    {EV("\"k\":\"members\",\"group\":\"g1\",\"list\":[{}]"), "field 'list' holds one without id"},
    {EV("\"k\":\"members\",\"group\":\"g1\",\"list\":[4]"), "field 'list' must be text"},
    // UTF-8.
    {MESSAGE("\"text\":\"\xc3\x28\""), ""},
    {MESSAGE("\"text\":\"\xed\xa0\x80\""), ""},
    {MESSAGE("\"text\":\"\xf4\x90\x80\x80\""), ""},
    {MESSAGE("\"text\":\"\\ud800\""), ""},
    // Money and counts.
    {ORDER("\"total\":199.0"), "never a fraction"},
    {ORDER("\"total\":\"199.001\""), "field 'total'"},
    {ORDER("\"total\":\"1,99\""), "field 'total'"},
    {ORDER("\"total\":\"\""), "field 'total'"},
    {ORDER("\"total\":\"-1.00\""), "field 'total' is negative"},
    {ORDER("\"total\":-1"), "field 'total' is negative"},
    {ORDER("\"total\":9223372036854775807"), "field 'total' is too large"},
    {ORDER("\"total\":\"99999999999999999999\""), "field 'total'"},
    {ORDER("\"currency\":\"JPY\",\"total\":\"1.5\""), "field 'total'"},
    {ORDER("\"items\":{}"), "field 'items' must be a list"},
    {ORDER("\"items\":[{}]"), "field 'items.sku' is missing"},
    {ORDER("\"items\":[\"A\"]"), "field 'items.sku' is missing"},
    {ORDER("\"items\":[{\"sku\":\"A\",\"qty\":0}]"), "field 'items.qty' must be 1 to 1000000"},
    {ORDER("\"items\":[{\"sku\":\"A\",\"qty\":1000001}]"), "field 'items.qty' must be 1 to"},
    {ORDER("\"items\":[{\"sku\":\"A\",\"qty\":1.5}]"), "field 'items.qty' must be a whole"},
    {ORDER("\"items\":[{\"sku\":\"A\",\"paid\":-1}]"), "field 'items.paid' is negative"},
    {ORDER("\"vouchers\":\"v1\""), "field 'vouchers' must be a list"},
    {EV("\"k\":\"cart\",\"sku\":\"A\",\"qty\":0"), "field 'qty' must be 1 to 1000000"},
    {EV("\"k\":\"order.refunded\",\"order\":\"r\",\"amount\":\"x\""), "field 'amount'"},
    // Results and greetings.
    {"{\"t\":\"res\",\"ok\":true}", "field 'id' is missing"},
    {"{\"t\":\"res\",\"id\":4,\"ok\":true}", "field 'id' must be text"},
    {"{\"t\":\"res\",\"id\":\"c\"}", "field 'ok' must be true or false"},
    {"{\"t\":\"res\",\"id\":\"c\",\"ok\":1}", "field 'ok' must be true or false"},
    {"{\"t\":\"res\",\"id\":\"c\",\"ok\":true,\"ext\":1}", "field 'ext' must be text"},
    {"{\"t\":\"res\",\"id\":\"c\",\"ok\":false,\"err\":1}", "field 'err' must be text"},
    {"{\"t\":\"res\",\"id\":\"c\",\"ok\":false,\"retry_ms\":-1}", "field 'retry_ms' is negative"},
    {"{\"t\":\"res\",\"id\":\"c\",\"ok\":false,\"retry_ms\":1.5}", "'retry_ms' must be a whole"},
    {HELLO(",\"name\":\"x\""), "field 'proto' must be \"dcp/1\""},
    {HELLO(",\"proto\":\"dcp/2\",\"name\":\"x\""), "field 'proto' must be \"dcp/1\""},
    {HELLO(",\"proto\":\"dcp/1\""), "field 'name' is missing"},
    {HELLO(",\"proto\":\"dcp/1\",\"name\":\"\""), "field 'name' is empty"},
    {HELLO(",\"proto\":\"dcp/1\",\"name\":\"x\",\"caps\":\"send\""), "field 'caps' must be a list"},
    {"{\"t\":\"log\",\"text\":1}", "field 'text' must be text"},
};

static void test_refused(void **state)
{
    (void)state;
    struct dcp *dcp = dcp_new();
    struct dcp_message m;
    for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++) {
        refused(dcp, REFUSED[i].line, strlen(REFUSED[i].line), REFUSED[i].why);
        parse(dcp, MESSAGE("\"text\":\"ok\""), &m);  // And the next line is read as ever.
        IS(m.event.text, "ok");
    }
    const char nul[] = "{\"t\":\"log\",\"text\":\"a\0b\"}";
    refused(dcp, nul, sizeof(nul) - 1, "");
    dcp_free(dcp);
}

// head, `count` times `unit` with commas between, tail.
static struct buf long_line(const char *head, const char *unit, size_t count, const char *comma,
                            const char *tail)
{
    struct buf line;
    buf_init(&line, (size_t)4 << 20);
    buf_puts(&line, head);
    for (size_t i = 0; i < count; i++) {
        buf_puts(&line, i == 0 ? "" : comma);
        buf_puts(&line, unit);
    }
    buf_puts(&line, tail);
    return line;
}

// Each limit: the last size that is taken, the first that is refused.
static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *head, *unit, *comma, *tail;
        size_t max;
        const char *why;
    } SIZES[] = {
        {"{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"message\",\"member\":\"u\",\"text\":\"", "x", "",
         "\"}", DCP_TEXT_MAX, "field 'text' is longer than 65536 bytes"},
        {"{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"message\",\"member\":{\"id\":\"u\",\"tags\":[",
         "\"t\"", ",", "]}}", DCP_TEXT_MAX / 2, "field 'member.tags' is too long"},
        {"{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"order.paid\",\"order\":\"r\",\"items\":[",
         "{\"sku\":\"A\"}", ",", "]}", EVENT_ITEMS_MAX, "field 'items' must be a list of at most"},
        {"{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"members\",\"group\":\"g\",\"list\":[", "\"u\"", ",",
         "]}", EVENT_LIST_MAX, "field 'list' must be a list of at most"},
        {"{\"t\":\"ev\",\"ts\":" TS ",\"k\":\"order.paid\",\"order\":\"r\",\"vouchers\":[", "\"v\"",
         ",", "]}", EVENT_LIST_MAX, "field 'vouchers' must be a list of at most"},
        {"{\"t\":\"log\",\"x\":", "[", "", "", JSON_DEPTH_MAX * 2, ""},
    };
    struct dcp *dcp = dcp_new();
    struct dcp_message m;
    struct err e = {0};
    for (size_t i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++) {
        struct buf line =
            long_line(SIZES[i].head, SIZES[i].unit, SIZES[i].max, SIZES[i].comma, SIZES[i].tail);
        if (*SIZES[i].tail != '\0' && !dcp_parse(dcp, line.data, line.size, 2, &m, &e)) {
            fail_msg("%s: %s", SIZES[i].head, e.text);
        }
        buf_deinit(&line);
        line = long_line(SIZES[i].head, SIZES[i].unit, SIZES[i].max + 1, SIZES[i].comma,
                         SIZES[i].tail);
        buf_putc(&line, '\0');
        refused(dcp, line.data, line.size - 1, SIZES[i].why);
        buf_deinit(&line);
    }
    // A line of 1 MiB is read, one byte more is not.
    struct buf line = long_line("{\"t\":\"log\",\"x\":\"", "y", DCP_LINE_MAX - 18, "", "\"}");
    if (!dcp_parse(dcp, line.data, line.size, 2, &m, &e)) {
        fail_msg("%zu bytes: %s", line.size, e.text);
    }
    assert_int_equal(line.size, DCP_LINE_MAX);
    buf_putc(&line, ' ');
    buf_putc(&line, '\0');
    refused(dcp, line.data, line.size - 1, "");
    buf_deinit(&line);
    dcp_free(dcp);
}

// What a reader of the stream gets: one line each that JSON readers take.
static void test_answers(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 4096);
    dcp_put_ack(&out, INT64_MAX);
    buf_putc(&out, '\0');
    assert_string_equal(out.data, "{\"t\":\"ack\",\"seq\":9223372036854775807}");
    buf_clear(&out);
    dcp_put_error(&out, 3, "field \"x\"\nis \xff");
    buf_putc(&out, '\0');
    assert_string_equal(
        out.data, "{\"t\":\"err\",\"line\":3,\"error\":\"field \\\"x\\\"\\nis \xef\xbf\xbd\"}");
    buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_people),  cmocka_unit_test(test_deeds),
        cmocka_unit_test(test_orders),  cmocka_unit_test(test_no_events),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
