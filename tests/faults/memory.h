#pragma once
// Memory that runs out: of the allocations of the engine and of SQLite, counted together, one fails
// and so do all that follow. (Lua takes its memory through the engine's.)

#include <stdbool.h>
#include <stdint.h>

void memory_install(void);       // Once, before SQLite is used.
void memory_fail(uint64_t nth);  // From now on; 0: none.
bool memory_has_failed(void);
