// Rows for the library: read, insert, change and look up by the descriptors of core/tables.
#include "script/script_internal.h"

#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/value.h"

struct instance *instance_of(lua_State *L)
{
    return sandbox_owner(L);
}

struct state *instance_state(lua_State *L)
{
    return instance_of(L)->script->state;
}

// Names come from the library's constants, so the same text has the same address: an entry of the
// cache found by address is compared once, to be sure that the address wasn't given to another one.
static struct name_slot *name_slot(lua_State *L, const char *name, uint32_t salt)
{
    const uint64_t mixed = ((uintptr_t)name >> 3 ^ (uint64_t)salt << 40) * 0x9e3779b97f4a7c15ULL;
    return &instance_of(L)->names[mixed >> (64 - NAME_SLOT_BITS)];
}

enum table_id bind_table(lua_State *L, int arg)
{
    const char *name = luaL_checkstring(L, arg);
    struct name_slot *slot = name_slot(L, name, 0);
    if (slot->desc != NULL && slot->column == NULL && strcmp(slot->desc->name, name) == 0) {
        return slot->table;
    }
    for (int table = 0; table < T_COUNT; table++) {
        if (strcmp(tables_all[table]->name, name) == 0) {
            *slot = (struct name_slot){.table = (enum table_id)table, .desc = tables_all[table]};
            return (enum table_id)table;
        }
    }
    luaL_error(L, "there is no table '%s'", name);
    return T_COUNT;
}

uint32_t bind_id(lua_State *L, int arg)
{
    const lua_Integer id = luaL_checkinteger(L, arg);
    luaL_argcheck(L, id >= 0 && id <= UINT32_MAX, arg, "no row id");
    return (uint32_t)id;
}

// By the words that the core's refusals begin with.
static enum script_guard guard_of(const char *text)
{
    static const struct {
        const char *begins;
        enum script_guard guard;
    } GUARDS[] = {
        {"budget ", SCRIPT_GUARD_BUDGET},       {"account ", SCRIPT_GUARD_BUDGET},
        {"coupon ", SCRIPT_GUARD_COUPON},       {"v", SCRIPT_GUARD_VOUCHER},
        {"promotion ", SCRIPT_GUARD_PROMOTION}, {"all ", SCRIPT_GUARD_PLAY},
    };
    for (size_t i = 0; i < sizeof(GUARDS) / sizeof(GUARDS[0]); i++) {
        if (strncmp(text, GUARDS[i].begins, strlen(GUARDS[i].begins)) == 0) {
            return GUARDS[i].guard;
        }
    }
    return SCRIPT_GUARD_OTHER;
}

int bind_refusal(lua_State *L, const struct err *e)
{
    instance_of(L)->script->refusals[guard_of(e->text)]++;
    trace_refused(L, e->text);
    lua_pushnil(L);
    lua_pushstring(L, e->text);
    return 2;
}

static const struct column *bind_column(lua_State *L, enum table_id table, const char *name)
{
    const struct table_desc *desc = tables_all[table];
    struct name_slot *slot = name_slot(L, name, 1 + (uint32_t)table);
    if (slot->desc == desc && slot->column != NULL && strcmp(slot->column->name, name) == 0) {
        return slot->column;
    }
    for (size_t i = 0; i < desc->column_count; i++) {
        if (strcmp(desc->columns[i].name, name) == 0) {
            *slot = (struct name_slot){.table = table, .desc = desc, .column = &desc->columns[i]};
            return &desc->columns[i];
        }
    }
    luaL_error(L, "table '%s' has no column '%s'", desc->name, name);
    return NULL;
}

// The word number `value` of "a|b|c".
static void push_word(lua_State *L, const char *words, int64_t value)
{
    for (; value > 0; value--) {
        const char *bar = strchr(words, '|');
        if (bar == NULL) {
            lua_pushinteger(L, value);
            return;
        }
        words = bar + 1;
    }
    lua_pushlstring(L, words, strcspn(words, "|"));
}

static int64_t find_word(lua_State *L, const struct column *column, const char *word)
{
    const size_t size = strlen(word);
    const char *at = column->of;
    for (int64_t i = 0;; i++) {
        const size_t length = strcspn(at, "|");
        if (length == size && memcmp(at, word, size) == 0) {
            return i;
        }
        if (at[length] == '\0') {
            luaL_error(L, "column '%s' is one of %s, not '%s'", column->name, column->of, word);
        }
        at += length + 1;
    }
}

