#pragma once
// Recorded dcp/1 events, played in their own time on a virtual clock.

#include <stdio.h>

#include "app/virtual.h"
#include "link/dcp.h"

struct feed;

struct feed_options {
    const char *path;  // "-" is stdin
    FILE *out;         // Commands that were sent, a line each; NULL: nowhere
    int currency_decimals;
    // A line that is wrong: told once, parked, counted. May be NULL.
    void (*on_bad_line)(void *ctx, uint64_t line, const char *error);
    void *ctx;
};

struct feed_counts {
    uint64_t lines, events, duplicates, refused;
    int64_t first_ms, last_ms;
};

MUST_USE bool feed_open(struct feed **out, struct engine *engine,
                        const struct feed_options *options, struct err *e);
void feed_close(struct feed *feed);
// Reads up to the first event: its time, INT64_MAX if there is none.
int64_t feed_first_ms(struct feed *feed);
// Plays it to its end and the run sheet to until_ms. Ctrl-C stops.
MUST_USE bool feed_play(struct feed *feed, int64_t from_ms, int64_t until_ms,
                        struct feed_counts *counts, struct err *e);
