#pragma once
// Inside of rules/promo_medusa, nobody else's: its rules.

#include "rules/promo_doc.h"

// Reads and checks a list of rules; absent: *out stays NULL.
MUST_USE bool promo_medusa_rules(const struct json_node *object, const char *where,
                                 const char *name, const struct json_node **out, struct err *e);
// All rules hold for this cart or row; `of_item`: paths may start with "items.".
bool promo_medusa_hold(const struct json_node *rules, const struct json_node *context,
                       bool of_item);
