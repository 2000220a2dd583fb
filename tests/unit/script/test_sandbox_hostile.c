// Every script of tests/cases/hostile.txt, and some too large to write down, in a sandbox of its
// own: the outcome that stands there, a clean error, in time, and a neighbour that doesn't notice.
// Parts: test_handlers, test_scenes, test_large_sources, test_bytes
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <lua5.4/lauxlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "script/sandbox.h"

#if defined(__SANITIZE_ADDRESS__)
#define SLOWER 8  // The sanitizers' price.
#else
#define SLOWER 1
#endif
#define CASE_MS (1000 * SLOWER)

struct hostile {
    char name[80];
    char outcome[16];
    char text[128];
};

// Work, not time: other programs may have the processor meanwhile.
static int64_t worked_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int word_wait(lua_State *L)
{
    return lua_yield(L, 0);
}

// call(f): what a binding does that starts a handler from inside of a scene.
static int word_call(lua_State *L)
{
    struct sandbox *box = sandbox_of(L);
    lua_settop(L, 1);
    lua_xmove(L, sandbox_state(box), L == sandbox_state(box) ? 0 : 1);
    struct err e = {0};
    if (!sandbox_call(box, 0, 0, &e)) {
        lua_pushstring(L, e.text);  // It has its file:line already.
        return lua_error(L);
    }
    return 0;
}

// Mostly the clock is out of the way: which limit ends a script must not depend on the machine's
// load.
static struct sandbox *box_new(int64_t wall_ms)
{
    const struct sandbox_limits limits = {.wall_ms = wall_ms};
    struct sandbox *box = sandbox_new(&limits, NULL);
    lua_State *L = sandbox_state(box);
    sandbox_push_globals(box);
    lua_pushcfunction(L, word_wait);
    lua_setfield(L, -2, "wait");
    lua_pushcfunction(L, word_call);
    lua_setfield(L, -2, "call");
    lua_pop(L, 1);
    sandbox_seal(box);
    return box;
}

static struct sandbox *neighbour_new(void)
{
    static const char source[] = "local count = 0\n"
                                 "return function(text)\n"
                                 "  count = count + 1\n"
                                 "  return text:upper() .. string.format('%d', count)\n"
                                 "end\n";
    struct sandbox *box = box_new(60000);
    struct err e = {0};
    assert_true(sandbox_compile(box, source, strlen(source), "neighbour.lua", &e));
    assert_true(sandbox_call(box, 0, 1, &e));
    return box;
}

static void neighbour_ask(struct sandbox *box, int count)
{
    lua_State *L = sandbox_state(box);
    struct err e = {0};
    char expected[32];
    (void)snprintf(expected, sizeof(expected), "ABC%d", count);
    lua_pushvalue(L, 1);
    lua_pushliteral(L, "abc");
    assert_true(sandbox_call(box, 1, 1, &e));
    assert_string_equal(lua_tostring(L, -1), expected);
    assert_true(sandbox_fuel_used(box) < 200);
    lua_pop(L, 1);
}

static void check_clean(const struct err *e)
{
    const size_t size = strlen(e->text);
    assert_true(size > 0 && size <= 2048);
    assert_true(utf8_valid(e->text, size));
    for (size_t i = 0; i < size; i++) {
        assert_true((unsigned char)e->text[i] >= 0x20 && e->text[i] != 0x7f);
    }
    if (strstr(e->text, "p.lua:") == NULL) {
        fail_msg("no place in '%s'", e->text);
    }
    assert_null(strstr(e->text, "0x5"));  // No address.
    assert_null(strstr(e->text, "0x7"));
}

// What came of the script; runs it as a scene or as a handler.
static const char *run(struct sandbox *box, const char *source, size_t size, bool scene,
                       struct err *e)
{
    if (!sandbox_compile(box, source, size, "p.lua", e)) {
        assert_false(sandbox_dead(box));
        assert_int_equal(lua_gettop(sandbox_state(box)), 0);
        return "refused";
    }
    bool ok;
    if (scene) {
        const int co = sandbox_start(box, 0);
        const enum sandbox_status status = sandbox_resume(box, co, 0, e);
        ok = status == SANDBOX_DONE;
        assert_int_equal(status == SANDBOX_KILLED, sandbox_dead(box));
        sandbox_drop(box, co);
    } else {
        ok = sandbox_call(box, 0, 0, e);
    }
    if (sandbox_dead(box)) {
        assert_false(ok);
        assert_int_equal(e->kind, ERR_LIMIT);
        // The dead stay dead, and asking them is harmless.
        struct err again = {0};
        assert_false(sandbox_compile(box, "return 1", 8, "p.lua", &again));
        assert_string_equal(again.text, e->text);
        return "killed";
    }
    assert_int_equal(lua_gettop(sandbox_state(box)), 0);
    return ok ? "fine" : "error";
}

