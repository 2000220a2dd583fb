#pragma once
// Why something did or didn't happen to a member: her events, what each did to her, by which line
// of which playbook, and the values of the names in it; for a thing that she didn't get, who got
// it, where, and what refused it. From the journal, replayed; the file is only read.

#include "app/replay.h"

#define WHY_EVENTS_MAX 40  // The newest ones are told.

struct why_options {
    const char *db;
    const char *member;  // Id on the platform.
    const char *thing;   // Part of the name of a coupon, a prize or a kind of message; NULL: all.
    bool json;           // drumbeat.why/1 instead of lines.
    void (*on_progress)(void *ctx, uint64_t turn, uint64_t last);  // May be NULL.
    void *ctx;
};

// Appends the answer, lines for people, or one object:
//   member, thing, seen (events of hers), got (the thing; null: not asked for one)
//   events     [{at, time, kind, what, lines}]: the newest; lines say what each did and by which
//   line not_given  null, or {others, first_at, name, place, code, group, seen, present, joined_at,
//              tried (as events), refusals}
//   replayed   null, or why the journal could not be replayed to its end
// ERR_INVALID: nobody of that id was seen.
MUST_USE bool why_tell(const struct why_options *options, struct buf *out, struct err *e);
