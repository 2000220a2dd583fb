// Source text (and bytecode of our own library) into functions, behind the door like everything
// else.
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "base/utf8.h"
#include "script/sandbox_internal.h"

#define SOURCE_MAX 65536        // Bytes of one playbook file.
#define INSTRUCTIONS_MAX 16384  // Of one function.

struct load_source {
    const char *text;
    size_t size;
    const char *name;
    const char *mode;
    const char *env_key;
};

static const char *load_read(lua_State *L, void *ud, size_t *size)
{
    (void)L;
    struct load_source *source = ud;
    *size = source->size;
    source->size = 0;
    return *size == 0 ? NULL : source->text;
}

// Runs behind the door: loads the chunk and gives it its environment. (source) -> function
static int load_run(lua_State *L)
{
    struct load_source *source = lua_touserdata(L, 1);
    const bool collects = lua_gc(L, LUA_GCISRUNNING) != 0;
    // A collection while this release compiles can free what it still needs.
    lua_gc(L, LUA_GCSTOP);
    const int status = lua_load(L, load_read, source, source->name, source->mode);
    if (collects) {
        lua_gc(L, LUA_GCRESTART);
    }
    if (status != LUA_OK) {
        return lua_error(L);
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, source->env_key);
    if (lua_setupvalue(L, -2, 1) == NULL) {
        lua_pop(L, 1);
    }
    return 1;
}

static bool load(struct sandbox *box, struct load_source *source, struct err *e)
{
    if (sandbox_door_refuses(box, e)) {
        return false;
    }
    const size_t block_max = box->block_max;
    const bool unlimited_fuel = box->unlimited_fuel;
    const int64_t fuel_left = box->fuel_left;  // Of an entry that compiles, if there is one.
    box->block_max = SANDBOX_BLOCK_TRUSTED;
    box->unlimited_fuel = true;
    lua_pushcfunction(box->main, load_run);
    lua_pushlightuserdata(box->main, source);
    const bool ok = sandbox_guarded_pcall(box, 1, 1, e);
    box->block_max = block_max;
    box->unlimited_fuel = unlimited_fuel;
    box->fuel_left = fuel_left;
    box->fuel_look = fuel_left;
    return ok;
}

static const char *name_with(lua_State *L, char kind, const char *name)
{
    return lua_pushfstring(L, "%c%s", kind, name);
}

bool sandbox_load_library(struct sandbox *box, const char *chunk, size_t size, const char *name,
                          struct err *e)
{
    const size_t block_max = box->block_max;
    const bool unlimited_fuel = box->unlimited_fuel;
    const int64_t fuel_left = box->fuel_left;
    struct load_source source = {chunk, size, name_with(box->main, '=', name), "bt",
                                 &sandbox_library_key};
    bool ok = load(box, &source, e);
    if (ok) {
        box->block_max = SANDBOX_BLOCK_TRUSTED;
        box->unlimited_fuel = true;
        ok = sandbox_guarded_pcall(box, 0, 1, e);
        box->unlimited_fuel = unlimited_fuel;
        box->block_max = block_max;
        box->fuel_left = fuel_left;  // What the entry does that needs the file is its own affair.
        box->fuel_look = fuel_left;
    }
    if (!box->dead) {
        lua_remove(box->main, ok ? -2 : -1);  // The name.
    }
    return ok;
}

static int append_bytes(lua_State *L, const void *data, size_t size, void *ud)
{
    (void)L;
    buf_append(ud, data, size);
    return 0;
}

bool sandbox_dump_library(struct sandbox *box, const char *chunk, size_t size, const char *name,
                          struct buf *out, struct err *e)
{
    struct load_source source = {chunk, size, name_with(box->main, '=', name), "t",
                                 &sandbox_library_key};
    const bool ok = load(box, &source, e);
    if (ok) {
        CHECK(lua_dump(box->main, append_bytes, out, 0) == 0);
        lua_pop(box->main, 1);
    }
    if (!box->dead) {
        lua_pop(box->main, 1);
    }
    return ok;
}

