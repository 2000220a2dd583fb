#pragma once
// Running for real: wall clock, connectors as child processes, effects only after the commit.

#include "app/engine.h"

struct live_options {
    const char *folder;                            // Connectors are started in it.
    void (*on_note)(void *ctx, const char *text);  // Something an operator should see; may be NULL.
    void *ctx;
    const char *control;     // Folder for the operators' sockets (control.h); NULL: none.
    uint32_t campaign;       // Which one their lines, and figures, are about.
    const char *db;          // The file, for what is told of it; may be NULL.
    int64_t metrics_port;    // Of the pages for monitoring, on 127.0.0.1; 0: none.
    int64_t result_wait_ms;  // How long a command may go without a result (0: 30,000).
};

struct live;

MUST_USE bool live_new(struct live **out, const struct live_options *options, struct err *e);
void live_free(struct live *live);
// Before live_run: as the options of the same name.
void live_set_control(struct live *live, const char *folder, uint32_t campaign);
// For engine_options.on_news: may be called from the storage thread.
void live_news(void *live);
// Starts the connectors of the engine's groups and runs until a signal, or until every campaign has
// ended. false: the store failed; nothing that isn't durable was acknowledged or sent.
MUST_USE bool live_run(struct live *live, struct engine *engine, struct err *e);
