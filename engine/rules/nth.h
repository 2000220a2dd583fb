#pragma once
// The Nth like (domain B8): who liked a post as the Nth person. Pure.
// A person counts once, by her first like that still stands. Order: time; likes of the same instant
// (platforms tell whole seconds) are put in order by HMAC-SHA-256(draw key, id), smaller bytes
// first: nobody knew that key when she liked, so a tie favours nobody. Without a key: by the id's
// bytes.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/draw.h"

struct nth_like {
    const char *id;
    uint32_t id_size;
    int64_t at_ms;  // The first like of this person that still stands.
};

// place: from 1. *winner = index into likes. Refuses a place of 0 and more than there are likes
// ("only 37 of 50 likes"). scratch: count * sizeof(uint32_t) bytes. Ids must be different.
MUST_USE bool nth_select(const struct nth_like *likes, uint32_t count, uint32_t place,
                         const struct draw_key *key, uint32_t *winner, uint32_t *scratch,
                         struct err *e);
// Of raw likes in any order keeps, in place, the first standing one of each id, sorted by id;
// returns how many are left. A later like after a withdrawn one must be left out by the caller's
// choice.
uint32_t nth_unique(struct nth_like *likes, uint32_t count);
