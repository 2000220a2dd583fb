#pragma once
// What `drumbeat outbox` and `drumbeat parked` share: reading a brand's file beside whoever has it
// open, and a person's decision as a turn of its own, for which no engine may run.

#include "app/cli.h"
#include "app/engine.h"
#include "app/report_rows.h"
#include "base/tz.h"
#include "core/event.h"

#define STUCK_TIME_SIZE 24
#define STUCK_WHO_SIZE 200

struct stuck {
    struct cli *cli;
    const char *db;
    struct store *store;
    struct tz *zone;  // Of the brand; UTC where there is no campaign.
};

MUST_USE bool stuck_open(struct stuck *stuck, struct cli *cli, struct err *e);
void stuck_close(struct stuck *stuck);
// rows_read, which says what to do where the file has the views of an older version.
MUST_USE bool stuck_read(const struct stuck *stuck, const char *sql, struct rows *rows,
                         struct err *e);
// "11-08 20:30:15" in the brand's zone.
void stuck_time(const struct stuck *stuck, int64_t at_ms, char out[STUCK_TIME_SIZE]);
// Of a row of v_tweak: its status, and who approved it or took it back.
void stuck_who(const struct rows *rows, size_t row, char out[STUCK_WHO_SIZE]);
// A finished table and what to do about it, on stdout. Frees the table.
void stuck_print_table(const struct stuck *stuck, struct term_table *table, const char *advice);
// {"schema":...,"rows":[...]} on stdout.
void stuck_print_json(const char *schema, const struct rows *rows);
// Opens the file as the engine does, runs the event (its time is set here) as a turn, makes it
// durable. Prints `done` or why not; an enum cli_exit. The file is closed before: `stuck` isn't.
int stuck_decide(struct cli *cli, struct event *event, const char *done);
// The time of a decision: now; but a rehearsal, and a campaign that is over by its dates (a
// recording that was played), stay in their own time.
int64_t stuck_now_ms(const struct engine *engine);
