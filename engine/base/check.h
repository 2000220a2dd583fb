#pragma once
// CHECK: assertions that stay on in release. A failed CHECK is a bug of ours: print and abort; the
// journal restores the state at the next start. Never use it on anything that came from outside.

#ifndef __cplusplus
#include <stdnoreturn.h>
#endif

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text_arg, first_arg) __attribute__((format(printf, text_arg, first_arg)))

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            check_failed(__FILE__, __LINE__, #cond);                                               \
        }                                                                                          \
    } while (0)

// Prints where and what, then aborts.
__attribute__((__noreturn__)) void check_failed(const char *file, int line, const char *cond);
