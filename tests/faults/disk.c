// The VFS; see the header. Everything but writing is passed on to the system's VFS, so locks,
// shared memory and reading are the real ones.
#include "disk.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"

#define DISK_FILES 8
#define SECTOR 512

struct disk_write {
    int64_t at;
    int64_t size;  // -1: a truncation to `at`
    char *data;
};

// A file by its path. It outlives its being open: SQLite closes and opens again.
struct disk_file {
    char path[512];
    char *safe;  // As of the last sync.
    int64_t safe_size, safe_room;
    struct disk_write *writes;
    size_t count, room;
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    char root[256];
    pthread_mutex_t mutex;
    struct disk_file files[DISK_FILES];
    size_t file_count;
    uint64_t operations;
    enum disk_fault fault;
    uint64_t fault_at;
    bool failed;
    void (*on_operation)(void *ctx, uint64_t number);
    void *ctx;
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER};

struct disk_handle {
    sqlite3_file base;
    struct disk_file *file;  // NULL: not watched.
    sqlite3_file *real;      // Directly behind this struct.
};

// --- What would be on the disk. ---

static void image_write(char **data, int64_t *size, int64_t *room, int64_t at, const char *from,
                        int64_t count)
{
    if (at + count > *room) {
        *room = (at + count) * 2;
        *data = xrealloc(*data, (size_t)*room);
    }
    if (at > *size) {
        memset(*data + *size, 0, (size_t)(at - *size));
    }
    if (count > 0) {
        memcpy(*data + at, from, (size_t)count);
    }
    *size = at + count > *size ? at + count : *size;
}

static void image_apply(char **data, int64_t *size, int64_t *room, const struct disk_write *write)
{
    if (write->size >= 0) {
        image_write(data, size, room, write->at, write->data, write->size);
    } else if (write->at < *size) {
        *size = write->at;
    }
}

static void file_forget_writes(struct disk_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        free(file->writes[i].data);
    }
    file->count = 0;
}

static void file_note(struct disk_file *file, int64_t at, const void *data, int64_t size)
{
    if (file->count == file->room) {
        file->room = file->room == 0 ? 64 : file->room * 2;
        file->writes = xrealloc(file->writes, file->room * sizeof(*file->writes));
    }
    struct disk_write *write = &file->writes[file->count++];
    *write = (struct disk_write){.at = at, .size = size};
    if (size > 0) {
        write->data = xmalloc((size_t)size);
        memcpy(write->data, data, (size_t)size);
    }
}

static void file_synced(struct disk_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        image_apply(&file->safe, &file->safe_size, &file->safe_room, &file->writes[i]);
    }
    file_forget_writes(file);
}

// Some sectors of a write, each kept or not.
static void image_tear(char **data, int64_t *size, int64_t *room, const struct disk_write *write,
                       struct rng *rng)
{
    for (int64_t at = write->at; at < write->at + write->size;) {
        int64_t end = (at / SECTOR + 1) * SECTOR;
        end = end < write->at + write->size ? end : write->at + write->size;
        if (rng_below(rng, 2) == 1) {
            image_write(data, size, room, at, write->data + (at - write->at), end - at);
        }
        at = end;
    }
}

static void image_save(const char *path, const char *data, int64_t size)
{
    unlink(path);
    if (size == 0) {
        return;
    }
    FILE *out = fopen(path, "wb");
    CHECK(out != NULL);
    CHECK(fwrite(data, 1, (size_t)size, out) == (size_t)size);
    CHECK(fclose(out) == 0);
}

static void file_cut(const struct disk_file *file, const char *to, enum disk_survival survival,
                     struct rng *rng)
{
    int64_t size = file->safe_size;
    int64_t room = size;
    char *data = xmalloc((size_t)size + 1);
    if (size > 0) {
        memcpy(data, file->safe, (size_t)size);
    }
    size_t whole = survival == DISK_EVERYTHING ? file->count : 0;
    if (survival == DISK_PREFIX && file->count > 0) {
        whole = (size_t)rng_below(rng, file->count);
    }
    for (size_t i = 0; i < file->count && survival != DISK_NOTHING; i++) {
        const struct disk_write *write = &file->writes[i];
        if (i < whole) {
            image_apply(&data, &size, &room, write);
        } else if (survival == DISK_SECTORS || i == whole) {
            if (write->size < 0 && rng_below(rng, 2) == 1) {
                image_apply(&data, &size, &room, write);
            }
            image_tear(&data, &size, &room, write, rng);
        }
    }
    image_save(to, data, size);
    free(data);
}

