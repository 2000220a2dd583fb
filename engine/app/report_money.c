// The sections on promises, the funnel, revenue and budgets.
#include <inttypes.h>
#include <string.h>

#include "app/report_page.h"
#include "base/utf8.h"

#define PROMISES_TEXT_MAX ((size_t)1 << 20)
#define BAR_CELLS 10
#define SKUS_SHOWN 40  // Bytes; the view has them all.

// --- Promises. ---

static const char *promise_name(struct page *page, const struct rows *rows, size_t row)
{
    static const struct {
        const char *promise;
        enum report_word word;
    } NAMES[] = {
        {"ledger", W_LEDGER},
        {"quiet_hours", W_QUIET},
        {"announcements_on_time", W_ON_TIME},
        {"one_prize", W_ONE_PRIZE},
        {"draws_provable", W_PROVABLE},
        {"margin_floor", W_FLOOR},
    };
    const char *text = rows_text(rows, row, "text");
    const char *promise = rows_text(rows, row, "promise");
    if (*text != '\0') {
        return text;
    }
    if (strncmp(promise, "budget:", 7) == 0) {
        return arena_printf(&page->arena, "%s %s", page_word(page, W_BUDGET), promise + 7);
    }
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (strcmp(promise, NAMES[i].promise) == 0) {
            return page_word(page, NAMES[i].word);
        }
    }
    return promise;
}

static const char *promise_value(struct page *page, const struct rows *rows, size_t row,
                                 const char *column, const char *unit)
{
    if (rows_is_null(rows, row, column)) {
        return "-";
    }
    const int64_t value = rows_int(rows, row, column);
    if (strcmp(unit, "money") == 0) {
        return page_money(page, value);
    }
    if (strcmp(unit, "share") == 0) {
        return page_share(page, (double)value / 10000);
    }
    if (strcmp(unit, "hundredths") == 0) {
        return arena_printf(&page->arena, "%.2f", (double)value / 100);
    }
    if (strcmp(unit, "ms") == 0) {
        return arena_printf(&page->arena, "%.1f s", (double)value / 1000);
    }
    return page_count(page, value);
}

static void promise_row(struct page *page, struct term_table *table, const struct rows *rows,
                        size_t row)
{
    const char *unit = rows_text(rows, row, "unit");
    const bool least = strcmp(rows_text(rows, row, "sense"), "at_least") == 0;
    const int64_t bound = rows_int(rows, row, "bound");
    const char *sign = least ? "≥ " : bound == 0 ? "" : "≤ ";
    term_table_cell(table, "%s", page_word(page, rows_int(rows, row, "kept") != 0 ? W_OK : W_BAD));
    term_table_cell(table, "%s", promise_name(page, rows, row));
    term_table_cell(table, "%s", promise_value(page, rows, row, "value", unit));
    term_table_cell(table, "%s%s", sign, promise_value(page, rows, row, "bound", unit));
    term_table_cell(table, "%s",
                    promise_value(page, rows, row, "spare", rows_text(rows, row, "spare_unit")));
}

// The table's lines; those of broken promises stand out where colour is seen.
static void promise_print(struct page *page, const struct term_table *table,
                          const struct rows *rows)
{
    struct buf text;
    buf_init(&text, PROMISES_TEXT_MAX);
    term_table_print(table, page->term, 1, &text);
    char *line = text.data;
    for (size_t row = 0; line != NULL && *line != '\0'; row++) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        const bool broken = row > 0 && row <= rows->count && rows_int(rows, row - 1, "kept") == 0;
        const char *detail = broken ? rows_text(rows, row - 1, "detail") : "";
        term_style(page->term, page->out, broken ? TERM_BAD : TERM_PLAIN, line);
        buf_putc(page->out, '\n');
        if (*detail != '\0') {
            buf_puts(page->out, "     ");
            term_wrap(page->out, detail, 5, 5, page->term->width);
            buf_putc(page->out, '\n');
        }
        line = end == NULL ? NULL : end + 1;
    }
    buf_deinit(&text);
}

