// A clock that a test can set: linked into a drumbeat of its own (--wrap=clock_gettime). Its wall
// clock is the real one and as many milliseconds as stand in the file SHIFT_FILE. The monotonic
// clock stays, as it does when the machine sleeps or somebody sets its time.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

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

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    const int code = __real_clock_gettime(clock, out);
    if (code == 0 && clock == CLOCK_REALTIME) {
        out->tv_sec += shift_ms() / 1000;
    }
    return code;
}
