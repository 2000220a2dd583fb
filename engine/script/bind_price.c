// Carts and quotes for the library, by handle: a cart is its lines, a quote is a cart asked for one
// member, with everything that the ladder needs prepared beside it in the same userdata (nothing to
// free). It prepares itself again when time or a row it was made from has changed; else asking is
// the ladder's own arithmetic and one number pushed.
#include "script/script_internal.h"

#include <string.h>

#include <lua5.4/lauxlib.h>

#include "core/checkout.h"
#include "rules/price_explain.h"

#define PREPARE_FUEL 200

struct cart {
    uint64_t mark;  // Which of our userdata it is.
    uint32_t count;
    int64_t shipping_fen;
    struct checkout_line lines[];
};

struct quote {
    uint64_t mark;
    uint32_t campaign, member;
    uint32_t count;
    bool prepared, for_sale;
    int64_t at_ms;  // When it was prepared, and from which rows.
    uint64_t changes;
    uint64_t used;              // The best combination.
    uint32_t held[COUPON_MAX];  // Vouchers that this quote has reserved ...
    uint32_t held_count;
    int64_t held_until;               // ... until then.
    uint32_t uses[PRICE_PROMOS_MAX];  // Uses of promotions that it holds as long.
    uint32_t use_count;
    int64_t shipping_fen;
    struct checkout_basis basis;
    struct checkout_line lines[];  // count of them, then the space of the cart.
};

#define CART_MARK UINT64_C(0x6361727400000001)
#define QUOTE_MARK UINT64_C(0x71756f7400000001)

static void *to_handle(lua_State *L, uint64_t mark, size_t size, const char *what)
{
    void *handle = lua_touserdata(L, 1);
    if (handle == NULL || lua_rawlen(L, 1) < size || *(const uint64_t *)handle != mark) {
        luaL_error(L, "this is no %s: call it with a colon, like %s", what,
                   mark == CART_MARK ? "cart:quote(member)" : "quote:final()");
    }
    return handle;
}

static struct quote *to_quote(lua_State *L)
{
    return to_handle(L, QUOTE_MARK, sizeof(struct quote), "quote");
}

// --- Preparing. ---

static uint64_t rows_changes(const struct state *state)
{
    return table_changes(state, T_GOODS) + table_changes(state, T_BOOKS) +
           table_changes(state, T_COUPONS) + table_changes(state, T_VOUCHERS) +
           table_changes(state, T_CAMPAIGNS) +
           (table_count(state, T_PROMOTIONS) == 0
                ? 0
                : table_changes(state, T_PROMOTIONS) + table_changes(state, T_PROMOTION_USES) +
                      table_changes(state, T_ACCOUNTS) + table_changes(state, T_MEMBERS) +
                      table_changes(state, T_PARTICIPANTS));
}

// The vouchers that this quote itself holds are hers to use in it.
static void add_held(const struct core *core, struct quote *quote)
{
    struct checkout_basis *basis = &quote->basis;
    for (uint32_t i = 0; i < quote->held_count && basis->voucher_count < COUPON_MAX; i++) {
        const struct voucher *row = table_get(core->state, T_VOUCHERS, quote->held[i]);
        if (row == NULL || row->until_at != quote->held_until ||
            state_now(core->state) >= row->until_at) {
            continue;
        }
        const struct coupon *coupon = table_get(core->state, T_COUPONS, (uint32_t)row->coupon);
        basis->rows[basis->voucher_count] = quote->held[i];
        basis->vouchers[basis->voucher_count++] = checkout_voucher(core, coupon, row->value);
    }
}

static bool quote_prepare(const struct core *core, struct quote *quote, struct err *e)
{
    quote->prepared = false;
    quote->for_sale = false;
    const struct checkout_ask ask = {
        .campaign = quote->campaign,
        .member = quote->member,
        .lines = quote->lines,
        .count = quote->count,
        .at_ms = state_now(core->state),
        .shipping_fen = quote->shipping_fen,
        .held = quote->uses,
        .held_count = quote->use_count,
    };
    if (!checkout_prepare(core, &ask, quote->lines + quote->count, &quote->basis, e)) {
        return false;
    }
    add_held(core, quote);
    struct coupon_choice choice;
    if (!coupon_check(quote->basis.cart, quote->basis.vouchers, quote->basis.voucher_count, e)) {
        return false;
    }
    if (!coupon_best(quote->basis.cart, state_now(core->state), quote->basis.vouchers,
                     quote->basis.voucher_count, &choice)) {
        return err_set(e, ERR_REFUSED, "lines[%u] is not for sale yet",
                       choice.quote.not_for_sale - 1);
    }
    quote->used = choice.used;
    quote->for_sale = true;
    return true;
}

