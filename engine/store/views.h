#pragma once
// The public reading interface: views named v_*. Their columns are documented and tested.
// A writing engine makes them anew at each open when their text has changed.

// CREATE VIEW statements, NULL at the end.
extern const char *const store_views_sql[];

// Indexes that the views need, made anew together with them.
struct store_index {
    const char *table;  // NULL at the end.
    const char *sql;    // CREATE INDEX i_v_...
};
extern const struct store_index store_indexes[];
