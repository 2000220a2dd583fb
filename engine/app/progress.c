// Progress on stderr. Live, the block of lines looks like this and is redrawn by moving the cursor
// up over it:
//
//    REHEARSAL  five-day   seed 7   4 groups
//    day 1  growth      ████████████████████  joined 864  left 92
//    day 2  trust       ███████▌░░░░░░░░░░░░  joined 12
//    UV     ▁▁▂▃▅█
//    20:30:00  price flip
//
// Reads the monotonic clock, for the pace of drawing only: nothing of a campaign depends on it.

#include "app/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"

#define PROGRESS_PERIOD_MS 100

static int64_t progress_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Keeps a printable copy, cut at a character.
static void progress_copy(char *out, size_t out_size, const char *text)
{
    struct buf visible;
    buf_init(&visible, TERM_TEXT_MAX);
    utf8_escape(text, strlen(text), &visible);
    const size_t kept = visible.size > 0 ? utf8_cut(visible.data, visible.size, out_size - 1) : 0;
    if (kept > 0) {
        memcpy(out, visible.data, kept);
    }
    out[kept] = '\0';
    buf_deinit(&visible);
}

void progress_init(struct progress *progress, struct term *term, enum progress_mode mode,
                   bool quiet)
{
    *progress = (struct progress){.term = term};
    const char *kind = getenv("TERM");
    const bool dumb = !kind || strcmp(kind, "dumb") == 0;
    progress->silent = quiet || mode == PROGRESS_NONE;
    progress->live = mode == PROGRESS_AUTO && term->tty && !dumb;
    buf_init(&progress->out, TERM_TEXT_MAX);
}

void progress_deinit(struct progress *progress)
{
    buf_deinit(&progress->out);
}

// Adds one line of the block, cut one cell short of the edge so that no terminal wraps it.
static void progress_line(struct progress *progress, enum term_style style, const char *text)
{
    const size_t room = progress->term->width - 1;
    const size_t size = strlen(text);
    char cut[PROGRESS_TEXT_MAX * 8];
    const size_t fit = utf8_fit(text, size, room);
    const size_t kept = fit < sizeof cut ? fit : utf8_cut(text, fit, sizeof cut - 1);
    memcpy(cut, text, kept);
    cut[kept] = '\0';
    progress->widths[progress->drawn++] = utf8_width(cut, kept);
    term_style(progress->term, &progress->out, style, cut);
    buf_puts(&progress->out, "\x1b[K\n");
}

static void progress_draw_day(struct progress *progress, size_t number)
{
    const struct progress_row *row = &progress->rows[number - 1];
    const size_t width = progress->term->width;
    const size_t name_cells = width >= 70 ? 14 : 9;
    const size_t bar_cells = width >= 70 ? 20 : (width >= 50 ? 12 : 8);
    struct buf line;
    buf_init(&line, TERM_TEXT_MAX);
    buf_printf(&line, " day %-2zu ", number);
    utf8_pad(&line, row->name, name_cells, false);
    buf_putc(&line, ' ');
    term_bar(&line, row->fraction, bar_cells);
    buf_printf(&line, "  %s", row->counters);
    progress_line(progress, row->begun ? TERM_PLAIN : TERM_DIM, line.data);
    buf_deinit(&line);
}

// Moves back over the block. A window made narrower since has folded long lines into several.
static void progress_rewind(struct progress *progress)
{
    size_t rows = 0;
    for (size_t i = 0; i < progress->drawn; i++) {
        const size_t cells = progress->widths[i] > 0 ? progress->widths[i] : 1;
        rows += (cells + progress->term->width - 1) / progress->term->width;
    }
    if (rows > 0) {
        buf_printf(&progress->out, "\x1b[%zuA\r\x1b[J", rows);
    }
    progress->drawn = 0;
}

static void progress_draw(struct progress *progress)
{
    term_measure(progress->term);
    progress_rewind(progress);
    progress_line(progress, TERM_BOLD, progress->title);
    // What doesn't fit the window's height falls away: first the notes, then the earliest days.
    const size_t room = progress->term->height > 3 ? progress->term->height - 3 : 1;
    const bool curve = progress->curve[0] != '\0' && room > 1;
    const size_t day_room = room - (curve ? 1 : 0);
    size_t first = 1;
    if (progress->days > day_room) {
        first = progress->current > day_room ? progress->current - day_room + 1 : 1;
    }
    size_t shown = 0;
    for (size_t day = first; day <= progress->days && shown < day_room; day++, shown++) {
        progress_draw_day(progress, day);
    }
    if (curve) {
        char line[sizeof progress->curve + PROGRESS_TEXT_MAX + 8];
        snprintf(line, sizeof line, " %-6s %s", progress->curve_name, progress->curve);
        progress_line(progress, TERM_PLAIN, line);
    }
    const size_t note_room = day_room > shown ? day_room - shown : 0;
    size_t skip = progress->note_count > note_room ? progress->note_count - note_room : 0;
    for (; skip < progress->note_count; skip++) {
        char line[PROGRESS_TEXT_MAX + 2];
        snprintf(line, sizeof line, " %s", progress->notes[skip]);
        progress_line(progress, TERM_DIM, line);
    }
    term_flush(progress->term, &progress->out);
    fflush(progress->term->file);
    progress->drawn_ms = progress_now_ms();
}

