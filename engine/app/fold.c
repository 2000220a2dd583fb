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

// --- Inputs of days. ---

static struct fold_file *find_line(struct fold *fold, const char *place, const char **line,
                                   const char **stop)
{
    const char *colon = strrchr(place, ':');
    for (size_t i = 0; colon != NULL && i < fold->count; i++) {
        struct fold_file *file = &fold->files[i];
        if (strlen(file->name) != (size_t)(colon - place) || file->now.size == 0 ||
            strncmp(file->name, place, (size_t)(colon - place)) != 0) {
            continue;
        }
        const char *end = file->now.data + file->now.size;
        *line = file->now.data;
        for (long number = strtol(colon + 1, NULL, 10); number > 1 && *line < end; number--) {
            const char *next = memchr(*line, '\n', (size_t)(end - *line));
            *line = next == NULL ? end : next + 1;
        }
        const char *next = *line == end ? NULL : memchr(*line, '\n', (size_t)(end - *line));
        *stop = next == NULL ? end : next;
        return file;
    }
    return NULL;
}

// Behind the "=" of a field. NULL: it isn't in the line.
static const char *find_field(const char *line, const char *stop, const char *name)
{
    const size_t size = strlen(name);
    for (const char *at = line; at + size < stop; at++) {
        const bool begins = at == line || (!isalnum((unsigned char)at[-1]) && at[-1] != '_');
        if (begins && memcmp(at, name, size) == 0) {
            const char *value = at + size;
            while (value < stop && *value == ' ') {
                value++;
            }
            if (value + 1 < stop && *value == '=' && value[1] != '=') {
                value++;
                while (value < stop && *value == ' ') {
                    value++;
                }
                return value;
            }
        }
    }
    return NULL;
}

// Where a value ends that begins here: before the comma or brace behind it. NULL: in another line.
static const char *find_value_end(const char *value, const char *stop)
{
    int depth = 0;
    char quote = '\0';
    const char *at = value;
    for (; at < stop; at++) {
        if (quote != '\0') {
            at += *at == '\\';
            quote = *at == quote ? '\0' : quote;
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
        } else if (*at == '-' && at[1] == '-') {
            break;
        } else if (strchr("({[", *at) != NULL) {
            depth++;
        } else if (depth == 0 && strchr(",;}", *at) != NULL) {
            return at;
        } else if (strchr(")}]", *at) != NULL) {
            depth--;
        }
    }
    while (at > value && at[-1] == ' ') {
        at--;
    }
    return depth == 0 && quote == '\0' && at > value ? at : NULL;
}

static void put_instead(struct buf *text, const char *from, const char *to, const char *with)
{
    struct buf now;
    buf_init(&now, text->max);
    buf_append(&now, text->data, (size_t)(from - text->data));
    buf_puts(&now, with);
    buf_append(&now, to, text->size - (size_t)(to - text->data));
    buf_deinit(text);
    *text = now;
}

bool fold_set_input(struct fold *fold, const char *place, const char *day, const char *name,
                    const char *source)
{
    const char *line = NULL;
    const char *stop = NULL;
    struct fold_file *file = find_line(fold, place[0] != '\0' ? place : day, &line, &stop);
    if (file == NULL || line == stop) {
        return false;
    }
    const char *value = find_field(line, stop, name);
    const char *end = value == NULL ? NULL : find_value_end(value, stop);
    if (end != NULL) {  // Also in the day's own line: from an earlier change.
        put_instead(&file->now, value, end, source);
        return true;
    }
    const char *call =
        value != NULL || place[0] != '\0' ? NULL : memmem(line, (size_t)(stop - line), "day(", 4);
    const char *brace = call == NULL ? NULL : memchr(call, '{', (size_t)(stop - call));
    if (brace == NULL) {
        return false;
    }
    struct buf field;
    buf_init(&field, FILE_BYTES_MAX);
    buf_printf(&field, " %s = %s,", name, source);
    put_instead(&file->now, brace + 1, brace + 1, field.data);
    buf_deinit(&field);
    return true;
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
