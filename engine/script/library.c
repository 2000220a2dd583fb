// The Lua library (lua/) inside a sandbox: compiled when the program is built (from --lua-dir once
// a process), loaded into each state before the doors close. `require "drumbeat.games"` finds
// lua/games.lua; the table `engine` holds the C side.
#include "script/script_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/embed.h"

#define LIBRARY_FILE_MAX ((size_t)512 * 1024)

static void add_functions(lua_State *L, const struct bind_fn *functions)  // engine -> engine
{
    for (; functions->name != NULL; functions++) {
        lua_pushcfunction(L, functions->call);
        lua_setfield(L, -2, functions->name);
    }
}

static bool read_whole(const char *path, struct buf *out, struct err *e)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return err_set(e, ERR_FAULT, "could not read %s", path);
    }
    char *space = buf_reserve(out, LIBRARY_FILE_MAX);
    const size_t size = fread(space, 1, LIBRARY_FILE_MAX, file);
    out->size = size;
    fclose(file);
    return size < LIBRARY_FILE_MAX || err_set(e, ERR_LIMIT, "%s is too large", path);
}

static const struct embed_file *embedded(const char *name)
{
    char file[128];
    snprintf(file, sizeof(file), "%s.lua", name);
    for (const struct embed_file *f = embed_files; f->name != NULL; f++) {
        if (strcmp(f->name, file) == 0) {
            return f;
        }
    }
    return NULL;
}

// Source of a library file: from --lua-dir, or from the binary.
static bool library_source(const struct script *script, const char *name, struct buf *out,
                           struct err *e)
{
    if (script->options.lua_dir != NULL) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/%s.lua", script->options.lua_dir, name);
        return read_whole(path, out, e);
    }
    const struct embed_file *file = embedded(name);
    if (file == NULL) {
        return err_set(e, ERR_INVALID, "the library has no file '%s.lua'", name);
    }
    buf_append(out, file->begin, (size_t)(file->end - file->begin));
    return true;
}

// Bytecode that came with the binary, if the Lua that runs is the one that made it.
static bool library_code(const struct script *script, const char *name, struct script_chunk *chunk)
{
    const struct embed_file *file = script->options.lua_dir == NULL ? embedded(name) : NULL;
    if (file == NULL || file->code == file->code_end || strcmp(embed_ident, lua_ident) != 0) {
        return false;
    }
    chunk->code = file->code;
    chunk->size = (size_t)(file->code_end - file->code);
    return true;
}

static bool library_compile(struct instance *instance, const char *name, struct script_chunk *chunk,
                            struct err *e)
{
    struct buf source;
    struct buf code;
    buf_init(&source, LIBRARY_FILE_MAX + 1);
    buf_init(&code, LIBRARY_FILE_MAX * 4);
    char shown[140];
    snprintf(shown, sizeof(shown), "lua/%s.lua", name);
    const bool ok = library_source(instance->script, name, &source, e) &&
                    sandbox_dump_library(instance->box, source.data, source.size, shown, &code, e);
    buf_deinit(&source);
    if (!ok) {
        buf_deinit(&code);
        return false;
    }
    chunk->size = code.size;
    chunk->own = buf_take(&code);
    chunk->code = chunk->own;
    return true;
}

static const struct script_chunk *library_chunk(struct instance *instance, const char *name,
                                                struct err *e)
{
    struct script *script = instance->script;
    for (size_t i = 0; i < script->chunk_count; i++) {
        if (strcmp(script->chunks[i].name, name) == 0) {
            return &script->chunks[i];
        }
    }
    struct script_chunk chunk = {0};
    if (!library_code(script, name, &chunk) && !library_compile(instance, name, &chunk, e)) {
        return NULL;
    }
    chunk.name = xstrdup(name);
    script->chunks = xrealloc(script->chunks, (script->chunk_count + 1) * sizeof(*script->chunks));
    script->chunks[script->chunk_count] = chunk;
    return &script->chunks[script->chunk_count++];
}

void library_free_chunks(struct script *script)
{
    for (size_t i = 0; i < script->chunk_count; i++) {
        free((char *)script->chunks[i].name);
        free(script->chunks[i].own);
    }
    free(script->chunks);
}

// require "drumbeat.x": each file is run once a state; modules are kept in the registry.
static int require_l(lua_State *L)
{
    const char *full = luaL_checkstring(L, 1);
    luaL_argcheck(L, strncmp(full, "drumbeat.", 9) == 0, 1, "the library requires drumbeat.* only");
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "drumbeat.modules");
    if (lua_getfield(L, -1, full + 9) != LUA_TNIL) {
        return 1;
    }
    lua_pop(L, 1);
    struct instance *instance = instance_of(L);
    struct err e = {0};
    const struct script_chunk *chunk = library_chunk(instance, full + 9, &e);
    char shown[140];
    snprintf(shown, sizeof(shown), "lua/%s.lua", full + 9);
    if (chunk == NULL ||
        !sandbox_load_library(instance->box, chunk->code, chunk->size, shown, &e)) {
        return luaL_error(L, "%s", e.text);
    }
    if (L != sandbox_state(instance->box)) {
        lua_xmove(sandbox_state(instance->box), L, 1);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, full + 9);
    return 1;
}

bool library_open(struct instance *instance, struct err *e)
{
    lua_State *L = sandbox_state(instance->box);
    sandbox_push_library(instance->box);
    lua_newtable(L);
    add_functions(L, bind_rows);
    add_functions(L, bind_scene);
    add_functions(L, bind_time);
    add_functions(L, bind_money);
    add_functions(L, bind_chance);
    add_functions(L, bind_effect);
    add_functions(L, bind_memory);
    add_functions(L, bind_other);
    add_functions(L, bind_campaign);
    add_functions(L, bind_source);
    add_functions(L, bind_price);
    add_functions(L, bind_console);
    bind_price_open(L);
    sandbox_push_globals(instance->box);
    lua_setfield(L, -2, "globals");
    lua_pushboolean(L, instance->script->options.rehearsal);
    lua_setfield(L, -2, "rehearsal");
    lua_setfield(L, -2, "engine");
    lua_pushcfunction(L, require_l);
    lua_setfield(L, -2, "require");
    lua_pop(L, 1);
    dispatch_open_handle(instance);
    const struct script_chunk *chunk = library_chunk(instance, "main", e);
    if (chunk == NULL ||
        !sandbox_load_library(instance->box, chunk->code, chunk->size, "lua/main.lua", e)) {
        return err_add(e, "could not load the library");
    }
    instance->main = luaL_ref(L, LUA_REGISTRYINDEX);
    return true;
}

bool library_call(struct instance *instance, const char *name, int args, int results, struct err *e)
{
    lua_State *L = sandbox_state(instance->box);
    lua_rawgeti(L, LUA_REGISTRYINDEX, instance->main);
    lua_pushstring(L, name);
    lua_rawget(L, -2);
    lua_remove(L, -2);
    CHECK(lua_isfunction(L, -1));
    lua_insert(L, -1 - args);
    const enum context_kind before = instance->context.kind;
    if (before == CONTEXT_NONE) {
        instance->context.kind = CONTEXT_LOAD;
    }
    const bool ok = sandbox_call(instance->box, args, results, e);
    instance->context.kind = before;
    return ok;
}