static bool progress_is_due(const struct progress *progress)
{
    return progress_now_ms() - progress->drawn_ms >= PROGRESS_PERIOD_MS;
}

static void progress_draw_if_due(struct progress *progress)
{
    if (progress->live && progress_is_due(progress)) {
        progress_draw(progress);
    }
}

static void progress_plain_line(struct progress *progress, const char *text)
{
    fprintf(progress->term->file, "%s\n", text);
    fflush(progress->term->file);
}

static void progress_plain_day(struct progress *progress, size_t number)
{
    struct progress_row *row = &progress->rows[number - 1];
    if (!row->begun || row->done) {
        return;
    }
    row->done = true;
    char line[PROGRESS_TEXT_MAX * 2 + 32];
    const bool bare = row->counters[0] == '\0';
    snprintf(line, sizeof line, "day %zu  %s%s%s", number, row->name, bare ? "" : "  ",
             row->counters);
    progress_plain_line(progress, line);
}

void progress_begin(struct progress *progress, const char *title, size_t days)
{
    CHECK(!progress->running);
    progress->running = true;
    progress->days = days < PROGRESS_DAYS_MAX ? days : PROGRESS_DAYS_MAX;
    progress->current = 0;
    progress->note_count = 0;
    progress->drawn = 0;
    progress->curve[0] = '\0';
    memset(progress->rows, 0, sizeof progress->rows);
    progress_copy(progress->title, sizeof progress->title, title);
    if (progress->silent) {
        return;
    }
    if (progress->live) {
        progress_draw(progress);
    } else {
        progress_plain_line(progress, progress->title);
    }
}

void progress_day(struct progress *progress, size_t number, const char *name, double fraction,
                  const char *counters)
{
    if (!progress->running || progress->silent || number < 1 || number > progress->days) {
        return;
    }
    if (progress->live && number == progress->current && fraction < 1 &&
        !progress_is_due(progress)) {
        return;  // Nobody could see it; a later call tells the same and more.
    }
    for (size_t day = 1; day < number; day++) {
        progress->rows[day - 1].fraction = 1;
        if (!progress->live) {
            progress_plain_day(progress, day);
        }
    }
    struct progress_row *row = &progress->rows[number - 1];
    row->begun = true;
    row->fraction = fraction;
    progress_copy(row->name, sizeof row->name, name);
    progress_copy(row->counters, sizeof row->counters, counters);
    progress->current = number;
    if (!progress->live && fraction >= 1) {
        progress_plain_day(progress, number);
    }
    progress_draw_if_due(progress);
}

void progress_curve(struct progress *progress, const char *name, const double *values, size_t count)
{
    if (!progress->running || progress->silent || !progress->live || !progress_is_due(progress)) {
        return;
    }
    struct buf curve;
    buf_init(&curve, TERM_TEXT_MAX);
    const size_t cells = progress->term->width > 12 ? progress->term->width - 12 : 8;
    term_spark(&curve, values, count, cells < PROGRESS_TEXT_MAX ? cells : PROGRESS_TEXT_MAX);
    progress_copy(progress->curve, sizeof progress->curve, curve.size > 0 ? curve.data : "");
    progress_copy(progress->curve_name, sizeof progress->curve_name, name);
    buf_deinit(&curve);
    progress_draw_if_due(progress);
}

void progress_note(struct progress *progress, const char *text)
{
    if (!progress->running || progress->silent || !progress->live) {
        return;
    }
    if (progress->note_count == PROGRESS_NOTES_MAX) {
        memmove(progress->notes[0], progress->notes[1],
                sizeof progress->notes - sizeof progress->notes[0]);
        progress->note_count--;
    }
    progress_copy(progress->notes[progress->note_count], PROGRESS_TEXT_MAX, text);
    progress->note_count++;
    progress_draw_if_due(progress);
}

void progress_end(struct progress *progress, const char *summary)
{
    if (!progress->running) {
        return;
    }
    progress->running = false;
    if (progress->silent) {
        return;
    }
    if (progress->live) {
        progress_draw(progress);
    } else if (progress->current > 0) {
        progress_plain_day(progress, progress->current);
    }
    if (summary[0] != '\0') {
        progress_plain_line(progress, summary);
    }
    progress->drawn = 0;
}
