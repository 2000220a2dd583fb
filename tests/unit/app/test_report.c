// The report on a small campaign: every view, the text, the JSON, and the documents of both.

#include "app/report.h"
#include "app/report_rows.h"

#include "base/json.h"
#include "base/utf8.h"
#include "store/views.h"
#include "test_report_world.h"

#define OUT_MAX ((size_t)16 << 20)

// --- What a query gives, cells separated by '|', rows by newlines. ---

static bool put_row(void *ctx, const struct store_row *row, struct err *e)
{
    struct buf *out = ctx;
    (void)e;
    for (size_t i = 0; i < row->count; i++) {
        const struct value *value = &row->values[i];
        buf_puts(out, i > 0 ? "|" : out->size > 0 ? "\n" : "");
        if (value->type == VALUE_INT && row->is_real[i]) {
            buf_printf(out, "%.4f", (double)value->integer / 1e6);
        } else if (value->type == VALUE_INT) {
            buf_printf(out, "%lld", (long long)value->integer);
        } else if (value->type != VALUE_NULL) {
            buf_append(out, value->data, value->size);
        }
    }
    return true;
}

static void expect(struct world *w, const char *sql, const char *want)
{
    struct buf out;
    struct err e = {0};
    buf_init(&out, OUT_MAX);
    buf_puts(&out, "");
    if (!store_query(w->store, sql, NULL, 0, put_row, &out, &e)) {
        fail_msg("%s: %s", sql, e.text);
    }
    if (strcmp(out.data, want) != 0) {
        fail_msg("%s\nexpected:\n%s\ncame:\n%s", sql, want, out.data);
    }
    buf_deinit(&out);
}

