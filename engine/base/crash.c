// See the header. What is set here is set before any thread starts; only the countdown is shared.
#include "base/crash.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

bool crash_armed;
static const char *crash_text;  // The environment's, which stays.
static size_t crash_name_size;
static atomic_ulong crash_left;

void crash_arm(const char *text)
{
    if (text == NULL || text[0] == '\0') {
        return;
    }
    const char *colon = strchr(text, ':');
    crash_text = text;
    crash_name_size = colon == NULL ? strlen(text) : (size_t)(colon - text);
    const unsigned long count = colon == NULL ? 1 : strtoul(colon + 1, NULL, 10);
    atomic_store(&crash_left, count == 0 ? 1 : count);
    crash_armed = true;
    log_write(LOG_WARN, "crash.armed", "DRUMBEAT_CRASH_AT is set: this process kills itself at %s",
              text);
}

void crash_reach(const char *name)
{
    if (strlen(name) != crash_name_size || memcmp(name, crash_text, crash_name_size) != 0 ||
        atomic_fetch_sub(&crash_left, 1) != 1) {
        return;
    }
    kill(getpid(), SIGKILL);
    for (;;) {
        pause();  // The signal is on its way; nothing more may happen in this thread.
    }
}
