// What remains: people, texts, files, milestones.
#include "script/script_internal.h"

#include <string.h>

#include <lua5.4/lauxlib.h>

#include "base/log.h"
#include "base/utf8.h"
#include "script/value.h"

// --- People. ---

static int tag_l(lua_State *L)
{
    people_tag(instance_state(L), bind_id(L, 1), luaL_checkstring(L, 2), lua_toboolean(L, 3));
    return 0;
}

static int has_tag_l(lua_State *L)
{
    lua_pushboolean(L, people_has_tag(instance_state(L), bind_id(L, 1), luaL_checkstring(L, 2)));
    return 1;
}

static int is_present_l(lua_State *L)
{
    lua_pushboolean(L, people_present(instance_state(L), bind_id(L, 1), bind_id(L, 2)));
    return 1;
}

static int present_l(lua_State *L)
{
    struct state *state = instance_state(L);
    const uint32_t group = bind_id(L, 1);
    lua_newtable(L);
    lua_Integer count = 0;
    for (uint32_t id = TABLE_LIST(state, T_MEMBERSHIPS, MEMBERSHIPS_OF_GROUP, group); id != 0;
         id = table_list_next(state, T_MEMBERSHIPS, MEMBERSHIPS_OF_GROUP, id)) {
        const struct membership *row = table_get(state, T_MEMBERSHIPS, id);
        const struct member *member = table_get(state, T_MEMBERS, (uint32_t)row->member);
        if (row->left_at == 0 && member != NULL && !member->staff) {
            lua_pushinteger(L, row->member);
            lua_rawseti(L, -2, ++count);
        }
    }
    sandbox_charge(L, count * 4);
    for (lua_Integer i = 1, j = count; i < j; i++, j--) {  // Oldest first.
        lua_rawgeti(L, -1, i);
        lua_rawgeti(L, -2, j);
        lua_rawseti(L, -3, i);
        lua_rawseti(L, -2, j);
    }
    return 1;
}

static int milestone_l(lua_State *L)
{
    const struct instance *instance = instance_of(L);
    const char *kind = luaL_checkstring(L, 1);
    const int64_t value = luaL_optinteger(L, 2, 0);
    const char *text = luaL_optstring(L, 3, "");
    const uint32_t group = (uint32_t)luaL_optinteger(L, 4, instance->context.group);
    milestone_add(instance->script->state, kind, instance->campaign, instance->day, group, value,
                  luaL_optinteger(L, 5, 0), text);
    return 0;
}

// A code that is the member's own and needs no row; who gets a share code is noted. false: it is of
// another kind.
static bool own_code(const struct instance *instance, int kind, uint32_t member,
                     char out[CODES_SIZE + 1])
{
    struct state *state = instance->script->state;
    if (member == 0 || (kind != CODES_INVITE && kind != CODES_SHARE)) {
        return false;
    }
    if (kind == CODES_SHARE) {
        const uint32_t id = people_participant(state, instance->campaign, member, 0);
        const struct participant *row = id ? table_get(state, T_PARTICIPANTS, id) : NULL;
        if (row == NULL) {
            return false;
        }
        if (!row->shares) {
            ((struct participant *)table_edit(state, T_PARTICIPANTS, id))->shares = 1;
        }
    }
    return codes_spell(state, instance->campaign, (enum codes_kind)kind, member, out);
}

// Other codes than a member's own are derived from the row they are for, so the same turn replayed
// gives the same one; on a clash the counter moves on.
static int code_l(lua_State *L)
{
    static const char *const KINDS[] = {"channel", "invite", "share", "claim", NULL};
    struct instance *instance = instance_of(L);
    struct state *state = instance->script->state;
    const int kind = luaL_checkoption(L, 1, NULL, KINDS);
    const uint32_t member = (uint32_t)luaL_optinteger(L, 2, 0);
    const uint32_t guide = (uint32_t)luaL_optinteger(L, 3, 0);
    const struct campaign *campaign = table_get(state, T_CAMPAIGNS, instance->campaign);
    luaL_argcheck(L, campaign != NULL && campaign->seed != NULL, 1, "no campaign yet");
    char own[CODES_SIZE + 1];
    if (own_code(instance, kind, member, own)) {
        lua_pushstring(L, own);
        return 1;
    }
    for (uint32_t tries = 0;; tries++) {
        char message[96];
        const int size = snprintf(message, sizeof(message), "code/%s/%u/%u/%u/%u", KINDS[kind],
                                  member, guide, table_last(state, T_CODES), tries);
        const struct sha256 digest =
            hmac_sha256(campaign->seed->data, campaign->seed->size, message, (size_t)size);
        char code[9] = {0};
        for (int i = 0; i < 8; i++) {
            code[i] = CODES_ALPHABET[digest.bytes[i] % (sizeof(CODES_ALPHABET) - 1)];
        }
        const text_id text = state_text(state, code, 8);
        uint32_t other;
        enum codes_kind other_kind;
        if (TABLE_FIND(state, T_CODES, CODES_BY_CODE, text) != 0 ||
            codes_owner(state, (struct slice){code, 8}, &other, &other_kind) != 0) {
            continue;
        }
        const struct code row = {.code = text,
                                 .campaign = (int32_t)instance->campaign,
                                 .member = (int32_t)member,
                                 .guide = (int32_t)guide,
                                 .kind = (uint8_t)kind};
        table_insert(state, T_CODES, &row);
        lua_pushstring(L, code);
        return 1;
    }
}

// --- Texts and files. ---

static int fold_l(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    struct buf *scratch = &instance_of(L)->scratch;
    sandbox_charge(L, (int64_t)size / 8);
    buf_clear(scratch);
    utf8_fold(text, size, scratch);
    lua_pushlstring(L, scratch->size == 0 ? "" : scratch->data, scratch->size);
    return 1;
}

