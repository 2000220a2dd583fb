#pragma once
// What `drumbeat plan` shows: everything a campaign would send if nobody answered, and what its
// things could cost at worst. Collected from a rehearsal in a quiet world.

#include "app/rehearse.h"
#include "app/term.h"
#include "base/json.h"
#include "base/tz.h"

struct plan_item {
    int64_t at_ms;
    uint32_t day, group;  // 0: none, the whole campaign
    uint32_t number;      // What left at the same instant keeps its order.
    uint8_t op;
    int32_t count;  // Private messages of the same minute and kind are one item.
    const char *kind;
    const char *text;  // One line, printable, whole.
};

// A thing that can cost something, of one day.
struct plan_thing {
    uint32_t day;
    const char *word, *name, *budget, *where;
    int64_t worst;  // -1: only the budget limits it
};

struct plan {
    struct arena arena;
    struct plan_item *items;
    size_t item_count, item_capacity;
    struct plan_thing *things;
    size_t thing_count, thing_capacity;
    struct json_reader *reader;
    // Set once it was played.
    struct engine *engine;
    uint32_t campaign;
    uint32_t *days;  // In order of number, then name.
    size_t day_count;
    struct tz *zone;
    int decimals;
    const char *symbol;
};

// For rehearsal_options.on_effect.
void plan_on_effect(void *ctx, struct engine *engine, uint32_t effect, int64_t now_ms);
void plan_init(struct plan *plan);
void plan_deinit(struct plan *plan);
// Days, things and order, from the engine after the run. It must stay open as long as the plan.
MUST_USE bool plan_finish(struct plan *plan, struct rehearsal *rehearsal, struct err *e);
// Worst cost of all things of a budget, a coupon that several days name counted once; -1: one of
// them is limited by the budget only.
int64_t plan_budget_worst(const struct plan *plan, const char *budget);

void plan_put_json(const struct plan *plan, struct buf *out);
void plan_put_text(const struct plan *plan, const struct term *term, bool chinese, struct buf *out);
