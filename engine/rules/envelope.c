// Cutting and shuffling red envelopes. Pure; numbers come from the caller's stream.

#include "rules/envelope.h"

#define ENVELOPE_WILD_BITS 20  // v^3 takes 60 bits.

bool envelope_rules_check(const struct envelope_rules *rules, struct err *e)
{
    if (rules->count < 1 || rules->count > ENVELOPE_PARTS_MAX) {
        return err_set(e, ERR_INVALID, "count: %u is not in 1 .. %d", rules->count,
                       ENVELOPE_PARTS_MAX);
    }
    if (rules->sum < rules->count || rules->sum > ENVELOPE_SUM_MAX) {
        return err_set(e, ERR_INVALID, "sum: %lld is not in %u .. 10^12 (one unit for each taker)",
                       (long long)rules->sum, rules->count);
    }
    if (rules->drama > 100) {
        return err_set(e, ERR_INVALID, "drama: %u is not in 0 .. 100", rules->drama);
    }
    return true;
}

static int64_t envelope_cut_wild(struct draw_stream *stream, int64_t spare, uint32_t left)
{
    const uint64_t v = draw_below(stream, UINT64_C(1) << ENVELOPE_WILD_BITS);
    const unsigned __int128 scaled = (unsigned __int128)(v * v * v) * (uint64_t)spare * 4 / left;
    const int64_t extra = (int64_t)(scaled >> (3 * ENVELOPE_WILD_BITS));
    return extra < spare ? extra : spare;
}

// v / left. A 32-bit division costs half of a 64-bit one, and nearly every envelope fits.
static inline uint64_t envelope_divide(uint64_t v, uint32_t left)
{
    return v <= UINT32_MAX ? (uint32_t)v / left : v / left;
}

static void envelope_cut_even(const struct envelope_rules *rules, struct envelope_part *parts)
{
    const int64_t each = rules->sum / rules->count;
    const int64_t more = rules->sum % rules->count;
    for (uint32_t i = 0; i < rules->count; i++) {
        parts[i] = (struct envelope_part){.amount = each + (i < more), .cut = i};
    }
}

static void envelope_cut(const struct envelope_rules *rules, struct draw_stream *stream,
                         struct envelope_part *parts)
{
    const uint32_t count = rules->count;
    const uint32_t wild = rules->drama > 50 ? rules->drama - 50 : 0;
    const uint32_t calm = rules->drama < 50 ? 50 - rules->drama : 0;
    const int64_t reserve = 1 + (rules->sum / count - 1) * calm / 50;
    int64_t spare = rules->sum - reserve * count;  // R - k * f: what is free to be cut.
    for (uint32_t i = 0; i + 1 < count; i++) {
        const uint32_t left = count - i;
        int64_t extra = 0;
        if (spare > 0) {
            if (wild > 0 && draw_below(stream, 50) < wild) {
                extra = envelope_cut_wild(stream, spare, left);
            } else {
                const uint64_t v = draw_below(stream, 2 * (uint64_t)spare);
                extra = (int64_t)envelope_divide(v, left);
            }
        }
        parts[i] = (struct envelope_part){.amount = reserve + extra, .cut = i};
        spare -= extra;
    }
    parts[count - 1] = (struct envelope_part){.amount = reserve + spare, .cut = count - 1};
}

void envelope_split(const struct envelope_rules *rules, struct draw_stream *stream,
                    struct envelope_part *parts)
{
    const uint32_t count = rules->count;
    CHECK(count > 0);
    CHECK(rules->sum >= count);
    draw_stream_expect(stream, (size_t)count * 16);  // A cut and a place in the shuffle each.
    if (rules->drama == 0) {
        envelope_cut_even(rules, parts);
    } else {
        envelope_cut(rules, stream, parts);
    }
    if (rules->sum == (int64_t)count + 1) {
        for (uint32_t i = 0; i < count; i++) {  // The law of count + 1 units: no shuffle.
            parts[i] = (struct envelope_part){.amount = 1 + (i + 1 == count), .cut = i};
        }
        return;
    }
    for (uint32_t i = count - 1; i > 0; i--) {
        const uint32_t place = (uint32_t)draw_below(stream, (uint64_t)i + 1);
        const struct envelope_part part = parts[i];
        parts[i] = parts[place];
        parts[place] = part;
    }
}

uint32_t envelope_king(const struct envelope_part *parts, uint32_t taken)
{
    CHECK(taken > 0);
    uint32_t king = 0;
    for (uint32_t i = 1; i < taken; i++) {
        if (parts[i].amount > parts[king].amount ||
            (parts[i].amount == parts[king].amount && parts[i].cut < parts[king].cut)) {
            king = i;
        }
    }
    return king;
}
