// One line a call, one write(2) a line, so that lines of several processes don't mix.

#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#define LOG_TEXT_MAX 2048
#define LOG_LINE_MAX (8 * LOG_TEXT_MAX)

// The only global of the base, set once by main before any thread starts.
static _Atomic int log_level = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&log_level, (int)level);
}

static void log_put_line(struct buf *line, enum log_level level, const char *event,
                         const char *text, bool as_json)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    char date[32];
    char clock[32];
    strftime(date, sizeof(date), "%Y-%m-%d", &utc);
    strftime(clock, sizeof(clock), "%H:%M:%S", &utc);
    const int ms = (int)(now.tv_nsec / 1000000);
    if (!as_json) {
        buf_printf(line, "%s.%03dZ %-5s %s: ", clock, ms, names[level], event);
        utf8_escape(text, strlen(text), line);
        buf_putc(line, '\n');
        return;
    }
    buf_printf(line, "{\"time\":\"%sT%s.%03dZ\"", date, clock, ms);
    json_key(line, "level");
    json_put_z(line, names[level]);
    json_key(line, "event");
    json_put_z(line, event);
    json_key(line, "text");
    json_put_z(line, text);
    buf_puts(line, "}\n");
}

void log_write(enum log_level level, const char *event, const char *format, ...)
{
    CHECK(level >= LOG_DEBUG);
    CHECK(level <= LOG_ERROR);
    if ((int)level < atomic_load(&log_level)) {
        return;
    }
    char text[LOG_TEXT_MAX];
    va_list args;
    va_start(args, format);
    const int size = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    CHECK(size >= 0);
    if ((size_t)size >= sizeof(text)) {
        text[utf8_cut(text, sizeof(text) - 1, sizeof(text) - 1)] = '\0';
    }
    struct buf line;
    buf_init(&line, LOG_LINE_MAX);
    log_put_line(&line, level, event, text, isatty(STDERR_FILENO) != 1);
    // There is nobody to tell when stderr is gone.
    size_t done = 0;
    while (done < line.size) {
        const ssize_t wrote = write(STDERR_FILENO, line.data + done, line.size - done);
        if (wrote <= 0) {
            break;
        }
        done += (size_t)wrote;
    }
    buf_deinit(&line);
}
