// The only place where accounts.balance changes: a move checks everything first (sum, overflow,
// floors, all legs together) and writes then, so it happens whole or not at all.

#include "core/ledger.h"

#include <stdio.h>
#include <string.h>

#include "base/money.h"

#define LEDGER_NAME_MAX 256
#define LEDGER_SOURCE "budget-source"

uint32_t ledger_find(const struct state *state, uint32_t campaign, const char *name)
{
    // A name nobody has interned has no account; the empty text would name any.
    const text_id text = text_find(state_texts((struct state *)state), name, strlen(name));
    return text == 0 ? 0 : TABLE_FIND(state, T_ACCOUNTS, ACCOUNTS_BY_NAME, campaign, text);
}

uint32_t ledger_account(struct state *state, uint32_t campaign, const char *name, int64_t floor)
{
    CHECK(name[0] != '\0');
    const uint32_t found = ledger_find(state, campaign, name);
    if (found != 0) {
        const struct account *account = table_get(state, T_ACCOUNTS, found);
        CHECK(account->floor == floor);
        return found;
    }
    CHECK(floor <= 0);  // A new account holds nothing.
    const struct campaign *owner = campaign == 0 ? NULL : table_get(state, T_CAMPAIGNS, campaign);
    const struct account account = {
        .floor = floor,
        .name = state_text(state, name, strlen(name)),
        .currency = owner == NULL ? 0 : owner->currency,
        .campaign = (int32_t)campaign,
    };
    return ((const struct account *)table_insert(state, T_ACCOUNTS, &account))->id;
}

int64_t ledger_balance(const struct state *state, uint32_t account)
{
    const struct account *row = table_get(state, T_ACCOUNTS, account);
    CHECK(row != NULL);
    return row->balance;
}

static bool ledger_refuse(const struct state *state, const struct account *account, int64_t balance,
                          struct err *e)
{
    const char *name = state_get_text(state, account->name);
    const int known =
        account->currency == 0 ? 2 : money_decimals(state_get_text(state, account->currency));
    const int decimals = known < 0 ? 2 : known;
    char left[40];
    char needed[40];
    money_format(account->balance - account->floor, decimals, left, sizeof(left));
    int64_t taken;
    if (__builtin_sub_overflow(account->balance, balance, &taken)) {
        taken = INT64_MAX;
    }
    money_format(taken, decimals, needed, sizeof(needed));
    if (strncmp(name, "budget:", 7) == 0) {
        return err_set(e, ERR_REFUSED, "budget '%s' has %s left, %s needed", name + 7, left,
                       needed);
    }
    return err_set(e, ERR_REFUSED, "account '%s' has %s left, %s needed", name, left, needed);
}

// The balances after the move, one for each leg that is the last of its account; others get 0 in
// `last`.
static bool ledger_plan(const struct state *state, const struct ledger_leg_in *legs, size_t count,
                        int64_t *balances, bool *last, struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        const struct account *account = table_get(state, T_ACCOUNTS, legs[i].account);
        CHECK(account != NULL);
        int64_t before = account->balance;
        last[i] = true;
        for (size_t k = i; k-- > 0;) {
            if (legs[k].account == legs[i].account && last[k]) {
                before = balances[k];
                last[k] = false;
            }
        }
        if (!money_add(before, legs[i].amount, &balances[i])) {
            return err_set(e, ERR_REFUSED, "account '%s' can't hold that much",
                           state_get_text(state, account->name));
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct account *account = table_get(state, T_ACCOUNTS, legs[i].account);
        if (last[i] && balances[i] < account->balance && balances[i] < account->floor) {
            return ledger_refuse(state, account, balances[i], e);
        }
    }
    return true;
}

