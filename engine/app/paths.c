#include "app/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define PATH_SIZE 4096

static void add(struct paths *paths, const char *dir)
{
    struct stat info;
    size_t count = 0;
    char *real = stat(dir, &info) == 0 && S_ISDIR(info.st_mode) ? realpath(dir, NULL) : NULL;
    while (paths->dirs[count] != NULL) {
        if (real != NULL && strcmp(paths->dirs[count], real) == 0) {
            free(real);
            return;
        }
        count++;
    }
    if (real != NULL && count < PATHS_MAX) {
        paths->dirs[count] = real;
    } else {
        free(real);
    }
}

static void add_joined(struct paths *paths, const char *folder, const char *below)
{
    char path[PATH_SIZE];
    const int size = snprintf(path, sizeof(path), "%s/%s", folder, below);
    if (size > 0 && size < PATH_SIZE) {
        add(paths, path);
    }
}

void paths_init(struct paths *paths, const char *campaign_folder)
{
    *paths = (struct paths){0};
    const char *env = getenv("DRUMBEAT_PLAYBOOKS");
    if (env != NULL) {
        char *copy = xstrdup(env);
        for (char *at = copy, *part; (part = strsep(&at, ":")) != NULL;) {
            if (part[0] != '\0') {
                add(paths, part);
            }
        }
        free(copy);
    }
    add_joined(paths, campaign_folder, "../playbooks");
    add_joined(paths, campaign_folder, "../../playbooks");
    add_joined(paths, campaign_folder, "../../../playbooks");
    char exe[PATH_SIZE];
    const ssize_t size = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    if (size > 0) {
        exe[size] = '\0';
        *strrchr(exe, '/') = '\0';
        add_joined(paths, exe, "../share/drumbeat/playbooks");
        add_joined(paths, exe, "../../playbooks");
    }
    add(paths, "/usr/share/drumbeat/playbooks");
}

void paths_deinit(struct paths *paths)
{
    for (size_t i = 0; paths->dirs[i] != NULL; i++) {
        free(paths->dirs[i]);
    }
}
