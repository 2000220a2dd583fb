#pragma once
// The ladder: list > deal > member card > vouchers > final, for a cart asked at one instant.
// Pure arithmetic: no clock, no I/O; only price_cart_new allocates. Money is whole minor units
// (fen).
//
//   list     what it costs outside; the struck-through anchor. A placeholder (9999 yuan before the
//            shop opens) is no price: the line is "not for sale yet" and nothing is an anchor.
//   deal     in force while opens_at_ms <= t < closes_at_ms; before and after, list counts again.
//            A flip is this comparison, so all goods change in the same instant, and back.
//   card     a percentage off the unit price in force, rounded per unit, not below the unit's
//   floor. vouchers add up. Each is worked out on the same base, the subtotal after the card of the
//   lines
//            in its scope: thresholds are judged on it, percentages are of it. So the order in
//            which vouchers are played never matters. Their sum stops at the floors of those lines.
//   final    card subtotal minus vouchers; spread over the lines by largest remainder.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/money.h"

#define PRICE_LINES_MAX 256
#define PRICE_VOUCHERS_MAX 64                     // In one quote; the chooser takes COUPON_MAX.
#define PRICE_TOTAL_MAX INT64_C(900000000000000)  // A cart's list total; * 10,000 fits int64.
#define PRICE_PLACEHOLDER_FEN INT64_C(999900)     // 9999.00
#define PRICE_ALWAYS INT64_MIN                    // opens_at_ms: the deal holds from the start
#define PRICE_NEVER INT64_MAX                     // closes_at_ms: it never ends

struct price_line {
    const char *name;      // For refusals and explanations; may be NULL. Must outlive the cart.
    int64_t list_fen;      // A unit, >= 0. == placeholder_fen: no anchor, not for sale at list.
    int64_t deal_fen;      // A unit, floor_fen..list_fen (any if list is the placeholder).
    int64_t floor_fen;     // A unit never goes below this (see price_floor). 0: none.
    int64_t opens_at_ms;   // The deal is in force from here ...
    int64_t closes_at_ms;  // ... until just before here.
    bool deal_only;        // Not for sale outside the deal's window (the shop shows a placeholder).
    uint32_t qty;          // 1..1,000,000
    uint32_t scopes;  // Bit set of what the line belongs to (category, brand ...); see vouchers.
};

struct price_terms {
    char currency[4];         // "CNY"; vouchers in another currency are refused.
    enum money_round round;   // The card per unit and each percent voucher round like this.
    uint32_t card_bp;         // Member card: basis points off, 0..10,000 (12 % off = 1,200).
    int64_t placeholder_fen;  // 0: no placeholder in this shop. Default PRICE_PLACEHOLDER_FEN.
};

// Terms of a member without a card: CNY, half up, the default placeholder.
struct price_terms price_terms_default(void);

// The floor of a unit: the greater of a minimum price and the price at which `margin_bp` of the
// price is left over `cost_fen` (cost * 10000 / (10000 - margin), rounded up).
MUST_USE bool price_floor(int64_t min_price_fen, int64_t cost_fen, uint32_t margin_bp,
                          int64_t *floor_fen, struct err *e);

struct price_voucher {
    const char *name;         // For explanations; may be NULL. Must outlive its use.
    char currency[4];         // "": the cart's.
    bool exclusive;           // Can't be combined with any other voucher.
    uint32_t lane;            // 0: free. Of vouchers in the same lane at most one is used.
    uint32_t scope;           // 0: all lines; else lines with (scopes & scope) != 0.
    uint32_t percent_bp;      // Percent voucher: 1..10,000, then amount_fen is 0.
    int64_t amount_fen;       // Amount voucher: > 0.
    int64_t threshold_fen;    // The scope's subtotal after the card must reach it. 0: none.
    int64_t cap_fen;          // A percent voucher gives at most this. 0: no cap.
    int64_t budget_left_fen;  // What its budget still holds; PRICE_NO_BUDGET: not budgeted.
};

#define PRICE_NO_BUDGET INT64_MAX

struct price_cart;

