// Money for the library: budgets and the ledger, vouchers, prices. A refusal is nil and a message.
#include "script/script_internal.h"

#include <string.h>

#include <lua5.4/lauxlib.h>

#include "base/money.h"

static const char *currency_of(lua_State *L)
{
    struct instance *instance = instance_of(L);
    const struct campaign *campaign =
        table_get(instance->script->state, T_CAMPAIGNS, instance->campaign);
    return campaign == NULL ? "CNY" : state_get_text(instance->script->state, campaign->currency);
}

static int done(lua_State *L, bool ok, const struct err *e)
{
    if (!ok) {
        return bind_refusal(L, e);
    }
    lua_pushboolean(L, 1);
    return 1;
}

static int budget_open_l(lua_State *L)
{
    struct err e = {0};
    const struct instance *instance = instance_of(L);
    return done(L,
                ledger_open_budget(instance->script->state, instance->campaign,
                                   luaL_checkstring(L, 1), luaL_checkinteger(L, 2), &e),
                &e);
}

static int budget_l(lua_State *L)
{
    static const char *const STEPS[] = {"reserve", "commit", "release", "spend", "give_back", NULL};
    const int step = luaL_checkoption(L, 1, NULL, STEPS);
    const char *name = luaL_checkstring(L, 2);
    const int64_t amount = luaL_checkinteger(L, 3);
    const char *reason = luaL_checkstring(L, 4);
    const uint32_t member = (uint32_t)luaL_optinteger(L, 5, 0);
    const uint32_t ref = (uint32_t)luaL_optinteger(L, 6, 0);
    const struct instance *instance = instance_of(L);
    struct err e = {0};
    return done(L,
                ledger_budget(instance->script->state, instance->campaign, name,
                              (enum ledger_step)step, amount, reason, member, ref, &e),
                &e);
}

static int balance_l(lua_State *L)
{
    const struct instance *instance = instance_of(L);
    const uint32_t account =
        ledger_find(instance->script->state, instance->campaign, luaL_checkstring(L, 1));
    if (account == 0) {
        lua_pushnil(L);
    } else {
        lua_pushinteger(L, ledger_balance(instance->script->state, account));
    }
    return 1;
}

