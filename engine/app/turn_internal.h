#pragma once
// What turn.c and turn_parked.c share. Internal to them.

#include "app/engine.h"

// An event whose turn goes on with another one: what a person decided about, or what waited.
bool parked_is_settling(const struct event *event);
// Inside the turn that parks it: the row, and what waits for it. kind as in `parked`.
void parked_put(struct engine *engine, const struct event *event, const char *body, size_t size,
                uint8_t kind, const char *error);
// The same for a refused event.
void parked_put_event(struct engine *engine, const struct event *event, const char *error);
// The row of an event that has to wait behind parked event `first`.
void parked_put_behind(struct engine *engine, const struct event *event, uint32_t first,
                       struct err *why);
// The event to be handled in the turn of `event`: itself, or the parked one it names. Notes the
// decision. false: there is none, e says why.
MUST_USE bool parked_settle(struct engine *engine, const struct event *event, struct event *out,
                            struct err *e);
// After a turn: what waited for it and may be handled now, a turn each.
void parked_release(struct engine *engine, int64_t at_ms);
// --- turn.c ---
// Turns of the refunds that came before the order which the last turn has counted.
void turn_refunds(struct engine *engine);
