// Time as the brand reads it: local dates and clocks, by the campaign's zone.
#include "script/script_internal.h"

#include <lua5.4/lauxlib.h>

static struct tz *zone_of(lua_State *L)
{
    struct instance *instance = instance_of(L);
    struct tz *zone = script_zone(instance->script, instance->campaign);
    if (zone == NULL) {
        luaL_error(L, "the campaign has no time zone yet");
    }
    return zone;
}

static int civil_l(lua_State *L)
{
    struct tz_civil civil;
    tz_to_local(zone_of(L), luaL_checkinteger(L, 1), &civil);
    const struct {
        const char *name;
        int64_t value;
    } fields[] = {
        {"year", civil.year},       {"month", civil.month},
        {"day", civil.day},         {"hour", civil.hour},
        {"minute", civil.minute},   {"second", civil.second},
        {"weekday", civil.weekday}, {"days", tz_days(civil.year, civil.month, civil.day)},
    };
    lua_createtable(L, 0, 8);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        lua_pushinteger(L, fields[i].value);
        lua_setfield(L, -2, fields[i].name);
    }
    return 1;
}

static int instant_l(lua_State *L)
{
    const lua_Integer days = luaL_checkinteger(L, 1);
    const lua_Integer seconds = luaL_checkinteger(L, 2);
    luaL_argcheck(L, days > -100000 && days < 1000000, 1, "no date");
    luaL_argcheck(L, seconds >= -86400 && seconds <= 10 * 86400, 2, "no time of day");
    struct tz_civil civil = {0};
    tz_from_days(days, &civil.year, &civil.month, &civil.day);
    civil.second = (int)seconds;
    int64_t at_ms;
    const enum tz_fit fit = tz_from_local(zone_of(L), &civil, &at_ms);
    lua_pushinteger(L, at_ms);
    if (fit == TZ_UNIQUE) {
        return 1;
    }
    lua_pushstring(L, fit == TZ_GAP ? "gap" : "twice");
    return 2;
}

static int date_l(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    int64_t days;
    struct err e = {0};
    if (!tz_parse_date(text, size, &days, &e)) {
        return bind_refusal(L, &e);
    }
    lua_pushinteger(L, days);
    return 1;
}

static int clock_l(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    int32_t seconds;
    struct err e = {0};
    if (!tz_parse_clock(text, size, &seconds, &e)) {
        return bind_refusal(L, &e);
    }
    lua_pushinteger(L, seconds);
    return 1;
}

// Checks a zone's name before a campaign has it.
static int zone_l(lua_State *L)
{
    struct tz *zone;
    struct err e = {0};
    if (!tz_open(luaL_checkstring(L, 1), &zone, &e)) {
        return bind_refusal(L, &e);
    }
    tz_close(zone);
    lua_pushboolean(L, 1);
    return 1;
}

const struct bind_fn bind_time[] = {
    {"civil", civil_l}, {"instant", instant_l}, {"date", date_l},
    {"clock", clock_l}, {"zone", zone_l},       {NULL, NULL},
};
