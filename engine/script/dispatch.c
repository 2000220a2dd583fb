// Events and timers to handlers. The event is one reused handle whose fields are read from C when
// asked for, so a handler that looks at two fields pays for two.
#include "script/script_internal.h"

#include <stdlib.h>
#include <string.h>

#include <lua5.4/lauxlib.h>

#include "script/chance.h"

#define EVENT_META "drumbeat.event"

enum field_code { FIELD_FIRST_FACT = 1000 };
enum fact_code {
    FACT_CAMPAIGN = FIELD_FIRST_FACT,
    FACT_GROUP,
    FACT_MEMBER,
    FACT_MEMBERSHIP,
    FACT_CHAIN,
    FACT_REPLY_PLACE,
    FACT_ORDER,
    FACT_GAME,
    FACT_POST,
    FACT_INVITER,
    FACT_GUIDE,
    FACT_FIRST_JOIN,
    FACT_FIRST_ORDER,
    FACT_NEW_VISITOR,
    FACT_AT,
    FACT_KIND,
};

#define EVENT_FIELD_CODE(type, name, json, help) EVENT_CODE_##name,
enum { EVENT_CODE_NONE, EVENT_FIELDS(EVENT_FIELD_CODE) };

// Facts come first in meaning: event.member is the member's row id, not the platform's id; the
// platform's own words for those stay readable as member_ext, group_ext, order_ext.
static const struct {
    const char *name;
    int code;
} FACT_NAMES[] = {
    {"campaign", FACT_CAMPAIGN},
    {"group", FACT_GROUP},
    {"member", FACT_MEMBER},
    {"membership", FACT_MEMBERSHIP},
    {"chain", FACT_CHAIN},
    {"reply_place", FACT_REPLY_PLACE},
    {"order", FACT_ORDER},
    {"game", FACT_GAME},
    {"post", FACT_POST},
    {"inviter", FACT_INVITER},
    {"guide", FACT_GUIDE},
    {"first_join", FACT_FIRST_JOIN},
    {"first_order", FACT_FIRST_ORDER},
    {"new_visitor", FACT_NEW_VISITOR},
    {"at", FACT_AT},
    {"kind", FACT_KIND},
    {"member_ext", EVENT_CODE_member},
    {"group_ext", EVENT_CODE_group},
    {"order_ext", EVENT_CODE_order},
};

static int push_id(lua_State *L, uint32_t id)
{
    if (id == 0) {
        lua_pushnil(L);
    } else {
        lua_pushinteger(L, id);
    }
    return 1;
}

static int push_fact(lua_State *L, const struct event *event, const struct facts *facts, int code)
{
    switch ((enum fact_code)code) {
    case FACT_CAMPAIGN:
        return push_id(L, facts->campaign);
    case FACT_GROUP:
        return push_id(L, facts->group);
    case FACT_MEMBER:
        return push_id(L, facts->member);
    case FACT_MEMBERSHIP:
        return push_id(L, facts->membership);
    case FACT_CHAIN:
        return push_id(L, facts->chain);
    case FACT_REPLY_PLACE:
        return push_id(L, facts->reply_place);
    case FACT_ORDER:
        return push_id(L, facts->order);
    case FACT_GAME:
        return push_id(L, facts->game);
    case FACT_POST:
        return push_id(L, facts->post);
    case FACT_INVITER:
        return push_id(L, facts->inviter);
    case FACT_GUIDE:
        return push_id(L, facts->guide);
    case FACT_FIRST_JOIN:
        lua_pushboolean(L, facts->first_join);
        return 1;
    case FACT_FIRST_ORDER:
        lua_pushboolean(L, facts->first_order);
        return 1;
    case FACT_NEW_VISITOR:
        lua_pushboolean(L, facts->new_visitor);
        return 1;
    case FACT_AT:
        lua_pushinteger(L, event->at);
        return 1;
    case FACT_KIND:
        lua_pushstring(L, event_kind_names[event->kind]);
        return 1;
    }
    return 0;
}

static int push_slice(lua_State *L, struct slice slice)
{
    if (slice.size == 0) {
        lua_pushnil(L);
    } else {
        lua_pushlstring(L, slice.data, slice.size);
    }
    return 1;
}

#define PUSH_S(value) return push_slice(L, value)
#define PUSH_I(value)                                                                              \
    lua_pushinteger(L, value);                                                                     \
    return 1
#define PUSH_B(value)                                                                              \
    lua_pushboolean(L, value);                                                                     \
    return 1
#define EVENT_CASE(type, name, json, help)                                                         \
    case EVENT_CODE_##name:                                                                        \
        PUSH_##type(event->name);

static int push_field(lua_State *L, const struct event *event, int code)
{
    switch (code) {
        EVENT_FIELDS(EVENT_CASE)
    default:
        return 0;
    }
}

