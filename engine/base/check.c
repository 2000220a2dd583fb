// The end of the line for a bug: say where, then abort. Allocates nothing, calls nothing of ours.

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *file, int line, const char *cond)
{
    fprintf(stderr, "drumbeat: bug at %s:%d: CHECK(%s) failed\n", file, line, cond);
    fflush(stderr);
    abort();
}
