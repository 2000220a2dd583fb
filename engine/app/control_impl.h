#pragma once
// What control.c (clients, sockets) and control_ops.c (what they ask) share.

#include "app/control.h"
#include "app/term.h"
#include "app/tweak.h"
#include "base/json.h"

#define CONTROL_WATCH_MIN_MS 200
#define CONTROL_WATCH_MAX_MS 3600000

struct control_client {
    struct control *control;
    struct lines *lines;
    struct control_client *next;
    bool operate;
    char user[64];
    // A watch: an expression looked at again and again.
    char *watch;
    size_t watch_size;
    int64_t watch_every_ms, watch_at, watch_id;
    int64_t watch_width;
};

// An answer that waits until its turn is durable.
struct control_answer {
    uint64_t batch;
    struct control_client *client;  // NULL: it has gone away.
    char *text;
    size_t size;
};

struct control {
    struct loop *loop;
    struct engine *engine;
    struct control_options options;
    struct listener *view, *operate;
    struct control_client *clients;
    size_t client_count;
    struct control_answer *answers;
    size_t answer_count, answer_capacity;
    struct json_reader *reader;
    struct buf out;
    uint64_t lines;  // Asked in all.
    bool closing;
};

// One line of a client.
void control_ask(struct control_client *client, const char *line, size_t size);
void control_watch(struct control_client *client, int64_t now_ms);
// Sends control->out, which holds a whole answer, now or when the batch being filled is durable.
void control_send(struct control_client *client, bool durable_first);
