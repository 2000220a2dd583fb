// Rows of a view, read once and kept.
#include "app/report_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

#define ROWS_BLOCK ((size_t)1 << 16)
#define ROWS_SQL_MAX 1024
#define ROWS_REAL 1e6
#define ROWS_TEXT_MAX ((size_t)64)
#define ROWS_TABLE_MAX ((size_t)200000)  // Cells that are still aligned.
#define ROWS_MAX ((size_t)4 << 20)       // Cells: a view for people and programs, not a dump.

static bool rows_add(void *ctx, const struct store_row *row, struct err *e)
{
    struct rows *rows = ctx;
    if (rows->count == 0) {
        rows->columns = row->count;
        for (size_t i = 0; i < row->count; i++) {
            rows->names[i] = arena_strndup(&rows->arena, row->names[i], strlen(row->names[i]));
        }
    }
    const size_t used = rows->count * rows->columns;
    if (used + rows->columns > ROWS_MAX) {
        return err_set(e, ERR_FULL, "more rows than a report holds: ask SQLite for this view");
    }
    if (used + rows->columns > rows->capacity) {
        rows->capacity = 2 * (used + rows->columns);
        rows->cells = xrealloc(rows->cells, rows->capacity * sizeof(*rows->cells));
    }
    for (size_t i = 0; i < row->count; i++) {
        const struct value *value = &row->values[i];
        struct rows_cell *cell = &rows->cells[used + i];
        *cell = (struct rows_cell){
            .type = value->type, .is_real = row->is_real[i], .integer = value->integer, .text = ""};
        if (value->type == VALUE_TEXT || value->type == VALUE_BLOB) {
            cell->text = arena_strndup(&rows->arena, value->data, value->size);
            cell->size = value->size;
        }
    }
    rows->count++;
    return true;
}

bool rows_read(struct rows *rows, struct store *store, const char *sql, uint32_t campaign,
               struct err *e)
{
    *rows = (struct rows){.count = 0};
    arena_init(&rows->arena, ROWS_BLOCK);
    const struct value param = {.type = VALUE_INT, .integer = campaign};
    const size_t params = strstr(sql, "?1") != NULL;
    if (!store_query(store, sql, &param, params, rows_add, rows, e)) {
        rows_deinit(rows);
        return false;
    }
    return true;
}

bool rows_read_view(struct rows *rows, struct store *store, const char *view, const char *rest,
                    uint32_t campaign, struct err *e)
{
    char sql[ROWS_SQL_MAX];
    const int size =
        snprintf(sql, sizeof(sql), "SELECT * FROM %s WHERE campaign = ?1 %s", view, rest);
    CHECK(size > 0 && (size_t)size < sizeof(sql));
    return rows_read(rows, store, sql, campaign, e) || err_add(e, "%s", view);
}

void rows_deinit(struct rows *rows)
{
    arena_deinit(&rows->arena);
    free(rows->cells);
    *rows = (struct rows){.count = 0};
}

static const struct rows_cell *rows_cell(const struct rows *rows, size_t row, const char *column)
{
    CHECK(row < rows->count);
    for (size_t i = 0; i < rows->columns; i++) {
        if (strcmp(rows->names[i], column) == 0) {
            return &rows->cells[row * rows->columns + i];
        }
    }
    CHECK(false && "a column that the view doesn't have");
    return NULL;
}

bool rows_is_null(const struct rows *rows, size_t row, const char *column)
{
    return rows_cell(rows, row, column)->type == VALUE_NULL;
}

int64_t rows_int(const struct rows *rows, size_t row, const char *column)
{
    const struct rows_cell *cell = rows_cell(rows, row, column);
    return cell->is_real ? (int64_t)((double)cell->integer / ROWS_REAL) : cell->integer;
}

double rows_real(const struct rows *rows, size_t row, const char *column)
{
    const struct rows_cell *cell = rows_cell(rows, row, column);
    return (double)cell->integer / (cell->is_real ? ROWS_REAL : 1);
}

