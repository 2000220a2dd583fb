// What reading a playbook's own source for mistakes does most (lua/reader.lua): blanks for what is
// no code, names that mean nothing. Knows no Lua beyond texts, comments and names.
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/script_internal.h"

#define BYTES_FUEL 8  // Bytes looked at for one step.

struct source_text {
    const char *text;
    size_t size;
    char *code;   // Comments and the insides of all texts are blank.
    char *words;  // Texts in quotes stand.
};

static void blank(char *out, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (out[i] != '\n') {
            out[i] = ' ';
        }
    }
}

// Of a text in quotes, or of its line where nothing closes it.
static size_t quote_end(const struct source_text *source, size_t at)
{
    const char sign = source->text[at];
    size_t i = at + 1;
    while (i < source->size && source->text[i] != sign && source->text[i] != '\n') {
        i += source->text[i] == '\\' ? 2 : 1;
    }
    return i < source->size ? i : source->size;
}

// Past "]==]" for "[==[" at `at`; 0: there is no long bracket.
static size_t bracket_end(const struct source_text *source, size_t at)
{
    size_t level = 0;
    if (at >= source->size || source->text[at] != '[') {
        return 0;
    }
    while (at + 1 + level < source->size && source->text[at + 1 + level] == '=') {
        level++;
    }
    if (at + 1 + level >= source->size || source->text[at + 1 + level] != '[') {
        return 0;
    }
    for (size_t i = at; i + level + 1 < source->size; i++) {
        if (source->text[i] == ']' && source->text[i + level + 1] == ']' &&
            strspn(source->text + i + 1, "=") == level) {
            return i + level + 2;
        }
    }
    return source->size;
}

// Blanks what begins at `at`; where to go on.
static size_t blank_at(struct source_text *source, size_t at)
{
    const char *text = source->text;
    if (text[at] == '"' || text[at] == '\'') {
        const size_t end = quote_end(source, at);
        blank(source->code, at + 1, end);
        return end + 1;
    }
    const bool comment = text[at] == '-' && at + 1 < source->size && text[at + 1] == '-';
    size_t end = bracket_end(source, comment ? at + 2 : at);
    if (end == 0 && comment) {
        const char *line = memchr(text + at, '\n', source->size - at);
        end = line == NULL ? source->size : (size_t)(line - text);
    }
    if (end == 0) {
        return at + 1;
    }
    blank(source->code, at, end);
    blank(source->words, at, end);
    return end;
}

// (source) -> code, words
static int blank_l(lua_State *L)
{
    struct buf *scratch = &instance_of(L)->scratch;
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    sandbox_charge(L, (int64_t)size / BYTES_FUEL);
    buf_clear(scratch);
    buf_append(scratch, text, size);
    buf_append(scratch, text, size);
    struct source_text source = {
        .text = text, .size = size, .code = scratch->data, .words = scratch->data + size};
    for (size_t at = 0; at < size;) {
        at += strcspn(text + at, "-\"'[");
        at = at < size ? blank_at(&source, at) : at;
    }
    lua_pushlstring(L, source.code, size);
    lua_pushlstring(L, source.words, size);
    return 2;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// Whether the name at [from, to) belongs to what stands before it (after a point, a colon, a goto),
// or is a field that is set.
static bool is_part(const char *code, size_t size, size_t from, size_t to)
{
    size_t next = to;
    while (next < size && is_space(code[next])) {
        next++;
    }
    if (next + 1 < size && code[next] == '=' && code[next + 1] != '=') {
        return true;
    }
    size_t before = from;
    while (before > 0 && is_space(code[before - 1])) {
        before--;
    }
    if (before == 0) {
        return false;
    }
    const char sign = code[before - 1];
    if (sign == '.') {
        return before < 2 || code[before - 2] != '.';
    }
    return sign == ':' || (before >= 4 && memcmp(code + before - 4, "goto", 4) == 0);
}

// (code, means) -> { from, name, ... } of names that aren't in `means`, each once: they are put
// there.
static int unknown_names_l(lua_State *L)
{
    size_t size;
    const char *code = luaL_checklstring(L, 1, &size);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_createtable(L, 0, 0);
    lua_Integer count = 0;
    for (size_t at = 0; at < size;) {
        if (!is_letter(code[at])) {
            at++;
            continue;
        }
        size_t to = at + 1;
        while (to < size && (is_letter(code[to]) || is_digit(code[to]))) {
            to++;
        }
        sandbox_charge(L, 2);
        lua_pushlstring(L, code + at, to - at);
        lua_pushvalue(L, -1);
        const bool known = lua_rawget(L, 2) != LUA_TNIL || (at > 0 && is_digit(code[at - 1]));
        lua_pop(L, 1);
        if (known || is_part(code, size, at, to)) {
            lua_pop(L, 1);
        } else {
            lua_pushvalue(L, -1);
            lua_pushboolean(L, 1);
            lua_rawset(L, 2);
            lua_pushinteger(L, (lua_Integer)at + 1);
            lua_rawseti(L, 3, ++count);
            lua_rawseti(L, 3, ++count);
        }
        at = to;
    }
    return 1;
}

const struct bind_fn bind_source[] = {
    {"blank", blank_l},
    {"unknown_names", unknown_names_l},
    {NULL, NULL},
};
