#pragma once
// Where playbooks are found besides the campaign's own folder: $DRUMBEAT_PLAYBOOKS (separated by
// ':'), a folder `playbooks` beside or above the campaign (three levels), beside the binary, and
// where the package installs them.

#include <stddef.h>

#define PATHS_MAX 16

struct paths {
    char *dirs[PATHS_MAX + 1];  // NULL-terminated
};

void paths_init(struct paths *paths, const char *campaign_folder);
void paths_deinit(struct paths *paths);
