// The bounded patterns, format and friends against the stock functions of the same Lua, on random
// texts: the same results, and an error where stock has one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "script/sandbox.h"

#define ROUNDS 60000

// Both states run this with the same arguments and give back one text.
static const char asked[] =
    "local function show(...)\n"
    "  local out = {}\n"
    "  for i = 1, select('#', ...) do out[i] = tostring((select(i, ...))) end\n"
    "  return table.concat(out, '|')\n"
    "end\n"
    "return function(what, text, pattern, number)\n"
    "  if what == 0 then return show(text:find(pattern, number)) end\n"
    "  if what == 1 then return show(text:match(pattern, number)) end\n"
    "  if what == 2 then return show(text:gsub(pattern, '<%0%%>')) end\n"
    "  if what == 3 then return show(text:gsub(pattern, function(...) return show(...) end, 5)) "
    "end\n"
    "  if what == 4 then return show(text:gsub(pattern, { a = 'A', b = false, ab = 1 })) end\n"
    "  if what == 5 then\n"
    "    local out = ''\n"
    "    for x, y in text:gmatch(pattern) do out = out .. show(x, y) .. ';' end\n"
    "    return out\n"
    "  end\n"
    "  if what == 6 then return show(text:find(pattern, number, true)) end\n"
    "  if what == 7 then return show(text:sub(number), text:sub(number, -number), "
    "text:byte(number, 3)) end\n"
    "  if what == 8 then return show(text:rep(number, pattern), text:reverse(), text:upper()) end\n"
    "  if what == 9 then return show(text:gsub(pattern, '%1', 3)) end\n"
    "  if what == 10 then return show(tonumber(text), tonumber(text, 12), utf8.len(text)) end\n"
    "  return show(('%' .. pattern):format(number))\n"
    "end\n";

static void random_text(struct rng *rng, const char *const *pieces, size_t count, char out[128])
{
    struct buf text;
    buf_init(&text, 127);
    buf_puts(&text, "");
    const uint64_t length = rng_below(rng, 9);
    for (uint64_t i = 0; i < length; i++) {
        buf_puts(&text, pieces[rng_below(rng, count)]);
    }
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    buf_deinit(&text);
}

static void push_arguments(lua_State *L, lua_Integer what, const char *text, const char *pattern,
                           lua_Integer number)
{
    lua_pushvalue(L, 1);
    lua_pushinteger(L, what);
    lua_pushstring(L, text);
    lua_pushstring(L, pattern);
    lua_pushinteger(L, number);
}

static const char *const text_pieces[] = {"a", "b", "ab", "(",   ")",
                                          " ", "1", "-",  "aab", "\xe4\xbd\xa0"};
static const char *const pattern_pieces[] = {
    "a",  "b",  ".",   "*", "+",     "-", "?", "(",  ")",  "()", "%1",    "%b()", "%f[%a]", "[ab]",
    "%a", "%d", "[^b", "]", "[a-b]", "^", "$", "%s", "%W", "%",  "[%w-]", "(a)",  "(.-)"};
static const char *const format_pieces[] = {"d", "5", ".2", "x", "-", "+", "g",
                                            "f", "s", "c",  " ", "0", "#"};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_like_stock(void **state)
{
    (void)state;
    struct err e = {0};
    const struct sandbox_limits patient = {.wall_ms = 60000};  // On a busy machine too.
    struct sandbox *box = sandbox_new(&patient, NULL);
    sandbox_seal(box);
    lua_State *ours = sandbox_state(box);
    assert_true(sandbox_compile(box, asked, strlen(asked), "asked.lua", &e));
    assert_true(sandbox_call(box, 0, 1, &e));
    lua_State *stock = luaL_newstate();
    luaL_openlibs(stock);
    assert_int_equal(luaL_dostring(stock, asked), LUA_OK);

    struct rng rng;
    rng_init(&rng, 2024, 1, 1);
    int matched = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char text[128];
        char pattern[128];
        const lua_Integer what = (lua_Integer)rng_below(&rng, 12);
        random_text(&rng, text_pieces, COUNT(text_pieces), text);
        if (what == 11) {
            random_text(&rng, format_pieces, COUNT(format_pieces), pattern);
        } else {
            random_text(&rng, pattern_pieces, COUNT(pattern_pieces), pattern);
        }
        const lua_Integer number = (lua_Integer)rng_below(&rng, 12) - 5;
        push_arguments(ours, what, text, pattern, number);
        const bool ok = sandbox_call(box, 4, 1, &e);
        push_arguments(stock, what, text, pattern, number);
        const bool stock_ok = lua_pcall(stock, 4, 1, 0) == LUA_OK;
        if (ok != stock_ok ||
            (ok && strcmp(lua_tostring(ours, -1), lua_tostring(stock, -1)) != 0)) {
            fail_msg("%d: '%s' '%s' %d: ours '%s', stock '%s'", (int)what, text, pattern,
                     (int)number, ok ? lua_tostring(ours, -1) : e.text, lua_tostring(stock, -1));
        }
        matched += ok && strcmp(lua_tostring(ours, -1), "nil") != 0;
        lua_settop(ours, 1);
        lua_settop(stock, 1);
    }
    assert_true(matched > ROUNDS / 4);
    lua_close(stock);
    sandbox_free(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_like_stock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
