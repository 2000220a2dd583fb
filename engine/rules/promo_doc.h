#pragma once
// Inside of rules/promo, nobody else's: the neutral document as structs, every field checked once,
// and the questions all policies ask of it. Lists of names stay JSON nodes: the document must
// outlive the struct.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "rules/price.h"

#define PROMO_GOODS_MAX 10000
#define PROMO_LINES_MAX 1000
#define PROMO_PROMOS_MAX 1000
#define PROMO_PARTS_MAX 32                        // Actions, conditions or tiers of one promotion.
#define PROMO_UNITS_MAX 20000                     // Units in one cart.
#define PROMO_TOTAL_MAX INT64_C(900000000000000)  // Of a cart, and of any amount.
#define PROMO_PERCENT INT64_C(1000000)            // One percent; percentages have six decimals.
#define PROMO_WHOLE (100 * PROMO_PERCENT)         // 100 %
#define PROMO_NONE (-1)                           // An absent limit or amount.

enum promo_target {
    PROMO_TARGET_UNIT,
    PROMO_TARGET_LINE,
    PROMO_TARGET_ORDER,
    PROMO_TARGET_SHIPPING,
    PROMO_TARGET_PRICE,
};

enum promo_kind {
    PROMO_FIXED,
    PROMO_PERCENTAGE,
    PROMO_TIERED_FIXED,
    PROMO_TIERED_PERCENT,
    PROMO_FLEXI,    // so much for the first unit, so much for each further one
    PROMO_BUY_GET,  // of every buy + get units the cheapest `get` are discounted
};

enum promo_tier_basis {
    PROMO_TIER_ITEMS_TOTAL,
    PROMO_TIER_LINE_TOTAL,  // of the line or shipment that is discounted
    PROMO_TIER_QUANTITY,    // units that match the action's filter
};

enum promo_condition_type {
    PROMO_IF_ITEMS_TOTAL,
    PROMO_IF_QUANTITY,
    PROMO_IF_PRODUCT,
    PROMO_IF_CATEGORY,
    PROMO_IF_CATEGORY_TOTAL,
    PROMO_IF_PRODUCT_TOTAL,
    PROMO_IF_GROUP,
    PROMO_IF_NTH_ORDER,
    PROMO_IF_COUNTRY,
    PROMO_IF_CHANNEL,
    PROMO_IF_SEGMENT,
    PROMO_IF_TAG,
    PROMO_IF_LEVEL,
    PROMO_IF_TIME,
};

struct promo_window {
    int64_t starts_ms;  // INT64_MIN: always
    int64_t ends_ms;    // INT64_MAX: never
};

struct promo_good {
    const char *sku;
    uint32_t sku_size;
    const struct json_node *product;     // NULL: the sku is the product
    const struct json_node *categories;  // NULL: none
    int64_t price;
    int64_t original_price;  // PROMO_NONE: none given
    int64_t min_price;       // 0: none; the margin floor (cost, margin_percent) included
    bool on_sale;            // A shop's own reduced price (WooCommerce).
    // After catalogue promotions:
    int64_t now_price;
    const struct promo **applied;
    int64_t *applied_less;  // What each of them took off a unit.
    uint32_t applied_count;
};

struct promo_filter {
    int64_t min_price, max_price;  // PROMO_NONE
    const struct json_node *categories, *products, *skus;
};

struct promo_tier {
    enum promo_tier_basis basis;
    int64_t at_least, amount, percent;
};

struct promo_action {
    enum promo_target target;
    enum promo_kind kind;
    int64_t amount;      // fixed; base of tiered_fixed
    int64_t percent;     // In PROMO_PERCENT; base of tiered_percent
    int64_t cap;         // PROMO_NONE
    int64_t max_units;   // PROMO_NONE
    int64_t group_size;  // PROMO_NONE
    int64_t per_total;   // "every 300 minus 50"; PROMO_NONE
    int64_t first_unit, additional_unit;
    int64_t buy, get;
    bool per_unit;
    bool distribute;
    const struct json_node *currency;  // NULL: the document's
    struct promo_filter filter;
    struct promo_tier *tiers;
    uint32_t tier_count;
};

struct promo_condition {
    enum promo_condition_type type;
    int64_t value;
    const struct json_node *list;  // NULL: none
    struct promo_window window;
};

struct promo_coupon {
    const struct json_node *code;             // NULL: the promotion needs no coupon
    int64_t usage_limit, per_customer_limit;  // PROMO_NONE
    int64_t used, used_by_customer;
    int64_t expires_ms;
    bool exclude_sale_items;
};

// Who gets the units that a proportional split leaves over.
enum promo_remainder {
    PROMO_REMAINDER_LARGEST,  // largest remainder, ties to the first line
    PROMO_REMAINDER_FIRST,
    PROMO_REMAINDER_LAST,
};

