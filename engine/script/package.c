#include "script/package.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"

#define PATH_SIZE 1024

static bool path_is_plain(const char *path)
{
    static const char ALLOWED[] = "abcdefghijklmnopqrstuvwxyz0123456789_-./";
    return path[0] != '/' && path[0] != '.' && strstr(path, "..") == NULL &&
           strspn(path, ALLOWED) == strlen(path);
}

// a/b; false when it doesn't fit.
static bool path_join(char out[PATH_SIZE], const char *a, const char *b)
{
    const int size = snprintf(out, PATH_SIZE, "%s%s%s", a, b[0] == '\0' ? "" : "/", b);
    return size >= 0 && size < PATH_SIZE;
}

static bool has_text_ending(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL &&
           (strcmp(dot, ".lua") == 0 || strcmp(dot, ".txt") == 0 || strcmp(dot, ".md") == 0);
}

static bool read_file(const char *folder, const char *path, struct package_file *out, struct err *e)
{
    char full[PATH_SIZE];
    struct stat info;
    if (!path_join(full, folder, path) || lstat(full, &info) != 0 || !S_ISREG(info.st_mode)) {
        return err_set(e, ERR_INVALID, "%s is no plain file: put the file itself there", full);
    }
    if ((size_t)info.st_size > PACKAGE_FILE_SIZE_MAX) {
        return err_set(e, ERR_INVALID,
                       "%s is larger than %zu KiB: split it, from \"file.lua\" reads data", full,
                       PACKAGE_FILE_SIZE_MAX / 1024);
    }
    FILE *file = fopen(full, "rbe");
    if (file == NULL) {
        return err_set(e, ERR_FAULT, "could not read %s", full);
    }
    out->text = xmalloc(PACKAGE_FILE_SIZE_MAX + 1);
    out->size = fread(out->text, 1, PACKAGE_FILE_SIZE_MAX + 1, file);
    fclose(file);
    if (out->size > PACKAGE_FILE_SIZE_MAX) {
        free(out->text);
        return err_set(e, ERR_INVALID, "%s grew while it was read", full);
    }
    out->text = xrealloc(out->text, out->size + 1);
    out->text[out->size] = '\0';
    out->path = xstrdup(path);
    return true;
}

static bool add_file(struct package *package, const char *path, struct err *e)
{
    if (package->count == PACKAGE_FILES_MAX) {
        return err_set(e, ERR_INVALID, "%s has more than %d files", package->folder,
                       PACKAGE_FILES_MAX);
    }
    package->files = xrealloc(package->files, (package->count + 1) * sizeof(*package->files));
    if (!read_file(package->folder, path, &package->files[package->count], e)) {
        return false;
    }
    package->count++;
    return true;
}

// Files of folder/below, where `below` is "" or one folder name. Folders are read one level deep.
static bool read_folder(struct package *package, const char *below, struct err *e)
{
    char full[PATH_SIZE];
    DIR *dir = path_join(full, package->folder, below) ? opendir(full) : NULL;
    if (dir == NULL) {
        return err_set(e, ERR_INVALID, "there is no folder %s", package->folder);
    }
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
        char path[PATH_SIZE];
        const bool fits = below[0] == '\0' ? path_join(path, entry->d_name, "")
                                           : path_join(path, below, entry->d_name);
        if (!fits || entry->d_name[0] == '.' || !path_is_plain(path)) {
            continue;
        }
        if (has_text_ending(path)) {
            ok = add_file(package, path, e);
            continue;
        }
        struct stat info;
        if (below[0] == '\0' && strcmp(path, "playbooks") != 0 &&
            path_join(full, package->folder, path) && lstat(full, &info) == 0 &&
            S_ISDIR(info.st_mode)) {
            ok = read_folder(package, path, e);
        }
    }
    closedir(dir);
    return ok;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct package_file *)a)->path, ((const struct package_file *)b)->path);
}

void package_begin(struct package *package, const char *folder)
{
    *package = (struct package){.folder = xstrdup(folder)};
    size_t length = strlen(package->folder);
    while (length > 1 && package->folder[length - 1] == '/') {
        package->folder[--length] = '\0';
    }
    const char *slash = strrchr(package->folder, '/');
    package->name = xstrdup(slash == NULL ? package->folder : slash + 1);
}

void package_add(struct package *package, const char *path, const char *text, size_t size)
{
    package->files = xrealloc(package->files, (package->count + 1) * sizeof(*package->files));
    package->files[package->count++] =
        (struct package_file){.path = xstrdup(path), .text = xstrndup(text, size), .size = size};
}

