#pragma once
// A whole terminal for a while: raw keys, redrawn in place, given back as it was whatever ends it
// (q, Ctrl-C, a signal). And lines that never run over its edge, measured in display cells. Knows
// nothing of campaigns.

#include <termios.h>

#include "app/term.h"
#include "base/err.h"

struct screen {
    struct term *term;
    struct termios before;
    int signals;  // A signalfd: window size, and whatever ends a program.
    int events;   // An epoll of keys and signals: one thing to wait for.
    bool is_open;
};

enum screen_event {
    SCREEN_NOTHING,
    SCREEN_KEY,  // One that means nothing here: draw anew.
    SCREEN_RESIZED,
    SCREEN_QUIT,     // q, Esc, end of input
    SCREEN_STOPPED,  // Ctrl-C or a signal
};

bool term_is_typed_at(void);  // stdin is a terminal.
// stdin and the terminal's file must be terminals.
MUST_USE bool screen_open(struct screen *screen, struct term *term, struct err *e);
void screen_close(struct screen *screen);
// What has happened; asked again until it is SCREEN_NOTHING.
enum screen_event screen_take(struct screen *screen);

// Drawing: lines from the top, cut at the edge.
struct canvas {
    const struct term *term;
    struct buf *out;
    size_t width, height;
    size_t row;     // Lines finished.
    size_t column;  // Cells of the line being drawn.
    bool is_live;   // Into a screen, else printed.
};

void canvas_begin(struct canvas *canvas, const struct term *term, bool is_live, struct buf *out);
void canvas_put(struct canvas *canvas, enum term_style style, const char *format, ...)
    PRINTF_LIKE(3, 4);
void canvas_to(struct canvas *canvas, size_t column);  // Blanks up to there.
// Text that ends at `column`.
void canvas_right(struct canvas *canvas, size_t column, const char *text);
void canvas_line(struct canvas *canvas);  // Ends the line; beyond the last one nothing is drawn.
void canvas_end(struct canvas *canvas);