// Work of a search grows with the set: what the sandbox is charged for one.
static int64_t search_fuel(size_t vouchers)
{
    return vouchers <= 10 ? 20 : (int64_t)50 << (vouchers - 10);
}

// The quote as of now. false: a good isn't for sale yet (nil and why are pushed).
static bool quote_now(lua_State *L, struct quote *quote)
{
    const struct core *core = instance_of(L)->script->core;
    const int64_t now_ms = state_now(core->state);
    const uint64_t changes = rows_changes(core->state);
    if (quote->prepared && quote->at_ms == now_ms && quote->changes == changes && quote->for_sale) {
        return true;
    }
    // Promotions of a lane are tried against each other.
    const int64_t promotions = table_count(core->state, T_PROMOTIONS);
    sandbox_charge(L, PREPARE_FUEL + search_fuel(COUPON_MAX / 2) +
                          promotions * promotions * quote->count);
    struct err e = {0};
    const bool ok = quote_prepare(core, quote, &e);
    quote->at_ms = now_ms;
    quote->changes = changes;
    quote->prepared = ok;
    if (!ok) {
        bind_refusal(L, &e);
    }
    return ok;
}

// --- Handles. ---

static int cart_l(lua_State *L)  // { good, qty, good, qty, ... }, shipping fee -> cart
{
    luaL_checktype(L, 1, LUA_TTABLE);
    const lua_Unsigned numbers = lua_rawlen(L, 1);
    luaL_argcheck(L, numbers >= 2 && numbers % 2 == 0 && numbers / 2 <= CHECKOUT_LINES_MAX, 1,
                  "1 to 64 lines");
    const uint32_t count = (uint32_t)numbers / 2;
    const lua_Integer shipping_fen = luaL_optinteger(L, 2, 0);
    luaL_argcheck(L, shipping_fen >= 0 && shipping_fen <= PRICE_TOTAL_MAX, 2, "no fee");
    struct cart *cart =
        lua_newuserdatauv(L, sizeof(*cart) + count * sizeof(struct checkout_line), 0);
    cart->mark = CART_MARK;
    cart->count = count;
    cart->shipping_fen = shipping_fen;
    for (uint32_t i = 0; i < count; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i * 2 + 1);
        lua_rawgeti(L, 1, (lua_Integer)i * 2 + 2);
        const lua_Integer qty = luaL_checkinteger(L, -1);
        luaL_argcheck(L, qty >= 1 && qty <= 1000000, 1, "qty: 1 to 1,000,000");
        cart->lines[i].good = bind_id(L, -2);
        cart->lines[i].qty = (int32_t)qty;
        lua_pop(L, 2);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setmetatable(L, -2);
    return 1;
}

static int quote_l(lua_State *L)  // cart, member (0: nobody) -> quote
{
    const struct cart *cart = to_handle(L, CART_MARK, sizeof(*cart), "cart");
    const struct instance *instance = instance_of(L);
    const lua_Integer member = luaL_checkinteger(L, 2);
    luaL_argcheck(L,
                  member == 0 ||
                      (member > 0 && member <= UINT32_MAX &&
                       table_get(instance->script->state, T_MEMBERS, (uint32_t)member) != NULL),
                  2, "no member");
    const size_t size = sizeof(struct quote) + cart->count * sizeof(struct checkout_line) +
                        checkout_space(cart->count);
    struct quote *quote = lua_newuserdatauv(L, size, 0);
    memset(quote, 0, sizeof(*quote));
    quote->mark = QUOTE_MARK;
    quote->campaign = instance->campaign;
    quote->member = (uint32_t)member;
    quote->count = cart->count;
    quote->shipping_fen = cart->shipping_fen;
    memcpy(quote->lines, cart->lines, cart->count * sizeof(struct checkout_line));
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setmetatable(L, -2);
    return 1;
}

// --- Asking. ---

