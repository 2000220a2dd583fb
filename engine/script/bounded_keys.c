// Keys in an order that is the same in every process.
#include "script/bounded_keys.h"

#include <string.h>

bool bounded_key_read(lua_State *L, int index, struct bounded_key *key)
{
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        key->kind = BOUNDED_KEY_BOOLEAN;
        key->integer = lua_toboolean(L, index);
        return true;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            key->kind = BOUNDED_KEY_INTEGER;
            key->integer = lua_tointeger(L, index);
        } else {
            key->kind = BOUNDED_KEY_FLOAT;
            key->number = lua_tonumber(L, index);
        }
        return true;
    case LUA_TSTRING:
        key->kind = BOUNDED_KEY_TEXT;
        key->text = lua_tolstring(L, index, &key->size);
        return true;
    default:
        return false;
    }
}

// An integer against a float, exactly: as doubles 2^53 and 2^53 + 1 would be equal.
static int compare_mixed(lua_Integer integer, lua_Number number)
{
    if (number >= 9223372036854775808.0) {
        return -1;
    }
    if (number < -9223372036854775808.0) {
        return 1;
    }
    if (number != number) {
        return 0;
    }
    const lua_Integer whole = (lua_Integer)number;  // Towards zero.
    if (integer != whole) {
        return integer < whole ? -1 : 1;
    }
    const lua_Number rest = number - (lua_Number)whole;
    return rest > 0 ? -1 : rest < 0;
}

static int rank(const struct bounded_key *key)
{
    return key->kind == BOUNDED_KEY_FLOAT ? BOUNDED_KEY_INTEGER : (int)key->kind;
}

int bounded_key_compare(const struct bounded_key *a, const struct bounded_key *b)
{
    if (rank(a) != rank(b)) {
        return rank(a) < rank(b) ? -1 : 1;
    }
    if (a->kind == BOUNDED_KEY_TEXT) {
        const size_t shared = a->size < b->size ? a->size : b->size;
        const int order = memcmp(a->text, b->text, shared);
        return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
    }
    if (a->kind == BOUNDED_KEY_FLOAT && b->kind == BOUNDED_KEY_FLOAT) {
        return (a->number > b->number) - (a->number < b->number);
    }
    if (a->kind == BOUNDED_KEY_FLOAT) {
        return -compare_mixed(b->integer, a->number);
    }
    if (b->kind == BOUNDED_KEY_FLOAT) {
        return compare_mixed(a->integer, b->number);
    }
    return (a->integer > b->integer) - (a->integer < b->integer);
}

void bounded_merge_sort(uint32_t *index, uint32_t *spare, size_t count, bounded_before before,
                        void *ctx)
{
    uint32_t *from = index;
    uint32_t *to = spare;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            const size_t middle = low + width < count ? low + width : count;
            const size_t high = middle + width < count ? middle + width : count;
            size_t left = low;
            size_t right = middle;
            for (size_t out = low; out < high; out++) {
                const bool take_right =
                    left == middle || (right < high && before(ctx, from[right], from[left]));
                to[out] = take_right ? from[right++] : from[left++];
            }
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != index) {
        memcpy(index, from, count * sizeof(*index));
    }
}
