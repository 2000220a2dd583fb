#pragma once
// The prepared form of promotions: read and checked once, judged often on carts that come as plain
// rows. The arithmetic is policy `drumbeat`'s (promo_own), nothing else. No clock, no I/O.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/price.h"

#define PROMO_SET_MAX PRICE_PROMOS_MAX
#define PROMO_SET_UNLIMITED (-1)

struct promo_set;

// `json` is a list of promotions as they stand in a neutral document ("promotions"); refusals name
// the field: "promotions[0].actions[1].amount: negative".
MUST_USE bool promo_set_read(const char *json, size_t size, struct promo_set **out, struct err *e);
void promo_set_free(struct promo_set *set);
size_t promo_set_count(const struct promo_set *set);

// What the rows know of a promotion now; in the order of the set, as all that is by promotion.
struct promo_set_now {
    const char *name;  // Told in answers and reasons; must outlive the answer's use.
    int64_t from_ms, until_ms;
    int64_t uses_left, member_left, budget_left;  // PROMO_SET_UNLIMITED: no such limit
    bool off;                                     // Doesn't run at all.
};

struct promo_set_line {
    const char *sku;
    const char *category;  // "": none
    int64_t unit_fen;      // The price in force.
    int64_t floor_fen;  // A unit never goes below it; a floor above the price counts as the price.
    int64_t qty;
};

struct promo_set_ask {
    const struct promo_set_line *lines;
    size_t line_count;
    const struct promo_set_now *now;  // promo_set_count of them.
    int64_t at_ms;
    int64_t shipping_fen;
    enum money_round round;
    int decimals;  // For amounts in refusals.
    // The member; nobody: known is false.
    bool known;
    int64_t orders;  // Placed before this one.
    int64_t level;
    const char *group, *segment, *channel;  // "": none
    const char *tags;                       // Separated by commas.
};

// off_fen: line_count amounts, what promotions take off each line. promos: a row each in the order
// they had their turn (catalogue first, then by priority), `by` is a place in these rows.
// Refuses amounts that are negative or overflow, naming the line.
MUST_USE bool promo_set_judge(struct promo_set *set, const struct promo_set_ask *ask,
                              int64_t *off_fen, int64_t *shipping_off_fen,
                              struct price_promo *promos, uint32_t *places, struct err *e);
