// Visitors by the minute: the day that sold most with what was done when, the other nights small.
#include <stdlib.h>
#include <string.h>

#include "app/report_page.h"

#define MINUTE_MS 60000
#define BEFORE_MS (15 * MINUTE_MS)  // What was done just before the curve begins belongs to it.
#define CURVE_MINUTES_MAX 2880      // Two days: more is no evening.
#define QUIET_PART 20               // Minutes below a 20th of the peak at either end are left out.
#define MARKS_MAX 26
#define CURVE_CELLS_MIN 10
#define OTHER_CELLS 40
#define CURVE_TEXT_MAX ((size_t)1 << 16)

struct curve {
    double *values;  // One a minute.
    size_t count;
    int64_t from_at;
    int64_t peak;
    int64_t peak_at;
};

// The minutes of a day between the first and the last that matter. `minutes` is in order of time.
static void curve_make(struct curve *curve, const struct rows *minutes, int64_t day)
{
    *curve = (struct curve){.values = NULL};
    size_t first = 0;
    while (first < minutes->count && rows_int(minutes, first, "day") != day) {
        first++;
    }
    size_t last = first;
    for (; last < minutes->count && rows_int(minutes, last, "day") == day; last++) {
        const int64_t uv = rows_int(minutes, last, "uv");
        if (uv > curve->peak) {
            curve->peak = uv;
            curve->peak_at = rows_int(minutes, last, "at");
        }
    }
    if (curve->peak == 0) {
        return;
    }
    last--;
    while (rows_int(minutes, first, "uv") * QUIET_PART < curve->peak) {
        first++;
    }
    while (rows_int(minutes, last, "uv") * QUIET_PART < curve->peak) {
        last--;
    }
    curve->from_at = rows_int(minutes, first, "at");
    const int64_t span = (rows_int(minutes, last, "at") - curve->from_at) / MINUTE_MS + 1;
    curve->count = span > CURVE_MINUTES_MAX ? CURVE_MINUTES_MAX : (size_t)span;
    curve->values = xcalloc(curve->count, sizeof(*curve->values));
    for (size_t i = first; i <= last; i++) {
        const size_t place = (size_t)((rows_int(minutes, i, "at") - curve->from_at) / MINUTE_MS);
        if (place < curve->count) {
            curve->values[place] = (double)rows_int(minutes, i, "uv");
        }
    }
}

static size_t curve_cells(const struct page *page, const struct curve *curve, size_t taken)
{
    const size_t room =
        page->term->width > taken + CURVE_CELLS_MIN ? page->term->width - taken : CURVE_CELLS_MIN;
    return curve->count < room ? curve->count : room;
}

// --- Interventions: a letter under the cell, and what it was below. ---

struct mark {
    const char *kind;
    const char *text;
    int64_t at;
    size_t cell;
    size_t times;  // In so many groups, or so often within the cell.
};

static size_t curve_marks(const struct rows *rows, const struct curve *curve, size_t cells,
                          struct mark *marks)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const int64_t at = rows_int(rows, i, "at");
        const char *kind = rows_text(rows, i, "kind");
        if (at < curve->from_at - BEFORE_MS ||
            at >= curve->from_at + (int64_t)curve->count * MINUTE_MS) {
            continue;
        }
        const int64_t since = at < curve->from_at ? 0 : at - curve->from_at;
        const size_t cell = (size_t)(since / MINUTE_MS) * cells / curve->count;
        size_t m = 0;
        while (m < count && (marks[m].cell != cell || strcmp(marks[m].kind, kind) != 0)) {
            m++;
        }
        if (m < count) {
            marks[m].times++;
        } else if (count < MARKS_MAX) {
            marks[count++] = (struct mark){kind, rows_text(rows, i, "text"), at, cell, 1};
        }
    }
    return count;
}

