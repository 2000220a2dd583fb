#pragma once
// Sorting booleans, numbers and text of Lua values without Lua: for pairs, next and table.sort.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua5.4/lua.h>

enum bounded_key_kind {
    BOUNDED_KEY_BOOLEAN,
    BOUNDED_KEY_INTEGER,
    BOUNDED_KEY_FLOAT,
    BOUNDED_KEY_TEXT
};

struct bounded_key {
    enum bounded_key_kind kind;
    uint32_t index;  // Whatever the caller wants to find again.
    union {
        lua_Integer integer;  // Booleans as well.
        lua_Number number;
        struct {
            const char *text;  // Lives as long as the Lua string does.
            size_t size;
        };
    };
};

// False if the value at `index` is of another type.
bool bounded_key_read(lua_State *L, int index, struct bounded_key *key);
// Below, equal to or above 0. Total, unless a NaN is involved.
int bounded_key_compare(const struct bounded_key *a, const struct bounded_key *b);

// A stable merge sort of count entries of `index`, with room for as many in `spare`; ends in a
// bounded time whatever `before` answers (it says whether b must stand before a, and may raise).
typedef bool (*bounded_before)(void *ctx, uint32_t b, uint32_t a);
void bounded_merge_sort(uint32_t *index, uint32_t *spare, size_t count, bounded_before before,
                        void *ctx);
