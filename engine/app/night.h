#pragma once
// What went wrong in a rehearsed bad night, for people.

#include "app/term.h"
#include "link/hostile.h"

void night_print(const struct hostile_told *told, bool chinese, const struct term *term,
                 struct buf *out);