const char *rows_text(const struct rows *rows, size_t row, const char *column)
{
    return rows_cell(rows, row, column)->text;
}

size_t rows_broken(const struct rows *promises)
{
    size_t broken = 0;
    for (size_t row = 0; row < promises->count; row++) {
        broken += rows_int(promises, row, "kept") == 0;
    }
    return broken;
}

static void rows_put_cell(const struct rows_cell *cell, struct buf *out)
{
    switch (cell->type) {
    case VALUE_NULL:
        buf_puts(out, "null");
        return;
    case VALUE_INT:
        if (cell->is_real) {
            json_put_real(out, (double)cell->integer / ROWS_REAL);
        } else {
            json_put_int(out, cell->integer);
        }
        return;
    case VALUE_TEXT:
    case VALUE_BLOB:
        json_put_text(out, cell->text, cell->size);
        return;
    }
}

void rows_put_object(const struct rows *rows, size_t row, struct buf *out)
{
    buf_putc(out, '{');
    for (size_t i = 0; i < rows->columns; i++) {
        if (strcmp(rows->names[i], "campaign") != 0) {
            json_key(out, rows->names[i]);
            rows_put_cell(&rows->cells[row * rows->columns + i], out);
        }
    }
    buf_putc(out, '}');
}

void rows_put_array(const struct rows *rows, struct buf *out)
{
    buf_putc(out, '[');
    for (size_t row = 0; row < rows->count; row++) {
        json_comma(out);
        rows_put_object(rows, row, out);
    }
    buf_putc(out, ']');
}

// --- For people. ---

static void rows_cell_text(const struct rows_cell *cell, struct buf *out)
{
    buf_clear(out);
    if (cell->type == VALUE_INT && cell->is_real) {
        buf_printf(out, "%.4f", (double)cell->integer / ROWS_REAL);
    } else if (cell->type == VALUE_INT) {
        buf_printf(out, "%lld", (long long)cell->integer);
    } else {
        // A receipt is no cell: who wants all of it takes JSON.
        utf8_escape(cell->text, utf8_cut(cell->text, cell->size, ROWS_TEXT_MAX), out);
        buf_puts(out, cell->size > ROWS_TEXT_MAX ? "…" : "");
    }
}

static void rows_put_tabs(const struct rows *rows, struct buf *out)
{
    struct buf text;
    buf_init(&text, ROWS_BLOCK);
    for (size_t i = 0; i < rows->columns; i++) {
        buf_printf(out, "%s%s", i > 0 ? "\t" : "", rows->names[i]);
    }
    for (size_t i = 0; i < rows->count * rows->columns; i++) {
        rows_cell_text(&rows->cells[i], &text);
        buf_putc(out, i % rows->columns > 0 ? '\t' : '\n');
        buf_append(out, text.data, text.size);
    }
    buf_putc(out, '\n');
    buf_deinit(&text);
}

void rows_put_table(const struct rows *rows, const struct term *term, struct buf *out)
{
    if (rows->count == 0) {
        return;
    }
    if (rows->columns > TERM_COLUMNS_MAX || rows->count * rows->columns > ROWS_TABLE_MAX) {
        rows_put_tabs(rows, out);
        return;
    }
    struct term_table table;
    struct buf text;
    buf_init(&text, ROWS_BLOCK);
    for (size_t i = 0; i < rows->columns; i++) {
        buf_printf(&text, "%s%s%s", i > 0 ? "|" : "", rows->cells[i].type == VALUE_INT ? ">" : "",
                   rows->names[i]);
    }
    term_table_init(&table, text.data);
    for (size_t i = 0; i < rows->count * rows->columns; i++) {
        rows_cell_text(&rows->cells[i], &text);
        term_table_cell(&table, "%s", text.data);
    }
    term_table_print(&table, term, 0, out);
    term_table_deinit(&table);
    buf_deinit(&text);
}
