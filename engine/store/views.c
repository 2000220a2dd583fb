// The views of the public reading interface, one statement each. Plain SQL over the tables; it
// may not write, and nothing outside engine/store knows the tables' SQL.
#include "store/views.h"

#include <stddef.h>

const char *const store_views_sql[] = {
    NULL,
};
