#pragma once
// What the running turn changed, in the campaign's words, for the operator who typed it:
//   ~ timer price.flip [new-1, new-2]  20:30:00 -> 20:40:00
//   ~ budget coupon  cap 80,000.00 -> 95,000.00, free 18,800.00 -> 33,800.00
// Times are brand-local. What has no words of its own is told by table and column.

#include "app/engine.h"

// Inside a turn. `campaign` gives zone and currency. Ledger legs, milestones and tweaks are left
// out. Nothing is appended when nothing was changed.
void tell_changes(const struct state *state, uint32_t campaign, struct buf *out);
