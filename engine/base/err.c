// Errors as values. Texts often carry pieces of hostile input, so what is stored is made one line
// of valid UTF-8 here, once, and every printer may trust it.

#include "base/err.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

// Copies `from` into `to` (ERR_TEXT_MAX bytes): control characters become blanks, bytes that are no
// UTF-8 become '?', and the cut falls between characters.
static void err_copy_clean(char *to, const char *from, size_t size)
{
    size_t used = 0;
    size_t i = 0;
    while (i < size) {
        const size_t step = utf8_step(from + i, size - i);
        const size_t bytes = step == 0 ? 1 : step;
        if (used + bytes >= ERR_TEXT_MAX) {
            break;
        }
        const unsigned char first = (unsigned char)from[i];
        if (step == 0) {
            to[used] = '?';
        } else if (first < 0x20 || first == 0x7f) {
            to[used] = ' ';
        } else {
            memcpy(to + used, from + i, step);
        }
        used += bytes;
        i += bytes;
    }
    to[used] = '\0';
}

// Formats into `out`, returns the bytes written. A cut at the end may leave half a character;
// err_copy_clean never sees it because the piece behind the last whole character is dropped here.
PRINTF_LIKE(3, 0)
static size_t err_format(char *out, size_t out_size, const char *format, va_list args)
{
    const int wanted = vsnprintf(out, out_size, format, args);
    CHECK(wanted >= 0);
    if ((size_t)wanted < out_size) {
        return (size_t)wanted;
    }
    return utf8_cut(out, out_size - 1, out_size - 1);
}

bool err_set_va(struct err *e, enum err_kind kind, const char *format, va_list args)
{
    CHECK(kind != ERR_NONE);
    if (e == NULL) {
        return false;
    }
    // A second buffer, because the arguments may point into e->text.
    char text[ERR_TEXT_MAX];
    const size_t size = err_format(text, sizeof(text), format, args);
    e->kind = kind;
    err_copy_clean(e->text, text, size);
    return false;
}

bool err_set(struct err *e, enum err_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err_set_va(e, kind, format, args);
    va_end(args);
    return false;
}

bool err_add(struct err *e, const char *format, ...)
{
    if (e == NULL) {
        return false;
    }
    CHECK(e->kind != ERR_NONE);
    char text[2 * ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    size_t size = err_format(text, ERR_TEXT_MAX, format, args);
    va_end(args);
    memcpy(text + size, ": ", 2);
    size += 2;
    const size_t old_size = strnlen(e->text, ERR_TEXT_MAX - 1);
    const size_t room = sizeof(text) - size;
    const size_t taken = old_size < room ? old_size : room;
    memcpy(text + size, e->text, taken);
    err_copy_clean(e->text, text, size + taken);
    return false;
}

void err_clear(struct err *e)
{
    if (e != NULL) {
        e->kind = ERR_NONE;
        e->text[0] = '\0';
    }
}
