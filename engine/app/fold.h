#pragma once
// Live changes written back: a patch of a campaign's own files, so that what was changed on the
// night is what the next start says. Reads the files, never writes them.

#include "base/err.h"
#include "base/mem.h"

struct fold;

struct fold *fold_new(const char *folder);
void fold_free(struct fold *fold);
// What stands behind a text in quotes, up to the next entry of its list, gets another amount: the
// first call like yuan(...), or with `field` the value of that field (a call or a number). The
// amount is written as `whole` (digits, perhaps with a point). false: it doesn't stand there, or
// stands there more than once.
bool fold_set(struct fold *fold, const char *name, const char *field, const char *whole);
// An input of a day gets another value, as Lua: at the place ("campaign.lua:57") where its name
// stands, or "" behind the opening brace of the day at `day`. false: it doesn't stand there, or its
// value has more than that line.
bool fold_set_input(struct fold *fold, const char *place, const char *day, const char *name,
                    const char *source);
// The patch, for `patch -p0` in the folder: "" where every file says so already.
void fold_put(const struct fold *fold, struct buf *out);
