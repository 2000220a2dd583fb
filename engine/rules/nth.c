// The Nth like. Pure; the caller gives the memory.

#include "rules/nth.h"

#include <stdlib.h>
#include <string.h>

static int nth_id_compare(const struct nth_like *a, const struct nth_like *b)
{
    const uint32_t size = a->id_size < b->id_size ? a->id_size : b->id_size;
    const int order = memcmp(a->id, b->id, size);
    if (order != 0) {
        return order;
    }
    return (a->id_size > b->id_size) - (a->id_size < b->id_size);
}

// Quickselect over indexes by time alone: afterwards order[place] is the like that stands there.
// The pivot is the median of three; a crowd that sends many equal times ends in the middle part.
static void nth_partial_sort(const struct nth_like *likes, uint32_t *order, uint32_t count,
                             uint32_t place)
{
    uint32_t low = 0;
    uint32_t high = count;  // Not included.
    while (high - low > 1) {
        const int64_t a = likes[order[low]].at_ms;
        const int64_t b = likes[order[low + (high - low) / 2]].at_ms;
        const int64_t c = likes[order[high - 1]].at_ms;
        const int64_t pivot = a < b ? (b < c ? b : (a < c ? c : a)) : (a < c ? a : (b < c ? c : b));
        uint32_t less = low;   // [low, less): before the pivot
        uint32_t more = high;  // [more, high): after it
        for (uint32_t i = low; i < more;) {
            const uint32_t index = order[i];
            if (likes[index].at_ms < pivot) {
                order[i++] = order[less];
                order[less++] = index;
            } else if (likes[index].at_ms > pivot) {
                order[i] = order[--more];
                order[more] = index;
            } else {
                i++;
            }
        }
        if (place < less) {
            high = less;
        } else if (place >= more) {
            low = more;
        } else {
            return;
        }
    }
}

// Position in the tie that comes before another one? By keyed hash, or by id without a key.
static bool nth_tie_before(const struct nth_like *a, const struct nth_like *b,
                           const struct draw_key *key)
{
    if (key != NULL) {
        const struct sha256 mac_a = hmac_sha256(key->bytes, sizeof(key->bytes), a->id, a->id_size);
        const struct sha256 mac_b = hmac_sha256(key->bytes, sizeof(key->bytes), b->id, b->id_size);
        const int order = memcmp(mac_a.bytes, mac_b.bytes, sizeof(mac_a.bytes));
        if (order != 0) {
            return order < 0;
        }
    }
    return nth_id_compare(a, b) < 0;
}

static void nth_tie_sift(const struct nth_like *likes, uint32_t *heap, uint32_t at, uint32_t count,
                         const struct draw_key *key)
{
    for (;;) {
        uint32_t last = at;  // A heap with the last of the tie on top.
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++) {
            if (nth_tie_before(&likes[heap[last]], &likes[heap[child]], key)) {
                last = child;
            }
        }
        if (last == at) {
            return;
        }
        const uint32_t index = heap[at];
        heap[at] = heap[last];
        heap[last] = index;
        at = last;
    }
}

bool nth_select(const struct nth_like *likes, uint32_t count, uint32_t place,
                const struct draw_key *key, uint32_t *winner, uint32_t *scratch, struct err *e)
{
    if (place == 0) {
        return err_set(e, ERR_INVALID, "place: counts from 1");
    }
    if (place > count) {
        return err_set(e, ERR_REFUSED, "only %u of %u likes", count, place);
    }
    for (uint32_t i = 0; i < count; i++) {
        scratch[i] = i;
    }
    nth_partial_sort(likes, scratch, count, place - 1);
    // All of the winning instant: gather them at the front, and count who liked before.
    const int64_t instant = likes[scratch[place - 1]].at_ms;
    uint32_t before = 0;
    uint32_t tied = 0;
    for (uint32_t i = 0; i < count; i++) {
        before += likes[i].at_ms < instant;
        if (likes[i].at_ms == instant) {
            scratch[tied++] = i;
        }
    }
    uint32_t behind = tied - (place - before);  // How many of the tie come after the winner.
    if (tied > 1) {
        for (uint32_t i = tied / 2; i-- > 0;) {
            nth_tie_sift(likes, scratch, i, tied, key);
        }
        for (; behind > 0; behind--) {
            scratch[0] = scratch[--tied];
            nth_tie_sift(likes, scratch, 0, tied, key);
        }
    }
    *winner = scratch[0];
    return true;
}

static int nth_unique_compare(const void *a, const void *b)
{
    const struct nth_like *x = a;
    const struct nth_like *y = b;
    const int order = nth_id_compare(x, y);
    return order != 0 ? order : (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms);
}

uint32_t nth_unique(struct nth_like *likes, uint32_t count)
{
    if (count == 0) {
        return 0;
    }
    qsort(likes, count, sizeof(*likes), nth_unique_compare);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < count; i++) {
        if (nth_id_compare(&likes[i], &likes[kept - 1]) != 0) {
            likes[kept++] = likes[i];
        }
    }
    return kept;
}
