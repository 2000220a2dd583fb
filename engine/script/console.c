// Lines of operators: an instance that belongs to a campaign and to no day. It hears of nothing;
// each line is one entry. What a line changes is the caller's turn to keep or drop.
#include "script/script_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "base/utf8.h"
#include "script/chance.h"

#define CONSOLE_FUEL 5000000
#define CONSOLE_WALL_MS 100
#define CONSOLE_NAME "line"

static bool console_ready(struct script *script, uint32_t campaign, struct err *e)
{
    struct instance *console = script->console;
    if (console != NULL &&
        (console->campaign != campaign || console->box == NULL || sandbox_dead(console->box))) {
        instance_free(console);
        script->console = console = NULL;
    }
    if (console != NULL) {
        return true;
    }
    console = script->console = instance_new(script, campaign, 0);
    console->fuel = CONSOLE_FUEL;
    console->wall_ms = CONSOLE_WALL_MS;
    snprintf(console->playbook, sizeof(console->playbook), "console");
    if (instance_open(console, "console_begin", e)) {
        sandbox_collects(console->box, true);
        return true;
    }
    instance_free(console);
    script->console = NULL;
    return err_add(e, "the console could not be built");
}

bool script_console_is_partial(const struct err *e)
{
    const size_t size = strlen(e->text);
    return e->kind == ERR_INVALID && size > 5 && strcmp(e->text + size - 5, "<eof>") == 0 &&
           strstr(e->text, "unfinished string") == NULL;
}

// Compiles "return LINE", or LINE if that is no expression: the function is on the stack.
static bool console_compile(struct instance *console, const char *line, size_t size, struct err *e)
{
    struct buf source;
    struct err ignored = {0};
    buf_init(&source, CONSOLE_LINE_MAX + 16);
    buf_puts(&source, "return ");
    buf_append(&source, line, size);
    const bool ok = (!source.overflow && sandbox_compile(console->box, source.data, source.size,
                                                         CONSOLE_NAME, &ignored)) ||
                    sandbox_compile(console->box, line, size, CONSOLE_NAME, e);
    buf_deinit(&source);
    return ok;
}

// Text on top of the stack -> answer.
static bool console_take(struct instance *console, struct buf *answer, struct err *e)
{
    lua_State *L = sandbox_state(console->box);
    size_t size;
    const char *json = lua_tolstring(L, -1, &size);
    CHECK(json != NULL);
    buf_append(answer, json, size);
    lua_pop(L, 1);
    return !answer->overflow || err_set(e, ERR_LIMIT, "the answer is too long: ask for less");
}

// "timers 3" -> timers(3).
static bool console_line(struct instance *console, const char *line, size_t size, struct buf *out,
                         struct err *e)
{
    if (size > CONSOLE_LINE_MAX) {
        return err_set(e, ERR_INVALID, "a line has at most %zu KiB", CONSOLE_LINE_MAX / 1024);
    }
    if (!utf8_valid(line, size)) {
        return err_set(e, ERR_INVALID, "the line is no valid UTF-8");
    }
    lua_pushlstring(sandbox_state(console->box), line, size);
    return library_call(console, "console_line", 1, 1, e) && console_take(console, out, e);
}

bool script_console(struct script *script, uint32_t campaign, const char *line, size_t size,
                    struct buf *answer, struct err *e)
{
    if (!console_ready(script, campaign, e)) {
        return false;
    }
    struct instance *console = script->console;
    struct buf lua;
    buf_init(&lua, CONSOLE_LINE_MAX + 256);
    const bool compiled = console_line(console, line, size, &lua, e) &&
                          console_compile(console, lua.data, lua.size, e);
    buf_deinit(&lua);
    if (!compiled) {
        return false;
    }
    dispatch_open_context(console, NULL, NULL, 0);
    const bool ok = library_call(console, "console_eval", 1, 1, e);
    dispatch_close_context(console);
    chance_forget(script->chance);
    return ok && console_take(console, answer, e);
}

bool script_console_inputs_back(struct script *script, uint32_t campaign, uint32_t tweak,
                                const struct bytes *changes, struct buf *answer, struct err *e)
{
    if (!console_ready(script, campaign, e)) {
        return false;
    }
    struct instance *console = script->console;
    lua_State *L = sandbox_state(console->box);
    lua_pushinteger(L, tweak);
    lua_pushlstring(L, changes->data, changes->size);
    dispatch_open_context(console, NULL, NULL, 0);
    const bool ok = library_call(console, "console_inputs_back", 2, 1, e);
    dispatch_close_context(console);
    return ok && console_take(console, answer, e);
}

bool script_console_complete(struct script *script, uint32_t campaign, const char *line,
                             size_t size, struct buf *answer, struct err *e)
{
    if (!console_ready(script, campaign, e)) {
        return false;
    }
    struct instance *console = script->console;
    lua_pushlstring(sandbox_state(console->box), line, size);
    dispatch_open_context(console, NULL, NULL, 0);
    const bool ok = library_call(console, "console_complete", 1, 1, e);
    dispatch_close_context(console);
    return ok && console_take(console, answer, e);
}