static void push_column(lua_State *L, const void *row, const struct column *column)
{
    struct instance *instance = instance_of(L);
    struct column_value value;
    table_read(row, column, &value);
    if (column->type == COLUMN_BYTES) {
        if (value.bytes == NULL) {
            lua_pushnil(L);
        } else if (column->role == ROLE_JSON) {
            value_push_json(L, instance->script->reader, value.bytes->data, value.bytes->size);
        } else {
            lua_pushlstring(L, value.bytes->data, value.bytes->size);
        }
    } else if (column->type == COLUMN_TEXT) {
        const text_id id = (text_id)value.integer;
        struct text_pool *texts = state_texts(instance->script->state);
        lua_pushlstring(L, text_get(texts, id), text_size(texts, id));
    } else if (column->role == ROLE_ENUM) {
        push_word(L, column->of, value.integer);
    } else if (column->role == ROLE_BOOL) {
        lua_pushboolean(L, value.integer != 0);
    } else {
        lua_pushinteger(L, value.integer);
    }
}

// Writes the Lua value at `arg` into a column of a row that is open for editing.
static void take_column(lua_State *L, int arg, enum table_id table, void *row,
                        const struct column *column)
{
    struct instance *instance = instance_of(L);
    struct state *state = instance->script->state;
    struct column_value value = {.type = column->type};
    if (column->type == COLUMN_BYTES) {
        struct bytes **slot = (struct bytes **)((char *)row + column->offset);
        // A table of fields can't hold nil: false empties the column too.
        if (lua_isnil(L, arg) || (column->role == ROLE_JSON && !lua_toboolean(L, arg))) {
            table_set_bytes(state, slot, NULL, 0);
        } else if (column->role == ROLE_JSON) {
            buf_clear(&instance->scratch);
            value_put(L, arg, &instance->scratch, VALUE_BYTES_MAX * 64);
            table_set_bytes(state, slot, instance->scratch.data, instance->scratch.size);
        } else {
            size_t size;
            const char *data = luaL_checklstring(L, arg, &size);
            table_set_bytes(state, slot, data, size);
        }
        return;
    }
    if (column->type == COLUMN_TEXT) {
        size_t size;
        const char *text = luaL_checklstring(L, arg, &size);
        value.integer = state_text(state, text, size);
    } else if (column->role == ROLE_ENUM && lua_type(L, arg) == LUA_TSTRING) {
        value.integer = find_word(L, column, lua_tostring(L, arg));
    } else if (column->role == ROLE_BOOL) {
        value.integer = lua_toboolean(L, arg);
    } else {
        value.integer = luaL_checkinteger(L, arg);
    }
    struct err e;  // Not cleared: it is only read when it was set.
    if (!table_write(state, row, table, column, &value, &e)) {
        luaL_error(L, "%s", e.text);
    }
}

static int row_l(lua_State *L)
{
    const enum table_id table = bind_table(L, 1);
    const void *row = table_get(instance_state(L), table, bind_id(L, 2));
    if (row == NULL) {
        lua_pushnil(L);
        return 1;
    }
    const struct table_desc *desc = tables_all[table];
    lua_createtable(L, 0, (int)desc->column_count + 1);
    lua_pushinteger(L, *(const uint32_t *)row);
    lua_setfield(L, -2, "id");
    for (size_t i = 0; i < desc->column_count; i++) {
        push_column(L, row, &desc->columns[i]);
        lua_setfield(L, -2, desc->columns[i].name);
    }
    return 1;
}

static int get_l(lua_State *L)
{
    const enum table_id table = bind_table(L, 1);
    const void *row = table_get(instance_state(L), table, bind_id(L, 2));
    if (row == NULL) {
        lua_pushnil(L);
    } else {
        push_column(L, row, bind_column(L, table, luaL_checkstring(L, 3)));
    }
    return 1;
}

static void check_writable(lua_State *L, enum table_id table)
{
    static const enum table_id CLOSED[] = {
        T_ACCOUNTS,    T_LEDGER,         T_OUTBOX,   T_SCHEDULE,    T_SCENES,
        T_STEPS,       T_PARKED,         T_VOUCHERS, T_ORDERS,      T_REFUNDS,
        T_ORDER_LINES, T_PROMOTION_USES, T_HANDLERS, T_KEPT_EVENTS, T_BLOCKS};
    for (size_t i = 0; i < sizeof(CLOSED) / sizeof(CLOSED[0]); i++) {
        if (CLOSED[i] == table) {
            luaL_error(L, "rows of '%s' have functions of their own", tables_all[table]->name);
        }
    }
    if (!state_in_turn(instance_state(L))) {
        luaL_error(L, "nothing can be changed here");
    }
}