static const struct {
    const char *sql, *want;
} VIEW_CASES[] = {
    // 9 old ones and 5 of 6 newcomers; the host never counts. Roster joins are no growth.
    {"SELECT members, joins, leaves, effective_invites, visitors, payers, orders, cancelled,"
     " items, gross, refunded, revenue, discount FROM v_summary",
     "14|6|1|2|4|3|4|0|8|80000|5700|74300|400"},
    {"SELECT items_per_payer, revenue_per_item, revenue_per_order, revenue_per_payer,"
     " paid_share, uv_paid_share, gift_receivers, gift_payers, gift_paid_share FROM v_summary",
     "2.6667|9288|18575|24767|0.2143|0.7500|2|1|0.5000"},
    {"SELECT name, people FROM v_funnel ORDER BY step",
     "members|14\nvisited|4\ninterested|3\npaid|3\nfavorited|2\ncarted|2\nvisited_paid|2\n"
     "favorited_paid|1\ncarted_paid|1"},
    // Refunds count on their own day, those of orders never seen too. 20:30 in Shanghai is
    // 12:30 UTC.
    {"SELECT date, orders, gross, refunds, refunded, revenue FROM v_revenue_day ORDER BY date",
     "2025-11-08|4|80000|0|0|80000\n2025-11-09|0|0|2|5700|-5700"},
    {"SELECT day, ext, joins, leaves, invited, effective, rejected, queued, exposed, k_factor,"
     " stalled_members, switched_at > stalled_at FROM v_growth ORDER BY day, ext",
     "1|new-1|6|0|4|2|1|1|15|0.1333|170|1\n1|old-1|0|0|0|0|0|0|9|0.0000||\n"
     "2|new-1|0|1|0|0|0|0|15|0.0000||\n2|old-1|0|0|0|0|0|0|9|0.0000||"},
    {"SELECT kind, plays, wins, stock, given, \"left\", consolations, cost, commitment,"
     " substr(receipt_hash, 1, 4), chance FROM v_game ORDER BY game",
     "wheel|3|2|3|2|1|1|10100|c0ffee|0123|1\nenvelope|3|2||0||0|100|c0ffee|ffff|1"},
    {"SELECT budget, cap, reserved, spent, \"left\", refused FROM v_budget",
     "gifts|100000|19900|10100|70000|1"},
    {"SELECT name, scope, used, reserved, returned, limit_total, uses_left, members, money, worst,"
     " budget, budget_left FROM v_promotions ORDER BY promotion",
     "300-50|cart|2|1|1|9|6|1|7000|45000|gifts|70000\npost|cart|0|0|0|||0|0|||"},
    {"SELECT cohort, count, payers, share, mean_spend, spend_per_payer FROM v_cohort"
     " ORDER BY number",
     "gift|2|1|0.5000|20000|40000\nvoucher|3|2|0.6667|21667|32500\ncard|1|1|1.0000|10000|10000"
     "\neveryone|14|3|0.2143|5357|25000"},
    {"SELECT place, member, masked, spent, gift FROM v_top_buyer ORDER BY place",
     "1|2|安**|40000|1\n2|1|m**|25000|0\n3|11|m**|10000|0"},
    {"SELECT day, count(*), max(uv), sum(orders), sum(paid) FROM v_uv_minute GROUP BY day",
     "1|1|7|0|0\n2|60|119|4|80000"},
    {"SELECT day, kind, \"group\" FROM v_intervention ORDER BY at, kind, \"group\"",
     "1|stall|2\n1|switch|2\n2|flip|0\n2|gate|1\n2|peak|0\n2|second_wave|1\n2|second_wave|2"},
    {"SELECT ext, members, joins, leaves, messages, visitors, payers, orders, items, revenue,"
     " paid_share FROM v_group ORDER BY ext",
     "new-1|5|6|1|25|1|1|1|1|10000|0.2000\nold-1|9|0|0|0|3|2|3|7|65000|0.2222"},
    {"SELECT segment, \"groups\", members, revenue FROM v_segment ORDER BY segment",
     "new|1|5|10000\nold|1|9|65000"},
    {"SELECT day, playbooks, joins, leaves, messages, replies, peak_uv, orders, paid FROM v_day"
     " ORDER BY day",
     "1|growth|15|0|20|3|7|0|0\n2|wake-up,sale|0|1|5|0|119|4|80000"},
    {"SELECT kind, late_ms, status FROM v_announcement ORDER BY planned_at",
     "teaser|2000|sent\nrules|0|sent"},
    {"SELECT name, events, refused, seq, sent, failed, waiting FROM v_connector",
     "chat|40|2|42|3|0|0"},
    {"SELECT status, op, kind, ext, todo FROM v_outbox WHERE status <> 'sent' OR kind = 'teaser'",
     "sent|send|teaser|old-1|"},
    {"SELECT parked, kind, source, status, settled_at > at FROM v_parked ORDER BY parked",
     "1|line|chat|discarded|1\n2|line|chat|waiting|0"},
    {"SELECT kind, name, kept, error FROM v_halted", "handler|sale message|0|why"},
    {"SELECT phrase, replies, share, fastest_ms, median_ms FROM v_chain",
     "我爱|3|0.3333|1000|4000"},
    {"SELECT day, value, text FROM v_gate", "2|5|opened after 3 minutes"},
    {"SELECT account, amount, reason FROM v_ledger WHERE reason = 'wheel' ORDER BY id",
     "budget:gifts|-30000|wheel\nreserved:gifts|30000|wheel\nreserved:gifts|-10100|wheel\n"
     "spent:gifts|10100|wheel"},
    {"SELECT ext, channel, total, refunded, net FROM v_order WHERE member = 1 ORDER BY ext",
     "o0|online|20000|5000|15000\no1|online|10000|0|10000"},
    {"SELECT kind, winners > 0 FROM (SELECT kind, wins AS winners FROM v_draw) ORDER BY 1",
     "envelope|1\nwheel|1"},
    {"SELECT count(*), min(day), max(day) FROM v_hour", "3|1|2"},
    {"SELECT promise, value, bound, kept, spare, detail FROM v_promise ORDER BY number",
     "budget:gifts|30000|100000|1|70000|\nledger|0|0|1||\nquiet_hours|0|0|1||2 messages\n"
     "announcements_on_time|2|2|1|58000|\none_prize|0|0|1||2 games\ndraws_provable|2|2|1||\n"
     "margin_floor|0|0|1|1000|COAT\npaid_share|2143|2000|1|143|\n"
     "budget_spent_bp|3000|3000|1|0|"},
};

static void test_views(void **state)
{
    for (size_t i = 0; i < COUNT(VIEW_CASES); i++) {
        expect(*state, VIEW_CASES[i].sql, VIEW_CASES[i].want);
    }
}

// Wilson's own numbers, to four digits: 1 of 2 gives 9.45 % to 90.55 %, 3 of 14 gives 7.57 % to
// 47.59 %.
static void test_interval(void **state)
{
    expect(*state, "SELECT low, high FROM v_cohort WHERE cohort IN ('gift','everyone')",
           "0.0945|0.9055\n0.0757|0.4759");
}

// Text and JSON agree on how many promises are broken.
static size_t count_broken(struct world *w)
{
    const struct term term = {.width = 80};
    const struct report_options options = {.campaign = 1};
    struct buf out;
    struct err e = {0};
    size_t broken = SIZE_MAX;
    size_t again = SIZE_MAX;
    buf_init(&out, OUT_MAX);
    assert_true(report_text(w->store, &options, &term, &out, &broken, &e));
    assert_true(report_json(w->store, &options, &out, &again, &e));
    assert_int_equal(broken, again);
    buf_deinit(&out);
    return broken;
}

