#pragma once
// Lua patterns, matched in bounded time: every step takes fuel, the depth is limited.

#include <stddef.h>
#include <stdint.h>

#include <lua5.4/lua.h>

#define BOUNDED_CAPTURES_MAX 32
#define BOUNDED_DEPTH_MAX 200

enum { BOUNDED_CAPTURE_OPEN = -1, BOUNDED_CAPTURE_POSITION = -2 };

struct bounded_capture {
    const char *start;
    ptrdiff_t size;  // Or one of BOUNDED_CAPTURE_*.
};

struct bounded_pattern {
    lua_State *L;
    const char *text;
    const char *text_end;
    const char *pattern_end;
    int64_t steps;  // Paid for and not yet taken.
    int depth;
    int level;  // Captures so far.
    struct bounded_capture captures[BOUNDED_CAPTURES_MAX];
};

void bounded_pattern_init(struct bounded_pattern *m, lua_State *L, const char *text,
                          size_t text_size, const char *pattern, size_t pattern_size);
// The first place from `at` on where a match of `pattern` may begin, by its first item; NULL: none.
const char *bounded_pattern_seek(struct bounded_pattern *m, const char *at, const char *pattern);
// The end of the match of `pattern` at exactly `at`, or NULL. Raises on a malformed pattern.
const char *bounded_pattern_match(struct bounded_pattern *m, const char *at, const char *pattern);
// Pushes the captures; the whole match, from `start` to `end`, if there are none and `start` isn't
// NULL.
int bounded_pattern_push(struct bounded_pattern *m, const char *start, const char *end);
// Pushes capture `index` (0-based), or the whole match if it is 0 and there are none.
void bounded_pattern_push_one(struct bounded_pattern *m, int index, const char *start,
                              const char *end);