// Refuses (ERR_INVALID, naming the field) what can't be used with this cart: negative amounts,
// percent over 100, both or neither of percent and amount, another currency, more than
// PRICE_VOUCHERS_MAX, and scopes that cross: of any two vouchers the lines must be nested or
// disjoint, or "what fits above the floors" would have no simple answer.
MUST_USE bool price_vouchers_check(const struct price_cart *cart,
                                   const struct price_voucher *vouchers, size_t count,
                                   struct err *e);

// A cart prepared once and asked often: every total between two flips is worked out here.
// Refuses (ERR_INVALID, "lines[3].deal_fen: ...") negative, overflowing or contradicting fields.
MUST_USE bool price_cart_new(const struct price_line *lines, size_t count,
                             const struct price_terms *terms, struct price_cart **out,
                             struct err *e);
void price_cart_free(struct price_cart *cart);
// The same in memory of the caller's, price_cart_size(count) bytes aligned to 8: nothing to free.
// The cart is at `space` and stands as long as that does.
size_t price_cart_size(size_t count);
MUST_USE bool price_cart_init(void *space, const struct price_line *lines, size_t count,
                              const struct price_terms *terms, struct price_cart **out,
                              struct err *e);
size_t price_cart_count(const struct price_cart *cart);
const struct price_line *price_cart_line(const struct price_cart *cart, size_t index);
const struct price_terms *price_cart_terms(const struct price_cart *cart);

struct price_quote {
    int64_t list_fen;     // Anchor total: lines without a true anchor count at the price in force.
    int64_t deal_fen;     // Total at the prices in force.
    int64_t card_fen;     // Total after the member card.
    int64_t floor_fen;    // The total can't go below this.
    int64_t voucher_fen;  // What the vouchers take off in all (after the floor).
    int64_t final_fen;    // card_fen - voucher_fen
    uint64_t used;        // Bit i: vouchers[i] took part.
    uint32_t not_for_sale;  // 0, or 1 + the index of the first line that isn't for sale yet.
    uint32_t deals;         // Lines whose deal is in force.
};

// Quotes the cart at an instant with all the given vouchers that may be used, in the given order:
// one excluded by an earlier one, below its threshold, out of budget or worth nothing is left out.
// Vouchers must have passed price_vouchers_check. false: a line isn't for sale (out->not_for_sale).
bool price_quote(const struct price_cart *cart, int64_t at_ms, const struct price_voucher *vouchers,
                 size_t count, struct price_quote *out);

// The same, with exactly the vouchers whose bit is set in `chosen` (as coupon_best gives them).
bool price_quote_chosen(const struct price_cart *cart, int64_t at_ms,
                        const struct price_voucher *vouchers, size_t count, uint64_t chosen,
                        struct price_quote *out);

// What one voucher is worth on this cart alone before any floor, 0 if it doesn't apply; and the
// subtotal it is judged on.
enum price_voucher_state {
    PRICE_VOUCHER_OK,
    PRICE_VOUCHER_BELOW_THRESHOLD,  // Subtotal of its scope < threshold_fen.
    PRICE_VOUCHER_NO_GOODS,         // No line is in its scope.
    PRICE_VOUCHER_BUDGET_SPENT,     // It is worth more than its budget still holds.
    PRICE_VOUCHER_WORTHLESS,        // It rounds to nothing.
};
enum price_voucher_state price_voucher_value(const struct price_cart *cart, int64_t at_ms,
                                             const struct price_voucher *voucher,
                                             int64_t *value_fen, int64_t *subtotal_fen);

// Each line's place on the ladder, final shares spread exactly: `out` holds price_cart_count rows,
// their sums equal the quote's totals. `used` as in the quote. CHECKs that the cart is for sale.
struct price_share {
    int64_t list_fen, deal_fen, card_fen, floor_fen, voucher_fen, final_fen;  // For qty units.
    bool deal_on;
};
void price_spread(const struct price_cart *cart, int64_t at_ms,
                  const struct price_voucher *vouchers, size_t count, uint64_t used,
                  struct price_share *out);

// Shop price of one line at an instant, without member or vouchers; false: not for sale yet.
bool price_unit(const struct price_cart *cart, size_t index, int64_t at_ms, int64_t *unit_fen);
// The next instant after at_ms at which any price of the cart changes, PRICE_NEVER if none.
int64_t price_next_flip(const struct price_cart *cart, int64_t at_ms);
