#pragma once
// Money moves only here: a transaction of two or more legs that sum to zero, all or none, and no
// account below its floor. A budget "x" is three accounts: budget:x (free, floor 0), reserved:x and
// spent:x.
//   reserve: budget -> reserved     commit: reserved -> spent     release: reserved -> budget

#include "core/state.h"

#define LEDGER_NO_FLOOR INT64_MIN
#define LEDGER_LEGS_MAX 16

struct ledger_leg_in {
    uint32_t account;
    int64_t amount;  // Into the account; negative takes out.
};

// Finds or opens an account of a campaign (0: the brand's). A floor given for an existing one must
// agree.
uint32_t ledger_account(struct state *state, uint32_t campaign, const char *name, int64_t floor);
uint32_t ledger_find(const struct state *state, uint32_t campaign, const char *name);  // 0: none
int64_t ledger_balance(const struct state *state, uint32_t account);
// ERR_REFUSED, nothing moved: "budget 'wheel' has 12.00 left, 30.00 needed". Overflow is refused as
// well.
MUST_USE bool ledger_move(struct state *state, const struct ledger_leg_in *legs, size_t count,
                          const char *reason, uint32_t member, uint32_t ref, struct err *e);

// Opens the three accounts of a budget and puts `cap` into budget:<name> against budget-source.
MUST_USE bool ledger_open_budget(struct state *state, uint32_t campaign, const char *name,
                                 int64_t cap, struct err *e);
enum ledger_step { LEDGER_RESERVE, LEDGER_COMMIT, LEDGER_RELEASE, LEDGER_SPEND, LEDGER_GIVE_BACK };
// SPEND = reserve and commit at once; GIVE_BACK = spent -> budget (a commission undone). amount >=
// 0; 0 does nothing.
MUST_USE bool ledger_budget(struct state *state, uint32_t campaign, const char *name,
                            enum ledger_step step, int64_t amount, const char *reason,
                            uint32_t member, uint32_t ref, struct err *e);
// Sum over all accounts of a campaign: 0 unless memory is corrupt.
int64_t ledger_sum(const struct state *state, uint32_t campaign);
