#pragma once
// Inside of rules/promo, nobody else's: single fields of a document, each refusal naming the place.

#include "rules/promo_doc.h"

struct promo_place {
    char text[96];
};

struct promo_place promo_place(const char *format, ...) PRINTF_LIKE(1, 2);

MUST_USE bool promo_read_int(const struct json_node *object, const char *where, const char *name,
                             int64_t min, int64_t max, int64_t *out, struct err *e);
MUST_USE bool promo_read_amount(const struct json_node *object, const char *where, const char *name,
                                int64_t *out, struct err *e);
MUST_USE bool promo_read_percent(const struct json_node *object, const char *where,
                                 const char *name, int64_t *out, struct err *e);
MUST_USE bool promo_read_flag(const struct json_node *object, const char *where, const char *name,
                              bool *out, struct err *e);
MUST_USE bool promo_read_text(const struct json_node *object, const char *where, const char *name,
                              const struct json_node **out, struct err *e);
// A list of names; one name alone counts as a list of one.
MUST_USE bool promo_read_names(const struct json_node *object, const char *where, const char *name,
                               const struct json_node **out, struct err *e);
MUST_USE bool promo_read_time(const struct json_node *object, const char *where, const char *name,
                              int64_t *out, struct err *e);
MUST_USE bool promo_read_list(const struct json_node *object, const char *where, const char *name,
                              size_t max, const struct json_node **out, struct err *e);
MUST_USE bool promo_read_object(const struct json_node *object, const char *where, const char *name,
                                const struct json_node **out, struct err *e);

// A table of known words ends with a NULL text.
struct promo_word {
    const char *text;
    int value;
};
// A needed field that is one of the words; others are refused by name.
MUST_USE bool promo_read_word(const struct json_node *object, const char *where, const char *name,
                              const struct promo_word *words, int *out, struct err *e);
MUST_USE bool promo_read_is_object(const struct json_node *node, const char *where, struct err *e);
