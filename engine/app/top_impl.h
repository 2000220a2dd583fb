#pragma once
// What top.c (the screen) and top_money.c (its budgets and games) share.

#include "app/top.h"
#include "app/top_words.h"

#define TOP_LABEL 9  // Cells before a part's text.
#define TOP_WIDE 76  // From here on everything has room.
#define TOP_MIDDLE 58
#define TOP_NARROW 44

enum part {
    PART_ALARMS,
    PART_NEXT,
    PART_UV,
    PART_MARKS,
    PART_GROUPS,
    PART_BUDGETS,
    PART_GAMES,
    PART_NOTES,
    PART_COUNT
};

struct top {
    const struct json_node *answer;
    struct canvas *canvas;
    bool chinese;
    size_t lines[PART_COUNT];  // For each part.
    bool is_airy;              // There is room for blank lines between parts.
};

// --- top_money.c ---
const char *top_word(const struct top *top, enum top_word word);
void top_label(const struct top *top, const char *text);
// 1,234,567
const char *top_number(int64_t value, char out[32]);
// A name in at most `cells` cells.
const char *top_name(const struct json_node *node, const char *field, size_t cells,
                     char out[VIEW_TEXT_MAX]);
void top_budgets(const struct top *top);
void top_games(const struct top *top);
