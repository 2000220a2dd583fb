// Pages over HTTP for monitoring: see loop.h. Not a web server: it reads the head of one question,
// strictly, answers it and hangs up. It may not know what the pages say.
//
//   READING ── whole head, or a wrong one ──► WRITING ── written, or time is up ──► closed
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/mem.h"
#include "loop/loop_impl.h"

#define PATH_MAX_BYTES 256
#define BACKLOG 16

struct web_client {
    struct web *web;
    struct web_client *next;
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    uv_shutdown_t shutdown;
    char head[WEB_HEAD_MAX + 1];
    size_t size;
    char spill[512];  // What is said after the head: read, and dropped.
    struct buf out;
    bool answered;
    int handles_open;
};

struct web {
    struct loop *loop;
    struct web *next;
    struct web_options options;
    uv_tcp_t tcp;
    struct web_client *clients;
    size_t client_count;
    bool closed;  // The handle is; freed when the last client is gone too.
};

static void web_free_if_over(struct web *web)
{
    if (web->closed && web->clients == NULL) {
        free(web);
    }
}

static void client_on_closed(uv_handle_t *handle)
{
    struct web_client *client = handle->data;
    if (--client->handles_open > 0) {
        return;
    }
    struct web *web = client->web;
    struct web_client **place = &web->clients;
    while (*place != client) {
        place = &(*place)->next;
    }
    *place = client->next;
    web->client_count--;
    buf_deinit(&client->out);
    free(client);
    web_free_if_over(web);
}

static void client_close(struct web_client *client)
{
    if (!uv_is_closing((uv_handle_t *)&client->tcp)) {
        uv_close((uv_handle_t *)&client->tcp, client_on_closed);
        uv_close((uv_handle_t *)&client->timer, client_on_closed);
    }
}

static void client_on_time(uv_timer_t *timer)
{
    client_close(timer->data);
}

// ---- the answer

static void client_on_shutdown(uv_shutdown_t *request, int status)
{
    (void)status;
    if (status != 0) {
        client_close(request->data);
    }
    // Else the other side closes, or its time is up: what it has in flight may not become a reset.
}

static void client_on_written(uv_write_t *request, int status)
{
    struct web_client *client = request->data;
    client->shutdown.data = client;
    if (status != 0 ||
        uv_shutdown(&client->shutdown, (uv_stream_t *)&client->tcp, client_on_shutdown) != 0) {
        client_close(client);
    }
}

static void client_answer(struct web_client *client, const char *status, const char *type,
                          const struct buf *body)
{
    client->answered = true;
    buf_printf(&client->out,
               "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
               "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
               "Connection: close\r\n%s\r\n",
               status, type, body->size, strncmp(status, "405", 3) == 0 ? "Allow: GET\r\n" : "");
    buf_append(&client->out, body->data, body->size);
    uv_buf_t text = uv_buf_init(client->out.data, (unsigned)client->out.size);
    client->write.data = client;
    if (uv_write(&client->write, (uv_stream_t *)&client->tcp, &text, 1, client_on_written) != 0) {
        client_close(client);
    }
}

static void client_refuse(struct web_client *client, const char *status)
{
    struct buf body;
    buf_init(&body, 256);
    buf_printf(&body, "%s\n", status);
    client_answer(client, status, "text/plain; charset=utf-8", &body);
    buf_deinit(&body);
}

// ---- the question

static bool is_token(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] <= ' ' || text[i] >= 0x7f || strchr("()<>@,;:\\\"/[]?={}", text[i]) != NULL) {
            return false;
        }
    }
    return size > 0;
}

// 127.0.0.1 and localhost, with or without a port.
static bool is_our_host(const char *value, size_t size)
{
    const char *port = memchr(value, ':', size);
    const size_t name = port == NULL ? size : (size_t)(port - value);
    if (port != NULL && (size - name < 2 || strspn(port + 1, "0123456789") < size - name - 1)) {
        return false;
    }
    return (name == 9 && strncasecmp(value, "127.0.0.1", 9) == 0) ||
           (name == 9 && strncasecmp(value, "localhost", 9) == 0);
}

// One "Name: value" of the head. false: it won't do.
static bool take_header(const char *line, size_t size, unsigned *hosts)
{
    const char *colon = memchr(line, ':', size);
    if (colon == NULL || !is_token(line, (size_t)(colon - line))) {
        return false;
    }
    const size_t name = (size_t)(colon - line);
    const char *value = colon + 1;
    const char *end = line + size;
    while (value < end && (*value == ' ' || *value == '\t')) {
        value++;
    }
    while (end > value && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    for (const char *at = value; at < end; at++) {
        if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f) {
            return false;
        }
    }
    if (name == 4 && strncasecmp(line, "Host", 4) == 0) {
        ++*hosts;
        return is_our_host(value, (size_t)(end - value));
    }
    // A question has no body here.
    return !(name == 17 && strncasecmp(line, "Transfer-Encoding", 17) == 0) &&
           !(name == 14 && strncasecmp(line, "Content-Length", 14) == 0 &&
             (end - value != 1 || *value != '0'));
}

