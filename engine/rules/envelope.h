#pragma once
// Red envelopes (domain A4, B13): a fixed sum cut into parts before the first claim, then shuffled,
// so that every place in the queue has the same chance of being lucky king. Pure.
//
// Cutting, with k parts and R units left, reserve f for each: amount = f + floor(v / k), where
// v = below(2 * (R - k*f)); the last part is the rest. With f = 1 (drama 50, the default) this is
// the double-mean law with reserve that fits what is known of real envelopes.
//   drama 0        even: all parts equal, the remainder of the division one unit each
//   drama 1..49    f = 1 + floor((sum/count - 1) * (50 - drama) / 50)
//   drama 51..100  f = 1; before each cut, if below(50) < drama - 50 the cut is wild instead:
//                  v = below(2^20), amount = 1 + min(R - k, floor(4 * (R - k) * v^3 / (k * 2^60)))
// Shuffle: for i = count-1 .. 1: swap place i with place below(i + 1). One case is not shuffled: an
// envelope of count + 1 units: its last taker always gets the two, a law that members know and
// test. All numbers come from the stream in this order: for each cut its numbers, then the shuffle.
//
// Lucky king: the largest amount. Of equal ones the part that was cut first (field `cut`), wherever
// the shuffle put it: so ties, too, give every place the same chance. (First in the queue would
// not.)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/draw.h"

#define ENVELOPE_PARTS_MAX 65535
#define ENVELOPE_SUM_MAX INT64_C(1000000000000)  // 10^12 minor units
#define ENVELOPE_DRAMA_DEFAULT 50

struct envelope_rules {
    int64_t sum;     // Minor units, >= count.
    uint32_t count;  // Parts, 1 .. ENVELOPE_PARTS_MAX.
    uint32_t drama;  // 0 even .. 50 double mean .. 100 wild
};

struct envelope_part {
    int64_t amount;  // >= 1
    uint32_t cut;    // It was the cut-th part cut from the sum, from 0.
    uint32_t unused;
};

MUST_USE bool envelope_rules_check(const struct envelope_rules *rules, struct err *e);
// Fills parts[0 .. count), in the order of taking. The stream stands at the first byte of the
// envelope's play (draw_stream_seek(stream, number of the envelope, from 0)).
void envelope_split(const struct envelope_rules *rules, struct draw_stream *stream,
                    struct envelope_part *parts);
// Place (from 0) of the lucky king among the first `taken` places; taken > 0.
uint32_t envelope_king(const struct envelope_part *parts, uint32_t taken);
