// The sandbox as bindings use it: doors, scenes, library, words, limits, errors.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <lua5.4/lauxlib.h>

#include "base/mem.h"
#include "script/sandbox.h"

static int word_wait(lua_State *L)
{
    if (!sandbox_may_wait(L)) {
        return luaL_error(L, "waiting is for scenes");
    }
    return lua_yield(L, lua_gettop(L));
}

static int word_note(lua_State *L)
{
    struct buf *out = sandbox_owner(L);
    size_t size = 0;
    const char *text = luaL_checklstring(L, 1, &size);
    buf_append(out, text, size);
    buf_putc(out, ';');
    return 0;
}

// The clock is out of the way unless it is what is tested: others may have the processor.
static struct sandbox *box_open(const struct sandbox_limits *wanted, struct buf *notes)
{
    struct sandbox_limits limits = wanted == NULL ? (struct sandbox_limits){0} : *wanted;
    limits.wall_ms = limits.wall_ms == 0 ? 60000 : limits.wall_ms;
    buf_init(notes, 65536);
    struct sandbox *box = sandbox_new(&limits, notes);
    lua_State *L = sandbox_state(box);
    sandbox_push_globals(box);
    lua_pushcfunction(L, word_wait);
    lua_setfield(L, -2, "wait");
    lua_pushcfunction(L, word_note);
    lua_setfield(L, -2, "announce");
    lua_pop(L, 1);
    return box;
}

static void box_close(struct sandbox *box, struct buf *notes)
{
    sandbox_free(box);
    buf_deinit(notes);
}

static bool run(struct sandbox *box, const char *source, struct err *e)
{
    err_clear(e);
    return sandbox_compile(box, source, strlen(source), "day.lua", e) && sandbox_call(box, 0, 0, e);
}

static void expect(const char *source, const char *notes_expected)
{
    struct buf notes;
    struct err e = {0};
    struct sandbox *box = box_open(NULL, &notes);
    sandbox_seal(box);
    if (!run(box, source, &e)) {
        fail_msg("%s", e.text);
    }
    assert_string_equal(notes.data == NULL ? "" : notes.data, notes_expected);
    box_close(box, &notes);
}

static void expect_error(const char *source, const char *text)
{
    struct buf notes;
    struct err e = {0};
    struct sandbox *box = box_open(NULL, &notes);
    sandbox_seal(box);
    assert_false(run(box, source, &e));
    assert_int_equal(e.kind, ERR_INVALID);
    assert_string_equal(e.text, text);
    assert_int_equal(lua_gettop(sandbox_state(box)), 0);
    box_close(box, &notes);
}

static void test_order_of_pairs(void **state)
{
    (void)state;
    expect(
        "for k, v in pairs({ b = 1, a = 2, [3] = 4, [2.5] = 1, [true] = 0, [false] = 1, ab = 1,\n"
        "  [10] = 1, [-1] = 1, ['10'] = 1 }) do announce(tostring(k)) end",
        "false;true;-1;2.5;3;10;10;a;ab;b;");
    expect("local big = 1 << 53\n"
           "local t = { [big + 1] = 'c', [big + 0.0] = 'b', [2.0 ^ 53 - 1] = 'a', [1e300] = 'e',\n"
           "  [math.maxinteger] = 'd', [-1e300] = 'x', [math.mininteger] = 'y' }\n"
           "local s = '' for _, v in pairs(t) do s = s .. v end announce(s)",
           "xyabcde;");
    expect("local k, s = next({ z = 1, y = 2 }), '' announce(k)\n"
           "for k in next, { c = 1, a = 1, b = 1 } do s = s .. k end announce(s)",
           "y;abc;");
    expect("for i, v in pairs({ 'x', 'y', nil, 'z' }) do announce(i .. v) end", "1x;2y;4z;");
}

