#pragma once
// Recorded dcp/1 events, played in their own time on a virtual clock.
//
// Events go through the same turns as live ones, so what has an id and was seen before is dropped:
// a feed that was stopped, or whose engine was killed, is simply played again into the same
// database. (What has no id can't be told apart: it is played again.) Commands leave only when the
// turn that made them is durable, and may leave twice when the engine dies between writing one and
// keeping that it was written: the same key both times.

#include <stdio.h>

#include "app/virtual.h"
#include "link/dcp.h"

struct feed;

struct feed_options {
    const char *path;  // "-" is stdin
    FILE *out;         // Commands that were sent, a line each; NULL: nowhere
    int currency_decimals;
    int64_t until_ms;  // Events after it aren't played, but counted.
    // A line that is wrong, or whose event was refused: told once, parked, counted. May be NULL.
    void (*on_bad_line)(void *ctx, uint64_t line, const char *error);
    void *ctx;
};

struct feed_counts {
    int stopped_by;  // A signal; 0: none. What was handled is kept.
    uint64_t lines, events;
    uint64_t duplicates;  // Of the events: seen before.
    uint64_t waiting;     // Behind events that were refused.
    uint64_t refused;     // Lines that are no event, and events that were refused.
    uint64_t after;       // After until_ms.
    int64_t first_ms, last_ms;
};

MUST_USE bool feed_open(struct feed **out, struct engine *engine,
                        const struct feed_options *options, struct err *e);
void feed_close(struct feed *feed);
// Reads up to the first event: its time, INT64_MAX if there is none.
int64_t feed_first_ms(struct feed *feed);
// Plays it to its end and the run sheet to until_ms. Ctrl-C stops.
MUST_USE bool feed_play(struct feed *feed, int64_t from_ms, struct feed_counts *counts,
                        struct err *e);
