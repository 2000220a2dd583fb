#pragma once
// SQL text from table descriptors. Writes text only: knows no connection.

#include "base/mem.h"
#include "store/schema.h"

// CREATE TABLE, STRICT, with the CHECKs that a descriptor implies: the range of enums and bools and
// its own `checks`. References are not foreign keys: 0 means "none", and the core keeps them.
void ddl_create_table(struct buf *out, const struct table_desc *table);
// INSERT OR REPLACE with id as ?1 and the columns from ?2 on.
void ddl_upsert(struct buf *out, const struct table_desc *table);
void ddl_delete(struct buf *out, const struct table_desc *table);  // id is ?1
// id and all columns in order of id; `where` may be NULL.
void ddl_select(struct buf *out, const struct table_desc *table, const char *where);
// The tables of the driver itself: meta, journal, last_ids.
extern const char ddl_own_tables[];
