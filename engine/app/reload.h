#pragma once
// A campaign that runs takes over an edited folder, or goes back to an earlier version of itself:
// first as a plan (what would change, which scenes follow), then in one turn, journaled as
// EVENT_OPERATOR "reload" (ref = campaign, qty = number of the version it makes, amount = the
// version gone back to or 0, by = who), which a replay reproduces from the sources in the file.
//
// A plan is that turn, dropped: it changes nothing, reads each file once, and is applied with
// exactly the files it has read. The playbook code that it runs is stopped by the usual limits.
//
//   reload_plan_new ─► reload_plan_text, reload_plan_json ─► reload_apply ─► reload_plan_free

#include "app/engine.h"

struct reload_plan;

// Reads the folder and plans what follows of it. false: it can't be taken over; `problems` holds
// the faults, one line each with file:line (warnings: of a plan that is good, too). *out is a plan
// only on success.
MUST_USE bool reload_plan_new(struct engine *engine, uint32_t campaign, const char *folder,
                              int64_t now_ms, struct reload_plan **out, struct buf *problems,
                              struct err *e);
// The same with the sources of an earlier version, as they are kept in the file.
MUST_USE bool reload_plan_of_version(struct engine *engine, uint32_t campaign, int32_t number,
                                     int64_t now_ms, struct reload_plan **out, struct buf *problems,
                                     struct err *e);
void reload_plan_free(struct reload_plan *plan);

bool reload_plan_is_empty(const struct reload_plan *plan);  // The sources are those that run.
// Number of the version that it would make.
int32_t reload_plan_number(const struct reload_plan *plan);
// What it is known by: 16 hex digits over sources, the version that they follow and what changes. A
// plan made later with another token would do something else.
const char *reload_plan_token(const struct reload_plan *plan);
// For people.
void reload_plan_text(const struct reload_plan *plan, struct buf *out);
// The object of script/reload.h in words: changes, scenes, budgets.
struct json_node;
void reload_tell(const struct json_node *root, const char *currency, struct buf *out);
// The object of script/reload.h: number, changes, scenes, budgets; and token, empty, warnings.
void reload_plan_json(const struct reload_plan *plan, struct buf *out);

// Takes over: one turn, and the turns of scenes whose wait has ended by it. What it does is worked
// out anew, so it may be another moment than that of the plan. false: nothing has changed.
// problems: as above.
MUST_USE bool reload_apply(struct engine *engine, const struct reload_plan *plan, const char *by,
                           int64_t at_ms, struct buf *problems, struct err *e);

// All of it for whoever only has a line to ask with: plans; applies if `token` is the plan's
// (empty: plans only). Appends members of an object to `out`, which may be empty:
// "plan", "text", "problems", "token", "empty", "applied".
struct reload_ask {
    uint32_t campaign;
    struct slice folder;  // Empty: `number`.
    int32_t number;
    struct slice token;
    const char *by;
    int64_t at_ms;
};
MUST_USE bool reload_answer(struct engine *engine, const struct reload_ask *ask, struct buf *out,
                            struct err *e);

// --- For turn.c: the event of a journal, while it is replayed. Inside its turn. ---
bool reload_is(const struct event *event);
MUST_USE bool reload_again(struct engine *engine, const struct event *event, struct err *e);
