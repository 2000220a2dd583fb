#pragma once
// The types of columns as they stand in a row struct, and how C writes those that are smaller than
// what they hold. Knows no table: those are in tables.h.
//
// U16 is for references to tables that are small by nature (campaigns, groups, staff, coupons) from
// tables of which a member has rows. A file holds at most 65,535 rows of a table that such a column
// refers to (table_room). C writes one with TABLES_U16(id).
//
// U2 (a choice of four at most) and U1 (yes or no) are bits of the byte behind `id`: eight bits at
// most, first in the list, with U8 or U16 behind them to fill up those four bytes (I24 and I48 are
// bit-fields too and would go on in the same byte).
//
// I48 and I24 are bit-fields: they read as int64_t and int32_t, are written with TABLES_I48(value)
// and TABLES_I24(value), which stop at the ends of the type, and have no address. They are for
// tables of which a member has rows.

#include "base/check.h"
#include "base/text.h"

#define TABLES_C_I64(name) int64_t name
#define TABLES_C_I48(name) int64_t name : 48 __attribute__((packed))
#define TABLES_C_I32(name) int32_t name
#define TABLES_C_I24(name) int32_t name : 24 __attribute__((packed))
#define TABLES_C_U16(name) uint16_t name
#define TABLES_C_U8(name) uint8_t name
#define TABLES_C_U2(name) uint8_t name : 2
#define TABLES_C_U1(name) uint8_t name : 1
#define TABLES_C_TEXT(name) text_id name
#define TABLES_C_BYTES(name) struct bytes *name

#define TABLES_I48_MAX ((INT64_C(1) << 47) - 1)
#define TABLES_I24_MAX ((INT32_C(1) << 23) - 1)
struct tables_i48 {
    int64_t value : 48;
};
struct tables_i24 {
    int32_t value : 24;
};
// Compilers see in an assignment to a bit-field a conversion that may change the value; not here.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
static inline struct tables_i48 tables_i48(int64_t value)
{
    const int64_t low = value < -TABLES_I48_MAX - 1 ? -TABLES_I48_MAX - 1 : value;
    return (struct tables_i48){low > TABLES_I48_MAX ? TABLES_I48_MAX : low};
}

static inline struct tables_i24 tables_i24(int64_t value)
{
    const int64_t low = value < -TABLES_I24_MAX - 1 ? -TABLES_I24_MAX - 1 : value;
    return (struct tables_i24){(int32_t)(low > TABLES_I24_MAX ? TABLES_I24_MAX : low)};
}
#pragma GCC diagnostic pop

static inline uint16_t tables_u16(int64_t id)
{
    CHECK(id >= 0);
    CHECK(id <= UINT16_MAX);  // table_insert gives no higher id in a table such columns refer to.
    return (uint16_t)id;
}
#define TABLES_U16(of) (tables_u16((int64_t)(of)))
#define TABLES_I48(of) (tables_i48(of).value)
#define TABLES_I24(of) (tables_i24(of).value)
