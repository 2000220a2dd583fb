#pragma once
// The functions of playbooks that would otherwise run without end inside C, or show something that
// differs between two runs: each charges fuel for its work, checks sizes before it allocates, uses
// raw access (no length or element is taken from a metatable) and answers a table it doesn't
// understand with an error. They also serve our own library.

#include <stddef.h>

#include <lua5.4/lua.h>

// Each pushes one fresh table of functions.
void bounded_push_string(lua_State *L);
void bounded_push_table(lua_State *L);
void bounded_push_utf8(lua_State *L);
void bounded_push_math(lua_State *L);
// Adds tostring, tonumber, type, select, error, assert, ipairs, pairs, next to the table on top.
void bounded_add_base(lua_State *L);

// pairs and next in the order boolean (false, true), number, text (bytes); other keys are refused.
// pairs asks a __pairs of our library first, and walks over the keys there were at its start.
int bounded_pairs(lua_State *L);
int bounded_next(lua_State *L);
int bounded_sort(
    lua_State *L);  // table.sort: stable, stays inside its bounds whatever `before` says.

// The functions of bounded_push_string that have a file of their own.
int bounded_find(lua_State *L);
int bounded_match(lua_State *L);
int bounded_gmatch(lua_State *L);
int bounded_gsub(lua_State *L);
int bounded_format(lua_State *L);

// The argument as text: a number is converted, a table or function refused in the operator's terms
// ("a table can't become text"). Charges by length.
const char *bounded_check_text(lua_State *L, int arg, size_t *size);
// Pushes the value at `index` as text, as tostring does. May call a __tostring of our library.
const char *bounded_to_text(lua_State *L, int index, size_t *size);
// Raises when a text of `size` bytes would be too long for a playbook.
void bounded_check_size(lua_State *L, size_t size);
// The argument as a table without metatable, and its raw length.
lua_Integer bounded_check_list(lua_State *L, int arg);
