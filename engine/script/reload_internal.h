#pragma once
// What the files of reload share: a reload on its way.

#include "script/reload.h"
#include "script/script_internal.h"

#define RELOAD_JSON_MAX ((size_t)4 << 20)
#define RELOAD_CHANGES_KEPT ((size_t)512 * 1024)  // Bytes of a list that the version keeps.
#define RELOAD_SCENES_KEPT ((size_t)128 * 1024)

struct reload_day {
    uint32_t id;
    bool is_new, gone;
    bool edited;                 // Its row was: inputs, dates, groups.
    uint32_t back;               // An earlier row of `versions` that says the same; 0: a new one.
    struct instance *was, *now;  // The same: nothing changed. now NULL: it is gone.
};

struct reload {
    struct script *script;
    const struct script_reload *asked;
    int32_t number;
    struct instance *old_head, *head;
    struct reload_day *days;
    size_t day_count;
    bool looked;  // At all of the new campaign.lua.
    bool books;   // Price books changed: the flips are planned again.
    struct buf *json, *problems;
    struct buf image, changes, scenes, budgets;
};

// A function of the library's main module that gives JSON, appended to `out`.
MUST_USE bool reload_call_json(struct instance *instance, const char *name,
                               const struct buf *argument, struct buf *out, struct err *e);

// campaign.lua of a version whose sources are stored, run and checked.
MUST_USE bool reload_open_head(struct reload *reload, struct instance *head, text_id version,
                               struct buf *problems, struct err *e);
// A new instance of the day beside the one that runs, from these sources and the day's inputs as
// they are now; its rows follow.
MUST_USE bool reload_take_over(struct reload *reload, struct reload_day *day, const char *version,
                               struct err *e);
// Each scene of the day against the new instance.
MUST_USE bool reload_try_scenes(struct reload *reload, struct reload_day *day, struct err *e);
void reload_put_lists(const struct reload *reload);
void reload_forget(struct reload *reload);  // The new instances.
// In the list of those that run; now NULL: it is taken out.
void reload_replace(struct script *script, struct instance *was, struct instance *now);

// reload_money.c: what the campaign may cost as it runs, and with the edit: the lists of budgets.
// What they can't carry is a problem.
MUST_USE bool reload_cost_before(struct reload *reload, struct buf *sums, struct err *e);
MUST_USE bool reload_carry(struct reload *reload, const struct buf *before, struct err *e);
