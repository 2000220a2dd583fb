#pragma once
// Reading the journal and verifying its hash chain. What is written: write.c. Internal to
// engine/store.

#include "base/err.h"
#include "base/hash.h"
#include "store/setup.h"
#include "store/sqlite.h"
#include "store/store.h"

// The link of a turn: SHA-256(link of the turn before || entry).
struct sha256 journal_link(const struct sha256 *previous, const char *entry, size_t size);

// Walks the segments from the one that holds from_turn on; each is verified before its entries are
// given. on_entry may be NULL. `end` becomes the head after the last segment (as it was before
// when there is none).
MUST_USE bool journal_walk(struct sqlite *sqlite, uint64_t from_turn, store_entry_fn on_entry,
                           void *ctx, struct store_head *end, struct err *e);
// The journal ends where the meta table says. Files below 64 MiB: the whole chain, else the last
// segments.
MUST_USE bool journal_verify(struct sqlite *sqlite, const struct setup_meta *meta, struct err *e);
