// Which campaign, and the few figures that programs of ours need.
#include "app/report.h"

#include <string.h>

#include "app/report_rows.h"

bool report_figures(struct store *store, uint32_t campaign, struct report_figures *out,
                    struct err *e)
{
    struct rows rows;
    *out = (struct report_figures){.members = 0};
    if (!rows_read_view(&rows, store, "v_summary", "", campaign, e)) {
        return false;
    }
    if (rows.count == 0) {
        rows_deinit(&rows);
        return err_set(e, ERR_INVALID, "there is no campaign %u", campaign);
    }
    out->members = rows_int(&rows, 0, "members");
    out->payers = rows_int(&rows, 0, "payers");
    out->revenue = rows_int(&rows, 0, "revenue");
    out->paid_share = rows_real(&rows, 0, "paid_share");
    out->items_per_payer = rows_real(&rows, 0, "items_per_payer");
    out->gift_paid_share = rows_real(&rows, 0, "gift_paid_share");
    rows_deinit(&rows);
    return true;
}

bool report_find_campaign(struct store *store, const char *name, uint32_t *campaign, struct err *e)
{
    struct rows rows;
    if (!rows_read(&rows, store, "SELECT campaign, name FROM v_campaign ORDER BY campaign", 0, e)) {
        return false;
    }
    bool found = false;
    for (size_t i = 0; i < rows.count; i++) {
        if (name == NULL || strcmp(rows_text(&rows, i, "name"), name) == 0) {
            *campaign = (uint32_t)rows_int(&rows, i, "campaign");
            found = true;
        }
    }
    if (!found && rows.count == 0) {
        err_set(e, ERR_INVALID, "there is no campaign in this file yet");
    } else if (!found) {
        err_set(e, ERR_INVALID, "there is no campaign '%s'; the latest is '%s'", name,
                rows_text(&rows, rows.count - 1, "name"));
    }
    rows_deinit(&rows);
    return found;
}
