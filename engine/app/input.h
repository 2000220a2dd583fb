#pragma once
// A file given on the command line, read whole.

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

// Appends the file's bytes; "-" is stdin. ERR_INVALID names the file: it can't be read, or is
// larger than out->max.
MUST_USE bool input_read(const char *path, struct buf *out, struct err *e);