// Each promise is broken once, and says so.
static void test_broken(void **state)
{
    struct world *w = *state;
    struct report_figures figures;
    struct err e = {0};
    assert_true(report_figures(w->store, 1, &figures, &e));
    assert_int_equal(count_broken(w), 0);
    assert_int_equal(figures.members, 14);
    assert_int_equal(figures.revenue, 74300);
    state_begin(w->state, START + DAY);
    add_message(w, EVENING(1), 61 * MINUTE, "rules", 2);
    add_message(w, EVENING(1), 0, "winners", 5);
    add_message(w, START + DAY - MINUTE, 0, "say", 2);
    const struct play again = {.game = 1, .member = 2, .prize = 1, .number = 4};
    table_insert(w->state, T_PLAYS, &again);
    struct receipt *proof = table_edit(w->state, T_RECEIPTS, 2);
    table_set_bytes(w->state, &proof->body, "", 0);
    const struct order_line cheap = {
        .paid = 1, .order = 2, .good = 1, .sku = text(w, "COAT"), .qty = 1};
    table_insert(w->state, T_ORDER_LINES, &cheap);
    add_promise(w, "paid_share", 2144, 0);
    add_promise(w, "visitors", 3, 1);
    add_promise(w, "moonshine", 1, 0);
    commit(w);
    expect(w,
           "SELECT promise, value, bound, kept, detail FROM v_promise WHERE kept = 0"
           " ORDER BY number",
           "quiet_hours|1|0|0|4 messages\n"
           "announcements_on_time|2|4|0|winners expired (group 1)\none_prize|1|0|0|2 games\n"
           "draws_provable|1|2|0|lucky\nmargin_floor|1|0|0|COAT\npaid_share|2143|2144|0|\n"
           "visitors|4|3|0|\nmoonshine||1|0|no such metric");
    assert_int_equal(count_broken(w), 8);
}

// --- Text and JSON. ---

static char *make_text_on(struct world *w, struct term term, bool chinese)
{
    const struct report_options options = {.campaign = 1,
                                           .rehearsal = true,
                                           .chinese = chinese,
                                           .again = "drumbeat rehearse autumn --seed 7"};
    struct buf out;
    struct err e = {0};
    buf_init(&out, OUT_MAX);
    size_t broken;
    if (!report_text(w->store, &options, &term, &out, &broken, &e)) {
        fail_msg("%s", e.text);
    }
    return buf_take(&out);
}

static char *make_text(struct world *w, size_t width, bool chinese)
{
    return make_text_on(w, (struct term){.width = width}, chinese);
}

// Colour changes no line.
static void check_colour(struct world *w, size_t width)
{
    char *plain = make_text(w, width, false);
    char *styled = make_text_on(w, (struct term){.width = width, .color = true}, false);
    char *to = styled;
    assert_non_null(strchr(styled, '\033'));
    for (const char *at = styled; *at != '\0';) {
        if (*at == '\033') {
            at += strcspn(at, "m") + 1;
        } else {
            *to++ = *at++;
        }
    }
    *to = '\0';
    assert_string_equal(styled, plain);
    free(styled);
    free(plain);
}

static size_t widest(const char *words)
{
    size_t most = 0;
    while (*words != '\0') {
        const size_t size = strcspn(words, "\n");
        const size_t cells = utf8_width(words, size);
        most = cells > most ? cells : most;
        words += size + (words[size] == '\n');
    }
    return most;
}

static void test_text(void **state)
{
    char *words = make_text(*state, 80, false);
    static const char *const PARTS[] = {"REHEARSAL: simulated people, not a forecast\n",
                                        "PROMISES  9 kept, 0 broken",
                                        "¥743.00",
                                        "21.4 %",
                                        "安**",
                                        "119 (20:41)",
                                        "flip: deal",
                                        "second_wave (×2)",
                                        "peak: 119 a minute",
                                        "drumbeat rehearse autumn --runs 100",
                                        "day 1 new-1: stall 170 17:00, switch 18:00"};
    for (size_t i = 0; i < COUNT(PARTS); i++) {
        if (strstr(words, PARTS[i]) == NULL) {
            fail_msg("'%s' isn't in\n%s", PARTS[i], words);
        }
    }
    assert_null(strchr(words, '\033'));
    assert_in_range(widest(words), 60, 80);
    free(words);
    words = make_text(*state, 80, true);
    assert_non_null(strstr(words, "演练"));
    assert_non_null(strstr(words, "净收入"));
    assert_in_range(widest(words), 60, 80);
    free(words);
    words = make_text(*state, 40, false);
    assert_non_null(strstr(words, "joined 6 · left 0"));
    assert_in_range(widest(words), 30, 70);  // The commands at the end aren't broken.
    free(words);
    for (size_t width = 36; width <= 84; width += 4) {
        check_colour(*state, width);
    }
}