static int event_index_l(lua_State *L)  // handle, name -> value; upvalue 1: name -> code
{
    const struct context *context = &instance_of(L)->context;
    if (context->event == NULL) {
        return luaL_error(L, "an event is only readable inside its handler: copy what you need");
    }
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNUMBER) {
        return luaL_error(L, "an event has no field '%s'",
                          lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?");
    }
    const int code = (int)lua_tointeger(L, -1);
    if (code >= FIELD_FIRST_FACT) {
        return push_fact(L, context->event, context->facts, code);
    }
    return push_field(L, context->event, code);
}

// An object of the library about a row: {id = ...} with the metatable that stands at `meta`.
static int push_object(lua_State *L, uint32_t id, int meta)
{
    if (id == 0) {
        lua_pushnil(L);
        return 1;
    }
    lua_createtable(L, 0, 1);
    lua_pushinteger(L, id);
    lua_setfield(L, -2, "id");
    lua_pushvalue(L, meta);
    lua_setmetatable(L, -2);
    return 1;
}

// What playbooks hold: the same event, but some fields are looks of the library: functions called
// with the plain handle, or metatables of objects about the row that the handle's field names. An
// object is made when it is first asked for, once an event.
// Upvalues: name -> code or look; the plain handle; for each object: metatable, code, the object.
#define LOOK_FIRST_OBJECT 2000  // Codes of objects.
#define LOOK_OBJECTS_MAX 32
#define LOOK_PARTS 3
enum { LOOK_META = 1, LOOK_CODE, LOOK_OBJECT };

static int push_look(lua_State *L, struct context *context, int object)
{
    const int at = object * LOOK_PARTS;
    if ((context->looked & 1u << object) != 0) {
        lua_rawgeti(L, lua_upvalueindex(3), at + LOOK_OBJECT);
        return 1;
    }
    lua_rawgeti(L, lua_upvalueindex(3), at + LOOK_META);
    lua_rawgeti(L, lua_upvalueindex(3), at + LOOK_CODE);
    push_fact(L, context->event, context->facts, (int)lua_tointeger(L, -1));
    push_object(L, (uint32_t)lua_tointeger(L, -1), lua_gettop(L) - 2);
    lua_pushvalue(L, -1);
    lua_rawseti(L, lua_upvalueindex(3), at + LOOK_OBJECT);
    context->looked |= 1u << object;
    return 1;
}

static int view_index_l(lua_State *L)
{
    struct context *context = &instance_of(L)->context;
    if (context->event == NULL) {
        return luaL_error(L, "an event is only readable inside its handler: copy what you need");
    }
    lua_pushvalue(L, 2);
    const int type = lua_rawget(L, lua_upvalueindex(1));
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, lua_upvalueindex(2));
        lua_call(L, 1, 1);
        return 1;
    }
    if (type != LUA_TNUMBER) {
        return luaL_error(L, "an event has no field '%s'",
                          lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?");
    }
    const int code = (int)lua_tointeger(L, -1);
    if (code >= LOOK_FIRST_OBJECT) {
        return push_look(L, context, code - LOOK_FIRST_OBJECT);
    }
    return code >= FIELD_FIRST_FACT ? push_fact(L, context->event, context->facts, code)
                                    : push_field(L, context->event, code);
}

static int event_newindex_l(lua_State *L)
{
    return luaL_error(L, "an event can't be changed");
}

#define EVENT_NAME(type, name, json, help) {#name, EVENT_CODE_##name},

static void push_names(lua_State *L)  // -> name -> code
{
    static const struct {
        const char *name;
        int code;
    } FIELDS[] = {EVENT_FIELDS(EVENT_NAME)};
    lua_newtable(L);
    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++) {
        lua_pushinteger(L, FIELDS[i].code);
        lua_setfield(L, -2, FIELDS[i].name);
    }
    for (size_t i = 0; i < sizeof(FACT_NAMES) / sizeof(FACT_NAMES[0]); i++) {
        lua_pushinteger(L, FACT_NAMES[i].code);
        lua_setfield(L, -2, FACT_NAMES[i].name);
    }
}

static void push_handle(lua_State *L)  // index function -> handle
{
    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 4);
    lua_rotate(L, -3, -1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, event_newindex_l);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, EVENT_META);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

void dispatch_open_handle(struct instance *instance)
{
    lua_State *L = sandbox_state(instance->box);
    push_names(L);
    lua_pushcclosure(L, event_index_l, 1);
    push_handle(L);
    instance->event_handle = luaL_ref(L, LUA_REGISTRYINDEX);
}

