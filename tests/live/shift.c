// A clock that a test can set: with LD_PRELOAD, the wall clock of a program is the real one and as
// many milliseconds as stand in the file SHIFT_FILE. The monotonic clock stays, as it does when the
// machine sleeps or somebody sets its time.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *out);

static long long shift_ms(void)
{
    const char *name = getenv("SHIFT_FILE");
    FILE *file = name == NULL ? NULL : fopen(name, "r");
    char text[32] = "0";
    if (file != NULL) {
        (void)!fgets(text, sizeof(text), file);
        fclose(file);
    }
    return strtoll(text, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL) {
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    }
    const int code = real(clock, out);
    if (code == 0 && clock == CLOCK_REALTIME) {
        const long long ms = shift_ms();
        out->tv_sec += ms / 1000;
    }
    return code;
}
