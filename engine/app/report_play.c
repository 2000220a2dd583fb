// The sections on growth, games, cohorts, buyers, groups and segments.
#include <string.h>

#include "app/report_page.h"

#define GROUPS_SHOWN 12  // Campaigns with more groups are shown by segment, and their best groups.
#define GAMES_SHOWN 40
#define BUYERS_SHOWN 10

static bool play_read(struct page *page, struct rows *rows, const char *sql)
{
    return rows_read(rows, page->store, sql, page->options->campaign, page->e);
}

// --- Growth. ---

// Below the table: " day 1 new-1: stall 170 17:00, switch 18:00"
static void growth_events(struct page *page, const struct rows *rows, size_t row)
{
    const bool stalled = !rows_is_null(rows, row, "stalled_at");
    const bool switched = !rows_is_null(rows, row, "switched_at");
    if (!stalled && !switched) {
        return;
    }
    buf_printf(page->out, " %s %s%s %s:", page_word(page, W_DAY),
               cell_count(page, rows, row, "day"), page_word(page, W_DAY_AFTER),
               rows_text(rows, row, "who"));
    if (stalled) {
        buf_printf(page->out, " %s %s %s", page_word(page, W_STALL),
                   cell_count(page, rows, row, "stalled_members"),
                   page_clock(page, rows_int(rows, row, "stalled_at")));
    }
    if (switched) {
        buf_printf(page->out, "%s %s %s", stalled ? "," : "", page_word(page, W_SWITCHED),
                   page_clock(page, rows_int(rows, row, "switched_at")));
    }
    buf_putc(page->out, '\n');
}

bool report_growth(struct page *page)
{
    static const char *const COUNTS[] = {"joins", "leaves", "effective", "rejected", "queued"};
    struct rows rows;
    // With many groups: their sums by segment.
    if (!play_read(page, &rows,
                   "SELECT day, CASE WHEN n > 12 THEN segment ELSE ext END AS who,"
                   " sum(joins) AS joins, sum(leaves) AS leaves, sum(effective) AS effective,"
                   " sum(rejected) AS rejected, sum(queued) AS queued,"
                   " CAST(sum(effective) AS REAL) / nullif(sum(exposed), 0) AS k,"
                   " min(stalled_at) AS stalled_at, sum(stalled_members) AS stalled_members,"
                   " min(switched_at) AS switched_at FROM (SELECT *, count(*) OVER"
                   "  (PARTITION BY day) AS n FROM v_growth WHERE campaign = ?1)"
                   " GROUP BY day, who HAVING sum(joins + leaves + invited) <> 0 OR "
                   "max(stalled_at) OR max(switched_at)"
                   " ORDER BY day, who")) {
        return false;
    }
    if (rows.count > 0) {
        struct term_table table;
        term_table_init(&table, page_word(page, W_GROWTH_HEADS));
        for (size_t row = 0; row < rows.count; row++) {
            term_table_cell(&table, "%s", cell_count(page, &rows, row, "day"));
            term_table_cell(&table, "%s", rows_text(&rows, row, "who"));
            for (size_t i = 0; i < sizeof(COUNTS) / sizeof(COUNTS[0]); i++) {
                term_table_cell(&table, "%s", cell_count(page, &rows, row, COUNTS[i]));
            }
            term_table_cell(&table, "%.2f", rows_real(&rows, row, "k"));
        }
        page_head(page, W_GROWTH, NULL);
        page_table(page, &table);
        for (size_t row = 0; row < rows.count; row++) {
            growth_events(page, &rows, row);
        }
    }
    rows_deinit(&rows);
    return true;
}

// --- Games. ---