static bool check_case(const struct hostile *c, const char *source, size_t size, bool scene)
{
    struct sandbox *box = box_new(strncmp(c->name, "clock", 5) == 0 ? 250 : 60000);
    struct err e = {0};
    const int64_t start = worked_ms();
    const char *outcome = run(box, source, size, scene, &e);
    const int64_t took = worked_ms() - start;
    if (strcmp(outcome, "fine") != 0) {
        check_clean(&e);
    }
    const bool right =
        strcmp(outcome, c->outcome) == 0 && strstr(e.text, c->text) != NULL && took < CASE_MS;
    if (!right) {
        print_error("%s (%s): wanted %s '%s', got %s '%s' after %d ms\n", c->name,
                    scene ? "scene" : "handler", c->outcome, c->text, outcome, e.text, (int)took);
    } else if (getenv("HOSTILE_SHOW") != NULL) {
        print_message("%4d ms %9lld %s: %s\n", (int)took, (long long)sandbox_fuel_used(box),
                      c->name, e.text);
    }
    sandbox_free(box);
    return right;
}

static char *file_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    char *text = xmalloc(*size + 1);
    assert_int_equal(fread(text, 1, *size, file), *size);
    text[*size] = '\0';
    (void)fclose(file);
    return text;
}

static void read_head(const char *line, struct hostile *c)
{
    memset(c, 0, sizeof(*c));
    char text[128] = "";
    const int fields = sscanf(line, "=== %79[^|]| %15[a-z] |%127[^\n]", c->name, c->outcome, text);
    assert_true(fields >= 2);
    c->name[strcspn(c->name, "|")] = '\0';
    c->name[strlen(c->name) - 1] = '\0';
    const size_t blanks = strspn(text, " ");
    (void)snprintf(c->text, sizeof(c->text), "%s", text + blanks);
}

// Every script of the table as a handler, or as a scene; waiting is for scenes alone, and it is the
// handlers that must refuse it.
static void check_table(bool scene)
{
    size_t size = 0;
    char *text = file_read(TESTS_DIR "/cases/hostile.txt", &size);
    struct sandbox *neighbour = neighbour_new();
    int count = 0;
    int wrong = 0;
    char *head = strstr(text, "\n=== ");
    while (head != NULL) {
        head++;
        char *source = strchr(head, '\n') + 1;
        char *next = strstr(source - 1, "\n=== ");
        const size_t source_size = next == NULL ? strlen(source) : (size_t)(next + 1 - source);
        struct hostile c;
        read_head(head, &c);
        count++;
        if (!scene || strncmp(c.name, "waiting", 7) != 0) {
            wrong += !check_case(&c, source, source_size, scene);
        }
        neighbour_ask(neighbour, count);
        head = next;
    }
    assert_true(count > 200);
    assert_int_equal(wrong, 0);
    sandbox_free(neighbour);
    free(text);
}

static void test_handlers(void **state)
{
    (void)state;
    check_table(false);
}

static void test_scenes(void **state)
{
    (void)state;
    check_table(true);
}

// ---------------------------------------------------------------- too large to write down

static void fill(struct buf *out, const char *before, const char *piece, int count,
                 const char *after)
{
    buf_clear(out);
    buf_puts(out, before);
    for (int i = 0; i < count; i++) {
        buf_puts(out, piece);
    }
    buf_puts(out, after);
}

