#pragma once
// Promotions of a campaign: rows put before the rules (rules/promo_set), and the life of a use.
//
//   quote                      judged, nothing changes
//   promotion_reserve          a checkout holds a use: counted, its money reserved from the budget
//   promotion_use              an order has it: the hold (hers, if any) ends, the money is
//   committed promotion_release/_expire  the hold ends unused promotion_give_back        the order
//   was refunded in full
//
// So uses in total and for each member, and budgets, hold whatever order checkouts come in.

#include "core/core.h"
#include "rules/promo_set.h"

// Cached beside the rows: promotions as the rules read them. It follows the rows by itself.
struct promotions;
struct promotions *promotions_new(void);
void promotions_free(struct promotions *promotions);

#define PROMOTION_HOLD_MAX_MS INT64_C(86400000)

// What conditions ask of a member.
struct promotion_buyer {
    int64_t orders;  // Placed before this one.
    int64_t level;
    const char *group, *segment;
    const char *tags;  // Separated by commas.
};

struct promotion_cart {
    uint32_t campaign, member;            // Member 0: nobody known.
    const struct promotion_buyer *buyer;  // Told instead of read from her rows; NULL: from rows.
    bool store;                           // Bought offline; else online.
    int64_t at_ms;
    int64_t shipping_fen;
    const struct promo_set_line *lines;
    size_t line_count;
    // Uses that this checkout itself holds; NULL with count 0: none. all_held: any that she holds.
    const uint32_t *held;
    size_t held_count;
    bool all_held;
};

struct promotion_judgement {
    uint32_t count;
    struct price_promo promos[PRICE_PROMOS_MAX];  // In the order of their turns.
    uint32_t rows[PRICE_PROMOS_MAX];              // The promotion of each.
    int64_t shipping_off_fen;
};

// Whether the campaign has any: else nothing below needs asking.
bool promotions_any(const struct core *core, uint32_t campaign);
// off_fen: line_count amounts, what promotions take off each line. ERR_INVALID names the line.
MUST_USE bool promotions_judge(const struct core *core, const struct promotion_cart *cart,
                               int64_t *off_fen, struct promotion_judgement *out, struct err *e);
// How many uses a member has, held ones counted, given back ones not.
int64_t promotion_uses_of(const struct state *state, uint32_t promotion, uint32_t member);

// Each refusal is ERR_REFUSED ("promotion 'x': limit reached") and leaves nothing behind.
MUST_USE bool promotion_reserve(struct core *core, uint32_t promotion, uint32_t member,
                                int64_t amount, int64_t until_ms, uint32_t *use, struct err *e);
// Nothing happens unless it is held.
void promotion_release(struct core *core, uint32_t use);
// A schedule entry of kind SCHEDULE_PROMOTION is due.
void promotion_expire(struct core *core, uint32_t use);
MUST_USE bool promotion_use(struct core *core, uint32_t promotion, uint32_t member, uint32_t order,
                            int64_t amount, struct err *e);
MUST_USE bool promotion_give_back(struct core *core, uint32_t order, struct err *e);
