#pragma once
// The part of a tweak that changes inputs of days (the console's word change_input). The line
// itself wrote the days' rows; here their playbooks are bound again with them, what follows is told
// like a reload, and the tweak keeps the inputs instead of rows: taking it back is such a change
// too.

#include "app/tweak.h"

// After a line was run, inside its turn: what `view->answer` says of inputs is done. Nothing if it
// says nothing. false: `e`, and the turn must be dropped.
MUST_USE bool tweak_inputs_bind(struct engine *engine, uint32_t campaign, struct slice by,
                                struct tweak_view *view, struct err *e);
bool tweak_inputs_any(const struct tweak_view *view);
// Instead of core/changes.h and tell.h, for a view that has any: its class and amount, `told`,
// token.
void tweak_inputs_weigh(struct tweak_view *view);
void tweak_inputs_tell(struct engine *engine, uint32_t campaign, struct tweak_view *view);
// Whether a tweak keeps inputs; the first half of taking it back (tweak_inputs_bind is the other).
bool tweak_inputs_kept(const struct tweak *row);
