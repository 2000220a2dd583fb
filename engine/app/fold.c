// Patching campaign files by name: see fold.h. Works on lines, for a patch does.
#include "app/fold.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/input.h"

#define FILES_MAX 64
#define FILE_BYTES_MAX ((size_t)1 << 20)
#define REACH 600  // Bytes behind a name in which its entry ends.

struct fold_file {
    char name[256];
    struct buf old, now;
};

struct fold {
    struct fold_file files[FILES_MAX];
    size_t count;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct fold_file *)a)->name, ((const struct fold_file *)b)->name);
}

struct fold *fold_new(const char *folder)
{
    struct fold *fold = xcalloc(1, sizeof(*fold));
    DIR *dir = opendir(folder);
    for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        const size_t size = strlen(entry->d_name);
        struct err ignored = {0};
        char path[1400];
        if (size < 5 || size > 200 || strcmp(entry->d_name + size - 4, ".lua") != 0 ||
            fold->count == FILES_MAX) {
            continue;
        }
        struct fold_file *file = &fold->files[fold->count];
        snprintf(path, sizeof(path), "%.1100s/%s", folder, entry->d_name);
        snprintf(file->name, sizeof(file->name), "%s", entry->d_name);
        buf_init(&file->old, FILE_BYTES_MAX);
        buf_init(&file->now, FILE_BYTES_MAX * 2);
        fold->count++;
        if (input_read(path, &file->old, &ignored) && file->old.size > 0) {
            buf_append(&file->now, file->old.data, file->old.size);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    if (fold->count > 0) {
        qsort(fold->files, fold->count, sizeof(fold->files[0]), compare);
    }
    return fold;
}

void fold_free(struct fold *fold)
{
    for (size_t i = 0; i < fold->count; i++) {
        buf_deinit(&fold->files[i].old);
        buf_deinit(&fold->files[i].now);
    }
    free(fold);
}

// --- Finding. ---

static bool is_number(char c)
{
    return isdigit((unsigned char)c) || c == '.' || c == '_';
}

// The digits of the next number from here, inside a call if there is one: "yuan(749)", "480".
static const char *find_number(const char *at, const char *end, size_t *size)
{
    while (at < end &&
           (isalpha((unsigned char)*at) || *at == '_' || *at == '(' || *at == ' ' || *at == '"')) {
        at++;
    }
    *size = 0;
    while (at + *size < end && is_number(at[*size])) {
        (*size)++;
    }
    return *size == 0 ? NULL : at;
}

// Behind `name` in quotes: where the amount stands. NULL: nowhere.
static const char *find_amount(const char *text, const char *name, const char *field, size_t *size,
                               const char **next)
{
    char quoted[300];
    snprintf(quoted, sizeof(quoted), "\"%.250s\"", name);
    const char *at = strstr(text, quoted);
    *next = NULL;
    if (at == NULL) {
        return NULL;
    }
    at += strlen(quoted);
    *next = at;
    const char *end = at + strnlen(at, REACH);
    const char *stop = strchr(at, '}');
    end = stop != NULL && stop < end ? stop : end;
    if (field == NULL) {
        while (at < end && (*at == ',' || *at == ' ' || *at == '\n')) {
            at++;
        }
        return find_number(at, end, size);
    }
    const size_t field_size = strlen(field);
    for (; at + field_size < end; at++) {
        if (memcmp(at, field, field_size) == 0 && !isalnum((unsigned char)at[-1]) &&
            at[-1] != '_') {
            const char *value = at + field_size + strspn(at + field_size, " ");
            if (*value == '=') {
                return find_number(value + 1, end, size);
            }
        }
    }
    return NULL;
}

static size_t replace(struct buf *text, const char *name, const char *field, const char *whole)
{
    size_t found = 0;
    size_t place = 0;
    size_t old_size = 0;
    const char *next = text->size == 0 ? NULL : text->data;
    while (next != NULL) {
        size_t size;
        const char *at = find_amount(next, name, field, &size, &next);
        if (at != NULL) {
            place = (size_t)(at - text->data);
            old_size = size;
            found++;
        }
    }
    if (found == 1) {
        struct buf now;
        buf_init(&now, text->max);
        buf_append(&now, text->data, place);
        buf_puts(&now, whole);
        buf_append(&now, text->data + place + old_size, text->size - place - old_size);
        buf_deinit(text);
        *text = now;
    }
    return found;
}

bool fold_set(struct fold *fold, const char *name, const char *field, const char *whole)
{
    size_t found = 0;
    for (size_t i = 0; i < fold->count; i++) {
        found += replace(&fold->files[i].now, name, field, whole);
    }
    return found == 1;
}

// --- The patch. ---

static const char *line_end(const char *at, const char *end)
{
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    return stop == NULL ? end : stop;
}

// Lines keep their number: an amount never adds one.
static void put_file(const struct fold_file *file, struct buf *out)
{
    const char *old = file->old.data;
    const char *now = file->now.data;
    const char *old_end = old + file->old.size;
    const char *now_end = now + file->now.size;
    bool named = false;
    for (size_t line = 1; old < old_end && now < now_end; line++) {
        const char *old_stop = line_end(old, old_end);
        const char *now_stop = line_end(now, now_end);
        const size_t size = (size_t)(old_stop - old);
        if (size != (size_t)(now_stop - now) || memcmp(old, now, size) != 0) {
            if (!named) {
                buf_printf(out, "--- %s\n+++ %s\n", file->name, file->name);
                named = true;
            }
            buf_printf(out, "@@ -%zu +%zu @@\n-%.*s\n+%.*s\n", line, line, (int)size, old,
                       (int)(now_stop - now), now);
        }
        old = old_stop + 1;
        now = now_stop + 1;
    }
}

void fold_put(const struct fold *fold, struct buf *out)
{
    for (size_t i = 0; i < fold->count; i++) {
        if (fold->files[i].old.size > 0) {
            put_file(&fold->files[i], out);
        }
    }
}
