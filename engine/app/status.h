#pragma once
// How a running engine is, for a screen and for monitoring: sampled once a second from memory, told
// as JSON (drumbeat.status/1, see status.md) and in Prometheus' form. Looking changes nothing and
// costs the loop the same however many members there are: tables that grow with them are walked a
// piece a sample, so figures of very large campaigns are some seconds old.

#include "app/engine.h"
#include "base/histogram.h"

#define STATUS_SCHEMA "drumbeat.status/1"
#define STATUS_SAMPLE_MS 1000
#define STATUS_CONNECTORS_MAX 64

struct status;

// What the core doesn't know of a connector.
struct status_connector {
    uint32_t row;  // connectors
    bool is_up;
    size_t links;
    uint64_t went;       // How often it went down.
    int64_t changed_at;  // Since when it is up or down.
    int64_t restart_at;  // INT64_MAX: not planned.
};

struct status_world {
    const struct status_connector *connectors;
    size_t connector_count;
    size_t clients;  // Attached.
};

struct status_options {
    struct engine *engine;
    uint32_t campaign;
    const char *path;  // The database, for what to do; may be NULL.
    int64_t now_ms;
};

// Before the first turn; reads from the store what has left memory. The engine tells it milestones.
struct status *status_new(const struct status_options *options);
void status_free(struct status *status);

// Hooks: a round of the loop; a message left for its connector; what became of a command.
void status_round(struct status *status, int64_t busy_us, int64_t mono_us);
void status_sent(struct status *status, const struct outbox_row *row, int64_t now_ms);
void status_result(struct status *status, uint32_t connector, const char *code, size_t size);
// A connector answered the command with this key.
void status_answered(struct status *status, uint32_t connector, int64_t key_low, int64_t now_ms);
// Looks again, if it is time; never inside a turn.
void status_sample(struct status *status, const struct status_world *world, int64_t now_ms,
                   int64_t mono_us);
int64_t status_next_at(const struct status *status);

// Members of a JSON object, each with a comma before it unless it is the first.
void status_put_json(struct status *status, int64_t now_ms, struct buf *out);
void status_put_metrics(struct status *status, int64_t now_ms, struct buf *out);