static void test_sort_is_stable(void **state)
{
    (void)state;
    expect("local t = {}\n"
           "for i = 1, 50 do t[i] = { key = i % 3, at = i } end\n"
           "table.sort(t, function(a, b) return a.key < b.key end)\n"
           "for i = 2, 50 do\n"
           "  assert(t[i - 1].key < t[i].key or (t[i - 1].key == t[i].key and t[i - 1].at < "
           "t[i].at))\n"
           "end\n"
           "local u = { 'b', 'B', 'a', '' } table.sort(u) announce(table.concat(u, ','))\n"
           "local n = { 3, 1.5, -2, 1 } table.sort(n) announce(table.concat(n, ','))",
           ",B,a,b;-2,1,1.5,3;");
}

static void test_texts(void **state)
{
    (void)state;
    expect("announce(('%5.1f|%-5s|%05d|%+d|%x|%c|%s|%s'):format(2.25, 'ab', 42, 7, 255, 65, nil, "
           "true))",
           "  2.2|ab   |00042|+7|ff|A|nil|true;");
    expect("announce(('ab'):rep(3, '-') .. ('x'):rep(0) .. ('xyz'):rep(1, '--'))", "ab-ab-abxyz;");
    expect("announce(tostring(0 / 0) .. tostring(-(0 / 0)) .. ('%f'):format(-(0 / 0)))",
           "nannannan;");
    expect("announce(('a,b,,c'):gsub(',', ';'))", "a;b;;c;");
    expect("announce(table.concat({ 1, 'x', 2.5 }, '/') .. select('#', table.unpack({ 1, 2, 3 })))",
           "1/x/2.53;");
    expect("local t = { 1, 2, 3 } table.insert(t, 2, 9) table.remove(t, 1)\n"
           "table.move(t, 1, 3, 2) announce(table.concat(t, ','))",
           "9,9,2,3;");
    expect("announce(tostring(tonumber('0x10')) .. tostring(tonumber('ff', 16)) .. "
           "tostring(tonumber('')))",
           "16255nil;");
}

static void expect_broke_at(const char *source, int line)
{
    struct buf notes;
    struct err e = {0};
    struct sandbox *box = box_open(&(struct sandbox_limits){.fuel = 200000}, &notes);
    sandbox_seal(box);
    assert_false(run(box, source, &e));
    assert_int_equal(sandbox_broke_at(box), line);
    box_close(box, &notes);
}

// The line of the file's own body, however deep the error lies.
static void test_broke_at(void **state)
{
    (void)state;
    expect_broke_at("local x\n\nx()", 3);
    expect_broke_at("local function f()\n  error('x')\nend\n\nf()", 5);
    expect_broke_at(
        "local function f(n)\n  if n == 0 then return nil + 1 end\n  f(n - 1) return n\n"
        "end\nf(3)\nf(100)",
        5);
    expect_broke_at("local function f() return 1 + f() end\n\nlocal y = f()", 3);
    expect_broke_at("\nannounce(\n  nil)", 2);
    expect_broke_at("\n\nwhile true do\nend", 3);
    expect_broke_at("local function f() while true do end end\nf()", 2);
}

static void test_error_texts(void **state)
{
    (void)state;
    expect_error("\nanounce('x')", "day.lua:2: unknown word 'anounce', did you mean 'announce'?");
    expect_error("x = 1", "day.lua:1: 'x' needs 'local' in front where it is first set");
    expect_error(
        "announce = 1",
        "day.lua:1: the word 'announce' can't be changed: choose another name, and write 'local'");
    expect_error("local t = {}\nannounce('a' .. t)",
                 "day.lua:2: attempt to concatenate a table value (local 't')");
    expect_error("announce()",
                 "day.lua:1: bad argument #1 to 'announce' (string expected, got no value)");
    expect_error("error('stop')", "day.lua:1: stop");
    expect_error("assert(false, 'stop')", "day.lua:1: stop");
    expect_error("assert(nil)", "day.lua:1: assertion failed!");
    expect_error("local function f() error('stop', 2) end\nf()", "day.lua:2: stop");
    expect_error("wait()", "day.lua:1: waiting is for scenes");
    expect_error("if", "day.lua:1: unexpected symbol near <eof>");
}

