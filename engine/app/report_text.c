// The report for people.
#include "app/report.h"
#include "app/report_rows.h"

bool report_text(struct store *store, const struct report_options *options, const struct term *term,
                 struct buf *out, struct err *e)
{
    struct rows rows;
    if (options->rehearsal) {
        term_style(term, out, TERM_WARN, "REHEARSAL: simulated people, not a forecast");
        buf_puts(out, "\n\n");
    }
    if (!rows_read_view(&rows, store, "v_summary", "", options->campaign, e)) {
        return false;
    }
    struct term_table table;
    term_table_init(&table, "figure|>value");
    for (size_t i = 1; i < rows.columns && rows.count > 0; i++) {
        term_table_cell(&table, "%s", rows.names[i]);
        term_table_cell(&table, "%.10g", rows_real(&rows, 0, rows.names[i]));
    }
    term_table_print(&table, term, 1, out);
    term_table_deinit(&table);
    rows_deinit(&rows);
    return true;
}
