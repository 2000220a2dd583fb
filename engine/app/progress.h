#pragma once
// What a long command shows on stderr while it works: a bar for each campaign day, redrawn in place
// at most ten times a second on a terminal; one plain line for each finished day anywhere else.
// Calling it more often costs a clock reading and nothing else. Never writes to stdout.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/term.h"
#include "base/mem.h"

enum progress_mode { PROGRESS_AUTO, PROGRESS_PLAIN, PROGRESS_NONE };

#define PROGRESS_DAYS_MAX 64
#define PROGRESS_NOTES_MAX 3
#define PROGRESS_TEXT_MAX 160  // Bytes kept of each name, note and counter line.

struct progress_row {
    bool begun;
    bool done;
    double fraction;
    char name[PROGRESS_TEXT_MAX];
    char counters[PROGRESS_TEXT_MAX];
};

struct progress {
    struct term *term;
    bool live;     // Redraws in place.
    bool silent;   // Shows nothing.
    bool running;  // Between begin and end.
    size_t days;
    size_t current;  // Day last reported, from 1; 0: none yet.
    char title[PROGRESS_TEXT_MAX];
    char curve_name[PROGRESS_TEXT_MAX];
    char curve[PROGRESS_TEXT_MAX * 4];
    struct progress_row rows[PROGRESS_DAYS_MAX];
    char notes[PROGRESS_NOTES_MAX][PROGRESS_TEXT_MAX];
    size_t note_count;
    int64_t drawn_ms;                      // Monotonic; 0: never.
    size_t drawn;                          // Lines now on the screen that are ours.
    size_t widths[PROGRESS_DAYS_MAX + 8];  // Their cells: a narrower window folds them.
    struct buf out;
};

// `term` is stderr's and must outlive the progress. AUTO is live on a terminal that isn't dumb.
void progress_init(struct progress *progress, struct term *term, enum progress_mode mode,
                   bool quiet);
void progress_deinit(struct progress *progress);

// Days count from 1 to `days` (at most PROGRESS_DAYS_MAX are shown).
void progress_begin(struct progress *progress, const char *title, size_t days);
// Where day `number` stands: fraction 0..1 (1 = finished), counters as one line of text. A day is
// also finished when a later one reports.
void progress_day(struct progress *progress, size_t number, const char *name, double fraction,
                  const char *counters);
// A curve under the days, such as UV a minute; shown on a terminal only.
void progress_curve(struct progress *progress, const char *name, const double *values,
                    size_t count);
// Something that happened: the last three are shown, on a terminal only.
void progress_note(struct progress *progress, const char *text);
// Draws once more, prints the summary line and lets go of the screen. Harmless when not running.
void progress_end(struct progress *progress, const char *summary);
