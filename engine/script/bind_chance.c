// Chance and the rules that measure, for the library.
#include "script/script_internal.h"

#include <string.h>

#include <lua5.4/lauxlib.h>

#include "rules/audit.h"
#include "rules/peak.h"
#include "rules/rfc3797.h"
#include "rules/stall.h"
#include "script/chance.h"
#include "script/value.h"

#define DRAW_LUA_MAX 200000  // Entrants of one draw made from Lua.

static struct chance *chance_of(lua_State *L)
{
    return instance_of(L)->script->chance;
}

static int game_commit_l(lua_State *L)
{
    struct instance *instance = instance_of(L);
    struct state *state = instance->script->state;
    const uint32_t game = bind_id(L, 1);
    luaL_argcheck(L, table_get(state, T_GAMES, game) != NULL, 1, "no game");
    buf_clear(&instance->scratch);
    value_put(L, 2, &instance->scratch, VALUE_BYTES_MAX);
    struct game *row = table_edit(state, T_GAMES, game);
    if (row->commitment != 0) {
        return luaL_error(L,
                          "the rules of this game are announced and can't change; open a new one");
    }
    table_set_bytes(state, &row->rules, instance->scratch.data, instance->scratch.size);
    struct err e = {0};
    if (!chance_commit(chance_of(L), game, &e)) {
        return luaL_error(L, "%s", e.text);
    }
    row = table_edit(state, T_GAMES, game);
    lua_pushstring(L, state_get_text(state, row->commitment));
    return 1;
}

static int wheel_spin_l(lua_State *L)
{
    struct err e = {0};
    uint32_t prize;
    const char *why;
    if (!chance_spin(chance_of(L), bind_id(L, 1), bind_id(L, 2), &prize, &why, &e)) {
        return bind_refusal(L, &e);
    }
    lua_pushinteger(L, prize);
    lua_pushstring(L, why);
    return 2;
}

static int envelope_amount_l(lua_State *L)
{
    struct err e = {0};
    int64_t amount;
    bool king;
    if (!chance_envelope(chance_of(L), bind_id(L, 1), bind_id(L, 2), &amount, &king, &e)) {
        return bind_refusal(L, &e);
    }
    lua_pushinteger(L, amount);
    lua_pushboolean(L, king);
    return 2;
}

// Entrants are members, or orders when the game is a fairy's.
static text_id entrant_ext(const struct state *state, bool orders, uint32_t row)
{
    if (orders) {
        const struct order *order = table_get(state, T_ORDERS, row);
        return order == NULL ? 0 : order->ext;
    }
    const struct member *member = table_get(state, T_MEMBERS, row);
    return member == NULL ? 0 : member->ext;
}

// {row, ...}, {value, ...}? -> entrants in the turn's arena.
static struct chance_entrant *read_entrants(lua_State *L, bool orders, uint32_t *count)
{
    const struct state *state = instance_state(L);
    luaL_checktype(L, 3, LUA_TTABLE);
    const lua_Unsigned length = lua_rawlen(L, 3);
    luaL_argcheck(L, length <= DRAW_LUA_MAX, 3, "too many entrants");
    sandbox_charge(L, (int64_t)length * 10);
    struct chance_entrant *entrants =
        arena_zalloc(state_arena(instance_state(L)), (length + 1) * sizeof(*entrants));
    for (lua_Unsigned i = 0; i < length; i++) {
        lua_rawgeti(L, 3, (lua_Integer)i + 1);
        entrants[i].row = bind_id(L, -1);
        lua_pop(L, 1);
        entrants[i].ext = entrant_ext(state, orders, entrants[i].row);
        luaL_argcheck(L, entrants[i].ext != 0, 3, "an entrant is unknown");
        entrants[i].value = 1;
        if (lua_istable(L, 4)) {
            lua_rawgeti(L, 4, (lua_Integer)i + 1);
            entrants[i].value = luaL_checkinteger(L, -1);
            lua_pop(L, 1);
        }
    }
    *count = (uint32_t)length;
    return entrants;
}

