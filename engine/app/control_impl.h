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
    struct control_child *children;  // Questions that the program itself answers.
    uint64_t lines;                  // Asked in all.
    bool closing;
};

// One line of a client.
void control_ask(struct control_client *client, const char *line, size_t size);
void control_watch(struct control_client *client, int64_t now_ms);
// Sends control->out, which holds a whole answer, now or when the batch being filled is durable.
void control_send(struct control_client *client, bool durable_first);

// One question. What is read of it points into the line.
struct ask {
    struct control_client *client;
    struct control *control;
    struct engine *engine;
    const struct json_node *root;
    int64_t id;
    struct slice text;
    int64_t at_ms;
};

// --- control_answer.c ---
// A field of the question, or what to take where it isn't there or of another type.
int64_t ask_int(const struct ask *ask, const char *name, int64_t otherwise);
struct slice ask_text(const struct ask *ask, const char *name);
bool ask_is(const struct ask *ask, const char *name);
// control->out as far as {"id":n,"ok":true, for members to be added; then answer_end.
struct buf *answer_begin(const struct ask *ask, bool ok);
void answer_end(const struct ask *ask, bool durable_first);
void answer_put_error(struct buf *out, const struct err *e);
void answer_fail(const struct ask *ask, const struct err *e);
void answer_fail_text(const struct ask *ask, const char *text);
// The console's answer as text, and as it is for whoever wants data.
void answer_put_shown(const struct ask *ask, const struct tweak_view *view, struct buf *out);
// What is to be typed: "95000" or "95000.50" for money, a count as it is.
void answer_confirm_text(const struct ask *ask, const struct tweak_view *view, char out[48]);
void answer_put_change(const struct ask *ask, const struct tweak_view *view, struct buf *out);
// Whether that is a count and no money.
bool answer_counts(const struct tweak_view *view);
// Digits of the campaign's currency.
int ask_decimals(const struct ask *ask);

// --- control_child.c ---
void op_reload(struct ask *ask);
void op_whatif(struct ask *ask);
void op_why(struct ask *ask);
// The client has gone away or wants no answer any more (NULL: all of them).
void control_child_stop(struct control *control, const struct control_client *client);
void control_child_free(struct control *control);

// --- control_ops.c ---
// The line as a tweak.
struct event control_event(const struct ask *ask, const char *how);