// Copies the fields of the table at `arg` into `row`.
static void take_fields(lua_State *L, int arg, enum table_id table, void *row)
{
    luaL_checktype(L, arg, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, arg)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            luaL_error(L, "fields have names");
        }
        take_column(L, lua_gettop(L), table, row, bind_column(L, table, lua_tostring(L, -2)));
        lua_pop(L, 1);
    }
}

// Indexed columns must be there when the row is inserted and may not change later, so the row is
// built first (integers, texts), inserted, and only then gets its BYTES columns.
static void take_plain_fields(lua_State *L, int arg, enum table_id table, void *row, bool bytes)
{
    luaL_checktype(L, arg, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, arg)) {
        luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, arg, "fields have names");
        const struct column *column = bind_column(L, table, lua_tostring(L, -2));
        if ((column->type == COLUMN_BYTES) == bytes) {
            take_column(L, lua_gettop(L), table, row, column);
        }
        lua_pop(L, 1);
    }
}

// The core takes it for a bug when a unique key stands twice; here it is the library's or a
// playbook's.
static void check_unique(lua_State *L, enum table_id table, const void *row)
{
    const struct table_desc *desc = tables_all[table];
    for (size_t i = 0; i < desc->index_count; i++) {
        int64_t keys[INDEX_COLUMNS_MAX] = {0};
        if (!desc->indexes[i].unique) {
            continue;
        }
        for (size_t k = 0; k < desc->indexes[i].count; k++) {
            struct column_value value;
            table_read(row, bind_column(L, table, desc->indexes[i].columns[k]), &value);
            keys[k] = value.integer;
        }
        if (table_find(instance_state(L), table, i, keys) != 0) {
            luaL_error(L, "'%s' has such a row already (%s)", desc->name, desc->indexes[i].name);
        }
    }
}

static bool has_bytes(const struct table_desc *desc)
{
    for (size_t i = 0; i < desc->column_count; i++) {
        if (desc->columns[i].type == COLUMN_BYTES) {
            return true;
        }
    }
    return false;
}

static int insert_l(lua_State *L)
{
    const enum table_id table = bind_table(L, 1);
    check_writable(L, table);
    struct state *state = instance_state(L);
    uint64_t space[64];
    CHECK(tables_all[table]->row_size <= sizeof(space));
    memset(space, 0, tables_all[table]->row_size);
    take_plain_fields(L, 2, table, space, false);
    check_unique(L, table, space);
    if (table_room(state, table) == 0) {
        return luaL_error(L, "'%s' is full: a file holds %d of them at most",
                          tables_all[table]->name, (int)table_last(state, table));
    }
    void *row = table_insert(state, table, space);
    if (has_bytes(tables_all[table])) {
        take_plain_fields(L, 2, table, row, true);
    }
    if (table == T_PLAYS) {  // A claim: whoever waits for so many of them may go on.
        waits_changed(instance_of(L)->script->core, WAIT_CLAIMS,
                      (uint32_t)((const struct play *)row)->game);
    }
    lua_pushinteger(L, *(const uint32_t *)row);
    return 1;
}

static int next_id_l(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)table_last(instance_state(L), bind_table(L, 1)) + 1);
    return 1;
}

