#pragma once
// Reading packed bytes that may be damaged or made by an enemy: nothing is read beyond the end, and
// the first failure sticks, so a caller checks once. The reverse of buf_varint and its kin.

#include "base/utf8.h"
#include "core/event.h"

struct unpack {
    const char *at;
    const char *end;
    bool failed;
};

static inline uint64_t unpack_varint(struct unpack *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        const uint8_t byte = (uint8_t)*in->at++;
        if (shift == 63 && byte > 1) {
            break;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    in->failed = true;
    return 0;
}

static inline uint64_t unpack_max(struct unpack *in, uint64_t max)
{
    const uint64_t value = unpack_varint(in);
    in->failed |= value > max;
    return value > max ? 0 : value;
}

// Small numbers of either sign stay short: 0, -1, 1, -2 ... are packed as 0, 1, 2, 3 ...
static inline uint64_t unpack_zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t unpack_signed(struct unpack *in)
{
    const uint64_t value = unpack_varint(in);
    return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}

static inline struct slice unpack_bytes(struct unpack *in, uint64_t size)
{
    if (in->failed || size > (uint64_t)(in->end - in->at) || size > UINT32_MAX) {
        in->failed = true;
        return (struct slice){"", 0};
    }
    const struct slice slice = {in->at, (uint32_t)size};
    in->at += size;
    return slice;
}

static inline struct slice unpack_text(struct unpack *in)
{
    const struct slice slice = unpack_bytes(in, unpack_varint(in));
    in->failed |= !utf8_valid(slice.data, slice.size);
    return slice;
}
