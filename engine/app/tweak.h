#pragma once
// An operator's change as a turn: looked at first, then applied, then taken back while it still can
// be. One event does it all (EVENT_OPERATOR, text = "tweak"), so that the journal replays it:
//
//   how        ref        code       what
//   "apply"    campaign   the line   runs it and keeps what it changed as row of `tweaks`
//   "propose"  campaign   the line   keeps the line alone: it waits for a second person
//   "approve"  tweak                 runs the line that waits; `by` is somebody else
//   "refuse"   tweak                 the line that waits never runs
//   "undo"     tweak                 takes back what it changed; qty = 1: the nearest thing to that
//
// by = who, amount = what was typed to confirm it. A line that fails, or an undo that is refused,
// is no turn at all: nothing is journaled.

#include "app/engine.h"
#include "core/changes.h"

#define TWEAK_TOLD_MAX ((size_t)256 * 1024)
#define TWEAK_WAITS_MS (10 * 60 * 1000)  // For the second person.

// What a line did, or would do.
struct tweak_view {
    struct changes_about about;
    struct buf answer;  // What the console gave, JSON (script_console).
    struct buf told;    // What it changes, in the campaign's words; "" for a look.
    bool asks;          // What is to be typed to confirm it, and what that is.
    int64_t confirm;
    char confirm_what[64];
    bool second_person;       // It is above what one person may do.
    char token[65];           // Of what it changes: the same only while the same would happen.
    uint32_t tweak;           // Row it became, or was about.
    bool has_nearest;         // An undo was refused, but something near can be done.
    struct buf inputs, plan;  // Inputs that it changes, as kept; what follows (script/reload.h).
    bool money;               // ... and one of them is an amount.
};
void tweak_view_init(struct tweak_view *view);
void tweak_view_deinit(struct tweak_view *view);

// Runs a line (or another event of those above) and drops what it did. false: `e`, and nothing is
// changed either.
MUST_USE bool tweak_preview(struct engine *engine, const struct event *event,
                            struct tweak_view *view, struct err *e);
// The same, and keeps it. It is durable once engine->durable reaches state_batch_number of now.
MUST_USE bool tweak_apply(struct engine *engine, const struct event *event, struct tweak_view *view,
                          struct err *e);
// For turn.c: what such an event does, inside its turn.
MUST_USE bool tweak_facts(struct engine *engine, const struct event *event, struct tweak_view *view,
                          struct err *e);
bool tweak_is(const struct event *event);
