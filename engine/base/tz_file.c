// Reads TZif (RFC 8536). A zone file may come from anywhere ($TZDIR), so every count is checked
// against the bytes that are there before anything is read.

#include "base/tz_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/tz.h"

#define TZ_HEADER_SIZE 44
#define TZ_FILE_MAX ((size_t)1 << 20)
#define TZ_TRANSITIONS_MAX 100000
#define TZ_NAME_MAX 100

struct tz_header {
    uint8_t version;  // 0 for version 1, else '2', '3', ...
    uint32_t isut_count, isstd_count, leap_count, time_count, type_count, char_count;
};

static uint32_t tz_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t tz_be64(const uint8_t *p)
{
    return (int64_t)((uint64_t)tz_be32(p) << 32 | tz_be32(p + 4));
}

static bool tz_read_header(const uint8_t *p, size_t size, struct tz_header *h)
{
    if (size < TZ_HEADER_SIZE || memcmp(p, "TZif", 4) != 0) {
        return false;
    }
    h->version = p[4];
    h->isut_count = tz_be32(p + 20);
    h->isstd_count = tz_be32(p + 24);
    h->leap_count = tz_be32(p + 28);
    h->time_count = tz_be32(p + 32);
    h->type_count = tz_be32(p + 36);
    h->char_count = tz_be32(p + 40);
    return h->type_count >= 1 && h->type_count <= 256 && h->time_count <= TZ_TRANSITIONS_MAX &&
           h->char_count <= TZ_FILE_MAX && h->leap_count <= TZ_TRANSITIONS_MAX &&
           h->isut_count <= h->type_count && h->isstd_count <= h->type_count;
}

static size_t tz_body_size(const struct tz_header *h, size_t time_size)
{
    return (size_t)h->time_count * (time_size + 1) + (size_t)h->type_count * 6 + h->char_count +
           (size_t)h->leap_count * (time_size + 4) + h->isstd_count + h->isut_count;
}

// Fills tz from one data block of the checked size.
static bool tz_read_body(struct tz *tz, const struct tz_header *h, const uint8_t *p,
                         size_t time_size)
{
    const uint8_t *indexes = p + (size_t)h->time_count * time_size;
    const uint8_t *types = indexes + h->time_count;
    for (uint32_t i = 0; i < h->type_count; i++) {
        const int32_t offset = (int32_t)tz_be32(types + (size_t)i * 6);
        if (offset <= -90000 || offset >= TZ_OFFSET_MAX_S) {
            return false;
        }
    }
    tz->count = h->time_count;
    tz->first_s = (int32_t)tz_be32(types);
    tz->at_s = xcalloc(h->time_count, sizeof(*tz->at_s));
    tz->offset_s = xcalloc(h->time_count, sizeof(*tz->offset_s));
    for (uint32_t i = 0; i < h->time_count; i++) {
        const uint8_t *at = p + (size_t)i * time_size;
        tz->at_s[i] = time_size == 8 ? tz_be64(at) : (int32_t)tz_be32(at);
        if ((i > 0 && tz->at_s[i] <= tz->at_s[i - 1]) || indexes[i] >= h->type_count) {
            return false;
        }
        tz->offset_s[i] = (int32_t)tz_be32(types + (size_t)indexes[i] * 6);
    }
    return true;
}

static bool tz_read_footer(struct tz *tz, const uint8_t *p, size_t size)
{
    if (size < 2 || p[0] != '\n') {
        return false;
    }
    const uint8_t *end = memchr(p + 1, '\n', size - 1);
    if (end == NULL || !tz_footer_parse((const char *)p + 1, (size_t)(end - p - 1), &tz->footer)) {
        return false;
    }
    const struct tz_footer *f = &tz->footer;
    return f->std_s > -90000 && f->std_s < TZ_OFFSET_MAX_S && f->dst_s > -90000 &&
           f->dst_s < TZ_OFFSET_MAX_S;
}

