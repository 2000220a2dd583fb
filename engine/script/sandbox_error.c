// From an error value of strangers to one clean line that begins with the playbook's file:line.
// Looks at the stack, never calls into it.
#include <stdio.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "script/sandbox_internal.h"

#define LEVELS_MAX 250    // Frames of our library above the playbook's; more is a runaway.
#define MESSAGE_MAX 4096  // Bytes looked at before escaping.

void sandbox_where(lua_State *L, char *out, size_t size)
{
    out[0] = '\0';
    lua_Debug ar;
    for (int level = 0; level < LEVELS_MAX && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.source[0] == '@' && ar.currentline > 0) {  // Our library is loaded with '='.
            (void)snprintf(out, size, "%s:%d", ar.short_src, ar.currentline);
            return;
        }
    }
}

int sandbox_outer_line(lua_State *L)
{
    lua_Debug ar;
    int above = 0;  // Stands; `below` doesn't, once it was found.
    int below = 1;
    while (lua_getstack(L, below, &ar)) {
        above = below;
        below *= 2;
    }
    while (below - above > 1) {
        const int middle = above + (below - above) / 2;
        if (lua_getstack(L, middle, &ar)) {
            above = middle;
        } else {
            below = middle;
        }
    }
    if (!lua_getstack(L, above, &ar)) {
        return 0;
    }
    lua_getinfo(L, "Sl", &ar);
    return ar.source[0] == '@' && ar.currentline > 0 ? ar.currentline : 0;
}

// The length of a "name.lua:12:" in front of the message, without the last colon; 0 if there is
// none.
static size_t position_length(const char *text, size_t size)
{
    size_t i = 0;
    while (i < size && text[i] != ':' && (unsigned char)text[i] > ' ') {
        i++;
    }
    if (i == 0 || i >= size || text[i] != ':') {
        return 0;
    }
    const size_t digits = ++i;
    while (i < size && text[i] >= '0' && text[i] <= '9') {
        i++;
    }
    return i > digits && i < size && text[i] == ':' ? i : 0;
}

static bool same_file(const char *where, const char *text, size_t position)
{
    const char *colon = strrchr(where, ':');
    const size_t file_size = colon == NULL ? 0 : (size_t)(colon - where);
    return file_size > 0 && file_size < position && memcmp(where, text, file_size + 1) == 0;
}

static const char *error_text(lua_State *L, int index, size_t *size, char scratch[64])
{
    const int type = lua_type(L, index);
    if (type == LUA_TSTRING) {
        return lua_tolstring(L, index, size);
    }
    if (type == LUA_TNUMBER) {
        const int written = lua_isinteger(L, index)
                                ? snprintf(scratch, 64, "%lld", lua_tointeger(L, index))
                                : snprintf(scratch, 64, "%.14g", lua_tonumber(L, index));
        *size = (size_t)written;
        return scratch;
    }
    const int written =
        snprintf(scratch, 64, "the error value is a %s, not a text", lua_typename(L, type));
    *size = (size_t)written;
    return scratch;
}

void sandbox_describe(lua_State *L, int index, const char *where, struct err *e)
{
    char scratch[64];
    size_t size = 0;
    const char *text = error_text(L, index, &size, scratch);
    size = size > MESSAGE_MAX ? utf8_cut(text, MESSAGE_MAX, MESSAGE_MAX) : size;

    struct buf line;
    buf_init(&line, 8 * MESSAGE_MAX);
    const size_t position = position_length(text, size);
    if (where[0] == '\0' || (position > 0 && same_file(where, text, position))) {
        utf8_escape(text, size, &line);
    } else {
        // The playbook's own line first; the place in our library is for whoever works on it.
        utf8_escape(where, strlen(where), &line);
        buf_puts(&line, ": ");
        if (position > 0) {
            const size_t skip = position + 1 < size && text[position + 1] == ' ' ? 2 : 1;
            utf8_escape(text + position + skip, size - position - skip, &line);
            buf_puts(&line, " (");
            utf8_escape(text, position, &line);
            buf_putc(&line, ')');
        } else {
            utf8_escape(text, size, &line);
        }
    }
    err_set(e, ERR_INVALID, "%s", line.data == NULL ? "" : line.data);
    buf_deinit(&line);
}
