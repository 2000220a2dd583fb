// drumbeat report: what came of a campaign, read from its database, also while an engine runs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cmd.h"
#include "app/report.h"
#include "app/report_rows.h"
#include "base/json.h"
#include "base/utf8.h"
#include "core/tables.h"

#define REPORT_MAX ((size_t)64 << 20)

static bool is_rehearsal(struct store *store, uint32_t campaign, bool *rehearsal, struct err *e)
{
    struct rows rows;
    if (!rows_read_view(&rows, store, "v_campaign", "", campaign, e)) {
        return false;
    }
    *rehearsal = rows.count > 0 && rows_int(&rows, 0, "rehearsal") != 0;
    rows_deinit(&rows);
    return true;
}

// --- One view. ---

static bool find_view(struct store *store, const char *view, struct err *e)
{
    struct rows views;
    if (!rows_read(&views, store,
                   "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name", 0, e)) {
        return false;
    }
    const char **names = xcalloc(views.count + 1, sizeof(*names));
    bool found = false;
    for (size_t i = 0; i < views.count; i++) {
        names[i] = rows_text(&views, i, "name");
        found = found || strcmp(names[i], view) == 0;
    }
    if (!found) {
        const char *nearest = text_nearest(view, names, views.count);
        err_set(e, ERR_INVALID, "there is no view '%s'%s%s%s", view,
                nearest != NULL ? "; did you mean '" : "; they are listed in engine/store/views.md",
                nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
    }
    free(names);
    rows_deinit(&views);
    return found;
}

static bool make_view(const struct cli *cli, struct store *store, const char *view,
                      uint32_t campaign, struct buf *out, struct err *e)
{
    struct rows rows;
    if (!find_view(store, view, e) || !rows_read_view(&rows, store, view, "", campaign, e)) {
        return false;
    }
    if (cli_has(cli, "json")) {
        buf_puts(out, "{\"schema\":\"drumbeat.view/1\",\"view\":");
        json_put_z(out, view);
        json_key(out, "rows");
        rows_put_array(&rows, out);
        buf_puts(out, "}\n");
    } else {
        rows_put_table(&rows, &cli->out, out);
    }
    rows_deinit(&rows);
    return !out->overflow || err_set(e, ERR_FULL, "the view is too large: ask SQLite for it");
}

static bool make(const struct cli *cli, struct store *store, struct buf *out, struct err *e)
{
    char again[512];
    struct report_options options = {.again = again, .chinese = cli->lang == CLI_ZH};
    const char *name = cli_text(cli, "campaign", NULL);
    if (!report_find_campaign(store, name, &options.campaign, e) ||
        !is_rehearsal(store, options.campaign, &options.rehearsal, e)) {
        return false;
    }
    snprintf(again, sizeof(again), "drumbeat report --db %s%s%s", cli_text(cli, "db", ""),
             name != NULL ? " --campaign " : "", name != NULL ? name : "");
    const char *view = cli_text(cli, "view", NULL);
    if (view != NULL) {
        return make_view(cli, store, view, options.campaign, out, e);
    }
    size_t broken;  // Said in the report; the exit code only tells whether it could be made.
    return cli_has(cli, "json") ? report_json(store, &options, out, &broken, e)
                                : report_text(store, &options, &cli->out, out, &broken, e);
}

int cmd_report(struct cli *cli)
{
    const struct store_options options = {
        .path = cli_text(cli, "db", NULL),
        .tables = tables_all,
        .table_count = T_COUNT,
        .read_only = true,
    };
    struct store *store;
    struct err e = {0};
    if (!store_open(&store, &options, &e)) {
        return cli_fail(cli, &e);
    }
    struct buf out;
    buf_init(&out, REPORT_MAX);
    const bool ok = make(cli, store, &out, &e);
    if (ok) {
        fwrite(out.data, 1, out.size, stdout);
    }
    buf_deinit(&out);
    store_close(store);
    return ok ? EXIT_OK : cli_fail(cli, &e);
}
