#pragma once
// A package: the text files of a campaign's or playbook's folder, and their content hash. Reads
// folders; knows no Lua. Limits: 200 files, 64 KiB a file, 1 MiB in all; names of [a-z0-9_-./]
// without "..", no symlinks out.

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"

#define PACKAGE_FILES_MAX 200
#define PACKAGE_FILE_SIZE_MAX ((size_t)64 * 1024)
#define PACKAGE_SIZE_MAX ((size_t)1024 * 1024)

struct package_file {
    char *path;  // Below the folder.
    char *text;
    size_t size;
};

struct package {
    char *folder;                // As given, for messages.
    char *name;                  // Last part of the folder.
    struct package_file *files;  // Sorted by path.
    size_t count;
    char version[17];  // First 16 hex digits of the SHA-256 over paths and texts.
};

// Reads *.lua, *.txt and *.md of a folder, two levels deep (not its playbooks/ folder: those are
// packages of their own).
MUST_USE bool package_open(const char *folder, struct package *out, struct err *e);
// A package of files from elsewhere: begin with its name, add them, seal it (sorts, hashes, looks
// at the limits; closes it when they are passed).
void package_begin(struct package *package, const char *folder);
void package_add(struct package *package, const char *path, const char *text, size_t size);
MUST_USE bool package_seal(struct package *package, struct err *e);
void package_close(struct package *package);
const struct package_file *package_find(const struct package *package, const char *path);
// Finds the folder of a playbook: <campaign>/playbooks/NAME, then each of `dirs`
// (NULL-terminated)/NAME. ERR_INVALID lists where it looked and the nearest name that is there.
MUST_USE bool package_locate(const char *campaign_folder, const char *const *dirs, const char *name,
                             char *out, size_t out_size, struct err *e);
