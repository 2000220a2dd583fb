// One SQLite connection, opened our way, and its errors in our words. Internal to engine/store.
//
// Settings, and why:
//   WAL, synchronous=FULL   a commit is one fdatasync of the WAL; readers never wait for it
//   wal_autocheckpoint off  checkpoints come when storage is idle (store.c), not inside a commit
//   foreign_keys off        references use 0 for "none"; the core keeps them, tests verify them
//   secure_delete off       Debian turns it on: it would clear every freed cell on the hot path
//   auto_vacuum off         Debian turns it on: it would keep pointer map pages
//   cache_size 64 MiB       the pages that a campaign touches stay in memory
#include "store/sqlite.h"

#include <errno.h>
#include <pthread.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/crash.h"
#include "base/mem.h"

#define CACHE_KIB 65536

static void sqlite_configure(void)
{
    // No statistics of memory: their mutex would be taken for every allocation.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int sqlite_authorize(void *ctx, int action, const char *a, const char *b, const char *c,
                            const char *d)
{
    (void)a;
    (void)c;
    (void)d;
    const struct sqlite *sqlite = ctx;
    if (!sqlite->only_select) {
        return SQLITE_OK;
    }
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return b && sqlite3_stricmp(b, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

static int sqlite_on_commit(void *ctx, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    struct sqlite *sqlite = ctx;
    sqlite->wal_pages = pages;
    return SQLITE_OK;
}

// A file in a folder that we can't write and that nobody has open: SQLite wants to create the -shm
// file next to it, unless it is told that the file doesn't change.
static char *sqlite_immutable_uri(const char *path)
{
    struct buf uri;
    buf_init(&uri, 1 << 16);
    buf_puts(&uri, "file:");
    for (; *path; path++) {
        if (strchr("?#%", *path)) {
            buf_printf(&uri, "%%%02x", (unsigned)(unsigned char)*path);
        } else {
            buf_putc(&uri, *path);
        }
    }
    buf_puts(&uri, "?immutable=1");
    return buf_take(&uri);
}

static bool sqlite_wal_exists(const char *path)
{
    struct buf wal;
    buf_init(&wal, 1 << 16);
    buf_printf(&wal, "%s-wal", path);
    const bool exists = access(wal.data, F_OK) == 0;
    buf_deinit(&wal);
    return exists;
}

static bool sqlite_open_name(struct sqlite *sqlite, const char *name, int flags,
                             int64_t busy_timeout_ms, struct err *e)
{
    static const char common[] = "PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF;"
                                 "PRAGMA trusted_schema=OFF; PRAGMA secure_delete=OFF;"
                                 "PRAGMA cell_size_check=ON;";
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2(name, &sqlite->db, flags, NULL) != SQLITE_OK) {
        return sqlite_fail(sqlite, e, "could not be opened");
    }
    sqlite3_extended_result_codes(sqlite->db, 1);
    sqlite3_busy_timeout(sqlite->db, (int)busy_timeout_ms);
    sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return sqlite_run(sqlite, common, "could not be opened", e) &&
           // The first read: a file that is no database, or a WAL that can't be read, shows here.
           sqlite_run(sqlite, "SELECT count(*) FROM sqlite_schema", "could not be read", e);
}

bool sqlite_open(struct sqlite *sqlite, const char *path, enum sqlite_mode mode,
                 int64_t busy_timeout_ms, struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, sqlite_configure);
    CHECK(busy_timeout_ms >= 0);
    CHECK(busy_timeout_ms <= INT32_MAX);
    const bool read = mode == SQLITE_MODE_READ;
    const bool memory = mode == SQLITE_MODE_MEMORY;
    const int flags = read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    *sqlite = (struct sqlite){.mode = mode, .path = xstrdup(memory ? "memory" : path)};
    const char *name = memory ? ":memory:" : path;
    bool done = sqlite_open_name(sqlite, name, flags, busy_timeout_ms, e);
    const int code = done ? SQLITE_OK : sqlite3_errcode(sqlite->db) & 0xff;
    if (read && (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) && access(path, R_OK) == 0 &&
        !sqlite_wal_exists(path)) {
        char *uri = sqlite_immutable_uri(path);
        sqlite3_close(sqlite->db);
        err_clear(e);
        done = sqlite_open_name(sqlite, uri, flags | SQLITE_OPEN_URI, busy_timeout_ms, e);
        free(uri);
    }
    if (!done) {
        sqlite_close(sqlite);
        return false;
    }
    sqlite3_set_authorizer(sqlite->db, sqlite_authorize, sqlite);
    return true;
}

