// See trace.h. The hook of lines runs inside the entry whose line it is; names are looked up as the
// line would, under a call of its own that may fail.
#include "script/trace.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/script_internal.h"

#define NAME_MAX_BYTES 64
#define SHOWN_VALUE_MAX 40

void trace_begin(struct script_trace *trace, bool on, bool deep)
{
    trace->on = on;
    trace->deep = deep;
    trace->count = 0;
}

uint32_t trace_kept(const struct script_trace *trace)
{
    return trace->count < TRACE_STEPS ? trace->count : TRACE_STEPS;
}

const struct trace_step *trace_at(const struct script_trace *trace, uint32_t index)
{
    const uint32_t first = trace->count <= TRACE_STEPS ? 0 : trace->count - TRACE_STEPS;
    return &trace->steps[(first + index) % TRACE_STEPS];
}

// --- The line. ---

// "playbooks/NAME/games/wheel.lua" -> the source "games/wheel.lua" of the instance's package.
static const struct source *source_of(const struct instance *instance, const char *shown)
{
    struct state *state = instance->script->state;
    const char *path = shown;
    if (strncmp(path, "playbooks/", 10) == 0 && strchr(path + 10, '/') != NULL) {
        path = strchr(path + 10, '/') + 1;
    }
    const text_id known = text_find(state_texts(state), path, strlen(path));
    const uint32_t id =
        known == 0 ? 0 : TABLE_FIND(state, T_SOURCES, SOURCES_BY_PATH, instance->version, known);
    return id == 0 ? NULL : table_get(state, T_SOURCES, id);
}

static bool copy_line(const struct source *source, int line, char out[TRACE_TEXT_MAX])
{
    if (source == NULL || source->body == NULL) {
        return false;
    }
    const char *at = source->body->data;
    const char *const end = at + source->body->size;
    for (int i = 1; i < line && at != NULL && at < end; i++) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at == NULL ? NULL : at + 1;
    }
    if (at == NULL || at >= end) {
        return false;
    }
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    stop = stop == NULL ? end : stop;
    while (at < stop && isspace((unsigned char)*at)) {
        at++;
    }
    const size_t size = (size_t)(stop - at);
    snprintf(out, TRACE_TEXT_MAX, "%.*s", (int)(size < TRACE_TEXT_MAX ? size : TRACE_TEXT_MAX - 1),
             at);
    return true;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool has_word(const char *text, const char *word)
{
    const size_t size = strlen(word);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += size) {
        if ((at == text || !is_word(at[-1])) && !is_word(at[size])) {
            return true;
        }
    }
    return false;
}

static bool decides(const char *text)
{
    static const char *const WORDS[] = {"if", "elseif", "while", "until", "and", "or", "return"};
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        if (has_word(text, WORDS[i])) {
            return true;
        }
    }
    return false;
}

// --- The values. ---

static int field_l(lua_State *L)  // value, name -> value.name
{
    lua_gettable(L, 1);
    return 1;
}

// The local or upvalue of that name. false: nothing was pushed.
static bool push_name(lua_State *L, lua_Debug *ar, const char *name)
{
    bool found = false;
    const char *local;
    for (int i = 1; (local = lua_getlocal(L, ar, i)) != NULL; i++) {
        if (strcmp(local, name) != 0) {
            lua_pop(L, 1);
        } else {
            if (found) {
                lua_remove(L, -2);  // An inner one of the same name.
            }
            found = true;
        }
    }
    if (found || lua_getinfo(L, "f", ar) == 0) {
        return found;
    }
    const char *up;
    for (int i = 1; (up = lua_getupvalue(L, -1, i)) != NULL; i++) {
        if (strcmp(up, name) == 0) {
            lua_remove(L, -2);
            return true;
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return false;
}

// Goes from the value on top to its field; nil where that can't be.
static void step_into(lua_State *L, const char *name)
{
    if (!instance_of(L)->script->options.trace->deep) {
        const bool plain = lua_istable(L, -1) && lua_checkstack(L, 2);
        lua_pushstring(L, name);
        if (plain) {
            lua_rawget(L, -2);
        }
        lua_remove(L, -2);
        if (!plain) {
            lua_pop(L, 1);
            lua_pushlightuserdata(L, NULL);  // Not told.
        }
        return;
    }
    lua_pushcfunction(L, field_l);
    lua_insert(L, -2);
    lua_pushstring(L, name);
    if (lua_pcall(L, 2, 1, 0) != LUA_OK) {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
}

static void put_value(lua_State *L, const char *name, char out[TRACE_TEXT_MAX])
{
    char value[SHOWN_VALUE_MAX + 8];
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        snprintf(value, sizeof(value), "nil");
        break;
    case LUA_TBOOLEAN:
        snprintf(value, sizeof(value), "%s", lua_toboolean(L, -1) ? "true" : "false");
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, -1)) {
            snprintf(value, sizeof(value), "%lld", (long long)lua_tointeger(L, -1));
        } else {
            snprintf(value, sizeof(value), "%g", (double)lua_tonumber(L, -1));
        }
        break;
    case LUA_TSTRING:
        snprintf(value, sizeof(value), "\"%.*s\"", SHOWN_VALUE_MAX, lua_tostring(L, -1));
        break;
    default:
        return;
    }
    const size_t used = strlen(out);
    if (strstr(out, name) == NULL && used + strlen(name) + strlen(value) + 6 < TRACE_TEXT_MAX) {
        snprintf(out + used, TRACE_TEXT_MAX - used, "%s%s = %s", used == 0 ? "" : ", ", name,
                 value);
    }
}

