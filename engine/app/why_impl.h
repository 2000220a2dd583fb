#pragma once
// What why.c (the journal, looked at) and why_json.c (the answer as data) share.

#include "app/why.h"

#include "base/tz.h"
#include "script/trace.h"

#define ENTRY_MAX ((size_t)16 * 1024)
#define LAST_DECISIONS 3
#define REFUSALS_KEPT 8
#define BODY_SHOWN 80
#define TRIED_MAX 5

// What others got of the thing.
struct given {
    uint64_t count;
    int64_t first_ms, last_ms;
    char name[96];
    char file[TRACE_FILE_MAX];
    char place[TRACE_FILE_MAX + 16];
    char text[TRACE_TEXT_MAX];
    bool hers_member, hers_present;  // Of the time when the first one was given.
    int64_t joined_ms;
    char group[96];
};

// A turn that is told.
struct why_entry {
    int64_t at_ms;
    const char *kind;
    struct buf text;
};

struct why {
    const struct why_options *options;
    struct engine *engine;
    struct script_trace trace;
    struct tz *zone;
    char zone_name[64];
    uint32_t member;
    bool hers;                                 // The running turn's event is hers.
    bool got;                                  // She got the thing.
    uint64_t seen;                             // Events of hers.
    struct why_entry entries[WHY_EVENTS_MAX];  // A ring.
    uint64_t entry_count;
    struct buf entry;  // Of the running turn.
    // Events of hers that came to the file where others got the thing.
    struct why_entry tried[TRIED_MAX];
    uint64_t tried_count;
    struct given given;
    char refusals[REFUSALS_KEPT][300];
    uint64_t refusal_count;
};

// "2025-11-11 20:30:15", as the campaign's clock shows it.
void why_put_time(const struct why *why, int64_t at_ms, struct buf *out);
// The answer as data: see why.h.
void why_put_json(const struct why *why, const struct replay_result *result, struct buf *out);