static void test_results_and_arguments(void **state)
{
    (void)state;
    struct buf notes;
    struct err e = {0};
    struct sandbox *box = box_open(NULL, &notes);
    lua_State *L = sandbox_state(box);
    sandbox_seal(box);
    static const char source[] = "return function(a, b) return a + b, a, b, 4 end";
    assert_true(sandbox_compile(box, source, strlen(source), "a.lua", &e));
    assert_true(sandbox_call(box, 0, 1, &e));
    for (int i = 0; i < 10000; i++) {
        lua_pushvalue(L, 1);
        lua_pushinteger(L, i);
        lua_pushinteger(L, 2);
        assert_true(sandbox_call(box, 2, 2, &e));
        assert_int_equal(lua_gettop(L), 3);
        assert_int_equal(lua_tointeger(L, 2), i + 2);
        lua_pop(L, 2);
        assert_true(sandbox_fuel_used(box) == 0);  // Far below the first look.
    }
    lua_pushvalue(L, 1);
    assert_false(sandbox_call(box, 0, 2, &e));
    assert_string_equal(e.text,
                        "a.lua:1: attempt to perform arithmetic on a nil value (local 'a')");
    assert_int_equal(lua_gettop(L), 1);
    box_close(box, &notes);
}

static void test_scenes(void **state)
{
    (void)state;
    struct buf notes;
    struct err e = {0};
    struct sandbox *box = box_open(NULL, &notes);
    lua_State *L = sandbox_state(box);
    sandbox_seal(box);
    static const char source[] = "return function(name)\n"
                                 "  announce(name)\n"
                                 "  local got = wait(1, 2, 3)\n"
                                 "  announce(name .. got)\n"
                                 "  got = wait()\n"
                                 "  if got == 'fail' then error('as asked') end\n"
                                 "  while got == 'loop' do end\n"
                                 "end";
    assert_true(sandbox_compile(box, source, strlen(source), "a.lua", &e));
    assert_true(sandbox_call(box, 0, 1, &e));
    int scenes[3];
    for (int i = 0; i < 3; i++) {
        lua_pushvalue(L, 1);
        lua_pushfstring(L, "s%d", i);
        scenes[i] = sandbox_start(box, 1);
        assert_int_equal(lua_gettop(L), 1);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sandbox_resume(box, scenes[i], 0, &e), SANDBOX_WAITS);
    }
    for (int i = 2; i >= 0; i--) {
        lua_pushinteger(L, i);
        assert_int_equal(sandbox_resume(box, scenes[i], 1, &e), SANDBOX_WAITS);
    }
    assert_string_equal(notes.data, "s0;s1;s2;s22;s11;s00;");
    assert_int_equal(sandbox_resume(box, scenes[0], 0, &e), SANDBOX_DONE);
    sandbox_drop(box, scenes[0]);
    lua_pushliteral(L, "fail");
    assert_int_equal(sandbox_resume(box, scenes[1], 1, &e), SANDBOX_FAILED);
    assert_string_equal(e.text, "a.lua:6: as asked");
    sandbox_drop(box, scenes[1]);
    assert_false(sandbox_dead(box));
    lua_pushliteral(L, "loop");
    assert_int_equal(sandbox_resume(box, scenes[2], 1, &e), SANDBOX_KILLED);
    assert_int_equal(e.kind, ERR_LIMIT);
    assert_non_null(strstr(e.text, "a.lua:7: stopped: it worked too long"));
    assert_true(sandbox_dead(box));
    sandbox_drop(box, scenes[2]);
    box_close(box, &notes);
}

