// drumbeat parked: input that couldn't be handled, and what a person decides about it.

#include <stdio.h>
#include <string.h>

#include "app/cmd.h"
#include "app/stuck.h"

#define OUT_MAX ((size_t)64 << 20)
#define SETTLE "Events: drumbeat parked --db FILE --replay N; anything: --discard N\n"

static void put_status(const struct rows *rows, size_t row, struct term_table *table)
{
    const int64_t behind = rows_int(rows, row, "behind");
    const int64_t holds = rows_int(rows, row, "holds");
    if (behind != 0) {
        term_table_cell(table, "behind %lld", (long long)behind);
    } else if (holds != 0) {
        term_table_cell(table, "waiting +%lld", (long long)holds);
    } else {
        term_table_cell(table, "%s", rows_text(rows, row, "status"));
    }
}

// Whose order it is about: members' names stay in the file.
static void put_about(const struct rows *rows, size_t row, struct term_table *table)
{
    const char *order = rows_text(rows, row, "order");
    const int64_t member = rows_int(rows, row, "member");
    if (member != 0) {
        term_table_cell(table, "#%lld%s%s", (long long)member, order[0] == '\0' ? "" : " ", order);
    } else {
        term_table_cell(table, "%s", order);
    }
}

static void print_table(const struct stuck *stuck, const struct rows *rows)
{
    char at[STUCK_TIME_SIZE];
    struct term_table table;
    bool holds = false;
    bool about = false;
    for (size_t row = 0; row < rows->count; row++) {
        about |= rows_int(rows, row, "member") != 0 || rows_text(rows, row, "order")[0] != '\0';
    }
    term_table_init(&table, about ? ">parked|status|at|kind|source|about|+error"
                                  : ">parked|status|at|kind|source|+error");
    for (size_t row = 0; row < rows->count; row++) {
        stuck_time(stuck, rows_int(rows, row, "at"), at);
        term_table_cell(&table, "%lld", (long long)rows_int(rows, row, "parked"));
        put_status(rows, row, &table);
        term_table_cell(&table, "%s", at);
        term_table_cell(&table, "%s", rows_text(rows, row, "kind"));
        term_table_cell(&table, "%s", rows_text(rows, row, "source"));
        if (about) {
            put_about(rows, row, &table);
        }
        holds |= rows_int(rows, row, "holds") != 0;
        // That it waits stands in its status.
        const bool waits = rows_int(rows, row, "behind") != 0;
        term_table_cell(&table, "%s", waits ? "" : rows_text(rows, row, "error"));
    }
    stuck_print_table(stuck, &table,
                      !holds ? SETTLE
                             : SETTLE "+N: so many of the same member or order wait behind it, "
                                      "and follow it\n");
}

static void print_halted(const struct stuck *stuck, const struct rows *rows)
{
    char since[STUCK_TIME_SIZE];
    struct term_table table;
    term_table_init(&table, "halted|name|since|>kept|+error");
    for (size_t row = 0; row < rows->count; row++) {
        stuck_time(stuck, rows_int(rows, row, "since"), since);
        term_table_cell(&table, "%s", rows_text(rows, row, "kind"));
        term_table_cell(&table, "%s", rows_text(rows, row, "name"));
        term_table_cell(&table, "%s", since);
        term_table_cell(&table, "%lld", (long long)rows_int(rows, row, "kept"));
        term_table_cell(&table, "%s", rows_text(rows, row, "error"));
    }
    stuck_print_table(stuck, &table,
                      "They go on when the engine starts again with the playbook mended; as it is: "
                      "--resume PLAYBOOK\n");
}

static void print_both(const struct stuck *stuck, const struct rows *rows,
                       const struct rows *halted)
{
    if (cli_has(stuck->cli, "json")) {
        struct buf json;
        buf_init(&json, OUT_MAX);
        buf_puts(&json, "{\"schema\":\"drumbeat.parked/1\",\"rows\":");
        rows_put_array(rows, &json);
        buf_puts(&json, ",\"halted\":");
        rows_put_array(halted, &json);
        buf_puts(&json, "}\n");
        fwrite(json.data, 1, json.size, stdout);
        buf_deinit(&json);
        return;
    }
    if (rows->count + halted->count == 0) {
        printf("nothing is parked\n");
    }
    if (rows->count > 0) {
        print_table(stuck, rows);
    }
    if (halted->count > 0) {
        print_halted(stuck, halted);
    }
}

