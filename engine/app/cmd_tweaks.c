// drumbeat tweaks: live changes by operators that stand, from the brand's file; the same as a patch
// of campaign.lua (--fold).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cmd.h"
#include "app/fold.h"
#include "app/stuck.h"
#include "base/json.h"
#include "base/money.h"

#define OUT_MAX ((size_t)64 << 20)

static void print_table(const struct stuck *stuck, const struct rows *rows)
{
    char at[STUCK_TIME_SIZE];
    char text[STUCK_WHO_SIZE];
    struct term_table table;
    term_table_init(&table, ">tweak|at|by|class|status|line");
    for (size_t row = 0; row < rows->count; row++) {
        stuck_time(stuck, rows_int(rows, row, "at"), at);
        term_table_cell(&table, "%lld", (long long)rows_int(rows, row, "tweak"));
        term_table_cell(&table, "%s", at);
        term_table_cell(&table, "%s", rows_text(rows, row, "by"));
        term_table_cell(&table, "%s", rows_text(rows, row, "class"));
        stuck_who(rows, row, text);
        term_table_cell(&table, "%s", text);
        term_table_cell(&table, "%s", rows_text(rows, row, "line"));
    }
    stuck_print_table(stuck, &table, "");
}

// --- --fold ---

static void amount_text(int64_t amount, int decimals, char out[48])
{
    char with[48];
    size_t size = 0;
    money_format(amount, decimals, with, sizeof(with));
    for (const char *at = with; *at != '\0'; at++) {
        if (*at != ',') {
            out[size++] = *at;
        }
    }
    out[size] = '\0';
    char *point = strchr(out, '.');
    if (point != NULL && strspn(point + 1, "0") == strlen(point + 1)) {
        *point = '\0';
    }
}

// Amounts as they are now, of budgets and goods that a tweak which stands has changed.
static const char FOLD_SQL[] =
    "WITH t AS (SELECT group_concat(CAST(changes AS TEXT), '') AS all_of FROM tweaks"
    " WHERE status = 1 AND changes IS NOT NULL)"
    " SELECT 'budget' AS what, substr(a.name, 8) AS name, '' AS field, a.opening AS amount,"
    " c.currency FROM accounts a JOIN campaigns c ON c.id = a.campaign, t"
    " WHERE a.name LIKE 'budget:%' AND instr(all_of, '{\"table\":\"accounts\",\"id\":' || a.id || "
    "',') > 0"
    " AND c.id = (SELECT max(id) FROM campaigns)"
    " UNION ALL SELECT 'price', g.sku, 'deal', g.deal, c.currency FROM goods g"
    " JOIN campaigns c ON c.id = g.campaign, t"
    " WHERE instr(all_of, '{\"table\":\"goods\",\"id\":' || g.id || ',\"was\":{\"deal\"') > 0"
    " AND c.id = (SELECT max(id) FROM campaigns)"
    " UNION ALL SELECT 'stock', g.sku, 'stock', g.stock, '' FROM goods g, t"
    " WHERE instr(all_of, '{\"table\":\"goods\",\"id\":' || g.id || ',\"was\":{\"stock\"') > 0"
    " AND g.campaign = (SELECT max(id) FROM campaigns)";

// Inputs of days that operators gave, in that order.
static const char FOLD_INPUTS_SQL[] =
    "SELECT CAST(changes AS TEXT) AS changes FROM tweaks WHERE status = 1 AND"
    " CAST(changes AS TEXT) LIKE '[{\"day\":%' AND campaign = (SELECT max(id) FROM campaigns)"
    " ORDER BY id";
static const char FOLD_DAYS_SQL[] = "SELECT id, name, CAST(inputs AS TEXT) AS inputs FROM days";

static void text_of(const struct json_node *node, char *out, size_t size)
{
    const bool is_text = node != NULL && node->type == JSON_TEXT;
    snprintf(out, size, "%.*s", is_text ? (int)node->text_size : 0, is_text ? node->text : "");
}

// Where the file says the input ("": nowhere, or for all days) and its day, from the day's row.
// false: an edit of the file has overtaken it.
static bool find_place(const struct json_node *inputs, const char *name, char place[300],
                       char day[300])
{
    const struct json_node *changed = json_field(inputs, "changed");
    const struct json_node *node = changed == NULL ? NULL : json_field(changed, name);
    text_of(node, place, 300);
    text_of(json_field(inputs, "where"), day, 300);
    return node != NULL;
}