enum amount {
    AMOUNT_LIST,
    AMOUNT_DEAL,
    AMOUNT_PROMOTIONS,
    AMOUNT_CARD,
    AMOUNT_VOUCHERS,
    AMOUNT_FINAL,
    AMOUNT_BEST
};
static const char *const AMOUNTS[] = {"list",     "deal",  "promotions", "card",
                                      "vouchers", "final", "best",       NULL};

static int push_amount(lua_State *L, struct quote *quote, enum amount which)
{
    if (!quote_now(L, quote)) {
        return 2;
    }
    const struct checkout_basis *basis = &quote->basis;
    struct price_quote now;
    if (which == AMOUNT_BEST) {
        sandbox_charge(L, search_fuel(basis->voucher_count));
        struct coupon_choice choice;
        coupon_best(basis->cart, quote->at_ms, basis->vouchers, basis->voucher_count, &choice);
        quote->used = choice.used;
        lua_pushinteger(L, choice.quote.final_fen);
        lua_pushinteger(L, __builtin_popcountll(choice.used));
        return 2;
    }
    price_quote_chosen(basis->cart, quote->at_ms, basis->vouchers, basis->voucher_count,
                       quote->used, &now);
    const int64_t amounts[] = {now.list_fen,
                               now.deal_fen,
                               now.deal_fen - now.promo_fen + basis->promotions.shipping_off_fen,
                               now.card_fen,
                               now.voucher_fen,
                               now.final_fen};
    lua_pushinteger(L, amounts[which]);
    return 1;
}

// engine.quote_amount(quote, name): without recording, for looks of scenes.
static int quote_amount_l(lua_State *L)
{
    struct quote *quote = to_quote(L);
    return push_amount(L, quote, (enum amount)luaL_checkoption(L, 2, NULL, AMOUNTS));
}

// A method of quotes: upvalues are which amount, and how a scene looks (quote, name).
static int method_l(lua_State *L)
{
    struct quote *quote = to_quote(L);
    if (instance_of(L)->context.kind == CONTEXT_SCENE) {
        lua_settop(L, 1);
        lua_pushvalue(L, lua_upvalueindex(2));
        lua_insert(L, 1);
        lua_pushstring(L, AMOUNTS[lua_tointeger(L, lua_upvalueindex(1))]);
        lua_call(L, 2, 2);
        return 2;
    }
    return push_amount(L, quote, (enum amount)lua_tointeger(L, lua_upvalueindex(1)));
}

// engine.quote_methods(look): adds list, deal, promotions, card, vouchers, final and best to
// quotes.
static int quote_methods_l(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_getfield(L, lua_upvalueindex(1), "__index");
    for (int i = 0; AMOUNTS[i] != NULL; i++) {
        lua_pushinteger(L, i);
        lua_pushvalue(L, 1);
        lua_pushcclosure(L, method_l, 2);
        lua_setfield(L, -2, AMOUNTS[i]);
    }
    return 0;
}

static int quote_used_l(lua_State *L)  // quote -> { voucher row, ... }
{
    struct quote *quote = to_quote(L);
    if (!quote_now(L, quote)) {
        return 2;
    }
    lua_newtable(L);
    for (uint32_t i = 0, n = 0; i < quote->basis.voucher_count; i++) {
        if (quote->used >> i & 1) {
            lua_pushinteger(L, quote->basis.rows[i]);
            lua_rawseti(L, -2, ++n);
        }
    }
    return 1;
}

static int quote_text_l(lua_State *L)
{
    struct quote *quote = to_quote(L);
    struct buf *text = &instance_of(L)->scratch;
    if (!quote_now(L, quote)) {
        return 2;
    }
    const struct checkout_basis *basis = &quote->basis;
    buf_clear(text);
    price_explain_text(basis->cart, quote->at_ms, basis->vouchers, basis->voucher_count,
                       quote->used, text);
    lua_pushlstring(L, text->data, text->size);
    return 1;
}

