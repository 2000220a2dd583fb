// drumbeat audit: who changed what live, from the brand's file: operators' lines and reloads with
// what each changed, in the order they happened.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cmd.h"
#include "app/reload.h"
#include "app/stuck.h"
#include "base/json.h"
#include "base/utf8.h"

#define OUT_MAX ((size_t)64 << 20)
#define TOLD_MAX ((size_t)4 << 20)

static const char AUDIT_SQL[] =
    "SELECT a.*, c.currency FROM (SELECT *, '' AS changes FROM v_tweak"
    " UNION ALL SELECT campaign, 0, at, \"by\", 'reload', 'applied', 'reload', 'version ' || "
    "version"
    " || ' runs', 0, '', '', 0, 0, changes FROM v_version WHERE day = '' AND version > 1) a"
    " LEFT JOIN campaigns c ON c.id = a.campaign ORDER BY a.at, a.tweak";

// What a reload changed, as its plan told it. NULL: it keeps nothing (a tweak, or made before).
static const struct json_node *read_changes(const struct rows *rows, size_t row,
                                            struct json_reader *reader)
{
    const char *text = rows_text(rows, row, "changes");
    const struct json_node *root;
    struct err ignored = {0};
    const bool ok = text[0] != '\0' && json_parse(reader, text, strlen(text), &root, &ignored);
    return ok ? root : NULL;
}

static int64_t back_to(const struct json_node *changes)
{
    const struct json_node *back = changes == NULL ? NULL : json_field(changes, "back_to");
    return back != NULL && back->type == JSON_INT ? back->integer : 0;
}

// What was typed: a reload's own line is made from what it keeps.
static void put_line(const struct rows *rows, size_t row, const struct json_node *changes,
                     struct buf *out)
{
    buf_puts(out, rows_text(rows, row, "line"));
    if (back_to(changes) > 0) {
        buf_printf(out, " back %lld", (long long)back_to(changes));
    }
}

static void put_told(const struct rows *rows, size_t row, const struct json_node *changes,
                     struct buf *out)
{
    buf_puts(out, rows_text(rows, row, "told"));
    if (changes != NULL) {
        buf_putc(out, '\n');
        reload_tell(changes, rows_text(rows, row, "currency"), out);
    }
}

static void put_indented(const struct buf *told, struct buf *out)
{
    const char *at = told->size == 0 ? "" : told->data;
    const char *end = at + told->size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const size_t size = (size_t)((stop == NULL ? end : stop) - at);
        buf_puts(out, "  ");
        utf8_escape(at, size, out);
        buf_putc(out, '\n');
        at += size + 1;
    }
}

// One under another.
static void put_row(const struct stuck *stuck, const struct rows *rows, size_t row,
                    struct json_reader *reader, struct buf *out)
{
    char at[STUCK_TIME_SIZE];
    char text[STUCK_WHO_SIZE];
    struct buf line;
    struct buf told;
    const struct json_node *changes = read_changes(rows, row, reader);
    const int64_t tweak = rows_int(rows, row, "tweak");
    stuck_time(stuck, rows_int(rows, row, "at"), at);
    stuck_who(rows, row, text);
    buf_puts(out, tweak == 0 ? "reload" : "tweak ");
    if (tweak != 0) {
        buf_printf(out, "%lld", (long long)tweak);
    }
    buf_printf(out, "  %s  %s  %s  %s", at, rows_text(rows, row, "by"),
               rows_text(rows, row, "class"), text);
    if (rows_int(rows, row, "undone_at") != 0) {
        stuck_time(stuck, rows_int(rows, row, "undone_at"), at);
        buf_printf(out, " at %s", at);
    }
    buf_init(&line, TOLD_MAX);
    buf_init(&told, TOLD_MAX);
    put_line(rows, row, changes, &line);
    put_told(rows, row, changes, &told);
    buf_puts(out, "\n  > ");
    utf8_escape(line.size == 0 ? "" : line.data, line.size, out);
    buf_putc(out, '\n');
    put_indented(&told, out);
    buf_deinit(&told);
    buf_deinit(&line);
}

static void
put_text(const char *key,
         void (*put)(const struct rows *, size_t, const struct json_node *, struct buf *),
         const struct rows *rows, size_t row, const struct json_node *changes, struct buf *out)
{
    struct buf text;
    buf_init(&text, TOLD_MAX);
    put(rows, row, changes, &text);
    json_key(out, key);
    json_put_text(out, text.size == 0 ? "" : text.data, text.size);
    buf_deinit(&text);
}

// As in v_tweak; of a reload also `changes`, `scenes`, `budgets` (script/reload.h).
static void put_json(const struct rows *rows, size_t row, struct json_reader *reader,
                     struct buf *out)
{
    static const char *const NUMBERS[] = {"tweak", "at", "amount", "undone_at", "can_undo"};
    static const char *const TEXTS[] = {"by", "class", "status", "approved_by", "undone_by"};
    const struct json_node *changes = read_changes(rows, row, reader);
    json_comma(out);
    buf_putc(out, '{');
    for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++) {
        json_key(out, NUMBERS[i]);
        json_put_int(out, rows_int(rows, row, NUMBERS[i]));
    }
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        json_key(out, TEXTS[i]);
        json_put_z(out, rows_text(rows, row, TEXTS[i]));
    }
    put_text("line", put_line, rows, row, changes, out);
    put_text("told", put_told, rows, row, changes, out);
    if (changes != NULL) {
        json_key(out, "reload");
        json_canonical(changes, out);
    }
    buf_putc(out, '}');
}

static void print(const struct stuck *stuck, const struct rows *rows)
{
    const bool json = cli_has(stuck->cli, "json");
    struct json_reader *reader = json_reader_new(TOLD_MAX);
    struct buf out;
    buf_init(&out, OUT_MAX);
    buf_puts(&out, json ? "{\"schema\":\"drumbeat.audit/1\",\"rows\":[" : "");
    for (size_t row = 0; row < rows->count; row++) {
        if (json) {
            put_json(rows, row, reader, &out);
        } else {
            put_row(stuck, rows, row, reader, &out);
        }
    }
    if (json) {
        buf_puts(&out, "]}\n");
        fwrite(out.data, 1, out.size, stdout);
    } else if (rows->count == 0) {
        printf("nobody has changed anything live\n");
    } else {
        term_flush(&stuck->cli->out, &out);
    }
    buf_deinit(&out);
    json_reader_free(reader);
}

int cmd_audit(struct cli *cli)
{
    struct stuck stuck;
    struct rows rows;
    struct err e = {0};
    if (!stuck_open(&stuck, cli, &e)) {
        return cli_fail(cli, &e);
    }
    const bool ok = stuck_read(&stuck, AUDIT_SQL, &rows, &e);
    if (ok) {
        print(&stuck, &rows);
        rows_deinit(&rows);
    }
    stuck_close(&stuck);
    return ok ? EXIT_OK : cli_fail(cli, &e);
}