static bool fold_input(struct stuck *stuck, struct fold *files, const struct rows *days,
                       const struct json_node *change)
{
    char place[300];
    char at[300];
    char name[200];
    const struct json_node *source = json_field(change, "source");
    struct buf value;  // May be long: a table of prizes.
    bool ok = true;
    text_of(json_field(change, "name"), name, sizeof(name));
    if (source == NULL || source->type != JSON_TEXT) {
        return true;  // It was taken back.
    }
    buf_init(&value, OUT_MAX);
    buf_append(&value, source->text, source->text_size);
    for (size_t row = 0; row < days->count; row++) {
        const char *inputs = rows_text(days, row, "inputs");
        struct json_reader *reader = json_reader_new(OUT_MAX);
        const struct json_node *root;
        struct err e = {0};
        if (rows_int(days, row, "id") == json_field(change, "day")->integer &&
            json_parse(reader, inputs, strlen(inputs), &root, &e) &&
            find_place(root, name, place, at) &&
            !fold_set_input(files, place, at, name, value.data)) {
            cli_warn(stuck->cli, "day %s: %s = %s now: no one line of %s says so; write it by hand",
                     rows_text(days, row, "name"), name, value.data, at);
            ok = false;
        }
        json_reader_free(reader);
    }
    buf_deinit(&value);
    return ok;
}

static bool fold_inputs(struct stuck *stuck, struct fold *files, int *code, struct err *e)
{
    struct rows tweaks;
    struct rows days;
    if (!stuck_read(stuck, FOLD_INPUTS_SQL, &tweaks, e)) {
        return false;
    }
    if (!stuck_read(stuck, FOLD_DAYS_SQL, &days, e)) {
        rows_deinit(&tweaks);
        return false;
    }
    struct json_reader *reader = json_reader_new(OUT_MAX);
    bool ok = true;
    for (size_t row = 0; ok && row < tweaks.count; row++) {
        const char *changes = rows_text(&tweaks, row, "changes");
        const struct json_node *list;
        ok = json_parse(reader, changes, strlen(changes), &list, e);
        for (const struct json_node *n = ok ? json_child(list) : NULL; ok && n != json_end(list);
             n = json_next(n)) {
            *code = fold_input(stuck, files, &days, n) ? *code : EXIT_FAILED;
        }
    }
    json_reader_free(reader);
    rows_deinit(&days);
    rows_deinit(&tweaks);
    return ok;
}

static int fold(struct stuck *stuck, const char *folder)
{
    struct rows rows;
    struct err e = {0};
    struct buf out;
    if (!stuck_read(stuck, FOLD_SQL, &rows, &e)) {
        return cli_fail(stuck->cli, &e);
    }
    struct fold *files = fold_new(folder);
    int code = EXIT_OK;
    for (size_t row = 0; row < rows.count; row++) {
        char amount[48];
        const char *field = rows_text(&rows, row, "field");
        const char *currency = rows_text(&rows, row, "currency");
        const int decimals = currency[0] == '\0' ? 0 : money_decimals(currency);
        amount_text(rows_int(&rows, row, "amount"), decimals < 0 ? 2 : decimals, amount);
        if (!fold_set(files, rows_text(&rows, row, "name"), field[0] == '\0' ? NULL : field,
                      amount)) {
            cli_warn(stuck->cli, "%s %s is %s now: no one place in %s says so; write it by hand",
                     rows_text(&rows, row, "what"), rows_text(&rows, row, "name"), amount, folder);
            code = EXIT_FAILED;
        }
    }
    rows_deinit(&rows);
    if (!fold_inputs(stuck, files, &code, &e) ||
        !stuck_read(stuck,
                    "SELECT tweak, line FROM v_tweak WHERE status = 'applied' AND class = 'move'"
                    " AND tweak NOT IN (SELECT id FROM tweaks"
                    "  WHERE CAST(changes AS TEXT) LIKE '[{\"day\":%')",
                    &rows, &e)) {
        fold_free(files);
        return cli_fail(stuck->cli, &e);
    }
    for (size_t row = 0; row < rows.count; row++) {
        cli_warn(stuck->cli, "tweak %lld was for the night and is in no file: %s",
                 (long long)rows_int(&rows, row, "tweak"), rows_text(&rows, row, "line"));
    }
    rows_deinit(&rows);
    buf_init(&out, OUT_MAX);
    fold_put(files, &out);
    if (out.size > 0) {
        fwrite(out.data, 1, out.size, stdout);
    }
    buf_deinit(&out);
    fold_free(files);
    return code;
}

int cmd_tweaks(struct cli *cli)
{
    struct stuck stuck;
    struct rows rows;
    struct err e = {0};
    if (!stuck_open(&stuck, cli, &e)) {
        return cli_fail(cli, &e);
    }
    if (cli_has(cli, "fold")) {
        const int code = fold(&stuck, cli_text(cli, "fold", "."));
        stuck_close(&stuck);
        return code;
    }
    const bool ok = stuck_read(
        &stuck, "SELECT * FROM v_tweak WHERE status IN ('waiting', 'applied') ORDER BY tweak",
        &rows, &e);
    if (ok && cli_has(cli, "json")) {
        stuck_print_json("drumbeat.tweaks/1", &rows);
    } else if (ok && rows.count == 0) {
        printf("nobody has changed anything live\n");
    } else if (ok) {
        print_table(&stuck, &rows);
    }
    if (ok) {
        rows_deinit(&rows);
    }
    stuck_close(&stuck);
    return ok ? EXIT_OK : cli_fail(cli, &e);
}