static int pay_l(lua_State *L)
{
    struct ledger_leg_in legs[LEDGER_LEGS_MAX];
    const struct instance *instance = instance_of(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *reason = luaL_checkstring(L, 2);
    const lua_Unsigned count = lua_rawlen(L, 1);
    luaL_argcheck(L, count >= 2 && count <= LEDGER_LEGS_MAX, 1, "2 to 16 legs");
    for (lua_Unsigned i = 0; i < count; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        luaL_checktype(L, -1, LUA_TTABLE);
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        legs[i].amount = luaL_checkinteger(L, -1);
        legs[i].account = ledger_account(instance->script->state, instance->campaign,
                                         luaL_checkstring(L, -2), LEDGER_NO_FLOOR);
        lua_pop(L, 3);
    }
    struct err e = {0};
    return done(L,
                ledger_move(instance->script->state, legs, count, reason,
                            (uint32_t)luaL_optinteger(L, 3, 0), (uint32_t)luaL_optinteger(L, 4, 0),
                            &e),
                &e);
}

static int coupon_issue_l(lua_State *L)
{
    struct err e = {0};
    uint32_t voucher;
    if (!coupon_issue(instance_of(L)->script->core, bind_id(L, 1), bind_id(L, 2),
                      luaL_checkstring(L, 3), luaL_optinteger(L, 4, 0), &voucher, &e)) {
        return bind_refusal(L, &e);
    }
    lua_pushinteger(L, voucher);
    return 1;
}

static int coupon_take_back_l(lua_State *L)
{
    struct err e = {0};
    return done(
        L,
        coupon_take_back(instance_of(L)->script->core, bind_id(L, 1), luaL_checkstring(L, 2), &e),
        &e);
}

// What is owed to an order's sharer, on the order itself: a refund takes it back from there.
static int set_commission_l(lua_State *L)
{
    const uint32_t order = bind_id(L, 1);
    const lua_Integer amount = luaL_checkinteger(L, 2);
    luaL_argcheck(L, amount >= 0 && amount <= TABLES_I48_MAX, 2, "no amount");
    luaL_argcheck(L, table_get(instance_state(L), T_ORDERS, order) != NULL, 1, "no order");
    ((struct order *)table_edit(instance_state(L), T_ORDERS, order))->commission =
        TABLES_I48(amount);
    return 0;
}

// What a prize gave back of an order, and from which budget: a refund takes it back.
static int set_paid_back_l(lua_State *L)
{
    const uint32_t order = bind_id(L, 1);
    const lua_Integer amount = luaL_checkinteger(L, 2);
    size_t size;
    const char *budget = luaL_checklstring(L, 3, &size);
    luaL_argcheck(L, amount >= 0 && amount <= TABLES_I48_MAX, 2, "no amount");
    luaL_argcheck(L, table_get(instance_state(L), T_ORDERS, order) != NULL, 1, "no order");
    struct order *row = table_edit(instance_state(L), T_ORDERS, order);
    row->paid_back = TABLES_I48(amount);
    row->paid_from = state_text(instance_state(L), budget, size);
    return 0;
}

static int price_l(lua_State *L)
{
    const uint32_t good = bind_id(L, 1);
    struct state *state = instance_state(L);
    luaL_argcheck(L, table_get(state, T_GOODS, good) != NULL, 1, "no good");
    struct price_now price;
    prices_of(state, good, state_now(state), &price);
    lua_createtable(L, 0, 5);
    lua_pushinteger(L, price.list);
    lua_setfield(L, -2, "list");
    lua_pushinteger(L, price.deal);
    lua_setfield(L, -2, "deal");
    lua_pushinteger(L, price.floor);
    lua_setfield(L, -2, "floor");
    lua_pushinteger(L, price.shown);
    lua_setfield(L, -2, "shown");
    lua_pushboolean(L, price.for_sale);
    lua_setfield(L, -2, "for_sale");
    return 1;
}

static int money_l(lua_State *L)
{
    // The second: while campaign.lua is read there is no campaign to ask.
    const char *currency = lua_isnoneornil(L, 2) ? currency_of(L) : luaL_checkstring(L, 2);
    const int64_t amount = luaL_checkinteger(L, 1);
    const int decimals = money_decimals(currency);
    char text[48];
    money_format(amount < 0 ? -amount : amount, decimals < 0 ? 2 : decimals, text, sizeof(text));
    // Whole amounts read better without ".00": members see "¥100".
    char *point = strchr(text, '.');
    if (point != NULL && strspn(point + 1, "0") == strlen(point + 1)) {
        *point = '\0';
    }
    lua_pushfstring(L, "%s%s%s", amount < 0 ? "-" : "", money_symbol(currency), text);
    return 1;
}

static int money_parse_l(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    const int decimals = money_decimals(currency_of(L));
    int64_t amount;
    struct err e = {0};
    if (!money_parse(text, size, decimals < 0 ? 2 : decimals, &amount, &e)) {
        return bind_refusal(L, &e);
    }
    lua_pushinteger(L, amount);
    return 1;
}

static int currency_l(lua_State *L)
{
    lua_pushinteger(L, money_decimals(luaL_checkstring(L, 1)));
    return 1;
}

const struct bind_fn bind_money[] = {
    {"budget_open", budget_open_l},
    {"budget", budget_l},
    {"balance", balance_l},
    {"pay", pay_l},
    {"coupon_issue", coupon_issue_l},
    {"coupon_take_back", coupon_take_back_l},
    {"set_commission", set_commission_l},
    {"set_paid_back", set_paid_back_l},
    {"price", price_l},
    {"money", money_l},
    {"money_parse", money_parse_l},
    {"currency_decimals", currency_l},
    {NULL, NULL},
};