bool report_promises(struct page *page)
{
    struct rows rows;
    if (!page_read(page, &rows, "v_promise", "ORDER BY number, promise")) {
        return false;
    }
    page->broken = rows_broken(&rows);
    struct term_table table;
    term_table_init(&table, page_word(page, W_PROMISE_HEADS));
    for (size_t row = 0; row < rows.count; row++) {
        promise_row(page, &table, &rows, row);
    }
    page_head(page, W_PROMISES,
              arena_printf(&page->arena, "%zu %s, %zu %s", rows.count - page->broken,
                           page_word(page, W_KEPT), page->broken, page_word(page, W_BROKEN)));
    if (rows.count > 0) {
        promise_print(page, &table, &rows);
    }
    term_table_deinit(&table);
    rows_deinit(&rows);
    return true;
}

// --- Funnel and revenue. ---

bool report_funnel(struct page *page)
{
    static const enum report_word STEPS[] = {W_MEMBERS,      W_VISITED,        W_INTERESTED,
                                             W_PAID,         W_FAVORITED,      W_CARTED,
                                             W_VISITED_PAID, W_FAVORITED_PAID, W_CARTED_PAID};
    struct rows rows;
    if (!page_read(page, &rows, "v_funnel", "ORDER BY step")) {
        return false;
    }
    page_head(page, W_FUNNEL, NULL);
    const int64_t most = rows.count > 0 ? rows_int(&rows, 0, "people") : 0;
    struct term_table table;
    term_table_init(&table, page_word(page, W_FUNNEL_HEADS));
    for (size_t row = 0; row < rows.count; row++) {
        struct buf bar;
        buf_init(&bar, PROMISES_TEXT_MAX);
        const int64_t people = rows_int(&rows, row, "people");
        term_bar(&bar, most > 0 ? (double)people / (double)most : 0, BAR_CELLS);
        term_table_cell(&table, "%s",
                        page_word(page, STEPS[(size_t)rows_int(&rows, row, "step") - 1]));
        term_table_cell(&table, "%s", page_count(page, people));
        term_table_cell(&table, "%s", cell_share(page, &rows, row, "of_members"));
        term_table_cell(&table, "%s", cell_share(page, &rows, row, "of_uv"));
        term_table_cell(&table, "%s", row < 4 ? bar.data : "");
        buf_deinit(&bar);
    }
    page_table(page, &table);
    rows_deinit(&rows);
    return true;
}

// What fits neither the catalogue nor the orders: nothing where all does.
static bool revenue_unmatched(struct page *page, struct term_table *table)
{
    struct rows rows;
    if (!page_read(page, &rows, "v_unmatched", "")) {
        return false;
    }
    if (rows.count > 0 && rows_int(&rows, 0, "unknown_goods") > 0) {
        term_table_cell(table, "%s", page_word(page, W_UNKNOWN_GOODS));
        const char *skus = rows_text(&rows, 0, "skus");
        const size_t shown = utf8_cut(skus, strlen(skus), SKUS_SHOWN);
        term_table_cell(table, "%s (%.*s%s)", cell_count(page, &rows, 0, "unknown_goods"),
                        (int)shown, skus, skus[shown] == '\0' ? "" : " …");
    }
    if (rows.count > 0 && rows_int(&rows, 0, "refused_refunds") > 0) {
        term_table_cell(table, "%s", page_word(page, W_REFUSED_REFUNDS));
        term_table_cell(table, "%s (%s)", cell_count(page, &rows, 0, "refused_refunds"),
                        cell_money(page, &rows, 0, "refused_refunded"));
    }
    rows_deinit(&rows);
    return true;
}