static void test_json(void **state)
{
    struct world *w = *state;
    const struct report_options options = {.campaign = 1, .rehearsal = true};
    const struct json_node *root = NULL;
    struct json_reader *reader = json_reader_new(OUT_MAX);
    struct buf out;
    struct err e = {0};
    buf_init(&out, OUT_MAX);
    size_t broken;
    if (!report_json(w->store, &options, &out, &broken, &e) ||
        !json_parse(reader, out.data, out.size, &root, &e)) {
        fail_msg("%s", e.text);
    }
    assert_true(json_text_is(json_field(root, "schema"), "drumbeat.report/1"));
    assert_int_equal(json_field(root, "rehearsal")->type, JSON_TRUE);
    assert_int_equal(json_field(json_field(root, "summary"), "revenue")->integer, 74300);
    assert_int_equal(json_field(root, "promises")->count, 9);
    assert_int_equal(json_field(root, "revenue_days")->count, 2);
    // Nobody's name leaves in a report.
    assert_null(strstr(out.data, "安妮"));
    buf_deinit(&out);
    json_reader_free(reader);
}

// A view that scans all that was ever sent would cost a large campaign seconds.
static void test_indexes(void **state)
{
    expect(*state, "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'i_v_*'", "2");
    static const char *const NAMES[] = {"v_promise", "v_announcement"};
    for (size_t i = 0; i < COUNT(NAMES); i++) {
        struct buf out;
        struct err e = {0};
        char sql[80];
        buf_init(&out, OUT_MAX);
        snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN SELECT * FROM %s", NAMES[i]);
        struct world *w = *state;
        assert_true(store_query(w->store, sql, NULL, 0, put_row, &out, &e));
        assert_non_null(strstr(out.data, "USING INDEX i_v_outbox_said"));
        assert_null(strstr(out.data, "SCAN members"));
        buf_deinit(&out);
    }
}

static void test_find(void **state)
{
    struct world *w = *state;
    struct err e = {0};
    uint32_t id = 0;
    assert_true(report_find_campaign(w->store, NULL, &id, &e));
    assert_int_equal(id, 1);
    assert_true(report_find_campaign(w->store, "autumn", &id, &e));
    assert_false(report_find_campaign(w->store, "winter", &id, &e));
    assert_string_equal(e.text, "there is no campaign 'winter'; the latest is 'autumn'");
    struct report_figures figures;
    assert_false(report_figures(w->store, 9, &figures, &e));
}

// --- The documents: every view, every column, every key. ---

static char *read_document(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *words = xcalloc(1, (size_t)1 << 20);
    assert_true(fread(words, 1, ((size_t)1 << 20) - 1, file) > 0);
    fclose(file);
    return words;
}

static void expect_documented(struct world *w, const char *document, const char *view)
{
    char head[80];
    char sql[120];
    struct rows rows;
    struct err e = {0};
    snprintf(head, sizeof(head), "\n## %s\n", view);
    snprintf(sql, sizeof(sql), "SELECT * FROM %s LIMIT 1", view);
    const char *section = strstr(document, head);
    if (section == NULL) {
        fail_msg("views.md has no section '## %s'", view);
        return;
    }
    const char *end = strstr(section + strlen(head), "\n## ");
    char *body = xstrndup(section, end != NULL ? (size_t)(end - section) : strlen(section));
    assert_true(rows_read(&rows, w->store, sql, 0, &e));
    if (rows.count == 0) {
        fail_msg("the test's campaign has nothing for %s", view);
    }
    for (size_t i = 0; i < rows.columns; i++) {
        snprintf(head, sizeof(head), "`%s`", rows.names[i]);
        if (strstr(body, head) == NULL) {
            fail_msg("views.md doesn't say what %s.%s is", view, rows.names[i]);
        }
    }
    rows_deinit(&rows);
    free(body);
}

static void test_documents(void **state)
{
    char *document = read_document(TESTS_DIR "/../engine/store/views.md");
    for (size_t i = 0; store_views_sql[i] != NULL; i++) {
        char view[40];
        assert_int_equal(sscanf(store_views_sql[i], "CREATE VIEW %39s AS", view), 1);
        expect_documented(*state, document, view);
    }
    free(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_views, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_interval, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_find, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_indexes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_documents, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