// The look on top of the stack, named by the key below it, becomes object number `object`: its
// metatable and its field's code go into the table at `objects`, a code of its own comes on top.
static void add_object(lua_State *L, int names, int objects, int object)
{
    const int at = object * LOOK_PARTS;
    luaL_argcheck(L, object < LOOK_OBJECTS_MAX, 1, "too many objects");
    lua_rawseti(L, objects, at + LOOK_META);
    lua_pushvalue(L, -1);
    lua_rawget(L, names);
    lua_rawseti(L, objects, at + LOOK_CODE);
    lua_pushboolean(L, 0);  // Until there is one, so that the table is an array.
    lua_rawseti(L, objects, at + LOOK_OBJECT);
    lua_pushinteger(L, LOOK_FIRST_OBJECT + object);
}

void dispatch_push_view(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    push_names(L);                                                    // 2
    lua_rawgeti(L, LUA_REGISTRYINDEX, instance_of(L)->event_handle);  // 3
    lua_newtable(L);                                                  // 4
    int objects = 0;
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        luaL_argcheck(L, lua_isfunction(L, -1) || lua_istable(L, -1), 1, "no look");
        if (lua_istable(L, -1)) {
            add_object(L, 2, 4, objects++);
        }
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, 2);
    }
    lua_pushcclosure(L, view_index_l, 3);
    push_handle(L);
}

void handlers_add(struct instance *instance, enum event_kind kind, struct handler handler)
{
    struct handlers *handlers = &instance->handlers[kind];
    handlers->items = xrealloc(handlers->items, (handlers->count + 1) * sizeof(*handlers->items));
    handlers->items[handlers->count++] = handler;
}

// Scope of outbox keys of what is no scene: the turn, the day, and how many entries it had.
void dispatch_open_context(struct instance *instance, const struct event *event,
                           const struct facts *facts, uint32_t group)
{
    struct state *state = instance->script->state;
    struct script *script = instance->script;
    if (script->scope_turn != state_turn(state)) {
        script->scope_turn = state_turn(state);
        script->scope_entries = 0;
    }
    rng_init(&instance->handler_rng, script_seed(script, instance->campaign) ^ state_turn(state),
             instance->day, script->scope_entries);
    instance->context = (struct context){
        .kind = CONTEXT_HANDLER,
        .event = event,
        .facts = facts,
        .group = group,
        .scope_high = state_turn(state),
        .scope_low = (uint64_t)instance->day << 32 | ++script->scope_entries,
    };
    sandbox_set_random(instance->box, &instance->handler_rng);
}

void dispatch_close_context(struct instance *instance)
{
    instance->context = (struct context){0};
    sandbox_set_random(instance->box, NULL);
}

// What the call changed is undone if it fails. Its function and arguments are on the stack.
static bool call_or_undo(struct instance *instance, int arguments, int results, struct err *why)
{
    const size_t savepoint = state_savepoint(instance->script->state);
    if (sandbox_call(instance->box, arguments, results, why)) {
        return true;
    }
    state_rollback(instance->script->state, savepoint);
    chance_forget(instance->script->chance);
    return false;
}

bool dispatch_call(struct instance *instance, struct handler handler, const struct event *event,
                   const struct facts *facts, struct err *why)
{
    lua_State *L = sandbox_state(instance->box);
    dispatch_open_context(instance, event, facts, facts->group);
    lua_rawgeti(L, LUA_REGISTRYINDEX, handler.function);
    lua_rawgeti(L, LUA_REGISTRYINDEX,
                handler.given == LUA_NOREF ? instance->event_handle : handler.given);
    const bool ok = call_or_undo(instance, 1, 0, why);
    dispatch_close_context(instance);
    return ok;
}

// What the library does at that time: it plans the next run of an `every`, and leaves the function
// to call with its argument on the stack; nil if there is none.
static bool call_library(struct instance *instance, const struct schedule_entry *entry,
                         const char *name, struct err *why)
{
    lua_State *L = sandbox_state(instance->box);
    lua_rawgeti(L, LUA_REGISTRYINDEX, instance->on_timer);
    lua_pushstring(L, name);
    lua_pushinteger(L, entry->group);
    lua_pushinteger(L, entry->ref);
    lua_pushinteger(L, entry->due_at);
    return call_or_undo(instance, 4, 2, why);
}

void dispatch_timer(struct instance *instance, const struct schedule_entry *entry)
{
    if (instance->on_timer == LUA_NOREF) {
        return;
    }
    lua_State *L = sandbox_state(instance->box);
    const char *name = state_get_text(instance->script->state, entry->name);
    struct err why = {0};
    dispatch_open_context(instance, NULL, NULL, (uint32_t)entry->group);
    if (!call_library(instance, entry, name, &why)) {
        dispatch_close_context(instance);
        instance_failed(instance, name, &why, why.text);
    } else if (lua_isnil(L, -2) || halted_passes(instance, name)) {
        lua_pop(L, 2);
        dispatch_close_context(instance);
    } else {
        const bool ok = call_or_undo(instance, 1, 0, &why);
        dispatch_close_context(instance);
        halted_ran(instance, name, ok ? NULL : &why);
    }
}