bool ledger_move(struct state *state, const struct ledger_leg_in *legs, size_t count,
                 const char *reason, uint32_t member, uint32_t ref, struct err *e)
{
    int64_t balances[LEDGER_LEGS_MAX];
    bool last[LEDGER_LEGS_MAX];
    int64_t sum = 0;
    CHECK(count >= 2);
    CHECK(count <= LEDGER_LEGS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!money_add(sum, legs[i].amount, &sum)) {
            return err_set(e, ERR_REFUSED, "the amounts are too large to add up");
        }
    }
    CHECK(sum == 0);
    if (!ledger_plan(state, legs, count, balances, last, e)) {
        return false;
    }
    struct ledger_leg leg = {
        .at = state_now(state),
        .txn = (int64_t)table_last(state, T_LEDGER) + 1,  // The id of its first leg.
        .reason = state_text(state, reason, strlen(reason)),
        .member = (int32_t)member,
        .ref = (int32_t)ref,
    };
    for (size_t i = 0; i < count; i++) {
        if (legs[i].amount != 0) {
            leg.amount = legs[i].amount;
            leg.account = (int32_t)legs[i].account;
            table_insert(state, T_LEDGER, &leg);
        }
        if (last[i]) {
            ((struct account *)table_edit(state, T_ACCOUNTS, legs[i].account))->balance =
                balances[i];
        }
    }
    return true;
}

static uint32_t ledger_budget_account(struct state *state, uint32_t campaign, const char *kind,
                                      const char *name)
{
    char full[LEDGER_NAME_MAX];
    const int size = snprintf(full, sizeof(full), "%s:%s", kind, name);
    CHECK(size > 0);
    CHECK((size_t)size < sizeof(full));
    return ledger_account(state, campaign, full, 0);
}

static bool ledger_budget_name(const char *name, struct err *e)
{
    const size_t size = strlen(name);
    return (size > 0 && size < LEDGER_NAME_MAX - 16) ||
           err_set(e, ERR_INVALID, "the name of a budget has 1 to %d bytes, not %zu",
                   LEDGER_NAME_MAX - 17, size);
}

bool ledger_open_budget(struct state *state, uint32_t campaign, const char *name, int64_t cap,
                        struct err *e)
{
    if (!ledger_budget_name(name, e)) {
        return false;
    }
    if (cap < 0 || cap > MONEY_MAX) {
        return err_set(e, ERR_INVALID, "budget '%s' can't hold this amount", name);
    }
    const uint32_t source = ledger_account(state, campaign, LEDGER_SOURCE, LEDGER_NO_FLOOR);
    const uint32_t budget = ledger_budget_account(state, campaign, "budget", name);
    ledger_budget_account(state, campaign, "reserved", name);
    ledger_budget_account(state, campaign, "spent", name);
    const struct account *account = table_get(state, T_ACCOUNTS, budget);
    const int64_t more = cap - account->opening;
    const struct ledger_leg_in legs[] = {{source, -more}, {budget, more}};
    if (more == 0) {
        return true;
    }
    if (!ledger_move(state, legs, 2, "cap", 0, budget, e)) {
        return false;
    }
    ((struct account *)table_edit(state, T_ACCOUNTS, budget))->opening = cap;
    return true;
}

bool ledger_budget(struct state *state, uint32_t campaign, const char *name, enum ledger_step step,
                   int64_t amount, const char *reason, uint32_t member, uint32_t ref, struct err *e)
{
    static const char *const from[] = {"budget", "reserved", "reserved", "budget", "spent"};
    static const char *const to[] = {"reserved", "spent", "budget", "spent", "budget"};
    char full[LEDGER_NAME_MAX];
    CHECK(step <= LEDGER_GIVE_BACK);
    if (!ledger_budget_name(name, e)) {
        return false;
    }
    if (amount < 0) {
        return err_set(e, ERR_INVALID, "budget '%s' can't move a negative amount", name);
    }
    snprintf(full, sizeof(full), "budget:%s", name);
    if (ledger_find(state, campaign, full) == 0) {
        return err_set(e, ERR_REFUSED, "there is no budget '%s'", name);
    }
    if (amount == 0) {
        return true;
    }
    const struct ledger_leg_in legs[] = {
        {ledger_budget_account(state, campaign, from[step], name), -amount},
        {ledger_budget_account(state, campaign, to[step], name), amount},
    };
    return ledger_move(state, legs, 2, reason, member, ref, e);
}

int64_t ledger_sum(const struct state *state, uint32_t campaign)
{
    uint64_t sum = 0;  // Wraps, as sums of signed numbers may not; zero stays zero.
    for (uint32_t id = 0; (id = table_next(state, T_ACCOUNTS, id)) != 0;) {
        const struct account *account = table_get(state, T_ACCOUNTS, id);
        sum += account->campaign == (int32_t)campaign ? (uint64_t)account->balance : 0;
    }
    return (int64_t)sum;
}