bool package_seal(struct package *package, struct err *e)
{
    if (package->count > 0) {  // An empty folder has no list to sort.
        qsort(package->files, package->count, sizeof(*package->files), compare_files);
    }
    struct sha256_state hash;
    size_t total = 0;
    sha256_begin(&hash);
    for (size_t i = 0; i < package->count; i++) {
        const struct package_file *file = &package->files[i];
        sha256_add(&hash, file->path, strlen(file->path) + 1);
        sha256_add(&hash, &(uint64_t){file->size}, sizeof(uint64_t));
        sha256_add(&hash, file->text, file->size);
        total += file->size;
    }
    const struct sha256 digest = sha256_end(&hash);
    hex_encode(digest.bytes, 8, package->version);
    if (total > PACKAGE_SIZE_MAX) {
        err_set(e, ERR_INVALID, "%s is larger than %zu KiB in all", package->folder,
                PACKAGE_SIZE_MAX / 1024);
        package_close(package);
        return false;
    }
    return true;
}

bool package_open(const char *folder, struct package *out, struct err *e)
{
    package_begin(out, folder);
    if (!read_folder(out, "", e)) {
        package_close(out);
        return false;
    }
    return package_seal(out, e);
}

void package_close(struct package *package)
{
    for (size_t i = 0; i < package->count; i++) {
        free(package->files[i].path);
        free(package->files[i].text);
    }
    free(package->files);
    free(package->folder);
    free(package->name);
    *package = (struct package){0};
}

const struct package_file *package_find(const struct package *package, const char *path)
{
    for (size_t i = 0; i < package->count; i++) {
        if (strcmp(package->files[i].path, path) == 0) {
            return &package->files[i];
        }
    }
    return NULL;
}

// --- Finding a playbook by name. ---

#define NAMES_MAX 500

static void collect_names(const char *dir, char **names, size_t *count)
{
    DIR *open = opendir(dir);
    if (open == NULL) {
        return;
    }
    for (struct dirent *entry; *count < NAMES_MAX && (entry = readdir(open)) != NULL;) {
        if (entry->d_name[0] != '.') {
            names[(*count)++] = xstrdup(entry->d_name);
        }
    }
    closedir(open);
}

static bool has_playbook(const char *dir, const char *name, char *out, size_t out_size)
{
    char folder[PATH_SIZE];
    char file[PATH_SIZE];
    if (!path_join(folder, dir, name) || !path_join(file, folder, "playbook.lua") ||
        access(file, R_OK) != 0) {
        return false;
    }
    const int size = snprintf(out, out_size, "%s", folder);
    return size >= 0 && (size_t)size < out_size;
}

bool package_locate(const char *campaign_folder, const char *const *dirs, const char *name,
                    char *out, size_t out_size, struct err *e)
{
    if (!path_is_plain(name) || strchr(name, '/') != NULL) {
        return err_set(e, ERR_INVALID, "'%s' is no playbook name (small letters, digits, - and _)",
                       name);
    }
    char own[PATH_SIZE];
    if (!path_join(own, campaign_folder, "playbooks")) {
        return err_set(e, ERR_INVALID, "the folder's name is too long");
    }
    errno = 0;
    if (has_playbook(own, name, out, out_size)) {
        return true;
    }
    const bool barred = errno == EACCES;
    for (size_t i = 0; dirs != NULL && dirs[i] != NULL; i++) {
        if (has_playbook(dirs[i], name, out, out_size)) {
            return true;
        }
    }
    if (barred) {
        return err_set(e, ERR_INVALID, "no right to read the playbook '%s' in %s", name, own);
    }
    char *names[NAMES_MAX];
    size_t count = 0;
    collect_names(own, names, &count);
    for (size_t i = 0; dirs != NULL && dirs[i] != NULL; i++) {
        collect_names(dirs[i], names, &count);
    }
    const char *near = text_nearest(name, (const char *const *)names, count);
    err_set(e, ERR_INVALID, "there is no playbook '%s'%s%s%s (looked in %s%s%s)", name,
            near == NULL ? "" : ", did you mean '", near == NULL ? "" : near,
            near == NULL ? "" : "'?", own, dirs != NULL && dirs[0] != NULL ? " and " : "",
            dirs != NULL && dirs[0] != NULL ? dirs[0] : "");
    for (size_t i = 0; i < count; i++) {
        free(names[i]);
    }
    return false;
}