// {{id, reason}, ...}? -> exclusions in the turn's arena.
static struct receipt_exclusion *read_exclusions(lua_State *L, bool orders, uint32_t *count)
{
    const struct state *state = instance_state(L);
    *count = 0;
    if (!lua_istable(L, 5)) {
        return NULL;
    }
    const lua_Unsigned length = lua_rawlen(L, 5);
    luaL_argcheck(L, length <= DRAW_LUA_MAX, 5, "too many exclusions");
    struct arena *arena = state_arena(instance_state(L));
    struct receipt_exclusion *out = arena_zalloc(arena, (length + 1) * sizeof(*out));
    for (lua_Unsigned i = 0; i < length; i++) {
        lua_rawgeti(L, 5, (lua_Integer)i + 1);
        luaL_checktype(L, -1, LUA_TTABLE);
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        size_t size;
        const char *reason = luaL_checklstring(L, -1, &size);
        out[i].id = state_get_text(state, entrant_ext(state, orders, bind_id(L, -2)));
        out[i].reason = arena_strndup(arena, reason, size);
        lua_pop(L, 3);
    }
    *count = (uint32_t)length;
    return out;
}

static int draw_l(lua_State *L)
{
    struct state *state = instance_state(L);
    const uint32_t game = bind_id(L, 1);
    const lua_Integer k = luaL_checkinteger(L, 2);
    luaL_argcheck(L, k >= 1 && k <= DRAW_LUA_MAX, 2, "at least one winner");
    const struct game *row = table_get(state, T_GAMES, game);
    luaL_argcheck(L, row != NULL, 1, "no game");
    const bool orders = strcmp(state_get_text(state, row->kind), "fairy") == 0;
    lua_settop(L, 5);
    uint32_t count;
    uint32_t excluded_count;
    struct chance_entrant *entrants = read_entrants(L, orders, &count);
    const struct receipt_exclusion *excluded = read_exclusions(L, orders, &excluded_count);
    uint32_t *winners = arena_zalloc(state_arena(state), ((size_t)count + 1) * sizeof(*winners));
    uint32_t winner_count = 0;
    struct err e = {0};
    if (!chance_draw(chance_of(L), game, (uint32_t)k, entrants, count, lua_istable(L, 4), excluded,
                     excluded_count, winners, &winner_count, &e)) {
        return bind_refusal(L, &e);
    }
    lua_createtable(L, (int)winner_count, 0);
    for (uint32_t i = 0; i < winner_count; i++) {
        lua_pushinteger(L, winners[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

// draw_freeze(game, k, {member, ...}, nil, exclusions) -> hash of the list | nil, message
static int draw_freeze_l(lua_State *L)
{
    struct state *state = instance_state(L);
    const uint32_t game = bind_id(L, 1);
    const lua_Integer k = luaL_checkinteger(L, 2);
    luaL_argcheck(L, k >= 1 && k <= DRAW_LUA_MAX, 2, "at least one winner");
    lua_settop(L, 5);
    uint32_t count;
    uint32_t excluded_count;
    const struct chance_entrant *entrants = read_entrants(L, false, &count);
    const struct receipt_exclusion *excluded = read_exclusions(L, false, &excluded_count);
    struct err e = {0};
    if (!chance_freeze(chance_of(L), game, (uint32_t)k, entrants, count, excluded, excluded_count,
                       &e)) {
        return bind_refusal(L, &e);
    }
    const struct game *row = table_get(state, T_GAMES, game);
    lua_pushstring(L, state_get_text(state, row->commitment));
    return 1;
}

// draw_numbers(game, {{number, ...}, ...}) -> {member, ...}, key | nil, message
static int draw_numbers_l(lua_State *L)
{
    struct state *state = instance_state(L);
    struct buf *key = &instance_of(L)->scratch;
    uint64_t numbers[RFC3797_NUMBERS_MAX];
    struct err e = {0};
    luaL_checktype(L, 2, LUA_TTABLE);
    buf_clear(key);
    for (lua_Unsigned i = 1; i <= lua_rawlen(L, 2); i++) {
        lua_rawgeti(L, 2, (lua_Integer)i);
        luaL_checktype(L, -1, LUA_TTABLE);
        const lua_Unsigned count = lua_rawlen(L, -1);
        luaL_argcheck(L, count <= RFC3797_NUMBERS_MAX, 2, "too many numbers");
        for (lua_Unsigned n = 0; n < count; n++) {
            lua_rawgeti(L, -1, (lua_Integer)n + 1);
            const lua_Integer number = luaL_checkinteger(L, -1);
            luaL_argcheck(L, number >= 0, 2, "numbers are not below zero");
            numbers[n] = (uint64_t)number;
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
        if (!rfc3797_key_add(key, numbers, count, &e)) {
            return bind_refusal(L, &e);
        }
    }
    const char *text = arena_strndup(state_arena(state), key->data, key->size);
    const char *const *winners;
    uint32_t count;
    if (!chance_numbers(chance_of(L), bind_id(L, 1), text, &winners, &count, &e)) {
        return bind_refusal(L, &e);
    }
    lua_createtable(L, (int)count, 0);
    for (uint32_t i = 0; i < count; i++) {
        const text_id name = state_text(state, winners[i], strlen(winners[i]));
        lua_pushinteger(L, TABLE_FIND(state, T_MEMBERS, MEMBERS_BY_EXT, name));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_pushstring(L, text);
    return 2;
}

// redraw(game, row of the winner who isn't reachable, why) -> row of who comes instead | nil,
// message
static int redraw_l(lua_State *L)
{
    struct state *state = instance_state(L);
    const uint32_t id = bind_id(L, 1);
    size_t size;
    const char *reason = luaL_checklstring(L, 3, &size);
    const struct game *game = table_get(state, T_GAMES, id);
    luaL_argcheck(L, game != NULL, 1, "no game");
    luaL_argcheck(L, size >= 1 && size <= 1000, 3, "the reason is a text");
    const bool orders = strcmp(state_get_text(state, game->kind), "fairy") == 0;
    const char *ext = state_get_text(state, entrant_ext(state, orders, bind_id(L, 2)));
    const char *instead;
    struct err e = {0};
    if (!chance_redraw(chance_of(L), id, ext, arena_strndup(state_arena(state), reason, size),
                       &instead, &e)) {
        return bind_refusal(L, &e);
    }
    const text_id name = state_text(state, instead, strlen(instead));
    lua_pushinteger(L, orders ? TABLE_FIND(state, T_ORDERS, ORDERS_BY_EXT, name)
                              : TABLE_FIND(state, T_MEMBERS, MEMBERS_BY_EXT, name));
    return 1;
}

// Why an order takes no part in a fairy's draw; NULL: it does. It stands in the receipt.
static const char *order_excluded(const struct state *state, const struct order *order)
{
    const struct member *member = table_get(state, T_MEMBERS, (uint32_t)order->member);
    if (member == NULL) {
        return "nobody's order";
    }
    if (member->staff) {
        return "a host's order";
    }
    return order->total > order->refunded ? NULL : "refunded, or nothing was paid";
}

// Paid orders since a time that are not wholly refunded: what a fairy draws among. In C, for a sale
// may have more orders than a playbook's table can hold. draw_orders(game, since, group or 0,
// weighted) -> order or nil, message; count
static int draw_orders_l(lua_State *L)
{
    struct instance *instance = instance_of(L);
    struct state *state = instance->script->state;
    const uint32_t game = bind_id(L, 1);
    const int64_t since = luaL_checkinteger(L, 2);
    const uint32_t group = bind_id(L, 3);
    const bool weighted = lua_toboolean(L, 4);
    struct chance_entrant *entrants = arena_alloc(
        state_arena(state), ((size_t)table_count(state, T_ORDERS) + 1) * sizeof(*entrants));
    const size_t most = (size_t)table_count(state, T_ORDERS) + 1;
    struct receipt_exclusion *excluded = arena_zalloc(state_arena(state), most * sizeof(*excluded));
    uint32_t count = 0;
    uint32_t excluded_count = 0;
    for (uint32_t id = 0; (id = table_next(state, T_ORDERS, id)) != 0;) {
        const struct order *order = table_get(state, T_ORDERS, id);
        if ((uint32_t)order->campaign != instance->campaign || order->at < since ||
            (group != 0 && (uint32_t)order->group != group)) {
            continue;
        }
        const char *why = order_excluded(state, order);
        if (why != NULL) {
            excluded[excluded_count++] =
                (struct receipt_exclusion){.id = state_get_text(state, order->ext), .reason = why};
        } else {
            const int64_t left = order->total - order->refunded;
            entrants[count++] =
                (struct chance_entrant){.row = id, .value = weighted ? left : 1, .ext = order->ext};
        }
    }
    sandbox_charge(L, count);
    uint32_t winner = 0;
    uint32_t winner_count = 0;
    struct err e = {0};
    if (count == 0) {
        err_set(&e, ERR_REFUSED, "no orders");
    } else if (chance_draw(chance_of(L), game, 1, entrants, count, weighted, excluded,
                           excluded_count, &winner, &winner_count, &e) &&
               winner_count == 1) {
        lua_pushinteger(L, winner);
        lua_pushinteger(L, count);
        return 2;
    }
    return bind_refusal(L, &e);
}

static int game_close_l(lua_State *L)
{
    struct state *state = instance_state(L);
    const uint32_t game = bind_id(L, 1);
    struct err e = {0};
    if (!chance_close(chance_of(L), game, &e)) {
        return bind_refusal(L, &e);
    }
    const uint32_t id = TABLE_FIND(state, T_RECEIPTS, RECEIPTS_BY_GAME, game);
    if (id == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    struct receipt *receipt = table_edit(state, T_RECEIPTS, id);
    const struct sha256 hash = sha256_of(receipt->body->data, receipt->body->size);
    char hex[2 * SHA256_SIZE + 1];
    hex_encode(hash.bytes, SHA256_SIZE, hex);
    // Only draws are made again for a place.
    receipt->done = filing_game_is_played(state, game);
    lua_pushstring(L, hex);
    lua_pushinteger(L, id);
    return 2;
}

// --- Meters. ---

static int audit_score_l(lua_State *L)
{
    struct instance *instance = instance_of(L);
    struct state *state = instance->script->state;
    const struct member *member = table_get(state, T_MEMBERS, bind_id(L, 1));
    luaL_argcheck(L, member != NULL, 1, "no member");
    const char *target = luaL_optstring(L, 2, "");
    struct audit_rules rules = audit_rules_default();
    rules.target = strcmp(target, "female") == 0 ? AUDIT_GENDER_FEMALE
                   : strcmp(target, "male") == 0 ? AUDIT_GENDER_MALE
                                                 : AUDIT_GENDER_UNKNOWN;
    const struct audit_person person = {
        .nickname = state_get_text(state, member->name),
        .signature = state_get_text(state, member->signature),
        .gender = (enum audit_gender)member->gender,
        .avatar_flagged = people_has_tag(state, member->id, "avatar-flagged"),
        .album_count = people_has_tag(state, member->id, "album-receipts") ? 4 : 0,
        .album_receipts = people_has_tag(state, member->id, "album-receipts") ? 4 : 0,
    };
    struct audit_result result;
    audit_score(&rules, &person, &result);
    buf_clear(&instance->scratch);
    for (size_t i = 0; i < result.evidence_count; i++) {
        buf_printf(&instance->scratch, "%s%s %d", i == 0 ? "" : ", ",
                   audit_code_name(result.evidence[i].code), result.evidence[i].points);
    }
    lua_pushinteger(L, result.score);
    lua_pushlstring(L, instance->scratch.size == 0 ? "" : instance->scratch.data,
                    instance->scratch.size);
    lua_pushboolean(L, result.queue);
    return 3;
}

// A meter's bytes travel through Lua as text: it is plain data without pointers.
static void read_meter(lua_State *L, int arg, void *meter, size_t size)
{
    if (lua_isnoneornil(L, arg)) {
        return;
    }
    size_t have;
    const char *text = luaL_checklstring(L, arg, &have);
    luaL_argcheck(L, have == 2 * size && hex_decode(text, have, meter, size), arg, "no meter");
}

static void push_meter(lua_State *L, const void *meter, size_t size)
{
    char hex[512];
    CHECK(2 * size < sizeof(hex));
    hex_encode(meter, size, hex);
    lua_pushlstring(L, hex, 2 * size);
}

#define MINUTE_MS 60000

// peak(state, minute_ms, uv, rules?) -> state, passed, peak_ms, peak_uv, fall_bp, line_bp,
//   rising
static int peak_l(lua_State *L)
{
    struct peak peak;
    peak_init(&peak);
    read_meter(L, 1, &peak, sizeof(peak));
    struct peak_rules rules = peak_rules_default();
    if (lua_istable(L, 4)) {
        lua_getfield(L, 4, "uv_min");
        rules.uv_min = (int32_t)luaL_optinteger(L, -1, rules.uv_min);
        lua_getfield(L, 4, "fall_bp");
        rules.fall_bp = (int32_t)luaL_optinteger(L, -1, rules.fall_bp);
        lua_getfield(L, 4, "fall_minutes");
        rules.fall_minutes = (int32_t)luaL_optinteger(L, -1, rules.fall_minutes);
        lua_pop(L, 3);
    }
    struct err e = {0};
    if (!peak_rules_check(&rules, &e)) {
        return luaL_error(L, "%s", e.text);
    }
    const lua_Integer uv = luaL_checkinteger(L, 3);
    luaL_argcheck(L, uv >= 0 && uv <= UINT32_MAX, 3, "no count");
    const bool passed = peak_feed(&peak, &rules, luaL_checkinteger(L, 2), (uint32_t)uv);
    push_meter(L, &peak, sizeof(peak));
    lua_pushboolean(L, passed);
    // The minute of the highest count, not of the highest smoothed value: what people can look up.
    lua_pushinteger(L, peak.peak_ms - (int64_t)peak.peak_uv_ago * MINUTE_MS);
    lua_pushinteger(L, peak.peak_uv);
    lua_pushinteger(L, peak_fall_bp(&peak));
    lua_pushinteger(L, peak_line_bp(&peak, &rules));
    lua_pushboolean(L, peak.armed);
    return 7;
}

// stall(state, start_ms, joins, {members=, fraction_bp=, hold_ms=, interval_ms=, peak_min=,
// day_offset_s=})
//   -> state, stalled, at_count, since_ms
static int stall_l(lua_State *L)
{
    struct stall_meter meter;
    struct stall_rules rules = stall_rules_default();
    lua_Integer members = 0;
    if (lua_istable(L, 4)) {
        static const char *const NAMES[] = {"fraction_bp", "day_offset_s"};
        int32_t *const slots[] = {&rules.fraction_bp, &rules.day_offset_s};
        for (size_t i = 0; i < 2; i++) {
            lua_getfield(L, 4, NAMES[i]);
            *slots[i] = (int32_t)luaL_optinteger(L, -1, *slots[i]);
            lua_pop(L, 1);
        }
        lua_getfield(L, 4, "hold_ms");
        rules.hold_ms = luaL_optinteger(L, -1, rules.hold_ms);
        lua_getfield(L, 4, "interval_ms");
        rules.interval_ms = luaL_optinteger(L, -1, rules.interval_ms);
        lua_getfield(L, 4, "peak_min");
        rules.peak_min = (uint32_t)luaL_optinteger(L, -1, rules.peak_min);
        lua_getfield(L, 4, "members");
        members = luaL_optinteger(L, -1, 0);
        lua_pop(L, 4);
    }
    struct err e = {0};
    if (!stall_rules_check(&rules, &e)) {
        return luaL_error(L, "%s", e.text);
    }
    stall_reset(&meter, members);
    read_meter(L, 1, &meter, sizeof(meter));
    const lua_Integer joins = luaL_checkinteger(L, 3);
    luaL_argcheck(L, joins >= 0 && joins <= UINT32_MAX, 3, "no count");
    const bool stalled = stall_feed(&meter, &rules, luaL_checkinteger(L, 2), (uint32_t)joins);
    push_meter(L, &meter, sizeof(meter));
    lua_pushboolean(L, stalled);
    lua_pushinteger(L, meter.low_total);
    lua_pushinteger(L, meter.low_since_ms);
    return 4;
}

static int uv_l(lua_State *L)
{
    const struct instance *instance = instance_of(L);
    const int64_t minute = luaL_checkinteger(L, 1) / 60000 * 60000;
    const uint32_t id =
        TABLE_FIND(instance->script->state, T_MINUTES, MINUTES_BY_AT, instance->campaign, minute);
    const struct minute *row = table_get(instance->script->state, T_MINUTES, id);
    lua_pushinteger(L, row == NULL ? 0 : row->visitors);
    return 1;
}

const struct bind_fn bind_chance[] = {
    {"game_commit", game_commit_l},
    {"wheel_spin", wheel_spin_l},
    {"envelope_amount", envelope_amount_l},
    {"draw", draw_l},
    {"draw_orders", draw_orders_l},
    {"draw_freeze", draw_freeze_l},
    {"draw_numbers", draw_numbers_l},
    {"redraw", redraw_l},
    {"game_close", game_close_l},
    {"audit_score", audit_score_l},
    {"peak", peak_l},
    {"stall", stall_l},
    {"uv", uv_l},
    {NULL, NULL},
};
