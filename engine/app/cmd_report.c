// drumbeat report: what came of a campaign, read from its database, also while an engine runs.
#include <stdio.h>
#include <string.h>

#include "app/cmd.h"
#include "app/report.h"
#include "app/report_rows.h"
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
    return cli_has(cli, "json") ? report_json(store, &options, out, e)
                                : report_text(store, &options, &cli->out, out, e);
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
