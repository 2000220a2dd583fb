// Connectors come and go: child processes that are started, and again when they end, later each
// time; or sockets to which whoever speaks for the connector connects, as often and as many as it
// likes. A connector is up while one of its streams has greeted and takes commands.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/ask.h"
#include "app/live_internal.h"
#include "core/outbox.h"

#define RESTART_FIRST_MS 1000
#define RESTART_MAX_MS 60000
#define SOCKET_PATH_MAX 1024
#define SOCKET_CLIENTS_MAX 256  // Streams of one connector.

// Those of a connector that flaps are told by powers of ten.
static bool is_worth_telling(uint64_t count)
{
    return count <= 3 || live_is_telling(count);
}

// --- Up and down. ---

// Commands that name no connector wait until there is any.
static void set_anybody(const struct live *live)
{
    bool any = false;
    for (size_t i = 0; i < live->count; i++) {
        any = any || live->connectors[i]->is_up;
    }
    outbox_set_down(live->engine->core.outbox, 0, !any);
}

void live_connector_changed(struct live_connector *connector)
{
    struct live *live = connector->live;
    bool is_up = false;
    for (const struct live_link *link = connector->links; link != NULL; link = link->next) {
        is_up = is_up || (link->greeted && link->caps != 0);
    }
    if (is_up == connector->is_up) {
        return;
    }
    connector->is_up = is_up;
    outbox_set_down(live->engine->core.outbox, connector->row, !is_up);
    set_anybody(live);
    if (is_up && is_worth_telling(++connector->came)) {
        live_note(live, "connector %s is up", connector->name);
    }
}

static void plan_restart(struct live_connector *connector, bool was_good, const char *why,
                         int exit_status)
{
    // One that says hello and ends at once is no better than one that never does.
    if (was_good) {
        connector->restart_ms = RESTART_FIRST_MS;
    }
    connector->restart_at = loop_wall_ms() + connector->restart_ms;
    live_note(connector->live,
              "connector %s is down (%s, exit %d); starting it again in %" PRId64 " s",
              connector->name, why, exit_status, connector->restart_ms / 1000);
    connector->restart_ms =
        connector->restart_ms * 2 > RESTART_MAX_MS ? RESTART_MAX_MS : connector->restart_ms * 2;
}

void live_link_closed(struct live_link *link, int exit_status, const struct err *why)
{
    struct live_connector *connector = link->connector;
    struct live *live = connector->live;
    const int64_t now_ms = loop_wall_ms();
    const char *reason = why == NULL || why->text[0] == '\0' ? "it ended" : why->text;
    const bool was_good = link->greeted && now_ms - link->greeted_at > RESTART_MAX_MS;
    const bool was_up = connector->is_up;
    link->greeted = false;
    if (live->stopping) {
        live_link_free(link);
        live_closed(live);
        return;
    }
    live_connector_changed(connector);  // Before its commands are lost: they wait for another one.
    live_lose_flights(link, now_ms);
    live_link_free(link);
    if (connector->listener == NULL) {
        plan_restart(connector, was_good, reason, exit_status);
    } else if (was_up && !connector->is_up && is_worth_telling(++connector->went)) {
        live_note(live, "connector %s is down (%s); its socket waits for it", connector->name,
                  reason);
    }
    live_work(live);
}

// --- Child processes. ---

static bool start_child(struct live_connector *connector, struct err *e)
{
    struct live *live = connector->live;
    const struct connector *row = table_get(live->engine->state, T_CONNECTORS, connector->row);
    const char *argv[CONNECTOR_ARGS_MAX + 1] = {NULL};
    struct lines_events events;
    struct live_link *link = live_link_new(connector, &events);
    connector->restart_at = INT64_MAX;
    const bool ok = connector_read_command(live->engine->state, row, argv, e) &&
                    lines_spawn(live->loop, argv, live->options.folder, &events, &link->lines, e);
    for (size_t i = 0; argv[i] != NULL; i++) {
        free((char *)argv[i]);
    }
    if (!ok) {
        live_link_free(link);
    }
    return ok || err_add(e, "connector %s", connector->name);
}