static bool is_indexed(const struct table_desc *desc, const char *name)
{
    for (size_t i = 0; i < desc->index_count; i++) {
        for (size_t k = 0; k < desc->indexes[i].count; k++) {
            if (strcmp(desc->indexes[i].columns[k], name) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void *edit_row(lua_State *L, enum table_id table, uint32_t id)
{
    check_writable(L, table);
    struct state *state = instance_state(L);
    if (table_get(state, table, id) == NULL) {
        luaL_error(L, "table '%s' has no row %d", tables_all[table]->name, (int)id);
    }
    return table_edit(state, table, id);
}

static int set_l(lua_State *L)
{
    const enum table_id table = bind_table(L, 1);
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, 3)) {
        if (lua_type(L, -2) == LUA_TSTRING && is_indexed(tables_all[table], lua_tostring(L, -2))) {
            luaL_error(L, "column '%s' of '%s' can't change", lua_tostring(L, -2),
                       tables_all[table]->name);
        }
        lua_pop(L, 1);
    }
    void *row = edit_row(L, table, bind_id(L, 2));
    take_fields(L, 3, table, row);
    return 0;
}

static int add_l(lua_State *L)
{
    const enum table_id table = bind_table(L, 1);
    const uint32_t id = bind_id(L, 2);
    const struct column *column = bind_column(L, table, luaL_checkstring(L, 3));
    const lua_Integer by = luaL_checkinteger(L, 4);
    luaL_argcheck(L, column->type != COLUMN_TEXT && column->type != COLUMN_BYTES, 3,
                  "no number column");
    luaL_argcheck(L, !is_indexed(tables_all[table], column->name), 3, "can't change");
    void *row = edit_row(L, table, id);
    struct column_value value;
    table_read(row, column, &value);
    struct err e = {0};
    if (__builtin_add_overflow(value.integer, by, &value.integer)) {
        return luaL_error(L, "column '%s' overflows", column->name);
    }
    if (!table_write(instance_state(L), row, table, column, &value, &e)) {
        return luaL_error(L, "%s", e.text);
    }
    lua_pushinteger(L, value.integer);
    return 1;
}

static size_t bind_index(lua_State *L, enum table_id table, bool unique)
{
    const struct table_desc *desc = tables_all[table];
    const char *name = luaL_checkstring(L, 2);
    for (size_t i = 0; i < desc->index_count; i++) {
        if (strcmp(desc->indexes[i].name, name) == 0 && desc->indexes[i].unique == unique) {
            return i;
        }
    }
    return (size_t)luaL_error(L, "table '%s' has no %s index '%s'", desc->name,
                              unique ? "unique" : "list", name);
}

// Keys from argument 3 on. false: a text that was never seen, so no row can have it.
static bool bind_keys(lua_State *L, enum table_id table, size_t index, int64_t *keys)
{
    const struct index_desc *desc = &tables_all[table]->indexes[index];
    struct text_pool *texts = state_texts(instance_state(L));
    for (size_t k = 0; k < desc->count; k++) {
        const int arg = 3 + (int)k;
        const struct column *column = bind_column(L, table, desc->columns[k]);
        if (column->type == COLUMN_TEXT) {
            size_t size;
            const char *text = luaL_checklstring(L, arg, &size);
            keys[k] = text_find(texts, text, size);
            if (keys[k] == 0 && size > 0) {
                return false;
            }
        } else if (column->role == ROLE_ENUM && lua_type(L, arg) == LUA_TSTRING) {
            keys[k] = find_word(L, column, lua_tostring(L, arg));
        } else {
            keys[k] = luaL_checkinteger(L, arg);
        }
    }
    return true;
}

static int find_l(lua_State *L)
{
    const enum table_id table = bind_table(L, 1);
    const size_t index = bind_index(L, table, true);
    int64_t keys[INDEX_COLUMNS_MAX] = {0};
    const uint32_t id =
        bind_keys(L, table, index, keys) ? table_find(instance_state(L), table, index, keys) : 0;
    if (id == 0) {
        lua_pushnil(L);
    } else {
        lua_pushinteger(L, id);
    }
    return 1;
}

static int list_l(lua_State *L)
{
    const enum table_id table = bind_table(L, 1);
    const size_t index = bind_index(L, table, false);
    struct state *state = instance_state(L);
    int64_t keys[INDEX_COLUMNS_MAX] = {0};
    uint32_t id = bind_keys(L, table, index, keys) ? table_list(state, table, index, keys) : 0;
    lua_Integer count = 0;
    for (uint32_t i = id; i != 0; i = table_list_next(state, table, index, i)) {
        count++;
    }
    sandbox_charge(L, count * 2);
    lua_createtable(L, (int)count, 0);
    for (; id != 0; id = table_list_next(state, table, index, id)) {
        lua_pushinteger(L, id);
        lua_rawseti(L, -2, count--);  // Newest first in the index, oldest first in the list.
    }
    return 1;
}

static int all_l(lua_State *L)
{
    const enum table_id table = bind_table(L, 1);
    struct state *state = instance_state(L);
    sandbox_charge(L, (int64_t)table_count(state, table) * 2);
    lua_createtable(L, (int)table_count(state, table), 0);
    lua_Integer place = 1;
    for (uint32_t id = 0; (id = table_next(state, table, id)) != 0;) {
        lua_pushinteger(L, id);
        lua_rawseti(L, -2, place++);
    }
    return 1;
}

const struct bind_fn bind_rows[] = {
    {"row", row_l},         {"get", get_l},   {"insert", insert_l}, {"set", set_l},
    {"add", add_l},         {"find", find_l}, {"list", list_l},     {"all", all_l},
    {"next_id", next_id_l}, {NULL, NULL},
};
