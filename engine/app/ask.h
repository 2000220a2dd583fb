#pragma once
// What connectors can do, held against what the playbooks need of them (connectors.needs, written
// when the campaign is bound). Reads rows, changes nothing.

#include "core/state.h"

#define CONNECTOR_ARGS_MAX 32

// The command of a connector as an argv that ends with NULL; each text is the caller's to free.
MUST_USE bool connector_read_command(const struct state *state, const struct connector *row,
                                     const char **argv, struct err *e);
// A line for each op that is needed and not among caps (bit n: outbox op n): where and why. Returns
// how many.
size_t connector_put_missing(const struct state *state, const struct connector *row, uint32_t caps,
                             struct buf *out);
// drumbeat check --connectors: starts each connector of the campaign, reads its hello, ends it.
// What is wrong stands in `problems`, a line each. Nothing is sent.
void connectors_ask(const struct state *state, const char *folder, struct buf *problems);
