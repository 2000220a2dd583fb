#pragma once
// Which database a question about a campaign is about: --db FILE, or that of an engine that runs,
// by its campaign's name as attach has it. The file is only read, beside the engine.

#include "app/cli.h"

struct asked_db {
    char path[4096];
    const char *campaign;  // NULL: not named.
    bool runs;             // An engine has it.
    size_t first;          // The first argument that isn't the campaign's name.
};

// The campaign may stand before the others, of which there are `others_max` at most; where it is
// unclear what the first argument is, it is a campaign if an engine of that name runs. Else an exit
// code, and it was said why.
MUST_USE int asked_db(struct cli *cli, size_t others_max, struct asked_db *out);
