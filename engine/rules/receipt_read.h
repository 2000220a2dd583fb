#pragma once
// Reads a receipt's JSON back into the structs it was written from. Internal to rules/receipt*.c.

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/mem.h"
#include "rules/receipt.h"

struct receipt_doc {
    struct json_reader *reader;
    struct arena arena;
    const struct json_node *root, *body, *marks;
    const struct json_node *draw_node, *rules;
    const struct json_node *entrants, *values, *strata;  // Arrays of scalars; NULL if not there.
    const struct json_node *plays, *redraws, *seed, *winners;
    struct sha256 draw_hash, hash;  // As stated.
    struct receipt_draw draw;
    struct receipt_result result;
    struct wheel_rules wheel;
    struct envelope_rules envelope;
};

// Refuses what is no receipt, naming the field. Lengths of lists agree afterwards.
MUST_USE bool receipt_read(struct receipt_doc *doc, const char *json, size_t size, struct err *e);
void receipt_doc_deinit(struct receipt_doc *doc);  // Also after a refusal.
