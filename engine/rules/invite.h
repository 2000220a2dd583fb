#pragma once
// Invitations (domain B3): effective invites, tiers, the order of the leaderboard. Pure.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct invite_count {
    uint64_t member;     // Row or stable number of the inviter.
    int64_t joined;      // People who came by her code.
    int64_t left;        // Of those, who are gone again and were not rejected.
    int64_t rejected;    // Of those, who a person rejected after the audit.
    int64_t reached_ms;  // When her effective count last rose to what it is.
};

// joined - left - rejected. Refuses negative fields and more gone than joined, naming the field.
MUST_USE bool invite_effective(const struct invite_count *count, int64_t *effective, struct err *e);

// thresholds ascending, each > 0. How many tiers are reached, 0 .. tier_count; *missing (may be
// NULL) = invites still needed for the next tier, 0 when all are reached.
uint32_t invite_tiers_reached(const int64_t *thresholds, uint32_t tier_count, int64_t effective,
                              int64_t *missing);
MUST_USE bool invite_tiers_check(const int64_t *thresholds, uint32_t tier_count, struct err *e);

// Leaderboard: more effective invites first; of equal ones who reached the count earlier; then the
// smaller member number. Sorts in place. All counts must be ones invite_effective accepts.
void invite_leaderboard_sort(struct invite_count *counts, size_t count);
