// The engine lock: see lock.h. flock(2), because it belongs to the open file: it also keeps a
// second store in the same process out, and closing other files doesn't lose it.
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/mem.h"

#define ATTEMPTS_MAX 100

// "<db>.lock", where two names for one file give the same answer.
static char *lock_path(const char *db_path)
{
    char *real = realpath(db_path, NULL);
    struct buf path;
    buf_init(&path, 1 << 16);
    buf_printf(&path, "%s.lock", real ? real : db_path);
    free(real);
    return buf_take(&path);
}

static bool lock_fail_busy(const char *db_path, int fd, struct err *e)
{
    char text[32] = "";
    const ssize_t size = pread(fd, text, sizeof text - 1, 0);
    const long pid = size > 0 ? strtol(text, NULL, 10) : 0;
    if (pid <= 0) {
        return err_set(e, ERR_BUSY, "%s is in use by another engine", db_path);
    }
    return err_set(e, ERR_BUSY,
                   "%s is in use by another engine (process %ld): stop that one first, or give "
                   "another file",
                   db_path, pid);
}

// The holder deletes the file when it leaves: a lock on a deleted file is worth nothing.
static bool lock_is_current(const char *path, int fd)
{
    struct stat there;
    struct stat mine;
    return stat(path, &there) == 0 && fstat(fd, &mine) == 0 && there.st_ino == mine.st_ino &&
           there.st_dev == mine.st_dev;
}

bool lock_take(struct lock *lock, const char *db_path, struct err *e)
{
    lock->fd = -1;
    lock->path = lock_path(db_path);
    bool told = false;
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        const int fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0) {
            err_set(e, ERR_FAULT, "%s: could not be created: %s", lock->path, strerror(errno));
            told = true;
            break;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) {
                lock_fail_busy(db_path, fd, e);
            } else {
                err_set(e, ERR_FAULT, "%s: could not be locked: %s", lock->path, strerror(errno));
            }
            close(fd);
            told = true;
            break;
        }
        if (lock_is_current(lock->path, fd)) {
            char text[32];
            const int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
            // Only for the message of others: a full disk must not keep us from opening.
            if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)size, 0) != size) {
                errno = 0;
            }
            lock->fd = fd;
            return true;
        }
        close(fd);
    }
    if (!told) {
        err_set(e, ERR_BUSY, "%s is being opened by others again and again", db_path);
    }
    free(lock->path);
    lock->path = NULL;
    return false;
}

void lock_release(struct lock *lock)
{
    if (lock->fd >= 0) {
        unlink(lock->path);
        close(lock->fd);
    }
    free(lock->path);
    lock->path = NULL;
    lock->fd = -1;
}

long lock_holder(const char *path)
{
    struct stat info;
    FILE *list = stat(path, &info) == 0 ? fopen("/proc/locks", "re") : NULL;
    if (!list) {
        return 0;
    }
    long found = 0;
    char line[256];
    while (!found && fgets(line, sizeof line, list)) {
        // "1: POSIX  ADVISORY  WRITE 1234 fd:00:5678 120 120"
        char access[16];
        long pid;
        unsigned major_id;
        unsigned minor_id;
        unsigned long inode;
        if (sscanf(line, "%*d: %*s %*s %15s %ld %x:%x:%lu", access, &pid, &major_id, &minor_id,
                   &inode) == 5 &&
            strcmp(access, "WRITE") == 0 && inode == info.st_ino &&
            makedev(major_id, minor_id) == info.st_dev && pid != (long)getpid()) {
            found = pid;
        }
    }
    (void)fclose(list);
    return found;
}