static const char library_source[] = "local M = {}\n"
                                     "function M.double(x) return x * 2 end\n"
                                     "function M.misuse() error('wrong unit', 2) end\n"
                                     "function M.bug() local t = nil return t.x end\n"
                                     "function M.loop() while true do end end\n"
                                     "function M.each(f) for i = 1, 3 do f(i) end end\n"
                                     "M.kinds = { 'a', 'b' }\n"
                                     "M.object = setmetatable({}, { __index = { name = 'o' },\n"
                                     "  __tostring = function() return 'object o' end })\n"
                                     "return M";

static void library_load(struct sandbox *box, const char *chunk, size_t size)
{
    struct err e = {0};
    if (!sandbox_load_library(box, chunk, size, "words.lua", &e)) {
        fail_msg("%s", e.text);
    }
    sandbox_push_globals(box);
    lua_insert(sandbox_state(box), -2);
    lua_setfield(sandbox_state(box), -2, "words");
    lua_pop(sandbox_state(box), 1);
    sandbox_seal(box);
}

static void library_check(struct sandbox *box, struct buf *notes)
{
    struct err e = {0};
    assert_true(run(box,
                    "announce(words.double(4) .. '')\n"
                    "words.each(function(i) announce(i .. '') end)\n"
                    "announce(tostring(words.object) .. words.object.name)\n"
                    "for k in pairs(words) do announce(k) end\n"
                    "announce(table.concat(words.kinds, ','))",
                    &e));
    assert_string_equal(notes->data,
                        "8;1;2;3;object oo;bug;double;each;kinds;loop;misuse;object;a,b;");
    assert_false(run(box, "\nwords.misuse()", &e));
    assert_string_equal(e.text, "day.lua:2: wrong unit");
    assert_false(run(box, "\n\nwords.bug()", &e));
    assert_string_equal(e.text,
                        "day.lua:3: attempt to index a nil value (local 't') (words.lua:4)");
    assert_false(run(box, "words.double = 1", &e));
    assert_string_equal(e.text, "day.lua:1: 'words' can't be changed: it belongs to the engine");
    assert_false(run(box, "words.loop()", &e));
    assert_int_equal(e.kind, ERR_LIMIT);
    assert_non_null(strstr(e.text, "day.lua:1: stopped: it worked too long"));
}

static void test_library(void **state)
{
    (void)state;
    struct buf notes;
    struct sandbox *box = box_open(NULL, &notes);
    library_load(box, library_source, strlen(library_source));
    library_check(box, &notes);
    box_close(box, &notes);
}

static void test_library_from_bytecode(void **state)
{
    (void)state;
    struct buf notes;
    struct buf code;
    struct err e = {0};
    buf_init(&code, 1 << 20);
    struct sandbox *first = sandbox_new(NULL, NULL);
    assert_true(sandbox_dump_library(first, library_source, strlen(library_source), "words.lua",
                                     &code, &e));
    assert_false(sandbox_dump_library(first, "x x", 3, "words.lua", &code, &e));
    assert_string_equal(e.text, "words.lua:1: syntax error near 'x'");
    sandbox_free(first);

    struct sandbox *box = box_open(NULL, &notes);
    library_load(box, code.data, code.size);
    library_check(box, &notes);
    box_close(box, &notes);
    buf_deinit(&code);
}

static void test_library_errors(void **state)
{
    (void)state;
    struct err e = {0};
    struct sandbox *box = sandbox_new(NULL, NULL);
    assert_false(sandbox_load_library(box, "return (", 8, "a.lua", &e));
    assert_string_equal(e.text, "a.lua:1: unexpected symbol near <eof>");
    assert_false(sandbox_load_library(box, "local x x.y = 1", 15, "a.lua", &e));
    assert_string_equal(e.text, "a.lua:1: attempt to index a nil value (local 'x')");
    assert_int_equal(lua_gettop(sandbox_state(box)), 0);
    static const char big[] = "local t = {} for i = 1, 300000 do t[i] = i end return t";
    assert_true(
        sandbox_load_library(box, big, strlen(big), "a.lua", &e));  // Fuel and blocks are free.
    sandbox_free(box);
}

