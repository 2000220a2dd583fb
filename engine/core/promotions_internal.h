#pragma once
// Shared by promotions.c and promotions_life.c; nobody else includes it.

#include "core/promotions.h"

enum { PROMOTION_RESERVED, PROMOTION_USED, PROMOTION_RELEASED, PROMOTION_RETURNED };

// The oldest use of a promotion that a member holds; 0: none.
uint32_t promotion_held_by(const struct state *state, uint32_t promotion, uint32_t member);
