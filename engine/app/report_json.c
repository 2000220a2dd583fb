// The report for programs: each key is one view, each object one row of it. See report.md.
#include <string.h>

#include "app/report.h"
#include "app/report_rows.h"
#include "base/json.h"

struct section {
    const char *key;
    const char *view;
    const char *rest;
    bool one;  // An object, not an array.
};

static const struct section SECTIONS[] = {
    {"campaign", "v_campaign", "", true},
    {"promises", "v_promise", "ORDER BY number, promise", false},
    {"summary", "v_summary", "", true},
    {"unmatched", "v_unmatched", "", true},
    {"funnel", "v_funnel", "ORDER BY step", false},
    {"revenue_days", "v_revenue_day", "ORDER BY date", false},
    {"days", "v_day", "ORDER BY day", false},
    {"growth", "v_growth", "ORDER BY day, \"group\"", false},
    {"games", "v_game", "ORDER BY day, game", false},
    {"budgets", "v_budget", "ORDER BY budget", false},
    {"promotions", "v_promotions", "ORDER BY promotion", false},
    {"cohorts", "v_cohort", "ORDER BY number", false},
    {"top_buyers", "v_top_buyer", "ORDER BY place", false},
    {"uv_minutes", "v_uv_minute", "ORDER BY at", false},
    {"interventions", "v_intervention", "ORDER BY at, kind, \"group\"", false},
    {"groups", "v_group", "ORDER BY \"group\"", false},
    {"segments", "v_segment", "ORDER BY segment", false},
    {"connectors", "v_connector", "ORDER BY name", false},
};

bool report_json(struct store *store, const struct report_options *options, struct buf *out,
                 size_t *broken, struct err *e)
{
    *broken = 0;
    buf_puts(out, "{\"schema\":\"drumbeat.report/1\",\"rehearsal\":");
    buf_puts(out, options->rehearsal ? "true" : "false");
    for (size_t i = 0; i < sizeof(SECTIONS) / sizeof(SECTIONS[0]); i++) {
        const struct section *section = &SECTIONS[i];
        struct rows rows;
        if (!rows_read_view(&rows, store, section->view, section->rest, options->campaign, e)) {
            return false;
        }
        if (strcmp(section->view, "v_promise") == 0) {
            *broken = rows_broken(&rows);
        }
        json_key(out, section->key);
        if (!section->one) {
            rows_put_array(&rows, out);
        } else if (rows.count > 0) {
            rows_put_object(&rows, 0, out);
        } else {
            buf_puts(out, "null");
        }
        rows_deinit(&rows);
    }
    buf_puts(out, "}\n");
    return !out->overflow || err_set(e, ERR_FULL, "the report is too large");
}