void disk_cut(const char *to, enum disk_survival survival, struct rng *rng)
{
    static const char *const tails[] = {"", "-wal", "-journal"};
    char path[600];
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", to, tails[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s-shm", to);
    unlink(path);
    for (size_t i = 0; i < disk.file_count; i++) {
        const char *name = disk.files[i].path;
        const size_t size = strlen(name);
        const char *tail = size > 4 && strcmp(name + size - 4, "-wal") == 0       ? "-wal"
                           : size > 8 && strcmp(name + size - 8, "-journal") == 0 ? "-journal"
                                                                                  : "";
        snprintf(path, sizeof(path), "%s%s", to, tail);
        file_cut(&disk.files[i], path, survival, rng);
    }
}

// --- Operations. ---

// Counts one, lets the watcher see it, says whether it fails.
static int operation(enum disk_fault of, enum disk_fault or_of)
{
    pthread_mutex_lock(&disk.mutex);
    const uint64_t number = ++disk.operations;
    const bool concerns = disk.fault != DISK_SOUND && (disk.fault == of || disk.fault == or_of);
    const bool fails = disk.fault_at > 0 && concerns && number >= disk.fault_at;
    disk.failed |= fails;
    if (disk.on_operation != NULL) {
        disk.on_operation(disk.ctx, number);
    }
    pthread_mutex_unlock(&disk.mutex);
    if (!fails) {
        return SQLITE_OK;
    }
    return disk.fault == DISK_WRITE_FULL    ? SQLITE_FULL
           : disk.fault == DISK_WRITE_FAILS ? SQLITE_IOERR_WRITE
                                            : SQLITE_IOERR_FSYNC;
}

static struct disk_handle *handle_of(sqlite3_file *file)
{
    return (struct disk_handle *)file;
}

#define REAL(file) (handle_of(file)->real)
#define METHODS(file) (REAL(file)->pMethods)

static int disk_write_at(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
    struct disk_handle *handle = handle_of(file);
    if (handle->file != NULL) {
        const int code = operation(DISK_WRITE_FULL, DISK_WRITE_FAILS);
        if (code != SQLITE_OK) {
            return code;
        }
        pthread_mutex_lock(&disk.mutex);
        file_note(handle->file, at, data, size);
        pthread_mutex_unlock(&disk.mutex);
    }
    return METHODS(file)->xWrite(REAL(file), data, size, at);
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct disk_handle *handle = handle_of(file);
    if (handle->file != NULL) {
        const int code = operation(DISK_WRITE_FULL, DISK_WRITE_FAILS);
        if (code != SQLITE_OK) {
            return code;
        }
        pthread_mutex_lock(&disk.mutex);
        file_note(handle->file, size, NULL, -1);
        pthread_mutex_unlock(&disk.mutex);
    }
    return METHODS(file)->xTruncate(REAL(file), size);
}

static int disk_sync(sqlite3_file *file, int flags)
{
    struct disk_handle *handle = handle_of(file);
    if (handle->file == NULL) {
        return METHODS(file)->xSync(REAL(file), flags);
    }
    const int code = operation(DISK_SYNC_FAILS, DISK_SYNC_FAILS);
    if (code == SQLITE_OK) {
        pthread_mutex_lock(&disk.mutex);
        file_synced(handle->file);
        pthread_mutex_unlock(&disk.mutex);
    }
    return code;  // The files lie in memory: there is nothing to wait for.
}

static int disk_close(sqlite3_file *file)
{
    return METHODS(file)->xClose(REAL(file));
}

static int disk_read(sqlite3_file *file, void *data, int size, sqlite3_int64 at)
{
    return METHODS(file)->xRead(REAL(file), data, size, at);
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return METHODS(file)->xFileSize(REAL(file), size);
}

static int disk_lock(sqlite3_file *file, int level)
{
    return METHODS(file)->xLock(REAL(file), level);
}