// "GET /metrics HTTP/1.1", then the headers. NULL: the path is in `path`; else what to say.
static const char *read_head(const char *head, char path[PATH_MAX_BYTES])
{
    const char *line_end = strstr(head, "\r\n");
    const char *first = strchr(head, ' ');
    if (first == NULL || first > line_end || !is_token(head, (size_t)(first - head))) {
        return "400 Bad Request";
    }
    const char *target = first + 1;
    const char *second = strchr(target, ' ');
    if (second == NULL || second > line_end || *target != '/' ||
        second - target >= PATH_MAX_BYTES) {
        return "400 Bad Request";
    }
    for (const char *at = target; at < second; at++) {
        if (*at <= ' ' || *at >= 0x7f) {
            return "400 Bad Request";
        }
    }
    const size_t left = (size_t)(line_end - second - 1);
    const bool is_11 = left == 8 && strncmp(second + 1, "HTTP/1.1", 8) == 0;
    if (!is_11 && !(left == 8 && strncmp(second + 1, "HTTP/1.0", 8) == 0)) {
        return "400 Bad Request";
    }
    unsigned hosts = 0;
    for (const char *line = line_end + 2; strncmp(line, "\r\n", 2) != 0;) {
        const char *end = strstr(line, "\r\n");
        if (!take_header(line, (size_t)(end - line), &hosts)) {
            return "400 Bad Request";
        }
        line = end + 2;
    }
    if (hosts > 1 || (is_11 && hosts == 0)) {
        return "400 Bad Request";
    }
    snprintf(path, PATH_MAX_BYTES, "%.*s", (int)(second - target), target);
    return strncmp(head, "GET ", 4) == 0 ? NULL : "405 Method Not Allowed";
}

static void client_ask(struct web_client *client)
{
    char path[PATH_MAX_BYTES];
    const char *type = "text/plain; charset=utf-8";
    const char *wrong = memchr(client->head, '\0', client->size) != NULL
                            ? "400 Bad Request"
                            : read_head(client->head, path);
    if (wrong != NULL) {
        client_refuse(client, wrong);
        return;
    }
    struct buf body;
    buf_init(&body, WEB_PAGE_MAX);
    const struct web *web = client->web;
    if (!web->options.on_get(web->options.ctx, path, &body, &type)) {
        client_refuse(client, "404 Not Found");
    } else if (body.overflow) {
        client_refuse(client, "500 Internal Server Error");
    } else {
        client_answer(client, "200 OK", type, &body);
    }
    buf_deinit(&body);
}

static void client_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct web_client *client = handle->data;
    (void)suggested;
    *out = client->answered
               ? uv_buf_init(client->spill, sizeof(client->spill))
               : uv_buf_init(client->head + client->size, (unsigned)(WEB_HEAD_MAX - client->size));
}

static void client_on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
    struct web_client *client = stream->data;
    (void)buf;
    if (size < 0) {
        client_close(client);
        return;
    }
    if (client->answered || size == 0) {
        return;
    }
    client->size += (size_t)size;
    client->head[client->size] = '\0';
    if (memmem(client->head, client->size, "\r\n\r\n", 4) != NULL) {
        client_ask(client);
    } else if (client->size == WEB_HEAD_MAX ||
               memmem(client->head, client->size, "\n\n", 2) != NULL) {
        client_refuse(client, "400 Bad Request");
    }
}

static void web_on_client(uv_stream_t *stream, int status)
{
    struct web *web = stream->data;
    if (status != 0) {
        return;
    }
    struct web_client *client = xcalloc(1, sizeof(*client));
    client->web = web;
    client->next = web->clients;
    web->clients = client;
    web->client_count++;
    buf_init(&client->out, WEB_PAGE_MAX + 1024);
    CHECK(uv_tcp_init(&web->loop->uv, &client->tcp) == 0);
    CHECK(uv_timer_init(&web->loop->uv, &client->timer) == 0);
    client->tcp.data = client;
    client->timer.data = client;
    client->handles_open = 2;
    if (uv_accept(stream, (uv_stream_t *)&client->tcp) != 0 ||
        web->client_count > WEB_CLIENTS_MAX ||
        uv_read_start((uv_stream_t *)&client->tcp, client_on_alloc, client_on_read) != 0) {
        client_close(client);
        return;
    }
    uv_timer_start(&client->timer, client_on_time, WEB_TIME_MS, 0);
}

// ---- from the first to the last

static void web_on_closed(uv_handle_t *handle)
{
    struct web *web = handle->data;
    web->closed = true;
    web_free_if_over(web);
}

bool loop_serve(struct loop *loop, const struct web_options *options, struct web **out,
                struct err *e)
{
    struct web *web = xcalloc(1, sizeof(*web));
    struct sockaddr_in address;
    web->loop = loop;
    web->options = *options;
    CHECK(uv_tcp_init(&loop->uv, &web->tcp) == 0);
    web->tcp.data = web;
    web->next = loop->webs;
    loop->webs = web;
    CHECK(uv_ip4_addr("127.0.0.1", (int)options->port, &address) == 0);
    int code = uv_tcp_bind(&web->tcp, (const struct sockaddr *)&address, 0);
    if (code == 0) {
        code = uv_listen((uv_stream_t *)&web->tcp, BACKLOG, web_on_client);
    }
    if (code != 0) {
        web_close(web);
        return err_set(e, code == UV_EADDRINUSE ? ERR_BUSY : ERR_FAULT, "127.0.0.1:%lld: %s",
                       (long long)options->port, uv_strerror(code));
    }
    *out = web;
    return true;
}

int64_t web_port(const struct web *web)
{
    struct sockaddr_storage address;
    int size = sizeof(address);
    CHECK(uv_tcp_getsockname(&web->tcp, (struct sockaddr *)&address, &size) == 0);
    return ntohs(((const struct sockaddr_in *)&address)->sin_port);
}

void web_close(struct web *web)
{
    if (web == NULL) {
        return;
    }
    struct web **place = &web->loop->webs;
    while (*place != web) {
        CHECK(*place != NULL);
        place = &(*place)->next;
    }
    *place = web->next;
    for (struct web_client *client = web->clients; client != NULL; client = client->next) {
        client_close(client);
    }
    uv_close((uv_handle_t *)&web->tcp, web_on_closed);
}

void web_free_all(struct loop *loop)
{
    while (loop->webs != NULL) {
        web_close(loop->webs);
    }
}
