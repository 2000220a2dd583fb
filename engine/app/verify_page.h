#pragma once
// The page on which a member checks a receipt: one HTML file without network, whose script may run
// only because its hash stands in the page's own policy.

#include "base/mem.h"

// Appends the whole page.
void verify_page_write(struct buf *out);
