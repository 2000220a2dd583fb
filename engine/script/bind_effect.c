// Effects: what goes out. And the two words that handlers say most, member:tag and member:dm, which
// are done here when a handler calls them with what is plainly right; the library's functions do
// the rest: scenes, texts to be filled, faults.
#include "script/script_internal.h"

#include <string.h>

#include <lua5.4/lauxlib.h>

#include "base/tz.h"
#include "script/value.h"

static int64_t int_field(lua_State *L, const char *name, int64_t otherwise)
{
    lua_getfield(L, 1, name);
    const int64_t value = lua_isnil(L, -1) ? otherwise : luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    return value;
}

static int effect_l(lua_State *L)
{
    static const char *const POLICY[] = {"resend", "once", "ask", NULL};
    struct instance *instance = instance_of(L);
    struct context *context = &instance->context;
    struct state *state = instance->script->state;
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!state_in_turn(state) || context->kind == CONTEXT_NONE) {
        return luaL_error(L, "nothing can be sent here");
    }
    lua_settop(L, 1);
    lua_getfield(L, 1, "op");      // 2
    lua_getfield(L, 1, "kind");    // 3
    lua_getfield(L, 1, "policy");  // 4
    lua_getfield(L, 1, "body");    // 5
    luaL_checktype(L, 5, LUA_TTABLE);
    size_t kind_size;
    const char *kind = luaL_optlstring(L, 3, "", &kind_size);
    const int64_t not_before = int_field(L, "not_before", 0);
    const int64_t planned = int_field(L, "planned_at", state_now(state));
    const int64_t base = not_before > planned ? not_before : planned;
    const struct outbox_row row = {
        .not_before = not_before,
        .expires = int_field(L, "expires", base + OUTBOX_LATE_DEFAULT_MS),
        .planned_at = planned,
        .kind = state_text(state, kind, kind_size),
        .day = (int32_t)instance->day,
        .group = (int32_t)int_field(L, "group", 0),
        .member = (int32_t)int_field(L, "member", 0),
        .op = (uint8_t)luaL_checkoption(L, 2, "send", outbox_op_names),
        .policy = (uint8_t)luaL_checkoption(L, 4, "resend", POLICY),
    };
    buf_clear(&instance->scratch);
    value_put(L, 5, &instance->scratch, VALUE_BYTES_MAX);
    const uint32_t id = outbox_append(instance->script->core->outbox, &row, instance->scratch.data,
                                      instance->scratch.size, context->scope_high,
                                      context->scope_low, ++context->effects);
    char hex[33];
    outbox_key_hex(table_get(state, T_OUTBOX, id), hex);
    lua_pushinteger(L, id);
    lua_pushstring(L, hex);
    return 2;
}

// Where a personal message is carried: the group this is about when she is in it, else the first
// one she joined.
static uint32_t home_group(const struct instance *instance, const struct member *member)
{
    if (member == NULL) {
        return 0;
    }
    const uint32_t here = instance->context.group;
    return here != 0 && people_present(instance->script->state, member->id, here)
               ? here
               : (uint32_t)member->group;
}

// Quiet hours: 23:00 to 08:00 where the brand is. Nobody is woken by a private message; answers to
// what she has just pressed (kind "result") come at once.
#define QUIET_FROM_S (23 * 3600)
#define QUIET_UNTIL_S (8 * 3600)
#define QUIET_EXEMPT "result"

static int64_t instant_of(const struct tz *zone, int64_t days, int second)
{
    struct tz_civil civil = {0};
    int64_t at_ms;
    tz_from_days(days, &civil.year, &civil.month, &civil.day);
    civil.second = second;
    (void)tz_from_local(zone, &civil, &at_ms);
    return at_ms;
}

// When a private message may go out; 0: now.
static int64_t held_until(lua_State *L, const char *kind)
{
    struct instance *instance = instance_of(L);
    struct quiet *quiet = &instance->quiet;
    const int64_t now = state_now(instance->script->state);
    if (strcmp(kind, QUIET_EXEMPT) == 0) {
        return 0;
    }
    if (now >= quiet->from_at && now < quiet->until_at) {
        return quiet->hold_until;
    }
    const struct tz *zone = script_zone(instance->script, instance->campaign);
    if (zone == NULL) {
        luaL_error(L, "the campaign has no time zone yet");
    }
    struct tz_civil at;
    tz_to_local(zone, now, &at);
    const int64_t days = tz_days(at.year, at.month, at.day);
    const int second = (at.hour * 60 + at.minute) * 60 + at.second;
    quiet->from_at = now;
    quiet->hold_until = second < QUIET_UNTIL_S   ? instant_of(zone, days, QUIET_UNTIL_S)
                        : second >= QUIET_FROM_S ? instant_of(zone, days + 1, QUIET_UNTIL_S)
                                                 : 0;
    quiet->until_at =
        quiet->hold_until != 0 ? quiet->hold_until : instant_of(zone, days, QUIET_FROM_S);
    return quiet->hold_until;
}

