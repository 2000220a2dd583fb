// The whole terminal: see term_screen.h.
#include "app/term_screen.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/utf8.h"

#define ENTER "\x1b[?1049h\x1b[?25l\x1b[2J"
#define LEAVE "\x1b[?25h\x1b[?1049l"

bool term_is_typed_at(void)
{
    return isatty(STDIN_FILENO) == 1;
}

static bool watch(const struct screen *screen, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    return epoll_ctl(screen->events, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool screen_open(struct screen *screen, struct term *term, struct err *e)
{
    sigset_t signals;
    *screen = (struct screen){.term = term, .signals = -1, .events = -1};
    sigemptyset(&signals);
    sigaddset(&signals, SIGWINCH);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    screen->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    screen->events = epoll_create1(EPOLL_CLOEXEC);
    if (screen->signals < 0 || screen->events < 0 || !watch(screen, STDIN_FILENO) ||
        !watch(screen, screen->signals) || tcgetattr(STDIN_FILENO, &screen->before) != 0 ||
        sigprocmask(SIG_BLOCK, &signals, NULL) != 0) {
        err_set(e, ERR_FAULT, "the terminal: %s", strerror(errno));
        screen_close(screen);
        return false;
    }
    struct termios raw = screen->before;
    raw.c_lflag &= (tcflag_t) ~(ECHO | ICANON | ISIG | IEXTEN);
    raw.c_iflag &= (tcflag_t) ~(IXON | ICRNL);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) != 0) {
        err_set(e, ERR_FAULT, "the terminal: %s", strerror(errno));
        screen_close(screen);
        return false;
    }
    screen->is_open = true;
    fputs(ENTER, term->file);
    fflush(term->file);
    return true;
}

void screen_close(struct screen *screen)
{
    if (screen->is_open) {
        screen->is_open = false;
        fputs(LEAVE, screen->term->file);
        fflush(screen->term->file);
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &screen->before);
    }
    if (screen->signals >= 0) {
        close(screen->signals);
        screen->signals = -1;
    }
    if (screen->events >= 0) {
        close(screen->events);
        screen->events = -1;
    }
}

enum screen_event screen_take(struct screen *screen)
{
    struct signalfd_siginfo info;
    if (read(screen->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGWINCH) {
            return SCREEN_STOPPED;
        }
        term_measure(screen->term);
        fputs("\x1b[2J", screen->term->file);
        return SCREEN_RESIZED;
    }
    char key;
    struct epoll_event event;
    if (epoll_wait(screen->events, &event, 1, 0) <= 0 || event.data.fd != STDIN_FILENO) {
        return SCREEN_NOTHING;
    }
    const ssize_t size = read(STDIN_FILENO, &key, 1);
    if (size <= 0) {
        return SCREEN_QUIT;  // The terminal has gone away.
    }
    switch (key) {
    case 'q':
    case 'Q':
        return SCREEN_QUIT;
    case 3:
        return SCREEN_STOPPED;
    default:
        return SCREEN_KEY;
    }
}

// --- Lines. ---

void canvas_begin(struct canvas *canvas, const struct term *term, bool is_live, struct buf *out)
{
    *canvas = (struct canvas){
        .term = term, .out = out, .width = term->width, .height = term->height, .is_live = is_live};
    if (is_live) {
        buf_puts(out, "\x1b[H");
    }
}

void canvas_put(struct canvas *canvas, enum term_style style, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    const int size = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (size <= 0 || canvas->row >= canvas->height || canvas->column >= canvas->width) {
        return;
    }
    const size_t whole = (size_t)size < sizeof(text) ? (size_t)size : sizeof(text) - 1;
    const size_t fits =
        utf8_fit(text, utf8_cut(text, whole, whole), canvas->width - canvas->column);
    text[fits] = '\0';
    canvas->column += utf8_width(text, fits);
    if (fits < whole) {
        canvas->column = canvas->width;  // Nothing may follow what was cut.
    }
    term_style(canvas->term, canvas->out, style, text);
}

void canvas_to(struct canvas *canvas, size_t column)
{
    while (canvas->column < column && canvas->column < canvas->width &&
           canvas->row < canvas->height) {
        buf_putc(canvas->out, ' ');
        canvas->column++;
    }
}

void canvas_right(struct canvas *canvas, size_t column, const char *text)
{
    const size_t cells = utf8_width(text, strlen(text));
    canvas_to(canvas, column > cells ? column - cells : 0);
    canvas_put(canvas, TERM_PLAIN, "%s", text);
}

void canvas_line(struct canvas *canvas)
{
    const bool is_full = canvas->column >= canvas->width;
    while (!is_full && canvas->column > 0 && canvas->out->size > 0 &&
           canvas->out->data[canvas->out->size - 1] == ' ') {
        canvas->out->size--;  // Room for what isn't there.
    }
    canvas->column = 0;
    if (canvas->row >= canvas->height) {
        return;
    }
    canvas->row++;
    if (!canvas->is_live) {
        buf_putc(canvas->out, '\n');
        return;
    }
    // On a full line the cursor still stands on its last cell.
    buf_puts(canvas->out, is_full ? "" : "\x1b[K");
    if (canvas->row < canvas->height) {  // A line feed on the last row would scroll.
        buf_puts(canvas->out, "\r\n");
    }
}

void canvas_end(struct canvas *canvas)
{
    if (canvas->is_live && canvas->row < canvas->height) {
        buf_puts(canvas->out, "\x1b[J");
    }
}
