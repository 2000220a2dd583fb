#pragma once
// Files that are data written as Lua: one table of plain data, read in a sandbox without any word,
// given as JSON.

#include "base/err.h"
#include "base/mem.h"

// Reads `path`, or when it is NULL the library's own lua/<name>.lua. Appends JSON. ERR_INVALID with
// file:line.
MUST_USE bool data_load(const char *path, const char *name, struct buf *json, struct err *e);
// $DRUMBEAT_LUA_DIR: a folder to take the library from instead of the binary; NULL when unset.
const char *data_lua_dir(void);
