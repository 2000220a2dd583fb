#pragma once
// A campaign that runs takes over edited sources, inside a turn that the app opened and keeps or
// drops: campaign.lua and the playbooks of its days are bound again beside what runs, what the edit
// changed is changed in the rows, each running scene is tried against the new code, and the new
// instances take the place of the old ones. On any fault nothing of it happened once the turn is
// dropped.

#include "script/script.h"

struct script_reload {
    uint32_t campaign;
    const char *by;             // Who asked.
    script_package_fn package;  // The edited sources.
    void *package_ctx;
    bool keep;     // false: a look only. The instances stay, and the turn must be dropped.
    int32_t back;  // The version whose sources these are; 0: edited ones. Kept with what changed.
    // Asked when all of `json` is known and the instances haven't changed places yet: false, and it
    // fails. May be NULL.
    bool (*agrees)(void *ctx, struct err *e);
    void *agrees_ctx;
};

// What follows, appended to `json` and, if it is kept, kept with the new version (an object,
// whether it succeeds or not):
//   number    of the version that it makes
//   changes   [{day, what, name, how, from, to, note, where, warns}]: what: entry, every, input,
//             text, handler, thing, budget, goods, prices, group, day, code, ...; how: added,
//             moved, changed, gone; warns: nothing follows, or less than one may think; day: ""
//             of campaign.lua
//   scenes    [{scene, day, group, entry, verdict, why}]: a scene that waits adopts or stays; one
//             that was halted goes on, or stays halted
//   budgets   [{budget, cap, left, worst, cap_before, worst_before}]
// Problems as in script_bind: false if any is more than a warning.
MUST_USE bool script_reload(struct script *script, const struct script_reload *reload,
                            struct buf *json, struct buf *problems, struct err *e);
// Days whose inputs an operator changed (their rows say so already) are bound again from the
// sources that run, inside the turn of that change: run sheet, budgets and scenes follow as with a
// reload, and `json` tells the same; no version is made. What runs in memory stays as it is: once
// the turn was kept, script_follow has it follow. false: the turn must be dropped.
struct script_rebind {
    uint32_t campaign;
    const char *by;
    const uint32_t *days;
    size_t day_count;
};
MUST_USE bool script_rebind(struct script *script, const struct script_rebind *rebind,
                            struct buf *json, struct buf *problems, struct err *e);
void script_follow(struct script *script);
// Sources of a version as they are kept in the file: a script_package_fn.
struct script_version {
    const struct script *script;
    uint32_t campaign;
    int32_t number;
};
MUST_USE bool script_version_package(void *ctx, const char *playbook, struct package *out,
                                     struct err *e);
// Number of the version that runs; 0: no such campaign.
int32_t script_version_number(const struct script *script, uint32_t campaign);
