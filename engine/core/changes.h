#pragma once
// What a turn changed, kept as JSON: for every row it touched the columns before and after. From it
// an operator's change is weighed before it is done, and taken back later. Ledger legs, milestones
// and tweaks themselves are left out: they tell of changes, they are none.
//
//   [{"table":"schedule","id":12,"was":{"due_at":1},"now":{"due_at":2},"row":{"name":"flip",...}}]
//
// `was` alone: the row was deleted; `now` alone: inserted; `row`: what stayed the same and isn't 0.
// Texts and JSON columns are texts, other bytes {"hex":"..."}.

#include "core/core.h"

#define CHANGES_ROWS_MAX 500  // More can't be looked through, and isn't kept.
#define CHANGES_BYTES_MAX ((size_t)1 << 20)

enum tweak_class { TWEAK_LOOK, TWEAK_MOVE, TWEAK_MONEY, TWEAK_FINAL };  // As in tweaks.class.
extern const char *const tweak_class_names[];

struct changes_about {
    enum tweak_class class;
    int64_t amount;   // Minor units: what budgets, members and sales got more by it, summed up.
    size_t rows;      // Without those left out.
    size_t sends;     // Messages and commands that go out by it.
    bool kept;        // Few and small enough to be kept row by row.
    char final[160];  // Why it can't be taken back.
};

// Inside a turn: weighs what the running turn has changed so far.
void changes_weigh(const struct state *state, struct changes_about *out);
// Inside a turn: appends it as JSON. false: too much, nothing was appended.
bool changes_pack(const struct state *state, struct buf *out);

// Inside a turn: takes back what changes_pack kept. Columns must still be as that turn left them,
// entries must not have run, messages must not have left; money goes back by a transaction of its
// own, and a floor that it would break refuses it. ERR_REFUSED names what stands in the way, and
// who (a later tweak), if that is known; the caller then drops the turn. `nearest`: an entry whose
// old time has passed runs now instead.
struct changes_undoing {
    uint32_t tweak;  // Which: later ones may have touched the same.
    bool nearest;
    bool has_nearest;  // Out, on a refusal: with `nearest` it can be done.
};
MUST_USE bool changes_undo(struct core *core, const char *json, size_t size,
                           struct changes_undoing *how, struct err *e);