static void game_row(struct page *page, struct term_table *table, const struct rows *rows,
                     size_t row)
{
    static const char *const COUNTS[] = {"groups", "plays", "wins", "stock", "left"};
    term_table_cell(table, "%s", cell_count(page, rows, row, "day"));
    term_table_cell(table, "%s", rows_text(rows, row, "name"));
    term_table_cell(table, "%s", rows_text(rows, row, "kind"));
    for (size_t i = 0; i < sizeof(COUNTS) / sizeof(COUNTS[0]); i++) {
        term_table_cell(table, "%s", cell_count(page, rows, row, COUNTS[i]));
    }
    term_table_cell(table, "%s", cell_money(page, rows, row, "cost"));
    const char *proof = "";
    if (rows_int(rows, row, "closed") > 0) {
        proof = page_word(page, rows_int(rows, row, "unproven") == 0 ? W_PROVEN : W_UNPROVEN);
    }
    term_table_cell(table, "%s", proof);
}

bool report_games(struct page *page)
{
    struct rows rows;
    if (!play_read(page, &rows,
                   "SELECT day, name, kind, count(*) AS groups, sum(plays) AS plays,"
                   " sum(wins) AS wins, sum(stock) AS stock, sum(\"left\") AS \"left\","
                   " sum(cost) AS cost, sum(chance AND status = 'closed') AS closed,"
                   " sum(chance AND status = 'closed' AND plays > 0"
                   "  AND (commitment = '' OR receipt_hash = '')) AS unproven"
                   " FROM v_game WHERE campaign = ?1 AND status <> 'cancelled'"
                   " GROUP BY day, name, kind ORDER BY day, min(opened_at), name")) {
        return false;
    }
    if (rows.count > 0) {
        struct term_table table;
        term_table_init(&table, page_word(page, W_GAME_HEADS));
        for (size_t row = 0; row < rows.count && row < GAMES_SHOWN; row++) {
            game_row(page, &table, &rows, row);
        }
        page_head(page, W_GAMES, NULL);
        page_table(page, &table);
        page_more(page, rows.count > GAMES_SHOWN ? rows.count - GAMES_SHOWN : 0);
    }
    rows_deinit(&rows);
    return true;
}

// --- Cohorts and buyers. ---

bool report_cohorts(struct page *page)
{
    static const enum report_word WHO[] = {W_C_GIFT, W_C_VOUCHER, W_C_CARD, W_C_EVERYONE};
    struct rows rows;
    if (!page_read(page, &rows, "v_cohort", "AND count > 0 ORDER BY number")) {
        return false;
    }
    if (rows.count > 0) {
        struct term_table table;
        term_table_init(&table, page_word(page, W_COHORT_HEADS));
        for (size_t row = 0; row < rows.count; row++) {
            term_table_cell(&table, "%s",
                            page_word(page, WHO[(size_t)rows_int(&rows, row, "number") - 1]));
            term_table_cell(&table, "%s", cell_count(page, &rows, row, "count"));
            term_table_cell(&table, "%s", cell_count(page, &rows, row, "payers"));
            term_table_cell(&table, "%s", cell_share(page, &rows, row, "share"));
            if (rows_is_null(&rows, row, "low")) {
                term_table_cell(&table, "-");
            } else {
                term_table_cell(&table, "%.1f – %.1f", rows_real(&rows, row, "low") * 100,
                                rows_real(&rows, row, "high") * 100);
            }
            term_table_cell(&table, "%s", cell_money(page, &rows, row, "mean_spend"));
            term_table_cell(&table, "%s", cell_money(page, &rows, row, "spend_per_payer"));
        }
        page_head(page, W_COHORTS, page_word(page, W_SMALL));
        page_table(page, &table);
    }
    rows_deinit(&rows);
    return true;
}

static const char *buyer_had(struct page *page, const struct rows *rows, size_t row)
{
    const int64_t vouchers = rows_int(rows, row, "vouchers");
    const char *gift = rows_int(rows, row, "gift") != 0 ? page_word(page, W_H_GIFT) : "";
    const char *card = rows_int(rows, row, "card") != 0 ? page_word(page, W_H_CARD) : "";
    const char *some = vouchers == 0
                           ? ""
                           : arena_printf(&page->arena, "%s ×%s", page_word(page, W_H_VOUCHERS),
                                          page_count(page, vouchers));
    return arena_printf(&page->arena, "%s%s%s%s%s", gift, *gift && (*card || *some) ? ", " : "",
                        card, *card && *some ? ", " : "", some);
}