static bool tz_read_all(struct tz *tz, const uint8_t *data, size_t size, const char **why)
{
    struct tz_header h;
    *why = "it is not a TZif file";
    if (!tz_read_header(data, size, &h)) {
        return false;
    }
    *why = "it is damaged";
    size_t at = TZ_HEADER_SIZE;
    size_t time_size = 4;
    if (tz_body_size(&h, 4) > size - at) {
        return false;
    }
    if (h.version >= '2') {
        at += tz_body_size(&h, 4);  // The same again with 64 bits follows.
        time_size = 8;
        if (!tz_read_header(data + at, size - at, &h)) {
            return false;
        }
        at += TZ_HEADER_SIZE;
        if (tz_body_size(&h, 8) > size - at) {
            return false;
        }
    }
    if (h.leap_count > 0) {
        *why = "it counts leap seconds";  // "right/..." zones: their seconds are not POSIX time.
        return false;
    }
    if (!tz_read_body(tz, &h, data + at, time_size)) {
        return false;
    }
    at += tz_body_size(&h, time_size);
    return time_size == 4 || tz_read_footer(tz, data + at, size - at);
}

bool tz_parse(const uint8_t *data, size_t size, struct tz **out, struct err *e)
{
    struct tz *tz = xcalloc(1, sizeof(*tz));
    const char *why;
    if (!tz_read_all(tz, data, size, &why)) {
        tz_close(tz);
        *out = NULL;
        return err_set(e, ERR_INVALID, "can't read the time zone: %s", why);
    }
    *out = tz;
    return true;
}

void tz_close(struct tz *tz)
{
    if (tz != NULL) {
        free(tz->at_s);
        free(tz->offset_s);
        free(tz);
    }
}

// Letters, digits, '_', '+', '-' and single '/' between parts: no way out of the directory.
static bool tz_name_is_safe(const char *name)
{
    const size_t size = strnlen(name, TZ_NAME_MAX + 1);
    if (size == 0 || size > TZ_NAME_MAX || name[0] == '/' || name[size - 1] == '/') {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        const char c = name[i];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
        if (!plain && !(c == '/' && name[i + 1] != '/')) {
            return false;
        }
    }
    return true;
}

// Reads dir/name; the size, or 0 if there is no such plain file or it is too large.
static size_t tz_read_file(const char *dir, const char *name, uint8_t *data)
{
    char path[4096];
    const int length = snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        return 0;
    }
    // Not blocking: a FIFO of this name must not hang the engine.
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return 0;
    }
    struct stat st;
    size_t size = 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
        (uint64_t)st.st_size <= TZ_FILE_MAX) {
        const ssize_t got = read(fd, data, TZ_FILE_MAX);
        size = got > 0 ? (size_t)got : 0;
    }
    close(fd);
    return size;
}

bool tz_open(const char *name, struct tz **out, struct err *e)
{
    *out = NULL;
    if (strcmp(name, "UTC") == 0) {  // Needs no tzdata.
        *out = xcalloc(1, sizeof(**out));
        return true;
    }
    if (!tz_name_is_safe(name)) {
        return err_set(e, ERR_INVALID, "'%.100s' is not the name of a time zone", name);
    }
    uint8_t *data = xmalloc(TZ_FILE_MAX);
    size_t size = 0;
    const char *dir = getenv("TZDIR");
    if (dir != NULL && dir[0] != '\0') {
        size = tz_read_file(dir, name, data);
    }
    if (size == 0) {
        size = tz_read_file("/usr/share/zoneinfo", name, data);
    }
    bool done;
    if (size == 0) {
        done = err_set(e, ERR_INVALID,
                       "there is no time zone '%s': write it like Asia/Shanghai (is tzdata "
                       "installed?)",
                       name);
    } else {
        done = tz_parse(data, size, out, e);
        if (!done) {
            err_add(e, "time zone %s", name);
        }
    }
    free(data);
    return done;
}