bool report_revenue(struct page *page)
{
    static const struct {
        enum report_word word;
        const char *column;
        bool money;
    } FIGURES[] = {
        {W_GROSS, "gross", true},
        {W_REFUNDED, "refunded", true},
        {W_DISCOUNT, "discount", true},
        {W_PER_ITEM, "revenue_per_item", true},
        {W_PER_ORDER, "revenue_per_order", true},
        {W_PER_PAYER, "revenue_per_payer", true},
        {W_ORDERS, "orders", false},
        {W_CANCELLED, "cancelled", false},
        {W_ITEMS, "items", false},
    };
    const struct rows *rows = page->summary;
    page_head(page, W_REVENUE, NULL);
    struct term_table table;
    // The head is the figure that counts most.
    term_table_init(&table,
                    arena_printf(&page->arena, "%s|>%s", page_word(page, W_NET),
                                 rows->count > 0 ? cell_money(page, rows, 0, "revenue") : "-"));
    for (size_t i = 0; i < sizeof(FIGURES) / sizeof(FIGURES[0]) && rows->count > 0; i++) {
        term_table_cell(&table, "%s", page_word(page, FIGURES[i].word));
        term_table_cell(&table, "%s",
                        FIGURES[i].money ? cell_money(page, rows, 0, FIGURES[i].column)
                                         : cell_count(page, rows, 0, FIGURES[i].column));
    }
    term_table_cell(&table, "%s", page_word(page, W_ITEMS_PER_PAYER));
    term_table_cell(&table, "%.2f", rows->count > 0 ? rows_real(rows, 0, "items_per_payer") : 0.0);
    const bool ok = revenue_unmatched(page, &table);
    page_table(page, &table);
    return ok;
}

// --- Budgets. ---

bool report_budgets(struct page *page)
{
    struct rows rows;
    if (!page_read(page, &rows, "v_budget", "ORDER BY budget")) {
        return false;
    }
    struct term_table table;
    term_table_init(&table, page_word(page, W_BUDGET_HEADS));
    for (size_t row = 0; row < rows.count; row++) {
        const double cap = rows_real(&rows, row, "cap");
        const double used = rows_real(&rows, row, "spent") + rows_real(&rows, row, "reserved");
        term_table_cell(&table, "%s", rows_text(&rows, row, "budget"));
        term_table_cell(&table, "%s", cell_money(page, &rows, row, "cap"));
        term_table_cell(&table, "%s", cell_money(page, &rows, row, "spent"));
        term_table_cell(&table, "%s", cell_money(page, &rows, row, "reserved"));
        term_table_cell(&table, "%s", cell_money(page, &rows, row, "left"));
        term_table_cell(&table, "%s", cell_count(page, &rows, row, "refused"));
        term_table_cell(&table, "%s", cap > 0 ? page_share(page, used / cap) : "-");
    }
    if (rows.count > 0) {
        page_head(page, W_BUDGETS, NULL);
        page_table(page, &table);
    } else {
        term_table_deinit(&table);
    }
    rows_deinit(&rows);
    return true;
}

// --- Promotions: nothing where a campaign has none. ---

bool report_promotions(struct page *page)
{
    struct rows rows;
    if (!page_read(page, &rows, "v_promotions", "ORDER BY promotion")) {
        return false;
    }
    struct term_table table;
    term_table_init(&table, page_word(page, W_PROMOTION_HEADS));
    for (size_t row = 0; row < rows.count; row++) {
        const bool budget = !rows_is_null(&rows, row, "budget");
        term_table_cell(&table, "%s", rows_text(&rows, row, "name"));
        term_table_cell(&table, "%s", cell_count(page, &rows, row, "used"));
        term_table_cell(&table, "%s", cell_count(page, &rows, row, "uses_left"));
        term_table_cell(&table, "%s", cell_count(page, &rows, row, "returned"));
        term_table_cell(&table, "%s", cell_count(page, &rows, row, "members"));
        term_table_cell(&table, "%s", cell_money(page, &rows, row, "money"));
        term_table_cell(&table, "%s", budget ? rows_text(&rows, row, "budget") : "-");
        term_table_cell(&table, "%s", cell_money(page, &rows, row, "budget_left"));
    }
    if (rows.count > 0) {
        page_head(page, W_PROMOTIONS, NULL);
        page_table(page, &table);
    } else {
        term_table_deinit(&table);
    }
    rows_deinit(&rows);
    return true;
}
