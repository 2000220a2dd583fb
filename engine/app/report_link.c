// The report's part on connectors: what came from each, what went out through it. A rehearsal has
// none.
#include "app/report_page.h"
#include "app/term.h"

bool report_connectors(struct page *page)
{
    struct rows rows;
    if (!page_read(page, &rows, "v_connector", "ORDER BY name")) {
        return false;
    }
    struct term_table table;
    term_table_init(&table, page_word(page, W_CONNECTOR_HEADS));
    for (size_t row = 0; row < rows.count; row++) {
        const int64_t last_at = rows_int(&rows, row, "last_at");
        term_table_cell(&table, "%s", rows_text(&rows, row, "name"));
        term_table_cell(&table, "%s", cell_count(page, &rows, row, "events"));
        term_table_cell(&table, "%s", cell_count(page, &rows, row, "refused"));
        term_table_cell(&table, "%s %s", last_at == 0 ? "-" : page_date(page, last_at),
                        last_at == 0 ? "" : page_clock(page, last_at));
        term_table_cell(&table, "%s", cell_count(page, &rows, row, "sent"));
        term_table_cell(&table, "%s", cell_count(page, &rows, row, "failed"));
        term_table_cell(&table, "%s", cell_count(page, &rows, row, "waiting"));
    }
    if (rows.count > 0 && !page->options->rehearsal) {
        page_head(page, W_CONNECTORS, NULL);
        page_table(page, &table);
    } else {
        term_table_deinit(&table);
    }
    rows_deinit(&rows);
    return true;
}
