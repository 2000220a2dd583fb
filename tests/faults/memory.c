// See the header. The engine calls malloc in one file only (base/mem.c), whose calls the linker
// leads here (--wrap); SQLite asks the methods that it was given.
#include "memory.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/check.h"

static atomic_uint_fast64_t memory_count, memory_nth;
static sqlite3_mem_methods memory_real;

static bool memory_runs_out(void)
{
    const uint64_t nth = atomic_load(&memory_nth);
    return nth != 0 && atomic_fetch_add(&memory_count, 1) + 1 >= nth;
}

void memory_fail(uint64_t nth)
{
    atomic_store(&memory_count, 0);
    atomic_store(&memory_nth, nth);
}

bool memory_has_failed(void)
{
    return atomic_load(&memory_nth) != 0 && atomic_load(&memory_count) >= atomic_load(&memory_nth);
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
    return memory_runs_out() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_runs_out() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return memory_runs_out() ? NULL : __real_realloc(old, size);
}

static void *sqlite_malloc(int size)
{
    return memory_runs_out() ? NULL : memory_real.xMalloc(size);
}

static void *sqlite_realloc(void *old, int size)
{
    return memory_runs_out() ? NULL : memory_real.xRealloc(old, size);
}

void memory_install(void)
{
    CHECK(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory_real) == SQLITE_OK);
    sqlite3_mem_methods methods = memory_real;
    methods.xMalloc = sqlite_malloc;
    methods.xRealloc = sqlite_realloc;
    CHECK(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
}
