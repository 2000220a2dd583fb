#pragma once
// What a view gave, kept: rows of named columns, so that text and JSON are made from the same
// cells. Private to the report and to `report --view`.

#include "app/term.h"
#include "base/mem.h"
#include "store/store.h"

#define ROWS_COLUMNS_MAX 32

struct rows_cell {
    enum value_type type;
    bool is_real;
    int64_t integer;   // With is_real: times 1,000,000.
    const char *text;  // NUL-terminated.
    size_t size;
};

struct rows {
    struct arena arena;
    const char *names[ROWS_COLUMNS_MAX];
    size_t columns;
    struct rows_cell *cells;  // Row after row.
    size_t count;             // Rows
    size_t capacity;          // Cells
};

// One SELECT; ?1 is the campaign. On failure there is nothing to deinit.
MUST_USE bool rows_read(struct rows *rows, struct store *store, const char *sql, uint32_t campaign,
                        struct err *e);
// Every column of a view for one campaign, `rest` being more conditions, order and limit, or "".
MUST_USE bool rows_read_view(struct rows *rows, struct store *store, const char *view,
                             const char *rest, uint32_t campaign, struct err *e);
void rows_deinit(struct rows *rows);

// Cells by name of the column: asking for one that isn't there is a bug. NULL reads as 0 and "".
bool rows_is_null(const struct rows *rows, size_t row, const char *column);
int64_t rows_int(const struct rows *rows, size_t row, const char *column);
double rows_real(const struct rows *rows, size_t row, const char *column);
const char *rows_text(const struct rows *rows, size_t row, const char *column);
size_t rows_broken(const struct rows *promises);  // Of v_promise: how many are not kept.
// The row as a JSON object, the column `campaign` left out; all rows as an array of objects.
void rows_put_object(const struct rows *rows, size_t row, struct buf *out);
void rows_put_array(const struct rows *rows, struct buf *out);
// As they are, values unformatted: columns as a table, or where there are too many for one,
// separated by tabs.
void rows_put_table(const struct rows *rows, const struct term *term, struct buf *out);
