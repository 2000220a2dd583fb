// Tables for people: columns aligned by display cells, so that Chinese lines up.

#include "app/term.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define TERM_TABLE_GAP 2
#define TERM_COLUMN_MIN 6   // A column that gives way keeps at least this.
#define TERM_BELOW 8        // What stands below its row is indented so far.
#define TERM_CELL_MAX 4096  // Bytes of one cell.
#define TERM_CELLS_MAX 1000000

static void term_table_add(struct term_table *table, const char *text, size_t size)
{
    CHECK(table->cell_count < TERM_CELLS_MAX);
    if (table->cell_count == table->cell_capacity) {
        table->cell_capacity = table->cell_capacity ? table->cell_capacity * 2 : 64;
        table->cells = xrealloc(table->cells, table->cell_capacity * sizeof table->cells[0]);
    }
    struct buf visible;
    buf_init(&visible, TERM_TEXT_MAX);
    buf_puts(&visible, "");
    utf8_escape(text, size, &visible);
    table->cells[table->cell_count++] = visible.size > 0 ? buf_take(&visible) : xstrdup("");
    buf_deinit(&visible);
}

void term_table_init(struct term_table *table, const char *heads)
{
    *table = (struct term_table){0};
    while (true) {
        CHECK(table->columns < TERM_COLUMNS_MAX);
        const bool right = *heads == '>';
        const bool below = *heads == '+';
        heads += right || below;
        const size_t size = strcspn(heads, "|");
        CHECK(!below || heads[size] == '\0');
        table->goes_below = below;
        table->right[table->columns++] = right;
        term_table_add(table, heads, size);
        if (heads[size] == '\0') {
            return;
        }
        heads += size + 1;
    }
}

void term_table_deinit(struct term_table *table)
{
    for (size_t i = 0; i < table->cell_count; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
    *table = (struct term_table){0};
}

void term_table_cell(struct term_table *table, const char *format, ...)
{
    char text[TERM_CELL_MAX];
    va_list args;
    va_start(args, format);
    const int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    CHECK(size >= 0);
    const size_t kept = utf8_cut(text, strlen(text), sizeof text - 4);
    term_table_add(table, text, kept);
}

static void term_table_widths(const struct term_table *table, size_t room, size_t *widths)
{
    size_t total = (table->columns - 1) * TERM_TABLE_GAP;
    for (size_t i = 0; i < table->cell_count; i++) {
        const size_t cells = utf8_width(table->cells[i], strlen(table->cells[i]));
        size_t *width = &widths[i % table->columns];
        total += cells > *width ? cells - *width : 0;
        *width = cells > *width ? cells : *width;
    }
    while (total > room) {
        size_t widest = table->columns;
        for (size_t i = 0; i < table->columns; i++) {
            const bool may = !table->right[i] && widths[i] > TERM_COLUMN_MIN;
            if (may && (widest == table->columns || widths[i] > widths[widest])) {
                widest = i;
            }
        }
        if (widest == table->columns) {
            return;  // Only numbers are left: a line too long beats a number cut in two.
        }
        widths[widest]--;
        total--;
    }
}

static void term_table_put(struct buf *out, const char *text, size_t width, bool right)
{
    const size_t size = strlen(text);
    if (utf8_width(text, size) <= width) {
        utf8_pad(out, text, width, right);
        return;
    }
    struct buf cut;
    buf_init(&cut, TERM_TEXT_MAX);
    buf_append(&cut, text, utf8_fit(text, size, width - 1));
    buf_puts(&cut, "…");
    utf8_pad(out, cut.data, width, right);
    buf_deinit(&cut);
}

static void term_table_row(const struct term_table *table, const struct term *term, size_t row,
                           const size_t *widths, size_t indent, struct buf *out)
{
    struct buf line;
    const char *below = NULL;
    buf_init(&line, TERM_TEXT_MAX);
    for (size_t i = 0; i < table->columns; i++) {
        const size_t at = row * table->columns + i;
        const char *text = at < table->cell_count ? table->cells[at] : "";
        if (i + 1 == table->columns && table->goes_below &&
            utf8_width(text, strlen(text)) > widths[i]) {
            below = text;
            text = "";
        }
        utf8_pad(&line, "", i == 0 ? indent : TERM_TABLE_GAP, false);
        term_table_put(&line, text, widths[i], table->right[i]);
    }
    while (line.size > 0 && line.data[line.size - 1] == ' ') {
        line.data[--line.size] = '\0';  // No blanks at the end of a line.
    }
    buf_puts(&line, "");
    term_style(term, out, row == 0 ? TERM_DIM : TERM_PLAIN, line.data ? line.data : "");
    buf_putc(out, '\n');
    if (below != NULL) {
        utf8_pad(out, "", indent + TERM_BELOW, false);
        term_wrap(out, below, indent + TERM_BELOW, indent + TERM_BELOW, term->width);
        buf_putc(out, '\n');
    }
    buf_deinit(&line);
}

void term_table_print(const struct term_table *table, const struct term *term, size_t indent,
                      struct buf *out)
{
    size_t widths[TERM_COLUMNS_MAX] = {0};
    term_table_widths(table, term->width > indent ? term->width - indent : 0, widths);
    const size_t rows = (table->cell_count + table->columns - 1) / table->columns;
    for (size_t row = 0; row < rows; row++) {
        term_table_row(table, term, row, widths, indent, out);
    }
}
