#pragma once
// Packages of campaigns and playbooks as they stand in a file's table `sources`.

#include "script/package.h"
#include "store/store.h"

struct replay_sources {
    struct store *store;
    uint32_t campaign;  // Row being started or reloaded.
    int64_t number;     // As of which reload; 0: as it was started.
    const char *with;   // Folder whose playbooks go before the file's, or NULL.
    size_t replaced;    // Playbooks that came from there.
};

// A script_package_fn; ctx is a struct replay_sources.
MUST_USE bool replay_sources_package(void *ctx, const char *playbook, struct package *out,
                                     struct err *e);
// The secret seed of a campaign and whether it is a rehearsal.
struct replay_campaign {
    uint8_t seed[32];
    bool rehearsal;
    char name[256];
};
MUST_USE bool replay_sources_campaign(struct store *store, uint32_t id, struct replay_campaign *out,
                                      struct err *e);
