// What the terminal is and how text is put on it. The only place that looks at NO_COLOR, TERM,
// COLUMNS and the window's size.

#include "app/term.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"

static bool term_wants_color(bool tty, enum term_when when)
{
    if (when != TERM_AUTO) {
        return when == TERM_ALWAYS;
    }
    const char *no = getenv("NO_COLOR");
    if (no && no[0] != '\0') {
        return false;
    }
    const char *force = getenv("CLICOLOR_FORCE");
    if (force && force[0] != '\0' && strcmp(force, "0") != 0) {
        return true;
    }
    const char *kind = getenv("TERM");
    return tty && kind && strcmp(kind, "dumb") != 0;
}

static size_t term_clamp(unsigned long width)
{
    if (width < TERM_WIDTH_MIN) {
        return TERM_WIDTH_MIN;
    }
    return width > TERM_WIDTH_MAX ? TERM_WIDTH_MAX : (size_t)width;
}

void term_measure(struct term *term)
{
    struct winsize size = {0};
    if (term->tty && ioctl(fileno(term->file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        term->width = term_clamp(size.ws_col);
        term->height = size.ws_row > 0 ? size.ws_row : 24;
        return;
    }
    const char *columns = getenv("COLUMNS");
    const unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;
    term->width = width > 0 ? term_clamp(width) : 80;
    term->height = 24;
}

void term_init(struct term *term, FILE *file, enum term_when when)
{
    const int fd = fileno(file);
    *term = (struct term){.file = file, .tty = fd >= 0 && isatty(fd) == 1};
    term->color = term_wants_color(term->tty, when);
    term_measure(term);
}

static const char *term_code(enum term_style style)
{
    switch (style) {
    case TERM_PLAIN:
        return "";
    case TERM_BOLD:
        return "\x1b[1m";
    case TERM_DIM:
        return "\x1b[2m";
    case TERM_GOOD:
        return "\x1b[32m";
    case TERM_WARN:
        return "\x1b[33m";
    case TERM_BAD:
        return "\x1b[31m";
    case TERM_HEAD:
        return "\x1b[36m";
    }
    return "";
}

void term_style(const struct term *term, struct buf *out, enum term_style style, const char *text)
{
    const bool coloured = term->color && style != TERM_PLAIN;
    if (coloured) {
        buf_puts(out, term_code(style));
    }
    buf_puts(out, text);
    if (coloured) {
        buf_puts(out, "\x1b[0m");
    }
}

void term_put(const struct term *term, enum term_style style, const char *text)
{
    struct buf out;
    buf_init(&out, TERM_TEXT_MAX);
    term_style(term, &out, style, text);
    term_flush(term, &out);
    buf_deinit(&out);
}

void term_flush(const struct term *term, struct buf *out)
{
    if (out->size > 0) {
        fwrite(out->data, 1, out->size, term->file);
    }
    buf_clear(out);
}

static void term_indent(struct buf *out, size_t cells)
{
    for (size_t i = 0; i < cells; i++) {
        buf_putc(out, ' ');
    }
}

void term_wrap(struct buf *out, const char *text, size_t column, size_t indent, size_t width)
{
    // Too narrow to hang the text: give it at least ten cells and let it run over.
    const size_t right = width < indent + 10 ? indent + 10 : width;
    bool fresh = true;  // Nothing of ours stands on this line yet.
    while (*text != '\0') {
        if (*text == '\n' || *text == ' ') {
            if (*text == '\n') {
                buf_putc(out, '\n');
                term_indent(out, indent);
                column = indent;
                fresh = true;
            }
            text++;
            continue;
        }
        const size_t size = strcspn(text, " \n");
        const size_t cells = utf8_width(text, size);
        const size_t gap = fresh ? 0 : 1;
        if (!fresh && column + gap + cells > right) {
            buf_putc(out, '\n');
            term_indent(out, indent);
            column = indent;
            fresh = true;
            continue;
        }
        const size_t room = right > column ? right - column : 1;
        size_t take = size;
        if (fresh && cells > room) {
            take = utf8_fit(text, size, room);
            take = take > 0 ? take : size;
        }
        term_indent(out, gap);
        buf_append(out, text, take);
        column += gap + utf8_width(text, take);
        fresh = false;
        text += take;
    }
}

void term_bar(struct buf *out, double fraction, size_t cells)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const double share = fraction > 0 ? (fraction < 1 ? fraction : 1) : 0;  // NaN counts as 0.
    const size_t eighths = (size_t)(share * (double)cells * 8 + 0.5);
    size_t used = eighths / 8;
    for (size_t i = 0; i < used; i++) {
        buf_puts(out, "█");
    }
    if (eighths % 8 > 0) {
        buf_puts(out, parts[eighths % 8]);
        used++;
    }
    for (size_t i = used; i < cells; i++) {
        buf_puts(out, "░");
    }
}

void term_spark(struct buf *out, const double *values, size_t count, size_t cells)
{
    static const char *const steps[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double top = 0;
    for (size_t i = 0; i < count; i++) {
        top = values[i] > top ? values[i] : top;
    }
    const size_t shown = count < cells ? count : cells;
    for (size_t cell = 0; cell < shown; cell++) {
        double high = 0;
        for (size_t i = cell * count / shown; i < (cell + 1) * count / shown; i++) {
            high = values[i] > high ? values[i] : high;
        }
        buf_puts(out, steps[top > 0 ? (size_t)(high / top * 7 + 0.5) : 0]);
    }
}

void term_number(struct buf *out, int64_t number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, number);
    const char *digit = digits;
    if (*digit == '-') {
        buf_putc(out, *digit++);
    }
    for (size_t left = strlen(digit); left > 0; left--) {
        buf_putc(out, *digit++);
        if (left > 1 && left % 3 == 1) {
            buf_putc(out, ',');
        }
    }
}