static void test_large_sources(void **state)
{
    (void)state;
    static const struct {
        struct hostile c;
        const char *before;
        const char *piece;
        int count;
        const char *after;
    } cases[] = {
        {{"expression of 240 KB", "refused", "too large"}, "return 1", " + 1", 60000, ""},
        {{"source of 10 MB", "refused", "too large"}, "", "-- comment\n", 1000000, ""},
        {{"expression of 64 KB", "fine", ""}, "return 1", " + 1", 16000, ""},
        {{"expression with names", "error", "nil value"}, "local a return a.b", ".b", 16000, ""},
        {{"expression of unknown words", "error", "unknown word"}, "return a", " + b", 5000, ""},
        {{"joining of much", "refused", ""}, "return ''", "..''", 16000, ""},
        {{"parentheses", "refused", "too deeply"}, "return ", "(", 30000, ""},
        {{"closed parentheses", "refused", "too deeply"}, "return ", "(", 30000, "1"},
        {{"braces", "refused", "too deeply"}, "return ", "{", 60000, ""},
        {{"functions in functions", "refused", ""}, "", "return function() ", 3600, ""},
        {{"blocks", "refused", "too deeply"}, "", "do ", 20000, ""},
        {{"whiles", "refused", "too deeply"}, "", "while 1 do ", 5000, ""},
        {{"nots", "refused", "too deeply"}, "return ", "not ", 16000, "1"},
        {{"minuses", "refused", "too deeply"}, "return ", "- ", 32000, "1"},
        {{"powers", "refused", "too deeply"}, "return 1", "^1", 30000, ""},
        {{"calls", "error", "nil value"}, "local a a", "()", 16000, ""},
        {{"ors", "fine", ""}, "local a return a", " or a", 8000, ""},
        {{"too many ors", "refused", "too long"}, "local a return a", " or a", 13000, ""},
        {{"ands", "fine", ""}, "local a return a", " and a", 8000, ""},
        {{"mixed ands and ors", "fine", ""}, "local a return a", " and a or a", 4000, ""},
        {{"gotos", "refused", "no visible label"}, "", "goto a ", 9000, ""},
        {{"gotos to one label", "fine", ""}, "", "goto a ", 9000, "::a::"},
        {{"elseifs", "fine", ""}, "local a if a then ", "elseif a then ", 4600, "end"},
        {{"locals", "refused", "too many local variables"}, "", "local a ", 8000, ""},
        {{"arguments", "refused", "too many registers"}, "return f(1", ",1", 30000, ")"},
        {{"items of a table", "refused", "too long"}, "return {1", ",1", 30000, "}"},
        {{"fields of a table", "fine", ""}, "return {", "a=1,", 16000, "}"},
        {{"empty statements", "fine", ""}, "", ";", 65536, ""},
        {{"empty functions", "error", ""}, "local a a(1)", "a(function() end)", 3500, ""},
        {{"empty lines", "error", "p.lua:60001: here"}, "", "\n", 60000, "error('here')"},
        {{"one long text", "fine", ""}, "return '", "x", 65000, "'"},
        {{"one long name", "error", "unknown word 'x"}, "return ", "x", 65000, ""},
        {{"one long number", "fine", ""}, "return ", "1", 150, ""},
        {{"a too long number", "fine", ""}, "return ", "1", 60000, ""},
        {{"one long bracket", "refused", "p.lua:1:"}, "return [", "=", 60000, ""},
        {{"one long comment", "fine", ""}, "--", "=", 60000, ""},
    };
    struct buf source;
    buf_init(&source, 16 * 1024 * 1024);
    int wrong = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fill(&source, cases[i].before, cases[i].piece, cases[i].count, cases[i].after);
        assert_false(source.overflow);
        wrong += !check_case(&cases[i].c, source.data, source.size, false);
        wrong += !check_case(&cases[i].c, source.data, source.size, true);
    }
    buf_deinit(&source);
    assert_int_equal(wrong, 0);
}

static void test_bytes(void **state)
{
    (void)state;
#define BYTES(text) text, sizeof(text) - 1
    static const struct {
        struct hostile c;
        const char *source;
        size_t size;
    } cases[] = {
        {{"NUL in the source", "refused", "p.lua:2: there is a NUL"}, BYTES("\nreturn '\0'")},
        {{"bad UTF-8 in a text", "refused", "UTF-8"}, BYTES("return '\xff'")},
        {{"surrogate", "refused", "UTF-8"}, BYTES("return '\xed\xa0\x80'")},
        {{"overlong slash", "refused", "UTF-8"}, BYTES("return '\xc0\xaf'")},
        {{"cut character", "refused", "UTF-8"}, BYTES("return '\xe4\xbd")},
        {{"bytecode", "refused", "compiled code"}, BYTES("\x1bLuaT\0\x19\x93\r\n\x1a\n")},
        {{"bytecode, short", "refused", "compiled code"}, BYTES("\x1b")},
        {{"bytecode after a mark", "refused", "p.lua:1:"}, BYTES("\xEF\xBB\xBF\x1bLuaT")},
        {{"byte order mark", "fine", ""}, BYTES("\xEF\xBB\xBFreturn 1")},
        {{"mark alone", "fine", ""}, BYTES("\xEF\xBB\xBF")},
        {{"empty", "fine", ""}, BYTES("")},
        {{"control characters", "refused", "<\\7>"}, BYTES("return \a")},
        {{"hash line", "refused", "p.lua:1:"}, BYTES("#!/bin/sh")},
        {{"Chinese", "fine", ""}, BYTES("assert(utf8.len('你好') == 2)")},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wrong += !check_case(&cases[i].c, cases[i].source, cases[i].size, false);
    }
    assert_int_equal(wrong, 0);
}

// With an argument only the tests that match it, so that they can run side by side.
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handlers),
        cmocka_unit_test(test_scenes),
        cmocka_unit_test(test_large_sources),
        cmocka_unit_test(test_bytes),
    };
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