struct promo {
    uint32_t index;  // Place in the document, for refusals.
    const char *name;
    uint32_t name_size;
    bool catalog;
    bool enabled;
    bool exclusive;
    bool applies_to_discounted;
    int64_t priority, order;
    int64_t usage_limit, used;             // PROMO_NONE
    int64_t member_limit, used_by_member;  // PROMO_NONE
    int64_t budget_left;                   // PROMO_NONE
    const struct json_node *group;         // Of one exclusive group only the first runs. NULL: none
    const struct json_node *lane;  // Of one lane only the one that gives most runs. NULL: free
    int round;                     // enum money_round, -1: the document's
    enum promo_remainder remainder;
    const struct json_node *applies_to;
    struct promo_window window;
    struct promo_coupon coupon;
    struct promo_condition *conditions;
    uint32_t condition_count;
    struct promo_action *actions;
    uint32_t action_count;
};

struct promo_line {
    struct promo_good *good;
    int64_t qty;
};

struct promo_customer {
    bool known;  // There is one: logged in or with an address.
    bool logged_in;
    int64_t orders_placed;
    int64_t level;
    const struct json_node *groups, *tags, *segments;  // NULL: none
    const struct json_node *country;
};

struct promo_doc {
    struct arena *arena;
    const struct json_node *root;
    const struct json_node *currency;
    int decimals;
    bool has_now;
    int64_t now_ms;
    struct promo_good *goods;
    uint32_t good_count;
    struct promo *promos;  // In order of priority, then of declaration.
    uint32_t promo_count;
    struct promo_line *lines;
    uint32_t line_count;
    int64_t unit_count;
    const struct json_node *coupons;  // NULL: none
    const struct json_node *channel;
    bool has_shipping;
    int64_t shipping_fee;
    struct promo_customer customer;
    enum money_round round;  // Of percentages, policy drumbeat. Option round: half_up ...
    bool sequential;         // Option woocommerce_calc_discounts_sequentially.
};

MUST_USE bool promo_doc_read(const struct json_node *root, struct arena *arena,
                             struct promo_doc *doc, struct err *e);

// Reads the promotions and sorts them; part of promo_doc_read.
MUST_USE bool promo_doc_promos(struct promo_doc *doc, struct err *e);

// A list of names (or one name) has this one.
bool promo_list_has(const struct json_node *list, const char *text, size_t size);
bool promo_list_meets(const struct json_node *list, const struct json_node *other);
bool promo_filter_match(const struct promo_filter *filter, const struct promo_good *good);
bool promo_window_open(const struct promo_doc *doc, const struct promo_window *window,
                       bool end_included);
// Its coupon was entered, isn't used up and hasn't expired. True for a promotion without one.
bool promo_coupon_valid(const struct promo_doc *doc, const struct promo *promo);
bool promo_coupon_entered(const struct promo_doc *doc, const struct promo *promo);
// The same without asking whether it was entered.
bool promo_coupon_usable(const struct promo_doc *doc, const struct promo *promo);
// All conditions hold, judged on running totals of the lines.
bool promo_conditions_hold(const struct promo_doc *doc, const struct promo *promo,
                           const int64_t *line_totals);
// How much more the first unmet condition needs, if it is one on a total; 0: another one is unmet.
int64_t promo_conditions_missing(const struct promo_doc *doc, const struct promo *promo,
                                 const int64_t *line_totals);
// The first unmet condition asks something of the member.
bool promo_conditions_of_member(const struct promo_doc *doc, const struct promo *promo,
                                const int64_t *line_totals);
int64_t promo_percent_of(int64_t amount, int64_t percent, enum money_round round);
// Percentage or amount of the highest tier reached, or the base.
int64_t promo_tier_amount(const struct promo_action *action, int64_t items_total,
                          int64_t line_total, int64_t quantity);

// Catalogue promotions: sets now_price and applied of every good.
void promo_catalog_apply(struct promo_doc *doc);

// What a policy gives back, in the order of the document's lines.
struct promo_line_result {
    int64_t total;          // After all discounts.
    int64_t discount;       // All of it.
    int64_t unit_discount;  // Without this line's share of discounts on the order.
    int64_t *units;         // Discount of each unit against its original price, or NULL.
    int64_t unit_price;     // The first unit, without shares of discounts on the order.
};

struct promo_note {
    const struct promo *promo;
    int64_t discount;
    const char *reason;  // NULL: it ran
    enum price_promo_why why;
    int64_t missing;         // PRICE_PROMO_NEEDS_MORE
    const struct promo *by;  // PRICE_PROMO_EXCLUDED
};

struct promo_result {
    struct promo_line_result *lines;
    int64_t items_total, discount_total;
    int64_t shipping_discount;
    bool coupon_accepted;
    struct promo_note *notes;
    uint32_t note_count;
};

struct promo_result *promo_result_new(const struct promo_doc *doc);
struct promo_note *promo_note(struct promo_result *result, const struct promo *promo,
                              int64_t discount, const char *reason);

bool promo_sylius_judge(struct promo_doc *doc, struct promo_result *result, struct err *e);
bool promo_woo_judge(struct promo_doc *doc, struct promo_result *result, struct err *e);
bool promo_solidus_judge(struct promo_doc *doc, struct promo_result *result, struct err *e);
bool promo_own_judge(struct promo_doc *doc, struct promo_result *result, struct err *e);
// Medusa's documents have another shape; it reads and writes them itself.
bool promo_medusa_judge(const struct json_node *root, struct arena *arena, struct buf *out,
                        struct err *e);