static void push_step(lua_State *L, const struct quote *quote, const struct price_step *step,
                      struct buf *text)
{
    static const char *const KINDS[] = {
        [PRICE_STEP_LIST] = "list",         [PRICE_STEP_DEAL] = "deal",
        [PRICE_STEP_SHIPPING] = "shipping", [PRICE_STEP_PROMOTION] = "promotion",
        [PRICE_STEP_CARD] = "card",         [PRICE_STEP_VOUCHER] = "voucher",
        [PRICE_STEP_FLOOR] = "floor",       [PRICE_STEP_FINAL] = "final",
        [PRICE_STEP_UNUSED] = "unused",     [PRICE_STEP_UNUSED_PROMOTION] = "unused",
    };
    const struct checkout_basis *basis = &quote->basis;
    lua_createtable(L, 0, 4);
    lua_pushstring(L, KINDS[step->kind]);
    lua_setfield(L, -2, "kind");
    lua_pushinteger(L, step->change_fen);
    lua_setfield(L, -2, "change");
    lua_pushinteger(L, step->after_fen);
    lua_setfield(L, -2, "after");
    buf_clear(text);
    if (step->kind == PRICE_STEP_VOUCHER || step->kind == PRICE_STEP_UNUSED) {
        lua_pushinteger(L, basis->rows[step->voucher]);
        lua_setfield(L, -2, "voucher");
        lua_pushstring(L, basis->vouchers[step->voucher].name);
        lua_setfield(L, -2, "name");
        price_explain_reason(basis->cart, basis->vouchers, &step->verdict, text);
    }
    if (step->kind == PRICE_STEP_PROMOTION || step->kind == PRICE_STEP_UNUSED_PROMOTION) {
        CHECK(step->promo < basis->promotions.count);
        lua_pushboolean(L, true);
        lua_setfield(L, -2, "promotion");
        lua_pushstring(L, basis->promotions.promos[step->promo].name);
        lua_setfield(L, -2, "name");
        price_explain_promo_reason(basis->cart, step->promo, text);
    }
    if (step->kind == PRICE_STEP_UNUSED || step->kind == PRICE_STEP_UNUSED_PROMOTION) {
        lua_pushlstring(L, text->data, text->size);
        lua_setfield(L, -2, "why");
    }
}

