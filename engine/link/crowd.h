#pragma once
// The simulated crowd of a rehearsal: people who read what the engine sends and act as people do.
// It is a connector inside the process: it hears effects and gives events, through the same turns
// in virtual time. It reads the tables (what a person can see: prices, her vouchers) and changes
// none. Every parameter stands in lua/crowd.lua with its source; nothing here aims at a result.

#include "core/core.h"

struct crowd;

struct crowd_options {
    const char *params;  // JSON of the parameter file
    size_t params_size;
    uint64_t seed;
};

// ERR_INVALID names a parameter that is missing or out of range.
MUST_USE bool crowd_new(struct crowd **out, struct core *core, const struct crowd_options *options,
                        struct err *e);
void crowd_free(struct crowd *crowd);
// A campaign has just been started: people of its groups exist from now on (memberships of old
// groups come as join events with how = "roster" at the campaign's start), friends of theirs may be
// invited.
void crowd_begin(struct crowd *crowd, uint32_t campaign, int64_t at_ms);
// Instead of crowd_begin: the campaign is under way at now_ms, and the crowd takes the place of the
// members that are there. Who has visited, bought, brought friends stands in her rows; what is in
// nobody's row (how active she is, her own inclination to buy) is drawn by her id and the seed.
// From here on each person has random numbers of her own, by what she does: what one of them does
// differently leaves the others as they were, so that two runs with the same seed can be compared.
void crowd_adopt(struct crowd *crowd, uint32_t campaign, int64_t now_ms);
// After crowd_adopt: a message sent before, some haven't read it yet. The row may be no table's.
void crowd_recall(struct crowd *crowd, const struct outbox_row *row, int64_t sent_ms);
int64_t crowd_next(struct crowd *crowd);  // Time of the next event; INT64_MAX: none planned.
bool crowd_take(struct crowd *crowd,
                struct event *out);  // That event; its slices live until the next call.
void crowd_hear(struct crowd *crowd, uint32_t effect,
                int64_t now_ms);  // An effect arrived in its group or at its member.
size_t crowd_size(const struct crowd *crowd);
// Everybody who is in a group on the platform, whatever the engine was told. The id lives until the
// callback returns.
void crowd_each_present(const struct crowd *crowd, uint32_t group,
                        void (*on_present)(void *ctx, struct slice id), void *ctx);
