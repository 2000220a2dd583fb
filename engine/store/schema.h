#pragma once
// What a table is, described once. From a descriptor come: the SQL schema with its CHECKs, load and
// upsert, the JSON and diff printing, the read functions in Lua and the docs. Pure data: no SQLite
// here.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum column_type {
    COLUMN_I64,    // int64_t
    COLUMN_I48,    // int64_t in 6 bytes: times to the year 6429, amounts of one person
    COLUMN_I32,    // int32_t
    COLUMN_I24,    // int32_t in 3 bytes: counts of one person
    COLUMN_U16,    // uint16_t: references to tables that are small by nature
    COLUMN_U8,     // uint8_t
    COLUMN_U2,     // uint8_t in 2 bits: a choice of four at most
    COLUMN_U1,     // uint8_t in 1 bit: yes or no
    COLUMN_TEXT,   // text_id; stored as the text itself
    COLUMN_BYTES,  // struct bytes *, NULL or owned by the row; stored as BLOB
};

// What a value means, for printing and for docs; the type says how it is kept.
enum column_role {
    ROLE_PLAIN,
    ROLE_MONEY,  // Minor units.
    ROLE_TIME,   // Milliseconds since 1970 UTC; 0 = never.
    ROLE_REF,    // Id of a row in the table named by `of`; 0 = none.
    ROLE_ENUM,   // Index into the words of `of`, "first|second|third"; SQL CHECKs the range.
    ROLE_BOOL,
    ROLE_JSON,  // COLUMN_BYTES holding JSON text; stored as TEXT.
};

struct column {
    const char *name;
    enum column_type type;
    enum column_role role;
    uint16_t offset;  // In the row struct: bytes, but bits for U2 and U1.
    const char *of;   // See column_role; NULL when not needed.
    const char *help;
};

#define INDEX_COLUMNS_MAX 3
struct index_desc {
    const char *name;
    bool unique;
    uint8_t count;
    const char *columns[INDEX_COLUMNS_MAX];  // By name. They change by table_rekey only.
    bool sparse;  // Rows whose first key is 0 don't stand in it: nobody asks for them.
    // 1 or more: the rows hang from the row that this column (counted from 1) refers to, one list
    // for each, and are looked for along that list. For references to tables of which nearly every
    // row has such rows, but few: 4 bytes for each row referred to and no hash. 0: hashed.
    uint8_t hangs;
};

// Every row struct begins with `uint32_t id`, the primary key: dense, from 1, never used twice.
struct table_desc {
    const char *name;
    const char *help;
    const char *checks;  // SQL CHECK expressions, separated by ';', or NULL.
    size_t row_size;
    const struct column *columns;  // Without id.
    size_t column_count;
    const struct index_desc *indexes;
    size_t index_count;
    // Rows for which this is true leave memory once they are written (append-only and finished
    // rows); NULL keeps all. Such tables have unique indexes only.
    bool (*leaves)(const void *row);
};

// The value of a BYTES column.
struct bytes {
    uint32_t size;
    char data[];
};
