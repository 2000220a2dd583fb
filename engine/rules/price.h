#pragma once
// The ladder: list > deal > promotions > member card > vouchers > final, for a cart asked at one
// instant.
// Pure arithmetic: no clock, no I/O; only price_cart_new allocates. Money is whole minor units
// (fen).
//
//   list     what it costs outside; the struck-through anchor. A placeholder (9999 yuan before the
//            shop opens) is no price: the line is "not for sale yet" and nothing is an anchor.
//   deal     in force while opens_at_ms <= t < closes_at_ms; before and after, list counts again.
//            A flip is this comparison, so all goods change in the same instant, and back.
//   promotions   what rules/promo took off each line (promo_fen), told beside the terms.
//   card     a percentage off each unit's price after promotions, rounded per unit, not below the
//            unit's floor. What promotions leave of a line is spread over its units as evenly as
//            whole minor units allow.
//   vouchers add up. Each is worked out on the same base, the subtotal after the card of the
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
    int64_t promo_fen;     // Promotions take this off all qty units together; never below floors.
    int64_t opens_at_ms;   // The deal is in force from here ...
    int64_t closes_at_ms;  // ... until just before here.
    bool deal_only;        // Not for sale outside the deal's window (the shop shows a placeholder).
    uint32_t qty;          // 1..1,000,000
    uint32_t scopes;  // Bit set of what the line belongs to (category, brand ...); see vouchers.
};

// What became of a promotion on a cart; rules/promo judges, the ladder only tells.
enum price_promo_why {
    PRICE_PROMO_USED,
    PRICE_PROMO_NEEDS_MORE,  // missing_fen below the total it asks for
    PRICE_PROMO_MEMBER,      // not for this member: group, segment, tag, level, n-th order
    PRICE_PROMO_UNMET,       // another of its conditions doesn't hold
    PRICE_PROMO_CLOSED,      // outside its time window
    PRICE_PROMO_EXCLUDED,    // by promotion `by`
    PRICE_PROMO_LIMIT,       // its uses, in total or for this member, are gone
    PRICE_PROMO_BUDGET,      // its budget doesn't hold what it would give
    PRICE_PROMO_FLOOR,       // nothing is left above the floors
    PRICE_PROMO_WORTHLESS,   // it takes nothing off here
    PRICE_PROMO_COUPON,      // its coupon is missing, used up, or another set of coupons gives more
    PRICE_PROMO_DISABLED,
};

struct price_promo {
    const char *name;     // Must outlive the cart.
    int64_t off_fen;      // USED: what it took off, shipping included.
    int64_t missing_fen;  // NEEDS_MORE
    uint32_t by;          // EXCLUDED: index of the promotion that excludes it.
    enum price_promo_why why;
};

#define PRICE_PROMOS_MAX 32  // Told beside a cart.

struct price_terms {
    char currency[4];          // "CNY"; vouchers in another currency are refused.
    enum money_round round;    // The card per unit and each percent voucher round like this.
    uint32_t card_bp;          // Member card: basis points off, 0..10,000 (12 % off = 1,200).
    int64_t placeholder_fen;   // 0: no placeholder in this shop. Default PRICE_PLACEHOLDER_FEN.
    int64_t shipping_fen;      // Added to what she pays; cards and vouchers leave it alone.
    int64_t shipping_off_fen;  // What promotions take off it.
    const struct price_promo *promos;  // For explanations, in the order they ran; may be NULL.
    uint32_t promo_count;              // At most PRICE_PROMOS_MAX. Both must outlive the cart.
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
    int64_t list_fen;      // Anchor total: lines without a true anchor count at the price in force.
    int64_t deal_fen;      // Total at the prices in force.
    int64_t promo_fen;     // ... less what promotions take off the goods.
    int64_t card_fen;      // Total after the member card.
    int64_t floor_fen;     // The total can't go below this.
    int64_t voucher_fen;   // What the vouchers take off in all (after the floor).
    int64_t shipping_fen;  // Less what promotions take off it.
    int64_t final_fen;     // card_fen - voucher_fen + shipping_fen
    uint64_t used;         // Bit i: vouchers[i] took part.
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
// their sums equal the quote's totals (final: without shipping). `used` as in the quote. CHECKs
// that the cart is for sale.
struct price_share {
    int64_t list_fen, deal_fen, promo_fen, card_fen, floor_fen, voucher_fen;  // For qty units.
    int64_t final_fen;
    bool deal_on;
};
void price_spread(const struct price_cart *cart, int64_t at_ms,
                  const struct price_voucher *vouchers, size_t count, uint64_t used,
                  struct price_share *out);

// What is left of a line's total after the card: each unit rounded by itself, none below its floor.
int64_t price_after_card(int64_t total_fen, int64_t qty, int64_t floor_fen, uint32_t card_bp,
                         enum money_round round);

// Shop price of one line at an instant, without member or vouchers; false: not for sale yet.
bool price_unit(const struct price_cart *cart, size_t index, int64_t at_ms, int64_t *unit_fen);
// The next instant after at_ms at which any price of the cart changes, PRICE_NEVER if none.
int64_t price_next_flip(const struct price_cart *cart, int64_t at_ms);
