#pragma once
// A turn that came out otherwise, in words: its event, and what file and replay say it did.

#include "app/engine.h"

// "message at 2025-11-07T12:30:05.123Z, connector feed, id f12, group g1, text ..."
void replay_tell_event(const struct event *event, struct buf *out);
// Inside the turn that differs: effects and legs of the file ("- ") that the replay hasn't made,
// and of the replay ("+ ") that the file hasn't.
MUST_USE bool replay_tell_did(const struct state *state, struct store *file,
                              struct digest_mark from, const struct digest *journal,
                              struct buf *out, struct err *e);