static int held_until_l(lua_State *L)
{
    const int64_t at_ms = held_until(L, luaL_checkstring(L, 1));
    if (at_ms == 0) {
        lua_pushnil(L);
    } else {
        lua_pushinteger(L, at_ms);
    }
    return 1;
}

// A private message that says nothing but its text: no tables are made for it.
static void tell(lua_State *L, uint32_t id, struct slice kind, struct slice text)
{
    struct instance *instance = instance_of(L);
    struct context *context = &instance->context;
    struct state *state = instance->script->state;
    if (!state_in_turn(state) || context->kind == CONTEXT_NONE) {
        luaL_error(L, "nothing can be sent here");
    }
    const int64_t now = state_now(state);
    const int64_t not_before = held_until(L, kind.data);
    const struct outbox_row row = {
        .not_before = not_before,
        .expires = (not_before > now ? not_before : now) + OUTBOX_LATE_DEFAULT_MS,
        .planned_at = now,
        .kind = state_text(state, kind.data, kind.size),
        .day = (int32_t)instance->day,
        .group = (int32_t)home_group(instance, table_get(state, T_MEMBERS, id)),
        .member = (int32_t)id,
        .op = OUTBOX_DM,
        .policy = OUTBOX_RESEND,
    };
    struct buf *body = &instance->scratch;
    buf_clear(body);
    buf_puts(body, "{\"kind\":");
    json_put_text(body, kind.data, kind.size);
    buf_puts(body, ",\"text\":");
    json_put_text(body, text.data, text.size);
    buf_putc(body, '}');
    if (body->size > VALUE_BYTES_MAX) {
        luaL_error(L, "too much data: at most %d KiB can be kept", (int)(VALUE_BYTES_MAX / 1024));
    }
    outbox_append(instance->script->core->outbox, &row, body->data, body->size, context->scope_high,
                  context->scope_low, ++context->effects);
}

static struct slice check_slice(lua_State *L, int arg)
{
    size_t size;
    const char *data = luaL_checklstring(L, arg, &size);
    return (struct slice){data, (uint32_t)size};
}

static int tell_l(lua_State *L)
{
    tell(L, bind_id(L, 1), check_slice(L, 2), check_slice(L, 3));
    return 0;
}

// --- Words of members, at once. ---

// Upvalues: the library's function; "id". The member's row when a handler calls with a member and
// a text, and nothing else but up to `args` arguments.
static uint32_t at_once(lua_State *L, int args)
{
    if (instance_of(L)->context.kind != CONTEXT_HANDLER || lua_gettop(L) > args ||
        lua_type(L, 1) != LUA_TTABLE || lua_type(L, 2) != LUA_TSTRING) {
        return 0;
    }
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_rawget(L, 1);
    const lua_Integer id = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return table_get(instance_state(L), T_MEMBERS, (uint32_t)id) != NULL ? (uint32_t)id : 0;
}

static int by_library(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int tag_at_once_l(lua_State *L)  // member, tag, on
{
    const uint32_t id = at_once(L, 3);
    size_t size = 0;
    const char *tag = id == 0 ? NULL : lua_tolstring(L, 2, &size);
    if (size == 0 || !(lua_isnoneornil(L, 3) || lua_isboolean(L, 3))) {
        return by_library(L);
    }
    people_tag(instance_state(L), id, tag, lua_isnoneornil(L, 3) || lua_toboolean(L, 3));
    return 0;
}

static int dm_at_once_l(lua_State *L)  // member, text
{
    const uint32_t id = at_once(L, 2);
    const struct slice text = id == 0 ? (struct slice){0} : check_slice(L, 2);
    if (id == 0 || memchr(text.data, '{', text.size) != NULL) {
        return by_library(L);
    }
    tell(L, id, slice_of("dm"), text);
    return 0;
}

// at_once("tag" | "dm", fn) -> what a member's method is: done in C, or else by fn.
static int at_once_l(lua_State *L)
{
    static const char *const WORDS[] = {"tag", "dm", NULL};
    const int word = luaL_checkoption(L, 1, NULL, WORDS);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_pushliteral(L, "id");
    lua_pushcclosure(L, word == 0 ? tag_at_once_l : dm_at_once_l, 2);
    return 1;
}

const struct bind_fn bind_effect[] = {
    {"effect", effect_l},   {"tell", tell_l}, {"held_until", held_until_l},
    {"at_once", at_once_l}, {NULL, NULL},
};
