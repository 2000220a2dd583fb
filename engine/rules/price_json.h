#pragma once
// A cart with its vouchers from JSON, every field checked and named in the refusal. Input from
// outside: nothing here may CHECK on it.
//
// {"currency":"CNY", "at_ms":1762950000000, "card_percent":12, "round":"half_up",
//  "placeholder":999900,
//  "lines":[{"sku":"coat","list":120000,"deal":66000,"floor":50000,"qty":1,
//            "opens_at_ms":..,"closes_at_ms":..,"scopes":["coats"]}],
//  "vouchers":[{"name":"spring 50","amount":5000,"threshold":30000,"exclusive":false,
//               "lane":"shop","scope":"coats","percent":10,"cap":3000,"budget_left":0,
//               "currency":"CNY", "member":"m7"}], "member":"m7"}
// A voucher that names another member than the cart's is refused. Amounts are minor units. Unknown
// fields are refused (a misspelt "flor" must not sell at a loss).

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "rules/coupon.h"
#include "rules/price.h"

struct price_json {
    struct arena *arena;      // Borrowed; names and vouchers live in it.
    struct price_cart *cart;  // Owned: price_json_deinit.
    struct price_voucher *vouchers;
    size_t voucher_count;
    int64_t at_ms;
};

MUST_USE bool price_json_read(const struct json_node *root, struct arena *arena,
                              struct price_json *out, struct err *e);
void price_json_deinit(struct price_json *doc);
