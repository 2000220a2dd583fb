// Invitations: counting, tiers, leaderboard. Pure.

#include "rules/invite.h"

#include <stdlib.h>

bool invite_effective(const struct invite_count *count, int64_t *effective, struct err *e)
{
    const struct {
        const char *name;
        int64_t value;
    } fields[] = {{"joined", count->joined}, {"left", count->left}, {"rejected", count->rejected}};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (fields[i].value < 0) {
            return err_set(e, ERR_INVALID, "%s: %lld is negative", fields[i].name,
                           (long long)fields[i].value);
        }
    }
    // Subtracting in two steps can't overflow: all three are >= 0.
    if (count->left > count->joined) {
        return err_set(e, ERR_INVALID, "left: %lld of only %lld joined", (long long)count->left,
                       (long long)count->joined);
    }
    if (count->rejected > count->joined - count->left) {
        return err_set(e, ERR_INVALID, "rejected: %lld of only %lld who stayed",
                       (long long)count->rejected, (long long)(count->joined - count->left));
    }
    *effective = count->joined - count->left - count->rejected;
    return true;
}

bool invite_tiers_check(const int64_t *thresholds, uint32_t tier_count, struct err *e)
{
    for (uint32_t i = 0; i < tier_count; i++) {
        if (thresholds[i] <= 0) {
            return err_set(e, ERR_INVALID, "tiers[%u]: %lld is not above 0", i,
                           (long long)thresholds[i]);
        }
        if (i > 0 && thresholds[i] <= thresholds[i - 1]) {
            return err_set(e, ERR_INVALID, "tiers[%u]: %lld is not above the tier before (%lld)", i,
                           (long long)thresholds[i], (long long)thresholds[i - 1]);
        }
    }
    return true;
}

uint32_t invite_tiers_reached(const int64_t *thresholds, uint32_t tier_count, int64_t effective,
                              int64_t *missing)
{
    uint32_t reached = 0;
    while (reached < tier_count && effective >= thresholds[reached]) {
        reached++;
    }
    if (missing != NULL) {
        *missing = reached < tier_count ? thresholds[reached] - effective : 0;
    }
    return reached;
}

static int invite_compare(const void *a, const void *b)
{
    const struct invite_count *x = a;
    const struct invite_count *y = b;
    const int64_t x_effective = x->joined - x->left - x->rejected;
    const int64_t y_effective = y->joined - y->left - y->rejected;
    if (x_effective != y_effective) {
        return x_effective > y_effective ? -1 : 1;
    }
    if (x->reached_ms != y->reached_ms) {
        return x->reached_ms < y->reached_ms ? -1 : 1;
    }
    return (x->member > y->member) - (x->member < y->member);
}

void invite_leaderboard_sort(struct invite_count *counts, size_t count)
{
    if (count > 1) {
        qsort(counts, count, sizeof(*counts), invite_compare);
    }
}