static void test_limits(void **state)
{
    (void)state;
    struct buf notes;
    struct err e = {0};
    const struct sandbox_limits small = {
        .fuel = 1000000, .wall_ms = 60000, .memory_soft = 1 << 20, .block_max = 65536};
    static const struct {
        const char *source;
        const char *text;
    } cases[] = {
        {"while true do end", "it worked too long without a pause (limit 1000000 steps)"},
        {"local t = {} for i = 1, 1000 do t[i] = ('x'):rep(10000 + i) end", "it holds 10"},
        {"local s = ('x'):rep(40000) s = s .. s", "one text or table takes 78 KiB (limit 64 KiB)"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sandbox *box = box_open(&small, &notes);
        sandbox_seal(box);
        assert_false(run(box, cases[i].source, &e));
        if (strstr(e.text, cases[i].text) == NULL) {
            fail_msg("%s", e.text);
        }
        assert_true(sandbox_dead(box));
        box_close(box, &notes);
    }
    const struct sandbox_limits clock = {.fuel = INT64_MAX / 4, .wall_ms = 20};
    struct sandbox *box = box_open(&clock, &notes);
    sandbox_seal(box);
    assert_false(run(box, "while true do end", &e));
    assert_non_null(strstr(e.text, "day.lua:1: stopped: it ran for "));
    box_close(box, &notes);
}

// Each entry begins with all of its fuel, and takes the same whatever the text seeds of the
// process.
static void test_fuel(void **state)
{
    (void)state;
    int64_t first = 0;
    for (int round = 0; round < 20; round++) {
        struct buf notes;
        struct err e = {0};
        const struct sandbox_limits limits = {.fuel = 200000};
        struct sandbox *box = box_open(&limits, &notes);
        sandbox_seal(box);
        for (int i = 0; i < 3; i++) {
            assert_true(run(box, "for i = 1, 50000 do end", &e));
        }
        assert_true(run(box,
                        "local t = {} for i = 1, 300 do t['key' .. i] = i end\n"
                        "local n = 0 for k, v in pairs(t) do n = n + v end\n"
                        "for w in ('a b c d'):rep(100):gmatch('%a+') do n = n + 1 end",
                        &e));
        first = round == 0 ? sandbox_fuel_used(box) : first;
        assert_true(first > 1000);
        assert_int_equal(sandbox_fuel_used(box), first);
        box_close(box, &notes);
    }
}

static void test_chance(void **state)
{
    (void)state;
    char texts[2][256] = {"", ""};
    for (int round = 0; round < 2; round++) {
        struct buf notes;
        struct err e = {0};
        struct rng rng;
        rng_init(&rng, 7, 8, 9);
        struct sandbox *box = box_open(NULL, &notes);
        sandbox_seal(box);
        sandbox_set_random(box, &rng);
        assert_true(
            run(box,
                "for i = 1, 5 do announce(math.random(6) .. ' ' .. math.random(-3, 3)) end\n"
                "local x = math.random() assert(x >= 0 and x < 1)\n"
                "assert(math.type(math.random(math.mininteger, math.maxinteger)) == 'integer')",
                &e));
        assert_false(run(box, "math.random(0)", &e));
        (void)snprintf(texts[round], sizeof(texts[round]), "%s", notes.data);
        box_close(box, &notes);
    }
    assert_string_equal(texts[0], texts[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_of_pairs),
        cmocka_unit_test(test_sort_is_stable),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_error_texts),
        cmocka_unit_test(test_broke_at),
        cmocka_unit_test(test_results_and_arguments),
        cmocka_unit_test(test_scenes),
        cmocka_unit_test(test_library),
        cmocka_unit_test(test_library_from_bytecode),
        cmocka_unit_test(test_library_errors),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_fuel),
        cmocka_unit_test(test_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