// A name with its fields ("member.memory.said") at `at`; how many bytes it has.
static size_t name_at(const char *at)
{
    size_t size = 0;
    while (is_word(at[size]) || (at[size] == '.' && at[size + 1] != '.' && is_word(at[size + 1]))) {
        size++;
    }
    return size;
}

static void look_up(lua_State *L, lua_Debug *ar, const char *text, size_t size,
                    char out[TRACE_TEXT_MAX])
{
    char name[NAME_MAX_BYTES];
    if (size >= sizeof(name)) {
        return;
    }
    memcpy(name, text, size);
    name[size] = '\0';
    char *field = strchr(name, '.');
    if (field != NULL) {
        *field = '\0';
    }
    const int top = lua_gettop(L);
    if (push_name(L, ar, name)) {
        while (field != NULL) {
            char *next = strchr(field + 1, '.');
            if (next != NULL) {
                *next = '\0';
            }
            step_into(L, field + 1);
            field = next;
        }
        memcpy(name, text, size);
        put_value(L, name, out);
    }
    lua_settop(L, top);
}

static void put_values(lua_State *L, lua_Debug *ar, const char *text, char out[TRACE_TEXT_MAX])
{
    out[0] = '\0';
    if (!lua_checkstack(L, 8)) {
        return;
    }
    for (const char *at = text; *at != '\0' && strncmp(at, "--", 2) != 0;) {
        if (*at == '"' || *at == '\'') {
            const char *close = strchr(at + 1, *at);
            at = close == NULL ? at + strlen(at) : close + 1;
            continue;
        }
        const size_t size = isdigit((unsigned char)*at) ? 0 : name_at(at);
        if (size == 0) {
            at++;
            continue;
        }
        if (at[size] != '(' && at[size] != ':') {  // Calls aren't made again.
            look_up(L, ar, at, size, out);
        }
        at += size;
    }
}

void trace_line(lua_State *L, lua_Debug *ar)
{
    const struct instance *instance = instance_of(L);
    struct script_trace *trace = instance->script->options.trace;
    struct state *state = instance->script->state;
    struct trace_step step = {.line = ar->currentline};
    if (trace == NULL || !trace->on || lua_getinfo(L, "S", ar) == 0 ||
        !copy_line(source_of(instance, ar->source[0] == '@' || ar->source[0] == '=' ? ar->source + 1
                                                                                    : ar->source),
                   step.line, step.text)) {
        return;
    }
    snprintf(step.file, sizeof(step.file), "%s", ar->source + 1);
    step.decides = decides(step.text);
    step.vouchers = table_last(state, T_VOUCHERS);
    step.plays = table_last(state, T_PLAYS);
    step.effects = table_last(state, T_OUTBOX);
    put_values(L, ar, step.text, step.values);
    trace->steps[trace->count++ % TRACE_STEPS] = step;
}

void trace_refused(lua_State *L, const char *why)
{
    const struct instance *instance = instance_of(L);
    struct script_trace *trace = instance == NULL ? NULL : instance->script->options.trace;
    if (trace != NULL && trace->on && trace->count > 0) {
        struct trace_step *step = &trace->steps[(trace->count - 1) % TRACE_STEPS];
        snprintf(step->refused, sizeof(step->refused), "%.*s", TRACE_TEXT_MAX - 1, why);
    }
}
