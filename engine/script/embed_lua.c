// A tool of the build, no part of the program: compiles the library's files (lua/) with the same
// Lua that the program is linked with. Functions keep their lines, for messages.
//   embed_lua DIR IDENT NAME...   reads DIR/NAME, writes ./NAME.luac, and Lua's version into IDENT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>

#define PATH_SIZE 1024
#define SOURCE_MAX ((size_t)1 << 20)

static int write_part(lua_State *L, const void *data, size_t size, void *file)
{
    (void)L;
    return size > 0 && fwrite(data, 1, size, file) != size;
}

static int fail(const char *path, const char *why)
{
    fprintf(stderr, "embed_lua: %s: %s\n", path, why);
    return EXIT_FAILURE;
}

// "lua/sub/x.lua" is the chunk's name, as when it is compiled from its source.
static int compile(const char *dir, const char *name)
{
    char from[PATH_SIZE];
    char to[PATH_SIZE];
    char shown[PATH_SIZE];
    (void)snprintf(from, sizeof(from), "%s/%s", dir, name);
    (void)snprintf(to, sizeof(to), "%s.luac", name);
    (void)snprintf(shown, sizeof(shown), "=lua/%s", name);
    FILE *in = fopen(from, "rb");
    if (in == NULL) {
        return fail(from, "can't be read");
    }
    lua_State *L = luaL_newstate();
    if (L == NULL) {
        return fail(from, "no memory");
    }
    char *source = lua_newuserdatauv(L, SOURCE_MAX, 0);
    const size_t size = fread(source, 1, SOURCE_MAX, in);
    fclose(in);
    if (luaL_loadbufferx(L, source, size, shown, "t") != LUA_OK) {
        return fail(from, lua_tostring(L, -1));
    }
    FILE *out = fopen(to, "wb");
    const int failed = out == NULL || lua_dump(L, write_part, out, 0) != 0;
    lua_close(L);
    return out == NULL || (fclose(out) != 0) | failed ? fail(to, "can't be written") : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        return fail("usage", "embed_lua DIR IDENT NAME...");
    }
    FILE *ident = fopen(argv[2], "wb");
    if (ident == NULL || fputs(lua_ident, ident) < 0 || fclose(ident) != 0) {
        return fail(argv[2], "can't be written");
    }
    for (int i = 3; i < argc; i++) {
        if (compile(argv[1], argv[i]) != EXIT_SUCCESS) {
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