static void curve_put_marks(struct page *page, const struct mark *marks, size_t count, size_t cells)
{
    char *line = xcalloc(cells + 1, 1);
    memset(line, ' ', cells);
    for (size_t m = 0; m < count; m++) {
        // Two in one cell: the earlier one's letter stays.
        if (line[marks[m].cell] == ' ') {
            line[marks[m].cell] = (char)('a' + m);
        }
    }
    buf_printf(page->out, " %s\n", line);
    free(line);
    for (size_t m = 0; m < count; m++) {
        struct buf text;
        buf_init(&text, CURVE_TEXT_MAX);
        buf_printf(&text, "%c %s %s%s%s", (char)('a' + m), page_clock(page, marks[m].at),
                   marks[m].kind, *marks[m].text != '\0' ? ": " : "", marks[m].text);
        if (marks[m].times > 1) {
            buf_printf(&text, " (×%zu)", marks[m].times);
        }
        buf_putc(page->out, ' ');
        term_wrap(page->out, text.data, 1, 3, page->term->width);
        buf_putc(page->out, '\n');
        buf_deinit(&text);
    }
}

static bool curve_sale_day(struct page *page, const struct rows *minutes, int64_t day)
{
    struct curve curve;
    struct mark marks[MARKS_MAX];
    struct rows rows;
    if (!page_read(page, &rows, "v_intervention", "ORDER BY at, kind, \"group\"")) {
        return false;
    }
    curve_make(&curve, minutes, day);
    if (curve.count > 0) {
        const size_t cells = curve_cells(page, &curve, 2);
        const int64_t until = curve.from_at + (int64_t)curve.count * MINUTE_MS;
        buf_printf(page->out, " %s %d%s  %s – %s  %s %s (%s)\n ", page_word(page, W_DAY), (int)day,
                   page_word(page, W_DAY_AFTER), page_clock(page, curve.from_at),
                   page_clock(page, until), page_word(page, W_PEAK), page_count(page, curve.peak),
                   page_clock(page, curve.peak_at));
        term_spark(page->out, curve.values, curve.count, cells);
        buf_putc(page->out, '\n');
        curve_put_marks(page, marks, curve_marks(&rows, &curve, cells, marks), cells);
    }
    free(curve.values);
    rows_deinit(&rows);
    return true;
}

static void curve_other_day(struct page *page, const struct rows *minutes, int64_t day)
{
    struct curve curve;
    curve_make(&curve, minutes, day);
    if (curve.count > 0) {
        const size_t cells = curve_cells(page, &curve, OTHER_CELLS);
        buf_printf(page->out, " %s %d%s  ", page_word(page, W_DAY), (int)day,
                   page_word(page, W_DAY_AFTER));
        term_spark(page->out, curve.values, curve.count, cells < OTHER_CELLS ? cells : OTHER_CELLS);
        buf_printf(page->out, "  %s %s (%s)\n", page_word(page, W_PEAK),
                   page_count(page, curve.peak), page_clock(page, curve.peak_at));
    }
    free(curve.values);
}

// The day that sold most; without sales the one with the highest peak. -1: nobody came.
static int64_t curve_main_day(const struct rows *minutes)
{
    int64_t best = -1;
    int64_t best_paid = -1;
    int64_t best_peak = 0;
    for (size_t i = 0; i < minutes->count;) {
        const int64_t day = rows_int(minutes, i, "day");
        int64_t paid = 0;
        int64_t peak = 0;
        for (; i < minutes->count && rows_int(minutes, i, "day") == day; i++) {
            const int64_t uv = rows_int(minutes, i, "uv");
            paid += rows_int(minutes, i, "paid");
            peak = uv > peak ? uv : peak;
        }
        if (peak > 0 && (paid > best_paid || (paid == best_paid && peak > best_peak))) {
            best = day;
            best_paid = paid;
            best_peak = peak;
        }
    }
    return best;
}

bool report_curve(struct page *page)
{
    struct rows minutes;
    if (!page_read(page, &minutes, "v_uv_minute", "ORDER BY at")) {
        return false;
    }
    const int64_t sale = curve_main_day(&minutes);
    bool ok = true;
    if (sale >= 0) {
        page_head(page, W_UV, NULL);
        ok = curve_sale_day(page, &minutes, sale);
    }
    for (size_t i = 0; ok && i < minutes.count;) {
        const int64_t day = rows_int(&minutes, i, "day");
        if (day != sale) {
            curve_other_day(page, &minutes, day);
        }
        while (i < minutes.count && rows_int(&minutes, i, "day") == day) {
            i++;
        }
    }
    rows_deinit(&minutes);
    return ok;
}
