#pragma once
// The other end of status.h: asks a running engine how it is, and reads its answer. For `status`
// and `top`; it knows the form of drumbeat.status/1 and nothing else of the engine.

#include "app/attach_link.h"

// Asks and waits at most timeout_ms; answer = NULL: nothing came until then, or wait_fd (-1: none)
// can be read first; asking again waits on. false: the connection is gone.
struct status_asking {
    int64_t id;  // Of the question that is open; 0: none is.
};
MUST_USE bool status_view_ask(struct attach_link *link, struct status_asking *asking, int wait_fd,
                              int timeout_ms, const struct json_node **answer, struct err *e);

// Members by their path, "outbox.waiting"; what isn't there is NULL, 0, false or "".
const struct json_node *view_node(const struct json_node *node, const char *path);
int64_t view_int(const struct json_node *node, const char *path);
double view_real(const struct json_node *node, const char *path);
bool view_true(const struct json_node *node, const char *path);
#define VIEW_TEXT_MAX 256
// One line, whatever it holds. Good for as long as `out` is.
const char *view_text(const struct json_node *node, const char *path, char out[VIEW_TEXT_MAX]);
size_t view_count(const struct json_node *node, const char *path);

// "2:41", "1:02:03", "3 d 04 h": how long until, or since.
void view_span(int64_t ms, char out[24]);
// Money as it is read, without ".00".
void view_money(int64_t amount, int64_t decimals, char out[48]);
