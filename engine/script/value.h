#pragma once
// Plain data between Lua and everything else: nil, boolean, integer, number, text, tables of these.
// The only form in which values cross from one state to another, to rows and to the journal is
// JSON. A table whose keys are 1..n becomes an array, any other an object with text keys.

#include <lua5.4/lua.h>

#include "base/json.h"
#include "base/mem.h"

#define VALUE_DEPTH_MAX 16
#define VALUE_BYTES_MAX ((size_t)64 * 1024)

// Appends the value at `index` as JSON with sorted keys. Raises in Lua when it is no plain data: a
// function, a table within itself, depth above VALUE_DEPTH_MAX, size above `max`. Owns nothing
// while it raises: `out` is the caller's and must outlive the call (an instance keeps one).
void value_put(lua_State *L, int index, struct buf *out, size_t max);
// Pushes a parsed document.
void value_push(lua_State *L, const struct json_node *node);
// Parses JSON text and pushes it; raises when it is none.
void value_push_json(lua_State *L, struct json_reader *reader, const char *text, size_t size);
