// drumbeat outbox: effects that are not simply sent, and what a person says became of one.

#include <stdio.h>
#include <string.h>

#include "app/cmd.h"
#include "app/stuck.h"
#include "base/utf8.h"

#define TEXT_CELLS 24  // Of what was to be said.

// A text that addresses her by name shows her number instead.
#define COLUMNS                                                                                    \
    "SELECT effect, status, op, kind, ext AS \"group\", member,"                                   \
    " replace(coalesce(json_extract(body, '$.text'), ''), coalesce((SELECT name FROM members m"    \
    " WHERE m.id = v_outbox.member), ''), '#' || member) AS text, since, expires, sent_at,"        \
    " attempts, error, policy, todo FROM v_outbox"

static void put_row(const struct stuck *stuck, const struct rows *rows, size_t row,
                    struct term_table *table)
{
    char since[STUCK_TIME_SIZE];
    const char *text = rows_text(rows, row, "text");
    const size_t size = strcspn(text, "\n");
    const size_t fits = utf8_fit(text, size, TEXT_CELLS);
    const int64_t member = rows_int(rows, row, "member");
    stuck_time(stuck, rows_int(rows, row, "since"), since);
    term_table_cell(table, "%lld", (long long)rows_int(rows, row, "effect"));
    term_table_cell(table, "%s", rows_text(rows, row, "status"));
    term_table_cell(table, "%s", since);
    if (member != 0) {
        term_table_cell(table, "%s #%lld", rows_text(rows, row, "group"), (long long)member);
    } else {
        term_table_cell(table, "%s", rows_text(rows, row, "group"));
    }
    const char *kind = rows_text(rows, row, "kind");
    term_table_cell(table, "%s", kind[0] == '\0' ? rows_text(rows, row, "op") : kind);
    term_table_cell(table, "%.*s%s", (int)fits, text, text[fits] == '\0' ? "" : "…");
    term_table_cell(table, "%lld", (long long)rows_int(rows, row, "attempts"));
    term_table_cell(table, "%s", rows_text(rows, row, "error"));
}

// What to do, once for each state that is there.
static void put_advice(const struct rows *rows, struct buf *out)
{
    for (size_t row = 0; row < rows->count; row++) {
        const char *todo = rows_text(rows, row, "todo");
        const bool told = todo[0] == '\0' || (out->size > 0 && strstr(out->data, todo) != NULL);
        if (!told) {
            buf_printf(out, "%s: %s\n", rows_text(rows, row, "status"), todo);
        }
    }
}

static void print_table(const struct stuck *stuck, const struct rows *rows)
{
    struct term_table table;
    struct buf advice;
    term_table_init(&table, ">effect|status|since|to|kind|text|>tried|+error");
    for (size_t row = 0; row < rows->count; row++) {
        put_row(stuck, rows, row, &table);
    }
    buf_init(&advice, 4096);
    put_advice(rows, &advice);
    buf_puts(&advice, "Settle one: drumbeat outbox --db FILE --resolve EFFECT sent|failed|again\n");
    stuck_print_table(stuck, &table, advice.data);
    buf_deinit(&advice);
}

static int list(struct cli *cli)
{
    struct stuck stuck;
    struct rows rows;
    struct err e = {0};
    if (!stuck_open(&stuck, cli, &e)) {
        return cli_fail(cli, &e);
    }
    const char *sql = cli_has(cli, "all") ? COLUMNS " ORDER BY effect"
                                          : COLUMNS " WHERE status <> 'sent' ORDER BY effect";
    const bool ok = stuck_read(&stuck, sql, &rows, &e);
    if (ok && cli_has(cli, "json")) {
        stuck_print_json("drumbeat.outbox/1", &rows);
    } else if (ok && rows.count == 0) {
        printf("nothing: all that was to go out was sent\n");
    } else if (ok) {
        print_table(&stuck, &rows);
    }
    if (ok) {
        rows_deinit(&rows);
    }
    stuck_close(&stuck);
    return ok ? EXIT_OK : cli_fail(cli, &e);
}

// Its key, or why there is nothing to decide.
static bool find_effect(struct stuck *stuck, int64_t id, const char *what, char key[33],
                        struct err *e)
{
    char sql[200];
    struct rows rows;
    snprintf(sql, sizeof(sql),
             "SELECT printf('%%016x%%016x', key_high, key_low) AS key, status FROM outbox"
             " WHERE id = %lld",
             (long long)id);
    if (!rows_read(&rows, stuck->store, sql, 0, e)) {
        return false;
    }
    bool ok = rows.count == 1 || err_set(e, ERR_INVALID, "there is no effect %lld", (long long)id);
    const int64_t status = ok ? rows_int(&rows, 0, "status") : 0;
    if (ok && (status == 2 || status == 5)) {
        ok = err_set(e, ERR_INVALID, "effect %lld %s: there is nothing to decide", (long long)id,
                     status == 2 ? "was sent" : "has expired");
    } else if (ok && ((status == 0 && strcmp(what, "again") == 0) ||
                      (status == 3 && strcmp(what, "failed") == 0))) {
        ok = err_set(e, ERR_INVALID, "effect %lld %s", (long long)id,
                     status == 0 ? "waits to be sent" : "has failed already");
    }
    if (ok) {
        snprintf(key, 33, "%s", rows_text(&rows, 0, "key"));
    }
    rows_deinit(&rows);
    return ok;
}

static int resolve(struct cli *cli, int64_t id, const char *what)
{
    struct stuck stuck;
    struct err e = {0};
    char key[33];
    char done[100];
    if (!stuck_open(&stuck, cli, &e)) {
        return cli_fail(cli, &e);
    }
    const bool found = find_effect(&stuck, id, what, key, &e);
    stuck_close(&stuck);
    if (!found) {
        return cli_fail(cli, &e);
    }
    const bool again = strcmp(what, "again") == 0;
    snprintf(done, sizeof(done), "effect %lld: %s", (long long)id,
             again ? "ready, it goes out when the engine runs" : what);
    struct event event = {.kind = EVENT_OPERATOR,
                          .text = slice_of("outbox"),
                          .to = slice_of(key),
                          .how = slice_of(what),
                          .by = slice_of("operator"),
                          .ref = id};
    return stuck_decide(cli, &event, done);
}

int cmd_outbox(struct cli *cli)
{
    const char *what = cli_arg(cli, 0, "");
    if (!cli_has(cli, "resolve")) {
        return what[0] == '\0' ? list(cli) : cli_usage(cli, "'%s' needs --resolve N", what);
    }
    if (strcmp(what, "sent") != 0 && strcmp(what, "failed") != 0 && strcmp(what, "again") != 0) {
        return cli_usage(cli, "say what became of it: sent, failed or again");
    }
    return resolve(cli, cli_number(cli, "resolve", 0), what);
}
