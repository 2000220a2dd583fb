// SQLite's own copying, in one step: it holds one reading transaction, so what the engine commits
// meanwhile stays in the WAL and isn't in the copy. Copied beside its place and renamed when
// synced.

#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/setup.h"
#include "store/sqlite.h"

#define BUSY_TIMEOUT_MS 5000

static bool copy_pages(struct sqlite *from, sqlite3 *to, const char *name, struct err *e)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from->db, "main");
    int code = backup == NULL ? sqlite3_errcode(to) : sqlite3_backup_step(backup, -1);
    const int end = backup == NULL ? code : sqlite3_backup_finish(backup);
    code = code == SQLITE_DONE ? end : code;
    return code == SQLITE_OK || err_set(e, code == SQLITE_FULL ? ERR_FULL : ERR_FAULT,
                                        "copying to %s: %s", name, sqlite3_errstr(code));
}

static bool copy_to_file(struct sqlite *from, const char *part, struct err *e)
{
    sqlite3 *to = NULL;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE;
    const bool done = (sqlite3_open_v2(part, &to, flags, NULL) == SQLITE_OK ||
                       err_set(e, ERR_FAULT, "%s: %s", part, sqlite3_errmsg(to))) &&
                      copy_pages(from, to, part, e);
    return sqlite3_close(to) == SQLITE_OK && done;
}

static bool sync_path(const char *path, struct err *e)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const bool done = fd >= 0 && fsync(fd) == 0;
    const int fault = errno;
    if (fd >= 0) {
        close(fd);
    }
    return done || err_set(e, ERR_FAULT, "%s: %s", path, strerror(fault));
}

static bool sync_folder(const char *path, struct err *e)
{
    char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL) {
        slash[slash == folder] = '\0';
    }
    const bool done = sync_path(slash == NULL ? "." : folder, e);
    free(folder);
    return done;
}

// A file of ours that something was run with, to be read.
static bool open_source(struct sqlite *source, const char *from, struct err *e)
{
    bool empty = false;
    int version = 0;
    const struct store_options options = {.path = from};  // A copy needs no migration.
    if (!setup_check_file(from, false, true, e) ||
        !sqlite_open(source, from, SQLITE_MODE_READ, BUSY_TIMEOUT_MS, e)) {
        return false;
    }
    if (setup_check_identity(source, &options, &empty, &version, e) &&
        (!empty || err_set(e, ERR_INVALID, "%s is empty", from))) {
        return true;
    }
    sqlite_close(source);
    return false;
}

bool backup_into_memory(const char *from, struct sqlite *to, struct err *e)
{
    struct sqlite source;
    if (!open_source(&source, from, e)) {
        return false;
    }
    const bool done = copy_pages(&source, to->db, "memory", e) &&
                      sqlite_run(to, "DELETE FROM journal; UPDATE meta SET journal_kept = 0",
                                 "leaving out the journal", e);
    sqlite_close(&source);
    return done;
}

bool backup_copy(const char *from, const char *to, struct err *e)
{
    struct sqlite source;
    struct stat info;
    char part[4096];
    if (lstat(to, &info) == 0) {
        return err_set(e, ERR_INVALID, "%s is there already: give another name", to);
    }
    const int size = snprintf(part, sizeof(part), "%s.part", to);
    if (size < 0 || (size_t)size >= sizeof(part)) {
        return err_set(e, ERR_INVALID, "the name %s is too long", to);
    }
    if (!open_source(&source, from, e)) {
        return false;
    }
    (void)unlink(part);  // Of a copy that was stopped.
    bool done = copy_to_file(&source, part, e) && sync_path(part, e);
    sqlite_close(&source);
    if (done && rename(part, to) != 0) {
        done = err_set(e, ERR_FAULT, "%s: %s", to, strerror(errno));
    }
    if (!done) {
        (void)unlink(part);
    }
    return done && sync_folder(to, e);
}

// ---- when it was

static bool backup_note_path(const char *from, char *out, size_t size)
{
    const int written = snprintf(out, size, "%s.backed-up", from);
    return written > 0 && (size_t)written < size;
}

void backup_note(const char *from)
{
    char path[4096];
    const int fd = backup_note_path(from, path, sizeof path)
                       ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644)
                       : -1;
    if (fd >= 0) {
        (void)futimens(fd, NULL);
        close(fd);
    }
}

int64_t backup_last_ms(const char *from)
{
    char path[4096];
    struct stat is;
    return backup_note_path(from, path, sizeof path) && lstat(path, &is) == 0 && S_ISREG(is.st_mode)
               ? (int64_t)is.st_mtim.tv_sec * 1000 + is.st_mtim.tv_nsec / 1000000
               : 0;
}
