#include "script/data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/embed.h"
#include "script/sandbox.h"
#include "script/value.h"

#define DATA_SIZE_MAX ((size_t)64 * 1024)

const char *data_lua_dir(void)
{
    const char *dir = getenv("DRUMBEAT_LUA_DIR");
    return dir != NULL && dir[0] != '\0' ? dir : NULL;
}

static bool read_file(const char *path, struct buf *out, struct err *e)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return err_set(e, ERR_INVALID, "could not read %s: %s", path, strerror(errno));
    }
    char *space = buf_reserve(out, DATA_SIZE_MAX + 1);
    out->size = fread(space, 1, DATA_SIZE_MAX + 1, file);
    const int failed = ferror(file) ? errno : 0;
    fclose(file);
    if (failed != 0) {
        return err_set(e, ERR_INVALID, "could not read %s: %s", path, strerror(failed));
    }
    return out->size <= DATA_SIZE_MAX ||
           err_set(e, ERR_INVALID, "%s is larger than %zu KiB", path, DATA_SIZE_MAX / 1024);
}

static bool read_source(const char *path, const char *name, struct buf *out, char shown[256],
                        struct err *e)
{
    if (path != NULL) {
        snprintf(shown, 256, "%s", path);
        return read_file(path, out, e);
    }
    snprintf(shown, 256, "lua/%s.lua", name);
    if (data_lua_dir() != NULL) {
        char full[1024];
        snprintf(full, sizeof(full), "%s/%s.lua", data_lua_dir(), name);
        return read_file(full, out, e);
    }
    for (const struct embed_file *f = embed_files; f->name != NULL; f++) {
        if (strcmp(f->name, shown + 4) == 0) {
            buf_append(out, f->begin, (size_t)(f->end - f->begin));
            return true;
        }
    }
    return err_set(e, ERR_INVALID, "there is no %s", shown);
}

static int put_l(lua_State *L)  // value, light userdata buf ->
{
    value_put(L, 1, lua_touserdata(L, 2), DATA_SIZE_MAX * 4);
    return 0;
}

bool data_load(const char *path, const char *name, struct buf *json, struct err *e)
{
    struct buf source;
    char shown[256];
    buf_init(&source, DATA_SIZE_MAX + 2);
    if (!read_source(path, name, &source, shown, e)) {
        buf_deinit(&source);
        return false;
    }
    struct sandbox *box = sandbox_new(NULL, NULL);
    lua_State *L = sandbox_state(box);
    sandbox_seal(box);
    bool ok =
        sandbox_compile(box, source.data, source.size, shown, e) && sandbox_call(box, 0, 1, e);
    if (ok) {
        lua_pushcfunction(L, put_l);
        lua_insert(L, -2);
        lua_pushlightuserdata(L, json);
        ok = sandbox_call(box, 2, 0, e) || err_add(e, "%s", shown);
    }
    sandbox_free(box);
    buf_deinit(&source);
    return ok;
}