// lua_dump writes the instructions of a function in one piece, and nothing else in a file of at
// most SOURCE_MAX bytes, stripped of names, makes a piece as large as the limit.
static int measure_function(lua_State *L, const void *data, size_t size, void *ud)
{
    (void)L;
    (void)data;
    size_t *largest = ud;
    *largest = size > *largest ? size : *largest;
    return 0;
}

static bool utf8_refuses(const char *source, size_t size, const char *name, struct err *e)
{
    size_t line = 1;
    for (size_t at = 0; at < size; line++) {
        const char *end = memchr(source + at, '\n', size - at);
        const size_t length = end == NULL ? size - at : (size_t)(end - source) - at + 1;
        if (!utf8_valid(source + at, length)) {
            err_set(e, ERR_INVALID, "%s:%zu: this isn't UTF-8: save the file as UTF-8", name, line);
            return true;
        }
        at += length;
    }
    return false;
}

static bool compile_refuses(const char *source, size_t size, const char *name, struct err *e)
{
    if (size > SOURCE_MAX) {
        err_set(e, ERR_INVALID, "%s:1: the file is too large (%zu bytes, limit %d)", name, size,
                SOURCE_MAX);
        return true;
    }
    if (size > 0 && source[0] == LUA_SIGNATURE[0]) {
        err_set(e, ERR_INVALID, "%s:1: this is compiled code, a playbook is text", name);
        return true;
    }
    if (size >= 2 && (memcmp(source, "\xFF\xFE", 2) == 0 || memcmp(source, "\xFE\xFF", 2) == 0)) {
        err_set(e, ERR_INVALID, "%s:1: this is UTF-16: save the file as UTF-8", name);
        return true;
    }
    size_t line = 1;
    for (size_t i = 0; i < size; i++) {
        if (source[i] == '\0') {
            err_set(e, ERR_INVALID, "%s:%zu: there is a NUL byte in the file", name, line);
            return true;
        }
        line += source[i] == '\n';
    }
    // A constant _ENV makes this release compile wrong code; playbooks have no use for it.
    if (memmem(source, size, "_ENV", 4) != NULL) {
        err_set(e, ERR_INVALID, "%s:1: the name _ENV can't be used in a playbook", name);
        return true;
    }
    return utf8_refuses(source, size, name, e);
}

bool sandbox_compile(struct sandbox *box, const char *source, size_t size, const char *name,
                     struct err *e)
{
    if (size >= 3 && memcmp(source, "\xEF\xBB\xBF", 3) == 0) {
        source += 3;  // Some editors put a byte order mark in front.
        size -= 3;
    }
    if (compile_refuses(source, size, name, e)) {
        return false;
    }
    lua_State *L = box->main;
    struct load_source text = {source, size, name_with(L, '@', name), "t", &sandbox_env_key};
    const bool loaded = load(box, &text, e);
    if (box->dead) {
        return false;
    }
    lua_remove(L, loaded ? -2 : -1);  // The name.
    if (!loaded) {
        if (e != NULL &&
            strcmp(e->text, "C stack overflow") == 0) {  // The one message without a place.
            err_set(e, ERR_INVALID, "%s:1: something in this file is nested too deeply", name);
        } else if (e != NULL && strstr(e->text, " near '<\\") != NULL) {
            // An input method's quotes, or a name in other letters.
            const size_t used = strlen(e->text);
            snprintf(e->text + used, sizeof(e->text) - used,
                     ": outside of texts only a to z, and quotes are \" or '");
        }
        return false;
    }
    size_t largest = 0;
    CHECK(lua_dump(L, measure_function, &largest, 1) == 0);
    if (largest > INSTRUCTIONS_MAX * 4) {
        lua_pop(L, 1);
        return err_set(e, ERR_INVALID,
                       "%s:1: a function in this file is too long (%zu instructions, limit %d)",
                       name, largest / 4, INSTRUCTIONS_MAX);
    }
    return true;
}
