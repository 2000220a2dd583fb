// Loaded before libc (LD_PRELOAD): each sync takes SLOW_SYNC_US longer, as on a disk that needs it.
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int slow(const char *name, int fd)
{
    int (*real)(int) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, name);
    const char *text = getenv("SLOW_SYNC_US");
    const long us = text == NULL ? 1000 : strtol(text, NULL, 10);
    const struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    const int code = real(fd);
    (void)nanosleep(&pause, NULL);
    return code;
}

int fsync(int fd)
{
    return slow("fsync", fd);
}

int fdatasync(int fd)
{
    return slow("fdatasync", fd);
}