// quote -> { {kind=, change=, after=, voucher=, promotion=, name=, why=}, ... }
static int quote_steps_l(lua_State *L)
{
    struct quote *quote = to_quote(L);
    struct price_step steps[PRICE_STEPS_MAX];
    if (!quote_now(L, quote)) {
        return 2;
    }
    const struct checkout_basis *basis = &quote->basis;
    const size_t count = price_explain(basis->cart, quote->at_ms, basis->vouchers,
                                       basis->voucher_count, quote->used, steps);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_step(L, quote, &steps[i], &instance_of(L)->scratch);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

// --- Holding vouchers. ---

static void check_turn(lua_State *L)
{
    if (!state_in_turn(instance_state(L)) || instance_of(L)->context.kind == CONTEXT_LOAD) {
        luaL_error(L, "nothing can be changed here");
    }
}

static bool reserve_all(struct core *core, const struct quote *quote, int64_t until_ms,
                        uint32_t *rows, uint32_t *count, struct err *e)
{
    struct err ignored;
    *count = 0;
    for (uint32_t i = 0; i < quote->basis.voucher_count; i++) {
        if (!(quote->used >> i & 1)) {
            continue;
        }
        if (!coupon_reserve(core, quote->basis.rows[i], until_ms, e)) {
            while (*count > 0) {
                const bool freed = coupon_release(core, rows[--*count], &ignored);
                CHECK(freed);
            }
            return false;
        }
        rows[(*count)++] = quote->basis.rows[i];
    }
    return true;
}

// Uses of the promotions that ran, with what each takes off: all or none.
static bool reserve_uses(struct core *core, struct quote *quote, int64_t until_ms, struct err *e)
{
    const struct promotion_judgement *judged = &quote->basis.promotions;
    uint32_t count = 0;
    for (uint32_t i = 0; i < judged->count; i++) {
        if (judged->promos[i].why != PRICE_PROMO_USED) {
            continue;
        }
        if (!promotion_reserve(core, judged->rows[i], quote->member, judged->promos[i].off_fen,
                               until_ms, &quote->uses[count], e)) {
            while (count > 0) {
                promotion_release(core, quote->uses[--count]);
            }
            return false;
        }
        count++;
    }
    quote->use_count = count;
    return true;
}

// What it held before is free again, whoever has it now aside.
static void release_all(struct core *core, struct quote *quote)
{
    struct err ignored;
    for (uint32_t i = 0; i < quote->held_count; i++) {
        const struct voucher *row = table_get(core->state, T_VOUCHERS, quote->held[i]);
        if (row != NULL && row->until_at == quote->held_until) {
            const bool freed = coupon_release(core, quote->held[i], &ignored);
            (void)freed;
        }
    }
    quote->held_count = 0;
    for (uint32_t i = 0; i < quote->use_count; i++) {
        const struct promotion_use *use = table_get(core->state, T_PROMOTION_USES, quote->uses[i]);
        if (use != NULL && use->member == (int32_t)quote->member &&
            use->until_at == quote->held_until) {
            promotion_release(core, quote->uses[i]);
        }
    }
    quote->use_count = 0;
}

static void push_rows(lua_State *L, const uint32_t *rows, uint32_t count)
{
    lua_createtable(L, (int)count, 0);
    for (uint32_t i = 0; i < count; i++) {
        lua_pushinteger(L, rows[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static uint32_t to_rows(lua_State *L, int arg, uint32_t *rows, uint32_t max)
{
    uint32_t count = 0;
    luaL_checktype(L, arg, LUA_TTABLE);
    while (count < max && lua_rawgeti(L, arg, (lua_Integer)count + 1) != LUA_TNIL) {
        rows[count++] = bind_id(L, -1);
        lua_pop(L, 1);
    }
    return count;
}

// quote, until_ms -> { voucher row, ... }, { use of a promotion, ... }: those of the best
// combination, all or none.
static int quote_reserve_l(lua_State *L)
{
    struct quote *quote = to_quote(L);
    const int64_t until_ms = luaL_checkinteger(L, 2);
    struct core *core = instance_of(L)->script->core;
    uint32_t rows[COUPON_MAX];
    uint32_t count;
    struct err e = {0};
    check_turn(L);
    release_all(core, quote);
    if (!quote_now(L, quote)) {
        return 2;
    }
    if (!reserve_all(core, quote, until_ms, rows, &count, &e)) {
        return bind_refusal(L, &e);
    }
    if (!reserve_uses(core, quote, until_ms, &e)) {
        struct err ignored;
        while (count > 0) {
            const bool freed = coupon_release(core, rows[--count], &ignored);
            CHECK(freed);
        }
        return bind_refusal(L, &e);
    }
    push_rows(L, rows, count);
    push_rows(L, quote->uses, quote->use_count);
    return 2;
}

// quote, { voucher row, ... }, until_ms, { use, ... }: this quote holds them (a rebuilt scene says
// it again).
static int quote_hold_l(lua_State *L)
{
    struct quote *quote = to_quote(L);
    quote->held_count = to_rows(L, 2, quote->held, COUPON_MAX);
    quote->held_until = luaL_checkinteger(L, 3);
    quote->use_count = to_rows(L, 4, quote->uses, PRICE_PROMOS_MAX);
    quote->prepared = false;
    return 0;
}

static int quote_release_l(lua_State *L)
{
    struct quote *quote = to_quote(L);
    check_turn(L);
    release_all(instance_of(L)->script->core, quote);
    return 0;
}

// --- Opening: two metatables; functions that make handles have theirs as upvalue. ---

// engine.cart_class(), engine.quote_class(): the table to which the library adds methods.
static int class_l(lua_State *L)
{
    lua_getfield(L, lua_upvalueindex(1), "__index");
    return 1;
}

static void new_class(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_newtable(L);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
}

static void add_made(lua_State *L, const char *name, lua_CFunction call)  // engine, meta -> same
{
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, call, 1);
    lua_setfield(L, -3, name);
}

void bind_price_open(lua_State *L)
{
    new_class(L);
    add_made(L, "cart_class", class_l);
    add_made(L, "cart", cart_l);
    lua_pop(L, 1);
    new_class(L);
    add_made(L, "quote_class", class_l);
    add_made(L, "quote", quote_l);
    add_made(L, "quote_methods", quote_methods_l);
    lua_pop(L, 1);
}

const struct bind_fn bind_price[] = {
    {"quote_amount", quote_amount_l},   {"quote_used", quote_used_l},
    {"quote_text", quote_text_l},       {"quote_steps", quote_steps_l},
    {"quote_reserve", quote_reserve_l}, {"quote_hold", quote_hold_l},
    {"quote_release", quote_release_l}, {NULL, NULL},
};
