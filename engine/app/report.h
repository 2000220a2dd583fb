#pragma once
// The report of a campaign: text for a terminal, one JSON document for programs. Every figure is
// selected from a view (v_*, store/views.c), so text, JSON and promises can't disagree.

#include "app/term.h"
#include "store/store.h"

// What --runs collects; all from v_summary.
struct report_figures {
    int64_t members;  // Present at the end, hosts left out
    int64_t payers;
    int64_t revenue;    // Net, minor units
    double paid_share;  // Payers of members
    double items_per_payer;
    double gift_paid_share;  // Of those who got goods for nothing before they bought
};

struct report_options {
    uint32_t campaign;
    bool rehearsal;     // Says that it is a rehearsal, not a forecast.
    const char *again;  // Command that repeats it; may be NULL.
    const char *kept;   // The database that stays behind; NULL: none.
    bool chinese;
};

MUST_USE bool report_figures(struct store *store, uint32_t campaign, struct report_figures *out,
                             struct err *e);
// Ids of campaigns, latest last; by name when one is given.
MUST_USE bool report_find_campaign(struct store *store, const char *name, uint32_t *campaign,
                                   struct err *e);
// Both count the promises that they show as broken: what a command's exit code follows.
MUST_USE bool report_text(struct store *store, const struct report_options *options,
                          const struct term *term, struct buf *out, size_t *broken, struct err *e);
MUST_USE bool report_json(struct store *store, const struct report_options *options,
                          struct buf *out, size_t *broken, struct err *e);
