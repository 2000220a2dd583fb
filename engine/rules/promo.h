#pragma once
// Promotions as data, judged by a named policy. The document is a "neutral case": a catalogue,
// promotions, a cart, perhaps what is expected. Input from outside: refusals name the field,
// nothing here may CHECK on it. No clock, no I/O.
//
// Policies `sylius`, `medusa`, `woocommerce`, `solidus` reproduce those shops' arithmetic;
// `drumbeat` (default) is ours: catalogue promotions, then cart promotions by priority, each on the
// running total; coupons in the best allowed combination; never below min_price; spreads by largest
// remainder.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

enum promo_policy {
    PROMO_DRUMBEAT,
    PROMO_SYLIUS,
    PROMO_MEDUSA,
    PROMO_WOOCOMMERCE,
    PROMO_SOLIDUS,
};

const char *promo_policy_name(enum promo_policy policy);
bool promo_policy_find(const char *name, size_t size, enum promo_policy *out);
// "sylius-cart" -> PROMO_SYLIUS ...; false: an unknown family.
bool promo_policy_of_family(const char *family, size_t size, enum promo_policy *out);

// Judges one document (an object with "catalog", "promotions", "cart" ..., and "family" or the
// given policy) and appends the result as JSON: {"total":..,"items_total":..,"discount_total":..,
// "shipping_total":..,"line_total":{..},"line_discount":{..},"price":{..},"applied":{..},
// "actions":[..],...}. `root` stays borrowed.
MUST_USE bool promo_judge(const struct json_node *root, enum promo_policy policy, struct buf *out,
                          struct err *e);

// Runs a neutral case file. only_policy: NULL for every case by its family's policy, or the name of
// a policy: other families are skipped. Appends one line for each failure, "FAIL <id>: <field>:
// expected <x>, got <y>", and at the end "N passed, N failed". false only if the file is no case
// file; failing cases are counted.
MUST_USE bool promo_cases_run(const char *json, size_t size, const char *only_policy,
                              struct buf *report, size_t *passed, size_t *failed, struct err *e);