void live_restart_connectors(struct live *live, int64_t now_ms)
{
    for (size_t i = 0; i < live->count; i++) {
        struct live_connector *connector = live->connectors[i];
        struct err e = {0};
        live_drop_silent(connector, now_ms);
        if (connector->listener == NULL && connector->links == NULL &&
            connector->restart_at <= now_ms && !start_child(connector, &e)) {
            live_note(live, "%s", e.text);
            connector->restart_at = now_ms + RESTART_MAX_MS;
        }
    }
}

// --- Sockets. ---

static bool on_client(void *ctx, struct lines *client, struct lines_events *events)
{
    live_link_new(ctx, events)->lines = client;
    return true;
}

static void on_trouble(void *ctx, const struct err *why)
{
    struct live_connector *connector = ctx;
    if (live_is_telling(++connector->refused)) {
        live_note(connector->live, "connector %s: %s (%" PRIu64 " refused so far)", connector->name,
                  why->text, connector->refused);
    }
}

// A path that isn't absolute begins in the campaign's folder.
static bool start_socket(struct live_connector *connector, const char *path, struct err *e)
{
    struct live *live = connector->live;
    char whole[SOCKET_PATH_MAX];
    const char *folder = live->options.folder;
    const bool bare = path[0] == '/' || folder == NULL || strcmp(folder, ".") == 0;
    const int size = bare ? snprintf(whole, sizeof(whole), "%s", path)
                          : snprintf(whole, sizeof(whole), "%s/%s", folder, path);
    const struct listener_options options = {
        .path = whole,
        .clients_max = SOCKET_CLIENTS_MAX,
        .on_client = on_client,
        .on_trouble = on_trouble,
        .ctx = connector,
    };
    connector->restart_at = INT64_MAX;
    if (size < 0 || (size_t)size >= sizeof(whole)) {
        return err_set(e, ERR_INVALID, "connector %s: the path of its socket is too long",
                       connector->name);
    }
    return loop_listen(live->loop, &options, &connector->listener, e) ||
           err_add(e, "connector %s", connector->name);
}

// --- All of them. ---

static bool start_connector(struct live *live, uint32_t id, struct err *e)
{
    struct state *state = live->engine->state;
    const struct connector *row = table_get(state, T_CONNECTORS, id);
    if (live->count == LIVE_CONNECTORS_MAX) {
        return err_set(e, ERR_INVALID, "there are more than %d connectors", LIVE_CONNECTORS_MAX);
    }
    struct live_connector *connector = xcalloc(1, sizeof(*connector));
    live->connectors[live->count++] = connector;
    connector->live = live;
    connector->row = id;
    connector->restart_ms = RESTART_FIRST_MS;
    snprintf(connector->name, sizeof(connector->name), "%s", state_get_text(state, row->name));
    outbox_set_down(live->engine->core.outbox, id, true);
    outbox_set_down(live->engine->core.outbox, 0, true);
    return row->command != NULL ? start_child(connector, e)
                                : start_socket(connector, state_get_text(state, row->socket), e);
}

bool live_start_connectors(struct live *live, struct err *e)
{
    const struct state *state = live->engine->state;
    for (uint32_t id = 0; (id = table_next(state, T_CONNECTORS, id)) != 0;) {
        const struct connector *row = table_get(state, T_CONNECTORS, id);
        if ((row->command != NULL || row->socket != 0) && !start_connector(live, id, e)) {
            return false;
        }
    }
    return true;
}

void live_stop_connectors(struct live *live)
{
    for (size_t i = 0; i < live->count; i++) {
        struct live_connector *connector = live->connectors[i];
        listener_close(connector->listener);
        connector->listener = NULL;
        for (struct live_link *link = connector->links; link != NULL; link = link->next) {
            lines_close(link->lines);
        }
    }
}

void live_free_connectors(struct live *live)
{
    for (size_t i = 0; i < live->count; i++) {
        while (live->connectors[i]->links != NULL) {
            live_link_free(live->connectors[i]->links);
        }
        free(live->connectors[i]);
    }
}
