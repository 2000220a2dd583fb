#pragma once
// What the files of reload share: a plan.

#include "app/reload.h"
#include "script/reload.h"

struct reload_file {
    char *playbook;  // "": campaign.lua
    struct package package;
};

struct reload_plan {
    uint32_t campaign;
    char name[128];
    char currency[8];
    char *folder;  // NULL: a version of its own.
    struct script_folder from_folder;
    struct script_version from_version;
    int32_t back, number;
    struct reload_file *files;
    size_t file_count;
    struct buf json, warnings;
    bool empty;
    char token[17];
};