static int disk_unlock(sqlite3_file *file, int level)
{
    return METHODS(file)->xUnlock(REAL(file), level);
}

static int disk_reserved(sqlite3_file *file, int *out)
{
    return METHODS(file)->xCheckReservedLock(REAL(file), out);
}

static int disk_control(sqlite3_file *file, int op, void *arg)
{
    // A size that is only hinted at would change the file without a write.
    return op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE
               ? SQLITE_OK
               : METHODS(file)->xFileControl(REAL(file), op, arg);
}

static int disk_sector_size(sqlite3_file *file)
{
    (void)file;
    return SECTOR;
}

// No promises: writes may be torn and come in any order.
static int disk_characteristics(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static int disk_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return METHODS(file)->xShmMap(REAL(file), page, size, extend, out);
}

static int disk_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return METHODS(file)->xShmLock(REAL(file), offset, n, flags);
}

static void disk_shm_barrier(sqlite3_file *file)
{
    METHODS(file)->xShmBarrier(REAL(file));
}

static int disk_shm_unmap(sqlite3_file *file, int remove)
{
    return METHODS(file)->xShmUnmap(REAL(file), remove);
}

static const sqlite3_io_methods disk_methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write_at,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector_size,
    .xDeviceCharacteristics = disk_characteristics,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

// --- Files. ---

static struct disk_file *file_of(const char *path)
{
    for (size_t i = 0; i < disk.file_count; i++) {
        if (strcmp(disk.files[i].path, path) == 0) {
            return &disk.files[i];
        }
    }
    CHECK(disk.file_count < DISK_FILES);
    struct disk_file *file = &disk.files[disk.file_count++];
    *file = (struct disk_file){0};
    snprintf(file->path, sizeof(file->path), "%s", path);
    return file;
}

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    struct disk_handle *handle = handle_of(file);
    handle->real = (sqlite3_file *)(handle + 1);
    handle->file = NULL;
    const int code = disk.real->xOpen(disk.real, path, handle->real, flags, out);
    file->pMethods = handle->real->pMethods == NULL ? NULL : &disk_methods;
    if (code == SQLITE_OK && path != NULL && strncmp(path, disk.root, strlen(disk.root)) == 0) {
        pthread_mutex_lock(&disk.mutex);
        handle->file = file_of(path);
        pthread_mutex_unlock(&disk.mutex);
    }
    return code;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
    (void)vfs;
    if (strncmp(path, disk.root, strlen(disk.root)) == 0) {
        pthread_mutex_lock(&disk.mutex);
        struct disk_file *file = file_of(path);
        file_forget_writes(file);
        file->safe_size = 0;
        pthread_mutex_unlock(&disk.mutex);
    }
    return disk.real->xDelete(disk.real, path, sync);
}

void disk_install(const char *root)
{
    disk.real = sqlite3_vfs_find(NULL);
    CHECK(disk.real != NULL);
    snprintf(disk.root, sizeof(disk.root), "%s", root);
    disk.vfs = *disk.real;
    disk.vfs.zName = "disk";
    disk.vfs.pNext = NULL;
    disk.vfs.szOsFile = (int)sizeof(struct disk_handle) + disk.real->szOsFile;
    disk.vfs.xOpen = disk_open;
    disk.vfs.xDelete = disk_delete;
    CHECK(sqlite3_vfs_register(&disk.vfs, 1) == SQLITE_OK);
}

void disk_reset(void)
{
    for (size_t i = 0; i < disk.file_count; i++) {
        file_forget_writes(&disk.files[i]);
        free(disk.files[i].writes);
        free(disk.files[i].safe);
    }
    disk.file_count = 0;
    disk.operations = 0;
    disk.failed = false;
    disk_fail(DISK_SOUND, 0);
    disk_on_operation(NULL, NULL);
}

void disk_on_operation(void (*on_operation)(void *ctx, uint64_t number), void *ctx)
{
    disk.on_operation = on_operation;
    disk.ctx = ctx;
}

void disk_fail(enum disk_fault fault, uint64_t number)
{
    disk.fault = fault;
    disk.fault_at = number;
}

bool disk_has_failed(void)
{
    return disk.failed;
}

uint64_t disk_operations(void)
{
    return disk.operations;
}
