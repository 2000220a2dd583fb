// A tool of the build, no part of the program: compiles the library's files (lua/) with the same
// Lua that the program is linked with. Functions keep their lines, for messages, and lose the names
// of their locals: those are half of the work of loading a file.
//   embed_lua DIR IDENT NAME...   reads DIR/NAME, writes ./NAME.luac, and Lua's version into IDENT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>

#define PATH_SIZE 1024
#define SOURCE_MAX ((size_t)1 << 20)

// --- What lua_dump wrote, without names of locals and upvalues (Lua 5.4, ldump.c). ---

#define HEADER_SIZE 32  // With the number of upvalues.
#define HEADER_VERSION 0x54
#define DUMP_MAX (4 * SOURCE_MAX)

enum { TAG_INTEGER = 0x03, TAG_TEXT = 0x04, TAG_FLOAT = 0x13, TAG_LONG_TEXT = 0x14 };

struct dump {
    unsigned char bytes[DUMP_MAX];
    size_t size;
    unsigned char kept[DUMP_MAX];
    size_t kept_size, at;
    int failed;
};

static int append_part(lua_State *L, const void *data, size_t size, void *ctx)
{
    struct dump *dump = ctx;
    (void)L;
    if (size > DUMP_MAX - dump->size) {
        return 1;
    }
    memcpy(dump->bytes + dump->size, data, size);
    dump->size += size;
    return 0;
}

static void keep(struct dump *dump, size_t size)
{
    if (size > dump->size - dump->at) {
        dump->failed = 1;
        return;
    }
    memcpy(dump->kept + dump->kept_size, dump->bytes + dump->at, size);
    dump->kept_size += size;
    dump->at += size;
}

// Seven bits a byte, the highest first; the last byte has its eighth bit set.
static size_t keep_number(struct dump *dump)
{
    size_t number = 0;
    while (!dump->failed) {
        const size_t byte = dump->at < dump->size ? dump->bytes[dump->at] : 0;
        keep(dump, 1);
        number = number << 7 | (byte & 0x7f);
        if (byte & 0x80) {
            return number;
        }
    }
    return 0;
}

static void keep_text(struct dump *dump)
{
    const size_t size = keep_number(dump);
    keep(dump, size == 0 ? 0 : size - 1);
}

static void keep_constants(struct dump *dump)
{
    for (size_t count = keep_number(dump); count > 0 && !dump->failed; count--) {
        const int tag = dump->at < dump->size ? dump->bytes[dump->at] : 0;
        keep(dump, 1);
        if (tag == TAG_INTEGER || tag == TAG_FLOAT) {
            keep(dump, 8);
        } else if (tag == TAG_TEXT || tag == TAG_LONG_TEXT) {
            keep_text(dump);
        }
    }
}

// A list of names, `numbers` with each: nothing of it is kept but that it is empty.
static void drop_names(struct dump *dump, int numbers)
{
    const size_t start = dump->kept_size;
    for (size_t count = keep_number(dump); count > 0 && !dump->failed; count--) {
        keep_text(dump);
        for (int i = 0; i < numbers; i++) {
            keep_number(dump);
        }
    }
    dump->kept_size = start;
    dump->kept[dump->kept_size++] = 0x80;
}

static void keep_function(struct dump *dump)
{
    keep_text(dump);    // Its file.
    keep_number(dump);  // Its lines.
    keep_number(dump);
    keep(dump, 3);
    keep(dump, 4 * keep_number(dump));  // Instructions.
    keep_constants(dump);
    keep(dump, 3 * keep_number(dump));  // Where its upvalues are.
    for (size_t count = keep_number(dump); count > 0 && !dump->failed; count--) {
        keep_function(dump);
    }
    keep(dump, keep_number(dump));  // Lines of instructions.
    for (size_t count = 2 * keep_number(dump); count > 0 && !dump->failed; count--) {
        keep_number(dump);
    }
    drop_names(dump, 2);  // Locals.
    drop_names(dump, 0);  // Upvalues.
}

// A Lua that writes otherwise: its code is taken as it is.
static void drop_all_names(struct dump *dump)
{
    if (dump->size > HEADER_SIZE && dump->bytes[4] == HEADER_VERSION) {
        keep(dump, HEADER_SIZE);
        keep_function(dump);
        dump->failed |= dump->at != dump->size;
    } else {
        dump->failed = 1;
    }
    if (dump->failed) {
        memcpy(dump->kept, dump->bytes, dump->size);
        dump->kept_size = dump->size;
    }
}

// --- Files. ---

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
    struct dump *dump = lua_newuserdatauv(L, sizeof(*dump), 0);
    memset(dump, 0, sizeof(*dump));
    lua_insert(L, -2);
    if (lua_dump(L, append_part, dump, 0) != 0) {
        return fail(from, "no memory");
    }
    drop_all_names(dump);
    FILE *out = fopen(to, "wb");
    const int failed =
        out == NULL || fwrite(dump->kept, 1, dump->kept_size, out) != dump->kept_size;
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
