#pragma once
// Funnel: counts by stage with conversions and their intervals, and the K-factor. Pure. The only
// floating point in rules/: shares for reports, never money.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct funnel_interval {
    double share;  // successes / trials; 0 if there were none.
    double low, high;
};

// Wilson score interval (E. B. Wilson, 1927). z = 1.96 for 95 %. successes <= trials.
struct funnel_interval funnel_wilson(int64_t successes, int64_t trials, double z);

struct funnel_stage {
    int64_t count;                         // In: how many reached the stage, >= 0.
    struct funnel_interval from_first;     // Out: of the first stage ("of members").
    struct funnel_interval from_previous;  // Out: of the stage before ("of UV"). Stage 0: 1.
    bool grew;  // Out: more here than in the stage before (visitors from outside): no share of it.
};
// Refuses negative counts ("stages[1]: ..."). A stage that is larger than the one before is no
// error: buyers may come without a counted visit; its share is then left at 1 and `grew` is set.
MUST_USE bool funnel_compute(struct funnel_stage *stages, size_t count, struct err *e);

// New members each member brings: (invitations a member) * (share of them who join), i.e.
// joined_by_invite / members_before. Above 1 growth feeds itself. 0 if there were no members.
double funnel_k_factor(int64_t members_before, int64_t joined_by_invite);
// Members expected after `rounds` of the same K, for "how far will this carry": m * (1+k+...+k^r).
double funnel_k_reach(int64_t members, double k, unsigned rounds);
