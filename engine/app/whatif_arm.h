#pragma once
// One arm of a what-if, in a process of its own. Private to whatif*.c.

#include "app/whatif.h"

// A message that was sent shortly before: some haven't read it yet.
struct whatif_recent {
    struct outbox_row row;
    int64_t sent_at;
};

struct whatif_start {
    const struct whatif_options *options;
    struct engine *engine;
    uint32_t campaign;
    int64_t at_ms, until_ms;
    struct whatif_recent *recent;
    size_t recent_count;
    struct buf params;  // Of the crowd.
};

// The change as an event: the same for the preview and the arms.
struct event whatif_event(const struct whatif_start *start);
// Plays one arm to its end and writes its figures to `fd`, a line each: KIND TAB NAME TAB VALUE;
// the last line is "end". Another last line, "error" TAB TEXT, says why not.
void whatif_arm(const struct whatif_start *start, size_t run, bool with, int fd);