bool sqlite_set_writing(struct sqlite *sqlite, struct err *e)
{
    CHECK(sqlite->mode != SQLITE_MODE_READ);
    char sql[64];
    sqlite3_snprintf(sizeof sql, sql, "PRAGMA cache_size=-%d", CACHE_KIB);
    if (!sqlite_run(sqlite, "PRAGMA auto_vacuum=NONE", "setting up", e) ||
        !sqlite_run(sqlite, sql, "setting up", e)) {
        return false;
    }
    if (sqlite->mode == SQLITE_MODE_MEMORY) {
        return true;
    }
    sqlite3_stmt *stmt = sqlite_prepare(sqlite, "PRAGMA journal_mode=WAL", "setting up", e);
    if (!stmt) {
        return false;
    }
    const int code = sqlite3_step(stmt);
    const char *got = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    const bool is_wal = got && strcmp(got, "wal") == 0;
    if (code != SQLITE_ROW) {
        sqlite_fail(sqlite, e, "could not be written");
    } else if (!is_wal) {
        err_set(e, ERR_FAULT, "%s: this file system can't hold it: no shared memory for the WAL",
                sqlite->path);
    }
    sqlite3_finalize(stmt);
    if (!is_wal) {
        return false;
    }
    sqlite3_wal_hook(sqlite->db, sqlite_on_commit, sqlite);
    return sqlite_run(sqlite, "PRAGMA synchronous=FULL", "setting up", e);
}

void sqlite_close(struct sqlite *sqlite)
{
    if (sqlite->db) {
        CHECK(sqlite3_close(sqlite->db) == SQLITE_OK);  // Else a statement was not finalised.
    }
    free(sqlite->path);
    *sqlite = (struct sqlite){0};
}

void sqlite_close_whole(struct sqlite *sqlite)
{
    sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    sqlite_close(sqlite);
}

// A failed COMMIT leaves no system error in the connection, but in the WAL's file.
static int sqlite_errno(struct sqlite *sqlite)
{
    int code = sqlite3_system_errno(sqlite->db);
    sqlite3_file *wal = NULL;
    if (code == 0 &&
        sqlite3_file_control(sqlite->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) == SQLITE_OK &&
        wal && wal->pMethods) {
        (void)wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &code);
    }
    return code;
}

static bool sqlite_disk_is_full(int code, int system_errno)
{
    if ((code & 0xff) == SQLITE_FULL) {
        return true;
    }
    if ((code & 0xff) != SQLITE_IOERR && (code & 0xff) != SQLITE_CANTOPEN) {
        return false;
    }
    return system_errno == ENOSPC || system_errno == EFBIG || system_errno == EDQUOT;
}

bool sqlite_fail(struct sqlite *sqlite, struct err *e, const char *doing)
{
    const char *path = sqlite->path;
    if (!sqlite->db) {
        return err_set(e, ERR_FAULT, "%s: %s: out of memory", path, doing);
    }
    const int code = sqlite3_extended_errcode(sqlite->db);
    const char *why = sqlite3_errmsg(sqlite->db);
    const int system_errno = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN
                                 ? sqlite_errno(sqlite)
                                 : 0;
    if (sqlite_disk_is_full(code, system_errno)) {
        return err_set(e, ERR_FULL,
                       "%s: %s: the disk is full (or a quota or a size limit is reached): make "
                       "room and start again",
                       path, doing);
    }
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(e, ERR_BUSY, "%s: %s: another program holds the database locked", path,
                       doing);
    case SQLITE_NOTADB:
        return err_set(e, ERR_CORRUPT,
                       "%s: %s: this is no SQLite database: another program's file, or its "
                       "beginning is destroyed. It was not changed: give another file, or start "
                       "from a backup",
                       path, doing);
    case SQLITE_CORRUPT:
        return err_set(e, ERR_CORRUPT,
                       "%s: %s: the file is damaged (%s). Keep it with its -wal file as it is, "
                       "and start from a backup",
                       path, doing, why);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        if (system_errno != 0) {
            return err_set(e, ERR_FAULT, "%s: %s: %s (%s)", path, doing, why,
                           strerror(system_errno));
        }
        break;
    default:
        break;
    }
    return err_set(e, ERR_FAULT, "%s: %s: %s", path, doing, why);
}