bool report_buyers(struct page *page)
{
    struct rows rows;
    if (!page_read(page, &rows, "v_top_buyer", "ORDER BY place")) {
        return false;
    }
    if (rows.count > 0) {
        struct term_table table;
        term_table_init(&table, page_word(page, W_BUYER_HEADS));
        for (size_t row = 0; row < rows.count && row < BUYERS_SHOWN; row++) {
            term_table_cell(&table, "%s", cell_count(page, &rows, row, "place"));
            term_table_cell(&table, "%s", rows_text(&rows, row, "masked"));
            term_table_cell(&table, "%s", cell_count(page, &rows, row, "items"));
            term_table_cell(&table, "%s", cell_count(page, &rows, row, "orders"));
            term_table_cell(&table, "%s", cell_money(page, &rows, row, "spent"));
            term_table_cell(&table, "%s", buyer_had(page, &rows, row));
        }
        page_head(page, W_BUYERS, NULL);
        page_table(page, &table);
    }
    rows_deinit(&rows);
    return true;
}

// --- Groups and segments. ---

static void group_figures(struct page *page, struct term_table *table, const struct rows *rows,
                          size_t row)
{
    static const char *const COUNTS[] = {"members", "joins", "leaves", "visitors", "payers"};
    for (size_t i = 0; i < sizeof(COUNTS) / sizeof(COUNTS[0]); i++) {
        term_table_cell(table, "%s", cell_count(page, rows, row, COUNTS[i]));
    }
    term_table_cell(table, "%s", cell_share(page, rows, row, "paid_share"));
    term_table_cell(table, "%s", cell_money(page, rows, row, "revenue"));
}

static void group_row(struct page *page, struct term_table *table, const struct rows *rows,
                      size_t row, bool segment)
{
    term_table_cell(table, "%s", rows_text(rows, row, segment ? "segment" : "ext"));
    term_table_cell(table, "%s",
                    segment ? cell_count(page, rows, row, "groups")
                            : rows_text(rows, row, "segment"));
    group_figures(page, table, rows, row);
}

// v_group and v_segment in one statement: the second is sums over the first, made once.
static const char GROUPS_SQL[] =
    "WITH g AS MATERIALIZED (SELECT * FROM v_group WHERE campaign = ?1)"
    " SELECT 0 AS is_segment, ext, segment, 1 AS groups, members, joins, leaves, visitors, payers,"
    " paid_share, revenue FROM g UNION ALL"
    " SELECT 1, '', segment, count(*), sum(members), sum(joins), sum(leaves), sum(visitors),"
    " sum(payers), CAST(sum(payers) AS REAL) / nullif(sum(members), 0), sum(revenue)"
    " FROM g GROUP BY segment ORDER BY is_segment, revenue DESC, segment, ext";

bool report_groups(struct page *page)
{
    struct rows rows;
    if (!play_read(page, &rows, GROUPS_SQL)) {
        return false;
    }
    size_t groups = 0;
    while (groups < rows.count && rows_int(&rows, groups, "is_segment") == 0) {
        groups++;
    }
    if (groups > 0) {
        struct term_table table;
        term_table_init(&table, page_word(page, W_GROUP_HEADS));
        for (size_t row = 0; row < groups && row < GROUPS_SHOWN; row++) {
            group_row(page, &table, &rows, row, false);
        }
        page_head(page, W_GROUPS, NULL);
        page_table(page, &table);
        page_more(page, groups > GROUPS_SHOWN ? groups - GROUPS_SHOWN : 0);
    }
    if (rows.count > groups + 1) {
        struct term_table table;
        term_table_init(&table, page_word(page, W_SEGMENT_HEADS));
        for (size_t row = groups; row < rows.count; row++) {
            group_row(page, &table, &rows, row, true);
        }
        page_head(page, W_SEGMENTS, NULL);
        page_table(page, &table);
    }
    rows_deinit(&rows);
    return true;
}
