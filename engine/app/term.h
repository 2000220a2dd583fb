#pragma once
// The terminal as the commands see it: is it one, how wide, may it be coloured; and the few
// pictures a report needs: bars, sparklines, aligned tables. Everything is measured in display
// cells. Knows nothing of campaigns.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/mem.h"

enum term_when { TERM_AUTO, TERM_ALWAYS, TERM_NEVER };

// Styles carry meaning only together with a word or a sign: colour may be off or unseen.
enum term_style {
    TERM_PLAIN,
    TERM_BOLD,
    TERM_DIM,
    TERM_GOOD,  // green
    TERM_WARN,  // yellow
    TERM_BAD,   // red
    TERM_HEAD,  // cyan
};

#define TERM_WIDTH_MIN 20
#define TERM_WIDTH_MAX 500
#define TERM_TEXT_MAX (16 << 20)  // Bytes gathered before they are written: the longest report.

struct term {
    FILE *file;
    bool tty;
    bool color;
    size_t width;   // Cells of a line; 80 where there is no terminal and no COLUMNS.
    size_t height;  // Rows; 24 where there is no terminal.
};

// Looks at the file and the environment. Order for colour: `when`, then NO_COLOR (set and not
// empty: off), then CLICOLOR_FORCE (set and not 0: on), then a terminal whose TERM isn't dumb.
void term_init(struct term *term, FILE *file, enum term_when when);
// Reads width and height again; a window may have been resized.
void term_measure(struct term *term);

// Appends the text in the style, or as it is when `term` has no colour.
void term_style(const struct term *term, struct buf *out, enum term_style style, const char *text);
void term_put(const struct term *term, enum term_style style, const char *text);
// Writes the buffer's bytes and empties it.
void term_flush(const struct term *term, struct buf *out);

// Appends `text` wrapped at words into lines of at most `width` cells, continuation lines indented
// by `indent` cells; `column` is where the first line already stands. Words wider than a line are
// cut at a character, as Chinese needs. No newline at the end. Newlines in `text` are kept.
void term_wrap(struct buf *out, const char *text, size_t column, size_t indent, size_t width);

// A bar of exactly `cells` cells, in eighths: ███▌░░. The fraction is clamped to 0..1.
void term_bar(struct buf *out, double fraction, size_t cells);
// A curve of at most `cells` cells, ▁▂▃▄▅▆▇█; more values than cells: the maximum of each cell's
// share, so that peaks survive. Values below 0 count as 0; all zero gives a flat line.
void term_spark(struct buf *out, const double *values, size_t count, size_t cells);
// 1234567 -> 1,234,567
void term_number(struct buf *out, int64_t number);

#define TERM_COLUMNS_MAX 16

// A table: columns as wide as their widest cell; where the whole is wider than the terminal, the
// widest left-aligned column gives way and its cells end in "…".
struct term_table {
    size_t columns;
    bool right[TERM_COLUMNS_MAX];
    bool goes_below;  // The last one.
    char **cells;     // Row after row; row 0 is the heads.
    size_t cell_count;
    size_t cell_capacity;
};

// Heads separated by '|'; one that starts with '>' is right-aligned, as numbers are:
// "group|>members|>paid". If the last one starts with '+', a cell of it that would be cut stands in
// full below its row instead: what is read for its words, like an error.
void term_table_init(struct term_table *table, const char *heads);
void term_table_deinit(struct term_table *table);
// Adds the next cell; cells fill rows from left to right. Control characters are made visible.
void term_table_cell(struct term_table *table, const char *format, ...) PRINTF_LIKE(2, 3);
// Appends all rows, each indented by `indent` cells. Cells missing in the last row are empty.
void term_table_print(const struct term_table *table, const struct term *term, size_t indent,
                      struct buf *out);
