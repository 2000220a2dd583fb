#pragma once
// What the tests of the base share: the headers cmocka wants before itself, and a way to see that a
// CHECK aborts.

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

// True if `run(ctx)` dies by abort() in a child process.
static inline bool aborts(void (*run)(void *ctx), void *ctx)
{
    fflush(stdout);
    fflush(stderr);
    const pid_t child = fork();
    if (child == 0) {
        // cmocka catches nothing here: abort must reach the kernel. The words are expected: hide
        // them.
        if (freopen("/dev/null", "w", stderr) == NULL) {
            _exit(2);
        }
        run(ctx);
        _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return false;
    }
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

// A small generator of its own, so that these tests don't lean on base/rng.
static inline uint64_t test_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}
