// How the engine is, for those who look (status.h): the sampling that a live engine does once a
// second, what the core doesn't know of its connectors, and the pages for monitoring.
#include <stdio.h>
#include <string.h>

#include "app/live_internal.h"
#include "base/hash.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

static void on_round(void *ctx, int64_t busy_us)
{
    const struct live *live = ctx;
    status_round(live->status, busy_us, loop_mono_us());
}

static void look_connector(struct live_connector *connector, struct status_connector *out,
                           int64_t now_ms)
{
    if (connector->seen_up != connector->is_up || connector->seen_at == 0) {
        connector->seen_up = connector->is_up;
        connector->seen_at = now_ms;
    }
    *out = (struct status_connector){
        .row = connector->row,
        .is_up = connector->is_up,
        .went = connector->went,
        .changed_at = connector->seen_at,
        .restart_at = connector->restart_at,
    };
    for (const struct live_link *link = connector->links; link != NULL; link = link->next) {
        out->links++;
    }
}

void live_status_look(struct live *live, int64_t now_ms)
{
    struct status_connector connectors[LIVE_CONNECTORS_MAX];
    if (live->status == NULL || state_in_turn(live->engine->state)) {
        return;
    }
    for (size_t i = 0; i < live->count; i++) {
        look_connector(live->connectors[i], &connectors[i], now_ms);
    }
    const struct status_world world = {
        .connectors = connectors,
        .connector_count = live->count,
        .clients = live->control == NULL ? 0 : control_clients(live->control),
    };
    status_sample(live->status, &world, now_ms, loop_mono_us());
}

static bool on_get(void *ctx, const char *path, struct buf *out, const char **content_type)
{
    struct live *live = ctx;
    const int64_t now_ms = loop_wall_ms();
    if (strcmp(path, "/healthz") == 0) {
        buf_puts(out, "ok\n");
        return true;
    }
    if (strcmp(path, "/metrics") != 0) {
        return false;
    }
    live_status_look(live, now_ms);
    status_put_metrics(live->status, now_ms, out);
    *content_type = METRICS_TYPE;
    return true;
}

static void start(struct live *live)
{
    struct err e = {0};
    if (!engine_flush(live->engine, &e)) {
        err_clear(&e);  // Whoever polls next hears of it.
    }
    const struct status_options options = {
        .engine = live->engine,
        .campaign = live->options.campaign,
        .path = live->options.db,
        .now_ms = loop_wall_ms(),
    };
    live->status = status_new(&options);
    loop_on_round(live->loop, on_round, live);
    const struct web_options pages = {
        .port = live->options.metrics_port, .on_get = on_get, .ctx = live};
    if (pages.port > 0 && !loop_serve(live->loop, &pages, &live->web, &e)) {
        live_note(live, "no metrics: %s", e.text);
    }
}

void live_status_put(void *ctx, struct buf *out)
{
    struct live *live = ctx;
    const int64_t now_ms = loop_wall_ms();
    if (live->status == NULL) {
        start(live);
    }
    live_status_look(live, now_ms);
    status_put_json(live->status, now_ms, out);
}

// What was before this start is read from the file: not before the turn that opened it is there, or
// has no room.
void live_status_start(struct live *live)
{
    if (live->status == NULL && (live->engine->durable >= live->opening || live->engine->full)) {
        start(live);
    }
}

void live_status_stop(struct live *live)
{
    web_close(live->web);
    live->web = NULL;
}

// --- What is counted where it happens. ---

void live_status_sent(struct live *live, const struct outbox_row *effect, int64_t now_ms)
{
    if (live->status != NULL) {
        status_sent(live->status, effect, now_ms);
    }
}

void live_status_answered(struct live *live, const struct live_connector *connector,
                          struct slice key, int64_t now_ms)
{
    uint8_t bytes[16];
    uint64_t low = 0;
    if (live->status == NULL || !hex_decode(key.data, key.size, bytes, sizeof(bytes))) {
        return;
    }
    for (size_t i = 8; i < sizeof(bytes); i++) {
        low = low << 8 | bytes[i];
    }
    status_answered(live->status, connector->row, (int64_t)low, now_ms);
}

void live_status_result(struct live *live, const struct live_connector *connector,
                        struct slice code)
{
    if (live->status != NULL) {
        status_result(live->status, connector == NULL ? 0 : connector->row, code.data, code.size);
    }
}