static int width_l(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    lua_pushinteger(L, (lua_Integer)utf8_width(text, size));
    return 1;
}

static int nearest_l(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    const lua_Unsigned count = lua_rawlen(L, 2);
    luaL_argcheck(L, count <= 10000, 2, "too many names");
    const char **names = arena_alloc(state_arena(instance_state(L)), (count + 1) * sizeof(*names));
    size_t have = 0;
    for (lua_Unsigned i = 1; i <= count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i);
        if (lua_type(L, -1) == LUA_TSTRING) {
            names[have++] = lua_tostring(L, -1);  // Stays alive in the table.
        }
        lua_pop(L, 1);
    }
    const char *near = text_nearest(name, names, have);
    lua_pushstring(L, near);
    return 1;
}

static int json_l(lua_State *L)
{
    struct buf *scratch = &instance_of(L)->scratch;
    buf_clear(scratch);
    lua_settop(L, 1);
    value_put(L, 1, scratch, VALUE_BYTES_MAX * 16);
    lua_pushlstring(L, scratch->data, scratch->size);
    return 1;
}

static int parse_json_l(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    sandbox_charge(L, (int64_t)size / 4);
    value_push_json(L, instance_of(L)->script->reader, text, size);
    return 1;
}

static const struct source *find_source(lua_State *L, const char *path)
{
    const struct instance *instance = instance_of(L);
    struct state *state = instance->script->state;
    const uint32_t id = TABLE_FIND(state, T_SOURCES, SOURCES_BY_PATH, instance->version,
                                   state_text(state, path, strlen(path)));
    return table_get(state, T_SOURCES, id);
}

static int source_l(lua_State *L)
{
    const struct source *source = find_source(L, luaL_checkstring(L, 1));
    if (source == NULL) {
        lua_pushnil(L);
    } else if (source->body == NULL) {
        lua_pushliteral(L, "");
    } else {
        lua_pushlstring(L, source->body->data, source->body->size);
    }
    return 1;
}

// The lines of a text from `first` to `last`.
static struct slice lines_of(const char *text, size_t size, int first, int last)
{
    const char *end = text + size;
    const char *from = NULL;
    int line = 1;
    for (const char *at = text; at < end; line++) {
        from = line == first ? at : from;
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline == NULL ? end : newline + 1;
        if (line == last && from != NULL) {
            return (struct slice){from, (uint32_t)(at - from)};
        }
    }
    return (struct slice){"", 0};
}

// code_of(fn) -> hash of the lines that a playbook's function is written on; "" of the library's.
static int code_of_l(lua_State *L)
{
    lua_Debug where;
    char hex[17];
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_getinfo(L, ">S", &where);
    // Shown as playbooks/NAME/FILE.
    const char *slash = strrchr(where.short_src, '/');
    const struct source *source = find_source(L, slash == NULL ? where.short_src : slash + 1);
    if (strncmp(where.short_src, "lua/", 4) == 0 || source == NULL || source->body == NULL) {
        lua_pushliteral(L, "");
        return 1;
    }
    const struct slice lines =
        lines_of(source->body->data, source->body->size, where.linedefined, where.lastlinedefined);
    sandbox_charge(L, (int64_t)source->body->size / 16);
    const uint64_t hash = hash64(lines.data, lines.size, 0);
    hex_encode((const uint8_t *)&hash, 8, hex);
    lua_pushlstring(L, hex, 16);
    return 1;
}

static int load_data_l(lua_State *L)
{
    struct instance *instance = instance_of(L);
    const char *path = luaL_checkstring(L, 1);
    const char *shown = luaL_optstring(L, 2, path);
    const struct source *source = find_source(L, path);
    if (source == NULL || source->body == NULL) {
        return luaL_error(L, "there is no file '%s' beside it", path);
    }
    struct err e = {0};
    if (!sandbox_compile(instance->box, source->body->data, source->body->size, shown, &e)) {
        return luaL_error(L, "%s", e.text);
    }
    lua_State *main = sandbox_state(instance->box);
    if (main != L) {
        lua_xmove(main, L, 1);
    }
    lua_call(L, 0, 1);
    return 1;
}

// compiles(text, shown) -> nil, or what is wrong with it.
static int compiles_l(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    const char *shown = luaL_checkstring(L, 2);
    struct sandbox *box = instance_of(L)->box;
    struct err e = {0};
    sandbox_charge(L, (int64_t)size / 4);
    if (sandbox_compile(box, text, size, shown, &e)) {
        lua_pop(sandbox_state(box), 1);
        return 0;
    }
    lua_pushstring(L, e.text);
    return 1;
}

static int log_l(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    struct buf *scratch = &instance_of(L)->scratch;
    buf_clear(scratch);
    utf8_escape(text, size > 2000 ? 2000 : size, scratch);
    log_write(LOG_INFO, "playbook", "%s: %s", instance_of(L)->playbook,
              scratch->size == 0 ? "" : scratch->data);
    return 0;
}

const struct bind_fn bind_other[] = {
    {"tag", tag_l},
    {"has_tag", has_tag_l},
    {"is_present", is_present_l},
    {"present", present_l},
    {"milestone", milestone_l},
    {"code", code_l},
    {"fold", fold_l},
    {"width", width_l},
    {"nearest", nearest_l},
    {"code_of", code_of_l},
    {"json", json_l},
    {"parse_json", parse_json_l},
    {"source", source_l},
    {"load_data", load_data_l},
    {"log", log_l},
    {"compiles", compiles_l},
    {NULL, NULL},
};