static int list(struct cli *cli)
{
    struct stuck stuck;
    struct rows rows;
    struct rows halted;
    struct err e = {0};
    if (!stuck_open(&stuck, cli, &e)) {
        return cli_fail(cli, &e);
    }
    const char *sql =
        cli_has(cli, "all")
            ? "SELECT * FROM v_parked ORDER BY parked"
            : "SELECT * FROM v_parked WHERE status IN ('waiting', 'behind') ORDER BY parked";
    bool ok = stuck_read(&stuck, sql, &rows, &e);
    if (ok) {
        ok = stuck_read(&stuck, "SELECT * FROM v_halted ORDER BY since, day, name, \"group\"",
                        &halted, &e);
        if (ok) {
            print_both(&stuck, &rows, &halted);
            rows_deinit(&halted);
        }
        rows_deinit(&rows);
    }
    stuck_close(&stuck);
    return ok ? EXIT_OK : cli_fail(cli, &e);
}

// Its event in hex, or why there is nothing to decide.
static bool find_parked(struct stuck *stuck, int64_t id, bool again, struct buf *hex, struct err *e)
{
    char sql[240];
    struct rows rows;
    snprintf(sql, sizeof(sql),
             "SELECT v.status, v.behind, v.kind, lower(hex(p.body)) AS body FROM v_parked v JOIN "
             "parked p"
             " ON p.id = v.parked WHERE v.parked = %lld",
             (long long)id);
    if (!stuck_read(stuck, sql, &rows, e)) {
        return false;
    }
    bool ok =
        rows.count == 1 || err_set(e, ERR_INVALID, "nothing is parked as %lld", (long long)id);
    const bool behind = ok && strcmp(rows_text(&rows, 0, "status"), "behind") == 0;
    if (behind && again) {
        ok = err_set(e, ERR_INVALID, "parked %lld waits behind %lld: settle that one",
                     (long long)id, (long long)rows_int(&rows, 0, "behind"));
    } else if (ok && !behind && strcmp(rows_text(&rows, 0, "status"), "waiting") != 0) {
        ok = err_set(e, ERR_INVALID, "parked %lld was %s before", (long long)id,
                     rows_text(&rows, 0, "status"));
    } else if (ok && again && strcmp(rows_text(&rows, 0, "kind"), "event") != 0) {
        ok = err_set(e, ERR_INVALID,
                     "parked %lld is a %s: only events can be replayed; --discard it",
                     (long long)id, rows_text(&rows, 0, "kind"));
    } else if (ok && again) {
        buf_puts(hex, rows_text(&rows, 0, "body"));
    }
    rows_deinit(&rows);
    return ok;
}

static int settle(struct cli *cli, int64_t id, bool again)
{
    struct stuck stuck;
    struct buf hex;
    struct err e = {0};
    char done[100];
    if (!stuck_open(&stuck, cli, &e)) {
        return cli_fail(cli, &e);
    }
    buf_init(&hex, OUT_MAX);
    const bool found = find_parked(&stuck, id, again, &hex, &e);
    stuck_close(&stuck);
    const char *how = again ? "replayed" : "discarded";
    snprintf(done, sizeof(done), "parked %lld: %s", (long long)id, how);
    struct event event = {.kind = EVENT_OPERATOR,
                          .text = slice_of("parked"),
                          .code = {hex.data, (uint32_t)hex.size},
                          .how = slice_of(how),
                          .by = slice_of("operator"),
                          .ref = id};
    const int code = found ? stuck_decide(cli, &event, done) : cli_fail(cli, &e);
    buf_deinit(&hex);
    return code;
}

static int resume(struct cli *cli)
{
    const char *playbook = cli_text(cli, "resume", "");
    char done[200];
    snprintf(done, sizeof(done), "%s: goes on", playbook);
    struct event event = {.kind = EVENT_OPERATOR,
                          .text = slice_of("resume"),
                          .code = slice_of(playbook),
                          .by = slice_of("operator")};
    return stuck_decide(cli, &event, done);
}

int cmd_parked(struct cli *cli)
{
    const bool again = cli_has(cli, "replay");
    if (again + cli_has(cli, "discard") + cli_has(cli, "resume") > 1) {
        return cli_usage(cli, "give either --replay, --discard or --resume");
    }
    if (cli_has(cli, "resume")) {
        return resume(cli);
    }
    if (!again && !cli_has(cli, "discard")) {
        return list(cli);
    }
    return settle(cli, cli_number(cli, again ? "replay" : "discard", 0), again);
}
