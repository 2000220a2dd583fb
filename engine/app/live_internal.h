#pragma once
// What live.c, live_connector.c, live_link.c and live_send.c share. Internal to them.

#include "app/control.h"
#include "app/live.h"
#include "app/status.h"
#include "link/dcp.h"
#include "loop/loop.h"

#define LIVE_CONNECTORS_MAX 64
// Batches with events of a connector that are not durable yet: the store's queue, the one being
// committed, the one being filled.
#define LIVE_MARKS_MAX (STORE_QUEUE_MAX + 4)

// Events up to `seq` are in batches up to `batch`.
struct live_mark {
    uint64_t batch;
    int64_t seq;
};

// A command that was written to a connector. It is settled when its row shows another attempt or
// state than here.
struct live_flight {
    int64_t deadline_ms;  // Without a result until then it counts as lost.
    int64_t retry_at;
    uint32_t effect;
    int32_t attempts;
};

// One stream of a connector: its child process, or one that has connected to its socket.
struct live_link {
    struct live_connector *connector;
    struct live_link *next;  // An older one.
    struct lines *lines;
    uint32_t caps;
    bool greeted;
    int64_t greeted_at;
    int64_t hello_by;  // Cut off without a hello by then; INT64_MAX: not.
    uint64_t line;     // Lines read, for messages.
    struct live_mark marks[LIVE_MARKS_MAX];
    size_t mark_count;
    struct live_flight *flights;  // In order of deadline; [flight_head .. flight_count).
    size_t flight_head, flight_count, flight_capacity;
};

struct live_connector {
    struct live *live;
    uint32_t row;  // connectors
    char name[64];
    struct live_link *links;    // The newest first; a child process is the only one.
    struct listener *listener;  // NULL: a child process.
    bool is_up;                 // Somebody greeted who takes commands; else the outbox keeps them.
    uint64_t refused;
    uint64_t came, went;  // How often it was told up and down.
    int64_t restart_at;   // INT64_MAX: not planned.
    int64_t restart_ms;   // Back-off.
    bool seen_up;         // When it was last looked at for the status,
    int64_t seen_at;      // and since when it is so; 0: never yet.
};

struct live {
    struct loop *loop;
    struct live_options options;
    struct engine *engine;
    struct control *control;  // NULL: nobody can attach.
    struct status *status;    // NULL: not yet, the first batch isn't durable.
    uint64_t opening;         // That batch.
    struct web *web;          // Pages for monitoring; NULL: none.
    struct dcp *dcp;
    struct live_connector *connectors[LIVE_CONNECTORS_MAX];
    size_t count;
    int currency_decimals;
    uint32_t lines, lines_before;  // Read since the last round of work, and before that.
    struct buf line;
    uint64_t failed_effects;
    int64_t jams_look_at;      // When those who wait for a connector are told of again.
    uint64_t waiting;          // Events behind parked ones, when it was last told.
    int64_t wall_ms, mono_us;  // When it was last looked whether the clock was set.
    bool full;                 // The disk is: no lines are read, nothing is done until it isn't.
    int64_t full_since_ms;
    bool stopping;
    bool failed;
    struct err failure;
};

// --- live.c ---
void live_note(struct live *live, const char *format, ...) PRINTF_LIKE(2, 3);
// For what may come in floods: only the 1st, 10th, 100th, ... is worth a line.
bool live_is_telling(uint64_t count);
void live_work(struct live *live);
void live_closed(struct live *live);  // A connector's stream has ended while stopping.

// --- live_connector.c ---
MUST_USE bool live_start_connectors(struct live *live, struct err *e);
void live_restart_connectors(struct live *live, int64_t now_ms);
void live_stop_connectors(struct live *live);
// A stream of it has greeted or gone: whether it takes commands may be different now.
void live_connector_changed(struct live_connector *connector);
void live_free_connectors(struct live *live);

// --- live_link.c ---
// A new stream of the connector, its first one among them; `events` gets what its lines need.
struct live_link *live_link_new(struct live_connector *connector, struct lines_events *events);
void live_link_free(struct live_link *link);
void live_send_acks(struct live *live);  // Of durable turns only.
// Those who connected and never said hello.
void live_drop_silent(struct live_connector *connector, int64_t now_ms);
// The disk is full (live->full): none of its streams is read. No longer: they are again, and
// nothing of the time in between counts as late.
void live_hold_links(struct live_connector *connector, int64_t now_ms);
// The stream has ended and is nobody's any more (live_connector.c).
void live_link_closed(struct live_link *link, int exit_status, const struct err *why);

// --- live_status.c ---
void live_status_start(struct live *live);
void live_status_stop(struct live *live);  // Nobody is told any more.
// Takes a sample if it is time.
void live_status_look(struct live *live, int64_t now_ms);
void live_status_put(void *live, struct buf *out);  // For control_options.on_status.
void live_status_sent(struct live *live, const struct outbox_row *effect, int64_t now_ms);
// It answered the command with this key, as a result names it.
void live_status_answered(struct live *live, const struct live_connector *connector,
                          struct slice key, int64_t now_ms);
// What became of a command that the connector was given.
void live_status_result(struct live *live, const struct live_connector *connector,
                        struct slice code);

// --- live_send.c ---
void live_send_effects(struct live *live, int64_t now_ms);
// Commands without a result in time are lost; those of a stream that ended are lost at once.
void live_settle_flights(struct live *live, int64_t now_ms);
void live_lose_flights(struct live_link *link, int64_t now_ms);
int64_t live_next_deadline(const struct live_connector *connector);  // INT64_MAX: none.
// Operators hear now and then how much waits for a connector that is down or has limits.
void live_tell_jams(struct live *live, int64_t now_ms);
// The turn of a result from a connector.
void live_result(struct live *live, const struct event *event);
