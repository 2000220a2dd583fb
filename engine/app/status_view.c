// Reading how an engine is: see status_view.h.
#include "app/status_view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/money.h"
#include "base/utf8.h"

static bool send_question(struct attach_link *link, struct status_asking *asking, struct err *e)
{
    char line[64];
    asking->id = ++link->id;
    const int size =
        snprintf(line, sizeof(line), "{\"id\":%" PRId64 ",\"op\":\"status\"}\n", asking->id);
    // So short a line goes into an empty socket whole, or the engine reads nothing any more.
    return send(link->fd, line, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT) == size ||
           err_set(e, ERR_FAULT, "the engine has gone away: %s", strerror(errno));
}

bool status_view_ask(struct attach_link *link, struct status_asking *asking, int wait_fd,
                     int timeout_ms, const struct json_node **answer, struct err *e)
{
    *answer = NULL;
    if (asking->id == 0 && !send_question(link, asking, e)) {
        return false;
    }
    for (;;) {
        if (!attach_wait(link, wait_fd, timeout_ms, answer, e)) {
            return false;
        }
        if (*answer == NULL) {
            return true;
        }
        if (view_int(*answer, "id") == asking->id) {
            asking->id = 0;
            return true;
        }
    }
}

const struct json_node *view_node(const struct json_node *node, const char *path)
{
    while (node != NULL && node->type == JSON_OBJECT) {
        char name[64];
        const size_t size = strcspn(path, ".");
        snprintf(name, sizeof(name), "%.*s", (int)size, path);
        node = json_field(node, name);
        if (path[size] == '\0') {
            return node;
        }
        path += size + 1;
    }
    return NULL;
}

int64_t view_int(const struct json_node *node, const char *path)
{
    const struct json_node *found = view_node(node, path);
    return found != NULL && found->type == JSON_INT ? found->integer : 0;
}

double view_real(const struct json_node *node, const char *path)
{
    const struct json_node *found = view_node(node, path);
    return found == NULL              ? 0
           : found->type == JSON_REAL ? found->real
           : found->type == JSON_INT  ? (double)found->integer
                                      : 0;
}

bool view_true(const struct json_node *node, const char *path)
{
    const struct json_node *found = view_node(node, path);
    return found != NULL && found->type == JSON_TRUE;
}

const char *view_text(const struct json_node *node, const char *path, char out[VIEW_TEXT_MAX])
{
    const struct json_node *found = view_node(node, path);
    struct buf escaped;
    out[0] = '\0';
    if (found == NULL || found->type != JSON_TEXT) {
        return out;
    }
    // A name that somebody gave a group may not command a terminal.
    buf_init(&escaped, (size_t)64 * 1024);
    utf8_escape(found->text, found->text_size, &escaped);
    if (escaped.size > 0) {
        const size_t fits = utf8_cut(escaped.data, escaped.size, VIEW_TEXT_MAX - 1);
        snprintf(out, VIEW_TEXT_MAX, "%.*s", (int)fits, escaped.data);
    }
    buf_deinit(&escaped);
    return out;
}

size_t view_count(const struct json_node *node, const char *path)
{
    const struct json_node *found = view_node(node, path);
    return found != NULL && found->type == JSON_ARRAY ? found->count : 0;
}

void view_span(int64_t ms, char out[24])
{
    const int64_t s = (ms < 0 ? -ms : ms) / 1000;
    if (s < 3600) {
        snprintf(out, 24, "%" PRId64 ":%02d", s / 60, (int)(s % 60));
    } else if (s < 86400) {
        snprintf(out, 24, "%" PRId64 ":%02d:%02d", s / 3600, (int)(s / 60 % 60), (int)(s % 60));
    } else {
        snprintf(out, 24, "%" PRId64 " d %02d h", s / 86400, (int)(s / 3600 % 24));
    }
}

void view_money(int64_t amount, int64_t decimals, char out[48])
{
    money_format(amount, decimals < 0 || decimals > 4 ? 2 : (int)decimals, out, 40);
    char *point = strchr(out, '.');
    if (point != NULL && strspn(point + 1, "0") == strlen(point + 1)) {
        *point = '\0';
    }
}
