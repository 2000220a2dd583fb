#pragma once
// The public reading interface: views named v_*. Their columns are documented and tested.
// A writing engine makes them anew at each open when their text has changed.

// CREATE VIEW statements, NULL at the end.
extern const char *const store_views_sql[];