bool sqlite_run(struct sqlite *sqlite, const char *sql, const char *doing, struct err *e)
{
    if (sqlite3_exec(sqlite->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return sqlite_fail(sqlite, e, doing);
    }
    return true;
}

sqlite3_stmt *sqlite_prepare(struct sqlite *sqlite, const char *sql, const char *doing,
                             struct err *e)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(sqlite->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) !=
        SQLITE_OK) {
        sqlite_fail(sqlite, e, doing);
        return NULL;
    }
    return stmt;
}

bool sqlite_read_int(struct sqlite *sqlite, const char *sql, const char *doing, int64_t *out,
                     struct err *e)
{
    sqlite3_stmt *stmt = sqlite_prepare(sqlite, sql, doing, e);
    if (!stmt) {
        return false;
    }
    const int code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        *out = sqlite3_column_int64(stmt, 0);
    }
    const bool done = code == SQLITE_ROW || code == SQLITE_DONE;
    if (!done) {
        sqlite_fail(sqlite, e, doing);
    }
    sqlite3_finalize(stmt);
    return done;
}

int sqlite_bind(sqlite3_stmt *stmt, int at, const struct value *value)
{
    switch (value->type) {
    case VALUE_NULL:
        return sqlite3_bind_null(stmt, at);
    case VALUE_INT:
        return sqlite3_bind_int64(stmt, at, value->integer);
    case VALUE_TEXT:
        return sqlite3_bind_text64(stmt, at, value->size > 0 ? value->data : "", value->size,
                                   SQLITE_STATIC, SQLITE_UTF8);
    case VALUE_BLOB:
        // An empty BLOB must not become NULL.
        return sqlite3_bind_blob64(stmt, at, value->size > 0 ? value->data : "", value->size,
                                   SQLITE_STATIC);
    }
    CHECK(false && "a value type that nobody knows");
    return SQLITE_MISUSE;
}

void sqlite_column(sqlite3_stmt *stmt, int at, struct value *out)
{
    *out = (struct value){0};
    switch (sqlite3_column_type(stmt, at)) {
    case SQLITE_INTEGER:
        out->type = VALUE_INT;
        out->integer = sqlite3_column_int64(stmt, at);
        return;
    case SQLITE_TEXT:
        out->type = VALUE_TEXT;
        out->data = (const char *)sqlite3_column_text(stmt, at);
        break;
    case SQLITE_BLOB:
        out->type = VALUE_BLOB;
        out->data = sqlite3_column_blob(stmt, at);
        break;
    default:
        out->type = VALUE_NULL;
        return;
    }
    out->size = (size_t)sqlite3_column_bytes(stmt, at);
    if (!out->data) {
        out->data = "";
    }
}

bool sqlite_checkpoint(struct sqlite *sqlite, bool wait, bool *all, struct err *e)
{
    int pages = 0;
    int copied = 0;
    const int mode = wait ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    crash_point("checkpoint.before");
    const int code = sqlite3_wal_checkpoint_v2(sqlite->db, NULL, mode, &pages, &copied);
    crash_point("checkpoint.after");
    *all = code == SQLITE_OK && pages == copied;
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) {
        return sqlite_fail(sqlite, e, "copying the WAL into the file");
    }
    return true;
}
