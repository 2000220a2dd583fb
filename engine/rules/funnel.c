// Funnel and K-factor: shares for reports. Pure.

#include "rules/funnel.h"

#include <math.h>

struct funnel_interval funnel_wilson(int64_t successes, int64_t trials, double z)
{
    CHECK(successes >= 0);
    CHECK(successes <= trials);
    if (trials == 0) {
        return (struct funnel_interval){.share = 0, .low = 0, .high = 1};
    }
    const double n = (double)trials;
    const double share = (double)successes / n;
    const double z2 = z * z;
    const double middle = (share + z2 / (2 * n)) / (1 + z2 / n);
    const double half = z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n));
    // At the ends the formula gives 0 and 1 up to a rounding error; say so exactly.
    return (struct funnel_interval){
        .share = share,
        .low = successes == 0 ? 0 : fmax(0, middle - half),
        .high = successes == trials ? 1 : fmin(1, middle + half),
    };
}

bool funnel_compute(struct funnel_stage *stages, size_t count, struct err *e)
{
    const double z = 1.96;  // 95 %
    for (size_t i = 0; i < count; i++) {
        if (stages[i].count < 0) {
            return err_set(e, ERR_INVALID, "stages[%zu]: %lld is negative", i,
                           (long long)stages[i].count);
        }
    }
    const struct funnel_interval whole = {.share = 1, .low = 1, .high = 1};
    for (size_t i = 0; i < count; i++) {
        struct funnel_stage *stage = &stages[i];
        const int64_t before = i == 0 ? stage->count : stages[i - 1].count;
        stage->grew = stage->count > before;
        stage->from_previous =
            i == 0 || stage->grew ? whole : funnel_wilson(stage->count, before, z);
        stage->from_first = i == 0 || stage->count > stages[0].count
                                ? whole
                                : funnel_wilson(stage->count, stages[0].count, z);
    }
    return true;
}

double funnel_k_factor(int64_t members_before, int64_t joined_by_invite)
{
    CHECK(members_before >= 0);
    CHECK(joined_by_invite >= 0);
    return members_before == 0 ? 0 : (double)joined_by_invite / (double)members_before;
}

double funnel_k_reach(int64_t members, double k, unsigned rounds)
{
    double reach = (double)members;
    double newest = reach;
    for (unsigned i = 0; i < rounds; i++) {
        newest *= k;
        reach += newest;
    }
    return reach;
}
